//! A compiled program becomes files that a browser loads.
//!
//! The page's program is cut where a function is marked `#[wasm_split]`: what only such a function reaches is fetched later. That
//! has to come before wasm-bindgen's part, which drops what tells the pieces from each other.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;
use wasm_encoder::{Module, RawSection};
use wasm_split_cli_support::{Options, transform};
use wasmparser::Parser;

/// The page's program and its parts, as an ES module.
pub(crate) fn page(compiled: &[u8], name: &str, to: &Path) -> Result<()> {
    let (kept, script, loader) = (to.join("kept.wasm"), format!("./{name}.js"), "./parts.js");
    let mut options = Options::new(compiled);
    (options.output_dir, options.main_out_path) = (to, &kept);
    (options.main_module, options.link_name) = (&script, loader);
    let parts = transform(options).map_err(|error| anyhow!("{name} cannot be cut: {error:#}"))?.split_modules;
    for part in &parts {
        fs::write(part, without_names(&fs::read(part)?)?)
            .with_context(|| format!("{} stays as it is", part.display()))?;
    }
    let main = fs::read(&kept)?;
    fs::remove_file(&kept)?;
    let loader = to.join(loader);
    fs::write(&loader, from_any_host(&fs::read_to_string(&loader)?)?)?;
    // The parts call what stays through its table of functions, which is one of the linker's exports.
    bind(&main, name, to, |bindgen| Ok(bindgen.web(true)?.keep_lld_exports(true)))
}

/// The worker's program, with a script that a worker of any browser can import.
pub(crate) fn worker(compiled: &[u8], name: &str, to: &Path) -> Result<()> {
    bind(compiled, name, to, |bindgen| bindgen.no_modules(true))
}

fn bind(program: &[u8], name: &str, to: &Path, kind: impl FnOnce(&mut Bindgen) -> Result<&mut Bindgen>) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(name, program.to_vec()).typescript(false).omit_default_module_path(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    kind(&mut bindgen)?.generate(to).with_context(|| format!("{name} cannot be bound to the browser"))
}

/// The module without its custom sections: names, which the browser has no use for.
fn without_names(module: &[u8]) -> Result<Vec<u8>> {
    let mut kept = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Some((id, range)) = payload?.as_section().filter(|(id, _)| *id != 0) {
            kept.section(&RawSection { id, data: &module[range.start as usize..range.end as usize] });
        }
    }
    Ok(kept.finish())
}

/// The loader of the parts, for hosts as well that don't know the type of WebAssembly.
fn from_any_host(loader: &str) -> Result<String> {
    const STREAMED: &str = "WebAssembly.instantiateStreaming(src, imports)";
    const WHOLE: &str = "WebAssembly.instantiate(await (await src).arrayBuffer(), imports)";
    ensure!(loader.contains(STREAMED), "no `{STREAMED}` in\n{loader}");
    Ok(loader.replace(STREAMED, WHOLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_left_out_and_code_stays() {
        let header = b"\0asm\x01\0\0\0";
        let (types, names) = ([1, 1, 0], [0, 2, 1, b'n']);
        let module = [&header[..], &names, &types, &names].concat();
        assert_eq!(without_names(&module).unwrap(), [&header[..], &types].concat());
        assert!(without_names(&[&header[..], &[1, 9, 0]].concat()).is_err(), "it ends too early");
    }

    #[test]
    fn a_loader_that_is_written_otherwise_is_refused() {
        let loader = "async (imports) => (WebAssembly.instantiateStreaming(src, imports));";
        assert!(from_any_host(loader).unwrap().contains("arrayBuffer()"));
        assert!(from_any_host("async (imports) => load(src, imports);").is_err());
    }
}

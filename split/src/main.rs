//! Stands where Trunk looks for `wasm-bindgen`: cuts the functions marked `#[wasm_split]`, and all that only they reach, out
//! of the program into files that the page fetches later; then lets the real wasm-bindgen do its work on what is left.
//!
//! It can't be done after Trunk: wasm-bindgen drops what tells the parts from each other, and Trunk names its files by what
//! is in them.

use std::error::Error;
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs, io};

use wasm_split_cli_support::{Options, transform};

/// Names the real wasm-bindgen.
const REAL: &str = "CAP_LAB_WASM_BINDGEN";
/// Is in a program that is to be cut.
const MARK: &[u8] = b"__wasm_split_placeholder__";
/// What Trunk copies to the site as it is, below wasm-bindgen's output.
const PARTS: &str = "snippets";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let real = env::var_os(REAL).ok_or_else(|| format!("{REAL} has to name the real wasm-bindgen"))?;
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    let option = |name: &str| arguments.iter().find_map(|argument| argument.strip_prefix(name)).map(str::to_owned);
    let (Some(directory), Some(name)) = (option("--out-dir="), option("--out-name=")) else {
        // It is asked for its version.
        return call(&real, &arguments);
    };
    let directory = PathBuf::from(directory);
    let program = arguments.iter_mut().find(|argument| argument.ends_with(".wasm")).ok_or("no .wasm is given")?;
    let whole = fs::read(&program).map_err(at(program.as_ref()))?;
    let kept = directory.join(format!("{name}.kept.wasm"));
    kept.to_str().ok_or("the path is no text")?.clone_into(program);
    // The cut takes the names of functions to know them; the page has no use for them.
    arguments.push("--remove-name-section".to_owned());
    if !whole.windows(MARK.len()).any(|window| window == MARK) {
        // Nothing is to be cut out of it; what only a cut takes to know is of no more use.
        let kept_sections = without_sections(&whole, |name| name.starts_with(b"reloc.") || name == b"linking");
        fs::write(&kept, kept_sections.ok_or("it is no WebAssembly")?).map_err(at(&kept))?;
        call(&real, &arguments)?;
        return Ok(fs::remove_file(&kept).map_err(at(&kept))?);
    }
    // The parts call what stays through its table of functions, which is one of the linker's exports.
    arguments.push("--keep-lld-exports".to_owned());
    let (loader, parts) = split(&whole, &kept, &directory)?;
    call(&real, &arguments)?;
    fs::remove_file(&kept).map_err(at(&kept))?;
    let script = directory.join(format!("{name}.js"));
    let glue = fs::read_to_string(&script).map_err(at(&script))?;
    fs::write(&script, with_loader(&glue, &loader)?).map_err(at(&script))?;
    leave(&parts, &directory)
}

/// Names the file in what the system says of it.
fn at(path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

fn call(program: &OsStr, arguments: &[String]) -> Outcome<()> {
    let status = Command::new(program).args(arguments).status().map_err(at(program.as_ref()))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", program.display()).into()) }
}

/// What the page fetches later.
struct Part {
    /// Its name has a hash of its content.
    file: String,
    content: Vec<u8>,
}

impl Part {
    fn new(name: &str, content: Vec<u8>) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(&content);
        Self { file: format!("{name}-{:x}.wasm", hasher.finish()), content }
    }
}

/// Leaves what stays of `whole` in the file `kept`. The script that fetches the parts, and these.
fn split(whole: &[u8], kept: &Path, directory: &Path) -> Outcome<(String, Vec<Part>)> {
    let cut = directory.join("cut");
    let mut options = Options::new(whole);
    (options.output_dir, options.main_out_path) = (&cut, kept);
    let loader = cut.join(options.link_name);
    let split = transform(options)?;
    let mut script = fs::read_to_string(&loader).map_err(at(&loader))?;
    let mut parts = Vec::new();
    for part in split.split_modules {
        let content =
            without_sections(&fs::read(&part).map_err(at(&part))?, |_| true).ok_or("a part is no WebAssembly")?;
        let named = part.file_stem().and_then(OsStr::to_str).ok_or("a part has no name")?;
        let part = Part::new(named, content);
        script = replaced(&script, &format!("./{named}.wasm"), &format!("./{PARTS}/{}", part.file))?;
        parts.push(part);
    }
    fs::remove_dir_all(&cut).map_err(at(&cut))?;
    Ok((script, parts))
}

/// Puts the parts where Trunk looks for them, below `directory`. Trunk may be copying from there for another program: so a
/// part that is there stays, and a new one appears whole.
fn leave(parts: &[Part], directory: &Path) -> Outcome<()> {
    let to = directory.join(PARTS);
    fs::create_dir_all(&to).map_err(at(&to))?;
    for Part { file, content } in parts {
        let (beside, there) = (directory.join(file), to.join(file));
        if !there.exists() {
            fs::write(&beside, content).map_err(at(&beside))?;
            fs::rename(&beside, &there).map_err(at(&there))?;
        }
    }
    Ok(())
}

/// The module without those of its custom sections that are `unwanted`, by name: the page has no use for them.
fn without_sections(module: &[u8], unwanted: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    const HEADER: usize = 8;
    let mut kept = module.get(..HEADER)?.to_vec();
    let mut rest = module.get(HEADER..)?;
    while let Some((kind, sized)) = rest.split_first() {
        let (length, content) = number(sized)?;
        let (content, after) = content.split_at_checked(length)?;
        let (section, _) = rest.split_at(rest.len() - after.len());
        let name = || number(content).and_then(|(length, name)| name.get(..length));
        if *kind != 0 || !unwanted(name()?) {
            kept.extend_from_slice(section);
        }
        rest = after;
    }
    Some(kept)
}

/// The number that `bytes` begin with, seven bits to a byte, the lowest first; and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (digits, after) = bytes.split_at(last + 1);
    Some((digits.iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f)), after))
}

/// `script`, wasm-bindgen's, with what fetches the parts in it: one file less to wait for.
fn with_loader(script: &str, loader: &str) -> Outcome<String> {
    // Of its own module it need not be imported.
    let loader = replaced(loader, "import { initSync } from \"./main.js\";", "")?;
    // Parts arrive from hosts that don't know the type of WebAssembly as well.
    let loader = replaced(&loader, "WebAssembly.instantiateStreaming(src, imports)", INSTANTIATE)?;
    let offered: Vec<&str> = loader
        .lines()
        .filter_map(|line| line.strip_prefix("export const "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let given = format!("{{ {} }}", offered.join(", "));
    let loader = loader.replace("export const ", "const ");
    // Each part is imported anew, under another name.
    let name = |line: &str| {
        let imported = line.strip_prefix("import * as ")?.trim_end_matches(';');
        imported.strip_suffix(" from \"./__wasm_split.js\"").map(str::to_owned)
    };
    let (imports, rest): (Vec<&str>, Vec<&str>) = script.lines().partition(|line| name(line).is_some());
    if imports.is_empty() {
        return Err(format!("nothing imports the parts in\n{script}").into());
    }
    let given: Vec<String> =
        imports.into_iter().filter_map(name).map(|import| format!("const {import} = {given};")).collect();
    Ok(format!("{}\n{loader}{}\n", rest.join("\n"), given.join("\n")))
}

const INSTANTIATE: &str =
    "src.then((part) => part.arrayBuffer()).then((part) => WebAssembly.instantiate(part, imports))";

/// Replaces what the tools are known to write: they may write something else one day, and then the page must not be built.
fn replaced(text: &str, what: &str, with: &str) -> Outcome<String> {
    if text.contains(what) { Ok(text.replace(what, with)) } else { Err(format!("no `{what}` in\n{text}").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwanted_sections_are_left_out() {
        let header = b"\0asm\x01\0\0\0";
        let (types, names, links) = ([1, 1, 0], [0, 2, 1, b'n'], [0, 3, 1, b'l', 0]);
        let module = [&header[..], &names, &types, &links].concat();
        assert_eq!(without_sections(&module, |name| name == b"n"), Some([&header[..], &types, &links].concat()));
        assert_eq!(without_sections(&module, |_| true), Some([&header[..], &types].concat()));
        assert_eq!(without_sections(&[&header[..], &[1, 9, 0]].concat(), |_| true), None, "it ends too early");
    }

    #[test]
    fn the_loader_becomes_part_of_the_script() {
        let loader = "import { initSync } from \"./main.js\";\n\
            export const load_it = wrap(() => WebAssembly.instantiateStreaming(src, imports));\n";
        let glue =
            "import * as import1 from \"./__wasm_split.js\"\nimport * as import2 from \"./__wasm_split.js\"\nstart();";
        let script = with_loader(glue, loader).unwrap();
        assert!(!script.contains("import *") && !script.contains("export"), "{script}");
        assert!(script.contains("const import1 = { load_it };\nconst import2 = { load_it };"), "{script}");
        assert!(with_loader("start();", loader).is_err(), "wasm-bindgen has changed");
    }
}

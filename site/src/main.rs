//! Makes the site: compiles the page's two programs for the browser, cuts them into files, and puts these beside the page's shell.
//!
//! `cargo xtask` runs it: `build DIRECTORY`, or `serve DIRECTORY PORT`; `--dev` takes Cargo's dev profile, `--open` opens a
//! browser.

#![allow(clippy::print_stdout, reason = "this program tells a person at a terminal what it does")]

mod compile;
mod page;
mod program;
mod serve;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// The directory of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// Compiles, cuts and writes the site into `to`, which is emptied.
fn make(to: &Path, dev: bool) -> Result<()> {
    let compiled = compile::compile(dev)?;
    let staged = to.with_extension("staged");
    page::write(&compiled, &staged)?;
    // What is there is whole at any moment but this one.
    if to.exists() {
        std::fs::remove_dir_all(to).with_context(|| format!("{} cannot be emptied", to.display()))?;
    }
    std::fs::rename(&staged, to).with_context(|| format!("{} cannot become {}", staged.display(), to.display()))
}

fn run() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (options, words): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with("--"));
    let dev = options.contains(&"--dev");
    match words[..] {
        ["build", to] => make(Path::new(to), dev),
        ["serve", to, port] => serve::serve(Path::new(to), port.parse()?, dev, options.contains(&"--open")),
        _ => bail!("usage: cap-lab-site build DIRECTORY [--dev] | serve DIRECTORY PORT [--dev] [--open]"),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble:#}");
            ExitCode::FAILURE
        }
    }
}

//! The page's programs, compiled for the browser but not yet fit for it.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::root;

const WASM: &str = "wasm32-unknown-unknown";
/// Where rustc takes the linker's options for this target. The cut has to know what refers to what; only the page is cut.
const FLAGS: (&str, &str) = ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Clink-arg=--emit-relocs");

/// The two programs as the linker leaves them.
pub(crate) struct Compiled {
    /// The page's own.
    pub(crate) page: Vec<u8>,
    /// The checkers', for a web worker.
    pub(crate) worker: Vec<u8>,
}

/// Compiles both at once: each ends with minutes of one core's work, and their profiles have directories of their own.
pub(crate) fn compile(dev: bool) -> Result<Compiled> {
    let profiles = if dev { ["dev", "dev"] } else { ["web", "worker"] };
    thread::scope(|scope| {
        let worker = scope.spawn(|| program("cap-lab-worker", "worker", profiles[1], None));
        let page = program("cap-lab-web", "web", profiles[0], Some(FLAGS))?;
        Ok(Compiled { page, worker: worker.join().expect("it does not panic")? })
    })
}

/// Runs cargo and reads what it made.
fn program(name: &str, feature: &str, profile: &str, flags: Option<(&str, &str)>) -> Result<Vec<u8>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "--package", "cap-lab", "--bin", name, "--no-default-features"]);
    cargo.args(["--features", feature, "--profile", profile, "--target", WASM]);
    // Two bars would draw over each other.
    cargo.env("CARGO_TERM_PROGRESS_WHEN", "never").envs(flags).current_dir(root());
    let status = cargo.status().with_context(|| format!("{} did not start", cargo.get_program().display()))?;
    ensure!(status.success(), "{name} does not compile: {status}");
    let profile = if profile == "dev" { "debug" } else { profile };
    let file = target().join(WASM).join(profile).join(name).with_extension("wasm");
    fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))
}

/// Where Cargo builds.
fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

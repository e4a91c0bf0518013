//! Building and serving the page.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use crate::command::{Trouble, root, run_plain, target};
use crate::tools::{self, SiteTools};
use crate::{offline, transfer};

/// Where the search for a free port starts, and how many are tried.
const FIRST_PORT: u16 = 8080;
const PORTS: u16 = 20;

/// The options of `cargo xtask serve`.
#[derive(PartialEq, Eq, Debug, Default)]
pub(crate) struct Serve {
    pub(crate) port: Option<u16>,
    pub(crate) open: bool,
    /// Cargo's dev profile instead of what ships: quick to build, slow to run.
    pub(crate) dev: bool,
}

/// Builds the page, serves it to this machine, and builds it again whenever a file changes. Ends with Ctrl-C.
pub(crate) fn serve(options: &Serve) -> Result<(), Trouble> {
    println!("1/3 looking for what building the page takes");
    let tools = tools::for_the_site()?;
    println!("2/3 looking for a free port");
    let port = free_port(options.port)?;
    println!("3/3 building, then serving");
    // Not dist/: nobody should put on a host what changes while it is served. Nor Cargo's usual directory, in which
    // another build of the page would meet this one's files.
    let own = target().join("serve");
    let mut trunk = trunk(&tools, "serve", &own.join("target"), &own.join("dist"));
    trunk.args(["--address", "127.0.0.1", "--port"]).arg(port.to_string());
    for (wanted, option) in [(!options.dev, "--release"), (options.open, "--open")] {
        trunk.args(wanted.then_some(option));
    }
    println!("\nWhen the build is done the lab is at http://127.0.0.1:{port}/ until you press Ctrl-C.\n");
    become_program(trunk)
}

/// Leaves the release site in dist/ and checks what it costs to load.
pub(crate) fn build() -> Result<(), Trouble> {
    let tools = tools::for_the_site()?;
    let dist = root().join("dist");
    run_plain(trunk(&tools, "build", &target(), &dist).arg("--release"))?;
    // Trunk's own, and no part of the site.
    let _ = fs::remove_file(dist.join(".trunk-lock"));
    offline::list(&dist)?;
    println!("dist/ works from any path of any static host.\n");
    transfer::check(&dist)
}

/// Trunk, which compiles in the directory `target` and leaves the site in `dist`.
fn trunk(tools: &SiteTools, task: &str, target: &Path, dist: &Path) -> Command {
    // Trunk would copy what an earlier build cut out of the program.
    let _ = fs::remove_dir_all(target.join("wasm-bindgen"));
    let mut trunk = tools.trunk(task);
    trunk.arg("--offline").arg("--dist").arg(dist).env("CARGO_TARGET_DIR", target);
    trunk
}

/// The wanted port if it is free, or the first free one.
fn free_port(wanted: Option<u16>) -> Result<u16, Trouble> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let candidates = wanted.map_or(FIRST_PORT..=FIRST_PORT + PORTS, |port| port..=port);
    let tried = format!("{candidates:?}").replace("..=", " to ");
    candidates.into_iter().find(is_free).ok_or_else(|| {
        let which = wanted.map_or_else(|| format!("the ports {tried} are"), |port| format!("port {port} is"));
        Trouble::Failed(format!("{which} in use or not ours to use; choose another one with --port N"))
    })
}

/// Goes on as `program`, so that whoever stops this process stops it.
#[cfg(unix)]
fn become_program(mut program: Command) -> Result<(), Trouble> {
    use std::os::unix::process::CommandExt;
    let error = program.exec();
    Err(Trouble::Failed(format!("{} did not start: {error}", program.get_program().to_string_lossy())))
}

/// Runs `program` to its end: Windows has no way to become it.
#[cfg(not(unix))]
fn become_program(mut program: Command) -> Result<(), Trouble> {
    run_plain(&mut program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_passed_over_or_refused() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let taken = listener.local_addr().expect("it is bound").port();
        assert!(matches!(free_port(Some(taken)), Err(Trouble::Failed(_))));
        assert!(free_port(None).is_ok());
    }
}

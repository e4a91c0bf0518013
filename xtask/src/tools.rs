//! What has to be on this machine: looked for first, installed where that needs nobody's consent, asked for otherwise.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;

use crate::command::{self, Trouble, cargo, command, output_of, root, run_plain, target};

/// The Trunk whose configuration `Trunk.toml` and `index.html` are written for.
const TRUNK: &str = "0.22.1";
/// The cargo-mutants whose files `mutants.rs` reads and writes.
const MUTANTS: &str = "27.1.0";
/// The oldest Node.js whose test runner has what `tests/browser` uses.
const NODE_MAJOR: u32 = 20;
/// Cargo's profile for a tool.
const QUICK: [(&str, &str); 6] = [
    ("OPT_LEVEL", "0"),
    ("LTO", "off"),
    ("CODEGEN_UNITS", "16"),
    ("DEBUG", "0"),
    ("STRIP", "symbols"),
    ("INCREMENTAL", "false"),
];
const WASM: &str = "wasm32-unknown-unknown";
/// Tells `cap-lab-split` which wasm-bindgen to call.
const BINDGEN_VARIABLE: &str = "CAP_LAB_WASM_BINDGEN";
/// A browser that the tests start.
pub(crate) struct Browser {
    name: &'static str,
    /// Names one to use instead of looking for one; handed to the browser tests under the same name.
    pub(crate) variable: &'static str,
    /// What it may be called on the PATH.
    programs: &'static [&'static str],
    /// Where it is elsewhere.
    installed: &'static [&'static str],
    /// Debian's package.
    package: &'static str,
    /// How people get it.
    advice: &'static str,
}

/// Runs all browser tests.
pub(crate) const CHROMIUM: Browser = Browser {
    name: "Chromium or Chrome",
    variable: "CAP_LAB_CHROMIUM",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    installed: &[
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ],
    package: "chromium",
    advice: "Debian: `sudo apt-get install chromium`; Fedora: `sudo dnf install chromium`; elsewhere: \
             https://www.google.com/chrome",
};

/// Runs those that are to hold in every browser.
pub(crate) const FIREFOX: Browser = Browser {
    name: "Firefox",
    variable: "CAP_LAB_FIREFOX",
    programs: &["firefox-esr", "firefox"],
    installed: &["/Applications/Firefox.app/Contents/MacOS/firefox", r"C:\Program Files\Mozilla Firefox\firefox.exe"],
    package: "firefox-esr",
    advice: "Debian: `sudo apt-get install firefox-esr`; elsewhere: https://www.mozilla.org/firefox",
};

/// Trunk; the PATH on which it finds what stands in for wasm-bindgen; and the wasm-bindgen that matches Cargo.lock.
pub(crate) struct SiteTools {
    trunk: PathBuf,
    path: OsString,
    bindgen: PathBuf,
}

impl SiteTools {
    /// Trunk, to be run in the workspace.
    pub(crate) fn trunk(&self, arguments: &str) -> Command {
        let mut trunk = command(&self.trunk, arguments);
        // Trunk reads NO_COLOR as a switch that must be `true` or `false`, where everyone else sets it to `1`.
        trunk.env("PATH", &self.path).env(BINDGEN_VARIABLE, &self.bindgen).env_remove("NO_COLOR");
        trunk
    }
}

/// Finds or builds all that building the page takes, at the same time: each build ends with the work of one core.
pub(crate) fn for_the_site() -> Result<SiteTools, Trouble> {
    wasm_target()?;
    let lock = fs::read_to_string(root().join("Cargo.lock"))
        .map_err(|error| Trouble::Failed(format!("Cargo.lock cannot be read: {error}")))?;
    let locked = locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| Trouble::Failed("Cargo.lock names no wasm-bindgen".to_owned()))?;
    // Neither downloads anything here; Trunk does not compile without some TLS.
    let find_trunk =
        || find_or_install("trunk", "trunk", TRUNK, "--ignore-rust-version --no-default-features --features rustls");
    let find_bindgen =
        || find_or_install("wasm-bindgen", "wasm-bindgen-cli", &locked, "--bin wasm-bindgen --no-default-features");
    let (trunk, bindgen, split) = thread::scope(|scope| {
        let (bindgen, split) = (scope.spawn(find_bindgen), scope.spawn(splitter));
        let trunk = find_trunk();
        (trunk, bindgen.join().expect("it does not panic"), split.join().expect("it does not panic"))
    });
    Ok(SiteTools { trunk: trunk?, bindgen: bindgen?, path: path_with(&split?)? })
}

/// Finds or installs cargo-mutants.
pub(crate) fn cargo_mutants() -> Result<PathBuf, Trouble> {
    find_or_install("cargo-mutants", "cargo-mutants", MUTANTS, "")
}

/// The PATH on which `program` is found first.
pub(crate) fn path_with(program: &Path) -> Result<OsString, Trouble> {
    let first = program.parent().map(Path::to_owned).unwrap_or_default();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(first).chain(env::split_paths(&others)))
        .map_err(|error| Trouble::Failed(format!("the PATH cannot be extended: {error}")))
}

/// Builds what cuts the program into parts, and calls it `wasm-bindgen`, for Trunk to find.
fn splitter() -> Result<PathBuf, Trouble> {
    println!("building what cuts the page's program into parts");
    run_plain(&mut cargo("build --locked --quiet --package cap-lab-split"))?;
    let from = target().join("debug").join(format!("cap-lab-split{}", env::consts::EXE_SUFFIX));
    let directory = target().join("tools").join("split");
    let to = directory.join(format!("wasm-bindgen{}", env::consts::EXE_SUFFIX));
    // Another build may be running the one that is there.
    let beside = directory.join(format!("{}.new", process::id()));
    fs::create_dir_all(&directory)
        .and_then(|()| fs::copy(&from, &beside))
        .and_then(|_| fs::rename(&beside, &to))
        .map_err(|error| Trouble::Failed(format!("{} cannot become {}: {error}", from.display(), to.display())))?;
    Ok(to)
}

/// Finds or adds the standard library for the browser.
pub(crate) fn wasm_target() -> Result<(), Trouble> {
    let library = output_of("rustc", &format!("--print target-libdir --target {WASM}"));
    if library.is_some_and(|directory| Path::new(&directory).is_dir()) {
        println!("found: Rust's standard library for {WASM}");
        return Ok(());
    }
    println!("adding Rust's standard library for {WASM}");
    run_plain(&mut command("rustup", &format!("target add {WASM}"))).map_err(|trouble| {
        Trouble::Missing(format!(
            "Rust's standard library for {WASM}. `rustup target add {WASM}` adds it; without rustup (https://rustup.rs) \
             install the package of your distribution that has it. ({trouble})"
        ))
    })
}

/// Finds or adds rustfmt and clippy, which the minimal profile of rustup leaves out.
pub(crate) fn rust_components() -> Result<(), Trouble> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if cargo(&format!("{subcommand} --version")).output().is_ok_and(|output| output.status.success()) {
            println!("found: {component}");
            continue;
        }
        run_plain(&mut command("rustup", &format!("component add {component}"))).map_err(|trouble| {
            Trouble::Missing(format!("{component}: `rustup component add {component}` adds it. ({trouble})"))
        })?;
    }
    Ok(())
}

/// The version of `package` in the text of a Cargo.lock.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| line.trim() != name);
    lines.nth(1)?.trim().strip_prefix("version = \"")?.strip_suffix('"').map(str::to_owned)
}

/// The program in exactly this version: from the PATH, or from `target/tools`, or built there.
fn find_or_install(program: &str, package: &str, version: &str, options: &str) -> Result<PathBuf, Trouble> {
    let tools = target().join("tools");
    let ours = tools.join("bin").join(format!("{program}{}", env::consts::EXE_SUFFIX));
    // A subcommand of cargo is called with its own name first, as cargo calls it.
    let ask = program.strip_prefix("cargo-").map_or("--version".to_owned(), |name| format!("{name} --version"));
    for candidate in on_path(program).into_iter().chain([ours.clone()]) {
        if output_of(&candidate, &ask).is_some_and(|said| said.split_whitespace().nth(1) == Some(version)) {
            println!("found: {program} {version} ({})", candidate.display());
            return Ok(candidate);
        }
    }
    println!("building {package} {version} into {} (once, takes some minutes)", tools.display());
    let build = tools.join("build").join(package);
    let mut install = cargo(&format!("install {package} --version {version} --locked --force {options} --root"));
    install.arg(&tools).arg("--target-dir").arg(&build);
    // The bars of several builds would draw over each other.
    install.env("CARGO_TERM_PROGRESS_WHEN", "never");
    // Optimising a tool costs minutes, and saves seconds of each build of the page.
    for (setting, value) in QUICK {
        install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    run_plain(&mut install).map_err(|trouble| {
        Trouble::Missing(format!(
            "{program} {version} could not be built (see above; it takes a C compiler and access to crates.io). Any \
             {program} {version} on the PATH will do. ({trouble})"
        ))
    })?;
    // The intermediate files of a tool are of no more use once it is there.
    let _ = fs::remove_dir_all(&build);
    Ok(ours)
}

/// Every program of that name on the PATH, in order.
fn on_path(program: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).map(|directory| directory.join(&file)).filter(|candidate| candidate.is_file()).collect()
}

/// Finds Node.js and npm.
pub(crate) fn node() -> Result<(), Trouble> {
    let advice = format!(
        "Node.js {NODE_MAJOR} or newer with npm, for the browser tests: https://nodejs.org, or leave them out with --fast"
    );
    let version = output_of("node", "--version").ok_or_else(|| Trouble::Missing(advice.clone()))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR) {
        return Err(Trouble::Missing(format!("{advice} (found {version})")));
    }
    let npm = output_of(npm_program(), "--version").ok_or(Trouble::Missing(advice))?;
    println!("found: Node.js {version}, npm {npm}");
    Ok(())
}

/// On Windows npm is a script, which starts only under its full name.
pub(crate) fn npm_program() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

impl Browser {
    /// Finds it; on Debian, as root, installs it.
    pub(crate) fn set_up(&self) -> Result<PathBuf, Trouble> {
        if let Some(found) = self.find()? {
            println!("found: {}", found.display());
            return Ok(found);
        }
        if is_debian() && output_of("id", "-u").as_deref() == Some("0") {
            println!("installing {} with apt-get", self.name);
            let mut install = command("apt-get", &format!("install --yes --no-install-recommends {}", self.package));
            let done = run_plain(&mut command("apt-get", "update"))
                .and_then(|()| run_plain(install.env("DEBIAN_FRONTEND", "noninteractive")));
            if let Err(trouble) = done {
                println!("{trouble}");
            }
            if let Some(found) = self.find()? {
                return Ok(found);
            }
        }
        let Self { name, advice, variable, .. } = self;
        Err(Trouble::Missing(format!(
            "{name} for the browser tests. {advice}. One in an unusual place is named by {variable}. --fast leaves the browser \
             tests out."
        )))
    }

    fn find(&self) -> Result<Option<PathBuf>, Trouble> {
        if let Some(named) = env::var_os(self.variable) {
            let named = PathBuf::from(named);
            let complaint = || Trouble::Missing(format!("{} names {}: no such file", self.variable, named.display()));
            return if named.is_file() { Ok(Some(named)) } else { Err(complaint()) };
        }
        let on_path = self.programs.iter().flat_map(|program| on_path(program));
        let installed = self.installed.iter().map(PathBuf::from);
        Ok(on_path.chain(installed).find(|candidate| candidate.is_file()))
    }
}

/// Debian itself: what Ubuntu's package of the same name installs is a snap, which runs in few containers.
fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line.trim() == "ID=debian"))
}

/// Installs what `tests/browser/package-lock.json` pins, unless that was done since it last changed.
pub(crate) fn browser_packages() -> Result<(), Trouble> {
    let tests = root().join("tests/browser");
    let changed = |path: &str| fs::metadata(tests.join(path)).and_then(|file| file.modified()).ok();
    if changed("node_modules/.package-lock.json").is_some_and(|done| Some(done) > changed("package-lock.json")) {
        println!("found: the packages of tests/browser");
        return Ok(());
    }
    command::run_plain(command(npm_program(), "ci --no-audit --no-fund").current_dir(&tests))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_package_of_exactly_this_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\nsource = \"x\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.129"));
        assert_eq!(locked_version(lock, "trunk"), None);
    }
}

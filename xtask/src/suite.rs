//! `cargo xtask test`: everything that has to hold, in the order in which it is cheapest to find out.
//!
//! A step that fails does not keep the others from running, except those that need what it makes. Cargo's steps share one
//! target directory, and those of one kind share their features, so that the library is not built more often than needed:
//! once as its own tests (no features), once for all that links it (all features), once for the browser.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::command::{Counts, Trouble, cargo, command, root, run, run_plain};
use crate::report::Report;
use crate::tools::{CHROMIUM, FIREFOX};
use crate::{package, site, skipped, tools};

/// Set to 1 for tests that may take long.
const LONG_VARIABLE: &str = "CAP_LAB_LONG";

/// Runs all steps and prints the summary.
pub(crate) fn run_suite(fast: bool, long: bool) -> ExitCode {
    let mut report = Report::default();
    report.plain("set-up: Rust", || tools::rust_components().and_then(|()| tools::wasm_target()));
    // Looked for before the long steps: who has to install something should know now.
    let browsers = if fast { None } else { set_up_browsers(&mut report) };
    checks(&mut report);
    tests(&mut report, long);
    let built = report.plain("release build", site::build) && report.plain("package", package::make);
    match browsers {
        Some(browsers) if built => {
            report.step("browser tests", || browser_tests(&browsers, long));
        }
        Some(_) => report.left_out("The browser tests did not run: there is no release build."),
        None if fast => report.left_out("--fast: the browser tests were left out."),
        None => report.left_out("The browser tests did not run: see what is missing."),
    }
    report.finish()
}

/// The browsers that there are, each with the variable that names it.
type Browsers = Vec<(&'static str, PathBuf)>;

/// Without Chromium there are no browser tests. Without Firefox its tests count as skipped.
fn set_up_browsers(report: &mut Report) -> Option<Browsers> {
    let mut browsers = Browsers::new();
    let ready = report.plain("set-up: browser", || {
        tools::node()?;
        browsers.push((CHROMIUM.variable, CHROMIUM.set_up()?));
        tools::browser_packages()
    });
    match FIREFOX.set_up() {
        Ok(firefox) => browsers.push((FIREFOX.variable, firefox)),
        Err(trouble) => report.left_out(&format!("The tests in Firefox are skipped. {trouble}")),
    }
    ready.then_some(browsers)
}

/// Form and lints.
fn checks(report: &mut Report) {
    report.plain("format", || run_plain(&mut cargo("fmt --all --check")));
    for (name, selection) in [
        ("clippy: everything native", "--workspace --exclude cap-lab-bench --all-targets --all-features"),
        (
            "clippy: page and worker on wasm32",
            "--bin cap-lab-web --bin cap-lab-worker --features worker --target wasm32-unknown-unknown",
        ),
    ] {
        report.plain(name, || run_plain(&mut cargo(&format!("clippy --locked {selection} -- --deny warnings"))));
    }
}

/// Everything that cargo tests, each kind a step of its own.
fn tests(report: &mut Report, long: bool) {
    for (name, selection) in [
        ("library tests", "--no-default-features --lib"),
        ("page and command-line tests", "--features cli --bins"),
        ("layering and integration tests", "--features cli --test *"),
        ("doc tests", "--features cli --doc"),
        ("xtask's and the cut's tests", "--package xtask --package cap-lab-split"),
    ] {
        report.step(name, || {
            let mut test = cargo(&format!("test --locked --no-fail-fast {selection}"));
            skipped::run_tests(pass_on(&mut test, long))
        });
    }
}

/// What people see: `tests/browser` against dist/.
fn browser_tests(browsers: &Browsers, long: bool) -> Result<Counts, (Trouble, Counts)> {
    // One file at a time: a browser with two cores and a page that draws is busy enough.
    let mut test = command("node", "--test --test-concurrency=1 --test-reporter=spec");
    test.current_dir(root().join("tests/browser"))
        .env_remove(FIREFOX.variable)
        .envs(browsers.iter().map(|(variable, path)| (variable, path)));
    run(pass_on(&mut test, long))
}

/// Tells the tests whether they may take long.
fn pass_on(test: &mut Command, long: bool) -> &mut Command {
    if long { test.env(LONG_VARIABLE, "1") } else { test.env_remove(LONG_VARIABLE) }
}

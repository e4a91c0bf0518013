//! For tests that need what not every machine has. A test can tell only when it runs, and then counts as passed: so it says so.

use std::fs::OpenOptions;
use std::io::Write;

/// Names the file in which `cargo xtask test` looks for tests that were skipped.
const VARIABLE: &str = "CAP_LAB_SKIPPED";

/// Tells that a test, or a part of it, could not run, and why.
pub(crate) fn skip(test: &str, reason: &str) {
    eprintln!("skipped {test}: {reason}");
    let Some(file) = std::env::var_os(VARIABLE) else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("the file of skipped tests");
    // In one piece: other tests write at the same time.
    file.write_all(format!("{test}: {reason}\n").as_bytes()).expect("it can be written");
}

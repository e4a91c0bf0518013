//! Tests that could not run here: cargo counts them as passed, since they can tell only when they run.
//!
//! Such a test adds a line, its name and the reason, to the file that [`VARIABLE`] names.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::command::{Counts, Trouble, run, target};

/// Names the file.
const VARIABLE: &str = "CAP_LAB_SKIPPED";

/// As [`run`], for cargo's tests; prints what was skipped, and counts it as such.
pub(crate) fn run_tests(test: &mut Command) -> Result<Counts, (Trouble, Counts)> {
    let file = target().join("skipped.txt");
    let unreadable = |error| (Trouble::Failed(format!("{}: {error}", file.display())), Counts::default());
    forget(&file).map_err(unreadable)?;
    let outcome = run(test.env(VARIABLE, &file));
    let lines = told(&file).map_err(unreadable)?;
    lines.iter().for_each(|line| println!("skipped: {line}"));
    let recounted = |counts: Counts| counts.with_skipped(lines.len() as u64);
    outcome.map(recounted).map_err(|(trouble, counts)| (trouble, recounted(counts)))
}

fn forget(file: &Path) -> std::io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The lines of the file, each once: a test may find out several times.
fn told(file: &Path) -> std::io::Result<Vec<String>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        other => other?,
    };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines.dedup();
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_is_told_once_and_nothing_outlives_a_run() {
        let file = std::env::temp_dir().join(format!("cap-lab-skipped-{}", std::process::id()));
        fs::write(&file, "b: no corpus\na: no corpus\nb: no corpus\n").unwrap();
        assert_eq!(told(&file).unwrap(), ["a: no corpus", "b: no corpus"]);
        forget(&file).unwrap();
        assert!(told(&file).unwrap().is_empty());
        forget(&file).unwrap();
    }

    #[test]
    fn a_skipped_test_has_not_passed() {
        let counts = Counts { passed: 5, failed: 1, skipped: 1 }.with_skipped(2);
        assert_eq!(counts, Counts { passed: 3, failed: 1, skipped: 3 });
    }
}

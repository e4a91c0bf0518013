//! Running other programs, and what can come of it.

use std::env;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Why a task did not succeed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// This machine lacks something; the text says what to install and how.
    Missing(String),
    /// Something is there and does not work.
    Failed(String),
}

impl Trouble {
    /// 1 for a failure, 2 for something missing.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => ExitCode::from(1),
            Self::Missing(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "MISSING: {what}"),
            Self::Failed(what) => write!(f, "FAILED: {what}"),
        }
    }
}

/// How many tests a suite said it ran, or did not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Ignored by name, or without what they need: see [`crate::skipped`].
    pub(crate) skipped: u64,
}

impl Counts {
    /// Adds what one line of cargo's or Node's test output tells: `test result: ok. 3 passed; 1 failed; …`, `ℹ pass 3`.
    fn add_line(&mut self, line: &str) {
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result: ") {
            for part in result.split([';', '.']) {
                match part.trim().split_once(' ') {
                    Some((count, "passed")) => self.passed += count.parse().unwrap_or(0),
                    Some((count, "failed")) => self.failed += count.parse().unwrap_or(0),
                    Some((count, "ignored")) => self.skipped += count.parse().unwrap_or(0),
                    _ => {}
                }
            }
        } else if let Some(count) = line.strip_prefix("ℹ pass ") {
            self.passed += count.parse().unwrap_or(0);
        } else if let Some(count) = line.strip_prefix("ℹ fail ").or_else(|| line.strip_prefix("ℹ cancelled ")) {
            // What ran into its time limit is "cancelled" to Node and failed to us.
            self.failed += count.parse().unwrap_or(0);
        } else if let Some(count) = line.strip_prefix("ℹ skipped ") {
            self.skipped += count.parse().unwrap_or(0);
        }
    }

    /// Of those that passed, so many ran nothing.
    pub(crate) fn with_skipped(self, count: u64) -> Self {
        Self { passed: self.passed.saturating_sub(count), skipped: self.skipped + count, ..self }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The directory of the workspace: where Cargo.toml, index.html and dist/ are.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask lies in the workspace").to_owned()
}

/// Where Cargo builds.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target))
}

/// `program` with its arguments separated by spaces, to be run in the workspace.
pub(crate) fn command(program: impl AsRef<Path>, arguments: &str) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments.split_whitespace()).current_dir(root());
    command
}

/// The command as a person would type it.
pub(crate) fn typed(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn failed_to_start(command: &Command, error: &std::io::Error) -> Trouble {
    let program = command.get_program().to_string_lossy();
    if error.kind() == std::io::ErrorKind::NotFound {
        Trouble::Missing(format!("`{program}` is not installed or not on the PATH"))
    } else {
        Trouble::Failed(format!("`{program}` did not start: {error}"))
    }
}

/// Says what is run, runs it, and counts the tests that its output speaks of.
pub(crate) fn run(command: &mut Command) -> Result<Counts, (Trouble, Counts)> {
    println!("$ {}", typed(command));
    let mut counts = Counts::default();
    command.stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| (failed_to_start(command, &error), counts))?;
    let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
    for line in output.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        counts.add_line(&line);
        println!("{line}");
    }
    // Our own stdout may be a pipe that is read live: nothing may wait in a buffer while the next program runs.
    let _ = std::io::stdout().flush();
    match child.wait() {
        Ok(status) if status.success() => Ok(counts),
        Ok(status) => Err((Trouble::Failed(format!("`{}`: {status}", typed(command))), counts)),
        Err(error) => Err((Trouble::Failed(format!("`{}`: {error}", typed(command))), counts)),
    }
}

/// As [`run`], for programs that run no tests.
pub(crate) fn run_plain(command: &mut Command) -> Result<(), Trouble> {
    run(command).map(|_| ()).map_err(|(trouble, _)| trouble)
}

/// What the program prints, if it runs and succeeds.
pub(crate) fn output_of(program: impl AsRef<Path>, arguments: &str) -> Option<String> {
    let output = command(program, arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The cargo that runs this program.
pub(crate) fn cargo(arguments: &str) -> Command {
    let mut command = command(env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from), arguments);
    // Set by `cargo run` for this very package; handed on they would make the inner cargo rebuild what depends on them.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_from_the_summary_lines_only() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test node::tests::passed ... ok",
            "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.20s",
            "ℹ tests 9",
            "ℹ pass 8",
            "ℹ fail 1",
            "ℹ cancelled 2",
            "ℹ skipped 4",
            "✔ 40 passed; 3 failed",
        ] {
            counts.add_line(line);
        }
        assert_eq!(counts, Counts { passed: 25, failed: 5, skipped: 5 });
    }

    #[test]
    fn a_missing_program_is_told_from_a_failing_one() {
        let missing = run_plain(&mut command("no-such-program-anywhere", "")).unwrap_err();
        assert!(matches!(missing, Trouble::Missing(_)), "{missing}");
        let failing = run_plain(cargo("no-such-subcommand").stderr(Stdio::null())).unwrap_err();
        assert!(matches!(failing, Trouble::Failed(_)), "{failing}");
    }
}

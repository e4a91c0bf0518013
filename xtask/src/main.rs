//! `cargo xtask`: builds, serves, tests and measures the lab, and installs what it needs to do so.
//!
//! Nothing is put on the user's PATH: tools that have to be built live under `target/tools`. Exit status 0 is success,
//! 1 is a failure, 2 is something missing on this machine (with what to do about it) or a wrong command line.

#![allow(clippy::print_stdout, reason = "this program tells a person at a terminal what it does")]

mod bench;
mod command;
mod files;
mod mutants;
mod offline;
mod package;
mod report;
mod scorm;
mod site;
mod skipped;
mod suite;
mod tools;
mod transfer;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  serve [--port N] [--open] [--dev]
          builds the lab, serves it on this machine, and builds again when a file changes.
          --port N   the port (default: the first free one from 8080 on)
          --open     opens the page in the browser
          --dev      builds faster; the page runs slower
  build   leaves a release site in dist/ for any static host, and checks what it costs to load
  package leaves in dist-package/ the site; cap-lab.html, all of it in one file that needs no host; and a SCORM 1.2 package
  test [--fast] [--long]
          format, lints, all tests, the release build, and the tests in a real browser.
          --fast     leaves the browser out
          --long     full numbers where a sweep is too long for every day
  mutants [--module NAME] [--sample N] [--seed N] [--shard K/N] [--fresh]
          changes the source in one place at a time and sees whether a quick suite fails; goes on where it was stopped.
          --module NAME  raft, paxos, sim, timeline, world, store, explain or check (default: all)
          --sample N   mutants of each module (default: 200), chosen by the seed (default: 1)
          --shard K/N  the Kth of N parts of the sample, from 0
          --fresh      forgets what earlier calls found out
  bench [--page] [--short]
          measures Raft beside crate `raft`, states, the simulator and the checkers; prints tables, and fails on no time.
          --page     measures the page in a real browser instead
          --short    what takes a minute or two
";

/// What the command line asks for.
#[derive(PartialEq, Eq, Debug)]
enum Task {
    Serve(site::Serve),
    Build,
    Package,
    Test { fast: bool, long: bool },
    Mutants(mutants::Mutants),
    Bench(bench::Bench),
    Help,
}

/// Reads the command line; the error is one sentence.
fn parse(arguments: &[String]) -> Result<Task, String> {
    let (name, options) = arguments.split_first().ok_or("no command given")?;
    let mut options = options.iter();
    let mut task = match name.as_str() {
        "serve" => Task::Serve(site::Serve::default()),
        "build" => Task::Build,
        "package" => Task::Package,
        "test" => Task::Test { fast: false, long: false },
        "mutants" => Task::Mutants(mutants::Mutants::default()),
        "bench" => Task::Bench(bench::Bench::default()),
        "help" | "--help" | "-h" => return Ok(Task::Help),
        other => return Err(format!("there is no command `{other}`")),
    };
    while let Some(option) = options.next() {
        match (&mut task, option.as_str()) {
            (_, "--help" | "-h") => return Ok(Task::Help),
            (Task::Serve(serve), "--open") => serve.open = true,
            (Task::Serve(serve), "--dev") => serve.dev = true,
            (Task::Serve(serve), "--port") => {
                let port = options.next().ok_or("--port needs a number")?;
                serve.port = Some(port.parse().map_err(|_| format!("`{port}` is not a port: 1 to 65535"))?);
            }
            (Task::Test { fast, .. }, "--fast") => *fast = true,
            (Task::Test { long, .. }, "--long") => *long = true,
            (Task::Bench(bench), "--page") => bench.page = true,
            (Task::Bench(bench), "--short") => bench.short = true,
            (Task::Mutants(mutants), "--fresh") => mutants.fresh = true,
            (Task::Mutants(mutants), option @ ("--module" | "--sample" | "--seed" | "--shard")) => {
                mutants.set(option, options.next().ok_or_else(|| format!("{option} needs a value"))?)?;
            }
            (_, other) => return Err(format!("`{name}` has no option `{other}`")),
        }
    }
    Ok(task)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match parse(&arguments) {
        Ok(Task::Serve(serve)) => site::serve(&serve),
        Ok(Task::Build) => site::build(),
        Ok(Task::Package) => package::build(),
        Ok(Task::Test { fast, long }) => return suite::run_suite(fast, long),
        Ok(Task::Mutants(what)) => mutants::run(&what),
        Ok(Task::Bench(what)) => bench::run(what),
        Ok(Task::Help) => {
            print!("{USAGE}");
            Ok(())
        }
        Err(sentence) => {
            eprint!("{sentence}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("\n{trouble}");
            trouble.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn commands_and_their_options_are_read() {
        assert_eq!(
            parsed("serve --port 9000 --open"),
            Ok(Task::Serve(site::Serve { port: Some(9000), open: true, dev: false }))
        );
        assert_eq!(parsed("test --long"), Ok(Task::Test { fast: false, long: true }));
        let raft = mutants::Mutants { module: Some("raft".to_owned()), shard: (1, 4), ..mutants::Mutants::default() };
        assert_eq!(parsed("mutants --module raft --shard 1/4"), Ok(Task::Mutants(raft)));
        assert_eq!(parsed("bench --page"), Ok(Task::Bench(bench::Bench { page: true, short: false })));
        assert_eq!(parsed("package"), Ok(Task::Package));
        assert_eq!(parsed("build --help"), Ok(Task::Help));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        for (line, said) in [
            ("", "no command"),
            ("srve", "`srve`"),
            ("build --fast", "`--fast`"),
            ("serve --port", "needs a number"),
            ("serve --port 70000", "`70000`"),
            ("mutants --module gossip", "`gossip`"),
            ("mutants --shard 4/4", "`4/4`"),
        ] {
            let sentence = parsed(line).expect_err(line);
            assert!(sentence.contains(said), "{line}: {sentence}");
        }
    }
}

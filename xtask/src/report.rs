//! The steps of a run: each announced, timed, and remembered for the summary, so that none fails unseen.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::command::{Counts, Trouble};

struct Step {
    name: String,
    took: Duration,
    trouble: Option<Trouble>,
}

/// What was run so far.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
    notes: Vec<String>,
    counts: Counts,
}

impl Report {
    /// Runs one step; true if it succeeded.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Counts, (Trouble, Counts)>) -> bool {
        println!("\n== {name}");
        let start = Instant::now();
        let (trouble, counts) = match work() {
            Ok(counts) => (None, counts),
            Err((trouble, counts)) => (Some(trouble), counts),
        };
        let took = start.elapsed();
        match &trouble {
            None => println!("== {name}: ok, {:.1} s", took.as_secs_f64()),
            Some(trouble) => println!("== {name}: {trouble} ({:.1} s)", took.as_secs_f64()),
        }
        self.counts.add(counts);
        self.steps.push(Step { name: name.to_owned(), took, trouble });
        self.steps.last().is_some_and(|step| step.trouble.is_none())
    }

    /// As [`Report::step`], for work that runs no tests.
    pub(crate) fn plain(&mut self, name: &str, work: impl FnOnce() -> Result<(), Trouble>) -> bool {
        self.step(name, || work().map(|()| Counts::default()).map_err(|trouble| (trouble, Counts::default())))
    }

    /// Says in the summary that something was left out, and why.
    pub(crate) fn left_out(&mut self, note: &str) {
        println!("\n== {note}");
        self.notes.push(note.to_owned());
    }

    fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.steps.iter().filter_map(|step| step.trouble.as_ref())
    }

    /// A failure outweighs something missing.
    fn worst(&self) -> Option<&Trouble> {
        let failed = self.troubles().find(|trouble| matches!(trouble, Trouble::Failed(_)));
        failed.or_else(|| self.troubles().next())
    }

    /// Prints the summary; the exit status is that of the worst step.
    pub(crate) fn finish(&self) -> ExitCode {
        println!("\n== summary");
        for step in &self.steps {
            let outcome = match &step.trouble {
                None => "ok",
                Some(Trouble::Missing(_)) => "MISSING",
                Some(Trouble::Failed(_)) => "FAILED",
            };
            println!("{:>8.1} s  {outcome:<8} {}", step.took.as_secs_f64(), step.name);
        }
        let total: Duration = self.steps.iter().map(|step| step.took).sum();
        println!("{:>8.1} s  in all", total.as_secs_f64());
        for note in &self.notes {
            println!("{note}");
        }
        for trouble in self.troubles() {
            println!("{trouble}");
        }
        let Counts { passed, failed, skipped } = self.counts;
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        self.worst().map_or(ExitCode::SUCCESS, Trouble::exit_code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> Trouble {
        Trouble::Missing("a browser".to_owned())
    }

    fn failed() -> Trouble {
        Trouble::Failed("a test".to_owned())
    }

    #[test]
    fn one_failed_step_among_good_ones_decides() {
        let mut report = Report::default();
        assert!(report.plain("first", || Ok(())));
        assert_eq!(report.worst(), None);
        assert!(!report.plain("second", || Err(missing())));
        assert_eq!(report.worst(), Some(&missing()));
        assert!(!report.step("third", || Err((failed(), Counts { passed: 4, failed: 1, skipped: 0 }))));
        assert!(report.step("fourth", || Ok(Counts { passed: 2, failed: 0, skipped: 3 })));
        assert_eq!(report.worst(), Some(&failed()));
        assert_eq!(report.counts, Counts { passed: 6, failed: 1, skipped: 3 });
    }
}

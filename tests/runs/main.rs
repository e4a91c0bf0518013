//! Worlds in time: worlds recover, a timeline goes where it is told, and files from anywhere do no harm.

#[path = "../sentences/compare.rs"]
mod compare;
mod counterexamples;
mod facts;
mod files;
mod fixtures;
mod hostile;
mod latency;
mod links;
mod liveness;
mod page_words;
mod quorums;
mod regions;
#[cfg(feature = "cli")]
mod replay;
mod same_script;
mod sessions;
mod slow;
mod split_brain;
#[cfg(feature = "cli")]
mod sweep;
mod timeline;
mod undo;
mod watch;
mod words;

use std::io::Write;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::Micros;
use cap_lab::sim::dice;
use cap_lab::timeline::track::Track;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::FeedSetup;

/// How many seeds a sweep has: the first number every day, the second in `--long`.
fn seeds(daily: u64, full: u64) -> u64 {
    if std::env::var_os("CAP_LAB_LONG").is_some() { full } else { daily }
}

/// Numbers that belong to the result, whether or not the test passes: past the test harness, which keeps what passes quiet.
fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

const FIVE_AND_THREE: FeedSetup = FeedSetup::at_one_site(5, 3);

/// The page's own experiment.
fn feed() -> FeedExperiment {
    FeedExperiment::side_by_side(FIVE_AND_THREE, 100)
}

/// The Raft page's.
fn raft() -> FeedExperiment {
    FeedExperiment::raft(FIVE_AND_THREE, 100)
}

/// What the worlds at the play head did.
fn digests<E: Experiment>(timeline: &Timeline<E>) -> Vec<u64> {
    timeline.track().fingerprints().into_iter().map(|world| world.digest).collect()
}

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

/// Dice that remember how often they were thrown.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.thrown += 1;
        dice::below(self.seed, &[self.thrown], bound)
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }
}

//! Locks: the accident with fencing and without, the service under faults, Redlock and clocks, and stamps against causality.

mod accident;
#[path = "../sentences/compare.rs"]
mod compare;
mod leader_leases;
mod redlock;
mod service;
mod stamps;
mod storm;
mod words;

use std::io::Write;

use cap_lab::experiment::LocksExperiment;
use cap_lab::node::Micros;
use cap_lab::timeline::Experiment;
use cap_lab::world::locks::LocksRun;

/// How many seeds a sweep has: the first number every day, the second in `--long`.
fn seeds(daily: u64, full: u64) -> u64 {
    if std::env::var_os("CAP_LAB_LONG").is_some() { full } else { daily }
}

/// Numbers that belong to the result, whether or not the test passes: past the test harness, which keeps what passes quiet.
fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

fn experiment(words: &str) -> LocksExperiment {
    let read: LocksExperiment = words.parse().expect(words);
    read.check().map(|()| read).expect(words)
}

/// The invariant that was broken, with its evidence.
fn broken(run: &LocksRun) -> Option<String> {
    run.watch().broken.as_ref().map(|(at, broken)| format!("at {} ms: {broken}", at.as_ms()))
}

//! What it costs to keep a run: memory per simulated second, for 5-node Raft with more than 10 client requests a second over 10
//! simulated minutes. It must stay flat as the run grows.
//!
//! A test binary of its own, with one test: the allocator counts everything that the process keeps.

use std::alloc::System;
use std::io::Write;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::Micros;
use cap_lab::timeline::Timeline;
use cap_lab::timeline::track::Track;
use cap_lab::world::feed::FeedSetup;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes in use now.
fn kept() -> i64 {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated as i64 - stats.bytes_deallocated as i64
}

fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

#[test]
fn what_is_kept_grows_no_faster_than_the_run() {
    let setup = FeedExperiment::raft(FeedSetup { replicas: 5, people: 3 }, 100);
    let mut timeline = Timeline::new(setup, 1);
    let minutes: Vec<i64> = (1..=10)
        .map(|minute| {
            let before = kept();
            timeline.play(Micros::from_ms(60_000 * minute));
            kept() - before
        })
        .collect();
    let requests = timeline.track().worlds()[0].history().len() as f64 / 600.0;
    let steps = timeline.track().steps() as f64 / 600.0;
    report(&format!(
        "5-node Raft, {requests:.1} requests and {steps:.0} steps a simulated second, 10 simulated minutes:"
    ));
    let kilobytes = |minutes: &[i64]| minutes.iter().sum::<i64>() as f64 / 1_024.0 / (60.0 * minutes.len() as f64);
    let (first, second) = minutes.split_at(5);
    report(&format!(
        "kept per simulated second: {:.1} KB in the first half, {:.1} KB in the second",
        kilobytes(first),
        kilobytes(second)
    ));
    assert!(requests >= 10.0, "{requests} requests a second");
    for half in [first, second] {
        assert!(kilobytes(half) <= 50.0, "{} KB kept per simulated second", kilobytes(half));
    }
    assert!(kilobytes(second) <= 1.2 * kilobytes(first), "what is kept grows with the run");
}

//! What it costs to keep a run: time and memory per simulated second, and the time of a seek, for 5-node Raft with more than
//! 10 client requests a second over 10 simulated minutes. Both must stay flat as the run grows.
//!
//! A test binary of its own, with one test: the allocator counts everything that the process keeps.

use std::alloc::System;
use std::io::Write;
use std::time::Instant;

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

/// One minute of a run.
struct Minute {
    /// Kept at its end, more than at its beginning.
    bytes: i64,
    /// What it took to compute.
    seconds: f64,
}

#[test]
fn time_travel_is_cheap_and_stays_so() {
    let setup = FeedExperiment::raft(FeedSetup { replicas: 5, people: 3 }, 100);
    let mut timeline = Timeline::new(setup.clone(), 1);
    let mut minutes = Vec::new();
    for minute in 1..=10 {
        let (bytes, start) = (kept(), Instant::now());
        timeline.play(Micros::from_ms(60_000 * minute));
        minutes.push(Minute { seconds: start.elapsed().as_secs_f64(), bytes: kept() - bytes });
    }
    // The same twice more, for the time only: others share this machine, so the best of three counts.
    for _ in 0..2 {
        let mut again = Timeline::new(setup.clone(), 1);
        for (minute, known) in (1..).zip(&mut minutes) {
            let start = Instant::now();
            again.play(Micros::from_ms(60_000 * minute));
            known.seconds = known.seconds.min(start.elapsed().as_secs_f64());
        }
    }
    let requests = timeline.track().worlds()[0].history().len() as f64 / 600.0;
    let steps = timeline.track().steps() as f64 / 600.0;
    report(&format!(
        "5-node Raft, {requests:.1} requests and {steps:.0} steps a simulated second, 10 simulated minutes:"
    ));
    let kilobytes = |minutes: &[Minute]| {
        let bytes: i64 = minutes.iter().map(|minute| minute.bytes).sum();
        bytes as f64 / 1_024.0 / (60.0 * minutes.len() as f64)
    };
    let speed = |minutes: &[Minute]| 60.0 / minutes.iter().map(|minute| minute.seconds).fold(f64::INFINITY, f64::min);
    let (first, second) = minutes.split_at(5);
    report(&format!(
        "kept per simulated second: {:.1} KB in the first half, {:.1} KB in the second",
        kilobytes(first),
        kilobytes(second)
    ));
    report(&format!(
        "simulated seconds per second: {:.0} in the first half, {:.0} in the second (this profile, this machine)",
        speed(first),
        speed(second)
    ));
    for (minute, Minute { bytes, seconds }) in minutes.iter().enumerate() {
        report(&format!("  minute {:2}: {:6} KB, {:5.0} ms", minute + 1, bytes / 1_024, seconds * 1e3));
    }

    let mut slowest: f64 = 0.0;
    let mut total = 0.0;
    let end = timeline.end().0;
    // Neither in order nor at checkpoints.
    let moments: Vec<u64> = (0..200_u64).map(|n| n * 7_919 * 104_729 % end).collect();
    for moment in &moments {
        let start = Instant::now();
        timeline.seek(Micros(*moment));
        let took = start.elapsed().as_secs_f64() * 1e3;
        slowest = slowest.max(took);
        total += took;
    }
    report(&format!("seek anywhere: {:.1} ms on average, {slowest:.1} ms at most", total / moments.len() as f64));

    assert!(requests >= 10.0, "{requests} requests a second");
    for half in [first, second] {
        assert!(kilobytes(half) <= 50.0, "{} KB kept per simulated second", kilobytes(half));
    }
    assert!(kilobytes(second) <= 1.2 * kilobytes(first), "what is kept grows with the run");
    assert!(speed(second) >= 200.0, "{} simulated seconds per second", speed(second));
    assert!(speed(second) >= 0.8 * speed(first), "it gets slower as the run grows");
}

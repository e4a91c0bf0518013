//! What it costs to keep a run, in counts: bytes that it keeps, allocations that it makes. Neither may grow with the length
//! of the run, nor with what waits at a paused server or because somebody holds it. Times are the bench's.
//!
//! A test binary of its own, with one test: the allocator counts everything that the process keeps. Bytes are those asked
//! for natively; in WebAssembly pointers are half as long, so the same run keeps less there.

use std::alloc::System;
use std::io::Write;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::{Fate, Intervention, MessageName};
use cap_lab::sim::network::Envelope;
use cap_lab::timeline::Timeline;
use cap_lab::timeline::track::Track;
use cap_lab::world::feed::FeedSetup;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

/// What some work came to.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// Bytes in use after it, more than before.
    kept: i64,
    /// Times that it asked for memory.
    asked: f64,
    /// Bytes that it asked for.
    bytes: f64,
    steps: f64,
}

fn cost(timeline: &mut Timeline<FeedExperiment>, work: impl FnOnce(&mut Timeline<FeedExperiment>)) -> Cost {
    let (region, before) = (Region::new(ALLOCATOR), timeline.track().steps());
    work(timeline);
    let change = region.change();
    Cost {
        kept: change.bytes_allocated as i64 - change.bytes_deallocated as i64,
        asked: (change.allocations + change.reallocations) as f64,
        bytes: change.bytes_allocated as f64,
        steps: (timeline.track().steps() - before) as f64,
    }
}

/// 5-node Raft with three people: more than 10 requests a second.
fn cluster() -> Timeline<FeedExperiment> {
    Timeline::new(FeedExperiment::raft(FeedSetup::at_one_site(5, 3), 100), 1)
}

#[test]
fn costs_stay_flat() {
    a_long_run();
    who_waits();
    half_an_hour("default", FeedSetup::at_one_site(5, 3), 100, 150);
    if std::env::var_os("CAP_LAB_LONG").is_some() {
        half_an_hour("busiest", FeedSetup::at_one_site(7, 6), 400, 400);
    }
}

/// Ten simulated minutes: the second half costs what the first did.
fn a_long_run() {
    let mut timeline = cluster();
    let mut half = |until| cost(&mut timeline, |timeline| timeline.play(Micros::from_ms(until)));
    let (first, second) = (half(300_000), half(600_000));
    for (half, Cost { kept, asked, bytes, steps }) in [("first", first), ("second", second)] {
        report(&format!(
            "5-node Raft, {half} five minutes: {steps} steps, {:.1} KB kept a simulated second, {:.2} allocations and {:.0} bytes a step",
            kept as f64 / 1_024.0 / 300.0,
            asked / steps,
            bytes / steps
        ));
    }
    let requests = timeline.track().worlds()[0].history().len();
    assert!(requests >= 6_000, "{requests} requests in ten minutes");
    assert!(second.kept <= first.kept, "what is kept grows with the run");
    assert!(second.asked / second.steps <= 1.1 * first.asked / first.steps, "a step asks for memory more often");
    assert!(second.bytes / second.steps <= 1.1 * first.bytes / first.steps, "a step asks for more memory");
}

/// A minute with one server paused, and one with 200 messages held, against one with nobody waiting.
fn who_waits() {
    let minute = |prepare: fn(&mut Timeline<FeedExperiment>)| {
        let mut timeline = cluster();
        timeline.play(Micros::from_ms(1_000));
        prepare(&mut timeline);
        let cost = cost(&mut timeline, |timeline| timeline.play(timeline.now() + Micros::from_ms(60_000)));
        let region = Region::new(ALLOCATOR);
        let copy = timeline.track().clone();
        let copied = region.change().bytes_allocated as f64;
        (cost, copied, copy.waiting())
    };
    let (base, base_copy, few) = minute(|_| {});
    let paused = minute(|timeline| assert!(timeline.act(Intervention::Pause(NodeId(1)))));
    let held = minute(|timeline| (0..200).for_each(|_| hold_one(timeline)));
    assert!(few < 100 && paused.2 > 1_000 && held.2 > 200, "{few}, {} and {} wait", paused.2, held.2);
    for (who, (cost, copy, waiting)) in [("one server paused", paused), ("200 messages held", held)] {
        report(&format!(
            "{who}, {waiting} waiting: {:.2} times the allocations, {:.2} times the bytes, a copy {:.2} times",
            cost.asked / base.asked,
            cost.bytes / base.bytes,
            copy / base_copy
        ));
        for ratio in [cost.asked / base.asked, cost.bytes / base.bytes, copy / base_copy] {
            assert!(ratio <= 1.5, "{who}: {ratio} times what it costs with nobody waiting");
        }
    }
}

/// Holds the next message between two servers.
fn hold_one(timeline: &mut Timeline<FeedExperiment>) {
    let name = loop {
        if let Some(name) = free_message(timeline) {
            break name;
        }
        assert!(timeline.step(), "servers always talk");
    };
    assert!(timeline.act(Intervention::Message { world: 0, name, fate: Fate::Hold }));
}

/// The oldest message between two servers that nobody holds.
fn free_message(timeline: &Timeline<FeedExperiment>) -> Option<MessageName> {
    let run = &timeline.track().worlds()[0];
    let free = |id| run.schedule().passage(id).is_some_and(|passage| !passage.held);
    let between = |mail: &Envelope<_>| mail.from != mail.to && mail.from.0 < 5 && mail.to.0 < 5;
    let mut flights = run.model().flights().iter().filter(|(id, mail)| between(mail) && free(*id));
    flights.next().and_then(|(id, _)| run.name_of(id))
}

/// Both worlds side by side for 30 simulated minutes.
fn half_an_hour(name: &str, setup: FeedSetup, traffic: u16, most: i64) {
    let mut timeline = Timeline::new(FeedExperiment::side_by_side(setup, traffic), 1);
    let Cost { kept, steps, .. } = cost(&mut timeline, |timeline| timeline.play(Micros::from_ms(30 * 60_000)));
    let megabytes = kept >> 20;
    report(&format!("{name} setup, 30 minutes, {steps} steps: {megabytes} MB kept, at most {most}"));
    assert!(timeline.end() == Micros::from_ms(30 * 60_000), "it ended at {:?}", timeline.end());
    assert!(megabytes <= most, "{megabytes} MB");
}

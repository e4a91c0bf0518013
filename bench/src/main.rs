//! `cargo xtask bench`: how many proposals a second our Raft takes beside crate `raft`, what a state costs, how many events a
//! second the simulator computes, how long the checkers take, and what verdicts cost.
//!
//! Contestants take turns within one run, so that whatever else the machine does hits all alike; medians are told. Every
//! repetition starts with new servers. An argument sets how many repetitions (15).

#![allow(clippy::print_stdout, reason = "this program tells a person at a terminal what it measured")]

mod checkers;
mod cluster;
mod ours;
mod state;
mod theirs;
mod travel;
mod verdicts;
mod waiting;

use std::time::Instant;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::Micros;
use cap_lab::timeline::Timeline;
use cap_lab::timeline::track::Track;
use cap_lab::world::feed::FeedSetup;
use cluster::{Cluster, Machine, Mode, drive};
use ours::{Notes, Ours};
use theirs::Theirs;

/// Proposals per repetition.
const PROPOSALS: u64 = 20_000;

fn main() {
    let repetitions = std::env::args().nth(1).map_or(15, |word| word.parse().expect("how many repetitions"));
    println!(
        "Proposals a second, each of 64 bytes and applied by every server; one thread, median of {repetitions}.\n"
    );
    println!("| servers | mode | crate raft 0.7 | ours | ratio | ours, notes kept | ratio |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for count in [3, 5] {
        for mode in Mode::ALL {
            compare(count, mode, repetitions);
        }
    }
    println!("\nThe state of a leader of 3 servers, with this many entries in its log; nanoseconds.\n");
    println!("| entries | clone | clone, and one proposal to it | hash |");
    println!("| --- | --- | --- | --- |");
    for entries in [16, 256, 4_096] {
        state::measure(entries);
    }
    println!(
        "\nThe simulator: the feed on Raft, three people, a request each 100 ms, 60 simulated seconds; median of 5.\n"
    );
    println!("| servers | events | events a second | simulated seconds a second |");
    println!("| --- | --- | --- | --- |");
    for replicas in [3, 5, 7, 9] {
        simulate(replicas);
    }
    waiting::compare();
    travel::measure();
    checkers::compare();
    verdicts::measure();
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Proposals a second, and what they led to.
fn rate(mut cluster: impl Cluster, mode: Mode) -> (f64, Machine) {
    let start = Instant::now();
    let reached = drive(&mut cluster, mode, PROPOSALS);
    (PROPOSALS as f64 / start.elapsed().as_secs_f64(), reached)
}

fn compare(count: usize, mode: Mode, repetitions: usize) {
    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..repetitions {
        let turns = [
            rate(Theirs::new(count, mode), mode),
            rate(Ours::new(count, mode, Notes::Off), mode),
            rate(Ours::new(count, mode, Notes::On), mode),
        ];
        for (rates, (rate, reached)) in rates.iter_mut().zip(turns) {
            assert_eq!(reached, turns[0].1, "they did not do the same");
            rates.push(rate);
        }
    }
    let [theirs, off, on] = rates.map(median);
    let thousands = |rate: f64| format!("{:.0} k", rate / 1e3);
    println!(
        "| {count} | {} | {} | {} | {:.2} | {} | {:.2} |",
        mode.name(),
        thousands(theirs),
        thousands(off),
        off / theirs,
        thousands(on),
        on / theirs
    );
}

fn simulate(replicas: u8) {
    let setup = FeedExperiment::raft(FeedSetup::at_one_site(replicas, 3), 100);
    let mut steps = 0;
    let seconds = (0..5).map(|_| {
        let mut timeline = Timeline::new(setup.clone(), 1);
        let start = Instant::now();
        timeline.play(Micros::from_ms(60_000));
        let took = start.elapsed().as_secs_f64();
        steps = timeline.track().steps();
        took
    });
    let seconds = median(seconds.collect());
    println!("| {replicas} | {steps} | {:.0} k | {:.0} |", steps as f64 / seconds / 1e3, 60.0 / seconds);
}

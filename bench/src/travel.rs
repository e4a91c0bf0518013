//! What it takes to compute a long run and to move about in it: neither may grow with the run.

use std::time::Instant;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::Micros;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::FeedSetup;

use crate::median;

/// Simulated.
const MINUTES: u64 = 10;
/// How often the run is computed.
const REPETITIONS: usize = 3;
/// Moments that are sought.
const SEEKS: u64 = 200;

/// Prints a table of ten minutes of 5-node Raft with a request each 100 ms.
pub(crate) fn measure() {
    let setup = FeedExperiment::raft(FeedSetup::at_one_site(5, 3), 100);
    let mut halves = [const { Vec::new() }; 2];
    let mut timeline = Timeline::new(setup.clone(), 1);
    for _ in 0..REPETITIONS {
        timeline = Timeline::new(setup.clone(), 1);
        for (half, speeds) in (1..).zip(&mut halves) {
            let start = Instant::now();
            timeline.play(Micros::from_ms(MINUTES * 30_000 * half));
            speeds.push(MINUTES as f64 * 30.0 / start.elapsed().as_secs_f64());
        }
    }
    let [first, second] = halves.map(median);
    let end = timeline.end().0;
    // Neither in order nor at checkpoints.
    let mut seeks: Vec<f64> = (0..SEEKS)
        .map(|nth| {
            let start = Instant::now();
            timeline.seek(Micros(nth * 7_919 * 104_729 % end));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    seeks.sort_by(f64::total_cmp);
    println!("\nTen simulated minutes of 5 servers on Raft; median of {REPETITIONS}.\n");
    println!("| what | figure | bar |");
    println!("| --- | --- | --- |");
    println!("| simulated seconds a second, first half | {first:.0} | 200 |");
    println!(
        "| simulated seconds a second, second half | {second:.0} ({:.2} times) | 200; 0.8 times |",
        second / first
    );
    println!("| seek anywhere, median of {SEEKS}, ms | {:.1} | 50 |", median(seeks.clone()));
    println!("| seek anywhere, slowest, ms | {:.1} | 150 |", seeks[seeks.len() - 1]);
}

//! What it costs to keep or to name a state: a run keeps one at every checkpoint, the explorer hashes every one.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;

use crate::cluster::{Mode, drive};
use crate::median;
use crate::ours::{Notes, Ours, propose_to};

/// Measurements per figure.
const ROUNDS: usize = 2_000;

/// Prints one line of the table.
pub(crate) fn measure(entries: u64) {
    let mut cluster = Ours::new(3, Mode::OneByOne, Notes::Off);
    drive(&mut cluster, Mode::OneByOne, entries);
    let leader = &cluster.servers()[0];
    let nanoseconds = |work: &mut dyn FnMut()| {
        let times = (0..ROUNDS / 10).map(|_| {
            let start = Instant::now();
            for _ in 0..10 {
                work();
            }
            start.elapsed().as_secs_f64() * 1e8
        });
        median(times.collect())
    };
    let clone = nanoseconds(&mut || drop(black_box(leader.clone())));
    let hash = nanoseconds(&mut || {
        let mut hasher = DefaultHasher::new();
        leader.hash(&mut hasher);
        black_box(hasher.finish());
    });
    let change = nanoseconds(&mut || {
        // The first change of what a clone shares copies the end of the log.
        let mut copy = leader.clone();
        propose_to(&mut copy, Bytes::from_static(&[0; 64]));
        black_box(copy);
    });
    println!("| {entries} | {clone:.0} | {change:.0} | {hash:.0} |");
}

//! Random schedules on the untimed model: anything that can happen may happen next.
//!
//! Every message may come late, twice, out of order or never, every link may be cut, every node may crash and keep any
//! prefix of what it had not synced. The invariants are checked after every step. What the schedules contained is counted,
//! printed and demanded: a sweep that never reaches a dangerous place proves nothing.

use std::io::Write;

mod driver;
mod gossip;
mod multi_paxos;
mod paxos;
mod raft;

/// Whether the full numbers are wanted (`cargo xtask test --long`).
fn long() -> bool {
    std::env::var_os("CAP_LAB_LONG").is_some()
}

/// How many seeds a sweep has: the first number every day, the second in `--long`.
fn seeds(daily: u64, full: u64) -> u64 {
    if long() { full } else { daily }
}

/// Numbers that belong to the result, whether or not the test passes: past the test harness, which keeps what passes quiet.
fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

/// What a sweep came across: in all, and in how many seeds.
#[derive(Default)]
struct Tally {
    names: Vec<&'static str>,
    total: Vec<u64>,
    seeds_with: Vec<u64>,
    seeds: u64,
}

impl Tally {
    /// Adds what one seed came across.
    fn add<const N: usize>(&mut self, counts: [(&'static str, u64); N]) {
        self.names = counts.iter().map(|(name, _)| *name).collect();
        self.total.resize(N, 0);
        self.seeds_with.resize(N, 0);
        self.seeds += 1;
        for (index, (_, count)) in counts.into_iter().enumerate() {
            self.total[index] += count;
            self.seeds_with[index] += u64::from(count > 0);
        }
    }

    /// Prints the counts, and demands each in at least one seed of three.
    fn demand_one_in_three(&self, what: &str) {
        let mut line = format!("{what}: {} seeds", self.seeds);
        for ((name, total), with) in self.names.iter().zip(&self.total).zip(&self.seeds_with) {
            line += &format!(", {total} {name} (in {with})");
        }
        report(&line);
        for (name, with) in self.names.iter().zip(&self.seeds_with) {
            assert!(3 * with >= self.seeds, "{name} occurred in {with} of {} seeds only", self.seeds);
        }
    }
}

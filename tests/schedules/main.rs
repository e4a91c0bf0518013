//! Random schedules on the untimed model: anything that can happen may happen next.
//!
//! Every message may come late, twice, out of order or never, every link may be cut, every node may stand still for a while,
//! or crash and keep any prefix of what it had not synced. The invariants are checked after every step. What the schedules
//! contained is counted, printed and demanded: a sweep that never reaches a dangerous place proves nothing.

use std::io::Write;

mod conflicts;
mod driver;
mod found;
mod gossip;
mod multi_paxos;
mod paxos;
mod primary_backup;
mod quorum;
mod raft;
#[path = "../scripts/raft_lab.rs"]
mod raft_lab;
mod raft_replica;
mod switches;

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

/// What a sweep came across.
#[derive(Default)]
struct Tally {
    rows: Vec<Row>,
}

/// How often one thing occurred.
struct Row {
    what: &'static str,
    total: u64,
    seeds_with: u64,
    /// The seeds in which it could occur.
    seeds: u64,
}

impl Tally {
    /// Adds what one seed came across.
    fn add<const N: usize>(&mut self, counts: [(&'static str, u64); N]) {
        for (what, count) in counts {
            self.add_one(what, true, count);
        }
    }

    /// Adds what one seed came across of a thing that is possible in some seeds only.
    fn add_one(&mut self, what: &'static str, possible: bool, count: u64) {
        let known = self.rows.iter().position(|row| row.what == what);
        let place = known.unwrap_or_else(|| {
            self.rows.push(Row { what, total: 0, seeds_with: 0, seeds: 0 });
            self.rows.len() - 1
        });
        let row = &mut self.rows[place];
        row.total += count;
        row.seeds_with += u64::from(count > 0);
        row.seeds += u64::from(possible);
    }

    /// Prints the counts, and demands each in at least one seed of three of those in which it could occur.
    fn demand_one_in_three(&self, sweep: &str) {
        let mut line = sweep.to_owned();
        for Row { what, total, seeds_with, seeds } in &self.rows {
            line += &format!(", {total} {what} (in {seeds_with} of {seeds} seeds)");
        }
        report(&line);
        for Row { what, seeds_with, seeds, .. } in &self.rows {
            assert!(3 * seeds_with >= *seeds, "{what} occurred in {seeds_with} of {seeds} seeds only");
        }
    }
}

//! Whole stories in simulated time, in the spirit of the tests of MIT 6.824's labs 2 and 3 (Raft, and a service on top): servers
//! are cut off and come back, crash and restart, and the network loses, delays and reorders messages, while clients go on.
//!
//! | lab | here |
//! | --- | --- |
//! | 2A | `elections`: initial election, re-election, many elections |
//! | 2B | `agreement`: basic agreement, messages counted, failures of followers and of leaders, agreement despite disconnected followers, none without a majority, concurrent starts, rejoin of a partitioned leader, fast backup over wrong logs |
//! | 2C | `persistence`: basic, more, a partitioned leader, Figure 8, agreement and Figure 8 on an unreliable network, churn on either |
//! | 2D | `snapshots`: basic, with disconnects, with crashes, both on an unreliable network, all servers at once |
//! | 3 | `feed`: one client, many clients, unreliable network, partitions, restarts, snapshots, and all of it together: each with its history checked for linearizability |
//!
//! In every story the five properties of Figure 3 are checked after every step, and at the end every answer that a client got
//! must be true. Each runs with several seeds; all times are simulated. What the labs count in remote procedure calls is
//! counted in messages here.

mod agreement;
mod elections;
mod feed;
mod lab;
mod network;
mod persistence;
#[path = "../schedules/raft_replica.rs"]
mod raft_replica;
mod snapshots;

use std::io::Write;

/// The seeds of a story: three every day, 30 in `cargo xtask test --long`.
fn seeds() -> std::ops::Range<u64> {
    0..if std::env::var_os("CAP_LAB_LONG").is_some() { 30 } else { 3 }
}

/// Numbers that belong to the result, whether or not the test passes: past the test harness, which keeps what passes quiet.
fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

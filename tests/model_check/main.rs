//! Searches that leave nothing out within their bounds, over the model that the lab itself runs.

use std::io::Write;

mod abstract_paxos;
mod exhaustive;
mod flaws;
mod missing;
mod raft;
mod refinement;
mod subject;
mod symmetry;

/// Whether the searches that take minutes are wanted, too (`cargo xtask test --long`).
fn long() -> bool {
    std::env::var_os("CAP_LAB_LONG").is_some()
}

/// Numbers that belong to the result, whether or not the test passes: past the test harness, which keeps what passes quiet.
fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

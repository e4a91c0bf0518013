//! The examples run to their ends, where they assert what they have shown.

#[path = "../examples/judge_a_history.rs"]
mod judge_a_history;
#[path = "../examples/raft_by_hand.rs"]
mod raft_by_hand;
#[path = "../examples/search_for_a_flaw.rs"]
mod search_for_a_flaw;

#[test]
fn raft_is_driven_by_hand() {
    raft_by_hand::main();
}

#[test]
fn histories_are_judged() {
    judge_a_history::main();
}

#[test]
fn a_flaw_is_found() {
    search_for_a_flaw::main();
}

//! Each of Figure 3's five catches a hand-made pair of states that breaks it, and no other does.

use super::super::invariant::INVARIANTS;
use super::*;

/// A server in a state made by hand.
fn server(id: NodeId, term: u64, terms: &[u64], commit: u64) -> Server {
    let mut server = Raft::new(Config::new(id, NodeSet::first(3)));
    server.state = disk(term, terms);
    server.commit = Index(commit);
    server
}

fn leader(id: NodeId, term: u64, terms: &[u64], commit: u64) -> Server {
    let mut server = server(id, term, terms, commit);
    server.role = Role::Leader { durable: Index::ZERO, followers: SortedMap::new(), tenure: Tenure::default() };
    server
}

/// Shows the ghost one server after the other, as each is first seen.
fn observe(servers: &[&Server]) -> (Ghost<u64>, Result<(), Violation>) {
    let mut ghost = Ghost::default();
    for server in servers {
        let result = ghost.observe(server.id(), None, server);
        if result.is_err() {
            return (ghost, result);
        }
    }
    (ghost, Ok(()))
}

fn assert_violated(result: Result<(), Violation>, invariant: &str, evidence: &[&str]) {
    assert!(INVARIANTS.iter().any(|(name, _)| *name == invariant));
    let violation = result.expect_err(invariant);
    assert_eq!(violation.invariant, invariant, "{violation}");
    for part in evidence {
        assert!(violation.evidence.contains(part), "{part:?} is not in {:?}", violation.evidence);
    }
}

#[test]
fn election_safety_sees_two_leaders_in_one_term() {
    let (first, second) = (leader(n(1), 2, &[], 0), leader(n(3), 2, &[], 0));
    let (_, result) = observe(&[&first, &second]);
    assert_violated(result, "Election Safety", &["n1", "n3", "term 2"]);
    assert_eq!(observe(&[&first, &leader(n(3), 3, &[], 0)]).1, Ok(()));
}

/// Also when the first has crashed in between: the property is about the term, not about a moment.
#[test]
fn election_safety_remembers_leaders_of_the_past() {
    let first = leader(n(1), 2, &[], 0);
    let (mut ghost, _) = observe(&[&first]);
    assert_eq!(ghost.observe(n(1), Some(&first), &server(n(1), 2, &[], 0)), Ok(()));
    assert_violated(ghost.observe(n(2), None, &leader(n(2), 2, &[], 0)), "Election Safety", &["n1", "n2"]);
}

#[test]
fn leader_append_only_sees_a_leader_lose_or_change_an_entry() {
    let before = leader(n(1), 2, &[1, 2], 0);
    let mut changed = before.clone();
    changed.state.log.truncate(Index(2));
    for replacement in [None, Some(Entry { term: T2, payload: Payload::Command(9) })] {
        let (mut ghost, _) = observe(&[&before]);
        let mut after = changed.clone();
        after.state.log.append(replacement.as_slice());
        assert_violated(
            ghost.observe(n(1), Some(&before), &after),
            "Leader Append-Only",
            &["n1", "term 2", "had a command of term 2"],
        );
    }
}

/// A crash, or the end of its term, ends the promise.
#[test]
fn leader_append_only_speaks_of_leaders_only() {
    let before = leader(n(1), 2, &[1, 2], 0);
    for after in [server(n(1), 2, &[1], 0), server(n(1), 3, &[1, 3], 0), leader(n(1), 2, &[1, 2, 2], 0)] {
        let (mut ghost, _) = observe(&[&before]);
        assert_eq!(ghost.observe(n(1), Some(&before), &after), Ok(()));
    }
}

#[test]
fn log_matching_sees_two_entries_of_one_name() {
    let (first, mut second) = (server(n(1), 2, &[1, 2], 0), server(n(2), 2, &[1], 0));
    second.state.log.append(&[Entry { term: T2, payload: Payload::Command(9) }]);
    let (_, result) = observe(&[&first, &second]);
    assert_violated(result, "Log Matching", &["n1", "n2", "index 2", "a command of term 2", "another one"]);
}

#[test]
fn log_matching_sees_a_difference_before_equal_entries() {
    let (_, result) = observe(&[&server(n(1), 3, &[1, 1, 3], 0), &server(n(2), 3, &[1, 2, 3], 0)]);
    assert_violated(result, "Log Matching", &["n1", "n2", "index 3", "term 1", "term 2"]);
}

/// Also after the other log is gone, and after a part of its own was replaced.
#[test]
fn log_matching_follows_truncation() {
    let (first, gone) = (server(n(1), 3, &[1, 1, 3], 0), server(n(1), 3, &[1], 0));
    let (mut ghost, _) = observe(&[&first]);
    assert_eq!(ghost.observe(n(1), Some(&first), &gone), Ok(()));
    let replaced = server(n(1), 3, &[1, 2, 2], 0);
    assert_eq!(ghost.observe(n(1), Some(&gone), &replaced), Ok(()));
    let wrong = server(n(1), 3, &[1, 2, 3], 0);
    assert_violated(ghost.observe(n(1), Some(&replaced), &wrong), "Log Matching", &["index 3", "term 2"]);
}

#[test]
fn leader_completeness_sees_a_new_leader_without_a_committed_entry() {
    let committed = leader(n(1), 2, &[1, 2], 2);
    for (terms, has) in [(&[1][..], "no entry"), (&[1, 1], "n2 has a command of term 1")] {
        let (_, result) = observe(&[&committed, &leader(n(2), 3, terms, 0)]);
        assert_violated(
            result,
            "Leader Completeness",
            &["n1", "n2", "term 3", "index 2", has, "counted a command of term 2"],
        );
    }
    assert_eq!(observe(&[&committed, &leader(n(2), 3, &[1, 2], 0)]).1, Ok(()));
}

/// It speaks of higher terms only: a leader of an older term that has not noticed yet may lack the entry.
#[test]
fn leader_completeness_lets_leaders_of_older_terms_be() {
    let (_, result) = observe(&[&leader(n(1), 3, &[1, 3], 2), &leader(n(2), 2, &[1], 0)]);
    assert_eq!(result, Ok(()));
}

#[test]
fn leader_completeness_sees_a_commit_that_a_present_leader_of_a_higher_term_lacks() {
    let (_, result) = observe(&[&leader(n(2), 3, &[1, 3], 0), &leader(n(1), 2, &[1, 2], 2)]);
    assert_violated(result, "Leader Completeness", &["n1", "n2", "term 2", "term 3", "index 2"]);
}

#[test]
fn state_machine_safety_sees_two_entries_applied_at_one_index() {
    let (_, result) = observe(&[&server(n(1), 3, &[1, 2, 2], 3), &server(n(2), 3, &[1, 3, 3], 3)]);
    assert_violated(
        result,
        "State Machine Safety",
        &["n1", "n2", "index 2", "has a command of term 3", "counted a command of term 2"],
    );
    assert_eq!(observe(&[&server(n(1), 3, &[1, 2, 2], 3), &server(n(2), 3, &[1, 3, 3], 1)]).1, Ok(()));
}

#[test]
fn state_machine_safety_sees_applied_entries_disappear_or_change() {
    let before = server(n(1), 3, &[1, 2], 2);
    for (terms, evidence) in [(&[1][..], "ends at (1, t1)"), (&[1, 3], "has a command of term 3")] {
        let (mut ghost, _) = observe(&[&before]);
        let result = ghost.observe(n(1), Some(&before), &server(n(1), 3, terms, 2));
        assert_violated(result, "State Machine Safety", &["n1", evidence]);
    }
}

/// A checkpoint is not disturbed by what is observed after it.
#[test]
fn a_clone_of_the_ghost_is_independent() {
    let first = leader(n(1), 2, &[1, 2], 2);
    let (mut ghost, _) = observe(&[&first]);
    let kept = ghost.clone();
    let next = leader(n(1), 2, &[1, 2, 2], 3);
    assert_eq!(ghost.observe(n(1), Some(&first), &next), Ok(()));
    for mut ghost in [kept.clone(), kept] {
        assert_eq!(ghost.observe(n(2), None, &server(n(2), 3, &[1, 2, 3], 3)), Ok(()));
    }
    assert!(ghost.observe(n(2), None, &server(n(2), 3, &[1, 2, 3], 3)).is_err());
}

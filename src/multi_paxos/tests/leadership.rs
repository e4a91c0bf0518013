//! Phase 1: once for all slots, with what it reports; who gives way to whom.

use super::*;

/// PMS §3: a stable leader runs phase 1 once; every command after that costs phase 2 alone.
#[test]
fn a_stable_leader_runs_phase_1_once_for_all_slots() {
    let mut cluster = led(3);
    for command in 0..20 {
        cluster.propose(n(1), command);
        cluster.settle(all(3));
    }
    assert_eq!(cluster.noted(|note| matches!(note, Note::Leadership(LeadershipNote::Prepares { .. }))), 1);
    assert_eq!(cluster.noted(|note| matches!(note, Note::Acceptor(AcceptorNote::Promises { .. }))), 2);
    assert_eq!(cluster.server(n(1)).commit_index(), Slot(20));
}

/// PMS §3: it asks only about the slots that it does not know to be decided (PMMC §4.1).
#[test]
fn phase_1_starts_at_the_first_undecided_slot() {
    let mut cluster = led(3);
    cluster.propose(n(1), 7);
    cluster.settle(all(3));
    cluster.beat(n(1), all(3));
    cluster.fire(n(2), Timer::Election);
    let asked = cluster.take(|flying| matches!(flying.message, Message::Prepare { first: Slot(2), .. }));
    assert_eq!(asked.len(), 2, "both others are asked from slot 2 on");
}

/// PMS §2.2, P2c, for every slot: the highest-numbered report decides what is proposed again.
#[test]
fn the_highest_numbered_report_is_proposed_again() {
    let mut cluster = led(5);
    cluster.propose(n(1), 10);
    cluster.deliver(n(1), n(5));
    cluster.network.clear();
    // n2 hears of nothing, proposes another value for slot 1, and reaches n3 only.
    cluster.lead(n(2), set(&[2, 3, 4]));
    cluster.propose(n(2), 20);
    cluster.deliver(n(2), n(3));
    cluster.network.clear();
    // n4 hears of both.
    cluster.lead(n(4), set(&[3, 4, 5]));
    assert_eq!(cluster.commands(n(4)), [Some(20)], "2.n2 is above 1.n1");
    let again = |note: &Note| matches!(note, Note::Leader(LeaderNote::ProposesReported { slot: Slot(1), under, .. }) if *under == ballot(2, 2));
    assert_eq!(cluster.noted(again), 1);
}

/// PMS §3: what lies before a reported slot and was not reported itself gets a no-op.
#[test]
fn holes_are_filled_with_no_ops() {
    let mut cluster = led(3);
    let lost = cluster.propose(n(1), 1);
    cluster.network.clear();
    cluster.propose(n(1), 2);
    cluster.deliver(n(1), n(3));
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3]));
    assert_eq!(cluster.commands(n(2)), [None, Some(2)]);
    cluster.beat(n(2), all(3));
    cluster.beat(n(2), all(3));
    let superseded = Answer::Refused(Refusal::Superseded { slot: Slot(1) });
    assert_eq!(cluster.answer(lost), Some(&superseded), "n1 learns that its command lost the slot");
    assert_eq!(cluster.commands(n(1)), [None, Some(2)]);
}

/// PMS §3: a new leader takes commands for the slots after those before these are decided.
#[test]
fn new_commands_need_not_wait_for_old_slots() {
    let mut cluster = led(3);
    cluster.propose(n(1), 1);
    cluster.deliver(n(1), n(2));
    cluster.network.clear();
    cluster.fire(n(2), Timer::Election);
    cluster.deliver(n(2), n(3));
    cluster.deliver(n(3), n(2));
    assert!(cluster.server(n(2)).is_leader());
    cluster.propose(n(2), 2);
    assert_eq!(cluster.server(n(2)).commit_index(), Slot::ZERO);
    cluster.settle(all(3));
    assert_eq!(cluster.commands(n(2)), [Some(1), Some(2)]);
}

/// PMS §2.2, P1a: who promised more refuses, and says what it promised.
#[test]
fn a_lower_ballot_is_refused_and_told_the_higher() {
    let mut cluster = Cluster::new(3);
    cluster.lead(n(3), all(3));
    cluster.fire(n(1), Timer::Election);
    cluster.network.clear();
    cluster.lead(n(2), set(&[2, 3]));
    assert_eq!(cluster.server(n(2)).ballot(), ballot(2, 2));
    assert_eq!(cluster.server(n(1)).ballot(), ballot(2, 1));
    cluster.fire(n(1), Timer::Election);
    cluster.settle(all(3));
    assert_eq!(cluster.server(n(1)).ballot(), ballot(2, 2), "it gave way");
    assert!(cluster.server(n(2)).is_leader());
    assert_eq!(cluster.noted(|note| matches!(note, Note::Acceptor(AcceptorNote::PrepareRefused { .. }))), 2);
}

/// PMMC §2: a leader that hears of a higher ballot is preempted, whoever tells it.
#[test]
fn a_leader_gives_way_to_a_higher_ballot() {
    let mut cluster = led(3);
    cluster.lead(n(2), set(&[2, 3]));
    assert!(cluster.server(n(1)).is_leader(), "it has not heard");
    cluster.propose(n(1), 1);
    cluster.settle(set(&[1, 3]));
    assert!(!cluster.server(n(1)).is_leader());
    assert_eq!(cluster.server(n(1)).ballot(), ballot(2, 2));
    assert_eq!(cluster.server(n(1)).leader_hint(), None, "that n2 leads it has not heard yet");
    cluster.beat(n(2), all(3));
    assert_eq!(cluster.server(n(1)).leader_hint(), Some(n(2)));
}

/// PMMC §3: the more often in a row a server is overtaken, the longer it may wait; success makes it patient no more.
#[test]
fn duellists_back_off_more_and_more() {
    let mut cluster = Cluster::new(3);
    for _ in 0..6 {
        for id in [n(1), n(2)] {
            cluster.fire(id, Timer::Election);
            cluster.settle(set(&[1, 2]).without(id));
        }
        // Each hears of the other's higher ballot before its own promises come.
        cluster.fire(n(1), Timer::Election);
        cluster.settle(set(&[1, 2]));
        cluster.fire(n(2), Timer::Election);
        cluster.deliver(n(2), n(1));
        cluster.network.clear();
        assert!(!cluster.server(n(1)).is_leader());
    }
    let waits: Vec<(u8, u64)> = cluster
        .notes
        .iter()
        .filter_map(|(node, note)| match note {
            Note::Leadership(LeadershipNote::BacksOff { timeout, times, .. }) if *node == n(1) => {
                Some((*times, timeout.max.as_ms()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(waits[..4], [(1, 450), (2, 600), (3, 750), (4, 900)]);
    assert_eq!(waits.last(), Some(&(4, 900)), "at most four times: {waits:?}");
    cluster.lead(n(1), all(3));
    cluster.propose(n(1), 1);
    cluster.settle(all(3));
    cluster.lead(n(2), all(3));
    let last = cluster.notes.iter().rev().find_map(|(node, note)| match note {
        Note::Leadership(LeadershipNote::BacksOff { times, .. }) if *node == n(1) => Some(*times),
        _ => None,
    });
    assert_eq!(last, Some(1), "a chosen slot in between starts the count again");
}

/// Who gets no answer asks again under the same ballot: a server that is cut off does not drive the rounds up.
#[test]
fn silence_is_no_reason_for_a_higher_ballot() {
    let mut cluster = Cluster::new(3);
    for _ in 0..5 {
        cluster.fire(n(1), Timer::Election);
        cluster.network.clear();
    }
    assert_eq!(cluster.server(n(1)).ballot(), ballot(1, 1));
    cluster.fire(n(1), Timer::Election);
    cluster.settle(set(&[1, 2]));
    assert!(cluster.server(n(1)).is_leader());
}

/// PMMC §4.3: a ballot is on disk before anyone hears of it, so that no crash brings it up again.
#[test]
fn a_ballot_is_never_used_twice() {
    let mut cluster = Cluster::new(3);
    cluster.syncs = false;
    cluster.fire(n(1), Timer::Election);
    assert!(cluster.network.is_empty(), "nothing is durable, so nothing was said");
    cluster.sync(n(1));
    assert_eq!(cluster.count("Prepare", n(1)), 2);
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    cluster.fire(n(1), Timer::Election);
    assert_eq!(cluster.server(n(1)).ballot(), ballot(2, 1));
}

/// PMMC §4.3: a promise is durable before it is given.
#[test]
fn a_promise_waits_for_the_disk() {
    let mut cluster = Cluster::new(3);
    cluster.fire(n(1), Timer::Election);
    cluster.syncs = false;
    cluster.deliver(n(1), n(2));
    assert_eq!(cluster.count("Promise", n(2)), 0);
    cluster.sync(n(2));
    assert_eq!(cluster.count("Promise", n(2)), 1);
    assert_eq!(cluster.disks[1].promised, ballot(1, 1));
}

/// PMMC §4.2: an acceptor that compacted slots reports the snapshot in their place, and the new leader starts after it.
#[test]
fn a_promise_brings_the_snapshot_of_compacted_slots() {
    let mut cluster = Cluster::new(3);
    cluster.lead(n(1), set(&[1, 2]));
    for command in 1..=3 {
        cluster.propose(n(1), command);
        cluster.settle(set(&[1, 2]));
    }
    cluster.beat(n(1), set(&[1, 2]));
    cluster.compact(n(2));
    cluster.crash(n(1), 0);
    cluster.lead(n(3), set(&[2, 3]));
    assert_eq!(
        cluster.server(n(3)).snapshot().map(|snapshot| (snapshot.through, snapshot.state)),
        Some((Slot(3), Some(3)))
    );
    cluster.propose(n(3), 4);
    cluster.settle(set(&[2, 3]));
    assert_eq!((cluster.server(n(3)).commit_index(), cluster.commands(n(3))), (Slot(4), vec![Some(4)]));
}

/// Promises of another ballot, doubled ones and late ones count for nothing.
#[test]
fn only_distinct_promises_of_the_own_ballot_count() {
    let mut cluster = Cluster::new(5);
    cluster.fire(n(1), Timer::Election);
    cluster.deliver(n(1), n(2));
    let promise = cluster.take(|flying| flying.from == n(2)).remove(0);
    for _ in 0..3 {
        cluster.tell(n(2), n(1), promise.message.clone());
    }
    assert!(!cluster.server(n(1)).is_leader(), "two of five promised");
    let late = ballot(0, 1);
    let other = Message::Promise { ballot: late, first: Slot(1), accepted: [].into(), snapshot: None };
    cluster.tell(n(3), n(1), other);
    assert!(!cluster.server(n(1)).is_leader(), "a promise of another ballot");
    cluster.deliver(n(1), n(3));
    cluster.deliver(n(3), n(1));
    assert!(cluster.server(n(1)).is_leader());
}

//! §7: log compaction and InstallSnapshot. Names after "restore" are scenarios of etcd's raft_test.go.

use super::*;

/// Five entries committed everywhere but on n3, which got none of them; n1 leads and has compacted all of them.
fn n3_lags() -> Cluster {
    let mut cluster = Cluster::new(3);
    let pair = NodeSet::first(2);
    cluster.fire(n(1), Timer::Election);
    cluster.settle(pair);
    for request in 0..4 {
        cluster.request(n(1), request, 10 + u64::from(request));
        cluster.settle(pair);
    }
    assert_eq!(cluster.server(n(1)).commit_index(), Index(5));
    cluster.compact(n(1));
    cluster
}

/// n1's next heartbeat has to send n3 an entry that is gone, so that the snapshot leaves instead.
fn snapshot_leaves(cluster: &mut Cluster) {
    cluster.fire(n(1), Timer::Heartbeat);
    assert_eq!(cluster.network.iter().filter(|flying| is_snapshot(&flying.message)).count(), 1);
}

fn is_snapshot(message: &Said) -> bool {
    matches!(message, Message::InstallSnapshot { .. })
}

/// An AppendEntries of term 1 with the entries at these indices.
fn append(previous: EntryId, indices: &[u64]) -> Said {
    let entries = indices.iter().map(|index| entry(*index, 1)).collect();
    Message::AppendEntries { term: T1, previous, entries, commit: Index(5), round: Round(0) }
}

fn progress(cluster: &Cluster, follower: NodeId) -> Progress {
    let Role::Leader { followers, .. } = cluster.server(n(1)).role() else { panic!("n1 does not lead") };
    followers[&follower].clone()
}

#[test]
fn a_snapshot_takes_the_place_of_the_entries_that_it_covers() {
    let mut cluster = n3_lags();
    let server = cluster.server(n(1));
    let snapshot = server.snapshot().expect("compacted");
    assert_eq!((snapshot.last, snapshot.state), (id(5, 1), Some(13)));
    assert_eq!((server.log().base(), server.log().last(), server.log().kept()), (id(5, 1), id(5, 1), 0));
    assert_eq!((server.entry(Index(5)), server.log().term_at(Index(5))), (None, Some(T1)));
    cluster.request(n(1), 9, 99);
    cluster.settle(NodeSet::first(2));
    assert_eq!(cluster.server(n(1)).entry(Index(6)).map(|entry| entry.payload.clone()), Some(Payload::Command(99)));
    assert_eq!(cluster.server(n(2)).log().last(), id(6, 1), "n2 has everything, so it needs no snapshot");
}

#[test]
fn the_service_is_told_when_enough_entries_have_been_committed_since_the_last_snapshot() {
    let mut cluster =
        Cluster::configured(&vec![PersistentState::default(); 3], |config| config.switches.snapshot_after = Some(3));
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    let mut wanted = Vec::new();
    for request in 0..6 {
        wanted.push(cluster.server(n(1)).wants_snapshot());
        if cluster.server(n(1)).wants_snapshot() {
            cluster.compact(n(1));
        }
        cluster.request(n(1), request, 10);
        cluster.settle(all);
    }
    assert_eq!(wanted, [false, false, true, false, false, true]);
}

#[test]
fn restore_from_snapshot_brings_a_follower_that_needs_compacted_entries_up_to_date() {
    let mut cluster = n3_lags();
    snapshot_leaves(&mut cluster);
    let waiting = Progress { next: Index(6), matched: Index::ZERO, state: ProgressState::Snapshot { last: Index(5) } };
    assert_eq!(progress(&cluster, n(3)), waiting);
    cluster.deliver(n(1), n(3));
    let follower = cluster.server(n(3));
    assert_eq!((follower.commit_index(), follower.log().base()), (Index(5), id(5, 1)));
    assert_eq!(follower.snapshot(), cluster.server(n(1)).snapshot());
    assert!(cluster.timers.contains(&(n(3), Timer::Election)), "it goes on waiting for its leader");
    cluster.deliver(n(3), n(1));
    assert!(progress(&cluster, n(3)).replicates());
    cluster.request(n(1), 9, 99);
    cluster.settle(NodeSet::first(3).without(n(2)));
    assert_eq!(cluster.server(n(1)).commit_index(), Index(6), "n1 and n3 are a majority");
}

/// Figure 13, step 7: what the snapshot does not follow from goes, also what lies beyond it.
#[test]
fn restore_discards_a_log_that_conflicts_with_the_snapshot() {
    let mut cluster = Cluster::with_disks(&[disk(3, &[1, 1, 3]), disk(3, &[1, 1, 3]), disk(2, &[1, 2, 2, 2, 2])]);
    cluster.fire(n(1), Timer::Election);
    cluster.settle(NodeSet::first(2));
    cluster.compact(n(1));
    assert_eq!(cluster.server(n(1)).log().base(), id(4, 4));
    snapshot_leaves(&mut cluster);
    cluster.deliver(n(1), n(3));
    assert_eq!((cluster.server(n(3)).log().last(), cluster.server(n(3)).log().kept()), (id(4, 4), 0));
}

/// Figure 13, step 6.
#[test]
fn restore_ignores_a_snapshot_of_entries_that_the_follower_has() {
    let mut cluster = n3_lags();
    let snapshot = cluster.server(n(1)).snapshot().expect("compacted").clone();
    let behind = cluster.server(n(2)).commit_index();
    cluster.tell(n(1), n(2), Message::InstallSnapshot { term: T1, snapshot, round: Round(0) });
    let follower = cluster.server(n(2));
    assert_eq!((follower.snapshot(), follower.log().kept()), (None, 5), "it keeps its entries");
    assert!(behind < Index(5) && follower.commit_index() == Index(5), "but learns that they are committed");
    let answer = cluster.take(|flying| flying.from == n(2)).pop().map(|flying| flying.message);
    let matched = AppendResult::Matched { up_to: Index(5) };
    assert_eq!(answer, Some(Message::AppendReply { term: T1, result: matched, round: Round(0) }));
}

#[test]
fn a_snapshot_of_a_term_that_is_over_is_refused() {
    let mut cluster = n3_lags();
    snapshot_leaves(&mut cluster);
    let late = cluster.take(|flying| is_snapshot(&flying.message));
    cluster.elect(n(2), NodeSet::first(3).without(n(1)));
    let before = cluster.server(n(3)).clone();
    for flying in late {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    assert_eq!(cluster.server(n(3)), &before);
    let stale = Message::AppendReply { term: T2, result: AppendResult::StaleTerm, round: Round(0) };
    assert_eq!(cluster.take(|flying| flying.to == n(1)).pop().map(|flying| flying.message), Some(stale));
}

/// No entries go to a follower that would have to refuse them, and the heartbeat asks for the snapshot's last entry.
#[test]
fn a_follower_that_awaits_a_snapshot_gets_bare_heartbeats_and_a_lost_snapshot_is_sent_again() {
    let mut cluster = n3_lags();
    snapshot_leaves(&mut cluster);
    cluster.network.clear();
    cluster.request(n(1), 9, 99);
    assert!(cluster.take(|flying| flying.to == n(3)).is_empty());
    cluster.fire(n(1), Timer::Heartbeat);
    let asked = cluster.take(|flying| flying.to == n(3)).pop().expect("a heartbeat").message;
    assert_eq!(asked, append(id(5, 1), &[]));
    cluster.tell(n(1), n(3), asked);
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.server(n(3)).log().last(), id(6, 1));
}

/// The leader does not wait: it compacts on, and the follower gets the newer snapshot.
#[test]
fn a_leader_that_compacts_while_a_snapshot_is_under_way_sends_the_newer_one() {
    let mut cluster = n3_lags();
    snapshot_leaves(&mut cluster);
    cluster.network.clear();
    cluster.request(n(1), 9, 99);
    cluster.settle(NodeSet::first(2));
    cluster.compact(n(1));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(3));
    let follower = cluster.server(n(3));
    assert_eq!(follower.snapshot().map(|snapshot| (snapshot.last, snapshot.state)), Some((id(6, 1), Some(99))));
}

/// What comes late speaks of entries that the snapshot covers: they agree, because they are committed.
#[test]
fn an_append_that_reaches_back_into_the_snapshot_adds_only_what_lies_beyond_it() {
    let mut cluster = n3_lags();
    cluster.settle(NodeSet::first(3));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(3));
    cluster.compact(n(2));
    assert_eq!(cluster.server(n(2)).log().base(), id(5, 1));
    cluster.tell(n(1), n(2), append(id(3, 1), &[4, 5, 6, 7]));
    let follower = cluster.server(n(2));
    assert_eq!((follower.log().base(), follower.log().last()), (id(5, 1), id(7, 1)));
    cluster.tell(n(1), n(2), append(id(2, 1), &[3]));
    assert_eq!(cluster.server(n(2)).log().last(), id(7, 1));
    let answers = cluster.take(|flying| flying.from == n(2));
    let up_to: Vec<_> = answers
        .iter()
        .map(|flying| match &flying.message {
            Message::AppendReply { result: AppendResult::Matched { up_to }, .. } => up_to.0,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(up_to, [7, 3], "each answer proves what its message spoke of");
    cluster.violation = None; // Two entries 6 and 7 that no leader made: the ghost is right to object.
}

/// Every prefix of the unsynced writes is a state to restart from: without the snapshot, or with it.
#[test]
fn a_crash_during_installation_leaves_the_old_log_or_the_snapshot() {
    // n3 writes the term, which it had not heard of, and the snapshot.
    for kept in 0..=2 {
        let mut cluster = n3_lags();
        snapshot_leaves(&mut cluster);
        cluster.syncs = false;
        cluster.deliver(n(1), n(3));
        assert!(cluster.take(|flying| flying.from == n(3)).is_empty(), "it answers when the snapshot is durable");
        cluster.crash(n(3), kept);
        cluster.restart(n(3));
        let server = cluster.server(n(3));
        let expected = if kept == 2 { (Index(5), id(5, 1)) } else { (Index::ZERO, EntryId::default()) };
        assert_eq!((server.commit_index(), server.log().last()), expected);
        cluster.syncs = true;
        cluster.fire(n(1), Timer::Heartbeat);
        cluster.settle(NodeSet::first(3));
        assert_eq!(cluster.server(n(3)).log().last(), id(5, 1));
    }
}

#[test]
fn a_crash_during_compaction_leaves_the_whole_log_or_the_snapshot() {
    for kept in 0..2 {
        let mut cluster = Cluster::new(3);
        cluster.elect(n(1), NodeSet::first(3));
        cluster.request(n(1), 0, 10);
        cluster.settle(NodeSet::first(3));
        cluster.syncs = false;
        cluster.compact(n(1));
        cluster.crash(n(1), kept);
        cluster.restart(n(1));
        let server = cluster.server(n(1));
        assert_eq!(server.log().last(), id(2, 1));
        assert_eq!((server.log().kept(), server.commit_index()), [(2, Index::ZERO), (0, Index(2))][kept]);
    }
}

/// §5.4.1 looks at the last entry's name, which a log keeps when all entries are compacted.
#[test]
fn a_server_whose_whole_log_is_compacted_refuses_a_candidate_that_is_behind() {
    let mut cluster = n3_lags();
    for _ in 0..2 {
        cluster.network.clear();
        cluster.fire(n(3), Timer::Election);
    }
    cluster.deliver(n(3), n(1));
    let answer = cluster.take(|flying| flying.from == n(1)).pop().map(|flying| flying.message);
    assert_eq!(answer, Some(Message::Vote { term: T2, granted: false }));
}

/// A leader of the past gets the snapshot of its successor: one request is ruled out by what the snapshot ends with, of the
/// other nobody can tell any more.
pub(super) fn covered_requests() -> Cluster {
    let mut cluster = Cluster::new(3);
    let (all, pair) = (NodeSet::first(3), NodeSet::first(3).without(n(1)));
    cluster.elect(n(1), all);
    for request in 0..5 {
        cluster.request(n(1), request, 10);
    }
    cluster.network.clear();
    cluster.elect(n(2), pair);
    cluster.request(n(2), 9, 99);
    cluster.settle(pair);
    cluster.compact(n(2));
    cluster.replies.clear();
    cluster.fire(n(2), Timer::Heartbeat);
    cluster.settle(all);
    cluster
}

#[test]
fn a_request_whose_place_a_snapshot_covers_ends_unknown_and_one_that_it_rules_out_is_refused() {
    let mut cluster = covered_requests();
    // Entries 2 and 3 lie below (3, t2), with which the snapshot ends; 4 to 6 of term 1 cannot come after it.
    let refused = |index| Answer::Refused(Refusal::Superseded { index: Index(index) });
    let answers = [Answer::Unknown, Answer::Unknown, refused(4), refused(5), refused(6)];
    assert_eq!(cluster.replies, (0..).map(RequestId).zip(answers).collect::<Vec<_>>());
    let unknown = |note: &Note| match note {
        Note::Client(ClientNote::RequestFateUnknown { request, entry, last }) => Some((request.0, *entry, *last)),
        _ => None,
    };
    let unknown: Vec<_> = cluster.notes_of(n(1)).iter().filter_map(unknown).collect();
    assert_eq!(unknown, [(0, id(2, 1), id(3, 2)), (1, id(3, 1), id(3, 2))]);
    assert_eq!(cluster.server(n(1)).pending().count(), 0);
}

/// The observer compares states by what they contain.
#[test]
fn state_machine_safety_sees_two_states_after_the_same_entries() {
    let mut cluster = n3_lags();
    let (mut ghost, before) = (cluster.ghost.clone(), cluster.server(n(2)).clone());
    let mut after = before.clone();
    let mut out = Effects::default();
    after.commit = Index(5);
    after.compact(Index(5), Some(7), &mut out);
    let violation = ghost.observe(n(2), Some(&before), &after).expect_err("another state");
    assert_eq!(violation.invariant, "State Machine Safety");
    for part in ["n2", "n1", "Some(7)", "up to 5"] {
        assert!(violation.evidence.contains(part), "{part:?} is not in {:?}", violation.evidence);
    }
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(2));
    cluster.compact(n(2));
    cluster.assert_safe();
}

#[test]
fn state_machine_safety_sees_a_snapshot_of_entries_that_were_never_committed() {
    let cluster = n3_lags();
    let (mut ghost, before) = (cluster.ghost.clone(), cluster.server(n(3)).clone());
    let membership = *before.membership();
    for (last, evidence) in [(id(3, 2), "which no log ever had"), (id(6, 1), "which no log ever had")] {
        let mut after = before.clone();
        let snapshot = Arc::new(Snapshot { last, membership, state: None });
        after.save(Delta::Snapshot(snapshot), &mut Effects::default());
        after.commit = last.index;
        let violation = ghost.clone().observe(n(3), Some(&before), &after).expect_err("no such log");
        assert_eq!(violation.invariant, "State Machine Safety");
        assert!(violation.evidence.contains(evidence), "{violation}");
    }
    assert_eq!(ghost.observe(n(3), Some(&before), &before), Ok(()));
}

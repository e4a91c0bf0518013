//! Linearizable reads (P §8, T §6.4). Names in quotes are those of the cases in etcd's raft_test.go.

use super::*;

const LEASE: Switches =
    Switches { check_quorum: true, stickiness: true, transfer: true, reads: Reads::Lease, ..Switches::PLAIN };
const READ_INDEX: Switches = Switches { reads: Reads::ReadIndex, ..LEASE };

fn read_at(request: u32, index: u64) -> (RequestId, Answer<Response, Refusal>) {
    (RequestId(request), Answer::Done(Response::ReadAt { index: Index(index) }))
}

fn appends(cluster: &Cluster) -> usize {
    cluster.network.iter().filter(|flying| matches!(flying.message, Message::AppendEntries { .. })).count()
}

/// §8 in its plainest form.
#[test]
fn a_read_through_the_log_is_an_entry() {
    let mut cluster = led(Switches::default());
    cluster.ask(n(1), 0, Request::Read);
    assert_eq!(cluster.server(n(1)).entry(Index(2)).map(|entry| &entry.payload), Some(&Payload::Noop));
    assert!(cluster.replies.is_empty());
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.replies, [read_at(0, 2)]);
}

/// "ReadOnlyOptionSafe": each read sees what was committed before it, and the log does not grow for it.
#[test]
fn read_only_option_safe() {
    let mut cluster = led(READ_INDEX);
    let mut last = 1;
    for (request, proposals) in [(0, 10), (1, 10), (2, 0)] {
        for command in 0..proposals {
            cluster.request(n(1), 100 + command, 7);
            cluster.settle(NodeSet::first(3));
            last += 1;
        }
        cluster.replies.clear();
        cluster.ask(n(1), request, Request::Read);
        assert!(cluster.replies.is_empty(), "nobody has confirmed yet");
        cluster.settle(NodeSet::first(3));
        assert_eq!(cluster.replies, [read_at(request, last)]);
        let answered = cluster.notes_of(n(1)).into_iter().rev().find_map(|note| match note {
            Note::Client(ClientNote::ReadAnswered { proof: ReadProof::Round { by, .. }, .. }) => Some(by),
            _ => None,
        });
        assert_eq!(answered, Some(NodeSet::first(2)), "n2's answer came first, and was enough");
        assert_eq!(cluster.server(n(1)).log().last_index(), Index(last));
    }
}

/// "ReadOnlyOptionLease": as long as the lease lasts nobody is asked.
#[test]
fn read_only_option_lease() {
    let mut cluster = led(LEASE);
    cluster.request(n(1), 100, 7);
    cluster.settle(NodeSet::first(3));
    cluster.replies.clear();
    let until = cluster.server(n(1)).lease_until().expect("the no-op's round was acknowledged");
    cluster.ask(n(1), 0, Request::Read);
    assert_eq!(cluster.replies, [read_at(0, 2)]);
    assert!(cluster.network.is_empty());
    cluster.now = Micros(until.0 - 1);
    cluster.ask(n(1), 1, Request::Read);
    assert_eq!(cluster.replies.len(), 2);
    cluster.now = until;
    cluster.ask(n(1), 2, Request::Read);
    assert_eq!(cluster.replies.len(), 2, "the lease is over, so it asks");
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.replies[2], read_at(2, 2));
}

/// "ReadOnlyForNewLeader": the no-op of its term must be committed first, or it does not know what is (T §6.4, step 1).
#[test]
fn read_only_for_new_leader() {
    for switches in [READ_INDEX, LEASE] {
        let mut cluster = led(switches);
        cluster.request(n(1), 100, 7);
        cluster.settle(NodeSet::first(3));
        cluster.replies.clear();
        // n2 has the entry at 2 but not the news that it is committed.
        assert_eq!(cluster.server(n(2)).commit_index(), Index(1));
        cluster.fire(n(2), Timer::Election);
        cluster.deliver(n(2), n(3));
        cluster.deliver(n(3), n(2));
        assert!(cluster.server(n(2)).is_leader());
        cluster.ask(n(2), 0, Request::Read);
        assert!(cluster.replies.is_empty());
        cluster.settle(NodeSet::first(3).without(n(1)));
        assert_eq!(cluster.replies, [read_at(0, 3)]);
    }
}

#[test]
fn a_server_that_does_not_lead_refuses_reads() {
    let mut cluster = led(READ_INDEX);
    cluster.ask(n(2), 0, Request::Read);
    let refusal = Refusal::NotLeader { leader: Some(n(1)), term: T1 };
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Refused(refusal))]);
}

/// A deposed leader that has not heard of it gets no quorum, so it never answers.
#[test]
fn a_deposed_leader_answers_no_read() {
    let mut cluster = led(READ_INDEX);
    let others = NodeSet::first(3).without(n(1));
    cluster.elect(n(2), others);
    cluster.request(n(2), 100, 7);
    cluster.settle(others);
    cluster.replies.clear();
    assert!(cluster.server(n(1)).is_leader(), "it has heard nothing");
    cluster.ask(n(1), 0, Request::Read);
    cluster.settle(NodeSet::first(3));
    let refusal = Refusal::NotLeader { leader: None, term: T1 };
    assert!(cluster.replies.iter().all(|answer| *answer != read_at(0, 1)), "{:?}", cluster.replies);
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Refused(refusal))], "it heard of term 2 from the answer");
}

/// An answer to a heartbeat that left before the read was asked proves nothing about it.
#[test]
fn an_older_round_does_not_confirm_a_read() {
    let mut cluster = led(READ_INDEX);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(2));
    let late = cluster.take(|flying| flying.from == n(2));
    cluster.network.clear();
    cluster.ask(n(1), 0, Request::Read);
    for flying in late {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    assert!(cluster.replies.is_empty());
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.replies, [read_at(0, 1)]);
}

/// Reads that come while a round is under way share the next one.
#[test]
fn reads_share_a_round() {
    let mut cluster = led(READ_INDEX);
    for request in 0..5 {
        cluster.ask(n(1), request, Request::Read);
    }
    assert_eq!(appends(&cluster), 2, "one heartbeat for each follower");
    cluster.deliver(n(1), n(2));
    cluster.deliver(n(2), n(1));
    assert_eq!(cluster.replies, [read_at(0, 1)]);
    cluster.take(|flying| flying.to == n(3));
    assert_eq!(appends(&cluster), 1);
    cluster.settle(NodeSet::first(2));
    assert_eq!(cluster.replies.len(), 5);
    assert_eq!(cluster.server(n(1)).tenure().map(Tenure::rounds), Some((Round(3), Round(3))));
}

/// A round that is lost is followed by another with the next heartbeat.
#[test]
fn a_lost_round_is_tried_again() {
    let mut cluster = led(READ_INDEX);
    cluster.ask(n(1), 0, Request::Read);
    cluster.ask(n(1), 1, Request::Read);
    cluster.network.clear();
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(2));
    assert_eq!(cluster.replies, [read_at(0, 1), read_at(1, 1)]);
}

#[test]
fn a_single_server_confirms_itself() {
    for reads in Reads::ALL {
        let mut cluster = Cluster::switched(1, Switches { reads, ..LEASE });
        cluster.elect(n(1), NodeSet::first(1));
        cluster.ask(n(1), 0, Request::Read);
        assert_eq!(cluster.replies, [read_at(0, if reads == Reads::Log { 2 } else { 1 })]);
    }
}

/// The lease counts from when the heartbeat left, not from when it was answered, and is shorter by the drift allowed for.
#[test]
fn a_lease_starts_when_the_heartbeat_left() {
    let mut cluster = led(Switches { lease_drift_ppm: 250_000, ..LEASE });
    cluster.fire(n(1), Timer::Heartbeat);
    let left = cluster.now;
    cluster.deliver(n(1), n(2));
    cluster.wait(30);
    cluster.deliver(n(2), n(1));
    let lease = Micros::from_ms(120);
    assert_eq!(cluster.server(n(1)).lease_until(), Some(left + lease), "150 ms divided by 1.25");
}

/// T §6.4.1 with T §3.10: once TimeoutNow has left, a copy of it may set off an election at any time in this term.
#[test]
fn a_lease_is_given_up_before_a_transfer_and_not_taken_up_again_once_the_target_was_told() {
    let mut cluster = led(LEASE);
    cluster.request(n(1), 100, 7);
    cluster.settle(NodeSet::first(2));
    assert!(cluster.server(n(1)).lease_until().is_some());
    cluster.ask(n(1), 0, Request::TransferLeadership(n(3)));
    assert_eq!(cluster.server(n(1)).lease_until(), None);
    cluster.network.clear();
    cluster.fire(n(1), Timer::Transfer);
    for (told, lease) in [(false, true), (true, false)] {
        if told {
            cluster.ask(n(1), 1, Request::TransferLeadership(n(2)));
            cluster.network.clear();
            cluster.fire(n(1), Timer::Transfer);
        }
        cluster.fire(n(1), Timer::Heartbeat);
        cluster.settle(NodeSet::first(2));
        assert_eq!(cluster.server(n(1)).lease_until().is_some(), lease);
    }
}

/// A server that restarts has forgotten whose heartbeat it acknowledged, so it behaves as if it had heard one just now.
#[test]
fn a_restarted_follower_grants_no_vote_for_one_timeout_if_leases_rest_on_it() {
    for (reads, waited, granted) in [(Reads::ReadIndex, 0, true), (Reads::Lease, 149, false), (Reads::Lease, 150, true)]
    {
        let mut cluster = led(Switches { reads, ..LEASE });
        cluster.crash(n(2), 0);
        cluster.restart(n(2));
        cluster.network.clear();
        cluster.wait(waited);
        cluster.tell(n(3), n(2), Message::RequestVote { term: T2, last: id(1, 1), transfer: false });
        assert_eq!(!cluster.network.is_empty(), granted, "{reads:?}, {waited} ms after the restart");
    }
}

/// One that never was in any term has acknowledged nobody.
#[test]
fn a_fresh_server_need_not_wait() {
    let cluster = Cluster::switched(3, LEASE);
    assert_eq!(cluster.server(n(2)).heard_leader_at(), None);
}

/// The clock assumption is needed: if a follower's clock runs ahead, two servers lead while one trusts its lease.
#[test]
fn a_lease_is_broken_by_a_clock_that_runs_ahead() {
    let mut cluster = led(LEASE);
    cluster.request(n(1), 100, 7);
    cluster.settle(NodeSet::first(3));
    let slow = cluster.now;
    // To n2 and n3 150 ms seem to have passed; to n1 none.
    let others = NodeSet::first(3).without(n(1));
    cluster.wait(150);
    cluster.elect(n(2), others);
    cluster.request(n(2), 101, 8);
    cluster.settle(others);
    cluster.now = slow;
    cluster.ask(n(1), 0, Request::Read);
    let violation = cluster.violation.take().expect("n1's lease is still good by its clock");
    assert_eq!(violation.invariant, "Linearizable Reads");
    assert!(violation.evidence.contains("n1 answered read 0 with index 2"), "{}", violation.evidence);
}

/// The rule is needed: without asking, a deposed leader returns what was committed when it last heard.
#[test]
fn a_leader_that_asks_nobody_returns_old_data() {
    let empty = vec![PersistentState::default(); 3];
    let mut cluster = Cluster::configured(&empty, |config| {
        config.switches = READ_INDEX;
        config.flaw = Some(Flaw::ReadWithoutQuorum);
    });
    cluster.elect(n(1), NodeSet::first(3));
    cluster.elect(n(2), NodeSet::first(3).without(n(1)));
    cluster.ask(n(1), 0, Request::Read);
    let violation = cluster.violation.take().expect("n2 has committed its no-op");
    assert_eq!(violation.invariant, "Linearizable Reads");
}

/// The election timeout that a lease rests on is the shortest: n1's followers stand again while it still trusts its lease.
#[test]
fn a_lease_of_the_longest_election_timeout_is_too_long() {
    for flaw in [Some(Flaw::LeaseTooLong), None] {
        let empty = vec![PersistentState::default(); 3];
        let mut cluster = Cluster::configured(&empty, |config| (config.switches, config.flaw) = (LEASE, flaw));
        cluster.elect(n(1), NodeSet::first(3));
        let others = NodeSet::first(3).without(n(1));
        cluster.elect(n(2), others);
        assert!(cluster.server(n(1)).is_leader(), "its timer for check-quorum is about to run out");
        cluster.ask(n(1), 0, Request::Read);
        let broken = cluster.violation.take().map(|violation| violation.invariant);
        assert_eq!(broken, flaw.map(|_| "Linearizable Reads"));
    }
}

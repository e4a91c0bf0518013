//! §5.4.2, §8, and what becomes of requests.

use super::super::quorum::majority_reached;
use super::*;

#[test]
fn the_majority_index_is_what_more_than_half_have_reached() {
    for (matched, expected) in [(&[5][..], 5), (&[5, 3], 3), (&[1, 5, 3], 3), (&[9, 9, 1, 2], 2), (&[0, 4, 0, 7, 2], 2)]
    {
        let members = NodeSet::first(matched.len());
        assert_eq!(majority_reached(members, |server| matched[server.index()]), Some(expected), "{matched:?}");
    }
}

/// Figure 8 (c): S1, leader again in term 4, brings its entry of term 2 to a majority. It may not commit it so, because S5
/// with its entry of term 3 could still be elected and overwrite it (d); with an entry of term 4 on a majority it may (e).
#[test]
fn an_entry_of_an_older_term_is_not_committed_by_counting() {
    let disks = [disk(3, &[1, 2]), disk(3, &[1, 2]), disk(3, &[1]), disk(3, &[1]), disk(3, &[1, 3])];
    let mut cluster = Cluster::configured(&disks, |config| config.max_entries_per_append = 1);
    let (leader, short) = (n(1), [n(3), n(4)]);
    cluster.fire(leader, Timer::Election);
    for voter in short {
        cluster.deliver(leader, voter);
        cluster.deliver(voter, leader);
    }
    assert!(cluster.server(leader).is_leader());
    cluster.take(|flying| flying.to == n(2) || flying.to == n(5));
    for follower in short {
        cluster.deliver(leader, follower); // the no-op is refused,
        cluster.deliver(follower, leader);
        cluster.deliver(leader, follower); // the entry of term 2 is not
        cluster.deliver(follower, leader);
        assert_eq!(terms(cluster.server(follower)), [1, 2]);
    }
    assert_eq!(cluster.server(leader).commit_index(), Index::ZERO);
    let held = cluster
        .notes_of(leader)
        .into_iter()
        .rfind(|note| matches!(note, Note::Leader(LeaderNote::CommitHeldBack { .. })));
    let members = Membership::simple(NodeSet::first(5), NodeSet::EMPTY);
    let matching = NodeSet::EMPTY.with(leader).with(n(3)).with(n(4));
    assert_eq!(
        held,
        Some(Note::Leader(LeaderNote::CommitHeldBack { entry: id(2, 2), term: Term(4), matching, members }))
    );
    for follower in short {
        cluster.deliver(leader, follower);
        cluster.deliver(follower, leader);
    }
    assert_eq!(cluster.server(leader).commit_index(), Index(3), "the no-op of term 4 commits all before it");
}

/// A minority's leader takes requests; the majority's next leader overrules them.
fn overruled(requests: u32) -> Cluster {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    for request in 0..requests {
        cluster.request(n(1), request, 10);
    }
    cluster.network.clear();
    cluster.elect(n(2), all.without(n(1)));
    assert!(cluster.replies.is_empty());
    cluster.fire(n(2), Timer::Heartbeat);
    cluster.settle(all);
    cluster.fire(n(2), Timer::Heartbeat);
    cluster.settle(all);
    cluster
}

#[test]
fn a_request_is_refused_when_another_entry_is_committed_in_its_place() {
    let cluster = overruled(1);
    let superseded = Refusal::Superseded { index: Index(2) };
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Refused(superseded))]);
}

/// The new leader's no-op at index 2 rules out index 3 as well: terms never decrease along a log.
#[test]
fn a_request_is_refused_when_a_later_term_is_committed_before_it() {
    let cluster = overruled(2);
    let superseded = |index| Answer::Refused(Refusal::Superseded { index: Index(index) });
    assert_eq!(cluster.replies, [(RequestId(0), superseded(2)), (RequestId(1), superseded(3))]);
    assert_eq!(cluster.server(n(1)).pending().count(), 0);
}

#[test]
fn a_leader_that_lost_its_office_still_confirms_what_its_successor_commits() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.request(n(1), 0, 10);
    cluster.deliver(n(1), n(2));
    cluster.network.clear();
    cluster.elect(n(2), all);
    cluster.fire(n(2), Timer::Heartbeat);
    cluster.settle(all);
    assert!(!cluster.server(n(1)).is_leader());
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Done(Response::Committed { index: Index(2), term: T1 }))]);
}

/// The same server leads again and takes another request at the same index: each gets its own answer.
#[test]
fn two_requests_at_one_index_are_told_apart_by_their_terms() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.request(n(1), 0, 10);
    cluster.request(n(1), 1, 11);
    cluster.network.clear();
    cluster.elect(n(2), all.without(n(1)));
    cluster.network.clear();
    // n1 follows n2, drops its entries, hears of no commit, and is elected again.
    let noop = Entry { term: T2, payload: Payload::Noop };
    let (previous, entries) = (id(1, 1), Arc::from([noop]));
    let round = Round::default();
    cluster.tell(n(2), n(1), Message::AppendEntries { term: T2, previous, entries, commit: Index(1), round });
    cluster.network.clear();
    cluster.elect(n(1), NodeSet::first(2));
    assert_eq!(cluster.server(n(1)).log().last(), id(3, 3));
    let superseded = |index| Answer::Refused(Refusal::Superseded { index: Index(index) });
    assert_eq!(cluster.replies, [(RequestId(0), superseded(2)), (RequestId(1), superseded(3))]);
    cluster.request(n(1), 2, 12);
    cluster.settle(all);
    assert_eq!(
        cluster.replies.last(),
        Some(&(RequestId(2), Answer::Done(Response::Committed { index: Index(4), term: T3 })))
    );
}

#[test]
fn a_single_server_commits_once_its_disk_has_the_entry() {
    let mut cluster = Cluster::new(1);
    cluster.elect(n(1), NodeSet::first(1));
    cluster.syncs = false;
    cluster.request(n(1), 0, 10);
    assert!(cluster.replies.is_empty());
    cluster.sync(n(1));
    assert_eq!(cluster.replies.len(), 1);
}

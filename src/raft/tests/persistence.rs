//! Figure 2, persistent state: what survives a crash, and what must not be said before it would.

use super::*;

#[test]
fn a_restart_keeps_term_vote_and_log_and_forgets_the_rest() {
    let mut cluster = Cluster::new(3);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.request(n(1), 0, 10);
    cluster.settle(NodeSet::first(3));
    let before = cluster.server(n(1)).clone();
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    let after = cluster.server(n(1));
    assert_eq!((after.term(), after.vote(), after.log()), (before.term(), before.vote(), before.log()));
    assert_eq!((after.role(), after.commit_index()), (&Role::Follower { leader: None }, Index::ZERO));
    assert_eq!(after.pending().count(), 0);
    let started = Note::Started { term: T1, vote: Some(n(1)), last: id(2, 1), snapshot: None };
    assert_eq!(cluster.notes_of(n(1)).last(), Some(&started));
}

#[test]
fn a_vote_that_left_survives_the_crash_and_one_that_did_not_may_be_given_again() {
    for synced in [true, false] {
        let mut cluster = Cluster::new(3);
        cluster.syncs = false;
        let ask = Message::RequestVote { term: T1, last: EntryId::default(), transfer: false };
        cluster.tell(n(1), n(2), ask.clone());
        if synced {
            cluster.sync(n(2));
        }
        let left = cluster.take(|flying| flying.from == n(2)).len();
        assert_eq!(left, usize::from(synced));
        cluster.crash(n(2), 0);
        cluster.restart(n(2));
        cluster.tell(n(3), n(2), ask);
        cluster.sync(n(2));
        let answer = cluster.take(|flying| flying.from == n(2)).pop().expect("an answer").message;
        assert_eq!(answer, Message::Vote { term: T1, granted: !synced });
    }
}

/// Every prefix of the writes of one event is a state that is safe to restart from.
#[test]
fn a_crash_in_the_middle_of_the_writes_never_leaves_a_vote_of_another_term() {
    for kept in 0..=2 {
        let mut disks = vec![disk(1, &[]), disk(0, &[]), disk(0, &[])];
        disks[0].vote = Some(n(3));
        let mut cluster = Cluster::with_disks(&disks);
        cluster.syncs = false;
        let ask = Message::RequestVote { term: T2, last: EntryId::default(), transfer: false };
        cluster.tell(n(2), n(1), ask);
        cluster.crash(n(1), kept);
        let expected = [(T1, Some(n(3))), (T2, None), (T2, Some(n(2)))][kept];
        assert_eq!((cluster.disks[0].term, cluster.disks[0].vote), expected);
    }
}

#[test]
fn a_leader_that_lost_unsynced_entries_gets_them_back_from_its_successor() {
    let mut cluster = Cluster::new(3);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.syncs = false;
    cluster.request(n(1), 0, 10);
    for follower in [n(2), n(3)] {
        cluster.deliver(n(1), follower);
        cluster.sync(follower);
        cluster.deliver(follower, n(1));
    }
    assert_eq!(cluster.server(n(1)).commit_index(), Index(2), "two of three disks have it, though not the leader's");
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    assert_eq!(cluster.server(n(1)).log().last(), id(1, 1));
    cluster.syncs = true;
    cluster.elect(n(2), all);
    assert_eq!(cluster.server(n(1)).log(), cluster.server(n(2)).log());
    assert_eq!(terms(cluster.server(n(1))), [1, 1, 2]);
}

#[test]
fn equal_servers_stay_equal_and_hash_alike() {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let hash = |server: &Server| BuildHasherDefault::<DefaultHasher>::default().hash_one(server);
    let (left, right) = (random::run(5, 3, 500), random::run(5, 3, 500));
    for (left, right) in left.servers.iter().zip(&right.servers) {
        assert_eq!((left, hash(left)), (right, hash(right)));
    }
}

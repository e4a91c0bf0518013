//! §5.1, §5.2, §5.4.1.

use super::*;

fn vote(term: Term, granted: bool) -> Said {
    Message::Vote { term, granted }
}

fn request_vote(term: u64, last: EntryId) -> Said {
    Message::RequestVote { term: Term(term), last, transfer: false }
}

/// A heartbeat of a leader whose log is empty.
fn heartbeat(term: u64) -> Said {
    let (previous, entries, round) = (EntryId::default(), Arc::default(), Round::default());
    Message::AppendEntries { term: Term(term), previous, entries, commit: Index::ZERO, round }
}

fn answers(cluster: &mut Cluster, from: NodeId) -> Vec<(NodeId, Said)> {
    cluster.take(|flying| flying.from == from).into_iter().map(|flying| (flying.to, flying.message)).collect()
}

#[test]
fn a_server_starts_as_follower_of_nobody_with_its_election_timer_running() {
    let cluster = Cluster::new(3);
    let server = cluster.server(n(1));
    assert_eq!((server.role(), server.term(), server.leader_hint()), (&Role::Follower { leader: None }, Term(0), None));
    assert!(cluster.timers.contains(&(n(1), Timer::Election)));
}

#[test]
fn one_three_and_five_servers_elect_in_one_round() {
    for count in [1, 3, 5] {
        let mut cluster = Cluster::new(count);
        cluster.elect(n(1), NodeSet::first(usize::from(count)));
        assert_eq!(cluster.server(n(1)).term(), T1);
        for follower in 2..=count {
            assert_eq!(cluster.server(n(follower)).leader_hint(), Some(n(1)));
        }
        assert!(!cluster.timers.contains(&(n(1), Timer::Election)), "a leader needs no election timer");
    }
}

#[test]
fn a_candidate_asks_all_others_once_its_own_vote_is_durable() {
    let mut cluster = Cluster::with_disks(&[disk(2, &[1, 2]), disk(0, &[]), disk(0, &[])]);
    cluster.syncs = false;
    cluster.fire(n(1), Timer::Election);
    assert!(cluster.network.is_empty(), "nothing may leave before the vote is durable");
    assert_eq!(cluster.server(n(1)).role(), &Role::Candidate { votes: NodeSet::EMPTY });
    cluster.sync(n(1));
    assert_eq!(cluster.disks[0].vote, Some(n(1)));
    let asked = request_vote(3, id(2, 2));
    assert_eq!(answers(&mut cluster, n(1)), [(n(2), asked.clone()), (n(3), asked)]);
    assert_eq!(cluster.server(n(1)).role(), &Role::Candidate { votes: NodeSet::EMPTY.with(n(1)) });
}

/// §5.2: a majority of all servers, not of those that answer.
#[test]
fn a_candidate_needs_a_majority_and_counts_each_server_once() {
    let mut cluster = Cluster::new(5);
    cluster.fire(n(1), Timer::Election);
    cluster.tell(n(2), n(1), vote(T1, false));
    cluster.tell(n(3), n(1), vote(T1, true));
    cluster.tell(n(3), n(1), vote(T1, true));
    assert!(!cluster.server(n(1)).is_leader(), "two of five votes, one of them counted twice, elect nobody");
    cluster.tell(n(4), n(1), vote(T1, true));
    assert!(cluster.server(n(1)).is_leader());
}

#[test]
fn a_vote_of_an_older_term_does_not_count() {
    let mut cluster = Cluster::new(3);
    cluster.fire(n(1), Timer::Election);
    cluster.fire(n(1), Timer::Election);
    cluster.tell(n(2), n(1), vote(T1, true));
    assert!(!cluster.server(n(1)).is_leader());
    cluster.tell(n(2), n(1), vote(T2, true));
    assert!(cluster.server(n(1)).is_leader());
}

#[test]
fn a_split_vote_ends_with_the_next_timeout_in_the_next_term() {
    let mut cluster = Cluster::new(4);
    let (left, right) = (NodeSet::first(2), NodeSet::first(4).difference(NodeSet::first(2)));
    for (candidate, group) in [(n(1), left), (n(3), right)] {
        cluster.fire(candidate, Timer::Election);
        cluster.settle(group);
        assert!(matches!(cluster.server(candidate).role(), Role::Candidate { votes } if *votes == group));
    }
    cluster.elect(n(3), NodeSet::first(4));
    assert_eq!(cluster.server(n(3)).term(), T2);
    let heard = Heard::Votes(right);
    assert!(
        cluster
            .notes_of(n(3))
            .iter()
            .any(|note| matches!(note, Note::Election(ElectionNote::AsksForVotes { heard: h, .. }) if *h == heard))
    );
}

/// §5.2, first come first served; and a repeated request of the same candidate gets the same answer.
#[test]
fn a_server_votes_once_in_a_term() {
    let mut cluster = Cluster::new(3);
    let ask = request_vote(1, EntryId::default());
    for (candidate, granted) in [(n(1), true), (n(3), false), (n(1), true)] {
        cluster.tell(candidate, n(2), ask.clone());
        assert_eq!(answers(&mut cluster, n(2)), [(candidate, vote(T1, granted))]);
    }
    cluster.tell(n(3), n(2), request_vote(2, EntryId::default()));
    assert_eq!(answers(&mut cluster, n(2)), [(n(3), vote(T2, true))], "a new term, a new vote");
}

#[test]
fn a_request_of_an_older_term_gets_no_vote_but_the_newer_term() {
    let mut cluster = Cluster::with_disks(&[disk(3, &[]), disk(0, &[])]);
    cluster.tell(n(2), n(1), request_vote(2, id(9, 2)));
    assert_eq!(answers(&mut cluster, n(1)), [(n(2), vote(T3, false))]);
}

/// §5.4.1: the later last term wins; with the same last term, the longer log.
#[test]
fn a_voter_refuses_a_log_that_is_less_up_to_date_than_its_own() {
    let table = [
        // voter's terms, candidate's last entry, granted
        (&[][..], id(0, 0), true),
        (&[], id(1, 1), true),
        (&[1], id(0, 0), false),
        (&[1], id(1, 1), true),
        (&[1, 1], id(1, 1), false),
        (&[1], id(2, 1), true),
        (&[1, 1, 1], id(1, 2), true),
        (&[1, 2], id(7, 1), false),
        (&[2], id(1, 1), false),
    ];
    for (voters, last, granted) in table {
        let mut cluster = Cluster::with_disks(&[disk(2, voters), disk(2, &[])]);
        cluster.tell(n(2), n(1), request_vote(3, last));
        assert_eq!(answers(&mut cluster, n(1)), [(n(2), vote(T3, granted))], "voter {voters:?}, candidate {last}");
        assert_eq!(cluster.server(n(1)).vote(), granted.then_some(n(2)));
    }
}

/// §5.1: whatever it is, and whatever the message.
#[test]
fn a_higher_term_makes_everyone_a_follower_of_that_term() {
    let messages = [
        request_vote(5, EntryId::default()),
        vote(Term(5), false),
        heartbeat(5),
        Message::AppendReply { term: Term(5), result: AppendResult::StaleTerm, round: Round::default() },
    ];
    for message in messages {
        for role in [RoleName::Follower, RoleName::Candidate, RoleName::Leader] {
            let mut cluster = Cluster::new(3);
            if role != RoleName::Follower {
                cluster.fire(n(1), Timer::Election);
            }
            if role == RoleName::Leader {
                cluster.settle(NodeSet::first(3));
            }
            assert_eq!(cluster.server(n(1)).role().name(), role);
            cluster.tell(n(2), n(1), message.clone());
            assert_eq!(
                (cluster.server(n(1)).role().name(), cluster.server(n(1)).term()),
                (RoleName::Follower, Term(5))
            );
            assert_eq!(cluster.disks[0].term, Term(5));
            let timers: Vec<_> = cluster.timers.iter().filter(|(id, _)| *id == n(1)).collect();
            assert_eq!(timers, [&(n(1), Timer::Election)]);
        }
    }
}

/// §5.2: a leader of its own term has won the election; of an older term it means nothing.
#[test]
fn a_candidate_gives_way_to_the_leader_of_its_term_only() {
    let mut cluster = Cluster::with_disks(&[disk(1, &[]), disk(1, &[]), disk(1, &[])]);
    cluster.fire(n(1), Timer::Election);
    cluster.tell(n(2), n(1), heartbeat(1));
    assert_eq!(cluster.server(n(1)).role().name(), RoleName::Candidate);
    cluster.tell(n(2), n(1), heartbeat(2));
    assert_eq!(cluster.server(n(1)).role(), &Role::Follower { leader: Some(n(2)) });
    cluster.tell(n(3), n(1), vote(T2, true));
    assert_eq!(cluster.server(n(1)).role().name(), RoleName::Follower, "a late vote must not elect it");
}

/// §5.2: a follower that refuses its vote goes on waiting; one that grants it gives the candidate time.
#[test]
fn only_a_granted_vote_or_the_leader_starts_the_election_timer_anew() {
    let table = [
        (request_vote(1, id(1, 1)), true),
        (request_vote(1, EntryId::default()), false),
        (heartbeat(1), true),
        (heartbeat(0), false),
    ];
    for (message, expected) in table {
        let mut cluster = Cluster::with_disks(&[disk(1, &[1]), disk(1, &[])]);
        cluster.timers.clear();
        cluster.tell(n(2), n(1), message.clone());
        assert_eq!(cluster.timers.contains(&(n(1), Timer::Election)), expected, "{message:?}");
    }
}

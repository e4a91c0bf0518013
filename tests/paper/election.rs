//! §5.2: leader election.

use cap_lab::node::{Disk as _, NodeId, NodeSet};
use cap_lab::raft::{Delta, Index, Message, RoleName, Term, Timer};

use crate::cluster::{Cluster, Disk, append, disk, id, n, request_vote};

/// §5.2: “When servers start up, they begin as followers.” They wait for a leader, and say nothing.
#[test]
fn start_as_follower() {
    let mut cluster = Cluster::new(3);
    for number in 1..=3 {
        assert_eq!(cluster.standing(number), (RoleName::Follower, 0));
        assert!(cluster.runs(number, Timer::Election));
    }
    assert_eq!(cluster.sent(), []);
}

/// §5.2: “Leaders send periodic heartbeats (AppendEntries RPCs that carry no log entries) to all followers in order to maintain
/// their authority.” etcd's heartbeat is a message of its own with index 0; here it is the paper's.
#[test]
fn leader_bcast_beat() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1, &[1, 2, 3]);
    for request in 0..10 {
        cluster.propose(1, request);
    }
    cluster.settle(&[1, 2, 3]);
    for _ in 0..2 {
        cluster.fire(1, Timer::Heartbeat);
        assert!(cluster.runs(1, Timer::Heartbeat), "the next one will come");
        let sent = cluster.sent_by(1);
        assert_eq!(sent.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [n(2), n(3)]);
        for (_, message) in sent {
            let Message::AppendEntries { term, previous, entries, commit, .. } = message else { panic!("{message:?}") };
            assert_eq!((term, previous, entries.len(), commit), (Term(1), id(11, 1), 0, Index(11)));
        }
    }
}

/// §5.2: “If a follower receives no communication over a period of time called the election timeout, then it assumes there is
/// no viable leader and begins an election to choose a new leader. To begin an election, a follower increments its current
/// term and transitions to candidate state. It then votes for itself and issues RequestVote RPCs in parallel to each of the
/// other servers in the cluster.”
fn start_election(cluster: &mut Cluster) {
    cluster.fire(1, Timer::Election);
    assert_eq!(cluster.standing(1), (RoleName::Candidate, 2));
    assert_eq!(cluster.votes(1), NodeSet::EMPTY.with(n(1)));
    assert_eq!((cluster.disk(1).term, cluster.disk(1).vote), (Term(2), Some(n(1))));
    assert!(cluster.runs(1, Timer::Election), "in case nobody wins");
    let asks = request_vote(2, id(0, 0));
    assert_eq!(cluster.sent_by(1), [(n(2), asks.clone()), (n(3), asks)]);
}

/// §5.2, see [`start_election`].
#[test]
fn follower_start_election() {
    let mut cluster = Cluster::new(3);
    cluster.tell(n(2), n(1), append(1, id(0, 0), &[], 0));
    assert_eq!(cluster.standing(1), (RoleName::Follower, 1));
    cluster.sent();
    start_election(&mut cluster);
}

/// §5.2: “Each candidate will time out and start a new election by incrementing its term and initiating another round of
/// RequestVote RPCs.”
#[test]
fn candidate_start_new_election() {
    let mut cluster = Cluster::new(3);
    cluster.fire(1, Timer::Election);
    assert_eq!(cluster.standing(1), (RoleName::Candidate, 1));
    cluster.sent();
    start_election(&mut cluster);
}

/// So many servers, what those other than n1 answer, and what n1 is then.
type Row = (usize, &'static [(u8, bool)], RoleName);

/// §5.2: “A candidate continues in this state until one of three things happens: (a) it wins the election, (b) another server
/// establishes itself as leader, or (c) a period of time goes by with no winner.” So a candidate that a majority refused waits
/// for (b) or (c), as in Figure 4; etcd's becomes a follower of nobody, which waits for the same.
#[test]
fn leader_election_in_one_round_rpc() {
    use RoleName::{Candidate, Leader};
    let won: [Row; 6] = [
        (1, &[], Leader),
        (3, &[(2, true), (3, true)], Leader),
        (3, &[(2, true)], Leader),
        (5, &[(2, true), (3, true), (4, true), (5, true)], Leader),
        (5, &[(2, true), (3, true), (4, true)], Leader),
        (5, &[(2, true), (3, true)], Leader),
    ];
    let lost: [Row; 3] = [
        (3, &[(2, false), (3, false)], Candidate),
        (5, &[(2, false), (3, false), (4, false), (5, false)], Candidate),
        (5, &[(2, true), (3, false), (4, false), (5, false)], Candidate),
    ];
    let open: [Row; 4] = [
        (3, &[], Candidate),
        (5, &[(2, true)], Candidate),
        (5, &[(2, false), (3, false)], Candidate),
        (5, &[], Candidate),
    ];
    for (size, votes, role) in won.into_iter().chain(lost).chain(open) {
        let mut cluster = Cluster::new(size);
        cluster.fire(1, Timer::Election);
        for (voter, granted) in votes {
            cluster.tell(n(*voter), n(1), Message::Vote { term: Term(1), granted: *granted });
        }
        assert_eq!(cluster.standing(1), (role, 1), "{size} servers, {votes:?}");
        if role == Candidate {
            cluster.fire(1, Timer::Election);
            assert_eq!(cluster.standing(1), (Candidate, 2), "{size} servers, {votes:?}: it tries again");
        }
    }
}

/// A disk of term 1 that holds this vote.
fn voted(vote: Option<NodeId>) -> Disk {
    let mut disk = disk(1, &[]);
    if let Some(candidate) = vote {
        disk.apply(&Delta::Vote(candidate));
    }
    disk
}

/// §5.2: “Each server will vote for at most one candidate in a given term, on a first-come-first-served basis.” The vote is
/// remembered through a restart.
#[test]
fn follower_vote() {
    for (vote, candidate, granted) in [
        (None, 2, true),
        (None, 3, true),
        (Some(2), 2, true),
        (Some(3), 3, true),
        (Some(2), 3, false),
        (Some(3), 2, false),
    ] {
        let mut cluster = Cluster::with_disks(&[voted(vote.map(n)), disk(0, &[]), disk(0, &[])], |_| {});
        cluster.tell(n(candidate), n(1), request_vote(1, id(0, 0)));
        let answer = Message::Vote { term: Term(1), granted };
        assert_eq!(cluster.sent_by(1), [(n(candidate), answer)], "voted for {vote:?}, n{candidate} asks");
        let voted_for = if granted { candidate } else { vote.expect("one who won the vote") };
        assert_eq!(cluster.disk(1).vote, Some(n(voted_for)));
    }
}

/// §5.2: “If the leader's term (included in its RPC) is at least as large as the candidate's current term, then the candidate
/// recognizes the leader as legitimate and returns to follower state. If the term in the RPC is smaller than the candidate's
/// current term, then the candidate rejects the RPC and continues in candidate state.”
#[test]
fn candidate_fallback() {
    for (term, standing) in [(1, (RoleName::Follower, 1)), (2, (RoleName::Follower, 2)), (0, (RoleName::Candidate, 1))]
    {
        let mut cluster = Cluster::new(3);
        cluster.fire(1, Timer::Election);
        assert_eq!(cluster.standing(1), (RoleName::Candidate, 1));
        cluster.tell(n(2), n(1), append(term, id(0, 0), &[], 0));
        assert_eq!(cluster.standing(1), standing, "a leader of term {term}");
        let leader = (standing.0 == RoleName::Follower).then_some(n(2));
        assert_eq!(cluster.server(1).leader_hint(), leader);
    }
}

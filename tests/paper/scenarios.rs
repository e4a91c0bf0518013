//! Scenarios of etcd's raft_test.go that span several servers and terms.

use cap_lab::node::{Answer, Disk as _, NodeSet};
use cap_lab::raft::{
    AppendResult, Delta, Index, Message, Reads, Refusal, Request, Response, RoleName, Switches, Term, Timer,
};

use crate::cluster::{Cluster, Disk, append, disk, entries, id, n, terms};

/// n1 won term 1 and its entry reached n2; n3 won term 2 with the votes of n4 and n5 and kept its entry to itself. All entries
/// are uncommitted, so n1 may win term 3 and overwrite n3's, although that is of a later term than its own (§5.4.2: an entry
/// is not safe because it is new).
fn leader_election_overwrite_newer_logs_with(switches: Switches) {
    let voted_in_2 = || {
        let mut disk = disk(2, &[]);
        disk.apply(&Delta::Vote(n(3)));
        disk
    };
    let disks: [Disk; 5] = [disk(1, &[1]), disk(1, &[1]), disk(2, &[2]), voted_in_2(), voted_in_2()];
    let mut cluster = Cluster::with_disks(&disks, |config| config.switches = switches);
    let all = [1, 2, 3, 4, 5];
    cluster.campaign(1, &all);
    let (role, term) = cluster.standing(1);
    assert!(role != RoleName::Leader && term == 2, "it learns of term 2, in which the others have voted: {role:?}");
    assert_eq!(terms(cluster.server(3)), [2]);
    cluster.elect(1, &all);
    assert_eq!(cluster.standing(1), (RoleName::Leader, 3));
    cluster.heartbeat(1, &all);
    for number in all {
        assert_eq!(terms(cluster.server(number)), [1, 3], "n{number}");
        assert_eq!(cluster.server(number).commit_index(), Index(2));
    }
}

/// etcd: TestLeaderElectionOverwriteNewerLogs.
#[test]
fn leader_election_overwrite_newer_logs() {
    leader_election_overwrite_newer_logs_with(Switches::PLAIN);
}

/// etcd: TestLeaderElectionOverwriteNewerLogsPreVote.
#[test]
fn leader_election_overwrite_newer_logs_pre_vote() {
    leader_election_overwrite_newer_logs_with(Switches { pre_vote: true, ..Switches::PLAIN });
}

/// etcd: TestOldMessages. n2 led term 2; what it said then arrives when n1 leads term 3, and changes nothing (§5.1).
#[test]
fn old_messages() {
    let mut cluster = Cluster::new(3);
    for leader in [1, 2, 1] {
        cluster.elect(leader, &[1, 2, 3]);
    }
    assert_eq!(cluster.standing(1), (RoleName::Leader, 3));
    let before = cluster.server(1).clone();
    cluster.tell(n(2), n(1), append(2, id(2, 2), &entries(3, &[2]), 3));
    assert_eq!(cluster.server(1), &before);
    let [(_, Message::AppendReply { term: Term(3), result: AppendResult::StaleTerm, .. })] = &cluster.sent_by(1)[..]
    else {
        panic!("it is told that its term is over")
    };
    cluster.propose(1, 42);
    cluster.settle(&[1, 2, 3]);
    cluster.heartbeat(1, &[1, 2, 3]);
    for number in 1..=3 {
        assert_eq!(terms(cluster.server(number)), [1, 2, 3, 3]);
        assert_eq!(cluster.server(number).commit_index(), Index(4));
    }
}

/// etcd: TestNonPromotableVoterWithCheckQuorum. n1 counts n2 as a voter, n2 does not know of it yet: it votes and follows, and
/// never stands itself (thesis §4.1: a server uses the newest configuration in its own log).
#[test]
fn non_promotable_voter_with_check_quorum() {
    let mut cluster = Cluster::with_disks(&[disk(0, &[]), disk(0, &[])], |config| {
        config.switches = Switches { check_quorum: true, stickiness: true, ..Switches::PLAIN };
        config.members = NodeSet::first(if config.id == n(1) { 2 } else { 1 });
    });
    assert!(!cluster.server(2).may_stand() && !cluster.runs(2, Timer::Election));
    cluster.elect(1, &[1, 2]);
    assert_eq!(cluster.standing(2), (RoleName::Follower, 1));
    assert_eq!(cluster.server(2).leader_hint(), Some(n(1)));
    assert!(!cluster.runs(2, Timer::Election));
}

/// n1 is the voter, n2 the learner.
fn voter_and_learner(disks: &[Disk; 2], switches: Switches) -> Cluster {
    Cluster::with_disks(disks, |config| {
        config.switches = switches;
        config.members = NodeSet::first(1);
        config.learners = NodeSet::EMPTY.with(n(2));
    })
}

/// etcd: TestReadOnlyWithLearner. A read needs no learner to confirm it (thesis §6.4). etcd's learner forwards a read to the
/// leader; here it says who that is.
#[test]
fn read_only_with_learner() {
    let switches = Switches { reads: Reads::ReadIndex, ..Switches::PLAIN };
    let mut cluster = voter_and_learner(&[disk(0, &[]), disk(0, &[])], switches);
    cluster.elect(1, &[1, 2]);
    for (round, index) in [(0, 11), (1, 21)] {
        for request in 0..10 {
            cluster.propose(1, 100 * round + request);
        }
        // The learner hears nothing.
        cluster.sent();
        cluster.ask(1, 100 * round + 50, Request::Read);
        let read = Answer::Done(Response::ReadAt { index: Index(index) });
        assert_eq!(cluster.answer(100 * round + 50), Some(&read));
        cluster.heartbeat(1, &[1, 2]);
        assert_eq!(cluster.server(2).log().last_index(), Index(index), "then it catches up");
        cluster.ask(2, 100 * round + 51, Request::Read);
        let refused = Answer::Refused(Refusal::NotLeader { leader: Some(n(1)), term: Term(1) });
        assert_eq!(cluster.answer(100 * round + 51), Some(&refused));
    }
}

/// etcd: TestLearnerPromotion. A learner stands for nothing until it is promoted, and then it may lead.
#[test]
fn learner_promotion() {
    let mut cluster = voter_and_learner(&[disk(0, &[]), disk(0, &[])], Switches::PLAIN);
    cluster.elect(1, &[1, 2]);
    assert!(!cluster.runs(2, Timer::Election));
    cluster.ask(1, 0, Request::ChangeMembers(cap_lab::raft::Change::Add(n(2))));
    cluster.settle(&[1, 2]);
    cluster.heartbeat(1, &[1, 2]);
    assert_eq!(cluster.server(2).membership().voters, NodeSet::first(2));
    cluster.elect(2, &[1, 2]);
    assert_eq!((cluster.standing(1), cluster.standing(2)), ((RoleName::Follower, 2), (RoleName::Leader, 2)));
}

//! §5.1: terms and roles.

use cap_lab::node::NodeId;
use cap_lab::raft::{AppendResult, Message, RoleName, Term, Timer};

use crate::cluster::{Cluster, append, disk, entries, id, n};

/// Brings n1 of three into this role in term 1.
fn in_role(role: RoleName) -> Cluster {
    let mut cluster = Cluster::new(3);
    match role {
        RoleName::Follower => {
            cluster.tell(n(2), n(1), append(1, id(0, 0), &[], 0));
        }
        RoleName::Candidate => cluster.fire(1, Timer::Election),
        RoleName::Leader => cluster.elect(1, &[1, 2, 3]),
        RoleName::PreCandidate => panic!("pre-vote is off"),
    }
    assert_eq!(cluster.standing(1), (role, 1));
    cluster
}

/// §5.1: “If one server's current term is smaller than the other's, then it updates its current term to the larger value. If
/// a candidate or leader discovers that its term is out of date, it immediately reverts to follower state.”
fn update_term_from_message(role: RoleName) {
    let mut cluster = in_role(role);
    cluster.tell(n(2), n(1), append(2, id(0, 0), &[], 0));
    assert_eq!(cluster.standing(1), (RoleName::Follower, 2));
    assert_eq!(cluster.disk(1).term, Term(2), "durable before anything is said in it");
    // Any message carries its sender's term, also an answer to somebody else's question.
    let mut cluster = in_role(role);
    cluster.tell(n(2), n(1), Message::Vote { term: Term(7), granted: false });
    assert_eq!(cluster.standing(1), (RoleName::Follower, 7));
}

/// §5.1, see [`update_term_from_message`].
#[test]
fn follower_update_term_from_message() {
    update_term_from_message(RoleName::Follower);
}

/// §5.1, see [`update_term_from_message`].
#[test]
fn candidate_update_term_from_message() {
    update_term_from_message(RoleName::Candidate);
}

/// §5.1, see [`update_term_from_message`].
#[test]
fn leader_update_term_from_message() {
    update_term_from_message(RoleName::Leader);
}

/// §5.1: “If a server receives a request with a stale term number, it rejects the request.” etcd ignores it; here the sender
/// is told the newer term, as Figure 2 has it, and nothing else happens.
#[test]
fn reject_stale_term_message() {
    let mut cluster = Cluster::with_disks(&[disk(2, &[]), disk(0, &[]), disk(0, &[])], |_| {});
    let before = cluster.server(1).clone();
    let asked_by: NodeId = n(2);
    cluster.tell(asked_by, n(1), append(1, id(0, 0), &entries(1, &[1]), 1));
    assert_eq!(cluster.server(1), &before);
    let [(to, answer)] = &cluster.sent_by(1)[..] else { panic!("one answer") };
    assert_eq!((*to, answer.term()), (asked_by, Term(2)));
    assert!(matches!(answer, Message::AppendReply { result: AppendResult::StaleTerm, .. }), "{answer:?}");
    cluster.tell(asked_by, n(1), Message::RequestVote { term: Term(1), last: id(9, 1), transfer: false });
    assert_eq!(cluster.server(1), &before);
    assert_eq!(cluster.sent_by(1), [(asked_by, Message::Vote { term: Term(2), granted: false })]);
}

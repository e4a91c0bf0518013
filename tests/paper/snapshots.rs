//! Scenarios of etcd's raft_test.go in which a server is restored from a snapshot (§7).

use cap_lab::node::NodeSet;
use cap_lab::raft::{AppendResult, Change, Config, Index, Membership, Message, Request, Switches, Timer};

use crate::cluster::{Cluster, Disk, Number, committed, id, n};

fn set(numbers: &[u8]) -> NodeSet {
    numbers.iter().map(|number| n(*number)).collect()
}

/// n1 leads n2; n3 has heard of nothing when n1 changes the configuration by `change` and compacts its log: a snapshot that
/// ends with that change is the only way for n3 to learn of it.
fn changed_without_n3(servers: usize, configure: impl Fn(&mut Config), change: Change) -> Cluster {
    let mut cluster = Cluster::with_disks(&vec![Disk::default(); servers], configure);
    cluster.elect(1, &[1, 2]);
    cluster.propose(1, 7);
    cluster.settle(&[1, 2]);
    cluster.ask(1, 8, Request::ChangeMembers(change));
    // A server that is new gets the log as well; n3 stays cut off.
    cluster.settle(&[1, 2, 4]);
    cluster.heartbeat(1, &[1, 2]);
    cluster.heartbeat(1, &[1, 2]);
    assert!(cluster.answer(8).is_some(), "the change is committed");
    cluster.compact(1);
    assert_eq!(cluster.server(1).log().base(), id(3, 1));
    cluster
}

/// The leader finds that n3 needs what it has compacted; returns the message that brought it.
fn restored(cluster: &mut Cluster) -> Message<Number> {
    cluster.fire(1, Timer::Heartbeat);
    let to_n3 = cluster.sent_by(1).into_iter().find(|(to, _)| *to == n(3));
    let (_, message) = to_n3.expect("a heartbeat goes to all");
    assert!(matches!(message, Message::InstallSnapshot { .. }), "{message:?}");
    cluster.tell(n(1), n(3), message.clone());
    message
}

/// n3 has answered that it has all that the leader's snapshot covers, and it is true.
fn assert_restored(cluster: &mut Cluster, membership: Membership) {
    let answer = cluster.sent_by(3);
    let [(to, Message::AppendReply { result, .. })] = &answer[..] else { panic!("{answer:?}") };
    assert_eq!((*to, *result), (n(1), AppendResult::Matched { up_to: Index(3) }));
    let server = cluster.server(3);
    assert_eq!((server.log().last(), server.commit_index()), (id(3, 1), Index(3)));
    assert_eq!(*server.membership(), membership);
    assert_eq!(cluster.disk(3).snapshot, cluster.server(1).snapshot().cloned(), "durable before it is acknowledged");
}

/// etcd: TestRestore. The log, the commit index and the configuration are the snapshot's; the same one a second time changes
/// nothing.
#[test]
fn restore() {
    let voters = |config: &mut Config| config.members = set(&[1, 2, 3]);
    let mut cluster = changed_without_n3(4, voters, Change::Add(n(4)));
    let message = restored(&mut cluster);
    let after = Membership::simple(set(&[1, 2, 3, 4]), set(&[]));
    assert_restored(&mut cluster, after);
    let before = cluster.server(3).clone();
    cluster.tell(n(1), n(3), message);
    assert_restored(&mut cluster, after);
    assert_eq!(cluster.server(3), &before);
}

/// etcd: TestRestoreVoterToLearner. “The node has to accept that snapshot, or it is permanently cut off from the Raft log.”
#[test]
fn restore_voter_to_learner() {
    let mut cluster = changed_without_n3(3, |_| {}, Change::AddLearner(n(3)));
    assert!(cluster.runs(3, Timer::Election));
    restored(&mut cluster);
    assert_restored(&mut cluster, Membership::simple(set(&[1, 2]), set(&[3])));
    assert!(!cluster.runs(3, Timer::Election), "a learner does not stand");
}

/// etcd: TestRestoreLearnerPromotion.
#[test]
fn restore_learner_promotion() {
    let n3_learns = |config: &mut Config| (config.members, config.learners) = (set(&[1, 2]), set(&[3]));
    let mut cluster = changed_without_n3(3, n3_learns, Change::Add(n(3)));
    assert!(!cluster.runs(3, Timer::Election));
    restored(&mut cluster);
    assert_restored(&mut cluster, Membership::simple(set(&[1, 2, 3]), set(&[])));
    assert!(cluster.runs(3, Timer::Election), "a voter may stand");
}

/// etcd: TestLearnerReceiveSnapshot. A leader whose log is compacted brings a learner with an empty log up to date.
#[test]
fn learner_receive_snapshot() {
    let one_voter = |config: &mut Config| (config.members, config.learners) = (set(&[1]), set(&[2]));
    let mut cluster = Cluster::with_disks(&[Disk::default(), Disk::default()], one_voter);
    cluster.elect(1, &[1]);
    for request in 1..=10 {
        cluster.propose(1, request);
    }
    cluster.settle(&[1]);
    cluster.compact(1);
    assert_eq!(cluster.server(2).log().last(), id(0, 0));
    cluster.heartbeat(1, &[1, 2]);
    cluster.heartbeat(1, &[1, 2]);
    assert_eq!(cluster.server(2).snapshot(), cluster.server(1).snapshot());
    assert_eq!(cluster.server(2).snapshot().and_then(|snapshot| snapshot.state.clone()), Some(Number(10)));
    assert_eq!(cluster.server(2).commit_index(), cluster.server(1).commit_index());
}

/// etcd: TestSlowNodeRestore. n3 is cut off for 101 requests, which the leader then compacts.
#[test]
fn slow_node_restore() {
    let mut cluster = Cluster::switched(3, Switches { snapshot_after: Some(1_000), ..Switches::PLAIN });
    cluster.elect(1, &[1, 2, 3]);
    for request in 0..=100 {
        cluster.propose(1, request);
        cluster.settle(&[1, 2]);
    }
    cluster.compact(1);
    assert_eq!(cluster.server(1).log().base(), id(102, 1), "the no-op and 101 requests");
    // A heartbeat finds out that n3 lacks them, the next asks whether the snapshot has arrived.
    cluster.heartbeat(1, &[1, 2, 3]);
    cluster.heartbeat(1, &[1, 2, 3]);
    let snapshot = cluster.server(3).snapshot().expect("what took the place of the entries").clone();
    assert_eq!((snapshot.last, &snapshot.state), (id(102, 1), &Some(Number(100))));
    cluster.propose(1, 200);
    cluster.settle(&[1, 2, 3]);
    cluster.heartbeat(1, &[1, 2, 3]);
    assert_eq!(cluster.server(3).commit_index(), cluster.server(1).commit_index());
    assert_eq!(committed(cluster.server(3)), [Number(200)], "the rest is in the snapshot");
}

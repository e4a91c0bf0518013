//! Leadership transfer (T §3.10). The names are those of the cases in etcd's raft_test.go; what they show is said in our terms.

use super::*;

const ON: Switches = Switches { transfer: true, reads: Reads::ReadIndex, ..Switches::PLAIN };

fn hand_over(cluster: &mut Cluster, from: NodeId, request: u32, to: NodeId) {
    cluster.ask(from, request, Request::TransferLeadership(to));
}

fn refused(target: NodeId, why: TransferRefusal) -> Answer<Response, Refusal> {
    Answer::Refused(Refusal::NotTransferred { target, why })
}

/// n3 lacks an entry that the others have.
fn with_a_slow_follower() -> Cluster {
    let mut cluster = led(ON);
    cluster.request(n(1), 100, 7);
    cluster.settle(NodeSet::first(2));
    assert_eq!(cluster.server(n(3)).log().last(), id(1, 1));
    cluster.replies.clear();
    cluster
}

#[test]
fn leader_transfer_to_up_to_date_node() {
    let mut cluster = led(ON);
    hand_over(&mut cluster, n(1), 0, n(2));
    assert!(cluster.network.iter().any(|flying| flying.message == Message::TimeoutNow { term: T1 }));
    cluster.settle(NodeSet::first(3));
    assert_eq!((cluster.server(n(2)).is_leader(), cluster.server(n(2)).term()), (true, T2));
    assert_eq!(cluster.server(n(1)).leader_hint(), Some(n(2)));
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Done(Response::Transferred { leader: n(2), term: T2 }))]);
}

/// Only the leader can; another says who that is.
#[test]
fn leader_transfer_to_up_to_date_node_from_follower() {
    let mut cluster = led(ON);
    hand_over(&mut cluster, n(2), 0, n(2));
    let refusal = Refusal::NotLeader { leader: Some(n(1)), term: T1 };
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Refused(refusal))]);
    hand_over(&mut cluster, n(1), 1, n(2));
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(2)).is_leader());
}

/// The request for votes says that the leader wants it, so nobody holds on to that leader (T §4.2.3).
#[test]
fn leader_transfer_with_check_quorum() {
    let mut cluster = led(Switches { check_quorum: true, stickiness: true, pre_vote: true, ..ON });
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(3)).contact(cluster.clocks()).is_some(), "n3 holds on to n1");
    hand_over(&mut cluster, n(1), 0, n(2));
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(2)).is_leader());
    assert!(!cluster.notes_of(n(2)).iter().any(|note| matches!(note, Note::PreVote(PreVoteNote::Asks { .. }))));
}

#[test]
fn leader_transfer_to_slow_follower() {
    let mut cluster = with_a_slow_follower();
    hand_over(&mut cluster, n(1), 0, n(3));
    let told = |cluster: &Cluster| cluster.network.iter().any(|it| matches!(it.message, Message::TimeoutNow { .. }));
    assert!(!told(&cluster), "n3 would not be elected yet");
    cluster.deliver(n(1), n(3));
    cluster.deliver(n(3), n(1));
    for _ in 0..10 {
        if !told(&cluster) {
            cluster.deliver(n(1), n(3));
            cluster.deliver(n(3), n(1));
        }
    }
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(3)).is_leader());
    assert_eq!(terms(cluster.server(n(3))), [1, 1, 2]);
}

/// The target lacks what is no longer in the log: it gets the snapshot, then the rest, then TimeoutNow.
#[test]
fn leader_transfer_after_snapshot() {
    let mut cluster = with_a_slow_follower();
    cluster.compact(n(1));
    assert!(cluster.server(n(1)).entry(Index(2)).is_none(), "n3 cannot get it from the log");
    hand_over(&mut cluster, n(1), 0, n(3));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(3)).snapshot().is_some());
    assert!(cluster.server(n(3)).is_leader());
    assert!(matches!(cluster.replies[0], (RequestId(0), Answer::Done(Response::Transferred { .. }))));
}

/// Who is about to lose its vote is no target; and while a transfer is under way nobody's vote can be taken, as nothing goes
/// into the log.
fn target_without_a_vote(learners: NodeSet) {
    let mut cluster = with_a_slow_follower();
    let change = Change::Joint { voters: NodeSet::first(2), learners };
    hand_over(&mut cluster, n(1), 0, n(3));
    cluster.change(n(1), 1, change);
    assert_eq!(cluster.replies, [(RequestId(1), Answer::Refused(Refusal::HandingOver { target: n(3) }))]);
    cluster.network.clear();
    cluster.fire(n(1), Timer::Transfer);
    cluster.replies.clear();
    cluster.change(n(1), 2, change);
    hand_over(&mut cluster, n(1), 3, n(3));
    assert_eq!(cluster.replies, [(RequestId(3), refused(n(3), TransferRefusal::NoMember))]);
    cluster.settle(NodeSet::first(2));
    hand_over(&mut cluster, n(1), 4, n(3));
    assert_eq!(cluster.replies.last(), Some(&(RequestId(4), refused(n(3), TransferRefusal::NoMember))));
}

#[test]
fn leader_transfer_remove_node() {
    target_without_a_vote(NodeSet::EMPTY);
}

#[test]
fn leader_transfer_demote_node() {
    target_without_a_vote(NodeSet::EMPTY.with(n(3)));
}

#[test]
fn leader_transfer_to_self() {
    let mut cluster = led(ON);
    hand_over(&mut cluster, n(1), 0, n(1));
    assert_eq!(cluster.replies, [(RequestId(0), refused(n(1), TransferRefusal::AlreadyLeads))]);
    assert_eq!(cluster.server(n(1)).tenure().and_then(Tenure::transfer), None);
}

#[test]
fn leader_transfer_to_non_existing_node() {
    let mut cluster = led(ON);
    hand_over(&mut cluster, n(1), 0, n(4));
    assert_eq!(cluster.replies, [(RequestId(0), refused(n(4), TransferRefusal::NoMember))]);
    cluster.request(n(1), 1, 7);
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.replies.len(), 2, "it goes on taking proposals");
}

/// After an election timeout the leader goes on as before.
#[test]
fn leader_transfer_timeout() {
    let mut cluster = with_a_slow_follower();
    hand_over(&mut cluster, n(1), 0, n(3));
    cluster.network.clear();
    cluster.fire(n(1), Timer::Transfer);
    assert_eq!(cluster.replies, [(RequestId(0), refused(n(3), TransferRefusal::TimedOut))]);
    cluster.request(n(1), 1, 8);
    cluster.settle(NodeSet::first(2));
    assert!(matches!(cluster.replies[1], (RequestId(1), Answer::Done(Response::Committed { .. }))));
}

/// TimeoutNow cannot be taken back: who asked hears that nobody knows, and a late copy still works.
#[test]
fn leader_transfer_that_times_out_after_the_target_was_told_may_happen_yet() {
    let mut cluster = led(ON);
    hand_over(&mut cluster, n(1), 0, n(2));
    let late = cluster.take(|_| true);
    cluster.fire(n(1), Timer::Transfer);
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Unknown)]);
    for flying in late {
        cluster.tell(flying.from, flying.to, flying.message);
    }
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(2)).is_leader());
    assert_eq!(cluster.replies.len(), 1);
}

/// Reads go on: they add nothing to the log.
#[test]
fn leader_transfer_ignore_proposal() {
    let mut cluster = with_a_slow_follower();
    hand_over(&mut cluster, n(1), 0, n(3));
    cluster.request(n(1), 1, 8);
    assert_eq!(cluster.replies, [(RequestId(1), Answer::Refused(Refusal::HandingOver { target: n(3) }))]);
    assert_eq!(cluster.server(n(1)).log().last(), id(2, 1));
    cluster.ask(n(1), 2, Request::Read);
    cluster.settle(NodeSet::first(2));
    assert_eq!(cluster.replies[1], (RequestId(2), Answer::Done(Response::ReadAt { index: Index(2) })));
}

#[test]
fn leader_transfer_receive_higher_term_vote() {
    let mut cluster = with_a_slow_follower();
    hand_over(&mut cluster, n(1), 0, n(3));
    cluster.network.clear();
    cluster.elect(n(2), NodeSet::first(2));
    assert!(!cluster.server(n(1)).is_leader());
    assert_eq!(cluster.replies, [(RequestId(0), refused(n(3), TransferRefusal::LostOffice))]);
    assert!(!cluster.timers.contains(&(n(1), Timer::Transfer)));
}

/// Who asks the leader to hand over to itself takes back what was asked before.
#[test]
fn leader_transfer_back() {
    let mut cluster = with_a_slow_follower();
    hand_over(&mut cluster, n(1), 0, n(3));
    cluster.network.clear();
    hand_over(&mut cluster, n(1), 1, n(1));
    let answers = [
        (RequestId(0), refused(n(3), TransferRefusal::Replaced)),
        (RequestId(1), refused(n(1), TransferRefusal::AlreadyLeads)),
    ];
    assert_eq!(cluster.replies, answers);
    cluster.request(n(1), 2, 8);
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(1)).is_leader());
    assert_eq!(cluster.replies.len(), 3, "it takes proposals again");
}

#[test]
fn leader_transfer_second_transfer_to_another_node() {
    let mut cluster = with_a_slow_follower();
    hand_over(&mut cluster, n(1), 0, n(3));
    cluster.network.clear();
    hand_over(&mut cluster, n(1), 1, n(2));
    assert_eq!(cluster.replies, [(RequestId(0), refused(n(3), TransferRefusal::Replaced))]);
    cluster.settle(NodeSet::first(2));
    assert!(cluster.server(n(2)).is_leader());
}

/// The second gets its own answer and does not give the first more time.
#[test]
fn leader_transfer_second_transfer_to_same_node() {
    let mut cluster = with_a_slow_follower();
    hand_over(&mut cluster, n(1), 0, n(3));
    let due = cluster.due[&(n(1), Timer::Transfer)];
    cluster.network.clear();
    cluster.wait(20);
    hand_over(&mut cluster, n(1), 1, n(3));
    assert_eq!(cluster.replies, [(RequestId(1), refused(n(3), TransferRefusal::UnderWay))]);
    assert_eq!(cluster.due[&(n(1), Timer::Transfer)], due);
    cluster.fire(n(1), Timer::Transfer);
    assert_eq!(cluster.replies[1], (RequestId(0), refused(n(3), TransferRefusal::TimedOut)));
}

#[test]
fn leader_transfer_may_be_switched_off() {
    let mut cluster = led(Switches { transfer: false, ..ON });
    hand_over(&mut cluster, n(1), 0, n(2));
    assert_eq!(cluster.replies, [(RequestId(0), refused(n(2), TransferRefusal::SwitchedOff))]);
}

/// n2 is told to stand, but n3 takes its place in that term; n1 hears of it, or of a later leader.
fn overtaken(rounds: u64) -> Cluster {
    let mut cluster = led(ON);
    hand_over(&mut cluster, n(1), 0, n(2));
    cluster.network.clear();
    for _ in 0..rounds {
        cluster.fire(n(3), Timer::Election);
        cluster.network.retain(|flying| flying.to != n(2) || rounds == 1);
        cluster.deliver(n(3), n(1));
    }
    cluster.settle(NodeSet::first(3));
    assert!(cluster.server(n(3)).is_leader());
    cluster
}

/// One leader per term: if another was elected in the very next term, TimeoutNow came to nothing. Later, nobody can tell.
#[test]
fn leader_transfer_overtaken_by_another_candidate() {
    let cluster = overtaken(1);
    assert_eq!(cluster.replies, [(RequestId(0), refused(n(2), TransferRefusal::OtherElected(n(3))))]);
    assert_eq!(overtaken(2).replies, [(RequestId(0), Answer::Unknown)]);
}

/// A candidate, or a leader, is not told to stand; and what was said in an older term is void.
#[test]
fn timeout_now_moves_only_a_follower_of_its_term() {
    let mut cluster = led(ON);
    let now = Message::TimeoutNow { term: T1 };
    cluster.fire(n(2), Timer::Election);
    cluster.tell(n(1), n(2), now.clone());
    assert_eq!(cluster.server(n(2)).term(), T2);
    cluster.network.clear();
    cluster.tell(n(1), n(2), Message::TimeoutNow { term: T2 });
    assert_eq!(cluster.server(n(2)).term(), T2, "it stands already");
    cluster.tell(n(1), n(3), now);
    assert_eq!((cluster.server(n(3)).term(), cluster.server(n(3)).role().name()), (T2, RoleName::Candidate));
}

/// Clusters in which every outcome of a transfer is noted.
pub(super) fn outcomes() -> Vec<Cluster> {
    let mut cluster = with_a_slow_follower();
    for (request, target) in [(0, n(3)), (1, n(3)), (2, n(2))] {
        hand_over(&mut cluster, n(1), request, target);
    }
    cluster.network.clear();
    let mut lost = with_a_slow_follower();
    hand_over(&mut lost, n(1), 0, n(3));
    lost.network.clear();
    lost.elect(n(2), NodeSet::first(2));
    lost.tell(n(1), n(2), Message::TimeoutNow { term: T2 });
    let mut slow = with_a_slow_follower();
    hand_over(&mut slow, n(1), 0, n(3));
    slow.fire(n(1), Timer::Transfer);
    vec![cluster, lost, slow, overtaken(1)]
}

/// A copy from a term that is over makes nobody stand (P §5.1).
#[test]
fn an_old_word_to_stand_is_ignored() {
    let mut cluster = led(ON);
    cluster.elect(n(2), NodeSet::first(3));
    cluster.tell(n(1), n(3), Message::TimeoutNow { term: T1 });
    let why = Ignored::OlderTerm { term: T1, own: T2 };
    assert_eq!(cluster.notes_of(n(3)).pop(), Some(Note::ReplyIgnored { from: n(1), message: "TimeoutNow", why }));
    assert_eq!(cluster.server(n(3)).role(), &Role::Follower { leader: Some(n(2)) });
}

/// A vote that comes after the election was won is no vote of an older term.
#[test]
fn a_late_vote_of_its_own_term_finds_the_election_decided() {
    let mut cluster = led(ON);
    cluster.tell(n(3), n(1), Message::Vote { term: T1, granted: true });
    let why = Ignored::NotCandidate;
    assert_eq!(cluster.notes_of(n(1)).pop(), Some(Note::ReplyIgnored { from: n(3), message: "Vote", why }));
}

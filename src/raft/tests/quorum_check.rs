//! Check-quorum (T §6.2) and leader stickiness (T §4.2.3). Names in quotes are those of the cases in etcd's raft_test.go.

use super::*;

const BOTH: Switches = Switches { check_quorum: true, stickiness: true, ..Switches::PLAIN };

/// A heartbeat of n1 that reaches `group`.
fn heartbeat(cluster: &mut Cluster, group: NodeSet) {
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(group);
}

/// "LeaderStepdownWhenQuorumActive": it does not, for it hears one of two followers.
#[test]
fn leader_stepdown_when_quorum_active() {
    let mut cluster = led(BOTH);
    for _ in 0..12 {
        heartbeat(&mut cluster, NodeSet::first(2));
        if cluster.now >= cluster.due[&(n(1), Timer::Quorum)] {
            cluster.fire(n(1), Timer::Quorum);
        }
    }
    assert!(cluster.server(n(1)).is_leader());
    let contact = cluster.server(n(1)).quorum_contact(cluster.now);
    assert_eq!(contact, Some(cluster.now), "n2 answered at once");
}

/// "LeaderStepdownWhenQuorumLost": an election timeout after it last heard anybody, and not earlier.
#[test]
fn leader_stepdown_when_quorum_lost() {
    let mut cluster = led(BOTH);
    cluster.wait(100);
    heartbeat(&mut cluster, NodeSet::first(2));
    let heard = cluster.now;
    cluster.fire(n(1), Timer::Quorum);
    assert!(cluster.server(n(1)).is_leader(), "the election is 150 ms ago, but a heartbeat was answered since");
    cluster.fire(n(1), Timer::Quorum);
    assert_eq!(cluster.now.since(heard), Micros::from_ms(150));
    assert_eq!(cluster.server(n(1)).role(), &Role::Follower { leader: None });
    assert_eq!(cluster.server(n(1)).term(), T1);
    let own: Vec<_> = cluster.timers.iter().filter(|(id, _)| *id == n(1)).map(|(_, timer)| *timer).collect();
    assert_eq!(own, [Timer::Election]);
    let note = cluster.notes_of(n(1)).pop();
    let members = Membership::simple(NodeSet::first(3), NodeSet::EMPTY);
    let (heard, timeout) = (NodeSet::EMPTY.with(n(1)), Micros::from_ms(150));
    assert_eq!(note, Some(Note::Leader(LeaderNote::QuorumLost { term: T1, heard, members, timeout })));
}

/// A round must succeed (T §6.2): copies of an old answer answer an old round, however late they come.
#[test]
fn copies_of_one_answer_keep_no_leader() {
    let mut cluster = led(BOTH);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(2));
    let answers = cluster.take(|flying| flying.to == n(1));
    let [answer] = &answers[..] else { panic!("n2 answers once") };
    cluster.network.clear();
    cluster.wait(100);
    cluster.tell(n(2), n(1), answer.message.clone());
    let heard = cluster.now;
    assert_eq!(cluster.server(n(1)).quorum_contact(cluster.now), Some(heard), "late, and yet the first answer");
    for _ in 0..3 {
        cluster.wait(40);
        cluster.tell(n(2), n(1), answer.message.clone());
        assert_eq!(cluster.server(n(1)).quorum_contact(cluster.now), Some(heard), "a copy is no news");
    }
    cluster.fire(n(1), Timer::Quorum);
    cluster.fire(n(1), Timer::Quorum);
    assert!(!cluster.server(n(1)).is_leader());
}

/// Answers to different rounds make no round succeed unless a majority answers it or a later one.
#[test]
fn a_round_succeeds_when_a_majority_has_answered_it_or_a_later_one() {
    let mut cluster = Cluster::switched(5, BOTH);
    cluster.elect(n(1), NodeSet::first(5));
    cluster.wait(50);
    heartbeat(&mut cluster, NodeSet::first(2));
    let elected = cluster.server(n(1)).quorum_contact(cluster.now).expect("it leads");
    assert!(elected < cluster.now, "n2 and itself are two of five");
    cluster.wait(50);
    heartbeat(&mut cluster, NodeSet::EMPTY.with(n(1)).with(n(3)));
    assert_eq!(
        cluster.server(n(1)).quorum_contact(cluster.now),
        Some(cluster.now),
        "n2 and n3 have both answered the first"
    );
}

/// Without the switch it leads for ever.
#[test]
fn a_leader_that_is_cut_off_goes_on_leading_without_check_quorum() {
    let mut cluster = led(Switches { check_quorum: false, ..BOTH });
    assert!(!cluster.timers.contains(&(n(1), Timer::Quorum)));
    for _ in 0..20 {
        cluster.fire(n(1), Timer::Heartbeat);
        cluster.network.clear();
    }
    assert!(cluster.server(n(1)).is_leader());
}

/// What it took into its log before is still open: the next leader may commit it.
#[test]
fn a_leader_that_steps_down_keeps_its_requests() {
    let mut cluster = led(BOTH);
    cluster.request(n(1), 0, 10);
    cluster.deliver(n(1), n(2));
    cluster.network.clear();
    cluster.fire(n(1), Timer::Quorum);
    assert!(cluster.replies.is_empty() && !cluster.server(n(1)).is_leader());
    cluster.elect(n(2), NodeSet::first(3));
    cluster.fire(n(2), Timer::Heartbeat);
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Done(Response::Committed { index: Index(2), term: T1 }))]);
}

/// "LeaderSupersedingWithCheckQuorum": n2 holds on to n1 until it has not heard it for the shortest election timeout.
#[test]
fn leader_superseding_with_check_quorum() {
    let mut cluster = led(BOTH);
    let others = NodeSet::first(3).without(n(1));
    cluster.wait(100);
    heartbeat(&mut cluster, NodeSet::first(2));
    cluster.fire(n(3), Timer::Election);
    cluster.settle(others);
    assert_eq!((cluster.server(n(3)).role().name(), cluster.server(n(3)).term()), (RoleName::Candidate, T2));
    assert_eq!((cluster.server(n(2)).term(), cluster.server(n(2)).vote()), (T1, Some(n(1))), "n2 did not even look");
    assert!(cluster.network.is_empty());
    cluster.fire(n(3), Timer::Election);
    cluster.settle(others);
    assert!(cluster.server(n(3)).is_leader(), "n2 has heard nobody for 150 ms");
}

/// "LeaderElectionWithCheckQuorum": nobody has heard a leader yet, so nobody holds on to one.
#[test]
fn leader_election_with_check_quorum() {
    let mut cluster = Cluster::switched(3, BOTH);
    cluster.elect(n(1), NodeSet::first(3));
    cluster.wait(300);
    cluster.elect(n(3), NodeSet::first(3).without(n(1)));
    assert_eq!(cluster.server(n(3)).term(), T2);
}

/// "FreeStuckCandidateWithCheckQuorum": n3 was cut off and stood in higher and higher terms. The others ignore its requests,
/// and it does not accept the leader's older term: the leader learns of the term from the answer, and steps down.
#[test]
fn free_stuck_candidate_with_check_quorum() {
    let mut cluster = led(BOTH);
    let all = NodeSet::first(3);
    for _ in 0..2 {
        heartbeat(&mut cluster, NodeSet::first(2));
        cluster.fire(n(3), Timer::Election);
        cluster.network.clear();
        heartbeat(&mut cluster, NodeSet::first(2));
    }
    assert_eq!(cluster.server(n(3)).term(), T3);
    heartbeat(&mut cluster, NodeSet::first(2));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.deliver(n(1), n(3));
    assert_eq!((cluster.server(n(1)).term(), cluster.server(n(2)).term()), (T1, T1));
    cluster.deliver(n(3), n(1));
    assert_eq!((cluster.server(n(1)).role().name(), cluster.server(n(1)).term()), (RoleName::Follower, T3));
    cluster.network.clear();
    cluster.elect(n(1), all);
    assert_eq!(cluster.server(n(3)).leader_hint(), Some(n(1)));
}

/// n3 hears the leader late and stands.
fn disruptive(switches: Switches) -> Cluster {
    let mut cluster = led(switches);
    heartbeat(&mut cluster, NodeSet::first(3));
    cluster.wait(130);
    heartbeat(&mut cluster, NodeSet::first(2));
    cluster.fire(n(3), Timer::Election);
    cluster.settle(NodeSet::first(3));
    heartbeat(&mut cluster, NodeSet::first(3));
    cluster
}

/// "DisruptiveFollower": its request is ignored, but not its answer to the heartbeat.
#[test]
fn disruptive_follower() {
    let cluster = disruptive(BOTH);
    assert_eq!((cluster.server(n(1)).role().name(), cluster.server(n(1)).term()), (RoleName::Follower, T2));
}

/// "DisruptiveFollowerPreVote": it stays in its term, so there is nothing to disrupt with.
#[test]
fn disruptive_follower_pre_vote() {
    let cluster = disruptive(Switches { pre_vote: true, ..BOTH });
    assert_eq!((cluster.server(n(1)).role().name(), cluster.server(n(1)).term()), (RoleName::Leader, T1));
    assert_eq!(cluster.server(n(3)).role(), &Role::Follower { leader: Some(n(1)) });
}

/// "PreVoteWithCheckQuorum": when the leader is gone both phases succeed as soon as nobody holds on to it.
#[test]
fn pre_vote_with_check_quorum() {
    let mut cluster = led(Switches { pre_vote: true, ..BOTH });
    let others = NodeSet::first(3).without(n(1));
    cluster.crash(n(1), 0);
    cluster.fire(n(2), Timer::Election);
    cluster.settle(others);
    assert!(cluster.server(n(2)).is_leader());
    assert_eq!(cluster.server(n(2)).term(), T2);
}

/// T §4.2.3: a leader with a quorum is not deposed by a server that was removed, or hears nothing.
#[test]
fn a_leader_holds_on_to_itself_while_it_hears_a_quorum() {
    for (ago, deposed) in [(149, false), (150, true)] {
        let mut cluster = led(BOTH);
        cluster.wait(ago);
        cluster.tell(n(3), n(1), Message::RequestVote { term: Term(9), last: id(1, 1), transfer: false });
        assert_eq!(!cluster.server(n(1)).is_leader(), deposed, "{ago} ms after it heard a quorum");
    }
}

/// A request of a term that is over is answered, so that the candidate learns of the present one.
#[test]
fn a_stale_request_is_refused_rather_than_ignored() {
    let mut cluster = led(BOTH);
    cluster.tell(n(3), n(2), Message::RequestVote { term: Term(0), last: id(9, 0), transfer: false });
    let answer = Message::Vote { term: T1, granted: false };
    assert!(cluster.network.iter().any(|flying| flying.message == answer));
}

#[test]
fn switches_that_need_others_say_so() {
    let lease = Switches { reads: Reads::Lease, ..BOTH };
    assert_eq!(lease.check(), Ok(()));
    let sentence = Switches { stickiness: false, ..lease }.check().expect_err("no stickiness");
    assert!(sentence.starts_with("A leader lease needs leader stickiness: "), "{sentence}");
    let sentence = Switches { check_quorum: false, ..lease }.check().expect_err("no check-quorum");
    assert!(sentence.starts_with("A leader lease needs check-quorum: "), "{sentence}");
    assert_eq!(Switches::default().check(), Ok(()));
}

#[test]
#[should_panic(expected = "a switch lacks another")]
fn a_server_with_switches_that_do_not_fit_is_a_programmers_error() {
    Cluster::switched(3, Switches { reads: Reads::Lease, ..Switches::default() });
}

//! Pre-vote (T §9.6). Names in quotes are those of the cases in etcd's raft_test.go.

use super::*;

const PRE_VOTE: Switches = Switches { pre_vote: true, ..Switches::PLAIN };

fn state(cluster: &Cluster, id: NodeId) -> (RoleName, Term) {
    (cluster.server(id).role().name(), cluster.server(id).term())
}

/// n1 and n3 do not hear each other, and both ask n2; then all is well again and n3 asks once more.
fn duel(switches: Switches) -> Cluster {
    let mut cluster = Cluster::switched(3, switches);
    let (left, all) = (NodeSet::first(2), NodeSet::first(3));
    cluster.elect(n(1), left);
    cluster.fire(n(3), Timer::Election);
    cluster.settle(all.without(n(1)));
    assert!(!cluster.server(n(3)).is_leader(), "n2 has the no-op, n3 lacks it");
    cluster.fire(n(3), Timer::Election);
    cluster.settle(all);
    cluster
}

/// "DuelingCandidates": the log decides, but the higher term deposes the leader all the same.
#[test]
fn dueling_candidates() {
    let mut cluster = duel(Switches::default());
    assert_eq!(state(&cluster, n(1)), (RoleName::Follower, T2));
    assert_eq!(state(&cluster, n(2)), (RoleName::Follower, T2));
    assert_eq!(state(&cluster, n(3)), (RoleName::Candidate, T2));
    cluster.elect(n(1), NodeSet::first(3));
    assert_eq!(cluster.server(n(1)).term(), T3);
}

/// "DuelingPreCandidates": nobody's term changes, and the leader stays.
#[test]
fn dueling_pre_candidates() {
    let mut cluster = duel(PRE_VOTE);
    assert_eq!(state(&cluster, n(1)), (RoleName::Leader, T1));
    assert_eq!(state(&cluster, n(2)), (RoleName::Follower, T1));
    assert_eq!(state(&cluster, n(3)), (RoleName::PreCandidate, Term(1)), "it learned the term from a refusal");
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(3));
    assert_eq!(cluster.server(n(3)).role(), &Role::Follower { leader: Some(n(1)) });
}

/// The first round asks, the second elects; the term goes up once.
#[test]
fn a_pre_candidate_that_would_win_stands() {
    let mut cluster = Cluster::switched(3, PRE_VOTE);
    cluster.fire(n(1), Timer::Election);
    assert_eq!(state(&cluster, n(1)), (RoleName::PreCandidate, Term(0)));
    assert!(cluster.network.iter().all(|flying| matches!(flying.message, Message::PreVote { term: Term(0), .. })));
    cluster.deliver(n(1), n(2));
    cluster.deliver(n(2), n(1));
    assert_eq!(state(&cluster, n(1)), (RoleName::Candidate, T1));
    let late = Message::PreVoteReply { term: Term(0), asked: Term(0), granted: true };
    cluster.tell(n(3), n(1), late);
    let why = Ignored::OlderTerm { term: Term(0), own: T1 };
    let ignored = |why| Some(Note::ReplyIgnored { from: n(3), message: "PreVoteReply", why });
    assert_eq!(cluster.notes_of(n(1)).pop(), ignored(why));
    cluster.settle(NodeSet::first(3));
    assert_eq!(state(&cluster, n(1)), (RoleName::Leader, T1));
    cluster.tell(n(3), n(1), Message::PreVoteReply { term: T1, asked: T1, granted: true });
    assert_eq!(cluster.notes_of(n(1)).pop(), ignored(Ignored::NotCandidate));
}

#[test]
fn a_single_server_needs_nobody_to_ask() {
    let mut cluster = Cluster::switched(1, PRE_VOTE);
    cluster.elect(n(1), NodeSet::first(1));
    assert_eq!(cluster.server(n(1)).term(), T1);
}

/// Neither question nor answer changes a term, a vote or a disk, and the voter goes on waiting as before.
#[test]
fn a_pre_vote_changes_nothing_at_the_voter() {
    let disks = [disk(7, &[1]), disk(3, &[1]), disk(3, &[])];
    let mut cluster = Cluster::configured(&disks, |config| config.switches = PRE_VOTE);
    cluster.fire(n(1), Timer::Election);
    cluster.timers.remove(&(n(2), Timer::Election));
    let before = cluster.server(n(2)).clone();
    cluster.deliver(n(1), n(2));
    assert_eq!((cluster.server(n(2)), &cluster.disks[1]), (&before, &disks[1]));
    assert!(!cluster.timers.contains(&(n(2), Timer::Election)), "its own timer was not set anew");
    let answer = Message::PreVoteReply { term: T3, asked: Term(7), granted: true };
    assert!(cluster.network.iter().any(|flying| flying.message == answer));
}

/// The voter's three reasons to refuse: a later term, a later entry, a leader that it heard of late.
#[test]
fn a_pre_vote_is_refused_by_term_by_log_and_while_a_leader_is_heard() {
    let ask = |cluster: &mut Cluster, term: u64, last: EntryId| {
        cluster.network.clear();
        cluster.tell(n(3), n(2), Message::PreVote { term: Term(term), last });
        cluster.take(|flying| flying.from == n(2)).pop().expect("an answer").message
    };
    let answer = |asked: u64, granted| Message::PreVoteReply { term: T1, asked: Term(asked), granted };
    let mut cluster = Cluster::switched(3, PRE_VOTE);
    cluster.elect(n(1), NodeSet::first(3));
    let window = cluster.server(n(2)).config().election_timeout.min.as_ms();
    cluster.wait(window - 1);
    assert_eq!(ask(&mut cluster, 1, id(1, 1)), answer(1, false), "it heard n1 {} ms ago", window - 1);
    cluster.wait(1);
    assert_eq!(ask(&mut cluster, 1, id(1, 1)), answer(1, true));
    assert_eq!(ask(&mut cluster, 0, id(1, 1)), answer(0, false), "n3 is in an older term");
    assert_eq!(ask(&mut cluster, 1, id(0, 0)), answer(1, false), "n3 lacks an entry");
}

/// "PreVoteWithSplitVote": both would win, neither does, and the next round decides.
#[test]
fn pre_vote_with_split_vote() {
    let mut cluster = Cluster::switched(3, PRE_VOTE);
    let all = NodeSet::first(3);
    cluster.elect(n(1), all);
    cluster.crash(n(1), 0);
    let alive = all.without(n(1));
    cluster.fire(n(2), Timer::Election);
    cluster.fire(n(3), Timer::Election);
    cluster.deliver(n(2), n(3));
    cluster.deliver(n(3), n(2));
    // Each had the other's question and grant before the other's request for a real vote.
    cluster.settle(alive);
    assert_eq!([state(&cluster, n(2)), state(&cluster, n(3))], [(RoleName::Candidate, T2); 2]);
    cluster.elect(n(2), alive);
    assert_eq!(state(&cluster, n(2)), (RoleName::Leader, T3));
    assert_eq!(state(&cluster, n(3)), (RoleName::Follower, T3));
}

/// "NodeWithSmallerTermCanCompleteElection": a server in an older term learns the later one from a refusal, and can win.
#[test]
fn node_with_smaller_term_can_complete_election() {
    let disks = [disk(2, &[1, 1, 2]), disk(2, &[1, 1, 2]), disk(5, &[1])];
    let mut cluster = Cluster::configured(&disks, |config| config.switches = PRE_VOTE);
    let pair = NodeSet::EMPTY.with(n(1)).with(n(3));
    cluster.fire(n(1), Timer::Election);
    cluster.settle(pair);
    assert_eq!(state(&cluster, n(1)), (RoleName::Follower, Term(5)));
    cluster.elect(n(1), pair);
    assert_eq!(cluster.server(n(1)).term(), Term(6));
}

/// Without a majority it asks again and again, and its term stays.
#[test]
fn a_server_that_is_cut_off_does_not_raise_its_term() {
    let mut cluster = Cluster::switched(5, PRE_VOTE);
    cluster.elect(n(1), NodeSet::first(5));
    for _ in 0..10 {
        cluster.fire(n(5), Timer::Election);
        cluster.network.clear();
    }
    assert_eq!(state(&cluster, n(5)), (RoleName::PreCandidate, T1));
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(NodeSet::first(5));
    assert_eq!(state(&cluster, n(5)), (RoleName::Follower, T1));
    assert_eq!(state(&cluster, n(1)), (RoleName::Leader, T1));
}

/// Late, repeated and outdated answers elect nobody.
#[test]
fn a_pre_candidate_counts_each_server_once_and_only_for_the_present_term() {
    let mut cluster = Cluster::switched(5, PRE_VOTE);
    let grant = |asked: u64| Message::PreVoteReply { term: Term(0), asked: Term(asked), granted: true };
    cluster.fire(n(1), Timer::Election);
    cluster.tell(n(2), n(1), grant(0));
    cluster.tell(n(2), n(1), grant(0));
    assert_eq!(state(&cluster, n(1)), (RoleName::PreCandidate, Term(0)));
    cluster.tell(n(3), n(1), Message::PreVoteReply { term: T1, asked: Term(0), granted: false });
    cluster.fire(n(1), Timer::Election);
    cluster.tell(n(2), n(1), grant(0));
    cluster.tell(n(3), n(1), grant(0));
    assert_eq!(cluster.server(n(1)).role(), &Role::PreCandidate { grants: NodeSet::EMPTY.with(n(1)) });
}

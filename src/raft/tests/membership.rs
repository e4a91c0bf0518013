//! §6 and the thesis, chapter 4: learners, one server at a time, joint consensus. Names after "learners" are scenarios of
//! etcd's raft_test.go.

use super::*;

fn set(numbers: &[u8]) -> NodeSet {
    numbers.iter().map(|number| n(*number)).collect()
}

/// `count` servers, of which the first `voters` are the cluster; the others have started, empty, and wait.
fn world(count: u8, voters: u8, change: impl Fn(&mut Config)) -> Cluster {
    Cluster::configured(&vec![PersistentState::default(); usize::from(count)], |config| {
        config.members = NodeSet::first(voters.into());
        change(config);
    })
}

/// A cluster led by n1, in which everyone knows that its no-op is committed.
fn led(count: u8, voters: u8, change: impl Fn(&mut Config)) -> Cluster {
    let mut cluster = world(count, voters, change);
    let all = NodeSet::first(count.into());
    cluster.elect(n(1), all);
    cluster.fire(n(1), Timer::Heartbeat);
    cluster.settle(all);
    cluster
}

fn all(cluster: &Cluster) -> NodeSet {
    NodeSet::first(cluster.servers.len())
}

/// Heartbeats of the present leader until all is said.
fn rounds(cluster: &mut Cluster, count: usize) {
    for _ in 0..count {
        let leader = cluster.up.iter().find(|id| cluster.server(*id).is_leader()).expect("a leader");
        cluster.fire(leader, Timer::Heartbeat);
        cluster.settle(all(cluster));
    }
}

fn membership(cluster: &Cluster, id: NodeId) -> Membership {
    *cluster.server(id).membership()
}

fn refusal(cluster: &Cluster) -> Option<ChangeRefusal> {
    match cluster.replies.last() {
        Some((_, Answer::Refused(Refusal::Change(why)))) => Some(*why),
        _ => None,
    }
}

/// A configuration counts as soon as it is in the log: its own entry already needs a majority of it.
#[test]
fn a_server_uses_a_configuration_from_the_moment_that_it_is_in_its_log() {
    let mut cluster = led(4, 3, |_| {});
    cluster.change(n(1), 0, Change::Add(n(4)));
    assert_eq!(membership(&cluster, n(1)), Membership::simple(set(&[1, 2, 3, 4]), set(&[])));
    assert_eq!(membership(&cluster, n(2)), Membership::simple(set(&[1, 2, 3]), set(&[])));
    cluster.settle(set(&[1, 2]));
    assert_eq!(membership(&cluster, n(2)).voters, set(&[1, 2, 3, 4]));
    assert_eq!(cluster.server(n(1)).commit_index(), Index(1), "two of four are no majority");
    rounds(&mut cluster, 2);
    assert_eq!(cluster.server(n(1)).commit_index(), Index(2));
    assert_eq!(cluster.server(n(4)).log(), cluster.server(n(1)).log());
}

#[test]
fn a_server_goes_back_to_the_configuration_before_when_the_entry_is_removed() {
    let mut cluster = led(4, 3, |_| {});
    cluster.change(n(1), 0, Change::Add(n(4)));
    cluster.network.clear();
    cluster.elect(n(2), set(&[2, 3]));
    rounds_of(&mut cluster, n(2));
    assert_eq!(membership(&cluster, n(1)), Membership::simple(set(&[1, 2, 3]), set(&[])));
    let back = |note: &Note| {
        matches!(note, Note::Membership(MembershipNote::RolledBack { lost: Index(2), index: Index(0), .. }))
    };
    assert!(cluster.notes_of(n(1)).iter().any(back));
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Refused(Refusal::Superseded { index: Index(2) }))]);
}

/// Two heartbeats of `leader`, while another server may still take itself for the leader of an older term.
fn rounds_of(cluster: &mut Cluster, leader: NodeId) {
    for _ in 0..2 {
        cluster.fire(leader, Timer::Heartbeat);
        cluster.settle(all(cluster));
    }
}

#[test]
fn a_restarted_server_finds_its_configuration_in_its_log_or_in_its_snapshot() {
    for compacted in [false, true] {
        let mut cluster = led(4, 3, |_| {});
        cluster.change(n(1), 0, Change::Add(n(4)));
        rounds(&mut cluster, 2);
        if compacted {
            cluster.compact(n(4));
            assert_eq!(cluster.server(n(4)).log().kept(), 0);
        }
        let before = membership(&cluster, n(4));
        cluster.crash(n(4), 0);
        cluster.restart(n(4));
        assert_eq!(membership(&cluster, n(4)), before);
        assert_eq!(before.voters, set(&[1, 2, 3, 4]));
    }
}

/// "Let the leader create C_new only after it has committed an entry of its term": Ongaro, 2015.
#[test]
fn a_change_is_refused_until_the_leader_has_committed_an_entry_of_its_own_term() {
    let mut cluster = world(4, 3, |_| {});
    cluster.fire(n(1), Timer::Election);
    cluster.deliver(n(1), n(2));
    cluster.deliver(n(2), n(1));
    assert!(cluster.server(n(1)).is_leader());
    cluster.change(n(1), 0, Change::Add(n(4)));
    assert_eq!(refusal(&cluster), Some(ChangeRefusal::TermNotCommitted));
    cluster.settle(all(&cluster));
    cluster.change(n(1), 1, Change::Add(n(4)));
    assert_eq!(membership(&cluster, n(1)).voters, set(&[1, 2, 3, 4]));
}

#[test]
fn a_second_change_is_refused_while_one_is_under_way() {
    let mut cluster = led(5, 3, |_| {});
    cluster.change(n(1), 0, Change::Add(n(4)));
    cluster.change(n(1), 1, Change::Add(n(5)));
    assert_eq!(refusal(&cluster), Some(ChangeRefusal::UnderWay { index: Index(2) }));
    rounds(&mut cluster, 2);
    cluster.change(n(1), 2, Change::Joint { voters: set(&[1, 2, 5]), learners: set(&[]) });
    cluster.change(n(1), 3, Change::Remove(n(3)));
    assert_eq!(refusal(&cluster), Some(ChangeRefusal::UnderWay { index: Index(3) }));
}

#[test]
fn a_change_that_leaves_no_voter_or_changes_nothing_is_refused() {
    let mut cluster = led(1, 1, |_| {});
    for (change, why) in [
        (Change::Remove(n(1)), ChangeRefusal::NoVoters),
        (Change::AddLearner(n(1)), ChangeRefusal::NoVoters),
        (Change::Joint { voters: set(&[]), learners: set(&[1]) }, ChangeRefusal::NoVoters),
        (Change::Add(n(1)), ChangeRefusal::NoChange),
        (Change::Remove(n(2)), ChangeRefusal::NoChange),
        (Change::Joint { voters: set(&[1]), learners: set(&[]) }, ChangeRefusal::NoChange),
    ] {
        cluster.change(n(1), 0, change);
        assert_eq!(refusal(&cluster), Some(why), "{change:?}");
    }
}

#[test]
fn a_server_that_does_not_lead_refuses_a_change() {
    let mut cluster = led(3, 3, |_| {});
    cluster.change(n(2), 0, Change::Remove(n(3)));
    let refused = Refusal::NotLeader { leader: Some(n(1)), term: T1 };
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Refused(refused))]);
}

#[test]
fn learners_receive_the_log_and_count_for_nothing() {
    let mut cluster = led(5, 3, |config| config.learners = set(&[4, 5]));
    cluster.request(n(1), 0, 10);
    cluster.settle(set(&[1, 4, 5]));
    assert_eq!(cluster.server(n(4)).log().last(), id(2, 1));
    assert_eq!(cluster.server(n(1)).commit_index(), Index(1), "one voter of three has it");
    rounds(&mut cluster, 2);
    assert_eq!(cluster.server(n(4)).commit_index(), Index(2));
}

/// etcd: TestLearnerElectionTimeout.
#[test]
fn learners_do_not_stand_for_election() {
    let mut cluster = led(3, 2, |config| config.learners = set(&[3]));
    assert!(cluster.timers.contains(&(n(2), Timer::Election)));
    assert!(!cluster.timers.contains(&(n(3), Timer::Election)));
    cluster.crash(n(3), 0);
    cluster.restart(n(3));
    assert!(!cluster.timers.contains(&(n(3), Timer::Election)), "nor after a restart");
}

/// etcd: TestLearnerCanVote. The candidate may know a configuration in which the learner is a voter.
#[test]
fn learners_answer_a_candidate_but_a_candidate_does_not_count_them() {
    let mut cluster = world(3, 2, |config| config.learners = set(&[3]));
    cluster.tell(n(2), n(3), Message::RequestVote { term: T1, last: EntryId::default(), transfer: false });
    let answer = cluster.take(|flying| flying.to == n(2)).pop().map(|flying| flying.message);
    assert_eq!(answer, Some(Message::Vote { term: T1, granted: true }));
    cluster.fire(n(2), Timer::Election);
    assert!(cluster.take(|flying| flying.to == n(3)).is_empty(), "it does not ask them");
    cluster.tell(n(3), n(2), answer.expect("an answer"));
    assert!(!cluster.server(n(2)).is_leader(), "its own vote and a learner's");
}

/// etcd: TestLearnerPromotion, with thesis §4.2.1: first it catches up.
#[test]
fn learners_become_voters_when_they_have_caught_up() {
    let mut cluster = led(4, 3, |config| config.switches.learners_first = true);
    cluster.change(n(1), 0, Change::Add(n(4)));
    assert_eq!(refusal(&cluster), Some(ChangeRefusal::NotCaughtUp { server: n(4) }));
    cluster.change(n(1), 1, Change::AddLearner(n(4)));
    cluster.settle(set(&[1, 2, 3]));
    cluster.change(n(1), 2, Change::Add(n(4)));
    assert_eq!(refusal(&cluster), Some(ChangeRefusal::NotCaughtUp { server: n(4) }), "it has not heard of it");
    rounds(&mut cluster, 2);
    cluster.change(n(1), 3, Change::Add(n(4)));
    rounds(&mut cluster, 2);
    assert_eq!(membership(&cluster, n(4)), Membership::simple(set(&[1, 2, 3, 4]), set(&[])));
    assert!(cluster.timers.contains(&(n(4), Timer::Election)), "from now on it may stand");
    cluster.elect(n(4), set(&[2, 3, 4]));
}

/// A new server is brought up by a snapshot like any other that needs what is compacted.
#[test]
fn learners_are_restored_from_a_snapshot() {
    let mut cluster = led(4, 3, |_| {});
    cluster.request(n(1), 0, 10);
    cluster.settle(all(&cluster));
    cluster.compact(n(1));
    cluster.change(n(1), 1, Change::AddLearner(n(4)));
    rounds(&mut cluster, 2);
    let learner = cluster.server(n(4));
    assert_eq!(learner.snapshot().map(|snapshot| (snapshot.last, snapshot.state)), Some((id(2, 1), Some(10))));
    assert_eq!(learner.membership().learners, set(&[4]));
}

#[test]
fn a_voter_that_becomes_a_learner_gives_up_its_election_timer() {
    let mut cluster = led(3, 3, |_| {});
    cluster.change(n(1), 0, Change::AddLearner(n(3)));
    rounds(&mut cluster, 2);
    assert_eq!(membership(&cluster, n(3)), Membership::simple(set(&[1, 2]), set(&[3])));
    assert!(!cluster.timers.contains(&(n(3), Timer::Election)));
}

/// §6: with a joint configuration every decision takes both majorities.
#[test]
fn a_joint_configuration_takes_a_majority_of_each_half() {
    let change = Change::Joint { voters: set(&[1, 4, 5]), learners: set(&[]) };
    for (reached, commits) in [(set(&[1, 2, 3]), false), (set(&[1, 4, 5]), false), (set(&[1, 2, 4]), true)] {
        let mut cluster = led(5, 3, |_| {});
        cluster.change(n(1), 0, change);
        let joint = Membership { voters: set(&[1, 4, 5]), outgoing: set(&[1, 2, 3]), learners: set(&[]) };
        assert_eq!(membership(&cluster, n(1)), joint);
        cluster.settle(reached);
        assert_eq!(cluster.server(n(1)).commit_index() >= Index(2), commits, "{reached}");
    }
}

#[test]
fn a_candidate_with_a_joint_configuration_needs_a_majority_of_each_half() {
    for (voters, wins) in
        [(set(&[2, 3]), false), (set(&[2, 4, 5]), false), (set(&[2, 3, 4]), false), (set(&[2, 3, 4, 5]), true)]
    {
        let mut cluster = led(5, 3, |_| {});
        cluster.change(n(1), 0, Change::Joint { voters: set(&[1, 4, 5]), learners: set(&[]) });
        cluster.settle(set(&[1, 2]));
        assert!(membership(&cluster, n(2)).is_joint());
        cluster.fire(n(2), Timer::Election);
        cluster.settle(voters);
        // As a leader it ends the change, in which it loses its vote, so it may have stepped down already.
        let won =
            cluster.notes_of(n(2)).iter().any(|note| matches!(note, Note::Election(ElectionNote::BecameLeader { .. })));
        assert_eq!(won, wins, "{voters}");
    }
}

#[test]
fn a_leader_leaves_the_joint_configuration_when_it_is_committed() {
    let mut cluster = led(5, 3, |_| {});
    cluster.change(n(1), 0, Change::Joint { voters: set(&[1, 4, 5]), learners: set(&[2]) });
    rounds(&mut cluster, 3);
    let target = Membership::simple(set(&[1, 4, 5]), set(&[2]));
    for server in [1, 2, 4, 5] {
        assert_eq!(membership(&cluster, n(server)), target, "n{server}");
        assert_eq!(cluster.server(n(server)).commit_index(), Index(3));
    }
    assert_eq!(cluster.server(n(1)).followers(), set(&[2, 4, 5]), "n3 is out");
    let done = Response::Committed { index: Index(2), term: T1 };
    assert_eq!(cluster.replies, [(RequestId(0), Answer::Done(done))]);
}

/// §6, second issue: it manages a cluster that does not include it, and does not count itself.
#[test]
fn a_leader_that_is_removed_leads_without_counting_itself_until_that_is_committed_then_steps_down() {
    let mut cluster = led(3, 3, |_| {});
    cluster.change(n(1), 0, Change::Remove(n(1)));
    cluster.settle(set(&[1, 2]));
    assert!(cluster.server(n(1)).is_leader());
    assert_eq!(cluster.server(n(1)).commit_index(), Index(1), "n2 is one of {{n2, n3}}");
    rounds(&mut cluster, 1);
    let server = cluster.server(n(1));
    assert_eq!((server.role(), server.commit_index()), (&Role::Follower { leader: None }, Index(2)));
    assert!(!cluster.timers.iter().any(|(id, _)| *id == n(1)), "it waits for nothing");
    assert_eq!(cluster.replies.len(), 1);
    cluster.elect(n(2), set(&[2, 3]));
}

/// Thesis §4.2.2, Figure 4.6: n1 holds the removal of itself, which n2 has not; only n1 can be elected.
#[test]
fn a_server_that_is_being_removed_may_be_the_only_one_that_can_lead() {
    let mut cluster = led(2, 2, |_| {});
    cluster.change(n(1), 0, Change::Remove(n(1)));
    cluster.crash(n(1), 0);
    cluster.network.clear();
    cluster.restart(n(1));
    cluster.fire(n(2), Timer::Election);
    cluster.settle(set(&[1, 2]));
    assert!(!cluster.server(n(2)).is_leader(), "n1's log is longer");
    cluster.fire(n(1), Timer::Election);
    cluster.settle(set(&[1, 2]));
    let told = cluster.notes_of(n(1));
    let votes = told.iter().find_map(|note| match note {
        Note::Election(ElectionNote::BecameLeader { votes, .. }) => Some(*votes),
        _ => None,
    });
    assert!(votes.is_some_and(|votes| votes.contains(n(2))), "its own vote does not count: {votes:?}");
    assert!(
        told.contains(&Note::Membership(MembershipNote::Retired { term: T3, index: Index(2) })),
        "the removal is committed"
    );
    cluster.elect(n(2), set(&[2]));
}

/// Who learns that it is removed does not disturb the others (§6, third issue).
#[test]
fn a_removed_server_is_told_so_once_and_stays_quiet() {
    let mut cluster = led(3, 3, |_| {});
    cluster.change(n(1), 0, Change::Remove(n(3)));
    cluster.settle(all(&cluster));
    assert_eq!(cluster.server(n(3)).commit_index(), Index(2), "the last message carries the commit");
    assert!(!cluster.timers.contains(&(n(3), Timer::Election)));
    cluster.fire(n(1), Timer::Heartbeat);
    assert!(cluster.take(|flying| flying.to == n(3)).is_empty());
    let (result, round) = (AppendResult::Matched { up_to: Index(2) }, Round::default());
    let late = Message::AppendReply { term: T1, result, round };
    cluster.tell(n(3), n(1), late);
    let ignored = Note::ReplyIgnored { from: n(3), message: "AppendReply", why: Ignored::NotMember };
    assert_eq!(cluster.notes_of(n(1)).last(), Some(&ignored));
}

/// What a schedule may do with the messages of one step of a change.
#[derive(Clone, Copy, Debug)]
struct Fault {
    /// After so many deliveries the leader crashes.
    after: usize,
    /// Of its unsynced writes so many reach the disk.
    kept: usize,
    /// Whether what was under way is lost.
    loses: bool,
    /// Who is the next to run out of patience.
    next: NodeId,
    /// Whether the old leader comes back before the next one asks for votes, or after it has been elected.
    back_early: bool,
}

/// Never two majorities: no two servers, each by its own configuration, could be elected by groups that share nobody. A server
/// votes for whose log is not behind its own (§5.4.1); one that is down has what its disk has.
fn no_two_majorities(cluster: &Cluster) {
    let restarted = |id: NodeId| Raft::with_state(*cluster.server(id).config(), cluster.disks[id.index()].clone());
    let as_it_is = |id: NodeId| if cluster.up.contains(id) { cluster.server(id).clone() } else { restarted(id) };
    let servers: Vec<Server> = all(cluster).iter().map(as_it_is).collect();
    let voters_for = |candidate: &Server| -> NodeSet {
        servers.iter().filter(|voter| voter.log().last() <= candidate.log().last()).map(Raft::id).collect()
    };
    let candidates = servers.iter().filter(|server| server.may_stand());
    let stand: Vec<_> = candidates.map(|server| (server, *server.membership(), voters_for(server))).collect();
    for (place, (one, members, voters)) in stand.iter().enumerate() {
        for (other, other_members, other_voters) in &stand[place + 1..] {
            for group in subsets(*voters).filter(|group| members.has_quorum(*group)) {
                let rest = other_voters.difference(group);
                assert!(
                    !other_members.has_quorum(rest),
                    "{} could be elected by {group}, {} by {rest}",
                    one.id(),
                    other.id()
                );
            }
        }
    }
}

fn subsets(of: NodeSet) -> impl Iterator<Item = NodeSet> {
    let members: Vec<NodeId> = of.iter().collect();
    let chosen = |bits: u32, place: usize| bits >> place & 1 == 1;
    (0..1u32 << members.len())
        .map(move |bits| (0..members.len()).filter(|place| chosen(bits, *place)).map(|place| members[place]).collect())
}

/// Straight from one set of voters to the other, as nobody should (§6, Figure 10): two majorities.
#[test]
#[should_panic(expected = "could be elected by")]
fn without_a_joint_configuration_there_are_two_majorities() {
    let mut cluster = led(5, 3, |_| {});
    let direct = Payload::Config(Membership::simple(set(&[3, 4, 5]), set(&[])));
    cluster.event(n(1), |server, out| server.append(direct, None, out));
    cluster.settle(set(&[1, 4, 5]));
    no_two_majorities(&cluster);
}

/// n1 leads {n1, n2, n3} to {n3, n4, n5}, which does not include it; crashes once; somebody else takes over and goes on. After
/// every event nobody could find a second majority, and the ghost would see two leaders in a term or an entry committed that a
/// leader lacks. None if the change is over before the crash would come.
fn joint_change_with_a_crash(fault: Fault) -> Option<Cluster> {
    let mut cluster = led(5, 3, |_| {});
    cluster.syncs = false;
    cluster.holds = no_two_majorities;
    cluster.change(n(1), 0, Change::Joint { voters: set(&[3, 4, 5]), learners: set(&[]) });
    for _ in 0..fault.after {
        if cluster.network.is_empty() {
            cluster.sync(n(1));
        }
        if cluster.network.is_empty() {
            return None;
        }
        let InFlight { from, to, message } = cluster.network.remove(0);
        cluster.tell(from, to, message);
        if to != n(1) {
            cluster.sync(to);
        }
    }
    if fault.loses {
        cluster.network.clear();
    }
    cluster.crash(n(1), fault.kept);
    cluster.syncs = true;
    if fault.back_early {
        cluster.restart(n(1));
    }
    for round in 0..12 {
        // Whoever is asked first may be unable to win; then the others try, as their timers would make them.
        let waiting: Vec<_> =
            cluster.timers.iter().filter(|(_, timer)| *timer == Timer::Election).map(|(id, _)| *id).collect();
        let candidate =
            if round == 0 && waiting.contains(&fault.next) { fault.next } else { waiting[round % waiting.len()] };
        cluster.fire(candidate, Timer::Election);
        cluster.settle(all(&cluster));
        if cluster.up.iter().any(|id| cluster.server(id).is_leader()) {
            break;
        }
    }
    if !fault.back_early {
        cluster.restart(n(1));
    }
    cluster.fire_heartbeats();
    cluster.fire_heartbeats();
    Some(cluster)
}

impl Cluster {
    /// All who take themselves for leaders send heartbeats, and everything arrives.
    fn fire_heartbeats(&mut self) {
        let leaders: Vec<_> = self.timers.iter().filter(|(_, timer)| *timer == Timer::Heartbeat).copied().collect();
        for (id, timer) in leaders {
            if self.timers.contains(&(id, timer)) {
                self.fire(id, timer);
                self.settle(all(self));
            }
        }
    }
}

/// §6, with the leader crashing at every step of the change: before anything has left, after each message, with each part of
/// its unsynced writes kept; whoever takes over. Either the change is lost as a whole, or the next leader ends it.
#[test]
fn a_joint_change_survives_a_crash_of_the_leader_at_every_step() {
    let (mut steps, mut ended, mut lost) = (0, 0, 0);
    for (kept, next) in (0..4).flat_map(|kept| (2..=5).map(move |next| (kept, n(next)))) {
        for (loses, back_early) in [(false, false), (false, true), (true, false), (true, true)] {
            for after in 0.. {
                let fault = Fault { after, kept, loses, next, back_early };
                let Some(cluster) = joint_change_with_a_crash(fault) else { break };
                steps = steps.max(after);
                cluster.assert_safe();
                let leader = cluster.up.iter().find(|id| cluster.server(*id).is_leader());
                let members = membership(&cluster, leader.unwrap_or_else(|| panic!("{fault:?}: nobody leads")));
                assert!(!members.is_joint(), "{fault:?}: the change has not ended");
                match members.voters {
                    voters if voters == set(&[3, 4, 5]) => ended += 1,
                    voters if voters == set(&[1, 2, 3]) => lost += 1,
                    voters => panic!("{fault:?}: {voters}"),
                }
            }
        }
    }
    assert!(steps > 10 && ended > 100 && lost > 20, "{steps} steps: {ended} ended, {lost} lost");
    assert_eq!(ended + lost, 4 * 4 * 4 * (steps + 1), "each kind of crash at each step");
}

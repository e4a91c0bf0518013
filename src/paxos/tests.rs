//! The rules one by one, then random schedules with everything that may go wrong.

use super::harness::{Cluster, config};
use super::*;
use crate::node::Effect;
use crate::test_cluster::Dice;

const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);

/// Acceptor `n`, counted from 1, in a cluster with two proposers.
fn a(n: u8) -> NodeId {
    NodeId(n + 1)
}

fn ballot(round: u32, proposer: NodeId) -> Ballot {
    Ballot { round, proposer }
}

fn proposal(round: u32, proposer: NodeId, value: &str) -> Proposal {
    Proposal { ballot: ballot(round, proposer), value: value.into() }
}

/// Lets `proposer`, whose Prepares are ready to leave, be promised by `acceptors`.
fn promised_by(cluster: &mut Cluster, proposer: NodeId, acceptors: &[NodeId]) {
    cluster.sync(proposer).unwrap();
    for &acceptor in acceptors {
        cluster.pass("Prepare", proposer, acceptor);
        cluster.pass("Promise", acceptor, proposer);
    }
}

fn acceptor(cluster: &Cluster, id: NodeId) -> &Acceptor {
    cluster.nodes[id.index()].acceptor().unwrap()
}

fn proposer(cluster: &Cluster, id: NodeId) -> &Proposer {
    cluster.nodes[id.index()].proposer().unwrap()
}

#[test]
fn ballots_are_ordered_by_round_and_then_by_proposer() {
    let ordered = [ballot(1, P1), ballot(1, P2), ballot(2, P1), ballot(2, P2), ballot(10, P1)];
    assert!(ordered.is_sorted());
    assert_eq!(ballot(2, P1).to_string(), "2.p1");
    assert_eq!(proposal(2, P1, "blue").to_string(), "(2.p1, blue)");
}

#[test]
fn a_lone_proposer_gets_its_value_chosen_by_3_5_and_7_acceptors() {
    for acceptors in [3, 5, 7] {
        let mut cluster = Cluster::new(1, acceptors);
        let request = cluster.propose(P1, "blue");
        cluster.settle();
        let chosen = Chosen { ballot: ballot(1, P1), value: "blue".into() };
        assert_eq!(cluster.replies, [(request, Answer::Done(chosen))]);
        assert_eq!(cluster.ghost.chosen(), Some(&proposal(1, P1, "blue")));
        assert_eq!(cluster.nodes[0].learner().unwrap().tallies().len(), 1);
        assert!(cluster.timers.is_empty(), "nothing is left to wait for: {:?}", cluster.timers);
    }
}

#[test]
fn nodes_in_all_three_roles_choose_too() {
    let mut cluster = Cluster::combined(3);
    cluster.propose(NodeId(2), "blue");
    cluster.settle();
    for node in &cluster.nodes {
        assert_eq!(node.chosen(), Some(&proposal(1, NodeId(2), "blue")));
    }
}

#[test]
fn a_proposer_that_is_no_learner_counts_the_acceptances_of_its_own_ballot() {
    let mut cluster = Cluster::of((0..4).map(|id| Config { learners: NodeSet::EMPTY, ..config(1, 3, NodeId(id)) }));
    cluster.propose(P1, "blue");
    cluster.settle();
    assert_eq!(cluster.nodes[0].chosen(), Some(&proposal(1, P1, "blue")));
}

/// §2.2, P1b: "it responds to the request with a promise not to accept any more proposals numbered less than n".
#[test]
fn an_acceptor_that_promised_refuses_lower_ballots_and_names_the_higher() {
    let mut cluster = Cluster::new(2, 3);
    cluster.propose(P1, "blue");
    cluster.propose(P2, "red");
    cluster.sync(P1).unwrap();
    promised_by(&mut cluster, P2, &[a(1)]);
    cluster.pass("Prepare", P1, a(1));
    let refusal = cluster.take("Nack", a(1), P1).message;
    assert_eq!(refusal, Message::Nack { ballot: ballot(1, P1), promised: ballot(1, P2) });
    assert_eq!(acceptor(&cluster, a(1)).promised(), Some(ballot(1, P2)));
}

/// §2.2, P1a: "An acceptor can accept a proposal numbered n iff it has not responded to a prepare request having a number
/// greater than n."
#[test]
fn an_acceptor_accepts_at_its_promise_and_above_and_refuses_below() {
    let mut cluster = Cluster::new(2, 3);
    cluster.propose(P1, "blue");
    promised_by(&mut cluster, P1, &[a(1), a(2)]);
    cluster.propose(P2, "red");
    promised_by(&mut cluster, P2, &[a(2)]);
    cluster.pass("Accept", P1, a(1));
    cluster.pass("Accept", P1, a(2));
    cluster.pass("Accept", P1, a(3));
    let blue = proposal(1, P1, "blue");
    assert_eq!(acceptor(&cluster, a(1)).accepted(), Some(&blue));
    assert_eq!(acceptor(&cluster, a(2)).accepted(), None, "it had promised 1.p2");
    assert_eq!(acceptor(&cluster, a(3)).accepted(), Some(&blue), "it had promised nothing");
    assert_eq!(acceptor(&cluster, a(3)).promised(), Some(ballot(1, P1)), "accepting is promising");
}

/// §2.2, P2c: "v is the value of the highest-numbered proposal among the responses".
#[test]
fn a_proposer_must_push_the_highest_numbered_proposal_that_its_quorum_reports() {
    let mut cluster = Cluster::new(2, 5);
    cluster.propose(P1, "blue");
    promised_by(&mut cluster, P1, &[a(1), a(2), a(3)]);
    cluster.pass("Accept", P1, a(1));
    // p2 hears only of acceptors that accepted nothing, and is free to propose red.
    cluster.propose(P2, "red");
    promised_by(&mut cluster, P2, &[a(3), a(4), a(5)]);
    cluster.pass("Accept", P2, a(4));
    // p1 hears of both and wanted blue; red has the higher ballot.
    cluster.fire(P1, Timer::Retry).unwrap();
    promised_by(&mut cluster, P1, &[a(1), a(2)]);
    assert_eq!(proposer(&cluster, P1).highest_report(), Some((&proposal(1, P1, "blue"), a(1))));
    promised_by(&mut cluster, P1, &[a(4)]);
    let Phase::Accepting { proposal: pushed, forced_by, .. } = proposer(&cluster, P1).phase() else { panic!() };
    assert_eq!(*pushed, proposal(2, P1, "red"));
    assert_eq!(*forced_by, Some(proposal(1, P2, "red")));
    cluster.settle();
    assert_eq!(cluster.ghost.chosen().unwrap().value, "red".into());
}

/// §2.4: "it's easy to construct a scenario in which two proposers each keep issuing a sequence of proposals with
/// increasing numbers, none of which are ever chosen".
#[test]
fn duelling_proposers_can_outbid_each_other_for_ever() {
    let mut cluster = Cluster::new(2, 3);
    cluster.propose(P1, "blue");
    cluster.propose(P2, "red");
    promised_by(&mut cluster, P1, &[a(1), a(2)]);
    let (mut late, mut early) = (P1, P2);
    for _ in 0..100 {
        promised_by(&mut cluster, early, &[a(1), a(2)]);
        for acceptor in [a(1), a(2)] {
            cluster.pass("Accept", late, acceptor);
            cluster.pass("Nack", acceptor, late);
        }
        cluster.fire(late, Timer::BackOff).unwrap();
        assert!(proposer(&cluster, late).ballot() > proposer(&cluster, early).ballot());
        (late, early) = (early, late);
    }
    assert!(cluster.ghost.accepted().is_empty());
    // One of them alone gets through at once.
    cluster.settle();
    assert!(cluster.ghost.chosen().is_some());
}

#[test]
fn a_proposer_abandons_its_ballot_when_no_quorum_is_left_and_passes_the_one_that_beat_it() {
    let mut cluster = Cluster::new(2, 5);
    cluster.propose(P1, "blue");
    promised_by(&mut cluster, P1, &[a(1), a(2), a(3)]);
    cluster.propose(P2, "red");
    cluster.fire(P2, Timer::Retry).unwrap();
    promised_by(&mut cluster, P2, &[a(1), a(2), a(3)]);
    for refusing in [a(1), a(2)] {
        cluster.pass("Accept", P1, refusing);
        cluster.pass("Nack", refusing, P1);
        assert!(matches!(proposer(&cluster, P1).phase(), Phase::Accepting { .. }), "three may still accept");
    }
    cluster.pass("Accept", P1, a(3));
    cluster.pass("Nack", a(3), P1);
    assert!(matches!(proposer(&cluster, P1).phase(), Phase::BackingOff { .. }));
    assert_eq!(cluster.timers.iter().filter(|(id, _)| *id == P1).collect::<Vec<_>>(), [&(P1, Timer::BackOff)]);
    cluster.fire(P1, Timer::BackOff).unwrap();
    assert_eq!(proposer(&cluster, P1).ballot(), Some(ballot(3, P1)), "p2 was at round 2");
}

#[test]
fn doubled_and_late_messages_count_once_or_not_at_all() {
    let mut cluster = Cluster::new(2, 5);
    cluster.propose(P1, "blue");
    cluster.sync(P1).unwrap();
    cluster.pass("Prepare", P1, a(1));
    let promise = cluster.take("Promise", a(1), P1);
    for _ in 0..5 {
        cluster.deliver(promise.clone()).unwrap();
    }
    let Phase::Preparing { promises, .. } = proposer(&cluster, P1).phase() else { panic!("one promise, five times") };
    assert_eq!(promises.len(), 1);
    // A higher ballot starts with no promise, and those of the lower do not help it.
    cluster.pass("Prepare", P1, a(2));
    cluster.pass("Prepare", P1, a(3));
    cluster.fire(P1, Timer::Retry).unwrap();
    for late in [a(2), a(3)] {
        cluster.pass("Promise", late, P1);
    }
    let Phase::Preparing { ballot: current, promises, .. } = proposer(&cluster, P1).phase() else { panic!() };
    assert_eq!((*current, promises.len()), (ballot(2, P1), 0));
    promised_by(&mut cluster, P1, &[a(1), a(2), a(3)]);
    cluster.pass("Accept", P1, a(1));
    let accepted = cluster.take("Accepted", a(1), P1);
    for _ in 0..5 {
        cluster.deliver(accepted.clone()).unwrap();
    }
    assert_eq!(cluster.nodes[0].chosen(), None, "one acceptance, five times");
}

/// What does not count leaves word of why: the learner tells of copies, the proposer of what it has done with.
#[test]
fn what_counts_no_more_says_why() {
    let mut cluster = Cluster::new(1, 3);
    let acceptors = [NodeId(1), NodeId(2), NodeId(3)];
    let latest = |cluster: &Cluster| cluster.notes.last().expect("something happened").1.clone();
    let ignored = |kind, ballot, why| Note::Ignores { kind, from: acceptors[0], ballot, why };
    cluster.propose(P1, "blue");
    cluster.sync(P1).unwrap();
    cluster.pass("Prepare", P1, acceptors[0]);
    let late = cluster.take("Promise", acceptors[0], P1);
    cluster.fire(P1, Timer::Retry).unwrap();
    cluster.sync(P1).unwrap();
    cluster.pass("Prepare", P1, acceptors[0]);
    let promise = cluster.take("Promise", acceptors[0], P1);
    cluster.deliver(promise.clone()).unwrap();
    cluster.deliver(promise.clone()).unwrap();
    assert_eq!(latest(&cluster), ignored("Promise", ballot(2, P1), Why::Duplicate));
    promised_by(&mut cluster, P1, &acceptors[1..2]);
    cluster.deliver(promise).unwrap();
    assert_eq!(latest(&cluster), ignored("Promise", ballot(2, P1), Why::PhaseOver));
    cluster.deliver(late).unwrap();
    assert_eq!(latest(&cluster), ignored("Promise", ballot(1, P1), Why::OlderBallot(ballot(2, P1))));
    cluster.pass("Accept", P1, acceptors[0]);
    let accepted = cluster.take("Accepted", acceptors[0], P1);
    cluster.deliver(accepted.clone()).unwrap();
    cluster.deliver(accepted).unwrap();
    assert_eq!(latest(&cluster), ignored("Accepted", ballot(2, P1), Why::Duplicate));
}

/// A proposer that is an acceptor, too, asks itself without the network: what it says to itself it says by way of its disk,
/// which is never late and loses nothing. To others it speaks at once.
#[test]
fn what_a_node_tells_itself_does_not_cross_the_network() {
    let all = NodeSet::first(3);
    let mut node = Paxos::new(Config { proposers: all, acceptors: all, learners: all, ..config(1, 1, P1) });
    let at = Clocks::default();
    let mut out = Effects::without_notes();
    node.on_request(RequestId(1), Request::Propose("blue".into()), at, &mut out);
    for from in [NodeId(1), NodeId(2)] {
        node.on_message(from, Message::Promise { ballot: ballot(1, P1), accepted: None }, at, &mut out);
    }
    let sent = out.as_slice().iter().filter_map(|effect| match effect {
        Effect::Send { to, message: Message::Accept { .. }, after_sync } => Some((*to, *after_sync)),
        _ => None,
    });
    assert_eq!(sent.collect::<Vec<_>>(), [(P1, true), (NodeId(1), false), (NodeId(2), false)]);
}

/// §2.5: an acceptor "records its intended response in stable storage before actually sending the response".
#[test]
fn neither_promise_nor_acceptance_leaves_before_the_sync() {
    let mut cluster = Cluster::new(1, 3);
    cluster.propose(P1, "blue");
    assert!(cluster.flights.is_empty(), "a Prepare waits until the round is durable");
    cluster.sync(P1).unwrap();
    let acceptor_id = NodeId(1);
    let prepare = cluster.take("Prepare", P1, acceptor_id);
    cluster.deliver(prepare).unwrap();
    assert!(cluster.flights.iter().all(|flight| flight.from == P1));
    assert_eq!(cluster.crash(acceptor_id, 0).unwrap(), 1);
    assert_eq!(acceptor(&cluster, acceptor_id).promised(), None, "nobody had heard of that promise");
    promised_by(&mut cluster, P1, &[NodeId(2), NodeId(3)]);
    let accept = cluster.take("Accept", P1, NodeId(2));
    cluster.deliver(accept).unwrap();
    assert!(cluster.flights.iter().all(|flight| flight.from == P1));
    cluster.sync(NodeId(2)).unwrap();
    cluster.crash(NodeId(2), 0).unwrap();
    assert_eq!(acceptor(&cluster, NodeId(2)).accepted(), Some(&proposal(1, P1, "blue")));
}

#[test]
fn a_restarted_proposer_uses_no_ballot_twice() {
    let mut cluster = Cluster::new(1, 3);
    cluster.propose(P1, "blue");
    promised_by(&mut cluster, P1, &[NodeId(1), NodeId(2)]);
    cluster.crash(P1, 0).unwrap();
    assert_eq!(*proposer(&cluster, P1).phase(), Phase::Idle, "what its client wanted is forgotten");
    cluster.propose(P1, "green");
    assert_eq!(proposer(&cluster, P1).ballot(), Some(ballot(2, P1)));
    cluster.settle();
    assert!(cluster.ghost.chosen().is_some());
}

#[test]
fn clients_hear_what_was_chosen_or_why_not() {
    let mut cluster = Cluster::new(2, 3);
    let blue = cluster.propose(P1, "blue");
    let green = cluster.propose(P1, "green");
    let red = cluster.propose(a(1), "red");
    cluster.settle();
    let late = cluster.propose(P1, "yellow");
    let chosen = Answer::Done(proposal(1, P1, "blue").into());
    assert_eq!(
        cluster.replies,
        [
            (green, Answer::Refused(Refusal::AlreadyProposing { value: "blue".into() })),
            (red, Answer::Refused(Refusal::NoProposer)),
            (blue, chosen.clone()),
            (late, chosen),
        ]
    );
}

/// What a random schedule came across.
#[derive(Default)]
struct Seen {
    chosen: usize,
    abandoned: usize,
    pushed_another: usize,
    lost_unsynced: usize,
    rechosen: usize,
}

fn random_schedule(seed: u64, steps: usize) -> (Cluster, Seen) {
    let mut dice = Dice(seed);
    let proposers = 1 + dice.below(3);
    let mut cluster = if dice.below(4) == 0 {
        Cluster::combined(3 + 2 * dice.below(2))
    } else {
        Cluster::new(proposers, 3 + 2 * dice.below(3))
    };
    let mut seen = Seen::default();
    for step in 0..steps {
        let id = NodeId(dice.below(cluster.nodes.len()) as u8);
        let result = match dice.below(100) {
            0..52 if !cluster.flights.is_empty() => {
                let flight = cluster.flights.swap_remove(dice.below(cluster.flights.len()));
                let local = flight.from == flight.to;
                match dice.below(20) {
                    0..2 if !local => Ok(()),
                    2..4 if !local => {
                        cluster.flights.push(flight.clone());
                        cluster.deliver(flight)
                    }
                    _ => cluster.deliver(flight),
                }
            }
            52..92 => cluster.sync(id),
            92..95 if !cluster.timers.is_empty() => {
                let (id, timer) = *cluster.timers.iter().nth(dice.below(cluster.timers.len())).unwrap();
                cluster.fire(id, timer)
            }
            95 => {
                let kept = dice.below(3);
                cluster.crash(id, kept).map(|lost| seen.lost_unsynced += lost)
            }
            96..98 => {
                cluster.propose(id, ["blue", "red", "green", "yellow"][dice.below(4)]);
                Ok(())
            }
            _ => Ok(()),
        };
        result.unwrap_or_else(|violation| panic!("seed {seed}, step {step}: {violation:?}"));
    }
    for (_, note) in &cluster.notes {
        match note {
            Note::Proposer(ProposerNote::Abandons { .. }) => seen.abandoned += 1,
            Note::Proposer(ProposerNote::ProposesReported { wanted, proposal, .. }) => {
                seen.pushed_another += usize::from(*wanted != proposal.value);
            }
            _ => {}
        }
    }
    let quorum = cluster.nodes[0].config().clone();
    seen.rechosen =
        cluster.ghost.accepted().values().filter(|by| quorum.is_accept_quorum(**by)).count().saturating_sub(1);
    seen.chosen = usize::from(cluster.ghost.chosen().is_some());
    (cluster, seen)
}

/// All invariants hold after every step of schedules in which any message is delivered, lost or doubled, any node crashes
/// and loses what it had not synced. The counts prove that the schedules went through the places that matter.
#[test]
fn no_random_schedule_breaks_an_invariant() {
    let seeds = 300;
    let mut runs = [0; 5];
    for seed in 0..seeds {
        let (_, seen) = random_schedule(seed, 1_500);
        let counts = [seen.chosen, seen.abandoned, seen.pushed_another, seen.lost_unsynced, seen.rechosen];
        for (run, count) in runs.iter_mut().zip(counts) {
            *run += usize::from(count > 0);
        }
    }
    let what = ["chosen", "abandoned", "pushed another's value", "lost an unsynced write", "chosen under two ballots"];
    for (what, run) in what.iter().zip(runs) {
        assert!(3 * run >= seeds as usize, "only {run} of {seeds} runs: {what}; {runs:?}");
    }
}

/// §2.4: what one proposer starts alone comes to an end, whatever happened before.
#[test]
fn once_the_network_is_quiet_a_lone_proposer_learns_what_was_chosen() {
    for seed in 0..100 {
        let (mut cluster, _) = random_schedule(seed, 800);
        cluster.settle();
        let id = NodeId(0);
        cluster.propose(id, "late");
        cluster.settle();
        for _ in 0..5 {
            let timers: Vec<_> = cluster.timers.iter().copied().filter(|(of, _)| *of == id).collect();
            for (id, timer) in timers {
                cluster.fire(id, timer).unwrap();
                cluster.settle();
            }
        }
        assert!(matches!(proposer(&cluster, id).phase(), Phase::Decided { .. }), "seed {seed}: {:?}", cluster.nodes[0]);
    }
}

#[test]
fn equal_worlds_stay_equal() {
    let (one, other) = (random_schedule(7, 600).0, random_schedule(7, 600).0);
    assert_eq!((one.nodes, one.disks, one.notes), (other.nodes, other.disks, other.notes));
}

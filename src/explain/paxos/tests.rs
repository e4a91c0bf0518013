//! Every note happens, and becomes a sentence.

use std::collections::BTreeMap;

use super::*;
use crate::paxos::harness::{World, config};
use crate::paxos::{AcceptorNote, Config, Flaw, LearnerNote, ProposerNote, Timer, Trigger};

const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);

/// Acceptor `n`, counted from 1, in a world with two proposers.
fn a(n: u8) -> NodeId {
    NodeId(n + 1)
}

fn name(id: NodeId) -> String {
    if id.0 < 2 { format!("p{}", id.0 + 1) } else { format!("a{}", id.0 - 1) }
}

/// One number per kind of note. The compiler asks for a new arm when a kind is added, and [`KINDS`] for its number.
fn kind(note: &Note) -> usize {
    match note {
        Note::Starts { round: 0, promised: None, .. } => 0,
        Note::Starts { .. } => 1,
        Note::NoProposer => 2,
        Note::Ignores { why: Why::Duplicate, .. } => 3,
        Note::Ignores { why: Why::OlderBallot(_), .. } => 4,
        Note::Ignores { why: Why::PhaseOver, .. } => 5,
        Note::Ignores { why: Why::NoBallot, .. } => 6,
        Note::Proposer(note) => match note {
            ProposerNote::Prepares { trigger: Trigger::Asked, .. } => 7,
            ProposerNote::Prepares { trigger: Trigger::TimedOut, .. } => 8,
            ProposerNote::Prepares { trigger: Trigger::BackedOff, .. } => 9,
            ProposerNote::TimesOut { accepting: false, .. } => 10,
            ProposerNote::TimesOut { accepting: true, .. } => 11,
            ProposerNote::AlreadyProposing { .. } => 12,
            ProposerNote::AlreadyChosen { .. } => 13,
            ProposerNote::CountsPromise { late: None, .. } => 14,
            ProposerNote::CountsPromise { late: Some(_), .. } => 29,
            ProposerNote::ProposesOwn { ignored: None, .. } => 15,
            ProposerNote::ProposesOwn { ignored: Some(_), .. } => 30,
            ProposerNote::ProposesReported { .. } => 16,
            ProposerNote::CountsAccepted { .. } => 17,
            ProposerNote::HearsNack { .. } => 18,
            ProposerNote::Abandons { .. } => 19,
            ProposerNote::Decides { .. } => 20,
        },
        Note::Acceptor(note) => match note {
            AcceptorNote::Promises { .. } => 21,
            AcceptorNote::PromisesAgain { .. } => 22,
            AcceptorNote::RefusesPrepare { .. } => 23,
            AcceptorNote::Accepts { .. } => 24,
            AcceptorNote::AcceptsAgain { .. } => 25,
            AcceptorNote::RefusesAccept { .. } => 26,
        },
        Note::Learner(LearnerNote::Counts { .. }) => 27,
        Note::Learner(LearnerNote::Learns { .. }) => 28,
    }
}

const KINDS: usize = 31;

/// p1 alone: a doubled Prepare, a doubled Promise, a ballot given up, and acceptances said twice.
fn p1_begins(world: &mut World) {
    world.propose(P1, "blue");
    world.propose(P1, "green");
    world.propose(a(1), "red");
    world.sync(P1).unwrap();
    let prepare = world.take("Prepare", P1, a(1));
    world.deliver(prepare.clone()).unwrap();
    world.deliver(prepare).unwrap();
    world.sync(a(1)).unwrap();
    world.pass("Promise", a(1), P1);
    world.pass("Promise", a(1), P1);
    world.pass("Prepare", P1, a(2));
    world.fire(P1, Timer::Retry).unwrap();
    world.pass("Promise", a(2), P1);
    world.sync(P1).unwrap();
    for acceptor in [a(1), a(2), a(3), a(4)] {
        world.pass("Prepare", P1, acceptor);
        world.pass("Promise", acceptor, P1);
    }
    let accept = world.take("Accept", P1, a(1));
    world.deliver(accept.clone()).unwrap();
    world.deliver(accept).unwrap();
    world.sync(a(1)).unwrap();
    for learner in [P1, P1, P2] {
        world.pass("Accepted", a(1), learner);
    }
}

/// p2 outbids p1, learns of blue, and p1 is refused until it abandons its ballot.
fn p2_outbids(world: &mut World) {
    world.propose(P2, "red");
    world.sync(P2).unwrap();
    for acceptor in [a(1), a(2), a(3)] {
        world.pass("Prepare", P2, acceptor);
        world.pass("Promise", acceptor, P2);
    }
    world.pass("Prepare", P2, a(5));
    world.pass("Prepare", P1, a(5));
    for acceptor in [a(2), a(3), a(5)] {
        world.pass("Accept", P1, acceptor);
        world.pass("Nack", acceptor, P1);
    }
    world.pass("Nack", a(5), P1);
    world.fire(P1, Timer::BackOff).unwrap();
    world.fire(P2, Timer::Retry).unwrap();
    world.crash(a(1), 0).unwrap();
}

/// Every kind of note, from what really happened.
fn all_notes() -> Vec<(NodeId, Note)> {
    let mut world = World::new(2, 5);
    p1_begins(&mut world);
    p2_outbids(&mut world);
    world.settle();
    for _ in 0..10 {
        let Some((id, timer)) = world.timers.first().copied() else { break };
        world.fire(id, timer).unwrap();
        world.settle();
    }
    world.propose(P1, "yellow");
    world.notes.into_iter().chain(flawed_notes()).collect()
}

/// What no sound proposer does.
fn flawed_notes() -> impl Iterator<Item = (NodeId, Note)> {
    let world = |flaw| World::of((0..5).map(|id| Config { flaw: Some(flaw), ..config(2, 3, NodeId(id)) }));
    let promised = |world: &mut World, proposer| {
        for acceptor in [a(1), a(2)] {
            world.pass("Prepare", proposer, acceptor);
            world.pass("Promise", acceptor, proposer);
        }
    };
    let mut deaf = world(Flaw::AcceptedValueIgnored);
    for (proposer, value) in [(P1, "blue"), (P2, "red")] {
        deaf.propose(proposer, value);
        deaf.sync(proposer).unwrap();
        promised(&mut deaf, proposer);
        deaf.pass("Accept", proposer, a(1));
    }
    let mut hasty = world(Flaw::LatePromisesCounted);
    hasty.propose(P1, "blue");
    hasty.sync(P1).unwrap();
    hasty.pass("Prepare", P1, a(1));
    hasty.fire(P1, Timer::Retry).unwrap();
    hasty.pass("Promise", a(1), P1);
    deaf.notes.into_iter().chain(hasty.notes)
}

#[test]
fn every_note_happens_and_has_its_words() {
    let notes = all_notes();
    let mut seen = BTreeMap::new();
    for (node, note) in &notes {
        seen.entry(kind(note)).or_insert((*node, note));
        let (sentence, outcome) = (sentence(&name, *node, note), outcome(&name, *node, note));
        assert!(sentence.headline.contains(&name(*node)), "{sentence:?}");
        assert!(sentence.source.starts_with("Paxos Made Simple §2."), "{sentence:?}");
        assert!(outcome.contains(&name(*node)), "{outcome}");
        for text in [&sentence.headline, &sentence.reason, &outcome] {
            assert!(!text.contains("  ") && !text.contains("n3"), "{text}");
        }
    }
    let missing: Vec<usize> = (0..KINDS).filter(|kind| !seen.contains_key(kind)).collect();
    assert!(missing.is_empty() && seen.len() == KINDS, "kinds {missing:?} of note never happened");
}

/// The words of the page's list of what can happen next.
#[test]
fn outcomes_say_what_is_to_come_and_why() {
    let outcomes: Vec<String> = all_notes().iter().map(|(node, note)| outcome(&name, *node, note)).collect();
    for expected in [
        "a2 will refuse: it promised 3.p2",
        "a1 will promise and report (2.p1, blue)",
        "p1 will have 2 of 5 promises",
        "p2 will have to propose “blue”, not “red”",
        "a4 will accept “blue”",
    ] {
        assert!(outcomes.iter().any(|outcome| outcome == expected), "nothing reads: {expected}");
    }
}

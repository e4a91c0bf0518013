//! Every note happens, and becomes a sentence.

use std::collections::BTreeMap;

use super::*;
use crate::explain::said_once::compare_sentences;
use crate::paxos::harness::{Cluster, config};
use crate::paxos::{AcceptorNote, Config, Flaw, LearnerNote, ProposerNote, Timer, Trigger};
use crate::test_cluster::kinds_of_notes;

const P1: NodeId = NodeId(0);
const P2: NodeId = NodeId(1);

/// Acceptor `n`, counted from 1, in a cluster with two proposers.
fn a(n: u8) -> NodeId {
    NodeId(n + 1)
}

fn name(id: NodeId) -> String {
    if id.0 < 2 { format!("p{}", id.0 + 1) } else { format!("a{}", id.0 - 1) }
}

kinds_of_notes! {
    "starts empty": Note::Starts { round: 0, promised: None, .. },
    "starts again": Note::Starts { .. },
    "no proposer": Note::NoProposer,
    "ignores, duplicate": Note::Ignores { why: Why::Duplicate, .. },
    "ignores, older ballot": Note::Ignores { why: Why::OlderBallot(_), .. },
    "ignores, phase over": Note::Ignores { why: Why::PhaseOver, .. },
    "ignores, no ballot": Note::Ignores { why: Why::NoBallot, .. },
    "prepares, asked": Note::Proposer(ProposerNote::Prepares { trigger: Trigger::Asked, .. }),
    "prepares, timed out": Note::Proposer(ProposerNote::Prepares { trigger: Trigger::TimedOut, .. }),
    "prepares, backed off": Note::Proposer(ProposerNote::Prepares { trigger: Trigger::BackedOff, .. }),
    "times out in phase 1": Note::Proposer(ProposerNote::TimesOut { accepting: false, .. }),
    "times out in phase 2": Note::Proposer(ProposerNote::TimesOut { accepting: true, .. }),
    "already proposing": Note::Proposer(ProposerNote::AlreadyProposing { .. }),
    "already chosen": Note::Proposer(ProposerNote::AlreadyChosen { .. }),
    "counts a promise": Note::Proposer(ProposerNote::CountsPromise { late: None, .. }),
    "counts a late promise": Note::Proposer(ProposerNote::CountsPromise { late: Some(_), .. }),
    "proposes its own": Note::Proposer(ProposerNote::ProposesOwn { ignored: None, .. }),
    "proposes its own, deaf": Note::Proposer(ProposerNote::ProposesOwn { ignored: Some(_), .. }),
    "proposes what was reported": Note::Proposer(ProposerNote::ProposesReported { .. }),
    "counts an acceptance": Note::Proposer(ProposerNote::CountsAccepted { .. }),
    "hears a nack": Note::Proposer(ProposerNote::HearsNack { .. }),
    "abandons": Note::Proposer(ProposerNote::Abandons { .. }),
    "decides": Note::Proposer(ProposerNote::Decides { .. }),
    "promises": Note::Acceptor(AcceptorNote::Promises { .. }),
    "promises again": Note::Acceptor(AcceptorNote::PromisesAgain { .. }),
    "refuses a prepare": Note::Acceptor(AcceptorNote::RefusesPrepare { .. }),
    "accepts": Note::Acceptor(AcceptorNote::Accepts { .. }),
    "accepts again": Note::Acceptor(AcceptorNote::AcceptsAgain { .. }),
    "refuses an accept": Note::Acceptor(AcceptorNote::RefusesAccept { .. }),
    "learner counts": Note::Learner(LearnerNote::Counts { .. }),
    "learner learns": Note::Learner(LearnerNote::Learns { .. }),
}

/// p1 alone: a doubled Prepare, a doubled Promise, a ballot given up, and acceptances said twice.
fn p1_begins(cluster: &mut Cluster) {
    cluster.propose(P1, "blue");
    cluster.propose(P1, "green");
    cluster.propose(a(1), "red");
    cluster.sync(P1).unwrap();
    let prepare = cluster.take("Prepare", P1, a(1));
    cluster.deliver(prepare.clone()).unwrap();
    cluster.deliver(prepare).unwrap();
    cluster.sync(a(1)).unwrap();
    cluster.pass("Promise", a(1), P1);
    cluster.pass("Promise", a(1), P1);
    cluster.pass("Prepare", P1, a(2));
    cluster.fire(P1, Timer::Retry).unwrap();
    cluster.pass("Promise", a(2), P1);
    cluster.sync(P1).unwrap();
    for acceptor in [a(1), a(2), a(3), a(4)] {
        cluster.pass("Prepare", P1, acceptor);
        cluster.pass("Promise", acceptor, P1);
    }
    let accept = cluster.take("Accept", P1, a(1));
    cluster.deliver(accept.clone()).unwrap();
    cluster.deliver(accept).unwrap();
    cluster.sync(a(1)).unwrap();
    for learner in [P1, P1, P2] {
        cluster.pass("Accepted", a(1), learner);
    }
}

/// p2 outbids p1, learns of blue, and p1 is refused until it abandons its ballot.
fn p2_outbids(cluster: &mut Cluster) {
    cluster.propose(P2, "red");
    cluster.sync(P2).unwrap();
    for acceptor in [a(1), a(2), a(3)] {
        cluster.pass("Prepare", P2, acceptor);
        cluster.pass("Promise", acceptor, P2);
    }
    cluster.pass("Prepare", P2, a(5));
    cluster.pass("Prepare", P1, a(5));
    for acceptor in [a(2), a(3), a(5)] {
        cluster.pass("Accept", P1, acceptor);
        cluster.pass("Nack", acceptor, P1);
    }
    cluster.pass("Nack", a(5), P1);
    cluster.fire(P1, Timer::BackOff).unwrap();
    cluster.fire(P2, Timer::Retry).unwrap();
    cluster.crash(a(1), 0).unwrap();
}

/// Every kind of note, from what really happened.
fn all_notes() -> Vec<(NodeId, Note)> {
    let mut cluster = Cluster::new(2, 5);
    p1_begins(&mut cluster);
    p2_outbids(&mut cluster);
    cluster.settle();
    for _ in 0..10 {
        let Some((id, timer)) = cluster.timers.first().copied() else { break };
        cluster.fire(id, timer).unwrap();
        cluster.settle();
    }
    cluster.propose(P1, "yellow");
    cluster.notes.into_iter().chain(flawed_notes()).collect()
}

/// What no sound proposer does.
fn flawed_notes() -> impl Iterator<Item = (NodeId, Note)> {
    let cluster = |flaw| Cluster::of((0..5).map(|id| Config { flaw: Some(flaw), ..config(2, 3, NodeId(id)) }));
    let promised = |cluster: &mut Cluster, proposer| {
        for acceptor in [a(1), a(2)] {
            cluster.pass("Prepare", proposer, acceptor);
            cluster.pass("Promise", acceptor, proposer);
        }
    };
    let mut deaf = cluster(Flaw::AcceptedValueIgnored);
    for (proposer, value) in [(P1, "blue"), (P2, "red")] {
        deaf.propose(proposer, value);
        deaf.sync(proposer).unwrap();
        promised(&mut deaf, proposer);
        deaf.pass("Accept", proposer, a(1));
    }
    let mut hasty = cluster(Flaw::LatePromisesCounted);
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
        seen.entry(kind(note)).or_insert_with(|| sentence(&name, *node, note));
        let (sentence, outcome) = (sentence(&name, *node, note), outcome(&name, *node, note));
        assert!(sentence.headline.contains(&name(*node)), "{sentence:?}");
        assert!(sentence.source.starts_with("Paxos Made Simple §2."), "{sentence:?}");
        assert!(outcome.contains(&name(*node)), "{outcome}");
        for text in [&sentence.headline, &sentence.reason, &outcome] {
            assert!(!text.contains("  ") && !text.contains("n3"), "{text}");
        }
    }
    let missing: Vec<_> = KINDS.iter().filter(|kind| !seen.contains_key(**kind)).collect();
    assert!(missing.is_empty() && seen.len() == KINDS.len(), "never happened: {missing:?}");
    compare_sentences("paxos", seen);
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

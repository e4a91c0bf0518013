//! Each flaw of Paxos is found by search, without its script, and by a shortest schedule.
//!
//! A step is a request, a timer, a message that arrives, a crash or a restart. Disks are done at once; any message may get
//! lost or overtaken. The oracle is Agreement, of the protocol's own invariants. The searches leave nothing out within their
//! bounds, but for Accepted and Nack, which bring nothing to an acceptor, where two chosen values are looked for.

use std::time::Instant;

use cap_lab::explore::{Bounds, Explored, Limit, Way, interventions, random, replay, shortest, shrink};
use cap_lab::node::{Micros, NodeSet};
use cap_lab::paxos::Flaw;
use cap_lab::sim::run::Run;
use cap_lab::world::paxos::{PaxosSetup, PaxosWorld};

use crate::report;
use crate::subject::{ALL, Decision, ask};

/// More states than any of them should need.
const LIMIT: Limit = Limit { states: 2_000_000, length: u32::MAX };

/// The bounds within which each flaw is looked for, and how many steps it takes at least.
fn search(flaw: Flaw) -> (Decision, usize) {
    let sound = Decision::sound();
    let one_crash = |may_crash| Bounds { crashes: 1, may_crash, ..sound.bounds };
    let acceptors = sound.acceptor_ids();
    let base =
        Decision { flaw: Some(flaw), wanted: Some("Agreement"), guided: true, symmetric: true, ..Decision::sound() };
    match flaw {
        // Two ballots, one crash of an acceptor.
        Flaw::PromiseForgotten => (Decision { bounds: one_crash(acceptors), ..base }, 16),
        // Two ballots: a request, two Prepares, two Promises and two Accepts each.
        Flaw::AcceptedValueIgnored => (base, 14),
        // One proposer, two clients, one crash of the proposer. Reports under one ballot are told apart by who makes them, so
        // acceptors differ by more than their names.
        Flaw::BallotReused => {
            let requests = vec![ask(0, "blue"), ask(0, "red")];
            let bounds = one_crash(NodeSet::first(1));
            (Decision { proposers: 1, rounds: vec![1], requests, bounds, symmetric: false, ..base }, 16)
        }
        // Three ballots, the third by p1.
        Flaw::AcceptWithoutPromise => (Decision { rounds: vec![2, 1], ..base }, 20),
        // Two ballots. Who believes too early is found first, so Accepted has to arrive, and two values need not be chosen.
        Flaw::QuorumOneShort => (Decision { arrive: ALL, guided: false, symmetric: false, ..base }, 5),
        // Three ballots, the third by p1.
        Flaw::LatePromisesCounted => (Decision { rounds: vec![2, 1], ..base }, 15),
    }
}

fn told(what: &str, explored: &Explored<Decision>, start: Instant) {
    let Explored { states, steps, depth, .. } = explored;
    report(&format!("{what}: {states} states, {steps} steps, depth {depth}, {} ms", start.elapsed().as_millis()));
}

#[test]
fn every_flaw_is_found_by_its_shortest_schedule() {
    for flaw in Flaw::ALL {
        let (decision, least) = search(flaw);
        let start = Instant::now();
        let explored = shortest(&decision, LIMIT);
        told(&flaw.to_string(), &explored, start);
        let (steps, broken) = explored.broken.unwrap_or_else(|| panic!("{flaw} was not found"));
        assert_eq!((steps.len(), broken.invariant), (least, "Agreement"), "{flaw}: {broken:?}");
    }
}

/// What breaks there is the flaw's work: sound Paxos breaks nothing on any way of that length.
#[test]
fn without_its_flaw_each_of_these_searches_ends_with_nothing() {
    for flaw in Flaw::ALL {
        let (decision, least) = search(flaw);
        let start = Instant::now();
        let explored = shortest(&Decision { flaw: None, ..decision }, Limit { length: least as u32, ..LIMIT });
        told(&format!("without {flaw}, {least} steps"), &explored, start);
        assert!(explored.finished && explored.broken.is_none(), "{flaw}: {:?}", explored.broken);
    }
}

/// The estimate and the symmetry spare work and change no result.
#[test]
fn a_search_without_help_finds_nothing_shorter() {
    for flaw in [Flaw::PromiseForgotten, Flaw::AcceptedValueIgnored, Flaw::BallotReused] {
        let (decision, least) = search(flaw);
        let start = Instant::now();
        let explored = shortest(&Decision { guided: false, symmetric: false, ..decision }, LIMIT);
        told(&format!("{flaw}, without help"), &explored, start);
        assert_eq!(explored.broken.expect("found with help").0.len(), least, "{flaw}");
    }
}

/// What a search finds in the untimed model can be done to a run, and breaks the same there.
#[test]
fn what_is_found_can_be_played() {
    for flaw in Flaw::ALL {
        let (decision, _) = search(flaw);
        let (steps, broken) = shortest(&decision, LIMIT).broken.expect("found");
        let setup = PaxosSetup { proposers: decision.proposers, acceptors: decision.acceptors, flaw: Some(flaw) };
        let mut run = Run::new(PaxosWorld::new(setup), 0, 1, 0);
        for act in interventions(&decision, &Way::of(&decision, &steps)) {
            assert!(run.intervene(run.now(), &act), "{flaw}: {act}");
            // Its disk is done as soon as nothing else happens.
            run.advance(run.now() + Micros(1));
        }
        let violations = run.watch().ghost.violations();
        assert!(violations.iter().any(|found| found.evidence == broken.evidence), "{flaw}: {violations:?}");
        let names: Vec<&str> = violations.iter().map(|violation| violation.invariant).collect();
        assert_eq!(names, flaw.breaks(), "{flaw}");
    }
}

/// Where a space is too large to leave nothing out, random walks find what is broken, and what they do not need is taken out.
#[test]
fn random_walks_find_a_flaw_and_shrink_to_what_counts() {
    let (decision, least) = search(Flaw::LatePromisesCounted);
    let found: Vec<_> = (0..1_000).filter_map(|seed| random(&decision, seed, 200)).collect();
    assert!(!found.is_empty(), "no walk found it");
    let mut shortest_walk = usize::MAX;
    for (way, broken) in &found {
        let shrunk = shrink(&decision, way);
        assert_eq!(replay(&decision, &shrunk, |_, _, _| {}).map_err(|broken| broken.invariant), Err(broken.invariant));
        assert!(least <= shrunk.len() && shrunk.len() <= way.len());
        shortest_walk = shortest_walk.min(shrunk.len());
    }
    report(&format!("late-promises-counted: {} of 1000 walks, shrunk to {shortest_walk} steps at best", found.len()));
}

//! Each flaw of Raft is found by search, without its script.
//!
//! A step is a timer, a message that arrives, a request, a crash or a restart, a copy that the network makes, and a disk that is
//! done where that matters. Any message may get lost or overtaken. The oracle is the invariant that the flaw names. The searches
//! leave nothing out within their bounds, so what they find is a shortest way. [`Flaw::LeaseTooLong`] needs clocks
//! ([`super::timed`]); [`Flaw::ChangeBeforeOwnCommit`] takes more steps than they reach, and is left to random schedules.

use std::time::{Duration, Instant};

use cap_lab::explore::{Bounds, Disks, Explored, Limit, Network, State, Way, interventions, replay, shortest};
use cap_lab::node::NodeId;
use cap_lab::raft::invariant::Ghost;
use cap_lab::raft::{Flaw, Request, Switches};

use super::cluster::{Cluster, Server, Word};
use super::script::line;
use crate::report;

/// What a search may take.
const TIME_MAX: Duration = Duration::from_secs(60);
/// More states than any of them should need.
const LIMIT: Limit = Limit { states: 1_000_000, length: u32::MAX };

/// Those that a search over the untimed model finds.
const UNTIMED: [Flaw; 11] = [
    Flaw::VoteNotDurable,
    Flaw::VoteSavedBeforeTerm,
    Flaw::AcknowledgeBeforeSync,
    Flaw::VoteWithoutUpToDateCheck,
    Flaw::CommitOlderTerms,
    Flaw::DuplicateVotesCounted,
    Flaw::MajorityOfReachable,
    Flaw::ReadWithoutQuorum,
    Flaw::WipedServerReturns,
    Flaw::AppendWithoutPreviousCheck,
    Flaw::TruncateByShorterAppend,
];

/// The bounds within which each flaw is looked for, and how many steps it takes.
fn search(flaw: Flaw) -> (Cluster, usize) {
    let bounds = Bounds { network: Network::Multiset { copies: 0 }, ..Cluster::sound().bounds };
    let one_crash = Bounds { crashes: 1, ..bounds };
    let copies = |copies| Bounds { network: Network::Multiset { copies }, ..bounds };
    let base = Cluster { flaw: Some(flaw), wanted: Some(flaw.breaks()), guided: true, bounds, ..Cluster::sound() };
    match flaw {
        // One term, one crash.
        Flaw::VoteNotDurable | Flaw::VoteSavedBeforeTerm => (Cluster { bounds: one_crash, last_term: 1, ..base }, 8),
        // Two terms, one crash; a server handles nothing while it waits for its disk.
        Flaw::AcknowledgeBeforeSync => (Cluster { bounds: Bounds { disks: Disks::Awaited, ..one_crash }, ..base }, 15),
        // Two terms.
        Flaw::VoteWithoutUpToDateCheck => (base, 8),
        // Four terms, an entry a message.
        Flaw::CommitOlderTerms => {
            (Cluster { last_term: 4, switches: Switches { one_entry: true, ..Switches::PLAIN }, ..base }, 18)
        }
        // Four servers, one term, two copies. Who voted twice is not seen from outside, so names count.
        Flaw::DuplicateVotesCounted => {
            let base = Cluster { bounds: copies(2), symmetric: false, forgets_spent: false, ..base };
            (Cluster { servers: 4, members: 4, last_term: 1, ..base }, 10)
        }
        // Four servers, one term.
        Flaw::MajorityOfReachable => {
            (Cluster { servers: 4, members: 4, last_term: 1, symmetric: false, forgets_spent: false, ..base }, 6)
        }
        // Two terms, and n1 is asked once.
        Flaw::ReadWithoutQuorum => {
            (Cluster { requests: vec![(NodeId(0), Request::Read)], symmetric: false, ..base }, 9)
        }
        // Two terms, one crash.
        Flaw::WipedServerReturns => (Cluster { bounds: one_crash, forgets_spent: false, ..base }, 10),
        // Three terms.
        Flaw::AppendWithoutPreviousCheck => (Cluster { last_term: 3, ..base }, 11),
        // One term, and n1 is asked once.
        Flaw::TruncateByShorterAppend => {
            let requests = vec![(NodeId(0), Request::Propose(Word(0)))];
            let base = Cluster { heartbeats: true, symmetric: false, ..base };
            (Cluster { last_term: 1, requests, ..base }, 10)
        }
        Flaw::LeaseTooLong | Flaw::ChangeBeforeOwnCommit => unreachable!("needs clocks, or more steps"),
    }
}

fn told(what: &str, explored: &Explored<Cluster>, start: Instant) {
    let Explored { states, steps, depth, .. } = explored;
    report(&format!("{what}: {states} states, {steps} steps, depth {depth}, {} ms", start.elapsed().as_millis()));
}

/// What the protocol's own observer says of a way: the first invariant that it misses.
fn judged(cluster: &Cluster, way: &Way<Server>) -> Option<&'static str> {
    let (mut ghost, mut violated) = (Ghost::default(), None);
    let first = State::first(cluster);
    for (node, slot) in first.model.slots() {
        ghost.observe(node, None, &slot.node).expect("nothing has happened yet");
    }
    let ended = replay(cluster, way, |before, step, after| {
        let Some(node) = before.model.touched(step).filter(|_| violated.is_none()) else { return };
        let seen = ghost.observe(node, Some(&before.model.slot(node).node), &after.model.slot(node).node);
        violated = seen.err().map(|violation| violation.invariant);
    });
    assert!(ended.is_err(), "the searches' observer sees it on the same way");
    violated
}

#[test]
fn every_flaw_is_found() {
    for flaw in UNTIMED {
        let (cluster, length) = search(flaw);
        let start = Instant::now();
        let explored = shortest(&cluster, LIMIT);
        told(&flaw.to_string(), &explored, start);
        assert!(start.elapsed() < TIME_MAX, "{flaw}");
        let (steps, broken) = explored.broken.unwrap_or_else(|| panic!("{flaw} was not found"));
        let way = Way::of(&cluster, &steps);
        for act in interventions(&cluster, &way) {
            report(&format!("    {}", line(&act)));
        }
        // It sees answers to reads apart from servers; of these the searches' observer has the word alone.
        let expected = Some(flaw.breaks()).filter(|_| flaw != Flaw::ReadWithoutQuorum);
        assert_eq!(judged(&cluster, &way), expected, "{flaw}");
        assert_eq!((steps.len(), broken.invariant), (length, flaw.breaks()), "{flaw}: {broken:?}");
    }
}

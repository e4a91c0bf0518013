//! Each flaw of Raft is found by search, without its script.
//!
//! A step is a timer, a message that arrives, a request, a crash or a restart, a copy that the network makes, and a disk that is
//! done where that matters. Any message may get lost or overtaken. The oracle is the invariant that the flaw names. The searches
//! leave nothing out within their bounds, so what they find is a shortest way, and that they find nothing without the flaw is a
//! proof. [`Flaw::ChangeBeforeOwnCommit`] takes too many steps for that but with the estimate of [`super::missing`], on which its
//! proof rests as well; [`Flaw::LeaseTooLong`] needs clocks ([`super::timed`]).

use std::time::Instant;

use cap_lab::explore::{Bounds, Disks, Explored, Limit, Network, State, Way, interventions, replay, shortest};
use cap_lab::node::{Delay, Micros, NodeId};
use cap_lab::raft::invariant::Ghost;
use cap_lab::raft::{Change, Flaw, Request, Switches, Timer};
use cap_lab::sim::model::{Step, StepOutcome};
use cap_lab::sim::run::Run;

use super::cluster::{Cluster, Server, Word};
use super::world::Timed;
use crate::{long, report};

/// More states than any of them should need.
const LIMIT: Limit = Limit { states: 1_500_000, length: u32::MAX };

/// Those that a search over the untimed model finds: all but one.
fn untimed() -> impl Iterator<Item = Flaw> {
    Flaw::ALL.into_iter().filter(|flaw| *flaw != Flaw::LeaseTooLong)
}

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
        // Four servers, three terms; n1 is asked to remove n2, and n2 to remove n1.
        Flaw::ChangeBeforeOwnCommit => {
            let remove = |at, other| (NodeId(at), Request::ChangeMembers(Change::Remove(NodeId(other))));
            let requests = vec![remove(0, 1), remove(1, 0)];
            (Cluster { servers: 4, members: 4, last_term: 3, requests, symmetric: false, ..base }, 18)
        }
        Flaw::LeaseTooLong => unreachable!("needs clocks"),
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
    for (node, host) in first.model.hosts() {
        ghost.observe(node, None, &host.node).expect("nothing has happened yet");
    }
    let ended = replay(cluster, way, |before, step, after| {
        let Some(node) = before.model.touched(step).filter(|_| violated.is_none()) else { return };
        let seen = ghost.observe(node, Some(&before.model.host(node).node), &after.model.host(node).node);
        violated = seen.err().map(|violation| violation.invariant);
    });
    assert!(ended.is_err(), "the searches' observer sees it on the same way");
    violated
}

/// Between two acts in time: longer than a disk takes, or the next act would come before what the last one had saved is sent;
/// and far shorter than any timer.
const BEAT: Micros = Micros(100);

/// Does what was found to a run, in which nothing arrives but what is told to.
fn played(cluster: &Cluster, way: &Way<Server>) -> Run<Timed> {
    let never = Delay::fixed(Micros::from_ms(3_600_000));
    let sync = if cluster.bounds.disks == Disks::AtOnce { Micros(1) } else { never.min };
    let mut run = Run::new(Timed { cluster: cluster.clone(), travel: never, slow: None, sync }, 0, 1, 0);
    for act in interventions(cluster, way) {
        report(&format!("    {act}"));
        assert!(run.intervene(run.now(), &act), "{act}");
        run.advance(run.now() + BEAT);
    }
    run
}

/// And what is found can be played in time, where it breaks the same.
#[test]
fn every_flaw_is_found() {
    for flaw in untimed() {
        let (cluster, length) = search(flaw);
        let start = Instant::now();
        let explored = shortest(&cluster, LIMIT);
        told(&flaw.to_string(), &explored, start);
        let (steps, broken) = explored.broken.unwrap_or_else(|| panic!("{flaw} was not found"));
        assert_eq!((steps.len(), broken.invariant), (length, flaw.breaks()), "{flaw}: {broken:?}");
        let way = Way::of(&cluster, &steps);
        // It sees answers to reads apart from servers; of these the searches' observer has the word alone.
        let expected = Some(flaw.breaks()).filter(|_| flaw != Flaw::ReadWithoutQuorum);
        assert_eq!(judged(&cluster, &way), expected, "{flaw}");
        let run = played(&cluster, &way);
        assert_eq!(run.watch().broken.as_ref(), Some(&broken), "{flaw} in time");
        let violation = run.watch().violation.as_ref().map(|violation| violation.invariant);
        assert_eq!(violation, Some(flaw.breaks()), "{flaw} in time");
    }
}

/// What breaks there is the flaw's work: sound servers break nothing on any way of that length, and for most of these bounds
/// on any way at all.
#[test]
fn without_its_flaw_each_of_these_searches_ends_with_nothing() {
    for flaw in untimed() {
        let (cluster, length) = search(flaw);
        let guided = flaw == Flaw::ChangeBeforeOwnCommit;
        let bounds = match flaw {
            Flaw::ChangeBeforeOwnCommit if long() => Some(length + 2),
            // With four servers, heartbeats, or a wiped disk's old messages the rest is too large.
            Flaw::ChangeBeforeOwnCommit
            | Flaw::DuplicateVotesCounted
            | Flaw::WipedServerReturns
            | Flaw::TruncateByShorterAppend => Some(length),
            _ => None,
        };
        let start = Instant::now();
        let limit = Limit { length: bounds.map_or(u32::MAX, |length| length as u32), ..LIMIT };
        let explored = shortest(&Cluster { flaw: None, guided, ..cluster }, limit);
        let ways = bounds.map_or("all ways".to_owned(), |length| format!("ways of {length} steps"));
        told(&format!("without {flaw}, {ways}"), &explored, start);
        assert!(explored.finished && explored.broken.is_none(), "{flaw}: {:?}", explored.broken);
    }
}

/// The estimate spares work and changes no result.
#[test]
fn a_search_without_help_finds_nothing_shorter() {
    // Every day those that need few states.
    let is_wanted = |flaw: &Flaw| match flaw {
        Flaw::ChangeBeforeOwnCommit => false,
        Flaw::DuplicateVotesCounted | Flaw::CommitOlderTerms => long(),
        _ => true,
    };
    for flaw in untimed().filter(is_wanted) {
        let (cluster, length) = search(flaw);
        let start = Instant::now();
        let explored = shortest(&Cluster { guided: false, ..cluster }, LIMIT);
        told(&format!("{flaw}, without help"), &explored, start);
        assert_eq!(explored.broken.expect("found with help").0.len(), length, "{flaw}");
    }
}

/// What a search takes to be lost was sent all the same, and counts in the names of what is sent after it.
#[test]
fn a_refused_vote_counts_in_the_names_of_later_ones() {
    let [a, b, c] = [NodeId(0), NodeId(1), NodeId(2)];
    let bounds = Bounds { network: Network::Multiset { copies: 0 }, ..Cluster::sound().bounds };
    let cluster = Cluster { bounds, last_term: 4, symmetric: false, ..Cluster::sound() };
    let (mut state, mut outcome, mut steps) = (State::first(&cluster), StepOutcome::default(), Vec::new());
    let elected_by = |who, by| [None, Some((who, by)), Some((by, who))].map(|link| (who, link));
    let refused = [(c, None), (c, None), (c, Some((c, a)))];
    let repaired = [(a, c), (c, a), (a, c)].map(|link| (a, Some(link)));
    let acts = [elected_by(a, b), refused, elected_by(a, b), repaired, elected_by(c, a)];
    for (who, link) in acts.concat() {
        let newest = |(from, to)| {
            let flights = state.model.flights().iter().filter(|(_, e)| (e.from, e.to) == (from, to));
            Step::Deliver(flights.last().expect("on its way").0)
        };
        let step = link.map_or(Step::Timer(who, Timer::Election), newest);
        assert!(state.steps(&cluster).contains(&step), "{step:?}");
        assert_eq!(state.step(&cluster, &step, &mut outcome), Ok(()));
        steps.push(step);
    }
    let run = played(&cluster, &Way::of(&cluster, &steps));
    assert!(run.model().host(c).node.is_leader(), "by the second answer of n1, which had refused its vote before");
}

//! A lease that is too long, found by random runs in time: what a lease promises rests on clocks, which the other searches lack.
//!
//! Three servers with check-quorum, stickiness and leases. Messages take 1 to 5 ms, but those on one link up to 160 ms; at
//! some moment some links die; clients read, anywhere. All of it is thrown by dice. The oracle is Linearizable Reads.

use std::time::Instant;

use cap_lab::explore::shortened;
use cap_lab::node::{Delay, Micros, NodeId};
use cap_lab::raft::{Flaw, Reads, Request, Switches};
use cap_lab::sim::dice;
use cap_lab::sim::fault::{Intervention, Scripted};
use cap_lab::sim::run::Run;

use super::cluster::{Cluster, Word};
use super::world::Timed;
use crate::report;

const SERVERS: u8 = 3;
/// By then somebody leads.
const SETTLED: Micros = Micros::from_ms(600);
/// The links die within so long after that, and the reads are within as long after that.
const WINDOW: Micros = Micros::from_ms(400);
const READS: u64 = 12;

/// Runs of this many seeds find nothing without the flaw.
const SOUND_SEEDS: u64 = 1_000;

/// Three servers with leases.
fn leases(flaw: Option<Flaw>, slow: (NodeId, NodeId)) -> Timed {
    let switches = Switches { reads: Reads::Lease, check_quorum: true, stickiness: true, ..Switches::PLAIN };
    let up_to = |ms| Delay::between(Micros::from_ms(1), Micros::from_ms(ms));
    let cluster = Cluster { switches, flaw, ..Cluster::sound() };
    Timed { cluster, travel: up_to(5), slow: Some((slow, up_to(160))), sync: Micros::from_ms(1) }
}

type Script = Vec<Scripted<Request<Word>>>;

/// A slow link, and what one seed does to its run.
fn thrown(seed: u64) -> ((NodeId, NodeId), Script) {
    let mut throws = 0;
    let mut below = |bound: u64| {
        throws += 1;
        dice::below(seed, &[throws], bound)
    };
    let ids = (0..SERVERS).map(NodeId);
    let pairs = ids.clone().flat_map(|from| ids.clone().map(move |to| (from, to)));
    let links: Vec<(NodeId, NodeId)> = pairs.filter(|(from, to)| from != to).collect();
    let slow = links[below(links.len() as u64) as usize];
    let dead = SETTLED + Micros(below(WINDOW.0));
    let cut = Intervention::Cut(links.into_iter().filter(|_| below(2) == 0).collect());
    let mut script = vec![Scripted { at: dead, act: cut }];
    for _ in 0..READS {
        let at = dead + Micros(below(WINDOW.0));
        let act = Intervention::Request { node: NodeId(below(SERVERS.into()) as u8), request: Request::Read };
        script.push(Scripted { at, act });
    }
    script.sort_by_key(|scripted| scripted.at);
    (slow, script)
}

/// What breaks if this is done.
fn broken(world: &Timed, seed: u64, script: &[Scripted<Request<Word>>]) -> Option<&'static str> {
    let mut run = Run::new(world.clone(), 0, seed, 0);
    for Scripted { at, act } in script {
        run.advance(*at);
        run.intervene(*at, act);
    }
    run.advance(SETTLED + WINDOW + WINDOW);
    let found = run.watch().broken.as_ref().map(|broken| broken.invariant);
    assert_eq!(found, run.watch().violation.as_ref().map(|violation| violation.invariant), "both observers agree");
    found
}

/// `script` without what is not needed to break the same: acts, and links that may as well live.
fn shrink(world: &Timed, seed: u64, script: &Script) -> Script {
    let wanted = broken(world, seed, script);
    let mut best = shortened(script, |fewer| broken(world, seed, fewer) == wanted);
    for place in 0..best.len() {
        let Intervention::Cut(links) = best[place].act.clone() else { continue };
        for link in links {
            let mut fewer = best.clone();
            let Intervention::Cut(left) = &mut fewer[place].act else { unreachable!("the same list") };
            left.retain(|other| *other != link);
            if broken(world, seed, &fewer) == wanted {
                best = fewer;
            }
        }
    }
    best
}

#[test]
fn a_lease_that_is_too_long_is_found() {
    let flaw = Flaw::LeaseTooLong;
    let start = Instant::now();
    let found = (0..20_000).find(|seed| {
        let (slow, script) = thrown(*seed);
        broken(&leases(Some(flaw), slow), *seed, &script).is_some()
    });
    let seed = found.expect("found within these seeds");
    let (slow, script) = thrown(seed);
    let world = leases(Some(flaw), slow);
    let shrunk = shrink(&world, seed, &script);
    assert_eq!(broken(&world, seed, &shrunk), Some(flaw.breaks()));
    assert!(shrunk.len() < script.len(), "not all reads are needed");
    let (from, to) = slow;
    let ms = start.elapsed().as_millis();
    report(&format!("{flaw}: run {seed} of three servers, up to 160 ms from {from} to {to}, {ms} ms"));
    for Scripted { at, act } in &shrunk {
        report(&format!("    {} {act}", at.0));
    }
}

/// What breaks there is the flaw's work.
#[test]
fn a_lease_that_is_short_enough_is_not() {
    for seed in 0..SOUND_SEEDS {
        let (slow, script) = thrown(seed);
        assert_eq!(broken(&leases(None, slow), seed, &script), None, "seed {seed}");
    }
}

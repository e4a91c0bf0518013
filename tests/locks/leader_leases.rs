//! A leader's lease (thesis §6.4.1): within the bound of the clocks no read is stale, and beyond it some are.

use cap_lab::node::{Micros, NodeId};
use cap_lab::raft::{ClientNote, DRIFT_BOUND_PPM, Note as RaftNote, ReadProof};
use cap_lab::sim::fault::{Fate, Intervention, Link};
use cap_lab::sim::run::Run;
use cap_lab::store::feed::Request;
use cap_lab::store::participant::Note;
use cap_lab::world::feed::{FeedRun, FeedSetup, FeedWorld, Geography};

use crate::storm::Dice;
use crate::{ms, report, seeds};

const REPLICAS: u8 = 3;
/// How often things go wrong in a run.
const EPISODES: u32 = 5;
/// A clock runs by so much too fast or too slow at most. Of two such clocks the fast one gains less than the bound on the slow one.
const WITHIN_PPM: i32 = 100_000;
const BEYOND_PPM: i32 = 750_000;

fn cluster(store: &str, seed: u64) -> FeedRun {
    let feed = FeedSetup { replicas: REPLICAS, people: 3, geography: Geography::OneSite };
    let store = store.parse().unwrap_or_else(|wrong| panic!("{store}: {wrong}"));
    Run::new(FeedWorld::new(feed, store), 0, seed, 0)
}

/// Both directions of all links of a server.
fn links(run: &FeedRun, node: NodeId) -> Vec<Link> {
    let others = run.world().setup.servers().iter().filter(|other| *other != node);
    others.flat_map(|other| [(node, other), (other, node)]).collect()
}

/// One thing that befalls a server, a link or a message. More than others it befalls who leads.
fn befall(run: &FeedRun, dice: &mut Dice) -> Option<Intervention<Request>> {
    let servers = run.world().setup.servers();
    let any = NodeId(dice.below(REPLICAS.into()) as u8);
    let leader = servers.iter().find(|id| run.model().host(*id).node.leads()).unwrap_or(any);
    let node = if dice.below(4) == 0 { any } else { leader };
    Some(match dice.below(9) {
        0..=3 => Intervention::Cut(links(run, node)),
        4 => Intervention::Pause(node),
        5 => Intervention::Resume(node),
        6 => Intervention::Crash { node, keep: dice.below(4) as u32 },
        7 => Intervention::Skew { node, micros: dice.below(4_000_000) as i64 - 2_000_000 },
        _ => {
            let fates = [Fate::Drop, Fate::Duplicate, Fate::Hold, Fate::Release];
            let fate = fates[dice.below(fates.len() as u64) as usize];
            let flights: Vec<_> = run.model().flights().iter().map(|(id, _)| id).collect();
            let id = *flights.get(dice.below(flights.len().max(1) as u64) as usize)?;
            Intervention::Message { world: 0, name: run.name_of(id)?, fate }
        }
    })
}

/// As fast or as slow as may be, or right.
fn some_drift(most_ppm: i32, dice: &mut Dice) -> i32 {
    [-most_ppm, 0, most_ppm][dice.below(3) as usize]
}

/// A person reads, or posts.
fn ask(run: &FeedRun, dice: &mut Dice) -> Intervention<Request> {
    let phones: Vec<NodeId> = run.world().setup.phones().collect();
    let node = phones[dice.below(phones.len() as u64) as usize];
    // A post that its leader cannot commit keeps its phone waiting, so most of them read.
    let request = if dice.below(4) == 0 { Request::Post("News".into()) } else { Request::Read };
    Intervention::Request { node, request }
}

/// Who leads is cut off. Whoever talks to another server posts after a while, and who talks to it reads after another; when that is over.
fn leave_alone(run: &mut FeedRun, begin: Micros, dice: &mut Dice) -> Micros {
    let servers = run.world().setup.servers();
    let Some(leader) = servers.iter().find(|id| run.model().host(*id).node.leads()) else { return begin };
    let mut act = |at: Micros, act: Intervention<Request>| {
        run.advance(at);
        run.intervene(at, &act);
    };
    let cut = begin + ms(1);
    let all = servers.iter().filter(|other| *other != leader);
    act(cut, Intervention::Cut(all.flat_map(|other| [(leader, other), (other, leader)]).collect()));
    // The first phone talks to the first server, and so on.
    let phone = |server: NodeId| NodeId(REPLICAS + server.0);
    let mut at = cut + ms(40 + dice.below(260));
    for other in servers.iter().filter(|other| *other != leader) {
        at = at + Micros(1);
        act(at, Intervention::Request { node: phone(other), request: Request::Post("News".into()) });
    }
    for _ in 0..6 {
        at = at + ms(10 + dice.below(30));
        act(at, Intervention::Request { node: phone(leader), request: Request::Read });
    }
    at
}

/// What came of a run.
struct Outcome {
    stale: u32,
    broken: Option<String>,
    /// Reads that a lease answered.
    by_lease: u64,
}

fn weather(store: &str, drift_ppm: i32, seed: u64) -> Outcome {
    let (mut run, mut dice) = (cluster(store, seed), Dice::new(seed));
    let by_lease = |note: &Note| {
        matches!(note, Note::Raft(RaftNote::Client(ClientNote::ReadAnswered { proof: ReadProof::Lease { .. }, .. })))
    };
    let (mut at, mut before, mut reads) = (ms(300), ms(0), 0);
    for _ in 0..EPISODES {
        // All is well but the clocks; somebody is elected, and people read.
        let mut acts: Vec<Intervention<Request>> = Vec::new();
        for node in run.world().setup.servers().iter() {
            acts.extend([
                Intervention::Heal(links(&run, node)),
                Intervention::Restart(node),
                Intervention::Resume(node),
            ]);
            acts.push(Intervention::Drift { node, ppm: some_drift(drift_ppm, &mut dice) });
        }
        for act in acts {
            at = at + Micros(1);
            run.advance(at);
            run.intervene(at, &act);
        }
        let calm = at + ms(400 + dice.below(300));
        let lonely = dice.below(2) == 0;
        let end = calm + ms(300 + dice.below(500));
        while at < end {
            at = at + ms(1 + dice.below(24));
            run.advance(at);
            let fresh = run.watch().events.steps.iter().take_while(|(_, noted)| noted.at > before);
            reads += fresh.filter(|(_, noted)| by_lease(&noted.note)).count() as u64;
            before = at;
            let strikes = at > calm && dice.below(20) == 0;
            let act = if strikes { befall(&run, &mut dice) } else { Some(ask(&run, &mut dice)) };
            if let Some(act) = act {
                run.intervene(at, &act);
            }
            if lonely && at > calm {
                at = leave_alone(&mut run, at, &mut dice);
                break;
            }
        }
    }
    let watch = run.watch();
    let broken = watch.broken.as_ref().map(|(at, broken)| format!("at {} ms: {broken}", at.as_ms()));
    Outcome { stale: watch.meters.stale, broken, by_lease: reads }
}

/// Skew of any size, drift within the bound, pauses, crashes, cut links, loss, copies and delays: no read is stale.
#[test]
fn within_the_bound_no_lease_read_is_stale() {
    let (fast, slow) =
        (1_000_000 + u64::from(WITHIN_PPM.unsigned_abs()), 1_000_000 - u64::from(WITHIN_PPM.unsigned_abs()));
    assert!(fast * 1_000_000 <= slow * (1_000_000 + u64::from(DRIFT_BOUND_PPM)), "what is thrown is within the bound");
    let (mut by_lease, count) = (0, seeds(300, 10_000));
    for seed in 0..count {
        let seen = weather("raft.check-quorum.stickiness.lease.drift-bound", WITHIN_PPM, seed);
        assert_eq!((seen.stale, seen.broken), (0, None), "seed {seed}");
        by_lease += seen.by_lease;
    }
    report(&format!("{count} schedules of a leader's lease within the bound: none stale, {by_lease} reads by lease"));
    assert!(by_lease > 3 * count, "{by_lease}");
}

/// The same with clocks that run apart by more than the lease allows for.
#[test]
fn beyond_the_bound_a_lease_read_is_stale() {
    let count = 300;
    let stale: Vec<u64> =
        (0..count).filter(|seed| weather("raft.check-quorum.stickiness.lease", BEYOND_PPM, *seed).stale > 0).collect();
    report(&format!(
        "{count} schedules of a leader's lease beyond the bound: stale in {}, first in seed {:?}",
        stale.len(),
        stale.first()
    ));
    assert!(!stale.is_empty());
    // What makes the difference is what the lease relies on: by ReadIndex the same schedules have none.
    for seed in stale {
        let seen = weather("raft.check-quorum.stickiness.read-index", BEYOND_PPM, seed);
        assert_eq!((seen.stale, seen.broken), (0, None), "seed {seed} by ReadIndex");
    }
}

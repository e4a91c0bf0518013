//! Gossip: a name has one item everywhere, what was stored stays, and replicas that hear from each other converge.

use std::collections::BTreeMap;

use cap_lab::gossip::{Config, Gossip, ItemId, Note, Request, Timer, Version};
use cap_lab::node::{Answer, Delay, Micros, NodeId, NodeSet};
use cap_lab::sim::model::{Host, Model, Step, StepOutcome};

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::{Tally, seeds};

type Replica = Gossip<u32>;

const STEPS: u64 = 1_000;

#[derive(Default)]
struct Seen {
    stored: u64,
    gaps: u64,
    backlogs: u64,
    crashes_with_loss: u64,
}

#[derive(Default)]
struct Spread {
    /// What anybody was ever told under a name.
    named: BTreeMap<ItemId, u32>,
    /// What a client was told to be durable.
    stored: Vec<ItemId>,
    seen: Seen,
}

impl Subject for Spread {
    type Node = Replica;

    fn lets_fire(&self, _: Timer, _: &mut Dice) -> bool {
        true
    }

    fn targets(&self, _: &Model<Replica>) -> NodeSet {
        NodeSet::EMPTY
    }

    fn request(&mut self, number: u32, _: &mut Dice) -> Request<u32> {
        Request::Add(number)
    }

    fn see(
        &mut self,
        step: &Step<Replica>,
        before: Option<&Host<Replica>>,
        after: &Model<Replica>,
        outcome: &StepOutcome<Replica>,
    ) -> Result<(), String> {
        for note in &outcome.notes {
            self.seen.gaps += u64::from(matches!(note, Note::FindsGap { .. }));
            self.seen.backlogs += u64::from(matches!(note, Note::Answers { rest, .. } if *rest > 0));
        }
        for (_, answer) in &outcome.replies {
            if let Answer::Done(added) = answer {
                self.stored.push(added.id);
                self.seen.stored += 1;
            }
        }
        let Some(node) = outcome.node else { return Ok(()) };
        let host = after.host(node);
        if let (Step::Crash(_, keep), Some(before)) = (step, before) {
            self.seen.crashes_with_loss += u64::from(before.unsynced.len() > *keep as usize);
        } else if let Some(before) = before.filter(|_| !matches!(step, Step::Restart(_))) {
            let forgotten = host.node.known().missing(&before.node.known());
            if forgotten > 0 {
                return Err(format!("{node} forgot {forgotten} items"));
            }
        }
        // What is only in memory may be forgotten and its name given again; what is durable has its name for ever.
        for (origin, items) in host.disk.iter() {
            let first = before.map_or(0, |before| before.disk.count(origin));
            for (number, item) in (first..).zip(items.iter_from(first as usize)) {
                let id = ItemId { origin, number };
                let first = *self.named.entry(id).or_insert(*item);
                if first != *item {
                    return Err(format!("{node} has {item} as {id}, which was {first} elsewhere"));
                }
            }
        }
        Ok(())
    }
}

const ROUGH: Mix = Mix {
    deliver: 400,
    sync: 250,
    timer: 40,
    request: 40,
    lose: 60,
    duplicate: 15,
    cut: 6,
    heal: 8,
    crash: 8,
    restart: 20,
};

#[test]
fn replicas_converge_after_any_schedule() {
    let mut tally = Tally::default();
    for seed in 0..seeds(60, 1_000) {
        let all = NodeSet::first(5);
        let every = Delay::fixed(Micros::from_ms(200));
        let config = |id: NodeId| Config { id, peers: all.without(id), every, batch: 4 };
        let nodes = all.iter().map(|id| Gossip::new(config(id))).collect();
        let fail = |broken: String| -> ! { panic!("seed {seed}: {broken}") };
        let mut driver = Driver::new(nodes, Spread::default(), seed).unwrap_or_else(|broken| fail(broken));
        driver.run(&ROUGH, STEPS).unwrap_or_else(|broken| fail(broken));
        driver.heal_all().unwrap_or_else(|broken| fail(broken));
        // Each round every replica opens an exchange with a random peer.
        let versions =
            |driver: &Driver<Spread>| -> Vec<_> { driver.model.hosts().map(|(_, host)| host.node.known()).collect() };
        let converged = |versions: &[Version]| versions.iter().all(|version| *version == versions[0]);
        for _ in 0..20 {
            driver.settle().unwrap_or_else(|broken| fail(broken));
            if converged(&versions(&driver)) {
                break;
            }
            driver.fire_all().unwrap_or_else(|broken| fail(broken));
        }
        let versions = versions(&driver);
        assert!(converged(&versions), "seed {seed}: {versions:?}");
        let items = driver.model.host(NodeId(0)).node.items();
        for id in &driver.subject.stored {
            assert_eq!(items.get(*id), driver.subject.named.get(id), "seed {seed}: {id} was stored and is gone");
            assert!(items.get(*id).is_some(), "seed {seed}: {id} was stored and is gone");
        }
        let Seen { stored, gaps, backlogs, crashes_with_loss } = driver.subject.seen;
        tally.add([
            ("items stored", stored),
            ("gaps found", gaps),
            ("backlogs in pieces", backlogs),
            ("crashes with loss", crashes_with_loss),
        ]);
    }
    tally.demand_one_in_three("gossip, 5 replicas, 1,000 steps");
}

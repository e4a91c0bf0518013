//! Raft: the five safety properties of Figure 3, and what happens if a rule is taken out.

use cap_lab::node::{Command, NodeId, NodeSet};
use cap_lab::raft::invariant::{Ghost, INVARIANTS};
use cap_lab::raft::{Config, Flaw, Note, Raft, Request, Timer};
use cap_lab::sim::model::{Model, Outcome, Slot, Status, Step};

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::{Tally, report, seeds};

/// A command that stands for itself. What a log of them leads to is all of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Number(u32);

impl Command for Number {
    type Snapshot = Vec<Number>;
}

type Server = Raft<Number>;

const STEPS: u64 = 2_000;

/// What one seed came across.
#[derive(Default)]
struct Seen {
    elections: u64,
    commits: u64,
    truncations: u64,
    restarts_with_loss: u64,
}

struct Cluster {
    ghost: Ghost<Number>,
    temper: &'static Temper,
    /// Nodes that crashed and lost something.
    lossy: NodeSet,
    started: NodeSet,
    seen: Seen,
}

impl Subject for Cluster {
    type Node = Server;

    fn lets_fire(&self, timer: Timer, dice: &mut Dice) -> bool {
        dice.once_in(if timer == Timer::Heartbeat {
            self.temper.heartbeat_patience
        } else {
            self.temper.election_patience
        })
    }

    fn targets(&self, model: &Model<Server>) -> NodeSet {
        let leads = |slot: &Slot<Server>| slot.status == Status::Up && slot.node.is_leader();
        model.slots().filter(|(_, slot)| leads(slot)).map(|(id, _)| id).collect()
    }

    fn request(&mut self, number: u32, _: &mut Dice) -> Request<Number> {
        Request::Propose(Number(number))
    }

    fn see(
        &mut self,
        step: &Step<Server>,
        before: Option<&Slot<Server>>,
        after: &Model<Server>,
        outcome: &Outcome<Server>,
    ) -> Result<(), String> {
        for note in &outcome.notes {
            match note {
                Note::BecameLeader { .. } => self.seen.elections += 1,
                Note::CommitAdvanced { .. } => self.seen.commits += 1,
                Note::ConflictTruncated { .. } => self.seen.truncations += 1,
                _ => {}
            }
        }
        match (step, before) {
            (Step::Crash(node, keep), Some(slot)) if slot.unsynced.len() > *keep as usize => {
                self.lossy.insert(*node);
            }
            (Step::Restart(node), _) => self.seen.restarts_with_loss += u64::from(self.lossy.remove(*node)),
            _ => {}
        }
        let Some(node) = outcome.node else { return Ok(()) };
        let before = if self.started.insert(node) { None } else { before.map(|slot| &slot.node) };
        self.ghost.observe(node, before, &after.slot(node).node).map_err(|violation| violation.to_string())
    }
}

/// What one kind of schedule is like.
struct Temper {
    mix: Mix,
    /// A timer that comes up may run out once in so many times.
    election_patience: usize,
    heartbeat_patience: usize,
    entries_per_append: u32,
}

/// Long logs that spread entry by entry, leaders that are cut off with much that nobody else has: the way to Figure 8, where
/// old entries reach a majority ahead of the no-op.
const TAILS: Temper = Temper {
    mix: Mix {
        deliver: 400,
        sync: 200,
        timer: 20,
        request: 30,
        lose: 30,
        duplicate: 10,
        cut: 2,
        heal: 20,
        crash: 1,
        restart: 20,
    },
    election_patience: 6,
    heartbeat_patience: 2,
    entries_per_append: 1,
};

/// Slow disks, several candidates at a time, and nodes that crash in the middle of it and come back at once.
const REBOOTS: Temper = Temper {
    mix: Mix {
        deliver: 400,
        sync: 200,
        timer: 20,
        request: 10,
        lose: 2,
        duplicate: 2,
        cut: 1,
        heal: 4,
        crash: 10,
        restart: 50,
    },
    election_patience: 25,
    heartbeat_patience: 2,
    entries_per_append: 64,
};

/// One schedule, of either temper.
fn schedule(seed: u64, servers: u8, flaw: Option<Flaw>) -> Result<Seen, String> {
    let members = NodeSet::first(servers.into());
    let temper = if seed.is_multiple_of(2) { &TAILS } else { &REBOOTS };
    let config = |id| Config { max_entries_per_append: temper.entries_per_append, flaw, ..Config::new(id, members) };
    let cluster = Cluster {
        ghost: Ghost::default(),
        temper,
        lossy: NodeSet::EMPTY,
        started: NodeSet::EMPTY,
        seen: Seen::default(),
    };
    let nodes = members.iter().map(|id: NodeId| Raft::new(config(id))).collect();
    let mut driver = Driver::new(nodes, cluster, seed)?;
    driver.run(&temper.mix, STEPS)?;
    Ok(driver.subject.seen)
}

#[test]
fn no_schedule_breaks_an_invariant() {
    let mut tally = Tally::default();
    for seed in 0..seeds(200, 2_000) {
        let seen = schedule(seed, 5, None).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        tally.add([
            ("elections", seen.elections),
            ("commits", seen.commits),
            ("truncations", seen.truncations),
            ("restarts with loss", seen.restarts_with_loss),
        ]);
    }
    tally.demand_one_in_three("Raft, 5 servers, 2,000 steps");
}

/// One server alone, and clusters in which a majority is all but one, or exactly half and one.
#[test]
fn other_sizes_are_safe_too() {
    for seed in 0..seeds(8, 100) {
        for servers in [1, 2, 3, 4, 7] {
            schedule(seed, servers, None).unwrap_or_else(|broken| panic!("{servers} servers, seed {seed}: {broken}"));
        }
    }
}

/// Each rule that is taken out is missed within the seeds of the sweep, by an invariant that it serves.
#[test]
fn a_rule_that_is_taken_out_is_missed() {
    let (election, completeness, machine) = (INVARIANTS[0].0, INVARIANTS[3].0, INVARIANTS[4].0);
    for (flaw, expected) in [
        (Flaw::VoteWithoutUpToDateCheck, &[completeness, machine][..]),
        (Flaw::CommitOlderTerms, &[completeness, machine]),
        (Flaw::VoteNotDurable, &[election]),
        (Flaw::AcknowledgeBeforeSync, &[completeness, machine]),
    ] {
        let caught: Vec<(u64, String)> =
            (0..200).filter_map(|seed| schedule(seed, 5, Some(flaw)).err().map(|broken| (seed, broken))).collect();
        let (seed, broken) = caught.first().unwrap_or_else(|| panic!("{flaw:?} was not caught in 200 seeds"));
        let evidence = broken.lines().next().unwrap_or_default();
        report(&format!("{flaw:?}: caught in {} of 200 seeds, first in {seed}: {evidence}", caught.len()));
        for (seed, broken) in &caught {
            assert!(expected.iter().any(|name| broken.starts_with(name)), "{flaw:?}: seed {seed}: {broken}");
        }
    }
}

/// A failure is of no use without the way to it.
#[test]
fn a_failure_shows_the_latest_steps() {
    let broken = (0..200).find_map(|seed| schedule(seed, 5, Some(Flaw::VoteNotDurable)).err());
    let broken = broken.expect("caught, see above");
    let told = |what: &str| broken.lines().filter(|line| line.contains(what)).count();
    assert!(told("Deliver(") > 3, "{broken}");
    assert_eq!(broken.lines().count(), 2 + 30, "{broken}");
}

/// The driver's own proof: the same seed is the same schedule.
#[test]
fn a_seed_is_a_schedule() {
    let counts = |seed| {
        let seen = schedule(seed, 5, None).expect("safe");
        [seen.elections, seen.commits, seen.truncations, seen.restarts_with_loss]
    };
    assert_eq!(counts(7), counts(7));
    assert_ne!(counts(7), counts(8));
}

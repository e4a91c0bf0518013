//! Multi-Paxos: its invariants on every schedule, with quorums of several sizes and with snapshots; that it goes on after
//! the last fault; and what happens if a rule is taken out.

#[path = "../scripts/multi_paxos_replica.rs"]
mod replica;

use cap_lab::multi_paxos::invariant::{Ghost, INVARIANTS, Violation};
use cap_lab::multi_paxos::{
    ClientNote, Config, Flaw, LeaderNote, LeadershipNote, LearnerNote, Message, Note, Quorums, Request, Timer,
};
use cap_lab::node::{Command, NodeId, NodeSet};
use cap_lab::sim::model::{Host as Place, Model, Status, Step, StepOutcome};

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::{Tally, report, seeds};
use replica::{Commands, Replica};

/// A command that stands for itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
struct Number(u32);

impl Command for Number {
    type Snapshot = Commands<Number>;
}

type Server = Replica<Number>;

const STEPS: u64 = 2_000;

/// What one seed came across.
#[derive(Default)]
struct Seen {
    leaders: u64,
    commits: u64,
    proposed_again: u64,
    holes: u64,
    after_holes: u64,
    overtaken: u64,
    caught_up: u64,
    snapshots_installed: u64,
    superseded: u64,
    reads: u64,
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

impl Cluster {
    fn count(&mut self, notes: &[Note]) {
        let seen = &mut self.seen;
        for note in notes {
            *match note {
                Note::Leadership(LeadershipNote::BecameLeader { .. }) => &mut seen.leaders,
                Note::Leader(LeaderNote::CommitAdvanced { .. }) => &mut seen.commits,
                Note::Leader(LeaderNote::ProposesReported { .. }) => &mut seen.proposed_again,
                Note::Leader(LeaderNote::FillsHole { .. }) => &mut seen.holes,
                Note::Leader(LeaderNote::ChosenAfterHole { .. }) => &mut seen.after_holes,
                Note::Leadership(LeadershipNote::BacksOff { .. }) => &mut seen.overtaken,
                Note::Learner(LearnerNote::CaughtUp { .. }) => &mut seen.caught_up,
                Note::Learner(LearnerNote::SnapshotInstalled { .. }) => &mut seen.snapshots_installed,
                Note::Client(ClientNote::RequestSuperseded { .. }) => &mut seen.superseded,
                Note::Client(ClientNote::ReadConfirmed { .. }) => &mut seen.reads,
                _ => continue,
            } += 1;
        }
    }
}

impl Subject for Cluster {
    type Node = Server;

    fn lets_fire(&self, timer: Timer, dice: &mut Dice) -> bool {
        dice.once_in(if timer == Timer::Heartbeat { 2 } else { self.temper.election_patience })
    }

    fn targets(&self, model: &Model<Server>) -> NodeSet {
        let leads = |slot: &Place<Server>| slot.status == Status::Up && slot.node.paxos.is_leader();
        model.hosts().filter(|(_, slot)| leads(slot)).map(|(id, _)| id).collect()
    }

    fn request(&mut self, number: u32, dice: &mut Dice) -> Request<Number> {
        if dice.once_in(4) { Request::Read } else { Request::Propose(Number(number)) }
    }

    fn see(
        &mut self,
        step: &Step<Server>,
        before: Option<&Place<Server>>,
        after: &Model<Server>,
        outcome: &StepOutcome<Server>,
    ) -> Result<(), String> {
        self.count(&outcome.notes);
        match (step, before) {
            (Step::Crash(node, keep), Some(slot)) if slot.unsynced.len() > *keep as usize => {
                self.lossy.insert(*node);
            }
            (Step::Restart(node), _) => self.seen.restarts_with_loss += u64::from(self.lossy.remove(*node)),
            _ => {}
        }
        if let Step::Request(_, id, request) = step {
            self.ghost.observe_request(*id, request);
        }
        let Some(node) = outcome.node else { return Ok(()) };
        // A crash takes what is volatile: nothing that was before it binds the server, but for what others have heard.
        let forgot = self.started.insert(node) || matches!(step, Step::Crash(..));
        let before = before.filter(|_| !forgot).map(|slot| &slot.node.paxos);
        let broken = |violation: Violation| violation.to_string();
        let server = &after.host(node).node.paxos;
        self.ghost.observe(node, before, server, left(outcome, after)).map_err(broken)?;
        for (id, answer) in &outcome.replies {
            self.ghost.observe_answer(*id, answer).map_err(broken)?;
        }
        Ok(())
    }
}

/// What the touched server handed to the network, in order: what died at once on a cut link left it all the same.
fn left<'a>(outcome: &'a StepOutcome<Server>, after: &'a Model<Server>) -> impl Iterator<Item = &'a Message<Number>> {
    outcome.sent.iter().map(|id| {
        let lost = || outcome.lost.iter().find(|(other, ..)| other == id).map(|(_, envelope, _)| envelope);
        &after.flights().get(*id).or_else(lost).expect("sent, then on its way or lost at once").message
    })
}

/// What one kind of schedule is like.
struct Temper {
    mix: Mix,
    /// An election timer that comes up may run out once in so many times.
    election_patience: usize,
}

/// Leaders that are cut off with much that few others have, and replaced: the way to holes and to values proposed again.
const CHANGES: Temper = Temper {
    mix: Mix {
        deliver: 400,
        sync: 200,
        timer: 20,
        request: 60,
        lose: 90,
        duplicate: 10,
        cut: 4,
        heal: 20,
        crash: 1,
        restart: 20,
    },
    election_patience: 8,
};

/// Slow disks, several candidates at a time, and servers that crash in the middle of it and come back at once.
const REBOOTS: Temper = Temper {
    mix: Mix {
        deliver: 400,
        sync: 200,
        timer: 20,
        request: 40,
        lose: 40,
        duplicate: 4,
        cut: 2,
        heal: 8,
        crash: 5,
        restart: 50,
    },
    election_patience: 12,
};

/// Quorum sizes for five servers: majorities, a small phase 2, a small phase 1.
const SIZES: [Quorums; 3] =
    [Quorums { phase1: 3, phase2: 3 }, Quorums { phase1: 4, phase2: 2 }, Quorums { phase1: 2, phase2: 4 }];

fn driver(
    seed: u64,
    servers: u8,
    quorums: Quorums,
    flaw: Option<Flaw>,
) -> Result<(Driver<Cluster>, &'static Mix), String> {
    let members = NodeSet::first(servers.into());
    let temper = if seed.is_multiple_of(2) { &CHANGES } else { &REBOOTS };
    let snapshot_after = (seed % 4 < 3).then_some(3 + (seed % 5) as u32);
    let config = |id: NodeId| Config { quorums, snapshot_after, flaw, ..Config::new(id, members) };
    let cluster = Cluster {
        ghost: Ghost::default(),
        temper,
        lossy: NodeSet::EMPTY,
        started: NodeSet::EMPTY,
        seen: Seen::default(),
    };
    let nodes = members.iter().map(|id| Replica::new(config(id))).collect();
    Ok((Driver::new(nodes, cluster, seed)?, &temper.mix))
}

/// One schedule, of either temper; then everything heals, and the cluster must take a command.
fn schedule(seed: u64, servers: u8, quorums: Quorums, flaw: Option<Flaw>) -> Result<Seen, String> {
    let (mut driver, mix) = driver(seed, servers, quorums, flaw)?;
    driver.run(mix, STEPS)?;
    goes_on(&mut driver)?;
    Ok(driver.subject.seen)
}

/// After the last fault a leader leads, a new command is chosen, and all servers know the same.
fn goes_on(driver: &mut Driver<Cluster>) -> Result<(), String> {
    driver.heal_all()?;
    driver.settle()?;
    for round in 0..40_u32 {
        let leaders = driver.subject.targets(&driver.model);
        if let Some(leader) = leaders.iter().next().filter(|_| leaders.len() == 1) {
            let request = cap_lab::node::RequestId(u32::MAX - round);
            driver.perform(&Step::Request(leader, request, Request::Propose(Number(u32::MAX - round))))?;
            driver.settle()?;
            // Two heartbeats: one tells, one sends what is still missing.
            for _ in 0..3 {
                beat(driver)?;
            }
            if everybody_has(driver, &Number(u32::MAX - round)) {
                return Ok(());
            }
        }
        // Nobody leads, or a leader has not heard that it does not: one of those who wait loses patience.
        let waiting: Vec<Step<Server>> =
            driver.model.enabled().into_iter().filter(|step| matches!(step, Step::Timer(..))).collect();
        if let Some(step) = driver.dice.one_of(&waiting) {
            driver.perform(&step)?;
        }
        driver.settle()?;
    }
    Err("no command is chosen after the last fault".to_owned())
}

/// The leaders' heartbeat timers run out.
fn beat(driver: &mut Driver<Cluster>) -> Result<(), String> {
    for step in driver.model.enabled() {
        if matches!(step, Step::Timer(_, Timer::Heartbeat)) {
            driver.perform(&step)?;
        }
    }
    driver.settle()
}

fn everybody_has(driver: &Driver<Cluster>, command: &Number) -> bool {
    let states: Vec<&Commands<Number>> = driver.model.hosts().map(|(_, slot)| &slot.node.state).collect();
    states.iter().all(|state| state.last() == Some(command) && *state == states[0])
}

#[test]
fn no_schedule_breaks_an_invariant() {
    let mut tally = Tally::default();
    for seed in 0..seeds(200, 2_000) {
        let quorums = SIZES[(seed / 2 % 3) as usize];
        let seen = schedule(seed, 5, quorums, None).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        tally.add([
            ("leaders", seen.leaders),
            ("commits", seen.commits),
            ("values proposed again", seen.proposed_again),
            ("holes filled", seen.holes),
            ("slots chosen after holes", seen.after_holes),
            ("overtaken", seen.overtaken),
            ("caught up", seen.caught_up),
            ("snapshots installed", seen.snapshots_installed),
            ("superseded", seen.superseded),
            ("reads", seen.reads),
            ("restarts with loss", seen.restarts_with_loss),
        ]);
    }
    tally.demand_one_in_three("Multi-Paxos, 5 servers, 2,000 steps");
}

/// One server alone, even numbers, and the extremes of flexible quorums: one acceptance chooses, or one promise elects.
#[test]
fn other_sizes_are_safe_too() {
    for seed in 0..seeds(6, 100) {
        for (servers, phase1, phase2) in
            [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 2), (4, 2, 3), (5, 5, 1), (5, 1, 5), (7, 4, 4)]
        {
            schedule(seed, servers, Quorums { phase1, phase2 }, None)
                .unwrap_or_else(|broken| panic!("{servers} servers, {phase1} + {phase2}, seed {seed}: {broken}"));
        }
    }
}

/// Each rule that is taken out is missed within the seeds of the sweep, by an invariant that it serves.
#[test]
fn a_rule_that_is_taken_out_is_missed() {
    let name = |index: usize| INVARIANTS[index].0;
    let (agreement, promises, one_proposal, reads, answers) = (name(0), name(2), name(3), name(5), name(6));
    let majorities = Quorums { phase1: 3, phase2: 3 };
    for (flaw, quorums, expected) in [
        (Flaw::QuorumOneShort, Quorums { phase1: 3, phase2: 2 }, &[agreement, answers, reads][..]),
        (Flaw::QuorumOneShort, Quorums { phase1: 2, phase2: 3 }, &[agreement, answers, reads]),
        (Flaw::PhaseOneValuesIgnored, majorities, &[agreement, answers, reads]),
        (Flaw::PromiseNotDurable, majorities, &[promises, one_proposal, agreement]),
        (Flaw::ReadsUnconfirmed, majorities, &[reads]),
    ] {
        let caught: Vec<(u64, String)> = (0..200)
            .filter_map(|seed| schedule(seed, 5, quorums, Some(flaw)).err().map(|broken| (seed, broken)))
            .collect();
        let (seed, broken) = caught.first().unwrap_or_else(|| panic!("{flaw:?} was not caught in 200 seeds"));
        let evidence = broken.lines().next().unwrap_or_default();
        report(&format!("{flaw:?}: caught in {} of 200 seeds, first in {seed}: {evidence}", caught.len()));
        for (seed, broken) in &caught {
            assert!(expected.iter().any(|name| broken.starts_with(name)), "{flaw:?}: seed {seed}: {broken}");
        }
    }
}

/// What a client was told is what the state machine does: nothing that was called lost is in it, all that was called done
/// is, once.
#[test]
fn a_command_takes_effect_once_or_never() {
    for seed in 0..seeds(20, 200) {
        let (mut driver, mix) = driver(seed, 5, SIZES[0], None).expect("safe");
        driver.run(mix, STEPS).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        goes_on(&mut driver).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        let state = &driver.model.host(NodeId(0)).node.state;
        let mut numbers: Vec<u32> = state.iter().map(|number| number.0).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all, "seed {seed}: a command was carried out twice");
    }
}

/// The driver's own proof: the same seed is the same schedule.
#[test]
fn a_seed_is_a_schedule() {
    let counts = |seed| {
        let seen = schedule(seed, 5, SIZES[0], None).expect("safe");
        [seen.leaders, seen.commits, seen.proposed_again, seen.overtaken, seen.reads]
    };
    assert_eq!(counts(7), counts(7));
    assert_ne!(counts(7), counts(8));
}

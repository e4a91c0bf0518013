//! Primary and backup: its invariants on any schedule, and one log everywhere once all links are whole.

use cap_lab::node::{Answer, Command, NodeId, NodeSet};
use cap_lab::primary_backup::invariant::Ghost;
use cap_lab::primary_backup::{Config, Note, PrimaryBackup, Request, Response, Setup, Timer};
use cap_lab::sim::model::{Host, Model, Step, StepOutcome};
use serde::Serialize;

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::{Tally, seeds};

/// A command is a number. Nothing is compacted, so nothing comes of carrying it out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
struct Number(u32);

impl Command for Number {
    type Snapshot = ();
}

type Server = PrimaryBackup<Number>;

const STEPS: u64 = 1_200;

#[derive(Default)]
struct Seen {
    takeovers: u64,
    split_brain: u64,
    confirmed: u64,
    discarded: u64,
}

#[derive(Default)]
struct Watch {
    ghost: Ghost<Number>,
    seen: Seen,
}

impl Subject for Watch {
    type Node = Server;

    /// Takeovers in a row leave no time for anything else.
    fn lets_fire(&self, timer: Timer, dice: &mut Dice) -> bool {
        timer == Timer::Heartbeat || dice.once_in(6)
    }

    fn targets(&self, model: &Model<Server>) -> NodeSet {
        model.hosts().filter(|(_, host)| host.node.leads()).map(|(id, _)| id).collect()
    }

    fn request(&mut self, number: u32, dice: &mut Dice) -> Request<Number> {
        if dice.once_in(4) { Request::Read } else { Request::Propose(Number(number)) }
    }

    fn see(
        &mut self,
        step: &Step<Server>,
        before: Option<&Host<Server>>,
        after: &Model<Server>,
        outcome: &StepOutcome<Server>,
    ) -> Result<(), String> {
        for note in &outcome.notes {
            self.seen.takeovers += u64::from(matches!(note, Note::TakesOver { .. }));
            if let Note::Discards { count, .. } = note {
                self.seen.discarded += count;
            }
        }
        let is_confirmed = |answer: &Answer<_, _>| matches!(answer, Answer::Done(Response::Confirmed { .. }));
        self.seen.confirmed += outcome.replies.iter().filter(|(_, answer)| is_confirmed(answer)).count() as u64;
        self.seen.split_brain += u64::from(after.hosts().filter(|(_, host)| host.node.leads()).count() > 1);
        let Some(node) = outcome.node else { return Ok(()) };
        let host = after.host(node);
        let forgot = matches!(step, Step::Crash(..) | Step::Restart(_));
        let before = before.filter(|_| !forgot).map(|host| &host.node);
        let left = outcome.sent.iter().filter_map(|id| after.flights().get(*id)).map(|envelope| &envelope.message);
        self.ghost.observe(node, before, &host.node, &host.disk, left).map_err(|broken| broken.to_string())
    }
}

const ROUGH: Mix = Mix {
    deliver: 400,
    sync: 250,
    timer: 60,
    request: 60,
    lose: 40,
    duplicate: 15,
    cut: 8,
    heal: 8,
    crash: 6,
    restart: 20,
};

/// Fires the heartbeats of those that lead, and the takeover of one if nobody does.
fn beat(driver: &mut Driver<Watch>) -> Result<(), String> {
    let leading: Vec<NodeId> = driver.model.hosts().filter(|(_, host)| host.node.leads()).map(|(id, _)| id).collect();
    if leading.is_empty() {
        return driver.perform(&Step::Timer(NodeId(0), Timer::Failover));
    }
    leading.into_iter().try_for_each(|id| driver.perform(&Step::Timer(id, Timer::Heartbeat)))
}

fn one_log_in_the_end(setup: &str) {
    let mut tally = Tally::default();
    for seed in 0..seeds(500, 10_000) {
        let all = NodeSet::first(5);
        let setup: Setup = setup.parse().expect("a setup");
        let config = |id: NodeId| -> Config { setup.config(id, all) };
        let nodes = all.iter().map(|id| PrimaryBackup::new(config(id))).collect();
        let fail = |broken: String| -> ! { panic!("seed {seed}: {broken}") };
        let mut driver = Driver::new(nodes, Watch::default(), seed).unwrap_or_else(|broken| fail(broken));
        driver.run(&ROUGH, STEPS).unwrap_or_else(|broken| fail(broken));
        driver.heal_all().unwrap_or_else(|broken| fail(broken));
        driver.settle().unwrap_or_else(|broken| fail(broken));
        for _ in 0..12 {
            beat(&mut driver).unwrap_or_else(|broken| fail(broken));
            driver.settle().unwrap_or_else(|broken| fail(broken));
        }
        let leading = driver.model.hosts().filter(|(_, host)| host.node.leads()).count();
        assert_eq!(leading, 1, "seed {seed}: one leads in the end");
        let states: Vec<_> = driver.model.hosts().map(|(_, host)| host.node.state()).collect();
        assert!(states.iter().all(|state| *state == states[0]), "seed {seed}: {states:?}");
        let Seen { takeovers, split_brain, confirmed, discarded } = driver.subject.seen;
        tally.add([
            ("takeovers", takeovers),
            ("steps with two primaries", split_brain),
            ("commands confirmed", confirmed),
            ("entries discarded", discarded),
        ]);
    }
    tally.demand_one_in_three(&format!("primary and backup{setup}, 5 servers, 1,200 steps"));
}

#[test]
fn servers_end_with_one_log_after_any_schedule() {
    one_log_in_the_end("");
}

#[test]
fn so_they_do_if_a_primary_waits_for_one_backup() {
    one_log_in_the_end(".one-backup");
}

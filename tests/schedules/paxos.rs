//! Paxos: agreement, validity, promises kept, one proposal per ballot.

use cap_lab::node::{Delay, Micros, NodeId, NodeSet, RequestId};
use cap_lab::paxos::invariant::Ghost;
use cap_lab::paxos::{Config, Message, Note, Paxos, Phase, ProposerNote, Request, Timer, Value};
use cap_lab::sim::model::{Host, Model, Step, StepOutcome};

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::{Tally, seeds};

const STEPS: u64 = 1_000;

#[derive(Default)]
struct Seen {
    chosen: u64,
    abandoned: u64,
    pushed_another: u64,
    crashes_with_loss: u64,
}

struct Decision {
    ghost: Ghost,
    seen: Seen,
}

impl Subject for Decision {
    type Node = Paxos;

    fn lets_fire(&self, _: Timer, dice: &mut Dice) -> bool {
        dice.once_in(3)
    }

    fn targets(&self, _: &Model<Paxos>) -> NodeSet {
        NodeSet::first(2)
    }

    fn request(&mut self, _: u32, dice: &mut Dice) -> Request {
        Request::Propose(Value::from(["blue", "red", "green", "yellow"][dice.below(4)]))
    }

    fn see(
        &mut self,
        step: &Step<Paxos>,
        before: Option<&Host<Paxos>>,
        after: &Model<Paxos>,
        outcome: &StepOutcome<Paxos>,
    ) -> Result<(), String> {
        for note in &outcome.notes {
            match note {
                Note::Proposer(ProposerNote::Abandons { .. }) => self.seen.abandoned += 1,
                Note::Proposer(ProposerNote::ProposesReported { wanted, proposal, .. }) => {
                    self.seen.pushed_another += u64::from(*wanted != proposal.value);
                }
                _ => {}
            }
        }
        if let Step::Request(_, _, request) = step {
            self.ghost.observe_request(request);
        }
        let fresh = matches!(step, Step::Restart(_) | Step::Crash(..));
        if let (Step::Crash(_, keep), Some(host)) = (step, before) {
            self.seen.crashes_with_loss += u64::from(host.unsynced.len() > *keep as usize);
        }
        let Some(node) = outcome.node else { return Ok(()) };
        let message = |id| {
            let lost = outcome.lost.iter().find(|(other, ..)| *other == id).map(|(_, envelope, _)| &envelope.message);
            after.flights().get(id).map(|envelope| &envelope.message).or(lost).expect("sent just now")
        };
        let left: Vec<&Message> = outcome.sent.iter().map(|id| message(*id)).collect();
        let before = before.filter(|_| !fresh).map(|host| &host.node);
        let result = self.ghost.observe(node, before, &after.host(node).node, left);
        self.seen.chosen = u64::from(self.ghost.chosen().is_some());
        result.map_err(|violation| format!("{} is violated: {}", violation.invariant, violation.evidence))
    }
}

/// Two proposers that are learners too, and `acceptors` acceptors.
fn decision(seed: u64, acceptors: usize) -> Result<Driver<Decision>, String> {
    let proposers = NodeSet::first(2);
    let all = NodeSet::first(2 + acceptors);
    let config = |id| Config {
        id,
        proposers,
        acceptors: all.difference(proposers),
        learners: proposers,
        retry: Delay::between(Micros::from_ms(500), Micros::from_ms(700)),
        back_off: Delay::between(Micros::from_ms(100), Micros::from_ms(900)),
        flaw: None,
    };
    let nodes = all.iter().map(|id| Paxos::new(config(id))).collect();
    Driver::new(nodes, Decision { ghost: Ghost::default(), seen: Seen::default() }, seed)
}

const ROUGH: Mix = Mix {
    deliver: 400,
    sync: 250,
    timer: 60,
    request: 20,
    lose: 15,
    duplicate: 15,
    cut: 3,
    heal: 8,
    crash: 8,
    restart: 30,
};

#[test]
fn no_schedule_breaks_an_invariant() {
    let mut tally = Tally::default();
    for seed in 0..seeds(100, 2_000) {
        for acceptors in [3, 5] {
            let run = decision(seed, acceptors).and_then(|mut driver| driver.run(&ROUGH, STEPS).map(|()| driver));
            let seen = run.unwrap_or_else(|broken| panic!("seed {seed}, {acceptors} acceptors: {broken}")).subject.seen;
            tally.add([
                ("chosen", seen.chosen),
                ("ballots abandoned", seen.abandoned),
                ("values of others pushed", seen.pushed_another),
                ("crashes with loss", seen.crashes_with_loss),
            ]);
        }
    }
    tally.demand_one_in_three("Paxos, 2 proposers, 1,000 steps");
}

/// §2.4: once faults end and one proposer is at work alone, it learns what was chosen.
#[test]
fn a_lone_proposer_comes_to_an_end() {
    for seed in 0..seeds(30, 300) {
        let mut driver = decision(seed, 5).expect("nothing happened yet");
        driver.run(&ROUGH, STEPS).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        driver.heal_all().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        // The duel may go on for ever (Fischer, Lynch and Paterson 1985), so the other proposer leaves the field.
        let (lone, other) = (NodeId(0), NodeId(1));
        driver.perform(&Step::Crash(other, 0)).expect("safe");
        driver.settle().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        let ask = Step::Request(lone, RequestId(u32::MAX), Request::Propose(Value::from("late")));
        driver.perform(&ask).expect("safe");
        for _ in 0..5 {
            driver.settle().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
            driver.fire_all().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        }
        let proposer = driver.model.host(lone).node.proposer().expect("a proposer");
        assert!(matches!(proposer.phase(), Phase::Decided { .. }), "seed {seed}: {proposer:?}");
    }
}

//! What a step allocates: nothing for a node that it does not touch, however many there are.
//!
//! A test binary of its own, with one test: the allocator counts everything that the process asks for.

use std::alloc::System;
use std::io::Write;
use std::mem::size_of;

use cap_lab::node::{Clocks, Command, Delay, Micros, NodeId, NodeSet, RequestId};
use cap_lab::raft::{Config, Raft, Request, Timer};
use cap_lab::sim::fault::Intervention;
use cap_lab::sim::model::{Model, Step, StepOutcome};
use cap_lab::sim::network::{Envelope, Travel};
use cap_lab::sim::run::{Run, Seen, World};
use cap_lab::sim::schedule::{Pace, Turns};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A command that stands for itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
struct Word(u32);

impl Command for Word {
    type Snapshot = ();
}

type Server = Raft<Word>;

/// What something asked the allocator for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cost {
    times: usize,
    bytes: usize,
}

fn cost<T>(work: impl FnOnce() -> T) -> (Cost, T) {
    let region = Region::new(ALLOCATOR);
    let done = work();
    let change = region.change();
    (Cost { times: change.allocations + change.reallocations, bytes: change.bytes_allocated }, done)
}

/// So many servers, of which the first are the members.
#[derive(Clone, Copy)]
struct Cluster {
    servers: usize,
    members: usize,
}

impl Cluster {
    fn nodes(self) -> Vec<Server> {
        let config = |id| Config::new(id, NodeSet::first(self.members));
        NodeSet::first(self.servers).iter().map(|id| Raft::new(config(id))).collect()
    }
}

const LEADER: NodeId = NodeId(0);
const FOLLOWER: NodeId = NodeId(1);

/// A model, and what its steps write down.
struct Stage {
    model: Model<Server>,
    outcome: StepOutcome<Server>,
    requests: u32,
}

impl Stage {
    /// n1 leads, everybody has its entries, and nothing is on its way.
    fn settled(cluster: Cluster) -> Self {
        let mut stage = Self { model: Model::new(cluster.nodes()), outcome: StepOutcome::default(), requests: 0 };
        for node in NodeSet::first(cluster.servers).iter() {
            stage.step(&Step::Restart(node));
        }
        stage.step(&Step::Timer(LEADER, Timer::Election));
        stage.settle();
        // What grows with use has grown.
        for _ in 0..3 {
            stage.ask();
            stage.settle();
        }
        stage
    }

    fn step(&mut self, step: &Step<Server>) -> Cost {
        cost(|| self.model.apply(step, Clocks::default(), &mut self.outcome)).0
    }

    /// Until only timers are left.
    fn settle(&mut self) {
        while let Some(step) = self.model.enabled().into_iter().find(|step| !matches!(step, Step::Timer(..))) {
            self.step(&step);
        }
    }

    fn ask(&mut self) -> Cost {
        self.requests += 1;
        self.step(&Step::Request(LEADER, RequestId(self.requests), Request::Propose(Word(self.requests))))
    }

    fn deliver(&mut self, from: NodeId, to: NodeId) -> Cost {
        let between = |(_, envelope): &(_, &Envelope<_>)| (envelope.from, envelope.to) == (from, to);
        let id = self.model.flights().iter().find(between).expect("a message between them").0;
        self.step(&Step::Deliver(id))
    }

    /// An entry on its way from a request to its commit, and a heartbeat, between n1 and n2 alone: what each step costs.
    fn conversation(&mut self) -> Vec<(&'static str, Cost)> {
        vec![
            ("request", self.ask()),
            ("sync of n1", self.step(&Step::Sync(LEADER))),
            ("word from n1's disk", self.deliver(LEADER, LEADER)),
            ("append at n2", self.deliver(LEADER, FOLLOWER)),
            ("sync of n2", self.step(&Step::Sync(FOLLOWER))),
            ("its answer at n1", self.deliver(FOLLOWER, LEADER)),
            ("heartbeat timer", self.step(&Step::Timer(LEADER, Timer::Heartbeat))),
            ("heartbeat at n2", self.deliver(LEADER, FOLLOWER)),
            ("its answer", self.deliver(FOLLOWER, LEADER)),
        ]
    }
}

impl Pace<Server> for Cluster {
    fn travel(&self, _: NodeId, _: NodeId) -> Travel {
        Travel { base: Delay::fixed(Micros::from_ms(10)), jitter: Micros(1) }
    }

    fn sync_time(&self) -> Delay {
        Delay::fixed(Micros::from_ms(2))
    }

    fn opening(&self) -> Micros {
        Micros::ZERO
    }

    fn turns(&self, _: NodeId) -> Option<Turns> {
        None
    }

    fn traffic(&self, _: NodeId, _: &Server, _: u32, _: u64) -> Option<Request<Word>> {
        None
    }
}

impl World for Cluster {
    type Node = Server;
    type Watch = ();

    fn nodes(&self) -> Vec<Server> {
        Cluster::nodes(*self)
    }

    fn watch(&self, (): &mut (), _: &Seen<'_, Server>) {}
}

/// Two simulated seconds, with a request every 50 ms: steps, and what they cost.
fn run(cluster: Cluster) -> (u64, Cost) {
    let mut run = Run::new(cluster, 0, 1, 0);
    run.advance(Micros::from_ms(1_000));
    let (leader, _) = run.model().hosts().find(|(_, host)| host.node.is_leader()).expect("elected by now");
    let before = run.steps();
    let (cost, ()) = cost(|| {
        for number in 0..40 {
            let at = Micros::from_ms(1_001 + 50 * number);
            run.advance(at);
            let act = Intervention::Request { node: leader, request: Request::Propose(Word(number as u32)) };
            assert!(run.intervene(at, &act));
        }
        run.advance(Micros::from_ms(3_000));
    });
    (run.steps() - before, cost)
}

/// Copies the model and does a step to the copy, as searches do.
fn branch(stage: &Stage) -> Cost {
    let (step, mut outcome) = (Step::Timer(LEADER, Timer::Heartbeat), StepOutcome::default());
    let (cost, _branch) = cost(|| {
        let mut branch = stage.model.clone();
        branch.apply(&step, Clocks::default(), &mut outcome);
        branch
    });
    cost
}

fn report(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody reads");
}

#[test]
fn nothing_is_allocated_for_a_node_that_is_not_involved() {
    // Bystanders: three members in a cluster of three, and of nine.
    let few = Cluster { servers: 3, members: 3 };
    let many = Cluster { servers: 9, members: 3 };
    let (mut alone, mut amid) = (Stage::settled(few), Stage::settled(many));
    let (costs, same) = (alone.conversation(), amid.conversation());
    for (what, Cost { times, bytes }) in &costs {
        report(&format!("{what}: {times} allocations, {bytes} bytes"));
    }
    assert_eq!(costs, same, "the model's steps");
    let (steps, cost) = run(few);
    report(&format!("a run of {steps} steps: {} allocations, {} bytes", cost.times, cost.bytes));
    assert_eq!((steps, cost), run(many), "a run in time");
    // A copy holds a pointer to each node and whom it can't reach: lists of their own, whose length is all that differs.
    let (one, other) = (branch(&Stage::settled(few)), branch(&Stage::settled(many)));
    assert_eq!(other.times, one.times, "a copy of the model");
    assert_eq!(other.bytes - one.bytes, 6 * (size_of::<usize>() + size_of::<NodeSet>()));

    // Members: what two of nine say to each other costs them no more than if they were of three.
    let wide = Stage::settled(Cluster { servers: 9, members: 9 }).conversation();
    assert_eq!(costs, wide, "three members and nine");
    // And only what is kept is allocated: the entry.
    let kept = |what| matches!(what, "request" | "sync of n1" | "append at n2" | "sync of n2");
    assert!(costs.iter().all(|(what, cost)| (cost.times > 0) == kept(*what)), "{costs:?}");
}

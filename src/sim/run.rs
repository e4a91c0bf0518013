//! A run: setup, seed and interventions decide every bit of it. All other steps are derived; notes, history and the
//! invariants' ghosts observe.

use std::sync::Arc;

use super::fault::{Fate, Intervention, MessageName};
use super::model::{Host, Model, Status, Step, StepOutcome};
use super::network::{Envelope, FlightId};
use super::schedule::{Next, Pace, Passage, Schedule, Taken};
use crate::digest::Digest;
use crate::history::History;
use crate::node::{Clocks, Kind, Micros, Node, NodeId, RequestId};
use crate::shared_vec::SharedVec;

/// Steps between two digests that a run file carries.
pub const STEPS_PER_DIGEST: u64 = 256;

/// The history of a world's clients.
pub type HistoryOf<N> = History<<N as Node>::Request, <N as Node>::Response, <N as Node>::Refusal>;

/// Who takes part, at what pace, and what is watched.
pub trait World: Pace<Self::Node> + Clone {
    /// The participants' type.
    type Node: Node;
    /// What is remembered of all that was seen: notes, marks, the ghosts of the invariants. Cloned at every checkpoint, so
    /// it must share its structure.
    type Watch: Clone + Default;

    /// The participants before they start, by id.
    fn nodes(&self) -> Vec<Self::Node>;

    /// Whether `node` can crash. What cannot is no part of the system that a fault may strike.
    fn can_crash(&self, node: NodeId) -> bool {
        let _ = node;
        true
    }

    /// Sees one step, after it was done.
    fn watch(&self, watch: &mut Self::Watch, seen: &Seen<'_, Self::Node>);
}

/// One step as an observer of the whole system sees it.
#[derive(Debug)]
pub struct Seen<'a, N: Node> {
    /// When it was done.
    pub at: Micros,
    /// What was done.
    pub step: &'a Step<N>,
    /// The participant that it touched, as it was before.
    pub before: Option<&'a Host<N>>,
    /// Everything after it.
    pub after: &'a Model<N>,
    /// What it brought about.
    pub outcome: &'a StepOutcome<N>,
    /// When the messages that it lost were sent, and would have arrived.
    pub died: &'a [(FlightId, Passage)],
    /// The clients' operations, this step's among them.
    pub history: &'a HistoryOf<N>,
}

impl<N: Node> Seen<'_, N> {
    /// The participant that the step touched, as it is now.
    pub fn touched(&self) -> Option<(NodeId, &N)> {
        let id = self.outcome.node?;
        Some((id, &self.after.host(id).node))
    }

    /// Whether the participant that it touched starts for the first time.
    pub fn is_first_start(&self) -> bool {
        matches!(self.step, Step::Restart(_)) && self.at == Micros::ZERO
    }

    /// What the touched participant handed to the network, in order: what died at once on a cut link left it all the same.
    pub fn sent(&self) -> impl Iterator<Item = &Envelope<N::Message>> {
        self.outcome.sent.iter().map(|id| {
            let lost = || self.outcome.lost.iter().find(|(other, ..)| other == id).map(|(_, envelope, _)| envelope);
            self.after.flights().get(*id).or_else(lost).expect("sent, then on its way or lost at once")
        })
    }
}

/// The latest step of a run.
#[derive(Clone, Copy, Debug)]
pub struct Latest<'a, N: Node> {
    /// What was done.
    pub step: &'a Step<N>,
    /// What it brought about.
    pub outcome: &'a StepOutcome<N>,
}

/// A world in time.
#[derive(Debug)]
pub struct Run<W: World> {
    world: W,
    /// Which of the worlds under one script this is.
    index: u8,
    model: Model<W::Node>,
    schedule: Schedule<W::Node>,
    /// What the schedule lets happen next: asked several times a step, found out once.
    next: Option<Next>,
    history: HistoryOf<W::Node>,
    watch: W::Watch,
    requests: u32,
    steps: u64,
    digest: Digest,
    digests: SharedVec<u64>,
    /// What the latest step was and did; not part of the run's value.
    latest: Option<Step<W::Node>>,
    outcome: StepOutcome<W::Node>,
}

impl<W: World> Clone for Run<W> {
    fn clone(&self) -> Self {
        Self {
            world: self.world.clone(),
            index: self.index,
            model: self.model.clone(),
            schedule: self.schedule.clone(),
            next: self.next,
            history: self.history.clone(),
            watch: self.watch.clone(),
            requests: self.requests,
            steps: self.steps,
            digest: self.digest,
            digests: self.digests.clone(),
            latest: None,
            outcome: StepOutcome::default(),
        }
    }
}

impl<W: World> Run<W> {
    /// The world number `index` under its script, at time 0, with every participant started and clients busy at
    /// `traffic_percent` of the usual.
    pub fn new(world: W, index: u8, seed: u64, traffic_percent: u16) -> Self {
        let nodes = world.nodes();
        let count = nodes.len();
        let mut run = Self {
            world,
            index,
            model: Model::new(nodes),
            schedule: Schedule::new(seed, count),
            next: None,
            history: History::default(),
            watch: W::Watch::default(),
            requests: 0,
            steps: 0,
            digest: Digest::default(),
            digests: SharedVec::default(),
            latest: None,
            outcome: StepOutcome::default(),
        };
        for node in 0..count {
            run.perform(Micros::ZERO, Step::Restart(NodeId(node as u8)));
        }
        run.schedule.set_traffic(Micros::ZERO, traffic_percent, &run.world);
        run.next = run.schedule.next(&run.model);
        run
    }

    /// Who takes part.
    pub fn world(&self) -> &W {
        &self.world
    }

    /// The participants and what is between them.
    pub fn model(&self) -> &Model<W::Node> {
        &self.model
    }

    /// Due times and clocks.
    pub fn schedule(&self) -> &Schedule<W::Node> {
        &self.schedule
    }

    /// The clients' operations.
    pub fn history(&self) -> &HistoryOf<W::Node> {
        &self.history
    }

    /// What was seen.
    pub fn watch(&self) -> &W::Watch {
        &self.watch
    }

    /// The latest step and what it did; `None` right after a clone or at the start.
    pub fn latest(&self) -> Option<Latest<'_, W::Node>> {
        self.latest.as_ref().map(|step| Latest { step, outcome: &self.outcome })
    }

    /// The moment of the latest step.
    pub fn now(&self) -> Micros {
        self.schedule.now()
    }

    /// How many steps were done, interventions' own among them.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The digest of all steps so far: equal for equal runs, on every machine.
    pub fn digest(&self) -> u64 {
        self.digest.finish()
    }

    /// The digest after each [`STEPS_PER_DIGEST`] steps.
    pub fn digests(&self) -> &SharedVec<u64> {
        &self.digests
    }

    /// When the next step happens by itself.
    pub fn next_at(&self) -> Option<Micros> {
        self.next.map(|next| next.at)
    }

    /// Lets the next step happen if it is due until `limit`; false if there is none.
    pub fn step(&mut self, limit: Micros) -> bool {
        while let Some(next) = self.next.filter(|next| next.at <= limit) {
            let taken = self.schedule.take(next, &self.model, &self.world);
            let happens = taken.is_some();
            match taken {
                Some(Taken::Step(step)) => self.perform(next.at, step),
                Some(Taken::Request(node, request)) => self.request(next.at, node, request),
                None => {}
            }
            self.next = self.schedule.next(&self.model);
            if happens {
                return true;
            }
        }
        false
    }

    /// Lets everything happen that is due until `limit`.
    pub fn advance(&mut self, limit: Micros) {
        while self.step(limit) {}
    }

    /// Does something to the run at `at`, which must not be before its latest step. False if it can't be done as things
    /// stand (the message is gone, the node is down already): then nothing changes.
    pub fn intervene(&mut self, at: Micros, act: &Intervention<<W::Node as Node>::Request>) -> bool {
        assert!(at >= self.now(), "{at:?} is over: {:?}", self.now());
        let done = self.attempt(at, act);
        self.next = self.schedule.next(&self.model);
        done
    }

    fn attempt(&mut self, at: Micros, act: &Intervention<<W::Node as Node>::Request>) -> bool {
        let status = |node: &NodeId| self.model.host(*node).status;
        let known = |node: &NodeId| node.index() < self.model.len();
        match act {
            Intervention::Cut(links) | Intervention::Heal(links) => {
                let cut = matches!(act, Intervention::Cut(_));
                if !links.iter().all(|(from, to)| known(from) && known(to) && from != to) {
                    return false;
                }
                let changed: Vec<_> =
                    links.iter().filter(|(from, to)| self.model.is_cut(*from, *to) != cut).copied().collect();
                for (from, to) in &changed {
                    self.perform(at, if cut { Step::Cut(*from, *to) } else { Step::Heal(*from, *to) });
                }
                !changed.is_empty()
            }
            Intervention::Crash { node, keep } => {
                let possible = known(node) && status(node) != Status::Crashed && self.world.can_crash(*node);
                possible && self.done(at, Step::Crash(*node, *keep))
            }
            Intervention::Restart(node) => {
                known(node) && status(node) == Status::Crashed && self.done(at, Step::Restart(*node))
            }
            Intervention::Pause(node) => known(node) && status(node) == Status::Up && self.done(at, Step::Pause(*node)),
            Intervention::Resume(node) => {
                known(node) && status(node) == Status::Paused && self.done(at, Step::Resume(*node))
            }
            Intervention::Skew { node, micros } => {
                known(node) && self.noted(at, act) && {
                    self.schedule.set_skew(*node, *micros);
                    true
                }
            }
            Intervention::Drift { node, ppm } => {
                known(node) && *ppm > -1_000_000 && self.noted(at, act) && {
                    self.schedule.set_drift(at, *node, *ppm);
                    true
                }
            }
            Intervention::Slow { links, micros } => {
                let by = Micros(u64::from(*micros));
                let links_exist = links.iter().all(|(from, to)| known(from) && known(to) && from != to);
                let changes = links_exist && links.iter().any(|link| self.schedule.slowed(*link) != by);
                changes && self.noted(at, act) && {
                    links.iter().for_each(|link| self.schedule.set_slow(*link, by));
                    true
                }
            }
            Intervention::Message { world, .. }
            | Intervention::Timer { world, .. }
            | Intervention::Sync { world, .. }
                if *world != self.index =>
            {
                false
            }
            Intervention::Message { name, fate, .. } => {
                self.schedule.flight_named(name, &self.model).is_some_and(|id| self.decide(at, id, *fate, act))
            }
            Intervention::Timer { node, timer, .. } => {
                let running = |host: &Host<W::Node>| {
                    host.timers.iter().map(|(running, _)| *running).find(|running| running.kind() == timer)
                };
                let found = known(node).then(|| self.model.host(*node)).filter(|host| host.status == Status::Up);
                match found.and_then(|host| running(host)) {
                    Some(running) => self.done(at, Step::Timer(*node, running)),
                    None => false,
                }
            }
            Intervention::Sync { node, .. } => {
                let waits = |host: &Host<W::Node>| host.status == Status::Up && host.awaits_sync();
                known(node) && waits(self.model.host(*node)) && self.done(at, Step::Sync(*node))
            }
            Intervention::Request { node, request } => {
                known(node) && status(node) == Status::Up && {
                    self.request(at, *node, request.clone());
                    true
                }
            }
            Intervention::Traffic(percent) => {
                self.noted(at, act) && {
                    self.schedule.set_traffic(at, *percent, &self.world);
                    true
                }
            }
        }
    }

    fn decide(&mut self, at: Micros, id: FlightId, fate: Fate, act: &Intervention<<W::Node as Node>::Request>) -> bool {
        let held = self.schedule.passage(id).expect("a message on its way").held;
        let envelope = self.model.flights().get(id).expect("a message on its way");
        let (to, own) = (envelope.to, envelope.from == envelope.to);
        match fate {
            // Word from a node's own disk is no matter of the network.
            Fate::Hold | Fate::Drop | Fate::Duplicate if own => false,
            Fate::Hold | Fate::Release if held == (fate == Fate::Hold) => false,
            Fate::Hold | Fate::Release => {
                self.schedule.set_held(at, id, fate == Fate::Hold);
                self.noted(at, act)
            }
            Fate::Drop => self.done(at, Step::Lose(id)),
            Fate::Duplicate => self.done(at, Step::Duplicate(id)),
            Fate::Deliver => match self.model.host(to).status {
                Status::Up => self.done(at, Step::Deliver(id)),
                Status::Crashed => self.done(at, Step::Lose(id)),
                Status::Paused => false,
            },
        }
    }

    /// The structural name of a message on its way.
    pub fn name_of(&self, id: FlightId) -> Option<MessageName> {
        let envelope = self.model.flights().get(id)?;
        let ordinal = self.schedule.passage(id)?.ordinal;
        let kind = envelope.message.kind().to_owned();
        Some(MessageName { from: envelope.from, to: envelope.to, kind, ordinal })
    }

    /// Puts what touches only the schedule into the digest.
    fn noted(&mut self, at: Micros, act: &Intervention<<W::Node as Node>::Request>) -> bool {
        self.digest.fold(&(at, act));
        self.schedule.touch(at);
        true
    }

    fn done(&mut self, at: Micros, step: Step<W::Node>) -> bool {
        self.perform(at, step);
        true
    }

    fn request(&mut self, at: Micros, node: NodeId, request: <W::Node as Node>::Request) {
        let id = RequestId(self.requests);
        self.requests += 1;
        self.perform(at, Step::Request(node, id, request));
    }

    fn perform(&mut self, at: Micros, step: Step<W::Node>) {
        let touched = self.model.touched(&step);
        let before = touched.map(|node| Arc::clone(self.model.host(node)));
        let clocks = touched.map_or(Clocks::default(), |node| self.schedule.clocks(node, at));
        self.model.apply(&step, clocks, &mut self.outcome);
        self.schedule.absorb(at, &step, &self.outcome, &self.model, &self.world);
        if let Step::Request(node, id, request) = &step {
            self.history.invoke(*id, *node, request.clone(), at);
        }
        for (id, answer) in &self.outcome.replies {
            self.history.answer(*id, answer.clone(), at);
        }
        self.digest.fold(&(at, &step, &self.outcome.delivered));
        self.steps += 1;
        if self.steps.is_multiple_of(STEPS_PER_DIGEST) {
            self.digests.push(self.digest.finish());
        }
        let seen = Seen {
            at,
            step: &step,
            before: before.as_deref(),
            after: &self.model,
            outcome: &self.outcome,
            died: self.schedule.died(),
            history: &self.history,
        };
        self.world.watch(&mut self.watch, &seen);
        self.latest = Some(step);
    }
}

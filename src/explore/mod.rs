//! Exhaustive and random search over [`Model`]: what could happen, not what did.
//!
//! A [`Subject`] says who takes part, what may happen to them within which [`Bounds`], and what must hold. [`shortest`]
//! visits every state in reach by the length of the way there, so that what it finds is a shortest way; [`random`] walks
//! at random where there are too many, and [`shrink`] takes out of such a walk what it does not need. [`interventions`] turns
//! either into what a run, a script or the page can play.
//!
//! A message that is lost is one that never arrives: a search that may leave any message on its way for ever needs no step
//! for it. Time is left out: whatever can happen may happen next, in any order.

mod random;
mod shortest;
mod way;

pub use random::random;
pub use shortest::{Explored, Limit, shortest};
pub use way::{Way, interventions, replay, shortened, shrink};

use std::hash::Hash;
use std::sync::Arc;

use crate::node::{Clocks, Node, NodeId, NodeSet, RequestId, Violation};
use crate::sim::fingerprint::Fingerprint;
use crate::sim::model::{Host, Model, Status, Step, StepOutcome};
use crate::sim::network::{Envelope, FlightId};

/// When what is written becomes durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disks {
    /// At once: a crash loses nothing that was written.
    AtOnce,
    /// By the step that comes next, unless the node crashes instead. That it comes next leaves nothing out for nodes that
    /// handle nothing while they wait for their disk: what one has written, nobody can tell until it is durable.
    Awaited,
    /// By a step of its own, at any time; meanwhile the node goes on.
    Concurrent,
}

/// What becomes of a message that arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// It is gone; the network may have made a copy before, each a step of its own.
    Multiset {
        /// How many copies it may make in all.
        copies: u8,
    },
    /// It may arrive again, any time and any number of times: the network is the set of all messages ever sent. Covers
    /// loss, duplication and reordering without bounds.
    Set,
}

/// How much may happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// See there.
    pub disks: Disks,
    /// See there.
    pub network: Network,
    /// How many crashes in all. Whoever crashed may start again.
    pub crashes: u8,
    /// Who may crash.
    pub may_crash: NodeSet,
}

/// What is searched, and what must hold there.
pub trait Subject {
    /// Who takes part.
    type Node: Node;
    /// What the invariants remember of the past. Part of a state: two that differ in it may come to differ in what breaks.
    type Ghost: Clone + Eq + Hash;

    /// The participants before they start, by id.
    fn nodes(&self) -> Vec<Self::Node>;
    /// What is remembered before anything has happened.
    fn ghost(&self) -> Self::Ghost;
    /// How much may happen.
    fn bounds(&self) -> Bounds;
    /// What clients may ask, each once, in any order, at any time.
    fn requests(&self) -> &[(NodeId, RequestOf<Self>)];
    /// Whether a step that could be done is part of the search.
    fn allows(&self, model: &Model<Self::Node>, step: &Step<Self::Node>) -> bool;
    /// Whether a message may arrive; one that may not is lost as soon as it is sent.
    fn arrives(&self, message: &<Self::Node as Node>::Message) -> bool {
        let _ = message;
        true
    }

    /// Whether a node hears from its own disk in the same step in which that is done, not in one of its own.
    fn hears_own_disk_at_once(&self) -> bool {
        false
    }

    /// Sees one step.
    fn observe(&self, ghost: &mut Self::Ghost, seen: &Sight<'_, Self::Node>) -> Result<(), Violation>;

    /// How many steps it takes from `state` at least until something is broken: never more than the truth. The closer to it
    /// the less is searched, and what is found is still a shortest way.
    fn at_least(&self, state: &State<Self>) -> u32 {
        let _ = state;
        0
    }

    /// Equal for states of which one need not be searched if the other was: by default for equal ones.
    fn fingerprint(&self, state: &State<Self>) -> u64 {
        Fingerprint::of(state)
    }
}

/// What a client may ask of a subject's nodes.
pub type RequestOf<S> = <<S as Subject>::Node as Node>::Request;

/// One step as an observer of the whole system sees it.
#[derive(Debug)]
pub struct Sight<'a, N: Node> {
    /// What was done.
    pub step: &'a Step<N>,
    /// The participant that it touched, as it was before.
    pub before: Option<&'a Host<N>>,
    /// Everything after it.
    pub after: &'a Model<N>,
    /// What it brought about.
    pub outcome: &'a StepOutcome<N>,
}

/// A moment of the search.
#[derive(Debug)]
pub struct State<S: Subject + ?Sized> {
    /// The participants and what is between them.
    pub model: Model<S::Node>,
    /// What the invariants remember.
    pub ghost: S::Ghost,
    /// Which requests were made, one bit each.
    asked: u32,
    crashes: u8,
    copies: u8,
}

impl<S: Subject + ?Sized> Clone for State<S> {
    fn clone(&self) -> Self {
        Self { model: self.model.clone(), ghost: self.ghost.clone(), ..*self }
    }
}

impl<S: Subject + ?Sized> PartialEq for State<S> {
    fn eq(&self, other: &Self) -> bool {
        self.spent() == other.spent() && self.model == other.model && self.ghost == other.ghost
    }
}

impl<S: Subject + ?Sized> Eq for State<S> {}

impl<S: Subject + ?Sized> Hash for State<S> {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.spent().hash(hasher);
        self.model.hash(hasher);
        self.ghost.hash(hasher);
    }
}

impl<S: Subject + ?Sized> State<S> {
    /// All participants, just started.
    pub fn first(subject: &S) -> Self {
        let mut state =
            Self { model: Model::new(subject.nodes()), ghost: subject.ghost(), asked: 0, crashes: 0, copies: 0 };
        assert!(subject.requests().len() <= 32, "one bit for each request");
        let mut outcome = StepOutcome::default();
        for node in NodeSet::first(state.model.len()).iter() {
            let started = state.step(subject, &Step::Restart(node), &mut outcome);
            assert_eq!(started, Ok(()), "nothing has happened yet");
        }
        state
    }

    /// What was used up of the bounds: which requests were made (one bit each), crashes, copies.
    pub fn spent(&self) -> (u32, u8, u8) {
        (self.asked, self.crashes, self.copies)
    }

    /// Everything that may happen next.
    pub fn steps(&self, subject: &S) -> Vec<Step<S::Node>> {
        let bounds = subject.bounds();
        let mut steps = self.model.enabled();
        for (number, (node, request)) in subject.requests().iter().enumerate() {
            if self.asked & (1 << number) == 0 && self.model.host(*node).status == Status::Up {
                steps.push(Step::Request(*node, RequestId(number as u32), request.clone()));
            }
        }
        for (node, host) in self.model.hosts() {
            match host.status {
                Status::Up if self.crashes < bounds.crashes && bounds.may_crash.contains(node) => {
                    steps.extend((0..=host.unsynced.len() as u32).map(|keep| Step::Crash(node, keep)));
                }
                Status::Crashed => steps.push(Step::Restart(node)),
                Status::Up | Status::Paused => {}
            }
        }
        if let Network::Multiset { copies } = bounds.network
            && self.copies < copies
        {
            let between = self.model.flights().iter().filter(|(_, envelope)| envelope.from != envelope.to);
            steps.extend(between.map(|(id, _)| Step::Duplicate(id)));
        }
        let awaits = self.model.hosts().find(|(_, host)| host.awaits_sync() && host.status == Status::Up);
        if let (Some((node, _)), Disks::Awaited) = (awaits, bounds.disks) {
            steps.retain(|step| matches!(step, Step::Sync(at) | Step::Crash(at, _) if *at == node));
        }
        steps.retain(|step| subject.allows(&self.model, step) && self.is_first_of_its_kind(step));
        steps
    }

    /// Of two messages that say the same between the same nodes it is all one which arrives.
    fn is_first_of_its_kind(&self, step: &Step<S::Node>) -> bool {
        let (Step::Deliver(id) | Step::Duplicate(id)) = step else { return true };
        self.first_equal(*id) == *id
    }

    fn first_equal(&self, id: FlightId) -> FlightId {
        let wanted = self.model.flights().get(id).expect("a message on its way");
        let mut equal = self.model.flights().iter().filter(|(_, envelope)| *envelope == wanted);
        equal.next().expect("it equals itself").0
    }

    /// Does one of [`State::steps`], and what follows at once: the syncs if disks are instant, the word from one's own disk if
    /// [`Subject::hears_own_disk_at_once`].
    pub fn step(
        &mut self,
        subject: &S,
        step: &Step<S::Node>,
        outcome: &mut StepOutcome<S::Node>,
    ) -> Result<(), Violation> {
        let bounds = subject.bounds();
        match step {
            Step::Request(_, RequestId(number), _) => self.asked |= 1 << number,
            Step::Crash(..) => self.crashes += 1,
            Step::Duplicate(_) => self.copies += 1,
            _ => {}
        }
        let is_set = bounds.network == Network::Set;
        if let (Step::Deliver(id), true) = (step, is_set) {
            // The copy stays on its way.
            self.model.apply(&Step::Duplicate(*id), Clocks::default(), outcome);
        }
        let touched = self.model.touched(step);
        self.apply(subject, step, is_set, outcome)?;
        while let Some(step) = touched.and_then(|node| self.at_once(subject, node)) {
            self.apply(subject, &step, is_set, outcome)?;
        }
        Ok(())
    }

    /// What `node` does in the step that was just done, yet.
    fn at_once(&self, subject: &S, node: NodeId) -> Option<Step<S::Node>> {
        let host = self.model.host(node);
        if host.status != Status::Up {
            return None;
        }
        if subject.bounds().disks == Disks::AtOnce && host.awaits_sync() {
            return Some(Step::Sync(node));
        }
        let is_own = |envelope: &Envelope<_>| envelope.from == node && envelope.to == node;
        let mut own = self.model.flights().iter().filter(|(_, envelope)| is_own(envelope));
        own.next().filter(|_| subject.hears_own_disk_at_once()).map(|(id, _)| Step::Deliver(id))
    }

    fn apply(
        &mut self,
        subject: &S,
        step: &Step<S::Node>,
        is_set: bool,
        outcome: &mut StepOutcome<S::Node>,
    ) -> Result<(), Violation> {
        let touched = self.model.touched(step);
        let before = touched.map(|node| Arc::clone(self.model.host(node)));
        self.model.apply(step, Clocks::default(), outcome);
        let seen = Sight { step, before: before.as_deref(), after: &self.model, outcome };
        let verdict = subject.observe(&mut self.ghost, &seen);
        let message = |id: FlightId| &self.model.flights().get(id).expect("sent just now").message;
        let useless = |id: &FlightId| !subject.arrives(message(*id)) || (is_set && self.first_equal(*id) != *id);
        let useless: Vec<FlightId> = outcome.sent.iter().copied().filter(useless).collect();
        let mut unseen = StepOutcome::default();
        for id in useless {
            self.model.apply(&Step::Lose(id), Clocks::default(), &mut unseen);
        }
        verdict
    }
}

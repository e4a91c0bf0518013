//! What can happen, without time: a value that the player, the stepper, the explorer, the tests and a click all drive
//! through [`Model::enabled`] and [`Model::apply`].
//!
//! Nothing that only an observer needs is part of the value, or equal states would differ.

use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;

use super::network::{Envelope, FlightId, Flights};
use crate::node::{Answer, Clocks, Delay, Disk, Effect, Effects, Node, NodeId, NodeSet, RequestId};
use crate::shared_vec::SharedVec;

/// Whether a participant runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// It does.
    Up,
    /// It stopped and lost all but its disk.
    Crashed,
    /// It stands still, loses nothing and notices nothing.
    Paused,
}

/// One participant and all that is its own.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Host<N: Node> {
    /// Its state. While crashed: what it would start again with, so that no two crashed nodes differ by what they forgot.
    pub node: N,
    /// Whether it runs.
    pub status: Status,
    /// What is durable.
    pub disk: N::Disk,
    /// What it wrote since, oldest first. A crash loses it. Shared, as a host that was paused may do much before its disk does.
    pub unsynced: SharedVec<<N::Disk as Disk>::Delta>,
    /// What leaves once that is durable.
    pub after_sync: SharedVec<(NodeId, N::Message)>,
    /// Timers that run, in ascending order.
    pub timers: Vec<(N::Timer, Delay)>,
    /// Those among whom the runner is to pick one; empty if there is nothing to pick.
    pub choice: NodeSet,
}

/// One thing that happens.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Step<N: Node> {
    /// A message arrives.
    Deliver(FlightId),
    /// A message is lost.
    Lose(FlightId),
    /// The network makes a second copy.
    Duplicate(FlightId),
    /// A timer runs out.
    Timer(NodeId, N::Timer),
    /// All that a node has written becomes durable.
    Sync(NodeId),
    /// The runner picks the second for the first.
    Choose(NodeId, NodeId),
    /// A client asks the node for something.
    Request(NodeId, RequestId, N::Request),
    /// The link from the first to the second goes dead, with what is on it.
    Cut(NodeId, NodeId),
    /// The link from the first to the second works again.
    Heal(NodeId, NodeId),
    /// A node stops; the first so many of its unsynced writes reach the disk all the same.
    Crash(NodeId, u32),
    /// It starts again.
    Restart(NodeId),
    /// It stands still.
    Pause(NodeId),
    /// It goes on.
    Resume(NodeId),
}

/// Why a message was lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Loss {
    /// The link was cut while it was on its way, or was cut already when it was sent.
    Cut,
    /// It arrived at a node that is down.
    Down,
    /// The network, or the learner, dropped it.
    Dropped,
}

/// An answer to a client.
pub type Reply<N> = (RequestId, Answer<<N as Node>::Response, <N as Node>::Refusal>);

/// What one step did, for whoever watches: the schedule, the history, the page. Reused from step to step.
#[derive(Debug)]
pub struct StepOutcome<N: Node> {
    /// The participant that the step touched.
    pub node: Option<NodeId>,
    /// The message that arrived.
    pub delivered: Option<Envelope<N::Message>>,
    /// Messages that left.
    pub sent: Vec<FlightId>,
    /// Messages that died.
    pub lost: Vec<(FlightId, Envelope<N::Message>, Loss)>,
    /// Timers set, or stopped (`None`).
    pub timers: Vec<(N::Timer, Option<Delay>)>,
    /// A choice was asked for.
    pub choose: bool,
    /// Something was written.
    pub wrote: bool,
    /// Answers to clients.
    pub replies: Vec<Reply<N>>,
    /// Rules that fired or refused.
    pub notes: Vec<N::Note>,
    effects: Effects<N>,
}

impl<N: Node> Default for StepOutcome<N> {
    fn default() -> Self {
        Self {
            node: None,
            delivered: None,
            sent: Vec::new(),
            lost: Vec::new(),
            timers: Vec::new(),
            choose: false,
            wrote: false,
            replies: Vec::new(),
            notes: Vec::new(),
            effects: Effects::default(),
        }
    }
}

impl<N: Node> StepOutcome<N> {
    fn clear(&mut self) {
        self.node = None;
        self.delivered = None;
        self.sent.clear();
        self.lost.clear();
        self.timers.clear();
        self.choose = false;
        self.wrote = false;
        self.replies.clear();
        self.notes.clear();
    }
}

/// All participants, all messages on their way, and the links between.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Model<N: Node> {
    hosts: Vec<Arc<Host<N>>>,
    flights: Flights<N::Message>,
    /// By sender: whom it can't reach.
    cut: Vec<NodeSet>,
}

impl<N: Node> Model<N> {
    /// Participants that have not started: each is crashed, with an empty disk, and starts by [`Step::Restart`].
    pub fn new(nodes: Vec<N>) -> Self {
        assert!(nodes.len() <= NodeSet::MAX, "at most {} participants", NodeSet::MAX);
        let cut = vec![NodeSet::EMPTY; nodes.len()];
        let host = |node| {
            Arc::new(Host {
                node,
                status: Status::Crashed,
                disk: N::Disk::default(),
                unsynced: SharedVec::default(),
                after_sync: SharedVec::default(),
                timers: Vec::new(),
                choice: NodeSet::EMPTY,
            })
        };
        Self { hosts: nodes.into_iter().map(host).collect(), flights: Flights::default(), cut }
    }

    /// How many participants.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there is no participant.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// One participant.
    pub fn host(&self, id: NodeId) -> &Arc<Host<N>> {
        &self.hosts[id.index()]
    }

    /// All participants, by id.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = (NodeId, &Host<N>)> {
        self.hosts.iter().enumerate().map(|(index, host)| (NodeId(index as u8), &**host))
    }

    /// Messages on their way.
    pub fn flights(&self) -> &Flights<N::Message> {
        &self.flights
    }

    /// Whether the link from `from` to `to` is cut.
    pub fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.cut[from.index()].contains(to)
    }

    /// By sender: whom it can't reach.
    pub fn cuts(&self) -> &[NodeSet] {
        &self.cut
    }

    /// The one participant that `step` touches; none if it concerns the network alone.
    pub fn touched(&self, step: &Step<N>) -> Option<NodeId> {
        match step {
            Step::Deliver(id) => Some(self.flights.get(*id).expect("a message on its way").to),
            Step::Timer(node, _)
            | Step::Sync(node)
            | Step::Choose(node, _)
            | Step::Request(node, ..)
            | Step::Crash(node, _)
            | Step::Restart(node)
            | Step::Pause(node)
            | Step::Resume(node) => Some(*node),
            Step::Lose(_) | Step::Duplicate(_) | Step::Cut(..) | Step::Heal(..) => None,
        }
    }

    /// Every step of the protocol that can happen next: deliveries, timers, syncs and choices. What comes from outside is
    /// in [`Model::enabled_faults`]; requests are up to the clients.
    pub fn enabled(&self) -> Vec<Step<N>> {
        let mut steps = Vec::new();
        for (id, envelope) in self.flights.iter() {
            if self.host(envelope.to).status == Status::Up {
                steps.push(Step::Deliver(id));
            }
        }
        for (id, host) in self.hosts().filter(|(_, host)| host.status == Status::Up) {
            steps.extend(host.timers.iter().map(|(timer, _)| Step::Timer(id, *timer)));
            steps.extend(host.choice.iter().map(|picked| Step::Choose(id, picked)));
            if host.awaits_sync() {
                steps.push(Step::Sync(id));
            }
        }
        steps
    }

    /// Every fault that can happen next to messages and nodes. Each crash is offered with every number of unsynced writes
    /// that may survive it.
    pub fn enabled_faults(&self) -> Vec<Step<N>> {
        let mut steps = Vec::new();
        for (id, _) in self.flights.iter().filter(|(_, envelope)| envelope.from != envelope.to) {
            steps.extend([Step::Lose(id), Step::Duplicate(id)]);
        }
        for (id, host) in self.hosts() {
            match host.status {
                Status::Up => {
                    steps.extend((0..=host.unsynced.len() as u32).map(|keep| Step::Crash(id, keep)));
                    steps.push(Step::Pause(id));
                }
                Status::Crashed => steps.push(Step::Restart(id)),
                Status::Paused => steps.push(Step::Resume(id)),
            }
        }
        steps
    }

    /// Does one step. `at` is what the touched node reads off its clocks. A step that is not enabled is a programmer's
    /// error, but for [`Step::Cut`] and [`Step::Heal`], which may find the link in that state already.
    pub fn apply(&mut self, step: &Step<N>, at: Clocks, outcome: &mut StepOutcome<N>) {
        outcome.clear();
        match step {
            Step::Deliver(id) => {
                let envelope = self.flights.land(*id).expect("a message on its way");
                let Envelope { from, to, message } = envelope.clone();
                outcome.delivered = Some(envelope);
                self.act(to, outcome, |node, out| node.on_message(from, message, at, out));
            }
            Step::Lose(id) => {
                let envelope = self.flights.land(*id).expect("a message on its way");
                let down = self.host(envelope.to).status == Status::Crashed;
                outcome.lost.push((*id, envelope, if down { Loss::Down } else { Loss::Dropped }));
            }
            Step::Duplicate(id) => {
                let copy = self.flights.get(*id).expect("a message on its way").clone();
                outcome.sent.push(self.flights.launch(copy));
            }
            Step::Timer(id, timer) => {
                let host = Arc::make_mut(&mut self.hosts[id.index()]);
                let position = host.timers.iter().position(|(other, _)| other == timer).expect("a running timer");
                host.timers.remove(position);
                self.act(*id, outcome, |node, out| node.on_timer(*timer, at, out));
            }
            Step::Sync(id) => self.sync(*id, outcome),
            Step::Choose(id, picked) => {
                let host = Arc::make_mut(&mut self.hosts[id.index()]);
                assert!(host.choice.contains(*picked), "{picked} was not offered");
                host.choice = NodeSet::EMPTY;
                self.act(*id, outcome, |node, out| node.on_choice(*picked, at, out));
            }
            Step::Request(id, request, what) => {
                self.act(*id, outcome, |node, out| node.on_request(*request, what.clone(), at, out));
            }
            Step::Cut(from, to) => {
                self.cut[from.index()].insert(*to);
                let dead = self.flights.land_where(|envelope| envelope.from == *from && envelope.to == *to);
                outcome.lost.extend(dead.into_iter().map(|(id, envelope)| (id, envelope, Loss::Cut)));
            }
            Step::Heal(from, to) => {
                self.cut[from.index()].remove(*to);
            }
            Step::Crash(id, keep) => self.crash(*id, *keep, outcome),
            Step::Restart(id) => {
                self.switch(*id, Status::Crashed, Status::Up);
                let disk = self.host(*id).disk.clone();
                self.act(*id, outcome, |node, out| node.on_restart(&disk, at, out));
            }
            Step::Pause(id) => {
                outcome.node = Some(*id);
                self.switch(*id, Status::Up, Status::Paused);
            }
            Step::Resume(id) => {
                outcome.node = Some(*id);
                self.switch(*id, Status::Paused, Status::Up);
            }
        }
    }

    fn switch(&mut self, id: NodeId, from: Status, to: Status) {
        let host = Arc::make_mut(&mut self.hosts[id.index()]);
        assert_eq!(host.status, from, "{id} can't become {to:?}");
        host.status = to;
    }

    /// Lets a node handle one event and does what it asks for.
    fn act(&mut self, id: NodeId, outcome: &mut StepOutcome<N>, event: impl FnOnce(&mut N, &mut Effects<N>)) {
        outcome.node = Some(id);
        let host = Arc::make_mut(&mut self.hosts[id.index()]);
        assert_eq!(host.status, Status::Up, "{id} does not run");
        let mut effects = std::mem::take(&mut outcome.effects);
        event(&mut host.node, &mut effects);
        for effect in effects.drain() {
            match effect {
                Effect::Send { to, message, after_sync } => {
                    if after_sync && !host.unsynced.is_empty() {
                        host.after_sync.push((to, message));
                    } else {
                        launch(&mut self.flights, &self.cut, Envelope { from: id, to, message }, outcome);
                    }
                }
                Effect::SetTimer(timer, delay) => {
                    host.stop_timer(timer);
                    let position = host.timers.partition_point(|(other, _)| *other < timer);
                    host.timers.insert(position, (timer, delay));
                    outcome.timers.push((timer, Some(delay)));
                }
                Effect::CancelTimer(timer) => {
                    if host.stop_timer(timer) {
                        outcome.timers.push((timer, None));
                    }
                }
                Effect::Choose(among) => {
                    host.choice = among;
                    outcome.choose = true;
                }
                Effect::Write(delta) => {
                    host.unsynced.push(delta);
                    outcome.wrote = true;
                }
                Effect::Reply(request, answer) => outcome.replies.push((request, answer)),
                Effect::Note(note) => outcome.notes.push(note),
            }
        }
        outcome.effects = effects;
    }

    fn sync(&mut self, id: NodeId, outcome: &mut StepOutcome<N>) {
        outcome.node = Some(id);
        let host = Arc::make_mut(&mut self.hosts[id.index()]);
        assert_eq!(host.status, Status::Up, "{id} does not run");
        for delta in std::mem::take(&mut host.unsynced).iter() {
            host.disk.apply(delta);
        }
        for (to, message) in std::mem::take(&mut host.after_sync).iter().cloned() {
            launch(&mut self.flights, &self.cut, Envelope { from: id, to, message }, outcome);
        }
    }

    fn crash(&mut self, id: NodeId, keep: u32, outcome: &mut StepOutcome<N>) {
        outcome.node = Some(id);
        let host = Arc::make_mut(&mut self.hosts[id.index()]);
        assert_ne!(host.status, Status::Crashed, "{id} is down already");
        host.status = Status::Crashed;
        for delta in std::mem::take(&mut host.unsynced).iter().take(keep as usize) {
            host.disk.apply(delta);
        }
        host.after_sync = SharedVec::default();
        host.choice = NodeSet::EMPTY;
        outcome.timers.extend(host.timers.drain(..).map(|(timer, _)| (timer, None)));
        // Forgets what is volatile; what it would do at the start it will do when it starts.
        let mut unheard = Effects::default();
        host.node.on_restart(&host.disk.clone(), Clocks::default(), &mut unheard);
        let own = self.flights.land_where(|envelope| envelope.from == id && envelope.to == id);
        outcome.lost.extend(own.into_iter().map(|(flight, envelope)| (flight, envelope, Loss::Down)));
    }
}

impl<N: Node> Host<N> {
    /// Whether a sync would do something.
    pub fn awaits_sync(&self) -> bool {
        !self.unsynced.is_empty()
    }

    fn stop_timer(&mut self, timer: N::Timer) -> bool {
        let position = self.timers.iter().position(|(other, _)| *other == timer);
        position.map(|position| self.timers.remove(position)).is_some()
    }
}

fn launch<N: Node>(
    flights: &mut Flights<N::Message>,
    cut: &[NodeSet],
    envelope: Envelope<N::Message>,
    outcome: &mut StepOutcome<N>,
) {
    let dead = cut[envelope.from.index()].contains(envelope.to);
    let id = flights.launch(envelope);
    outcome.sent.push(id);
    if dead {
        let envelope = flights.land(id).expect("just sent");
        outcome.lost.push((id, envelope, Loss::Cut));
    }
}

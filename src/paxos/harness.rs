//! A small cluster for tests: nodes, disks, messages in flight and timers, with every choice in the hands of the test. The
//! observer of the invariants looks on at every step.

use std::collections::{BTreeSet, VecDeque};

use super::invariant::{Ghost, Violation};
use super::{Chosen, Config, Durable, Message, Note, Paxos, Refusal, Request, Timer, Value};
use crate::node::{Answer, Clocks, Delay, Disk, Effect, Effects, Kind, Micros, Node, NodeId, NodeSet, RequestId};

/// What waits for a node's next sync.
#[derive(Clone, Debug)]
enum Queued {
    Write(<Durable as Disk>::Delta),
    Send(NodeId, Message),
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: Message,
}

#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Paxos>,
    pub(crate) disks: Vec<Durable>,
    queues: Vec<VecDeque<Queued>>,
    pub(crate) flights: Vec<Flight>,
    pub(crate) timers: BTreeSet<(NodeId, Timer)>,
    pub(crate) notes: Vec<(NodeId, Note)>,
    pub(crate) replies: Vec<(RequestId, Answer<Chosen, Refusal>)>,
    pub(crate) ghost: Ghost,
    requests: u32,
}

/// `proposers` nodes that propose and learn, then `acceptors` nodes that accept.
pub(crate) fn config(proposers: usize, acceptors: usize, id: NodeId) -> Config {
    let duellists = NodeSet::first(proposers);
    Config {
        id,
        proposers: duellists,
        acceptors: NodeSet::first(proposers + acceptors).difference(duellists),
        learners: duellists,
        retry: Delay::between(Micros::from_ms(500), Micros::from_ms(700)),
        back_off: Delay::between(Micros::from_ms(100), Micros::from_ms(900)),
        flaw: None,
    }
}

impl Cluster {
    /// Roles on separate nodes.
    pub(crate) fn new(proposers: usize, acceptors: usize) -> Self {
        Self::of((0..proposers + acceptors).map(|id| config(proposers, acceptors, NodeId(id as u8))))
    }

    /// Every node plays every role.
    pub(crate) fn combined(nodes: usize) -> Self {
        let all = NodeSet::first(nodes);
        Self::of(all.iter().map(|id| Config { proposers: all, acceptors: all, learners: all, ..config(1, 1, id) }))
    }

    /// Any roles.
    pub(crate) fn of(configs: impl Iterator<Item = Config>) -> Self {
        let nodes: Vec<Paxos> = configs.map(Paxos::new).collect();
        let count = nodes.len();
        let mut cluster = Self {
            nodes,
            disks: vec![Durable::default(); count],
            queues: vec![VecDeque::new(); count],
            flights: Vec::new(),
            timers: BTreeSet::new(),
            notes: Vec::new(),
            replies: Vec::new(),
            ghost: Ghost::default(),
            requests: 0,
        };
        for id in NodeSet::first(count).iter() {
            cluster.start(id).expect("nothing has happened yet");
        }
        cluster
    }

    fn start(&mut self, id: NodeId) -> Result<(), Violation> {
        let disk = self.disks[id.index()].clone();
        self.step(id, true, |node, out| node.on_restart(&disk, Clocks::default(), out))
    }

    /// One event at a node, then the observer.
    fn step(
        &mut self,
        id: NodeId,
        starts: bool,
        event: impl FnOnce(&mut Paxos, &mut Effects<Paxos>),
    ) -> Result<(), Violation> {
        let mut out = Effects::default();
        let before = (!starts).then(|| self.nodes[id.index()].clone());
        event(&mut self.nodes[id.index()], &mut out);
        let first = self.flights.len();
        for effect in out.drain() {
            let queue = &mut self.queues[id.index()];
            match effect {
                Effect::Send { to, message, after_sync: true } if !queue.is_empty() => {
                    queue.push_back(Queued::Send(to, message));
                }
                Effect::Send { to, message, .. } => self.flights.push(Flight { from: id, to, message }),
                Effect::Write(delta) => queue.push_back(Queued::Write(delta)),
                Effect::SetTimer(timer, _) => drop(self.timers.insert((id, timer))),
                Effect::CancelTimer(timer) => drop(self.timers.remove(&(id, timer))),
                Effect::Reply(request, answer) => self.replies.push((request, answer)),
                Effect::Note(note) => self.notes.push((id, note)),
                Effect::Choose(among) => unreachable!("Paxos chooses no peer among {among}"),
            }
        }
        self.observe(id, before.as_ref(), first)
    }

    fn observe(&mut self, id: NodeId, before: Option<&Paxos>, first: usize) -> Result<(), Violation> {
        let left = self.flights[first..].iter().map(|flight| &flight.message);
        self.ghost.observe(id, before, &self.nodes[id.index()], left)
    }

    /// Makes all writes of a node durable and lets go what waited for that.
    pub(crate) fn sync(&mut self, id: NodeId) -> Result<(), Violation> {
        let first = self.flights.len();
        for queued in std::mem::take(&mut self.queues[id.index()]) {
            match queued {
                Queued::Write(delta) => self.disks[id.index()].apply(&delta),
                Queued::Send(to, message) => self.flights.push(Flight { from: id, to, message }),
            }
        }
        let node = self.nodes[id.index()].clone();
        self.observe(id, Some(&node), first)
    }

    /// Crashes a node, which keeps the first `kept` of its unsynced writes, and starts it again. Returns how many it lost.
    pub(crate) fn crash(&mut self, id: NodeId, kept: usize) -> Result<usize, Violation> {
        let queue = std::mem::take(&mut self.queues[id.index()]);
        let writes = queue.iter().filter_map(|queued| match queued {
            Queued::Write(delta) => Some(delta),
            Queued::Send(..) => None,
        });
        let total = writes.clone().count();
        for delta in writes.take(kept) {
            self.disks[id.index()].apply(delta);
        }
        self.timers.retain(|(node, _)| *node != id);
        self.flights.retain(|flight| flight.from != id || flight.to != id);
        self.start(id)?;
        Ok(total.saturating_sub(kept))
    }

    /// A client asks; returns the name of its request.
    pub(crate) fn propose(&mut self, id: NodeId, value: &str) -> RequestId {
        self.requests += 1;
        let (request, asked) = (RequestId(self.requests), Request::Propose(Value::from(value)));
        self.ghost.observe_request(&asked);
        self.step(id, false, |node, out| node.on_request(request, asked, Clocks::default(), out))
            .expect("a request breaks nothing");
        request
    }

    pub(crate) fn deliver(&mut self, flight: Flight) -> Result<(), Violation> {
        let Flight { from, to, message } = flight;
        self.step(to, false, |node, out| node.on_message(from, message, Clocks::default(), out))
    }

    pub(crate) fn fire(&mut self, id: NodeId, timer: Timer) -> Result<(), Violation> {
        assert!(self.timers.remove(&(id, timer)), "{id} has no {timer:?} running");
        self.step(id, false, |node, out| node.on_timer(timer, Clocks::default(), out))
    }

    /// Delivers the newest message of that kind from one node to another, then syncs the receiver.
    pub(crate) fn pass(&mut self, kind: &str, from: NodeId, to: NodeId) {
        let flight = self.take(kind, from, to);
        self.deliver(flight).unwrap();
        self.sync(to).unwrap();
    }

    /// Takes the newest message of that kind out of the network.
    pub(crate) fn take(&mut self, kind: &str, from: NodeId, to: NodeId) -> Flight {
        let found = self
            .flights
            .iter()
            .rposition(|flight| flight.message.kind() == kind && flight.from == from && flight.to == to);
        self.flights.remove(found.unwrap_or_else(|| panic!("no {kind} from {from} to {to} in {:?}", self.flights)))
    }

    /// Syncs and delivers in order until nothing is in flight.
    pub(crate) fn settle(&mut self) {
        for _ in 0..100_000 {
            for id in NodeSet::first(self.nodes.len()).iter() {
                self.sync(id).unwrap();
            }
            if self.flights.is_empty() {
                return;
            }
            let flight = self.flights.remove(0);
            self.deliver(flight).unwrap();
        }
        panic!("messages without end");
    }
}

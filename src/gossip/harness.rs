//! A small cluster for tests: replicas, disks and messages in flight, with every choice in the hands of the test.

use std::collections::{BTreeMap, VecDeque};

use super::{Added, Append, Config, Gossip, ItemId, Items, Message, Note, Request, Timer};
use crate::node::{Answer, Clocks, Delay, Disk, Effect, Effects, Kind, Micros, Node, NodeId, NodeSet, RequestId};

/// What waits for a replica's next sync.
enum Queued {
    Write(Append<u32>),
    Send(NodeId, Message<u32>),
}

#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: Message<u32>,
}

pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Gossip<u32>>,
    disks: Vec<Items<u32>>,
    queues: Vec<VecDeque<Queued>>,
    pub(crate) flights: Vec<Flight>,
    pub(crate) notes: Vec<(NodeId, Note)>,
    pub(crate) confirmed: BTreeMap<RequestId, ItemId>,
    /// Every item that ever left its origin or was confirmed, under its name.
    public: BTreeMap<ItemId, u32>,
    added: u32,
}

impl Cluster {
    pub(crate) fn new(replicas: usize, batch: u32) -> Self {
        let all = NodeSet::first(replicas);
        let every = Delay::between(Micros::from_ms(200), Micros::from_ms(400));
        let nodes = all.iter().map(|id| Gossip::new(Config { id, peers: all.without(id), every, batch })).collect();
        let mut cluster = Self {
            nodes,
            disks: vec![Items::default(); replicas],
            queues: (0..replicas).map(|_| VecDeque::new()).collect(),
            flights: Vec::new(),
            notes: Vec::new(),
            confirmed: BTreeMap::new(),
            public: BTreeMap::new(),
            added: 0,
        };
        for id in all.iter() {
            cluster.start(id);
        }
        cluster
    }

    fn start(&mut self, id: NodeId) {
        let disk = self.disks[id.index()].clone();
        self.step(id, |node, out| node.on_restart(&disk, Clocks::default(), out));
    }

    fn step(&mut self, id: NodeId, event: impl FnOnce(&mut Gossip<u32>, &mut Effects<Gossip<u32>>)) {
        let mut out = Effects::default();
        event(&mut self.nodes[id.index()], &mut out);
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message, after_sync } => {
                    assert!(after_sync, "{message:?} leaves before what it tells of is durable");
                    self.queues[id.index()].push_back(Queued::Send(to, message));
                }
                Effect::Write(append) => self.queues[id.index()].push_back(Queued::Write(append)),
                Effect::Reply(request, Answer::Done(Added { id: item })) => {
                    assert_eq!(self.confirmed.insert(request, item), None, "answered twice");
                    self.publish(item, *self.disks[id.index()].get(item).expect("a confirmed item is durable"));
                }
                Effect::Reply(_, answer) => panic!("{answer:?}"),
                Effect::Note(note) => self.notes.push((id, note)),
                Effect::SetTimer(Timer::Exchange, _) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn publish(&mut self, id: ItemId, item: u32) {
        assert_eq!(*self.public.entry(id).or_insert(item), item, "{id} names two items");
    }

    /// Makes all writes of a replica durable and lets go what waited for that.
    pub(crate) fn sync(&mut self, id: NodeId) {
        for queued in std::mem::take(&mut self.queues[id.index()]) {
            match queued {
                Queued::Write(append) => self.disks[id.index()].apply(&append),
                Queued::Send(to, message) => self.leave(id, to, message),
            }
        }
    }

    fn leave(&mut self, from: NodeId, to: NodeId, message: Message<u32>) {
        match &message {
            Message::Mail { id, item } => self.publish(*id, *item),
            Message::Items { spans, .. } => {
                for span in spans {
                    for (number, item) in (span.first.number..).zip(&span.items) {
                        self.publish(ItemId { origin: span.first.origin, number }, *item);
                    }
                }
            }
            Message::Digest { .. } | Message::Pull { .. } | Message::Stored { .. } => {}
        }
        self.flights.push(Flight { from, to, message });
    }

    /// Crashes a replica, which keeps the first `kept` of its unsynced writes, and starts it again. Returns how many of
    /// its writes it lost.
    pub(crate) fn crash(&mut self, id: NodeId, kept: usize) -> usize {
        let queue = std::mem::take(&mut self.queues[id.index()]);
        let writes: Vec<Append<u32>> = queue
            .into_iter()
            .filter_map(|queued| match queued {
                Queued::Write(append) => Some(append),
                Queued::Send(..) => None,
            })
            .collect();
        for append in writes.iter().take(kept) {
            self.disks[id.index()].apply(append);
        }
        self.flights.retain(|flight| flight.from != id || flight.to != id);
        self.start(id);
        writes.len().saturating_sub(kept)
    }

    /// A client adds an item that no one else adds.
    pub(crate) fn add(&mut self, id: NodeId) -> RequestId {
        self.added += 1;
        let (request, item) = (RequestId(self.added), self.added);
        self.step(id, |node, out| node.on_request(request, Request::Add(item), Clocks::default(), out));
        request
    }

    /// `id` opens an exchange with `peer`.
    pub(crate) fn exchange(&mut self, id: NodeId, peer: NodeId) {
        let mut out = Effects::default();
        self.nodes[id.index()].on_timer(Timer::Exchange, Clocks::default(), &mut out);
        let peers = self.nodes[id.index()].config().peers;
        assert_eq!(out.as_slice(), [Effect::Choose(peers)]);
        assert!(peers.contains(peer));
        self.step(id, |node, out| node.on_choice(peer, Clocks::default(), out));
    }

    pub(crate) fn deliver(&mut self, Flight { from, to, message }: Flight) {
        self.step(to, |node, out| node.on_message(from, message, Clocks::default(), out));
    }

    /// Loses all mail on its way.
    pub(crate) fn lose_mail(&mut self) {
        self.flights.retain(|flight| flight.message.kind() != "Mail");
    }

    /// Syncs and delivers in order until nothing is in flight.
    pub(crate) fn settle(&mut self) {
        for _ in 0..100_000 {
            for id in NodeSet::first(self.nodes.len()).iter() {
                self.sync(id);
            }
            if self.flights.is_empty() {
                return;
            }
            let flight = self.flights.remove(0);
            self.deliver(flight);
        }
        panic!("messages without end");
    }

    /// What must hold at any time: a name has one item everywhere, and what a client was told is added stays at its origin.
    pub(crate) fn check(&self) {
        for node in &self.nodes {
            for (origin, items) in node.items().iter().filter(|(origin, _)| *origin != node.config().id) {
                for (number, item) in (0..).zip(items.iter()) {
                    let id = ItemId { origin, number };
                    assert_eq!(self.public.get(&id), Some(item), "{id} at {}", node.config().id);
                }
            }
        }
        for id in self.confirmed.values() {
            assert_eq!(self.nodes[id.origin.index()].items().get(*id), self.public.get(id), "{id} was confirmed");
        }
    }
}

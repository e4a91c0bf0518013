//! Gossip: replicas that take in items at any time and tell one another until all have the same (Demers et al. 1987,
//! *Epidemic Algorithms for Replicated Database Maintenance*).
//!
//! # The set
//! Items are only ever added, each under a name that no other gets ([`ItemId`]: where it was added, and the how-manieth it
//! is there). Two replicas that know the same names therefore know the same items, in whatever order they heard of them:
//! there is nothing to conflict. Of each origin a replica knows the first so many items and no others, so that a version
//! vector ([`Version`]) says exactly what it knows.
//!
//! # How it spreads (§1.2, §1.3)
//! - *Direct mail*: a replica sends a new item to all others at once. Fast, and lost with the message.
//! - *Anti-entropy*: every now and then each replica sends a digest of what it knows to a peer picked at random; the peer
//!   sends what the first one lacks and asks for what it lacks itself (push-pull). Slow, and sure: whatever was lost, as
//!   long as exchanges get through again, all replicas converge.
//!
//! No replica ever waits for another to answer a client. That is what availability under a partition costs nothing but
//! freshness: a replica that is cut off answers from what it has.
//!
//! # What is on disk
//! All items. A name must not be given twice, not even by a replica that crashed and lost its last items before they were
//! synced; so nothing leaves a replica before what it tells of is durable. A client hears that its item was added when it
//! is durable at this one replica.
//!
//! # What is left out
//! Deletion (and the death certificates that it would need, §2), rumour mongering (§1.4), a choice of peers by distance
//! (§3), and any change of who the replicas are.

mod items;
mod message;
mod note;

#[cfg(test)]
pub(crate) mod harness;
#[cfg(test)]
mod tests;

pub use items::{Append, ItemId, Items, Span, Version};
pub use message::Message;
pub use note::Note;

use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;

use crate::node::{Answer, Clocks, Delay, Effects, Kind, Node, NodeId, NodeSet, RequestId};
use crate::sorted::SortedMap;

/// What may be spread.
pub trait Item: Clone + Eq + Hash + Serialize + Debug {}

impl<P: Clone + Eq + Hash + Serialize + Debug> Item for P {}

/// Who spreads to whom. The same at all replicas but for `id` and `peers`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// This replica.
    pub id: NodeId,
    /// All others.
    pub peers: NodeSet,
    /// How long from one exchange that this replica opens to the next.
    pub every: Delay,
    /// How many items one message holds at most, from 1.
    pub batch: u32,
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Gossip<P: Item> {
    config: Config,
    /// What it knows, as it will be on disk after the next sync.
    items: Items<P>,
    /// Clients whose items are not durable yet, by the number of the item.
    waiting: SortedMap<u32, RequestId>,
}

/// The only timer of a replica.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(untagged)]
pub enum Timer {
    /// Time for an exchange with a random peer.
    Exchange,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Exchange => "Exchange",
        }
    }
}

/// What a client may ask of a replica; it reads by [`Gossip::items`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Request<P> {
    /// Add an item.
    Add(P),
}

/// The answer to [`Request::Add`]: the item is durable here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Added {
    /// Its name.
    pub id: ItemId,
}

impl<P: Item> Gossip<P> {
    /// A replica that has never run.
    pub fn new(config: Config) -> Self {
        assert!(!config.peers.contains(config.id), "a replica is no peer of itself");
        assert!(config.batch > 0, "a message must hold something");
        Self { config, items: Items::default(), waiting: SortedMap::new() }
    }

    /// Who it is and whom it spreads to.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All that it knows, what it would lose in a crash now included.
    pub fn items(&self) -> &Items<P> {
        &self.items
    }

    /// What it knows, in brief.
    pub fn known(&self) -> Version {
        self.items.version()
    }

    /// Adds an item of its own and returns its name. It is durable, and spreads, after the next sync; a crash before that
    /// leaves no trace of it, and its name will be given to another.
    pub fn add(&mut self, item: P, out: &mut Effects<Self>) -> ItemId {
        let origin = self.config.id;
        let id = ItemId { origin, number: self.items.count(origin) };
        out.note(Note::Adds { id, mail_to: self.config.peers });
        let mail = Message::Mail { id, item: item.clone() };
        self.take_in(id, item, out);
        for peer in self.config.peers.iter() {
            out.send_after_sync(peer, mail.clone());
        }
        id
    }

    fn take_in(&mut self, id: ItemId, item: P, out: &mut Effects<Self>) {
        self.items.append(id, item.clone());
        out.write(Append { id, item });
    }

    /// Takes in what is new of `spans`, or asks for what comes before it. Returns whether
    /// something was new and nothing was missing before it.
    fn on_spans(&mut self, from: NodeId, spans: Vec<Span<P>>, by_mail: bool, out: &mut Effects<Self>) -> bool {
        let (mut count, mut gap) = (0, None);
        for span in spans {
            let has = self.items.count(span.first.origin);
            if span.first.number > has {
                gap = Some((span.first, has));
                continue;
            }
            let known = (has - span.first.number) as usize;
            for (number, item) in (span.first.number..span.end()).zip(span.items).skip(known) {
                self.take_in(ItemId { origin: span.first.origin, number }, item, out);
                count += 1;
            }
        }
        if count > 0 {
            out.note(Note::Learns { from, count, total: self.items.total(), by_mail });
        }
        match gap {
            Some((id, has)) => {
                out.note(Note::FindsGap { from, id, has });
                self.pull(from, u64::from(id.number - has), out);
            }
            None if count == 0 => out.note(Note::KnowsAlready { from, by_mail }),
            None => {}
        }
        count > 0 && gap.is_none()
    }

    fn pull(&self, peer: NodeId, lacks: u64, out: &mut Effects<Self>) {
        out.note(Note::Asks { peer, lacks });
        out.send_after_sync(peer, Message::Pull { known: self.known() });
    }

    /// Sends `peer`, who knows `theirs`, what it lacks.
    fn answer(&self, peer: NodeId, theirs: &Version, out: &mut Effects<Self>) {
        let lacks = theirs.missing(&self.known());
        if lacks == 0 {
            out.note(Note::HasNothingFor { peer, total: self.items.total() });
            return;
        }
        let (spans, more) = self.items.since(theirs, self.config.batch);
        let count = spans.iter().map(|span| span.items.len() as u64).sum();
        out.note(Note::Answers { peer, count, rest: lacks - count });
        out.send_after_sync(peer, Message::Items { spans, more });
    }

    /// The first `own` of its items are durable.
    fn on_stored(&mut self, own: u32, out: &mut Effects<Self>) {
        let stored: Vec<_> = self.waiting.take_below(&own).collect();
        let origin = self.config.id;
        if let Some((number, _)) = stored.last() {
            let last = ItemId { origin, number: *number };
            out.note(Note::Stores { last, count: stored.len() as u32 });
        }
        for (number, request) in stored {
            out.reply(request, Answer::Done(Added { id: ItemId { origin, number } }));
        }
    }
}

impl<P: Item> Node for Gossip<P> {
    type Message = Message<P>;
    type Timer = Timer;
    type Request = Request<P>;
    type Response = Added;
    /// A replica that runs takes in whatever it is given.
    type Refusal = Infallible;
    type Disk = Items<P>;
    type Note = Note;

    fn on_restart(&mut self, disk: &Items<P>, _at: Clocks, out: &mut Effects<Self>) {
        self.items = disk.clone();
        self.waiting = SortedMap::new();
        out.note(Note::Starts { total: self.items.total() });
        if !self.config.peers.is_empty() {
            out.set_timer(Timer::Exchange, self.config.every);
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message<P>, _at: Clocks, out: &mut Effects<Self>) {
        match message {
            Message::Mail { id, item } => {
                self.on_spans(from, vec![Span { first: id, items: vec![item] }], true, out);
            }
            Message::Items { spans, more } => {
                // If nothing was new, another answer was faster, and the rest has been asked for.
                if self.on_spans(from, spans, false, out) && more {
                    self.pull(from, 0, out);
                }
            }
            Message::Digest { known } => {
                self.answer(from, &known, out);
                let lacks = self.known().missing(&known);
                if lacks > 0 {
                    self.pull(from, lacks, out);
                }
            }
            Message::Pull { known } => self.answer(from, &known, out),
            Message::Stored { own } => self.on_stored(own, out),
        }
    }

    fn on_timer(&mut self, Timer::Exchange: Timer, _at: Clocks, out: &mut Effects<Self>) {
        out.choose(self.config.peers);
    }

    fn on_choice(&mut self, picked: NodeId, _at: Clocks, out: &mut Effects<Self>) {
        let known = self.known();
        out.note(Note::SendsDigest { to: picked, total: known.total() });
        out.send_after_sync(picked, Message::Digest { known });
        // Not before: a replica has one open choice at most.
        out.set_timer(Timer::Exchange, self.config.every);
    }

    fn on_request(&mut self, request: RequestId, Request::Add(item): Request<P>, _at: Clocks, out: &mut Effects<Self>) {
        let id = self.add(item, out);
        self.waiting.insert(id.number, request);
        out.send_after_sync(self.config.id, Message::Stored { own: id.number + 1 });
    }
}

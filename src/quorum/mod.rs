//! Quorums: a set of items on N replicas, of which a write waits for W and a read for R.
//!
//! After Giuseppe DeCandia et al., *Dynamo: Amazon's Highly Available Key-value Store*, SOSP 2007; § refers to it. The strict
//! mode is that of Hagit Attiya, Amotz Bar-Noy and Danny Dolev, *Sharing Memory Robustly in Message-Passing Systems*, JACM 1995
//! ("ABD"), for several writers as Nancy Lynch and Alexander Shvartsman have it (FTCS 1997).
//!
//! **The task.** Keep items so that no replica is special. Any replica carries out what its client asks: it *coordinates*. The
//! first N are *home* to the set. A write goes to all of them and is confirmed once W have it on disk. A read asks all of them
//! and is answered from the first R. There is no leader and no election, so nothing stands still when a replica fails.
//!
//! **R + W > N** (§4.5). Then every R replicas share one with every W. A read therefore asks somebody who has what was
//! confirmed before. That looks like consistency, and it is less:
//!
//! - *A write under way.* It is on one replica so far. A read that asks this one sees it. A later read that asks two others does not
//!   see it: new, then old. No order of the operations explains that. Nothing was confirmed late, and no message was lost.
//! - *A sloppy quorum.* The W may be others than those that the read asks.
//! - *The order.* A coordinator that numbers by what it has seen itself may number a later write lower.
//!
//! **ABD.** Three rules mend these, each a switch of its own ([`Setup`]).
//!
//! 1. Only home replicas count (*strict*).
//! 2. A write first asks R replicas for the highest [`Tag`], and takes the next (*tags*): the number, and the name of what is
//!    written where two writers take the same.
//! 3. A read is answered once what it shows is on W replicas (*write-back*). Whatever one read has shown, every later one finds.
//!
//! Attiya, Bar-Noy and Dolev prove that this makes a *register* linearizable with a majority, in a network without any bound on
//! delays. Agreement can't be had there (Fischer, Lynch & Paterson 1985): registers are weaker than consensus.
//!
//! **From a register to a set.** The items here are a set that only grows. Its states are a join-semilattice: any two have a
//! least set with all of both. A read joins what it hears. That alone is not linearizable even with one write-back: of two reads
//! at once, one could show {a} and the other {b}. So a read goes on until W replicas have *exactly* what it shows. W replicas of one
//! read and W of another share one, as 2 W > N. This one had both states, one after the other, and it only grows. So of any two
//! reads one shows all that the other does (Attiya, Herlihy & Rachman 1995, "Atomic snapshots using lattice agreement"; Faleiro et
//! al. 2012, "Generalized lattice agreement").
//!
//! **What no quorum of this kind can be: a log.** A list in which every write goes to the end solves consensus: who stands first is
//! decided (Herlihy 1991). So where two writes overlap, the one with the lower tag may appear after a read has shown the higher
//! one: it enters in the middle. The specification of such a list of items is by places, not by ends
//! (`check::spec::feed::Order::ByPlace`).
//!
//! **When replicas do not answer** (§4.6). Without the strict switch the quorum is *sloppy*. After [`STAND_IN`] the coordinator asks
//! replicas beyond the first N, each in the place of a silent one. Such a stand-in keeps what it gets as a *hint*, tells it to
//! readers, and hands it off once its home replica can be reached again. A write is then confirmed in any part of the network
//! that has W replicas of any kind: two parts can confirm at the same time, and readers of one miss what the other confirmed.
//!
//! **When replicas differ.** A read that finds one behind sends it what it lacks (*read repair*, §5). Home replicas compare
//! what they have with a peer picked at random (*anti-entropy*, §4.7). Hints are handed off. Items are only added, so whatever is
//! lost, doubled or late, replicas that hear from each other again end with the same set.
//!
//! **Giving up.** After [`GIVE_UP`] a coordinator refuses what has certainly left nothing behind: a read, or a write that has no tag
//! yet. Of a write that it sent it says that it does not know: one replica may have it.
//!
//! **The disk.** A replica says that it has something when its disk has it. What a coordinator knows of an operation is in
//! memory only. Operations are numbered with the count of its starts, so that an answer to one from before a crash is never
//! taken for another ([`OpId`]).
//!
//! **What is promised.** [`invariant::INVARIANTS`]. **Left out:** the ring and its virtual nodes (the set is one object, so its home is
//! always the same), vector clocks and siblings (a set that grows has no conflicts: Dynamo's shopping cart, §4.4, without removal),
//! Merkle trees (a version vector does for one set), changes of who takes part.

mod coordinator;
mod durable;
mod flaw;
pub mod invariant;
mod items;
mod message;
mod note;
mod operation;
mod replica;
mod setup;
#[cfg(test)]
pub(crate) mod tests;

pub use durable::{Delta, Durable};
pub use flaw::Flaw;
pub use items::{Entry, Items, Tag};

pub use crate::known::{Known, Name};
pub use message::{Message, OpId};
pub use note::{Asked, Note};
pub use operation::{Operation, Phase, Reading, Told};
pub use setup::{SWITCHES, Setup, Switch};

use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;

use crate::node::{Clocks, Delay, Disk, Effects, Kind, Micros, Node, NodeId, NodeSet, RequestId};
use crate::sorted::SortedMap;

/// What may be kept.
pub trait Item: Clone + Eq + Hash + Serialize + Debug {}

impl<P: Clone + Eq + Hash + Serialize + Debug> Item for P {}

/// How often a coordinator looks after operations that wait.
const TICK: Delay = Delay::fixed(Micros::from_ms(50));
/// After so long a coordinator asks those home replicas again that do not answer, and others in their place: more than a round
/// trip.
pub const STAND_IN: Micros = Micros::from_ms(90);
/// After so long a coordinator gives up: before its client does.
pub const GIVE_UP: Micros = Micros::from_ms(320);
/// How long from one comparison with a peer that a replica begins to the next.
const EXCHANGE: Delay = Delay::between(Micros::from_ms(300), Micros::from_ms(400));
/// How many items one message of anti-entropy or handoff holds at most.
const BATCH: usize = 64;

/// Who takes part, and how. The same at all replicas but for `id`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// This replica.
    pub id: NodeId,
    /// How many replicas there are, from N.
    pub servers: u8,
    /// How many times as long as usual it waits for answers, from 1.
    pub stretch: u32,
    /// N, R, W, its switches and its flaw.
    pub setup: Setup,
}

impl Config {
    /// The replicas that are home to the set.
    pub fn home(self) -> NodeSet {
        NodeSet::first(self.setup.n.into())
    }

    /// Whether this one is.
    pub fn is_home(self) -> bool {
        self.home().contains(self.id)
    }

    /// The others, which may stand in.
    pub fn others(self) -> NodeSet {
        NodeSet::first(self.servers.into()).difference(self.home())
    }
}

/// A timer of a replica.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Timer {
    /// Time to look after the operations that wait.
    Tick,
    /// Time to compare with a peer, and to hand off hints.
    Exchange,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Tick => "Tick",
            Self::Exchange => "Exchange",
        }
    }
}

/// What a client may ask of any replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Request<P> {
    /// Add an item under a name that no other gets.
    Add(Name, P),
    /// Which items are there?
    Read,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// It is stored, and stands here.
    Added(Tag),
    /// These are there; [`Quorum::contents`] has them.
    Read(Known),
}

/// Why it did not happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// Too few replicas answered.
    NoQuorum(crate::node::Count),
}

type Out<P> = Effects<Quorum<P>>;

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Quorum<P: Item> {
    config: Config,
    /// What will be on its disk after the next sync.
    state: Durable<P>,
    /// Where it is no home: the items that passed by, so that it need not be sent them again. A crash forgets them.
    passed: Items<P>,
    /// What it carries out for its clients, by number.
    operations: SortedMap<u32, Operation<P>>,
    /// How many operations it has begun since it started.
    begun: u32,
}

impl<P: Item> Quorum<P> {
    /// A replica that has never run.
    pub fn new(config: Config) -> Self {
        assert_eq!(config.setup.check(config.servers), Ok(()), "a setup that was checked");
        let (state, passed, operations) = (Durable::default(), Items::default(), SortedMap::new());
        Self { config, state, passed, operations, begun: 0 }
    }

    /// Who it is.
    pub fn config(&self) -> Config {
        self.config
    }

    /// What it has stored, what it would lose in a crash now included.
    pub fn state(&self) -> &Durable<P> {
        &self.state
    }

    /// What it carries out for its clients now, by number.
    pub fn operations(&self) -> &SortedMap<u32, Operation<P>> {
        &self.operations
    }

    /// All items that it can show: its own, or those that passed by.
    pub fn contents(&self) -> &Items<P> {
        if self.config.is_home() { &self.state.items } else { &self.passed }
    }

    fn write(&mut self, delta: Delta<P>, out: &mut Out<P>) {
        self.state.apply(&delta);
        out.write(delta);
    }
}

impl<P: Item> Node for Quorum<P> {
    type Message = Message<P>;
    type Timer = Timer;
    type Request = Request<P>;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = Durable<P>;
    type Note = Note;

    fn on_restart(&mut self, disk: &Durable<P>, _: Clocks, out: &mut Effects<Self>) {
        *self = Self { state: disk.clone(), ..Self::new(self.config) };
        let (items, hints) = (self.state.items.known().len(), self.state.hints.len() as u64);
        out.note(Note::Starts { items, hints });
        for (_, entry) in &self.state.hints {
            self.passed.insert(entry.clone());
        }
        self.write(Delta::Life(disk.life + 1), out);
        out.set_timer(Timer::Exchange, EXCHANGE);
    }

    fn on_message(&mut self, from: NodeId, message: Message<P>, _: Clocks, out: &mut Effects<Self>) {
        match message {
            Message::AskTag { op, stands_for } => {
                let sequence = self.state.highest();
                out.send_after_sync(from, Message::TagIs { op, stands_for, sequence });
            }
            Message::Put { op, stands_for, entry } => self.on_put(from, op, stands_for, entry, out),
            Message::Get { op, stands_for, known, entries } => {
                self.on_get(from, (op, stands_for), &known, entries, out);
            }
            Message::Compare { known, ask_back } => self.on_compare(from, &known, ask_back, out),
            Message::Items { entries, hints } => self.on_items(from, entries, hints, out),
            Message::Taken { names } => self.on_taken(from, &names, out),
            Message::TagIs { op, stands_for, sequence } => self.on_tag(from, op, stands_for, sequence, out),
            Message::Stored { op, stands_for } => self.on_stored(from, op, stands_for, out),
            Message::Have { op, stands_for, known, entries } => {
                self.on_have(from, (op, stands_for), &known, entries, out);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        match timer {
            Timer::Tick => self.look_after(at, out),
            Timer::Exchange => self.exchange(out),
        }
    }

    fn on_choice(&mut self, picked: NodeId, _: Clocks, out: &mut Effects<Self>) {
        self.compare_with(picked, out);
    }

    fn on_request(&mut self, id: RequestId, request: Request<P>, at: Clocks, out: &mut Effects<Self>) {
        match request {
            Request::Add(name, item) => self.add(id, name, item, at, out),
            Request::Read => self.read(id, at, out),
        }
    }
}

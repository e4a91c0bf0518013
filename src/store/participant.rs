//! Who takes part in a feed's run, and what they say, set, write and note: the sum over all stores.
//!
//! One type for all of them, so that a run picks its store by its setup, several stores run side by side under one script,
//! and simulator, timeline and page are compiled once.

use super::available_feed::{AvailableFeed, Stamped};
use super::client::{Client, PhoneNote};
use super::consistent_feed::{Command, ConsistentFeed, FeedState, ReplicaNote};
use super::feed::{Ask, AskId, Epoch, FeedAnswer, PostId, Refusal, Request, Response};
use crate::gossip::{self, Append, Items};
use crate::multi_paxos::{self, Durable, MultiPaxos};
use crate::node::{Answer, Clocks, Disk, Effects, Kind, Node, NodeId, RequestId};
use crate::raft::{self, PersistentState, Raft};

/// A message between phone and replica, or between replicas.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message {
    /// From a phone to its replica.
    Ask {
        /// How many things the phone asked before.
        number: u32,
        /// How many times it asked just this before.
        attempt: u8,
        /// What.
        ask: Ask,
    },
    /// From a replica to the phone that asked.
    Answer {
        /// Which question.
        number: u32,
        /// Which attempt at it.
        attempt: u8,
        /// What came of it; `Unknown` if the replica cannot tell either.
        answer: FeedAnswer,
    },
    /// From a replica of the consistent feed to the one that it believes to lead: do this for my phone.
    Forward {
        /// Whose question.
        id: AskId,
        /// What is asked.
        ask: Ask,
        /// The epoch that the receiver leads, as far as the sender knows: what the receiver did in it, it has
        /// forgotten if it restarted since.
        epoch: Epoch,
    },
    /// From the leader back to the replica that forwarded.
    Forwarded {
        /// Whose question.
        id: AskId,
        /// What came of it.
        answer: FeedAnswer,
    },
    /// Raft's own.
    Raft(raft::Message<Command>),
    /// Multi-Paxos's own.
    MultiPaxos(multi_paxos::Message<Command>),
    /// Gossip's own.
    Gossip(gossip::Message<Stamped>),
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Ask { .. } => "Ask",
            Self::Answer { .. } => "Answer",
            Self::Forward { .. } => "Forward",
            Self::Forwarded { .. } => "Forwarded",
            Self::Raft(message) => message.kind(),
            Self::MultiPaxos(message) => message.kind(),
            Self::Gossip(message) => message.kind(),
        }
    }
}

/// A timer of a phone or a replica.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Raft's.
    Raft(raft::Timer),
    /// Multi-Paxos's.
    MultiPaxos(multi_paxos::Timer),
    /// Gossip's.
    Gossip(gossip::Timer),
    /// A phone's: it gives up waiting for an answer.
    Answer,
    /// A phone's: it asks the same once more.
    Retry,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Raft(timer) => timer.kind(),
            Self::MultiPaxos(timer) => timer.kind(),
            Self::Gossip(timer) => timer.kind(),
            Self::Answer => "Answer",
            Self::Retry => "Retry",
        }
    }
}

/// What a replica keeps through a crash; a phone keeps nothing here.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum FeedDisk {
    /// Nothing was ever written.
    #[default]
    Empty,
    /// Term, vote and log.
    Raft(PersistentState<Command>),
    /// Promises, accepted proposals, snapshot.
    MultiPaxos(Durable<Command>),
    /// Posts.
    Gossip(Items<Stamped>),
}

/// One change to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta {
    /// Raft's.
    Raft(raft::Delta<Command>),
    /// Multi-Paxos's.
    MultiPaxos(multi_paxos::Delta<Command>),
    /// Gossip's.
    Gossip(Append<Stamped>),
}

impl Disk for FeedDisk {
    type Delta = Delta;

    fn apply(&mut self, delta: &Delta) {
        if matches!(self, Self::Empty) {
            *self = match delta {
                Delta::Raft(_) => Self::Raft(PersistentState::default()),
                Delta::MultiPaxos(_) => Self::MultiPaxos(Durable::default()),
                Delta::Gossip(_) => Self::Gossip(Items::default()),
            };
        }
        match (self, delta) {
            (Self::Raft(disk), Delta::Raft(delta)) => disk.apply(delta),
            (Self::MultiPaxos(disk), Delta::MultiPaxos(delta)) => disk.apply(delta),
            (Self::Gossip(disk), Delta::Gossip(delta)) => disk.apply(delta),
            _ => unreachable!("a disk belongs to one store"),
        }
    }
}

/// A rule of a feed that fired or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// One of Raft's.
    Raft(raft::Note),
    /// One of Multi-Paxos's.
    MultiPaxos(multi_paxos::Note),
    /// One of gossip's.
    Gossip(gossip::Note),
    /// One of a replica of the consistent feed.
    Replica(ReplicaNote),
    /// One of a phone.
    Phone(PhoneNote),
}

/// A replica or a phone.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Participant {
    /// A replica of the consistent feed on Raft.
    Raft(Box<ConsistentFeed<Raft<Command>>>),
    /// A replica of the consistent feed on Multi-Paxos.
    MultiPaxos(Box<ConsistentFeed<MultiPaxos<Command>>>),
    /// A replica of the available feed.
    Gossip(AvailableFeed),
    /// A phone.
    Client(Client),
}

impl Participant {
    /// The phone, if it is one.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Self::Client(client) => Some(client),
            _ => None,
        }
    }

    /// The Raft server, if it is one.
    pub fn raft(&self) -> Option<&Raft<Command>> {
        match self {
            Self::Raft(replica) => Some(replica.log()),
            _ => None,
        }
    }

    /// The Multi-Paxos server, if it is one.
    pub fn multi_paxos(&self) -> Option<&MultiPaxos<Command>> {
        match self {
            Self::MultiPaxos(replica) => Some(replica.log()),
            _ => None,
        }
    }

    /// The feed of a consistent replica, as it knows it to be committed.
    pub fn consistent(&self) -> Option<&FeedState> {
        match self {
            Self::Raft(replica) => Some(replica.feed()),
            Self::MultiPaxos(replica) => Some(replica.feed()),
            Self::Gossip(_) | Self::Client(_) => None,
        }
    }

    /// The replica of the available feed, if it is one.
    pub fn gossip(&self) -> Option<&AvailableFeed> {
        match self {
            Self::Gossip(replica) => Some(replica),
            _ => None,
        }
    }

    /// Whether it is a replica that has that post, as far as it knows for good.
    pub fn has(&self, post: PostId) -> bool {
        match self {
            Self::Raft(replica) => replica.feed().has(post),
            Self::MultiPaxos(replica) => replica.feed().has(post),
            Self::Gossip(replica) => replica.has(post),
            Self::Client(_) => false,
        }
    }
}

impl Node for Participant {
    type Message = Message;
    type Timer = Timer;
    type Request = Request;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = FeedDisk;
    type Note = Note;

    fn on_restart(&mut self, disk: &FeedDisk, at: Clocks, out: &mut Effects<Self>) {
        match (self, disk) {
            (Self::Raft(replica), FeedDisk::Raft(disk)) => replica.on_restart(disk, at, out),
            (Self::Raft(replica), FeedDisk::Empty) => replica.on_restart(&PersistentState::default(), at, out),
            (Self::MultiPaxos(replica), FeedDisk::MultiPaxos(disk)) => replica.on_restart(disk, at, out),
            (Self::MultiPaxos(replica), FeedDisk::Empty) => replica.on_restart(&Durable::default(), at, out),
            (Self::Gossip(replica), FeedDisk::Gossip(disk)) => replica.on_restart(disk, at, out),
            (Self::Gossip(replica), FeedDisk::Empty) => replica.on_restart(&Items::default(), at, out),
            (Self::Client(client), FeedDisk::Empty) => client.on_restart(),
            _ => unreachable!("a disk belongs to one store"),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, at: Clocks, out: &mut Effects<Self>) {
        match (self, message) {
            (Self::Client(client), Message::Answer { number, attempt, answer }) => {
                client.on_answer(number, attempt, answer, at, out);
            }
            (Self::Raft(replica), Message::Ask { number, attempt, ask }) => {
                replica.on_ask(AskId { client: from, number, attempt }, ask, at, out);
            }
            (Self::Raft(replica), Message::Forward { id, ask, epoch }) => {
                replica.on_forward(from, id, ask, epoch, at, out);
            }
            (Self::Raft(replica), Message::Forwarded { id, answer }) => replica.on_forwarded(id, answer, out),
            (Self::Raft(replica), Message::Raft(message)) => replica.on_message(from, message, at, out),
            (Self::MultiPaxos(replica), Message::Ask { number, attempt, ask }) => {
                replica.on_ask(AskId { client: from, number, attempt }, ask, at, out);
            }
            (Self::MultiPaxos(replica), Message::Forward { id, ask, epoch }) => {
                replica.on_forward(from, id, ask, epoch, at, out);
            }
            (Self::MultiPaxos(replica), Message::Forwarded { id, answer }) => replica.on_forwarded(id, answer, out),
            (Self::MultiPaxos(replica), Message::MultiPaxos(message)) => replica.on_message(from, message, at, out),
            (Self::Gossip(replica), Message::Ask { number, attempt, ask }) => {
                replica.on_ask(AskId { client: from, number, attempt }, ask, at, out);
            }
            (Self::Gossip(replica), Message::Gossip(message)) => replica.on_message(from, message, at, out),
            (_, message) => unreachable!("{} for the wrong one", message.kind()),
        }
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        match (self, timer) {
            (Self::Raft(replica), Timer::Raft(timer)) => replica.on_timer(timer, at, out),
            (Self::MultiPaxos(replica), Timer::MultiPaxos(timer)) => replica.on_timer(timer, at, out),
            (Self::Gossip(replica), Timer::Gossip(timer)) => replica.on_timer(timer, at, out),
            (Self::Client(client), Timer::Answer) => client.on_timeout(at, out),
            (Self::Client(client), Timer::Retry) => client.on_retry(out),
            (_, timer) => unreachable!("{timer:?} was never set"),
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request, at: Clocks, out: &mut Effects<Self>) {
        match (self, request) {
            (Self::Client(client), request) => client.on_request(id, request, at, out),
            (Self::Raft(replica), Request::Admin(command)) => replica.on_admin(id, command, at, out),
            (Self::MultiPaxos(replica), Request::Admin(command)) => replica.on_admin(id, command, at, out),
            (Self::Gossip(_), Request::Admin(_)) => out.reply(id, Answer::Refused(Refusal::AdminRefused)),
            _ => panic!("only phones are asked by people"),
        }
    }

    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Effects<Self>) {
        match self {
            Self::Gossip(replica) => replica.on_choice(picked, at, out),
            _ => unreachable!("only gossip chooses"),
        }
    }
}

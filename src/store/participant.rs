//! Who takes part in a feed's run, and what they say, set, write and note: the sums over [all stores](super::table).
//!
//! One type for all of them, so that a run picks its store by its setup, several stores run side by side under one script,
//! and simulator, timeline and page are compiled once.

use std::convert::Infallible;

use serde::{Serialize, Serializer};

use super::client::{Client, PhoneNote, PhoneTimer};
use super::conflict;
use super::descriptor::{Descriptor, ShowsFeed, StoreMessage, StoreNote};
use super::feed::{Feed, Post, PostId, Request, Response};
use super::member::Member;
use super::objects::Objects;
use super::replica::ReplicaNote;
use super::service::{Refusal, ServiceMessage};
use super::state_machine::{Command, Replicated};
use super::sum::{each, serialize_by_number, sum};
use super::table::with_stores;
use crate::node::{Clocks, Disk, Effects, Kind, Node, NodeId, RequestId};

type ReplicaOf<D> = Box<<D as Descriptor>::Replica>;
type MessageOf<D> = <D as Descriptor>::Message;
type TimerOf<D> = <D as Descriptor>::Timer;
type DiskOf<D> = <D as Descriptor>::Disk;
type DeltaOf<D> = <DiskOf<D> as Disk>::Delta;
type NoteOf<D> = <D as Descriptor>::Note;

with_stores!(sum! {
    /// A replica or a phone.
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    pub enum Participant of ReplicaOf {
        /// A phone.
        Client(Box<Client>),
    }
});

with_stores!(sum! {
    /// A message between phone and replica, or between replicas.
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    pub enum Message of MessageOf {
        /// Of the service, whatever the store.
        Service(ServiceMessage<Feed>),
    }
});

with_stores!(serialize_by_number! { Message from 4, own Service });

with_stores!(sum! {
    /// A timer of a phone or a replica.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Timer of TimerOf {
        /// A phone's.
        Phone(PhoneTimer),
    }
});

with_stores!(serialize_by_number! { Timer from 0, own Phone });

with_stores!(sum! {
    /// What a replica keeps through a crash; a phone keeps nothing here.
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    pub enum FeedDisk of DiskOf {
        /// Nothing was ever written.
        Empty(()),
    }
});

with_stores!(sum! {
    /// One change to it.
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    pub enum Delta of DeltaOf {}
});

with_stores!(sum! {
    /// A rule of a feed that fired or refused.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum Note of NoteOf {
        /// One of a replica on a replicated log.
        Replica(ReplicaNote),
        /// One of a phone.
        Phone(PhoneNote),
        /// One of a replica that had to decide between two writes.
        Conflict(conflict::Note),
    }
});

/// The feed leaves its replicas nothing to do by themselves.
impl From<Infallible> for Timer {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The feed notes nothing.
impl From<Infallible> for Note {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Default for FeedDisk {
    fn default() -> Self {
        Self::Empty(())
    }
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        with_stores!(each! { self, Self, message => message.kind(), Self::Service(message) => message.kind() })
    }
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        with_stores!(each! { self, Self, timer => timer.kind(), Self::Phone(timer) => timer.kind() })
    }
}

/// What whoever follows an operation through the network has to know of a message.
impl Message {
    /// Where in the log it has an entry like this, if it carries one.
    pub fn entry(&self, wanted: &dyn Fn(&Command<Feed>) -> bool) -> Option<u64> {
        with_stores!(each! { self, Self, message => message.entry(wanted), Self::Service(_) => None })
    }

    /// Whether it acknowledges the entry at this index.
    pub fn acknowledges(&self, index: u64) -> bool {
        with_stores!(each! { self, Self, message => message.acknowledges(index), Self::Service(_) => false })
    }

    /// The round of heartbeats to which it belongs, and whether it answers one.
    pub fn round(&self) -> Option<(u64, bool)> {
        with_stores!(each! { self, Self, message => message.round(), Self::Service(_) => None })
    }

    /// Whether it brings this post to a replica that answers from what it has.
    pub fn brings(&self, post: PostId) -> bool {
        let is_asked = |message: &ServiceMessage<Feed>| matches!(message, ServiceMessage::Ask { ask, .. } if ask.writes() == Some(post));
        with_stores!(each! { self, Self, message => message.brings(post), Self::Service(message) => is_asked(message) })
    }
}

impl Note {
    /// Whether a learner will want to read this. What goes well, the phones show.
    pub fn is_notable(&self) -> bool {
        with_stores!(each! { self, Self, note => note.is_notable(),
            Self::Replica(note) => !matches!(note, ReplicaNote::Forwarded { .. } | ReplicaNote::Applied { .. }),
            Self::Phone(note) => !matches!(note, PhoneNote::Asked { .. }),
            Self::Conflict(_) => true,
        })
    }

    /// Whether it says that its server was elected.
    pub fn is_election(&self) -> bool {
        with_stores!(
            each! { self, Self, note => note.is_election(), Self::Replica(_) | Self::Phone(_) | Self::Conflict(_) => false }
        )
    }

    /// A post, or a change, that is in the feed for good, as this says.
    pub fn committed(&self) -> Option<PostId> {
        match self {
            Self::Replica(ReplicaNote::Applied { client, number, fresh: true, .. }) => {
                Some(PostId { author: *client, number: *number })
            }
            _ => None,
        }
    }
}

impl Participant {
    /// The phone, if it is one.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Self::Client(client) => Some(client),
            _ => None,
        }
    }

    /// The posts that it would show now if it is a replica, oldest first.
    pub fn posts(&self) -> Option<Vec<&Post>> {
        with_stores!(each! { self, Self, replica => Some(replica.posts()), Self::Client(_) => None })
    }

    /// What people wrote beside posts, as it has that, if it is a replica.
    pub fn objects(&self) -> Option<&Objects> {
        with_stores!(each! { self, Self, replica => replica.objects(), Self::Client(_) => None })
    }

    /// What its log led to, if it is a replica on one.
    pub fn replicated(&self) -> Option<&Replicated<Feed>> {
        with_stores!(each! { self, Self, replica => replica.replicated(), Self::Client(_) => None })
    }

    /// Whether it is a replica that believes to lead the others.
    pub fn leads(&self) -> bool {
        with_stores!(each! { self, Self, replica => replica.leads(), Self::Client(_) => false })
    }

    /// Whether it is a replica that has that post, as far as it knows for good.
    pub fn has(&self, post: PostId) -> bool {
        with_stores!(each! { self, Self, replica => replica.has(post), Self::Client(_) => false })
    }
}

macro_rules! run_as_node {
    (stores { $($(#[$doc:meta])* $Store:ident($Descriptor:ty) = $number:literal,)* }) => {
        impl Disk for FeedDisk {
            type Delta = Delta;

            fn apply(&mut self, delta: &Delta) {
                if matches!(self, Self::Empty(())) {
                    *self = match delta {
                        $(Delta::$Store(_) => Self::$Store(Default::default()),)*
                    };
                }
                match (self, delta) {
                    $((Self::$Store(disk), Delta::$Store(delta)) => disk.apply(delta),)*
                    _ => unreachable!("a disk belongs to one store"),
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
                    (Self::Client(client), FeedDisk::Empty(())) => client.on_restart(),
                    $(
                        (Self::$Store(replica), FeedDisk::$Store(disk)) => replica.on_restart(disk, at, out),
                        (Self::$Store(replica), FeedDisk::Empty(())) => replica.on_restart(&Default::default(), at, out),
                    )*
                    _ => unreachable!("a disk belongs to one store"),
                }
            }

            fn on_message(&mut self, from: NodeId, message: Message, at: Clocks, out: &mut Effects<Self>) {
                match (self, message) {
                    (Self::Client(client), Message::Service(ServiceMessage::Answer { number, attempt, answer })) => {
                        client.on_answer(number, attempt, answer, at, out);
                    }
                    $(
                        (Self::$Store(replica), Message::Service(message)) => replica.on_service(from, message, at, out),
                        (Self::$Store(replica), Message::$Store(message)) => replica.on_message(from, message, at, out),
                    )*
                    (_, message) => unreachable!("{} for the wrong one", message.kind()),
                }
            }

            fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
                match (self, timer) {
                    (Self::Client(client), Timer::Phone(PhoneTimer::Answer)) => client.on_timeout(at, out),
                    (Self::Client(client), Timer::Phone(PhoneTimer::Retry)) => client.on_retry(out),
                    $((Self::$Store(replica), Timer::$Store(timer)) => replica.on_timer(timer, at, out),)*
                    (_, timer) => unreachable!("{timer:?} was never set"),
                }
            }

            fn on_request(&mut self, id: RequestId, request: Request, at: Clocks, out: &mut Effects<Self>) {
                match (self, request) {
                    (Self::Client(client), request) => client.on_request(id, request, at, out),
                    $((Self::$Store(replica), Request::Admin(command)) => replica.on_admin(id, command, at, out),)*
                    _ => panic!("only phones are asked by people"),
                }
            }

            fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Effects<Self>) {
                match self {
                    $(Self::$Store(replica) => replica.on_choice(picked, at, out),)*
                    Self::Client(_) => unreachable!("phones leave nothing to choice"),
                }
            }
        }
    };
}

with_stores!(run_as_node! {});

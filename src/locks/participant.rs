//! Who takes part in a run about locks, and what they say, set, write and note.

use serde::Serialize;

use super::client::{Client, ClientNote, ClientTimer, Request, Response};
use super::leases::Expiry;
use super::redlock::{self, Instance, InstanceNote};
use super::server::Server;
use super::service::{LockService, ServiceNote};
use super::storage::{self, Storage, StorageNote};
use crate::multi_paxos::{self, Durable, MultiPaxos};
use crate::node::{Clocks, Disk, Effects, Kind, Node, NodeId, RequestId};
use crate::raft::{self, PersistentState, Raft};
use crate::store::member::Member;
use crate::store::replica::{Replica, ReplicaNote};
use crate::store::service::{Refusal, ServiceMessage};
use crate::store::state_machine;

/// An entry of the log.
pub type Command = state_machine::Command<LockService>;

/// A replica of the lock service, an independent server, a client, or the storage.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Participant {
    /// A replica on Raft's log.
    Raft(Box<Replica<Raft<Command>, LockService>>),
    /// A replica on Multi-Paxos's log.
    MultiPaxos(Box<Replica<MultiPaxos<Command>, LockService>>),
    /// The only server.
    Server(Box<Server>),
    /// One of several independent servers.
    Instance(Instance),
    /// A client.
    Client(Box<Client>),
    /// The storage.
    Storage(Storage),
}

macro_rules! sum {
    ($(#[$doc:meta])* $Sum:ident { $($(#[$variant_doc:meta])* $Variant:ident($of:ty),)* }) => {
        $(#[$doc])*
        pub enum $Sum {
            $($(#[$variant_doc])* $Variant($of),)*
        }

        $(impl From<$of> for $Sum {
            fn from(of: $of) -> Self {
                Self::$Variant(of)
            }
        })*
    };
}

sum! {
    /// What they say to one another.
    #[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
    Message {
        /// Between a client and a lock service, or between its replicas on behalf of a client.
        Service(ServiceMessage<LockService>),
        /// Between replicas on Raft's log.
        Raft(raft::Message<Command>),
        /// Between replicas on Multi-Paxos's log.
        MultiPaxos(multi_paxos::Message<Command>),
        /// Between a client and an independent server.
        Redlock(redlock::Message),
        /// Between a client and the storage.
        Storage(storage::Message),
    }
}

sum! {
    /// Their timers.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
    Timer {
        /// Of whoever measures leases.
        Expiry(Expiry),
        /// Of a client.
        Client(ClientTimer),
        /// Of Raft.
        Raft(raft::Timer),
        /// Of Multi-Paxos.
        MultiPaxos(multi_paxos::Timer),
    }
}

sum! {
    /// A rule that fired or refused.
    #[derive(Clone, PartialEq, Eq, Debug)]
    Note {
        /// Of the lock service.
        Service(ServiceNote),
        /// Of a client.
        Client(ClientNote),
        /// Of the storage.
        Storage(StorageNote),
        /// Of an independent server.
        Instance(InstanceNote),
        /// Of a replica.
        Replica(ReplicaNote),
        /// Of Raft.
        Raft(raft::Note),
        /// Of Multi-Paxos.
        MultiPaxos(multi_paxos::Note),
    }
}

/// What is left after a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LockDisk {
    /// How often a client or an independent server has started.
    Starts(u32),
    /// Raft's.
    Raft(PersistentState<Command>),
    /// Multi-Paxos's.
    MultiPaxos(Durable<Command>),
}

/// One change to that.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta {
    /// A client or an independent server has started.
    Started,
    /// Raft's.
    Raft(<PersistentState<Command> as Disk>::Delta),
    /// Multi-Paxos's.
    MultiPaxos(<Durable<Command> as Disk>::Delta),
}

impl From<<PersistentState<Command> as Disk>::Delta> for Delta {
    fn from(delta: <PersistentState<Command> as Disk>::Delta) -> Self {
        Self::Raft(delta)
    }
}

impl From<<Durable<Command> as Disk>::Delta> for Delta {
    fn from(delta: <Durable<Command> as Disk>::Delta) -> Self {
        Self::MultiPaxos(delta)
    }
}

impl Default for LockDisk {
    fn default() -> Self {
        Self::Starts(0)
    }
}

impl Disk for LockDisk {
    type Delta = Delta;

    fn apply(&mut self, delta: &Delta) {
        match (&mut *self, delta) {
            (Self::Starts(starts), Delta::Started) => *starts += 1,
            (Self::Raft(disk), Delta::Raft(delta)) => disk.apply(delta),
            (Self::MultiPaxos(disk), Delta::MultiPaxos(delta)) => disk.apply(delta),
            (Self::Starts(0), Delta::Raft(delta)) => {
                let mut disk = PersistentState::default();
                disk.apply(delta);
                *self = Self::Raft(disk);
            }
            (Self::Starts(0), Delta::MultiPaxos(delta)) => {
                let mut disk = Durable::default();
                disk.apply(delta);
                *self = Self::MultiPaxos(disk);
            }
            _ => unreachable!("a disk belongs to one participant"),
        }
    }
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Service(message) => message.kind(),
            Self::Raft(message) => message.kind(),
            Self::MultiPaxos(message) => message.kind(),
            Self::Redlock(message) => message.kind(),
            Self::Storage(message) => message.kind(),
        }
    }
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Expiry(timer) => timer.kind(),
            Self::Client(timer) => timer.kind(),
            Self::Raft(timer) => timer.kind(),
            Self::MultiPaxos(timer) => timer.kind(),
        }
    }
}

impl Note {
    /// Whether a learner will want to read it.
    pub fn is_notable(&self) -> bool {
        match self {
            Self::Service(_) | Self::Storage(_) | Self::Instance(_) => true,
            Self::Client(note) => !matches!(note, ClientNote::Polls { .. }),
            Self::Replica(note) => !matches!(
                note,
                ReplicaNote::Forwarded { .. } | ReplicaNote::Applied { .. } | ReplicaNote::AskedBefore { .. }
            ),
            Self::Raft(_) | Self::MultiPaxos(_) => self.is_election(),
        }
    }

    /// Whether it says that its server was elected.
    pub fn is_election(&self) -> bool {
        matches!(
            self,
            Self::Raft(raft::Note::Election(raft::ElectionNote::BecameLeader { .. }))
                | Self::MultiPaxos(multi_paxos::Note::Leadership(multi_paxos::LeadershipNote::BecameLeader { .. }))
        )
    }
}

impl Participant {
    /// The client, if it is one.
    pub fn client(&self) -> Option<&Client> {
        if let Self::Client(client) = self { Some(client) } else { None }
    }

    /// The storage, if it is that.
    pub fn storage(&self) -> Option<&Storage> {
        if let Self::Storage(storage) = self { Some(storage) } else { None }
    }

    /// What it knows of the lock, if it serves it.
    pub fn service(&self) -> Option<&LockService> {
        match self {
            Self::Raft(replica) => Some(&replica.state().service),
            Self::MultiPaxos(replica) => Some(&replica.state().service),
            Self::Server(server) => Some(server.service()),
            _ => None,
        }
    }

    /// The last entry of the log that it has carried out, if it serves the lock from one.
    pub fn applied(&self) -> Option<u64> {
        match self {
            Self::Raft(replica) => Some(replica.applied()),
            Self::MultiPaxos(replica) => Some(replica.applied()),
            _ => None,
        }
    }

    /// Whether it leads, if it is a replica.
    pub fn leads(&self) -> bool {
        match self {
            Self::Raft(replica) => replica.leads(),
            Self::MultiPaxos(replica) => replica.leads(),
            _ => false,
        }
    }
}

impl Node for Participant {
    type Message = Message;
    type Timer = Timer;
    type Request = Request;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = LockDisk;
    type Note = Note;

    fn on_restart(&mut self, disk: &LockDisk, at: Clocks, out: &mut Effects<Self>) {
        match (self, disk) {
            (Self::Raft(replica), LockDisk::Raft(disk)) => replica.on_restart(disk, at, out),
            (Self::Raft(replica), LockDisk::Starts(0)) => replica.on_restart(&PersistentState::default(), at, out),
            (Self::MultiPaxos(replica), LockDisk::MultiPaxos(disk)) => replica.on_restart(disk, at, out),
            (Self::MultiPaxos(replica), LockDisk::Starts(0)) => replica.on_restart(&Durable::default(), at, out),
            (Self::Server(server), LockDisk::Starts(0)) => server.on_restart(),
            (Self::Instance(instance), LockDisk::Starts(starts)) => instance.on_restart(*starts, at, out),
            (Self::Client(client), LockDisk::Starts(starts)) => client.on_restart(*starts, out),
            (Self::Storage(_), LockDisk::Starts(0)) => {}
            _ => unreachable!("a disk belongs to one participant"),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, at: Clocks, out: &mut Effects<Self>) {
        match (self, message) {
            (Self::Client(client), Message::Service(ServiceMessage::Answer { number, answer, .. })) => {
                client.on_answer(number, &answer, at, out);
            }
            (Self::Client(client), Message::Redlock(redlock::Message::Vote { session, round, granted })) => {
                client.on_vote(from, session, round, granted, at, out);
            }
            (Self::Client(client), Message::Storage(message)) => client.on_storage(message, at, out),
            (Self::Storage(storage), Message::Storage(message)) => storage.on_message(from, message, out),
            (Self::Instance(instance), Message::Redlock(message)) => instance.on_message(from, &message, at, out),
            (Self::Server(server), Message::Service(ServiceMessage::Ask { number, attempt, ask })) => {
                server.on_ask(from, (number, attempt), ask, at, out);
            }
            (Self::Raft(replica), Message::Service(message)) => replica.on_service(from, message, at, out),
            (Self::Raft(replica), Message::Raft(message)) => replica.on_message(from, message, at, out),
            (Self::MultiPaxos(replica), Message::Service(message)) => replica.on_service(from, message, at, out),
            (Self::MultiPaxos(replica), Message::MultiPaxos(message)) => replica.on_message(from, message, at, out),
            (_, message) => unreachable!("{} for the wrong one", message.kind()),
        }
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        match (self, timer) {
            (Self::Client(client), Timer::Client(ClientTimer::Retry)) => client.on_retry(at, out),
            (Self::Client(client), Timer::Client(ClientTimer::Renew)) => client.on_renew(at, out),
            (Self::Client(client), Timer::Client(ClientTimer::LeaseEnd)) => client.on_lease_end(at, out),
            (Self::Client(client), Timer::Client(ClientTimer::Work)) => client.on_work_done(at, out),
            (Self::Server(server), Timer::Expiry(Expiry)) => server.attend(at, out),
            (Self::Raft(replica), Timer::Expiry(Expiry)) => replica.on_duty(at, out),
            (Self::Raft(replica), Timer::Raft(timer)) => replica.on_timer(timer, at, out),
            (Self::MultiPaxos(replica), Timer::Expiry(Expiry)) => replica.on_duty(at, out),
            (Self::MultiPaxos(replica), Timer::MultiPaxos(timer)) => replica.on_timer(timer, at, out),
            (_, timer) => unreachable!("{timer:?} was never set"),
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request, at: Clocks, out: &mut Effects<Self>) {
        match self {
            Self::Client(client) => client.on_request(id, request, at, out),
            _ => panic!("only clients are asked by people"),
        }
    }

    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Effects<Self>) {
        match self {
            Self::Raft(replica) => replica.on_choice(picked, at, out),
            Self::MultiPaxos(replica) => replica.on_choice(picked, at, out),
            _ => unreachable!("nothing was left to choice"),
        }
    }
}

//! The world of locks: servers that grant the lock, clients that want it, and the storage that they write to.
//!
//! What the service granted, what each client believes, and what the storage did are three things. [`LocksWatch`] keeps them apart.

mod setup;
mod watch;

pub use setup::{Backend, LocksSetup};
pub use watch::{LocksWatch, Overlap, Span};

use crate::locks::client::{Access, Client, Config, Request};
use crate::locks::participant::Participant;
use crate::locks::redlock::Instance;
use crate::locks::service::LockService;
use crate::locks::storage::Storage;
use crate::multi_paxos::MultiPaxos;
use crate::node::{Delay, Micros, NodeId};
use crate::raft::{self, Raft};
use crate::sim::network::Travel;
use crate::sim::run::{Run, Seen, World};
use crate::sim::schedule::{Pace, Turns};
use crate::store::replica::Replica;

const BETWEEN_SERVERS: Travel =
    Travel { base: Delay::between(Micros::from_ms(8), Micros::from_ms(14)), jitter: Micros::from_ms(4) };
const TO_A_CLIENT: Travel =
    Travel { base: Delay::between(Micros::from_ms(4), Micros::from_ms(8)), jitter: Micros::from_ms(3) };
const SYNC: Delay = Delay::between(Micros::from_ms(1), Micros::from_ms(3));
/// By then a leader is elected, if nothing is in its way.
const OPENING: Micros = Micros::from_ms(800);
/// Each client updates the file once in this time.
const PERIOD: Micros = Micros::from_ms(900);
const TURN_JITTER: Micros = Micros::from_ms(250);

/// The world of locks.
#[derive(Clone, Copy, Debug)]
pub struct LocksWorld {
    /// Who takes part.
    pub setup: LocksSetup,
}

/// The run of such a world.
pub type LocksRun = Run<LocksWorld>;

impl LocksWorld {
    /// A world of this setup, which must have passed [`LocksSetup::check`].
    pub fn new(setup: LocksSetup) -> Self {
        assert_eq!(setup.check(), Ok(()));
        Self { setup }
    }

    fn server(&self, id: NodeId) -> Participant {
        let servers = self.setup.servers();
        let service = LockService::new(self.setup.flaw);
        match self.setup.backend {
            Backend::Raft(raft::Setup { switches, flaw }) => {
                let config = raft::Config { switches, flaw, ..raft::Config::new(id, servers) };
                Participant::Raft(Box::new(Replica::serving(Raft::new(config), true, service)))
            }
            Backend::MultiPaxos(setup) => {
                let log = MultiPaxos::new(setup.config(id, servers));
                Participant::MultiPaxos(Box::new(Replica::serving(log, true, service)))
            }
            Backend::Single => Participant::Server(Box::default()),
            Backend::Redlock => Participant::Instance(Instance::new(self.setup.lease)),
        }
    }

    fn client(&self, id: NodeId) -> Participant {
        let LocksSetup { lease, margin, work, deadline, .. } = self.setup;
        let access = if self.setup.backend == Backend::Redlock { Access::Majority } else { Access::Service };
        let (servers, storage) = (self.setup.servers(), self.setup.storage());
        Participant::Client(Box::new(Client::new(Config {
            id,
            servers,
            storage,
            access,
            lease,
            deadline,
            margin,
            work,
        })))
    }
}

impl Pace<Participant> for LocksWorld {
    fn travel(&self, from: NodeId, to: NodeId) -> Travel {
        let servers = self.setup.servers();
        if servers.contains(from) && servers.contains(to) { BETWEEN_SERVERS } else { TO_A_CLIENT }
    }

    fn sync_time(&self) -> Delay {
        SYNC
    }

    fn opening(&self) -> Micros {
        OPENING
    }

    fn turns(&self, node: NodeId) -> Option<Turns> {
        let place = self.setup.clients().position(|client| client == node)? as u64;
        let offset = Micros(PERIOD.0 * place / u64::from(self.setup.clients));
        Some(Turns { period: PERIOD, offset, jitter: TURN_JITTER })
    }

    fn traffic(&self, _: NodeId, state: &Participant, _: u32, _: u64) -> Option<Request> {
        let client = state.client().expect("only clients have turns");
        client.is_idle().then_some(Request::Update)
    }
}

impl World for LocksWorld {
    type Node = Participant;
    type Watch = LocksWatch;

    fn nodes(&self) -> Vec<Participant> {
        let servers = self.setup.servers().iter().map(|id| self.server(id));
        let clients = self.setup.clients().map(|id| self.client(id));
        servers.chain(clients).chain([Participant::Storage(Storage::new(self.setup.rule))]).collect()
    }

    /// The file is what all is about: it stays.
    fn can_crash(&self, node: NodeId) -> bool {
        node != self.setup.storage()
    }

    fn watch(&self, watch: &mut LocksWatch, seen: &Seen<'_, Participant>) {
        watch.see(&self.setup, seen);
    }
}

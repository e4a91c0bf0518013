//! Tests drive servers by hand, message by message; every event is checked against the invariants.

mod commit;
mod election;
mod invariants;
mod membership;
mod notes;
mod persistence;
mod pipelining;
mod prevote;
mod quorum;
mod quorum_check;
mod random;
mod reads;
mod replication;
mod snapshot;
mod transfer;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::invariant::{Ghost, Violation};
use super::*;
use crate::node::NodeSet;
use crate::test_cluster::{self, Before, Watched};

/// The tests' state machine remembers its last command.
impl Command for u64 {
    type Snapshot = Option<u64>;
}

type Server = Raft<u64>;
type Said = Message<u64>;

const T1: Term = Term(1);
const T2: Term = Term(2);
const T3: Term = Term(3);

fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

fn id(index: u64, term: u64) -> EntryId {
    EntryId { term: Term(term), index: Index(index) }
}

/// An entry whose command is fixed by where it stands, so that equal names mean equal entries.
fn entry(index: u64, term: u64) -> Entry<u64> {
    Entry { term: Term(term), payload: Payload::Command(term * 1_000 + index) }
}

/// Three servers with these features; n1 leads and all have its no-op.
fn led(switches: Switches) -> Cluster {
    let mut cluster = Cluster::switched(3, switches);
    cluster.elect(n(1), NodeSet::first(3));
    cluster
}

/// A disk whose log has entries of these terms.
fn disk(term: u64, terms: &[u64]) -> PersistentState<u64> {
    let entries: Vec<_> = (1..).zip(terms).map(|(index, term)| entry(index, *term)).collect();
    let mut disk = PersistentState::default();
    disk.apply(&Delta::Term(Term(term)));
    disk.apply(&Delta::Append(entries.into()));
    disk
}

fn terms(server: &Server) -> Vec<u64> {
    server.log().iter_from(Index(1)).map(|(_, entry)| entry.term.0).collect()
}

impl Watched for Server {
    type Ghost = Ghost<u64>;

    fn watch(
        ghost: &mut Ghost<u64>,
        id: NodeId,
        before: Before<'_, Self>,
        after: &Self,
        _: &[Said],
    ) -> Result<(), Violation> {
        let (Before::Event(before) | Before::Restart(before)) = before;
        ghost.observe(id, Some(before), after)
    }

    fn asked(ghost: &mut Ghost<u64>, id: NodeId, request: RequestId, what: &Request<u64>) {
        if *what == Request::Read {
            ghost.read_asked(id, request);
        }
    }

    fn answered(
        ghost: &mut Ghost<u64>,
        id: NodeId,
        request: RequestId,
        answer: &Answer<Response, Refusal>,
    ) -> Result<(), Violation> {
        match answer {
            Answer::Done(Response::ReadAt { index }) => ghost.read_answered(id, request, *index),
            _ => Ok(()),
        }
    }

    fn durable(&self) -> Option<&PersistentState<u64>> {
        Some(&self.state)
    }
}

type InFlight = test_cluster::InFlight<Said>;
type Cluster = test_cluster::Cluster<Server>;

impl Cluster {
    /// `count` servers with empty disks, started.
    fn new(count: u8) -> Self {
        Self::with_disks(&vec![PersistentState::default(); usize::from(count)])
    }

    /// One server per disk, started.
    fn with_disks(disks: &[PersistentState<u64>]) -> Self {
        Self::configured(disks, |_| {})
    }

    /// `count` servers with these features, started.
    fn switched(count: u8, switches: Switches) -> Self {
        let empty = vec![PersistentState::default(); usize::from(count)];
        Self::configured(&empty, |config| config.switches = switches)
    }

    fn configured(disks: &[PersistentState<u64>], change: impl Fn(&mut Config)) -> Self {
        let members = NodeSet::first(disks.len());
        let server = |id| {
            let mut config = Config::new(id, members);
            change(&mut config);
            Raft::new(config)
        };
        Self::start(members.iter().map(server), disks)
    }

    fn request(&mut self, id: NodeId, request: u32, command: u64) {
        self.ask(id, request, Request::Propose(command));
    }

    fn ask(&mut self, id: NodeId, number: u32, request: Request<u64>) {
        self.ask_as(id, RequestId(number), request);
    }

    fn change(&mut self, id: NodeId, request: u32, change: Change) {
        self.ask(id, request, Request::ChangeMembers(change));
    }

    /// The service at `id` makes a snapshot of all that is committed there.
    fn compact(&mut self, id: NodeId) {
        self.event(id, |server, out| {
            let through = server.commit_index();
            let committed = server.log().iter_from(Index(1)).take_while(|(index, _)| *index <= through);
            let newest = committed.filter_map(|(_, entry)| match &entry.payload {
                Payload::Command(command) => Some(*command),
                Payload::Noop | Payload::Config(_) => None,
            });
            let state = newest.last().or(server.snapshot().and_then(|before| before.state));
            server.compact(through, state, out);
        });
    }

    /// Makes `id` the leader with the votes of `group`.
    fn elect(&mut self, id: NodeId, group: NodeSet) {
        self.fire(id, Timer::Election);
        self.settle(group);
        assert!(self.server(id).is_leader(), "{id} was not elected: {:?}", self.server(id));
    }
}

//! Tests drive servers by hand, message by message; every event is checked against the invariants.

mod invariants;
mod leadership;
mod log;
mod notes;
mod quorums;
mod reads;

use super::invariant::{Ghost, Violation};
use super::*;
use crate::node::{Disk, Kind, NodeSet};
use crate::test_cluster::{self, Before, Watched};

/// Commands are numbers; what carrying them out leads to is the last one (see `raft::tests`).
type Server = MultiPaxos<u64>;
type Said = Message<u64>;

fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

fn ballot(round: u32, server: u8) -> Ballot {
    Ballot { round, server: n(server) }
}

fn all(count: usize) -> NodeSet {
    NodeSet::first(count)
}

fn set(numbers: &[u8]) -> NodeSet {
    numbers.iter().map(|number| n(*number)).collect()
}

/// `count` servers, all under n1.
fn led(count: usize) -> Cluster {
    let mut cluster = Cluster::new(count);
    cluster.lead(n(1), all(count));
    cluster
}

impl Watched for Server {
    type Ghost = Ghost<u64>;

    fn watch(
        ghost: &mut Ghost<u64>,
        id: NodeId,
        before: Before<'_, Self>,
        after: &Self,
        left: &[Said],
    ) -> Result<(), Violation> {
        let before = match before {
            Before::Event(before) => Some(before),
            Before::Restart(_) => None,
        };
        ghost.observe(id, before, after, left)
    }

    fn asked(ghost: &mut Ghost<u64>, _: NodeId, request: RequestId, what: &Request<u64>) {
        ghost.observe_request(request, what);
    }

    fn answered(
        ghost: &mut Ghost<u64>,
        _: NodeId,
        request: RequestId,
        answer: &Answer<Response, Refusal>,
    ) -> Result<(), Violation> {
        ghost.observe_answer(request, answer)
    }

    fn durable(&self) -> Option<&Durable<u64>> {
        (!self.has(Flaw::PromiseNotDurable)).then_some(&self.state)
    }
}

type Cluster = test_cluster::Cluster<Server>;

impl Cluster {
    /// `count` servers, started.
    fn new(count: usize) -> Self {
        Self::configured(count, |_| {})
    }

    fn configured(count: usize, change: impl Fn(&mut Config)) -> Self {
        let members = all(count);
        let server = |id| {
            let mut config = Config::new(id, members);
            change(&mut config);
            MultiPaxos::new(config)
        };
        Self::start(members.iter().map(server), &vec![Durable::default(); count])
    }

    fn ask(&mut self, id: NodeId, request: Request<u64>) -> RequestId {
        self.requests += 1;
        let name = RequestId(self.requests);
        self.ask_as(id, name, request);
        name
    }

    fn propose(&mut self, id: NodeId, command: u64) -> RequestId {
        self.ask(id, Request::Propose(command))
    }

    /// What was answered to `request`, if anything.
    fn answer(&self, request: RequestId) -> Option<&Answer<Response, Refusal>> {
        self.replies.iter().find(|(id, _)| *id == request).map(|(_, answer)| answer)
    }

    /// Makes `id` the leader with the promises of `group`.
    fn lead(&mut self, id: NodeId, group: NodeSet) {
        self.fire(id, Timer::Election);
        self.settle(group);
        assert!(self.server(id).is_leader(), "{id} does not lead: {:?}", self.server(id).role());
    }

    /// The leader's heartbeat reaches `group`, and all that follows from it.
    fn beat(&mut self, leader: NodeId, group: NodeSet) {
        self.fire(leader, Timer::Heartbeat);
        self.settle(group);
    }

    /// The state machine of `id` takes a snapshot of all that is decided.
    fn compact(&mut self, id: NodeId) {
        let through = self.server(id).commit_index();
        let state = self.commands(id).last().copied().flatten();
        self.event(id, |server, out| server.compact(through, state, out));
    }

    /// What `id` knows to be chosen after its snapshot: commands, and `None` for no-ops.
    fn commands(&self, id: NodeId) -> Vec<Option<u64>> {
        let server = self.server(id);
        let first = server.snapshot().map_or(Slot(1), |snapshot| snapshot.through.next());
        first.through(server.commit_index()).map(|slot| server.command(slot).copied()).collect()
    }

    /// How many messages of a kind are on their way from `from`.
    fn count(&self, kind: &str, from: NodeId) -> usize {
        self.network.iter().filter(|flying| flying.from == from && flying.message.kind() == kind).count()
    }

    fn noted(&self, wanted: impl Fn(&Note) -> bool) -> usize {
        self.notes.iter().filter(|(_, note)| wanted(note)).count()
    }

    /// The invariant that was broken, which the test expects.
    fn take_violation(&mut self) -> Violation {
        self.violation.take().expect("an invariant was broken")
    }
}

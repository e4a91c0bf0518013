//! The same servers in time: what a search finds is played here, and both observers watch.

use cap_lab::explore::{Sight, Subject};
use cap_lab::node::{Answer, Delay, NodeId};
use cap_lab::raft::invariant::{Ghost, Violation};
use cap_lab::raft::{Request, Response};
use cap_lab::sim::model::Step;
use cap_lab::sim::network::Travel;
use cap_lab::sim::run::{Seen, World};
use cap_lab::sim::schedule::{Pace, Turns};

use super::cluster::{Cluster, Server, Word};
use super::watch::{Watch, observe};
use cap_lab::node::Micros;

/// A cluster and how fast its network and its disks are.
#[derive(Clone)]
pub(crate) struct Timed {
    pub(crate) cluster: Cluster,
    /// How long messages take.
    pub(crate) travel: Delay,
    /// One link, and how long they take there.
    pub(crate) slow: Option<((NodeId, NodeId), Delay)>,
    pub(crate) sync: Micros,
}

/// What is remembered, and what broke first.
#[derive(Clone, Default)]
pub(crate) struct Seeing {
    watch: Watch,
    /// As the searches see it.
    pub(crate) broken: Option<Violation>,
    ghost: Ghost<Word>,
    /// As the protocol's own observer sees it, which also sees what the searches pass over.
    pub(crate) violation: Option<Violation>,
}

impl Pace<Server> for Timed {
    fn travel(&self, from: NodeId, to: NodeId) -> Travel {
        let slow = self.slow.filter(|(link, _)| *link == (from, to));
        Travel { base: slow.map_or(self.travel, |(_, delay)| delay), jitter: Micros(1) }
    }

    fn sync_time(&self) -> Delay {
        Delay::fixed(self.sync)
    }

    fn opening(&self) -> Micros {
        Micros::ZERO
    }

    fn turns(&self, _: NodeId) -> Option<Turns> {
        None
    }

    fn traffic(&self, _: NodeId, _: &Server, _: u32, _: u64) -> Option<Request<Word>> {
        None
    }
}

impl World for Timed {
    type Node = Server;
    type Watch = Seeing;

    fn nodes(&self) -> Vec<Server> {
        Subject::nodes(&self.cluster)
    }

    fn watch(&self, seeing: &mut Seeing, seen: &Seen<'_, Server>) {
        let Seen { step, before, after, outcome, .. } = *seen;
        if seeing.broken.is_none() {
            seeing.broken = observe(&mut seeing.watch, &Sight { step, before, after, outcome }).err();
        }
        if let (None, Some(node)) = (&seeing.violation, outcome.node) {
            if let Step::Request(_, request, Request::Read) = step {
                seeing.ghost.read_asked(node, *request);
            }
            let seen = seeing.ghost.observe(node, before.map(|host| &host.node), &after.host(node).node);
            let answered = outcome.replies.iter().filter_map(|(request, answer)| match answer {
                Answer::Done(Response::ReadAt { index }) => Some((*request, *index)),
                _ => None,
            });
            let told = answered.map(|(request, index)| seeing.ghost.read_answered(node, request, index));
            let all: Vec<Result<(), Violation>> = [seen].into_iter().chain(told).collect();
            seeing.violation = all.into_iter().find_map(Result::err);
        }
    }
}

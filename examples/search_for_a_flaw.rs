//! What does a mistake break, and how few steps does it take? A Paxos whose quorums are one short, searched through, shortest
//! schedules first; then the same without the mistake.
//!
//! ```sh
//! cargo run --release --no-default-features --example search_for_a_flaw
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use cap_lab::explore::{Bounds, Disks, Explored, Limit, Network, Sight, Subject, Way, interventions, shortest};
use cap_lab::node::{Delay, Micros, NodeId, NodeSet, Violation};
use cap_lab::paxos::invariant::Ghost;
use cap_lab::paxos::{Config, Flaw, Message, Paxos, Request};
use cap_lab::sim::model::{Model, Step};

/// Two proposers, three acceptors, and a client for each proposer.
struct TwoProposers {
    flaw: Option<Flaw>,
    requests: Vec<(NodeId, Request)>,
}

impl TwoProposers {
    fn new(flaw: Option<Flaw>) -> Self {
        let ask = |node, value: &str| (NodeId(node), Request::Propose(value.into()));
        Self { flaw, requests: vec![ask(0, "blue"), ask(1, "red")] }
    }
}

impl Subject for TwoProposers {
    type Node = Paxos;
    type Ghost = Ghost;

    fn nodes(&self) -> Vec<Paxos> {
        let (proposers, all) = (NodeSet::first(2), NodeSet::first(5));
        let never = Delay::fixed(Micros::ZERO);
        let config = |id| Config {
            id,
            proposers,
            acceptors: all.difference(proposers),
            learners: proposers,
            retry: never,
            back_off: never,
            flaw: self.flaw,
        };
        all.iter().map(|id| Paxos::new(config(id))).collect()
    }

    fn ghost(&self) -> Ghost {
        Ghost::default()
    }

    /// Nothing fails, but messages come late, in any order, or never.
    fn bounds(&self) -> Bounds {
        let network = Network::Multiset { copies: 0 };
        Bounds { disks: Disks::AtOnce, network, crashes: 0, may_crash: NodeSet::EMPTY }
    }

    fn requests(&self) -> &[(NodeId, Request)] {
        &self.requests
    }

    /// Nobody tries again.
    fn allows(&self, _: &Model<Paxos>, step: &Step<Paxos>) -> bool {
        !matches!(step, Step::Timer(..))
    }

    fn observe(&self, ghost: &mut Ghost, seen: &Sight<'_, Paxos>) -> Result<(), Violation> {
        if let Step::Request(_, _, request) = seen.step {
            ghost.observe_request(request);
        }
        let Some(node) = seen.outcome.node else { return Ok(()) };
        let message = |id| &seen.after.flights().get(id).expect("sent just now").message;
        let left: Vec<&Message> = seen.outcome.sent.iter().map(|id| message(*id)).collect();
        ghost.observe(node, seen.before.map(|host| &host.node), &seen.after.host(node).node, left)
    }
}

pub(crate) fn main() {
    let flawed = TwoProposers::new(Some(Flaw::QuorumOneShort));
    let Explored { states, broken, .. } = shortest(&flawed, Limit { states: 100_000, length: u32::MAX });
    let (steps, violation) = broken.expect("a majority is needed");
    println!("{}: found after {states} states. {}", violation.invariant, violation.evidence);
    for act in interventions(&flawed, &Way::of(&flawed, &steps)) {
        println!("  {act}");
    }

    let length = steps.len() as u32;
    let sound = shortest(&TwoProposers::new(None), Limit { states: 1_000_000, length });
    println!("Without the mistake {} states, all that {length} steps lead to: nothing breaks.", sound.states);
    assert!(sound.finished && sound.broken.is_none());
}

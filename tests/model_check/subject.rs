//! One decision by Paxos, as a subject of searches.

use cap_lab::explore::{Bounds, Broken, Disks, Network, Sight, State, Subject};
use cap_lab::node::{Delay, Micros, NodeId, NodeSet};
use cap_lab::paxos::invariant::Ghost;
use cap_lab::paxos::{Config, Flaw, Message, Paxos, Phase, Request};
use cap_lab::sim::digest::Digest;
use cap_lab::sim::model::{Model, Step};

use crate::{missing, symmetry};

/// Proposers, which are the learners, and acceptors.
pub(crate) struct Decision {
    pub(crate) proposers: u8,
    pub(crate) acceptors: u8,
    pub(crate) requests: Vec<(NodeId, Request)>,
    pub(crate) flaw: Option<Flaw>,
    /// The last round of each proposer.
    pub(crate) rounds: Vec<u32>,
    pub(crate) bounds: Bounds,
    /// The kinds of messages that arrive; others get lost.
    pub(crate) arrive: &'static [&'static str],
    /// The invariant that the search is for; any if there is none.
    pub(crate) wanted: Option<&'static str>,
    /// Whether to estimate what is missing.
    pub(crate) guided: bool,
    /// Whether states that differ by acceptors' names only are one.
    pub(crate) symmetric: bool,
}

pub(crate) fn ask(node: u8, value: &str) -> (NodeId, Request) {
    (NodeId(node), Request::Propose(value.into()))
}

/// What arrives and brings nothing to any acceptor need not arrive.
pub(crate) const TO_VOTE: &[&str] = &["Prepare", "Promise", "Accept"];
/// All that Paxos sends.
pub(crate) const ALL: &[&str] = &["Prepare", "Promise", "Accept", "Accepted", "Nack"];

impl Decision {
    /// Two proposers, a ballot each, and three acceptors; nothing fails, but messages may get lost and come in any order.
    pub(crate) fn sound() -> Self {
        Self {
            proposers: 2,
            acceptors: 3,
            requests: vec![ask(0, "blue"), ask(1, "red")],
            flaw: None,
            rounds: vec![1, 1],
            bounds: Bounds {
                disks: Disks::Instant,
                network: Network::Multiset { copies: 0 },
                crashes: 0,
                may_crash: NodeSet::first(5),
            },
            arrive: TO_VOTE,
            wanted: None,
            guided: false,
            symmetric: false,
        }
    }

    pub(crate) fn acceptor_ids(&self) -> NodeSet {
        NodeSet::first((self.proposers + self.acceptors).into()).difference(NodeSet::first(self.proposers.into()))
    }
}

impl Subject for Decision {
    type Node = Paxos;
    type Ghost = Ghost;

    fn nodes(&self) -> Vec<Paxos> {
        let proposers = NodeSet::first(self.proposers.into());
        let config = |id| Config {
            id,
            proposers,
            acceptors: self.acceptor_ids(),
            learners: proposers,
            retry: Delay::fixed(Micros::ZERO),
            back_off: Delay::fixed(Micros::ZERO),
            flaw: self.flaw,
        };
        proposers.union(self.acceptor_ids()).iter().map(|id| Paxos::new(config(id))).collect()
    }

    fn ghost(&self) -> Ghost {
        Ghost::default()
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn requests(&self) -> &[(NodeId, Request)] {
        &self.requests
    }

    fn allows(&self, model: &Model<Paxos>, step: &Step<Paxos>) -> bool {
        let has_a_round_left = |node: NodeId| {
            let node = &model.slot(node).node;
            node.proposer().expect("only proposers are asked").next_ballot(node.config()).round
                <= self.rounds[node.config().id.index()]
        };
        match step {
            Step::Deliver(id) | Step::Duplicate(id) => {
                use cap_lab::node::Kind;
                let envelope = model.flights().get(*id).expect("a message on its way");
                self.arrive.contains(&envelope.message.kind())
            }
            Step::Timer(node, _) => has_a_round_left(*node),
            Step::Request(node, ..) => {
                let idle = matches!(model.slot(*node).node.proposer().expect("asked").phase(), Phase::Idle);
                idle && has_a_round_left(*node)
            }
            _ => true,
        }
    }

    fn at_least(&self, state: &State<Self>) -> u32 {
        if self.guided { missing::steps_to_two_values(self, state) } else { 0 }
    }

    fn fingerprint(&self, state: &State<Self>) -> u64 {
        if self.symmetric { symmetry::fingerprint(state) } else { Digest::of(state) }
    }

    fn observe(&self, ghost: &mut Ghost, seen: &Sight<'_, Paxos>) -> Result<(), Broken> {
        if let Step::Request(_, _, request) = seen.step {
            ghost.observe_request(request);
        }
        let Some(node) = seen.outcome.node else { return Ok(()) };
        let message = |id| &seen.after.flights().get(id).expect("no link is cut").message;
        let left: Vec<&Message> = seen.outcome.sent.iter().map(|id| message(*id)).collect();
        let known = ghost.violations().len();
        let _ = ghost.observe(node, seen.before.map(|slot| &slot.node), &seen.after.slot(node).node, left);
        let mut fresh = ghost.violations()[known..].iter();
        let wanted = fresh.find(|broken| self.wanted.is_none_or(|wanted| wanted == broken.invariant));
        wanted.map_or(Ok(()), |broken| Err(Broken { invariant: broken.invariant, evidence: broken.evidence.clone() }))
    }
}

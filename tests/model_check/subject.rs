//! One decision by Paxos, as a subject of searches.

use cap_lab::explore::{Bounds, Disks, Network, Sight, State, Subject};
use cap_lab::node::{Delay, Kind, Micros, NodeId, NodeSet, Violation};
use cap_lab::paxos::invariant::Ghost;
use cap_lab::paxos::{Config, Flaw, Message, Paxos, Phase, Request};
use cap_lab::sim::fingerprint::Fingerprint;
use cap_lab::sim::model::{Model, Step};

use crate::{missing, symmetry};

/// What is remembered of the past.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Watch {
    /// The protocol's own observer.
    pub(crate) ghost: Ghost,
    /// What would have been sent, had the sender not crashed after the write that it waited for became durable.
    pub(crate) unheard: Vec<(NodeId, Message)>,
}

/// Proposers and acceptors.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) proposers: u8,
    pub(crate) acceptors: u8,
    pub(crate) requests: Vec<(NodeId, Request)>,
    pub(crate) flaw: Option<Flaw>,
    /// Whether proposers are learners, too; if not, each hears of the acceptances of its own ballots only.
    pub(crate) learn: bool,
    /// The last round of each proposer.
    pub(crate) rounds: Vec<u32>,
    pub(crate) bounds: Bounds,
    /// The kinds of messages that arrive; others get lost.
    pub(crate) arrive: &'static [&'static str],
    /// The kinds of messages that stay on their way for ever.
    pub(crate) never_arrive: &'static [&'static str],
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
/// All that Paxos sends but for what only makes a proposer give up earlier than its timer would.
pub(crate) const TO_LEARN: &[&str] = &["Prepare", "Promise", "Accept", "Accepted"];
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
            learn: true,
            rounds: vec![1, 1],
            bounds: Bounds {
                disks: Disks::AtOnce,
                network: Network::Multiset { copies: 0 },
                crashes: 0,
                may_crash: NodeSet::first(5),
            },
            arrive: TO_VOTE,
            never_arrive: &[],
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
    type Ghost = Watch;

    fn nodes(&self) -> Vec<Paxos> {
        let proposers = NodeSet::first(self.proposers.into());
        let config = |id| Config {
            id,
            proposers,
            acceptors: self.acceptor_ids(),
            learners: if self.learn { proposers } else { NodeSet::EMPTY },
            retry: Delay::fixed(Micros::ZERO),
            back_off: Delay::fixed(Micros::ZERO),
            flaw: self.flaw,
        };
        proposers.union(self.acceptor_ids()).iter().map(|id| Paxos::new(config(id))).collect()
    }

    fn ghost(&self) -> Watch {
        Watch::default()
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn requests(&self) -> &[(NodeId, Request)] {
        &self.requests
    }

    fn allows(&self, model: &Model<Paxos>, step: &Step<Paxos>) -> bool {
        let has_a_round_left = |node: NodeId| {
            let node = &model.host(node).node;
            node.proposer().expect("only proposers are asked").next_ballot(node.config()).round
                <= self.rounds[node.config().id.index()]
        };
        match step {
            Step::Deliver(id) => {
                !self.never_arrive.contains(&model.flights().get(*id).expect("on its way").message.kind())
            }
            Step::Timer(node, _) => has_a_round_left(*node),
            Step::Request(node, ..) => {
                let idle = matches!(model.host(*node).node.proposer().expect("asked").phase(), Phase::Idle);
                idle && has_a_round_left(*node)
            }
            _ => true,
        }
    }

    fn arrives(&self, message: &Message) -> bool {
        self.arrive.contains(&message.kind())
    }

    fn at_least(&self, state: &State<Self>) -> u32 {
        if self.guided { missing::steps_to_two_values(self, state) } else { 0 }
    }

    fn fingerprint(&self, state: &State<Self>) -> u64 {
        if self.symmetric { symmetry::fingerprint(state) } else { Fingerprint::of(state) }
    }

    fn observe(&self, watch: &mut Watch, seen: &Sight<'_, Paxos>) -> Result<(), Violation> {
        if let Step::Request(_, _, request) = seen.step {
            watch.ghost.observe_request(request);
        }
        if let (Step::Crash(node, keep), Some(before)) = (seen.step, seen.before)
            && *keep > 0
        {
            watch.unheard.extend(before.after_sync.iter().map(|(_, message)| (*node, message.clone())));
        }
        let Some(node) = seen.outcome.node else { return Ok(()) };
        let message = |id| &seen.after.flights().get(id).expect("no link is cut").message;
        let left: Vec<&Message> = seen.outcome.sent.iter().map(|id| message(*id)).collect();
        let known = watch.ghost.violations().len();
        // A crash takes what is volatile: nothing that was before it binds the node.
        let forgets = matches!(seen.step, Step::Crash(..) | Step::Restart(_));
        let before = seen.before.filter(|_| !forgets).map(|host| &host.node);
        let _ = watch.ghost.observe(node, before, &seen.after.host(node).node, left);
        let mut fresh = watch.ghost.violations()[known..].iter();
        let wanted = fresh.find(|broken| self.wanted.is_none_or(|wanted| wanted == broken.invariant));
        wanted
            .map_or(Ok(()), |broken| Err(Violation { invariant: broken.invariant, evidence: broken.evidence.clone() }))
    }
}

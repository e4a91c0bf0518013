//! What clients, replicas and operators of a service say to one another, whatever the service and whatever it runs on.

use std::fmt::{self, Display};

use serde::Serialize;

use super::replicated_log::Epoch;
use super::state_machine::StateMachine;
use crate::node::{Answer, Count, Kind, NodeId, NodeSet};

/// A message between a client and a replica, or between the replicas on its behalf.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum ServiceMessage<S: StateMachine> {
    /// From a client to its replica.
    Ask {
        /// How many things the client asked before.
        number: u32,
        /// How many times it asked just this before.
        attempt: u8,
        /// What.
        ask: S::Ask,
    },
    /// From a replica to the client that asked.
    Answer {
        /// Which question.
        number: u32,
        /// Which attempt at it.
        attempt: u8,
        /// What came of it; `Unknown` if the replica cannot tell either.
        answer: AnswerOf<S>,
    },
    /// From a replica on a replicated log to the one that it believes to lead: do this for my client.
    Forward {
        /// Whose question.
        id: AskId,
        /// What is asked.
        ask: S::Ask,
        /// The epoch that the receiver leads, as far as the sender knows: what the receiver did in it, it has
        /// forgotten if it restarted since.
        epoch: Epoch,
    },
    /// From the leader back to the replica that forwarded.
    Forwarded {
        /// Whose question.
        id: AskId,
        /// What came of it.
        answer: AnswerOf<S>,
    },
}

impl<S: StateMachine> ServiceMessage<S> {
    /// The answer to a client's question.
    pub fn answer(id: AskId, answer: AnswerOf<S>) -> Self {
        Self::Answer { number: id.number, attempt: id.attempt, answer }
    }
}

impl<S: StateMachine> Kind for ServiceMessage<S> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Ask { .. } => "Ask",
            Self::Answer { .. } => "Answer",
            Self::Forward { .. } => "Forward",
            Self::Forwarded { .. } => "Forwarded",
        }
    }
}

/// What came of a client's question.
pub type AnswerOf<S> = Answer<<S as StateMachine>::Response, Refusal>;

/// Names what a client asked: the client, and how many things it asked before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct AskId {
    /// The client.
    pub client: NodeId,
    /// Counted from 0.
    pub number: u32,
    /// How many times it asked just this before.
    pub attempt: u8,
}

/// Why something did not happen and never will.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Refusal {
    /// The replica knows no leader that could take it.
    NoLeader {
        /// The replica that refused.
        replica: NodeId,
        /// Its epoch.
        epoch: Epoch,
    },
    /// The leader's log took it, but another entry was committed in its place.
    Superseded {
        /// The leader that had taken it.
        replica: NodeId,
        /// Where it stood.
        index: u64,
    },
    /// The leader hands over its office, and takes nothing meanwhile.
    HandingOver {
        /// The leader.
        replica: NodeId,
    },
    /// The client still waits for its last answer, and too much is in line already.
    Busy,
    /// The replica can't do what the operator asked for; a note says why.
    AdminRefused,
    /// Too few replicas answered.
    NoQuorum {
        /// The replica that asked them.
        replica: NodeId,
        /// Those that answered, and how many it takes.
        heard: Count,
    },
}

/// What an operator asks a replica on a replicated log for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum AdminCommand {
    /// Hand leadership over to this replica.
    Transfer(NodeId),
    /// Let this replica receive the log without a vote.
    Learner(NodeId),
    /// Give this replica a vote.
    Add(NodeId),
    /// Take this replica out.
    Remove(NodeId),
    /// Let these be the voters, and nobody a learner.
    Voters(NodeSet),
}

/// The operator has what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct AdminDone;

impl AdminCommand {
    /// Who is spoken of.
    pub fn about(self) -> NodeSet {
        match self {
            Self::Transfer(node) | Self::Learner(node) | Self::Add(node) | Self::Remove(node) => {
                NodeSet::EMPTY.with(node)
            }
            Self::Voters(nodes) => nodes,
        }
    }

    /// Reads `transfer n3`, as a script has it; none if these are not the words of an operator.
    pub fn read(line: &str) -> Option<Result<Self, String>> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let of_one: fn(NodeId) -> Self = match verb {
            "transfer" => Self::Transfer,
            "learner" => Self::Learner,
            "add" => Self::Add,
            "remove" => Self::Remove,
            "voters" => return Some(rest.split(' ').map(str::parse).collect::<Result<_, _>>().map(Self::Voters)),
            _ => return None,
        };
        Some(rest.parse().map(of_one))
    }
}

/// Shown as a script has it: `transfer n3`.
impl Display for AdminCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer(to) => write!(f, "transfer {to}"),
            Self::Learner(node) => write!(f, "learner {node}"),
            Self::Add(node) => write!(f, "add {node}"),
            Self::Remove(node) => write!(f, "remove {node}"),
            Self::Voters(nodes) => {
                f.write_str("voters")?;
                nodes.iter().try_for_each(|node| write!(f, " {node}"))
            }
        }
    }
}

//! What clients may ask of a server, also as scripts write it, and what they get.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::Serialize;

use super::{Change, ChangeRefusal, Index, Term, TransferRefusal};
use crate::node::{NodeId, NodeSet};

/// What a client may ask of a server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Request<C> {
    /// Put this command into the log.
    Propose(C),
    /// Tell up to where the state machine must have carried out the log, so that what it shows then is not older than
    /// anything that was committed when this was asked (T §6.4).
    Read,
    /// Hand leadership over to this server (T §3.10).
    TransferLeadership(NodeId),
    /// Change who takes part. Done when its entry is committed; of a joint change that is the joint configuration, which the
    /// leader then leaves by itself.
    ChangeMembers(Change),
}

/// What came of a request that took effect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// The entry of the command is committed.
    Committed {
        /// Where the entry stands.
        index: Index,
        /// The term of the leader that created it.
        term: Term,
    },
    /// A read may be answered once the state machine has carried out the log up to here.
    ReadAt {
        /// Nothing beyond it was committed when the read was asked.
        index: Index,
    },
    /// Leadership was handed over.
    Transferred {
        /// Who leads: the target that was asked for.
        leader: NodeId,
        /// Its term.
        term: Term,
    },
}

/// A request did not take effect and never will.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// This server does not lead and has done nothing.
    NotLeader {
        /// Who leads this server's term, if it has heard.
        leader: Option<NodeId>,
        /// This server's term.
        term: Term,
    },
    /// The leader that took the request lost its office, and another entry was committed in its place or before it in a
    /// later term. Only that proves that the request's entry cannot be committed.
    Superseded {
        /// Where the request's entry stood.
        index: Index,
    },
    /// The leader hands over and takes nothing into its log.
    HandingOver {
        /// To whom.
        target: NodeId,
    },
    /// Leadership was not handed over.
    NotTransferred {
        /// To whom it should have gone.
        target: NodeId,
        /// Why it did not.
        why: TransferRefusal,
    },
    /// The leader does not start this change of the configuration.
    Change(ChangeRefusal),
}

/// Shown as a script has it: `propose 7`, `read`, `transfer n2`, `add n4`, `remove n4`, `learner n4`,
/// `voters n1 n2 learners n3`.
impl<C: Display> Display for Request<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Propose(command) => write!(f, "propose {command}"),
            Self::Read => f.write_str("read"),
            Self::TransferLeadership(to) => write!(f, "transfer {to}"),
            Self::ChangeMembers(Change::Add(server)) => write!(f, "add {server}"),
            Self::ChangeMembers(Change::Remove(server)) => write!(f, "remove {server}"),
            Self::ChangeMembers(Change::AddLearner(server)) => write!(f, "learner {server}"),
            Self::ChangeMembers(Change::Joint { voters, learners }) => {
                f.write_str("voters")?;
                voters.iter().try_for_each(|server| write!(f, " {server}"))?;
                f.write_str(" learners")?;
                learners.iter().try_for_each(|server| write!(f, " {server}"))
            }
        }
    }
}

impl<C: FromStr<Err = String>> FromStr for Request<C> {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let all = |servers: &str| servers.split_whitespace().map(str::parse).collect::<Result<NodeSet, String>>();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match verb {
            "propose" => Self::Propose(rest.parse()?),
            "read" if rest.is_empty() => Self::Read,
            "transfer" => Self::TransferLeadership(rest.parse()?),
            "add" => Self::ChangeMembers(Change::Add(rest.parse()?)),
            "remove" => Self::ChangeMembers(Change::Remove(rest.parse()?)),
            "learner" => Self::ChangeMembers(Change::AddLearner(rest.parse()?)),
            "voters" => {
                let (voters, learners) = rest.split_once("learners").ok_or("and which learners?")?;
                Self::ChangeMembers(Change::Joint { voters: all(voters)?, learners: all(learners)? })
            }
            _ => return Err(format!("a server can't “{line}”")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_is_shown() {
        let joint = ["voters n1 n2 learners n3", "voters n1 learners", "voters learners n2"];
        for line in ["propose n3", "read", "transfer n2", "add n4", "remove n1", "learner n9"].into_iter().chain(joint)
        {
            assert_eq!(line.parse::<Request<NodeId>>().map(|request| request.to_string()), Ok(line.to_owned()));
        }
    }
}

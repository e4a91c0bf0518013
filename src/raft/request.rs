//! A request as scripts write it.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::{Change, Request};
use crate::node::NodeSet;

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
    use crate::node::NodeId;

    #[test]
    fn a_request_is_read_as_it_is_shown() {
        let joint = ["voters n1 n2 learners n3", "voters n1 learners", "voters learners n2"];
        for line in ["propose n3", "read", "transfer n2", "add n4", "remove n1", "learner n9"].into_iter().chain(joint)
        {
            assert_eq!(line.parse::<Request<NodeId>>().map(|request| request.to_string()), Ok(line.to_owned()));
        }
    }
}

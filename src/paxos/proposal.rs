//! What Paxos decides about: values, ballots and the proposals made of both.

use std::fmt::{self, Display};
use std::sync::Arc;

use serde::Serialize;

use crate::node::NodeId;

/// What a client wants chosen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Value(pub Arc<str>);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A proposal number (Paxos Made Simple §2.2). Ballots are totally ordered, first by round and then by proposer, and two
/// proposers never share one (§2.5: they "choose their numbers from disjoint sets of numbers").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Ballot {
    /// Counted from 1; a proposer's next round is higher than any that it has seen.
    pub round: u32,
    /// Whose ballot it is.
    pub proposer: NodeId,
}

/// Shown as round and proposer, counted from one: `2.p1`.
impl Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.p{}", self.round, u32::from(self.proposer.0) + 1)
    }
}

/// A value under a number. Ordered by ballot first; no two proposals share one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Proposal {
    /// Its number.
    pub ballot: Ballot,
    /// What is proposed under it.
    pub value: Value,
}

/// Shown as `(2.p1, blue)`.
impl Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.ballot, self.value)
    }
}

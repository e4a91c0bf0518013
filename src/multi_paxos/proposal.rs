//! What is proposed, where, and under which ballot.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::node::NodeId;

/// A proposal number. A server leads under a ballot of its own, and the higher one wins: rounds are compared first, then
/// servers, so that no two ballots are equal and only one server can use any of them (*Paxos Made Moderately Complex* §2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Ballot {
    /// Counted from 1; 0 is before the first.
    pub round: u32,
    /// Who leads under it.
    pub server: NodeId,
}

impl Ballot {
    /// Below every ballot that is used.
    pub const ZERO: Self = Self { round: 0, server: NodeId(0) };

    /// The lowest ballot of `server` in the round after this one.
    pub const fn next_of(self, server: NodeId) -> Self {
        Self { round: self.round + 1, server }
    }

    /// One number for it: the higher ballot has the higher one.
    pub const fn number(self) -> u64 {
        (self.round as u64) << 8 | self.server.0 as u64
    }
}

impl Default for Ballot {
    fn default() -> Self {
        Self::ZERO
    }
}

/// Shown as `2.n3`: round 2 of server n3; `0` before the first.
impl Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.round {
            0 => f.write_str("0"),
            round => write!(f, "{round}.{}", self.server),
        }
    }
}

/// A place in the log: each is decided by an instance of Paxos of its own. Counted from 1; 0 is before the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Slot(pub u64);

impl Slot {
    /// Before the first slot.
    pub const ZERO: Self = Self(0);

    /// The slot after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The slot before this one.
    pub const fn previous(self) -> Self {
        assert!(self.0 > 0, "nothing precedes slot 0");
        Self(self.0 - 1)
    }

    /// How many slots lie after `earlier` up to this one.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// All slots from this one up to `last`, in order.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (self.0..=last.0).map(Self)
    }
}

impl Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

/// The value that a slot may hold.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Payload<C> {
    /// Nothing: a new leader fills holes with it, so that what follows them can be carried out (*Paxos Made Simple* §3).
    Noop,
    /// What a client asked the state machine to do.
    Command(C),
}

/// A value for one slot under a ballot: with the slot, the *pvalue* of *Paxos Made Moderately Complex* §2.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Proposal<C> {
    /// Under which ballot.
    pub ballot: Ballot,
    /// Which value.
    pub payload: Payload<C>,
}

//! What the roles say to one another, and what each field proves.

use serde::Serialize;

use super::proposal::{Ballot, Proposal};
use crate::node::Kind;

/// The five messages of the protocol (Paxos Made Simple §2.2 and §2.3). Any of them may be lost, doubled or overtaken.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message {
    /// Phase 1a, from a proposer to every acceptor: promise me to accept nothing numbered below `ballot`, and tell me the
    /// highest-numbered proposal that you have accepted.
    Prepare {
        /// The sender's own, durably its own before this leaves: it has never been and will never be used again.
        ballot: Ballot,
    },
    /// Phase 1b, from an acceptor to the proposer of `ballot`, after its promise is durable.
    Promise {
        /// The sender accepts nothing numbered below it any more.
        ballot: Ballot,
        /// Of all that the sender had accepted, the highest-numbered; `None` proves that it had accepted nothing. With the
        /// promise this stays true of everything below `ballot` for ever.
        accepted: Option<Proposal>,
    },
    /// Phase 2a, from a proposer to every acceptor, once a quorum has promised.
    Accept {
        /// Its value is that of the highest-numbered proposal reported by that quorum, or the proposer's own if none was
        /// (P2c). No other value is ever proposed under this ballot.
        proposal: Proposal,
    },
    /// Phase 2b, from an acceptor to every learner and to the proposer of the ballot, after the acceptance is durable.
    Accepted {
        /// The sender accepted it. That stays a fact whatever it accepts or promises later.
        proposal: Proposal,
    },
    /// From an acceptor to a proposer whose Prepare or Accept came too late. Not needed for safety: without it the
    /// proposer would find out by its timer (§2.2, last paragraph, calls abandoning early an optimisation).
    Nack {
        /// Refused, be it a Prepare or an Accept: promises only grow, so that both stay refused.
        ballot: Ballot,
        /// The higher ballot that the sender has promised, for the proposer to pass.
        promised: Ballot,
    },
}

impl Message {
    /// The ballot that it speaks of.
    pub fn ballot(&self) -> Ballot {
        match self {
            Self::Prepare { ballot } | Self::Promise { ballot, .. } | Self::Nack { ballot, .. } => *ballot,
            Self::Accept { proposal } | Self::Accepted { proposal } => proposal.ballot,
        }
    }
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Prepare { .. } => "Prepare",
            Self::Promise { .. } => "Promise",
            Self::Accept { .. } => "Accept",
            Self::Accepted { .. } => "Accepted",
            Self::Nack { .. } => "Nack",
        }
    }
}

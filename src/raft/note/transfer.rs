//! Leadership transfer (T §3.10).

use crate::node::{NodeId, RequestId};
use crate::raft::{Index, Term, TransferRefusal};

/// A leader hands over (T §3.10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransferNote {
    /// A leader begins to hand over (T §3.10).
    Started {
        /// The request that asks for it.
        request: RequestId,
        /// To whom.
        target: NodeId,
        /// How far the target's log is known to be its own.
        matched: Index,
        /// Its own last index.
        last: Index,
    },
    /// The target has the whole log, so it is told to stand at once.
    TimeoutNowSent {
        /// Who.
        target: NodeId,
        /// The term that the leader leads.
        term: Term,
        /// The last index, which both have.
        last: Index,
    },
    /// Leadership was not handed over, and that is certain.
    Refused {
        /// The request that asked for it.
        request: RequestId,
        /// To whom it should have gone.
        target: NodeId,
        /// Why it did not.
        why: TransferRefusal,
    },
    /// The target was told to stand, but the leader does not wait any longer for what comes of it.
    GivenUp {
        /// The request that asked for it.
        request: RequestId,
        /// Who was told.
        target: NodeId,
    },
    /// The one that handed over hears the target as its leader.
    Done {
        /// The request that asked for it.
        request: RequestId,
        /// The target.
        leader: NodeId,
        /// The term that it leads.
        term: Term,
    },
    /// A leader that hands over takes nothing into its log.
    RequestRefused {
        /// The request.
        request: RequestId,
        /// To whom it hands over.
        target: NodeId,
    },
}

//! Requests and reads (§8; T §6.4).

use crate::node::{Micros, NodeId, NodeSet, RequestId};
use crate::raft::{EntryId, Index, Round, Term};

/// What becomes of clients' requests, and by what right a leader answers reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientNote {
    /// It answered a client whose entry is committed.
    RequestCommitted {
        /// The request.
        request: RequestId,
        /// The entry that carries it out.
        entry: EntryId,
    },
    /// It answered a client whose entry can no longer be committed.
    RequestSuperseded {
        /// The request.
        request: RequestId,
        /// The entry that would have carried it out.
        entry: EntryId,
        /// The committed entry that rules it out.
        by: EntryId,
    },
    /// It refused a client because it does not lead.
    RequestRefused {
        /// The request.
        request: RequestId,
        /// Who leads, if it knows.
        leader: Option<NodeId>,
        /// Its term.
        term: Term,
    },
    /// A snapshot covers the place where the entry of a client's request was or was not: nobody can tell any more.
    RequestFateUnknown {
        /// The request.
        request: RequestId,
        /// The entry that would have carried it out.
        entry: EntryId,
        /// The last entry that the snapshot covers.
        last: EntryId,
    },
    /// A leader took a read and must make sure that it still leads (T §6.4).
    ReadWaits {
        /// The read.
        request: RequestId,
        /// Its commit index.
        commit: Index,
        /// What the read may be answered with: that, or the no-op of its term if it is not committed yet.
        index: Index,
        /// The round of heartbeats that a quorum must acknowledge.
        round: Round,
    },
    /// A leader answered a read.
    ReadAnswered {
        /// The read.
        request: RequestId,
        /// Up to where the state machine must have carried out the log.
        index: Index,
        /// How the leader knew that it still led.
        proof: ReadProof,
    },
    /// A quorum acknowledged a round, so the lease runs anew from the beginning of that (T §6.4.1).
    LeaseRenewed {
        /// The round.
        round: Round,
        /// When it began, on the leader's own monotonic clock.
        from: Micros,
        /// When the lease ends, on the same clock.
        until: Micros,
    },
}

/// How a leader knew that nobody else had been elected when it answered a read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadProof {
    /// A quorum acknowledged a round that began after the read was asked.
    Round {
        /// The round.
        round: Round,
        /// Who did, itself included.
        by: NodeSet,
    },
    /// Its lease.
    Lease {
        /// The time, on its own monotonic clock.
        now: Micros,
        /// When the lease ends.
        until: Micros,
    },
    /// It did not ([`crate::raft::Flaw::ReadWithoutQuorum`]).
    None,
}

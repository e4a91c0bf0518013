//! Requests and reads.

use crate::multi_paxos::{Ballot, Slot};
use crate::node::{Count, NodeId, RequestId};

/// What becomes of clients' requests and reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientNote {
    /// It answered a client whose command is chosen.
    RequestCommitted {
        /// The request.
        request: RequestId,
        /// The slot of its command.
        slot: Slot,
        /// The ballot under which this server proposed it.
        ballot: Ballot,
    },
    /// It answered a client whose command lost its slot.
    RequestSuperseded {
        /// The request.
        request: RequestId,
        /// The slot for which it was proposed.
        slot: Slot,
        /// Under which ballot.
        ballot: Ballot,
    },
    /// The slot of a client's command went by in a snapshot: this server can't know whose it was.
    RequestFateUnknown {
        /// The request.
        request: RequestId,
        /// The slot for which it was proposed.
        slot: Slot,
        /// The last slot of the snapshot.
        through: Slot,
    },
    /// It refused a client because it does not lead.
    RequestRefused {
        /// The request.
        request: RequestId,
        /// Who leads, if it knows.
        leader: Option<NodeId>,
        /// The highest ballot that it knows.
        ballot: Ballot,
    },
    /// The leader took a read and asks whether it still leads.
    ReadTaken {
        /// The request.
        request: RequestId,
        /// The read needs all slots up to here.
        slot: Slot,
        /// The heartbeat that a quorum must answer.
        beat: u32,
    },
    /// A read is answered.
    ReadConfirmed {
        /// The request.
        request: RequestId,
        /// The state after this slot will do.
        slot: Slot,
        /// Who confirmed the leader since.
        count: Count,
    },
    /// It leads no more, so a read is refused.
    ReadGivenUp {
        /// The request.
        request: RequestId,
        /// The ballot that overtook it.
        ballot: Ballot,
    },
}

//! What clients may ask of a server, and what they get.

use super::{Change, ChangeRefusal, Index, Term, TransferRefusal};
use crate::node::NodeId;

/// What a client may ask of a server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
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

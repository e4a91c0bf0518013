//! Changes of the configuration (§6; T, chapter 4).

use crate::node::{NodeSet, RequestId};
use crate::raft::{Change, ChangeRefusal, Index, Membership, Term};

/// Who takes part (§6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MembershipNote {
    /// A configuration is in its log, so it uses it from here on (§6).
    Used {
        /// The entry that holds it, or the snapshot's last.
        index: Index,
        /// The configuration.
        membership: Membership,
    },
    /// The entry with its configuration was removed, so it uses the one before (§6).
    RolledBack {
        /// The entry that is gone.
        lost: Index,
        /// The entry that holds the one before.
        index: Index,
        /// The one before.
        membership: Membership,
    },
    /// The leader does not start a change of the configuration.
    ChangeRefused {
        /// The request.
        request: RequestId,
        /// What was asked for.
        change: Change,
        /// Which rule forbade it.
        why: ChangeRefusal,
    },
    /// The joint configuration is committed, so the leader appends the new one alone (§6).
    JointCommitted {
        /// The entry of the joint configuration.
        index: Index,
        /// The new configuration.
        target: Membership,
    },
    /// A configuration without these servers is committed, so the leader stops replicating to them.
    Dismissed {
        /// Who.
        servers: NodeSet,
        /// The entry of the configuration.
        index: Index,
    },
    /// A configuration without the leader's own vote is committed, so it steps down (§6).
    Retired {
        /// The term that it led.
        term: Term,
        /// The entry of the configuration.
        index: Index,
    },
}

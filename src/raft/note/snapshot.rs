//! Log compaction (§7).

use crate::node::NodeId;
use crate::raft::{EntryId, Index, Term};

/// Snapshots take the place of entries (§7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SnapshotNote {
    /// A snapshot took the place of entries that were applied (§7).
    Compacted {
        /// The last entry that it covers.
        last: EntryId,
        /// How many entries went.
        removed: u64,
        /// How many are left.
        kept: u64,
    },
    /// The leader sent its snapshot to a follower that needs an entry which is gone (§7).
    Sent {
        /// To whom.
        follower: NodeId,
        /// The last entry that the snapshot covers.
        last: EntryId,
        /// The entry that was to be sent next.
        needed: Index,
    },
    /// A follower took the leader's snapshot in place of its whole log (§7).
    Installed {
        /// From which leader.
        leader: NodeId,
        /// The last entry that the snapshot covers.
        last: EntryId,
        /// Where its own log ended.
        own_last: EntryId,
    },
    /// A follower did not need the leader's snapshot: it has all that the snapshot covers (§7).
    Ignored {
        /// From which leader.
        leader: NodeId,
        /// The last entry that the snapshot covers.
        last: EntryId,
        /// Where its own log ends.
        own_last: EntryId,
    },
    /// It refused a snapshot of a term that is over (§5.1).
    Refused {
        /// Who sent it.
        leader: NodeId,
        /// The sender's term.
        term: Term,
        /// Its own.
        own: Term,
    },
}

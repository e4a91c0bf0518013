//! What a server did, with the numbers that it knew.

use super::log::View;
use crate::node::{Count, Micros, NodeId};

/// One act of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// It came up with what its disk kept.
    Starts {
        /// Its view.
        view: View,
        /// How many entries.
        entries: u64,
    },
    /// A backup heard nothing from its primary and leads from now on. It asked nobody.
    TakesOver {
        /// Its new view.
        view: View,
        /// The one before.
        old: View,
        /// Who led that, if it had heard of anybody.
        primary: Option<NodeId>,
        /// How long it had waited.
        waited: Micros,
        /// How many entries its log has.
        entries: u64,
    },
    /// A backup heard of a primary that it had not followed.
    Follows {
        /// The primary's view.
        view: View,
        /// Its own until now.
        old: View,
        /// Who leads.
        primary: NodeId,
    },
    /// A primary heard of a higher view, and is a backup from now on.
    StepsDown {
        /// The higher view.
        view: View,
        /// The one that it led.
        old: View,
        /// Who leads now.
        primary: NodeId,
        /// How many commands it had taken and not confirmed.
        unanswered: u32,
    },
    /// A backup removed what its primary does not have.
    Discards {
        /// The first index.
        from: u64,
        /// How many entries.
        count: u64,
        /// The view of the last of them.
        of: View,
        /// The view of the primary, which is higher.
        view: View,
        /// Who leads.
        primary: NodeId,
    },
    /// A primary put a command into its log.
    Appends {
        /// Where.
        index: u64,
        /// Its view.
        view: View,
    },
    /// A primary confirmed a command.
    Confirms {
        /// Where it stands.
        index: u64,
        /// Its view.
        view: View,
        /// Who had stored it, as far as the primary knew, and how many had to.
        stored: Count,
    },
    /// A primary let a read see all that it has confirmed. It asked nobody.
    Reads {
        /// Up to here.
        index: u64,
        /// Its view.
        view: View,
    },
    /// A backup stored what its primary sent.
    Stores {
        /// The primary.
        from: NodeId,
        /// How many entries were new.
        count: u64,
        /// The index of the last.
        through: u64,
    },
    /// A backup can't place what its primary sent.
    Lacks {
        /// The primary.
        from: NodeId,
        /// The index before what it sent.
        after: u64,
        /// Up to here its own log may be the same.
        has: u64,
    },
    /// A primary sends a backup earlier entries.
    GoesBack {
        /// The backup.
        backup: NodeId,
        /// The first of them.
        to: u64,
    },
    /// A server refused a primary of an older view, and told it.
    RefusesOld {
        /// The primary.
        from: NodeId,
        /// The primary's view.
        view: View,
        /// Its own.
        own: View,
    },
    /// An answer came that belongs to an older view.
    IgnoresLate {
        /// The sender.
        from: NodeId,
        /// The answer's view.
        view: View,
        /// Its own.
        own: View,
    },
}

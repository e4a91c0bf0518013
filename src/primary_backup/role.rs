//! What a server is, with what only that role knows.

use crate::node::{NodeId, NodeSet, RequestId};
use crate::sorted::SortedMap;

/// A server is one or the other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// It believes that it leads its view.
    Primary(Primary),
    /// It does not.
    Backup {
        /// Whether it heard of the primary of its view since it started.
        heard: bool,
    },
}

/// What a primary knows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Primary {
    /// How far each backup is.
    pub backups: SortedMap<NodeId, Progress>,
    /// Whose commands are not confirmed yet, by index.
    pub open: SortedMap<u64, RequestId>,
    /// How many entries are on its own disk.
    pub durable: u64,
}

/// How far a backup is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Progress {
    /// The first entry that it is sent next.
    pub next: u64,
    /// How many it has stored, as it said.
    pub stored: u64,
}

impl Primary {
    /// How many entries at least so many servers have stored, this one among them.
    pub(super) fn stored_by(&self, copies: u8) -> u64 {
        let mut stored: Vec<u64> = self.backups.values().map(|progress| progress.stored).collect();
        stored.sort_unstable_by(|one, other| other.cmp(one));
        match usize::from(copies).checked_sub(2) {
            Some(backup) => stored.get(backup).copied().unwrap_or(0).min(self.durable),
            None => self.durable,
        }
    }

    /// The backups that have stored an entry, as they said.
    pub(super) fn storers(&self, index: u64) -> NodeSet {
        self.backups.iter().filter(|(_, progress)| progress.stored >= index).map(|(id, _)| *id).collect()
    }
}

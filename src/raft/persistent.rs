//! What a server keeps through a crash: Figure 2's *persistent state on all servers*.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use super::log::{Entry, Index, Log, Term};
use super::snapshot::Snapshot;
use crate::node::{Command, Disk, NodeId};

/// Term, vote, log and snapshot: must be durable before the server answers a message that relied on them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PersistentState<C: Command> {
    /// The latest term that this server has seen (`currentTerm`).
    pub term: Term,
    /// Whom it voted for in that term (`votedFor`).
    pub vote: Option<NodeId>,
    /// Its log.
    pub log: Log<C>,
    /// What took the place of the log's beginning (§7): its last entry is the log's [`Log::base`].
    pub snapshot: Option<Arc<Snapshot<C>>>,
}

impl<C: Command> Default for PersistentState<C> {
    fn default() -> Self {
        Self { term: Term(0), vote: None, log: Log::default(), snapshot: None }
    }
}

/// One change to it. A crash may keep any prefix of the deltas not yet synced, so each prefix must be safe.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta<C: Command> {
    /// A later term begins, in which no vote is given yet.
    Term(Term),
    /// The vote of the current term.
    Vote(NodeId),
    /// Entries at the end of the log.
    Append(Arc<[Entry<C>]>),
    /// The entry at `from` and all after it go: they conflict with the leader's.
    Truncate {
        /// The first that goes.
        from: Index,
    },
    /// Everything is gone ([`super::Flaw::WipedServerReturns`]).
    Wiped,
    /// A snapshot takes the place of the entries that it covers, one's own at compaction or the leader's at installation.
    /// One change, so that no crash leaves a log whose beginning is neither kept nor covered.
    Snapshot(Arc<Snapshot<C>>),
}

impl<C: Command> Disk for PersistentState<C> {
    type Delta = Delta<C>;

    fn apply(&mut self, delta: &Delta<C>) {
        match delta {
            Delta::Term(term) => {
                self.term = *term;
                self.vote = None;
            }
            Delta::Vote(candidate) => self.vote = Some(*candidate),
            Delta::Append(entries) => self.log.append(entries),
            Delta::Truncate { from } => self.log.truncate(*from),
            Delta::Wiped => *self = Self::default(),
            Delta::Snapshot(snapshot) => {
                self.log.compact(snapshot.last);
                self.snapshot = Some(Arc::clone(snapshot));
            }
        }
    }
}

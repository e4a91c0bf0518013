//! What a server keeps through a crash: Figure 2's *persistent state on all servers*.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use super::log::{Entry, Index, Log, Term};
use crate::node::{Command, Disk, NodeId};

/// Term, vote and log: must be durable before the server answers a message that relied on them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PersistentState<C> {
    /// The latest term that this server has seen (`currentTerm`).
    pub term: Term,
    /// Whom it voted for in that term (`votedFor`).
    pub vote: Option<NodeId>,
    /// Its log.
    pub log: Log<C>,
}

impl<C> Default for PersistentState<C> {
    fn default() -> Self {
        Self { term: Term(0), vote: None, log: Log::default() }
    }
}

/// One change to it. A crash may keep any prefix of the deltas not yet synced, so each prefix must be safe.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta<C> {
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
        }
    }
}

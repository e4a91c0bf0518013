//! What servers say to one another. All leaves only when what it relies on is durable at the sender.

use serde::Serialize;

use super::log::{Entry, View};
use crate::node::Kind;

/// A message. Any of them may be lost, doubled or overtaken: the next heartbeat makes up for it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message<C> {
    /// From a primary to each backup: on every heartbeat, and at once when there is something new.
    Replicate {
        /// The sender leads it.
        view: View,
        /// The index right before `entries`. A backup that has the same entry there has the same log up to there.
        after: u64,
        /// The view of the entry there.
        after_view: View,
        /// What follows; may be none.
        entries: Vec<Entry<C>>,
        /// How long the primary's log is. What a backup has of older views beyond that, the primary does not have.
        length: u64,
    },
    /// Answers a Replicate: the backup's disk has the primary's log up to here.
    Stored {
        /// The view of both.
        view: View,
        /// An index.
        through: u64,
    },
    /// Answers a Replicate: the backup lacks the entry at `after`, or has another one there.
    Lacks {
        /// The view of both.
        view: View,
        /// Up to here its log may be the primary's.
        has: u64,
    },
    /// Answers a Replicate of an old view: its sender leads no more.
    Outdated {
        /// The higher view.
        view: View,
    },
    /// From a primary to itself: its disk has so many entries.
    Durable {
        /// The view in which it wrote them.
        view: View,
        /// An index.
        through: u64,
    },
}

impl<C> Message<C> {
    /// The sender's view.
    pub fn view(&self) -> View {
        match self {
            Self::Replicate { view, .. }
            | Self::Stored { view, .. }
            | Self::Lacks { view, .. }
            | Self::Outdated { view }
            | Self::Durable { view, .. } => *view,
        }
    }
}

impl<C> Kind for Message<C> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Replicate { .. } => "Replicate",
            Self::Stored { .. } => "Stored",
            Self::Lacks { .. } => "Lacks",
            Self::Outdated { .. } => "Outdated",
            Self::Durable { .. } => "Durable",
        }
    }
}

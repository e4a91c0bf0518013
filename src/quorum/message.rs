//! What replicas say to one another. Whatever tells of something stored leaves only when that is durable.

use std::fmt::{self, Display};

use serde::Serialize;

use super::items::Entry;
use crate::known::{Known, Name};
use crate::node::{Kind, NodeId};

/// Names an operation of a coordinator for ever: what it asked before a crash is never taken for what it asks after.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct OpId {
    /// How many times the coordinator had started, as its disk has it.
    pub life: u32,
    /// How many operations it had begun since.
    pub number: u32,
}

/// Shown as `2.14`.
impl Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.life, self.number + 1)
    }
}

/// A message. Any of them may be lost, doubled or overtaken.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message<P> {
    /// From a coordinator before it writes: what is the highest sequence that you have?
    AskTag {
        /// For this.
        op: OpId,
        /// The home replica in whose place the receiver is asked; none if it is one.
        stands_for: Option<NodeId>,
    },
    /// Answers an AskTag.
    TagIs {
        /// For this.
        op: OpId,
        /// As asked.
        stands_for: Option<NodeId>,
        /// The highest sequence that is on the sender's disk.
        sequence: u64,
    },
    /// From a coordinator: store this.
    Put {
        /// For this.
        op: OpId,
        /// The home replica that can't be reached, if the receiver stands in for it: then it keeps a hint.
        stands_for: Option<NodeId>,
        /// What.
        entry: Entry<P>,
    },
    /// Answers a Put: it is on the sender's disk.
    Stored {
        /// For this.
        op: OpId,
        /// As asked.
        stands_for: Option<NodeId>,
    },
    /// From a coordinator that reads: what do you have that I don't? It brings what the receiver lacked, if that is known: read
    /// repair, or a read that writes back.
    Get {
        /// For this.
        op: OpId,
        /// The home replica in whose place the receiver is asked; none if it is one.
        stands_for: Option<NodeId>,
        /// What the sender has at hand, so that it is not sent again.
        known: Known,
        /// To be stored before the answer.
        entries: Vec<Entry<P>>,
    },
    /// Answers a Get.
    Have {
        /// For this.
        op: OpId,
        /// As asked.
        stands_for: Option<NodeId>,
        /// All that is on the sender's disk.
        known: Known,
        /// What of it the coordinator had not.
        entries: Vec<Entry<P>>,
    },
    /// From a home replica to another one, picked at random: anti-entropy.
    Compare {
        /// What the sender has.
        known: Known,
        /// Whether the receiver shall ask back for what it lacks itself.
        ask_back: bool,
    },
    /// Answers a Compare, or hands off what was kept for the receiver.
    Items {
        /// What the receiver lacked.
        entries: Vec<Entry<P>>,
        /// They are hints: the sender keeps them until it hears that they are stored.
        hints: bool,
    },
    /// Answers what was handed off: it is on the sender's disk.
    Taken {
        /// What.
        names: Vec<Name>,
    },
}

impl<P> Kind for Message<P> {
    fn kind(&self) -> &'static str {
        match self {
            Self::AskTag { .. } => "AskTag",
            Self::TagIs { .. } => "TagIs",
            Self::Put { .. } => "Put",
            Self::Stored { .. } => "Stored",
            Self::Get { .. } => "Get",
            Self::Have { .. } => "Have",
            Self::Compare { .. } => "Compare",
            Self::Items { .. } => "Items",
            Self::Taken { .. } => "Taken",
        }
    }
}

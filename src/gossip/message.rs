//! What replicas say to one another. Everything leaves only when what it tells of is durable at the sender.

use serde::Serialize;

use super::items::{ItemId, Span, Version};
use crate::node::Kind;

/// The messages of anti-entropy and direct mail. Any of them may be lost, doubled or overtaken: the next exchange makes up
/// for it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message<P> {
    /// Direct mail, from the replica that added an item to all others, at once.
    Mail {
        /// Its name.
        id: ItemId,
        /// What it is.
        item: P,
    },
    /// Opens an exchange with a random peer: send me what I lack and ask for what you lack (push-pull).
    Digest {
        /// What the sender knows.
        known: Version,
    },
    /// Asks for what the sender lacks and offers nothing: the second half of an exchange, or a gap or the rest of a
    /// backlog to be filled.
    Pull {
        /// What the sender knows.
        known: Version,
    },
    /// Answers a Digest or a Pull.
    Items {
        /// Items that the receiver lacked, in runs without gaps.
        spans: Vec<Span<P>>,
        /// Whether the sender has more for it than one message holds.
        more: bool,
    },
    /// From a replica to itself: its own first items are durable.
    Stored {
        /// How many.
        own: u32,
    },
}

impl<P> Kind for Message<P> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Mail { .. } => "Mail",
            Self::Digest { .. } => "Digest",
            Self::Pull { .. } => "Pull",
            Self::Items { .. } => "Items",
            Self::Stored { .. } => "Stored",
        }
    }
}

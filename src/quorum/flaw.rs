//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

use super::invariant::{CONFIRMED_IS_STORED, PLACES_FOLLOW_TIME};
use crate::setup::name_flaws;

/// A mistake in an implementation of quorums. Each breaks one of [`super::invariant::INVARIANTS`] on some schedule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// A replica says that it has stored something before its disk has it.
    StoredBeforeSync,
    /// A coordinator takes the next tag after those that it has seen itself, though it was told to ask.
    TagFromMemory,
}

impl Flaw {
    /// All of them, in the order in which the page lists them.
    pub const ALL: [Self; 2] = [Self::StoredBeforeSync, Self::TagFromMemory];

    /// The invariant that its shortest schedule breaks first.
    pub const fn breaks(self) -> &'static str {
        match self {
            Self::StoredBeforeSync => CONFIRMED_IS_STORED,
            Self::TagFromMemory => PLACES_FOLLOW_TIME,
        }
    }

    const fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::StoredBeforeSync => (
                "stored-before-sync",
                "Stored in memory only",
                "Replicas say that they have stored a post before it is on disk: a crash takes a confirmed post away.",
            ),
            Self::TagFromMemory => (
                "tag-from-memory",
                "Tag from memory",
                "A coordinator takes the tag after the highest that it has seen itself: an older post may stand after a newer one.",
            ),
        }
    }
}

name_flaws!(Flaw, "the quorum store");

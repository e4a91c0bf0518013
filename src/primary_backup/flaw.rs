//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

use super::invariant::{CONFIRMED_IS_STORED, VIEWS_GROW};
use crate::setup::name_flaws;

/// A mistake in an implementation of primary and backup. Each breaks one of [`super::invariant::INVARIANTS`] on some schedule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// A server keeps its view in memory only: after a crash it leads, or follows, a view that is over.
    ViewNotDurable,
    /// A primary confirms a command, and sends it, before its own disk has it.
    ConfirmedBeforeSync,
}

impl Flaw {
    /// All of them, in the order in which the page lists them.
    pub const ALL: [Self; 2] = [Self::ViewNotDurable, Self::ConfirmedBeforeSync];

    /// The invariant that its shortest schedule breaks first.
    pub const fn breaks(self) -> &'static str {
        match self {
            Self::ViewNotDurable => VIEWS_GROW,
            Self::ConfirmedBeforeSync => CONFIRMED_IS_STORED,
        }
    }

    const fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::ViewNotDurable => (
                "view-not-durable",
                "View forgotten at restart",
                "Servers keep their view in memory only: one that crashes obeys a primary that was replaced.",
            ),
            Self::ConfirmedBeforeSync => (
                "confirmed-before-sync",
                "Confirmed before it is on disk",
                "A primary answers as soon as it has a command in memory: a crash right after takes it away.",
            ),
        }
    }
}

name_flaws!(Flaw, "primary and backup");

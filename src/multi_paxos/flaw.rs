//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

use super::invariant::{AGREEMENT, LINEARIZABLE_READS, PROMISES_KEPT};
use crate::setup::name_flaws;

/// A mistake in an implementation of Multi-Paxos. Each breaks one of [`super::invariant::INVARIANTS`] on some schedule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// The quorum sizes add up to the number of servers, not to more: a quorum of phase 1 may miss a quorum of phase 2
    /// altogether (against Flexible Paxos §3), and a new leader does not hear of what was chosen.
    QuorumOneShort,
    /// A new leader proposes what it likes, whatever the promises report (against P2c, *Paxos Made Simple* §2.2): chosen
    /// values are replaced.
    PhaseOneValuesIgnored,
    /// A promise is not written to disk (against *Paxos Made Simple* §2.5): after a crash a server accepts what it had
    /// promised to refuse, and leads again under a ballot that it used before.
    PromiseNotDurable,
    /// A leader answers reads without asking whether it still leads: another one may have decided more.
    ReadsUnconfirmed,
}

impl Flaw {
    /// All of them, in the order in which a page would list them.
    pub const ALL: [Self; 4] =
        [Self::PromiseNotDurable, Self::PhaseOneValuesIgnored, Self::QuorumOneShort, Self::ReadsUnconfirmed];

    /// The invariant that its shortest schedule breaks first.
    pub const fn breaks(self) -> &'static str {
        match self {
            Self::PromiseNotDurable => PROMISES_KEPT,
            Self::PhaseOneValuesIgnored | Self::QuorumOneShort => AGREEMENT,
            Self::ReadsUnconfirmed => LINEARIZABLE_READS,
        }
    }

    const fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::PromiseNotDurable => (
                "promise-not-durable",
                "Promise forgotten at restart",
                "Servers keep their promises in memory only: one that crashes accepts what it had promised to refuse.",
            ),
            Self::PhaseOneValuesIgnored => (
                "phase-one-values-ignored",
                "Accepted values ignored by a new leader",
                "A new leader puts new commands into slots for which its promises report values.",
            ),
            Self::QuorumOneShort => (
                "quorum-one-short",
                "Quorum one short",
                "The two quorum sizes add up to the number of servers only: a quorum of one phase can miss one of the other.",
            ),
            Self::ReadsUnconfirmed => (
                "reads-unconfirmed",
                "Reads served without a quorum",
                "A leader answers reads at once, without asking whether another one has taken over.",
            ),
        }
    }
}

name_flaws!(Flaw, "Multi-Paxos");

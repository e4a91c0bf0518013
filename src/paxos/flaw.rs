//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

use super::invariant::{AGREEMENT, ONE_PROPOSAL_PER_BALLOT, PROMISES_KEPT};
use crate::setup::name_flaws;

/// A mistake in an implementation of Paxos. Each ends, on some schedule, with two values chosen or believed to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// An acceptor does not write its promises to disk (against *Paxos Made Simple* §2.5): after a crash it accepts what
    /// it had promised not to.
    PromiseForgotten,
    /// A proposer proposes its own value whatever its quorum reports (against §2.2, P2c).
    AcceptedValueIgnored,
    /// A proposer does not write its round to disk (against §2.5): after a crash it uses a ballot again, for another value.
    BallotReused,
    /// An acceptor that accepts does not thereby promise (against §2.2, P1a, and what phase 1 relies on): a late Accept of
    /// a lower ballot then replaces what it accepted. It is left out in memory; the disk knows it, so that a crash cures it.
    AcceptWithoutPromise,
    /// Both quorums are one acceptor too small (against §2.1): two of them need not share an acceptor.
    QuorumOneShort,
    /// A proposer counts promises of an older ballot of its own for the one at hand (against §2.2): they say nothing about
    /// what was accepted since.
    LatePromisesCounted,
}

impl Flaw {
    /// All of them, in the order in which the page lists them.
    pub const ALL: [Self; 6] = [
        Self::PromiseForgotten,
        Self::AcceptedValueIgnored,
        Self::BallotReused,
        Self::AcceptWithoutPromise,
        Self::QuorumOneShort,
        Self::LatePromisesCounted,
    ];

    /// The invariants that its shortest schedule breaks, in this order: the last is always that at most one value is chosen.
    pub const fn breaks(self) -> &'static [&'static str] {
        match self {
            Self::PromiseForgotten | Self::AcceptWithoutPromise => &[PROMISES_KEPT, AGREEMENT],
            Self::BallotReused => &[ONE_PROPOSAL_PER_BALLOT, AGREEMENT],
            Self::AcceptedValueIgnored | Self::QuorumOneShort | Self::LatePromisesCounted => &[AGREEMENT],
        }
    }

    const fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::PromiseForgotten => (
                "promise-forgotten",
                "Promise forgotten at restart",
                "Acceptors keep their promises in memory only: one that crashes comes back bound to nothing.",
            ),
            Self::AcceptedValueIgnored => (
                "accepted-value-ignored",
                "Accepted value ignored",
                "Proposers propose what their client asked for, even if a promise reports that a value was accepted.",
            ),
            Self::BallotReused => (
                "ballot-reused",
                "Ballot reused after restart",
                "Proposers keep their round in memory only: one that crashes counts from 1 again.",
            ),
            Self::AcceptWithoutPromise => (
                "accept-without-promise",
                "Accept that does not raise the promise",
                "An acceptor that accepts a proposal stays as open to lower ballots as it was before.",
            ),
            Self::QuorumOneShort => (
                "quorum-one-short",
                "Quorum one short",
                "One acceptor less than a majority is taken for a quorum, in both phases.",
            ),
            Self::LatePromisesCounted => (
                "late-promises-counted",
                "Late promises of an older ballot counted",
                "Proposers count a promise that comes late, for a ballot they have left, as one for the ballot at hand.",
            ),
        }
    }
}

name_flaws!(Flaw, "Paxos");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_is_read_by_the_name_that_it_shows() {
        for flaw in Flaw::ALL {
            assert_eq!(flaw.to_string().parse(), Ok(flaw));
            assert_eq!(flaw.breaks().last(), Some(&AGREEMENT), "{flaw}");
        }
        assert!("none".parse::<Flaw>().is_err());
    }
}

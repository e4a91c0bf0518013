//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

use super::invariant::{ELECTION_SAFETY, LEADER_COMPLETENESS, LINEARIZABLE_READS, LOG_MATCHING, STATE_MACHINE_SAFETY};
use crate::node::NodeSet;
use crate::setup::name_flaws;

/// A mistake in an implementation of Raft. Each breaks one of the invariants on some schedule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// A server votes for a candidate whose log is behind its own (against §5.4.1): a leader may lack committed entries.
    VoteWithoutUpToDateCheck,
    /// A leader commits entries of older terms by counting (against §5.4.2): Figure 8 shows how they are overwritten.
    CommitOlderTerms,
    /// A vote is not written to disk (against Figure 2): after a crash a server may vote twice in one term.
    VoteNotDurable,
    /// A follower acknowledges entries before they are on disk (against Figure 2): a crash may undo a majority.
    AcknowledgeBeforeSync,
    /// The vote is saved before the term in which it is given, and apart from it (against Figure 2): a term begins without
    /// a vote, so saving it takes the vote from the disk again, and after a crash the server may vote twice.
    VoteSavedBeforeTerm,
    /// A candidate counts every copy of a vote (against §5.2): a network that repeats messages elects it.
    DuplicateVotesCounted,
    /// A majority is taken of the servers that answer instead of all members (against §5.2): both sides of a split have one.
    MajorityOfReachable,
    /// A server comes back under its old name with an empty disk (against Figure 2): it votes again in a term in which it
    /// had voted, and has lost entries that were committed because it had them.
    WipedServerReturns,
    /// A leader answers reads without making sure that it still leads (against T §6.4): one that was deposed without
    /// hearing of it returns old data.
    ReadWithoutQuorum,
    /// A lease lasts for the longest election timeout instead of the shortest (against T §6.4.1): whoever picked a shorter
    /// one is elected before the lease ends.
    LeaseTooLong,
    /// A follower takes entries if its log is long enough, without looking whether the entry before them is the leader's
    /// (against §5.3): two logs that agree on an entry may differ before it.
    AppendWithoutPreviousCheck,
    /// A follower removes whatever follows the entries of an append, not only what conflicts (against §5.3): an append that
    /// comes late and is shorter than the log removes entries that were acknowledged.
    TruncateByShorterAppend,
    /// A leader starts a change of the configuration before it has committed an entry of its term (against Ongaro's note of
    /// 2015; the thesis, §4.1, lacks the rule): two leaders may each change the configuration by one server, such that their
    /// majorities are disjoint.
    ChangeBeforeOwnCommit,
}

/// What only a server with a flaw counts; empty in all others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Miscount {
    /// For [`Flaw::MajorityOfReachable`]: who answered in this term.
    pub(super) answered: NodeSet,
    /// For [`Flaw::DuplicateVotesCounted`]: votes counted again.
    pub(super) repeats: u32,
}

impl Flaw {
    /// All of them, in the order in which the page lists them.
    pub const ALL: [Self; 13] = [
        Self::VoteNotDurable,
        Self::VoteSavedBeforeTerm,
        Self::AcknowledgeBeforeSync,
        Self::VoteWithoutUpToDateCheck,
        Self::CommitOlderTerms,
        Self::DuplicateVotesCounted,
        Self::MajorityOfReachable,
        Self::AppendWithoutPreviousCheck,
        Self::TruncateByShorterAppend,
        Self::ChangeBeforeOwnCommit,
        Self::ReadWithoutQuorum,
        Self::LeaseTooLong,
        Self::WipedServerReturns,
    ];

    /// The invariant that its shortest schedule breaks first.
    pub const fn breaks(self) -> &'static str {
        match self {
            Self::VoteNotDurable
            | Self::VoteSavedBeforeTerm
            | Self::DuplicateVotesCounted
            | Self::MajorityOfReachable => ELECTION_SAFETY,
            Self::AcknowledgeBeforeSync
            | Self::VoteWithoutUpToDateCheck
            | Self::CommitOlderTerms
            | Self::WipedServerReturns
            | Self::ChangeBeforeOwnCommit => LEADER_COMPLETENESS,
            Self::AppendWithoutPreviousCheck => LOG_MATCHING,
            Self::TruncateByShorterAppend => STATE_MACHINE_SAFETY,
            Self::ReadWithoutQuorum | Self::LeaseTooLong => LINEARIZABLE_READS,
        }
    }

    const fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::VoteNotDurable => (
                "vote-not-durable",
                "Vote not made durable",
                "Servers keep their vote in memory only: one that crashes may vote again in the same term.",
            ),
            Self::AcknowledgeBeforeSync => (
                "acknowledge-before-sync",
                "Entries acknowledged before they are saved",
                "Followers answer an append at once; a crash may take back what they acknowledged.",
            ),
            Self::VoteWithoutUpToDateCheck => (
                "vote-without-up-to-date-check",
                "No up-to-date check in votes",
                "Servers vote for whoever asks first, even if that one lacks entries that they have.",
            ),
            Self::CommitOlderTerms => (
                "commit-older-terms",
                "Commit of older-term entries by counting",
                "Leaders commit any entry that a majority holds, also one of an older term (Figure 8).",
            ),
            Self::VoteSavedBeforeTerm => (
                "vote-saved-before-term",
                "Term and vote saved apart",
                "Servers save the vote first and the term after it, which begins without a vote: on disk, the vote is gone.",
            ),
            Self::DuplicateVotesCounted => (
                "duplicate-votes-counted",
                "Duplicate votes counted",
                "Candidates count every copy of a vote: a network that repeats messages elects them.",
            ),
            Self::MajorityOfReachable => (
                "majority-of-reachable",
                "Majority of reachable nodes instead of members",
                "Servers count only those that answer: each side of a split has a majority of its own.",
            ),
            Self::WipedServerReturns => (
                "wiped-server-returns",
                "A wiped server comes back under its old name",
                "Servers that restart have lost their disk: they vote again, and lack what they had acknowledged.",
            ),
            Self::ReadWithoutQuorum => (
                "read-without-quorum",
                "Reads served by a leader without a quorum",
                "Leaders answer reads from what they have, without asking whether they still lead.",
            ),
            Self::LeaseTooLong => (
                "lease-too-long",
                "Lease longer than the clocks allow",
                "Leaders trust their lease for the longest election timeout, but others stand after the shortest.",
            ),
            Self::AppendWithoutPreviousCheck => (
                "append-without-previous-check",
                "Append without the previous-entry check",
                "Followers take entries without looking whether the one before them is the leader's.",
            ),
            Self::TruncateByShorterAppend => (
                "truncate-by-shorter-append",
                "Truncation by a late, shorter append",
                "Followers remove whatever follows the entries of an append, also what they acknowledged since it was sent.",
            ),
            Self::ChangeBeforeOwnCommit => (
                "change-before-own-commit",
                "Membership change before the leader has committed in its term",
                "New leaders change the configuration at once, while an earlier leader's change may still be on its way.",
            ),
        }
    }
}

name_flaws!(Flaw, "Raft");

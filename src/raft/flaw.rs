//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::invariant::{ELECTION_SAFETY, LEADER_COMPLETENESS, LINEARIZABLE_READS, LOG_MATCHING, STATE_MACHINE_SAFETY};

/// A mistake in an implementation of Raft. Each breaks one of the invariants of Figure 3 on some schedule.
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

impl Flaw {
    /// All of them, in the order in which the page lists them.
    pub const ALL: [Self; 6] = [
        Self::VoteNotDurable,
        Self::AcknowledgeBeforeSync,
        Self::VoteWithoutUpToDateCheck,
        Self::CommitOlderTerms,
        Self::ReadWithoutQuorum,
        Self::LeaseTooLong,
    ];

    /// What a setup calls it.
    pub const fn name(self) -> &'static str {
        self.about().0
    }

    /// A heading for it.
    pub const fn title(self) -> &'static str {
        self.about().1
    }

    /// What the servers do wrong, in a sentence.
    pub const fn sentence(self) -> &'static str {
        self.about().2
    }

    /// The invariant that its shortest schedule breaks first.
    pub const fn breaks(self) -> &'static str {
        match self {
            Self::VoteNotDurable => ELECTION_SAFETY,
            Self::AcknowledgeBeforeSync | Self::VoteWithoutUpToDateCheck => LEADER_COMPLETENESS,
            Self::CommitOlderTerms => STATE_MACHINE_SAFETY,
            Self::AppendWithoutPreviousCheck => LOG_MATCHING,
            Self::TruncateByShorterAppend | Self::ChangeBeforeOwnCommit => LEADER_COMPLETENESS,
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
            Self::ReadWithoutQuorum => (
                "read-without-quorum",
                "Reads served by a leader without a quorum",
                "A leader answers reads from its own state without asking whether it still leads.",
            ),
            Self::LeaseTooLong => (
                "lease-too-long",
                "Lease longer than the clocks allow",
                "A leader trusts its lease for longer than others wait before they elect a new one.",
            ),
            Self::CommitOlderTerms => (
                "commit-older-terms",
                "Commit of older-term entries by counting",
                "Leaders commit any entry that a majority holds, also one of an older term (Figure 8).",
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

/// Shown as setups have it: `vote-not-durable`.
impl Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Flaw {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|flaw| flaw.name() == name);
        found.ok_or_else(|| format!("no flaw of Raft is called “{name}”"))
    }
}

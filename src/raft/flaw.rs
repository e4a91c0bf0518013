//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

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

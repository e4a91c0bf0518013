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

    /// A leader answers reads without making sure that it still leads (against T §6.4): one that was deposed without
    /// hearing of it returns old data.
    ReadWithoutQuorum,
    /// A lease lasts for the longest election timeout instead of the shortest (against T §6.4.1): whoever picked a shorter
    /// one is elected before the lease ends.
    LeaseTooLong,
}

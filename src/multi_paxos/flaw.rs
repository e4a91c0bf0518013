//! Classic mistakes that can be switched on, to see what a rule is for: each is one branch at the rule that it breaks.

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
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::QuorumOneShort, Self::PhaseOneValuesIgnored, Self::PromiseNotDurable, Self::ReadsUnconfirmed];
}

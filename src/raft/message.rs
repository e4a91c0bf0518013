//! What servers say to each other: the two RPCs of Figure 2, with request and result as messages of their own.

use std::sync::Arc;

use serde::Serialize;

use super::log::{Entry, EntryId, Index, Term};
use super::snapshot::Snapshot;
use super::tenure::Round;
use crate::node::{Command, Kind};

/// A message between servers. Every one carries its sender's term: the receiver adopts a higher one and refuses or
/// ignores what comes with a lower one (§5.1).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message<C: Command> {
    /// A candidate asks every other server for its vote (§5.2).
    RequestVote {
        /// The candidate's term. Durable, with its vote for itself, before this leaves.
        term: Term,
        /// The candidate's last entry: the voter grants only if its own is not later (§5.4.1).
        last: EntryId,
        /// The leader itself wants this election (T §3.10): who holds on to it must not stand in the way.
        transfer: bool,
    },
    /// The answer to it, from voter to candidate; a candidate also sends its own vote to itself.
    Vote {
        /// The voter's term: equal to the candidate's if granted.
        term: Term,
        /// True proves that the voter's disk holds this vote, so that it grants no other in this term.
        granted: bool,
    },
    /// The leader replicates entries; with none it is the heartbeat that keeps followers from standing for election
    /// (§5.2, §5.3).
    AppendEntries {
        /// The leader's term: proves that a majority elected the sender in it.
        term: Term,
        /// The entry right before `entries` in the leader's log: a follower that lacks it must refuse.
        previous: EntryId,
        /// What follows it in the leader's log; shared, not copied, between messages.
        entries: Arc<[Entry<C>]>,
        /// The leader's commit index.
        commit: Index,
        /// The leader's round of heartbeats: the reply proves that the receiver followed it after that round began.
        round: Round,
    },
    /// The answer to it, from follower to leader; a leader also sends one to itself when its own log is durable.
    AppendReply {
        /// The follower's term.
        term: Term,
        /// What came of it.
        result: AppendResult,
        /// The round of the message that this answers.
        round: Round,
    },
    /// A server that would stand for election asks every other one whether it would vote for it (T §9.6). Changes nothing
    /// at the receiver, which does not even adopt the sender's term.
    PreVote {
        /// The sender's term; it would stand in the next.
        term: Term,
        /// The sender's last entry.
        last: EntryId,
    },
    /// The answer to it. Binds nobody.
    PreVoteReply {
        /// The voter's term; not above the sender's if granted.
        term: Term,
        /// The term of the question.
        asked: Term,
        /// True proves that, when it answered, the voter heard no leader and had no entry later than the sender's last.
        granted: bool,
    },
    /// The leader hands over to the receiver, which stands for election at once (T §3.10).
    TimeoutNow {
        /// The leader's term: proves that the receiver has all that this leader committed in it.
        term: Term,
    },
    /// The leader sends what took the place of entries that the follower needs (§7). Answered with an AppendReply: it proves
    /// the same.
    InstallSnapshot {
        /// The leader's term.
        term: Term,
        /// All of it, in one message; shared, not copied.
        snapshot: Arc<Snapshot<C>>,
        /// The round of heartbeats in which this left, as in AppendEntries.
        round: Round,
    },
}

/// What came of an AppendEntries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum AppendResult {
    /// Proves that the follower's durable log equals the leader's up to here.
    Matched {
        /// The last entry that the message spoke of, not the follower's last: what lies beyond it is unproven.
        up_to: Index,
    },
    /// Proves that the follower's log differs from the leader's at `previous`.
    Mismatch {
        /// The index of the refused message's previous entry; tells a late refusal from a current one.
        previous: Index,
        /// The follower's last index: a hint, so that a short log costs one round instead of one per entry.
        last: Index,
        /// The follower's entry at `previous`, if it has another one there: its term, and the first index at which the
        /// follower has an entry of that term. A hint, given if [`super::Switches::fast_repair`] is on.
        conflict: Option<EntryId>,
    },
    /// The sender's term is over; the reply's term says which one it is now.
    StaleTerm,
}

impl<C: Command> Message<C> {
    /// The sender's term.
    pub fn term(&self) -> Term {
        match self {
            Self::RequestVote { term, .. }
            | Self::Vote { term, .. }
            | Self::AppendEntries { term, .. }
            | Self::AppendReply { term, .. }
            | Self::PreVote { term, .. }
            | Self::PreVoteReply { term, .. }
            | Self::TimeoutNow { term }
            | Self::InstallSnapshot { term, .. } => *term,
        }
    }
}

impl<C: Command> Kind for Message<C> {
    fn kind(&self) -> &'static str {
        match self {
            Self::RequestVote { .. } => "RequestVote",
            Self::Vote { .. } => "Vote",
            Self::AppendEntries { .. } => "AppendEntries",
            Self::AppendReply { .. } => "AppendReply",
            Self::PreVote { .. } => "PreVote",
            Self::PreVoteReply { .. } => "PreVoteReply",
            Self::TimeoutNow { .. } => "TimeoutNow",
            Self::InstallSnapshot { .. } => "InstallSnapshot",
        }
    }
}

//! Which rule fired or refused, with the numbers that the node knows. Nothing reads a note back.
//!
//! What concerns the server as a whole is a [`Note`] by itself; the rest is grouped by the part of the protocol to which the
//! rule belongs.

mod client;
mod election;
mod membership;
mod replication;
mod snapshot;
mod transfer;

pub use client::{ClientNote, ReadProof};
pub use election::{Contact, ElectionNote, Heard, PreVoteNote, VoteRefusal};
pub use membership::MembershipNote;
pub use replication::{AppendRefusal, FollowerNote, LeaderNote};
pub use snapshot::SnapshotNote;
pub use transfer::TransferNote;

use super::{EntryId, Index, RoleName, Term};
use crate::node::{NodeId, note_of_parts};

/// A rule that fired or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// The node starts with what its disk kept: nothing, the first time.
    Started {
        /// The term on disk.
        term: Term,
        /// The vote on disk.
        vote: Option<NodeId>,
        /// The last entry on disk.
        last: EntryId,
        /// The last entry that the snapshot on disk covers, if there is one.
        snapshot: Option<EntryId>,
    },
    /// It saw a higher term and adopted it as a follower (§5.1).
    TermAdopted {
        /// Who sent the term.
        from: NodeId,
        /// Its own term until now.
        old: Term,
        /// The higher term.
        new: Term,
        /// The role that it gave up.
        left: RoleName,
    },
    /// A reply came too late to mean anything.
    ReplyIgnored {
        /// From whom.
        from: NodeId,
        /// The kind of message.
        message: &'static str,
        /// Why it means nothing.
        why: Ignored,
    },
    /// Votes (§5.2, §5.4.1).
    Election(ElectionNote),
    /// Questions who would vote (T §9.6).
    PreVote(PreVoteNote),
    /// A leader's side of replication (§5.3, §5.4.2).
    Leader(LeaderNote),
    /// A follower's side of it (§5.3).
    Follower(FollowerNote),
    /// Requests and reads (§8; T §6.4).
    Client(ClientNote),
    /// Leadership transfer (T §3.10).
    Transfer(TransferNote),
    /// Log compaction (§7).
    Snapshot(SnapshotNote),
    /// Changes of the configuration (§6).
    Membership(MembershipNote),
}

/// Why a reply was ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// It answers a message of an older term (§5.1).
    OlderTerm {
        /// The term of the reply.
        term: Term,
        /// Its own.
        own: Term,
    },
    /// The election is over: it leads, or follows the winner.
    NotCandidate,
    /// The same vote was counted before.
    DuplicateVote,
    /// It refuses a message that this leader sent in an earlier term of its own.
    EarlierTerm,
    /// It led this term, and does so no more.
    NotLeader,
    /// A refusal from before the follower's log was brought in line.
    AlreadyMatched {
        /// The index that was refused.
        refused: Index,
        /// How far the logs are known to match since.
        matched: Index,
    },
    /// A refusal of an earlier attempt; another is under way.
    NotCurrent {
        /// The index that was refused.
        refused: Index,
        /// What the leader sends next.
        next: Index,
    },
    /// Only a follower can be told to stand.
    NotFollower,
    /// It comes from a server to which the leader does not replicate any more.
    NotMember,
}

impl Note {
    /// Whether this is daily business, which happens all the time in a healthy cluster: a heartbeat, a match that moves on.
    pub fn is_routine(&self) -> bool {
        matches!(
            self,
            Self::ReplyIgnored { .. }
                | Self::Follower(FollowerNote::AppendAccepted { received: 0, .. })
                | Self::Leader(
                    LeaderNote::HeartbeatSent { .. }
                        | LeaderNote::MatchAdvanced { .. }
                        | LeaderNote::EntryHeldBack { .. }
                )
                | Self::Client(ClientNote::LeaseRenewed { .. })
        )
    }
}

note_of_parts! {
    Note:
    Election(ElectionNote),
    PreVote(PreVoteNote),
    Leader(LeaderNote),
    Follower(FollowerNote),
    Client(ClientNote),
    Transfer(TransferNote),
    Snapshot(SnapshotNote),
    Membership(MembershipNote),
}

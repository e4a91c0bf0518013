//! Which rule fired or refused, with the numbers that the server knows. Nothing reads a note back.

mod client;
mod leadership;
mod learner;
mod proposals;

pub use client::ClientNote;
pub use leadership::{Heard, LeadershipNote};
pub use learner::LearnerNote;
pub use proposals::{AcceptorNote, LeaderNote};

use super::{Ballot, Slot};
use crate::node::{NodeId, note_of_parts};

/// A rule that fired or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// The server starts with what its disk kept: nothing, the first time.
    Started {
        /// The highest ballot on disk.
        ballot: Ballot,
        /// The last slot for which it accepted something.
        accepted: Slot,
        /// The last slot in its snapshot.
        snapshot: Slot,
    },
    /// A message came too late to mean anything.
    ReplyIgnored {
        /// From whom.
        from: NodeId,
        /// The kind of message.
        message: &'static str,
        /// Why it means nothing.
        why: Ignored,
    },
    /// Phase 1, and who makes way for whom (PMS §3; PMMC §3).
    Leadership(LeadershipNote),
    /// Promises and acceptances (PMS §2.2).
    Acceptor(AcceptorNote),
    /// Phase 2 (PMS §3).
    Leader(LeaderNote),
    /// What is chosen (PMS §2.3).
    Learner(LearnerNote),
    /// Requests and reads (PMMC §2, §4.5).
    Client(ClientNote),
}

note_of_parts! {
    Note:
    Leadership(LeadershipNote),
    Acceptor(AcceptorNote),
    Leader(LeaderNote),
    Learner(LearnerNote),
    Client(ClientNote),
}

/// Why a message was ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// It is about a ballot that is over.
    OtherBallot {
        /// That ballot.
        ballot: Ballot,
        /// The highest that the server knows.
        own: Ballot,
    },
    /// It belongs to a phase that is over, or that a crash ended.
    PhaseOver,
    /// The same was counted before.
    Duplicate,
    /// It tells what is known: all is decided up to there.
    Decided {
        /// The last slot that it is about.
        last: Slot,
        /// The server's commit index.
        commit: Slot,
    },
    /// It tells of later slots, and not what comes before them: the server knew more when it asked, and crashed since.
    Gap {
        /// The first slot that it tells of.
        first: Slot,
        /// The server's commit index.
        commit: Slot,
    },
    /// It asks a leader, and the server leads no more.
    NotLeader {
        /// The ballot under which it was thought to lead.
        ballot: Ballot,
    },
}

impl Note {
    /// Whether this is daily business, which happens all the time in a healthy cluster.
    pub fn is_routine(&self) -> bool {
        matches!(
            self,
            Self::ReplyIgnored { .. }
                | Self::Leader(LeaderNote::HeartbeatSent { .. } | LeaderNote::AcceptanceCounted { .. })
                | Self::Learner(LearnerNote::HeartbeatHeard { .. })
        )
    }
}

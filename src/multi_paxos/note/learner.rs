//! Learning what is chosen.

use crate::multi_paxos::{Ballot, Slot};
use crate::node::NodeId;

/// How far a server knows what is chosen, and what it keeps of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LearnerNote {
    /// It hears the leader's heartbeat.
    HeartbeatHeard {
        /// The leader.
        leader: NodeId,
        /// Its ballot.
        ballot: Ballot,
        /// All slots up to here are chosen.
        commit: Slot,
    },
    /// It refuses the heartbeat of a leader whose ballot is too low.
    HeartbeatRefused {
        /// Whose.
        from: NodeId,
        /// The leader's ballot.
        ballot: Ballot,
        /// The higher one that it has promised.
        promised: Ballot,
    },
    /// A server heard from the leader how far all is chosen, and has accepted just that.
    CommitLearned {
        /// From whom.
        leader: NodeId,
        /// The leader's ballot, under which it accepted these slots.
        ballot: Ballot,
        /// Its commit index until now.
        old: Slot,
        /// Its commit index now.
        new: Slot,
    },
    /// It lacks values of chosen slots and asks the leader for them.
    AsksToCatchUp {
        /// The leader.
        leader: NodeId,
        /// What it has.
        learned: Slot,
        /// What is chosen.
        commit: Slot,
    },
    /// The leader tells a server what was chosen.
    TellsDecided {
        /// Whom.
        to: NodeId,
        /// The last slot of the snapshot that it sends, if the slots themselves are gone.
        snapshot: Option<Slot>,
        /// The values of the slots from here …
        first: Slot,
        /// … to here; none if that is less.
        last: Slot,
    },
    /// It learned chosen values from another server.
    CaughtUp {
        /// From whom.
        from: NodeId,
        /// Its commit index until now.
        old: Slot,
        /// Its commit index now.
        new: Slot,
    },
    /// It put another server's snapshot in the place of its own log.
    SnapshotInstalled {
        /// From whom.
        from: NodeId,
        /// Its commit index until now.
        old: Slot,
        /// The last slot of the snapshot.
        through: Slot,
    },
    /// It replaced the beginning of its log by the state that it led to.
    Compacted {
        /// The last slot that went.
        through: Slot,
        /// How many slots went.
        dropped: u64,
        /// How many decided slots are left.
        kept: u64,
    },
}

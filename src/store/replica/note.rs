//! What a replica notes beside its log.

use crate::node::NodeId;
use crate::store::replicated_log::Epoch;

/// A rule that fired or refused at a replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaNote {
    /// It passed a client's question to the leader.
    Forwarded {
        /// The client.
        client: NodeId,
        /// The leader.
        leader: NodeId,
        /// What it asks for, in a word.
        asked: &'static str,
    },
    /// It refused a client's question because it knows no leader.
    RefusedWithoutLeader {
        /// The client.
        client: NodeId,
        /// Its own epoch.
        epoch: Epoch,
        /// It stands for election itself.
        candidate: bool,
        /// What it asks for, in a word.
        asked: &'static str,
    },
    /// It ignored a copy of a question, or one that came after a later one from the same client.
    AskedBefore {
        /// The client.
        client: NodeId,
        /// What it asks for, in a word.
        asked: &'static str,
    },
    /// It restarted after the question was passed to it, and can't tell whether it had taken it up before.
    ForgotWhetherTaken {
        /// The client.
        client: NodeId,
        /// The epoch in which it led, or was believed to.
        epoch: Epoch,
        /// What it asks for, in a word.
        asked: &'static str,
    },
    /// It lost the leader to which it had passed a client's question.
    LostLeader {
        /// The client.
        client: NodeId,
        /// The leader that it lost.
        leader: NodeId,
    },
    /// Its log entry was replaced: what the client asked for will not happen.
    Superseded {
        /// The client.
        client: NodeId,
        /// Where the entry stood.
        index: u64,
    },
    /// It carried out a command that is committed.
    Applied {
        /// Where.
        index: u64,
        /// Whose.
        client: NodeId,
        /// Which of that client's.
        number: u32,
        /// What it asked for, in a word.
        asked: &'static str,
        /// It had not taken effect before.
        fresh: bool,
        /// It took effect now: a second copy does only where sessions are off.
        effective: bool,
    },
}

//! What the answer to an operation waits for, as a pattern of messages: from this `latency` computes how long it takes.
//!
//! The pattern is that of a run without faults and without contention: all links work, one leader stays, and no two operations of
//! clients are under way at once. Heartbeats, gossip and repairs go on meanwhile and nobody waits for them.

use crate::node::NodeSet;

/// What a client asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Asked {
    /// A post.
    Write,
    /// The feed.
    Read,
}

impl Asked {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Write, Self::Read];
}

/// One thing that the answer waits for, after those before it. It begins at the replica that the client asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leg {
    /// The replica passes the question to the leader, which does the rest, and gets the answer back. Nothing if it leads itself.
    Leader,
    /// A write to the disk of whoever does the work.
    Sync,
    /// Whoever does the work asks `of` at once, itself among them if it is one, and goes on with the `needed`th answer.
    Quorum {
        /// Those that are asked.
        of: NodeSet,
        /// How many answers it takes, from 1.
        needed: u8,
        /// Each answers after a write to its own disk.
        sync: bool,
    },
}

//! Leadership: phase 1, and who makes way for whom.

use crate::multi_paxos::{Ballot, RoleName, Slot};
use crate::node::{Count, Delay, NodeId};

/// Who wants to lead, who does, and who is overtaken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeadershipNote {
    /// Its election timer ran out, so it asks for promises under a ballot of its own.
    Prepares {
        /// The ballot.
        ballot: Ballot,
        /// It asks about all slots from here on.
        first: Slot,
        /// What it had heard until then.
        heard: Heard,
        /// The range from which its next wait is picked.
        timeout: Delay,
        /// Nobody yet, and how many it takes.
        count: Count,
    },
    /// Too few answered, so it asks the others again.
    PreparesAgain {
        /// The same ballot as before.
        ballot: Ballot,
        /// It asks about all slots from here on.
        first: Slot,
        /// Who has promised.
        count: Count,
    },
    /// A server that wants to lead counts a promise.
    PromiseCounted {
        /// From whom; itself, once its own ballot is durable.
        from: NodeId,
        /// For which ballot.
        ballot: Ballot,
        /// All promises so far.
        count: Count,
        /// How many accepted proposals this one reports.
        reported: u64,
    },
    /// A phase-1 quorum has promised.
    BecameLeader {
        /// The ballot under which it leads.
        ballot: Ballot,
        /// Who promised.
        count: Count,
        /// The first slot that it asked about.
        first: Slot,
        /// How many of the reported slots it has learned to be decided meanwhile.
        known: u64,
        /// How many slots it must propose again.
        again: u64,
        /// How many holes it fills before the last of them.
        holes: u64,
        /// The first slot that is free for new commands.
        opening: Slot,
    },
    /// Another server refused because of a higher ballot.
    Refused {
        /// Who.
        from: NodeId,
        /// The ballot of its own that was refused.
        ballot: Ballot,
        /// The higher one.
        promised: Ballot,
    },
    /// It heard of a higher ballot and promises it: it is overtaken.
    BallotAdopted {
        /// From whom.
        from: NodeId,
        /// The highest that it had promised until now.
        old: Ballot,
        /// The higher one.
        new: Ballot,
        /// The role that it gave up.
        left: RoleName,
    },
    /// Overtaken, it waits before it tries again, the longer the more often.
    BacksOff {
        /// The ballot that overtook it.
        ballot: Ballot,
        /// The range from which the wait is picked.
        timeout: Delay,
        /// How often in a row it was overtaken, at most 4.
        times: u8,
    },
    /// It heard the leader of its ballot for the first time.
    FollowsLeader {
        /// The leader.
        leader: NodeId,
        /// Its ballot.
        ballot: Ballot,
    },
}

/// What a server had heard when its election timer ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// No leader of the highest ballot that it knows.
    NoLeader,
    /// That leader, but not lately.
    Leader(NodeId),
}

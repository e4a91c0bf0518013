//! What a replica did, with the numbers that it knew.

use super::items::Tag;
use crate::node::{Count, NodeId, NodeSet};

/// What a client asked a coordinator for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// A write that has no tag yet: nothing is stored anywhere.
    Tag,
    /// A write.
    Write,
    /// A read.
    Read,
}

/// One act of a replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// It came up with what its disk kept.
    Starts {
        /// How many items.
        items: u64,
        /// How many hints for others.
        hints: u64,
    },
    /// As a coordinator, it asks for the highest tag before it writes.
    AsksTag {
        /// Whom.
        of: NodeSet,
        /// How many answers it needs.
        needed: u8,
    },
    /// As a coordinator, it writes.
    Writes {
        /// Under this tag.
        tag: Tag,
        /// Who told it the highest one so far; none if it went by what it had seen itself.
        told: Option<Count>,
        /// To whom.
        to: NodeSet,
        /// How many have to have stored it.
        needed: u8,
    },
    /// As a coordinator, it reads.
    Reads {
        /// Whom it asks.
        of: NodeSet,
        /// How many answers it needs.
        needed: u8,
    },
    /// As a coordinator, it asks others in the place of home replicas that do not answer.
    AsksStandIns {
        /// The home replicas.
        silent: NodeSet,
        /// The others.
        stand_ins: NodeSet,
    },
    /// As a coordinator, it confirmed a write.
    Confirms {
        /// Its tag.
        tag: Tag,
        /// Whose copy is stored.
        stored: Count,
        /// Those of another replica's that a stand-in keeps.
        stand_ins: NodeSet,
    },
    /// As a coordinator, it answered a read.
    Answers {
        /// With so many items to choose from.
        items: u64,
        /// Whom it had heard.
        heard: Count,
        /// Those of them that stood in.
        stand_ins: NodeSet,
        /// Those that lacked something which another one had.
        behind: NodeSet,
        /// How many have exactly this, if it waited for that.
        agreed: Option<Count>,
    },
    /// As a coordinator, it sends a replica what it lacks and another one has.
    Repairs {
        /// The replica.
        replica: NodeId,
        /// How many items.
        count: u64,
        /// The read waits for that; else it was answered, or will be without.
        waits: bool,
    },
    /// As a coordinator, it gave up: too few answered.
    GivesUp {
        /// What.
        what: Asked,
        /// Who had answered, or had another one stand in.
        heard: Count,
    },
    /// It stored an item for a coordinator.
    Stores {
        /// The coordinator.
        from: NodeId,
        /// The item.
        tag: Tag,
    },
    /// It keeps a hint for a home replica that a coordinator could not reach.
    KeepsHint {
        /// The coordinator.
        from: NodeId,
        /// The home replica.
        home: NodeId,
        /// The item.
        tag: Tag,
    },
    /// It took in items that a read, anti-entropy or a stand-in brought.
    Learns {
        /// Who sent them.
        from: NodeId,
        /// How many were new.
        count: u64,
        /// How many it has now.
        total: u64,
        /// They had been kept for it as hints.
        hints: bool,
    },
    /// It offers a home replica the hints that it keeps for it.
    HandsOff {
        /// The home replica.
        home: NodeId,
        /// How many.
        count: u64,
    },
    /// A home replica has its hints, which are dropped here.
    DropsHints {
        /// The home replica.
        home: NodeId,
        /// How many.
        count: u64,
    },
    /// It compares what it has with a peer picked at random.
    Compares {
        /// The peer.
        peer: NodeId,
        /// How many items it has.
        total: u64,
    },
    /// An answer came to an operation that is over, or to one that a crash made it forget.
    IgnoresLate {
        /// The sender.
        from: NodeId,
        /// It is from before a crash.
        forgotten: bool,
    },
}

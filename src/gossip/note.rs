//! What a replica did, with the numbers that it knew.

use super::items::ItemId;
use crate::node::{NodeId, NodeSet};

/// One act of a replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// It came up with what its disk kept.
    Starts {
        /// How many items that is.
        total: u64,
    },
    /// A client added an item, which is on its way to the disk and then to all peers.
    Adds {
        /// Its name.
        id: ItemId,
        /// Who gets it by mail.
        mail_to: NodeSet,
    },
    /// Items that clients added here are durable, and their clients get the answer.
    Stores {
        /// The last of them.
        last: ItemId,
        /// How many.
        count: u32,
    },
    /// It opened an exchange.
    SendsDigest {
        /// With whom.
        to: NodeId,
        /// How many items its digest tells of.
        total: u64,
    },
    /// A peer asked, and lacks nothing that it has.
    HasNothingFor {
        /// Who asked.
        peer: NodeId,
        /// How many items both have.
        total: u64,
    },
    /// A peer asked, and gets what it lacks.
    Answers {
        /// Who asked.
        peer: NodeId,
        /// How many items it gets.
        count: u64,
        /// How many it lacks beyond those.
        rest: u64,
    },
    /// It found that a peer has what it lacks, and asks for it.
    Asks {
        /// Whom.
        peer: NodeId,
        /// How many items it knows that it lacks; 0 if it only knows that there are more.
        lacks: u64,
    },
    /// It took in items new to it.
    Learns {
        /// Who sent them.
        from: NodeId,
        /// How many were new.
        count: u64,
        /// How many it has now.
        total: u64,
        /// Whether they came as direct mail.
        by_mail: bool,
    },
    /// All that it was sent it had already.
    KnowsAlready {
        /// Who sent it.
        from: NodeId,
        /// Whether it came as direct mail.
        by_mail: bool,
    },
    /// It was sent an item without those before it, and leaves it until it has them.
    FindsGap {
        /// Who sent it.
        from: NodeId,
        /// The item.
        id: ItemId,
        /// How many of that origin's it has.
        has: u32,
    },
}

//! What a learner or a script does to a run.

use crate::node::{Micros, NodeId};

/// A link in the direction in which it carries messages: (from, to).
pub type Link = (NodeId, NodeId);

/// A message named by its structure, so that a script still finds it after an edit elsewhere: the `ordinal`th (from 0)
/// message of this kind that was sent over this link in this run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MessageName {
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// As the paper calls it.
    pub kind: String,
    /// Counted from 0 for each link and kind.
    pub ordinal: u32,
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// It does not arrive until released.
    Hold,
    /// It goes on: it arrives when it would have, or now if that is over.
    Release,
    /// It is lost.
    Drop,
    /// A second copy is sent.
    Duplicate,
    /// It arrives now.
    Deliver,
}

/// One thing done to a run from outside. Everything else that happens is derived from setup and seed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Intervention<R> {
    /// Cuts links. What is on its way over them is lost.
    Cut(Vec<Link>),
    /// Heals links.
    Heal(Vec<Link>),
    /// Stops a node. Of what it wrote and had not synced, the first `keep` writes survive by luck.
    Crash {
        /// Which.
        node: NodeId,
        /// How many unsynced writes survive.
        keep: u32,
    },
    /// Starts a crashed node from its disk.
    Restart(NodeId),
    /// Stops a node's execution; it loses nothing and notices nothing. What arrives waits.
    Pause(NodeId),
    /// Lets it go on.
    Resume(NodeId),
    /// Sets the wall clock of a node, in µs against true time.
    Skew {
        /// Which.
        node: NodeId,
        /// Ahead if positive.
        micros: i64,
    },
    /// Lets both clocks of a node run fast or slow from now on; its timers with them.
    Drift {
        /// Which.
        node: NodeId,
        /// Parts per million, fast if positive; above -1,000,000.
        ppm: i32,
    },
    /// Decides over one message of one world.
    Message {
        /// Which of the worlds that run under this script, from 0.
        world: u8,
        /// Which message.
        name: MessageName,
        /// What becomes of it.
        fate: Fate,
    },
    /// Makes a running timer fire now.
    Timer {
        /// Which of the worlds.
        world: u8,
        /// Whose.
        node: NodeId,
        /// The timer's name in the protocol.
        timer: String,
    },
    /// Finishes a disk's writes now.
    Sync {
        /// Which of the worlds.
        world: u8,
        /// Whose.
        node: NodeId,
    },
    /// A client asks for something.
    Request {
        /// Which participant is asked.
        node: NodeId,
        /// What.
        request: R,
    },
    /// How much clients do by themselves from now on, in percent of the usual; 0 is off.
    Traffic(u16),
}

/// An intervention and its moment. It takes place after every step that is due until then, and before every later one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scripted<R> {
    /// When.
    pub at: Micros,
    /// What.
    pub act: Intervention<R>,
}

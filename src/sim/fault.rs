//! What a learner or a script does to a run: faults, requests, and traffic; and the words for each.

use serde::Serialize;

use crate::node::{Micros, NodeId};

/// The words for one kind of intervention: a row of the table [`rows`].
#[derive(PartialEq, Eq, Debug)]
pub struct Words {
    /// In a script: the first word of its line; of what becomes of a message, the last.
    pub script: &'static str,
    /// What was done, in a word or two.
    pub verb: &'static str,
    /// On the button that does it; empty if no button does.
    pub button: &'static str,
    /// Whether it takes something away. Otherwise it gives something back, or neither.
    pub harms: bool,
    /// A sentence for when it was done. `{}` stands for what it was done to.
    pub done: &'static str,
    /// A sentence for when it can't be done as things stand.
    pub refused: &'static str,
    /// Its mark on the timeline. `{}` stands for the node; empty if it leaves none.
    pub mark: &'static str,
}

/// The words for every kind of intervention. [`Intervention::words`] tells which row is whose.
pub mod rows {
    use super::Words;

    macro_rules! rows {
        ($($row:ident: $script:literal, $verb:literal, $button:literal, $harms:literal,
            $done:literal, $refused:literal, $mark:literal;)*) => {
            $(
                #[doc = concat!("`", $script, "`.")]
                pub const $row: Words = Words {
                    script: $script, verb: $verb, button: $button, harms: $harms, done: $done, refused: $refused, mark: $mark,
                };
            )*
        };
    }

    rows! {
        CUT: "cut", "cut", "Cut", true,
            "Cut {}.", "These links are cut already.", "links cut";
        HEAL: "heal", "heal", "Heal", false,
            "Healed {}.", "These links work already.", "healed";
        CRASH: "crash", "crash", "Crash", true,
            "Crashed {}.", "That node is down already.", "{} crashed";
        RESTART: "restart", "restart", "Restart", false,
            "Restarted {}.", "That node runs already.", "{} restarted";
        PAUSE: "pause", "pause", "Pause", true,
            "Paused {}.", "Only a running node can be paused.", "";
        RESUME: "resume", "resume", "Resume", false,
            "Resumed {}.", "That node is not paused.", "";
        SKEW: "skew", "clock set", "Clock", true,
            "Set the clock of {}.", "That clock can't be set.", "";
        DRIFT: "drift", "clock drifts", "Runs", true,
            "Changed the rate of {}'s clocks.", "That clock can't run at this rate.", "";
        HOLD: "hold", "hold a message", "Hold", false,
            "Message held.", "That message is gone: it arrived or died in the meantime.", "";
        RELEASE: "release", "release a message", "Release", false,
            "Message released.", "That message is gone: it arrived or died in the meantime.", "";
        DROP: "drop", "drop a message", "Drop", true,
            "Message dropped.", "That message is gone: it arrived or died in the meantime.", "";
        DUPLICATE: "duplicate", "copy a message", "Duplicate", false,
            "Message duplicated.", "That message is gone: it arrived or died in the meantime.", "";
        DELIVER: "deliver", "deliver a message", "Deliver now", false,
            "Message delivered.", "That message can't arrive: it is gone, or its receiver stands still.", "";
        TIMER: "timer", "timer runs out", "", false,
            "{}'s timer runs out.", "That timer does not run any more.", "";
        SYNC: "sync", "disk writes", "", false,
            "{}'s disk has written.", "That disk has nothing to write any more.", "";
        ASK: "ask", "request", "", false,
            "{}.", "It can't be asked: it is down, or stands still.", "";
        SLOW: "slow", "link slowed", "Slow", true,
            "Slowed {}.", "These links are that slow already.", "";
        AS_USUAL: "slow", "link as usual", "As fast as usual", false,
            "As fast as usual: {}.", "These links are as fast as usual already.", "";
        TRAFFIC: "traffic", "traffic", "", false,
            "Traffic {} percent.", "The traffic can't change now.", "";
    }
}

/// A link in the direction in which it carries messages: (from, to).
pub type Link = (NodeId, NodeId);

/// A message named by its structure, so that a script still finds it after an edit elsewhere: the `ordinal`th (from 0)
/// message of this kind that was sent over this link in this run.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
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
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
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
    /// What is sent over these links from now on takes longer than it would.
    Slow {
        /// Which.
        links: Vec<Link>,
        /// By how much, in µs; 0 is as usual.
        micros: u32,
    },
}

impl Fate {
    /// Every fate.
    pub const ALL: [Self; 5] = [Self::Hold, Self::Release, Self::Drop, Self::Duplicate, Self::Deliver];

    /// The words for it.
    pub const fn words(self) -> &'static Words {
        match self {
            Self::Hold => &rows::HOLD,
            Self::Release => &rows::RELEASE,
            Self::Drop => &rows::DROP,
            Self::Duplicate => &rows::DUPLICATE,
            Self::Deliver => &rows::DELIVER,
        }
    }
}

impl<R> Intervention<R> {
    /// The words for it.
    pub const fn words(&self) -> &'static Words {
        match self {
            Self::Cut(_) => &rows::CUT,
            Self::Heal(_) => &rows::HEAL,
            Self::Crash { .. } => &rows::CRASH,
            Self::Restart(_) => &rows::RESTART,
            Self::Pause(_) => &rows::PAUSE,
            Self::Resume(_) => &rows::RESUME,
            Self::Skew { .. } => &rows::SKEW,
            Self::Drift { .. } => &rows::DRIFT,
            Self::Message { fate, .. } => fate.words(),
            Self::Timer { .. } => &rows::TIMER,
            Self::Sync { .. } => &rows::SYNC,
            Self::Request { .. } => &rows::ASK,
            Self::Traffic(_) => &rows::TRAFFIC,
            Self::Slow { micros: 0, .. } => &rows::AS_USUAL,
            Self::Slow { .. } => &rows::SLOW,
        }
    }

    /// The participant that it is done to, if that is one.
    pub const fn node(&self) -> Option<NodeId> {
        match self {
            Self::Crash { node, .. }
            | Self::Restart(node)
            | Self::Pause(node)
            | Self::Resume(node)
            | Self::Skew { node, .. }
            | Self::Drift { node, .. }
            | Self::Timer { node, .. }
            | Self::Sync { node, .. }
            | Self::Request { node, .. } => Some(*node),
            Self::Cut(_) | Self::Heal(_) | Self::Message { .. } | Self::Traffic(_) | Self::Slow { .. } => None,
        }
    }

    /// The only world that it is done to; `None` if it is done to all that run under the script.
    pub const fn world(&self) -> Option<u8> {
        match self {
            Self::Message { world, .. } | Self::Timer { world, .. } | Self::Sync { world, .. } => Some(*world),
            _ => None,
        }
    }

    /// The same with another request.
    ///
    /// # Errors
    /// What `map` says of a request that has no place where it goes.
    pub fn try_map<S, E>(self, map: impl FnOnce(R) -> Result<S, E>) -> Result<Intervention<S>, E> {
        Ok(match self {
            Self::Cut(links) => Intervention::Cut(links),
            Self::Heal(links) => Intervention::Heal(links),
            Self::Crash { node, keep } => Intervention::Crash { node, keep },
            Self::Restart(node) => Intervention::Restart(node),
            Self::Pause(node) => Intervention::Pause(node),
            Self::Resume(node) => Intervention::Resume(node),
            Self::Skew { node, micros } => Intervention::Skew { node, micros },
            Self::Drift { node, ppm } => Intervention::Drift { node, ppm },
            Self::Message { world, name, fate } => Intervention::Message { world, name, fate },
            Self::Timer { world, node, timer } => Intervention::Timer { world, node, timer },
            Self::Sync { world, node } => Intervention::Sync { world, node },
            Self::Request { node, request } => Intervention::Request { node, request: map(request)? },
            Self::Traffic(percent) => Intervention::Traffic(percent),
            Self::Slow { links, micros } => Intervention::Slow { links, micros },
        })
    }
}

/// An intervention and its moment. It takes place after every step that is due until then, and before every later one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scripted<R> {
    /// When.
    pub at: Micros,
    /// What.
    pub act: Intervention<R>,
}

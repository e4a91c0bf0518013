//! Conflicts: two writes of one object, of which neither writer knew the other, and how a replica that has both decides.
//!
//! A replica that answers before it has asked the others takes in writes on both sides of a partition. Posts are a set that only
//! grows, and never conflict. A status line, a count of likes and *is it deleted?* are single values: something has to give.
//!
//! **Happened before** (Lamport 1978). A write *follows* whatever its writer had read and written before. A like also follows what
//! its replica had taken in: the replica looks up the count. Two writes are *concurrent* if neither follows the other. Each
//! write carries the names of what it follows ([`Known`]): a version vector (Parker et al. 1983), with holes (Preguiça et al.
//! 2010). A write that follows another one *supersedes* it. Nothing is lost by that: its writer knew.
//!
//! **The policies** ([`Policy`]) differ in what becomes of concurrent writes.
//!
//! - *Last write wins, by wall clock* (Johnson & Thomas 1975; Cassandra). The higher time of day stays. It orders all writes, and
//!   it needs no vector. A clock that runs five seconds ahead beats whatever others write in the next five seconds, also those who had
//!   read the older value. Both writers were told that theirs is done.
//! - *Last write wins, by hybrid clock* (Kulkarni et al. 2014). The [`Hybrid`] clock never falls behind what it has seen. A write
//!   beats all that it follows, whatever the clocks say. Of two concurrent ones it still loses one.
//! - *Version vectors* (Dynamo §4.4). Concurrent writes stay side by side as *siblings*. A person sees all of them, and the next
//!   write of whoever has seen them supersedes them. Nothing is lost in silence, and somebody has to decide.
//! - *CRDTs* (Shapiro et al. 2011). Each object is of a type whose concurrent operations commute. Likes are a grow-only
//!   counter: each like counts, whoever else liked. A status is a multi-value register: the siblings again. A feed's posts are an
//!   observed-remove set: a deletion takes away the post that it follows.
//! - *By place*: what quorums and logs have anyway. A quorum's tags order all writes of a status, and each like counts.
//!
//! **Why replicas converge.** Each policy is a function of the *set* of writes that a replica knows: it does not matter in which order
//! they came, or how often. Two replicas that know the same writes therefore show the same. Sets of names and their union are a
//! join-semilattice (commutative, associative, idempotent).
//!
//! **A counter that is a register** loses likes. Under last-write-wins and under version vectors a like writes the number that its
//! replica counted, and one. Two likes at once write the same number. Of the two, one is overwritten, or both stay as siblings.
//!
//! **Left out:** removing what is superseded for good (every write is kept), merging texts, re-posting what was deleted.

mod hybrid;
mod register;

pub use hybrid::Hybrid;
pub use register::{Register, Value, Version};

use serde::Serialize;

use crate::known::Name;
use crate::node::Micros;
use crate::store::feed::PostId;

#[cfg(doc)]
use crate::known::Known;

/// What becomes of concurrent writes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Policy {
    /// The order of the store: a quorum's tag, a log's index.
    ByPlace,
    /// The one with the later time of day stays.
    WallClock,
    /// The one with the higher hybrid time stays.
    HybridClock,
    /// All stay, until somebody who has seen them writes.
    Siblings,
    /// As the type of the object has it.
    Crdts,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::ByPlace, Self::WallClock, Self::HybridClock, Self::Siblings, Self::Crdts];

    /// What a setup calls it.
    pub const fn name(self) -> &'static str {
        self.about().0
    }

    /// A heading for it.
    pub const fn title(self) -> &'static str {
        self.about().1
    }

    /// What it does, in a sentence or two.
    pub const fn sentence(self) -> &'static str {
        self.about().2
    }

    /// Where it comes from.
    pub const fn source(self) -> &'static str {
        self.about().3
    }

    const fn about(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::ByPlace => (
                "by-place",
                "By place",
                "The store's own order decides between two statuses: the higher tag stays. Each like counts.",
                "Lynch & Shvartsman 1997",
            ),
            Self::WallClock => (
                "last-write-wins",
                "Last write wins, wall clock",
                "The later time of day stays. A clock that runs ahead beats newer writes, and nobody is told.",
                "Johnson & Thomas 1975",
            ),
            Self::HybridClock => (
                "hybrid-clock",
                "Last write wins, hybrid clock",
                "A write beats all that its writer had seen. Of two concurrent writes one is lost, and nobody is told.",
                "Kulkarni et al. 2014",
            ),
            Self::Siblings => (
                "siblings",
                "Version vectors",
                "Concurrent writes stay side by side, as siblings. A person sees them, and picks one.",
                "Dynamo §4.4",
            ),
            Self::Crdts => (
                "crdts",
                "CRDTs",
                "Likes are a counter, statuses a register with several values. Every confirmed write counts, or is seen.",
                "Shapiro et al. 2011",
            ),
        }
    }

    /// Whether it keeps one write of each object, by a time.
    pub const fn is_by_time(self) -> bool {
        matches!(self, Self::WallClock | Self::HybridClock)
    }

    /// Whether each like counts by itself. Else a like writes the number that its replica counted, and one.
    pub const fn counts_each(self) -> bool {
        matches!(self, Self::ByPlace | Self::Crdts)
    }

    /// Takes its own word out of a setup's; `usual` if there is none.
    pub fn read(words: &str, usual: Self) -> (Self, String) {
        let (words, flaw) = words.split_at(words.find('@').unwrap_or(words.len()));
        let (mut policy, mut rest) = (usual, String::new());
        for word in words.split('.').filter(|word| !word.is_empty()) {
            match Self::ALL.into_iter().find(|policy| policy.name() == word) {
                Some(named) => policy = named,
                None => {
                    rest.push('.');
                    rest.push_str(word);
                }
            }
        }
        (policy, rest + flaw)
    }
}

/// When a write was taken in, by two clocks of its replica.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Times {
    /// The time of day.
    pub wall: Micros,
    /// The hybrid clock.
    pub hybrid: Hybrid,
}

/// All by which a write can be put before or after another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Stamp {
    /// The store's own order: a logical time, the sequence of a tag, the index of an entry.
    pub rank: u64,
    /// When its replica took it in.
    pub times: Times,
}

impl Stamp {
    /// Whether the write of this stamp and name stays rather than the other one, by a policy that keeps one.
    pub fn beats(&self, name: Name, other: &Self, other_name: Name, policy: Policy) -> bool {
        let key = |stamp: &Self, name| match policy {
            Policy::WallClock => (stamp.times.wall.0, 0, name),
            Policy::HybridClock => (stamp.times.hybrid.wall.0, u64::from(stamp.times.hybrid.logical), name),
            Policy::ByPlace | Policy::Siblings | Policy::Crdts => (stamp.rank, 0, name),
        };
        key(self, name) > key(other, other_name)
    }
}

/// What can be written by several people.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Object {
    /// A person's status line.
    Status(crate::node::NodeId),
    /// How many like a post.
    Likes(PostId),
    /// Whether a post is deleted.
    Deletion(PostId),
}

/// A replica had to decide between two writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// It dropped one that the other does not follow.
    Overwrites {
        /// What both wrote.
        object: Object,
        /// What was dropped.
        loser: Name,
        /// Its stamp.
        lost: Stamp,
        /// What stays.
        winner: Name,
        /// Its stamp.
        won: Stamp,
        /// By which rule.
        policy: Policy,
        /// The loser follows the winner: it is the newer one.
        newer: bool,
    },
    /// It keeps concurrent writes side by side.
    KeepsBoth {
        /// What all of them wrote.
        object: Object,
        /// What came.
        write: Name,
        /// What stays beside it.
        beside: Name,
    },
    /// One write took the place of several that it follows.
    Merges {
        /// What all of them wrote.
        object: Object,
        /// What came.
        write: Name,
        /// How many it superseded: at least 2.
        count: u32,
    },
}

//! What everything else has to know of a store: how it is set up, what it promises, what is checked of it.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

use serde::Serialize;

use super::conflict::Policy;
use super::feed::{Feed, Post, PostId};
use super::member::Member;
use super::objects::Objects;
use super::on_log::LogOptions;
use super::participant::Participant;
use super::pattern::{Asked, Leg};
use super::state_machine::{Command, Replicated};
use crate::node::{Disk, Kind, NodeId, NodeSet, Violation};
use crate::setup::SwitchState;
use crate::sim::model::Host;
use crate::sim::run::Seen;

/// What a store keeps under a partition. It gives up the other one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// Consistency: it refuses rather than answer wrongly.
    CP,
    /// Availability: it answers from what it has.
    AP,
}

impl Side {
    /// `CP` or `AP`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CP => "CP",
            Self::AP => "AP",
        }
    }
}

/// Shown by its name.
impl Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// An invariant: its name, and what it says.
pub type Invariant = (&'static str, &'static str);

/// One store of the feed, by its setup: a row of [the table](super::table).
///
/// The setup is shown and read as what follows the store's name: `.pre-vote@vote-not-durable`.
pub trait Descriptor: Copy + Eq + Debug + Default + Display + FromStr<Err = String> {
    /// What a setup calls it.
    const NAME: &'static str;
    /// What people call it.
    const TITLE: &'static str;

    /// One replica.
    type Replica: Member<Participant, Service = Feed> + ShowsFeed;
    /// What its replicas send to one another.
    type Message: StoreMessage;
    /// Their timers.
    type Timer: Copy + Ord + Hash + Serialize + Debug + Kind;
    /// What survives a crash.
    type Disk: Disk;
    /// What they note.
    type Note: StoreNote;
    /// What the checks of its invariants remember.
    type Ghost: Clone + Default + Debug;

    /// A replica that has not started. All timeouts are `stretch` times as long as usual, from 1: as the round trips ask for.
    fn replica(self, id: NodeId, servers: NodeSet, stretch: u32) -> Self::Replica;

    /// What the answer to an operation waits for, of replicas `servers`.
    fn pattern(self, servers: NodeSet, asked: Asked) -> Vec<Leg>;

    /// The invariant that a stale read breaks, if it promises that every read sees all that was confirmed before it began.
    fn linearizable_reads(self) -> Option<&'static str>;

    /// What it keeps under a partition.
    fn side(self) -> Side {
        if self.linearizable_reads().is_some() { Side::CP } else { Side::AP }
    }

    /// Whether a post goes to a place of its own, also before posts that were read already; else it goes to the end. What it promises
    /// of reads it promises of that feed.
    fn by_place(self) -> bool {
        false
    }

    /// How its replicas treat their clients, and which of them take part.
    fn options(self) -> LogOptions {
        LogOptions::default()
    }

    /// The same with those options that it has.
    fn with_options(self, options: LogOptions) -> Self {
        let _ = options;
        self
    }

    /// What is wrong with it for so many replicas, if anything.
    fn check(self, replicas: u8) -> Result<(), String> {
        let _ = replicas;
        Ok(())
    }

    /// Its features, and which of them are on.
    fn switches(self) -> Vec<SwitchState> {
        Vec::new()
    }

    /// Its numbers that a person may choose, by the word that a setup has for each.
    fn dials(self) -> Vec<(&'static str, u8)> {
        Vec::new()
    }

    /// What becomes of concurrent writes, if there is a choice.
    fn policy(self) -> Option<Policy> {
        None
    }

    /// The same with that policy, if there is a choice.
    fn with_policy(self, policy: Policy) -> Self {
        let _ = policy;
        self
    }

    /// The mistake that is made on purpose.
    fn flaw(self) -> Option<&'static str> {
        None
    }

    /// The same without that.
    fn without_flaw(self) -> Self {
        self
    }

    /// What is checked of it after every event.
    fn invariants() -> Vec<Invariant> {
        Vec::new()
    }

    /// Checks that.
    fn observe(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant>) -> Result<(), Violation> {
        let _ = (ghost, seen);
        Ok(())
    }

    /// Whether a replica has that post, or would have it again after a restart.
    fn keeps(host: &Host<Participant>, post: PostId) -> bool {
        host.node.has(post)
    }

    /// The posts that a replica removed in this step, as its rules have it. A store that keeps what it has removes none.
    fn discarded(seen: &Seen<'_, Participant>) -> Vec<PostId> {
        let _ = seen;
        Vec::new()
    }
}

/// A replica whose feed can be looked at.
pub trait ShowsFeed: Clone + Eq + Hash + Debug {
    /// The posts that it would show now, oldest first.
    fn posts(&self) -> Vec<&Post>;

    /// Whether it has that post.
    fn has(&self, post: PostId) -> bool;

    /// Whether it believes to lead the others.
    fn leads(&self) -> bool {
        false
    }

    /// What people wrote beside posts, as it has that.
    fn objects(&self) -> Option<&Objects> {
        None
    }

    /// What its log led to, if it has one.
    fn replicated(&self) -> Option<&Replicated<Feed>> {
        None
    }
}

/// A message from one replica to another, for whoever follows an operation through the network.
pub trait StoreMessage: Clone + Eq + Hash + Debug + Kind {
    /// Where in the log it has an entry like this, if it carries one.
    fn entry(&self, wanted: &dyn Fn(&Command<Feed>) -> bool) -> Option<u64> {
        let _ = wanted;
        None
    }

    /// Whether it acknowledges the entry at this index.
    fn acknowledges(&self, index: u64) -> bool {
        let _ = index;
        false
    }

    /// The round of heartbeats to which it belongs, and whether it answers one.
    fn round(&self) -> Option<(u64, bool)> {
        None
    }

    /// Whether it brings this post to a replica that answers from what it has.
    fn brings(&self, post: PostId) -> bool {
        let _ = post;
        false
    }
}

/// A rule that fired or refused at a replica, for whoever watches.
pub trait StoreNote: Clone + Eq + Debug {
    /// Whether a learner will want to read it. What goes well, the phones show.
    fn is_notable(&self) -> bool;

    /// Whether it says that its server was elected.
    fn is_election(&self) -> bool {
        false
    }
}

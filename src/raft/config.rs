//! What a server is set up with.

use super::membership::Membership;
use super::{Flaw, Switches};
use crate::node::{Delay, Micros, NodeId, NodeSet};

/// What a server is told before it starts. Not part of its memory: a crash leaves it as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// This server.
    pub id: NodeId,
    /// The voters to begin with: the configuration before the first entry of the log, the same on every server, also on one
    /// that is not among them and waits until it is added.
    pub members: NodeSet,
    /// The learners to begin with.
    pub learners: NodeSet,
    /// How long a follower waits for a leader: `[T, 2T)` (§5.2, §9.3). Must be well above the heartbeat interval plus the
    /// time of a message and of a sync (§5.6).
    pub election_timeout: Delay,
    /// How often a leader shows that it is alive.
    pub heartbeat_interval: Micros,
    /// At most so many entries in one AppendEntries, at least 1; with [`Switches::one_entry`] always 1.
    pub max_entries_per_append: u32,
    /// The features that it has.
    pub switches: Switches,
    /// A mistake to make on purpose.
    pub flaw: Option<Flaw>,
}

impl Config {
    /// The paper's election timeout of 150 to 300 ms (§9.3), a heartbeat every 40 ms, 64 entries a message;
    /// no learners, and no feature switched on.
    pub fn new(id: NodeId, members: NodeSet) -> Self {
        Self {
            id,
            members,
            learners: NodeSet::EMPTY,
            election_timeout: Delay::between(Micros::from_ms(150), Micros::from_ms(300)),
            heartbeat_interval: Micros::from_ms(40),
            max_entries_per_append: 64,
            switches: Switches::default(),
            flaw: None,
        }
    }

    /// The same with timeouts and heartbeats `times` as long, for links that are so much slower.
    pub fn stretched(self, times: u32) -> Self {
        let heartbeat_interval = self.heartbeat_interval.times(times);
        Self { election_timeout: self.election_timeout.times(times), heartbeat_interval, ..self }
    }

    /// The configuration before the first entry of the log.
    pub(super) fn first_membership(&self) -> Membership {
        Membership::simple(self.members, self.learners)
    }

    /// How many entries an append carries at most.
    pub(super) fn entries_per_append(&self) -> u32 {
        if self.switches.one_entry { 1 } else { self.max_entries_per_append }
    }
}

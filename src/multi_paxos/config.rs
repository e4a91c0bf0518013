//! What a server is set up with, and how many make a quorum.

use super::Flaw;
use crate::node::{Count, Delay, Micros, NodeId, NodeSet};

/// How many servers each phase needs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Quorums {
    /// Promises that make a leader.
    pub phase1: u8,
    /// Acceptances that choose a value.
    pub phase2: u8,
}

impl Quorums {
    /// More than half for both, as in Lamport's papers.
    pub fn majorities(members: NodeSet) -> Self {
        let majority = members.len() as u8 / 2 + 1;
        Self { phase1: majority, phase2: majority }
    }

    /// What is wrong with these sizes, if anything: the rule of Flexible Paxos, which [`Flaw::QuorumOneShort`] breaks by one.
    pub fn check(self, members: NodeSet, flaw: Option<Flaw>) -> Result<(), String> {
        let (all, sum) = (members.len(), usize::from(self.phase1) + usize::from(self.phase2));
        let Self { phase1, phase2 } = self;
        if self.phase1.min(self.phase2) == 0 || usize::from(self.phase1.max(self.phase2)) > all {
            return Err(format!("quorums of {phase1} and {phase2} do not exist among {all}"));
        }
        match flaw {
            Some(Flaw::QuorumOneShort) if sum == all => Ok(()),
            Some(Flaw::QuorumOneShort) => {
                Err(format!("{phase1} + {phase2} is not {all}: the quorums are not one short"))
            }
            _ if sum > all => Ok(()),
            _ => Err(format!("{phase1} + {phase2} is not more than {all}: a quorum could miss another")),
        }
    }
}

/// What a server is told before it starts. Not part of its memory: a crash leaves it as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// This server.
    pub id: NodeId,
    /// All servers, this one included. Other participants of the run may have ids beyond theirs.
    pub members: NodeSet,
    /// How many servers each phase needs. The same at all servers.
    pub quorums: Quorums,
    /// How long a server waits for a leader, or for promises, before it asks (again): must be well above the heartbeat
    /// interval plus the time of a round trip and of a sync. The range is wide, so that two seldom ask at once.
    pub election_timeout: Delay,
    /// How often a leader shows that it is alive, and sends again what was not accepted.
    pub heartbeat_interval: Micros,
    /// After so many slots a snapshot is due; never if `None`. At least 1.
    pub snapshot_after: Option<u32>,
    /// A mistake to make on purpose.
    pub flaw: Option<Flaw>,
}

impl Config {
    /// Majorities, 150 to 300 ms until a leader is missed, a heartbeat every 40 ms, as the lab's Raft; no compaction.
    pub fn new(id: NodeId, members: NodeSet) -> Self {
        Self {
            id,
            members,
            quorums: Quorums::majorities(members),
            election_timeout: Delay::between(Micros::from_ms(150), Micros::from_ms(300)),
            heartbeat_interval: Micros::from_ms(40),
            snapshot_after: None,
            flaw: None,
        }
    }

    /// The same with timeouts and heartbeats `times` as long, for links that are so much slower.
    pub fn stretched(self, times: u32) -> Self {
        let heartbeat_interval = self.heartbeat_interval.times(times);
        Self { election_timeout: self.election_timeout.times(times), heartbeat_interval, ..self }
    }

    /// Every member but this server.
    pub(super) fn peers(&self) -> NodeSet {
        self.members.without(self.id)
    }

    /// The servers that promised, against what phase 1 needs.
    pub(super) fn phase1(&self, by: NodeSet) -> Count {
        Count { by, needed: self.quorums.phase1, of: self.members.len() as u8 }
    }

    /// The servers that accepted or confirmed, against what phase 2 needs.
    pub(super) fn phase2(&self, by: NodeSet) -> Count {
        Count { by, needed: self.quorums.phase2, of: self.members.len() as u8 }
    }
}

//! What servers say to each other. 1a, 1b, 2a, 2b are the names of *Paxos Made Moderately Complex*.

use std::sync::Arc;

use serde::Serialize;

use super::durable::Snapshot;
use super::proposal::{Ballot, Payload, Proposal, Slot};
use crate::node::{Command, Kind};

/// A message between servers. The ballot is the one that it is about, not the sender's latest.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message<C: Command> {
    /// Phase 1a: a server that wants to lead asks every other for its promise, for all slots at once (§3).
    Prepare {
        /// The asker's ballot. Durable before this leaves, so that it is never used twice.
        ballot: Ballot,
        /// The first slot that the asker does not know to be decided: nothing before it needs to be reported.
        first: Slot,
    },
    /// Phase 1b: the answer to it; the asker also sends its own to itself.
    Promise {
        /// The asker's ballot: proves that the sender accepts nothing under a lower one any more.
        ballot: Ballot,
        /// The first slot that was asked about.
        first: Slot,
        /// What the sender accepted from there on: all that a lower ballot can have had chosen is among the reports of a
        /// quorum.
        accepted: Arc<[(Slot, Proposal<C>)]>,
        /// If the sender no longer has all of that: the snapshot that took its place.
        snapshot: Option<Snapshot<C::Snapshot>>,
    },
    /// Phase 2a: the leader asks every other server to accept values for a run of slots.
    Accept {
        /// The leader's ballot: proves that a phase-1 quorum promised it.
        ballot: Ballot,
        /// The slot of the first value; the others follow without a gap.
        first: Slot,
        /// The values: no others are ever proposed for these slots under this ballot.
        payloads: Arc<[Payload<C>]>,
        /// All slots up to here are chosen.
        commit: Slot,
    },
    /// Phase 2b: the answer to it; a leader also sends its own to itself, when its disk is done.
    Accepted {
        /// The leader's ballot.
        ballot: Ballot,
        /// Proves that the sender's disk holds the leader's values for the slots from here …
        first: Slot,
        /// … to here, or a snapshot of them.
        last: Slot,
    },
    /// The answer to a Prepare, an Accept or a Heartbeat under too low a ballot.
    Nack {
        /// The refused ballot.
        ballot: Ballot,
        /// The ballot that forbids it.
        promised: Ballot,
    },
    /// The leader tells every other server that it is alive, and asks whether it still leads.
    Heartbeat {
        /// The leader's ballot.
        ballot: Ballot,
        /// Counted under this ballot from 1.
        beat: u32,
        /// All slots up to here are chosen.
        commit: Slot,
    },
    /// The answer to it.
    HeartbeatReply {
        /// The leader's ballot: proves that the sender had promised no higher one when the beat came.
        ballot: Ballot,
        /// The beat that is answered.
        beat: u32,
        /// All slots up to here are known to the sender as chosen, with their values.
        learned: Slot,
    },
    /// A learner that lacks the values of chosen slots asks the leader for them.
    CatchUp {
        /// The ballot of the leader that is asked.
        ballot: Ballot,
        /// All that the sender has.
        learned: Slot,
    },
    /// The answer to it: chosen values are facts, whoever tells them and under whichever ballot.
    Decided {
        /// The sender's ballot.
        ballot: Ballot,
        /// What takes the place of the slots that the sender no longer has.
        snapshot: Option<Snapshot<C::Snapshot>>,
        /// The slot of the first value; the others follow without a gap.
        first: Slot,
        /// Chosen values.
        payloads: Arc<[Payload<C>]>,
    },
}

impl<C: Command> Message<C> {
    /// The ballot that it is about.
    pub fn ballot(&self) -> Ballot {
        match self {
            Self::Prepare { ballot, .. }
            | Self::Promise { ballot, .. }
            | Self::Accept { ballot, .. }
            | Self::Accepted { ballot, .. }
            | Self::Nack { ballot, .. }
            | Self::Heartbeat { ballot, .. }
            | Self::HeartbeatReply { ballot, .. }
            | Self::CatchUp { ballot, .. }
            | Self::Decided { ballot, .. } => *ballot,
        }
    }
}

impl<C: Command> Kind for Message<C> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Prepare { .. } => "Prepare",
            Self::Promise { .. } => "Promise",
            Self::Accept { .. } => "Accept",
            Self::Accepted { .. } => "Accepted",
            Self::Nack { .. } => "Nack",
            Self::Heartbeat { .. } => "Heartbeat",
            Self::HeartbeatReply { .. } => "HeartbeatReply",
            Self::CatchUp { .. } => "CatchUp",
            Self::Decided { .. } => "Decided",
        }
    }
}

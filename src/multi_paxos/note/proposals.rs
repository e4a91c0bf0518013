//! Phase 2 and the promises behind it: a leader's proposals and what the acceptors make of them.

use crate::multi_paxos::{Ballot, Slot};
use crate::node::{Count, NodeId, NodeSet, RequestId};

/// What a leader proposes, and what it counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaderNote {
    /// A new leader proposes what was reported for a slot: it may have been chosen.
    ProposesReported {
        /// The slot.
        slot: Slot,
        /// Its own ballot.
        ballot: Ballot,
        /// The ballot of the highest-numbered report.
        under: Ballot,
    },
    /// A new leader proposes a no-op for a slot for which nothing was reported.
    FillsHole {
        /// The slot.
        slot: Slot,
        /// Its own ballot.
        ballot: Ballot,
        /// The last slot for which something was reported.
        last: Slot,
    },
    /// The leader proposes a client's command.
    Proposes {
        /// For the first free slot.
        slot: Slot,
        /// Its ballot.
        ballot: Ballot,
        /// The request that it carries out.
        request: RequestId,
        /// All slots up to here are decided.
        commit: Slot,
    },
    /// A leader counts acceptances.
    AcceptanceCounted {
        /// Whose; its own, once they are durable.
        from: NodeId,
        /// Under its ballot.
        ballot: Ballot,
        /// For the slots from here …
        first: Slot,
        /// … to here.
        last: Slot,
        /// How many it had not counted before, and has use for.
        news: u64,
    },
    /// A phase-2 quorum accepted the next slot, so that all up to `new` is chosen without holes.
    CommitAdvanced {
        /// Its commit index until now.
        old: Slot,
        /// Its commit index now.
        new: Slot,
        /// The ballot of the acceptances.
        ballot: Ballot,
        /// Who accepted slot `new`.
        count: Count,
    },
    /// A slot is chosen, but one before it is not: it can't be carried out yet.
    ChosenAfterHole {
        /// The slot.
        slot: Slot,
        /// The first one that is not decided.
        hole: Slot,
        /// Who accepted it.
        count: Count,
    },
    /// The leader sends values again that were not accepted for more than one heartbeat interval.
    SendsAgain {
        /// To whom.
        to: NodeId,
        /// Its ballot.
        ballot: Ballot,
        /// The slots from here …
        first: Slot,
        /// … to here.
        last: Slot,
    },
    /// The leader told every other server that it is alive.
    HeartbeatSent {
        /// Its ballot.
        ballot: Ballot,
        /// The number of the heartbeat.
        beat: u32,
        /// All slots up to here are chosen.
        commit: Slot,
        /// To whom.
        followers: NodeSet,
    },
}

/// What a server promises and accepts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AcceptorNote {
    /// It promises a ballot to another server.
    Promises {
        /// The ballot.
        ballot: Ballot,
        /// The highest that it had promised before.
        previous: Ballot,
        /// The first slot that it was asked about.
        first: Slot,
        /// How many accepted proposals it reports.
        reported: u64,
        /// The last slot of the snapshot that it reports, if it does.
        snapshot: Option<Slot>,
    },
    /// It refuses to promise a ballot.
    PrepareRefused {
        /// Who asked.
        from: NodeId,
        /// For which ballot.
        ballot: Ballot,
        /// The higher one that it has promised.
        promised: Ballot,
    },
    /// An acceptor accepts the leader's values.
    Accepts {
        /// Whose.
        leader: NodeId,
        /// The leader's ballot: the highest that it has promised.
        ballot: Ballot,
        /// For the slots from here …
        first: Slot,
        /// … to here.
        last: Slot,
        /// How many of them it had not accepted under this ballot before.
        fresh: u64,
    },
    /// It refuses the values of a leader whose ballot is too low.
    AcceptRefused {
        /// Whose.
        from: NodeId,
        /// The leader's ballot.
        ballot: Ballot,
        /// The higher one that it has promised.
        promised: Ballot,
        /// The first slot that was asked for.
        first: Slot,
    },
}

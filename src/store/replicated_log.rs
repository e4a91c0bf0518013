//! What a replica needs of a replicated log, whatever protocol keeps it and whatever it carries.

use std::fmt::{self, Display};

use serde::Serialize;

use super::service::AdminCommand;
use crate::multi_paxos::Ballot;
use crate::node::{self, Effects, Node, NodeId};
use crate::primary_backup::View;
use crate::raft::Term;

/// Commands in one order, the same at all servers: each index, counted from 1, holds at most one for good.
///
/// A log promises this of what it is asked: `Done` once the command or the read took effect; `Refused` only if it never will;
/// `Unknown` once it is sure that it will never know; no answer as long as it may still learn of it.
pub trait ReplicatedLog: Node {
    /// What it carries.
    type Command: node::Command;

    /// This server.
    fn id(&self) -> NodeId;
    /// Who leads, as far as it knows.
    fn leader(&self) -> Option<NodeId>;
    /// Grows with every change of leader that it hears of.
    fn epoch(&self) -> Epoch;
    /// The epoch that a server starts with from this disk.
    fn epoch_on(disk: &Self::Disk) -> Epoch;
    /// Whether it tries to become leader.
    fn is_candidate(&self) -> bool;
    /// Up to here all is decided: what this index passes may be carried out.
    fn commit_index(&self) -> u64;
    /// Takes out the first decided index whose entry it gave up since this was last asked. A log that keeps what it decides never
    /// does; one without a quorum may ([`crate::primary_backup`]).
    fn take_rewound(&mut self) -> Option<u64> {
        None
    }
    /// The command at a decided index that it still has; none if the protocol put something of its own there.
    fn command(&self, index: u64) -> Option<&Self::Command>;
    /// The state that took the place of the log's beginning, and the last index that it covers.
    fn snapshot(&self) -> Option<(u64, &SnapshotOf<Self>)>;
    /// Whether so much was decided since then that [`ReplicatedLog::compact`] is due.
    fn wants_snapshot(&self) -> bool;
    /// Replaces all up to `through`, which was carried out, by the state that it led to.
    fn compact(&mut self, through: u64, state: SnapshotOf<Self>, out: &mut Effects<Self>);
    /// A server that has not started, configured as this one.
    fn fresh(&self) -> Self;

    /// Asks it to put a command into the log.
    fn propose(command: Self::Command) -> Self::Request;
    /// Asks it for a read that is no entry of its own; none if its reads are entries, as its switches may have it.
    fn read(&self) -> Option<Self::Request>;
    /// Asks it for what an operator wants; none if it can't be had from this protocol.
    fn admin(&self, command: AdminCommand) -> Option<Self::Request>;
    /// What a request came to.
    fn settled(response: &Self::Response) -> Settled;
    /// Why a request did not take effect.
    fn declined(refusal: &Self::Refusal) -> Declined;
}

/// The state that a log's commands lead to.
pub type SnapshotOf<L> = <<L as ReplicatedLog>::Command as node::Command>::Snapshot;

/// What changes with every leader: the logical clock of the protocol that keeps a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Epoch {
    /// Raft's.
    Term(Term),
    /// Multi-Paxos's.
    Ballot(Ballot),
    /// That of primary and backup.
    View(View),
}

/// Shown in the protocol's words: `term 4`, `ballot 2.n3`.
impl Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => write!(f, "term {term}"),
            Self::Ballot(ballot) => write!(f, "ballot {ballot}"),
            Self::View(view) => write!(f, "view {view}"),
        }
    }
}

/// What a request came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// Its command is decided, at this index.
    At(u64),
    /// It is a read that may be answered once this index was carried out.
    ReadAt(u64),
    /// The operator has what was asked for.
    AdminDone,
}

/// Why a request did not take effect and never will.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Declined {
    /// The server does not lead, or no longer does.
    NotLeader,
    /// Its entry stood at this index, until another one was decided there.
    Superseded(u64),
    /// The leader hands over its office.
    HandingOver,
    /// The operator can't have it.
    AdminRefused,
}

//! What the consistent feed needs of a replicated log, whatever protocol keeps it.

use super::consistent_feed::{Command, FeedState};
use super::feed::{AdminCommand, Epoch};
use super::participant::{Delta, Message, Note, Timer};
use crate::multi_paxos::{self, Durable, MultiPaxos, Slot};
use crate::node::{Disk, Effects, Node, NodeId, NodeSet};
use crate::raft::{self, Change, Index, Payload, PersistentState, Raft, Reads};

/// Commands in one order, the same at all servers: each index, counted from 1, holds at most one for good.
///
/// A log promises this of what it is asked: `Done` once the command or the read took effect; `Refused` only if it never will;
/// `Unknown` once it is sure that it will never know; no answer as long as it may still learn of it.
pub trait ReplicatedLog: Node {
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
    /// The command at a decided index that it still has; none if the protocol put something of its own there.
    fn command(&self, index: u64) -> Option<&Command>;
    /// The state that took the place of the log's beginning, and the last index that it covers.
    fn snapshot(&self) -> Option<(u64, &FeedState)>;
    /// Whether so much was decided since then that [`ReplicatedLog::compact`] is due.
    fn wants_snapshot(&self) -> bool;
    /// Replaces all up to `through`, which was carried out, by the state that it led to.
    fn compact(&mut self, through: u64, state: FeedState, out: &mut Effects<Self>)
    where
        Self: Sized;
    /// A server that has not started, configured as this one.
    fn fresh(&self) -> Self;

    /// Asks it to put a command into the log.
    fn propose(command: Command) -> Self::Request;
    /// Asks it for a read that is no entry of its own; none if its reads are entries, as its switches may have it.
    fn read(&self) -> Option<Self::Request>;
    /// Asks it for what an operator wants; none if it can't be had from this protocol.
    fn admin(&self, command: AdminCommand) -> Option<Self::Request>;
    /// What a request came to.
    fn settled(response: &Self::Response) -> Settled;
    /// Why a request did not take effect.
    fn declined(refusal: &Self::Refusal) -> Declined;

    /// As a message of the feed.
    fn message(message: Self::Message) -> Message;
    /// As a timer of the feed.
    fn timer(timer: Self::Timer) -> Timer;
    /// As a change to the disk of the feed.
    fn delta(delta: <Self::Disk as Disk>::Delta) -> Delta;
    /// As a note of the feed.
    fn note(note: Self::Note) -> Note;
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

impl ReplicatedLog for Raft<Command> {
    fn id(&self) -> NodeId {
        self.id()
    }

    fn leader(&self) -> Option<NodeId> {
        self.leader_hint()
    }

    fn epoch(&self) -> Epoch {
        Epoch::Term(self.term())
    }

    fn epoch_on(disk: &PersistentState<Command>) -> Epoch {
        Epoch::Term(disk.term)
    }

    fn is_candidate(&self) -> bool {
        matches!(self.role(), raft::Role::Candidate { .. } | raft::Role::PreCandidate { .. })
    }

    fn commit_index(&self) -> u64 {
        self.commit_index().0
    }

    fn command(&self, index: u64) -> Option<&Command> {
        match &self.entry(Index(index))?.payload {
            Payload::Command(command) => Some(command),
            Payload::Noop | Payload::Config(_) => None,
        }
    }

    fn snapshot(&self) -> Option<(u64, &FeedState)> {
        self.snapshot().map(|snapshot| (snapshot.last.index.0, &snapshot.state))
    }

    fn wants_snapshot(&self) -> bool {
        self.wants_snapshot()
    }

    fn compact(&mut self, through: u64, state: FeedState, out: &mut Effects<Self>) {
        self.compact(Index(through), state, out);
    }

    fn fresh(&self) -> Self {
        Self::new(*self.config())
    }

    fn propose(command: Command) -> raft::Request<Command> {
        raft::Request::Propose(command)
    }

    fn read(&self) -> Option<raft::Request<Command>> {
        (self.config().switches.reads != Reads::Log).then_some(raft::Request::Read)
    }

    fn admin(&self, command: AdminCommand) -> Option<raft::Request<Command>> {
        Some(match command {
            AdminCommand::Transfer(to) => raft::Request::TransferLeadership(to),
            AdminCommand::Learner(node) => raft::Request::ChangeMembers(Change::AddLearner(node)),
            AdminCommand::Add(node) => raft::Request::ChangeMembers(Change::Add(node)),
            AdminCommand::Remove(node) => raft::Request::ChangeMembers(Change::Remove(node)),
            AdminCommand::Voters(voters) => {
                raft::Request::ChangeMembers(Change::Joint { voters, learners: NodeSet::EMPTY })
            }
        })
    }

    fn settled(response: &raft::Response) -> Settled {
        match response {
            raft::Response::Committed { index, .. } => Settled::At(index.0),
            raft::Response::ReadAt { index } => Settled::ReadAt(index.0),
            raft::Response::Transferred { .. } => Settled::AdminDone,
        }
    }

    fn declined(refusal: &raft::Refusal) -> Declined {
        match refusal {
            raft::Refusal::Superseded { index } => Declined::Superseded(index.0),
            raft::Refusal::NotLeader { .. } => Declined::NotLeader,
            raft::Refusal::HandingOver { .. } => Declined::HandingOver,
            raft::Refusal::NotTransferred { .. } | raft::Refusal::Change(_) => Declined::AdminRefused,
        }
    }

    fn message(message: raft::Message<Command>) -> Message {
        Message::Raft(message)
    }

    fn timer(timer: raft::Timer) -> Timer {
        Timer::Raft(timer)
    }

    fn delta(delta: raft::Delta<Command>) -> Delta {
        Delta::Raft(delta)
    }

    fn note(note: raft::Note) -> Note {
        Note::Raft(note)
    }
}

impl ReplicatedLog for MultiPaxos<Command> {
    fn id(&self) -> NodeId {
        self.id()
    }

    fn leader(&self) -> Option<NodeId> {
        self.leader_hint()
    }

    fn epoch(&self) -> Epoch {
        Epoch::Ballot(self.ballot())
    }

    fn epoch_on(disk: &Durable<Command>) -> Epoch {
        Epoch::Ballot(disk.promised)
    }

    fn is_candidate(&self) -> bool {
        matches!(self.role(), multi_paxos::Role::Preparing { .. })
    }

    fn commit_index(&self) -> u64 {
        self.commit_index().0
    }

    fn command(&self, index: u64) -> Option<&Command> {
        self.command(Slot(index))
    }

    fn snapshot(&self) -> Option<(u64, &FeedState)> {
        self.snapshot().map(|snapshot| (snapshot.through.0, &snapshot.state))
    }

    fn wants_snapshot(&self) -> bool {
        self.wants_snapshot()
    }

    fn compact(&mut self, through: u64, state: FeedState, out: &mut Effects<Self>) {
        self.compact(Slot(through), state, out);
    }

    fn fresh(&self) -> Self {
        Self::new(*self.config())
    }

    fn propose(command: Command) -> multi_paxos::Request<Command> {
        multi_paxos::Request::Propose(command)
    }

    fn read(&self) -> Option<multi_paxos::Request<Command>> {
        Some(multi_paxos::Request::Read)
    }

    fn admin(&self, _: AdminCommand) -> Option<multi_paxos::Request<Command>> {
        None
    }

    fn settled(response: &multi_paxos::Response) -> Settled {
        match response {
            multi_paxos::Response::Committed { slot, .. } => Settled::At(slot.0),
            multi_paxos::Response::ReadAt { slot } => Settled::ReadAt(slot.0),
        }
    }

    fn declined(refusal: &multi_paxos::Refusal) -> Declined {
        match refusal {
            multi_paxos::Refusal::NotLeader { .. } => Declined::NotLeader,
            multi_paxos::Refusal::Superseded { slot } => Declined::Superseded(slot.0),
        }
    }

    fn message(message: multi_paxos::Message<Command>) -> Message {
        Message::MultiPaxos(message)
    }

    fn timer(timer: multi_paxos::Timer) -> Timer {
        Timer::MultiPaxos(timer)
    }

    fn delta(delta: multi_paxos::Delta<Command>) -> Delta {
        Delta::MultiPaxos(delta)
    }

    fn note(note: multi_paxos::Note) -> Note {
        Note::MultiPaxos(note)
    }
}

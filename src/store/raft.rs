//! The feed on Raft's log (CP).

use super::descriptor::{Descriptor, Invariant, StoreMessage, StoreNote};
use super::feed::Feed;
use super::on_log::{EXACTLY_ONCE, LogOptions, OnLog, exactly_once};
use super::participant::Participant;
use super::pattern::{Asked, Leg};
use super::replica::Replica;
use super::replicated_log::{Declined, Epoch, ReplicatedLog, Settled};
use super::service::AdminCommand;
use super::state_machine::Command;
use crate::node::{self, Effects, NodeId, NodeSet, Violation};
use crate::raft::{self, AppendResult, Change, Index, Payload, PersistentState, Raft, Reads};
use crate::setup::SwitchState;
use crate::sim::run::Seen;

/// The feed on Raft, by its setup.
pub type RaftStore = OnLog<raft::Setup>;

impl Descriptor for RaftStore {
    const NAME: &'static str = "raft";
    const TITLE: &'static str = "Raft";

    type Replica = Replica<Raft<Command<Feed>>, Feed>;
    type Message = raft::Message<Command<Feed>>;
    type Timer = raft::Timer;
    type Disk = PersistentState<Command<Feed>>;
    type Note = raft::Note;
    type Ghost = raft::invariant::Ghost<Command<Feed>>;

    fn replica(self, id: NodeId, servers: NodeSet, stretch: u32) -> Self::Replica {
        let raft::Setup { switches, flaw } = self.protocol;
        let members = NodeSet::first(servers.len() - usize::from(self.options.spares));
        let config = raft::Config { switches, flaw, ..raft::Config::new(id, members).stretched(stretch) };
        Replica::new(Raft::new(config), self.options.sessions)
    }

    /// The leader waits for a majority: for its disks to have an entry (§5.3), which a read through the log is as well; by ReadIndex for
    /// a round of heartbeats (thesis §6.4). With a lease it answers a read alone (§6.4.1).
    fn pattern(self, servers: NodeSet, asked: Asked) -> Vec<Leg> {
        let of = NodeSet::first(servers.len() - usize::from(self.options.spares));
        let majority = |sync| Leg::Quorum { of, needed: of.len() as u8 / 2 + 1, sync };
        match (asked, self.protocol.switches.reads) {
            (Asked::Write, _) | (Asked::Read, Reads::Log) => vec![Leg::Leader, majority(true)],
            (Asked::Read, Reads::ReadIndex) => vec![Leg::Leader, majority(false)],
            (Asked::Read, Reads::Lease) => vec![Leg::Leader],
        }
    }

    fn linearizable_reads(self) -> Option<&'static str> {
        Some(raft::invariant::LINEARIZABLE_READS)
    }

    fn options(self) -> LogOptions {
        self.options
    }

    fn with_options(self, options: LogOptions) -> Self {
        Self { options, ..self }
    }

    fn check(self, replicas: u8) -> Result<(), String> {
        match self.options.spares {
            spares if spares >= replicas => {
                Err(format!("{spares} of {replicas} replicas have no vote: nobody could decide anything"))
            }
            _ => Ok(()),
        }
    }

    fn switches(self) -> Vec<SwitchState> {
        raft::SWITCHES.iter().map(|switch| switch.state(&self.protocol)).chain(self.options.switches()).collect()
    }

    fn flaw(self) -> Option<&'static str> {
        self.protocol.flaw.map(raft::Flaw::name)
    }

    fn without_flaw(mut self) -> Self {
        self.protocol.flaw = None;
        self
    }

    fn invariants() -> Vec<Invariant> {
        raft::invariant::INVARIANTS.into_iter().chain([EXACTLY_ONCE]).collect()
    }

    fn observe(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant>) -> Result<(), Violation> {
        exactly_once(seen)?;
        let Some((id, Participant::Raft(after))) = seen.touched() else { return Ok(()) };
        let before = seen.before.filter(|_| !seen.is_first_start());
        ghost.observe(id, before.and_then(|host| host.node.raft()), after.log())
    }
}

impl Participant {
    /// The Raft server, if it is one.
    pub fn raft(&self) -> Option<&Raft<Command<Feed>>> {
        match self {
            Self::Raft(replica) => Some(replica.log()),
            _ => None,
        }
    }
}

impl StoreMessage for raft::Message<Command<Feed>> {
    fn entry(&self, wanted: &dyn Fn(&Command<Feed>) -> bool) -> Option<u64> {
        let Self::AppendEntries { previous, entries, .. } = self else { return None };
        let is_wanted = |payload: &Payload<_>| matches!(payload, Payload::Command(command) if wanted(command));
        let place = entries.iter().position(|entry| is_wanted(&entry.payload))?;
        Some(previous.index.0 + 1 + place as u64)
    }

    fn acknowledges(&self, index: u64) -> bool {
        matches!(self, Self::AppendReply { result: AppendResult::Matched { up_to }, .. } if up_to.0 >= index)
    }

    fn round(&self) -> Option<(u64, bool)> {
        match self {
            Self::AppendEntries { round, .. } => Some((round.0, false)),
            Self::AppendReply { round, .. } => Some((round.0, true)),
            _ => None,
        }
    }
}

impl StoreNote for raft::Note {
    fn is_notable(&self) -> bool {
        let shown_by_phones = matches!(
            self,
            Self::Leader(raft::LeaderNote::EntryAppended { .. } | raft::LeaderNote::CommitAdvanced { .. })
                | Self::Follower(raft::FollowerNote::AppendAccepted { .. } | raft::FollowerNote::CommitLearned { .. })
                | Self::Client(raft::ClientNote::RequestCommitted { .. })
        );
        !shown_by_phones && !self.is_routine()
    }

    fn is_election(&self) -> bool {
        matches!(self, Self::Election(raft::ElectionNote::BecameLeader { .. }))
    }
}

impl<C: node::Command> ReplicatedLog for Raft<C> {
    type Command = C;

    fn id(&self) -> NodeId {
        self.id()
    }

    fn leader(&self) -> Option<NodeId> {
        self.leader_hint()
    }

    fn epoch(&self) -> Epoch {
        Epoch::Term(self.term())
    }

    fn epoch_on(disk: &PersistentState<C>) -> Epoch {
        Epoch::Term(disk.term)
    }

    fn is_candidate(&self) -> bool {
        matches!(self.role(), raft::Role::Candidate { .. } | raft::Role::PreCandidate { .. })
    }

    fn commit_index(&self) -> u64 {
        self.commit_index().0
    }

    fn command(&self, index: u64) -> Option<&C> {
        match &self.entry(Index(index))?.payload {
            Payload::Command(command) => Some(command),
            Payload::Noop | Payload::Config(_) => None,
        }
    }

    fn snapshot(&self) -> Option<(u64, &C::Snapshot)> {
        self.snapshot().map(|snapshot| (snapshot.last.index.0, &snapshot.state))
    }

    fn wants_snapshot(&self) -> bool {
        self.wants_snapshot()
    }

    fn compact(&mut self, through: u64, state: C::Snapshot, out: &mut Effects<Self>) {
        self.compact(Index(through), state, out);
    }

    fn fresh(&self) -> Self {
        Self::new(*self.config())
    }

    fn propose(command: C) -> raft::Request<C> {
        raft::Request::Propose(command)
    }

    fn read(&self) -> Option<raft::Request<C>> {
        (self.config().switches.reads != Reads::Log).then_some(raft::Request::Read)
    }

    fn admin(&self, command: AdminCommand) -> Option<raft::Request<C>> {
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
}

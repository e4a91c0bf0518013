//! The feed on Multi-Paxos's log (CP).

use super::descriptor::{Descriptor, Invariant, StoreMessage, StoreNote};
use super::feed::Feed;
use super::on_log::{EXACTLY_ONCE, LogOptions, OnLog, exactly_once};
use super::participant::{Message, Participant};
use super::pattern::{Asked, Leg};
use super::replica::Replica;
use super::replicated_log::{Declined, Epoch, ReplicatedLog, Settled};
use super::service::{AdminCommand, ServiceMessage};
use super::state_machine::Command;
use crate::multi_paxos::{self, Durable, MultiPaxos, Payload, Slot};
use crate::node::{self, Effects, NodeId, NodeSet, Violation};
use crate::setup::SwitchState;
use crate::sim::model::Step;
use crate::sim::run::Seen;

/// The feed on Multi-Paxos, by its setup.
pub type MultiPaxosStore = OnLog<multi_paxos::Setup>;

impl Descriptor for MultiPaxosStore {
    const NAME: &'static str = "multi-paxos";
    const TITLE: &'static str = "Multi-Paxos";

    type Replica = Replica<MultiPaxos<Command<Feed>>, Feed>;
    type Message = multi_paxos::Message<Command<Feed>>;
    type Timer = multi_paxos::Timer;
    type Disk = Durable<Command<Feed>>;
    type Note = multi_paxos::Note;
    type Ghost = multi_paxos::invariant::Ghost<Command<Feed>>;

    fn replica(self, id: NodeId, servers: NodeSet, stretch: u32) -> Self::Replica {
        Replica::new(MultiPaxos::new(self.protocol.config(id, servers).stretched(stretch)), self.options.sessions)
    }

    /// The leader waits for a phase-2 quorum: for its disks to accept a post (*Paxos Made Simple* §3), for its word that nobody leads
    /// under a higher ballot to answer a read.
    fn pattern(self, servers: NodeSet, asked: Asked) -> Vec<Leg> {
        let needed = self.protocol.config(NodeId(0), servers).quorums.phase2;
        vec![Leg::Leader, Leg::Quorum { of: servers, needed, sync: asked == Asked::Write }]
    }

    fn linearizable_reads(self) -> Option<&'static str> {
        Some(multi_paxos::invariant::LINEARIZABLE_READS)
    }

    fn options(self) -> LogOptions {
        self.options
    }

    fn with_options(self, options: LogOptions) -> Self {
        Self { options: LogOptions { spares: 0, ..options }, ..self }
    }

    fn check(self, _: u8) -> Result<(), String> {
        match self.options.spares {
            0 => Ok(()),
            _ => Err("Multi-Paxos has no changes of membership here, so a spare would never be used".to_owned()),
        }
    }

    fn switches(self) -> Vec<SwitchState> {
        let protocol = multi_paxos::SWITCHES.iter().map(|switch| switch.state(&self.protocol));
        protocol.chain(self.options.switches()).collect()
    }

    fn flaw(self) -> Option<&'static str> {
        self.protocol.flaw.map(multi_paxos::Flaw::name)
    }

    fn without_flaw(mut self) -> Self {
        self.protocol.flaw = None;
        self
    }

    fn invariants() -> Vec<Invariant> {
        let judged_here = |(name, _): &Invariant| *name != multi_paxos::invariant::TRUE_ANSWERS;
        multi_paxos::invariant::INVARIANTS.into_iter().filter(judged_here).chain([EXACTLY_ONCE]).collect()
    }

    fn observe(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant>) -> Result<(), Violation> {
        exactly_once(seen)?;
        match seen.touched() {
            Some((id, Participant::MultiPaxos(after))) => {
                // A crash takes what is volatile: nothing that was before it binds the server, but for what others heard.
                let forgot = seen.is_first_start() || matches!(seen.step, Step::Crash(..));
                let before = seen.before.filter(|_| !forgot).and_then(|host| host.node.multi_paxos());
                let left = seen.sent().filter_map(|envelope| match &envelope.message {
                    Message::MultiPaxos(message) => Some(message),
                    _ => None,
                });
                ghost.observe(id, before, after.log(), left)
            }
            Some((_, Participant::Client(_))) => {
                for envelope in seen.sent() {
                    if let Message::Service(ServiceMessage::Ask { ask, .. }) = &envelope.message {
                        ghost.observe_command(&Command { client: envelope.from, ask: ask.clone() });
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Participant {
    /// The Multi-Paxos server, if it is one.
    pub fn multi_paxos(&self) -> Option<&MultiPaxos<Command<Feed>>> {
        match self {
            Self::MultiPaxos(replica) => Some(replica.log()),
            _ => None,
        }
    }
}

impl StoreMessage for multi_paxos::Message<Command<Feed>> {
    fn entry(&self, wanted: &dyn Fn(&Command<Feed>) -> bool) -> Option<u64> {
        let Self::Accept { first, payloads, .. } = self else { return None };
        let is_wanted = |payload: &Payload<_>| matches!(payload, Payload::Command(command) if wanted(command));
        Some(first.0 + payloads.iter().position(is_wanted)? as u64)
    }

    fn acknowledges(&self, index: u64) -> bool {
        matches!(self, Self::Accepted { first, last, .. } if (first.0..=last.0).contains(&index))
    }

    fn round(&self) -> Option<(u64, bool)> {
        match self {
            Self::Heartbeat { beat, .. } => Some((u64::from(*beat), false)),
            Self::HeartbeatReply { beat, .. } => Some((u64::from(*beat), true)),
            _ => None,
        }
    }
}

impl StoreNote for multi_paxos::Note {
    fn is_notable(&self) -> bool {
        use multi_paxos::{AcceptorNote, ClientNote, LeaderNote, LearnerNote};
        let shown_by_phones = matches!(
            self,
            Self::Leader(LeaderNote::Proposes { .. } | LeaderNote::CommitAdvanced { .. })
                | Self::Acceptor(AcceptorNote::Accepts { .. })
                | Self::Learner(LearnerNote::CommitLearned { .. })
                | Self::Client(
                    ClientNote::RequestCommitted { .. }
                        | ClientNote::ReadTaken { .. }
                        | ClientNote::ReadConfirmed { .. }
                )
        );
        !shown_by_phones && !self.is_routine()
    }

    fn is_election(&self) -> bool {
        matches!(self, Self::Leadership(multi_paxos::LeadershipNote::BecameLeader { .. }))
    }
}

impl<C: node::Command> ReplicatedLog for MultiPaxos<C> {
    type Command = C;

    fn id(&self) -> NodeId {
        self.id()
    }

    fn leader(&self) -> Option<NodeId> {
        self.leader_hint()
    }

    fn epoch(&self) -> Epoch {
        Epoch::Ballot(self.ballot())
    }

    fn epoch_on(disk: &Durable<C>) -> Epoch {
        Epoch::Ballot(disk.promised)
    }

    fn is_candidate(&self) -> bool {
        matches!(self.role(), multi_paxos::Role::Preparing { .. })
    }

    fn commit_index(&self) -> u64 {
        self.commit_index().0
    }

    fn command(&self, index: u64) -> Option<&C> {
        self.command(Slot(index))
    }

    fn snapshot(&self) -> Option<(u64, &C::Snapshot)> {
        self.snapshot().map(|snapshot| (snapshot.through.0, &snapshot.state))
    }

    fn wants_snapshot(&self) -> bool {
        self.wants_snapshot()
    }

    fn compact(&mut self, through: u64, state: C::Snapshot, out: &mut Effects<Self>) {
        self.compact(Slot(through), state, out);
    }

    fn fresh(&self) -> Self {
        Self::new(*self.config())
    }

    fn propose(command: C) -> multi_paxos::Request<C> {
        multi_paxos::Request::Propose(command)
    }

    fn read(&self) -> Option<multi_paxos::Request<C>> {
        Some(multi_paxos::Request::Read)
    }

    fn admin(&self, _: AdminCommand) -> Option<multi_paxos::Request<C>> {
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
}

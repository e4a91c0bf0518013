//! The feed on primary and backup, without a quorum (AP: each side of a cut goes on, and one of the two will be discarded).

use super::descriptor::{Descriptor, Invariant, StoreMessage, StoreNote};
use super::feed::{Feed, PostId};
use super::on_log::{EXACTLY_ONCE, LogOptions, OnLog, exactly_once};
use super::participant::{FeedDisk, Message, Note, Participant};
use super::pattern::{Asked, Leg};
use super::replica::Replica;
use super::replicated_log::{Declined, Epoch, ReplicatedLog, Settled, SnapshotOf};
use super::service::AdminCommand;
use super::state_machine::Command;
use crate::node::{self, Effects, NodeId, NodeSet, Violation};
use crate::primary_backup::{self, Durable, PrimaryBackup};
use crate::setup::SwitchState;
use crate::sim::model::{Host, Status};
use crate::sim::run::Seen;

/// The feed on primary and backup, by its setup.
pub type PrimaryBackupStore = OnLog<primary_backup::Setup>;

impl Descriptor for PrimaryBackupStore {
    const NAME: &'static str = "primary-backup";
    const TITLE: &'static str = "Primary–backup";

    type Replica = Replica<PrimaryBackup<Command<Feed>>, Feed>;
    type Message = primary_backup::Message<Command<Feed>>;
    type Timer = primary_backup::Timer;
    type Disk = Durable<Command<Feed>>;
    type Note = primary_backup::Note;
    type Ghost = primary_backup::invariant::Ghost<Command<Feed>>;

    fn replica(self, id: NodeId, servers: NodeSet, stretch: u32) -> Self::Replica {
        let config = primary_backup::Config { stretch, ..self.protocol.config(id, servers) };
        Replica::new(PrimaryBackup::new(config), self.options.sessions)
    }

    /// The primary answers alone, a post once its own disk has it, or with `one-backup` once another one's has it too (Alsberg & Day
    /// 1976). It tells its backups only what it has on disk itself.
    fn pattern(self, servers: NodeSet, asked: Asked) -> Vec<Leg> {
        let copies = self.protocol.config(NodeId(0), servers).copies();
        match (asked, copies) {
            (Asked::Read, _) => vec![Leg::Leader],
            (Asked::Write, 1) => vec![Leg::Leader, Leg::Sync],
            (Asked::Write, needed) => vec![Leg::Leader, Leg::Sync, Leg::Quorum { of: servers, needed, sync: true }],
        }
    }

    fn linearizable_reads(self) -> Option<&'static str> {
        None
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
            _ => Err("Primary and backup has no changes of membership here, so a spare would never be used".to_owned()),
        }
    }

    fn switches(self) -> Vec<SwitchState> {
        let protocol = primary_backup::SWITCHES.iter().map(|switch| switch.state(&self.protocol));
        protocol.chain(self.options.switches()).collect()
    }

    fn flaw(self) -> Option<&'static str> {
        self.protocol.flaw.map(primary_backup::Flaw::name)
    }

    fn without_flaw(mut self) -> Self {
        self.protocol.flaw = None;
        self
    }

    fn invariants() -> Vec<Invariant> {
        primary_backup::invariant::INVARIANTS.into_iter().chain([EXACTLY_ONCE]).collect()
    }

    fn observe(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant>) -> Result<(), Violation> {
        exactly_once(seen)?;
        let Some((id, Participant::PrimaryBackup(after))) = seen.touched() else { return Ok(()) };
        let before = seen.before.filter(|_| !seen.is_first_start());
        let before = before.and_then(|host| host.node.primary_backup());
        let left = seen.sent().filter_map(|envelope| match &envelope.message {
            Message::PrimaryBackup(message) => Some(message),
            _ => None,
        });
        match &seen.after.host(id).disk {
            FeedDisk::PrimaryBackup(disk) => ghost.observe(id, before, after.log(), disk, left),
            _ => ghost.observe(id, before, after.log(), &Durable::default(), left),
        }
    }

    fn keeps(host: &Host<Participant>, post: PostId) -> bool {
        match &host.disk {
            FeedDisk::PrimaryBackup(disk) if host.status == Status::Crashed => {
                disk.iter_from(1).any(|entry| entry.command.ask.writes() == Some(post))
            }
            _ => host.node.has(post),
        }
    }

    fn discarded(seen: &Seen<'_, Participant>) -> Vec<PostId> {
        let discards = |note: &Note| match note {
            Note::PrimaryBackup(primary_backup::Note::Discards { from, count, .. }) => Some((*from, *count)),
            _ => None,
        };
        let before = seen.before.and_then(|host| host.node.primary_backup());
        let (Some(before), Some((from, count))) = (before, seen.outcome.notes.iter().find_map(discards)) else {
            return Vec::new();
        };
        let gone = before.state().iter_from(from).take(count as usize);
        gone.filter_map(|entry| entry.command.ask.writes()).collect()
    }
}

impl Participant {
    /// The server of primary and backup, if it is one.
    pub fn primary_backup(&self) -> Option<&PrimaryBackup<Command<Feed>>> {
        match self {
            Self::PrimaryBackup(replica) => Some(replica.log()),
            _ => None,
        }
    }
}

impl StoreMessage for primary_backup::Message<Command<Feed>> {
    fn entry(&self, wanted: &dyn Fn(&Command<Feed>) -> bool) -> Option<u64> {
        let Self::Replicate { after, entries, .. } = self else { return None };
        Some(after + 1 + entries.iter().position(|entry| wanted(&entry.command))? as u64)
    }

    fn acknowledges(&self, index: u64) -> bool {
        matches!(self, Self::Stored { through, .. } if *through >= index)
    }
}

impl StoreNote for primary_backup::Note {
    fn is_notable(&self) -> bool {
        // What goes well, the phones show.
        !matches!(self, Self::Appends { .. } | Self::Confirms { .. } | Self::Reads { .. } | Self::Stores { .. })
    }

    fn is_election(&self) -> bool {
        matches!(self, Self::TakesOver { .. })
    }
}

impl<C: node::Command> ReplicatedLog for PrimaryBackup<C> {
    type Command = C;

    fn id(&self) -> NodeId {
        self.config().id
    }

    fn leader(&self) -> Option<NodeId> {
        self.primary()
    }

    fn epoch(&self) -> Epoch {
        Epoch::View(self.view())
    }

    fn epoch_on(disk: &Durable<C>) -> Epoch {
        Epoch::View(disk.view)
    }

    /// Nobody stands for election: who takes over leads.
    fn is_candidate(&self) -> bool {
        false
    }

    fn commit_index(&self) -> u64 {
        self.decided()
    }

    fn take_rewound(&mut self) -> Option<u64> {
        self.take_rewound()
    }

    fn command(&self, index: u64) -> Option<&C> {
        self.state().get(index).map(|entry| &entry.command)
    }

    fn snapshot(&self) -> Option<(u64, &SnapshotOf<Self>)> {
        None
    }

    fn wants_snapshot(&self) -> bool {
        false
    }

    fn compact(&mut self, _: u64, _: SnapshotOf<Self>, _: &mut Effects<Self>) {
        unreachable!("its log is never compacted");
    }

    fn fresh(&self) -> Self {
        Self::new(self.config())
    }

    fn propose(command: C) -> primary_backup::Request<C> {
        primary_backup::Request::Propose(command)
    }

    fn read(&self) -> Option<primary_backup::Request<C>> {
        Some(primary_backup::Request::Read)
    }

    fn admin(&self, _: AdminCommand) -> Option<primary_backup::Request<C>> {
        None
    }

    fn settled(response: &primary_backup::Response) -> Settled {
        match response {
            primary_backup::Response::Confirmed { index, .. } => Settled::At(*index),
            primary_backup::Response::ReadAt { index } => Settled::ReadAt(*index),
        }
    }

    fn declined(refusal: &primary_backup::Refusal) -> Declined {
        match refusal {
            primary_backup::Refusal::NotPrimary { .. } => Declined::NotLeader,
        }
    }
}

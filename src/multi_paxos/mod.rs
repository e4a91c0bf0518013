//! Multi-Paxos: one log on several servers, each of its slots decided by an instance of Paxos, all of them under one leader.
//!
//! After Leslie Lamport, *Paxos Made Simple*, 2001, §3 (PMS), and Robbert van Renesse and Deniz Altinbuken, *Paxos Made
//! Moderately Complex*, 2015 (PMMC); quorum sizes after Heidi Howard, Dahlia Malkhi and Alexander Spiegelman, *Flexible
//! Paxos: Quorum intersection revisited*, 2016 (FPaxos).
//!
//! # The task (PMS §3)
//! Servers that crash and a network that loses, delays, repeats and reorders messages shall behave as one machine that
//! carries out one sequence of commands. Slot `i` of the log is decided by the `i`th instance of Paxos; a server carries
//! out slot `i` when it knows what was chosen for it and for all before it. Every server here plays all roles: it proposes
//! (when it leads), accepts, and learns.
//!
//! # Phase 1 once for all slots (PMS §3)
//! Nothing in phase 1 depends on the value that will be proposed. So a server that wants to lead asks for promises for
//! *all* slots from the first that it does not know to be decided, in one message, and each acceptor answers with all that
//! it accepted from there on. Once a phase-1 quorum has promised, the server leads: a command then costs one round trip of
//! phase 2, as long as it stays. A [`Ballot`] names its leader, so that two servers never use the same.
//!
//! # What a new leader must do (PMS §3)
//! For each slot that a promise reports it proposes the value of the highest-numbered report again, under its own ballot,
//! because it may have been chosen (P2c). Between those slots there may be holes: nothing is chosen there that any quorum
//! could hide, and nothing will ever be proposed there by the old leader. It fills them with no-ops, or what follows a
//! hole could never be carried out. New commands go after all that, and need not wait for it.
//!
//! # Quorums (FPaxos §3)
//! What safety needs is that every phase-1 quorum shares a server with every phase-2 quorum; two phase-2 quorums need not
//! meet, for only one leader uses a ballot. So [`Quorums`] has two sizes, and only `phase1 + phase2 > servers` is safe.
//! A small phase 2 is quick and keeps committing through more failures, until a leader must be replaced.
//!
//! # The disk (PMMC §4.3)
//! Promises and acceptances are durable before anyone hears of them, a leader's own ballot among them. The leader's
//! Accept leaves at once: its disk works in parallel with the others', and it counts itself only when its own write is done.
//! A server learns of that from a message to itself. What is chosen is not written down: it can be learnt again.
//!
//! # Learning and catching up (PMS §2.3)
//! Acceptances go to the leader alone. It tells how far all slots are chosen with every Accept and heartbeat: a server
//! that accepted a slot under that very ballot knows its value; for others it asks ([`Message::CatchUp`]). What was
//! compacted away it gets as a snapshot.
//!
//! # Who leads (PMMC §3)
//! Any rule is safe. Here a leader sends heartbeats, and who misses them for a random time asks for promises under a
//! higher ballot; whoever hears of one steps down. That can go on for ever (a duel), so a server that was overtaken waits
//! in a range that grows each time, and shrinks back once something is chosen. A server that gets no answer repeats its
//! request under the same ballot: a server that is cut off does not drive the rounds up.
//!
//! # Compaction (PMMC §4.2)
//! What every server has carried out need not be kept as commands. When [`MultiPaxos::wants_snapshot`], whoever runs the
//! state machine hands in its state, and the slots go. An acceptor then reports the snapshot instead: all in it is chosen.
//!
//! # Reads (PMMC §4.5)
//! A leader notes how far it has to have decided: its commit index, and at least the slots that it proposed again at the
//! start. It then asks all servers whether it still leads. Once a *phase-2* quorum has said so, the read is safe at that
//! slot: if anything had been chosen under a higher ballot before the read was asked, a phase-1 quorum had promised that
//! ballot before, one of its members is in the phase-2 quorum that was asked later, and it would have refused. What was
//! chosen under a lower ballot was reported in phase 1, what was chosen under this one only this leader can know.
//!
//! # Clients (PMMC §2)
//! A server that does not lead has done nothing and says so. The leader answers when its slot is chosen and so are all
//! before it; or refuses, if the slot was decided otherwise, for a command is only ever proposed again for the same slot.
//! A server that lost its office keeps its open requests, because it may still learn of their fate, unless a snapshot
//! covers their slots: then it says that it does not know. One that crashed has forgotten them. Commands are told apart by
//! their value, as in the paper: who needs two equal ones to count twice puts a number into them.
//!
//! What must never be false stands beside the protocol in [`invariant`]; every rule that fires or refuses leaves a
//! [`Note`]. A [`Flaw`] takes one rule out, to see what it was for.
//!
//! # What is left out
//! Client sessions (they belong to the state machine), changes of who the servers are (PMS §3's window of α slots), leases for
//! reads (PMMC §4.5), and separate machines for the roles (PMMC §4.4).

mod acceptor;
mod config;
mod durable;
mod flaw;
pub mod invariant;
mod leader;
mod learner;
mod message;
mod note;
mod proposal;
mod read;
mod request;
mod role;
mod setup;
#[cfg(test)]
mod tests;

pub use config::{Config, Quorums};
pub use durable::{Accepted, Delta, Durable, Snapshot};
pub use flaw::Flaw;
pub use message::Message;
pub use note::{AcceptorNote, ClientNote, Heard, Ignored, LeaderNote, LeadershipNote, LearnerNote, Note};
pub use proposal::{Ballot, Payload, Proposal, Slot};
pub use request::{Refusal, Request, Response};
pub use role::{Progress, Read, Role, RoleName};
pub use setup::{SWITCHES, Setup, Switch};

use serde::Serialize;

use crate::node::{Answer, Clocks, Command, Effects, Kind, Node, NodeId, RequestId};
use crate::shared_vec::SharedVec;
use crate::sorted::SortedMap;

/// The timers of a server; at most one of the two runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Timer {
    /// Runs where no one leads: when it ends, the server asks for promises, or asks again.
    Election,
    /// Runs at the leader: when it ends, the next heartbeat goes out.
    Heartbeat,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Election => "Election",
            Self::Heartbeat => "Heartbeat",
        }
    }
}

/// A request that this server took as a leader and has not answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Pending<C> {
    request: RequestId,
    command: C,
}

/// One server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MultiPaxos<C: Command> {
    config: Config,
    /// What the disk will hold once all that was written is synced; the disk itself may lag behind.
    state: Durable<C>,
    /// What it knows to be chosen, from the slot after the snapshot on, without holes. Volatile: it can be learnt again.
    learned: SharedVec<Payload<C>>,
    role: Role<C>,
    /// How often in a row it was overtaken by a higher ballot, up to [`role::PREEMPTED_MAX`].
    preempted: u8,
    /// By slot and the ballot under which it proposed for it.
    pending: SortedMap<(Slot, Ballot), Pending<C>>,
}

impl<C: Command> MultiPaxos<C> {
    /// A server that has not started yet: the first event must be [`Node::on_restart`].
    pub fn new(config: Config) -> Self {
        let Config { id, members, quorums, election_timeout, heartbeat_interval, snapshot_after, flaw } = config;
        assert!(members.contains(id), "{id} is not among {members}");
        assert!(heartbeat_interval < election_timeout.min, "every election timer would run out between two heartbeats");
        assert!(snapshot_after != Some(0), "a snapshot of nothing");
        if let Err(wrong) = quorums.check(members, flaw) {
            panic!("{wrong}");
        }
        Self {
            config,
            state: Durable::default(),
            learned: SharedVec::default(),
            role: Role::Follower { leader: None },
            preempted: 0,
            pending: SortedMap::new(),
        }
    }

    /// This server.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// How it was set up.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The highest ballot that it took part in: what it promised, or leads under.
    pub fn ballot(&self) -> Ballot {
        self.state.promised
    }

    /// Its role, with what only that role knows.
    pub fn role(&self) -> &Role<C> {
        &self.role
    }

    /// What it accepted above its snapshot, perhaps not synced.
    pub fn accepted(&self) -> &Accepted<C> {
        &self.state.accepted
    }

    /// What took the place of the beginning of its log.
    pub fn snapshot(&self) -> Option<&Snapshot<C::Snapshot>> {
        self.state.snapshot.as_ref()
    }

    /// The last slot in its snapshot.
    fn base(&self) -> Slot {
        self.state.snapshot.as_ref().map_or(Slot::ZERO, |snapshot| snapshot.through)
    }

    /// The slot up to which it knows all to be chosen, without holes. Never goes back but by a restart.
    pub fn commit_index(&self) -> Slot {
        Slot(self.base().0 + self.learned.len() as u64)
    }

    /// What is chosen for `slot`, if it knows and has not compacted it.
    pub fn chosen(&self, slot: Slot) -> Option<&Payload<C>> {
        self.learned.get(usize::try_from(slot.0.checked_sub(self.base().0 + 1)?).ok()?)
    }

    /// The command at `slot`, which must be after the snapshot and up to the commit index; none for a no-op.
    pub fn command(&self, slot: Slot) -> Option<&C> {
        match self.chosen(slot).expect("after the snapshot and up to the commit index") {
            Payload::Noop => None,
            Payload::Command(command) => Some(command),
        }
    }

    /// Who leads under its ballot, as far as it knows: itself, or the one that it has heard.
    pub fn leader_hint(&self) -> Option<NodeId> {
        match self.role {
            Role::Follower { leader } => leader,
            Role::Preparing { .. } => None,
            Role::Leader { .. } => Some(self.config.id),
        }
    }

    /// Whether it leads, as far as it knows.
    pub fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader { .. })
    }

    /// The requests not answered yet, by the slot and ballot of their proposals.
    pub fn pending(&self) -> impl Iterator<Item = (Slot, Ballot, RequestId)> {
        self.pending.iter().map(|((slot, ballot), pending)| (*slot, *ballot, pending.request))
    }

    /// Changes memory and disk alike, so that they differ by the unsynced writes and nothing else.
    fn save(&mut self, delta: Delta<C>, out: &mut Effects<Self>) {
        use crate::node::Disk;
        self.state.apply(&delta);
        if matches!(delta, Delta::Promised(_)) && self.has(Flaw::PromiseNotDurable) {
            return;
        }
        out.write(delta);
    }

    /// Whether this mistake is switched on.
    fn has(&self, flaw: Flaw) -> bool {
        self.config.flaw == Some(flaw)
    }
}

impl<C: Command> Node for MultiPaxos<C> {
    type Message = Message<C>;
    type Timer = Timer;
    type Request = Request<C>;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = Durable<C>;
    type Note = Note;

    fn on_restart(&mut self, disk: &Durable<C>, _at: Clocks, out: &mut Effects<Self>) {
        *self = Self { state: disk.clone(), ..Self::new(self.config) };
        out.note(Note::Started { ballot: disk.promised, accepted: disk.accepted.last(), snapshot: self.base() });
        self.wait_for_leader(out);
    }

    fn on_message(&mut self, from: NodeId, message: Message<C>, _at: Clocks, out: &mut Effects<Self>) {
        assert!(self.config.members.contains(from), "{from} is no server");
        match message {
            Message::Prepare { ballot, first } => self.on_prepare(from, ballot, first, out),
            Message::Promise { ballot, accepted, snapshot, .. } => {
                self.on_promise(from, ballot, &accepted, snapshot, out);
            }
            Message::Accept { ballot, first, payloads, commit } => {
                self.on_accept(from, ballot, first, &payloads, commit, out);
            }
            Message::Accepted { ballot, first, last } => self.on_accepted(from, ballot, first, last, out),
            Message::Nack { ballot, promised } => self.on_nack(from, ballot, promised, out),
            Message::Heartbeat { ballot, beat, commit } => self.on_heartbeat(from, ballot, beat, commit, out),
            Message::HeartbeatReply { ballot, beat, learned } => {
                self.on_heartbeat_reply(from, ballot, beat, learned, out);
            }
            Message::CatchUp { ballot, learned } => self.on_catch_up(from, ballot, learned, out),
            Message::Decided { snapshot, first, payloads, .. } => {
                self.on_decided(from, snapshot, first, &payloads, out);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, _at: Clocks, out: &mut Effects<Self>) {
        match (timer, &self.role) {
            (Timer::Election, Role::Preparing { .. }) => self.prepare_again(out),
            (Timer::Election, _) => self.start_preparing(out),
            (Timer::Heartbeat, _) => self.on_heartbeat_timer(out),
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request<C>, _at: Clocks, out: &mut Effects<Self>) {
        match request {
            _ if !self.is_leader() => {
                let (leader, ballot) = (self.leader_hint(), self.state.promised);
                out.note(ClientNote::RequestRefused { request: id, leader, ballot });
                out.reply(id, Answer::Refused(Refusal::NotLeader { leader, ballot }));
            }
            Request::Propose(command) => self.propose(id, command, out),
            Request::Read => self.on_read(id, out),
        }
    }
}

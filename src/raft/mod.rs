//! Raft: one log on several servers, agreed on by an elected leader.
//!
//! After Diego Ongaro and John Ousterhout, *In Search of an Understandable Consensus Algorithm (Extended Version)*, 2014;
//! § refers to it.
//!
//! **The task.** Servers that crash and a network that loses, delays, repeats and reorders messages shall behave as one
//! machine that applies commands one after the other. Raft keeps a log of commands on every server and makes sure that no
//! two servers ever apply different commands at the same index. It works while more than half of the servers can talk to
//! each other; the others wait. That is the C and the P of CAP, paid for with the A.
//!
//! **Terms and roles** (§5.1). Time is cut into terms, numbered upwards; each has at most one leader. A server is a
//! [`Role::Follower`], a [`Role::Candidate`] or a [`Role::Leader`]. Every message carries its sender's term. Who sees a
//! higher one adopts it and becomes a follower; what comes with a lower one is refused or ignored.
//!
//! **Election** (§5.2, §5.4.1). A follower that hears no leader until its election timer runs out becomes a candidate in
//! the next term, votes for itself and asks the others. A server has one vote per term, kept on disk, and gives it only to
//! a candidate whose last entry is not earlier than its own. Two majorities share a server, so there are never two
//! leaders; a committed entry is on a majority, so whoever wins has it. The timer's delay is random, so that candidates
//! seldom split the vote.
//!
//! **Replication** (§5.3). The leader appends each request to its log and sends it with AppendEntries, which names the
//! entry right before. A follower that lacks that one refuses, and the leader tries further back; a follower whose entries
//! conflict with the leader's removes them. So two logs that agree on one entry agree on all before it.
//!
//! **Commitment** (§5.4.2, §8). An entry of the leader's own term is committed once it is durable on a majority, and all
//! entries before it are with it. An older entry is not committed by counting, even if a majority holds it: Figure 8 shows
//! how it could still be overwritten. A leader therefore starts its term with a no-op.
//!
//! **The disk** (Figure 2). Term, vote and log are durable before any message leaves that relies on them, requests for
//! votes included. The exception is the leader's AppendEntries, which leaves at once: the leader's disk works in
//! parallel with its followers', and it counts itself only when its own write is done (Ongaro's thesis, §10.2.1). A
//! server learns of that from a message to itself.
//!
//! **Clients** (§8). A server that does not lead refuses and tells who leads, if it knows. The leader answers when the
//! entry is committed, or when a committed entry of a later term proves that it never will be. A leader that lost its
//! office keeps its open requests, because it may still learn of their fate, unless a snapshot covers the place of their
//! entries: then it says that it does not know. One that crashed has forgotten them.
//!
//! **Compaction** (§7). The log would grow for ever, so a snapshot of the state machine takes the place of its beginning; who
//! lacks an entry that is gone gets the snapshot. **Membership** (§6; thesis, chapter 4). Who takes part is an entry of the
//! log, too, and can be changed while the cluster runs: one server at a time, or any number through a joint configuration.
//!
//! **Features** that can be switched on ([`Switches`]) come from Ongaro's thesis, *Consensus: Bridging Theory and Practice*,
//! 2014; T refers to it. Pre-vote (T §9.6), check-quorum (T §6.2) and leader stickiness (T §4.2.3) keep a server that
//! is cut off from disturbing the others. Leadership transfer (T §3.10) changes the leader without a timeout. Reads
//! without a log entry (T §6.4) are answered with an index: the state machine may answer once it has carried out the log
//! up to there. A lease (T §6.4.1) is the only part of Raft whose safety rests on clocks.
//!
//! The five safety properties of Figure 3 stand beside the protocol in [`invariant`]; every rule that fires or refuses
//! leaves a [`Note`]. A [`Flaw`] takes one rule out, to see what it was for.
//!
//! **Left out**: client sessions (§8), which are up to the state machine; reads at followers (T §6.4); snapshots in several
//! chunks (§7), because a message has no largest size here. A follower learns of a commit with the next AppendEntries; none
//! is sent for that alone.

mod config;
mod election;
mod flaw;
mod follower;
pub mod invariant;
mod leader;
mod log;
mod membership;
mod message;
mod note;
mod persistent;
mod prevote;
mod progress;
mod quorum;
mod quorum_check;
mod reads;
mod request;
mod role;
mod setup;
mod snapshot;
mod switches;
mod tenure;
#[cfg(test)]
mod tests;
mod transfer;

pub use config::Config;
pub use flaw::Flaw;
pub use log::{Entry, EntryId, Index, Log, Payload, PayloadKind, Term};
pub use membership::{Change, ChangeRefusal, Membership};
pub use message::{AppendResult, Message};
pub use note::{
    AppendRefusal, ClientNote, Contact, ElectionNote, FollowerNote, Heard, Ignored, LeaderNote, MembershipNote, Note,
    PreVoteNote, ReadProof, SnapshotNote, TransferNote, VoteRefusal,
};
pub use persistent::{Delta, PersistentState};
pub use progress::{Progress, ProgressState};
pub use quorum::{VoteResult, majority_reached, majority_vote};
pub use reads::WaitingRead;
pub use request::{Refusal, Request, Response};
pub use role::{Role, RoleName};
pub use setup::{DRIFT_BOUND_PPM, SWITCHES, Setup, Switch};
pub use snapshot::Snapshot;
pub use switches::{Reads, Switches};
pub use tenure::{Round, Tenure};
pub use transfer::{Transfer, TransferRefusal};

use serde::Serialize;

use flaw::Miscount;
use membership::Memberships;

use crate::node::{Answer, Clocks, Command, Disk, Effects, Kind, Micros, Node, NodeId, RequestId};
use crate::sorted::SortedMap;

/// The timers of a server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Timer {
    /// Runs at followers and candidates: when it ends, the next election starts.
    Election,
    /// Runs at the leader: when it ends, the next heartbeat goes out.
    Heartbeat,
    /// Runs at the leader if check-quorum is on: when it ends, the leader must have heard from a quorum lately.
    Quorum,
    /// Runs at a leader that hands over: when it ends, it gives up.
    Transfer,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Election => "Election",
            Self::Heartbeat => "Heartbeat",
            Self::Quorum => "Quorum",
            Self::Transfer => "Transfer",
        }
    }
}

/// One server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Raft<C: Command> {
    config: Config,
    /// What the disk will hold once all that was written is synced; the disk itself may lag behind.
    state: PersistentState<C>,
    /// The configurations in `state`.
    memberships: Memberships,
    /// The last entry known to be committed (`commitIndex`). Volatile: a restarted server knows what its snapshot covers, and
    /// learns the rest again.
    commit: Index,
    role: Role,
    /// The requests that this server took as a leader and has not answered, by the entry that carries each out.
    pending: SortedMap<(Index, Term), RequestId>,
    /// When it last heard a leader, on its own monotonic clock. Only kept if a switch needs it.
    heard_leader_at: Option<Micros>,
    /// The transfer for which it gave up its office, and the term of that, until it hears who was elected.
    handed_over: Option<(Transfer, Term)>,
    /// What it counts by mistake in its term.
    miscount: Miscount,
}

impl<C: Command> Raft<C> {
    /// A server that has not started yet: the first event must be [`Node::on_restart`].
    pub fn new(config: Config) -> Self {
        let Config { election_timeout, heartbeat_interval, max_entries_per_append, .. } = config;
        assert!(heartbeat_interval < election_timeout.min, "every election timer would run out between two heartbeats");
        assert!(max_entries_per_append > 0, "nothing would ever be replicated");
        assert_eq!(config.switches.check(), Ok(()), "a switch lacks another");
        Self::with_state(config, PersistentState::default())
    }

    /// A server whose disk holds `state`, before it starts.
    fn with_state(config: Config, state: PersistentState<C>) -> Self {
        let first = state.snapshot.as_ref().map_or(config.first_membership(), |snapshot| snapshot.membership);
        Self {
            config,
            memberships: Memberships::new(first, &state.log),
            commit: state.log.base().index,
            state,
            role: Role::Follower { leader: None },
            pending: SortedMap::new(),
            heard_leader_at: None,
            handed_over: None,
            miscount: Miscount::default(),
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

    /// Its current term.
    pub fn term(&self) -> Term {
        self.state.term
    }

    /// Whom it voted for in its term.
    pub fn vote(&self) -> Option<NodeId> {
        self.state.vote
    }

    /// Its role, with what only that role knows.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Its log, with entries that are not committed and perhaps not synced.
    pub fn log(&self) -> &Log<C> {
        &self.state.log
    }

    /// The entry at `index` of its log.
    pub fn entry(&self, index: Index) -> Option<&Entry<C>> {
        self.state.log.get(index)
    }

    /// The last entry that it knows to be committed. Never goes back but by a restart. What it passes may be applied.
    pub fn commit_index(&self) -> Index {
        self.commit
    }

    /// Who leads its term, as far as it knows: itself, or the one that it has heard.
    pub fn leader_hint(&self) -> Option<NodeId> {
        match self.role {
            Role::Follower { leader } => leader,
            Role::Candidate { .. } | Role::PreCandidate { .. } => None,
            Role::Leader { .. } => Some(self.config.id),
        }
    }

    /// Whether it leads its term, as far as it knows.
    pub fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader { .. })
    }

    /// The requests not answered yet, by the entry that carries each out.
    pub fn pending(&self) -> impl Iterator<Item = (EntryId, RequestId)> {
        self.pending.iter().map(|((index, term), request)| (EntryId { term: *term, index: *index }, *request))
    }

    /// Changes memory and disk alike, so that they differ by the unsynced writes and nothing else. The configuration in use
    /// follows the log.
    fn save(&mut self, delta: Delta<C>, out: &mut Effects<Self>) {
        let (was, before) = *self.memberships.latest();
        self.state.apply(&delta);
        let last = self.state.log.last_index();
        match &delta {
            Delta::Term(_) | Delta::Vote(_) | Delta::Wiped => {}
            Delta::Append(entries) => {
                self.memberships.append(Index(last.0 - entries.len() as u64).next(), entries);
            }
            Delta::Truncate { from } => self.memberships.truncate(*from),
            Delta::Snapshot(snapshot) => {
                self.memberships.compact(snapshot.last.index, snapshot.membership, last);
            }
        }
        if *self.membership() != before {
            self.membership_changed(was, out);
        }
        if matches!(delta, Delta::Vote(_)) && self.has(Flaw::VoteNotDurable) {
            return;
        }
        if matches!(delta, Delta::Term(_)) {
            self.miscount = Miscount::default();
        }
        let vote = matches!(delta, Delta::Vote(_));
        out.write(delta);
        if vote && self.has(Flaw::VoteSavedBeforeTerm) {
            out.write(Delta::Term(self.state.term));
        }
    }

    /// Whether this mistake is switched on.
    fn has(&self, flaw: Flaw) -> bool {
        self.config.flaw == Some(flaw)
    }
}

impl<C: Command> Node for Raft<C> {
    type Message = Message<C>;
    type Timer = Timer;
    type Request = Request<C>;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = PersistentState<C>;
    type Note = Note;

    fn on_restart(&mut self, disk: &PersistentState<C>, at: Clocks, out: &mut Effects<Self>) {
        let wiped = self.has(Flaw::WipedServerReturns);
        *self = Self::with_state(self.config, if wiped { PersistentState::default() } else { disk.clone() });
        if wiped {
            self.save(Delta::Wiped, out);
        }
        self.remember_promise(at);
        let PersistentState { term, vote, log, snapshot } = &self.state;
        let snapshot = snapshot.as_ref().map(|snapshot| snapshot.last);
        out.note(Note::Started { term: *term, vote: *vote, last: log.last(), snapshot });
        if self.may_stand() {
            out.set_timer(Timer::Election, self.config.election_timeout);
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message<C>, at: Clocks, out: &mut Effects<Self>) {
        if self.holds_on(from, &message, at, out) {
            return;
        }
        if message.term() > self.state.term && !matches!(message, Message::PreVote { .. }) {
            self.adopt_term(message.term(), from, out);
        }
        if self.has(Flaw::MajorityOfReachable) && message.term() == self.state.term && from != self.config.id {
            self.miscount.answered.insert(from);
        }
        match message {
            Message::RequestVote { term, last, .. } => self.on_request_vote(from, term, last, out),
            Message::Vote { term, granted } => self.on_vote(from, term, granted, at, out),
            Message::AppendEntries { term, previous, entries, commit, round } => {
                self.on_append_entries(from, &follower::Append { term, previous, entries, commit, round }, at, out);
            }
            Message::AppendReply { term, result, round } => self.on_append_reply(from, term, result, round, at, out),
            Message::PreVote { term, last } => self.on_pre_vote(from, term, last, at, out),
            Message::PreVoteReply { term, asked, granted } => self.on_pre_vote_reply(from, term, asked, granted, out),
            Message::TimeoutNow { term } => self.on_timeout_now(from, term, out),
            Message::InstallSnapshot { term, snapshot, round } => {
                self.on_install_snapshot(from, term, snapshot, round, at, out);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        match timer {
            Timer::Election => self.stand(out),
            Timer::Heartbeat => self.on_heartbeat_timer(at, out),
            Timer::Quorum => self.check_quorum(at, out),
            Timer::Transfer => self.on_transfer_timer(out),
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request<C>, at: Clocks, out: &mut Effects<Self>) {
        if !self.is_leader() {
            let (leader, term) = (self.leader_hint(), self.state.term);
            out.note(ClientNote::RequestRefused { request: id, leader, term });
            return out.reply(id, Answer::Refused(Refusal::NotLeader { leader, term }));
        }
        match request {
            Request::Propose(command) => self.propose(Payload::Command(command), id, out),
            Request::Read => self.on_read(id, at, out),
            Request::TransferLeadership(target) => self.on_transfer_request(id, target, out),
            Request::ChangeMembers(change) => self.change_members(id, change, out),
        }
    }
}

//! Tests drive servers by hand, message by message; every event is checked against the invariants.

mod commit;
mod election;
mod invariants;
mod membership;
mod notes;
mod persistence;
mod pipelining;
mod prevote;
mod quorum;
mod quorum_check;
mod random;
mod reads;
mod replication;
mod snapshot;
mod transfer;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::invariant::{Ghost, Violation};
use super::*;
use crate::node::Effect;

/// The tests' state machine remembers its last command.
impl Command for u64 {
    type Snapshot = Option<u64>;
}

type Server = Raft<u64>;
type Said = Message<u64>;

const T1: Term = Term(1);
const T2: Term = Term(2);
const T3: Term = Term(3);

fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

fn id(index: u64, term: u64) -> EntryId {
    EntryId { term: Term(term), index: Index(index) }
}

/// An entry whose command is fixed by where it stands, so that equal names mean equal entries.
fn entry(index: u64, term: u64) -> Entry<u64> {
    Entry { term: Term(term), payload: Payload::Command(term * 1_000 + index) }
}

/// A disk whose log has entries of these terms.
fn disk(term: u64, terms: &[u64]) -> PersistentState<u64> {
    let entries: Vec<_> = (1..).zip(terms).map(|(index, term)| entry(index, *term)).collect();
    let mut disk = PersistentState::default();
    disk.apply(&Delta::Term(Term(term)));
    disk.apply(&Delta::Append(entries.into()));
    disk
}

fn terms(server: &Server) -> Vec<u64> {
    server.log().iter_from(Index(1)).map(|(_, entry)| entry.term.0).collect()
}

/// What stands between a server and its disk.
#[derive(Clone, Debug)]
enum Unsynced {
    Write(Delta<u64>),
    Send(NodeId, Said),
}

#[derive(Clone, Debug)]
struct InFlight {
    from: NodeId,
    to: NodeId,
    message: Said,
}

/// Servers, their disks and a network that delivers what the test says.
struct Cluster {
    servers: Vec<Server>,
    disks: Vec<PersistentState<u64>>,
    unsynced: Vec<VecDeque<Unsynced>>,
    up: NodeSet,
    timers: BTreeSet<(NodeId, Timer)>,
    /// When each of them runs out at the earliest.
    due: BTreeMap<(NodeId, Timer), Micros>,
    network: Vec<InFlight>,
    replies: Vec<(RequestId, Answer<Response, Refusal>)>,
    notes: Vec<(NodeId, Note)>,
    ghost: Ghost<u64>,
    violation: Option<Violation>,
    /// Whether a disk syncs right after every event.
    syncs: bool,
    /// What every clock shows.
    now: Micros,
    /// What must hold after every event, beside the invariants.
    holds: fn(&Cluster),
}

impl Cluster {
    /// `count` servers with empty disks, started.
    fn new(count: u8) -> Self {
        Self::with_disks(&vec![PersistentState::default(); usize::from(count)])
    }

    /// One server per disk, started.
    fn with_disks(disks: &[PersistentState<u64>]) -> Self {
        Self::configured(disks, |_| {})
    }

    /// `count` servers with these features, started.
    fn switched(count: u8, switches: Switches) -> Self {
        let empty = vec![PersistentState::default(); usize::from(count)];
        Self::configured(&empty, |config| config.switches = switches)
    }

    fn configured(disks: &[PersistentState<u64>], change: impl Fn(&mut Config)) -> Self {
        let members = NodeSet::first(disks.len());
        let server = |id| {
            let mut config = Config::new(id, members);
            change(&mut config);
            Raft::new(config)
        };
        let mut cluster = Self {
            servers: members.iter().map(server).collect(),
            disks: disks.to_vec(),
            unsynced: vec![VecDeque::new(); disks.len()],
            up: NodeSet::EMPTY,
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            network: Vec::new(),
            replies: Vec::new(),
            notes: Vec::new(),
            ghost: Ghost::default(),
            violation: None,
            syncs: true,
            now: Micros::ZERO,
            holds: |_| {},
        };
        for id in members.iter() {
            cluster.restart(id);
        }
        cluster
    }

    fn server(&self, id: NodeId) -> &Server {
        &self.servers[id.index()]
    }

    /// Lets one event happen at `id`, looks at it, and does what the server wants done.
    fn event(&mut self, id: NodeId, event: impl FnOnce(&mut Server, &mut Effects<Server>)) {
        let mut out = Effects::default();
        let server = &mut self.servers[id.index()];
        let before = server.clone();
        event(server, &mut out);
        if let Err(violation) = self.ghost.observe(id, Some(&before), server) {
            self.violation.get_or_insert(violation);
        }
        (self.holds)(self);
        let unsynced = &mut self.unsynced[id.index()];
        let mut told_at_once = Vec::new();
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message, after_sync: true } if !unsynced.is_empty() => {
                    unsynced.push_back(Unsynced::Send(to, message));
                }
                Effect::Send { to, message, .. } if to == id => told_at_once.push(message),
                Effect::Send { to, message, .. } => self.network.push(InFlight { from: id, to, message }),
                Effect::SetTimer(timer, delay) => {
                    self.timers.insert((id, timer));
                    self.due.insert((id, timer), self.now + delay.min);
                }
                Effect::CancelTimer(timer) => drop(self.timers.remove(&(id, timer))),
                Effect::Choose(_) => panic!("Raft leaves nothing to choice"),
                Effect::Write(delta) => unsynced.push_back(Unsynced::Write(delta)),
                Effect::Reply(request, answer) => {
                    if let Answer::Done(Response::ReadAt { index }) = answer
                        && let Err(violation) = self.ghost.read_answered(id, request, index)
                    {
                        self.violation.get_or_insert(violation);
                    }
                    self.replies.push((request, answer));
                }
                Effect::Note(note) => self.notes.push((id, note)),
            }
        }
        for message in told_at_once {
            self.tell(id, id, message);
        }
        if self.syncs {
            self.sync(id);
        }
    }

    /// The disk of `id` has written all; what waited for that leaves.
    fn sync(&mut self, id: NodeId) {
        for waiting in std::mem::take(&mut self.unsynced[id.index()]) {
            match waiting {
                Unsynced::Write(delta) => self.disks[id.index()].apply(&delta),
                Unsynced::Send(to, message) if to == id => {
                    self.tell(id, id, message);
                }
                Unsynced::Send(to, message) => self.network.push(InFlight { from: id, to, message }),
            }
        }
        assert!(!self.syncs || self.servers[id.index()].state == self.disks[id.index()], "memory and disk differ");
    }

    /// All clocks.
    fn clocks(&self) -> Clocks {
        Clocks { monotonic: self.now, wall: self.now }
    }

    /// Time passes and nothing happens.
    fn wait(&mut self, ms: u64) {
        self.now = self.now + Micros::from_ms(ms);
    }

    /// A timer runs out; if it is too early for that, time passes first.
    fn fire(&mut self, id: NodeId, timer: Timer) {
        self.now = self.now.max(self.due.get(&(id, timer)).copied().unwrap_or_default());
        let at = self.clocks();
        assert!(self.timers.remove(&(id, timer)), "{timer:?} does not run at {id}");
        self.event(id, |server, out| server.on_timer(timer, at, out));
    }

    fn request(&mut self, id: NodeId, request: u32, command: u64) {
        self.ask(id, request, Request::Propose(command));
    }

    fn ask(&mut self, id: NodeId, number: u32, request: Request<u64>) {
        let at = self.clocks();
        if request == Request::Read {
            self.ghost.read_asked(id, RequestId(number));
        }
        self.event(id, |server, out| server.on_request(RequestId(number), request, at, out));
    }

    fn change(&mut self, id: NodeId, request: u32, change: Change) {
        self.ask(id, request, Request::ChangeMembers(change));
    }

    /// The service at `id` makes a snapshot of all that is committed there.
    fn compact(&mut self, id: NodeId) {
        self.event(id, |server, out| {
            let through = server.commit_index();
            let committed = server.log().iter_from(Index(1)).take_while(|(index, _)| *index <= through);
            let newest = committed.filter_map(|(_, entry)| match &entry.payload {
                Payload::Command(command) => Some(*command),
                Payload::Noop | Payload::Config(_) => None,
            });
            let state = newest.last().or(server.snapshot().and_then(|before| before.state));
            server.compact(through, state, out);
        });
    }

    /// A message as if from the network.
    fn tell(&mut self, from: NodeId, to: NodeId, message: Said) {
        let at = self.clocks();
        if self.up.contains(to) {
            self.event(to, |server, out| server.on_message(from, message, at, out));
        }
    }

    /// Takes out of the network what goes over these links, oldest first.
    fn take(&mut self, wanted: impl Fn(&InFlight) -> bool) -> Vec<InFlight> {
        let (taken, rest) = std::mem::take(&mut self.network).into_iter().partition(|flying| wanted(flying));
        self.network = rest;
        taken
    }

    /// Delivers what is under way from `from` to `to`, but none of the answers.
    fn deliver(&mut self, from: NodeId, to: NodeId) {
        for flying in self.take(|flying| flying.from == from && flying.to == to) {
            self.tell(flying.from, flying.to, flying.message);
        }
    }

    /// Delivers between the servers of `group` until they are silent; all other messages are lost.
    fn settle(&mut self, group: NodeSet) {
        for _ in 0..1_000 {
            let next = self.take(|flying| group.contains(flying.from) && group.contains(flying.to));
            self.network.clear();
            if next.is_empty() {
                return;
            }
            for flying in next {
                self.tell(flying.from, flying.to, flying.message);
            }
        }
        panic!("they never fall silent");
    }

    /// Makes `id` the leader with the votes of `group`.
    fn elect(&mut self, id: NodeId, group: NodeSet) {
        self.fire(id, Timer::Election);
        self.settle(group);
        assert!(self.server(id).is_leader(), "{id} was not elected: {:?}", self.server(id));
    }

    /// A crash: of what is not synced, the oldest `kept` writes reach the disk.
    fn crash(&mut self, id: NodeId, kept: usize) {
        for waiting in std::mem::take(&mut self.unsynced[id.index()]).into_iter().take(kept) {
            if let Unsynced::Write(delta) = waiting {
                self.disks[id.index()].apply(&delta);
            }
        }
        self.up.remove(id);
        self.timers.retain(|(node, _)| *node != id);
    }

    fn restart(&mut self, id: NodeId) {
        assert!(self.up.insert(id), "{id} is up already");
        let (disk, at) = (self.disks[id.index()].clone(), self.clocks());
        self.event(id, |server, out| server.on_restart(&disk, at, out));
    }

    /// The notes of `id`, which are forgotten.
    fn notes_of(&mut self, id: NodeId) -> Vec<Note> {
        let (own, others) = std::mem::take(&mut self.notes).into_iter().partition(|(node, _)| *node == id);
        self.notes = others;
        let own: Vec<(NodeId, Note)> = own;
        own.into_iter().map(|(_, note)| note).collect()
    }

    fn assert_safe(&self) {
        assert_eq!(self.violation, None);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_safe();
        }
    }
}

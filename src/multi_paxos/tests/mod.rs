//! Tests drive servers by hand, message by message; every event is checked against the invariants.

mod invariants;
mod leadership;
mod log;
mod notes;
mod quorums;
mod reads;

use std::collections::{BTreeSet, VecDeque};

use super::invariant::{Ghost, Violation};
use super::*;
use crate::node::{Disk, Effect, Kind};

/// Commands are numbers; what carrying them out leads to is the last one (see `raft::tests`).
type Server = MultiPaxos<u64>;
type Said = Message<u64>;

fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

fn ballot(round: u32, server: u8) -> Ballot {
    Ballot { round, server: n(server) }
}

fn all(count: usize) -> NodeSet {
    NodeSet::first(count)
}

fn set(numbers: &[u8]) -> NodeSet {
    numbers.iter().map(|number| n(*number)).collect()
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
    disks: Vec<Durable<u64>>,
    unsynced: Vec<VecDeque<Unsynced>>,
    up: NodeSet,
    timers: BTreeSet<(NodeId, Timer)>,
    network: Vec<InFlight>,
    replies: Vec<(RequestId, Answer<Response, Refusal>)>,
    notes: Vec<(NodeId, Note)>,
    ghost: Ghost<u64>,
    violation: Option<Violation>,
    /// Whether a disk syncs right after every event.
    syncs: bool,
    requests: u32,
}

impl Cluster {
    /// `count` servers, started.
    fn new(count: usize) -> Self {
        Self::configured(count, |_| {})
    }

    fn configured(count: usize, change: impl Fn(&mut Config)) -> Self {
        let members = all(count);
        let server = |id| {
            let mut config = Config::new(id, members);
            change(&mut config);
            MultiPaxos::new(config)
        };
        let mut cluster = Self {
            servers: members.iter().map(server).collect(),
            disks: vec![Durable::default(); count],
            unsynced: vec![VecDeque::new(); count],
            up: NodeSet::EMPTY,
            timers: BTreeSet::new(),
            network: Vec::new(),
            replies: Vec::new(),
            notes: Vec::new(),
            ghost: Ghost::default(),
            violation: None,
            syncs: true,
            requests: 0,
        };
        for id in members.iter() {
            cluster.restart(id);
        }
        cluster
    }

    fn server(&self, id: NodeId) -> &Server {
        &self.servers[id.index()]
    }

    /// Lets one event happen at `id`, and the sync after it.
    fn event(&mut self, id: NodeId, event: impl FnOnce(&mut Server, &mut Effects<Server>)) {
        let before = self.servers[id.index()].clone();
        self.event_after(id, Some(&before), event);
    }

    fn event_after(
        &mut self,
        id: NodeId,
        before: Option<&Server>,
        event: impl FnOnce(&mut Server, &mut Effects<Server>),
    ) {
        let mut out = Effects::default();
        event(&mut self.servers[id.index()], &mut out);
        let mut left = Vec::new();
        let mut answers = Vec::new();
        for effect in out.drain() {
            let unsynced = &mut self.unsynced[id.index()];
            match effect {
                Effect::Send { to, message, after_sync: true } if !unsynced.is_empty() => {
                    unsynced.push_back(Unsynced::Send(to, message));
                }
                Effect::Send { to, message, .. } => left.push(InFlight { from: id, to, message }),
                Effect::SetTimer(timer, _) => drop(self.timers.insert((id, timer))),
                Effect::CancelTimer(timer) => drop(self.timers.remove(&(id, timer))),
                Effect::Choose(_) => panic!("Multi-Paxos leaves nothing to choice"),
                Effect::Write(delta) => unsynced.push_back(Unsynced::Write(delta)),
                Effect::Reply(request, answer) => answers.push((request, answer)),
                Effect::Note(note) => self.notes.push((id, note)),
            }
        }
        self.leave(id, before, left);
        for (request, answer) in answers {
            let judged = self.ghost.observe_answer(request, &answer);
            self.blame(judged);
            self.replies.push((request, answer));
        }
        if self.syncs {
            self.sync(id);
        }
    }

    /// Messages leave `id`: the observer sees them, and those to itself arrive at once.
    fn leave(&mut self, id: NodeId, before: Option<&Server>, left: Vec<InFlight>) {
        let messages = left.iter().map(|flying| &flying.message);
        let judged = self.ghost.observe(id, before, &self.servers[id.index()], messages);
        self.blame(judged);
        let (own, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|flying| flying.to == id);
        self.network.extend(others);
        for flying in own {
            self.tell(id, id, flying.message);
        }
    }

    fn blame(&mut self, judged: Result<(), Violation>) {
        if let Err(violation) = judged {
            self.violation.get_or_insert(violation);
        }
    }

    /// The disk of `id` has written all; what waited for that leaves.
    fn sync(&mut self, id: NodeId) {
        let mut left = Vec::new();
        for waiting in std::mem::take(&mut self.unsynced[id.index()]) {
            match waiting {
                Unsynced::Write(delta) => self.disks[id.index()].apply(&delta),
                Unsynced::Send(to, message) => left.push(InFlight { from: id, to, message }),
            }
        }
        let server = self.servers[id.index()].clone();
        if !left.is_empty() {
            self.leave(id, Some(&server), left);
        }
    }

    fn fire(&mut self, id: NodeId, timer: Timer) {
        assert!(self.timers.remove(&(id, timer)), "{timer:?} does not run at {id}");
        self.event(id, |server, out| server.on_timer(timer, Clocks::default(), out));
    }

    fn ask(&mut self, id: NodeId, request: Request<u64>) -> RequestId {
        self.requests += 1;
        let name = RequestId(self.requests);
        self.ghost.observe_request(name, &request);
        self.event(id, |server, out| server.on_request(name, request, Clocks::default(), out));
        name
    }

    fn propose(&mut self, id: NodeId, command: u64) -> RequestId {
        self.ask(id, Request::Propose(command))
    }

    /// What was answered to `request`, if anything.
    fn answer(&self, request: RequestId) -> Option<&Answer<Response, Refusal>> {
        self.replies.iter().find(|(id, _)| *id == request).map(|(_, answer)| answer)
    }

    /// A message as if from the network.
    fn tell(&mut self, from: NodeId, to: NodeId, message: Said) {
        if self.up.contains(to) {
            self.event(to, |server, out| server.on_message(from, message, Clocks::default(), out));
        }
    }

    /// Takes out of the network what is wanted, oldest first.
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
        panic!("messages without end");
    }

    /// Makes `id` the leader with the promises of `group`.
    fn lead(&mut self, id: NodeId, group: NodeSet) {
        self.fire(id, Timer::Election);
        self.settle(group);
        assert!(self.server(id).is_leader(), "{id} does not lead: {:?}", self.server(id).role());
    }

    /// The leader's heartbeat reaches `group`, and all that follows from it.
    fn beat(&mut self, leader: NodeId, group: NodeSet) {
        self.fire(leader, Timer::Heartbeat);
        self.settle(group);
    }

    /// A crash: of what is not synced, the oldest `kept` writes reach the disk.
    fn crash(&mut self, id: NodeId, kept: usize) {
        let writes = std::mem::take(&mut self.unsynced[id.index()]).into_iter().filter_map(|waiting| match waiting {
            Unsynced::Write(delta) => Some(delta),
            Unsynced::Send(..) => None,
        });
        for delta in writes.take(kept) {
            self.disks[id.index()].apply(&delta);
        }
        self.up.remove(id);
        self.timers.retain(|(node, _)| *node != id);
    }

    fn restart(&mut self, id: NodeId) {
        assert!(self.up.insert(id), "{id} is up already");
        let disk = self.disks[id.index()].clone();
        self.event_after(id, None, |server, out| server.on_restart(&disk, Clocks::default(), out));
    }

    /// The state machine of `id` takes a snapshot of all that is decided.
    fn compact(&mut self, id: NodeId) {
        let through = self.server(id).commit_index();
        let state = self.commands(id).last().copied().flatten();
        self.event(id, |server, out| server.compact(through, state, out));
    }

    /// What `id` knows to be chosen after its snapshot: commands, and `None` for no-ops.
    fn commands(&self, id: NodeId) -> Vec<Option<u64>> {
        let server = self.server(id);
        let first = server.snapshot().map_or(Slot(1), |snapshot| snapshot.through.next());
        first.through(server.commit_index()).map(|slot| server.command(slot).copied()).collect()
    }

    /// How many messages of a kind are on their way from `from`.
    fn count(&self, kind: &str, from: NodeId) -> usize {
        self.network.iter().filter(|flying| flying.from == from && flying.message.kind() == kind).count()
    }

    fn noted(&self, wanted: impl Fn(&Note) -> bool) -> usize {
        self.notes.iter().filter(|(_, note)| wanted(note)).count()
    }

    /// The invariant that was broken, which the test expects.
    fn take_violation(&mut self) -> Violation {
        self.violation.take().expect("an invariant was broken")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.violation, None);
        }
    }
}

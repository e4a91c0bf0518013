//! Servers that a test drives by hand, event by event, and the network and the disks between them.
//!
//! Disks are instant here: a write is durable when the event that made it is over, so what waits for a sync leaves with the
//! rest. Every event is checked against the invariants.

use std::collections::{BTreeMap, BTreeSet};

use cap_lab::node::{Answer, Clocks, Command, Disk as _, Effect, Effects, Micros, Node, NodeId, NodeSet, RequestId};
use cap_lab::raft::invariant::Ghost;
use cap_lab::raft::{
    Config, Delta, Entry, EntryId, Index, Message, Payload, PersistentState, Raft, Refusal, Request, Response, Role,
    RoleName, Switches, Term, Timer,
};

/// A command that stands for itself. The state that a log of them leads to is the last one.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
pub(crate) struct Number(pub(crate) u64);

impl Command for Number {
    type Snapshot = Option<Number>;
}

pub(crate) type Server = Raft<Number>;
pub(crate) type Said = Message<Number>;
pub(crate) type Disk = PersistentState<Number>;

/// The server that is shown as `n<number>`.
pub(crate) fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

pub(crate) fn id(index: u64, term: u64) -> EntryId {
    EntryId { term: Term(term), index: Index(index) }
}

/// An entry whose command is fixed by where it stands, so that equal names mean equal entries.
pub(crate) fn entry(index: u64, term: u64) -> Entry<Number> {
    Entry { term: Term(term), payload: Payload::Command(Number(term * 1_000 + index)) }
}

/// Entries of these terms, from `first` on.
pub(crate) fn entries(first: u64, terms: &[u64]) -> Vec<Entry<Number>> {
    (first..).zip(terms).map(|(index, term)| entry(index, *term)).collect()
}

/// A disk that holds this term, no vote, and a log with entries of these terms.
pub(crate) fn disk(term: u64, terms: &[u64]) -> Disk {
    let mut disk = Disk::default();
    disk.apply(&Delta::Term(Term(term)));
    disk.apply(&Delta::Append(entries(1, terms).into()));
    disk
}

/// AppendEntries of an empty round.
pub(crate) fn append(term: u64, previous: EntryId, entries: &[Entry<Number>], commit: u64) -> Said {
    let (term, commit) = (Term(term), Index(commit));
    Message::AppendEntries { term, previous, entries: entries.into(), commit, round: Default::default() }
}

/// RequestVote of a candidate whose election timer ran out.
pub(crate) fn request_vote(term: u64, last: EntryId) -> Said {
    Message::RequestVote { term: Term(term), last, transfer: false }
}

/// The commands and no-ops in this log, as their terms.
pub(crate) fn terms(server: &Server) -> Vec<u64> {
    server.log().iter_from(Index(1)).map(|(_, entry)| entry.term.0).collect()
}

/// Role and term.
pub(crate) fn standing(server: &Server) -> (RoleName, u64) {
    (server.role().name(), server.term().0)
}

/// A message on its way.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct InFlight {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: Said,
}

/// Servers, their disks and a network that delivers what the test says.
pub(crate) struct Cluster {
    servers: Vec<Server>,
    disks: Vec<Disk>,
    /// What reached each disk since [`Cluster::written`] was last asked.
    written: Vec<Vec<Delta<Number>>>,
    timers: BTreeSet<(NodeId, Timer)>,
    /// When each of them runs out at the earliest.
    due: BTreeMap<(NodeId, Timer), Micros>,
    network: Vec<InFlight>,
    replies: Vec<(RequestId, Answer<Response, Refusal>)>,
    ghost: Ghost<Number>,
    /// What every clock shows.
    now: Micros,
}

impl Cluster {
    /// `count` servers with empty disks, started.
    pub(crate) fn new(count: usize) -> Self {
        Self::with_disks(&vec![Disk::default(); count], |_| {})
    }

    /// `count` servers with these features, started.
    pub(crate) fn switched(count: usize, switches: Switches) -> Self {
        Self::with_disks(&vec![Disk::default(); count], |config| config.switches = switches)
    }

    /// One server per disk, configured by `change`, started.
    pub(crate) fn with_disks(disks: &[Disk], change: impl Fn(&mut Config)) -> Self {
        let all = NodeSet::first(disks.len());
        let server = |id| {
            let mut config = Config::new(id, all);
            change(&mut config);
            Raft::new(config)
        };
        let mut cluster = Self {
            servers: all.iter().map(server).collect(),
            disks: disks.to_vec(),
            written: vec![Vec::new(); disks.len()],
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            network: Vec::new(),
            replies: Vec::new(),
            ghost: Ghost::default(),
            now: Micros::ZERO,
        };
        for (id, disk) in all.iter().zip(disks) {
            let at = cluster.clocks();
            cluster.start(id, |server, out| server.on_restart(disk, at, out));
        }
        cluster
    }

    pub(crate) fn server(&self, number: u8) -> &Server {
        &self.servers[n(number).index()]
    }

    /// Role and term of a server.
    pub(crate) fn standing(&self, number: u8) -> (RoleName, u64) {
        standing(self.server(number))
    }

    /// What a server has on its disk.
    pub(crate) fn disk(&self, number: u8) -> &Disk {
        &self.disks[n(number).index()]
    }

    /// What reached a server's disk since this was last asked.
    pub(crate) fn written(&mut self, number: u8) -> Vec<Delta<Number>> {
        std::mem::take(&mut self.written[n(number).index()])
    }

    /// Who granted its vote to a candidate.
    pub(crate) fn votes(&self, number: u8) -> NodeSet {
        match self.server(number).role() {
            Role::Candidate { votes } => *votes,
            role => panic!("n{number} is no candidate: {role:?}"),
        }
    }

    /// Whether this timer runs.
    pub(crate) fn runs(&self, number: u8, timer: Timer) -> bool {
        self.timers.contains(&(n(number), timer))
    }

    /// What the request with this number was answered, if it was.
    pub(crate) fn answer(&self, request: u32) -> Option<&Answer<Response, Refusal>> {
        self.replies.iter().find(|(id, _)| *id == RequestId(request)).map(|(_, answer)| answer)
    }

    fn clocks(&self) -> Clocks {
        Clocks { monotonic: self.now, wall: self.now }
    }

    fn start(&mut self, id: NodeId, event: impl FnOnce(&mut Server, &mut Effects<Server>)) {
        self.handle(id, None, event);
    }

    fn event(&mut self, id: NodeId, event: impl FnOnce(&mut Server, &mut Effects<Server>)) {
        let before = self.servers[id.index()].clone();
        self.handle(id, Some(&before), event);
    }

    /// Lets one event happen at `id`, looks at it, and does what the server wants done.
    fn handle(&mut self, id: NodeId, before: Option<&Server>, event: impl FnOnce(&mut Server, &mut Effects<Server>)) {
        let mut out = Effects::default();
        event(&mut self.servers[id.index()], &mut out);
        if let Err(violation) = self.ghost.observe(id, before, &self.servers[id.index()]) {
            panic!("{violation}");
        }
        let mut to_itself = Vec::new();
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message, .. } if to == id => to_itself.push(message),
                Effect::Send { to, message, .. } => self.network.push(InFlight { from: id, to, message }),
                Effect::SetTimer(timer, delay) => {
                    self.timers.insert((id, timer));
                    self.due.insert((id, timer), self.now + delay.min);
                }
                Effect::CancelTimer(timer) => drop(self.timers.remove(&(id, timer))),
                Effect::Choose(_) => panic!("Raft leaves nothing to choice"),
                Effect::Write(delta) => {
                    self.disks[id.index()].apply(&delta);
                    self.written[id.index()].push(delta);
                }
                Effect::Reply(request, answer) => {
                    if let Answer::Done(Response::ReadAt { index }) = answer {
                        assert_eq!(self.ghost.read_answered(id, request, index), Ok(()));
                    }
                    self.replies.push((request, answer));
                }
                Effect::Note(_) => {}
            }
        }
        for message in to_itself {
            self.tell(id, id, message);
        }
    }

    /// A timer runs out; if it is too early for that, time passes first.
    pub(crate) fn fire(&mut self, number: u8, timer: Timer) {
        let id = n(number);
        assert!(self.timers.remove(&(id, timer)), "{timer:?} does not run at {id}");
        self.now = self.now.max(self.due[&(id, timer)]);
        let at = self.clocks();
        self.event(id, |server, out| server.on_timer(timer, at, out));
    }

    /// A client asks a server for something.
    pub(crate) fn ask(&mut self, number: u8, request: u32, what: Request<Number>) {
        let (id, at) = (n(number), self.clocks());
        if what == Request::Read {
            self.ghost.read_asked(id, RequestId(request));
        }
        self.event(id, |server, out| server.on_request(RequestId(request), what, at, out));
    }

    /// A client asks a server to put a command into the log; the command is the request's number.
    pub(crate) fn propose(&mut self, number: u8, request: u32) {
        self.ask(number, request, Request::Propose(Number(request.into())));
    }

    /// The service at a server makes a snapshot of all that is committed there.
    pub(crate) fn compact(&mut self, number: u8) {
        self.event(n(number), |server, out| {
            let through = server.commit_index();
            let state = committed(server).last().cloned();
            server.compact(through, state, out);
        });
    }

    /// A message arrives as if from the network.
    pub(crate) fn tell(&mut self, from: NodeId, to: NodeId, message: Said) {
        let at = self.clocks();
        self.event(to, |server, out| server.on_message(from, message, at, out));
    }

    /// Takes all that is on its way out of the network, oldest first.
    pub(crate) fn sent(&mut self) -> Vec<InFlight> {
        std::mem::take(&mut self.network)
    }

    /// As [`Cluster::sent`], of one server, which must have sent nothing else to anyone.
    pub(crate) fn sent_by(&mut self, number: u8) -> Vec<(NodeId, Said)> {
        let sent = self.sent();
        assert!(sent.iter().all(|flying| flying.from == n(number)), "others sent, too: {sent:?}");
        sent.into_iter().map(|flying| (flying.to, flying.message)).collect()
    }

    /// Delivers between the servers of `group` until they are silent; all other messages are lost.
    pub(crate) fn settle(&mut self, group: &[u8]) {
        let within = |id: NodeId| group.iter().any(|number| n(*number) == id);
        for _ in 0..1_000 {
            let next: Vec<_> =
                self.sent().into_iter().filter(|flying| within(flying.from) && within(flying.to)).collect();
            if next.is_empty() {
                return;
            }
            for InFlight { from, to, message } in next {
                self.tell(from, to, message);
            }
        }
        panic!("they never fall silent");
    }

    /// A server's election timer runs out, and the servers of `group` talk about it.
    pub(crate) fn campaign(&mut self, number: u8, group: &[u8]) {
        self.fire(number, Timer::Election);
        self.settle(group);
    }

    /// Makes a server the leader with the votes of `group`.
    pub(crate) fn elect(&mut self, number: u8, group: &[u8]) {
        self.campaign(number, group);
        assert!(self.server(number).is_leader(), "n{number} was not elected: {:?}", self.server(number));
    }

    /// The leader shows that it is alive, and the servers of `group` talk about it.
    pub(crate) fn heartbeat(&mut self, number: u8, group: &[u8]) {
        self.fire(number, Timer::Heartbeat);
        self.settle(group);
    }
}

/// The commands that a server may carry out by now, in order, as far as its log has them.
pub(crate) fn committed(server: &Server) -> Vec<Number> {
    let through = server.commit_index();
    let known = server.log().iter_from(Index(1)).take_while(|(index, _)| *index <= through);
    let command = |entry: &Entry<Number>| match &entry.payload {
        Payload::Command(number) => Some(number.clone()),
        Payload::Noop | Payload::Config(_) => None,
    };
    known.filter_map(|(_, entry)| command(entry)).collect()
}

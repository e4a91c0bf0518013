//! Servers of Raft in simulated time, and what a story does to them: the counterpart of 6.824's `config.go`.

use cap_lab::history::Outcome;
use cap_lab::node::{Command, Delay, Micros, NodeId, NodeSet};
use cap_lab::raft::invariant::Ghost;
use cap_lab::raft::{Config, Flaw, Index, Payload, Raft, Request, Response, Switches};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::sim::model::Status;
use cap_lab::sim::network::Travel;
use cap_lab::sim::run::{Run, Seen, World};
use cap_lab::sim::schedule::{Pace, Turns};

use crate::network::{Dice, Network};
use crate::raft_replica::{Commands, Replica};

/// A command that stands for itself. What a log of them leads to is all of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
pub(crate) struct Number(pub(crate) u32);

impl Command for Number {
    type Snapshot = Commands<Number>;
}

type Server = Replica<Number>;

/// The longest election timeout.
pub(crate) const ELECTION: Micros = Micros::from_ms(300);

pub(crate) const fn ms(ms: u64) -> Micros {
    Micros::from_ms(ms)
}

/// So many servers with these features; nobody asks them for anything by himself.
#[derive(Clone)]
struct Servers {
    count: usize,
    switches: Switches,
    flaw: Option<Flaw>,
}

impl Pace<Server> for Servers {
    fn travel(&self, _: NodeId, _: NodeId) -> Travel {
        Travel { base: Delay::between(ms(1), ms(4)), jitter: ms(1) }
    }

    fn sync_time(&self) -> Delay {
        Delay::between(ms(1), ms(3))
    }

    fn opening(&self) -> Micros {
        Micros::ZERO
    }

    fn turns(&self, _: NodeId) -> Option<Turns> {
        None
    }

    fn traffic(&self, _: NodeId, _: &Server, _: u32, _: u64) -> Option<Request<Number>> {
        None
    }
}

/// What is remembered of a run.
#[derive(Clone, Default)]
struct Watched {
    ghost: Ghost<Number>,
    started: NodeSet,
    broken: Option<String>,
}

impl World for Servers {
    type Node = Server;
    type Watch = Watched;

    fn nodes(&self) -> Vec<Server> {
        let all = NodeSet::first(self.count);
        let Self { switches, flaw, .. } = *self;
        all.iter().map(|id| Replica::new(Config { switches, flaw, ..Config::new(id, all) })).collect()
    }

    fn watch(&self, watch: &mut Watched, seen: &Seen<'_, Server>) {
        let Some(node) = seen.outcome.node.filter(|_| watch.broken.is_none()) else { return };
        let before = if watch.started.insert(node) { None } else { seen.before.map(|host| &host.node.raft) };
        if let Err(violation) = watch.ghost.observe(node, before, &seen.after.host(node).node.raft) {
            watch.broken = Some(format!("{violation} at {:?}", seen.at));
        }
    }
}

/// The commands that `server` has carried out, in order.
pub(crate) fn carried_out(server: &Raft<Number>) -> Vec<u32> {
    let before = server.snapshot().into_iter().flat_map(|snapshot| snapshot.state.iter());
    let after = server.log().iter_from(Index(1)).take_while(|(index, _)| *index <= server.commit_index());
    let after = after.filter_map(|(_, entry)| match &entry.payload {
        Payload::Command(number) => Some(number),
        Payload::Noop | Payload::Config(_) => None,
    });
    before.chain(after).map(|number| number.0).collect()
}

/// A cluster in time.
pub(crate) struct Lab {
    run: Run<Servers>,
    pub(crate) network: Network,
    pub(crate) dice: Dice,
    pub(crate) now: Micros,
    /// Those that are not cut off.
    connected: NodeSet,
    /// How many commands were made up.
    commands: u32,
}

impl Lab {
    pub(crate) fn new(servers: usize, seed: u64) -> Self {
        Self::switched(servers, seed, Switches::PLAIN)
    }

    pub(crate) fn switched(count: usize, seed: u64, switches: Switches) -> Self {
        Self::flawed(count, seed, switches, None)
    }

    /// Servers that make this mistake.
    pub(crate) fn flawed(count: usize, seed: u64, switches: Switches, flaw: Option<Flaw>) -> Self {
        let all = NodeSet::first(count);
        Self {
            run: Run::new(Servers { count, switches, flaw }, 0, seed, 0),
            network: Network::new(all, seed),
            dice: Dice::new(seed),
            now: Micros::ZERO,
            connected: all,
            commands: 0,
        }
    }

    pub(crate) fn all(&self) -> NodeSet {
        NodeSet::first(self.run.model().len())
    }

    pub(crate) fn raft(&self, node: NodeId) -> &Raft<Number> {
        &self.run.model().host(node).node.raft
    }

    pub(crate) fn is_up(&self, node: NodeId) -> bool {
        self.run.model().host(node).status == Status::Up
    }

    pub(crate) fn is_connected(&self, node: NodeId) -> bool {
        self.connected.contains(node)
    }

    /// One of them, by dice.
    pub(crate) fn any(&mut self) -> NodeId {
        NodeId(self.dice.below(self.all().len() as u64) as u8)
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, time: Micros) {
        self.now = self.now + time;
        self.network.advance(&mut self.run, self.now);
        self.assert_safe();
    }

    fn assert_safe(&self) {
        if let Some(broken) = &self.run.watch().broken {
            panic!("{broken}");
        }
    }

    fn act(&mut self, act: &Intervention<Request<Number>>) -> bool {
        self.now = self.now.max(self.run.now());
        let done = self.run.intervene(self.now, act);
        if done {
            self.network.see(&mut self.run);
        }
        self.assert_safe();
        done
    }

    /// Links work between servers that are connected, and no others.
    fn relink(&mut self) {
        let all = self.all();
        let links = all.iter().flat_map(|from| all.without(from).iter().map(move |to| (from, to)));
        let works = |(from, to): &Link| self.connected.contains(*from) && self.connected.contains(*to);
        let (working, dead): (Vec<Link>, Vec<Link>) = links.partition(works);
        self.act(&Intervention::Cut(dead));
        self.act(&Intervention::Heal(working));
    }

    /// Cuts a server off from all others.
    pub(crate) fn disconnect(&mut self, node: NodeId) {
        self.connected.remove(node);
        self.relink();
    }

    pub(crate) fn connect(&mut self, node: NodeId) {
        self.connected.insert(node);
        self.relink();
    }

    pub(crate) fn connect_all(&mut self) {
        self.connected = self.all();
        self.relink();
    }

    /// Stops a server; any number of its latest unsynced writes may be lost.
    pub(crate) fn crash(&mut self, node: NodeId) {
        let unsynced = self.run.model().host(node).unsynced.len() as u64;
        let keep = self.dice.below(unsynced + 1) as u32;
        assert!(self.act(&Intervention::Crash { node, keep }), "{node} is down already");
    }

    pub(crate) fn restart(&mut self, node: NodeId) {
        assert!(self.act(&Intervention::Restart(node)), "{node} is up already");
    }

    /// A server that is up and connected and leads, if there is one: that of the highest term.
    pub(crate) fn leader(&self) -> Option<NodeId> {
        let leads = |node: &NodeId| self.connected.contains(*node) && self.is_up(*node) && self.raft(*node).is_leader();
        self.all().iter().filter(leads).max_by_key(|node| self.raft(*node).term())
    }

    /// Waits up to 5 s for a leader, and half a second more to see that it stays the only one of its term.
    pub(crate) fn one_leader(&mut self) -> NodeId {
        for _ in 0..10 {
            self.wait(ms(500));
            if let Some(leader) = self.leader() {
                return leader;
            }
        }
        panic!("no leader in 5 s");
    }

    /// Those that are connected know of no leader among them.
    pub(crate) fn assert_no_leader(&self) {
        assert_eq!(self.leader(), None);
    }

    /// Asks a server to put a new command into the log; the command, if the server took it.
    pub(crate) fn start(&mut self, node: NodeId) -> Option<u32> {
        if !self.is_up(node) || !self.raft(node).is_leader() {
            return None;
        }
        self.commands += 1;
        let request = Request::Propose(Number(self.commands));
        assert!(self.act(&Intervention::Request { node, request }), "{node} is up");
        Some(self.commands)
    }

    /// Too short to agree on much; one in ten long enough.
    pub(crate) fn short_pause(&mut self) {
        let pause = if self.dice.percent(10) { self.dice.ms_below(150) } else { self.dice.ms_below(13) };
        self.wait(pause);
    }

    /// How many servers have carried out `command`.
    pub(crate) fn spread(&self, command: u32) -> usize {
        let has = |node: &NodeId| carried_out(self.raft(*node)).contains(&command);
        self.all().iter().filter(has).count()
    }

    /// Waits until at least `expected` servers have carried out `command`.
    pub(crate) fn await_spread(&mut self, command: u32, expected: usize, patience: Micros) -> bool {
        let end = self.now + patience;
        while self.now < end {
            if self.spread(command) >= expected {
                return true;
            }
            self.wait(ms(20));
        }
        false
    }

    /// Gets one new command carried out on at least `expected` servers: within 10 s, asking again if a leader loses its office.
    pub(crate) fn agree(&mut self, expected: usize) -> u32 {
        self.agree_within(expected, ms(10_000))
    }

    fn agree_within(&mut self, expected: usize, patience: Micros) -> u32 {
        let end = self.now + patience;
        while self.now < end {
            let taken = self.leader().and_then(|leader| self.start(leader));
            match taken {
                Some(command) if self.await_spread(command, expected, ms(2_000)) => return command,
                Some(_) => {}
                None => self.wait(ms(50)),
            }
        }
        panic!("no agreement of {expected} servers in {} ms", patience.as_ms());
    }

    /// Where a client was told that its command stands, if it was.
    pub(crate) fn told(&self, command: u32) -> Option<Index> {
        let operation = self.run.history().iter().find(|operation| proposed(&operation.request) == command)?;
        match &operation.outcome {
            Outcome::Done { response: Response::Committed { index, .. }, .. } => Some(*index),
            _ => None,
        }
    }

    /// The end of a story: everything heals, and soon all servers have carried out the same commands, each once; those of
    /// which a client was told so among them, and none of which it was told that they never will be. Returns how many.
    pub(crate) fn assert_good_end(self) -> usize {
        self.assert_good_end_within(ms(10_000)).0
    }

    /// As [`Lab::assert_good_end`], where “soon” is `patience`. Returns also how long it took.
    pub(crate) fn assert_good_end_within(mut self, patience: Micros) -> (usize, Micros) {
        let healed = self.now;
        self.network.weather = Default::default();
        for node in self.all().iter().filter(|node| !self.is_up(*node)).collect::<Vec<_>>() {
            self.restart(node);
        }
        self.connect_all();
        let all = self.all().len();
        self.agree_within(all, patience);
        let took = self.now.since(healed);
        self.wait(ms(1_000));
        let last = carried_out(self.raft(NodeId(0)));
        for node in self.all().iter() {
            assert_eq!(carried_out(self.raft(node)), last, "{node} and n1 differ");
        }
        let mut distinct = last.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), last.len(), "a command was carried out twice");
        for operation in self.run.history().iter() {
            let there = distinct.binary_search(&proposed(&operation.request)).is_ok();
            match &operation.outcome {
                Outcome::Done { .. } => assert!(there, "confirmed and gone: {operation:?}"),
                Outcome::Refused { .. } => assert!(!there, "refused and there: {operation:?}"),
                Outcome::Pending | Outcome::Unknown { .. } => {}
            }
        }
        (last.len(), took)
    }
}

/// The command that a client asked for.
fn proposed(request: &Request<Number>) -> u32 {
    match request {
        Request::Propose(number) => number.0,
        other => panic!("the stories only propose: {other:?}"),
    }
}

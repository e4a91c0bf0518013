//! §5.2: randomised election timeouts. A server asks for a delay in `[T, 2T)`, whoever runs it picks one: so this is about
//! both, a [`Run`] of servers that cannot hear each other.

use cap_lab::node::{Delay, Effects, Micros, Node as _, NodeId, NodeSet};
use cap_lab::raft::{Config, Raft, RoleName, Timer};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::sim::model::Step;
use cap_lab::sim::network::Travel;
use cap_lab::sim::run::{Run, Seen, World};
use cap_lab::sim::schedule::{Pace, Turns};

use crate::cluster::{Number, Server};

/// T: the shortest election timeout of [`Config::new`].
const T: Micros = Micros::from_ms(150);
/// etcd's tick: it counts time in tenths of T.
const TICK: Micros = Micros(T.0 / 10);

/// So many servers, and nobody who asks them for anything.
#[derive(Clone)]
struct Servers(usize);

impl Pace<Server> for Servers {
    fn travel(&self, _: NodeId, _: NodeId) -> Travel {
        Travel { base: Delay::fixed(Micros::from_ms(5)), jitter: Micros::ZERO }
    }

    fn sync_time(&self) -> Delay {
        Delay::fixed(Micros::from_ms(1))
    }

    fn opening(&self) -> Micros {
        Micros::ZERO
    }

    fn turns(&self, _: NodeId) -> Option<Turns> {
        None
    }

    fn traffic(&self, _: NodeId, _: &Server, _: u32, _: u64) -> Option<cap_lab::raft::Request<Number>> {
        None
    }
}

impl World for Servers {
    type Node = Server;
    type Watch = ();

    fn nodes(&self) -> Vec<Server> {
        let all = NodeSet::first(self.0);
        all.iter().map(|id| Raft::new(Config::new(id, all))).collect()
    }

    fn watch(&self, (): &mut (), _: &Seen<'_, Server>) {}
}

/// Servers that start at time 0, as followers, and cannot hear each other.
fn apart(servers: usize, seed: u64) -> Run<Servers> {
    let mut run = Run::new(Servers(servers), 0, seed, 0);
    let all = NodeSet::first(servers);
    let links: Vec<Link> = all.iter().flat_map(|from| all.without(from).iter().map(move |to| (from, to))).collect();
    let now = run.now();
    assert!(run.intervene(now, &Intervention::Cut(links)));
    run
}

/// Runs on until an election timer runs out: whose, and when.
fn next_timeout(run: &mut Run<Servers>) -> (NodeId, Micros) {
    for _ in 0..1_000 {
        assert!(run.step(Micros(u64::MAX)), "somebody's timer always runs");
        if let Step::Timer(node, Timer::Election) = run.latest().expect("a step").step {
            return (*node, run.now());
        }
    }
    panic!("nobody stands");
}

fn role(run: &Run<Servers>, node: NodeId) -> RoleName {
    run.model().host(node).node.role().name()
}

/// Each of these waits is in `[T, 2T)`, and each whole millisecond of that occurs.
fn assert_covered(waits: &[Micros]) {
    for wait in waits {
        assert!(*wait >= T && *wait < T + T, "{wait:?}");
    }
    for ms in T.as_ms()..2 * T.as_ms() {
        assert!(waits.iter().any(|wait| wait.as_ms() == ms), "no timeout of {ms} ms in {}", waits.len());
    }
}

/// How many timeouts [`assert_covered`] looks at: were they all equally likely, the chance that one of the 150 milliseconds never
/// came would be 150 · (149/150)^5000, less than 10^-12.
const ROUNDS: usize = 5_000;

/// §5.2: “Election timeouts are chosen randomly from a fixed interval (e.g., 150–300ms).”
#[test]
fn follower_election_timeout_randomized() {
    let waits: Vec<Micros> = (0..ROUNDS as u64)
        .map(|seed| {
            let mut run = apart(3, seed);
            let timeouts = std::iter::from_fn(|| {
                let was = role(&run, NodeId(0));
                let (node, at) = next_timeout(&mut run);
                Some((node, was, at))
            });
            let (_, was, at) = timeouts.into_iter().find(|(node, ..)| *node == NodeId(0)).expect("its timer runs");
            assert_eq!(was, RoleName::Follower);
            at
        })
        .collect();
    assert_covered(&waits);
}

/// §5.2: “Each candidate restarts its randomized election timeout at the start of an election, and it waits for that timeout to
/// elapse before starting the next election.”
#[test]
fn candidate_election_timeout_randomized() {
    let mut run = apart(3, 1);
    let mut since = [None; 3];
    let mut waits = Vec::new();
    while waits.len() < ROUNDS {
        let (node, at) = next_timeout(&mut run);
        assert_eq!(role(&run, node), RoleName::Candidate);
        waits.extend(since[node.index()].replace(at).map(|before| at.since(before)));
    }
    assert_covered(&waits);
}

/// How many servers stand in the tick of the first one that does, if all timers were set at `start`.
fn stand_together(run: &mut Run<Servers>, start: Micros) -> usize {
    let tick = |at: Micros| at.since(start).0 / TICK.0;
    let first = next_timeout(run).1;
    let mut count = 1;
    while run.next_at().is_some_and(|at| tick(at) == tick(first)) {
        assert!(run.step(Micros(u64::MAX)));
        count += usize::from(matches!(run.latest().expect("a step").step, Step::Timer(_, Timer::Election)));
    }
    count
}

/// Of 1,000 elections of 5 servers at most 300 have more than one candidate in their first tick.
fn assert_rarely_together(rounds: impl Iterator<Item = usize>) {
    let counts: Vec<usize> = rounds.collect();
    assert_eq!(counts.len(), 1_000);
    let conflicts = counts.iter().filter(|count| **count > 1).count();
    assert!(conflicts <= 300, "{conflicts} of 1,000 rounds");
    assert!(conflicts > 0, "ten ticks for five servers: some must meet");
}

/// §5.2: “This spreads out the servers so that in most cases only a single server will time out.”
#[test]
fn followers_election_timeout_nonconflict() {
    assert_rarely_together((0..1_000).map(|seed| stand_together(&mut apart(5, seed), Micros::ZERO)));
}

/// §5.2: “this reduces the likelihood of another split vote in the new election.”
#[test]
fn candidates_election_timeout_nonconflict() {
    let mut run = apart(5, 7);
    assert_rarely_together((0..1_000).map(|_| {
        let start = run.now() + Micros(1);
        for node in NodeSet::first(5).iter() {
            let timer = "Election".to_owned();
            assert!(run.intervene(start, &Intervention::Timer { world: 0, node, timer }));
            assert_eq!(role(&run, node), RoleName::Candidate);
        }
        stand_together(&mut run, start)
    }));
}

/// What the server itself contributes: it asks for the whole of `[T, 2T)`, whatever makes it wait.
#[test]
fn every_election_timer_is_asked_for_in_full() {
    let all = NodeSet::first(3);
    let mut server: Server = Raft::new(Config::new(NodeId(0), all));
    let mut out = Effects::default();
    server.on_restart(&Default::default(), Default::default(), &mut out);
    server.on_timer(Timer::Election, Default::default(), &mut out);
    let asked: Vec<Delay> = out
        .drain()
        .filter_map(|effect| match effect {
            cap_lab::node::Effect::SetTimer(Timer::Election, delay) => Some(delay),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [Delay::between(T, T + T); 2]);
}

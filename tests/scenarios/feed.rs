//! Lab 3: a service on top, the consistent feed, whose clients go on while things fail. What they saw is checked: there must be
//! one order of all posts and reads that explains it (Herlihy & Wing 1990).

use cap_lab::check::feed::calls;
use cap_lab::check::linearizability::{Verdict, check};
use cap_lab::check::measures::availability;
use cap_lab::check::spec::feed::Feed;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::sim::model::Status;
use cap_lab::sim::run::Run;
use cap_lab::world::feed::{FeedRun, FeedSetup, FeedWorld};

use crate::lab::ms;
use crate::network::{Dice, Network, Weather};
use crate::{report, seeds};

/// What a story is like.
#[derive(Clone, Copy)]
struct Story {
    name: &'static str,
    people: u8,
    /// What the replicas run on.
    store: &'static str,
    unreliable: bool,
    partitions: bool,
    restarts: bool,
}

impl Story {
    const fn new(name: &'static str, people: u8) -> Self {
        Self { name, people, store: "raft", unreliable: false, partitions: false, restarts: false }
    }
}

const REPLICAS: u8 = 5;

/// A story that goes on.
struct Stage {
    run: FeedRun,
    network: Network,
    dice: Dice,
    now: Micros,
}

impl Stage {
    fn new(story: &Story, seed: u64) -> Self {
        let setup = FeedSetup::at_one_site(REPLICAS, story.people);
        let store = story.store.parse().expect("a store");
        let mut network = Network::new(setup.servers(), seed);
        network.weather = Weather { unreliable: story.unreliable, reorders: false };
        let run = Run::new(FeedWorld::new(setup, store), 0, seed, 100);
        Self { run, network, dice: Dice::new(seed), now: Micros::ZERO }
    }

    fn wait(&mut self, time: Micros) {
        self.now = self.now + time;
        self.network.advance(&mut self.run, self.now);
    }

    fn act(&mut self, act: &Intervention<cap_lab::store::feed::Request>) {
        self.now = self.now.max(self.run.now());
        self.run.intervene(self.now, act);
        self.network.see(&mut self.run);
    }

    fn servers(&self) -> Vec<NodeId> {
        self.run.world().setup.servers().iter().collect()
    }

    fn links(&self) -> Vec<Link> {
        let servers = self.run.world().setup.servers();
        servers.iter().flat_map(|from| servers.without(from).iter().map(move |to| (from, to))).collect()
    }

    /// Each server goes to one side or the other, by the toss of a coin.
    fn part(&mut self) {
        let side: Vec<bool> = self.servers().iter().map(|_| self.dice.percent(50)).collect();
        let across = |(from, to): &Link| side[from.index()] != side[to.index()];
        let (dead, working) = self.links().into_iter().partition(across);
        self.act(&Intervention::Cut(dead));
        self.act(&Intervention::Heal(working));
    }

    /// All servers lose power, and come back.
    fn power_cut(&mut self) {
        for node in self.servers() {
            let unsynced = self.run.model().host(node).unsynced.len() as u64;
            let keep = self.dice.below(unsynced + 1) as u32;
            self.act(&Intervention::Crash { node, keep });
        }
        self.wait(ms(300));
        for node in self.servers() {
            assert_eq!(self.run.model().host(node).status, Status::Crashed);
            self.act(&Intervention::Restart(node));
        }
    }

    /// What was done so far.
    fn done(&self) -> u64 {
        availability(self.run.history(), self.now).done.into()
    }
}

/// Three times: two seconds of faults, then a calm in which people must get on; then the whole history is judged.
fn tell(story: Story) {
    let mut operations = 0;
    for seed in seeds() {
        let mut stage = Stage::new(&story, seed);
        stage.wait(ms(1_500));
        for _ in 0..3 {
            let faulty_until = stage.now + ms(2_000);
            while stage.now < faulty_until {
                if story.partitions {
                    stage.part();
                }
                let pause = ms(300) + stage.dice.ms_below(200);
                stage.wait(pause);
            }
            let links = stage.links();
            stage.act(&Intervention::Heal(links));
            if story.restarts {
                stage.power_cut();
            }
            // Time to elect a leader, then time in which a person does something every 180 ms.
            stage.wait(ms(2_000));
            let before = stage.done();
            stage.wait(ms(1_500));
            let progress = stage.done() - before;
            assert!(progress >= 3, "{}, seed {seed}: {progress} operations in a calm of 1.5 s", story.name);
        }
        assert_eq!(stage.run.watch().broken, None, "{}, seed {seed}", story.name);
        assert!(!story.unreliable || stage.network.dropped > 100, "{} messages were lost", stage.network.dropped);
        if story.store.contains("snapshots") {
            for node in stage.servers() {
                let raft = stage.run.model().host(node).node.raft().expect("the store is Raft");
                assert!(raft.snapshot().is_some(), "{}, seed {seed}: {node} has its whole log", story.name);
            }
        }
        operations += judge(&stage, &format!("{}, seed {seed}", story.name));
    }
    report(&format!("feed, {}: {} seeds, {operations} operations, linearizable", story.name, seeds().end));
}

/// Whether one order explains what all clients saw. Returns how many operations there were.
fn judge(stage: &Stage, what: &str) -> usize {
    let calls = calls(stage.run.history(), stage.now).calls;
    let count = calls.len();
    match check(Feed::default(), calls, 10_000_000, &mut || false) {
        Verdict::Linearizable(_) => count,
        Verdict::NotLinearizable(evidence) => panic!("{what}: {evidence:?}"),
        Verdict::Unknown { explored, .. } => panic!("{what}: undecided after {explored} configurations"),
    }
}

#[test]
fn one_client() {
    tell(Story::new("one client", 1));
}

#[test]
fn many_clients() {
    tell(Story::new("many clients", 6));
}

#[test]
fn unreliable_network() {
    tell(Story { unreliable: true, ..Story::new("unreliable network", 6) });
}

#[test]
fn partitions_one_client() {
    tell(Story { partitions: true, ..Story::new("partitions, one client", 1) });
}

#[test]
fn partitions_many_clients() {
    tell(Story { partitions: true, ..Story::new("partitions, many clients", 6) });
}

#[test]
fn restarts_one_client() {
    tell(Story { restarts: true, ..Story::new("restarts, one client", 1) });
}

#[test]
fn restarts_many_clients() {
    tell(Story { restarts: true, ..Story::new("restarts, many clients", 6) });
}

/// With an unreliable network, partitions and restarts.
const EVERYTHING: Story = Story { unreliable: true, partitions: true, restarts: true, ..Story::new("all at once", 6) };

#[test]
fn unreliable_network_partitions_and_restarts() {
    tell(EVERYTHING);
}

#[test]
fn snapshots() {
    tell(Story { store: "raft.snapshots", ..Story::new("snapshots", 6) });
}

#[test]
fn snapshots_unreliable_network_partitions_and_restarts() {
    tell(Story { name: "snapshots, all at once", store: "raft.snapshots", ..EVERYTHING });
}

/// Phones that ask again, sessions that make that harmless, and reads without a log entry.
#[test]
fn retries_and_reads_by_read_index() {
    tell(Story { name: "retries, read index", store: "raft.retries.read-index.snapshots", ..EVERYTHING });
}

#[test]
fn multi_paxos() {
    tell(Story { name: "Multi-Paxos, all at once", store: "multi-paxos", ..EVERYTHING });
}

/// The judge is awake: leaders that answer reads without asking a quorum are found out by what their clients saw.
#[test]
fn reads_without_a_quorum_are_found_out() {
    let flawed = Story { partitions: true, store: "raft.read-index@read-without-quorum", ..Story::new("flawed", 6) };
    let caught = (0..20).any(|seed| {
        let mut stage = Stage::new(&flawed, seed);
        stage.wait(ms(1_500));
        for _ in 0..12 {
            stage.part();
            stage.wait(ms(500));
        }
        let calls = calls(stage.run.history(), stage.now).calls;
        matches!(check(Feed::default(), calls, 10_000_000, &mut || false), Verdict::NotLinearizable(_))
    });
    assert!(caught, "in 20 seeds no read was old");
}

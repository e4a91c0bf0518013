//! Quorums: what is confirmed is stored W times and stays, sets only grow, and replicas that hear from each other converge. As ABD
//! any two reads are of sets of which one includes the other, in the order of time.

use cap_lab::node::{Answer, NodeId, NodeSet, RequestId};
use cap_lab::quorum::invariant::confirmed_is_stored;
use cap_lab::quorum::{Known, Name, Note, Quorum, Request, Response, Setup, Tag, Timer};
use cap_lab::sim::model::{Host, Model, Step, StepOutcome};

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::{Tally, report, seeds};

type Replica = Quorum<u32>;

const STEPS: u64 = 1_200;

/// Who adds everything.
const CLIENT: NodeId = NodeId(31);

#[derive(Default)]
struct Seen {
    confirmed: u64,
    reads: u64,
    hints: u64,
    handed_off: u64,
    written_back: u64,
}

/// An operation that returned: when it began and ended, in steps, and what it came to.
struct Returned {
    began: u64,
    ended: u64,
    /// What a read showed.
    read: Option<Known>,
    /// Where an item was put.
    added: Option<Tag>,
}

#[derive(Default)]
struct Watch {
    setup: Setup,
    steps: u64,
    /// By request, when it began.
    began: Vec<(RequestId, u64)>,
    returned: Vec<Returned>,
    seen: Seen,
}

impl Subject for Watch {
    type Node = Replica;

    fn lets_fire(&self, timer: Timer, dice: &mut Dice) -> bool {
        timer == Timer::Exchange || dice.once_in(2)
    }

    fn targets(&self, _: &Model<Replica>) -> NodeSet {
        NodeSet::EMPTY
    }

    fn request(&mut self, number: u32, dice: &mut Dice) -> Request<u32> {
        if dice.once_in(2) { Request::Read } else { Request::Add(Name { origin: CLIENT, number }, number) }
    }

    fn see(
        &mut self,
        step: &Step<Replica>,
        before: Option<&Host<Replica>>,
        after: &Model<Replica>,
        outcome: &StepOutcome<Replica>,
    ) -> Result<(), String> {
        self.steps += 1;
        if let Step::Request(_, id, _) = step {
            self.began.push((*id, self.steps));
        }
        for note in &outcome.notes {
            match note {
                Note::KeepsHint { .. } => self.seen.hints += 1,
                Note::DropsHints { count, .. } => self.seen.handed_off += count,
                Note::Repairs { waits: true, .. } => self.seen.written_back += 1,
                Note::Confirms { tag, .. } => {
                    let disks = after.hosts().map(|(id, host)| (id, &host.disk));
                    let home = NodeSet::first(self.setup.n.into());
                    confirmed_is_stored(*tag, (home, self.setup.w), disks).map_err(|broken| broken.to_string())?;
                }
                _ => {}
            }
        }
        for (id, answer) in &outcome.replies {
            let began = self.began.iter().find(|(request, _)| request == id).expect("it was asked").1;
            let (read, added) = match answer {
                Answer::Done(Response::Read(known)) => (Some(known.clone()), None),
                Answer::Done(Response::Added(tag)) => (None, Some(*tag)),
                Answer::Refused(_) | Answer::Unknown => continue,
            };
            self.seen.confirmed += u64::from(added.is_some());
            self.seen.reads += u64::from(read.is_some());
            self.returned.push(Returned { began, ended: self.steps, read, added });
        }
        let (Some(node), Some(before)) = (outcome.node, before) else { return Ok(()) };
        // What a disk has of home it keeps.
        if !after.host(node).disk.items.known().includes(before.disk.items.known()) {
            return Err(format!("{node} forgot what was on its disk"));
        }
        Ok(())
    }
}

impl Watch {
    /// What shows that the operations are of no set that takes each write at one moment: linearizability of a set that grows, from
    /// its definition. Reads are of sets in a row; none shows less than what was confirmed, or shown, before it began.
    fn anomaly(&self) -> Option<String> {
        for later in self.returned.iter().filter_map(|later| Some((later.began, later.read.as_ref()?))) {
            let (began, shows) = later;
            for earlier in self.returned.iter().filter(|earlier| earlier.ended < began) {
                match (&earlier.read, earlier.added) {
                    (Some(read), _) if !shows.includes(read) => return Some("a later read shows less".to_owned()),
                    (_, Some(tag)) if !shows.contains(tag.name) => return Some(format!("a read misses {tag}")),
                    _ => {}
                }
            }
            let mut reads = self.returned.iter().filter_map(|other| other.read.as_ref());
            if reads.any(|other| !shows.includes(other) && !other.includes(shows)) {
                return Some("of two reads each shows what the other does not".to_owned());
            }
        }
        None
    }

    /// Whether a write that began later has the higher tag.
    fn tags_follow_time(&self) -> bool {
        let added = |returned: &Returned| Some((returned.began, returned.ended, returned.added?));
        let writes: Vec<_> = self.returned.iter().filter_map(added).collect();
        writes.iter().all(|(began, _, tag)| writes.iter().all(|(_, ended, before)| ended >= began || before < tag))
    }
}

const ROUGH: Mix = Mix {
    deliver: 500,
    sync: 250,
    timer: 50,
    request: 40,
    lose: 30,
    duplicate: 15,
    cut: 6,
    heal: 10,
    crash: 5,
    restart: 20,
};

/// One schedule, with all links whole in the end; then rounds of anti-entropy.
fn run(setup: &str, seed: u64) -> Watch {
    let setup: Setup = setup.parse().expect("a setup");
    let all = NodeSet::first(5);
    let nodes = all.iter().map(|id| Quorum::new(setup.config(id, all))).collect();
    let fail = |broken: String| -> ! { panic!("{setup}, seed {seed}: {broken}") };
    let watch = Watch { setup, ..Watch::default() };
    let mut driver = Driver::new(nodes, watch, seed).unwrap_or_else(|broken| fail(broken));
    driver.run(&ROUGH, STEPS).unwrap_or_else(|broken| fail(broken));
    driver.heal_all().unwrap_or_else(|broken| fail(broken));
    let sets = |driver: &Driver<Watch>| -> Vec<Known> {
        let home = driver.model.hosts().take(setup.n.into());
        home.map(|(_, host)| host.node.state().items.known().clone()).collect()
    };
    let hints = |driver: &Driver<Watch>| driver.model.hosts().any(|(_, host)| !host.node.state().hints.is_empty());
    for _ in 0..40 {
        driver.settle().unwrap_or_else(|broken| fail(broken));
        let sets = sets(&driver);
        if sets.iter().all(|known| *known == sets[0]) && !hints(&driver) {
            break;
        }
        driver.fire_all().unwrap_or_else(|broken| fail(broken));
    }
    let sets = sets(&driver);
    assert!(sets.iter().all(|known| *known == sets[0]), "{setup}, seed {seed}: {sets:?}");
    assert!(!hints(&driver), "{setup}, seed {seed}: hints are left");
    for tag in driver.subject.returned.iter().filter_map(|returned| returned.added) {
        assert!(sets[0].contains(tag.name), "{setup}, seed {seed}: {tag} was confirmed and is gone");
    }
    driver.subject
}

#[test]
fn replicas_converge_after_any_schedule() {
    let mut tally = Tally::default();
    for seed in 0..seeds(500, 10_000) {
        let Seen { confirmed, reads, hints, handed_off, .. } = run("", seed).seen;
        tally.add([
            ("writes confirmed", confirmed),
            ("reads answered", reads),
            ("hints kept", hints),
            ("hints handed off", handed_off),
        ]);
    }
    tally.demand_one_in_three("quorum N=3 R=2 W=2, 5 replicas, 1,200 steps");
}

#[test]
fn as_abd_every_history_is_linearizable() {
    let mut tally = Tally::default();
    for seed in 0..seeds(500, 10_000) {
        let setup = [".strict.tags.write-back", ".n-5.r-3.w-3.strict.tags.write-back"][seed as usize % 2];
        let watch = run(setup, seed);
        assert_eq!(watch.anomaly(), None, "{setup}, seed {seed}");
        assert!(watch.tags_follow_time(), "{setup}, seed {seed}");
        let Seen { confirmed, reads, written_back, .. } = watch.seen;
        tally.add([("writes confirmed", confirmed), ("reads answered", reads), ("reads written back", written_back)]);
    }
    tally.demand_one_in_three("quorum as ABD, 5 replicas, 1,200 steps");
}

/// Each of the three rules is needed: without one of them some schedule breaks what ABD promises, though R + W > N.
#[test]
fn without_one_of_its_rules_it_is_not_abd() {
    for (setup, breaks) in [
        (".strict.tags.no-repair", Watch::anomaly as fn(&Watch) -> Option<String>),
        (".tags.write-back", Watch::anomaly),
        (".strict.write-back", |watch| (!watch.tags_follow_time()).then(|| "a later write has a lower tag".to_owned())),
    ] {
        let found = (0..400).find_map(|seed| Some((seed, breaks(&run(setup, seed))?)));
        let (seed, anomaly) = found.unwrap_or_else(|| panic!("nothing breaks {setup}"));
        report(&format!("quorum{setup}: seed {seed}: {anomaly}"));
    }
}

//! Raft: the five safety properties of Figure 3, and what happens if a rule is taken out.

use cap_lab::node::Answer;
use cap_lab::node::{Command, NodeId, NodeSet};
use cap_lab::raft::invariant::{Ghost, INVARIANTS, Violation};
use cap_lab::raft::{Config, Flaw, Note, Raft, ReadProof, Reads, Request, Response, Switches, Timer};
use cap_lab::sim::model::{Model, Outcome, Slot, Status, Step};

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::{Tally, report, seeds, switches};

/// A command that stands for itself. What a log of them leads to is all of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Number(u32);

impl Command for Number {
    type Snapshot = Vec<Number>;
}

type Server = Raft<Number>;

const STEPS: u64 = 2_000;

/// What one seed came across.
#[derive(Default)]
struct Seen {
    elections: u64,
    commits: u64,
    truncations: u64,
    restarts_with_loss: u64,
    reads: u64,
    features: Features,
}

/// What only some features bring about.
#[derive(Default)]
struct Features {
    pre_votes_refused: u64,
    requests_ignored: u64,
    quorums_lost: u64,
    transfers_done: u64,
    reads_by_round: u64,
    reads_by_lease: u64,
}

impl Features {
    fn note(&mut self, note: &Note) {
        match note {
            Note::PreVoteRefused { .. } | Note::PreVoteHeld { .. } => self.pre_votes_refused += 1,
            Note::VoteRequestIgnored { .. } => self.requests_ignored += 1,
            Note::QuorumLost { .. } => self.quorums_lost += 1,
            Note::TransferDone { .. } => self.transfers_done += 1,
            Note::ReadAnswered { proof: ReadProof::Round { .. }, .. } => self.reads_by_round += 1,
            Note::ReadAnswered { proof: ReadProof::Lease { .. }, .. } => self.reads_by_lease += 1,
            _ => {}
        }
    }

    fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("pre-votes refused", self.pre_votes_refused),
            ("requests for votes ignored", self.requests_ignored),
            ("quorums lost", self.quorums_lost),
            ("transfers done", self.transfers_done),
            ("reads by round", self.reads_by_round),
            ("reads by lease", self.reads_by_lease),
        ]
    }
}

struct Cluster {
    ghost: Ghost<Number>,
    temper: &'static Temper,
    servers: u8,
    switches: Switches,
    /// Nodes that crashed and lost something.
    lossy: NodeSet,
    started: NodeSet,
    seen: Seen,
}

impl Subject for Cluster {
    type Node = Server;

    fn lets_fire(&self, timer: Timer, dice: &mut Dice) -> bool {
        dice.once_in(match timer {
            Timer::Heartbeat => self.temper.heartbeat_patience,
            // A leader that is late to notice its loneliness is the one to watch.
            Timer::Quorum => 4 * self.temper.election_patience,
            _ => self.temper.election_patience,
        })
    }

    fn targets(&self, model: &Model<Server>) -> NodeSet {
        let leads = |slot: &Slot<Server>| slot.status == Status::Up && slot.node.is_leader();
        model.slots().filter(|(_, slot)| leads(slot)).map(|(id, _)| id).collect()
    }

    fn keeps_time(&self) -> bool {
        self.temper.keeps_time
    }

    /// The clocks of n1, n3, n5 … run ahead of the others: those of a majority, if their number is odd.
    fn drift_ppm(&self, node: NodeId) -> u64 {
        u64::from(1 - node.0 % 2) * u64::from(switches::DRIFT_PPM)
    }

    fn request(&mut self, number: u32, dice: &mut Dice) -> Request<Number> {
        match number % 8 {
            1 => Request::Read,
            4 | 6 if self.switches.reads != Reads::Log => Request::Read,
            // Perhaps to a stranger.
            3 if self.switches.transfer && dice.once_in(4) => {
                Request::TransferLeadership(NodeId(dice.below(usize::from(self.servers) + 1) as u8))
            }
            _ => Request::Propose(Number(number)),
        }
    }

    fn see(
        &mut self,
        step: &Step<Server>,
        before: Option<&Slot<Server>>,
        after: &Model<Server>,
        outcome: &Outcome<Server>,
    ) -> Result<(), String> {
        for note in &outcome.notes {
            self.seen.features.note(note);
            match note {
                Note::BecameLeader { .. } => self.seen.elections += 1,
                Note::CommitAdvanced { .. } => self.seen.commits += 1,
                Note::ConflictTruncated { .. } => self.seen.truncations += 1,
                _ => {}
            }
        }
        match (step, before) {
            (Step::Crash(node, keep), Some(slot)) if slot.unsynced.len() > *keep as usize => {
                self.lossy.insert(*node);
            }
            (Step::Restart(node), _) => self.seen.restarts_with_loss += u64::from(self.lossy.remove(*node)),
            _ => {}
        }
        if let Step::Request(node, request, Request::Read) = step {
            self.ghost.read_asked(*node, *request);
        }
        let Some(node) = outcome.node else { return Ok(()) };
        let before = if self.started.insert(node) { None } else { before.map(|slot| &slot.node) };
        let told = |violation: Violation| violation.to_string();
        self.ghost.observe(node, before, &after.slot(node).node).map_err(told)?;
        for (request, answer) in &outcome.replies {
            match answer {
                Answer::Done(Response::ReadAt { index }) => {
                    self.seen.reads += 1;
                    self.ghost.read_answered(node, *request, *index).map_err(told)?;
                }
                _ => self.ghost.read_ended(node, *request),
            }
        }
        Ok(())
    }
}

/// What one kind of schedule is like.
struct Temper {
    mix: Mix,
    /// A timer that comes up may run out once in so many times.
    election_patience: usize,
    heartbeat_patience: usize,
    entries_per_append: u32,
    keeps_time: bool,
}

/// Long logs that spread entry by entry, leaders that are cut off with much that nobody else has: the way to Figure 8, where
/// old entries reach a majority ahead of the no-op.
const TAILS: Temper = Temper {
    mix: Mix {
        deliver: 400,
        sync: 200,
        timer: 20,
        request: 30,
        lose: 30,
        duplicate: 10,
        cut: 2,
        heal: 20,
        crash: 1,
        restart: 20,
    },
    election_patience: 6,
    heartbeat_patience: 2,
    entries_per_append: 1,
    keeps_time: false,
};

/// Slow disks, several candidates at a time, and nodes that crash in the middle of it and come back at once.
const REBOOTS: Temper = Temper {
    mix: Mix {
        deliver: 400,
        sync: 200,
        timer: 20,
        request: 10,
        lose: 2,
        duplicate: 2,
        cut: 1,
        heal: 4,
        crash: 10,
        restart: 50,
    },
    election_patience: 25,
    heartbeat_patience: 2,
    entries_per_append: 64,
    keeps_time: false,
};

/// Many heartbeats, many reads, and leaders that are cut off and come back: the way to reads that are old.
const READERS: Temper = Temper {
    mix: Mix {
        deliver: 500,
        sync: 400,
        timer: 80,
        request: 60,
        lose: 2,
        duplicate: 2,
        cut: 4,
        heal: 5,
        crash: 1,
        restart: 20,
    },
    election_patience: 8,
    heartbeat_patience: 1,
    entries_per_append: 64,
    keeps_time: true,
};

/// One schedule, of one of the tempers, with clocks as different as may be.
fn schedule(seed: u64, servers: u8, switches: Switches, flaw: Option<Flaw>) -> Result<Seen, String> {
    let members = NodeSet::first(servers.into());
    let temper = match seed % 4 {
        0 if switches.reads != Reads::Log => &READERS,
        2 if switches.reads == Reads::Lease => &READERS,
        0 | 2 => &TAILS,
        _ => &REBOOTS,
    };
    let max_entries_per_append = temper.entries_per_append;
    let config = |id| Config { max_entries_per_append, switches, flaw, ..Config::new(id, members) };
    let cluster = Cluster {
        ghost: Ghost::default(),
        temper,
        servers,
        switches,
        lossy: NodeSet::EMPTY,
        started: NodeSet::EMPTY,
        seen: Seen::default(),
    };
    let nodes = members.iter().map(|id: NodeId| Raft::new(config(id))).collect();
    let mut driver = Driver::new(nodes, cluster, seed)?;
    driver.run(&temper.mix, STEPS)?;
    Ok(driver.subject.seen)
}

#[test]
fn no_schedule_breaks_an_invariant() {
    let (mut tally, mut features) = (Tally::default(), Features::default().counts());
    for seed in 0..seeds(200, 2_000) {
        let switches = switches::of(seed);
        let seen = schedule(seed, 5, switches, None);
        let seen = seen.unwrap_or_else(|broken| panic!("seed {seed}, {switches:?}: {broken}"));
        for (total, (name, count)) in features.iter_mut().zip(seen.features.counts()) {
            *total = (name, total.1 + count);
        }
        tally.add([
            ("elections", seen.elections),
            ("commits", seen.commits),
            ("truncations", seen.truncations),
            ("restarts with loss", seen.restarts_with_loss),
            ("reads", seen.reads),
        ]);
    }
    report(&format!("of the features: {features:?}"));
    assert!(features.iter().all(|(_, count)| *count > 10), "{features:?}");
    tally.demand_one_in_three("Raft, 5 servers, 2,000 steps");
}

/// One server alone, and clusters in which a majority is all but one, or exactly half and one.
#[test]
fn other_sizes_are_safe_too() {
    for seed in 0..seeds(8, 100) {
        for servers in [1, 2, 3, 4, 7] {
            let run = schedule(seed, servers, switches::of(seed), None);
            run.unwrap_or_else(|broken| panic!("{servers} servers, seed {seed}: {broken}"));
        }
    }
}

/// Each rule that is taken out is missed within the seeds of the sweep, by an invariant that it serves. A lease that is too
/// long is not: it takes an election and a commit within the rest of the lease, so a schedule of its own shows it.
#[test]
fn a_rule_that_is_taken_out_is_missed() {
    let (election, completeness, machine, reads) = (INVARIANTS[0].0, INVARIANTS[3].0, INVARIANTS[4].0, INVARIANTS[5].0);
    let off = Switches::default();
    for (flaw, switches, expected) in [
        (Flaw::VoteWithoutUpToDateCheck, off, &[completeness, machine][..]),
        (Flaw::CommitOlderTerms, off, &[completeness, machine]),
        (Flaw::VoteNotDurable, off, &[election]),
        (Flaw::AcknowledgeBeforeSync, off, &[completeness, machine]),
        (Flaw::VoteSavedBeforeTerm, off, &[election]),
        (Flaw::DuplicateVotesCounted, off, &[election, completeness, machine]),
        (Flaw::MajorityOfReachable, off, &[election, completeness, machine]),
        (Flaw::WipedServerReturns, off, &[election, completeness, machine]),
        (Flaw::ReadWithoutQuorum, Switches { reads: Reads::ReadIndex, ..off }, &[reads]),
    ] {
        let caught: Vec<(u64, String)> = (0..200)
            .filter_map(|seed| schedule(seed, 5, switches, Some(flaw)).err().map(|broken| (seed, broken)))
            .collect();
        let (seed, broken) = caught.first().unwrap_or_else(|| panic!("{flaw:?} was not caught in 200 seeds"));
        let evidence = broken.lines().next().unwrap_or_default();
        report(&format!("{flaw:?}: caught in {} of 200 seeds, first in {seed}: {evidence}", caught.len()));
        for (seed, broken) in &caught {
            assert!(expected.iter().any(|name| broken.starts_with(name)), "{flaw:?}: seed {seed}: {broken}");
        }
    }
}

/// A failure is of no use without the way to it.
#[test]
fn a_failure_shows_the_latest_steps() {
    let broken = (0..200).find_map(|seed| schedule(seed, 5, Switches::default(), Some(Flaw::VoteNotDurable)).err());
    let broken = broken.expect("caught, see above");
    let told = |what: &str| broken.lines().filter(|line| line.contains(what)).count();
    assert!(told("Deliver(") > 3, "{broken}");
    assert_eq!(broken.lines().count(), 2 + 30, "{broken}");
}

/// The driver's own proof: the same seed is the same schedule.
#[test]
fn a_seed_is_a_schedule() {
    let counts = |seed| {
        let seen = schedule(seed, 5, switches::of(seed), None).expect("safe");
        [seen.elections, seen.commits, seen.truncations, seen.restarts_with_loss]
    };
    assert_eq!(counts(7), counts(7));
    assert_ne!(counts(7), counts(8));
}

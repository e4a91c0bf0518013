//! Raft with all its features: the five safety properties of Figure 3 and the linearizability of reads on every schedule, and
//! what happens if a rule is taken out.

use std::collections::BTreeSet;
use std::time::Instant;

use cap_lab::node::{Answer, NodeId, NodeSet, RequestId};
use cap_lab::raft::invariant::INVARIANTS;
use cap_lab::raft::{
    Change, ClientNote, ElectionNote, Flaw, FollowerNote, LeaderNote, MembershipNote, Note, PayloadKind, PreVoteNote,
    ReadProof, Reads, Request, Response, SnapshotNote, Switches, Timer, TransferNote,
};
use cap_lab::sim::model::{Host, Model, Status, Step, StepOutcome};

use crate::driver::{Dice, Driver, Mix, Subject};
use crate::found::{self, Found};
use crate::raft_lab::{Judge, Number, RaftExperiment, Server};
use crate::{Tally, report, seeds, switches};

pub(crate) const STEPS: u64 = 2_000;

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
    compactions: u64,
    snapshots_installed: u64,
    held_back: u64,
    joint_changes: u64,
    changes_rolled_back: u64,
    leaders_retired: u64,
    changes_done: u64,
}

impl Features {
    fn note(&mut self, note: &Note) {
        *match note {
            Note::PreVote(PreVoteNote::Refused { .. } | PreVoteNote::HoldsOn { .. }) => &mut self.pre_votes_refused,
            Note::Election(ElectionNote::VoteRequestIgnored { .. }) => &mut self.requests_ignored,
            Note::Leader(LeaderNote::QuorumLost { .. }) => &mut self.quorums_lost,
            Note::Transfer(TransferNote::Done { .. }) => &mut self.transfers_done,
            Note::Client(ClientNote::ReadAnswered { proof: ReadProof::Round { .. }, .. }) => &mut self.reads_by_round,
            Note::Client(ClientNote::ReadAnswered { proof: ReadProof::Lease { .. }, .. }) => &mut self.reads_by_lease,
            Note::Snapshot(SnapshotNote::Compacted { .. }) => &mut self.compactions,
            Note::Snapshot(SnapshotNote::Installed { .. }) => &mut self.snapshots_installed,
            Note::Leader(LeaderNote::EntryHeldBack { .. }) => &mut self.held_back,
            Note::Membership(MembershipNote::JointCommitted { .. }) => &mut self.joint_changes,
            Note::Membership(MembershipNote::RolledBack { .. }) => &mut self.changes_rolled_back,
            Note::Membership(MembershipNote::Retired { .. }) => &mut self.leaders_retired,
            _ => return,
        } += 1;
    }

    /// Each with whether these features can bring it about.
    fn counts(&self, case: &Case) -> [(&'static str, bool, u64); 11] {
        let Kind { switches: on, changes } = case.kind;
        let joint = changes && !case.temper().asks_only_changes();
        [
            ("pre-votes refused", on.pre_vote, self.pre_votes_refused),
            ("requests for votes ignored", on.stickiness, self.requests_ignored),
            ("quorums lost", on.check_quorum, self.quorums_lost),
            ("transfers done", on.transfer, self.transfers_done),
            ("reads by round", on.reads != Reads::Log, self.reads_by_round),
            ("reads by lease", on.reads == Reads::Lease, self.reads_by_lease),
            ("compactions", on.snapshot_after.is_some(), self.compactions),
            ("snapshots installed", on.snapshot_after.is_some(), self.snapshots_installed),
            ("entries held back", on.window.is_some(), self.held_back),
            ("joint changes", joint, self.joint_changes),
            ("changes done", changes, self.changes_done),
        ]
    }
}

/// Any change of the members, sensible or not. Servers are added more often than removed, or there would be one soon.
fn some_change(servers: u8, dice: &mut Dice) -> Change {
    let all = NodeSet::first(servers.into());
    let one = NodeId(dice.below(servers.into()) as u8);
    match dice.below(6) {
        0 => Change::AddLearner(one),
        1 | 2 => Change::Add(one),
        3 => Change::Remove(one),
        _ => {
            let mut some = |times| all.iter().filter(|_| !dice.once_in(times)).collect();
            Change::Joint { voters: some(4), learners: some(2) }
        }
    }
}

pub(crate) struct Cluster {
    judge: Judge,
    temper: &'static Temper,
    servers: u8,
    switches: Switches,
    /// Whether its members change.
    changes: bool,
    /// As the leader that acted last has them.
    voters: NodeSet,
    /// Who has just begun to change the members.
    changed: Option<NodeId>,
    /// Changes of the members that were asked for.
    asked: BTreeSet<RequestId>,
    /// Nodes that crashed and lost something.
    lossy: NodeSet,
    seen: Seen,
}

impl Cluster {
    /// What an operator asks next.
    fn operate(&self, dice: &mut Dice) -> Request<Number> {
        if self.switches.transfer && (!self.changes || dice.once_in(2)) {
            // Perhaps to a stranger.
            return Request::TransferLeadership(NodeId(dice.below(usize::from(self.servers) + 1) as u8));
        }
        if !self.temper.asks_only_changes() {
            return Request::ChangeMembers(some_change(self.servers, dice));
        }
        // One server comes or goes, and three are left in any case.
        let out = NodeSet::first(self.servers.into()).difference(self.voters);
        let (among, change) = match self.voters.len() > 3 && (out.is_empty() || dice.once_in(2)) {
            true => (self.voters, Change::Remove as fn(NodeId) -> Change),
            false => (out, Change::Add as fn(NodeId) -> Change),
        };
        let among: Vec<NodeId> = among.iter().collect();
        Request::ChangeMembers(change(dice.one_of(&among).unwrap_or(NodeId(0))))
    }
}

impl Subject for Cluster {
    type Node = Server;

    fn lets_fire(&self, timer: Timer, dice: &mut Dice) -> bool {
        dice.once_in(match timer {
            Timer::Heartbeat => self.temper.heartbeat_patience,
            // To a reader, a leader that is late to notice its loneliness is the one to watch.
            Timer::Quorum if self.temper.keeps_time => 4 * self.temper.election_patience,
            // Its time has come already.
            Timer::Election if self.temper.keeps_time => 2,
            _ => self.temper.election_patience,
        })
    }

    fn targets(&self, model: &Model<Server>) -> NodeSet {
        let leads = |host: &Host<Server>| host.status == Status::Up && host.node.raft.is_leader();
        model.hosts().filter(|(_, host)| leads(host)).map(|(id, _)| id).collect()
    }

    fn keeps_time(&self) -> bool {
        self.temper.keeps_time
    }

    /// The clocks of n1, n3, n5 … run ahead of the others: those of a majority, if their number is odd.
    fn drift_ppm(&self, node: NodeId) -> u64 {
        u64::from(1 - node.0 % 2) * u64::from(switches::DRIFT_PPM)
    }

    /// Among rivals, who begins a change often gets lost right then, alone or with one other.
    fn strikes(&mut self, dice: &mut Dice) -> Option<NodeSet> {
        let leader = self.changed.take().filter(|_| self.temper.asks_only_changes())?;
        let other = NodeId(dice.below(self.servers.into()) as u8);
        Some(NodeSet::EMPTY.with(leader).with(if dice.once_in(2) { other } else { leader }))
    }

    fn request(&mut self, number: u32, dice: &mut Dice) -> Request<Number> {
        let operable = self.switches.transfer || self.changes;
        if operable && dice.once_in(self.temper.operator_patience) {
            return self.operate(dice);
        }
        match number % 8 {
            1 => Request::Read,
            2 | 4 | 5 | 6 if self.switches.reads != Reads::Log => Request::Read,
            _ => Request::Propose(Number(number)),
        }
    }

    fn see(
        &mut self,
        step: &Step<Server>,
        before: Option<&Host<Server>>,
        after: &Model<Server>,
        outcome: &StepOutcome<Server>,
    ) -> Result<(), String> {
        for note in &outcome.notes {
            self.seen.features.note(note);
            match note {
                Note::Election(ElectionNote::BecameLeader { .. }) => self.seen.elections += 1,
                Note::Leader(LeaderNote::CommitAdvanced { .. }) => self.seen.commits += 1,
                Note::Follower(FollowerNote::ConflictTruncated { .. }) => self.seen.truncations += 1,
                Note::Leader(LeaderNote::EntryAppended { what: PayloadKind::Config, .. }) => {
                    self.changed = outcome.node;
                }
                _ => {}
            }
        }
        match (step, before) {
            (Step::Crash(node, keep), Some(host)) if host.unsynced.len() > *keep as usize => {
                self.lossy.insert(*node);
            }
            (Step::Restart(node), _) => self.seen.restarts_with_loss += u64::from(self.lossy.remove(*node)),
            _ => {}
        }
        if let Some(host) = outcome.node.map(|node| after.host(node)).filter(|host| host.node.raft.is_leader()) {
            self.voters = host.node.raft.membership().voters;
        }
        if let Step::Request(_, request, Request::ChangeMembers(_)) = step {
            self.asked.insert(*request);
        }
        for (request, answer) in &outcome.replies {
            match answer {
                Answer::Done(Response::ReadAt { .. }) => self.seen.reads += 1,
                Answer::Done(Response::Committed { .. }) if self.asked.contains(request) => {
                    self.seen.features.changes_done += 1;
                }
                _ => {}
            }
        }
        self.judge.see(step, before, after, outcome).map_err(|violation| violation.to_string())
    }
}

/// What one kind of schedule is like.
pub(crate) struct Temper {
    pub(crate) mix: Mix,
    /// A timer that comes up may run out once in so many times.
    election_patience: usize,
    heartbeat_patience: usize,
    /// One in so many requests is an operator's, to hand over or to change the members, if there is such a thing.
    operator_patience: usize,
    entries_per_append: u32,
    keeps_time: bool,
}

impl Temper {
    /// One server at a time: rivals need no joint configuration.
    fn asks_only_changes(&self) -> bool {
        self.operator_patience == 1
    }
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
    operator_patience: 3,
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
    operator_patience: 3,
    entries_per_append: 64,
    keeps_time: false,
};

/// Many heartbeats, many reads, and leaders that are cut off and come back: the way to reads that are old.
const READERS: Temper = Temper {
    mix: Mix {
        deliver: 500,
        sync: 400,
        timer: 120,
        request: 120,
        lose: 2,
        duplicate: 2,
        cut: 6,
        heal: 5,
        crash: 1,
        restart: 20,
    },
    election_patience: 8,
    heartbeat_patience: 1,
    operator_patience: 3,
    entries_per_append: 64,
    keeps_time: true,
};

/// Operators at work while leaders are cut off and crash: changes that are begun and not ended.
const OPERATORS: Temper = Temper {
    mix: Mix {
        deliver: 500,
        sync: 300,
        timer: 40,
        request: 40,
        lose: 5,
        duplicate: 2,
        cut: 4,
        heal: 5,
        crash: 3,
        restart: 30,
    },
    election_patience: 6,
    heartbeat_patience: 1,
    operator_patience: 2,
    entries_per_append: 64,
    keeps_time: false,
};

/// Leaders that follow one another fast, are asked for nothing but changes, and get lost as soon as they begin one: the way to
/// changes that know nothing of each other.
const RIVALS: Temper = Temper {
    mix: Mix {
        deliver: 400,
        sync: 300,
        timer: 60,
        request: 60,
        lose: 5,
        duplicate: 2,
        cut: 0,
        heal: 1,
        crash: 1,
        restart: 20,
    },
    election_patience: 8,
    heartbeat_patience: 2,
    operator_patience: 1,
    entries_per_append: 64,
    keeps_time: false,
};

/// What a cluster does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) switches: Switches,
    /// Whether the members change.
    changes: bool,
}

impl Kind {
    /// That of a seed.
    fn of(seed: u64) -> Self {
        let changes = switches::has_all(seed) || !Dice::new(seed ^ 0x3e3b_e255).once_in(3);
        Self { switches: switches::of(seed), changes }
    }
}

/// One schedule, of one of the tempers, with clocks as different as may be.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) servers: u8,
    pub(crate) kind: Kind,
    flaw: Option<Flaw>,
}

impl Case {
    pub(crate) fn temper(&self) -> &'static Temper {
        let Kind { switches, changes } = self.kind;
        match self.seed % 4 {
            0 if switches.reads != Reads::Log => &READERS,
            2 if switches.reads == Reads::Lease => &READERS,
            1 if changes => &RIVALS,
            1 | 2 if changes || switches.transfer => &OPERATORS,
            0 | 2 => &TAILS,
            _ => &REBOOTS,
        }
    }

    /// As scripts set it up.
    pub(crate) fn experiment(&self) -> RaftExperiment {
        let Self { seed, servers, kind: Kind { switches, changes }, flaw } = *self;
        // One server may have to be added before it takes part.
        let spares = if changes && servers > 3 { seed / 4 % 2 } else { 0 };
        let entries = self.temper().entries_per_append;
        RaftExperiment { servers, members: servers - spares as u8, entries, switches, flaw }
    }

    /// Before the first step.
    pub(crate) fn driver(&self) -> Result<Driver<Cluster>, String> {
        let cluster = Cluster {
            judge: Judge::default(),
            temper: self.temper(),
            servers: self.servers,
            switches: self.kind.switches,
            changes: self.kind.changes,
            voters: NodeSet::EMPTY,
            changed: None,
            asked: BTreeSet::new(),
            lossy: NodeSet::EMPTY,
            seen: Seen::default(),
        };
        Driver::new(self.experiment().nodes(), cluster, self.seed)
    }

    fn run(&self) -> Result<Seen, String> {
        let mut driver = self.driver()?;
        driver.run(&self.temper().mix, STEPS)?;
        Ok(driver.subject.seen)
    }
}

fn schedule(seed: u64, servers: u8, kind: Kind, flaw: Option<Flaw>) -> Result<Seen, String> {
    Case { seed, servers, kind, flaw }.run()
}

#[test]
fn no_schedule_breaks_an_invariant() {
    let mut tally = Tally::default();
    let (mut rolled_back, mut retired) = (0, 0);
    let (start, all) = (Instant::now(), seeds(200, 20_000));
    for seed in 0..all {
        let case = Case { seed, servers: 5, kind: Kind::of(seed), flaw: None };
        let Ok(seen) = case.run() else { panic!("{case:?}: {}", Found::of(&case).expect("as before")) };
        tally.add([
            ("elections", seen.elections),
            ("commits", seen.commits),
            ("truncations", seen.truncations),
            ("restarts with loss", seen.restarts_with_loss),
            ("reads", seen.reads),
        ]);
        rolled_back += seen.features.changes_rolled_back;
        retired += seen.features.leaders_retired;
        for (what, possible, count) in seen.features.counts(&case) {
            tally.add_one(what, possible, count);
        }
    }
    let took = start.elapsed().as_secs_f64();
    let rate = (all * STEPS) as f64 / took / 1e3;
    report(&format!("Raft: {all} seeds of {STEPS} events in {took:.1} s, {rate:.0} thousand events a second"));
    report(&format!("Raft: {rolled_back} changes rolled back, {retired} leaders retired"));
    assert!(rolled_back > 10 && retired > 10, "{rolled_back} changes rolled back, {retired} leaders retired");
    tally.demand_one_in_three("Raft, 5 servers, 2,000 steps");
}

/// One server alone, and clusters in which a majority is all but one, or exactly half and one.
#[test]
fn other_sizes_are_safe_too() {
    for seed in 0..seeds(8, 100) {
        for servers in [1, 2, 3, 4, 7] {
            let run = schedule(seed, servers, Kind::of(seed), None);
            run.unwrap_or_else(|broken| panic!("{servers} servers, seed {seed}: {broken}"));
        }
    }
}

/// Each rule that is taken out is missed within the seeds of the sweep, on five servers or else on fewer, by an invariant that
/// it serves.
#[test]
fn a_rule_that_is_taken_out_is_missed() {
    let [election, _, matching, completeness, machine, reads] = INVARIANTS.map(|(name, _)| name);
    let plain = Kind { switches: Switches::PLAIN, changes: false };
    let reading = |switches| Kind { switches: Switches { lease_drift_ppm: switches::DRIFT_PPM, ..switches }, ..plain };
    let asking = reading(Switches { reads: Reads::ReadIndex, ..Switches::PLAIN });
    let leases = Switches { reads: Reads::Lease, check_quorum: true, stickiness: true, ..Switches::PLAIN };
    let changing = Kind { changes: true, ..plain };
    let sizes = &[5, 3][..];
    let flaws = [
        (Flaw::VoteWithoutUpToDateCheck, plain, sizes, &[completeness, machine][..]),
        (Flaw::CommitOlderTerms, plain, sizes, &[completeness, machine]),
        (Flaw::VoteNotDurable, plain, sizes, &[election]),
        (Flaw::AcknowledgeBeforeSync, plain, sizes, &[completeness, machine]),
        (Flaw::VoteSavedBeforeTerm, plain, sizes, &[election]),
        (Flaw::DuplicateVotesCounted, plain, sizes, &[election, completeness, machine]),
        (Flaw::MajorityOfReachable, plain, sizes, &[election, completeness, machine]),
        (Flaw::WipedServerReturns, plain, sizes, &[election, completeness, machine]),
        (Flaw::ReadWithoutQuorum, asking, sizes, &[reads]),
        (Flaw::LeaseTooLong, reading(leases), sizes, &[reads]),
        (Flaw::AppendWithoutPreviousCheck, plain, sizes, &[matching, completeness, machine]),
        (Flaw::TruncateByShorterAppend, plain, sizes, &[completeness, machine]),
        (Flaw::ChangeBeforeOwnCommit, changing, &[5, 4], &[election, completeness, machine]),
    ];
    assert!(Flaw::ALL.iter().all(|flaw| flaws.iter().any(|(known, ..)| known == flaw)));
    for (flaw, kind, sizes, expected) in flaws {
        let broken = |seed| sizes.iter().find_map(|servers| schedule(seed, *servers, kind, Some(flaw)).err());
        let caught: Vec<(u64, String)> = (0..200).filter_map(|seed| Some((seed, broken(seed)?))).collect();
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
    let kind = Kind { switches: Switches::PLAIN, changes: false };
    let broken = (0..200).find_map(|seed| schedule(seed, 5, kind, Some(Flaw::VoteNotDurable)).err());
    let broken = broken.expect("caught, see above");
    let told = |what: &str| broken.lines().filter(|line| line.contains(what)).count();
    assert!(told("Deliver(") > 3, "{broken}");
    assert_eq!(broken.lines().count(), 2 + 30, "{broken}");
}

/// A failing seed is told by a short script, and whoever plays that in time sees the same invariant broken.
#[test]
fn a_failure_becomes_a_short_script() {
    let plain = Kind { switches: Switches::PLAIN, changes: false };
    let flaws = [
        (Flaw::VoteNotDurable, Some(plain)),
        (Flaw::AcknowledgeBeforeSync, Some(plain)),
        // With every feature on.
        (Flaw::VoteWithoutUpToDateCheck, None),
        (Flaw::ReadWithoutQuorum, None),
        (Flaw::TruncateByShorterAppend, None),
    ];
    for (flaw, kind) in flaws {
        let seeds = (0..200).filter(|seed| kind.is_some() || switches::has_all(*seed));
        let case = |seed| Case { seed, servers: 5, kind: kind.unwrap_or(Kind::of(seed)), flaw: Some(flaw) };
        let found = seeds.map(case).filter_map(|case| Some((case.clone(), Found::of(&case)?)));
        // Among a few at least one can be made short.
        let (case, found) = found.take(16).min_by_key(|(_, found)| found.steps.1).expect("caught, see above");
        let (all, needed) = found.steps;
        report(&format!("{flaw}, seed {}: of {all} steps {needed} are needed", case.seed));
        assert!(needed <= if kind.is_some() { 32 } else { 64 }, "{found}");
        let broken = found.timeline.track().watch().broken.as_ref().map(|violation| violation.invariant);
        assert_eq!(broken, Some(found::invariant(&found.broken)));
        let sound = found.without_flaw();
        assert_eq!(sound.track().watch().broken, None, "the flaw is to blame");
        if flaw == Flaw::VoteNotDurable {
            let body = |script: &str| script.split_once('\n').map(|(_, body)| body.to_owned());
            let golden = include_str!("../scripts/what_a_seed_breaks_is_a_script");
            assert_eq!(body(golden), body(&found.script()), "print it anew if schedules have changed:\n{found}");
        }
    }
}

/// The driver's own proof: the same seed is the same schedule.
#[test]
fn a_seed_is_a_schedule() {
    let counts = |seed| {
        let seen = schedule(seed, 5, Kind::of(seed), None).expect("safe");
        [seen.elections, seen.commits, seen.truncations, seen.restarts_with_loss]
    };
    assert_eq!(counts(7), counts(7));
    assert_ne!(counts(7), counts(8));
}

//! Counterexamples: for each flaw a schedule that breaks an invariant with it, and none without.
//!
//! A script says what is done from outside and when; all else follows from setup and seed, as in every run. So the page can
//! play it, a learner can change it, and a test can take the flaw out and let the same things happen again.

mod locks;
mod multi_paxos;
mod paxos;
mod primary_backup;
mod quorum;
mod raft;

use crate::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use crate::node::Micros;
use crate::sim::fault::Scripted;
use crate::store::descriptor::Descriptor;
use crate::store::multi_paxos::MultiPaxosStore;
use crate::store::primary_backup::PrimaryBackupStore;
use crate::store::quorum::QuorumStore;
use crate::store::raft::RaftStore;
use crate::timeline::{Experiment, RequestOf, Timeline};

/// A flaw, and the run that shows what the rule that it breaks was for.
#[derive(Clone, Copy, Debug)]
pub struct Counterexample {
    /// What a setup calls the flaw.
    pub flaw: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What the nodes do wrong, in a sentence.
    pub sentence: &'static str,
    /// The invariant that breaks.
    pub breaks: &'static str,
    /// Whose flaw it is: a store's, by its name; else single-decree Paxos's, or the lock service's.
    pub store: Option<&'static str>,
    /// The run, without what it runs on.
    run: Schedule,
}

/// A seed, and what is done when.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    /// Who takes part: `replicas=3 people=1`.
    cast: &'static str,
    /// The protocol's switches that are on: `.read-index`.
    switches: &'static str,
    seed: u64,
    /// One intervention a line, each after its moment in µs; see [`crate::sim::script`].
    script: &'static str,
    /// How far it has to be played, in ms: the invariant is broken by then.
    end_ms: u64,
}

impl Schedule {
    fn acts<E: Experiment>(&self) -> Vec<Scripted<RequestOf<E>>> {
        let acts = self.script.lines().map(|line| line.trim().parse());
        acts.collect::<Result<_, String>>().expect("a script of our own")
    }
}

/// What breaks a store, given its name.
pub fn of_store(name: &str) -> Vec<Counterexample> {
    match name {
        RaftStore::NAME => raft::all(),
        MultiPaxosStore::NAME => multi_paxos::all(),
        PrimaryBackupStore::NAME => primary_backup::all(),
        QuorumStore::NAME => quorum::all(),
        _ => Vec::new(),
    }
}

/// What breaks Paxos.
pub fn paxos() -> impl Iterator<Item = Counterexample> {
    paxos::SCHEDULES.iter().map(|(flaw, run)| {
        let (title, sentence) = (flaw.title(), flaw.sentence());
        let breaks = flaw.breaks().last().expect("each breaks something");
        Counterexample { flaw: flaw.name(), title, sentence, breaks, store: None, run: *run }
    })
}

/// What breaks the lock service.
pub fn locks() -> impl Iterator<Item = Counterexample> {
    locks::SCHEDULES.iter().map(|(flaw, run)| {
        let (title, sentence) = (flaw.title(), flaw.sentence());
        Counterexample { flaw: flaw.name(), title, sentence, breaks: flaw.breaks(), store: None, run: *run }
    })
}

impl Counterexample {
    /// The run of a flaw of the lock service, with the flaw or without it, the play head at its start; nothing of it is computed yet.
    pub fn play_locks(&self, flawed: bool) -> Timeline<LocksExperiment> {
        let flaw = if flawed { format!(" flaw={}", self.flaw) } else { String::new() };
        self.play(&format!("{}{flaw}", self.run.cast))
    }

    /// The run of a flaw of Paxos, with the flaw or without it, the play head at its start; nothing of it is computed yet.
    pub fn play_paxos(&self, flawed: bool) -> Timeline<PaxosExperiment> {
        let setup =
            |flaw: &str| -> PaxosExperiment { format!("{}{flaw}", self.run.cast).parse().expect("a setup of our own") };
        let with_flaw = setup(&format!(" flaw={}", self.flaw));
        let script = paxos::held(&with_flaw, self.run.seed, self.run.acts::<PaxosExperiment>());
        let experiment = if flawed { with_flaw } else { setup("") };
        Timeline::scripted(experiment, self.run.seed, script, Micros::from_ms(self.run.end_ms))
    }

    /// The run of a flaw of a store, with the flaw or without it, the play head at its start; nothing of it is computed yet.
    pub fn play_feed(&self, flawed: bool) -> Timeline<FeedExperiment> {
        let store = self.store.expect("the flaw of a store");
        let flaw = if flawed { format!("@{}", self.flaw) } else { String::new() };
        self.play(&format!("{} traffic=0 stores={store}{}{flaw}", self.run.cast, self.run.switches))
    }

    fn play<E: Experiment>(&self, setup: &str) -> Timeline<E> {
        let experiment = setup.parse::<E>().expect("a setup of our own");
        Timeline::scripted(experiment, self.run.seed, self.run.acts::<E>(), Micros::from_ms(self.run.end_ms))
    }
}

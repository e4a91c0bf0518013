//! Counterexamples: for each flaw a schedule that breaks an invariant with it, and none without.
//!
//! A script says what is done from outside and when; all else follows from setup and seed, as in every run. So the page can
//! play it, a learner can change it, and a test can take the flaw out and let the same things happen again.

use crate::experiment::FeedExperiment;
use crate::node::Micros;
use crate::raft;
use crate::sim::fault::Scripted;
use crate::timeline::{Experiment, RequestOf, Timeline};
use crate::world::feed::Store;

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
    /// The run, without what it runs on.
    run: Schedule,
}

/// A seed, and what is done when.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    /// Who takes part: `replicas=3 people=1`.
    cast: &'static str,
    seed: u64,
    /// One intervention a line, each after its moment in µs; see [`crate::sim::script`].
    script: &'static str,
    /// How far it has to be played, in ms: the invariant is broken by then.
    end_ms: u64,
}

/// What breaks Raft.
pub fn raft() -> impl Iterator<Item = Counterexample> {
    raft::Flaw::ALL.into_iter().filter_map(|flaw| {
        let (_, run) = RAFT.iter().find(|(known, _)| *known == flaw)?;
        let (title, sentence, breaks) = (flaw.title(), flaw.sentence(), flaw.breaks());
        Some(Counterexample { flaw: flaw.name(), title, sentence, breaks, run: *run })
    })
}

impl Counterexample {
    /// The run of a flaw of Raft, with the flaw or without it, computed to its end, the play head at its start.
    pub fn play_raft(&self, flawed: bool) -> Timeline<FeedExperiment> {
        let flaw = if flawed { format!("@{}", self.flaw) } else { String::new() };
        self.play(&format!("{} traffic=0 stores=raft{flaw}", self.run.cast))
    }

    fn play<E: Experiment>(&self, setup: &str) -> Timeline<E> {
        let experiment = setup.parse::<E>().expect("a setup of our own");
        let script = self.run.script.lines().map(|line| line.trim().parse());
        let script: Result<Vec<Scripted<RequestOf<E>>>, String> = script.collect();
        Timeline::scripted(
            experiment,
            self.run.seed,
            script.expect("a script of our own"),
            Micros::from_ms(self.run.end_ms),
        )
    }
}

/// The same setup without its flaws; none if it has none.
pub fn without_flaw(experiment: &FeedExperiment) -> Option<FeedExperiment> {
    let mut sound = experiment.clone();
    for store in &mut sound.stores {
        if let Store::Raft(setup, _) = store {
            setup.flaw = None;
        }
    }
    (sound != *experiment).then_some(sound)
}

const RAFT: [(raft::Flaw, Schedule); 1] = [(
    raft::Flaw::VoteWithoutUpToDateCheck,
    // A server that was cut off lacks a committed entry, and is elected once the leader is gone.
    Schedule {
        cast: "replicas=3 people=1",
        seed: 2,
        script: "600000 cut n2>n1 n1>n2 n2>n3 n3>n2
            600001 ask n4 post Remember me
            1000000 crash n1 keep 0
            1000001 heal n2>n1 n1>n2 n2>n3 n3>n2",
        end_ms: 1_800,
    },
)];

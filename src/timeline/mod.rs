//! The timeline of an experiment: interventions and checkpoints.
//!
//! A run is decided by its setup, its seed and its script, so the script is all that must be kept. Checkpoints are a cache:
//! seeking takes the nearest one before the goal and replays from there. Acting in the past forks: the old future stays as
//! a branch.
//!
//! A run from a file, a branch that is gone back to and a run retold on another store are there at once, but not computed
//! yet: [`Timeline::fill`] computes on, a slice at a time, while the play head moves about in what is there.

mod advance;
mod branches;
mod checkpoints;
pub mod command;
pub mod file;
mod fill;
mod limits;
mod link;
pub mod script;
pub mod track;
mod undo;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use branches::Branch;
pub use branches::BranchInfo;
use checkpoints::{Checkpoint, Checkpoints};
use fill::Expected;
pub use fill::Imported;
pub use limits::{ACTS_MAX, BRANCHES_MAX, LENGTH_MAX, Limit, Room, SCRIPT_BYTES_MAX, STEPS_MAX};
use track::Track;

use crate::node::{Micros, NodeId, NodeSet};
use crate::sim::fault::Scripted;

/// What can be run: the setup of one world or of several side by side. As text: `replicas=5 people=3 traffic=100`.
pub trait Experiment: Clone + Debug + PartialEq + Display + FromStr<Err = String> {
    /// The worlds, running.
    type Track: Track<Request: Display + FromStr<Err = String>>;

    /// Says which experiment a run file holds.
    const NAME: &'static str;

    /// The worlds at time 0. The setup must have passed [`Experiment::check`].
    fn start(&self, seed: u64) -> Self::Track;

    /// What is wrong with the setup, if anything.
    fn check(&self) -> Result<(), String>;

    /// What is wrong with a request, if anything: files come from anywhere.
    fn check_request(&self, node: NodeId, request: &RequestOf<Self>) -> Result<(), String>;

    /// The participants between which there are links.
    fn servers(&self) -> NodeSet;

    /// What a participant is called: `n1`, `Ana`.
    fn name(&self, node: NodeId) -> String;
}

/// What clients of an experiment ask for.
pub type RequestOf<E> = <<E as Experiment>::Track as Track>::Request;

/// An experiment in time.
#[derive(Clone, Debug)]
pub struct Timeline<E: Experiment> {
    experiment: E,
    seed: u64,
    branches: Vec<Branch<RequestOf<E>>>,
    current: usize,
    /// The worlds at the play head, which is at least at the moment of the latest step.
    head: Checkpoint<E::Track>,
    /// The furthest worlds that were computed of the current branch, while the play head is elsewhere.
    frontier: Option<Box<Checkpoint<E::Track>>>,
    /// The current branch is computed up to its end.
    whole: bool,
    /// Where the play head goes as soon as that is computed.
    goal: Option<Micros>,
    /// The worlds at earlier moments of the current branch.
    checkpoints: Checkpoints<E::Track>,
    /// What a branch comes to by its file, as long as that is not compared to its end.
    expected: Option<Box<Expected>>,
}

impl<E: Experiment> Timeline<E> {
    /// A new run.
    pub fn new(experiment: E, seed: u64) -> Self {
        let track = experiment.start(seed);
        let checkpoints = Checkpoints::new(track.clone());
        Self {
            experiment,
            seed,
            branches: vec![Branch::new(Micros::ZERO, Vec::new())],
            current: 0,
            head: Checkpoint { now: Micros::ZERO, done: 0, skipped: 0, track },
            frontier: None,
            whole: true,
            goal: None,
            checkpoints,
            expected: None,
        }
    }

    /// A run with this script that goes on until `end`. Nothing of it is computed yet; its play head is at the start.
    pub fn scripted(experiment: E, seed: u64, script: Vec<Scripted<RequestOf<E>>>, end: Micros) -> Self {
        let mut timeline = Self::new(experiment, seed);
        let branch = Branch::new(Micros::ZERO, script);
        timeline.branches[0] = Branch { end: end.min(LENGTH_MAX), ..branch };
        (timeline.whole, timeline.goal) = (false, Some(Micros::ZERO));
        timeline
    }

    /// The current branch once more, under the same seed and script, with another setup. Nothing of it is computed yet; the
    /// play head goes to where it is in this one.
    pub fn retold(&self, experiment: E) -> Self {
        let timeline = Self::scripted(experiment, self.seed, self.script().to_vec(), self.end());
        Self { goal: Some(self.goal.unwrap_or(self.now())), ..timeline }
    }

    /// The setup.
    pub fn experiment(&self) -> &E {
        &self.experiment
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The play head.
    pub fn now(&self) -> Micros {
        self.head.now
    }

    /// How far the current branch goes: see [`Timeline::computed`].
    pub fn end(&self) -> Micros {
        self.branches[self.current].end
    }

    /// How far the current branch is computed; its end once it is whole.
    pub fn computed(&self) -> Micros {
        self.furthest().now
    }

    /// Whether the current branch is computed up to its end: see [`Timeline::fill`].
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Where the play head goes as soon as that is computed.
    pub fn goal(&self) -> Option<Micros> {
        self.goal
    }

    /// The worlds at the play head.
    pub fn track(&self) -> &E::Track {
        &self.head.track
    }

    /// The furthest worlds that were computed of the current branch: those at its end once it is whole.
    pub fn frontier(&self) -> &E::Track {
        &self.furthest().track
    }

    fn furthest(&self) -> &Checkpoint<E::Track> {
        self.frontier.as_ref().map_or(&self.head, |frontier| frontier)
    }

    /// What was done on the current branch, by time.
    pub fn script(&self) -> &[Scripted<RequestOf<E>>] {
        &self.branches[self.current].script
    }

    /// How many interventions of the script, up to the play head, could not be done as things stood.
    pub fn skipped(&self) -> u32 {
        self.head.skipped
    }

    /// Runs on to `to`, into the future if need be, but no further than the limits of a run: see [`Timeline::room`]. A branch
    /// that is not whole yet is played as far as it is computed. Does nothing if `to` is over.
    pub fn play(&mut self, to: Micros) {
        self.goal = None;
        self.advance_head(if self.whole { to } else { to.min(self.computed()) });
    }

    /// Moves the play head to `to`, or to the end if that is earlier. Where that is not computed yet, the play head stays, and
    /// goes there as soon as it is.
    pub fn seek(&mut self, to: Micros) {
        let to = to.min(self.end());
        self.goal = Some(to).filter(|to| *to > self.computed());
        if self.goal.is_some() {
            return;
        }
        if to < self.now() && self.frontier.is_none() {
            self.frontier = Some(Box::new(self.head.clone()));
        }
        let near = self.checkpoints.until(to);
        if to < self.now() || near.now > self.now() {
            self.head = near.clone();
        }
        self.advance_head(to);
    }

    /// Lets exactly one step happen, whichever world's comes first, or one intervention of the script if that is next.
    /// False if nothing happens by itself any more, if the run has reached its limit, or if what comes is not computed yet.
    pub fn step(&mut self) -> bool {
        self.goal = None;
        let before = (self.head.track.steps(), self.head.done);
        let limit = if self.whole { LENGTH_MAX } else { self.computed() };
        // More than once if a client lets its turn pass: nobody would see that.
        while (self.head.track.steps(), self.head.done) == before {
            let scripted = self.script().get(self.head.done).map(|scripted| scripted.at);
            let derived = self.head.track.next_at();
            let next = [scripted, derived].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= limit && self.head.track.steps() < STEPS_MAX) else { return false };
            self.advance_head(at);
        }
        true
    }

    /// Goes back to just before the latest step or intervention. False at the start.
    pub fn back(&mut self) -> bool {
        let Some(latest) = self.latest_before(self.now() + Micros(1)).filter(|at| *at > Micros::ZERO) else {
            return false;
        };
        let before = self.latest_before(latest).unwrap_or(Micros::ZERO);
        self.seek(before);
        true
    }

    /// The moment of the last step or intervention before `limit`.
    fn latest_before(&self, limit: Micros) -> Option<Micros> {
        let last = Micros(limit.0.checked_sub(1)?);
        let intervened = self.script().iter().rev().map(|scripted| scripted.at).find(|at| *at <= last);
        // The nearest checkpoint may be exactly there; then the one before it knows what its latest step was.
        let mut probe = self.checkpoints.until(last).clone();
        probe.advance(self.script(), last, &mut u64::MAX.clone(), None);
        [intervened, Some(probe.track.now())].into_iter().flatten().max()
    }

    /// Computes the current branch between `from` and `to` once more, as far as it was computed before, and shows it as it
    /// was just before `from`, then after every single step and intervention. The play head stays where it is.
    pub fn revisit(&self, from: Micros, to: Micros, mut see: impl FnMut(&E::Track)) {
        self.revisit_and(from, to, &mut see);
    }

    /// As [`Timeline::revisit`], compiled once for all who look.
    fn revisit_and(&self, from: Micros, to: Micros, see: &mut dyn FnMut(&E::Track)) {
        let mut probe = self.checkpoints.before(from).clone();
        if let Some(before) = from.0.checked_sub(1) {
            probe.advance(self.script(), Micros(before), &mut u64::MAX.clone(), None);
        }
        see(&probe.track);
        let to = to.min(self.computed());
        loop {
            let scripted = self.script().get(probe.done).filter(|scripted| scripted.at <= to);
            let derived = probe.track.next_at().filter(|at| *at <= to);
            match (derived, scripted) {
                (Some(due), scripted) if scripted.is_none_or(|scripted| due <= scripted.at) => {
                    probe.track.advance(due, 1);
                }
                (_, Some(Scripted { at, act })) => {
                    probe.track.intervene(*at, act);
                    probe.done += 1;
                }
                (_, None) => break,
            }
            see(&probe.track);
        }
    }

    /// Lets everything happen at the play head until `to`, no further than the limits of a run.
    fn advance_head(&mut self, to: Micros) {
        let branch = &mut self.branches[self.current];
        self.head.advance(&branch.script, to, &mut u64::MAX.clone(), Some(&mut self.checkpoints));
        branch.end = branch.end.max(self.head.now);
        if self.frontier.as_ref().is_some_and(|frontier| frontier.now <= self.head.now) {
            self.frontier = None;
        }
    }
}

//! The timeline of an experiment: interventions and checkpoints.
//!
//! A run is decided by its setup, its seed and its script, so the script is all that must be kept. Checkpoints are a cache:
//! seeking takes the nearest one before the goal and replays from there. Acting in the past forks: the old future stays as
//! a branch.

pub mod file;
pub mod json;
pub mod script;
pub mod track;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use track::Track;

use crate::node::{Micros, NodeId};
use crate::sim::fault::{Intervention, Scripted};

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
}

/// What clients of an experiment ask for.
pub type RequestOf<E> = <<E as Experiment>::Track as Track>::Request;

/// Steps between two checkpoints: few enough that a seek replays them within a frame or two.
const STEPS_PER_CHECKPOINT: u64 = 1_024;

/// One future: what was done, and how far it was computed.
#[derive(Clone, Debug)]
struct Branch<R> {
    forked_at: Micros,
    /// By time; those of one moment in the order in which they were done.
    script: Vec<Scripted<R>>,
    end: Micros,
}

/// A branch as it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BranchInfo<'a, R> {
    /// Where it left the branch that it came from; 0 for the first.
    pub forked_at: Micros,
    /// How far it was computed.
    pub end: Micros,
    /// The one at the play head.
    pub current: bool,
    /// What was done where it left, and made it another one; none for the first.
    pub begun_by: Option<&'a Scripted<R>>,
}

/// An experiment in time.
#[derive(Clone, Debug)]
pub struct Timeline<E: Experiment> {
    experiment: E,
    seed: u64,
    branches: Vec<Branch<RequestOf<E>>>,
    current: usize,
    /// The play head: at least the moment of the latest step.
    now: Micros,
    /// The worlds at the play head.
    track: E::Track,
    /// How many of the script's interventions are done at the play head.
    done: usize,
    /// How many of those could not be done as things stood.
    skipped: u32,
    /// The worlds at earlier moments of the current branch, by time; the first is the start.
    checkpoints: Vec<Checkpoint<E::Track>>,
    /// The worlds at the end of the current branch, while the play head is elsewhere.
    frontier: Option<Box<Checkpoint<E::Track>>>,
}

#[derive(Clone, Debug)]
struct Checkpoint<T> {
    now: Micros,
    done: usize,
    skipped: u32,
    track: T,
}

impl<E: Experiment> Timeline<E> {
    /// A new run.
    pub fn new(experiment: E, seed: u64) -> Self {
        let track = experiment.start(seed);
        let start = Checkpoint { now: Micros::ZERO, done: 0, skipped: 0, track: track.clone() };
        Self {
            experiment,
            seed,
            branches: vec![Branch { forked_at: Micros::ZERO, script: Vec::new(), end: Micros::ZERO }],
            current: 0,
            now: Micros::ZERO,
            track,
            done: 0,
            skipped: 0,
            checkpoints: vec![start],
            frontier: None,
        }
    }

    /// A run with this script, computed up to `end`; its play head is at the start.
    pub fn scripted(experiment: E, seed: u64, script: Vec<Scripted<RequestOf<E>>>, end: Micros) -> Self {
        let mut timeline = Self::with_script(experiment, seed, script);
        timeline.play(end);
        timeline.seek(Micros::ZERO);
        timeline
    }

    /// The current branch once more, under the same seed and script, with another setup. The play head stays where it is.
    pub fn retold(&self, experiment: E) -> Self {
        let mut timeline = Self::with_script(experiment, self.seed, self.script().to_vec());
        timeline.play(self.end());
        timeline.seek(self.now);
        timeline
    }

    /// A run with this script, at time 0.
    fn with_script(experiment: E, seed: u64, script: Vec<Scripted<RequestOf<E>>>) -> Self {
        let mut timeline = Self::new(experiment, seed);
        timeline.branches[0].script = script;
        timeline
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
        self.now
    }

    /// How far the current branch was computed.
    pub fn end(&self) -> Micros {
        self.branches[self.current].end
    }

    /// The worlds at the play head.
    pub fn track(&self) -> &E::Track {
        &self.track
    }

    /// The worlds at the end of the current branch.
    pub fn frontier(&self) -> &E::Track {
        self.frontier.as_ref().map_or(&self.track, |frontier| &frontier.track)
    }

    /// What was done on the current branch, by time.
    pub fn script(&self) -> &[Scripted<RequestOf<E>>] {
        &self.branches[self.current].script
    }

    /// How many interventions of the script, up to the play head, could not be done as things stood.
    pub fn skipped(&self) -> u32 {
        self.skipped
    }

    /// All branches, in the order in which they came to be.
    pub fn branches(&self) -> impl ExactSizeIterator<Item = BranchInfo<'_, RequestOf<E>>> + '_ {
        self.branches.iter().enumerate().map(|(index, branch)| BranchInfo {
            forked_at: branch.forked_at,
            end: branch.end,
            current: index == self.current,
            begun_by: branch.script.iter().find(|scripted| index > 0 && scripted.at >= branch.forked_at),
        })
    }

    /// Runs on to `to`, into the future if need be. Does nothing if that is over.
    pub fn play(&mut self, to: Micros) {
        self.advance(to);
    }

    /// Moves the play head to `to`, or to the end of what was computed if that is earlier.
    pub fn seek(&mut self, to: Micros) {
        let to = to.min(self.end());
        if to < self.now {
            self.rewind(to);
        } else if let Some(near) = self.checkpoints.iter().rev().find(|checkpoint| checkpoint.now <= to)
            && near.now > self.now
        {
            let near = near.clone();
            self.restore(near);
        }
        self.advance(to);
    }

    /// Lets exactly one step happen, whichever world's comes first, or one intervention of the script if that is next.
    /// False if nothing happens by itself any more.
    pub fn step(&mut self) -> bool {
        let before = (self.track.steps(), self.done);
        // More than once if a client lets its turn pass: nobody would see that.
        while (self.track.steps(), self.done) == before {
            let scripted = self.script().get(self.done).map(|scripted| scripted.at);
            let derived = self.track.next_at();
            let Some(at) = [scripted, derived].into_iter().flatten().min() else { return false };
            self.advance(at);
        }
        true
    }

    /// Goes back to just before the latest step or intervention. False at the start.
    pub fn back(&mut self) -> bool {
        let Some(latest) = self.latest_before(self.now + Micros(1)).filter(|at| *at > Micros::ZERO) else {
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
        let near = self.checkpoints.iter().rev().find(|checkpoint| checkpoint.now <= last)?;
        let mut probe = self.clone_at(near);
        probe.advance(last);
        [intervened, Some(probe.track.now())].into_iter().flatten().max()
    }

    /// Computes the current branch between `from` and `to` once more, as far as it was computed before, and shows it as it
    /// was just before `from`, then after every single step and intervention. The play head stays where it is.
    pub fn revisit(&self, from: Micros, to: Micros, mut see: impl FnMut(&E::Track)) {
        let near = self.checkpoints.iter().rev().find(|checkpoint| checkpoint.now < from);
        let mut probe = self.clone_at(near.unwrap_or(&self.checkpoints[0]));
        if let Some(before) = from.0.checked_sub(1) {
            probe.advance(Micros(before));
        }
        see(&probe.track);
        let to = to.min(self.end());
        loop {
            let scripted = probe.script().get(probe.done).filter(|scripted| scripted.at <= to);
            let derived = probe.track.next_at().filter(|at| *at <= to);
            match (derived, scripted) {
                (Some(due), scripted) if scripted.is_none_or(|scripted| due <= scripted.at) => {
                    probe.track.advance(due, 1);
                }
                (_, Some(Scripted { at, act })) => {
                    let (at, act) = (*at, act.clone());
                    probe.track.intervene(at, &act);
                    probe.done += 1;
                }
                (_, None) => break,
            }
            see(&probe.track);
        }
    }

    fn clone_at(&self, checkpoint: &Checkpoint<E::Track>) -> Self {
        Self {
            experiment: self.experiment.clone(),
            seed: self.seed,
            branches: vec![self.branches[self.current].clone()],
            current: 0,
            now: checkpoint.now,
            track: checkpoint.track.clone(),
            done: checkpoint.done,
            skipped: checkpoint.skipped,
            checkpoints: Vec::new(),
            frontier: None,
        }
    }

    /// Does something at the play head. If the branch goes on after it, a new one forks here. False if it can't be done as
    /// things stand: then nothing changes.
    pub fn act(&mut self, act: Intervention<RequestOf<E>>) -> bool {
        self.act_at(self.now, act)
    }

    /// As [`Timeline::act`], but at a moment of its own: 1 µs after the latest step or act, unless something else is due
    /// then. So [`Timeline::back`] undoes this act alone, even if several are done while the play head stands.
    pub fn act_apart(&mut self, act: Intervention<RequestOf<E>>) -> bool {
        let acted = self.script()[..self.done].last().is_some_and(|scripted| scripted.at == self.now);
        let taken = acted || self.track.now() == self.now;
        let next = self.now + Micros(1);
        let free = self.track.next_at().is_none_or(|due| due > next);
        self.act_at(if taken && free { next } else { self.now }, act)
    }

    fn act_at(&mut self, at: Micros, act: Intervention<RequestOf<E>>) -> bool {
        let mut tried = self.track.clone();
        if !tried.intervene(at, &act) {
            return false;
        }
        if self.now < self.end() {
            self.fork();
        }
        self.track = tried;
        self.now = at;
        self.done += 1;
        let branch = &mut self.branches[self.current];
        branch.script.push(Scripted { at, act });
        branch.end = branch.end.max(at);
        true
    }

    /// Leaves the current branch's future behind, and starts one of its own.
    fn fork(&mut self) {
        let script = self.script()[..self.done].to_vec();
        self.branches.push(Branch { forked_at: self.now, script, end: self.now });
        self.current = self.branches.len() - 1;
        self.checkpoints.retain(|checkpoint| checkpoint.now < self.now);
        self.keep_start();
        self.frontier = None;
    }

    /// Goes to another branch, at the moment where the two part.
    pub fn switch(&mut self, branch: usize) {
        assert!(branch < self.branches.len(), "no branch {branch}");
        if branch == self.current {
            return;
        }
        let same = |(ours, theirs): &(&Scripted<_>, &Scripted<_>)| ours == theirs;
        let (ours, theirs) = (self.script(), &self.branches[branch].script);
        let common = ours.iter().zip(theirs).take_while(same).count();
        let parted = [ours.get(common), theirs.get(common)].into_iter().flatten().map(|scripted| scripted.at).min();
        let parted = parted.unwrap_or(self.end().min(self.branches[branch].end));
        self.current = branch;
        self.frontier = None;
        self.checkpoints.retain(|checkpoint| checkpoint.now < parted);
        self.keep_start();
        let end = self.end();
        // What the two branches share need not be computed again.
        self.restore(self.checkpoints.last().expect("the start is kept").clone());
        // Computed once more up to its end, so that its marks are there; then back to where it begins.
        self.advance(end);
        self.seek(parted.min(end));
    }

    fn keep_start(&mut self) {
        if self.checkpoints.is_empty() {
            let track = self.experiment.start(self.seed);
            self.checkpoints.push(Checkpoint { now: Micros::ZERO, done: 0, skipped: 0, track });
        }
    }

    fn rewind(&mut self, to: Micros) {
        if self.frontier.is_none() && self.now == self.end() {
            let frontier = self.checkpoint(self.now);
            self.frontier = Some(Box::new(frontier));
        }
        let near = self.checkpoints.iter().rev().find(|checkpoint| checkpoint.now <= to);
        let near = near.unwrap_or(&self.checkpoints[0]).clone();
        self.restore(near);
        self.advance(to);
    }

    fn restore(&mut self, checkpoint: Checkpoint<E::Track>) {
        let Checkpoint { now, done, skipped, track } = checkpoint;
        (self.now, self.done, self.skipped, self.track) = (now, done, skipped, track);
    }

    fn checkpoint(&self, now: Micros) -> Checkpoint<E::Track> {
        Checkpoint { now, done: self.done, skipped: self.skipped, track: self.track.clone() }
    }

    /// Lets everything happen until `to`: steps that are due and interventions of the script, these after the steps of
    /// their moment.
    fn advance(&mut self, to: Micros) {
        while let Some(Scripted { at, .. }) = self.script().get(self.done).filter(|scripted| scripted.at <= to) {
            let at = *at;
            self.advance_steps(at);
            let act = &self.branches[self.current].script[self.done].act;
            if !self.track.intervene(at, act) {
                self.skipped += 1;
            }
            self.done += 1;
        }
        self.advance_steps(to);
        let branch = &mut self.branches[self.current];
        branch.end = branch.end.max(self.now);
        if self.now == branch.end {
            self.frontier = None;
        }
    }

    fn advance_steps(&mut self, to: Micros) {
        while self.track.next_at().is_some_and(|at| at <= to) {
            let known = self.checkpoints.last().map_or(0, |last| last.track.steps());
            let missing = (known + STEPS_PER_CHECKPOINT).saturating_sub(self.track.steps());
            if missing == 0 {
                self.checkpoints.push(self.checkpoint(self.track.now()));
            } else {
                self.track.advance(to, missing);
            }
        }
        self.now = self.now.max(to);
    }
}

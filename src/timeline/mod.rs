//! The timeline of an experiment: interventions and checkpoints.
//!
//! A run is decided by its setup, its seed and its script, so the script is all that must be kept. Checkpoints are a cache:
//! seeking takes the nearest one before the goal and replays from there. Acting in the past forks: the old future stays as
//! a branch.

mod checkpoints;
pub mod command;
pub mod file;
mod import;
mod limits;
pub mod script;
pub mod track;
mod undo;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use checkpoints::{Checkpoint, Checkpoints, STEPS_APART};
pub use import::{Import, Imported, Progress};
pub use limits::{ACTS_MAX, LENGTH_MAX, Limit, Room, SCRIPT_BYTES_MAX, STEPS_MAX};
use track::Track;

use crate::node::{Micros, NodeId, NodeSet};
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

    /// The participants between which there are links.
    fn servers(&self) -> NodeSet;

    /// What a participant is called: `n1`, `Ana`.
    fn name(&self, node: NodeId) -> String;
}

/// What clients of an experiment ask for.
pub type RequestOf<E> = <<E as Experiment>::Track as Track>::Request;

/// How many waiting messages an act looks at in the time that a step takes.
const LOOKS_PER_STEP: u64 = 64;

/// One future: what was done, and how far it was computed.
#[derive(Clone, Debug)]
struct Branch<R> {
    forked_at: Micros,
    /// By time; those of one moment in the order in which they were done.
    script: Vec<Scripted<R>>,
    /// How long its text is.
    script_bytes: usize,
    end: Micros,
}

impl<R: Display> Branch<R> {
    /// The branch that begins all others, or one that leaves `script` behind at `forked_at`.
    fn new(forked_at: Micros, script: Vec<Scripted<R>>) -> Self {
        let script_bytes = script.iter().map(text_bytes).sum();
        Self { forked_at, script, script_bytes, end: forked_at }
    }
}

/// How long an intervention is as text.
fn text_bytes<R: Display>(scripted: &Scripted<R>) -> usize {
    scripted.to_string().len()
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
    /// The worlds at earlier moments of the current branch.
    checkpoints: Checkpoints<E::Track>,
    /// The worlds at the end of the current branch, while the play head is elsewhere.
    frontier: Option<Box<Checkpoint<E::Track>>>,
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
            now: Micros::ZERO,
            track,
            done: 0,
            skipped: 0,
            checkpoints,
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
        timeline.branches[0] = Branch::new(Micros::ZERO, script);
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

    /// Runs on to `to`, into the future if need be, but no further than the limits of a run: see [`Timeline::room`]. Does
    /// nothing if that is over.
    pub fn play(&mut self, to: Micros) {
        self.advance_to(to);
    }

    /// Moves the play head to `to`, or to the end of what was computed if that is earlier.
    pub fn seek(&mut self, to: Micros) {
        let to = to.min(self.end());
        if to < self.now {
            self.keep_frontier();
        }
        let near = self.checkpoints.until(to);
        if to < self.now || near.now > self.now {
            let near = near.clone();
            self.restore(near);
        }
        self.advance_to(to);
    }

    /// Lets exactly one step happen, whichever world's comes first, or one intervention of the script if that is next.
    /// False if nothing happens by itself any more, or the run has reached its limit.
    pub fn step(&mut self) -> bool {
        let before = (self.track.steps(), self.done);
        // More than once if a client lets its turn pass: nobody would see that.
        while (self.track.steps(), self.done) == before {
            let scripted = self.script().get(self.done).map(|scripted| scripted.at);
            let derived = self.track.next_at();
            let next = [scripted, derived].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= LENGTH_MAX && self.track.steps() < STEPS_MAX) else { return false };
            self.advance_to(at);
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
        let mut probe = self.clone_at(self.checkpoints.until(last));
        probe.advance_to(last);
        [intervened, Some(probe.track.now())].into_iter().flatten().max()
    }

    /// Computes the current branch between `from` and `to` once more, as far as it was computed before, and shows it as it
    /// was just before `from`, then after every single step and intervention. The play head stays where it is.
    pub fn revisit(&self, from: Micros, to: Micros, mut see: impl FnMut(&E::Track)) {
        self.revisit_and(from, to, &mut see);
    }

    /// As [`Timeline::revisit`], compiled once for all who look.
    fn revisit_and(&self, from: Micros, to: Micros, see: &mut dyn FnMut(&E::Track)) {
        let mut probe = self.clone_at(self.checkpoints.before(from));
        if let Some(before) = from.0.checked_sub(1) {
            probe.advance_to(Micros(before));
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
            checkpoints: Checkpoints::new(checkpoint.track.clone()),
            frontier: None,
        }
    }

    /// Does something at the play head. If the branch goes on after it, a new one forks here. False if it can't be done as
    /// things stand, or the script has reached its limit: then nothing changes.
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
        let scripted = Scripted { at, act };
        let bytes = text_bytes(&scripted);
        let before = &self.script()[..self.done];
        let bytes_before = if self.now < self.end() {
            before.iter().map(text_bytes).sum()
        } else {
            self.branches[self.current].script_bytes
        };
        if before.len() >= ACTS_MAX || bytes_before + bytes > SCRIPT_BYTES_MAX || at > LENGTH_MAX {
            return false;
        }
        let mut tried = self.track.clone();
        if !tried.intervene(at, &scripted.act) {
            return false;
        }
        if self.now < self.end() {
            self.fork();
        }
        self.track = tried;
        self.now = at;
        self.done += 1;
        let branch = &mut self.branches[self.current];
        branch.script.push(scripted);
        branch.script_bytes += bytes;
        branch.end = branch.end.max(at);
        true
    }

    /// Leaves the current branch's future behind, and starts one of its own.
    fn fork(&mut self) {
        let script = self.script()[..self.done].to_vec();
        self.branches.push(Branch::new(self.now, script));
        self.current = self.branches.len() - 1;
        self.checkpoints.forget_from(self.now);
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
        self.checkpoints.forget_from(parted);
        let end = self.end();
        // What the two branches share need not be computed again.
        self.restore(self.checkpoints.last().clone());
        // Computed once more up to its end, so that its marks are there; then back to where it begins.
        self.advance_to(end);
        self.seek(parted.min(end));
    }

    /// Keeps the worlds at the end of the branch if the play head is about to leave it.
    fn keep_frontier(&mut self) {
        if self.frontier.is_none() && self.now == self.end() {
            self.frontier = Some(Box::new(self.checkpoint(self.now)));
        }
    }

    fn restore(&mut self, checkpoint: Checkpoint<E::Track>) {
        let Checkpoint { now, done, skipped, track } = checkpoint;
        (self.now, self.done, self.skipped, self.track) = (now, done, skipped, track);
    }

    fn checkpoint(&self, now: Micros) -> Checkpoint<E::Track> {
        Checkpoint { now, done: self.done, skipped: self.skipped, track: self.track.clone() }
    }

    fn advance_to(&mut self, to: Micros) {
        let mut boundless = u64::MAX;
        self.advance(to, &mut boundless);
    }

    /// Lets everything happen until `to`: steps that are due and interventions of the script, these after the steps of
    /// their moment. What they take is taken off `work`, in steps. False if that did not suffice, or if the run reached its
    /// limit.
    fn advance(&mut self, to: Micros, work: &mut u64) -> bool {
        let to = to.min(LENGTH_MAX);
        let mut reached = false;
        while *work > 0 {
            let scripted = self.script().get(self.done).map(|scripted| scripted.at).filter(|at| *at <= to);
            let before = self.track.steps();
            let complete = self.advance_steps(scripted.unwrap_or(to), *work);
            *work -= self.track.steps() - before;
            if !complete {
                break;
            }
            match scripted {
                Some(at) => *work = work.saturating_sub(self.carry_out(at)),
                None => {
                    reached = true;
                    break;
                }
            }
        }
        let branch = &mut self.branches[self.current];
        branch.end = branch.end.max(self.now);
        if self.now == branch.end {
            self.frontier = None;
        }
        reached
    }

    /// Does the next intervention of the script at `at`. Returns its work, in steps that take as long: an act on messages
    /// looks at all that wait.
    fn carry_out(&mut self, at: Micros) -> u64 {
        let act = &self.branches[self.current].script[self.done].act;
        let waiting = self.track.waiting();
        let looks = match act {
            Intervention::Message { .. } | Intervention::Crash { .. } => waiting,
            Intervention::Cut(links) => links.len() * waiting,
            _ => 0,
        };
        if !self.track.intervene(at, act) {
            self.skipped += 1;
        }
        self.done += 1;
        1 + looks as u64 / LOOKS_PER_STEP
    }

    /// False if `most` steps did not suffice, or if the run reached its limit.
    fn advance_steps(&mut self, to: Micros, most: u64) -> bool {
        let stop = self.track.steps().saturating_add(most).min(STEPS_MAX);
        while self.track.next_at().is_some_and(|at| at <= to) {
            let steps = self.track.steps();
            if steps >= stop {
                self.now = self.now.max(self.track.now());
                return false;
            }
            let missing = (self.checkpoints.last().track.steps() + STEPS_APART).saturating_sub(steps);
            if missing == 0 {
                self.checkpoints.push(self.checkpoint(self.track.now()));
            } else {
                self.track.advance(to, missing.min(stop - steps));
            }
        }
        self.now = self.now.max(to);
        true
    }
}

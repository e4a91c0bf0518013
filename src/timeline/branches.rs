//! The futures of a run: what is done at the play head, where that forks, and the way from one branch to another.

use std::fmt::Display;

use super::limits::{ACTS_MAX, LENGTH_MAX, Limit, SCRIPT_BYTES_MAX};
use super::track::Track;
use super::{Experiment, RequestOf, Timeline};
use crate::node::Micros;
use crate::sim::fault::{Intervention, Scripted};

/// One future: what was done, and how far it goes.
#[derive(Clone, Debug)]
pub(super) struct Branch<R> {
    pub(super) forked_at: Micros,
    /// By time; those of one moment in the order in which they were done.
    pub(super) script: Vec<Scripted<R>>,
    /// How long its text is.
    pub(super) script_bytes: usize,
    pub(super) end: Micros,
}

impl<R: Display> Branch<R> {
    /// The branch that begins all others, or one that leaves `script` behind at `forked_at`.
    pub(super) fn new(forked_at: Micros, script: Vec<Scripted<R>>) -> Self {
        let script_bytes = script.iter().map(text_bytes).sum();
        Self { forked_at, script, script_bytes, end: forked_at }
    }

    /// Nothing comes after `end`, where so many interventions are done.
    pub(super) fn cut(&mut self, end: Micros, done: usize) {
        self.script.truncate(done);
        *self = Self { end, ..Self::new(self.forked_at, std::mem::take(&mut self.script)) };
    }
}

/// How long an intervention is as text.
pub(super) fn text_bytes<R: Display>(scripted: &Scripted<R>) -> usize {
    scripted.to_string().len()
}

/// A branch as it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BranchInfo<'a, R> {
    /// Where it left the branch that it came from; 0 for the first.
    pub forked_at: Micros,
    /// How far it goes.
    pub end: Micros,
    /// The one at the play head.
    pub current: bool,
    /// What was done where it left, and made it another one; none for the first.
    pub begun_by: Option<&'a Scripted<R>>,
}

impl<E: Experiment> Timeline<E> {
    /// All branches, in the order in which they came to be.
    pub fn branches(&self) -> impl ExactSizeIterator<Item = BranchInfo<'_, RequestOf<E>>> + '_ {
        self.branches.iter().enumerate().map(|(index, branch)| BranchInfo {
            forked_at: branch.forked_at,
            end: branch.end,
            current: index == self.current,
            begun_by: branch.script.iter().find(|scripted| index > 0 && scripted.at >= branch.forked_at),
        })
    }

    /// Does something at the play head. If the branch goes on after it, a new one forks here. False if it can't be done as
    /// things stand, or the run has reached a limit ([`Timeline::limit_of`]): then nothing changes.
    pub fn act(&mut self, act: Intervention<RequestOf<E>>) -> bool {
        self.act_at(self.now(), act)
    }

    /// As [`Timeline::act`], but at a moment of its own: 1 µs after the latest step or act, unless something else is due
    /// then. So [`Timeline::back`] undoes this act alone, even if several are done while the play head stands.
    pub fn act_apart(&mut self, act: Intervention<RequestOf<E>>) -> bool {
        let now = self.now();
        let acted = self.script()[..self.head.done].last().is_some_and(|scripted| scripted.at == now);
        let taken = acted || self.head.track.now() == now;
        let next = now + Micros(1);
        let free = self.head.track.next_at().is_none_or(|due| due > next);
        self.act_at(if taken && free { next } else { now }, act)
    }

    fn act_at(&mut self, at: Micros, act: Intervention<RequestOf<E>>) -> bool {
        if !self.whole {
            // The script may begin at the very moment at which the play head waits for the first slice.
            self.advance_head(self.now());
        }
        let scripted = Scripted { at, act };
        if self.limit_for(&scripted).is_some() {
            return false;
        }
        let mut tried = self.head.track.clone();
        if !tried.intervene(at, &scripted.act) {
            return false;
        }
        if self.now() < self.end() {
            self.fork();
        }
        self.goal = None;
        self.head.track = tried;
        self.head.now = at;
        self.head.done += 1;
        let bytes = text_bytes(&scripted);
        let branch = &mut self.branches[self.current];
        branch.script.push(scripted);
        branch.script_bytes += bytes;
        branch.end = branch.end.max(at);
        true
    }

    /// The limit that keeps `act` from being done at the play head, if one does.
    pub fn limit_of(&self, act: &Intervention<RequestOf<E>>) -> Option<Limit> {
        self.limit_for(&Scripted { at: self.now(), act: act.clone() })
    }

    fn limit_for(&self, scripted: &Scripted<RequestOf<E>>) -> Option<Limit> {
        let before = &self.script()[..self.head.done];
        let forks = self.now() < self.end();
        let bytes_before =
            if forks { before.iter().map(text_bytes).sum() } else { self.branches[self.current].script_bytes };
        if scripted.at > LENGTH_MAX {
            Some(Limit::Length)
        } else if before.len() >= ACTS_MAX {
            Some(Limit::Acts)
        } else if bytes_before + text_bytes(scripted) > SCRIPT_BYTES_MAX {
            Some(Limit::ScriptBytes)
        } else {
            (forks && !self.may_fork(before.len())).then_some(Limit::Branches)
        }
    }

    /// Leaves the current branch's future behind, and starts one of its own.
    fn fork(&mut self) {
        let script = self.script()[..self.head.done].to_vec();
        self.branches.push(Branch::new(self.now(), script));
        self.current = self.branches.len() - 1;
        self.checkpoints.forget_from(self.head.now);
        self.frontier = None;
        self.whole = true;
    }

    /// Goes to another branch, at the moment where the two part. What comes after it there is to be computed again: see
    /// [`Timeline::fill`].
    pub fn switch(&mut self, branch: usize) {
        assert!(branch < self.branches.len(), "no branch {branch}");
        if branch == self.current {
            return;
        }
        let same = |(ours, theirs): &(&Scripted<_>, &Scripted<_>)| ours == theirs;
        let (ours, theirs) = (self.script(), &self.branches[branch].script);
        let common = ours.iter().zip(theirs).take_while(same).count();
        let parted = [ours.get(common), theirs.get(common)].into_iter().flatten().map(|scripted| scripted.at).min();
        let parted = parted.unwrap_or(self.end()).min(self.end()).min(self.branches[branch].end);
        self.current = branch;
        self.frontier = None;
        self.whole = false;
        self.checkpoints.forget_from(parted);
        // What the two branches share need not be computed again, but for what comes after its last checkpoint.
        self.head = self.checkpoints.last().clone();
        self.goal = None;
        self.advance_head(parted);
    }
}

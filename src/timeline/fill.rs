//! Computing what a run comes to, a slice at a time, and comparing it with the digests of its file on the way.
//!
//! A file holds no state of a node. State from anywhere could break what the protocols take for granted, and a panic ends
//! the page; a script can't. So a long run takes time to compute, and whoever opens it chooses the slices, shows how far it
//! is, and lets the learner move about in what is there.
//!
//! What a hostile file can cost is bounded: a run that differs from its digests ends within [`STEPS_PER_DIGEST`] steps of
//! where it does (one from a link, which has none on the way, at its end), and no run has more steps or acts than a run may come to.

use super::limits::STEPS_MAX;
use super::track::{Fingerprint, Track};
use super::{Experiment, Timeline};
use crate::sim::run::STEPS_PER_DIGEST;

/// Steps after which [`Timeline::import`] compares.
const SLICE: u64 = 16_384;
/// How much more work than its steps and acts a run may take, in steps: that of acts on messages, each of which looks at all
/// that wait. Twenty thousand acts by hand may find 12,000 messages waiting each.
const EXTRA_WORK_MAX: u64 = 4_000_000;

/// What a branch comes to by its file.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// Which branch.
    pub(super) branch: usize,
    /// One per world.
    pub(super) worlds: Vec<ExpectedWorld>,
    /// The work that was done so far, in steps.
    pub(super) work: u64,
}

/// What a world comes to by its file.
#[derive(Clone, Debug)]
pub(super) struct ExpectedWorld {
    pub(super) steps: u64,
    /// `None`: what stands there is no digest, and equals none.
    pub(super) digest: Option<u64>,
    /// `None`: only the one at the end is known.
    pub(super) on_the_way: Option<Vec<Option<u64>>>,
    /// How many of those were compared.
    pub(super) compared: usize,
}

/// What reading a run file gave.
#[derive(Debug)]
pub struct Imported<E: Experiment> {
    /// The run, its play head where it stood.
    pub timeline: Timeline<E>,
    /// Interventions that could not be done as things stood: left out.
    pub skipped: u32,
}

impl<E: Experiment> Timeline<E> {
    /// Computes on what is not computed yet of the current branch, for about `work` steps; true once it is whole. Once the
    /// play head's goal is computed, the play head goes there.
    ///
    /// An error says where the run goes another way than its file. It is told once: the run itself goes on.
    pub fn fill(&mut self, work: u64) -> Result<bool, String> {
        if self.whole {
            return Ok(true);
        }
        let mut left = work;
        let branch = &mut self.branches[self.current];
        let frontier = self.frontier.get_or_insert_with(|| Box::new(self.head.clone()));
        self.whole = frontier.advance(&branch.script, branch.end, &mut left, Some(&mut self.checkpoints));
        let at_limit = !self.whole && frontier.track.steps() >= STEPS_MAX;
        if at_limit {
            branch.cut(frontier.now, frontier.done);
            self.whole = true;
        }
        let acts = branch.script.len() as u64;
        let compared = match &mut self.expected {
            Some(expected) if expected.branch == self.current => {
                expected.work += work - left;
                expected.compare(&frontier.track.fingerprints(), acts, self.whole, at_limit)
            }
            _ => Ok(()),
        };
        if compared.is_err() || self.whole && self.expected.as_ref().is_some_and(|one| one.branch == self.current) {
            self.expected = None;
        }
        if let Some(goal) = self.goal.filter(|goal| self.whole || *goal <= self.computed()) {
            self.seek(goal);
        }
        compared.map(|()| self.whole)
    }

    /// The run, computed to its end at once. For a run that no file describes: that may differ from it.
    #[must_use]
    pub fn filled(mut self) -> Self {
        while !self.fill(u64::MAX).expect("no file says what it comes to") {}
        self
    }

    /// Reads a run file, replays it at once and compares the digests. The message says what is wrong, for a person.
    pub fn import(text: &str) -> Result<Imported<E>, String> {
        let mut timeline = Self::open(text)?;
        while !timeline.fill(SLICE)? {}
        let skipped = timeline.furthest().skipped;
        Ok(Imported { timeline, skipped })
    }
}

impl Expected {
    /// Compares the digests that are new, and at the end what the worlds came to.
    fn compare(&mut self, ours: &[Fingerprint], acts: u64, whole: bool, at_limit: bool) -> Result<(), String> {
        for (number, (ours, theirs)) in ours.iter().zip(&mut self.worlds).enumerate() {
            for digest in ours.on_the_way.iter_from(theirs.compared) {
                let differs =
                    |theirs_all: &Vec<Option<u64>>| theirs_all.get(theirs.compared).copied().flatten() != Some(*digest);
                if theirs.on_the_way.as_ref().is_some_and(differs) {
                    return Err(went_another_way(number, theirs.compared));
                }
                theirs.compared += 1;
            }
            let differs_at_end = ours.steps != theirs.steps
                || theirs.digest != Some(ours.digest)
                || theirs.on_the_way.as_ref().is_some_and(|all| all.len() != theirs.compared);
            if ours.steps > theirs.steps || whole && !at_limit && differs_at_end {
                return Err(match theirs.on_the_way {
                    Some(_) => went_another_way(number, theirs.compared),
                    None => ended_otherwise(number),
                });
            }
        }
        if at_limit {
            return Err("This run is damaged: it goes on after its last step.".to_owned());
        }
        let steps: u64 = self.worlds.iter().map(|world| world.steps).sum();
        if !whole && self.work > steps + acts + EXTRA_WORK_MAX {
            return Err("This run takes too long to be replayed: its script asks for too much.".to_owned());
        }
        Ok(())
    }
}

fn ended_otherwise(world: usize) -> String {
    format!(
        "This run went another way than when its link was made: world {} ends otherwise. The link was changed by hand, or made by \
         another version of the lab.",
        world + 1
    )
}

fn went_another_way(world: usize, digests: usize) -> String {
    format!(
        "This run was replayed but went another way than when it was saved: world {} differs after step {} (within the next \
         {STEPS_PER_DIGEST}). It was changed by hand, or saved by another version of the lab.",
        world + 1,
        digests as u64 * STEPS_PER_DIGEST
    )
}

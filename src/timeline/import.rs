//! Opening a run file: its run is computed again, a slice at a time, and compared with the file's digests on the way.
//!
//! A file holds no state of a node. State from anywhere could break what the protocols take for granted, and a panic ends
//! the page; a script can't. So a long run takes time to open, and whoever opens it chooses the slices and shows how far it is.
//!
//! What a hostile file can cost is bounded: a run that differs from its digests ends within [`STEPS_PER_DIGEST`] steps of
//! where it does, and no run has more steps or acts than a run may come to.

use super::file::{self, RunFile};
use super::limits::STEPS_MAX;
use super::track::Track;
use super::{Experiment, Timeline};
use crate::node::Micros;
use crate::sim::run::STEPS_PER_DIGEST;

/// Steps after which [`Timeline::import`] compares.
const SLICE: u64 = 16_384;
/// How much more work than its steps and acts a run may take, in steps: that of acts on messages, each of which looks at all
/// that wait. Twenty thousand acts by hand may find 12,000 messages waiting each.
const EXTRA_WORK_MAX: u64 = 4_000_000;

/// A run file that is being opened.
#[derive(Clone, Debug)]
pub struct Import<E: Experiment> {
    timeline: Timeline<E>,
    file: RunFile,
    /// For each world, how many of its digests were compared.
    compared: Vec<usize>,
    work: u64,
}

/// How far a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// So many steps are done of so many.
    Running {
        /// Done.
        done: u64,
        /// In the whole run.
        all: u64,
    },
    /// All of it: [`Import::finish`].
    Done,
}

/// What reading a run file gave.
#[derive(Debug)]
pub struct Imported<E: Experiment> {
    /// The run, its play head where it stood.
    pub timeline: Timeline<E>,
    /// Interventions that could not be done as things stood: left out.
    pub skipped: u32,
}

impl<E: Experiment> Import<E> {
    /// Reads a run file and checks all that can be checked without computing. The message says what is wrong, for a person.
    pub fn begin(text: &str) -> Result<Self, String> {
        let file = file::read::<E>(text)?;
        let (setup, seed, script) = file.run::<E>()?;
        let timeline = Timeline::with_script(setup, seed, script);
        let worlds = timeline.track().fingerprints().len();
        if file.worlds.len() != worlds {
            return Err(format!("This run has {} worlds; it should have {worlds}.", file.worlds.len()));
        }
        let steps = file.steps();
        if steps > STEPS_MAX {
            return Err(format!("This run is too long to be replayed: {steps} steps; up to {STEPS_MAX} are read."));
        }
        Ok(Self { timeline, file, compared: vec![0; worlds], work: 0 })
    }

    /// The run as far as it is computed.
    pub fn timeline(&self) -> &Timeline<E> {
        &self.timeline
    }

    /// When the run ends.
    pub fn end(&self) -> Micros {
        Micros(self.file.end)
    }

    /// Computes on for about `steps` steps. An error says where the run goes another way than its file.
    pub fn advance(&mut self, steps: u64) -> Result<Progress, String> {
        let mut left = steps;
        let complete = self.timeline.advance(self.end(), &mut left);
        self.work += steps - left;
        self.compare()?;
        if complete {
            self.compare_ends()?;
            return Ok(Progress::Done);
        }
        let (done, all) = (self.timeline.track().steps(), self.file.steps());
        if done >= STEPS_MAX {
            return Err("This run is damaged: it goes on after its last step.".to_owned());
        }
        let acts = self.timeline.script().len() as u64;
        if self.work > all + acts + EXTRA_WORK_MAX {
            return Err("This run takes too long to be replayed: its script asks for too much.".to_owned());
        }
        Ok(Progress::Running { done, all })
    }

    /// The run, once it is computed, with its play head where it stood.
    pub fn finish(mut self) -> Imported<E> {
        let skipped = self.timeline.skipped();
        self.timeline.seek(Micros(self.file.head));
        Imported { timeline: self.timeline, skipped }
    }

    /// Compares the digests that are new.
    fn compare(&mut self) -> Result<(), String> {
        let ours = self.timeline.track().fingerprints();
        for (world, (ours, theirs)) in ours.iter().zip(&self.file.worlds).enumerate() {
            let compared = &mut self.compared[world];
            for digest in ours.on_the_way.iter_from(*compared) {
                if theirs.every_256_steps.get(*compared).is_none_or(|theirs| file::hex(*digest) != *theirs) {
                    return Err(went_another_way(world, *compared));
                }
                *compared += 1;
            }
            if ours.steps > theirs.steps {
                return Err(went_another_way(world, *compared));
            }
        }
        Ok(())
    }

    /// Compares what the worlds came to.
    fn compare_ends(&self) -> Result<(), String> {
        let ours = self.timeline.track().fingerprints();
        for (world, (ours, theirs)) in ours.iter().zip(&self.file.worlds).enumerate() {
            let all_compared = self.compared[world] == theirs.every_256_steps.len();
            if ours.steps != theirs.steps || file::hex(ours.digest) != theirs.digest || !all_compared {
                return Err(went_another_way(world, self.compared[world]));
            }
        }
        Ok(())
    }
}

fn went_another_way(world: usize, digests: usize) -> String {
    format!(
        "This run was replayed but went another way than when it was saved: world {} differs after step {} (within the next \
         {STEPS_PER_DIGEST}). It was changed by hand, or saved by another version of the lab.",
        world + 1,
        digests as u64 * STEPS_PER_DIGEST
    )
}

impl<E: Experiment> Timeline<E> {
    /// Reads a run file, replays it at once and compares the digests. The message says what is wrong, for a person.
    pub fn import(text: &str) -> Result<Imported<E>, String> {
        let mut import = Import::begin(text)?;
        while import.advance(SLICE)? != Progress::Done {}
        Ok(import.finish())
    }
}

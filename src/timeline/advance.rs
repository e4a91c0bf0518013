//! Computing on: steps that are due and interventions of the script, in the order of time.

use super::checkpoints::{Checkpoint, Checkpoints, STEPS_APART};
use super::limits::{LENGTH_MAX, STEPS_MAX};
use super::track::Track;
use crate::node::Micros;
use crate::sim::fault::{Intervention, Scripted};

/// How many waiting messages an act looks at in the time that a step takes.
const LOOKS_PER_STEP: u64 = 64;

impl<T: Track> Checkpoint<T> {
    /// Lets everything happen until `to`: steps that are due and interventions of `script`, these after the steps of their
    /// moment. What they take is taken off `work`, in steps. Past the last checkpoint of `keep` new ones are made. False if
    /// that did not suffice, or if the run reached its limit.
    pub(super) fn advance(
        &mut self,
        script: &[Scripted<T::Request>],
        to: Micros,
        work: &mut u64,
        mut keep: Option<&mut Checkpoints<T>>,
    ) -> bool {
        let to = to.min(LENGTH_MAX);
        while *work > 0 {
            let scripted = script.get(self.done).filter(|scripted| scripted.at <= to);
            let before = self.track.steps();
            let complete = self.advance_steps(scripted.map_or(to, |scripted| scripted.at), *work, keep.as_deref_mut());
            *work -= self.track.steps() - before;
            if !complete {
                return false;
            }
            match scripted {
                Some(scripted) => *work = work.saturating_sub(self.carry_out(scripted)),
                None => return true,
            }
        }
        false
    }

    /// Does the next intervention of the script. Returns its work, in steps that take as long: an act on messages looks at
    /// all that wait.
    fn carry_out(&mut self, Scripted { at, act }: &Scripted<T::Request>) -> u64 {
        let waiting = self.track.waiting();
        let looks = match act {
            Intervention::Message { .. } | Intervention::Crash { .. } => waiting,
            Intervention::Cut(links) => links.len() * waiting,
            _ => 0,
        };
        if !self.track.intervene(*at, act) {
            self.skipped += 1;
        }
        self.done += 1;
        1 + looks as u64 / LOOKS_PER_STEP
    }

    /// False if `most` steps did not suffice, or if the run reached its limit.
    fn advance_steps(&mut self, to: Micros, most: u64, mut keep: Option<&mut Checkpoints<T>>) -> bool {
        let stop = self.track.steps().saturating_add(most).min(STEPS_MAX);
        while self.track.next_at().is_some_and(|at| at <= to) {
            let steps = self.track.steps();
            if steps >= stop {
                self.now = self.now.max(self.track.now());
                return false;
            }
            let missing = match &keep {
                Some(kept) => (kept.last().track.steps() + STEPS_APART).saturating_sub(steps),
                None => u64::MAX,
            };
            match &mut keep {
                Some(kept) if missing == 0 => kept.push(Self { now: self.track.now(), ..self.clone() }),
                _ => self.track.advance(to, missing.min(stop - steps)),
            }
        }
        self.now = self.now.max(to);
        true
    }
}

//! A run of whatever experiment, as the steps of a lesson go through it.

use crate::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use crate::goal::ledger::{Ledger, Recorded};
use crate::situation::scene::{Scene, Wrong, perform};
use crate::timeline::file::experiment_in;
use crate::timeline::{Experiment, Timeline};

/// A run, and how much of it is the lesson's own.
pub(super) struct Stage {
    run: Box<dyn Played>,
    /// To its end, as it was at first.
    pub(super) ledger: Ledger,
    /// How many of its acts are the lesson's.
    given: usize,
}

impl Stage {
    /// The run of a scene, at its end.
    pub(super) fn of(scene: &Scene) -> Result<Self, Wrong> {
        fn at_end<E: Recorded + 'static>(scene: &Scene) -> Result<Box<dyn Played>, Wrong> {
            let mut run: Timeline<E> = scene.play()?;
            run.seek(run.end());
            Ok(Box::new(run))
        }
        let run = match scene.experiment.as_str() {
            FeedExperiment::NAME => at_end::<FeedExperiment>(scene)?,
            PaxosExperiment::NAME => at_end::<PaxosExperiment>(scene)?,
            _ => at_end::<LocksExperiment>(scene)?,
        };
        let ledger = run.ledger();
        Ok(Self { given: ledger.acts(), run, ledger })
    }

    /// A run file that a learner left, computed again. It has to begin as this run does: the same setup, seed and acts. `Err` says
    /// in a sentence why it is none.
    pub(super) fn handed_in(&self, file: &str) -> Result<Self, String> {
        fn again<E: Recorded + 'static>(file: &str) -> Result<Box<dyn Played>, String> {
            let mut run = Timeline::<E>::import(file)?.timeline;
            run.seek(run.end());
            Ok(Box::new(run))
        }
        let run = match experiment_in(file)?.as_str() {
            FeedExperiment::NAME => again::<FeedExperiment>(file)?,
            PaxosExperiment::NAME => again::<PaxosExperiment>(file)?,
            LocksExperiment::NAME => again::<LocksExperiment>(file)?,
            _ => return Err("This version does not know that experiment.".to_owned()),
        };
        if run.setup() != self.run.setup() {
            return Err("This is a run of another setup or seed than the lesson's.".to_owned());
        }
        if run.script().get(..self.given) != self.run.script().get(..self.given) {
            return Err("This run does not begin with what the lesson does.".to_owned());
        }
        Ok(Self { ledger: run.ledger(), run, given: self.given })
    }

    /// What has happened by now.
    pub(super) fn now(&self) -> Ledger {
        self.run.ledger()
    }

    /// The same, in which only the learner's acts count.
    pub(super) fn own(&self) -> Ledger {
        self.now().given(self.given)
    }

    /// What the learner did, as a script.
    pub(super) fn acts(&self) -> Vec<String> {
        self.run.script().split_off(self.given)
    }

    /// Does what the learner does.
    pub(super) fn perform(&mut self, line: usize, text: &str) -> Result<(), Wrong> {
        self.run.perform(text).map_err(|says| Wrong::new(line, says))
    }

    /// As a run file.
    pub(super) fn export(&self) -> String {
        self.run.export()
    }
}

/// A run of one experiment.
trait Played {
    fn ledger(&self) -> Ledger;
    fn export(&self) -> String;
    fn perform(&mut self, text: &str) -> Result<(), String>;
    /// What decides it before anything is done.
    fn setup(&self) -> String;
    /// What is done, a line each.
    fn script(&self) -> Vec<String>;
}

impl<E: Recorded> Played for Timeline<E> {
    fn ledger(&self) -> Ledger {
        E::ledger(self)
    }

    fn export(&self) -> String {
        Self::export(self)
    }

    fn perform(&mut self, text: &str) -> Result<(), String> {
        perform(self, text)
    }

    fn setup(&self) -> String {
        format!("{} {} seed={}", E::NAME, self.experiment(), self.seed())
    }

    fn script(&self) -> Vec<String> {
        Self::script(self).iter().map(ToString::to_string).collect()
    }
}

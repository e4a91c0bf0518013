//! A run of whatever experiment, as the steps of a lesson go through it.

use super::Lesson;
use super::attempt::Attempt;
use crate::goal::ledger::{Ledger, Recorded};
use crate::node::Micros;
use crate::situation::scene::{Scene, Wrong, perform};
use crate::timeline::Timeline;
use crate::timeline::file::experiment_in;
use crate::with_experiment;

/// Steps after which a run that was opened is compared with its file.
const SLICE: u64 = 4_096;
/// The longest run that a learner can leave, in simulated time.
const LENGTH_MAX: Micros = Micros::from_ms(15 * 60 * 1_000);

/// What happens in the run of a scene, to its end; none if it can't be played.
pub fn ledger(scene: &Scene) -> Option<Ledger> {
    Opening::of(scene).ok().map(|opening| opening.ledger)
}

/// Whether the run in `file` meets the goal of the step at which an attempt is; then that is noted there. `Err` says in a sentence
/// why it is no run of this step.
pub fn judged(lesson: &Lesson, attempt: &mut Attempt, file: &str) -> Result<bool, String> {
    let opening = Opening::of(&lesson.scenes[lesson.steps[attempt.step].scene]).map_err(|wrong| wrong.says)?;
    Ok(attempt.judge(lesson, &opening.handed_in(file)?.own()))
}

/// What a scene comes to by itself: where every learner begins.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    /// What decides it before anything is done.
    setup: String,
    /// What is done in it, a line each.
    script: Vec<String>,
    /// To its end.
    pub(super) ledger: Ledger,
}

impl Opening {
    pub(super) fn of(scene: &Scene) -> Result<Self, Wrong> {
        Stage::of(scene).map(|Stage { run, .. }| Self {
            setup: run.setup(),
            script: run.script(),
            ledger: run.ledger(),
        })
    }

    /// The ledger in which only the learner's acts count: there are none yet.
    pub(super) fn own(&self) -> Ledger {
        self.ledger.clone().given(self.script.len())
    }

    /// A run file that a learner left, computed again. It has to begin as this run does: the same setup, seed and acts. `Err` says
    /// in a sentence why it is none.
    pub(super) fn handed_in(&self, file: &str) -> Result<Stage, String> {
        fn opened<E: Recorded + 'static>(file: &str) -> Result<Box<dyn Played>, String> {
            Ok(Box::new(Timeline::<E>::open(file)?))
        }
        // A link has no digests on the way: a forged one would be found out only at its end.
        if !file.starts_with('{') {
            return Err("This is no run file.".to_owned());
        }
        let known = with_experiment!(experiment_in(file)?.as_str(), E => opened::<E>(file)?);
        let mut run = known.ok_or("This version does not know that experiment.")?;
        // All that can be compared before it is computed: a hand-in may come from anybody.
        if run.setup() != self.setup {
            return Err("This run has another setup or seed than the lesson's.".to_owned());
        }
        if run.script().get(..self.script.len()) != Some(&self.script) {
            return Err("This run does not begin with what the lesson does.".to_owned());
        }
        if run.length() > LENGTH_MAX {
            return Err(format!("This run is longer than {} minutes.", LENGTH_MAX.as_ms() / 60_000));
        }
        run.fill()?;
        Ok(Stage { run, given: self.script.len() })
    }
}

/// A run, and how much of it is the lesson's own.
pub(super) struct Stage {
    run: Box<dyn Played>,
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
        let known = with_experiment!(scene.experiment.as_str(), E => at_end::<E>(scene)?);
        let run = known.expect("a scene is of an experiment that was known when it was read");
        Ok(Self { given: run.script().len(), run })
    }

    /// What has happened by now.
    pub(super) fn now(&self) -> Ledger {
        self.run.ledger()
    }

    /// The same, in which only the learner's acts count.
    pub(super) fn own(&self) -> Ledger {
        self.now().given(self.given)
    }

    /// How far it goes.
    pub(super) fn length(&self) -> Micros {
        self.run.length()
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
    /// How far it goes.
    fn length(&self) -> Micros;
    /// Computes a run that was opened to its end, and compares it with its file. The play head goes to the end.
    fn fill(&mut self) -> Result<(), String>;
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

    fn length(&self) -> Micros {
        self.end()
    }

    fn fill(&mut self) -> Result<(), String> {
        while !Self::fill(self, SLICE)? {}
        self.seek(self.end());
        Ok(())
    }
}

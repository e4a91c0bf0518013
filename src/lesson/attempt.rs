//! How far a learner is in a lesson, and what was answered on the way. It is kept as it is written to a file: the lesson's hash, each
//! prediction with its time and reason, each task's run.

use serde::{Deserialize, Serialize};

use super::design::Designed;
use super::{Answer, Kind, Lesson, Question};
use crate::goal::ledger::Ledger;
use crate::node::Micros;

/// Says what a file of this kind is.
const FORMAT: &str = "cap-lab lesson attempt";
const VERSION: u32 = 1;
/// The longest reason that is kept, in characters.
const REASON_MAX: usize = 2_000;
/// The longest argument that is kept, in characters.
pub const WORDS_MAX: usize = 6_000;

/// A learner's way through a lesson.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attempt {
    format: String,
    version: u32,
    /// The hash of the lesson.
    pub lesson: String,
    /// The step at which the learner is.
    pub step: usize,
    /// The last step was left.
    pub done: bool,
    /// What was answered and done in each step.
    pub traces: Vec<Trace>,
}

/// What a learner answered and did in a step.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Trace {
    /// What was predicted.
    pub prediction: Option<Prediction>,
    /// What happened instead, or as predicted.
    pub outcome: Option<Outcome>,
    /// How many hints were asked for.
    pub hints: usize,
    /// When the goal was met, in the run's time.
    pub met: Option<Micros>,
    /// The run in which it was, as a run file.
    pub run: Option<String>,
    /// What was designed, and what it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub designed: Option<Designed>,
    /// What was argued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// A prediction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Prediction {
    /// What was predicted.
    pub given: Given,
    /// Why, in the learner's words.
    pub reason: String,
    /// When, in ms since 1970 by the learner's clock.
    pub at_ms: u64,
}

/// What was predicted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Given {
    /// One of the choices, from 0.
    Choice(usize),
    /// A number.
    Number(u64),
    /// The learner did not want to.
    Skipped,
}

/// What happened, beside a prediction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The choice that came true, or the number; none if nothing of the kind happened.
    pub happened: Option<Given>,
    /// Whether it was predicted; none if it was skipped.
    pub right: Option<bool>,
    /// The moments that decide it.
    pub moments: Vec<(Micros, String)>,
}

impl Attempt {
    /// One that begins.
    pub fn new(lesson: &Lesson) -> Self {
        let traces = vec![Trace::default(); lesson.steps.len()];
        Self { format: FORMAT.to_owned(), version: VERSION, lesson: lesson.hash.clone(), step: 0, done: false, traces }
    }

    /// One that was kept, if it is of this lesson.
    pub fn read(text: &str, lesson: &Lesson) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|read: &Self| read.is_of(lesson))
    }

    /// Whether it is a way through this lesson, in the format of this version.
    pub fn is_of(&self, lesson: &Lesson) -> bool {
        let known = (self.format.as_str(), self.version) == (FORMAT, VERSION) && self.lesson == lesson.hash;
        let fits = self.step < lesson.steps.len() && self.traces.len() == lesson.steps.len();
        let chosen = |(trace, step): (&Trace, &super::Step)| match (&trace.prediction, &step.kind) {
            (None, _) => true,
            (Some(prediction), Kind::Predict(question)) => question.takes(prediction.given),
            (Some(_), _) => false,
        };
        let designed = |(trace, step): (&Trace, &super::Step)| match (&trace.designed, &step.kind) {
            (None, _) => true,
            (Some(designed), Kind::Design(design)) => {
                designed.plan.is_of(design) && designed.measured.len() == design.parts.len()
            }
            (Some(_), _) => false,
        };
        let both = |pair| chosen(pair) && designed(pair);
        known && fits && self.traces.iter().zip(&lesson.steps).all(both)
    }

    /// As it is kept.
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers can always be written")
    }

    /// Whether a prediction is due: until then nothing of the run that follows is to be seen.
    pub fn waits(&self, lesson: &Lesson) -> bool {
        matches!(lesson.steps[self.step].kind, Kind::Predict(_)) && self.traces[self.step].prediction.is_none()
    }

    /// Takes a prediction in the current step; false if it is none that can be taken there, or one was taken before.
    pub fn predict(&mut self, lesson: &Lesson, given: Given, reason: &str, at_ms: u64) -> bool {
        let Kind::Predict(question) = &lesson.steps[self.step].kind else { return false };
        let trace = &mut self.traces[self.step];
        let takes = trace.prediction.is_none() && question.takes(given);
        if takes {
            let reason = reason.trim().chars().take(REASON_MAX).collect();
            trace.prediction = Some(Prediction { given, reason, at_ms });
        }
        takes
    }

    /// Keeps what a learner argues in the current step, if there is something to argue.
    pub fn argue(&mut self, lesson: &Lesson, words: &str) {
        if let Kind::Argue(_) = &lesson.steps[self.step].kind {
            let words: String = words.trim().chars().take(WORDS_MAX).collect();
            self.traces[self.step].words = Some(words).filter(|words| !words.is_empty());
        }
    }

    /// The answers alone, as they are kept where there is no room for runs. What a run has to show is to be done again.
    #[must_use]
    pub fn without_runs(&self) -> Self {
        let bare = |trace: &Trace| Trace { met: None, run: None, outcome: None, ..trace.clone() };
        Self { traces: self.traces.iter().map(bare).collect(), ..self.clone() }
    }

    /// Points that it comes to as far as it goes, if nobody doubts it.
    pub fn points(&self, lesson: &Lesson) -> u32 {
        let counts = |(step, trace): (&super::Step, &Trace)| match step.kind {
            Kind::Do(_) => trace.met.is_some(),
            Kind::Predict(_) => trace.prediction.as_ref().is_some_and(|made| made.given != Given::Skipped),
            Kind::Design(_) => trace.designed.is_some(),
            Kind::Argue(_) | Kind::Read | Kind::Observe(_) | Kind::Explain => false,
        };
        let steps = lesson.steps.iter().zip(&self.traces);
        steps.filter(|pair| counts(*pair)).map(|(step, _)| step.points).sum()
    }

    /// Compares the predictions that the current step settles with what happened in the run.
    pub fn settle(&mut self, lesson: &Lesson, ledger: &Ledger) {
        for (place, step) in lesson.steps.iter().enumerate().take(self.step) {
            let Kind::Predict(question) = &step.kind else { continue };
            let trace = &mut self.traces[place];
            if lesson.settles(place) == Some(self.step)
                && let Some(prediction) = &trace.prediction
            {
                trace.outcome = Some(question.outcome(prediction.given, ledger));
            }
        }
    }

    /// Whether the current step's goal is met in the run now, and was not before. Then the predictions are settled as well.
    pub fn judge(&mut self, lesson: &Lesson, ledger: &Ledger) -> bool {
        let Kind::Do(task) = &lesson.steps[self.step].kind else { return false };
        if self.traces[self.step].met.is_some() {
            return false;
        }
        let Some(at) = task.goal.met(ledger) else { return false };
        self.traces[self.step].met = Some(at);
        self.settle(lesson, ledger);
        true
    }

    /// The predictions of earlier steps that are compared in the current one: those since the last comparison was explained.
    pub fn compared(&self, lesson: &Lesson) -> Vec<usize> {
        let before = &lesson.steps[..self.step];
        let since = before.iter().rposition(|step| step.kind == Kind::Explain).map_or(0, |place| place + 1);
        (since..self.step).filter(|place| self.traces[*place].outcome.is_some()).collect()
    }
}

impl Question {
    /// Whether that can be an answer.
    fn takes(&self, given: Given) -> bool {
        match (given, &self.answer) {
            (Given::Skipped, _) | (Given::Number(_), Answer::Number { .. }) => true,
            (Given::Choice(choice), Answer::Choice(choices)) => choice < choices.len(),
            _ => false,
        }
    }

    /// What happened, beside what was predicted.
    fn outcome(&self, given: Given, ledger: &Ledger) -> Outcome {
        match &self.answer {
            Answer::Choice(choices) => {
                let true_one = choices.iter().position(|choice| choice.goal.met(ledger).is_some());
                let moments = true_one.map(|place| choices[place].goal.moments(ledger)).unwrap_or_default();
                // Of several that came true, whichever was predicted was right.
                let came_true = |choice: usize| choices[choice].goal.met(ledger).is_some();
                let right = match given {
                    Given::Choice(choice) => Some(came_true(choice)),
                    _ => None,
                };
                Outcome { happened: true_one.map(Given::Choice), right, moments }
            }
            Answer::Number { measure, close, .. } => {
                let happened = measure.value(ledger).and_then(|value| value.number());
                let right = match given {
                    Given::Number(number) => Some(happened.is_some_and(|happened| {
                        number.abs_diff(happened).saturating_mul(100) <= happened.saturating_mul(u64::from(*close))
                    })),
                    _ => None,
                };
                Outcome { happened: happened.map(Given::Number), right, moments: Vec::new() }
            }
        }
    }

    /// An answer in words.
    pub fn words(&self, given: Option<Given>) -> String {
        match (given, &self.answer) {
            (Some(Given::Choice(choice)), Answer::Choice(choices)) => {
                choices.get(choice).map_or_else(String::new, |choice| choice.text.clone())
            }
            (Some(Given::Number(number)), Answer::Number { unit, .. }) if !unit.is_empty() => {
                format!("{number} {unit}")
            }
            (Some(Given::Number(number)), _) => number.to_string(),
            (Some(Given::Skipped), _) => "no prediction".to_owned(),
            (None, Answer::Choice(_)) => "none of these".to_owned(),
            _ => "it did not happen".to_owned(),
        }
    }
}

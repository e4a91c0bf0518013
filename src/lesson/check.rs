//! Plays a lesson without a page: what a teacher is told before a class, and what the tests do.

use super::attempt::{Attempt, Given};
use super::design::{Design, Designed, Part, Plan};
use super::measure::{Value, Words};
use super::stage::Opening;
use super::walk::{Here, Openings, walk};
use super::{Answer, Kind, Lesson, Question, Step};
use crate::goal::ledger::Ledger;
use crate::node::Micros;
use crate::situation::scene::Wrong;

/// What a check found of a lesson that is well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// How many steps it has.
    pub steps: usize,
    /// Predictions among them.
    pub predictions: usize,
    /// Tasks among them.
    pub tasks: usize,
    /// How many runs.
    pub runs: usize,
    /// How much simulated time they take together.
    pub length: Micros,
}

/// Plays every run and sees whether each step finds there what it speaks of. A task must not be done before the learner did anything.
///
/// # Errors
/// All that is wrong, by line.
pub fn check(lesson: &Lesson) -> Result<Found, Vec<Wrong>> {
    let mut wrong = Vec::new();
    // Without a run the steps after it speak of something that is not there.
    walk(lesson, &Openings::new(lesson), |Here { place, step, opening, handed_over, .. }| {
        Checked { lesson, place, step, ledger: &opening.ledger, own: handed_over }.look(&mut wrong);
        Ok(())
    })
    .map_err(|unplayable| vec![unplayable])?;
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let count = |is: fn(&Kind) -> bool| lesson.steps.iter().filter(|step| is(&step.kind)).count();
    let begun = |place: usize| lesson.scenes.get(place + 1).is_none_or(|next| next.line != lesson.scenes[place].line);
    let runs: Vec<usize> = (0..lesson.scenes.len()).filter(|place| begun(*place)).collect();
    Ok(Found {
        steps: lesson.steps.len(),
        predictions: count(|kind| matches!(kind, Kind::Predict(_))),
        tasks: count(|kind| matches!(kind, Kind::Do(_))),
        runs: runs.len(),
        length: runs.iter().fold(Micros::ZERO, |sum, place| sum + lesson.scenes[*place].end().unwrap_or_default()),
    })
}

/// A step beside its run.
struct Checked<'a> {
    lesson: &'a Lesson,
    place: usize,
    step: &'a Step,
    /// Of the run as the file has it, to its end.
    ledger: &'a Ledger,
    /// The learner has changed the run before: what it shows is not known.
    own: bool,
}

impl Checked<'_> {
    fn look(&self, wrong: &mut Vec<Wrong>) {
        let line = self.step.line;
        let mut tell = |says: String| wrong.push(Wrong::new(line, says));
        let mut texts: Vec<&Words> = self.step.text.iter().collect();
        match &self.step.kind {
            Kind::Read | Kind::Explain | Kind::Design(_) | Kind::Argue(_) => {}
            Kind::Observe(moments) => {
                for goal in moments {
                    match goal.check(self.ledger) {
                        Err(says) => tell(format!("“{goal}”: {says}")),
                        Ok(()) if !self.own && goal.met(self.ledger).is_none() => {
                            tell(format!("“{goal}” does not come true in this run"));
                        }
                        Ok(()) => {}
                    }
                }
                self.settled(&mut tell);
            }
            Kind::Predict(question) => {
                // What follows is known only in the run of the step that settles it.
                texts.extend(&question.because);
            }
            Kind::Do(task) => {
                if let Err(says) = task.goal.check(self.ledger) {
                    tell(format!("“{}”: {says}", task.goal));
                } else if !self.own && task.goal.met(&self.ledger.clone().given(self.ledger.acts())).is_some() {
                    tell(format!("“{}” is met before the learner does anything", task.goal));
                }
                texts.extend(&task.met);
            }
        }
        for says in texts.iter().flat_map(|words| words.measures()).filter_map(|one| one.check(self.ledger).err()) {
            tell(says);
        }
        if self.step.kind == Kind::Explain && !self.own {
            let never = |words: &&&Words| words.measures().any(|measure| measure.value(self.ledger).is_none());
            for words in texts.iter().filter(never) {
                let told: String = words.told(self.ledger).into_iter().map(|told| told.text).collect();
                tell(format!("this does not happen in this run: “{told}”"));
            }
        }
    }

    /// The predictions that show in this step: exactly one choice comes true.
    fn settled(&self, tell: &mut dyn FnMut(String)) {
        for (place, step) in self.lesson.steps.iter().enumerate().take(self.place) {
            let Kind::Predict(Question { answer, .. }) = &step.kind else { continue };
            if self.lesson.settles(place) != Some(self.place) || self.own {
                continue;
            }
            match answer {
                Answer::Choice(choices) => {
                    let mut came_true = Vec::new();
                    for choice in choices {
                        match choice.goal.check(self.ledger) {
                            Err(says) => tell(format!("the choice “{}” of line {}: {says}", choice.text, step.line)),
                            Ok(()) if choice.goal.met(self.ledger).is_some() => came_true.push(choice.text.as_str()),
                            Ok(()) => {}
                        }
                    }
                    if came_true.len() != 1 {
                        let which = if came_true.is_empty() {
                            "none".to_owned()
                        } else {
                            format!("“{}”", came_true.join("” and “"))
                        };
                        tell(format!(
                            "of the choices of line {} one has to come true here, and {which} does",
                            step.line
                        ));
                    }
                }
                Answer::Number { measure, .. } => {
                    if let Err(says) = measure.check(self.ledger) {
                        tell(format!("the number of line {}: {says}", step.line));
                    } else if measure.value(self.ledger).and_then(|value| value.number()).is_none() {
                        tell(format!("the number of line {} is none in this run", step.line));
                    }
                }
            }
        }
    }
}

/// The lesson as one reads it who does nothing: the text of each step about its run, and what happens beside each prediction.
///
/// # Errors
/// Of a run that can't be played, by its line.
pub fn show(lesson: &Lesson) -> Result<String, Wrong> {
    let mut attempt = Attempt::new(lesson);
    let mut shown: Vec<Vec<String>> = Vec::new();
    walk(lesson, &Openings::new(lesson), |here| {
        let Here { place, step, opening: Opening { ledger, .. }, .. } = here;
        attempt.step = place;
        let told = |words: &Words| words.told(ledger).into_iter().map(|told| told.text).collect::<String>();
        let mut lines = vec![format!("step {}, line {}: {}", place + 1, step.line, step.kind.word())];
        lines.extend(step.text.iter().map(told));
        match &step.kind {
            Kind::Predict(_) => _ = attempt.predict(lesson, Given::Skipped, "", 0),
            Kind::Do(task) => {
                lines.push(format!("goal: {}", task.goal));
                lines.extend(task.met.iter().map(told));
            }
            Kind::Observe(goals) => {
                attempt.settle(lesson, ledger);
                let moments = goals.iter().flat_map(|goal| goal.moments(ledger));
                lines.extend(moments.map(|(at, says)| format!("{}: {says}", Value::Moment(at).words())));
            }
            Kind::Design(design) => lines.extend(design.parts.iter().map(Part::words)),
            Kind::Argue(rubric) => lines.extend(rubric.iter().map(|question| format!("rubric: {question}"))),
            Kind::Read | Kind::Explain => {}
        }
        shown.push(lines);
        Ok(())
    })?;
    // What happens beside a prediction shows only later.
    for ((step, trace), lines) in lesson.steps.iter().zip(&attempt.traces).zip(&mut shown) {
        if let Kind::Predict(question) = &step.kind {
            let happened = trace.outcome.as_ref().map(|outcome| question.words(outcome.happened));
            lines.push(match happened {
                Some(happened) => format!("what happens: {happened}"),
                None => "what happens shows in the learner's own run".to_owned(),
            });
        }
    }
    Ok(shown.into_iter().map(|lines| lines.join("\n  ") + "\n").collect())
}

/// Goes through a lesson as a learner who does `acts`: for each task a section `# do` with commands, for a design one with
/// `regions: 3`, `outage: 4s` and a store for each part, and for an argument one with words. Predictions are skipped.
///
/// # Errors
/// Of acts that can't be done, by their line.
pub fn play(lesson: &Lesson, acts: &str) -> Result<Attempt, Wrong> {
    let mut sections = Vec::new();
    for (line, text) in (1..).zip(acts.lines().map(str::trim)).filter(|(_, text)| !text.is_empty()) {
        match (text, sections.last_mut()) {
            ("# do" | "# design" | "# argue", _) => sections.push(Vec::new()),
            (_, None) => return Err(Wrong::new(line, "the acts of a task begin with “# do”")),
            (text, Some(section)) => section.push((line, text)),
        }
    }
    let mut sections = sections.into_iter();
    let mut attempt = Attempt::new(lesson);
    walk(lesson, &Openings::new(lesson), |mut here| {
        attempt.step = here.place;
        match &here.step.kind {
            Kind::Observe(_) => attempt.settle(lesson, &here.ledger()),
            Kind::Predict(_) => _ = attempt.predict(lesson, Given::Skipped, "", 0),
            Kind::Design(design) => {
                if let Some(section) = sections.next() {
                    attempt.traces[here.place].designed = Some(designed(design, &section)?);
                }
            }
            Kind::Argue(_) => {
                let words: Vec<&str> = sections.next().unwrap_or_default().into_iter().map(|(_, text)| text).collect();
                attempt.argue(lesson, &words.join("\n"));
            }
            Kind::Do(_) => {
                for (line, text) in sections.next().unwrap_or_default() {
                    here.stage()?.perform(line, text)?;
                }
                if attempt.judge(lesson, &here.learners()) {
                    attempt.traces[here.place].run = Some(here.stage()?.export());
                }
            }
            Kind::Read | Kind::Explain => {}
        }
        Ok(())
    })?;
    attempt.done = true;
    Ok(attempt)
}

/// A plan as a section of acts has it, and what it comes to.
fn designed(design: &Design, lines: &[(usize, &str)]) -> Result<Designed, Wrong> {
    let mut plan = Plan::first(design);
    for (line, text) in lines {
        let (key, value) = text.split_once(':').map_or((*text, ""), |(key, value)| (key.trim(), value.trim()));
        let part = design.parts.iter().position(|part| part.name == key);
        match (key, part) {
            ("regions", _) => plan.regions = value == "3",
            ("outage", _) => plan.outage_s = value.trim_end_matches('s').parse().unwrap_or(u8::MAX),
            (_, Some(part)) => plan.stores[part] = value.to_owned(),
            _ => return Err(Wrong::new(*line, format!("“{key}” is no part of the platform"))),
        }
        if !plan.is_of(design) {
            return Err(Wrong::new(*line, format!("“{value}” can't be chosen here")));
        }
    }
    Ok(design.measure(&plan))
}

//! Grades what was handed in: computes every run again, and judges from that alone which goals are met.
//!
//! Nothing that a file claims of a task counts. A run that does not come to its digests, that is of another setup, or that meets the goal
//! at another moment than the file says is [marked](Grade::marks). What no run can prove is named: [`UNVERIFIED`].

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::Mutex;

use serde::Serialize;

use super::attempt::{Attempt, Given, Trace};
use super::design::{Design, Designed, Measured, Part, Plan, measured};
use super::hand_in::HandIn;
use super::measure::Value;
use super::walk::{Here, Openings, walk};
use super::{Kind, Lesson};
use crate::node::Micros;

/// What cannot be verified.
pub const UNVERIFIED: &str = "Not verified: who predicted, when, and whether the run was seen before; and all words.";

/// So many students are named who have the same run.
const NAMED_MAX: usize = 3;

/// What came of a hand-in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Grade {
    /// Who handed it in, as typed.
    pub student: String,
    /// Points that it has.
    pub points: u32,
    /// One for each step in which something is predicted or done.
    pub steps: Vec<Graded>,
    /// Why a teacher should look at it.
    pub marks: Vec<Mark>,
}

/// What came of a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Graded {
    /// Its number, from 1.
    pub step: usize,
    /// Points that it gave.
    pub points: u32,
    /// Points that it could give.
    pub of: u32,
    /// What came of it, in words.
    pub says: String,
    /// Why the learner predicted it, or what was argued.
    pub reason: String,
    /// What the learner did, as a script.
    pub acts: Vec<String>,
    /// How far the learner let the run go.
    pub end: Micros,
}

/// Why a teacher should look at a hand-in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub enum Mark {
    /// It is of another lesson, or of another version of this one.
    OtherLesson,
    /// It was edited since it was written.
    Edited,
    /// In this step the run is not what the file says. Why, in a sentence.
    Run(usize, String),
    /// In this step the file claims what its run does not show.
    Claims(usize),
    /// In this step somebody else has the very same run.
    SameRun(usize, String),
}

/// In a clause.
impl Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherLesson => f.write_str("it is of another lesson, or of another version of this one"),
            Self::Edited => f.write_str("the file was edited"),
            Self::Run(step, says) => write!(f, "step {step}: {}", says.trim_end_matches('.')),
            Self::Claims(step) => write!(f, "step {step}: the file claims what its run does not show"),
            Self::SameRun(step, who) => write!(f, "step {step}: the same run as {who}"),
        }
    }
}

/// The most points that a lesson gives.
pub fn most(lesson: &Lesson) -> u32 {
    lesson.steps.iter().map(|step| step.points).sum()
}

/// Grades what was handed in for one lesson, whose own runs it computes once.
#[derive(Debug)]
pub struct Grader<'a> {
    lesson: &'a Lesson,
    openings: Openings,
    /// What parts came to that somebody designed so before.
    batches: Mutex<BTreeMap<Run, Measured>>,
}

/// All that decides a batch of a design: the part's name, its store, and the plan's regions and outage.
type Run = (String, String, bool, u8);

impl<'a> Grader<'a> {
    /// Nothing is computed yet.
    pub fn new(lesson: &'a Lesson) -> Self {
        Self { lesson, openings: Openings::new(lesson), batches: Mutex::default() }
    }

    fn measured(&self, part: &Part, store: &str, plan: &Plan) -> Measured {
        let run = (part.name.clone(), store.to_owned(), plan.regions, plan.outage_s);
        let known = self.batches.lock().expect("nobody panics with it").get(&run).cloned();
        // Two graders may compute the same at once: that costs time and nothing else.
        known.unwrap_or_else(|| {
            let measured = measured(part, store, plan);
            self.batches.lock().expect("nobody panics with it").insert(run, measured.clone());
            measured
        })
    }

    /// Grades one file. `Err` says in a sentence why that can't be done.
    pub fn grade(&self, text: &str) -> Result<Grade, String> {
        let handed_in = HandIn::read(text)?;
        let mut grade = Grade { student: handed_in.student.clone(), points: 0, steps: Vec::new(), marks: Vec::new() };
        if !handed_in.is_sealed() {
            grade.marks.push(Mark::Edited);
        }
        if !handed_in.attempt.is_of(self.lesson) {
            grade.marks.push(Mark::OtherLesson);
            return Ok(grade);
        }
        let lesson = self.lesson;
        let done = vec![Done::default(); lesson.steps.len()];
        let (theirs, ours) = (&handed_in.attempt, Attempt::new(lesson));
        let mut again = Again { grader: self, lesson, theirs, ours, done, marks: Vec::new() };
        let gone = walk(lesson, &self.openings, |here| {
            again.visit(here);
            Ok(())
        });
        gone.map_err(|wrong| format!("The lesson can't be played. {wrong}."))?;
        again.compare();
        grade.steps = again.graded();
        grade.points = grade.steps.iter().map(|step| step.points).sum();
        grade.marks.append(&mut again.marks);
        grade.marks.sort();
        Ok(grade)
    }
}

/// What a learner did in a step.
#[derive(Clone, Default)]
struct Done {
    /// As a script.
    acts: Vec<String>,
    /// How many of them it took to meet the goal.
    needed: usize,
    /// How far the run goes.
    end: Micros,
}

/// A way through a lesson, gone once more.
struct Again<'a> {
    grader: &'a Grader<'a>,
    lesson: &'a Lesson,
    /// What the file says.
    theirs: &'a Attempt,
    /// What its runs show.
    ours: Attempt,
    /// By step.
    done: Vec<Done>,
    marks: Vec<Mark>,
}

impl Again<'_> {
    fn visit(&mut self, here: Here<'_>) {
        self.ours.step = here.place;
        match here.step.kind {
            Kind::Predict(_) => self.predicted(here.place),
            Kind::Observe(_) => self.ours.settle(self.lesson, &here.ledger()),
            Kind::Do(_) => self.did(here),
            Kind::Design(ref design) => self.designed(here.place, design),
            Kind::Argue(_) => {
                self.ours.argue(self.lesson, self.theirs.traces[here.place].words.as_deref().unwrap_or(""));
            }
            Kind::Read | Kind::Explain => {}
        }
    }

    /// Runs the batch of a design again.
    fn designed(&mut self, place: usize, design: &Design) {
        let Some(theirs) = &self.theirs.traces[place].designed else { return };
        let parts = design.parts.iter().zip(&theirs.plan.stores);
        let measured = parts.map(|(part, store)| self.grader.measured(part, store, &theirs.plan)).collect();
        let ours = Designed { plan: theirs.plan.clone(), measured };
        if ours == *theirs {
            self.ours.traces[place].designed = Some(ours);
        } else {
            self.marks.push(Mark::Claims(place + 1));
        }
    }

    fn predicted(&mut self, place: usize) {
        if let Some(prediction) = &self.theirs.traces[place].prediction {
            self.ours.predict(self.lesson, prediction.given, &prediction.reason, prediction.at_ms);
        }
    }

    /// Computes the run of a task again. What the steps after it show, they show in that run.
    fn did(&mut self, mut here: Here<'_>) {
        let place = here.place;
        let Some(file) = &self.theirs.traces[place].run else { return };
        match here.take(file) {
            Ok(theirs) => {
                let ledger = theirs.own();
                self.ours.judge(self.lesson, &ledger);
                let needed = self.ours.traces[place].met.map_or(0, |at| ledger.acts_until(at));
                self.done[place] = Done { acts: theirs.acts(), needed, end: theirs.length() };
            }
            Err(says) => self.marks.push(Mark::Run(place + 1, says)),
        }
    }

    /// Marks each step in which the file says what its runs do not show.
    fn compare(&mut self) {
        for (place, (theirs, ours)) in self.theirs.traces.iter().zip(&self.ours.traces).enumerate() {
            let told = |trace: &Trace| trace.outcome.as_ref().map(|outcome| (outcome.happened, outcome.right));
            let other_outcome = theirs.outcome.is_some() && told(theirs) != told(ours);
            if theirs.met.is_some() && theirs.met != ours.met || other_outcome {
                self.marks.push(Mark::Claims(place + 1));
            }
        }
    }

    fn graded(&self) -> Vec<Graded> {
        let mut all = Vec::new();
        for (place, step) in self.lesson.steps.iter().enumerate() {
            let trace = &self.ours.traces[place];
            let predicted = trace.prediction.as_ref().filter(|prediction| prediction.given != Given::Skipped);
            let (says, counts) = match &step.kind {
                Kind::Predict(question) => {
                    let happened = trace.outcome.as_ref().map(|outcome| question.words(outcome.happened));
                    let happened = happened.unwrap_or_else(|| "not seen".to_owned());
                    let given = question.words(Some(predicted.map_or(Given::Skipped, |prediction| prediction.given)));
                    (format!("predicted: {given}; what happened: {happened}"), predicted.is_some())
                }
                Kind::Do(task) => match trace.met {
                    Some(at) => {
                        let needed =
                            task.needed(self.done[place].needed).map_or_else(String::new, |says| format!(", {says}"));
                        (format!("met at {}{needed}: {}", Value::Moment(at).words(), task.goal), true)
                    }
                    None => (format!("not met: {}", task.goal), false),
                },
                Kind::Design(design) => match &trace.designed {
                    Some(designed) => (designed.words(design), true),
                    None => ("nothing was run".to_owned(), false),
                },
                Kind::Argue(_) if trace.words.is_some() => ("argued, to be read".to_owned(), false),
                Kind::Argue(_) => ("nothing was argued".to_owned(), false),
                Kind::Read | Kind::Observe(_) | Kind::Explain => continue,
            };
            let argued = trace.words.clone();
            all.push(Graded {
                step: place + 1,
                points: if counts { step.points } else { 0 },
                of: step.points,
                says,
                reason: trace.prediction.as_ref().map(|made| made.reason.clone()).or(argued).unwrap_or_default(),
                acts: self.done[place].acts.clone(),
                end: self.done[place].end,
            });
        }
        all
    }
}

/// Marks runs that several hand-ins have. Two students may well act at the same moments, for a task begins at one; but a run goes
/// on from frame to frame, so it seldom ends at the very microsecond of another.
pub fn mark_same_runs(grades: &mut [&mut Grade]) {
    let mut whose: BTreeMap<(usize, Vec<String>, Micros), Vec<usize>> = BTreeMap::new();
    for (number, grade) in grades.iter().enumerate() {
        for step in grade.steps.iter().filter(|step| !step.acts.is_empty()) {
            whose.entry((step.step, step.acts.clone(), step.end)).or_default().push(number);
        }
    }
    for ((step, ..), all) in whose.into_iter().filter(|(_, all)| all.len() > 1) {
        for number in &all {
            let others = all.iter().filter(|other| *other != number).map(|other| grades[*other].student.clone());
            let named: Vec<String> = others.take(NAMED_MAX).collect();
            let more = match all.len() - 1 - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            grades[*number].marks.push(Mark::SameRun(step, named.join(", ") + &more));
        }
    }
}

/// What a student did, as a text to read and to print (Markdown).
pub fn report(lesson: &Lesson, grade: &Grade) -> String {
    let (student, points, of) = (plain(&grade.student), grade.points, most(lesson));
    let mut text = format!("# {}\n\n{student}: {points} of {of} points\n", plain(&lesson.title));
    for mark in &grade.marks {
        text += &format!("\n**To look at:** {}.\n", plain(&mark.to_string()));
    }
    for graded in &grade.steps {
        let step = &lesson.steps[graded.step - 1];
        let heading = step.heading.as_deref().unwrap_or(step.kind.word());
        text += &format!("\n## Step {}: {} ({} of {})\n\n", graded.step, plain(heading), graded.points, graded.of);
        text += &format!("{}.\n", plain(&graded.says));
        if !graded.reason.is_empty() {
            text += &format!("\n> {}\n", plain(&graded.reason).replace('\n', "\n> "));
        }
        if !graded.acts.is_empty() {
            // Four spaces: whatever stands in a post, it ends no block.
            text += &format!("\n    {}\n", graded.acts.join("\n    "));
        }
    }
    text + &format!("\n{UNVERIFIED}\n")
}

/// Words that somebody typed, so that they mean nothing in Markdown or HTML.
fn plain(words: &str) -> String {
    let mut plain = String::new();
    for letter in words.chars() {
        if letter.is_ascii_punctuation() && !matches!(letter, '.' | ',' | ';' | ':' | '\'' | '"' | '?' | '/' | '%') {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

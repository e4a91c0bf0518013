//! Lessons: a learner reads, predicts, does, observes and has explained what happened in the run. A lesson is one text file that
//! a teacher writes; `docs/lessons.md` is the page that tells how.
//!
//! Nothing of what happens is written down in a lesson. A task is a [goal](crate::goal), the choices of a prediction are goals, and
//! the numbers in an explanation are [measures](measure), all judged from the run that the learner has in front of them.

pub mod attempt;
pub mod check;
pub mod design;
pub mod grade;
pub mod hand_in;
pub mod measure;
mod read;
pub mod stage;
mod walk;

use std::cmp::Ordering;

use self::design::Design;
use self::measure::{Measure, Words};
use crate::digest::Digest;
use crate::goal::Goal;
use crate::node::Micros;
use crate::situation::scene::{Scene, Wrong};

/// A lesson, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lesson {
    /// Its heading.
    pub title: String,
    /// What a learner knows after it, in sentences.
    pub know: Vec<String>,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// The words of the glossary that it teaches.
    pub words: Vec<String>,
    /// The runs, in the order of the file. One that goes on from the one before it has that one's commands as well.
    pub scenes: Vec<Scene>,
    /// What the learner does, in order; at least one.
    pub steps: Vec<Step>,
    /// Tells it from every other text.
    pub hash: String,
}

/// A step of a lesson.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its line in the file.
    pub line: usize,
    /// Its heading, if it has one.
    pub heading: Option<String>,
    /// Which of the scenes it belongs to.
    pub scene: usize,
    /// The scene begins with it. If not, the learner goes on with the run that is there.
    pub begins: bool,
    /// What is said, by paragraphs.
    pub text: Vec<Words>,
    /// What is to be done.
    pub kind: Kind,
    /// How much it counts: a task if its goal is met, a prediction if one was made.
    pub points: u32,
}

/// What is to be done in a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// To read.
    Read,
    /// To say what will happen, before it does.
    Predict(Question),
    /// To bring something about.
    Do(Task),
    /// To watch these moments of the run.
    Observe(Vec<Goal>),
    /// To read why it happened.
    Explain,
    /// To give each part of a platform a store, and to see what that costs.
    Design(Design),
    /// To argue in words, by these questions.
    Argue(Vec<String>),
}

impl Kind {
    /// What a file calls it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Predict(_) => "predict",
            Self::Do(_) => "do",
            Self::Observe(_) => "observe",
            Self::Explain => "explain",
            Self::Design(_) => "design",
            Self::Argue(_) => "argue",
        }
    }
}

/// What a learner is asked to predict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// How it is answered.
    pub answer: Answer,
    /// What is said once it has happened, whatever was predicted.
    pub because: Vec<Words>,
}

/// How a prediction is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// One of these.
    Choice(Vec<Choice>),
    /// A number.
    Number {
        /// What it is compared with.
        measure: Box<Measure>,
        /// How far off it may be, in percent of what happened.
        close: u32,
        /// Of what: `ms`, `requests`.
        unit: String,
    },
}

/// Something that can be predicted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// In words.
    pub text: String,
    /// What has happened if this was right.
    pub goal: Goal,
}

/// Something to be brought about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// What has happened once it is done.
    pub goal: Goal,
    /// Help, from a nudge to all but the answer.
    pub hints: Vec<String>,
    /// What is said once it is done.
    pub met: Vec<Words>,
    /// How many acts the best known solution takes; a lesson that tells that is a challenge.
    pub best: Option<u32>,
}

impl Task {
    /// What is said of a solution with so many acts, in a clause; none where nothing is known to compare it with.
    pub fn needed(&self, acts: usize) -> Option<String> {
        let best = self.best?;
        let many = |count: usize| format!("{count} act{}", if count == 1 { "" } else { "s" });
        Some(match acts.cmp(&(best as usize)) {
            Ordering::Less => format!("by {}, and the best known way takes {}", many(acts), many(best as usize)),
            Ordering::Equal => format!("by {}, as few as the best known way takes", many(acts)),
            Ordering::Greater => format!("by {}; the best known way takes {}", many(acts), many(best as usize)),
        })
    }
}

impl Lesson {
    /// Reads a file.
    ///
    /// # Errors
    /// All that is wrong with it, by line: see [`check::check`] for what only its runs show.
    pub fn read(text: &str) -> Result<Self, Vec<Wrong>> {
        read::lesson(text)
    }

    /// Whether it is a challenge: a task of it says how few acts are known to do.
    pub fn is_challenge(&self) -> bool {
        self.steps.iter().any(|step| matches!(&step.kind, Kind::Do(Task { best: Some(_), .. })))
    }

    /// Whether it is a design exercise.
    pub fn is_exercise(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.kind, Kind::Design(_)))
    }

    /// Whether `text` means to be a lesson.
    pub fn is_meant(text: &str) -> bool {
        text.trim_start_matches('\u{feff}').trim_start().starts_with("title:")
    }

    /// Where the play head stands as a step begins: before the part of the run that an observer is to watch, else after it.
    pub fn head(&self, step: usize) -> Micros {
        let Step { scene, begins, kind, .. } = &self.steps[step];
        let scene = &self.scenes[*scene];
        match (kind, scene.head) {
            (Kind::Observe(_), Some(head)) if *begins => head,
            _ => scene.end().expect("it was read before"),
        }
    }

    /// The step in which it shows whether a prediction was right: the next one in which something happens.
    pub fn settles(&self, prediction: usize) -> Option<usize> {
        let later = self.steps.iter().enumerate().skip(prediction + 1);
        later.into_iter().find(|(_, step)| matches!(step.kind, Kind::Observe(_) | Kind::Do(_))).map(|(place, _)| place)
    }
}

/// What tells a text from every other.
fn hash(text: &str) -> String {
    format!("{:016x}", Digest::of(text))
}

macro_rules! files {
    ($($name:literal,)*) => {
        [$(($name, include_str!(concat!("files/", $name, ".txt"))),)*]
    };
}

/// All files of the lab's own: what links and commands call each, and its text.
pub fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    COURSE.iter().chain(&CHALLENGES).chain(&EXERCISES)
}

/// The one of the lab's own that has this name.
pub fn named(name: &str) -> Option<&'static str> {
    all().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The course: what links and tests call each lesson, and its text.
pub static COURSE: [(&str, &str); 14] = files![
    "what-c-a-and-p-are",
    "one-cut",
    "why-not-all-three",
    "no-partition-latency",
    "paxos-in-two-phases",
    "duelling-proposers",
    "raft-elects",
    "raft-replicates-and-repairs",
    "figure-8",
    "linearizable-or-not",
    "split-brain",
    "last-write-wins",
    "clocks",
    "locks-leases-fencing",
];

/// The challenges, the same way.
pub static CHALLENGES: [(&str, &str); 6] = files![
    "a-server-that-forgot",
    "one-acceptor-each",
    "confirmed-and-gone",
    "a-quorum-reads-stale",
    "new-then-old",
    "through-the-outage",
];

/// The design exercise, the same way.
pub static EXERCISES: [(&str, &str); 1] = files!["a-global-platform",];

#[cfg(test)]
mod tests;

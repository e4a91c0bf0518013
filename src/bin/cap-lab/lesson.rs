//! Lessons without a browser: whether one is well, and what comes of a learner's acts.
//!
//! Exit status 0: well; of `play`: all goals are met; 1: not all are; 2: bad input, with each line that is wrong.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cap_lab::lesson::attempt::Attempt;
use cap_lab::lesson::check::{Found, check, play, show};
use cap_lab::lesson::grade::Grader;
use cap_lab::lesson::hand_in::HandIn;
use cap_lab::lesson::{Kind, Lesson};
use cap_lab::situation::scene::Wrong;
use clap::Subcommand;

use super::read;

#[derive(Subcommand)]
pub(crate) enum LessonCommand {
    /// Says what is wrong with a lesson, line by line: its words, and what its runs do not show. Exit status 0: it is well; 2: it is not.
    Check {
        /// The lessons.
        #[arg(required = true)]
        lessons: Vec<PathBuf>,
    },
    /// Prints a lesson as one reads it who does nothing: each number in braces as it comes out, what happens beside each prediction.
    Show {
        /// The lesson.
        lesson: PathBuf,
    },
    /// Goes through a lesson with a learner's acts, and says which goals they meet. Exit status 0: all of them; 1: not all.
    Play {
        /// The lesson.
        lesson: PathBuf,
        /// The acts: for each task a section that begins with `# do`, and commands as in the lesson's runs.
        acts: PathBuf,
        /// Writes what a student who did this would hand in, to try `cap-lab grade`.
        #[arg(long, value_name = "FILE")]
        hand_in: Option<PathBuf>,
    },
}

pub(crate) fn run(command: &LessonCommand) -> ExitCode {
    let mut out = io::stdout().lock();
    match command {
        LessonCommand::Check { lessons } => {
            let mut status = ExitCode::SUCCESS;
            for path in lessons {
                let told =
                    opened(path).and_then(|lesson| Ok((check(&lesson).map_err(|wrong| lines(path, &wrong))?, lesson)));
                match told {
                    Ok((found, lesson)) => _ = writeln!(out, "{}: ok: {}", path.display(), says(&lesson, &found)),
                    Err(wrong) => {
                        status = ExitCode::from(2);
                        let _ = write!(io::stderr(), "{wrong}");
                    }
                }
            }
            status
        }
        LessonCommand::Show { lesson: path } => {
            match opened(path).and_then(|lesson| show(&lesson).map_err(|wrong| lines(path, &[wrong]))) {
                Ok(shown) => {
                    let _ = write!(out, "{shown}");
                    ExitCode::SUCCESS
                }
                Err(wrong) => {
                    let _ = write!(io::stderr(), "{wrong}");
                    ExitCode::from(2)
                }
            }
        }
        LessonCommand::Play { lesson: path, acts, hand_in } => {
            let played = opened(path).and_then(|lesson| {
                let text = read(acts).map_err(|wrong| format!("{}: {wrong}\n", acts.display()))?;
                let attempt = play(&lesson, &text).map_err(|wrong| lines(acts, &[wrong]))?;
                let file = HandIn::new("A student", &lesson, attempt.clone()).write();
                if let Some(path) = hand_in {
                    fs::write(path, &file).map_err(|error| format!("{}: {error}\n", path.display()))?;
                }
                outcome(&lesson, &attempt, &file)
            });
            match played {
                Ok((told, all)) => {
                    let _ = write!(out, "{told}");
                    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
                }
                Err(wrong) => {
                    let _ = write!(io::stderr(), "{wrong}");
                    ExitCode::from(2)
                }
            }
        }
    }
}

fn opened(path: &Path) -> Result<Lesson, String> {
    let text = read(path).map_err(|wrong| format!("{}: {wrong}\n", path.display()))?;
    Lesson::read(&text).map_err(|wrong| lines(path, &wrong))
}

/// As compilers tell it, so that editors find the place.
pub(crate) fn lines(path: &Path, wrong: &[Wrong]) -> String {
    wrong.iter().fold(String::new(), |mut told, Wrong { line, says }| {
        writeln!(told, "{}:{line}: {says}", path.display()).expect("strings take everything");
        told
    })
}

fn says(lesson: &Lesson, found: &Found) -> String {
    let Found { steps, predictions, tasks, runs, length } = found;
    let many = |count: &usize, one: &str| format!("{count} {one}{}", if *count == 1 { "" } else { "s" });
    format!(
        "“{}”, {}: {}, {}, {} over {} s, {} min",
        lesson.title,
        many(steps, "step"),
        many(predictions, "prediction"),
        many(tasks, "task"),
        many(runs, "run"),
        length.as_ms() / 1_000,
        lesson.minutes
    )
}

/// What came of each step, and whether every goal is met. A task is told as whoever grades it is told.
fn outcome(lesson: &Lesson, attempt: &Attempt, handed_in: &str) -> Result<(String, bool), String> {
    let grade = Grader::new(lesson).grade(handed_in)?;
    let (mut told, mut all) = (String::new(), true);
    for (number, (step, trace)) in (1..).zip(lesson.steps.iter().zip(&attempt.traces)) {
        let line = match (&step.kind, &trace.outcome) {
            (Kind::Do(_), _) => {
                all &= trace.met.is_some();
                let graded = grade.steps.iter().find(|graded| graded.step == number);
                graded.expect("every task is graded").says.clone()
            }
            (Kind::Predict(question), Some(outcome)) => format!("what happens: {}", question.words(outcome.happened)),
            (Kind::Predict(_), None) => "nothing has shown what happens".to_owned(),
            _ => continue,
        };
        writeln!(told, "step {number}, {}: {line}", step.kind.word()).expect("strings take everything");
    }
    Ok((told, all))
}

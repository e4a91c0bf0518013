//! `cap-lab grade`: hand-ins of a class, each computed again.
//!
//! Exit status 0: all are graded and none is marked; 1: some are marked; 2: bad input.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cap_lab::lesson::grade::{Grade, Grader, UNVERIFIED, mark_same_runs, most, report};
use cap_lab::lesson::hand_in::BYTES_MAX;
use cap_lab::lesson::{Lesson, named};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use super::lesson::lines;
use super::read;

/// What to grade, and where to write.
#[derive(Args)]
pub(crate) struct GradeArguments {
    /// The lesson's file, or the name of a lesson or challenge of the lab: `one-cut`.
    lesson: PathBuf,
    /// What was handed in.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Writes a line for each file, with names in the first line.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Writes all that was found, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes a report of each file into this folder, as Markdown.
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
    /// Says neither how far it is nor what cannot be verified.
    #[arg(short, long)]
    quiet: bool,
}

/// What came of a file.
#[derive(Serialize)]
struct Row {
    file: String,
    /// Why it can't be read, if it can't.
    wrong: Option<String>,
    #[serde(flatten)]
    grade: Option<Grade>,
}

pub(crate) fn run(arguments: &GradeArguments) -> ExitCode {
    match graded(arguments) {
        Ok((told, well)) => {
            // Whoever stops reading has read enough.
            let _ = io::stdout().write_all(told.as_bytes());
            if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(wrong) => {
            let _ = write!(io::stderr(), "{wrong}");
            ExitCode::from(2)
        }
    }
}

fn graded(arguments: &GradeArguments) -> Result<(String, bool), String> {
    let lesson = lesson(&arguments.lesson)?;
    let shown = !arguments.quiet && io::stderr().is_terminal();
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let progress = ProgressBar::with_draw_target(Some(arguments.files.len() as u64), target);
    let grader = Grader::new(&lesson);
    let row = |path: &PathBuf| {
        let row = Row::of(&grader, path);
        progress.inc(1);
        row
    };
    let mut rows: Vec<Row> = arguments.files.par_iter().map(row).collect();
    progress.finish_and_clear();
    mark_same_runs(&mut rows.iter_mut().filter_map(|row| row.grade.as_mut()).collect::<Vec<_>>());
    for (path, text) in [
        (&arguments.csv, csv(&lesson, &rows)),
        (&arguments.json, serde_json::to_string_pretty(&rows).expect("texts and numbers can always be written") + "\n"),
    ] {
        if let Some(path) = path {
            write(path, &text)?;
        }
    }
    if let Some(folder) = &arguments.reports {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}\n", folder.display()))?;
        let mut names = BTreeSet::new();
        for (row, path) in rows.iter().zip(&arguments.files) {
            if let Some(grade) = &row.grade {
                let mut name = path.file_name().unwrap_or_default().to_owned();
                name.push(".md");
                if !names.insert(name.clone()) {
                    return Err(format!(
                        "{}: another file has the same name, so its report would be overwritten\n",
                        path.display()
                    ));
                }
                write(&folder.join(name), &report(&lesson, grade))?;
            }
        }
    }
    let well = rows.iter().all(|row| row.grade.as_ref().is_some_and(|grade| grade.marks.is_empty()));
    let mut told = String::new();
    for row in &rows {
        writeln!(told, "{}", row.line(&lesson)).expect("strings take everything");
    }
    if !arguments.quiet {
        writeln!(told, "{UNVERIFIED}").expect("strings take everything");
    }
    Ok((told, well))
}

/// A lesson from its file, or else the one of the lab's own that has this name.
fn lesson(path: &Path) -> Result<Lesson, String> {
    let ours = path.to_str().and_then(named).filter(|_| !path.exists());
    let text = match ours {
        Some(text) => text.to_owned(),
        None => read(path).map_err(|wrong| format!("{}: {wrong}\n", path.display()))?,
    };
    Lesson::read(&text).map_err(|wrong| lines(path, &wrong))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}\n", path.display()))
}

impl Row {
    fn of(grader: &Grader<'_>, path: &Path) -> Self {
        let graded = handed_in(path).and_then(|text| grader.grade(&text));
        let file = path.display().to_string();
        match graded {
            Ok(grade) => Self { file, wrong: None, grade: Some(grade) },
            Err(wrong) => Self { file, wrong: Some(wrong), grade: None },
        }
    }

    /// Why a teacher should look at it.
    fn marks(&self) -> String {
        let marks = self.grade.iter().flat_map(|grade| &grade.marks).map(ToString::to_string);
        marks.chain(self.wrong.clone()).collect::<Vec<_>>().join("; ")
    }

    fn line(&self, lesson: &Lesson) -> String {
        let marks = self.marks();
        let marks = marks.replace(char::is_control, " ");
        let marks = if marks.is_empty() { String::new() } else { format!("  LOOK: {marks}") };
        match &self.grade {
            Some(grade) => format!("{}: {}: {} of {}{marks}", self.file, grade.student, grade.points, most(lesson)),
            None => format!("{}:{marks}", self.file),
        }
    }
}

/// The text of a hand-in, or as much of it as shows that it is too large.
fn handed_in(path: &Path) -> Result<String, String> {
    let opened = fs::File::open(path).map_err(|error| format!("This file can't be opened: {error}."))?;
    let mut bytes = Vec::new();
    let most = BYTES_MAX as u64 + 1;
    opened.take(most).read_to_end(&mut bytes).map_err(|error| format!("This file can't be read: {error}."))?;
    String::from_utf8(bytes).map_err(|_| "This is no hand-in of CAP Lab: it is not even text.".to_owned())
}

/// A line for each file: file, student, points, one column for each step, and what to look at.
fn csv(lesson: &Lesson, rows: &[Row]) -> String {
    let counted: Vec<usize> =
        (1..).zip(&lesson.steps).filter(|(_, step)| step.points > 0).map(|(place, _)| place).collect();
    let steps: String = counted.iter().map(|place| format!("step {place},")).collect();
    let mut text = format!("file,student,points,of,{steps}marks\n");
    for row in rows {
        let grade = row.grade.as_ref();
        let points = |place: &usize| grade.and_then(|grade| grade.steps.iter().find(|step| step.step == *place));
        let steps: String =
            counted.iter().map(|place| format!("{},", points(place).map_or(0, |step| step.points))).collect();
        let (student, total) = grade.map_or(("", 0), |grade| (grade.student.as_str(), grade.points));
        writeln!(text, "{},{},{total},{},{steps}{}", cell(&row.file), cell(student), most(lesson), cell(&row.marks()))
            .expect("strings take everything");
    }
    text
}

/// A text in a cell (RFC 4180). One that a spreadsheet would take for a formula begins with an apostrophe.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

//! Small histories that tools stumble over: each has the answer that its table says, from the library and from the referee that the
//! page asks.

use std::path::{Path, PathBuf};

use cap_lab::check::import::{Format, Model, NilRead};
use cap_lab::check::linearizability::Limits;
use cap_lab::referee::recorded::{Case, File, Finding, Mistake, Reason, Slice};
use cap_lab::referee::wire::{read, write};
use cap_lab::referee::{Answer, Query, Referee};

use crate::corpus;

/// So many configurations, and so much for evidence in slices, are enough for all but the open ones.
const CONFIGURATIONS: u64 = 100_000;
const SLICES_OF_EVIDENCE: u32 = 200;

/// What a row of the table says.
pub(crate) struct Row {
    pub(crate) file: &'static str,
    pub(crate) model: Model,
    pub(crate) options: Vec<(&'static str, &'static str)>,
    pub(crate) answer: &'static str,
}

impl Row {
    pub(crate) fn option(&self, name: &str) -> Option<&'static str> {
        self.options.iter().find(|(option, _)| *option == name).map(|(_, value)| *value)
    }

    /// As what its name says, or the table.
    fn format(&self) -> Format {
        let named = |name: &str| *Format::ALL.iter().find(|format| format.name() == name).expect("a format's name");
        match self.option("format") {
            Some(name) => named(name),
            None if self.file.ends_with(".json") || self.file.ends_with(".jsonl") => Format::JepsenJson,
            None => Format::Jepsen,
        }
    }

    fn file(&self, format: Option<Format>) -> File {
        let nil_read = self.option("nil").map(|_| NilRead::Unset);
        let bytes = std::fs::read(path(self.file)).expect("a file of the table");
        let initial = self.option("initial").map(str::to_owned);
        File { name: self.file.to_owned(), bytes, format, model: Some(self.model), initial, nil_read }
    }
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkers/histories")
}

pub(crate) fn path(file: &str) -> PathBuf {
    folder().join(file)
}

pub(crate) fn table() -> Vec<Row> {
    let lines =
        include_str!("histories/verdicts.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let row = |line: &'static str| {
        let [file, model, options, answer, _] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("five columns: {line}")
        };
        let options = options.split(", ").filter(|option| !option.is_empty());
        let options = options.map(|option| option.split_once('=').expect("NAME=VALUE")).collect();
        let model = *Model::ALL.iter().find(|one| one.name() == model).expect("a model's name");
        Row { file, model, options, answer }
    };
    lines.map(row).collect()
}

/// What the library says, and its warnings.
fn judged(file: &File) -> (Finding, Vec<String>) {
    let mut case = match Case::open(file, Limits { configurations: CONFIGURATIONS, ..Limits::default() }) {
        Ok(case) => case,
        Err(mistake) => return (Finding::Wrong(mistake), Vec::new()),
    };
    let mut for_evidence = SLICES_OF_EVIDENCE;
    loop {
        match case.advance() {
            Slice::Done => return (case.finding(), case.about.warnings.clone()),
            Slice::Shrinking if for_evidence == 0 => case.settle(),
            Slice::Shrinking => for_evidence -= 1,
            Slice::Deciding => {}
        }
    }
}

/// The same from the referee, as the page asks it.
fn ruled(file: File) -> (Finding, Vec<String>) {
    let mut referee = Referee::default();
    referee.hear(&write(&Query::File(file))).expect("a file");
    while referee.advance() {}
    let mut warnings = Vec::new();
    let mut last = None;
    for answer in referee.answers() {
        let Some(Answer::File(finding)) = read(&answer) else { panic!("an answer about a file") };
        if let Finding::Opened(opened) = &finding {
            warnings = opened.about.warnings.clone();
        }
        last = Some(finding);
    }
    (last.expect("an answer"), warnings)
}

fn assert_answer(row: &Row, (finding, warnings): &(Finding, Vec<String>), is_guessed: bool) {
    let shown = format!("{}: {finding:?}", row.file);
    match (row.answer, finding) {
        ("linearizable", Finding::Linearizable(_)) => {}
        ("not", Finding::NotLinearizable(reasons)) => assert_evidence(row, reasons),
        ("open", Finding::Unknown(_) | Finding::Linearizable(_)) => {}
        (bad, Finding::Wrong(Mistake { line, what, .. })) if bad.starts_with("bad:") => {
            // What is no history in any format has no line of its own.
            assert!(is_guessed || bad == format!("bad:{line}"), "{shown}");
            assert!(what.starts_with("expected ") && what.contains(", found "), "{shown}");
        }
        _ => panic!("{shown}: the right answer is {}", row.answer),
    }
    if let Some(words) = row.option("warns") {
        assert!(warnings.iter().any(|warning| warning.contains(words)), "{}: {warnings:?}", row.file);
    }
}

fn assert_evidence(row: &Row, reasons: &[Reason]) {
    let [reason] = reasons else { panic!("{}: one object fails, not {}", row.file, reasons.len()) };
    assert!(!reason.operations.is_empty() && reason.operations.len() == reason.words.len());
    if let Some(most) = row.option("evidence") {
        let most: usize = most.parse().expect("a number");
        assert!(reason.minimal && reason.operations.len() <= most, "{}: {reason:?}", row.file);
    }
    if let Some(words) = row.option("names") {
        assert!(reason.sentence.contains(words), "{}: {}", row.file, reason.sentence);
    }
}

#[test]
fn each_history_has_the_answer_of_the_table() {
    for row in table() {
        assert_answer(&row, &judged(&row.file(Some(row.format()))), false);
    }
}

#[test]
fn so_it_has_if_the_format_is_guessed() {
    for row in table() {
        assert_answer(&row, &judged(&row.file(None)), true);
    }
}

/// What the page says is what the command line says: the same finding with the same evidence, and the same warnings.
#[test]
fn the_page_says_the_same() {
    for row in table().iter().filter(|row| row.answer != "open") {
        let (told, ruled) = (judged(&row.file(None)), ruled(row.file(None)));
        assert_eq!(told, ruled, "{}", row.file);
    }
}

#[test]
fn each_file_has_a_row() {
    let rows = table();
    for entry in std::fs::read_dir(folder()).expect("the folder of the table") {
        let name = entry.expect("readable").file_name().into_string().expect("plain names");
        let is_history = name != "verdicts.txt" && name != ".gitattributes";
        assert!(!is_history || rows.iter().any(|row| row.file == name), "{name} has no verdict");
    }
}

/// The files are those that others can look up.
#[test]
fn the_corpus_has_the_same_files() {
    for file in corpus("histories") {
        let name = file.file_name().and_then(|name| name.to_str()).expect("plain names");
        if name != "README.md" {
            let (theirs, ours) = (std::fs::read(&file).expect("readable"), std::fs::read(path(name)));
            assert!(ours.is_ok_and(|ours| ours == theirs), "{name} differs");
        }
    }
}

//! What the page says beside the sentences of notes: every text in the source of `src/ui` and of what it shows, once, in a
//! golden file, so that a change of wording is seen in review. `{}` stands for what is filled in.

#[path = "../layering/source.rs"]
#[allow(dead_code, reason = "the layering test asks the same reader for more")]
mod source;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::compare::check_form;
use source::{Word, tokens, without_tests};

/// Where texts for people stand, beside the explanations.
const PLACES: [&str; 11] = [
    "ui",
    "sim/fault.rs",
    "conclusion/mod.rs",
    "glossary.rs",
    "raft/setup.rs",
    "multi_paxos/setup.rs",
    "primary_backup/setup.rs",
    "quorum/setup.rs",
    "store/on_log.rs",
    "store/raft.rs",
    "store/multi_paxos.rs",
];

/// Texts for machines: styles, paths, samples of formats.
fn is_for_people(text: &str) -> bool {
    let is_code = text.starts_with('<')
        || text.starts_with('{') && text.contains(":process")
        || text.contains("M{}")
        || text.contains("jepsen.util");
    let lower = text.chars().any(|letter| letter.is_ascii_lowercase());
    let is_class = text.split(' ').all(|word| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'));
    text.split_whitespace().count() >= 4 && lower && !is_code && !is_class
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("readable").map(|entry| entry.expect("readable").path());
        entries.for_each(|entry| files(&entry, found));
    } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
        found.push(path.to_owned());
    }
}

/// A string as the program has it: a backslash at the end of a line takes the space after it away.
fn read(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start())
}

#[test]
fn every_text_of_the_page_stands_once_and_is_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    PLACES.iter().for_each(|place| files(&root.join("src").join(place), &mut paths));
    paths.sort();
    let mut told = String::new();
    let mut long = Vec::new();
    for path in paths {
        let source = std::fs::read_to_string(&path).expect("readable");
        let texts = without_tests(&tokens(&source)).into_iter().filter_map(|token| match token.word {
            Word::Text(text) => Some(read(&text)).filter(|text| is_for_people(text)),
            _ => None,
        });
        let texts: Vec<String> = texts.collect();
        if texts.is_empty() {
            continue;
        }
        let name = path.strip_prefix(root.join("src")).expect("below it").to_string_lossy().replace('\\', "/");
        writeln!(told, "{name}").expect("strings take everything");
        for text in texts {
            let good = std::panic::catch_unwind(|| check_form(text.trim()));
            long.extend(good.is_err().then(|| format!("{name}: {text}")));
            writeln!(told, "  {text}").expect("strings take everything");
        }
        told.push('\n');
    }
    assert!(long.is_empty(), "{} texts are too long or badly put:\n{}", long.len(), long.join("\n"));
    let golden = root.join("tests/sentences/page");
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        std::fs::write(&golden, told.trim_end().to_owned() + "\n").expect("writable");
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    for (line, (expected, found)) in (1..).zip(expected.lines().zip(told.lines())) {
        assert_eq!(expected, found, "{}:{line}", golden.display());
    }
    assert_eq!(expected.trim_end().len(), told.trim_end().len(), "{} is shorter or longer", golden.display());
}

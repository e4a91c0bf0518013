//! Every sentence once: what is said of each kind of note, in a file for each protocol, so that a change of wording is seen in
//! review. `UPDATE_GOLDENFILES=1` writes the files anew.

use std::fmt::Write as _;
use std::path::PathBuf;

/// A sentence is as long as this, at most. What stands in braces, brackets or quotes is one word.
const WORDS: usize = 20;

/// What is said of one kind of note.
pub(crate) struct Said {
    pub(crate) kind: &'static str,
    pub(crate) tone: String,
    pub(crate) headline: String,
    pub(crate) reason: String,
    pub(crate) observer: Option<String>,
    pub(crate) source: &'static str,
}

/// The sentences of a text.
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(". ").map(|part| part.trim().trim_end_matches('.')).filter(|part| !part.is_empty())
}

/// How many words a sentence has.
pub(crate) fn words(sentence: &str) -> usize {
    let mut depth = 0;
    let joined = sentence.chars().map(|letter| {
        depth += i32::from("{(“".contains(letter)) - i32::from("})”".contains(letter));
        if letter == ' ' && depth > 0 { '_' } else { letter }
    });
    joined.collect::<String>().split(' ').count()
}

/// What is wrong with how a text is put, whatever it says.
pub(crate) fn check_form(text: &str) {
    for sentence in sentences(text) {
        assert!(words(sentence) <= WORDS, "{} words: {sentence}", words(sentence));
    }
    let words: Vec<&str> = text.split(' ').collect();
    for many in ["entries", "posts", "slots", "holes", "promises", "votes", "proposals", "voters"] {
        assert!(!words.windows(2).any(|two| two[0] == "1" && two[1].starts_with(many)), "{text}");
    }
    assert!(!text.contains("  ") && !text.contains(" ,") && !text.contains(".."), "{text}");
}

/// Compares what is said with the file that holds it.
pub(crate) fn compare(file: &str, said: impl IntoIterator<Item = Said>) {
    let mut text = String::new();
    for Said { kind, tone, headline, reason, observer, source } in said {
        for part in [Some(&reason), observer.as_ref()].into_iter().flatten() {
            check_form(part);
        }
        writeln!(text, "{kind} ({tone}; {source})\n  {headline}").expect("strings take everything");
        for line in [Some(reason), observer.map(|seen| format!("[{seen}]"))].into_iter().flatten() {
            if !line.is_empty() {
                writeln!(text, "  {line}").expect("strings take everything");
            }
        }
        text.push('\n');
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sentences").join(file);
    if std::env::var_os("UPDATE_GOLDENFILES").is_some() {
        std::fs::write(&path, text.trim_end().to_owned() + "\n").expect("writable");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (expected, found)) in (1..).zip(golden.lines().zip(text.lines())) {
        assert_eq!(expected, found, "{}:{line}", path.display());
    }
    assert_eq!(golden.trim_end().len(), text.trim_end().len(), "{} is shorter or longer", path.display());
}

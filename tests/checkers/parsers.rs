//! Every parser, given words of its own format in any order: what comes out is a history or a line with what is wrong.

use cap_lab::check::import::{self, Format, Model, Wrong};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::rounds;

/// The words of Jepsen's EDN, which porcupine's key-value logs are written in too.
const EDN: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "#{",
    "#_",
    "#jepsen.history.Op",
    "#:ns",
    "##NaN",
    "^",
    "\\o101",
    "\\u00e9",
    ":process",
    ":type",
    ":f",
    ":value",
    ":key",
    ":invoke",
    ":ok",
    ":fail",
    ":info",
    ":read",
    ":write",
    ":cas",
    ":append",
    ":get",
    ":put",
    ":acquire",
    ":release",
    ":add",
    ":nemesis",
    "nil",
    "true",
    "\\a",
    "\"x\"",
    "\"",
    "0",
    "1",
    "-2",
    "3.5",
    "4N",
    "99999999999999999999",
    " ",
    ",",
    "\n",
    ";",
    "é",
    "\0",
];
/// The words of Porcupine's operations.
const OPERATIONS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"ClientId\"",
    "\"Input\"",
    "\"Op\"",
    "\"Key\"",
    "\"Value\"",
    "\"Call\"",
    "\"Output\"",
    "\"Return\"",
    "\"put\"",
    "\"get\"",
    "\"read\"",
    "\"x\"",
    "null",
    "true",
    "0",
    "1",
    "9223372036854775807",
    " ",
    "\n",
];
const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"process\"",
    "\"type\"",
    "\"f\"",
    "\"value\"",
    "\"key\"",
    "\"invoke\"",
    "\"ok\"",
    "\"fail\"",
    "\"info\"",
    "\"read\"",
    "\"write\"",
    "\"cas\"",
    "\"add\"",
    "\"acquire\"",
    "null",
    "true",
    "0",
    "1",
    "-2",
    "1.5e3",
    "1e999",
    "\"\\ud83d\"",
    "\"\\u00e9\"",
    "\"",
    "\\",
    " ",
    "\n",
    "é",
    "\0",
];
const ETCD: &[&str] = &[
    "INFO  jepsen.util - ",
    "INFO",
    "0",
    "1",
    "-1",
    "99999999999999999999",
    "\t",
    " ",
    ":invoke",
    ":ok",
    ":fail",
    ":info",
    ":read",
    ":write",
    ":cas",
    ":nemesis",
    "nil",
    "[0 1]",
    "[",
    "]",
    ":timed-out",
    "\n",
    "é",
    "\0",
];

fn soup(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(words), 0..60).prop_map(|words| words.concat())
}

fn assert_read(format: Format, words: &'static [&'static str]) {
    let model = proptest::sample::select(&Model::ALL[..]);
    let cases = rounds(2_000, 100_000) as u32;
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(soup(words), model), |(text, model)| {
        if let Err(Wrong { line, what }) = import::read(text.as_bytes(), format, model) {
            let lines = 1 + text.matches(['\n', '\r']).count() as u32;
            prop_assert!((1..=lines).contains(&line), "line {line} of {lines}");
            prop_assert!(what.starts_with("expected ") && what.contains(", found "), "{what}");
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{format:?}: {failure}"));
}

#[test]
fn jepsen() {
    assert_read(Format::Jepsen, EDN);
}

#[test]
fn jepsen_json() {
    assert_read(Format::JepsenJson, JSON);
}

#[test]
fn porcupine_etcd() {
    assert_read(Format::PorcupineEtcd, ETCD);
}

#[test]
fn porcupine_kv() {
    assert_read(Format::PorcupineKv, EDN);
}

#[test]
fn porcupine_operations() {
    assert_read(Format::PorcupineOperations, OPERATIONS);
}

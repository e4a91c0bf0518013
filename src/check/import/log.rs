//! Lines of Jepsen's `history.txt`, and of the logs in which it prints the same: `4 :invoke :cas [2 0]`.
//!
//! | year | line |
//! | --- | --- |
//! | 2013 | `INFO  jepsen.util - 4 :invoke :cas [2 0]` |
//! | 2016 | `INFO [2018-03-04 05:06:07,000] jepsen worker 4 - jepsen.util 4 :invoke :cas [2 0]` |
//! | 2019 | `2019-05-06 07:08:09,000{UTC} INFO [jepsen worker 4] jepsen.util: 4 :invoke :cas [2 0]` |
//!
//! Other lines of a log are passed over. After the value of what ended may stand an error, which can be anything.

use super::datum::{Datum, Form, Wrong};
use super::edn;
use super::event::{Entry, Event, EventKind, Process, Sink};

/// Whose line it is, in a log.
const SOURCE: &str = "jepsen.util";
const EXAMPLE: &str =
    "expected lines such as “INFO  jepsen.util - 0 :invoke :read nil”, or “0 :invoke :read nil”, found none";

/// Gives `take` each event of a text.
pub(super) fn each(text: &str, take: &mut Sink<'_>) -> Result<(), Wrong> {
    if !looks_so(text) {
        return Err(Wrong::new(1, EXAMPLE));
    }
    let is_log = text.contains(SOURCE);
    let mut any = false;
    let mut line = 0;
    for text in text.split('\n') {
        line += 1;
        let said =
            if is_log { text.split_once(SOURCE).and_then(|(_, said)| after_source(said)) } else { Some(text.trim()) };
        let Some(said) = said.filter(|said| !said.is_empty()) else { continue };
        any = true;
        take(entry(said, line)?)?;
    }
    if any { Ok(()) } else { Err(Wrong::new(1, EXAMPLE)) }
}

/// Whether `text` looks like lines of operations.
pub(super) fn looks_so(text: &str) -> bool {
    if text.contains(SOURCE) {
        return true;
    }
    let Some(line) = text.lines().find(|line| !line.trim().is_empty()) else { return false };
    let mut words = line.split_whitespace().skip(1);
    words.next().and_then(|word| word.strip_prefix(':')).is_some_and(|kind| EventKind::named(kind).is_some())
}

/// What a log says after its source; nothing if that is no event: others log in its name too.
fn after_source(said: &str) -> Option<&str> {
    let said = said.trim_start();
    let said = said.strip_prefix("- ").or_else(|| said.strip_prefix(": ")).unwrap_or(said).trim();
    let (process, rest) = split(said);
    let is_event = split(rest).0.strip_prefix(':').is_some_and(|kind| EventKind::named(kind).is_some());
    (is_event || process.parse::<i64>().is_ok()).then_some(said)
}

fn entry(text: &str, line: u32) -> Result<Entry, Wrong> {
    let unlike = |expected: &str| Wrong::new(line, format!("expected {expected}, found “{}”", clipped(text)));
    let (process, rest) = split(text);
    let process = match process.parse() {
        Ok(number) => Form::Int(number),
        Err(_) => match process.strip_prefix(':') {
            Some(name) => Form::Keyword(name.into()),
            None => Form::Symbol(process.into()),
        },
    };
    let Some(process) = Process::of(&Datum { line, form: process })? else { return Ok(Entry::Nemesis) };
    let (kind, rest) = split(rest);
    let kind = kind.strip_prefix(':').and_then(EventKind::named);
    let kind = kind.ok_or_else(|| unlike(":invoke, :ok, :fail or :info after the process"))?;
    let (name, rest) = split(rest);
    let name = name.strip_prefix(':').ok_or_else(|| unlike("an operation such as :read"))?.into();
    let (value, rest) = edn::first(rest, line)?;
    let may_have_error = rest.starts_with('\t') || matches!(kind, EventKind::Fail | EventKind::Info);
    if !may_have_error && !rest.trim().is_empty() {
        return Err(Wrong::new(line, format!("expected the end of the line, found “{}”", clipped(rest.trim()))));
    }
    if kind == EventKind::Ok && value.form == Form::Keyword("timed-out".into()) {
        return Err(unlike("a value"));
    }
    Ok(Entry::Client(Event { line, index: None, time: None, process, kind, name, key: None, value }))
}

/// The first word, and what follows the spaces after it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn clipped(text: &str) -> String {
    text.chars().take(60).collect()
}

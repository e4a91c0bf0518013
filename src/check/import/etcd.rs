//! Jepsen's log lines: `INFO  jepsen.util - 4 :invoke :cas [2 0]`. Other lines of a log are passed over.

use super::datum::{Form, Wrong};
use super::edn;
use super::pairing::{Event, EventKind, Paired, Pairing};
use super::vocabulary::Vocabulary;

/// What stands before the dash of an event.
const SOURCE: &str = "jepsen.util ";

pub(super) fn read<V: Vocabulary>(text: &str, mut pairing: Pairing<V>) -> Result<Paired<V::Action>, Wrong> {
    // Most of a log may be other lines: they are passed over all at once.
    let (mut line, mut counted) = (1, 0);
    for (at, _) in text.match_indices('-') {
        let is_event = text[..at].ends_with(SOURCE) && text[at..].starts_with("- ");
        if at < counted || !is_event {
            // Another dash, or one more on the same line.
            continue;
        }
        line += text.as_bytes()[counted..at].iter().filter(|byte| **byte == b'\n').count() as u32;
        let rest = &text[at + 1..];
        let rest = rest.split_once('\n').map_or(rest, |(rest, _)| rest);
        counted = at + 1 + rest.len();
        if let Some(event) = event(rest.trim(), line)? {
            pairing.event(event)?;
        }
    }
    if counted == 0 {
        return Err(Wrong::new(1, "expected lines such as “INFO  jepsen.util - 0 :invoke :read nil”, found none"));
    }
    pairing.finish()
}

/// What stands after the dash; nothing if it is not a client's.
fn event(text: &str, line: u32) -> Result<Option<Event>, Wrong> {
    let unlike = |expected: &str| Wrong::new(line, format!("expected {expected}, found “{}”", clipped(text)));
    let (process, rest) = split(text);
    if process.starts_with(':') {
        return Ok(None);
    }
    let process = process.parse().map_err(|_| unlike("the number of a process"))?;
    let (kind, rest) = split(rest);
    let kind = kind.strip_prefix(':').and_then(EventKind::named);
    let kind = kind.ok_or_else(|| unlike(":invoke, :ok, :fail or :info after the process"))?;
    let (name, rest) = split(rest);
    let name = name.strip_prefix(':').ok_or_else(|| unlike("an operation such as :read"))?.to_owned();
    let value = edn::single(rest, line)?;
    if kind == EventKind::Ok && value.form == Form::Name("timed-out".into()) {
        return Err(unlike("a value"));
    }
    Ok(Some(Event { line, process, kind, name, key: None, value }))
}

/// The first word, and what follows the spaces after it.
fn split(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn clipped(text: &str) -> String {
    text.chars().take(60).collect()
}

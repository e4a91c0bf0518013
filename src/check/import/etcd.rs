//! Jepsen's log lines: `INFO  jepsen.util - 4 :invoke :cas [2 0]`. Other lines of a log are passed over.

use super::datum::{Form, Wrong};
use super::edn;
use super::pairing::{Event, EventKind, Paired, Pairing};
use super::vocabulary::Vocabulary;

pub(super) fn read<V: Vocabulary>(text: &str, mut pairing: Pairing<V>) -> Result<Paired<V::Action>, Wrong> {
    let mut found = false;
    for (index, line) in text.lines().enumerate() {
        let number = index as u32 + 1;
        let Some((_, rest)) = line.split_once("jepsen.util - ") else { continue };
        found = true;
        if let Some(event) = event(rest.trim(), number)? {
            pairing.event(event)?;
        }
    }
    if !found {
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

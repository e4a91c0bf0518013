//! Operations as Porcupine's `Operation` has them, as JSON: each with the times of its call and of its return.
//!
//! `{"ClientId": 0, "Input": {"Op": "put", "Key": "a", "Value": "x"}, "Call": 10, "Output": null, "Return": 20}`. Names may be
//! written in capitals or not. An operation without a return, or with the largest one of 64 bits and no output, may have happened
//! or not. As in Porcupine, what returned at the moment at which another one was called is concurrent with it.

use std::sync::Arc;

use super::datum::{Datum, Form, Wrong};
use super::event::Process;
use super::json;

/// One operation of a file.
pub(super) struct Timed {
    pub(super) line: u32,
    /// Which operation of the file it is, counted from 1.
    pub(super) number: u32,
    pub(super) process: Process,
    pub(super) name: Arc<str>,
    pub(super) key: Option<Datum>,
    pub(super) asked: Datum,
    /// What came out; None if nobody knows.
    pub(super) found: Option<Outcome>,
    pub(super) call: i64,
    pub(super) returned: Option<i64>,
}

/// What came out of an operation.
pub(super) enum Outcome {
    Done(Datum),
    /// It found another value than it expected.
    Failed,
}

/// All operations of a file.
pub(super) fn read(text: &str) -> Result<Vec<Timed>, Wrong> {
    let mut all = Vec::new();
    json::each(text, &mut |datum| {
        all.push(Timed { number: all.len() as u32 + 1, ..operation(datum)? });
        Ok(())
    })?;
    Ok(all)
}

/// Whether `text` looks like such operations.
pub(super) fn looks_so(head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    ["\"clientid\"", "\"call\"", "\"return\""].iter().filter(|name| head.contains(*name)).count() >= 2
}

/// A member whose name is one of these, in capitals or not.
fn member<'datum>(datum: &'datum Datum, names: &[&str]) -> Option<&'datum Datum> {
    let Form::Map(members) = &datum.form else { return None };
    let is_it = |word: &str| names.iter().any(|name| word.replace('_', "").eq_ignore_ascii_case(name));
    members.iter().find(|(key, _)| key.word().is_some_and(|word| is_it(word))).map(|(_, value)| value)
}

fn operation(datum: &Datum) -> Result<Timed, Wrong> {
    let needed = |name: &str| {
        let missing = || {
            datum.unlike(&format!(
                "an operation with \"ClientId\", \"Input\", \"Call\", \"Output\" and \"Return\", and so with \"{name}\""
            ))
        };
        member(datum, &[name]).ok_or_else(missing)
    };
    let time = |datum: &Datum| datum.whole().ok_or_else(|| datum.unlike("a time: a whole number of 64 bits"));
    let client = needed("clientid")?;
    let process = Process::of(client)?.ok_or_else(|| client.unlike("a client"))?;
    let input = needed("input")?;
    let name = member(input, &["op", "f", "type"]).ok_or_else(|| input.unlike("an input with an \"Op\""))?;
    let name = name.word().ok_or_else(|| name.unlike("the name of an operation"))?.to_ascii_lowercase();
    let nil = || Datum { line: datum.line, form: Form::Nil };
    let both = |one: &[&str], other: &[&str]| Some((member(input, one)?, member(input, other)?));
    let asked = match both(&["old", "expected", "from", "arg1"], &["new", "to", "arg2"]) {
        Some((old, new)) => Datum { line: datum.line, form: Form::List(vec![old.clone(), new.clone()]) },
        None => member(input, &["value", "arg"]).cloned().unwrap_or_else(nil),
    };
    let call = time(needed("call")?)?;
    let returned = member(datum, &["return"]).filter(|returned| returned.form != Form::Nil).map(time).transpose()?;
    if returned.is_some_and(|returned| returned < call) {
        return Err(Wrong::new(datum.line, format!("expected a return at {call} or later, found an earlier one")));
    }
    let output = member(datum, &["output"]).cloned().unwrap_or_else(nil);
    let never = returned.is_none() || returned == Some(i64::MAX) && output.form == Form::Nil;
    let found = if never { None } else { outcome(output) };
    let returned = returned.filter(|_| found.is_some());
    Ok(Timed {
        line: datum.line,
        number: 0,
        process,
        name: name.into(),
        key: member(input, &["key"]).cloned(),
        asked,
        found,
        call,
        returned,
    })
}

/// What an output says: a value, or an object with one; None if it says that nobody knows.
fn outcome(output: Datum) -> Option<Outcome> {
    let is = |name: &str, wanted: bool| member(&output, &[name]).is_some_and(|flag| flag.form == Form::Bool(wanted));
    if is("unknown", true) {
        return None;
    }
    if output.form == Form::Bool(false) || is("ok", false) {
        return Some(Outcome::Failed);
    }
    if is("exists", false) {
        return Some(Outcome::Done(Datum { form: Form::Nil, ..output }));
    }
    match member(&output, &["value"]) {
        Some(value) => Some(Outcome::Done(value.clone())),
        None => Some(Outcome::Done(output)),
    }
}

//! Events become operations: each return belongs to what its process began last.

use std::collections::HashMap;

use super::datum::{Datum, Form, Wrong};
use super::vocabulary::{Customs, Ending, Vocabulary};
use crate::check::call::Call;
use crate::check::fast_hash::FastState;
use crate::check::sorting::sort_by;
use crate::sorted::SortedMap;

/// Where an operation stands in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lines {
    /// The line that says that it began, counted from 1.
    pub invoked: u32,
    /// The line that says how it ended.
    pub returned: Option<u32>,
}

/// What an event says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EventKind {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl EventKind {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "invoke" => Self::Invoke,
            "ok" => Self::Ok,
            "fail" => Self::Fail,
            "info" => Self::Info,
            _ => return None,
        })
    }
}

/// One event of a client.
pub(super) struct Event {
    pub(super) line: u32,
    pub(super) process: u64,
    pub(super) kind: EventKind,
    pub(super) name: String,
    /// The key, where the event has a place for it.
    pub(super) key: Option<Datum>,
    pub(super) value: Datum,
}

/// Operations, by invocation.
pub(super) struct Paired<A> {
    pub(super) calls: Vec<Call<A>>,
    pub(super) lines: Vec<Lines>,
    /// What the file calls each object; empty if it has but one.
    pub(super) objects: Vec<String>,
}

/// What began and has not ended yet.
struct Open {
    line: u32,
    moment: u64,
    name: String,
    object: u32,
    asked: Datum,
}

/// Pairs events as they come.
pub(super) struct Pairing<V: Vocabulary> {
    customs: Customs,
    moment: u64,
    open: SortedMap<u64, Open>,
    objects: HashMap<String, u32, FastState>,
    done: Paired<V::Action>,
}

impl<V: Vocabulary> Pairing<V> {
    pub(super) fn new(customs: Customs) -> Self {
        let done = Paired { calls: Vec::new(), lines: Vec::new(), objects: Vec::new() };
        Self { customs, moment: 0, open: SortedMap::new(), objects: HashMap::default(), done }
    }

    pub(super) fn event(&mut self, event: Event) -> Result<(), Wrong> {
        self.moment += 1;
        if !V::knows(&event.name) {
            let what = format!("expected {} of this model, found {}", V::NAMES, event.name);
            return Err(Wrong::new(event.line, what));
        }
        match event.kind {
            EventKind::Invoke => self.invoke(event),
            EventKind::Ok | EventKind::Fail | EventKind::Info => self.end(&event),
        }
    }

    fn invoke(&mut self, event: Event) -> Result<(), Wrong> {
        let Event { line, process, name, key, value, .. } = event;
        if let Some(Open { line: before, .. }) = self.open.get(&process) {
            let what =
                format!("expected a return of process {process}, which began in line {before}, found a new {name}");
            return Err(Wrong::new(line, what));
        }
        let (key, asked) = match (key, V::split(&name, &value)) {
            (Some(key), _) => (key.to_string(), value),
            (None, Some((key, rest))) => (key.to_string(), rest.clone()),
            (None, None) => (String::new(), value),
        };
        // So that a value which makes no sense is found here, even if the operation never ends.
        V::action(&name, &asked, Ending::Unknown, self.customs)?;
        let count = self.objects.len() as u32;
        let object = *self.objects.entry(key.clone()).or_insert(count);
        if object == count {
            self.done.objects.push(key);
        }
        self.open.insert(process, Open { line, moment: self.moment, name, object, asked });
        Ok(())
    }

    fn end(&mut self, event: &Event) -> Result<(), Wrong> {
        let Event { line, process, kind, name, key, value } = event;
        let Some(open) = self.open.remove(process) else {
            let what = format!("expected process {process} to begin something first, found the end of a {name}");
            return Err(Wrong::new(*line, what));
        };
        if open.name != *name {
            let what = format!("expected the end of the {} of line {}, found that of a {name}", open.name, open.line);
            return Err(Wrong::new(*line, what));
        }
        let value = match V::split(name, value) {
            Some((_, rest)) if key.is_none() && !self.done.objects[open.object as usize].is_empty() => rest,
            _ => value,
        };
        let (ending, returned) = match kind {
            EventKind::Ok => (Ending::Ok(value), Some(self.moment)),
            EventKind::Fail => (Ending::Failed, Some(self.moment)),
            EventKind::Info => (Ending::Unknown, None),
            EventKind::Invoke => unreachable!("ends only"),
        };
        self.add(*process, &open, ending, returned, Some(*line))
    }

    fn add(
        &mut self,
        process: u64,
        open: &Open,
        ending: Ending<'_>,
        returned: Option<u64>,
        line: Option<u32>,
    ) -> Result<(), Wrong> {
        if let Some(action) = V::action(&open.name, &open.asked, ending, self.customs)? {
            let Open { moment: invoked, object, .. } = *open;
            self.done.calls.push(Call { process, object, action, invoked, returned });
            self.done.lines.push(Lines { invoked: open.line, returned: line });
        }
        Ok(())
    }

    /// All of them: what has not ended by now may take effect at any time, or never.
    pub(super) fn finish(mut self) -> Result<Paired<V::Action>, Wrong> {
        for (process, open) in self.open.take_where(|_| true) {
            self.add(process, &open, Ending::Unknown, None, None)?;
        }
        let Paired { calls, lines, objects } = self.done;
        let mut both: Vec<(Call<V::Action>, Lines)> = calls.into_iter().zip(lines).collect();
        sort_by(&mut both, |(call, _)| [call.invoked, 0, 0]);
        let (calls, lines) = both.into_iter().unzip();
        Ok(Paired { calls, lines, objects })
    }
}

/// A process: a number is a client; a name is something else, such as the nemesis, and has no part in the history.
pub(super) fn process(datum: &Datum) -> Result<Option<u64>, Wrong> {
    match &datum.form {
        Form::Int(number) => Ok(Some(number.cast_unsigned())),
        Form::Name(_) | Form::Text(_) => Ok(None),
        _ => Err(datum.unlike("the number of a process")),
    }
}

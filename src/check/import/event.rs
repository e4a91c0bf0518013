//! Entries of a history, as every notation has them.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::datum::{Datum, Form, Wrong};

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

/// A client, as its file calls it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Process {
    Number(i64),
    /// As EDN has it, so that the text "1" is not the number 1.
    Name(Arc<str>),
}

impl Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Process {
    /// The client of this name; None if it is the nemesis: Jepsen's name for what causes the faults, which no client has.
    pub(super) fn of(datum: &Datum) -> Result<Option<Self>, Wrong> {
        const NEMESIS: &str = "nemesis";
        Ok(match (&datum.form, datum.word()) {
            (Form::Int(number), _) => Some(Self::Number(*number)),
            (_, Some(name)) => {
                let start = name.get(..NEMESIS.len()).unwrap_or_default();
                (!start.eq_ignore_ascii_case(NEMESIS)).then(|| Self::Name(datum.to_string().into()))
            }
            _ => return Err(datum.unlike("the number of a process as a whole number, or its name")),
        })
    }
}

/// One event of a client.
pub(super) struct Event {
    pub(super) line: u32,
    /// What the file itself calls the event by number.
    pub(super) index: Option<u32>,
    /// In whatever unit.
    pub(super) time: Option<i64>,
    pub(super) process: Process,
    pub(super) kind: EventKind,
    pub(super) name: Arc<str>,
    /// The key, where the event has a place for it.
    pub(super) key: Option<Datum>,
    pub(super) value: Datum,
}

/// An entry of a history.
pub(super) enum Entry {
    Client(Event),
    Nemesis,
}

/// What takes the entries of a file, one after the other.
pub(super) type Sink<'sink> = dyn FnMut(Entry) -> Result<(), Wrong> + 'sink;

/// The names of an event's members: Jepsen's, or those that others use.
struct Names {
    process: &'static str,
    operation: &'static str,
}

const JEPSEN: Names = Names { process: "process", operation: "f" };
const OTHERS: Names = Names { process: "client", operation: "op" };

/// What an operation's map says.
pub(super) fn entry(operation: &Datum) -> Result<Entry, Wrong> {
    let Form::Map(members) = &operation.form else {
        return Err(operation.unlike("an operation: a map with :process, :type, :f and :value"));
    };
    for (position, (key, _)) in members.iter().enumerate() {
        if members[..position].iter().any(|(before, _)| before.form == key.form) {
            return Err(Wrong::new(key.line, format!("expected each key of an operation once, found {key} again")));
        }
    }
    // A file has the one names or the others: half of each is more likely a mistake.
    let is_other = operation.get(OTHERS.process).is_some() && operation.get(JEPSEN.process).is_none();
    let names = if is_other { OTHERS } else { JEPSEN };
    let member = |name: &str| {
        let missing = || match operation.get(OTHERS.process).or_else(|| operation.get(OTHERS.operation)) {
            None => Wrong::new(operation.line, format!("expected an operation with :{name}, found one without")),
            Some(_) => {
                let what = "with :process and :f, or with :client and :op, found one that mixes them";
                Wrong::new(operation.line, format!("expected an operation {what}"))
            }
        };
        operation.get(name).ok_or_else(missing)
    };
    let Some(process) = Process::of(member(names.process)?)? else { return Ok(Entry::Nemesis) };
    let kind = member("type")?;
    let known = kind.word().and_then(|name| EventKind::named(name));
    let kind = known.ok_or_else(|| kind.unlike(":invoke, :ok, :fail or :info"))?;
    let name = member(names.operation)?;
    let name = name.word().ok_or_else(|| name.unlike("the name of an operation"))?.clone();
    // An event may leave its value out.
    let nil = Datum { line: operation.line, form: Form::Nil };
    let value = operation.get("value").cloned().unwrap_or(nil);
    let number = |name: &str| operation.get(name)?.whole();
    let index = number("index").and_then(|index| u32::try_from(index).ok());
    let key = operation.get("key").cloned();
    Ok(Entry::Client(Event { line: operation.line, index, time: number("time"), process, kind, name, key, value }))
}

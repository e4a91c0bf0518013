//! What the operations of each model are called in histories, and what they say.

use std::sync::Arc;

use super::datum::{Datum, Form, Wrong};
use crate::check::spec::Value;
use crate::check::spec::collections::{CounterAction, SetAction};
use crate::check::spec::key_value::KeyValueAction;
use crate::check::spec::lock::LockAction;
use crate::check::spec::register::{CasAction, CasResult, RegisterAction};
use crate::sorted::SortedSet;

/// What formats disagree on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Customs {
    /// A read that returned nil says nothing; else it found the object unset.
    pub(super) nil_is_any: bool,
    /// A compare-and-set that failed found another value; else it did not happen.
    pub(super) failed_saw_another: bool,
}

/// How an operation ended.
#[derive(Clone, Copy)]
pub(super) enum Ending<'datum> {
    /// With this result.
    Ok(&'datum Datum),
    /// It failed.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// The operations of one model.
pub(super) trait Vocabulary {
    /// What a specification takes.
    type Action;

    /// The operations, as an error lists them.
    const NAMES: &'static str;

    /// Whether there is an operation of this name.
    fn knows(name: &str) -> bool;

    /// The object that an operation is about and the rest of its value, if its value names one.
    fn split<'datum>(name: &str, value: &'datum Datum) -> Option<(&'datum Datum, &'datum Datum)> {
        let _ = (name, value);
        None
    }

    /// The action of an operation that was asked with a value and ended so. None if that says nothing: it may be left out.
    fn action(name: &str, asked: &Datum, ending: Ending<'_>, customs: Customs) -> Result<Option<Self::Action>, Wrong>;
}

/// Of a register.
pub(super) struct OfRegister;

impl Vocabulary for OfRegister {
    type Action = RegisterAction;

    const NAMES: &'static str = "read or write";

    fn knows(name: &str) -> bool {
        matches!(name, "read" | "write")
    }

    /// Jepsen's independent keys: `[key value]`.
    fn split<'datum>(_: &str, value: &'datum Datum) -> Option<(&'datum Datum, &'datum Datum)> {
        value.pair()
    }

    fn action(
        name: &str,
        asked: &Datum,
        ending: Ending<'_>,
        customs: Customs,
    ) -> Result<Option<RegisterAction>, Wrong> {
        Ok(match (name, ending) {
            ("read", Ending::Ok(found)) => {
                let value = scalar(found)?;
                let says_nothing = value == Value::Nil && customs.nil_is_any;
                (!says_nothing).then_some(RegisterAction::Read(value))
            }
            ("write", Ending::Ok(_) | Ending::Unknown) => Some(RegisterAction::Write(scalar(asked)?)),
            _ => None,
        })
    }
}

/// Of a register with compare-and-set.
pub(super) struct OfCasRegister;

impl Vocabulary for OfCasRegister {
    type Action = CasAction;

    const NAMES: &'static str = "read, write or cas";

    fn knows(name: &str) -> bool {
        name == "cas" || OfRegister::knows(name)
    }

    fn split<'datum>(name: &str, value: &'datum Datum) -> Option<(&'datum Datum, &'datum Datum)> {
        if name == "cas" { value.pair().filter(|(_, values)| values.pair().is_some()) } else { value.pair() }
    }

    fn action(name: &str, asked: &Datum, ending: Ending<'_>, customs: Customs) -> Result<Option<CasAction>, Wrong> {
        if name != "cas" {
            return Ok(OfRegister::action(name, asked, ending, customs)?.map(CasAction::Plain));
        }
        let (expected, new) = asked.pair().ok_or_else(|| asked.unlike("[expected new]"))?;
        let result = match ending {
            Ending::Ok(_) => CasResult::Swapped,
            Ending::Failed if customs.failed_saw_another => CasResult::Differed,
            Ending::Failed => return Ok(None),
            Ending::Unknown => CasResult::Unknown,
        };
        Ok(Some(CasAction::CompareAndSet { expected: scalar(expected)?, new: scalar(new)?, result }))
    }
}

fn scalar(datum: &Datum) -> Result<Value, Wrong> {
    match datum.form {
        Form::List(_) | Form::Set(_) | Form::Map(_) => Err(datum.unlike("a value for a register")),
        _ => Ok(datum.value()),
    }
}

/// Of a key-value store.
pub(super) struct OfKeyValue;

impl Vocabulary for OfKeyValue {
    type Action = KeyValueAction;

    const NAMES: &'static str = "get, put or append";

    fn knows(name: &str) -> bool {
        matches!(name, "get" | "put" | "append")
    }

    fn split<'datum>(_: &str, value: &'datum Datum) -> Option<(&'datum Datum, &'datum Datum)> {
        value.pair()
    }

    fn action(
        name: &str,
        asked: &Datum,
        ending: Ending<'_>,
        customs: Customs,
    ) -> Result<Option<KeyValueAction>, Wrong> {
        let text = |datum: &Datum| -> Result<Arc<str>, Wrong> {
            match &datum.form {
                Form::Text(text) => Ok(text.clone()),
                Form::Int(number) => Ok(number.to_string().into()),
                _ => Err(datum.unlike("a text")),
            }
        };
        Ok(match (name, ending) {
            ("get", Ending::Ok(found)) if found.form == Form::Nil && customs.nil_is_any => None,
            ("get", Ending::Ok(found)) => Some(KeyValueAction::Get(text(found)?)),
            ("put", Ending::Ok(_) | Ending::Unknown) => Some(KeyValueAction::Put(text(asked)?)),
            ("append", Ending::Ok(_) | Ending::Unknown) => Some(KeyValueAction::Append(text(asked)?)),
            _ => None,
        })
    }
}

/// Of a mutex.
pub(super) struct OfLock;

impl Vocabulary for OfLock {
    type Action = LockAction;

    const NAMES: &'static str = "acquire or release";

    fn knows(name: &str) -> bool {
        matches!(name, "acquire" | "release")
    }

    fn action(name: &str, _: &Datum, ending: Ending<'_>, _: Customs) -> Result<Option<LockAction>, Wrong> {
        Ok(match ending {
            Ending::Failed => None,
            Ending::Ok(_) | Ending::Unknown if name == "acquire" => Some(LockAction::Acquire),
            Ending::Ok(_) | Ending::Unknown => Some(LockAction::Release),
        })
    }
}

/// Of a set.
pub(super) struct OfSet;

impl Vocabulary for OfSet {
    type Action = SetAction;

    const NAMES: &'static str = "add or read";

    fn knows(name: &str) -> bool {
        matches!(name, "add" | "read")
    }

    fn action(name: &str, asked: &Datum, ending: Ending<'_>, _: Customs) -> Result<Option<SetAction>, Wrong> {
        Ok(match (name, ending) {
            ("add", Ending::Ok(_) | Ending::Unknown) => Some(SetAction::Add(asked.value())),
            ("read", Ending::Ok(found)) => match &found.form {
                Form::Nil => None,
                Form::List(members) | Form::Set(members) => {
                    let mut values: Vec<Value> = members.iter().map(Datum::value).collect();
                    values.sort();
                    let mut set = SortedSet::default();
                    for value in values {
                        set.insert(value);
                    }
                    Some(SetAction::Read(Arc::new(set)))
                }
                _ => return Err(found.unlike("a set, such as #{1 2}, or a list")),
            },
            _ => None,
        })
    }
}

/// Of a counter.
pub(super) struct OfCounter;

impl Vocabulary for OfCounter {
    type Action = CounterAction;

    const NAMES: &'static str = "add or read";

    fn knows(name: &str) -> bool {
        matches!(name, "add" | "read")
    }

    fn action(name: &str, asked: &Datum, ending: Ending<'_>, _: Customs) -> Result<Option<CounterAction>, Wrong> {
        let number = |datum: &Datum| match datum.form {
            Form::Int(number) => Ok(number),
            _ => Err(datum.unlike("a whole number of 64 bits")),
        };
        Ok(match (name, ending) {
            ("add", Ending::Ok(_) | Ending::Unknown) => Some(CounterAction::Add(number(asked)?)),
            ("read", Ending::Ok(found)) if found.form == Form::Nil => None,
            ("read", Ending::Ok(found)) => Some(CounterAction::Read(number(found)?)),
            _ => None,
        })
    }
}

//! Registers, and the keys of a store.

use std::sync::Arc;

use super::{Asked, Customs, Ending, Unset, Vocabulary};
use crate::check::import::datum::{Datum, Form, Wrong};
use crate::check::spec::Value;
use crate::check::spec::key_value::KeyValueAction;
use crate::check::spec::register::{CasAction, CasResult, RegisterAction};

/// Of a register.
pub(in super::super) struct OfRegister;

impl Vocabulary for OfRegister {
    type Action = RegisterAction;

    const NAMES: &'static str = "read or write";

    const HOLDS_PAIRS: bool = true;

    const RETURNS_VALUES: bool = true;

    fn knows(name: &str) -> bool {
        matches!(name, "read" | "write")
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<RegisterAction>, Wrong> {
        Ok(match (asked.name, ending) {
            ("read", Ending::Ok(found)) => read(found, customs).map(RegisterAction::Read),
            ("write", Ending::Ok(found)) => Some(RegisterAction::Write(written(asked.value, found).value())),
            ("write", Ending::Unknown) if lacks_version(asked.value) => {
                let expected = "a write whose version is known, or the model of a versioned register";
                return Err(asked.value.unlike(expected));
            }
            ("write", Ending::Unknown) => Some(RegisterAction::Write(asked.value.value())),
            _ => None,
        })
    }

    fn check(_: Asked<'_>, _: &Customs) -> Result<(), Wrong> {
        Ok(())
    }

    fn observes(action: &RegisterAction) -> bool {
        matches!(action, RegisterAction::Read(_))
    }
}

/// What a read says; None if nothing.
fn read(found: &Datum, customs: &Customs) -> Option<Value> {
    match (found.value(), &customs.nil) {
        (Value::Nil, None) => None,
        (Value::Nil, Some(Unset(value))) => Some(value.clone()),
        (value, _) => Some(value),
    }
}

/// Where a value is `[version value]` (jepsen-io/etcd), who writes `[nil 3]` learns the version when it is done.
fn lacks_version(value: &Datum) -> bool {
    value.pair().is_some_and(|(version, _)| version.form == Form::Nil)
}

fn written<'datum>(asked: &'datum Datum, found: &'datum Datum) -> &'datum Datum {
    if lacks_version(asked) && found.pair().is_some() { found } else { asked }
}

/// Of a register with compare-and-set.
pub(in super::super) struct OfCasRegister;

impl Vocabulary for OfCasRegister {
    type Action = CasAction;

    const NAMES: &'static str = "read, write or cas";

    const HOLDS_PAIRS: bool = true;

    const RETURNS_VALUES: bool = true;

    fn knows(name: &str) -> bool {
        name == "cas" || OfRegister::knows(name)
    }

    fn tuple<'datum>(asked: Asked<'datum>) -> Option<(&'datum Datum, &'datum Datum)> {
        let pair = asked.value.pair();
        if asked.name == "cas" { pair.filter(|(_, values)| values.pair().is_some()) } else { pair }
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<CasAction>, Wrong> {
        if asked.name != "cas" {
            return Ok(OfRegister::action(asked, ending, customs)?.map(CasAction::Plain));
        }
        let (expected, new) = asked.value.pair().ok_or_else(|| asked.value.unlike("[expected new]"))?;
        let result = match ending {
            Ending::Ok(_) => CasResult::Swapped,
            Ending::Failed if customs.failed_saw_another => CasResult::Differed,
            Ending::Failed => return Ok(None),
            Ending::Unknown => CasResult::Unknown,
        };
        Ok(Some(CasAction::CompareAndSet { expected: expected.value(), new: new.value(), result }))
    }

    fn observes(action: &CasAction) -> bool {
        match action {
            CasAction::Plain(action) => OfRegister::observes(action),
            CasAction::CompareAndSet { .. } => true,
        }
    }
}

/// Of a key-value store.
pub(in super::super) struct OfKeyValue;

impl Vocabulary for OfKeyValue {
    type Action = KeyValueAction;

    const NAMES: &'static str = "get, put or append";

    fn knows(name: &str) -> bool {
        matches!(name, "get" | "put" | "append")
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<KeyValueAction>, Wrong> {
        let text = |datum: &Datum| -> Result<Arc<str>, Wrong> {
            match (&datum.form, datum.whole()) {
                (Form::Text(text), _) => Ok(text.clone()),
                (_, Some(number)) => Ok(number.to_string().into()),
                _ => Err(datum.unlike("a text")),
            }
        };
        Ok(match (asked.name, ending) {
            ("get", Ending::Ok(found)) if found.form == Form::Nil => {
                customs.nil.as_ref().map(|_| KeyValueAction::Get("".into()))
            }
            ("get", Ending::Ok(found)) => Some(KeyValueAction::Get(text(found)?)),
            ("put", Ending::Ok(_) | Ending::Unknown) => Some(KeyValueAction::Put(text(asked.value)?)),
            ("append", Ending::Ok(_) | Ending::Unknown) => Some(KeyValueAction::Append(text(asked.value)?)),
            _ => None,
        })
    }

    fn observes(action: &KeyValueAction) -> bool {
        matches!(action, KeyValueAction::Get(_))
    }
}

//! Sets and counters.

use std::sync::Arc;

use super::{Asked, Customs, Ending, Vocabulary};
use crate::check::import::datum::{Datum, Form, Wrong};
use crate::check::spec::Value;
use crate::check::spec::collections::{CounterAction, SetAction};
use crate::sorted::SortedSet;

/// Of a set.
pub(in super::super) struct OfSet;

impl Vocabulary for OfSet {
    type Action = SetAction;

    const NAMES: &'static str = "add, remove or read";

    const HOLDS_PAIRS: bool = true;

    fn knows(name: &str) -> bool {
        matches!(name, "add" | "remove" | "read")
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<SetAction>, Wrong> {
        Ok(match (asked.name, ending) {
            ("add", Ending::Ok(_) | Ending::Unknown) => Some(SetAction::Add(asked.value.value())),
            ("remove", Ending::Ok(_) | Ending::Unknown) => Some(SetAction::Remove(asked.value.value())),
            ("read", Ending::Ok(found)) => match &found.form {
                Form::Nil => customs.nil.as_ref().map(|_| SetAction::Read(Arc::default())),
                Form::List(members) | Form::Set(members) => Some(SetAction::Read(Arc::new(set(members)))),
                _ => return Err(found.unlike("a set, such as #{1 2}, or a list")),
            },
            _ => None,
        })
    }

    fn observes(action: &SetAction) -> bool {
        matches!(action, SetAction::Read(_))
    }
}

fn set(members: &[Datum]) -> SortedSet<Value> {
    let mut values: Vec<Value> = members.iter().map(Datum::value).collect();
    values.sort();
    let mut set = SortedSet::default();
    for value in values {
        set.insert(value);
    }
    set
}

/// Of a counter.
pub(in super::super) struct OfCounter;

impl Vocabulary for OfCounter {
    type Action = CounterAction;

    const NAMES: &'static str = "add or read";

    fn knows(name: &str) -> bool {
        matches!(name, "add" | "read")
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<CounterAction>, Wrong> {
        let number = |datum: &Datum| datum.whole().ok_or_else(|| datum.unlike("a whole number of 64 bits"));
        Ok(match (asked.name, ending) {
            ("add", Ending::Ok(_) | Ending::Unknown) => Some(CounterAction::Add(number(asked.value)?)),
            ("read", Ending::Ok(found)) if found.form == Form::Nil => {
                customs.nil.as_ref().map(|_| CounterAction::Read(0))
            }
            ("read", Ending::Ok(found)) => Some(CounterAction::Read(number(found)?)),
            _ => None,
        })
    }

    fn observes(action: &CounterAction) -> bool {
        matches!(action, CounterAction::Read(_))
    }
}

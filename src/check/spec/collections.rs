//! A set that only grows, and a counter.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::{Sight, Spec, Value};
use crate::sorted::SortedSet;

/// What is done to a set.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SetAction {
    /// Puts this in.
    Add(Value),
    /// Returned exactly these.
    Read(Arc<SortedSet<Value>>),
}

impl Display for SetAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(value) => write!(f, "add {value}"),
            Self::Read(values) => {
                f.write_str("read {")?;
                for (position, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A set, empty at first, to which values are added.
#[derive(Clone, Debug)]
pub struct GrowingSet;

impl Spec for GrowingSet {
    type State = Arc<SortedSet<Value>>;
    type Action = SetAction;

    fn initial(&self) -> Self::State {
        Arc::default()
    }

    fn step(&self, state: &Self::State, action: &SetAction) -> Option<Self::State> {
        match action {
            SetAction::Add(value) if state.contains(value) => Some(state.clone()),
            SetAction::Add(value) => {
                let mut grown = SortedSet::clone(state);
                grown.insert(value.clone());
                Some(Arc::new(grown))
            }
            SetAction::Read(values) => (values == state).then(|| state.clone()),
        }
    }

    fn is_read(&self, action: &SetAction) -> bool {
        matches!(action, SetAction::Read(_))
    }

    fn sight(&self, reader: &SetAction, writer: &SetAction) -> Sight {
        match (reader, writer) {
            (SetAction::Read(values), SetAction::Add(value)) if values.contains(value) => Sight::Value,
            _ => Sight::Nothing,
        }
    }

    const LOOKS_AHEAD: bool = true;

    fn leads_to(&self, state: &Self::State, read: &SetAction) -> bool {
        match read {
            SetAction::Read(values) => state.iter().all(|value| values.contains(value)),
            SetAction::Add(_) => true,
        }
    }

    fn show(&self, state: &Self::State) -> String {
        let SetShown(text) = SetShown::from(state);
        format!("the set is {text}")
    }
}

struct SetShown(String);

impl From<&Arc<SortedSet<Value>>> for SetShown {
    fn from(values: &Arc<SortedSet<Value>>) -> Self {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        Self(format!("{{{}}}", values.join(", ")))
    }
}

/// What is done to a counter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CounterAction {
    /// Adds this, which may be negative.
    Add(i64),
    /// Returned this.
    Read(i64),
}

impl Display for CounterAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(by) => write!(f, "add {by}"),
            Self::Read(sum) => write!(f, "read {sum}"),
        }
    }
}

/// A counter, 0 at first. It wraps around at 64 bits.
#[derive(Clone, Debug)]
pub struct Counter;

impl Spec for Counter {
    type State = i64;
    type Action = CounterAction;

    fn initial(&self) -> i64 {
        0
    }

    fn step(&self, state: &i64, action: &CounterAction) -> Option<i64> {
        match action {
            CounterAction::Add(by) => Some(state.wrapping_add(*by)),
            CounterAction::Read(sum) => (sum == state).then_some(*state),
        }
    }

    fn is_read(&self, action: &CounterAction) -> bool {
        matches!(action, CounterAction::Read(_))
    }

    fn sight(&self, reader: &CounterAction, writer: &CounterAction) -> Sight {
        match (reader, writer) {
            // Any of them may be part of the sum.
            (CounterAction::Read(_), CounterAction::Add(by)) if *by != 0 => Sight::Value,
            _ => Sight::Nothing,
        }
    }

    fn show(&self, state: &i64) -> String {
        format!("the counter stands at {state}")
    }
}

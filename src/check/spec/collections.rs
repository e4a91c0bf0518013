//! A set that is read whole, and a counter.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::super::call::Call;
use super::super::direct::{self, Direct};
use super::{Sight, Spec, Value};
use crate::sorted::SortedSet;

/// What is done to a set.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SetAction {
    /// Puts this in.
    Add(Value),
    /// Takes this out.
    Remove(Value),
    /// Returned exactly these.
    Read(Arc<SortedSet<Value>>),
}

impl Display for SetAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(value) => write!(f, "add {value}"),
            Self::Remove(value) => write!(f, "remove {value}"),
            Self::Read(values) => write!(f, "read {}", shown(values)),
        }
    }
}

fn shown(values: &SortedSet<Value>) -> String {
    format!("{{{}}}", listed(values.iter()))
}

fn listed<'value>(values: impl Iterator<Item = &'value Value>) -> String {
    values.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A set, empty at first, of which a read returns everything.
#[derive(Clone, Debug)]
pub struct WholeSet;

/// More elements than these are counted, not named.
const NAMED_MAX: usize = 8;

impl Spec for WholeSet {
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
            SetAction::Remove(value) if !state.contains(value) => Some(state.clone()),
            SetAction::Remove(value) => {
                let mut shrunk = SortedSet::clone(state);
                shrunk.remove(value);
                Some(Arc::new(shrunk))
            }
            SetAction::Read(values) => (values == state).then(|| state.clone()),
        }
    }

    fn is_read(&self, action: &SetAction) -> bool {
        matches!(action, SetAction::Read(_))
    }

    fn sight(&self, reader: &SetAction, writer: &SetAction) -> Sight {
        let SetAction::Read(values) = reader else { return Sight::Nothing };
        let is_seen = match writer {
            SetAction::Add(value) => values.contains(value),
            SetAction::Remove(value) => !values.contains(value),
            SetAction::Read(_) => false,
        };
        if is_seen { Sight::Value } else { Sight::Nothing }
    }

    fn direct(&self, calls: &[Call<SetAction>], members: &[u32]) -> Option<Direct> {
        direct::set(calls, members)
    }

    fn restricted(&self, action: &SetAction, about: &[Value]) -> Option<SetAction> {
        match action {
            SetAction::Add(value) | SetAction::Remove(value) => about.contains(value).then(|| action.clone()),
            SetAction::Read(values) => {
                let mut kept = SortedSet::default();
                for value in about.iter().filter(|value| values.contains(value)) {
                    kept.insert(value.clone());
                }
                Some(SetAction::Read(Arc::new(kept)))
            }
        }
    }

    fn elements<'action>(&self, action: &'action SetAction) -> Vec<&'action Value> {
        match action {
            SetAction::Add(value) | SetAction::Remove(value) => vec![value],
            SetAction::Read(values) => values.iter().collect(),
        }
    }

    fn words(&self, action: &SetAction, about: &[Value]) -> String {
        let SetAction::Read(values) = action else { return action.to_string() };
        let count = values.iter().len();
        if about.is_empty() || count + about.len() <= NAMED_MAX {
            return action.to_string();
        }
        let (with, without): (Vec<&Value>, Vec<&Value>) = about.iter().partition(|value| values.contains(value));
        let parts = [("with", with), ("without", without)];
        let told = parts.into_iter().filter(|(_, values)| !values.is_empty());
        let told = told.map(|(word, values)| format!("{word} {}", listed(values.into_iter())));
        format!("read of {count} elements, {}", told.collect::<Vec<_>>().join(", "))
    }

    fn weight(&self, state: &Self::State) -> usize {
        state.iter().len() * size_of::<Value>()
    }

    fn show(&self, state: &Self::State) -> String {
        format!("the set is {}", shown(state))
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

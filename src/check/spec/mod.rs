//! Sequential specifications: what an object does when it is used by one person at a time.
//!
//! Correctness of a concurrent object is defined by such a specification (Herlihy & Wing 1990, §2.2): a history is
//! linearizable if its operations, each taking effect at one moment between its invocation and its return, are a run of it.
//! A specification here speaks of one object. A history over several objects is linearizable exactly if it is for each of
//! them by itself (locality, §3.3), so a key-value store is as many objects as it has keys.
//!
//! - [`register`]: a register, and one with compare-and-set.
//! - [`key_value`]: one key of a store with put, get and append.
//! - [`collections`]: a grow-only set, and a counter.
//! - [`lock`]: a mutex.
//! - [`feed`]: the feed of the lab.
//!
//! Left out: objects that may answer in more than one way (a queue that may refuse, say). Each specification is
//! deterministic: a state and an action with its result have one successor, or none.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::sync::Arc;

pub mod collections;
pub mod feed;
pub mod key_value;
pub mod lock;
pub mod register;

/// A value of a history.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Value {
    /// Unset.
    Nil,
    /// A whole number.
    Int(i64),
    /// Anything else, as it was written. Behind a thin pointer: of a long history, what lies in memory decides what it costs.
    Text(Arc<String>),
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nil"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// What the result of one action may owe to another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// Nothing: taking the other one away leaves this result possible, whatever the order was.
    Nothing,
    /// It shows the value that the other one wrote.
    Value,
    /// It depends on whether the other one was the latest before it, and does not say.
    Latest,
}

/// What an action does, if the object is a plain register: the fast path needs no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access<'action> {
    /// Returned this value.
    Read(&'action Value),
    /// Wrote this value.
    Write(&'action Value),
}

/// A sequential specification of one object.
pub trait Spec {
    /// What the object remembers.
    type State: Clone + Eq + Hash + Debug;
    /// What is done to it, together with the result, as far as it is known.
    type Action: Clone + Eq + Hash + Debug + Display;

    /// The state before the first action.
    fn initial(&self) -> Self::State;

    /// The state after `action`; `None` if it can't have had its result in `state`.
    fn step(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State>;

    /// Whether `action` changes no state, whatever it is.
    fn is_read(&self, action: &Self::Action) -> bool;

    /// What the result of `reader` may owe to `writer`.
    fn sight(&self, reader: &Self::Action, writer: &Self::Action) -> Sight;

    /// Whether the state after `action` is the same whatever it was before.
    fn overwrites(&self, action: &Self::Action) -> bool {
        let _ = action;
        false
    }

    /// Whether [`Spec::leads_to`] ever says no. If so, every action that is no read is possible in every state.
    const LOOKS_AHEAD: bool = false;

    /// Whether `state` may still come to one in which `read` is possible, if nothing overwrites it.
    fn leads_to(&self, state: &Self::State, read: &Self::Action) -> bool {
        let _ = (state, read);
        true
    }

    /// What `action` does to a plain register; `None` if the object is more than that.
    fn access<'action>(&self, action: &'action Self::Action) -> Option<Access<'action>> {
        let _ = action;
        None
    }

    /// The value of a plain register before the first action. Asked only if [`Spec::access`] answers.
    fn initial_value(&self) -> Value {
        Value::Nil
    }

    /// A state in words: "the register holds 3".
    fn show(&self, state: &Self::State) -> String;
}

//! Sequential specifications: what an object does when it is used by one person at a time.
//!
//! Correctness of a concurrent object is defined by such a specification (Herlihy & Wing 1990, §2.2): a history is
//! linearizable if its operations, each taking effect at one moment between its invocation and its return, are a run of it.
//! A specification here speaks of one object. A history over several objects is linearizable exactly if it is for each of
//! them by itself (locality, §3.3), so a key-value store is as many objects as it has keys.
//!
//! - [`register`]: a register, and one with compare-and-set; [`versioned`]: one that counts its writes.
//! - [`key_value`]: one key of a store with put, get and append.
//! - [`collections`]: a set that is read whole, and a counter.
//! - [`queue`]: first in, first out.
//! - [`lock`]: a mutex, with or without owners and fencing tokens.
//! - [`keyed`]: several objects as one.
//! - [`feed`]: the feed of the lab.
//!
//! Left out: objects that may answer in more than one way (a queue that may refuse, say). Each specification is
//! deterministic: a state and an action with its result have one successor, or none.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::sync::Arc;

use super::call::Call;
use super::direct::Direct;

pub mod collections;
pub mod feed;
pub mod key_value;
pub mod keyed;
pub mod lock;
pub mod queue;
pub mod register;
pub mod versioned;

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

/// To which others an action may owe its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shows<'action> {
    /// To nobody.
    Nothing,
    /// To those that [`Spec::writes`] this value, and to those of which it does not say what they write.
    Value(&'action Value),
    /// To any.
    Anything,
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
pub trait Spec: Clone {
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

    /// Whether `action` can only be done in the first state, or in one that is as good. If what comes first of some operations is
    /// such, nothing that came before all of them matters.
    fn is_fresh(&self, action: &Self::Action) -> bool {
        let _ = action;
        false
    }

    /// For which others [`Spec::sight`] may answer: it is asked of them only.
    fn shows<'action>(&self, reader: &'action Self::Action) -> Shows<'action> {
        let _ = reader;
        Shows::Anything
    }

    /// The value that `writer` leaves for others to see, if it is that by which they are found.
    fn writes<'action>(&self, writer: &'action Self::Action) -> Option<&'action Value> {
        let _ = writer;
        None
    }

    /// Whether the state after `action` is the same whatever it was before; or whatever differs, no result owes anything to it.
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

    /// `action` as far as it is about some elements of the object, if it is; `None` if it is not. An object whose elements can be
    /// told apart is one as far as any of them go: each of its runs is a run of those elements.
    fn restricted(&self, action: &Self::Action, about: &[Value]) -> Option<Self::Action> {
        let _ = about;
        Some(action.clone())
    }

    /// The elements that `action` puts in, takes out or shows, if the object has any that can be told apart.
    fn elements<'action>(&self, action: &'action Self::Action) -> Vec<&'action Value> {
        let _ = action;
        Vec::new()
    }

    /// `action` in words, as far as it is about these elements; all of it, if there are none.
    fn words(&self, action: &Self::Action, about: &[Value]) -> String {
        let _ = about;
        action.to_string()
    }

    /// Decides a history of one object, `members` of `calls`, by an algorithm of its own if there is one for it.
    fn direct(&self, calls: &[Call<Self::Action>], members: &[u32]) -> Option<Direct> {
        let _ = (calls, members);
        None
    }

    /// A state in words: "the register holds 3".
    fn show(&self, state: &Self::State) -> String;

    /// How many bytes a state keeps behind pointers.
    fn weight(&self, state: &Self::State) -> usize {
        let _ = state;
        0
    }
}

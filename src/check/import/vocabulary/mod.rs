//! What the operations of each model are called in histories, and what they say.

mod collections;
mod locks;
mod queue;
mod registers;
mod versioned;

use super::datum::{Datum, Wrong};
use crate::check::spec::Value;

pub(super) use self::collections::{OfCounter, OfSet};
pub(super) use self::locks::{OfFencedLock, OfLock, OfOwnedLock};
pub(super) use self::queue::OfQueue;
pub(super) use self::registers::{OfCasRegister, OfKeyValue, OfRegister};
pub(super) use self::versioned::OfVersionedRegister;

/// What formats disagree on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Customs {
    /// What a read that returned nil found: this; None if it says nothing.
    pub(super) nil: Option<Unset>,
    /// A compare-and-set that failed found another value; else it did not happen.
    pub(super) failed_saw_another: bool,
}

/// What an object holds before the first operation; of a register, this.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unset(pub(super) Value);

/// What an operation was asked to do.
#[derive(Clone, Copy)]
pub(super) struct Asked<'datum> {
    /// By the process of this number.
    pub(super) process: u64,
    pub(super) name: &'datum str,
    pub(super) value: &'datum Datum,
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

    /// Whether a pair may be a value.
    const HOLDS_PAIRS: bool = false;

    /// Whether what is returned is a value that somebody asked to hold.
    const RETURNS_VALUES: bool = false;

    /// Whether there is an operation of this name.
    fn knows(name: &str) -> bool;

    /// The key that an operation is about and the rest of its value, if its value is a tuple of jepsen.independent: `[key
    /// value]`.
    fn tuple<'datum>(asked: Asked<'datum>) -> Option<(&'datum Datum, &'datum Datum)> {
        asked.value.pair()
    }

    /// The action of an operation that was asked so and ended so. None if that says nothing: it may be left out.
    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<Self::Action>, Wrong>;

    /// Whether an operation can be asked so: a value that makes no sense is found even if the operation never ends.
    fn check(asked: Asked<'_>, customs: &Customs) -> Result<(), Wrong> {
        Self::action(asked, Ending::Unknown, customs).map(|_| ())
    }

    /// Whether some order could contradict the result of this action, which returned.
    fn observes(action: &Self::Action) -> bool;
}

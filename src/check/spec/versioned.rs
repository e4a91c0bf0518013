//! A register that counts its writes.
//!
//! Each write, and each compare-and-set that took place, raises the version by one; results may tell it. It is the
//! `VersionedRegister` of Jepsen's etcd tests (jepsen-io/etcd, `register.clj`), version 0 and unset at first.

use std::fmt::{self, Display};

use super::{Sight, Spec, Value};

/// What is done to a versioned register. A version or a value that nobody told is `None`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum VersionedAction {
    /// Returned these.
    Read {
        /// How many writes there had been.
        version: Option<u64>,
        /// What it held.
        value: Option<Value>,
    },
    /// Puts `value` in.
    Write {
        /// Which write this was, counted from 1.
        version: Option<u64>,
        /// What it holds then.
        value: Value,
    },
    /// Found `expected`, and put `new` in.
    CompareAndSet {
        /// Which write this was, counted from 1.
        version: Option<u64>,
        /// What it held.
        expected: Value,
        /// What it holds then.
        new: Value,
    },
}

impl Display for VersionedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |version: &Option<u64>| version.map_or(String::new(), |version| format!(" at version {version}"));
        match self {
            Self::Read { version, value: Some(value) } => write!(f, "read {value}{}", at(version)),
            Self::Read { version, value: None } => write!(f, "read{}", at(version)),
            Self::Write { version, value } => write!(f, "write {value}{}", at(version)),
            Self::CompareAndSet { version, expected, new } => {
                write!(f, "compare-and-set {expected} to {new}{}", at(version))
            }
        }
    }
}

/// A register that counts its writes. One that never returned and may be a compare-and-set belongs to no order in which it would
/// have found another value than it expected: then it did nothing.
#[derive(Clone, Debug)]
pub struct VersionedRegister;

impl Spec for VersionedRegister {
    /// How many writes there were, and what the last one left.
    type State = (u64, Value);
    type Action = VersionedAction;

    fn initial(&self) -> Self::State {
        (0, Value::Nil)
    }

    fn step(&self, (version, held): &Self::State, action: &VersionedAction) -> Option<Self::State> {
        let told = |told: &Option<u64>, actual: u64| told.is_none_or(|told| told == actual);
        match action {
            VersionedAction::Read { version: at, value } => {
                let is_so = told(at, *version) && value.as_ref().is_none_or(|value| value == held);
                is_so.then(|| (*version, held.clone()))
            }
            VersionedAction::Write { version: at, value } => {
                told(at, version + 1).then(|| (version + 1, value.clone()))
            }
            VersionedAction::CompareAndSet { version: at, expected, new } => {
                (told(at, version + 1) && expected == held).then(|| (version + 1, new.clone()))
            }
        }
    }

    fn is_read(&self, action: &VersionedAction) -> bool {
        matches!(action, VersionedAction::Read { .. })
    }

    fn sight(&self, reader: &VersionedAction, writer: &VersionedAction) -> Sight {
        let written = match writer {
            VersionedAction::Read { .. } => return Sight::Nothing,
            VersionedAction::Write { value, .. } | VersionedAction::CompareAndSet { new: value, .. } => value,
        };
        let (version, seen) = match reader {
            VersionedAction::Read { version, value } => (version, value.as_ref()),
            VersionedAction::Write { version, .. } => (version, None),
            VersionedAction::CompareAndSet { version, expected, .. } => (version, Some(expected)),
        };
        // A version counts all writes before.
        if version.is_some() || seen == Some(written) { Sight::Value } else { Sight::Nothing }
    }

    fn show(&self, (version, held): &Self::State) -> String {
        format!("the register holds {held} at version {version}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_write_raises_the_version_by_one() {
        let write = |version| VersionedAction::Write { version, value: Value::Int(7) };
        let swap = |version, expected| VersionedAction::CompareAndSet { version, expected, new: Value::Int(8) };
        let read = |version, value| VersionedAction::Read { version, value };
        let run = |actions: &[VersionedAction]| {
            let first = VersionedRegister.initial();
            actions.iter().try_fold(first, |state, action| VersionedRegister.step(&state, action))
        };
        assert_eq!(run(&[write(Some(1)), swap(Some(2), Value::Int(7))]), Some((2, Value::Int(8))));
        assert_eq!(run(&[write(None), read(Some(1), None), read(None, Some(Value::Int(7)))]), Some((1, Value::Int(7))));
        assert_eq!(run(&[write(Some(2))]), None, "the first is version 1");
        assert_eq!(run(&[write(Some(1)), read(Some(0), None)]), None);
        assert_eq!(run(&[write(Some(1)), swap(None, Value::Int(6))]), None);
        assert_eq!(run(&[read(Some(0), Some(Value::Nil))]), Some((0, Value::Nil)), "unset at first");
    }
}

//! A mutex.

use std::fmt::{self, Display};

use super::{Sight, Spec};

/// What is done to a mutex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockAction {
    /// Took it.
    Acquire,
    /// Gave it back.
    Release,
}

impl Display for LockAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acquire => "acquire",
            Self::Release => "release",
        })
    }
}

/// A mutex, free at first: taken only when it is free, and released only when it is taken. Who releases it is not looked at.
#[derive(Clone, Debug)]
pub struct Lock;

impl Spec for Lock {
    /// Whether it is taken.
    type State = bool;
    type Action = LockAction;

    fn initial(&self) -> bool {
        false
    }

    fn step(&self, taken: &bool, action: &LockAction) -> Option<bool> {
        match action {
            LockAction::Acquire => (!taken).then_some(true),
            LockAction::Release => taken.then_some(false),
        }
    }

    fn is_read(&self, action: &LockAction) -> bool {
        match action {
            LockAction::Acquire | LockAction::Release => false,
        }
    }

    fn sight(&self, reader: &LockAction, writer: &LockAction) -> Sight {
        // Whoever acquires saw that somebody had released, and the other way round.
        if reader == writer { Sight::Nothing } else { Sight::Value }
    }

    fn overwrites(&self, _: &LockAction) -> bool {
        true
    }

    fn show(&self, taken: &bool) -> String {
        format!("the lock is {}", if *taken { "taken" } else { "free" })
    }
}

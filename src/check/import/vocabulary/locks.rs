//! Locks.

use super::{Asked, Customs, Ending, Vocabulary};
use crate::check::import::datum::{Datum, Form, Wrong};
use crate::check::spec::lock::LockAction;

/// The key and nothing more: what else a lock is asked with, as a token, is no key's.
fn bare_tuple<'datum>(asked: Asked<'datum>) -> Option<(&'datum Datum, &'datum Datum)> {
    asked.value.pair().filter(|(_, rest)| rest.form == Form::Nil)
}

fn is_acquire(name: &str) -> bool {
    matches!(name, "acquire" | "lock")
}

fn is_release(name: &str) -> bool {
    matches!(name, "release" | "unlock")
}

/// Of a mutex.
pub(in super::super) struct OfLock;

impl Vocabulary for OfLock {
    type Action = LockAction;

    const NAMES: &'static str = "acquire or release (lock or unlock)";

    fn knows(name: &str) -> bool {
        is_acquire(name) || is_release(name)
    }

    fn tuple<'datum>(asked: Asked<'datum>) -> Option<(&'datum Datum, &'datum Datum)> {
        bare_tuple(asked)
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, _: &Customs) -> Result<Option<LockAction>, Wrong> {
        Ok(match ending {
            Ending::Failed => None,
            Ending::Ok(_) | Ending::Unknown if is_acquire(asked.name) => Some(LockAction::Acquire),
            Ending::Ok(_) | Ending::Unknown => Some(LockAction::Release),
        })
    }

    fn observes(_: &LockAction) -> bool {
        true
    }
}

//! Locks.

use super::{Asked, Customs, Ending, Vocabulary};
use crate::check::import::datum::{Datum, Form, Wrong};
use crate::check::spec::lock::{FencedLockAction, LockAction, OwnedLockAction};

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

const NAMES: &str = "acquire or release (lock or unlock)";

/// Of a mutex.
pub(in super::super) struct OfLock;

impl Vocabulary for OfLock {
    type Action = LockAction;

    const NAMES: &'static str = NAMES;

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

/// Of a lock that knows its owner: a process.
pub(in super::super) struct OfOwnedLock;

impl Vocabulary for OfOwnedLock {
    type Action = OwnedLockAction;

    const NAMES: &'static str = NAMES;

    fn knows(name: &str) -> bool {
        OfLock::knows(name)
    }

    fn tuple<'datum>(asked: Asked<'datum>) -> Option<(&'datum Datum, &'datum Datum)> {
        bare_tuple(asked)
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<OwnedLockAction>, Wrong> {
        Ok(OfLock::action(asked, ending, customs)?.map(|action| match action {
            LockAction::Acquire => OwnedLockAction::Acquire(asked.process),
            LockAction::Release => OwnedLockAction::Release(asked.process),
        }))
    }

    fn observes(_: &OwnedLockAction) -> bool {
        true
    }
}

/// Of a lock with fencing tokens: whoever acquires it is told one, as a number or under `:fence` or `:token`.
pub(in super::super) struct OfFencedLock;

impl Vocabulary for OfFencedLock {
    type Action = FencedLockAction;

    const NAMES: &'static str = NAMES;

    fn knows(name: &str) -> bool {
        OfLock::knows(name)
    }

    fn tuple<'datum>(asked: Asked<'datum>) -> Option<(&'datum Datum, &'datum Datum)> {
        bare_tuple(asked)
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<FencedLockAction>, Wrong> {
        let owner = asked.process;
        let action = match OfOwnedLock::action(asked, ending, customs)? {
            None => return Ok(None),
            Some(OwnedLockAction::Release(owner)) => return Ok(Some(FencedLockAction::Release(owner))),
            Some(OwnedLockAction::Acquire(_)) => |token| FencedLockAction::Acquire { owner, token },
        };
        let Ending::Ok(found) = ending else { return Ok(Some(action(None))) };
        let told = found.get("fence").or_else(|| found.get("token")).unwrap_or(found);
        if told.form == Form::Nil {
            return Ok(Some(action(None)));
        }
        let token = told.whole().and_then(|token| u64::try_from(token).ok());
        token.map(|token| Some(action(Some(token)))).ok_or_else(|| told.unlike("a fencing token: a whole number"))
    }

    fn observes(_: &FencedLockAction) -> bool {
        true
    }
}

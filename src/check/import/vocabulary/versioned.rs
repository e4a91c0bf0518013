//! Registers that count their writes: each value is `[version value]`, as in jepsen-io/etcd.

use super::{Asked, Customs, Ending, Vocabulary};
use crate::check::import::datum::{Datum, Form, Wrong};
use crate::check::spec::versioned::VersionedAction;

/// Of a versioned register.
pub(in super::super) struct OfVersionedRegister;

impl Vocabulary for OfVersionedRegister {
    type Action = VersionedAction;

    const NAMES: &'static str = "read, write or cas";

    fn knows(name: &str) -> bool {
        matches!(name, "read" | "write" | "cas")
    }

    fn tuple<'datum>(asked: Asked<'datum>) -> Option<(&'datum Datum, &'datum Datum)> {
        let is_versioned = |rest: &Datum| match (asked.name, rest.pair()) {
            ("cas", Some((_, values))) => values.pair().is_some(),
            (_, pair) => pair.is_some(),
        };
        asked.value.pair().filter(|(_, rest)| is_versioned(rest))
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<VersionedAction>, Wrong> {
        let version = match ending {
            Ending::Failed => return Ok(None),
            Ending::Ok(found) => versioned(found)?.0,
            Ending::Unknown => None,
        };
        if asked.name == "read" {
            let Ending::Ok(found) = ending else { return Ok(None) };
            let value = found.pair().map(|(_, value)| value.value());
            let value = value.filter(|_| version.is_some() || customs.nil.is_some());
            return Ok((version.is_some() || value.is_some()).then_some(VersionedAction::Read { version, value }));
        }
        let (_, value) = versioned(asked.value)?;
        let value = value.ok_or_else(|| asked.value.unlike("[version value]"))?;
        if asked.name == "write" {
            return Ok(Some(VersionedAction::Write { version, value: value.value() }));
        }
        let (expected, new) = value.pair().ok_or_else(|| asked.value.unlike("[version [expected new]]"))?;
        let (expected, new) = (expected.value(), new.value());
        Ok(Some(VersionedAction::CompareAndSet { version, expected, new }))
    }

    fn observes(action: &VersionedAction) -> bool {
        match action {
            VersionedAction::Read { .. } | VersionedAction::CompareAndSet { .. } => true,
            VersionedAction::Write { version, .. } => version.is_some(),
        }
    }
}

/// The version, if it is known, and the value, if there is one.
fn versioned(datum: &Datum) -> Result<(Option<u64>, Option<&Datum>), Wrong> {
    if datum.form == Form::Nil {
        return Ok((None, None));
    }
    let (version, value) = datum.pair().ok_or_else(|| datum.unlike("[version value]"))?;
    let number = version.whole().and_then(|version| u64::try_from(version).ok());
    if number.is_none() && version.form != Form::Nil {
        return Err(version.unlike("a version: a whole number"));
    }
    Ok((number, Some(value)))
}

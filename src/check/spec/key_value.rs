//! One key of a key-value store with append.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::{Sight, Spec};

/// What is done to a key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum KeyValueAction {
    /// Returned this text.
    Get(Arc<str>),
    /// Replaces the text.
    Put(Arc<str>),
    /// Adds to the end of the text.
    Append(Arc<str>),
}

impl Display for KeyValueAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(text) => write!(f, "get “{text}”"),
            Self::Put(text) => write!(f, "put “{text}”"),
            Self::Append(text) => write!(f, "append “{text}”"),
        }
    }
}

/// One key: a text, empty at first.
#[derive(Clone, Debug)]
pub struct KeyValue;

impl Spec for KeyValue {
    type State = Arc<str>;
    type Action = KeyValueAction;

    fn initial(&self) -> Arc<str> {
        "".into()
    }

    fn step(&self, state: &Arc<str>, action: &KeyValueAction) -> Option<Arc<str>> {
        match action {
            KeyValueAction::Get(text) => (text == state).then(|| state.clone()),
            KeyValueAction::Put(text) => Some(text.clone()),
            KeyValueAction::Append(text) => Some([&**state, &**text].concat().into()),
        }
    }

    fn is_read(&self, action: &KeyValueAction) -> bool {
        matches!(action, KeyValueAction::Get(_))
    }

    fn sight(&self, reader: &KeyValueAction, writer: &KeyValueAction) -> Sight {
        let KeyValueAction::Get(got) = reader else { return Sight::Nothing };
        // Whatever was read between this write and the next put begins with, or contains, its text.
        let may_be_seen = match writer {
            KeyValueAction::Get(_) => false,
            KeyValueAction::Put(text) => got.starts_with(&**text),
            KeyValueAction::Append(text) => !text.is_empty() && got.contains(&**text),
        };
        if may_be_seen { Sight::Value } else { Sight::Nothing }
    }

    fn overwrites(&self, action: &KeyValueAction) -> bool {
        matches!(action, KeyValueAction::Put(_))
    }

    const LOOKS_AHEAD: bool = true;

    fn leads_to(&self, state: &Arc<str>, read: &KeyValueAction) -> bool {
        match read {
            KeyValueAction::Get(text) => text.starts_with(&**state),
            KeyValueAction::Put(_) | KeyValueAction::Append(_) => true,
        }
    }

    fn weight(&self, state: &Arc<str>) -> usize {
        state.len()
    }

    fn show(&self, state: &Arc<str>) -> String {
        format!("the key holds “{state}”")
    }
}

//! Queues.

use super::{Asked, Customs, Ending, Vocabulary};
use crate::check::import::datum::{Datum, Form, Wrong};
use crate::check::spec::queue::QueueAction;

/// Of a queue.
pub(in super::super) struct OfQueue;

impl Vocabulary for OfQueue {
    type Action = QueueAction;

    const NAMES: &'static str = "enqueue or dequeue";

    const HOLDS_PAIRS: bool = true;

    fn knows(name: &str) -> bool {
        matches!(name, "enqueue" | "dequeue")
    }

    fn action(asked: Asked<'_>, ending: Ending<'_>, customs: &Customs) -> Result<Option<QueueAction>, Wrong> {
        let enqueue = |value: &Datum| Some(QueueAction::Enqueue(value.value()));
        Ok(match (asked.name, ending) {
            (_, Ending::Failed) => None,
            ("enqueue", Ending::Ok(_) | Ending::Unknown) => enqueue(asked.value),
            (_, Ending::Ok(found)) if found.form != Form::Nil => Some(QueueAction::Dequeue(found.value())),
            (_, Ending::Ok(_)) if customs.nil.is_some() => Some(QueueAction::FoundEmpty),
            (_, Ending::Ok(_) | Ending::Unknown) => Some(QueueAction::DequeueUnknown),
        })
    }

    fn observes(action: &QueueAction) -> bool {
        matches!(action, QueueAction::Dequeue(_) | QueueAction::FoundEmpty)
    }
}

//! A queue: first in, first out.
//!
//! Knossos' `fifo-queue` (knossos.model) with two more answers: a dequeue that found nothing, and one of which nobody knows what
//! it took.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::super::call::Call;
use super::super::direct::{self, Direct};
use super::{Shows, Sight, Spec, Value};

/// What is done to a queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum QueueAction {
    /// Puts this in at the end.
    Enqueue(Value),
    /// Took this from the front.
    Dequeue(Value),
    /// Found nothing to take.
    FoundEmpty,
    /// Took what was at the front, if there was something; nobody knows what.
    DequeueUnknown,
}

impl Display for QueueAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enqueue(value) => write!(f, "enqueue {value}"),
            Self::Dequeue(value) => write!(f, "dequeue {value}"),
            Self::FoundEmpty => f.write_str("dequeue (found it empty)"),
            Self::DequeueUnknown => f.write_str("dequeue (nobody knows what)"),
        }
    }
}

/// A queue, empty at first.
#[derive(Clone, Debug)]
pub struct Queue;

impl Spec for Queue {
    /// What is in it, the front first.
    type State = Arc<[Value]>;
    type Action = QueueAction;

    fn initial(&self) -> Self::State {
        Arc::from([])
    }

    fn step(&self, state: &Self::State, action: &QueueAction) -> Option<Self::State> {
        match action {
            QueueAction::Enqueue(value) => Some(state.iter().chain([value]).cloned().collect()),
            QueueAction::Dequeue(value) => (state.first() == Some(value)).then(|| state[1..].into()),
            QueueAction::FoundEmpty => state.is_empty().then(|| state.clone()),
            QueueAction::DequeueUnknown => Some(state.get(1..).unwrap_or_default().into()),
        }
    }

    fn is_read(&self, action: &QueueAction) -> bool {
        *action == QueueAction::FoundEmpty
    }

    fn sight(&self, reader: &QueueAction, writer: &QueueAction) -> Sight {
        match (reader, writer) {
            // Of whatever came in, one may have been taken instead of this by somebody of whom nobody knows what.
            (QueueAction::Dequeue(_), QueueAction::Enqueue(_)) => Sight::Value,
            // Whatever was taken before stood in the way.
            (
                QueueAction::Dequeue(_) | QueueAction::FoundEmpty,
                QueueAction::Dequeue(_) | QueueAction::DequeueUnknown,
            ) => Sight::Value,
            _ => Sight::Nothing,
        }
    }

    fn is_fresh(&self, action: &QueueAction) -> bool {
        *action == QueueAction::FoundEmpty
    }

    fn shows<'action>(&self, reader: &'action QueueAction) -> Shows<'action> {
        match reader {
            QueueAction::Enqueue(_) | QueueAction::DequeueUnknown => Shows::Nothing,
            QueueAction::Dequeue(_) | QueueAction::FoundEmpty => Shows::Anything,
        }
    }

    fn direct(&self, calls: &[Call<QueueAction>], members: &[u32]) -> Option<Direct> {
        direct::queue(calls, members)
    }

    /// What is taken of some values is taken in the order in which they came in, whatever lies between.
    fn restricted(&self, action: &QueueAction, about: &[Value]) -> Option<QueueAction> {
        match action {
            QueueAction::Enqueue(value) | QueueAction::Dequeue(value) => about.contains(value).then(|| action.clone()),
            QueueAction::FoundEmpty | QueueAction::DequeueUnknown => Some(action.clone()),
        }
    }

    fn elements<'action>(&self, action: &'action QueueAction) -> Vec<&'action Value> {
        match action {
            QueueAction::Enqueue(value) | QueueAction::Dequeue(value) => vec![value],
            QueueAction::FoundEmpty | QueueAction::DequeueUnknown => Vec::new(),
        }
    }

    fn weight(&self, state: &Self::State) -> usize {
        size_of_val(&**state)
    }

    fn show(&self, state: &Self::State) -> String {
        if state.is_empty() {
            return "the queue is empty".to_owned();
        }
        let values: Vec<String> = state.iter().map(ToString::to_string).collect();
        format!("the queue holds {}", values.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(actions: &[QueueAction]) -> Option<Arc<[Value]>> {
        actions.iter().try_fold(Queue.initial(), |state, action| Queue.step(&state, action))
    }

    #[test]
    fn what_went_in_first_comes_out_first() {
        use QueueAction::{Dequeue, DequeueUnknown, Enqueue, FoundEmpty};
        let [one, two] = [1, 2].map(Value::Int);
        let both = [Enqueue(one.clone()), Enqueue(two.clone())];
        let after = |more: &[QueueAction]| run(&[&both, more].concat());
        assert_eq!(after(&[Dequeue(one.clone()), Dequeue(two.clone()), FoundEmpty]), Some([].into()));
        assert_eq!(after(&[Dequeue(two.clone())]), None);
        assert_eq!(after(&[FoundEmpty]), None);
        assert_eq!(after(&[DequeueUnknown, Dequeue(two)]), Some([].into()));
        assert_eq!(run(&[DequeueUnknown, Enqueue(one.clone()), Dequeue(one)]), Some([].into()), "it may find nothing");
    }
}

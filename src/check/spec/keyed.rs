//! Several objects as one.
//!
//! A history that is sequentially consistent for each object by itself need not be so as a whole (Herlihy & Wing 1990, §3.3): so it is
//! judged as the history of one object, which has all of them.

use std::fmt::{self, Display};

use super::{Sight, Spec};
use crate::sorted::SortedMap;

/// An action on one of the objects.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct KeyedAction<A> {
    /// Which object.
    pub object: u32,
    /// What is done to it.
    pub action: A,
}

impl<A: Display> Display for KeyedAction<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action.fmt(f)
    }
}

/// Objects of one specification, each with its number.
#[derive(Clone, Debug)]
pub struct Keyed<S>(pub S);

impl<S: Spec> Spec for Keyed<S> {
    /// The objects that were touched.
    type State = SortedMap<u32, S::State>;
    type Action = KeyedAction<S::Action>;

    fn initial(&self) -> Self::State {
        SortedMap::new()
    }

    fn step(&self, state: &Self::State, KeyedAction { object, action }: &Self::Action) -> Option<Self::State> {
        let before = state.get(object).cloned().unwrap_or_else(|| self.0.initial());
        let after = self.0.step(&before, action)?;
        let mut all = state.clone();
        all.insert(*object, after);
        Some(all)
    }

    fn is_read(&self, action: &Self::Action) -> bool {
        self.0.is_read(&action.action)
    }

    fn sight(&self, reader: &Self::Action, writer: &Self::Action) -> Sight {
        if reader.object == writer.object { self.0.sight(&reader.action, &writer.action) } else { Sight::Nothing }
    }

    fn show(&self, state: &Self::State) -> String {
        let shown: Vec<String> = state.values().map(|state| self.0.show(state)).collect();
        shown.join(", ")
    }
}

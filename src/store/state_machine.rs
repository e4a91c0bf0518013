//! A service as a state machine: what a replicated log carries, and what carrying it out leads to (Schneider 1990,
//! "Implementing fault-tolerant services using the state machine approach").
//!
//! A [`StateMachine`] knows neither the log nor the replicas. [`Replica`](super::replica::Replica) puts one on a log.

use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;

use super::duties::Duties;
use crate::node::{self, Clocks, NodeId};
use crate::sorted::{Numbers, SortedMap};

/// A service: equal states that carry out equal commands become equal and answer alike. No clock, no dice.
pub trait StateMachine: Clone + Eq + Hash + Serialize + Debug + Default {
    /// What a client asks for: a command, which changes the state, or a read.
    type Ask: Clone + Eq + Hash + Serialize + Debug;
    /// What the client is told.
    type Response: Clone + Eq + Hash + Serialize + Debug;
    /// A rule that fired or refused as a command was carried out.
    type Note: Clone + PartialEq + Debug;
    /// What the leader does for it as time passes; `()` if nothing.
    type Duties: Duties<Self>;

    /// The number that the client gave this command, counted from 0. Its session knows a second copy by it. None for a read, and
    /// for what the service itself knows a second copy of.
    fn number(ask: &Self::Ask) -> Option<u32>;

    /// What is asked for, in a word.
    fn word(ask: &Self::Ask) -> &'static str;

    /// Whether it leaves the state as it is.
    fn is_read(ask: &Self::Ask) -> bool {
        Self::number(ask).is_none()
    }

    /// Carries out the command at this index of the log, and tells what follows from it.
    fn apply(&mut self, index: u64, command: &Command<Self>, tell: &mut dyn FnMut(Told<Self>));

    /// What this replica's clocks show as the next command is carried out. A state machine must not look, or replicas would come
    /// to differ. Only one that makes this mistake on purpose does.
    fn look_at_clocks(&mut self, at: Clocks) {
        let _ = at;
    }

    /// Answers what leaves the state as it is: a read, or a command that took effect before.
    fn answer(&self, ask: &Self::Ask) -> Self::Response;
}

/// What follows from a command that was carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told<S: StateMachine> {
    /// The command at this index is answered: the one at hand, or one that had to wait.
    Answer(u64, S::Response),
    /// A rule fired or refused.
    Note(S::Note),
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Command<S: StateMachine> {
    /// Who wants it.
    pub client: NodeId,
    /// What.
    pub ask: S::Ask,
}

impl<S: StateMachine> node::Command for Command<S> {
    type Snapshot = Replicated<S>;
}

/// What carrying out a prefix of the log leads to, the same at every replica: a snapshot holds all of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Replicated<S> {
    /// The service.
    pub service: S,
    /// Which commands took effect.
    pub sessions: Sessions,
}

/// Client sessions (Ongaro's thesis §6.3): by client, which of its commands took effect. A set instead of the last one's number,
/// because a client goes on after giving something up.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Sessions(SortedMap<NodeId, Numbers>);

impl Sessions {
    /// The client's command took effect. False if it had before.
    pub fn insert(&mut self, client: NodeId, number: u32) -> bool {
        self.0.or_default(client).insert(number)
    }

    /// Whether the client's command took effect.
    pub fn contains(&self, client: NodeId, number: u32) -> bool {
        self.0.get(&client).is_some_and(|numbers| numbers.contains(number))
    }

    /// By client: how many of its commands took effect.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, u32)> {
        self.0.iter().map(|(client, numbers)| (*client, numbers.len()))
    }
}

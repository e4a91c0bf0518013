//! What a leader does for its service by itself, because time has passed and not because a client asks.
//!
//! A state machine has no clock, so what depends on time has to reach it as a command. The leader measures the time, with its
//! own clock and in memory, and proposes that command. Whoever leads next starts to measure anew.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;

use super::state_machine::StateMachine;
use crate::node::{Clocks, Delay, Kind};

/// What a replica remembers for a service beside its state, until it crashes.
pub trait Duties<S: StateMachine<Duties = Self>>: Clone + Eq + Hash + Debug + Default {
    /// The timers by which it is reminded.
    type Timer: Copy + Ord + Hash + Debug + Kind;

    /// Looks at the service after each event of its replica, which leads or does not.
    fn attend(&mut self, service: &S, leads: bool, at: Clocks) -> Agenda<S::Ask, Self::Timer>;

    /// Answers a read that the log has settled: the replica led after it was asked, and may have lost its office since.
    fn answer(&mut self, service: &S, leads: bool, ask: &S::Ask, at: Clocks) -> S::Response {
        let _ = (leads, at);
        service.answer(ask)
    }
}

/// What is to be done now, and when to look again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agenda<A, T> {
    /// Commands that the leader puts into the log.
    pub propose: Vec<A>,
    /// Starts this timer anew.
    pub wake: Option<(T, Delay)>,
}

impl<A, T> Agenda<A, T> {
    /// Nothing is due, and no timer changes.
    pub const IDLE: Self = Self { propose: Vec::new(), wake: None };
}

/// For services in which nothing depends on time.
impl<S: StateMachine<Duties = Self>> Duties<S> for () {
    type Timer = Infallible;

    fn attend(&mut self, _: &S, _: bool, _: Clocks) -> Agenda<S::Ask, Infallible> {
        Agenda::IDLE
    }
}

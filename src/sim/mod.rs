//! The deterministic simulator: it knows no protocol.
//!
//! - [`model`]: what can happen, without time. A value: the explorer, the stepper and the tests share it.
//! - `backlog`: a sorted map for what waits, at the same cost however much that is.
//! - [`network`]: messages on their way, and how long they take.
//! - [`fault`]: what a learner or a script does to a run.
//! - [`schedule`]: when things happen: due times, clocks, dice.
//! - [`run`]: what was done and seen. Setup, seed and interventions decide every bit of it.
//! - [`script`]: interventions as lines of text.
//! - [`fingerprint`]: what a search knows a state by.
//!
//! What is left out: bandwidth (a message's size costs nothing), disk corruption (a write is lost or whole), and any order
//! between messages on one link: each travels by itself, as datagrams do.

mod backlog;
pub mod dice;
pub mod fault;
pub mod fingerprint;
pub mod model;
pub mod network;
pub mod run;
pub mod schedule;
pub mod script;
#[cfg(test)]
mod tests;

//! Worlds: who takes part in a run, at what pace, and what is remembered of it for the page and the tests.
//!
//! - [`feed`]: replicas and phones; the consistent and the available feed under the same faults, clients and weather.
//! - [`locks`]: lock servers, clients, and the storage that they write to.
//! - [`paxos`]: proposers, acceptors and learners of one decision.
//! - [`watch`]: what every world remembers: marks, faults, messages that died, the latest notes.

pub mod feed;
pub mod locks;
pub mod paxos;
pub mod watch;

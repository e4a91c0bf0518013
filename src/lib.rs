//! CAP Lab: real Raft, Paxos and gossip on a deterministic simulated network, for learning what a partition costs.
//!
//! The library is pure: it knows no browser. Modules in dependency order, each with the one invariant it keeps:
//!
//! - [`node`]: the contract. A node is a value and owns neither clock nor dice.
//! - [`shared_vec`]: a list whose clones share their elements.
//! - [`sorted`]: small maps and sets that clone in one allocation.
//! - [`raft`]: one log on several servers. No two servers ever apply different entries at the same index.
//! - [`paxos`]: single-decree Paxos. At most one value is ever chosen.
//! - [`gossip`]: a set that replicas spread among themselves. A name has one item everywhere.
//! - [`explain`]: sentences. Every note has one, with its numbers and its source.

pub mod check;
pub mod experiment;
pub mod explain;
pub mod gossip;
pub mod history;
pub mod node;
pub mod paxos;
pub mod raft;
pub mod shared_vec;
pub mod sim;
pub mod sorted;
pub mod store;
pub mod timeline;
pub mod world;

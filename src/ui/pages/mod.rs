//! The pages.

pub mod paxos;
pub mod raft;

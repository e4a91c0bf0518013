//! Raft: servers alone, without clients and state machines.

mod abstract_raft;
mod check;
mod cluster;
mod exhaustive;
mod flaws;
mod missing;
mod refinement;
mod symmetry;
mod timed;
mod watch;
mod world;

//! Raft: servers alone, without clients and state machines.

mod cluster;
mod flaws;
mod missing;
mod script;
mod symmetry;
mod timed;
mod watch;
mod world;

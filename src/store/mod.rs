//! Services on top of the protocols: what a client sees.
//!
//! - [`feed`]: a small social feed, its sequential specification in words, and what clients and replicas say.
//! - [`client`]: a person's phone. A participant like any other: it waits, and gives up.
//! - [`replicated_log`]: what the consistent feed needs of the protocol below it.
//! - [`consistent_feed`]: the feed on a replicated log (CP).
//! - [`available_feed`]: the feed on gossip (AP).
//! - [`participant`]: the sum of them all, so that one run's type serves every store.
//!
//! Both feeds have the same clients and the same requests, so one script can drive them side by side.

pub mod available_feed;
pub mod client;
pub mod consistent_feed;
pub mod feed;
pub mod participant;
pub mod replicated_log;
mod state_machine;

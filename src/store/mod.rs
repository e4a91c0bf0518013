//! Services on top of the protocols: what a client sees, and what it is served by.
//!
//! A *service* is a [state machine](state_machine); the [feed](feed) is the first. A *store* is what serves the feed:
//!
//! - [`table`]: all of them, and a store as a run's setup has it.
//! - [`descriptor`]: what everything else has to know of a store. [`raft`], [`multi_paxos`], [`primary_backup`],
//!   [`quorum`] and [`gossip`] tell it, each of one.
//!
//! What a store is made of:
//!
//! - [`feed`]: a small social feed, its sequential specification in words, and what people ask of it. [`objects`]: what people
//!   write beside posts. [`conflict`]: what becomes of two writes of which neither knew the other.
//! - [`service`]: what clients, replicas and operators say, whatever the service.
//! - [`state_machine`]: a service as a replicated log carries it. [`duties`]: what the leader does for one as time passes.
//! - [`replicated_log`]: what a replica needs of the protocol below it.
//! - [`replica`]: any service on any replicated log (CP). [`on_log`]: the feed there.
//! - [`available_feed`]: the feed on gossip (AP). [`quorum_feed`]: the feed on quorums.
//! - [`pattern`]: what the answer to an operation waits for.
//! - [`client`]: a person's phone. A participant like any other: it waits, and gives up.
//! - [`participant`]: the sum of them all, so that one run's type serves every store. [`member`]: what it takes to be in it.
//!
//! A new store takes a protocol of its own in its folder, its [`Descriptor`](descriptor::Descriptor) here, a row in [`table`],
//! its notes as sentences in `explain`, and a portrait on the page.
//!
//! All stores have the same clients and the same requests, so one script can drive them side by side.

pub mod available_feed;
pub mod client;
pub mod conflict;
pub mod descriptor;
pub mod duties;
pub mod feed;
pub mod gossip;
pub mod member;
pub mod multi_paxos;
pub mod objects;
pub mod on_log;
pub mod participant;
pub mod pattern;
pub mod primary_backup;
pub mod quorum;
pub mod quorum_feed;
pub mod raft;
pub mod replica;
pub mod replicated_log;
pub mod service;
pub mod state_machine;
pub(crate) mod sum;
pub mod table;

pub use table::Store;

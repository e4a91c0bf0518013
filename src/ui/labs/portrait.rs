//! How stores are drawn: the table, and what a portrait tells.

use cap_lab::node::NodeId;
use cap_lab::store::Store;
use cap_lab::store::participant::Message;
use cap_lab::world::feed::{FeedRun, FeedSetup};

use super::common::Look;
use super::gossip::OnGossip;
use super::multi_paxos::OnMultiPaxos;
use super::raft::OnRaft;
use crate::ui::figure::view::NodeView;
use crate::ui::log::view::Replication;
use crate::ui::sheet::view::Sheet;

/// What a message says, by name, and what it means.
pub(super) type Words = (Vec<(String, String)>, String);

/// One store, drawn.
pub(super) trait Portrait {
    /// What it promises now, in a line.
    fn promise(&self, run: &FeedRun) -> String;
    /// A replica in the picture.
    fn node(&self, run: &FeedRun, id: NodeId) -> NodeView;
    /// A message of its protocol in the picture.
    fn look(&self, setup: FeedSetup, message: &Message) -> Look;
    /// Every replica's log, if it has one.
    fn replication(&self, run: &FeedRun) -> Option<Replication> {
        let _ = run;
        None
    }
}

/// One store, opened up. It comes with the details: see [`super::details`].
pub(super) trait Sheets {
    /// What a replica knows.
    fn sheet(&self, run: &FeedRun, id: NodeId) -> Sheet;
    /// What a message of its protocol says.
    fn message_words(&self, setup: FeedSetup, message: &Message) -> Words;
}

/// The portrait of a store.
pub(super) fn of(store: Store) -> &'static dyn Portrait {
    match store {
        Store::Raft(_) => &OnRaft,
        Store::MultiPaxos(_) => &OnMultiPaxos,
        Store::Gossip(_) => &OnGossip,
    }
}

/// The sheets of a store.
pub(super) fn sheets(store: Store) -> &'static dyn Sheets {
    match store {
        Store::Raft(_) => &OnRaft,
        Store::MultiPaxos(_) => &OnMultiPaxos,
        Store::Gossip(_) => &OnGossip,
    }
}

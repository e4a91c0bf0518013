//! How stores are drawn: the table of their portraits.

use cap_lab::store::Store;

use super::gossip::OnGossip;
use super::multi_paxos::OnMultiPaxos;
use super::portrait::{Portrait, Sheets};
use super::raft::OnRaft;

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

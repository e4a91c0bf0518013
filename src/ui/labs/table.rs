//! How stores are drawn: the table of their portraits.

use cap_lab::store::Store;

use super::gossip::OnGossip;
use super::multi_paxos::OnMultiPaxos;
use super::portrait::{Portrait, Sheets};
use super::primary_backup::OnPrimaryBackup;
use super::quorum::OnQuorum;
use super::raft::OnRaft;

/// The portrait of a store that the first drawing may need.
pub(super) fn at_once(store: Store) -> Option<&'static dyn Portrait> {
    match store {
        Store::Raft(_) => Some(&OnRaft),
        Store::MultiPaxos(_) => Some(&OnMultiPaxos),
        Store::Gossip(_) => Some(&OnGossip),
        Store::PrimaryBackup(_) | Store::Quorum(_) => None,
    }
}

/// The portrait of any store. It comes with the details.
pub(super) fn any(store: Store) -> &'static dyn Portrait {
    match store {
        Store::Raft(_) => &OnRaft,
        Store::MultiPaxos(_) => &OnMultiPaxos,
        Store::Gossip(_) => &OnGossip,
        Store::PrimaryBackup(_) => &OnPrimaryBackup,
        Store::Quorum(_) => &OnQuorum,
    }
}

/// The sheets of a store.
pub(super) fn sheets(store: Store) -> &'static dyn Sheets {
    match store {
        Store::Raft(_) => &OnRaft,
        Store::MultiPaxos(_) => &OnMultiPaxos,
        Store::Gossip(_) => &OnGossip,
        Store::PrimaryBackup(_) => &OnPrimaryBackup,
        Store::Quorum(_) => &OnQuorum,
    }
}

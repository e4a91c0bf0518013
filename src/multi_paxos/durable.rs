//! What a server keeps through a crash: what it promised, what it accepted, and the snapshot that replaced the oldest of it.

use std::sync::Arc;

use serde::Serialize;

use super::proposal::{Ballot, Payload, Proposal, Slot};
use crate::node::{Command, Disk};
use crate::shared_vec::SharedVec;

/// The proposals that an acceptor accepted, the latest for each slot, above those that a snapshot replaced. There may be
/// holes. A clone shares them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Accepted<C> {
    /// Slots up to here are in the snapshot.
    base: Slot,
    proposals: SharedVec<Option<Proposal<C>>>,
}

impl<C> Default for Accepted<C> {
    fn default() -> Self {
        Self { base: Slot::ZERO, proposals: SharedVec::default() }
    }
}

impl<C: Clone> Accepted<C> {
    fn position(&self, slot: Slot) -> Option<usize> {
        usize::try_from(slot.0.checked_sub(self.base.0 + 1)?).ok()
    }

    /// What was accepted for `slot`.
    pub fn get(&self, slot: Slot) -> Option<&Proposal<C>> {
        self.proposals.get(self.position(slot)?)?.as_ref()
    }

    /// The highest slot for which something was accepted; the end of the snapshot if there is none.
    pub fn last(&self) -> Slot {
        Slot(self.base.0 + self.proposals.len() as u64)
    }

    /// What was accepted from `first` on, by slot.
    pub fn iter_from(&self, first: Slot) -> impl Iterator<Item = (Slot, &Proposal<C>)> + Clone {
        let skipped = self.position(first).unwrap_or(0);
        let slots = (self.base.0 + 1 + skipped as u64..).map(Slot);
        slots.zip(self.proposals.iter_from(skipped)).filter_map(|(slot, proposal)| Some((slot, proposal.as_ref()?)))
    }

    fn put(&mut self, slot: Slot, proposal: Proposal<C>) {
        let Some(position) = self.position(slot) else { return };
        while self.proposals.len() <= position {
            self.proposals.push(None);
        }
        *self.proposals.get_mut(position).expect("just made") = Some(proposal);
    }

    fn drop_through(&mut self, slot: Slot) {
        let gone = slot.since(self.base) as usize;
        self.proposals = self.proposals.iter_from(gone).cloned().collect();
        self.base = slot;
    }
}

/// What carrying out the log up to some slot leads to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Snapshot<S> {
    /// The last slot whose command it contains. All up to it are chosen.
    pub through: Slot,
    /// The state.
    pub state: S,
}

/// What survives a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Durable<C: Command> {
    /// The highest ballot that the server took part in: it accepts nothing lower, and leads under none that it used before.
    pub promised: Ballot,
    /// What it accepted.
    pub accepted: Accepted<C>,
    /// What replaced the beginning of the log.
    pub snapshot: Option<Snapshot<C::Snapshot>>,
}

impl<C: Command> Default for Durable<C> {
    fn default() -> Self {
        Self { promised: Ballot::ZERO, accepted: Accepted::default(), snapshot: None }
    }
}

/// One change to [`Durable`]. A crash may keep any prefix of the deltas not yet synced, so each prefix must be safe.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta<C: Command> {
    /// It promises this ballot, its own if it means to lead.
    Promised(Ballot),
    /// It accepts values for a run of slots under one ballot.
    Accepted {
        /// The ballot, which it has promised.
        ballot: Ballot,
        /// The slot of the first value; the others follow without a gap.
        first: Slot,
        /// The values.
        payloads: Arc<[Payload<C>]>,
    },
    /// A snapshot takes the place of all up to its slot.
    Snapshot(Snapshot<C::Snapshot>),
}

impl<C: Command> Disk for Durable<C> {
    type Delta = Delta<C>;

    fn apply(&mut self, delta: &Delta<C>) {
        match delta {
            Delta::Promised(ballot) => self.promised = *ballot,
            Delta::Accepted { ballot, first, payloads } => {
                for (slot, payload) in (first.0..).map(Slot).zip(payloads.iter()) {
                    self.accepted.put(slot, Proposal { ballot: *ballot, payload: payload.clone() });
                }
            }
            Delta::Snapshot(snapshot) => {
                self.accepted.drop_through(snapshot.through);
                self.snapshot = Some(snapshot.clone());
            }
        }
    }
}

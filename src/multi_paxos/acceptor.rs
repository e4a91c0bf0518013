//! The acceptor's side: the memory of the protocol. What it says is durable before it says it.

use std::sync::Arc;

use super::durable::Delta;
use super::note::AcceptorNote;
use super::proposal::{Ballot, Payload, Slot};
use super::{Message, MultiPaxos};
use crate::node::{Command, Effects, NodeId};

impl<C: Command> MultiPaxos<C> {
    /// Phase 1b: promise if nothing higher is promised, for all slots at once.
    pub(super) fn on_prepare(&mut self, from: NodeId, ballot: Ballot, first: Slot, out: &mut Effects<Self>) {
        assert_eq!(from, ballot.server, "a ballot in someone else's hands");
        let promised = self.state.promised;
        if promised > ballot {
            out.note(AcceptorNote::PrepareRefused { from, ballot, promised });
            return out.send(from, Message::Nack { ballot, promised });
        }
        if ballot > promised {
            self.adopt(ballot, from, out);
        }
        let message = self.promise(ballot, first);
        let Message::Promise { accepted, snapshot, .. } = &message else { unreachable!("a promise") };
        out.note(AcceptorNote::Promises {
            ballot,
            previous: promised,
            first,
            reported: accepted.len() as u64,
            snapshot: snapshot.as_ref().map(|snapshot| snapshot.through),
        });
        out.send_after_sync(from, message);
    }

    /// The promise of `ballot`, with all that the asker must know of the slots from `first` on. What was compacted is
    /// chosen, so that the snapshot says more than the proposals that it replaced.
    pub(super) fn promise(&self, ballot: Ballot, first: Slot) -> Message<C> {
        let snapshot = self.state.snapshot.clone().filter(|snapshot| snapshot.through >= first);
        let accepted = self.state.accepted.iter_from(first).map(|(slot, proposal)| (slot, proposal.clone())).collect();
        Message::Promise { ballot, first, accepted, snapshot }
    }

    /// Phase 2b: accept unless something higher is promised.
    pub(super) fn on_accept(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        first: Slot,
        payloads: &Arc<[Payload<C>]>,
        commit: Slot,
        out: &mut Effects<Self>,
    ) {
        let promised = self.state.promised;
        if promised > ballot {
            out.note(AcceptorNote::AcceptRefused { from, ballot, promised, first });
            return out.send(from, Message::Nack { ballot, promised });
        }
        self.follow(from, ballot, out);
        let fresh = self.accept(ballot, first, payloads, out);
        let last = Slot(first.0 + payloads.len() as u64 - 1);
        out.note(AcceptorNote::Accepts { leader: from, ballot, first, last, fresh });
        self.learn_from_leader(from, ballot, commit, out);
        // After the sync even if nothing was written now: a repeated Accept must not overtake the write that it repeats.
        out.send_after_sync(from, Message::Accepted { ballot, first, last });
    }

    /// Writes down what it had not accepted under this ballot; how many slots that were. What its snapshot contains is
    /// chosen, and no higher ballot can bring another value for it: there is nothing to write.
    pub(super) fn accept(
        &mut self,
        ballot: Ballot,
        first: Slot,
        payloads: &Arc<[Payload<C>]>,
        out: &mut Effects<Self>,
    ) -> u64 {
        let base = self.base();
        let fresh =
            |slot: Slot| slot > base && self.state.accepted.get(slot).is_none_or(|known| known.ballot != ballot);
        let slots = (first.0..).map(Slot).take(payloads.len());
        let count = slots.clone().filter(|slot| fresh(*slot)).count() as u64;
        let Some(from) = slots.clone().find(|slot| fresh(*slot)) else { return 0 };
        let skipped = from.since(first) as usize;
        let payloads = if skipped == 0 { Arc::clone(payloads) } else { Arc::from(&payloads[skipped..]) };
        self.save(Delta::Accepted { ballot, first: from, payloads }, out);
        count
    }
}

//! What a leader knows of its own standing: who acknowledged it, in which round of heartbeats, and when.
//!
//! A round is all that a leader sends until the next one begins. A follower's reply names the round of the message that it
//! answers, so it proves that the follower took the sender for the leader of its term at some time after that round began.
//! A round succeeds once a quorum has answered it or a later one. A copy of an old reply answers an old round, so it makes
//! none succeed. Check-quorum, ReadIndex and leases all rest on this, each on another part of it.

use serde::Serialize;

use super::log::Index;
use super::note::ClientNote;
use super::reads::WaitingRead;
use super::role::Role;
use super::transfer::Transfer;
use super::{Raft, Reads, Switches, Timer};
use crate::node::{Clocks, Command, Delay, Effects, Micros, NodeId, RequestId};
use crate::sorted::SortedMap;

/// The number of a round of heartbeats, from 1 in each term; 0 before the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Round(pub u64);

impl Round {
    /// The round after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A leader's standing in its term.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tenure {
    /// Where the no-op stands that started the term: once it is committed, so is all that was committed before (§8).
    pub(super) noop: Index,
    /// The round that is under way.
    pub(super) round: Round,
    /// With leases: when each round began that no quorum has acknowledged yet.
    pub(super) began: SortedMap<Round, Micros>,
    /// The latest round that each follower answered.
    pub(super) acknowledged: SortedMap<NodeId, Round>,
    /// The latest round that a quorum acknowledged.
    pub(super) confirmed: Round,
    /// When the leader heard so, on its own monotonic clock. To begin with, when it was elected: votes are answers, too.
    pub(super) contact: Micros,
    /// When that round began: the lease starts then.
    pub(super) lease_from: Option<Micros>,
    /// Reads that wait for a round, or for the no-op.
    pub(super) reads: SortedMap<RequestId, WaitingRead>,
    /// To whom it hands over.
    pub(super) transfer: Option<Transfer>,
    /// It sent TimeoutNow in this term. A copy of that may arrive at any time, so there is no lease until the term is over.
    pub(super) told: bool,
}

impl Tenure {
    /// The round that is under way, and the latest that a quorum acknowledged.
    pub fn rounds(&self) -> (Round, Round) {
        (self.round, self.confirmed)
    }

    /// The reads that wait, by request.
    pub fn reads(&self) -> impl Iterator<Item = (RequestId, WaitingRead)> {
        self.reads.iter().map(|(request, read)| (*request, *read))
    }

    /// The followers that answered a later round than the latest that a quorum acknowledged.
    pub(super) fn heard_since(&self) -> impl Iterator<Item = NodeId> {
        self.acknowledged.iter().filter(|(_, round)| **round > self.confirmed).map(|(follower, _)| *follower)
    }

    /// The transfer under way.
    pub fn transfer(&self) -> Option<&Transfer> {
        self.transfer.as_ref()
    }
}

impl<C: Command> Raft<C> {
    /// What it knows of its own standing, if it leads.
    pub fn tenure(&self) -> Option<&Tenure> {
        match &self.role {
            Role::Leader { tenure, .. } => Some(tenure),
            _ => None,
        }
    }

    /// The round under way.
    pub(super) fn round(&self) -> Round {
        self.tenure().map_or(Round::default(), |tenure| tenure.round)
    }

    pub(super) fn tenure_mut(&mut self) -> &mut Tenure {
        let Role::Leader { tenure, .. } = &mut self.role else { panic!("only a leader has a standing") };
        tenure
    }

    /// Whether every heartbeat begins a round, because something rests on when one succeeds.
    pub(super) fn numbers_heartbeats(&self) -> bool {
        let Switches { check_quorum, stickiness, pre_vote, .. } = self.config.switches;
        check_quorum || stickiness || pre_vote
    }

    /// Whether anything needs to know what followers acknowledged.
    pub(super) fn keeps_contact(&self) -> bool {
        self.numbers_heartbeats() || self.config.switches.reads != Reads::Log
    }

    /// When, on its own monotonic clock, the leader's latest round succeeded, or its election; `now` if it is a quorum by
    /// itself. `None` if it does not lead. Only kept if a switch needs it.
    pub fn quorum_contact(&self, now: Micros) -> Option<Micros> {
        let (contact, own) = (self.tenure()?.contact, self.config.id);
        Some(self.quorum_reached(|server| if server == own { now } else { contact }))
    }

    /// The next round begins.
    pub(super) fn start_round(&mut self, at: Clocks) {
        let has_lease = self.config.switches.reads == Reads::Lease;
        let tenure = self.tenure_mut();
        tenure.round = tenure.round.next();
        if has_lease {
            tenure.began.insert(tenure.round, at.monotonic);
        }
    }

    /// A heartbeat of its term was answered: it was accepted, or it met another log.
    pub(super) fn on_acknowledged(&mut self, from: NodeId, round: Round, at: Clocks, out: &mut Effects<Self>) {
        if from == self.config.id || !self.keeps_contact() {
            return;
        }
        let tenure = self.tenure_mut();
        let before = tenure.acknowledged.get(&from).copied().unwrap_or_default();
        tenure.acknowledged.insert(from, round.max(before));
        self.confirm_rounds(at, out);
    }

    /// Begins a round: from here on, what leaves proves later than anything before. Sends a heartbeat to everyone.
    pub(super) fn begin_round(&mut self, at: Clocks, out: &mut Effects<Self>) {
        self.start_round(at);
        self.send_heartbeats(out);
        self.confirm_rounds(at, out);
    }

    /// The heartbeat timer ran out.
    pub(super) fn on_heartbeat_timer(&mut self, at: Clocks, out: &mut Effects<Self>) {
        let tenure = self.tenure_mut();
        let awaited = tenure.reads.values().any(|read| read.round > tenure.round);
        if awaited || self.numbers_heartbeats() {
            self.begin_round(at, out);
        } else {
            self.send_heartbeats(out);
        }
        out.set_timer(Timer::Heartbeat, Delay::fixed(self.config.heartbeat_interval));
    }

    /// Finds the latest round that a quorum acknowledged, and does what waited for it.
    pub(super) fn confirm_rounds(&mut self, at: Clocks, out: &mut Effects<Self>) {
        if !self.keeps_contact() {
            return;
        }
        let (own, tenure) = (self.config.id, self.tenure().expect("only a leader has rounds"));
        let confirmed = self.quorum_reached(|server| match tenure.acknowledged.get(&server) {
            _ if server == own => tenure.round,
            latest => latest.copied().unwrap_or_default(),
        });
        if confirmed > tenure.confirmed {
            let tenure = self.tenure_mut();
            (tenure.confirmed, tenure.contact) = (confirmed, at.monotonic);
            let began = tenure.began.get(&confirmed).copied();
            tenure.began.take_below(&confirmed.next());
            if self.config.switches.reads == Reads::Lease {
                self.tenure_mut().lease_from = began;
                if let (Some(from), Some(until)) = (began, self.lease_until()) {
                    out.note(ClientNote::LeaseRenewed { round: confirmed, from, until });
                }
            }
            self.answer_reads(out);
        }
        let tenure = self.tenure_mut();
        let done = tenure.confirmed == tenure.round;
        if done && tenure.reads.values().any(|read| read.round > tenure.round) {
            self.begin_round(at, out);
        }
    }
}

//! Leadership transfer (T §3.10): the leader brings a server of choice up to date and tells it to stand for election at once.
//!
//! Meanwhile it takes no proposals, or the target might never catch up. If the target does not take over within an election
//! timeout the leader goes on as before. It cannot take TimeoutNow back, though: should that arrive late, the target stands
//! all the same, so the client hears that the outcome is unknown, and the leader holds no lease for the rest of its term.

use super::log::{Index, Term};
use super::note::{Heard, Ignored, Note, TransferNote};
use super::role::Role;
use super::{Message, Raft, Refusal, Response, Timer};
use crate::node::{Answer, Command, Delay, Effects, NodeId, RequestId};

/// A transfer under way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Transfer {
    /// The client's request.
    pub request: RequestId,
    /// Who shall lead.
    pub target: NodeId,
    /// Whether TimeoutNow has left.
    pub told: bool,
}

/// Why leadership was not handed over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TransferRefusal {
    /// The servers were set up without this feature.
    SwitchedOff,
    /// The target leads already.
    AlreadyLeads,
    /// The target has no vote in the configuration in use.
    NoMember,
    /// A transfer to the same target is under way.
    UnderWay,
    /// Another transfer was asked for before the target was up to date.
    Replaced,
    /// The target did not catch up within an election timeout.
    TimedOut,
    /// The leader lost its office before the target was up to date.
    LostOffice,
    /// The target was told to stand, but in that term this server was elected.
    OtherElected(NodeId),
}

impl<C: Command> Raft<C> {
    /// A client asks the leader to hand over.
    pub(super) fn on_transfer_request(&mut self, request: RequestId, target: NodeId, out: &mut Effects<Self>) {
        let present = self.tenure_mut().transfer;
        let why = if !self.config.switches.transfer {
            Some(TransferRefusal::SwitchedOff)
        } else if target == self.config.id {
            Some(TransferRefusal::AlreadyLeads)
        } else if !self.membership().voters.contains(target) {
            Some(TransferRefusal::NoMember)
        } else if present.is_some_and(|present| present.target == target) {
            Some(TransferRefusal::UnderWay)
        } else {
            None
        };
        // To ask for another one, or for itself, is to take back what was asked before.
        let replaces = matches!(why, None | Some(TransferRefusal::AlreadyLeads));
        if let Some(present) = present.filter(|_| replaces) {
            self.tenure_mut().transfer = None;
            out.cancel_timer(Timer::Transfer);
            Self::give_up_transfer(present, TransferRefusal::Replaced, out);
        }
        if let Some(why) = why {
            return Self::refuse_transfer(request, target, why, out);
        }
        self.tenure_mut().transfer = Some(Transfer { request, target, told: false });
        let (matched, last) = (self.matched(target), self.state.log.last_index());
        out.note(TransferNote::Started { request, target, matched, last });
        out.set_timer(Timer::Transfer, Delay::fixed(self.config.election_timeout.min));
        if matched < last {
            self.send_missing(target, out);
        }
        self.tell_target(out);
    }

    /// If the target has the whole log, it is told to stand, once.
    pub(super) fn tell_target(&mut self, out: &mut Effects<Self>) {
        let Some(Transfer { target, told: false, .. }) = self.tenure().and_then(|tenure| tenure.transfer) else {
            return;
        };
        let (term, last) = (self.state.term, self.state.log.last_index());
        if self.matched(target) < last {
            return;
        }
        let tenure = self.tenure_mut();
        tenure.told = true;
        tenure.transfer.as_mut().expect("seen above").told = true;
        out.note(TransferNote::TimeoutNowSent { target, term, last });
        out.send(target, Message::TimeoutNow { term });
    }

    /// The leader tells this server to stand for election, in a term that is not above its own.
    pub(super) fn on_timeout_now(&mut self, leader: NodeId, term: Term, out: &mut Effects<Self>) {
        let own = self.state.term;
        let why = if term < own {
            Ignored::OlderTerm { term, own }
        } else if matches!(self.role, Role::Follower { .. }) && self.may_stand() {
            // Nobody need be asked beforehand whether the leader is gone: it wants to go.
            return self.become_candidate(Some(Heard::TimeoutNow(leader)), out);
        } else {
            Ignored::NotFollower
        };
        out.note(Note::ReplyIgnored { from: leader, message: "TimeoutNow", why });
    }

    /// The target did not take over in time.
    pub(super) fn on_transfer_timer(&mut self, out: &mut Effects<Self>) {
        if let Some(transfer) = self.tenure_mut().transfer.take() {
            Self::give_up_transfer(transfer, TransferRefusal::TimedOut, out);
        }
    }

    /// It leads no more, which may be what was asked for.
    pub(super) fn leave_transfer(&mut self, out: &mut Effects<Self>) {
        let Some(transfer) = self.tenure_mut().transfer.take() else { return };
        out.cancel_timer(Timer::Transfer);
        if transfer.told {
            self.handed_over = Some((transfer, self.state.term));
        } else {
            Self::give_up_transfer(transfer, TransferRefusal::LostOffice, out);
        }
    }

    /// Somebody was elected, so a server that handed over may learn what came of it. Only the target's candidacy in the very
    /// next term was its doing; about a later term nothing can be said unless the target leads it.
    pub(super) fn settle_transfer(&mut self, leader: NodeId, out: &mut Effects<Self>) {
        let Some((Transfer { request, target, .. }, during)) = self.handed_over.take() else { return };
        let term = self.state.term;
        if leader == target {
            out.note(TransferNote::Done { request, leader, term });
            out.reply(request, Answer::Done(Response::Transferred { leader, term }));
        } else if term == during.next() {
            Self::refuse_transfer(request, target, TransferRefusal::OtherElected(leader), out);
        } else {
            out.note(TransferNote::GivenUp { request, target });
            out.reply(request, Answer::Unknown);
        }
    }

    fn give_up_transfer(transfer: Transfer, why: TransferRefusal, out: &mut Effects<Self>) {
        let Transfer { request, target, told } = transfer;
        if told {
            out.note(TransferNote::GivenUp { request, target });
            out.reply(request, Answer::Unknown);
        } else {
            Self::refuse_transfer(request, target, why, out);
        }
    }

    fn refuse_transfer(request: RequestId, target: NodeId, why: TransferRefusal, out: &mut Effects<Self>) {
        out.note(TransferNote::Refused { request, target, why });
        out.reply(request, Answer::Refused(Refusal::NotTransferred { target, why }));
    }

    /// How far the log of `follower` is known to be the leader's.
    fn matched(&self, follower: NodeId) -> Index {
        let Role::Leader { followers, .. } = &self.role else { panic!("only a leader has followers") };
        followers.get(&follower).map_or(Index::ZERO, |progress| progress.matched)
    }
}

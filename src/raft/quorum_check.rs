//! Check-quorum (T §6.2) and leader stickiness (T §4.2.3): both sides believe in a leader for as long as it is heard.
//!
//! The first asks for a round of heartbeats that a majority answered within an election timeout: how often an old answer
//! arrives, and how late, proves nothing. Without it, a leader that is cut off goes on for ever and its clients wait. Without the second, a server that does
//! not hear the leader asks for votes in higher and higher terms and deposes it again and again, though a majority is
//! served well.

use super::log::Term;
use super::note::{Contact, ElectionNote, LeaderNote};
use super::role::Role;
use super::{Message, Raft, Reads, Timer};
use crate::node::{Clocks, Command, Delay, Effects, Micros, NodeId};

impl<C: Command> Raft<C> {
    /// When it last heard the leader of its term, on its own monotonic clock; after a restart, the restart if it must allow
    /// for having heard one before. Only kept if a switch needs it.
    pub fn heard_leader_at(&self) -> Option<Micros> {
        self.heard_leader_at
    }

    /// The leader's word arrived.
    pub(super) fn heard_leader(&mut self, leader: NodeId, at: Clocks, out: &mut Effects<Self>) {
        self.follow(leader, out);
        if self.keeps_contact() {
            self.heard_leader_at = Some(at.monotonic);
        }
        self.reset_election_timer(out);
    }

    /// The leader that it holds on to, if it heard one within the shortest election timeout. A leader holds on to itself
    /// while it hears from a quorum.
    pub(super) fn contact(&self, at: Clocks) -> Option<Contact> {
        let now = at.monotonic;
        let heard = match self.role {
            Role::Leader { .. } => self.quorum_contact(now),
            _ => self.heard_leader_at,
        }?;
        let (ago, window) = (now.since(heard), self.config.election_timeout.min);
        (ago < window).then(|| Contact { leader: self.leader_hint(), ago, window })
    }

    /// A restarted server has forgotten which leader it acknowledged; if leases rest on that, it behaves as if it had heard
    /// one just now. One that starts in term 0 has acknowledged nobody.
    pub(super) fn remember_promise(&mut self, at: Clocks) {
        let started_before = self.state.term > Term(0);
        self.heard_leader_at = (self.config.switches.reads == Reads::Lease && started_before).then_some(at.monotonic);
    }

    /// Whether the message is a request for a vote that it ignores, term and all, because it hears a leader (T §4.2.3).
    pub(super) fn holds_on(&self, from: NodeId, message: &Message<C>, at: Clocks, out: &mut Effects<Self>) -> bool {
        let &Message::RequestVote { term, transfer: false, .. } = message else { return false };
        // Who asks in a term that is over is told so, whoever leads.
        if !self.config.switches.stickiness || term < self.state.term {
            return false;
        }
        let Some(contact) = self.contact(at) else { return false };
        out.note(ElectionNote::VoteRequestIgnored { candidate: from, term, contact });
        true
    }

    /// The timer of check-quorum ran out at a leader.
    pub(super) fn check_quorum(&mut self, at: Clocks, out: &mut Effects<Self>) {
        let (now, timeout) = (at.monotonic, self.config.election_timeout.min);
        let heard = self.quorum_contact(now).filter(|heard| now.since(*heard) < timeout);
        if let Some(heard) = heard {
            // The next check comes when the latest success is as old as may be.
            return out.set_timer(Timer::Quorum, Delay::fixed(Micros(timeout.0 - now.since(heard).0)));
        }
        let tenure = self.tenure().expect("only a leader needs a quorum");
        let heard = tenure.heard_since().chain([self.config.id]).collect();
        out.note(LeaderNote::QuorumLost { term: self.state.term, heard, members: *self.membership(), timeout });
        self.step_down(out);
    }

    /// Leader -> follower of the same term, of nobody. It does not stand again before its election timer runs out, and then
    /// in a later term.
    pub(super) fn step_down(&mut self, out: &mut Effects<Self>) {
        assert!(self.is_leader(), "only a leader steps down");
        self.leave_office(out);
        self.role = Role::Follower { leader: None };
        self.reset_election_timer(out);
    }

    /// What a leader leaves behind, whatever made it give up its office.
    pub(super) fn leave_office(&mut self, out: &mut Effects<Self>) {
        out.cancel_timer(Timer::Heartbeat);
        if self.config.switches.check_quorum {
            out.cancel_timer(Timer::Quorum);
        }
        self.refuse_reads(out);
        self.leave_transfer(out);
    }
}

//! Linearizable reads without an entry of their own (T §6.4): by ReadIndex, and by a leader lease.
//!
//! A read must see all that was committed before it was asked, anywhere. The leader of the latest term has all that in its
//! log (§5.4), and knows how far it is committed once an entry of its own term is. What it cannot know by itself is
//! whether it still is that leader: another one may have been elected that it cannot hear. ReadIndex asks a majority. A
//! lease relies on what the majority has promised, and on the clocks to measure how long it holds.
//!
//! **The clock assumption.** A follower that acknowledged a heartbeat elects nobody, itself included, for the shortest
//! election timeout on its own clock (leader stickiness); after a restart it waits as long, because it has forgotten what
//! it promised. The leader counts from when it sent that heartbeat, on its own clock, and stops earlier by the drift that
//! is allowed for. If a follower's clock runs faster than the leader's by more than that, or if somebody fires its election
//! timer by hand, two servers may lead while the first one trusts its lease, and its reads are old.

use super::log::Index;
use super::note::{ClientNote, ReadProof};
use super::tenure::{Round, Tenure};
use super::{Config, Flaw, Payload, Raft, Reads, Refusal, Response};
use crate::node::{Answer, Clocks, Command, Effects, Micros, RequestId};

/// A read that the leader has not answered yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WaitingRead {
    /// What it may be answered with: the commit index when it was asked, or the no-op of the term if that is further.
    pub index: Index,
    /// A quorum must have acknowledged this round, which began after it was asked.
    pub round: Round,
}

impl<C: Command> Raft<C> {
    /// Until when, on its own monotonic clock, the leader may answer reads alone. `None` if it holds no lease: it does not
    /// lead, has had no round acknowledged, or hands over.
    pub fn lease_until(&self) -> Option<Micros> {
        let Config { switches, election_timeout, .. } = &self.config;
        let tenure = self.tenure().filter(|tenure| tenure.transfer.is_none() && !tenure.told)?;
        let promised = if self.has(Flaw::LeaseTooLong) { election_timeout.max } else { election_timeout.min };
        tenure.lease_from.map(|from| Micros(from.0 + switches.lease(promised).0))
    }

    /// A client asks the leader for an index up to which all is committed that was when it asked.
    pub(super) fn on_read(&mut self, request: RequestId, at: Clocks, out: &mut Effects<Self>) {
        let commit = self.commit;
        if self.has(Flaw::ReadWithoutQuorum) {
            return Self::answer_read(request, commit, ReadProof::None, out);
        }
        if self.config.switches.reads == Reads::Log {
            return self.propose(Payload::Noop, request, out);
        }
        let until = self.lease_until();
        let Tenure { noop, round, confirmed, .. } = *self.tenure().expect("only a leader takes reads");
        if let Some(until) = until.filter(|until| at.monotonic < *until && commit >= noop) {
            return Self::answer_read(request, commit, ReadProof::Lease { now: at.monotonic, until }, out);
        }
        let read = WaitingRead { index: commit.max(noop), round: round.next() };
        self.tenure_mut().reads.insert(request, read);
        out.note(ClientNote::ReadWaits { request, commit, index: read.index, round: read.round });
        // While a round is under way reads gather for the next one.
        if confirmed == round {
            self.begin_round(at, out);
        }
    }

    /// A round was confirmed, or more is committed: answers the reads that waited for it.
    pub(super) fn answer_reads(&mut self, out: &mut Effects<Self>) {
        let (commit, id) = (self.commit, self.config.id);
        let Some(tenure) = self.tenure().filter(|tenure| !tenure.reads.is_empty()) else { return };
        let confirmed = tenure.confirmed;
        let heard = tenure.acknowledged.iter().filter(|(_, latest)| **latest >= confirmed);
        let by = heard.map(|(follower, _)| *follower).chain([id]).collect();
        let ready = |read: &WaitingRead| read.round <= confirmed && read.index <= commit;
        let answered: Vec<_> = tenure.reads().filter(|(_, read)| ready(read)).collect();
        for (request, read) in answered {
            self.tenure_mut().reads.remove(&request);
            Self::answer_read(request, read.index, ReadProof::Round { round: read.round, by }, out);
        }
    }

    fn answer_read(request: RequestId, index: Index, proof: ReadProof, out: &mut Effects<Self>) {
        out.note(ClientNote::ReadAnswered { request, index, proof });
        out.reply(request, Answer::Done(Response::ReadAt { index }));
    }

    /// It leads no more: what it could not answer it never will. A read has no effect, so that is final.
    pub(super) fn refuse_reads(&mut self, out: &mut Effects<Self>) {
        let term = self.state.term;
        for (request, _) in std::mem::take(&mut self.tenure_mut().reads).iter() {
            out.note(ClientNote::RequestRefused { request: *request, leader: None, term });
            out.reply(*request, Answer::Refused(Refusal::NotLeader { leader: None, term }));
        }
    }
}

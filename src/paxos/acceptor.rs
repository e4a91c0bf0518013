//! The acceptor: the memory of the protocol. It keeps two facts, both durable before anyone hears of them.

use super::message::Message;
use super::note::AcceptorNote;
use super::proposal::{Ballot, Proposal};
use super::{Config, Delta, Flaw, Paxos, send};
use crate::node::{Effects, NodeId};

/// What an acceptor remembers (Paxos Made Simple §2.5), as it will be on disk after the next sync.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Acceptor {
    promised: Option<Ballot>,
    accepted: Option<Proposal>,
}

impl Acceptor {
    pub(super) fn restored(promised: Option<Ballot>, accepted: Option<Proposal>) -> Self {
        Self { promised, accepted }
    }

    /// The highest ballot that it promised or accepted: it accepts nothing below.
    pub fn promised(&self) -> Option<Ballot> {
        self.promised
    }

    /// The highest-numbered proposal that it accepted.
    pub fn accepted(&self) -> Option<&Proposal> {
        self.accepted.as_ref()
    }

    /// Phase 1b: promise if nothing higher is promised.
    pub(super) fn on_prepare(&mut self, config: &Config, from: NodeId, ballot: Ballot, out: &mut Effects<Paxos>) {
        assert_eq!(from, ballot.proposer, "a ballot in someone else's hands");
        match self.promised {
            Some(promised) if promised > ballot => {
                out.note(AcceptorNote::RefusesPrepare { ballot, promised });
                send(config, from, Message::Nack { ballot, promised }, out);
                return;
            }
            // A doubled Prepare, or one whose answer is still on its way: the promise stands, whatever was accepted since.
            Some(promised) if promised == ballot => {
                out.note(AcceptorNote::PromisesAgain { ballot, accepted: self.accepted.clone() });
            }
            previous => {
                let accepted = self.accepted.clone();
                out.note(AcceptorNote::Promises { ballot, previous, accepted });
                self.promise(config, ballot, out);
            }
        }
        out.send_after_sync(from, Message::Promise { ballot, accepted: self.accepted.clone() });
    }

    /// Phase 2b: accept unless something higher is promised (P1a).
    pub(super) fn on_accept(&mut self, config: &Config, from: NodeId, proposal: Proposal, out: &mut Effects<Paxos>) {
        assert_eq!(from, proposal.ballot.proposer, "a ballot in someone else's hands");
        if let Some(promised) = self.promised
            && promised > proposal.ballot
        {
            let ballot = proposal.ballot;
            out.note(AcceptorNote::RefusesAccept { proposal, promised });
            send(config, from, Message::Nack { ballot, promised }, out);
            return;
        }
        if self.accepted.as_ref() == Some(&proposal) {
            out.note(AcceptorNote::AcceptsAgain { proposal: proposal.clone() });
        } else {
            out.note(AcceptorNote::Accepts {
                proposal: proposal.clone(),
                promised: self.promised,
                previous: self.accepted.clone(),
            });
            self.accept(config, proposal.clone(), out);
        }
        for to in config.learners.with(from).iter() {
            out.send_after_sync(to, Message::Accepted { proposal: proposal.clone() });
        }
    }

    fn promise(&mut self, config: &Config, ballot: Ballot, out: &mut Effects<Paxos>) {
        assert!(self.promised < Some(ballot), "a promise only grows");
        self.promised = Some(ballot);
        if !config.has(Flaw::PromiseForgotten) {
            out.write(Delta::Promised(ballot));
        }
    }

    /// Accepting is promising too: otherwise a lower ballot could still be accepted after this one.
    fn accept(&mut self, config: &Config, proposal: Proposal, out: &mut Effects<Paxos>) {
        assert!(self.promised <= Some(proposal.ballot), "accepted below a promise");
        if !config.has(Flaw::AcceptWithoutPromise) {
            self.promised = Some(proposal.ballot);
        }
        self.accepted = Some(proposal.clone());
        out.write(Delta::Accepted(proposal));
    }
}

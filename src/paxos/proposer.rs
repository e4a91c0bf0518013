//! The proposer: it carries one value through the two phases, under ever higher ballots, until one is chosen.

use super::message::Message;
use super::note::{Note, ProposerNote, Trigger, Why};
use super::proposal::{Ballot, Proposal, Value};
use super::{Chosen, Config, Delta, Flaw, Paxos, Refusal, Timer, send};
use crate::node::{Answer, Effects, NodeId, NodeSet, RequestId};
use crate::sorted::SortedMap;

/// A proposer and how far it has come. Of all this only the round outlives a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Proposer {
    /// The highest round that it has used or heard of.
    round: u32,
    /// What its client asked for. There is one in all phases but `Idle`, and may be in `Decided`.
    wish: Option<Wish>,
    phase: Phase,
}

/// What a client asked of a proposer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Wish {
    /// Whom to answer.
    pub request: RequestId,
    /// What it wants chosen.
    pub value: Value,
}

/// Where a proposer stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// No client has asked since it started.
    Idle,
    /// Phase 1: it asked for promises and waits for a quorum of them.
    Preparing {
        /// Its current ballot.
        ballot: Ballot,
        /// Who promised, and what each had accepted.
        promises: SortedMap<NodeId, Option<Proposal>>,
        /// Who refused.
        refused: NodeSet,
    },
    /// Phase 2: it asked the acceptors to accept and waits for a quorum of acceptances.
    Accepting {
        /// What it proposes.
        proposal: Proposal,
        /// The report that forced the value on it; `None` if it was free to propose its own (P2c).
        forced_by: Option<Proposal>,
        /// Who accepted.
        accepted: NodeSet,
        /// Who refused.
        refused: NodeSet,
    },
    /// Too many refused: it waits before it tries a higher ballot, so that the other proposer may finish.
    BackingOff {
        /// The ballot that it abandoned.
        ballot: Ballot,
        /// Who refused it.
        refused: NodeSet,
    },
    /// It knows what has been chosen.
    Decided {
        /// The chosen proposal.
        chosen: Proposal,
    },
}

impl Proposer {
    pub(super) fn restored(round: u32) -> Self {
        Self { round, wish: None, phase: Phase::Idle }
    }

    /// What its client wants chosen.
    pub fn wants(&self) -> Option<&Value> {
        self.wish.as_ref().map(|wish| &wish.value)
    }

    /// Where it stands.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// The ballot that it is trying or has just abandoned.
    pub fn ballot(&self) -> Option<Ballot> {
        match &self.phase {
            Phase::Idle | Phase::Decided { .. } => None,
            Phase::Preparing { ballot, .. } | Phase::BackingOff { ballot, .. } => Some(*ballot),
            Phase::Accepting { proposal, .. } => Some(proposal.ballot),
        }
    }

    /// The ballot that it would try next.
    pub fn next_ballot(&self, config: &Config) -> Ballot {
        Ballot { round: self.round.checked_add(1).expect("rounds never run out"), proposer: config.id }
    }

    /// The highest-numbered proposal that its promises report, and who reported it: the value that it must propose,
    /// should it reach a quorum (P2c). In phase 1 a later promise may still replace it.
    pub fn highest_report(&self) -> Option<(&Proposal, NodeId)> {
        match &self.phase {
            Phase::Preparing { promises, .. } => highest(promises),
            _ => None,
        }
    }

    /// A client asks for `value`.
    pub(super) fn on_propose(&mut self, config: &Config, request: RequestId, value: Value, out: &mut Effects<Paxos>) {
        match &self.phase {
            Phase::Idle => {
                self.wish = Some(Wish { request, value });
                self.prepare(config, Trigger::Asked, out);
            }
            Phase::Decided { chosen } => {
                out.note(ProposerNote::AlreadyChosen { asked: value, chosen: chosen.clone() });
                out.reply(request, Answer::Done(Chosen::from(chosen.clone())));
            }
            Phase::Preparing { .. } | Phase::Accepting { .. } | Phase::BackingOff { .. } => {
                let wanted = self.wants().expect("a proposer at work has a wish").clone();
                out.note(ProposerNote::AlreadyProposing { asked: value, wanted: wanted.clone() });
                out.reply(request, Answer::Refused(Refusal::AlreadyProposing { value: wanted }));
            }
        }
    }

    /// Phase 1b arrives.
    pub(super) fn on_promise(
        &mut self,
        config: &Config,
        from: NodeId,
        ballot: Ballot,
        reported: Option<Proposal>,
        out: &mut Effects<Paxos>,
    ) {
        let counts = |current: Ballot| ballot == current || (ballot < current && config.has(Flaw::LatePromisesCounted));
        let why = match &mut self.phase {
            // Only promises of the ballot at hand: those of an older one say nothing about what was accepted since.
            Phase::Preparing { ballot: current, promises, .. } if counts(*current) && promises.contains_key(&from) => {
                Some(Why::Duplicate)
            }
            Phase::Preparing { ballot: current, promises, refused } if counts(*current) => {
                // A refusal and then a promise: a crash took the higher promise, which no one but us had heard of.
                refused.remove(from);
                promises.insert(from, reported.clone());
                let count = config.prepare_count(promises.keys().copied().collect());
                let (ballot, late) = (*current, (ballot < *current).then_some(ballot));
                out.note(ProposerNote::CountsPromise { ballot, from, late, reported, count });
                None
            }
            Phase::Accepting { proposal, .. } if proposal.ballot == ballot => Some(Why::PhaseOver),
            _ => Some(self.why_not()),
        };
        match why {
            Some(why) => out.note(Note::Ignores { kind: "Promise", from, ballot, why }),
            None => self.propose_if_promised(config, out),
        }
    }

    /// Phase 2b arrives, for a ballot of its own. Returns why it does not count, if so: a learner in the same node may still have use for it.
    pub(super) fn on_accepted(
        &mut self,
        config: &Config,
        from: NodeId,
        proposal: &Proposal,
        out: &mut Effects<Paxos>,
    ) -> Option<Why> {
        let Phase::Accepting { proposal: ours, accepted, refused, .. } = &mut self.phase else {
            return Some(self.why_not());
        };
        if ours != proposal {
            return Some(self.why_not());
        }
        if !accepted.insert(from) {
            return Some(Why::Duplicate);
        }
        refused.remove(from);
        let (count, chosen) = (config.accept_count(*accepted), config.is_accept_quorum(*accepted));
        out.note(ProposerNote::CountsAccepted { proposal: proposal.clone(), from, count });
        if chosen {
            self.decide(proposal.clone(), out);
        }
        None
    }

    /// An acceptor refused.
    pub(super) fn on_nack(
        &mut self,
        config: &Config,
        from: NodeId,
        ballot: Ballot,
        promised: Ballot,
        out: &mut Effects<Paxos>,
    ) {
        self.saw(promised);
        let current = self.ballot();
        let (refused, heard, needed) = match &mut self.phase {
            Phase::Preparing { promises, refused, .. } => {
                (refused, promises.keys().copied().collect(), config.prepare_quorum())
            }
            Phase::Accepting { accepted, refused, .. } => (refused, *accepted, config.accept_quorum()),
            Phase::Idle | Phase::BackingOff { .. } | Phase::Decided { .. } => {
                out.note(Note::Ignores { kind: "Nack", from, ballot, why: Why::NoBallot });
                return;
            }
        };
        if current != Some(ballot) {
            let why = self.why_not();
            out.note(Note::Ignores { kind: "Nack", from, ballot, why });
            return;
        }
        // What an acceptor promised or accepted before it turned to a higher ballot still counts.
        if heard.contains(from) || !refused.insert(from) {
            out.note(Note::Ignores { kind: "Nack", from, ballot, why: Why::Duplicate });
            return;
        }
        let (refused, needed) = (*refused, config.refusals_that_end(needed));
        let count = config.count(refused, needed);
        if refused.len() < usize::from(needed) {
            out.note(ProposerNote::HearsNack { ballot, from, promised, count });
        } else {
            out.note(ProposerNote::Abandons { ballot, promised, count });
            self.back_off(config, refused, out);
        }
    }

    /// No quorum answered in time.
    pub(super) fn on_retry(&mut self, config: &Config, out: &mut Effects<Paxos>) {
        let note = match &self.phase {
            Phase::Preparing { ballot, promises, .. } => {
                let count = config.prepare_count(promises.keys().copied().collect());
                ProposerNote::TimesOut { ballot: *ballot, count, accepting: false }
            }
            Phase::Accepting { proposal, accepted, .. } => {
                let count = config.accept_count(*accepted);
                ProposerNote::TimesOut { ballot: proposal.ballot, count, accepting: true }
            }
            phase => unreachable!("the retry timer runs only while a ballot is open, not in {phase:?}"),
        };
        out.note(note);
        self.prepare(config, Trigger::TimedOut, out);
    }

    /// It has waited long enough.
    pub(super) fn on_back_off(&mut self, config: &Config, out: &mut Effects<Paxos>) {
        assert!(matches!(self.phase, Phase::BackingOff { .. }), "waiting in {:?}", self.phase);
        self.prepare(config, Trigger::BackedOff, out);
    }

    /// The learner of the same node found out what has been chosen.
    pub(super) fn on_chosen(&mut self, chosen: Proposal, out: &mut Effects<Paxos>) {
        if !matches!(self.phase, Phase::Decided { .. }) {
            self.decide(chosen, out);
        }
    }

    /// A round was heard of: the next of our own is higher.
    pub(super) fn saw(&mut self, ballot: Ballot) {
        self.round = self.round.max(ballot.round);
    }

    /// Why an answer that is not to the ballot at hand does not count.
    fn why_not(&self) -> Why {
        match self.phase {
            Phase::Preparing { .. } | Phase::Accepting { .. } => Why::OlderBallot(self.ballot().expect("one is open")),
            Phase::Idle | Phase::BackingOff { .. } | Phase::Decided { .. } => Why::NoBallot,
        }
    }

    /// Any phase but `Decided` → `Preparing`, under a ballot never used before.
    fn prepare(&mut self, config: &Config, trigger: Trigger, out: &mut Effects<Paxos>) {
        assert!(!matches!(self.phase, Phase::Decided { .. }), "nothing is left to propose");
        let wanted = self.wants().expect("only a wish starts a ballot").clone();
        let ballot = self.next_ballot(config);
        assert!(self.ballot() < Some(ballot), "a proposer's ballots only grow");
        self.round = ballot.round;
        self.phase = Phase::Preparing { ballot, promises: SortedMap::new(), refused: NodeSet::EMPTY };
        out.note(ProposerNote::Prepares { ballot, wanted, trigger });
        if !config.has(Flaw::BallotReused) {
            out.write(Delta::Round(ballot.round));
        }
        for to in config.acceptors.iter() {
            // Were this to leave before the round is durable, a restarted proposer could use the ballot once more, for
            // another value.
            out.send_after_sync(to, Message::Prepare { ballot });
        }
        out.set_timer(Timer::Retry, config.retry);
    }

    /// `Preparing` → `Accepting` if a quorum has promised.
    fn propose_if_promised(&mut self, config: &Config, out: &mut Effects<Paxos>) {
        let Phase::Preparing { ballot, promises, .. } = &self.phase else {
            unreachable!("promises are counted while preparing, not in {:?}", self.phase)
        };
        let promised: NodeSet = promises.keys().copied().collect();
        if !config.is_prepare_quorum(promised) {
            return;
        }
        let (ballot, count) = (*ballot, config.prepare_count(promised));
        let wanted = self.wants().expect("a proposer at work has a wish").clone();
        let deaf = config.has(Flaw::AcceptedValueIgnored);
        let (proposal, forced_by, note) = match highest(promises) {
            Some((reported, reported_by)) if !deaf => {
                let (proposal, reported) = (Proposal { ballot, value: reported.value.clone() }, reported.clone());
                let reports = promises.values().flatten().count() as u8;
                let forced_by = Some(reported.clone());
                let note = ProposerNote::ProposesReported {
                    proposal: proposal.clone(),
                    reported,
                    reported_by,
                    reports,
                    wanted,
                    count,
                };
                (proposal, forced_by, note)
            }
            report => {
                let ignored = report.map(|(reported, by)| (reported.clone(), by));
                let proposal = Proposal { ballot, value: wanted };
                (proposal.clone(), None, ProposerNote::ProposesOwn { proposal, ignored, count })
            }
        };
        out.note(note);
        // To all, not only to those who promised (§2.2 asks for a majority, not for the same one): who has not promised
        // may still accept.
        for to in config.acceptors.iter() {
            send(config, to, Message::Accept { proposal: proposal.clone() }, out);
        }
        out.set_timer(Timer::Retry, config.retry);
        self.phase = Phase::Accepting { proposal, forced_by, accepted: NodeSet::EMPTY, refused: NodeSet::EMPTY };
    }

    /// `Preparing` or `Accepting` → `BackingOff`.
    fn back_off(&mut self, config: &Config, refused: NodeSet, out: &mut Effects<Paxos>) {
        assert!(matches!(self.phase, Phase::Preparing { .. } | Phase::Accepting { .. }), "no ballot to abandon");
        let ballot = self.ballot().expect("a ballot is open");
        self.phase = Phase::BackingOff { ballot, refused };
        out.cancel_timer(Timer::Retry);
        out.set_timer(Timer::BackOff, config.back_off);
    }

    /// Any phase but `Decided` → `Decided`, with an answer to the client if one waits.
    fn decide(&mut self, chosen: Proposal, out: &mut Effects<Paxos>) {
        assert!(!matches!(self.phase, Phase::Decided { .. }), "decided once");
        out.cancel_timer(Timer::Retry);
        out.cancel_timer(Timer::BackOff);
        out.note(ProposerNote::Decides { chosen: chosen.clone(), wanted: self.wants().cloned() });
        if let Some(wish) = &self.wish {
            out.reply(wish.request, Answer::Done(Chosen::from(chosen.clone())));
        }
        self.phase = Phase::Decided { chosen };
    }
}

/// The highest-numbered proposal among the reports, and the first acceptor that reported it.
fn highest(promises: &SortedMap<NodeId, Option<Proposal>>) -> Option<(&Proposal, NodeId)> {
    let reports = promises.iter().filter_map(|(from, report)| report.as_ref().map(|proposal| (proposal, *from)));
    reports.max_by(|(a, a_from), (b, b_from)| a.ballot.cmp(&b.ballot).then(b_from.cmp(a_from)))
}

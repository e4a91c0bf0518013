//! What a step will lead to, before it is taken.

use super::{Words, quoted};
use crate::explain::of;
use crate::node::NodeId;
use crate::paxos::{AcceptorNote, LearnerNote, Note, ProposerNote, Why};

/// What `node` will do, if the step that led to `note` on a copy is taken: a few words for a list of possible steps.
pub fn outcome(name: &dyn Fn(NodeId) -> String, node: NodeId, note: &Note) -> String {
    let words = Words { name, me: name(node) };
    let me = &words.me;
    match note {
        Note::Starts { round: 0, promised: None, .. } => format!("{me} will come back with an empty disk"),
        Note::Starts { round, promised: None, .. } => {
            format!("{me} will come back with round {round} on its disk, and nothing to propose")
        }
        Note::Starts { promised, accepted, .. } => format!(
            "{me} will come back with what is on its disk: promised {}, accepted {}",
            words.maybe_ballot(*promised),
            words.maybe_proposal(accepted.as_ref())
        ),
        Note::NoProposer => format!("{me} will refuse: it is no proposer"),
        Note::Ignores { kind, why, .. } => match why {
            Why::Duplicate => format!("nothing: {me} has counted that acceptor"),
            Why::OlderBallot(current) => format!("nothing: {me} is at {} now", words.ballot(*current)),
            Why::PhaseOver => format!("nothing: {me} has promises enough"),
            Why::NoBallot => format!("nothing: {me} waits for no {kind} now"),
        },
        Note::Proposer(note) => words.proposer_will(note),
        Note::Acceptor(note) => words.acceptor_will(note),
        Note::Learner(LearnerNote::Counts { proposal, count, .. }) => {
            format!("{me} will know {} that accepted {}", of(*count), words.proposal(proposal))
        }
        Note::Learner(LearnerNote::Learns { chosen, .. }) => {
            format!("{me} will learn that {} is chosen", quoted(chosen))
        }
    }
}

impl Words<'_> {
    fn proposer_will(&self, note: &ProposerNote) -> String {
        let me = &self.me;
        match note {
            ProposerNote::Prepares { ballot, wanted, .. } => {
                format!("{me} will ask for promises for {}, for “{wanted}”", self.ballot(*ballot))
            }
            ProposerNote::TimesOut { ballot, .. } => format!("{me} will give up on {}", self.ballot(*ballot)),
            ProposerNote::AlreadyProposing { wanted, .. } => format!("{me} will refuse: it is at work on “{wanted}”"),
            ProposerNote::AlreadyChosen { chosen, .. } => format!("{me} will answer that {} is chosen", quoted(chosen)),
            ProposerNote::CountsPromise { count, .. } => format!("{me} will have {} promises", of(*count)),
            ProposerNote::ProposesOwn { proposal, ignored: Some((reported, _)), .. } => {
                format!("{me} will propose {}, deaf to {}", quoted(proposal), self.proposal(reported))
            }
            ProposerNote::ProposesOwn { proposal, ignored: None, .. } => {
                format!("{me} will be free to propose {}", quoted(proposal))
            }
            ProposerNote::ProposesReported { proposal, wanted, .. } if *wanted == proposal.value => {
                format!("{me} will have to propose {}, as it wants", quoted(proposal))
            }
            ProposerNote::ProposesReported { proposal, wanted, .. } => {
                format!("{me} will have to propose {}, not “{wanted}”", quoted(proposal))
            }
            ProposerNote::CountsAccepted { proposal, count, .. } => {
                format!("{me} will know {} that accepted {}", of(*count), quoted(proposal))
            }
            ProposerNote::HearsNack { promised, count, .. } => {
                format!("{me} will hear of {}: {} refused", self.ballot(*promised), of(*count))
            }
            ProposerNote::Abandons { ballot, .. } => {
                format!("{me} will abandon {} and back off: no quorum is left", self.ballot(*ballot))
            }
            ProposerNote::Decides { chosen, .. } => format!("{me} will know that {} is chosen", quoted(chosen)),
        }
    }

    fn acceptor_will(&self, note: &AcceptorNote) -> String {
        let me = &self.me;
        match note {
            AcceptorNote::Promises { accepted: None, .. } => format!("{me} will promise and report nothing"),
            AcceptorNote::Promises { accepted: Some(proposal), .. } => {
                format!("{me} will promise and report {}", self.proposal(proposal))
            }
            AcceptorNote::PromisesAgain { .. } => format!("{me} will promise the same again"),
            AcceptorNote::Accepts { proposal, .. } => format!("{me} will accept {}", quoted(proposal)),
            AcceptorNote::AcceptsAgain { .. } => format!("{me} will say again that it accepted"),
            AcceptorNote::RefusesPrepare { promised, .. } | AcceptorNote::RefusesAccept { promised, .. } => {
                format!("{me} will refuse: it promised {}", self.ballot(*promised))
            }
        }
    }
}

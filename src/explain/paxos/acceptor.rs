//! What acceptors and learners noted.

use super::{LEARNING, P1A, PHASES, Words, quoted};
use crate::explain::{Sentence, Tone, of, said};
use crate::paxos::{AcceptorNote, Ballot, LearnerNote, Proposal};

impl Words<'_> {
    pub(super) fn acceptor(&self, note: &AcceptorNote) -> Sentence {
        let me = &self.me;
        match note {
            AcceptorNote::Promises { ballot, previous, accepted } => {
                self.promises(*ballot, *previous, accepted.as_ref())
            }
            AcceptorNote::PromisesAgain { ballot, accepted } => said(
                Tone::Routine,
                PHASES,
                format!("{me} promises {} again", self.ballot(*ballot)),
                format!("It had promised just that, and has accepted {}.", self.maybe_proposal(accepted.as_ref())),
            ),
            AcceptorNote::RefusesPrepare { ballot, promised } => said(
                Tone::Bad,
                PHASES,
                format!("{me} refuses to promise {}", self.ballot(*ballot)),
                format!(
                    "It has promised {}, which is higher, so it may promise nothing below.",
                    self.ballot(*promised)
                ),
            ),
            AcceptorNote::Accepts { proposal, promised, previous } => {
                let allowed = match promised {
                    None => "It has promised nothing, so no promise forbids it.".into(),
                    Some(promised) => {
                        format!("Its promise {} is not higher, so it does not forbid this.", self.ballot(*promised))
                    }
                };
                let replaced = previous.as_ref().map_or(String::new(), |previous| {
                    format!(" It had accepted {} before: accepting is not yet choosing.", self.proposal(previous))
                });
                said(Tone::Good, P1A, format!("{me} accepts {}", self.proposal(proposal)), allowed + &replaced)
            }
            AcceptorNote::AcceptsAgain { proposal } => said(
                Tone::Routine,
                P1A,
                format!("{me} says again that it accepted {}", self.proposal(proposal)),
                "It had accepted just that, and a copy of the request changes nothing.".into(),
            ),
            AcceptorNote::RefusesAccept { proposal, promised } => said(
                Tone::Bad,
                P1A,
                format!("{me} refuses {}", self.proposal(proposal)),
                format!(
                    "It has promised {} and accepts nothing below, such as {}.",
                    self.ballot(*promised),
                    self.ballot(proposal.ballot)
                ),
            ),
        }
    }

    fn promises(&self, ballot: Ballot, previous: Option<Ballot>, accepted: Option<&Proposal>) -> Sentence {
        let ballot = self.ballot(ballot);
        let before = match previous {
            None => "It had promised nothing".into(),
            Some(previous) => format!("{ballot} is higher than its promise {}", self.ballot(previous)),
        };
        let report = match accepted {
            None => "It has accepted nothing to report".into(),
            Some(proposal) => format!("It reports that it accepted {}", self.proposal(proposal)),
        };
        said(Tone::Routine, PHASES, format!("{} promises {ballot}", self.me), format!("{before}. {report}."))
    }

    pub(super) fn learner(&self, note: &LearnerNote) -> Sentence {
        match note {
            LearnerNote::Counts { proposal, from, count } => {
                let headline =
                    format!("{} learns that {} accepted {}", self.me, self.node(*from), self.proposal(proposal));
                let reason = format!("{} accepted it so far; {} choose it.", of(*count), count.needed);
                said(Tone::Routine, LEARNING, headline, reason)
            }
            LearnerNote::Learns { chosen, count } => {
                let headline = format!("{} learns that {} is chosen", self.me, quoted(chosen));
                let reason = format!("{} accepted {}: {}.", of(*count), self.proposal(chosen), self.list(count.by));
                said(Tone::Good, LEARNING, headline, reason)
            }
        }
    }
}

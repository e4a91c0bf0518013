//! What proposers noted.

use super::{IMPLEMENTATION, LEARNING, P2C, PHASES, PROGRESS, Words, quoted};
use crate::explain::{Sentence, Tone, of, said};
use crate::node::{Count, NodeId};
use crate::paxos::{Ballot, Proposal, ProposerNote, Trigger, Value};

impl Words<'_> {
    pub(super) fn proposer(&self, note: &ProposerNote) -> Sentence {
        let me = &self.me;
        match note {
            ProposerNote::Prepares { ballot, wanted, trigger } => self.prepares(*ballot, wanted, *trigger),
            ProposerNote::TimesOut { ballot, count, accepting } => {
                let done = if *accepting { "accepted" } else { "promised" };
                let headline = format!("{me} gives up waiting on {}", self.ballot(*ballot));
                let reason = format!(
                    "Only {} {done} in time, and it needs {}. A higher ballot may get them.",
                    of(*count),
                    count.needed
                );
                said(Tone::Warning, PROGRESS, headline, reason)
            }
            ProposerNote::AlreadyProposing { asked, wanted } => said(
                Tone::Bad,
                IMPLEMENTATION,
                format!("{me} refuses “{asked}”"),
                format!("It is at work on “{wanted}”, and on one value at a time."),
            ),
            ProposerNote::AlreadyChosen { asked, chosen } => said(
                Tone::Good,
                LEARNING,
                format!("{me} answers {} at once", quoted(chosen)),
                format!("{} is chosen; “{asked}” can no longer be.", self.proposal(chosen)),
            ),
            ProposerNote::CountsPromise { ballot, from, late: Some(late), count, .. } => {
                self.counts_late(*ballot, *from, *late, *count)
            }
            ProposerNote::CountsPromise { ballot, from, late: None, reported, count } => {
                let headline = format!("{me} has {} promises for {}", of(*count), self.ballot(*ballot));
                let from = self.node(*from);
                let report = match reported {
                    None => format!("{from} has accepted nothing"),
                    Some(proposal) => format!("{from} has accepted {}", self.proposal(proposal)),
                };
                said(Tone::Routine, PHASES, headline, format!("{report}. {} make a quorum.", count.needed))
            }
            ProposerNote::ProposesReported { proposal, reported, reported_by, reports, wanted, count } => {
                let report = format!(
                    "{} promised, {reports} of them reported a proposal; {}'s {} is the highest-numbered.",
                    of(*count),
                    self.node(*reported_by),
                    self.proposal(reported)
                );
                self.must_propose(proposal, wanted, &report)
            }
            ProposerNote::ProposesOwn { proposal, ignored: Some((reported, by)), .. } => {
                self.is_deaf(proposal, reported, *by)
            }
            ProposerNote::ProposesOwn { proposal, ignored: None, count } => self.is_free(proposal, *count),
            ProposerNote::CountsAccepted { proposal, from, count } => self.counts_accepted(proposal, *from, *count),
            ProposerNote::HearsNack { ballot, from, promised, count } => {
                self.is_refused(*ballot, *from, *promised, *count)
            }
            ProposerNote::Abandons { ballot, promised, count } => self.abandons(*ballot, *promised, *count),
            ProposerNote::Decides { chosen, wanted } => self.decides(chosen, wanted.as_ref()),
        }
    }

    fn prepares(&self, ballot: Ballot, wanted: &Value, trigger: Trigger) -> Sentence {
        let headline = format!("{} asks for promises for {}", self.me, self.ballot(ballot));
        let (tone, source, why) = match trigger {
            Trigger::Asked => (Tone::Routine, PHASES, "A client asked it to propose"),
            Trigger::TimedOut => (Tone::Warning, PROGRESS, "No quorum answered in time: it tries again for"),
            Trigger::BackedOff => (Tone::Warning, PROGRESS, "It was outbid and has waited a random while: again for"),
        };
        let reason = format!("{why} “{wanted}”. Round {} is higher than any that it knows of.", ballot.round);
        said(tone, source, headline, reason)
    }

    fn counts_late(&self, ballot: Ballot, from: NodeId, late: Ballot, count: Count) -> Sentence {
        let ballot = self.ballot(ballot);
        let reason = format!(
            "{} promised {} only: what it accepted since is not in it, and it accepts below {ballot} still.",
            self.node(from),
            self.ballot(late)
        );
        said(Tone::Bad, PHASES, format!("{} counts a late promise: {} for {ballot}", self.me, of(count)), reason)
    }

    fn must_propose(&self, proposal: &Proposal, wanted: &Value, report: &str) -> Sentence {
        let Self { me, .. } = self;
        let Proposal { ballot, value } = proposal;
        let headline = format!("{me} must propose “{value}” under {}", self.ballot(*ballot));
        let (tone, headline, but) = if wanted == value {
            (Tone::Routine, headline + ", as it wanted", String::new())
        } else {
            (Tone::Warning, headline, format!(", not “{wanted}”"))
        };
        let reason = format!("{report} It may be chosen, so {me} must propose “{value}”{but}.");
        said(tone, P2C, headline, reason)
    }

    fn is_deaf(&self, proposal: &Proposal, reported: &Proposal, by: NodeId) -> Sentence {
        let me = &self.me;
        let headline = format!("{me} proposes {} under {}", quoted(proposal), self.ballot(proposal.ballot));
        let reason = format!(
            "{} reported {}, which may be chosen: {me} had to propose “{}”, and is deaf to it.",
            self.node(by),
            self.proposal(reported),
            reported.value
        );
        said(Tone::Bad, P2C, headline, reason)
    }

    fn is_free(&self, proposal: &Proposal, count: Count) -> Sentence {
        let ballot = self.ballot(proposal.ballot);
        let reason = format!(
            "{} promised ({}) and had accepted nothing. So nothing below {ballot} is or will be chosen: any value will do.",
            of(count),
            self.list(count.by)
        );
        let headline = format!("{} is free to propose {} under {ballot}", self.me, quoted(proposal));
        said(Tone::Good, P2C, headline, reason)
    }

    fn counts_accepted(&self, proposal: &Proposal, from: NodeId, count: Count) -> Sentence {
        let headline = format!("{} hears that {} accepted {}", self.me, of(count), quoted(proposal));
        let (accepted, by) = (self.proposal(proposal), self.list(count.by));
        let reason = format!("{} accepted {accepted}. So far: {by}; {} choose it.", self.node(from), count.needed);
        said(Tone::Routine, LEARNING, headline, reason)
    }

    fn is_refused(&self, ballot: Ballot, from: NodeId, promised: Ballot, count: Count) -> Sentence {
        let from = self.node(from);
        let reason = format!(
            "{from} has promised {}. {} refused; {} would end the ballot.",
            self.ballot(promised),
            of(count),
            count.needed
        );
        said(Tone::Bad, PHASES, format!("{} is refused {} by {from}", self.me, self.ballot(ballot)), reason)
    }

    fn abandons(&self, ballot: Ballot, promised: Ballot, count: Count) -> Sentence {
        let reason = format!(
            "{} refused ({}): no quorum is left. It waits a random while, so that {} may finish, and then goes higher.",
            of(count),
            self.list(count.by),
            self.ballot(promised)
        );
        said(Tone::Bad, PROGRESS, format!("{} abandons {}", self.me, self.ballot(ballot)), reason)
    }

    fn decides(&self, chosen: &Proposal, wanted: Option<&Value>) -> Sentence {
        let (whose, reason) = match wanted {
            Some(wanted) if *wanted == chosen.value => ("its ", "Its client gets the answer.".into()),
            Some(wanted) => ("", format!("Its client asked for “{wanted}” and is told {}.", quoted(chosen))),
            None => ("", "No client waits here.".into()),
        };
        let headline = format!("{} knows that {whose}{} is chosen", self.me, quoted(chosen));
        let reason = format!("A quorum accepted {}: no other value can be chosen. {reason}", self.proposal(chosen));
        said(Tone::Good, LEARNING, headline, reason)
    }
}

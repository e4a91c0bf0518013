//! The notes of Paxos in words, after the fact ([`sentence`]) and before it ([`outcome`]).
//!
//! Names are the caller's, since only it knows whether a node is called `p1`, `a3` or `n2`.

use super::{Sentence, Tone, said};
use crate::node::{NodeId, NodeSet};
use crate::paxos::{AcceptorNote, Ballot, Count, LearnerNote, Note, Proposal, ProposerNote, Trigger, Value, Why};

const PHASES: &str = "Paxos Made Simple §2.2";
const P1A: &str = "Paxos Made Simple §2.2, P1a";
const P2C: &str = "Paxos Made Simple §2.2, P2c";
const LEARNING: &str = "Paxos Made Simple §2.3";
const PROGRESS: &str = "Paxos Made Simple §2.4";
const IMPLEMENTATION: &str = "Paxos Made Simple §2.5";

/// `note` of `node` as a sentence with its numbers and its section of the paper.
pub fn sentence(name: &dyn Fn(NodeId) -> String, node: NodeId, note: &Note) -> Sentence {
    let words = Words { name, me: name(node) };
    match note {
        Note::Starts { round, promised, accepted } => words.starts(*round, *promised, accepted.as_ref()),
        Note::NoProposer => said(
            Tone::Bad,
            IMPLEMENTATION,
            format!("{} refuses: it is no proposer", words.me),
            "Only a proposer issues proposals.".into(),
        ),
        Note::Ignores { kind, from, ballot, why } => words.ignores(kind, *from, *ballot, *why),
        Note::Proposer(note) => words.proposer(note),
        Note::Acceptor(note) => words.acceptor(note),
        Note::Learner(note) => words.learner(note),
    }
}

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

/// The names by which the caller knows the nodes, and that of the node which noted.
struct Words<'a> {
    name: &'a dyn Fn(NodeId) -> String,
    me: String,
}

impl Words<'_> {
    fn starts(&self, round: u32, promised: Option<Ballot>, accepted: Option<&Proposal>) -> Sentence {
        if round == 0 && promised.is_none() {
            let headline = format!("{} starts with an empty disk", self.me);
            return said(Tone::Routine, IMPLEMENTATION, headline, String::new());
        }
        let mut kept = Vec::new();
        if round > 0 {
            kept.push(format!("as proposer it used round {round}, and will go higher"));
        }
        if let Some(promised) = promised {
            let accepted = self.maybe_proposal(accepted);
            kept.push(format!("as acceptor it promised {} and accepted {accepted}", self.ballot(promised)));
        }
        let reason = format!("Its disk says: {}.", kept.join("; "));
        said(Tone::Warning, IMPLEMENTATION, format!("{} is back with what its disk kept", self.me), reason)
    }

    fn ignores(&self, kind: &str, from: NodeId, ballot: Ballot, why: Why) -> Sentence {
        let (from, ballot) = (self.node(from), self.ballot(ballot));
        let headline = format!("{} ignores {kind}({ballot}) from {from}", self.me);
        let (source, reason) = match why {
            Why::Duplicate => (
                PHASES,
                format!("{from}'s answer to {ballot} is known. A quorum is made of acceptors, not of messages."),
            ),
            Why::OlderBallot(current) => {
                (PHASES, format!("It is at {} now: answers to {ballot} prove nothing for it.", self.ballot(current)))
            }
            Why::PhaseOver => {
                (P2C, format!("It has its quorum for {ballot} and has proposed: what came later binds it no more."))
            }
            Why::NoBallot => (PHASES, format!("It waits for no answer to {ballot}: it has left that ballot.")),
        };
        said(Tone::Routine, source, headline, reason)
    }

    fn proposer(&self, note: &ProposerNote) -> Sentence {
        match note {
            ProposerNote::Prepares { ballot, wanted, trigger } => self.prepares(*ballot, wanted, *trigger),
            ProposerNote::TimesOut { ballot, count, accepting } => {
                let (what, done) = if *accepting { ("acceptances", "accepted") } else { ("promises", "promised") };
                let headline = format!("{} gives up waiting on {}", self.me, self.ballot(*ballot));
                let reason = format!("{} {done} in time; it needs {} {what}.", of(*count), count.needed);
                said(Tone::Warning, PROGRESS, headline, reason)
            }
            ProposerNote::AlreadyProposing { asked, wanted } => said(
                Tone::Bad,
                IMPLEMENTATION,
                format!("{} refuses “{asked}”", self.me),
                format!("It is at work on “{wanted}”, and on one value at a time."),
            ),
            ProposerNote::AlreadyChosen { asked, chosen } => said(
                Tone::Good,
                LEARNING,
                format!("{} answers {} at once", self.me, quoted(chosen)),
                format!("{} is chosen; “{asked}” can no longer be.", self.proposal(chosen)),
            ),
            ProposerNote::CountsPromise { ballot, from, late: Some(late), count, .. } => said(
                Tone::Bad,
                PHASES,
                format!("{} counts a late promise: {} for {}", self.me, of(*count), self.ballot(*ballot)),
                format!(
                    "{} promised {} only: what it accepted since is not in it, and it accepts below {} still.",
                    self.node(*from),
                    self.ballot(*late),
                    self.ballot(*ballot)
                ),
            ),
            ProposerNote::CountsPromise { ballot, from, late: None, reported, count } => {
                let headline = format!("{} has {} promises for {}", self.me, of(*count), self.ballot(*ballot));
                let from = self.node(*from);
                let report = match reported {
                    None => format!("{from} has accepted nothing"),
                    Some(proposal) => format!("{from} has accepted {}", self.proposal(proposal)),
                };
                said(Tone::Routine, PHASES, headline, format!("{report}. {} make a quorum.", count.needed))
            }
            ProposerNote::ProposesOwn { .. } | ProposerNote::ProposesReported { .. } => self.proposes(note),
            ProposerNote::CountsAccepted { proposal, from, count } => {
                let (accepted, count_of) = (self.proposal(proposal), of(*count));
                let headline = format!("{} hears that {count_of} accepted {}", self.me, quoted(proposal));
                let by = self.list(count.by);
                let reason =
                    format!("{} accepted {accepted}. So far: {by}; {} choose it.", self.node(*from), count.needed);
                said(Tone::Routine, LEARNING, headline, reason)
            }
            ProposerNote::HearsNack { .. } | ProposerNote::Abandons { .. } => self.is_refused(note),
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

    fn proposes(&self, note: &ProposerNote) -> Sentence {
        match note {
            ProposerNote::ProposesReported { proposal, reported, reported_by, reports, wanted, count } => {
                let me = &self.me;
                let (ballot, value) = (self.ballot(proposal.ballot), &proposal.value);
                let forced = *wanted != *value;
                let (headline, but) = if forced {
                    (format!("{me} must propose “{value}” under {ballot}"), format!(", not “{wanted}”"))
                } else {
                    (format!("{me} must propose “{value}” under {ballot}, as it wanted"), String::new())
                };
                let reason = format!(
                    "{} promised, {reports} of them reported a proposal; {}'s {} is the highest-numbered. It may be chosen, \
                     so {me} must propose “{value}”{but}.",
                    of(*count),
                    self.node(*reported_by),
                    self.proposal(reported)
                );
                said(if forced { Tone::Warning } else { Tone::Routine }, P2C, headline, reason)
            }
            ProposerNote::ProposesOwn { proposal, ignored: Some((reported, by)), .. } => {
                let me = &self.me;
                let headline = format!("{me} proposes {} under {}", quoted(proposal), self.ballot(proposal.ballot));
                let reason = format!(
                    "{} reported {}, which may be chosen: {me} had to propose “{}”, and is deaf to it.",
                    self.node(*by),
                    self.proposal(reported),
                    reported.value
                );
                said(Tone::Bad, P2C, headline, reason)
            }
            ProposerNote::ProposesOwn { proposal, ignored: None, count } => {
                let reason = format!(
                    "{} promised ({}) and had accepted nothing: nothing below {} is or will be chosen, so any value will do.",
                    of(*count),
                    self.list(count.by),
                    self.ballot(proposal.ballot)
                );
                let headline = format!(
                    "{} is free to propose {} under {}",
                    self.me,
                    quoted(proposal),
                    self.ballot(proposal.ballot)
                );
                said(Tone::Good, P2C, headline, reason)
            }
            other => unreachable!("{other:?} proposes nothing"),
        }
    }

    fn is_refused(&self, note: &ProposerNote) -> Sentence {
        match note {
            ProposerNote::HearsNack { ballot, from, promised, count } => {
                let headline = format!("{} is refused {} by {}", self.me, self.ballot(*ballot), self.node(*from));
                let reason = format!(
                    "{} has promised {}. {} refused; {} would end the ballot.",
                    self.node(*from),
                    self.ballot(*promised),
                    of(*count),
                    count.needed
                );
                said(Tone::Bad, PHASES, headline, reason)
            }
            ProposerNote::Abandons { ballot, highest, count } => {
                let headline = format!("{} abandons {}", self.me, self.ballot(*ballot));
                let reason = format!(
                    "{} refused ({}): no quorum is left. It waits a random while, so that {} may finish, and then goes higher.",
                    of(*count),
                    self.list(count.by),
                    self.ballot(*highest)
                );
                said(Tone::Bad, PROGRESS, headline, reason)
            }
            other => unreachable!("{other:?} is no refusal"),
        }
    }

    fn decides(&self, chosen: &Proposal, wanted: Option<&Value>) -> Sentence {
        let (headline, reason) = match wanted {
            Some(wanted) if *wanted == chosen.value => (
                format!("{} knows that its {} is chosen", self.me, quoted(chosen)),
                "Its client gets the answer.".into(),
            ),
            Some(wanted) => (
                format!("{} knows that {} is chosen", self.me, quoted(chosen)),
                format!("Its client asked for “{wanted}” and is told {}.", quoted(chosen)),
            ),
            None => (format!("{} knows that {} is chosen", self.me, quoted(chosen)), "No client waits here.".into()),
        };
        let reason = format!("A quorum accepted {}: no other value can be chosen. {reason}", self.proposal(chosen));
        said(Tone::Good, LEARNING, headline, reason)
    }

    fn acceptor(&self, note: &AcceptorNote) -> Sentence {
        let me = &self.me;
        match note {
            AcceptorNote::Promises { ballot, previous, accepted } => {
                let before = match previous {
                    None => "It had promised nothing".into(),
                    Some(previous) => {
                        format!("{} is higher than its promise {}", self.ballot(*ballot), self.ballot(*previous))
                    }
                };
                let report = match accepted {
                    None => "It has accepted nothing to report".into(),
                    Some(proposal) => format!("It reports that it accepted {}", self.proposal(proposal)),
                };
                said(
                    Tone::Routine,
                    PHASES,
                    format!("{me} promises {}", self.ballot(*ballot)),
                    format!("{before}. {report}."),
                )
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
                format!("It has promised {}, which is higher.", self.ballot(*promised)),
            ),
            AcceptorNote::Accepts { proposal, promised, previous } => {
                let allowed = match promised {
                    None => "It has promised nothing.".into(),
                    Some(promised) => format!("Its promise {} is not higher.", self.ballot(*promised)),
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
                "It had accepted just that.".into(),
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

    fn learner(&self, note: &LearnerNote) -> Sentence {
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

    fn node(&self, id: NodeId) -> String {
        (self.name)(id)
    }

    fn ballot(&self, ballot: Ballot) -> String {
        format!("{}.{}", ballot.round, self.node(ballot.proposer))
    }

    fn maybe_ballot(&self, ballot: Option<Ballot>) -> String {
        ballot.map_or("nothing".into(), |ballot| self.ballot(ballot))
    }

    fn proposal(&self, proposal: &Proposal) -> String {
        format!("({}, {})", self.ballot(proposal.ballot), proposal.value)
    }

    fn maybe_proposal(&self, proposal: Option<&Proposal>) -> String {
        proposal.map_or("nothing".into(), |proposal| self.proposal(proposal))
    }

    /// `a1, a3`.
    fn list(&self, nodes: NodeSet) -> String {
        let names: Vec<String> = nodes.iter().map(|id| self.node(id)).collect();
        names.join(", ")
    }
}

fn of(count: Count) -> String {
    format!("{} of {}", count.by.len(), count.of)
}

fn quoted(proposal: &Proposal) -> String {
    format!("“{}”", proposal.value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::paxos::harness::{World, config};
    use crate::paxos::{Config, Flaw, Timer};

    const P1: NodeId = NodeId(0);
    const P2: NodeId = NodeId(1);

    /// Acceptor `n`, counted from 1, in a world with two proposers.
    fn a(n: u8) -> NodeId {
        NodeId(n + 1)
    }

    fn name(id: NodeId) -> String {
        if id.0 < 2 { format!("p{}", id.0 + 1) } else { format!("a{}", id.0 - 1) }
    }

    /// One number per kind of note. The compiler asks for a new arm when a kind is added, and [`KINDS`] for its number.
    fn kind(note: &Note) -> usize {
        match note {
            Note::Starts { round: 0, promised: None, .. } => 0,
            Note::Starts { .. } => 1,
            Note::NoProposer => 2,
            Note::Ignores { why: Why::Duplicate, .. } => 3,
            Note::Ignores { why: Why::OlderBallot(_), .. } => 4,
            Note::Ignores { why: Why::PhaseOver, .. } => 5,
            Note::Ignores { why: Why::NoBallot, .. } => 6,
            Note::Proposer(note) => match note {
                ProposerNote::Prepares { trigger: Trigger::Asked, .. } => 7,
                ProposerNote::Prepares { trigger: Trigger::TimedOut, .. } => 8,
                ProposerNote::Prepares { trigger: Trigger::BackedOff, .. } => 9,
                ProposerNote::TimesOut { accepting: false, .. } => 10,
                ProposerNote::TimesOut { accepting: true, .. } => 11,
                ProposerNote::AlreadyProposing { .. } => 12,
                ProposerNote::AlreadyChosen { .. } => 13,
                ProposerNote::CountsPromise { late: None, .. } => 14,
                ProposerNote::CountsPromise { late: Some(_), .. } => 29,
                ProposerNote::ProposesOwn { ignored: None, .. } => 15,
                ProposerNote::ProposesOwn { ignored: Some(_), .. } => 30,
                ProposerNote::ProposesReported { .. } => 16,
                ProposerNote::CountsAccepted { .. } => 17,
                ProposerNote::HearsNack { .. } => 18,
                ProposerNote::Abandons { .. } => 19,
                ProposerNote::Decides { .. } => 20,
            },
            Note::Acceptor(note) => match note {
                AcceptorNote::Promises { .. } => 21,
                AcceptorNote::PromisesAgain { .. } => 22,
                AcceptorNote::RefusesPrepare { .. } => 23,
                AcceptorNote::Accepts { .. } => 24,
                AcceptorNote::AcceptsAgain { .. } => 25,
                AcceptorNote::RefusesAccept { .. } => 26,
            },
            Note::Learner(LearnerNote::Counts { .. }) => 27,
            Note::Learner(LearnerNote::Learns { .. }) => 28,
        }
    }

    const KINDS: usize = 31;

    /// p1 alone: a doubled Prepare, a doubled Promise, a ballot given up, and acceptances said twice.
    fn p1_begins(world: &mut World) {
        world.propose(P1, "blue");
        world.propose(P1, "green");
        world.propose(a(1), "red");
        world.sync(P1).unwrap();
        let prepare = world.take("Prepare", P1, a(1));
        world.deliver(prepare.clone()).unwrap();
        world.deliver(prepare).unwrap();
        world.sync(a(1)).unwrap();
        world.pass("Promise", a(1), P1);
        world.pass("Promise", a(1), P1);
        world.pass("Prepare", P1, a(2));
        world.fire(P1, Timer::Retry).unwrap();
        world.pass("Promise", a(2), P1);
        world.sync(P1).unwrap();
        for acceptor in [a(1), a(2), a(3), a(4)] {
            world.pass("Prepare", P1, acceptor);
            world.pass("Promise", acceptor, P1);
        }
        let accept = world.take("Accept", P1, a(1));
        world.deliver(accept.clone()).unwrap();
        world.deliver(accept).unwrap();
        world.sync(a(1)).unwrap();
        for learner in [P1, P1, P2] {
            world.pass("Accepted", a(1), learner);
        }
    }

    /// p2 outbids p1, learns of blue, and p1 is refused until it abandons its ballot.
    fn p2_outbids(world: &mut World) {
        world.propose(P2, "red");
        world.sync(P2).unwrap();
        for acceptor in [a(1), a(2), a(3)] {
            world.pass("Prepare", P2, acceptor);
            world.pass("Promise", acceptor, P2);
        }
        world.pass("Prepare", P2, a(5));
        world.pass("Prepare", P1, a(5));
        for acceptor in [a(2), a(3), a(5)] {
            world.pass("Accept", P1, acceptor);
            world.pass("Nack", acceptor, P1);
        }
        world.pass("Nack", a(5), P1);
        world.fire(P1, Timer::BackOff).unwrap();
        world.fire(P2, Timer::Retry).unwrap();
        world.crash(a(1), 0).unwrap();
    }

    /// Every kind of note, from what really happened.
    fn all_notes() -> Vec<(NodeId, Note)> {
        let mut world = World::new(2, 5);
        p1_begins(&mut world);
        p2_outbids(&mut world);
        world.settle();
        for _ in 0..10 {
            let Some((id, timer)) = world.timers.first().copied() else { break };
            world.fire(id, timer).unwrap();
            world.settle();
        }
        world.propose(P1, "yellow");
        world.notes.into_iter().chain(flawed_notes()).collect()
    }

    /// What no sound proposer does.
    fn flawed_notes() -> impl Iterator<Item = (NodeId, Note)> {
        let world = |flaw| World::of((0..5).map(|id| Config { flaw: Some(flaw), ..config(2, 3, NodeId(id)) }));
        let promised = |world: &mut World, proposer| {
            for acceptor in [a(1), a(2)] {
                world.pass("Prepare", proposer, acceptor);
                world.pass("Promise", acceptor, proposer);
            }
        };
        let mut deaf = world(Flaw::AcceptedValueIgnored);
        for (proposer, value) in [(P1, "blue"), (P2, "red")] {
            deaf.propose(proposer, value);
            deaf.sync(proposer).unwrap();
            promised(&mut deaf, proposer);
            deaf.pass("Accept", proposer, a(1));
        }
        let mut hasty = world(Flaw::LatePromisesCounted);
        hasty.propose(P1, "blue");
        hasty.sync(P1).unwrap();
        hasty.pass("Prepare", P1, a(1));
        hasty.fire(P1, Timer::Retry).unwrap();
        hasty.pass("Promise", a(1), P1);
        deaf.notes.into_iter().chain(hasty.notes)
    }

    #[test]
    fn every_note_happens_and_has_its_words() {
        let notes = all_notes();
        let mut seen = BTreeMap::new();
        for (node, note) in &notes {
            seen.entry(kind(note)).or_insert((*node, note));
            let (sentence, outcome) = (sentence(&name, *node, note), outcome(&name, *node, note));
            assert!(sentence.headline.contains(&name(*node)), "{sentence:?}");
            assert!(sentence.source.starts_with("Paxos Made Simple §2."), "{sentence:?}");
            assert!(outcome.contains(&name(*node)), "{outcome}");
            for text in [&sentence.headline, &sentence.reason, &outcome] {
                assert!(!text.contains("  ") && !text.contains("n3"), "{text}");
            }
        }
        let missing: Vec<usize> = (0..KINDS).filter(|kind| !seen.contains_key(kind)).collect();
        assert!(missing.is_empty() && seen.len() == KINDS, "kinds {missing:?} of note never happened");
    }

    /// The words of the page's list of what can happen next.
    #[test]
    fn outcomes_say_what_is_to_come_and_why() {
        let outcomes: Vec<String> = all_notes().iter().map(|(node, note)| outcome(&name, *node, note)).collect();
        for expected in [
            "a2 will refuse: it promised 3.p2",
            "a1 will promise and report (2.p1, blue)",
            "p1 will have 2 of 5 promises",
            "p2 will have to propose “blue”, not “red”",
            "a4 will accept “blue”",
        ] {
            assert!(outcomes.iter().any(|outcome| outcome == expected), "nothing reads: {expected}");
        }
    }
}

//! The notes of Paxos in words, after the fact ([`sentence`]) and before it ([`outcome()`]).
//!
//! Names are the caller's, since only it knows whether a node is called `p1`, `a3` or `n2`.

mod acceptor;
mod outcome;
mod proposer;
#[cfg(test)]
mod tests;

pub use outcome::outcome;

use super::{Sentence, Tone, said};
use crate::node::{NodeId, NodeSet};
use crate::paxos::{Ballot, Note, Proposal, Why};

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
            "Only a proposer issues proposals, so there is nothing that it could do with a value.".into(),
        ),
        Note::Ignores { kind, from, ballot, why } => words.ignores(kind, *from, *ballot, *why),
        Note::Proposer(note) => words.proposer(note),
        Note::Acceptor(note) => words.acceptor(note),
        Note::Learner(note) => words.learner(note),
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

fn quoted(proposal: &Proposal) -> String {
    format!("“{}”", proposal.value)
}

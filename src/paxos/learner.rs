//! The learner: it counts acceptances. What it knows it has from acceptors alone, so a crash may take it all.

use super::note::{LearnerNote, Note, Why};
use super::proposal::Proposal;
use super::{Config, Paxos};
use crate::node::{Effects, NodeId, NodeSet};
use crate::sorted::SortedMap;

/// What a learner has heard since it started (Paxos Made Simple §2.3).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Learner {
    /// By proposal, not by value: a value is chosen by a quorum that accepted it under one ballot.
    tallies: SortedMap<Proposal, NodeSet>,
    chosen: Option<Proposal>,
}

impl Learner {
    /// Who is known to have accepted what, lowest ballot first.
    pub fn tallies(&self) -> &SortedMap<Proposal, NodeSet> {
        &self.tallies
    }

    /// The first proposal that a quorum is known to have accepted.
    pub fn chosen(&self) -> Option<&Proposal> {
        self.chosen.as_ref()
    }

    /// Counts an acceptance; returns what has been chosen if this is how the learner finds out. `noted`: this node's
    /// proposer counted the same message and left word of it.
    pub(super) fn on_accepted(
        &mut self,
        config: &Config,
        from: NodeId,
        proposal: &Proposal,
        noted: bool,
        out: &mut Effects<Paxos>,
    ) -> Option<Proposal> {
        let by = self.tallies.or_default(proposal.clone());
        if !by.insert(from) {
            if !noted {
                let ballot = proposal.ballot;
                out.note(Note::Ignores { kind: "Accepted", from, ballot, why: Why::Duplicate });
            }
            return None;
        }
        let count = config.accept_count(*by);
        if !noted {
            out.note(LearnerNote::Counts { proposal: proposal.clone(), from, count });
        }
        if self.chosen.is_some() || !config.is_accept_quorum(*by) {
            return None;
        }
        out.note(LearnerNote::Learns { chosen: proposal.clone(), count });
        self.chosen = Some(proposal.clone());
        self.chosen.clone()
    }
}

//! Leader election (§5.2) under the election restriction (§5.4.1).

use super::log::{EntryId, Term};
use super::note::{ElectionNote, Ignored, Note, VoteRefusal};
use super::persistent::Delta;
use super::role::Role;
use super::{Flaw, Message, Raft};
use crate::node::{Clocks, Command, Effects, NodeId};

impl<C: Command> Raft<C> {
    /// A candidate asks for a vote in a term that is not above this server's (a higher one was adopted before).
    pub(super) fn on_request_vote(&mut self, candidate: NodeId, term: Term, last: EntryId, out: &mut Effects<Self>) {
        let (own, own_last) = (self.state.term, self.state.log.last());
        let verdict = if term < own {
            Err(VoteRefusal::StaleTerm { own })
        } else if let Some(winner) = self.state.vote.filter(|winner| *winner != candidate) {
            Err(VoteRefusal::AlreadyVoted { winner })
        } else if self.lags(last) {
            Err(VoteRefusal::LogNotUpToDate { candidate_last: last, own_last })
        } else {
            Ok(())
        };
        match verdict {
            Ok(()) => {
                if self.state.vote.is_none() {
                    self.save(Delta::Vote(candidate), out);
                }
                out.note(ElectionNote::VoteGranted { candidate, term, candidate_last: last, own_last });
                self.reset_election_timer(out);
            }
            Err(why) => out.note(ElectionNote::VoteRefused { candidate, term, why }),
        }
        // After the sync even if nothing was written now: a repeated request must not overtake the vote that it repeats.
        out.send_after_sync(candidate, Message::Vote { term: own, granted: verdict.is_ok() });
    }

    /// Whether a candidate's log, which ends at `last`, may lack what is committed (§5.4.1).
    pub(super) fn lags(&self, last: EntryId) -> bool {
        last < self.state.log.last() && !self.has(Flaw::VoteWithoutUpToDateCheck)
    }

    /// A voter answers, perhaps late, perhaps twice.
    pub(super) fn on_vote(&mut self, from: NodeId, term: Term, granted: bool, at: Clocks, out: &mut Effects<Self>) {
        let (own, members) = (self.state.term, *self.membership());
        let counts_copies = self.has(Flaw::DuplicateVotesCounted);
        let ignored = |why| Note::ReplyIgnored { from, message: "Vote", why };
        if term < own {
            return out.note(ignored(Ignored::OlderTerm { term, own }));
        }
        let Role::Candidate { votes } = &mut self.role else {
            return out.note(ignored(Ignored::NotCandidate));
        };
        if !granted {
            out.note(ElectionNote::VoteDenied { from, term, votes: *votes, members });
        } else if votes.contains(from) && counts_copies {
            let votes = *votes;
            self.miscount.repeats += 1;
            let counted = votes.len() as u64 + u64::from(self.miscount.repeats);
            out.note(ElectionNote::VoteCountedAgain { from, term, counted, members });
            if 2 * counted > members.voters.len() as u64 {
                self.take_office(at, out);
            }
        } else if !votes.insert(from) {
            out.note(ignored(Ignored::DuplicateVote));
        } else {
            let votes = *votes;
            let enough = self.has_quorum(votes);
            out.note(ElectionNote::VoteCounted { from, term, votes, enough, members });
            if enough {
                self.take_office(at, out);
            }
        }
    }

    fn take_office(&mut self, at: Clocks, out: &mut Effects<Self>) {
        self.become_leader(at, out);
        self.append_noop(at, out);
    }
}

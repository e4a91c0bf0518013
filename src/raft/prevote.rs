//! Pre-vote (T §9.6): a server asks whether it could win before it raises its term.
//!
//! A server that is cut off cannot win, so it stays in its term, and when it comes back nobody has to adopt a higher one
//! from it. The question and the answer change nothing: no term, no vote, nothing on disk. So the answer binds nobody: the
//! election that follows is the real one.

use super::log::{EntryId, Term};
use super::note::{Heard, Ignored, Note, PreVoteNote, VoteRefusal};
use super::role::Role;
use super::{Config, Message, Raft, Timer};
use crate::node::{Clocks, Command, Effects, NodeId, NodeSet};

impl<C: Command> Raft<C> {
    /// The election timer ran out.
    pub(super) fn stand(&mut self, out: &mut Effects<Self>) {
        assert!(self.may_stand(), "who has no vote does not wait for one");
        if self.config.switches.pre_vote {
            self.become_pre_candidate(out);
        } else {
            self.become_candidate(None, out);
        }
    }

    /// Follower, pre-candidate or candidate -> pre-candidate, in the same term.
    fn become_pre_candidate(&mut self, out: &mut Effects<Self>) {
        let heard = self.heard();
        let Config { id, election_timeout: timeout, .. } = self.config;
        let members = *self.membership();
        let (term, last) = (self.state.term, self.state.log.last());
        self.role = Role::PreCandidate { grants: NodeSet::EMPTY };
        out.note(PreVoteNote::Asks { next: term.next(), last, heard, timeout, members });
        out.set_timer(Timer::Election, timeout);
        for peer in members.electorate().without(id).iter() {
            // Its term is durable before it is named, as in all messages that rely on it.
            out.send_after_sync(peer, Message::PreVote { term, last });
        }
        self.on_pre_vote_reply(id, term, term, true, out);
    }

    /// Somebody asks whether it could have this server's vote in the term after its own.
    pub(super) fn on_pre_vote(
        &mut self,
        from: NodeId,
        asked: Term,
        last: EntryId,
        at: Clocks,
        out: &mut Effects<Self>,
    ) {
        let (term, own_last, next, candidate) = (self.state.term, self.state.log.last(), asked.next(), from);
        let refused = |why| PreVoteNote::Refused { candidate, next, why };
        let note = if asked < term {
            refused(VoteRefusal::StaleTerm { own: term })
        } else if let Some(contact) = self.contact(at) {
            PreVoteNote::HoldsOn { candidate, next, contact }
        } else if self.lags(last) {
            refused(VoteRefusal::LogNotUpToDate { candidate_last: last, own_last })
        } else {
            PreVoteNote::Granted { candidate, next, candidate_last: last, own_last }
        };
        let granted = matches!(note, PreVoteNote::Granted { .. });
        out.note(note);
        out.send_after_sync(from, Message::PreVoteReply { term, asked, granted });
    }

    /// An answer, perhaps late, perhaps twice. Its term, if higher, was adopted before.
    pub(super) fn on_pre_vote_reply(
        &mut self,
        from: NodeId,
        term: Term,
        asked: Term,
        granted: bool,
        out: &mut Effects<Self>,
    ) {
        let (own, members) = (self.state.term, *self.membership());
        let ignored = |why| Note::ReplyIgnored { from, message: "PreVoteReply", why };
        if asked < own {
            return out.note(ignored(Ignored::OlderTerm { term: asked, own }));
        }
        let Role::PreCandidate { grants } = &mut self.role else {
            return out.note(ignored(Ignored::NotCandidate));
        };
        if !granted {
            out.note(PreVoteNote::Denied { from, term, next: own.next(), grants: *grants, members });
        } else if !grants.insert(from) {
            out.note(ignored(Ignored::DuplicateVote));
        } else {
            let grants = *grants;
            let enough = self.has_quorum(grants);
            out.note(PreVoteNote::Counted { from, next: own.next(), grants, enough, members });
            if enough {
                self.become_candidate(Some(Heard::Grants(grants)), out);
            }
        }
    }
}

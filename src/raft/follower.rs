//! A follower's side of log replication: the consistency check and the repair of conflicts (§5.3).

use std::sync::Arc;

use super::log::{Entry, EntryId, Index, Term};
use super::message::AppendResult;
use super::note::{AppendRefusal, Note};
use super::persistent::Delta;
use super::role::Role;
use super::tenure::Round;
use super::{Flaw, Message, Raft};
use crate::node::{Clocks, Command, Effects, NodeId};

/// An AppendEntries, taken apart.
pub(super) struct Append<C> {
    pub(super) term: Term,
    pub(super) previous: EntryId,
    pub(super) entries: Arc<[Entry<C>]>,
    pub(super) commit: Index,
    pub(super) round: Round,
}

impl<C: Command> Raft<C> {
    /// A leader replicates to this server, in a term that is not above its own (a higher one was adopted before).
    pub(super) fn on_append_entries(
        &mut self,
        leader: NodeId,
        append: &Append<C>,
        at: Clocks,
        out: &mut Effects<Self>,
    ) {
        let own = self.state.term;
        if append.term < own {
            out.note(Note::AppendRefused { leader, why: AppendRefusal::StaleTerm { term: append.term, own } });
            return self.answer_append(leader, AppendResult::StaleTerm, append.round, out);
        }
        if matches!(self.role, Role::Leader { .. }) {
            // Election Safety is broken already. There is no rule for this; the invariant's observer reports it.
            return;
        }
        self.heard_leader(leader, at, out);

        let previous = append.previous;
        let why = match self.state.log.term_at(previous.index) {
            Some(term) if term == previous.term => None,
            Some(own) => Some(AppendRefusal::TermMismatch { previous, own }),
            None => Some(AppendRefusal::MissingPrevious { previous, own_last: self.state.log.last() }),
        };
        if let Some(why) = why {
            out.note(Note::AppendRefused { leader, why });
            let last = self.state.log.last_index();
            let result = AppendResult::Mismatch { previous: previous.index, last };
            return self.answer_append(leader, result, append.round, out);
        }
        self.take_entries(leader, previous, &append.entries, out);
        let up_to = Index(previous.index.0 + append.entries.len() as u64);
        // Past `up_to` this log is unproven: it may still hold what another leader left there.
        let commit = append.commit.min(up_to);
        if commit > self.commit {
            out.note(Note::CommitLearned { leader, old: self.commit, new: commit });
            self.advance_commit(commit, out);
        }
        self.answer_append(leader, AppendResult::Matched { up_to }, append.round, out);
    }

    /// Appends what is new. Only a real conflict removes anything: an append that comes late or twice is shorter than the
    /// log and agrees with it, and what follows may already be acknowledged.
    fn take_entries(&mut self, leader: NodeId, previous: EntryId, entries: &Arc<[Entry<C>]>, out: &mut Effects<Self>) {
        let first = previous.index.next();
        let log = &self.state.log;
        let known = (first.0..)
            .map(Index)
            .zip(entries.iter())
            .take_while(|(index, entry)| log.term_at(*index) == Some(entry.term))
            .count();
        let added = &entries[known..];
        if let Some(entry) = added.first() {
            let from = Index(first.0 + known as u64);
            if let Some(term) = log.term_at(from) {
                let (own, leaders) = (EntryId { term, index: from }, EntryId { term: entry.term, index: from });
                let removed = log.last_index().0 - from.0 + 1;
                out.note(Note::ConflictTruncated { leader, own, leaders, removed });
                self.save(Delta::Truncate { from }, out);
            }
            let added = if known == 0 { Arc::clone(entries) } else { Arc::from(added) };
            self.save(Delta::Append(added), out);
        }
        out.note(Note::AppendAccepted {
            leader,
            previous,
            received: entries.len() as u64,
            added: added.len() as u64,
            last: self.state.log.last(),
        });
    }

    /// Replies once all that it rests on is durable. That may have been written by an earlier append, so a heartbeat's
    /// reply waits as well.
    fn answer_append(&mut self, leader: NodeId, result: AppendResult, round: Round, out: &mut Effects<Self>) {
        let reply = Message::AppendReply { term: self.state.term, result, round };
        if self.has(Flaw::AcknowledgeBeforeSync) {
            return out.send(leader, reply);
        }
        out.send_after_sync(leader, reply);
    }
}

//! A follower's side of log replication: the consistency check and the repair of conflicts (§5.3).

use std::sync::Arc;

use super::log::{Entry, EntryId, Index, Term};
use super::message::AppendResult;
use super::note::{AppendRefusal, FollowerNote};
use super::persistent::Delta;
use super::role::Role;
use super::tenure::Round;
use super::{Flaw, Message, Raft, Timer};
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
            out.note(FollowerNote::AppendRefused { leader, why: AppendRefusal::StaleTerm { term: append.term, own } });
            return self.answer_append(leader, AppendResult::StaleTerm, append.round, out);
        }
        if matches!(self.role, Role::Leader { .. }) {
            // Election Safety is broken already. There is no rule for this; the invariant's observer reports it.
            return;
        }
        self.heard_leader(leader, at, out);

        let (previous, entries) = self.beyond_snapshot(append);
        let why = match self.state.log.term_at(previous.index) {
            Some(term) if term == previous.term => None,
            Some(_) if self.has(Flaw::AppendWithoutPreviousCheck) => None,
            Some(own) => Some(AppendRefusal::TermMismatch { previous, own }),
            None => Some(AppendRefusal::MissingPrevious { previous, own_last: self.state.log.last() }),
        };
        if let Some(why) = why {
            out.note(FollowerNote::AppendRefused { leader, why });
            let last = self.state.log.last_index();
            let conflict = match why {
                AppendRefusal::TermMismatch { previous, own: term } if self.config.switches.fast_repair => {
                    Some(EntryId { term, index: self.state.log.first_of_term(previous.index) })
                }
                _ => None,
            };
            let result = AppendResult::Mismatch { previous: previous.index, last, conflict };
            return self.answer_append(leader, result, append.round, out);
        }
        self.take_entries(leader, previous, &entries, out);
        let up_to = Index(append.previous.index.0 + append.entries.len() as u64);
        // Past `up_to` this log is unproven: it may still hold what another leader left there.
        let commit = append.commit.min(up_to);
        if commit > self.commit {
            out.note(FollowerNote::CommitLearned { leader, old: self.commit, new: commit });
            self.advance_commit(commit, out);
            if !self.may_stand() {
                // It may just have learned that its removal is committed.
                out.cancel_timer(Timer::Election);
            }
        }
        self.answer_append(leader, AppendResult::Matched { up_to }, append.round, out);
    }

    /// The previous entry and the entries of `append`, without those that a snapshot of this server covers. These are
    /// committed, so the leader has the same ones (Leader Completeness): there is nothing to check.
    fn beyond_snapshot(&self, append: &Append<C>) -> (EntryId, Arc<[Entry<C>]>) {
        let base = self.state.log.base();
        let covered = base.index.0.saturating_sub(append.previous.index.0);
        if covered == 0 {
            return (append.previous, Arc::clone(&append.entries));
        }
        let rest = append.entries.get(covered as usize..).unwrap_or_default();
        (base, Arc::from(rest))
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
        let end = Index(previous.index.0 + entries.len() as u64);
        if added.is_empty() && self.state.log.last_index() > end && self.has(Flaw::TruncateByShorterAppend) {
            self.save(Delta::Truncate { from: end.next() }, out);
        }
        if let Some(entry) = added.first() {
            let from = Index(first.0 + known as u64);
            if let Some(term) = self.state.log.term_at(from) {
                let (own, leaders) = (EntryId { term, index: from }, EntryId { term: entry.term, index: from });
                let removed = self.state.log.last_index().0 - from.0 + 1;
                out.note(FollowerNote::ConflictTruncated { leader, own, leaders, removed });
                self.save(Delta::Truncate { from }, out);
            }
            let added = if known == 0 { Arc::clone(entries) } else { Arc::from(added) };
            self.save(Delta::Append(added), out);
        }
        out.note(FollowerNote::AppendAccepted {
            leader,
            previous,
            received: entries.len() as u64,
            added: added.len() as u64,
            last: self.state.log.last(),
        });
    }

    /// Replies once all that it rests on is durable. That may have been written by an earlier append, so a heartbeat's
    /// reply waits as well.
    pub(super) fn answer_append(
        &mut self,
        leader: NodeId,
        result: AppendResult,
        round: Round,
        out: &mut Effects<Self>,
    ) {
        let reply = Message::AppendReply { term: self.state.term, result, round };
        if self.has(Flaw::AcknowledgeBeforeSync) {
            return out.send(leader, reply);
        }
        out.send_after_sync(leader, reply);
    }
}

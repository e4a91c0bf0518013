//! A leader's side of log replication (§5.3) and the commit rule (§5.4.2).

use std::sync::Arc;

use super::log::{Entry, EntryId, Index, Payload, Term};
use super::message::AppendResult;
use super::note::{Ignored, Note};
use super::persistent::Delta;
use super::role::{Progress, Role};
use super::tenure::{Round, Tenure};
use super::transfer::Transfer;
use super::{Flaw, Message, Raft, Reads, Refusal, Response};
use crate::node::{Answer, Clocks, Command, Effects, NodeId, NodeSet, RequestId};

/// Entries on their way to several followers: most need the same ones, so they are collected once.
struct Batch<C> {
    first: Index,
    entries: Arc<[Entry<C>]>,
}

impl<C: Command> Raft<C> {
    /// The first act in office: an entry of its own term, which it may commit, and all before it with it (§8).
    pub(super) fn append_noop(&mut self, at: Clocks, out: &mut Effects<Self>) {
        if self.config.switches.reads == Reads::Lease {
            self.tenure_mut().start_round(at);
        }
        self.append(Payload::Noop, None, out);
        self.confirm_rounds(at, out);
    }

    /// Takes what a client wants into the log, unless it hands over.
    pub(super) fn propose(&mut self, payload: Payload<C>, request: RequestId, out: &mut Effects<Self>) {
        let Some(Transfer { target, .. }) = self.tenure().and_then(Tenure::transfer).copied() else {
            return self.append(payload, Some(request), out);
        };
        out.note(Note::RefusedHandingOver { request, target });
        out.reply(request, Answer::Refused(Refusal::HandingOver { target }));
    }

    /// Puts one entry at the end of its log and sends it to whoever is ready for it. Its own disk works in parallel: it
    /// counts itself only when told that the entry is durable.
    pub(super) fn append(&mut self, payload: Payload<C>, request: Option<RequestId>, out: &mut Effects<Self>) {
        let term = self.state.term;
        let entries: Arc<[Entry<C>]> = Arc::from([Entry { term, payload }]);
        self.save(Delta::Append(Arc::clone(&entries)), out);
        let entry = self.state.log.last();
        if let Some(request) = request {
            self.pending.insert((entry.index, term), request);
        }
        out.note(Note::EntryAppended { entry, request });
        let own = AppendResult::Matched { up_to: entry.index };
        out.send_after_sync(self.config.id, Message::AppendReply { term, result: own, round: Round::default() });
        let mut batch = Some(Batch { first: entry.index, entries });
        for peer in self.config.peers().iter() {
            // A follower that is being probed gets it after the probe; the first probe is the no-op.
            if !self.progress(peer).probing || request.is_none() {
                self.send_append(peer, &mut batch, out);
            }
        }
    }

    /// Sends `to` what it lacks, or nothing but a heartbeat if it lacks nothing.
    fn send_append(&mut self, to: NodeId, batch: &mut Option<Batch<C>>, out: &mut Effects<Self>) {
        let Progress { next: first, probing, .. } = *self.progress(to);
        let lacking = self.state.log.last_index().next().0.saturating_sub(first.0);
        let count = lacking.min(u64::from(self.config.entries_per_append()));
        let entries = match batch {
            _ if count == 0 => Arc::default(),
            Some(batch) if batch.first == first && batch.entries.len() as u64 == count => Arc::clone(&batch.entries),
            _ => {
                let entries = self.state.log.slice(first, count);
                *batch = Some(Batch { first, entries: Arc::clone(&entries) });
                entries
            }
        };
        if !probing {
            self.progress(to).next = Index(first.0 + count);
        }
        let previous = self.state.log.id_at(first.previous());
        let (term, commit, round) = (self.state.term, self.commit, self.round());
        out.send(to, Message::AppendEntries { term, previous, entries, commit, round });
    }

    /// Tells everyone that the leader is alive, and tries lost probes again.
    pub(super) fn send_heartbeats(&mut self, out: &mut Effects<Self>) {
        let followers = self.config.peers();
        out.note(Note::HeartbeatSent { term: self.state.term, commit: self.commit, followers });
        let mut batch = None;
        for peer in followers.iter() {
            self.send_append(peer, &mut batch, out);
        }
    }

    /// Sends `to` what it lacks.
    pub(super) fn send_missing(&mut self, to: NodeId, out: &mut Effects<Self>) {
        self.send_append(to, &mut None, out);
    }

    /// A follower answers, perhaps late, perhaps twice; or its own disk does.
    pub(super) fn on_append_reply(
        &mut self,
        from: NodeId,
        term: Term,
        result: AppendResult,
        round: Round,
        at: Clocks,
        out: &mut Effects<Self>,
    ) {
        let own = self.state.term;
        let ignored = if term < own {
            Some(Ignored::OlderTerm { term, own })
        } else if !matches!(self.role, Role::Leader { .. }) {
            Some(Ignored::NotLeader)
        } else if result == AppendResult::StaleTerm {
            Some(Ignored::EarlierTerm)
        } else {
            None
        };
        if let Some(why) = ignored {
            return out.note(Note::ReplyIgnored { from, message: "AppendReply", why });
        }
        self.on_acknowledged(from, round, at, out);
        match result {
            AppendResult::Matched { up_to } if from == self.config.id => self.on_own_log_durable(up_to, out),
            AppendResult::Matched { up_to } => self.on_matched(from, up_to, out),
            AppendResult::Mismatch { previous, last } => self.on_mismatch(from, previous, last, out),
            AppendResult::StaleTerm => unreachable!("ignored above"),
        }
    }

    fn on_own_log_durable(&mut self, up_to: Index, out: &mut Effects<Self>) {
        let Role::Leader { durable, .. } = &mut self.role else { panic!("only a leader counts its own log") };
        *durable = up_to.max(*durable);
        out.note(Note::MatchAdvanced { server: self.config.id, matched: up_to });
        self.commit_by_counting(out);
    }

    fn on_matched(&mut self, follower: NodeId, up_to: Index, out: &mut Effects<Self>) {
        let last = self.state.log.last_index();
        let progress = self.progress(follower);
        let news = up_to > progress.matched;
        progress.matched = progress.matched.max(up_to);
        progress.probing &= up_to < progress.next.previous();
        progress.next = progress.next.max(progress.matched.next());
        let more = !progress.probing && progress.next <= last;
        if news {
            out.note(Note::MatchAdvanced { server: follower, matched: up_to });
            self.commit_by_counting(out);
            self.tell_target(out);
        }
        if more {
            self.send_append(follower, &mut None, out);
        }
    }

    fn on_mismatch(&mut self, follower: NodeId, refused: Index, follower_last: Index, out: &mut Effects<Self>) {
        let progress = self.progress(follower);
        let Progress { next, matched, probing } = *progress;
        let stale = if refused <= matched {
            Some(Ignored::AlreadyMatched { refused, matched })
        } else if probing && refused != next.previous() {
            Some(Ignored::NotCurrent { refused, next })
        } else {
            None
        };
        if let Some(why) = stale {
            return out.note(Note::ReplyIgnored { from: follower, message: "AppendReply", why });
        }
        // One step back, or to the end of a shorter log; never into what is known to match.
        let next = refused.min(follower_last.next()).max(matched.next());
        *progress = Progress { next, matched, probing: true };
        out.note(Note::NextIndexBackedUp { follower, refused, follower_last, next });
        self.send_append(follower, &mut None, out);
    }

    /// Commits what a majority holds, if it is of this term: an older entry on a majority may yet be overwritten
    /// (Figure 8), and is committed only along with one of this term (§5.4.2).
    fn commit_by_counting(&mut self, out: &mut Effects<Self>) {
        let Role::Leader { durable, followers, .. } = &self.role else { panic!("only a leader counts") };
        let own = self.config.id;
        let index = self.quorum_reached(|server| match followers.get(&server) {
            Some(progress) => progress.matched,
            None if server == own => *durable,
            None => Index::ZERO,
        });
        if index <= self.commit {
            return;
        }
        let members = self.config.members;
        let mut matching: NodeSet =
            followers.iter().filter(|(_, progress)| progress.matched >= index).map(|(follower, _)| *follower).collect();
        if *durable >= index {
            matching.insert(self.config.id);
        }
        let (term, entry) = (self.state.term, self.state.log.id_at(index));
        if entry.term == term || self.has(Flaw::CommitOlderTerms) {
            out.note(Note::CommitAdvanced { old: self.commit, entry, matching, members });
            self.advance_commit(index, out);
        } else {
            assert!(entry.term < term, "no log holds an entry of a term above its server's");
            out.note(Note::CommitHeldBack { entry, term, matching, members });
        }
    }

    /// What it knows of `follower`.
    fn progress(&mut self, follower: NodeId) -> &mut Progress {
        let Role::Leader { followers, .. } = &mut self.role else { panic!("only a leader has followers") };
        followers.get_mut(&follower).unwrap_or_else(|| panic!("{follower} is no follower"))
    }

    /// Entries up to `to` are committed: moves the commit index and answers the clients whose fate this decides.
    pub(super) fn advance_commit(&mut self, to: Index, out: &mut Effects<Self>) {
        let old_term = self.state.log.term_at(self.commit);
        assert!(to > self.commit, "the commit index only grows");
        self.commit = to;
        for ((index, term), request) in self.pending.take_below(&(to.next(), Term(0))) {
            self.settle(EntryId { term, index }, request, self.state.log.id_at(index), out);
        }
        // Terms never decrease along a log, so a committed entry of a later term rules out every older one after it.
        let by = self.state.log.id_at(to);
        if old_term != Some(by.term) && !self.pending.is_empty() {
            for ((index, term), request) in self.pending.take_where(|(_, term)| *term < by.term) {
                self.settle(EntryId { term, index }, request, by, out);
            }
        }
        self.answer_reads(out);
    }

    /// Answers the client whose request went into `entry`, now that `committed` is.
    fn settle(&self, entry: EntryId, request: RequestId, committed: EntryId, out: &mut Effects<Self>) {
        if entry == committed {
            out.note(Note::RequestCommitted { request, entry });
            let EntryId { index, term } = entry;
            // A no-op that somebody waits for is a read that goes through the log.
            let read = self.state.log.get(index).is_some_and(|entry| entry.payload == Payload::Noop);
            let response = if read { Response::ReadAt { index } } else { Response::Committed { index, term } };
            out.reply(request, Answer::Done(response));
        } else {
            out.note(Note::RequestSuperseded { request, entry, by: committed });
            out.reply(request, Answer::Refused(Refusal::Superseded { index: entry.index }));
        }
    }
}

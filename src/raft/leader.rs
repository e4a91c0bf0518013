//! A leader's side of log replication (§5.3) and the commit rule (§5.4.2).

use std::sync::Arc;

use super::log::{Entry, EntryId, Index, Log, Payload, PayloadKind, Term};
use super::message::AppendResult;
use super::note::{ClientNote, Ignored, LeaderNote, Note, TransferNote};
use super::persistent::Delta;
use super::progress::{Progress, ProgressState};
use super::role::Role;
use super::tenure::{Round, Tenure};
use super::transfer::Transfer;
use super::{Flaw, Message, Raft, Refusal, Response};
use crate::node::{Answer, Clocks, Command, Effects, NodeId, NodeSet, RequestId};

/// Entries on their way to several followers: most need the same ones, so they are collected once.
pub(super) struct Batch<C> {
    first: Index,
    entries: Arc<[Entry<C>]>,
}

impl<C: Command> Raft<C> {
    /// The first act in office: an entry of its own term, which it may commit, and all before it with it (§8).
    pub(super) fn append_noop(&mut self, at: Clocks, out: &mut Effects<Self>) {
        if self.numbers_heartbeats() {
            self.start_round(at);
        }
        self.append(Payload::Noop, None, out);
        self.confirm_rounds(at, out);
    }

    /// Takes what a client wants into the log, unless it hands over.
    pub(super) fn propose(&mut self, payload: Payload<C>, request: RequestId, out: &mut Effects<Self>) {
        let Some(Transfer { target, .. }) = self.tenure().and_then(Tenure::transfer).copied() else {
            return self.append(payload, Some(request), out);
        };
        out.note(TransferNote::RequestRefused { request, target });
        out.reply(request, Answer::Refused(Refusal::HandingOver { target }));
    }

    /// Puts one entry at the end of its log and sends it to whoever is ready for it. Its own disk works in parallel: it
    /// counts itself only when told that the entry is durable.
    pub(super) fn append(&mut self, payload: Payload<C>, request: Option<RequestId>, out: &mut Effects<Self>) {
        let term = self.state.term;
        let known = self.followers();
        let what = payload.kind();
        let entries: Arc<[Entry<C>]> = Arc::from([Entry { term, payload }]);
        self.save(Delta::Append(Arc::clone(&entries)), out);
        let entry = self.state.log.last();
        if let Some(request) = request {
            self.pending.insert((entry.index, term), request);
        }
        out.note(LeaderNote::EntryAppended { entry, request, what });
        let own = AppendResult::Matched { up_to: entry.index };
        out.send_after_sync(self.config.id, Message::AppendReply { term, result: own, round: Round::default() });
        let mut batch = Some(Batch { first: entry.index, entries });
        let window = self.config.switches.window;
        for peer in self.followers().iter() {
            let progress = self.progress(peer);
            if progress.is_full(window) {
                // It leaves with others in one message as soon as an answer makes room.
                let next = progress.next;
                out.note(LeaderNote::EntryHeldBack { follower: peer, entry, next });
            } else if progress.replicates() || (what == PayloadKind::Noop && request.is_none()) || !known.contains(peer)
            {
                // A follower that is being probed gets it after the probe; the first probe is the no-op, or, for a new
                // server, the configuration that brought it in.
                self.send_append(peer, &mut batch, out);
            }
        }
    }

    /// Sends `to` what it lacks, or nothing but a heartbeat if it lacks nothing.
    pub(super) fn send_append(&mut self, to: NodeId, batch: &mut Option<Batch<C>>, out: &mut Effects<Self>) {
        let window = self.config.switches.window;
        let progress = self.progress(to);
        let (first, full) = (progress.next, progress.is_full(window));
        let installs = matches!(progress.state, ProgressState::Snapshot { .. });
        if self.state.log.term_at(first.previous()).is_none() {
            return self.send_snapshot(to, out);
        }
        let lacking = self.state.log.last_index().next().0.saturating_sub(first.0);
        // A follower that has to answer something else first gets the bare question whether it has arrived.
        let count = if full || installs { 0 } else { lacking.min(u64::from(self.config.entries_per_append())) };
        let entries = match batch {
            _ if count == 0 => Arc::default(),
            Some(batch) if batch.first == first && batch.entries.len() as u64 == count => Arc::clone(&batch.entries),
            _ => {
                let entries = self.state.log.slice(first, count);
                *batch = Some(Batch { first, entries: Arc::clone(&entries) });
                entries
            }
        };
        if count > 0 {
            self.progress(to).sent(Index(first.0 + count), window);
        }
        let previous = self.state.log.id_at(first.previous());
        let (term, commit, round) = (self.state.term, self.commit, self.round());
        out.send(to, Message::AppendEntries { term, previous, entries, commit, round });
    }

    /// Tells everyone that the leader is alive, and tries lost probes again.
    pub(super) fn send_heartbeats(&mut self, out: &mut Effects<Self>) {
        let followers = self.followers();
        out.note(LeaderNote::HeartbeatSent { term: self.state.term, commit: self.commit, followers });
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
        } else if from != self.config.id && !self.has_follower(from) {
            Some(Ignored::NotMember)
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
            AppendResult::Mismatch { previous, last, conflict } => {
                self.on_mismatch(from, previous, last, conflict, out);
            }
            AppendResult::StaleTerm => unreachable!("ignored above"),
        }
    }

    fn on_own_log_durable(&mut self, up_to: Index, out: &mut Effects<Self>) {
        let Role::Leader { durable, .. } = &mut self.role else { panic!("only a leader counts its own log") };
        *durable = up_to.max(*durable);
        out.note(LeaderNote::MatchAdvanced { server: self.config.id, matched: up_to });
        self.commit_by_counting(out);
    }

    fn on_matched(&mut self, follower: NodeId, up_to: Index, out: &mut Effects<Self>) {
        if self.progress(follower).acknowledged(up_to) {
            out.note(LeaderNote::MatchAdvanced { server: follower, matched: up_to });
            self.commit_by_counting(out);
            self.tell_target(out);
        }
        self.send_more(follower, out);
    }

    /// Sends `follower` entries that waited for an answer: one message, or as many as the window has room for.
    fn send_more(&mut self, follower: NodeId, out: &mut Effects<Self>) {
        let window = self.config.switches.window;
        // What was just committed may have ended this server's office, or the follower's part in it.
        while self.has_follower(follower) {
            let last = self.state.log.last_index();
            let progress = self.progress(follower);
            if !progress.replicates() || progress.next > last || progress.is_full(window) {
                return;
            }
            self.send_append(follower, &mut None, out);
            if window.is_none() {
                return;
            }
        }
    }

    fn on_mismatch(
        &mut self,
        follower: NodeId,
        refused: Index,
        follower_last: Index,
        conflict: Option<EntryId>,
        out: &mut Effects<Self>,
    ) {
        let progress = self.progress(follower);
        let Progress { next, matched, .. } = *progress;
        let stale = if refused <= matched {
            Some(Ignored::AlreadyMatched { refused, matched })
        } else if !progress.replicates() && refused != next.previous() {
            Some(Ignored::NotCurrent { refused, next })
        } else {
            None
        };
        if let Some(why) = stale {
            return out.note(Note::ReplyIgnored { from: follower, message: "AppendReply", why });
        }
        if matches!(progress.state, ProgressState::Snapshot { .. }) {
            // The snapshot has not arrived.
            return self.send_snapshot(follower, out);
        }
        // One step back, or over all entries of the conflicting term, or to the end of a shorter log; never into what is
        // known to match.
        let back = conflict.map_or(refused, |first| first.index.min(refused));
        let next = back.min(follower_last.next()).max(matched.next());
        progress.back_up(next);
        out.note(LeaderNote::NextIndexBackedUp { follower, refused, follower_last, conflict, next });
        self.send_append(follower, &mut None, out);
    }

    /// Commits what a majority holds, if it is of this term: an older entry on a majority may yet be overwritten
    /// (Figure 8), and is committed only along with one of this term (§5.4.2).
    fn commit_by_counting(&mut self, out: &mut Effects<Self>) {
        let Role::Leader { durable, followers, .. } = &self.role else { panic!("only a leader counts") };
        let (own, durable) = (self.config.id, *durable);
        let reached = |server| {
            let matched = followers.get(&server).map_or(Index::ZERO, |progress| progress.matched);
            if server == own { durable } else { matched }
        };
        let index = self.quorum_reached(reached);
        if index <= self.commit {
            return;
        }
        let members = *self.membership();
        let matching: NodeSet = members.all().iter().filter(|server| reached(*server) >= index).collect();
        let (term, entry) = (self.state.term, self.state.log.id_at(index));
        if entry.term == term || self.has(Flaw::CommitOlderTerms) {
            out.note(LeaderNote::CommitAdvanced { old: self.commit, entry, matching, members });
            self.advance_commit(index, out);
            self.advance_change(out);
        } else {
            assert!(entry.term < term, "no log holds an entry of a term above its server's");
            out.note(LeaderNote::CommitHeldBack { entry, term, matching, members });
        }
    }

    /// Whether it leads and replicates to `server`.
    fn has_follower(&self, server: NodeId) -> bool {
        matches!(&self.role, Role::Leader { followers, .. } if followers.contains_key(&server))
    }

    /// To whom it replicates; nobody if it does not lead.
    pub(super) fn followers(&self) -> NodeSet {
        match &self.role {
            Role::Leader { followers, .. } => followers.keys().copied().collect(),
            Role::Follower { .. } | Role::PreCandidate { .. } | Role::Candidate { .. } => NodeSet::EMPTY,
        }
    }

    /// What it knows of `follower`.
    pub(super) fn progress(&mut self, follower: NodeId) -> &mut Progress {
        let Role::Leader { followers, .. } = &mut self.role else { panic!("only a leader has followers") };
        followers.get_mut(&follower).unwrap_or_else(|| panic!("{follower} is no follower"))
    }

    /// Entries up to `to` are committed: moves the commit index and answers the clients whose fate this decides.
    pub(super) fn advance_commit(&mut self, to: Index, out: &mut Effects<Self>) {
        let old_term = self.state.log.term_at(self.commit);
        assert!(to > self.commit, "the commit index only grows");
        self.commit = to;
        for ((index, term), request) in self.pending.take_below(&(to.next(), Term(0))) {
            let log = &self.state.log;
            Self::settle(log, EntryId { term, index }, request, log.id_at(index), out);
        }
        // Terms never decrease along a log, so a committed entry of a later term rules out every older one after it.
        let by = self.state.log.id_at(to);
        if old_term != Some(by.term) && !self.pending.is_empty() {
            for ((index, term), request) in self.pending.take_where(|(_, term)| *term < by.term) {
                Self::settle(&self.state.log, EntryId { term, index }, request, by, out);
            }
        }
        self.answer_reads(out);
    }

    /// Answers the client whose request went into `entry`, now that `committed` is.
    pub(super) fn settle(
        log: &Log<C>,
        entry: EntryId,
        request: RequestId,
        committed: EntryId,
        out: &mut Effects<Self>,
    ) {
        if entry == committed {
            out.note(ClientNote::RequestCommitted { request, entry });
            let EntryId { index, term } = entry;
            // A no-op that somebody waits for is a read that goes through the log.
            let read = log.get(index).is_some_and(|entry| entry.payload == Payload::Noop);
            let response = if read { Response::ReadAt { index } } else { Response::Committed { index, term } };
            out.reply(request, Answer::Done(response));
        } else {
            out.note(ClientNote::RequestSuperseded { request, entry, by: committed });
            out.reply(request, Answer::Refused(Refusal::Superseded { index: entry.index }));
        }
    }
}

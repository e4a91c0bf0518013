//! Log compaction (§7): a snapshot of the state machine takes the place of the log's beginning.
//!
//! The log never looks into its commands, so the service above makes the snapshot: when [`Raft::wants_snapshot`] says so, it
//! calls [`Raft::compact`] with its state. A follower that needs an entry which its leader no longer has gets the snapshot
//! instead, in one InstallSnapshot: the paper's chunks are left out, because here a message has no largest size. The service
//! of a server finds out by [`Raft::snapshot`] being ahead of what it has applied, and takes its state from there.
//!
//! A snapshot holds the configuration as of its last entry, since the entry that made it may be among those that go (§7).

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;

use super::log::{EntryId, Index, Term};
use super::membership::Membership;
use super::message::AppendResult;
use super::note::{ClientNote, SnapshotNote};
use super::persistent::Delta;
use super::role::Role;
use super::tenure::Round;
use super::{Message, Raft, Timer};
use crate::node::{Answer, Clocks, Command, Effects, NodeId};

/// What a prefix of the log led to, and what is needed to go on from there.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Snapshot<C: Command> {
    /// The last entry that it covers (`lastIncludedIndex`, `lastIncludedTerm`). Committed.
    pub last: EntryId,
    /// The configuration in use at that entry.
    pub membership: Membership,
    /// The state machine's state.
    pub state: C::Snapshot,
}

impl<C: Command> Raft<C> {
    /// The snapshot that stands for the beginning of its log, if that was compacted.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot<C>>> {
        self.state.snapshot.as_ref()
    }

    /// Whether so many entries were committed since the last snapshot that the service should call [`Raft::compact`]:
    /// [`super::Switches::snapshot_after`].
    pub fn wants_snapshot(&self) -> bool {
        let since = self.commit.0 - self.state.log.base().index.0;
        self.config.switches.snapshot_after.is_some_and(|after| since >= u64::from(after))
    }

    /// The service has applied all entries up to `through`, which led to `state`; they may go. `through` must be committed
    /// and not be compacted yet.
    pub fn compact(&mut self, through: Index, state: C::Snapshot, out: &mut Effects<Self>) {
        assert!(through <= self.commit, "{through} is not committed, so it cannot be applied");
        let log = &self.state.log;
        let (last, removed) = (log.id_at(through), through.0 - log.base().index.0);
        let membership = self.memberships.at(through);
        self.save(Delta::Snapshot(Arc::new(Snapshot { last, membership, state })), out);
        out.note(SnapshotNote::Compacted { last, removed, kept: self.state.log.kept() });
    }

    /// The leader sends `follower` its snapshot, because an entry that the follower needs is gone from the log. It will ask
    /// with every heartbeat whether the snapshot has arrived.
    pub(super) fn send_snapshot(&mut self, follower: NodeId, out: &mut Effects<Self>) {
        let snapshot = self.state.snapshot.clone().expect("a compacted log has a snapshot");
        let progress = self.progress(follower);
        let needed = progress.next;
        progress.await_snapshot(snapshot.last.index);
        out.note(SnapshotNote::Sent { follower, last: snapshot.last, needed });
        let (term, round) = (self.state.term, self.round());
        out.send(follower, Message::InstallSnapshot { term, snapshot, round });
    }

    /// A leader sends its snapshot in a term that is not above this server's (a higher one was adopted before). The answer
    /// is that of AppendEntries: it proves the same.
    pub(super) fn on_install_snapshot(
        &mut self,
        leader: NodeId,
        term: Term,
        snapshot: Arc<Snapshot<C>>,
        round: Round,
        at: Clocks,
        out: &mut Effects<Self>,
    ) {
        let own = self.state.term;
        if term < own {
            out.note(SnapshotNote::Refused { leader, term, own });
            return self.answer_append(leader, AppendResult::StaleTerm, round, out);
        }
        if matches!(self.role, Role::Leader { .. }) {
            // Election Safety is broken already, as in AppendEntries.
            return;
        }
        self.heard_leader(leader, at, out);
        let (last, own_last) = (snapshot.last, self.state.log.last());
        let known = last.index <= self.commit || self.state.log.term_at(last.index) == Some(last.term);
        if known {
            // It has all that the snapshot covers as entries, so it need not throw any away (Figure 13, step 6).
            out.note(SnapshotNote::Ignored { leader, last, own_last });
            if last.index > self.commit {
                self.advance_commit(last.index, out);
            }
        } else {
            self.save(Delta::Snapshot(snapshot), out);
            self.commit = last.index;
            out.note(SnapshotNote::Installed { leader, last, own_last });
            self.settle_by_snapshot(last, out);
        }
        if !self.may_stand() {
            // It may just have learned that its removal is committed.
            out.cancel_timer(Timer::Election);
        }
        self.answer_append(leader, AppendResult::Matched { up_to: last.index }, round, out);
    }

    /// Requests that this server took as a leader of the past may stand in the part that the snapshot covers, where nobody
    /// can see any more which entries there were.
    fn settle_by_snapshot(&mut self, last: EntryId, out: &mut Effects<Self>) {
        let pending = std::mem::take(&mut self.pending);
        for ((index, term), request) in pending.iter().map(|(key, request)| (*key, *request)) {
            let entry = EntryId { term, index };
            // Terms never decrease along a log: an entry cannot stand before one of an earlier term, nor after one of a later.
            let ruled_out = if index <= last.index { term > last.term } else { term < last.term };
            if ruled_out {
                Self::settle(&self.state.log, entry, request, last, out);
            } else if index <= last.index {
                // It may have taken effect or not, and no later entry will tell.
                out.note(ClientNote::RequestFateUnknown { request, entry, last });
                out.reply(request, Answer::Unknown);
            } else {
                self.pending.insert((index, term), request);
            }
        }
    }
}

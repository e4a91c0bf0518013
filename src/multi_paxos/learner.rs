//! The learner's side: what is chosen, how a server that missed it catches up, and what is kept of it.

use std::sync::Arc;

use super::durable::{Delta, Snapshot};
use super::note::{ClientNote, Ignored, LearnerNote};
use super::proposal::{Ballot, Payload, Slot};
use super::role::Role;
use super::{Message, MultiPaxos, Refusal, Response};
use crate::node::{Answer, Command, Effects, NodeId};
use crate::shared_vec::SharedVec;

impl<C: Command> MultiPaxos<C> {
    /// The leader is alive and says how far all is chosen.
    pub(super) fn on_heartbeat(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        beat: u32,
        commit: Slot,
        out: &mut Effects<Self>,
    ) {
        let promised = self.state.promised;
        if promised > ballot {
            out.note(LearnerNote::HeartbeatRefused { from, ballot, promised });
            return out.send(from, Message::Nack { ballot, promised });
        }
        self.follow(from, ballot, out);
        out.note(LearnerNote::HeartbeatHeard { leader: from, ballot, commit });
        self.learn_from_leader(from, ballot, commit, out);
        let learned = self.commit_index();
        if learned < commit {
            out.note(LearnerNote::AsksToCatchUp { leader: from, learned, commit });
            out.send(from, Message::CatchUp { ballot, learned });
        }
        out.send(from, Message::HeartbeatReply { ballot, beat, learned });
    }

    /// All slots up to `commit` are chosen, says the leader of `ballot`. What this server accepted under that very ballot
    /// is what is chosen: there is no other proposal of it for the slot, and no other value any more.
    pub(super) fn learn_from_leader(&mut self, leader: NodeId, ballot: Ballot, commit: Slot, out: &mut Effects<Self>) {
        let old = self.commit_index();
        let same = |slot: &Slot| self.state.accepted.get(*slot).is_some_and(|proposal| proposal.ballot == ballot);
        if let Some(new) = old.next().through(commit).take_while(same).last() {
            out.note(LearnerNote::CommitLearned { leader, ballot, old, new });
            self.learn_accepted(new, out);
        }
    }

    /// The values that it accepted for the slots up to `to` are chosen.
    pub(super) fn learn_accepted(&mut self, to: Slot, out: &mut Effects<Self>) {
        for slot in self.commit_index().next().through(to) {
            let proposal = self.state.accepted.get(slot).expect("accepted up to there");
            self.learned.push(proposal.payload.clone());
        }
        self.after_learning(out);
    }

    /// A server that lacks the values of chosen slots asks for them.
    pub(super) fn on_catch_up(&mut self, from: NodeId, ballot: Ballot, learned: Slot, out: &mut Effects<Self>) {
        let (commit, base) = (self.commit_index(), self.base());
        if !self.is_leader() {
            return self.ignore(from, "CatchUp", Ignored::NotLeader { ballot }, out);
        }
        let snapshot = self.state.snapshot.clone().filter(|snapshot| snapshot.through > learned);
        let first = learned.max(base).next();
        let payloads: Arc<[Payload<C>]> = self.learned.iter_from(first.since(base.next()) as usize).cloned().collect();
        out.note(LearnerNote::TellsDecided {
            to: from,
            snapshot: snapshot.as_ref().map(|s| s.through),
            first,
            last: commit,
        });
        out.send(from, Message::Decided { ballot: self.state.promised, snapshot, first, payloads });
    }

    /// Chosen values: facts, whoever tells them.
    pub(super) fn on_decided(
        &mut self,
        from: NodeId,
        snapshot: Option<Snapshot<C::Snapshot>>,
        first: Slot,
        payloads: &Arc<[Payload<C>]>,
        out: &mut Effects<Self>,
    ) {
        let before = self.commit_index();
        if let Some(snapshot) = snapshot.filter(|snapshot| snapshot.through > before) {
            self.install(from, snapshot, out);
        }
        let old = self.commit_index();
        if first > old.next() {
            // It asked before a crash, and knew more then.
            return self.ignore(from, "Decided", Ignored::Gap { first, commit: old }, out);
        }
        let known = old.next().since(first) as usize;
        if known >= payloads.len() {
            if old == before {
                let last = Slot(first.0 + payloads.len() as u64 - 1);
                self.ignore(from, "Decided", Ignored::Decided { last, commit: old }, out);
            }
            return;
        }
        for payload in &payloads[known..] {
            self.learned.push(payload.clone());
        }
        out.note(LearnerNote::CaughtUp { from, old, new: self.commit_index() });
        self.after_learning(out);
    }

    /// Puts a snapshot in the place of its own log, as far as it reaches.
    pub(super) fn install(&mut self, from: NodeId, snapshot: Snapshot<C::Snapshot>, out: &mut Effects<Self>) {
        let old = self.commit_index();
        assert!(snapshot.through > old, "a snapshot of what is known");
        out.note(LearnerNote::SnapshotInstalled { from, old, through: snapshot.through });
        self.learned = SharedVec::default();
        self.save(Delta::Snapshot(snapshot), out);
        self.after_learning(out);
    }

    /// Whether so many slots were decided since the last snapshot that another is due.
    pub fn wants_snapshot(&self) -> bool {
        self.config.snapshot_after.is_some_and(|due| self.learned.len() as u64 >= u64::from(due))
    }

    /// Replaces all up to `through`, which must be decided and after the last snapshot, by the state that it led to.
    pub fn compact(&mut self, through: Slot, state: C::Snapshot, out: &mut Effects<Self>) {
        let (base, commit) = (self.base(), self.commit_index());
        assert!(base < through && through <= commit, "slot {through} is not among {base} to {commit}");
        self.learned = self.learned.iter_from(through.since(base) as usize).cloned().collect();
        self.save(Delta::Snapshot(Snapshot { through, state }), out);
        assert_eq!(self.commit_index(), commit, "compaction forgets nothing");
        out.note(LearnerNote::Compacted { through, dropped: through.since(base), kept: commit.since(through) });
    }

    /// The commit index moved: answers the clients whose fate this decides.
    fn after_learning(&mut self, out: &mut Effects<Self>) {
        let commit = self.commit_index();
        let decided: Vec<_> = self.pending.take_below(&(commit.next(), Ballot::ZERO)).collect();
        for ((slot, ballot), pending) in decided {
            let request = pending.request;
            match self.chosen(slot) {
                Some(Payload::Command(command)) if *command == pending.command => {
                    out.note(ClientNote::RequestCommitted { request, slot, ballot });
                    out.reply(request, Answer::Done(Response::Committed { slot, ballot }));
                }
                Some(_) => {
                    out.note(ClientNote::RequestSuperseded { request, slot, ballot });
                    out.reply(request, Answer::Refused(Refusal::Superseded { slot }));
                }
                // A snapshot does not tell what was in its slots: nobody here can know any more.
                None => {
                    out.note(ClientNote::RequestFateUnknown { request, slot, through: self.base() });
                    out.reply(request, Answer::Unknown);
                }
            }
        }
        if let Role::Leader { next, acceptances, .. } = &mut self.role {
            acceptances.retain(|slot, _| *slot > commit);
            *next = commit.next().max(*next);
            self.commit_by_counting(out);
            self.answer_reads(out);
        }
    }
}

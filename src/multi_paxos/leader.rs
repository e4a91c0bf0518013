//! The leader's side: what it takes over from phase 1, proposals, and counting.

use std::sync::Arc;

use super::durable::Snapshot;
use super::note::{Ignored, LeaderNote, LeadershipNote};
use super::proposal::{Ballot, Payload, Proposal, Slot};
use super::role::Role;
use super::{Flaw, Message, MultiPaxos, Pending, Timer};
use crate::node::{Command, Delay, Effects, NodeId, NodeSet, RequestId};
use crate::sorted::SortedMap;

impl<C: Command> MultiPaxos<C> {
    /// An acceptor promises, perhaps late, perhaps twice.
    pub(super) fn on_promise(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        accepted: &Arc<[(Slot, Proposal<C>)]>,
        snapshot: Option<Snapshot<C::Snapshot>>,
        out: &mut Effects<Self>,
    ) {
        let own = self.state.promised;
        if ballot != own {
            return self.ignore(from, "Promise", Ignored::OtherBallot { ballot, own }, out);
        }
        let Role::Preparing { promises, reported, .. } = &mut self.role else {
            return self.ignore(from, "Promise", Ignored::PhaseOver, out);
        };
        if !promises.insert(from) {
            return self.ignore(from, "Promise", Ignored::Duplicate, out);
        }
        for (slot, proposal) in accepted.iter() {
            // The highest-numbered report counts (P2c).
            if reported.get(slot).is_none_or(|known| known.ballot < proposal.ballot) {
                reported.insert(*slot, proposal.clone());
            }
        }
        let count = self.config.phase1(*promises);
        out.note(LeadershipNote::PromiseCounted { from, ballot, count, reported: accepted.len() as u64 });
        if let Some(snapshot) = snapshot.filter(|snapshot| snapshot.through > self.commit_index()) {
            self.install(from, snapshot, out);
        }
        if count.is_enough() {
            self.take_over(out);
        }
    }

    /// The first acts in office: for each slot that may be decided, the value that it may be decided for; for each hole
    /// before such a slot a no-op (PMS §3).
    fn take_over(&mut self, out: &mut Effects<Self>) {
        let Role::Preparing { first, promises, reported } = &mut self.role else {
            panic!("only phase 1 is taken over from")
        };
        let (first, promises) = (*first, *promises);
        let mut reported = std::mem::take(reported);
        let commit = self.commit_index();
        if self.has(Flaw::PhaseOneValuesIgnored) {
            reported = SortedMap::new();
        }
        let known = reported.take_below(&commit.next()).len() as u64;
        let last = reported.keys().next_back().copied().unwrap_or(commit);
        let (ballot, mut payloads) = (self.state.promised, Vec::new());
        out.note(LeadershipNote::BecameLeader {
            ballot,
            count: self.config.phase1(promises),
            first,
            known,
            again: reported.len() as u64,
            holes: last.since(commit) - reported.len() as u64,
            opening: last.next(),
        });
        for slot in commit.next().through(last) {
            payloads.push(match reported.get(&slot) {
                Some(Proposal { ballot: under, payload }) => {
                    out.note(LeaderNote::ProposesReported { slot, ballot, under: *under });
                    payload.clone()
                }
                None => {
                    out.note(LeaderNote::FillsHole { slot, ballot, last });
                    Payload::Noop
                }
            });
        }
        self.become_leader(last.next(), out);
        self.wait_for_next_beat(out);
        if payloads.is_empty() {
            self.beat(out);
        } else {
            self.issue(&payloads.into(), out);
        }
    }

    /// A client's command goes into the first free slot. It need not wait for the slots before it.
    pub(super) fn propose(&mut self, request: RequestId, command: C, out: &mut Effects<Self>) {
        let Role::Leader { next: slot, .. } = self.role else { panic!("only a leader proposes") };
        let ballot = self.state.promised;
        out.note(LeaderNote::Proposes { slot, ballot, request, commit: self.commit_index() });
        self.pending.insert((slot, ballot), Pending { request, command: command.clone() });
        self.issue(&Arc::from([Payload::Command(command)]), out);
    }

    /// Phase 2a for the first free slots. Its own disk works in parallel: it counts itself only when told that it is done.
    fn issue(&mut self, payloads: &Arc<[Payload<C>]>, out: &mut Effects<Self>) {
        let Role::Leader { next, acceptances, .. } = &mut self.role else { panic!("only a leader proposes") };
        let first = *next;
        let last = Slot(first.0 + payloads.len() as u64 - 1);
        *next = last.next();
        for slot in first.through(last) {
            acceptances.insert(slot, NodeSet::EMPTY);
        }
        let (ballot, commit) = (self.state.promised, self.commit_index());
        self.accept(ballot, first, payloads, out);
        for peer in self.config.peers().iter() {
            out.send(peer, Message::Accept { ballot, first, payloads: Arc::clone(payloads), commit });
        }
        out.send_after_sync(self.config.id, Message::Accepted { ballot, first, last });
    }

    /// An acceptor answers, perhaps late, perhaps twice; or its own disk does.
    pub(super) fn on_accepted(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        first: Slot,
        last: Slot,
        out: &mut Effects<Self>,
    ) {
        let (own, commit, config) = (self.state.promised, self.commit_index(), self.config);
        if ballot != own {
            return self.ignore(from, "Accepted", Ignored::OtherBallot { ballot, own }, out);
        }
        let Role::Leader { acceptances, .. } = &mut self.role else {
            return self.ignore(from, "Accepted", Ignored::PhaseOver, out);
        };
        let mut news = 0;
        let mut early = Vec::new();
        for slot in first.max(commit.next()).through(last) {
            let Some(by) = acceptances.get_mut(&slot).filter(|by| !by.contains(from)) else { continue };
            let was_chosen = config.phase2(*by).is_enough();
            by.insert(from);
            news += 1;
            if !was_chosen && config.phase2(*by).is_enough() {
                early.push((slot, *by));
            }
        }
        if news == 0 {
            let why = if last <= commit { Ignored::Decided { last, commit } } else { Ignored::Duplicate };
            return self.ignore(from, "Accepted", why, out);
        }
        out.note(LeaderNote::AcceptanceCounted { from, ballot, first, last, news });
        self.commit_by_counting(out);
        let commit = self.commit_index();
        for (slot, by) in early.into_iter().filter(|(slot, _)| *slot > commit) {
            out.note(LeaderNote::ChosenAfterHole { slot, hole: commit.next(), count: config.phase2(by) });
        }
    }

    /// What a phase-2 quorum has accepted is chosen. The commit index passes it when all slots before it are.
    pub(super) fn commit_by_counting(&mut self, out: &mut Effects<Self>) {
        let Role::Leader { acceptances, .. } = &self.role else { panic!("only a leader counts") };
        let old = self.commit_index();
        let (mut new, mut by) = (old, NodeSet::EMPTY);
        while let Some(acceptors) = acceptances.get(&new.next()).filter(|by| self.config.phase2(**by).is_enough()) {
            (new, by) = (new.next(), *acceptors);
        }
        if new > old {
            let (ballot, count) = (self.state.promised, self.config.phase2(by));
            out.note(LeaderNote::CommitAdvanced { old, new, ballot, count });
            self.preempted = 0;
            self.learn_accepted(new, out);
        }
    }

    /// The heartbeat timer ran out. What was not accepted for more than one interval goes out again.
    pub(super) fn on_heartbeat_timer(&mut self, out: &mut Effects<Self>) {
        let Role::Leader { beaten, next, .. } = &mut self.role else { panic!("only a leader sends heartbeats") };
        let overdue = beaten[0];
        *beaten = [beaten[1], *next];
        self.beat(out);
        self.send_overdue(overdue, out);
        self.wait_for_next_beat(out);
    }

    fn wait_for_next_beat(&self, out: &mut Effects<Self>) {
        out.set_timer(Timer::Heartbeat, Delay::fixed(self.config.heartbeat_interval));
    }

    /// Tells all servers that it leads and how far all is chosen, and asks whether it does lead.
    pub(super) fn beat(&mut self, out: &mut Effects<Self>) {
        let (ballot, commit, followers) = (self.state.promised, self.commit_index(), self.config.peers());
        let Role::Leader { beat, .. } = &mut self.role else { panic!("only a leader sends heartbeats") };
        *beat += 1;
        let beat = *beat;
        out.note(LeaderNote::HeartbeatSent { ballot, beat, commit, followers });
        for peer in followers.iter() {
            out.send(peer, Message::Heartbeat { ballot, beat, commit });
        }
    }

    /// Sends every slot below `end` that is not decided again to whoever has not accepted it.
    fn send_overdue(&self, end: Slot, out: &mut Effects<Self>) {
        let Role::Leader { acceptances, .. } = &self.role else { panic!("only a leader proposes") };
        let (ballot, commit) = (self.state.promised, self.commit_index());
        for peer in self.config.peers().iter() {
            let lacks = |(slot, by): &(&Slot, &NodeSet)| **slot < end && !by.contains(peer);
            let mut lacking = acceptances.iter().filter(lacks).map(|(slot, _)| *slot);
            let Some(first) = lacking.next() else { continue };
            let last = lacking.next_back().unwrap_or(first);
            let own = |slot| self.state.accepted.get(slot).expect("a leader accepts what it proposes").payload.clone();
            let payloads = first.through(last).map(own).collect();
            out.note(LeaderNote::SendsAgain { to: peer, ballot, first, last });
            out.send(peer, Message::Accept { ballot, first, payloads, commit });
        }
    }

    /// A server says that it promised nothing higher when it heard the beat, and how much it has learned.
    pub(super) fn on_heartbeat_reply(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        beat: u32,
        learned: Slot,
        out: &mut Effects<Self>,
    ) {
        let own = self.state.promised;
        if ballot != own {
            return self.ignore(from, "HeartbeatReply", Ignored::OtherBallot { ballot, own }, out);
        }
        let Role::Leader { followers, .. } = &mut self.role else {
            return self.ignore(from, "HeartbeatReply", Ignored::PhaseOver, out);
        };
        let progress = followers.get_mut(&from).expect("every other server is a follower");
        progress.beat = progress.beat.max(beat);
        progress.learned = progress.learned.max(learned);
        self.answer_reads(out);
    }
}

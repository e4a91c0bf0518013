//! Linearizable reads without a slot of their own: the leader makes sure that it still leads (see the module's text).

use super::note::ClientNote;
use super::role::{Read, Role};
use super::{Flaw, MultiPaxos, Response};
use crate::node::{Answer, Command, Effects, NodeSet, RequestId};

impl<C: Command> MultiPaxos<C> {
    /// A client asks where it may read.
    pub(super) fn on_read(&mut self, request: RequestId, out: &mut Effects<Self>) {
        let commit = self.commit_index();
        let Role::Leader { opening, reads, beat, .. } = &mut self.role else { panic!("only a leader takes reads") };
        let slot = commit.max(opening.previous());
        let read = Read { request, slot, beat: *beat + 1 };
        reads.push(read);
        out.note(ClientNote::ReadTaken { request, slot, beat: read.beat });
        // Only an answer to a question that was asked later proves anything.
        self.beat(out);
        self.answer_reads(out);
    }

    /// Answers the reads for which a phase-2 quorum has confirmed the leader and all is decided that they need. Whoever
    /// could have promised a higher ballot to a phase-1 quorum shares a server with it.
    pub(super) fn answer_reads(&mut self, out: &mut Effects<Self>) {
        let (id, commit, config) = (self.config.id, self.commit_index(), self.config);
        let unconfirmed = self.has(Flaw::ReadsUnconfirmed);
        let Role::Leader { reads, followers, .. } = &mut self.role else { panic!("only a leader takes reads") };
        reads.retain(|Read { request, slot, beat }| {
            let confirming = followers.iter().filter(|(_, progress)| progress.beat >= *beat);
            let by: NodeSet = confirming.map(|(follower, _)| *follower).chain([id]).collect();
            let count = config.phase2(by);
            let ready = *slot <= commit && (count.is_enough() || unconfirmed);
            if ready {
                out.note(ClientNote::ReadConfirmed { request: *request, slot: *slot, count });
                out.reply(*request, Answer::Done(Response::ReadAt { slot: *slot }));
            }
            !ready
        });
    }
}

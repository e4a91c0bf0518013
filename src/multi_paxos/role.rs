//! Who leads: the roles, what only each of them knows, and the only ways from one to another.

use super::durable::Delta;
use super::note::{ClientNote, Heard, LeadershipNote, Note};
use super::proposal::{Ballot, Proposal, Slot};
use super::{Message, MultiPaxos, Refusal, Timer};
use crate::node::{Answer, Command, Delay, Effects, Micros, NodeId, NodeSet, RequestId};
use crate::sorted::SortedMap;

/// The range in which an overtaken server waits grows so many times at most.
pub(super) const PREEMPTED_MAX: u8 = 4;

/// What a server is under its ballot, with what only such a one knows. All of it is volatile.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Role<C> {
    /// Accepts and learns, proposes nothing.
    Follower {
        /// The leader of its ballot, once heard.
        leader: Option<NodeId>,
    },
    /// Phase 1: collects promises for its own ballot.
    Preparing {
        /// The first slot that it asked about.
        first: Slot,
        /// Who promised; includes itself once its own ballot is durable.
        promises: NodeSet,
        /// The highest-numbered proposal that they reported for each slot.
        reported: SortedMap<Slot, Proposal<C>>,
    },
    /// Phase 2, until it is overtaken.
    Leader {
        /// The first slot that was free when it began: what is before it may have been chosen under lower ballots.
        opening: Slot,
        /// The first free slot now.
        next: Slot,
        /// What `next` was at the last two heartbeats, the earlier one first: what is still open since then is sent again.
        beaten: [Slot; 2],
        /// Who accepted what, for slots that are not yet decided with all before them.
        acceptances: SortedMap<Slot, NodeSet>,
        /// What it knows of each other server.
        followers: SortedMap<NodeId, Progress>,
        /// How many heartbeats it sent.
        beat: u32,
        /// Reads not answered yet, oldest first.
        reads: Vec<Read>,
    },
}

/// A role without its data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoleName {
    /// [`Role::Follower`].
    Follower,
    /// [`Role::Preparing`].
    Preparing,
    /// [`Role::Leader`].
    Leader,
}

/// What a leader knows of another server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Progress {
    /// The latest heartbeat that it answered: by then it had promised no higher ballot.
    pub beat: u32,
    /// It knows what is chosen up to here.
    pub learned: Slot,
}

/// A read that waits for a leader to be sure that it still leads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Read {
    /// Whose answer.
    pub request: RequestId,
    /// It may be answered once all is decided up to here …
    pub slot: Slot,
    /// … and a phase-2 quorum has answered this heartbeat or a later one.
    pub beat: u32,
}

impl<C> Role<C> {
    /// Which role this is.
    pub fn name(&self) -> RoleName {
        match self {
            Self::Follower { .. } => RoleName::Follower,
            Self::Preparing { .. } => RoleName::Preparing,
            Self::Leader { .. } => RoleName::Leader,
        }
    }
}

impl<C: Command> MultiPaxos<C> {
    /// How long it waits for a leader now: the more often it was overtaken, the wider the range (PMMC §3).
    fn patience(&self) -> Delay {
        let Delay { min, max } = self.config.election_timeout;
        Delay::between(min, max + Micros(max.since(min).0 * u64::from(self.preempted)))
    }

    pub(super) fn wait_for_leader(&self, out: &mut Effects<Self>) {
        out.set_timer(Timer::Election, self.patience());
    }

    /// The election timer ran out: follower -> preparing under a ballot of its own that is higher than all it knows.
    pub(super) fn start_preparing(&mut self, out: &mut Effects<Self>) {
        let Role::Follower { leader } = self.role else { panic!("only a follower starts phase 1") };
        let ballot = self.state.promised.next_of(self.config.id);
        let (first, timeout) = (self.commit_index().next(), self.patience());
        let count = self.config.phase1(NodeSet::EMPTY);
        self.save(Delta::Promised(ballot), out);
        self.role = Role::Preparing { first, promises: NodeSet::EMPTY, reported: SortedMap::new() };
        let heard = leader.map_or(Heard::NoLeader, Heard::Leader);
        out.note(LeadershipNote::Prepares { ballot, first, heard, timeout, count });
        self.wait_for_leader(out);
        for peer in self.config.peers().iter() {
            out.send_after_sync(peer, Message::Prepare { ballot, first });
        }
        out.send_after_sync(self.config.id, self.promise(ballot, first));
    }

    /// The election timer ran out again: it asks those that are silent, under the same ballot. A higher one is needed only
    /// against a higher one.
    pub(super) fn prepare_again(&mut self, out: &mut Effects<Self>) {
        let Role::Preparing { first, promises, .. } = self.role else { panic!("only phase 1 is repeated") };
        let ballot = self.state.promised;
        out.note(LeadershipNote::PreparesAgain { ballot, first, count: self.config.phase1(promises) });
        self.wait_for_leader(out);
        for peer in self.config.peers().difference(promises).iter() {
            out.send_after_sync(peer, Message::Prepare { ballot, first });
        }
    }

    /// A phase-1 quorum promised: preparing -> leader. What it takes over is proposed by the caller.
    pub(super) fn become_leader(&mut self, opening: Slot, out: &mut Effects<Self>) {
        let Role::Preparing { promises, .. } = self.role else { panic!("only phase 1 makes a leader") };
        assert!(self.config.phase1(promises).is_enough(), "{promises} is no quorum");
        let followers = self.config.peers().iter().map(|peer| (peer, Progress::default())).collect();
        let next = self.commit_index().next();
        assert!(opening >= next, "what is decided is not free");
        let (acceptances, reads) = (SortedMap::new(), Vec::new());
        self.role = Role::Leader { opening, next, beaten: [next; 2], acceptances, followers, beat: 0, reads };
        out.cancel_timer(Timer::Election);
    }

    /// Somebody uses a higher ballot: any role -> follower that promises it, of no leader yet (PMMC's *preempted*).
    pub(super) fn adopt(&mut self, ballot: Ballot, from: NodeId, out: &mut Effects<Self>) {
        let old = self.state.promised;
        assert!(ballot > old, "promises only grow");
        self.save(Delta::Promised(ballot), out);
        let left = std::mem::replace(&mut self.role, Role::Follower { leader: None });
        out.note(LeadershipNote::BallotAdopted { from, old, new: ballot, left: left.name() });
        if left.name() != RoleName::Follower {
            self.preempted = PREEMPTED_MAX.min(self.preempted + 1);
            let timeout = self.patience();
            out.note(LeadershipNote::BacksOff { ballot, timeout, times: self.preempted });
        }
        if let Role::Leader { reads, .. } = left {
            out.cancel_timer(Timer::Heartbeat);
            for Read { request, .. } in reads {
                out.note(ClientNote::ReadGivenUp { request, ballot });
                out.reply(request, Answer::Refused(Refusal::NotLeader { leader: None, ballot }));
            }
        }
        self.wait_for_leader(out);
    }

    /// A leader sent something under this ballot, which is not below the promise: it follows.
    pub(super) fn follow(&mut self, leader: NodeId, ballot: Ballot, out: &mut Effects<Self>) {
        assert_eq!(leader, ballot.server, "a ballot in someone else's hands");
        if ballot > self.state.promised {
            self.adopt(ballot, leader, out);
        }
        match self.role {
            Role::Follower { leader: Some(known) } if known == leader => {}
            Role::Follower { .. } => {
                self.role = Role::Follower { leader: Some(leader) };
                self.preempted = 0;
                out.note(LeadershipNote::FollowsLeader { leader, ballot });
            }
            Role::Preparing { .. } | Role::Leader { .. } => panic!("{leader} uses a ballot of this server"),
        }
        self.wait_for_leader(out);
    }

    /// A server refused because of a higher ballot.
    pub(super) fn on_nack(&mut self, from: NodeId, ballot: Ballot, promised: Ballot, out: &mut Effects<Self>) {
        let own = self.state.promised;
        if promised > own {
            out.note(LeadershipNote::Refused { from, ballot, promised });
            self.adopt(promised, from, out);
        } else {
            self.ignore(from, "Nack", super::Ignored::OtherBallot { ballot, own }, out);
        }
    }

    pub(super) fn ignore(&self, from: NodeId, message: &'static str, why: super::Ignored, out: &mut Effects<Self>) {
        out.note(Note::ReplyIgnored { from, message, why });
    }
}

//! Follower, candidate, leader (Figure 4), what each one knows, and the only ways from one to another.

use super::log::{EntryId, Index, Term};
use super::note::{ElectionNote, Heard, Note};
use super::persistent::Delta;
use super::progress::Progress;
use super::tenure::Tenure;
use super::{Config, Message, Raft, Timer};
use crate::node::{Clocks, Command, Delay, Effects, Micros, NodeId, NodeSet};
use crate::sorted::SortedMap;

/// What a server is in its term, with what only such a one knows. All of it is volatile.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Answers leaders and candidates, asks nothing itself.
    Follower {
        /// The leader of this term, once heard.
        leader: Option<NodeId>,
    },
    /// Collects votes for its own term.
    Candidate {
        /// Who granted theirs; includes itself once its own is durable.
        votes: NodeSet,
    },
    /// Was elected in its term.
    Leader {
        /// Its own log is known to be on its own disk up to here; it counts itself no further.
        durable: Index,
        /// What it knows of each other server.
        followers: SortedMap<NodeId, Progress>,
        /// What it knows of its own standing.
        tenure: Tenure,
    },
    /// Asks whether a majority would vote for it in the next term, before it stands (T §9.6).
    PreCandidate {
        /// Who would; includes itself.
        grants: NodeSet,
    },
}

/// A role without its data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RoleName {
    /// [`Role::Follower`].
    Follower,
    /// [`Role::Candidate`].
    Candidate,
    /// [`Role::Leader`].
    Leader,
    /// [`Role::PreCandidate`].
    PreCandidate,
}

impl Role {
    /// Which role this is.
    pub fn name(&self) -> RoleName {
        match self {
            Self::Follower { .. } => RoleName::Follower,
            Self::Candidate { .. } => RoleName::Candidate,
            Self::Leader { .. } => RoleName::Leader,
            Self::PreCandidate { .. } => RoleName::PreCandidate,
        }
    }
}

impl<C: Command> Raft<C> {
    /// What it has to show for its wait when its election timer runs out.
    pub(super) fn heard(&self) -> Heard {
        match &self.role {
            Role::Follower { leader: None } => Heard::NoLeader,
            Role::Follower { leader: Some(leader) } => Heard::Leader(*leader),
            Role::Candidate { votes } => Heard::Votes(*votes),
            Role::PreCandidate { grants } => Heard::TooFewGrants(*grants),
            Role::Leader { .. } => panic!("a leader does not stand for election in a term of its own accord"),
        }
    }

    /// The election timer ran out, or something else asks it to stand: any role but leader -> candidate of the next term
    /// (§5.2).
    pub(super) fn become_candidate(&mut self, why: Option<Heard>, out: &mut Effects<Self>) {
        let heard = why.unwrap_or_else(|| self.heard());
        assert!(!self.is_leader() && self.may_stand(), "a leader and who has no vote stand for nothing");
        let (term, last) = (self.state.term.next(), self.state.log.last());
        self.save(Delta::Term(term), out);
        self.save(Delta::Vote(self.config.id), out);
        self.role = Role::Candidate { votes: NodeSet::EMPTY };
        let Config { id, election_timeout: timeout, .. } = self.config;
        let members = *self.membership();
        out.note(ElectionNote::AsksForVotes { term, last, heard, timeout, members });
        out.set_timer(Timer::Election, timeout);
        // Were the request to leave before the vote is durable, a crash could bring the same term up again with a shorter
        // log, and votes given to the longer one would elect it.
        for peer in members.electorate().without(id).iter() {
            let transfer = matches!(heard, Heard::TimeoutNow(_));
            out.send_after_sync(peer, Message::RequestVote { term, last, transfer });
        }
        out.send_after_sync(id, Message::Vote { term, granted: true });
    }

    /// A majority voted: candidate -> leader of the same term.
    pub(super) fn become_leader(&mut self, at: Clocks, out: &mut Effects<Self>) {
        let Config { id, heartbeat_interval, election_timeout, switches, .. } = self.config;
        let members = *self.membership();
        let Role::Candidate { votes } = self.role else { panic!("only a candidate is elected") };
        let repeats = self.miscount.repeats;
        assert!(self.has_quorum(votes) || repeats > 0, "{votes} is no quorum of {members:?}");
        let EntryId { index: last, .. } = self.state.log.last();
        let contact = if self.keeps_contact() { at.monotonic } else { Micros::ZERO };
        // A vote proves that the request left, and that left after this whole log was durable.
        self.role = Role::Leader {
            durable: last,
            tenure: Tenure { noop: last.next(), contact, ..Tenure::default() },
            followers: self.peers().iter().map(|peer| (peer, Progress::probe(last.next()))).collect(),
        };
        out.note(ElectionNote::BecameLeader { term: self.state.term, votes, members, noop: last.next() });
        out.cancel_timer(Timer::Election);
        out.set_timer(Timer::Heartbeat, Delay::fixed(heartbeat_interval));
        if switches.check_quorum {
            out.set_timer(Timer::Quorum, Delay::fixed(election_timeout.min));
        }
        self.settle_transfer(id, out);
    }

    /// A message of a higher term: any role -> follower in that term, of no leader yet (§5.1).
    pub(super) fn adopt_term(&mut self, term: Term, from: NodeId, out: &mut Effects<Self>) {
        let old = self.state.term;
        assert!(term > old, "terms only grow");
        let left = self.role.name();
        if left == RoleName::Leader {
            self.leave_office(out);
        }
        self.save(Delta::Term(term), out);
        self.role = Role::Follower { leader: None };
        out.note(Note::TermAdopted { from, old, new: term, left });
        if left == RoleName::Leader {
            self.reset_election_timer(out);
        }
        assert!(self.state.vote.is_none(), "a new term starts without a vote");
    }

    /// An AppendEntries of its own term: candidate -> follower, or a follower learns who leads (§5.2).
    pub(super) fn follow(&mut self, leader: NodeId, out: &mut Effects<Self>) {
        if matches!(self.role, Role::Follower { leader: Some(known) } if known == leader) {
            return;
        }
        assert!(!self.is_leader(), "a leader follows nobody in its own term");
        let left = self.role.name();
        self.role = Role::Follower { leader: Some(leader) };
        out.note(ElectionNote::FollowsLeader { leader, term: self.state.term, left });
        self.settle_transfer(leader, out);
    }
}

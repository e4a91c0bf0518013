//! What a quorum is, for one majority and for two that must both agree (joint consensus, §6): the one place that knows it.
//!
//! The rules are pure functions of sets, so that they can be held against the definition and against other
//! implementations' tables.

use super::Raft;
use super::membership::Membership;
use crate::node::{Command, NodeId, NodeSet};

/// What is known of an election.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VoteResult {
    /// A quorum has granted.
    Won,
    /// So many have denied that no quorum can grant any more.
    Lost,
    /// Neither yet.
    Pending,
}

/// The highest value that a majority of `voters` has reached: sorted downwards, the one in the middle. No voters demand
/// nothing, so there is no bound (`None`); that makes a configuration with one empty half an ordinary one.
pub fn majority_reached<T: Ord + Copy>(voters: NodeSet, reached: impl Fn(NodeId) -> T) -> Option<T> {
    // A leader does this for every answer: it should not allocate.
    let mut room = [None; NodeSet::MAX];
    let sorted = &mut room[..voters.len()];
    for (value, voter) in sorted.iter_mut().zip(voters.iter()) {
        *value = Some(reached(voter));
    }
    sorted.sort_unstable_by(|left, right| right.cmp(left));
    sorted.get(sorted.len() / 2).copied().flatten()
}

/// What is known of an election among `voters`. No voters grant whatever is asked.
pub fn majority_vote(voters: NodeSet, granted: NodeSet, denied: NodeSet) -> VoteResult {
    let missing = voters.difference(granted).difference(denied);
    if voters.is_empty() || granted.is_majority_of(voters) {
        VoteResult::Won
    } else if granted.union(missing).is_majority_of(voters) {
        VoteResult::Pending
    } else {
        VoteResult::Lost
    }
}

impl Membership {
    /// The highest value that a quorum has reached: in a joint configuration a majority of the new voters and one of the
    /// outgoing ones.
    pub fn reached<T: Ord + Copy>(&self, reached: impl Fn(NodeId) -> T) -> Option<T> {
        let halves = [majority_reached(self.voters, &reached), majority_reached(self.outgoing, &reached)];
        halves.into_iter().flatten().min()
    }

    /// What is known of an election: won only if both halves grant, lost as soon as one half has.
    pub fn vote(&self, granted: NodeSet, denied: NodeSet) -> VoteResult {
        match [self.voters, self.outgoing].map(|half| majority_vote(half, granted, denied)) {
            [VoteResult::Won, VoteResult::Won] => VoteResult::Won,
            [VoteResult::Lost, _] | [_, VoteResult::Lost] => VoteResult::Lost,
            _ => VoteResult::Pending,
        }
    }

    /// Whether `servers` are a quorum.
    pub fn has_quorum(&self, servers: NodeSet) -> bool {
        self.vote(servers, NodeSet::EMPTY) == VoteResult::Won
    }
}

impl<C: Command> Raft<C> {
    /// Whether these servers are enough to elect a leader, to commit an entry, to confirm a leader.
    pub(super) fn has_quorum(&self, servers: NodeSet) -> bool {
        self.counted().has_quorum(servers)
    }

    /// The servers of which a quorum is taken.
    fn counted(&self) -> Membership {
        let (answered, members) = (self.miscount.answered.with(self.config.id), *self.membership());
        let reachable = members.voters.intersection(answered);
        if self.miscount.answered.is_empty() || reachable.is_empty() {
            return members;
        }
        Membership { voters: reachable, outgoing: members.outgoing.intersection(answered), ..members }
    }

    /// The highest value (an index, a round, a time) that a quorum has reached, if `reached` tells how far each server is.
    pub(super) fn quorum_reached<T: Ord + Copy>(&self, reached: impl Fn(NodeId) -> T) -> T {
        self.counted().reached(reached).expect("a configuration has voters")
    }
}

//! What a quorum is: the one place that knows it.

use super::Raft;
use crate::node::{Command, NodeId, NodeSet};

/// The highest value that a majority of `members` has reached: sorted downwards, the one in the middle.
pub(super) fn majority_reached<T: Ord + Copy>(members: NodeSet, reached: impl Fn(NodeId) -> T) -> T {
    let mut sorted: Vec<T> = members.iter().map(reached).collect();
    sorted.sort_unstable_by(|left, right| right.cmp(left));
    *sorted.get(sorted.len() / 2).expect("no majority of no servers")
}

impl<C: Command> Raft<C> {
    /// Whether these servers are enough to elect a leader, to commit an entry, to confirm a leader.
    pub(super) fn has_quorum(&self, servers: NodeSet) -> bool {
        servers.is_majority_of(self.counted())
    }

    /// The servers of which a quorum is taken.
    fn counted(&self) -> NodeSet {
        let answered = self.miscount.answered;
        if answered.is_empty() { self.config.members } else { answered.with(self.config.id) }
    }

    /// The highest value (an index, a round, a time) that a quorum has reached, if `reached` tells how far each server is.
    pub(super) fn quorum_reached<T: Ord + Copy>(&self, reached: impl Fn(NodeId) -> T) -> T {
        majority_reached(self.counted(), reached)
    }
}

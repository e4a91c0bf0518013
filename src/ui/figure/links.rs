//! The links of a figure, and how each stands.

use cap_lab::node::{NodeId, NodeSet};

use crate::ui::figure::view::RoleMark;
use crate::ui::world::WorldView;

/// The links of a world, lower id first: all pairs, except that proposers do not talk to proposers, nor acceptors to
/// acceptors.
pub fn links(world: &WorldView) -> Vec<(NodeId, NodeId)> {
    let side = |index: usize| match world.nodes[index].role {
        RoleMark::Proposer => 1,
        RoleMark::Acceptor => 2,
        RoleMark::Leader | RoleMark::Candidate | RoleMark::Follower | RoleMark::Replica => 0,
    };
    let count = world.nodes.len();
    (0..count)
        .flat_map(|a| (a + 1..count).map(move |b| (a, b)))
        .filter(|&(a, b)| side(a) == 0 || side(a) != side(b))
        .map(|(a, b)| (NodeId(a as u8), NodeId(b as u8)))
        .collect()
}

/// How a link stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkState {
    /// Both directions carry.
    Whole,
    /// Only the direction from the first to the second node is cut.
    CutThere,
    /// Only the direction from the second to the first is.
    CutBack,
    /// Neither carries.
    Cut,
}

/// How the link between `a` and `b` stands in a world where `cut` is cut.
pub fn link_state(cut: &[NodeSet], a: NodeId, b: NodeId) -> LinkState {
    let gone = |from: NodeId, to: NodeId| cut.get(from.index()).is_some_and(|set| set.contains(to));
    match (gone(a, b), gone(b, a)) {
        (false, false) => LinkState::Whole,
        (true, false) => LinkState::CutThere,
        (false, true) => LinkState::CutBack,
        (true, true) => LinkState::Cut,
    }
}

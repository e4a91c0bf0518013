//! The links of a figure, and how each stands.

use cap_lab::node::{NodeId, NodeSet};

use crate::ui::figure::view::RoleMark;
use crate::ui::world::WorldView;

/// The links of a world, lower id first: all pairs of those who talk to each other.
pub fn links(world: &WorldView) -> Vec<(NodeId, NodeId)> {
    let count = world.nodes.len();
    (0..count)
        .flat_map(|a| (a + 1..count).map(move |b| (a, b)))
        .filter(|&(a, b)| talk(world.nodes[a].role, world.nodes[b].role))
        .map(|(a, b)| (NodeId(a as u8), NodeId(b as u8)))
        .collect()
}

/// Whether two of these roles ever talk to each other. Proposers do not talk to proposers, and a storage knows clients only.
fn talk(one: RoleMark, other: RoleMark) -> bool {
    use RoleMark::{Acceptor, Client, Proposer, Server, Storage};
    match (one, other) {
        (Storage, other) | (other, Storage) => other == Client,
        (Proposer | Acceptor | Server | Client, _) => one != other,
        _ => true,
    }
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

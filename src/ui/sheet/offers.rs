//! What a learner can do to a node, a link or a message that is opened up: a button each.

use cap_lab::node::NodeId;
use cap_lab::sim::fault::{Fate, MessageName};

use crate::ui::act::{Act, both_ways, isolate};
use crate::ui::figure::links::{LinkState, link_state};
use crate::ui::figure::view::{NodeView, RoleMark, Status};
use crate::ui::world::WorldView;

/// One act, and its button.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    /// On the button.
    pub label: String,
    /// What it does.
    pub act: Act,
    /// Whether it takes something away.
    pub harms: bool,
}

impl Offer {
    /// Under the words of the act itself.
    fn plain(act: Act) -> Self {
        Self::more(act, "")
    }

    /// Under these words and `more`.
    fn more(act: Act, more: &str) -> Self {
        let words = act.words();
        Self { label: format!("{}{more}", words.button), harms: words.harms, act }
    }

    /// Under other words, and it puts something right.
    fn repair(act: Act, label: &str) -> Self {
        Self { label: label.to_owned(), act, harms: false }
    }
}

/// A crash that loses what was not on disk yet.
fn crash(node: NodeId) -> Act {
    Act::Crash { node, keep: 0 }
}

/// A crash after which all that was written is on disk, by luck.
fn crash_in_luck(node: NodeId) -> Act {
    Act::Crash { node, keep: u32::MAX }
}

/// What can be done to a node.
pub fn at_node(world: &WorldView, node: &NodeView) -> Vec<Offer> {
    let id = node.id;
    let mut all = match node.status {
        Status::Up => vec![
            Offer::plain(crash(id)),
            Offer::more(crash_in_luck(id), ", disk keeps all"),
            Offer::plain(Act::Pause(id)),
        ],
        Status::Crashed => vec![Offer::plain(Act::Restart(id))],
        Status::Paused => vec![Offer::plain(Act::Resume(id)), Offer::plain(crash(id))],
    };
    if world.cut.get(id.index()).is_some_and(|cut| cut.len() + 1 < world.nodes.len()) {
        all.push(Offer { label: "Isolate".to_owned(), act: isolate(world, id), harms: true });
    }
    // Paxos measures no time but its own patience.
    let has_clocks = node.role != RoleMark::Proposer && node.role != RoleMark::Acceptor;
    let skew = |micros| Act::Skew { node: id, micros };
    let drift = |ppm| Act::Drift { node: id, ppm };
    match &node.clock {
        _ if !has_clocks => {}
        None => all.extend([
            Offer::more(skew(3_000_000), " +3 s"),
            Offer::more(skew(-3_000_000), " −3 s"),
            Offer::more(drift(100_000), " 10 % fast"),
            Offer::more(drift(-100_000), " 10 % slow"),
        ]),
        Some(_) => all
            .extend([Offer::repair(skew(0), "Set the clock right"), Offer::repair(drift(0), "Run at the right rate")]),
    }
    all
}

/// What can be done to the link between `a` and `b`.
pub fn at_link(world: &WorldView, a: NodeId, b: NodeId) -> Vec<Offer> {
    let name = |id: NodeId| world.nodes.get(id.index()).map_or("", |node| &node.name);
    let state = link_state(&world.cut, a, b);
    let both = || both_ways(a, b).to_vec();
    let mut all = Vec::new();
    all.extend((state != LinkState::Cut).then(|| Offer::more(Act::Cut(both()), " both ways")));
    all.extend((state != LinkState::Whole).then(|| Offer::more(Act::Heal(both()), " both ways")));
    let gone =
        [matches!(state, LinkState::Cut | LinkState::CutThere), matches!(state, LinkState::Cut | LinkState::CutBack)];
    for ((from, to), gone) in both_ways(a, b).into_iter().zip(gone) {
        let one = vec![(from, to)];
        let act = if gone { Act::Heal(one) } else { Act::Cut(one) };
        all.push(Offer::more(act, &format!(" {} → {}", name(from), name(to))));
    }
    all
}

/// What can be done to a message of `world` that is on its way.
pub fn at_message(world: usize, name: &MessageName, held: bool) -> Vec<Offer> {
    let hold = if held { Fate::Release } else { Fate::Hold };
    let fates = [Fate::Deliver, hold, Fate::Duplicate, Fate::Drop];
    fates.map(|fate| Offer::plain(Act::Message { world: world as u8, name: name.clone(), fate })).to_vec()
}

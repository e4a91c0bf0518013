//! One world at one moment, as plain data: what all its drawings are made of.

use std::rc::Rc;

use cap_lab::node::{NodeId, NodeSet};
use cap_lab::store::descriptor::Side;

use crate::ui::events::view::{Differs, Event};
use crate::ui::figure::view::DeathView;
use crate::ui::figure::view::FlightView;
use crate::ui::figure::view::NodeView;
use crate::ui::figure::view::Quorum;
use crate::ui::history::view::HistoryView;
use crate::ui::invariants::Invariant;
use crate::ui::log::view::Replication;
use crate::ui::phones::view::PhoneView;
use crate::ui::verdict::view::Meters;
use crate::ui::verdict::view::VerdictView;

/// One world at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct WorldView {
    /// "CP: Raft".
    pub title: String,
    /// "Answers only what a majority has agreed to".
    pub subtitle: String,
    /// What tells it from the others in a word: "CP".
    pub short: Rc<str>,
    /// What its store keeps under a partition; none on the Paxos page.
    pub side: Option<Side>,
    /// Servers first, then (Paxos) whatever else is drawn as a node. Phones are not among them.
    pub nodes: Vec<NodeView>,
    /// By sender: which of the others it can't reach because the link in that direction is cut.
    pub cut: Vec<NodeSet>,
    /// Which servers can still reach each other both ways, transitively; one set when nothing is cut.
    pub components: Vec<NodeSet>,
    /// The regions that the nodes are in, by name and by its letters, with their nodes; none where all are at one site.
    pub regions: Vec<RegionView>,
    /// Messages between drawn nodes that are on their way.
    pub flights: Vec<FlightView>,
    /// Nodes at which more messages stand than are drawn: "312 waiting".
    pub crowds: Vec<(NodeId, String)>,
    /// Messages that died lately (about the last 150 ms simulated), to be shown dying.
    pub deaths: Vec<DeathView>,
    /// The people's phones; none on the Paxos page.
    pub phones: Vec<PhoneView>,
    /// The meters under the phones.
    pub meters: Option<Meters>,
    /// Whether the history is linearizable; none where there is no history.
    pub verdict: Option<VerdictView>,
    /// The history of operations around the time that is shown: [`crate::ui::lab::Lab::history`].
    pub history: Rc<HistoryView>,
    /// "What just happened", newest first, at most 40.
    pub events: Rc<Vec<Event>>,
    /// Who has what, while replicas can't agree.
    pub differences: Rc<Vec<Differs>>,
    /// Safety invariants, checked after every event.
    pub invariants: Vec<Invariant>,
    /// Raft: every server's log and what the leader knows of it.
    pub replication: Option<Replication>,
    /// Who has answered whom, where that is counted.
    pub quorums: Vec<Quorum>,
}

/// A region of the world as a figure shows it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RegionView {
    /// "California".
    pub name: &'static str,
    /// The same where room is short: "CA".
    pub code: &'static str,
    /// The nodes in it.
    pub members: NodeSet,
}

impl WorldView {
    /// The region that a node is in.
    pub fn region(&self, node: NodeId) -> Option<&RegionView> {
        self.regions.iter().find(|region| region.members.contains(node))
    }

    /// An invariant that is broken, if one is.
    pub fn broken(&self) -> Option<&Invariant> {
        self.invariants.iter().find(|invariant| invariant.broken.is_some())
    }
}

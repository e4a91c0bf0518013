//! What the Paxos page shows: rails, cards, and every step that can happen next.

use cap_lab::explain::Sentence;
use cap_lab::node::NodeId;

use crate::ui::act::Act;
use crate::ui::figure::view::FlightHue;

/// Something that can happen next.
#[derive(Clone, PartialEq, Debug)]
pub struct NextStep {
    /// What makes it happen.
    pub act: Act,
    /// "Deliver Accept(1.p1, blue) to a3".
    pub title: String,
    /// "a3 will refuse: it promised 2.p2".
    pub outcome: String,
    /// What loses the message, if it is one that arrives.
    pub loss: Option<Act>,
    /// Whose colour it wears.
    pub hue: FlightHue,
    /// The proposer whose ballot it is about; none: a node as such.
    pub about: Option<NodeId>,
    /// Its place among those about the same: messages as they were sent, then timers. It keeps it for as long as it is possible.
    pub place: (bool, u32),
    /// "Deliver", "Do it".
    pub verb: &'static str,
}

/// What is drawn around the figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Surroundings {
    /// One rail each.
    pub proposers: Vec<ProposerView>,
    /// The rule that decides what comes next, with the actual numbers.
    pub rule: Option<Sentence>,
    /// The value chosen, as the observer sees it.
    pub chosen: Option<String>,
}

/// How far a phase is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PhaseState {
    /// Not begun.
    Ahead,
    /// Under way: some messages are out, no quorum yet.
    Current,
    /// Reached.
    Done,
}

/// One proposer's rail: 1a Prepare, 1b Promise, 2a Accept, 2b Accepted, Chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct ProposerView {
    /// Who.
    pub id: NodeId,
    /// "p1".
    pub name: String,
    /// "proposes “blue” · ballot 1.p1".
    pub intent: String,
    /// The five stations.
    pub rail: [PhaseState; 5],
    /// "2 of 5 accepted ballot 1.p1: a1, a2. One more and “blue” is chosen."
    pub progress: String,
    /// It has nothing to propose yet: the page offers to give it a value.
    pub idle: bool,
}

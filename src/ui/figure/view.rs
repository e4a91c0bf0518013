//! What a figure shows: nodes, and messages on their way.

use cap_lab::node::{Micros, NodeId, NodeSet};

/// How a node is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoleMark {
    /// Filled, with a crown.
    Leader,
    /// Amber ring.
    Candidate,
    /// Plain.
    Follower,
    /// A replica without roles (gossip).
    Replica,
    /// Paxos.
    Proposer,
    /// Paxos.
    Acceptor,
    /// A lock server that replicates nothing.
    Server,
    /// A client of a lock service.
    Client,
    /// What that client writes to.
    Storage,
}

/// Whether a node runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It does.
    Up,
    /// It crashed and lost what was not on disk.
    Crashed,
    /// It stands still and knows nothing of it.
    Paused,
}

/// One server.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeView {
    /// Who.
    pub id: NodeId,
    /// "n1", "p1", "a3".
    pub name: String,
    /// How it is drawn.
    pub role: RoleMark,
    /// Whether it runs.
    pub status: Status,
    /// "term 4", "3 posts".
    pub caption: String,
    /// A timer drawn as an arc: when it was set and when it fires, in run time.
    pub timer: Option<(Micros, Micros)>,
    /// The last few entries of its log or posts of its feed, oldest first.
    pub chips: Vec<Chip>,
    /// How many are before those.
    pub chips_before: u64,
    /// "clock +3 s", "drift +500 ppm".
    pub clock: Option<String>,
    /// The timer is a leader's lease.
    pub lease: bool,
    /// It is drawn as a card with this on it, below those that are drawn as circles.
    pub card: Option<Card>,
    /// What it is in a configuration in which not all are alike: "old", "new", "learner", "spare".
    pub seat: Option<&'static str>,
}

/// One entry of a log or one post, as a small square.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chip {
    /// Raft: the term. Gossip: the author's initial.
    pub label: String,
    /// Raft: known to be committed (solid), else hatched. Gossip: always true.
    pub committed: bool,
    /// For the node's sheet: "entry 4, term 3: Ana posts “Rain again”".
    pub title: String,
    /// What is written by different ones at the same time wears different colours: 0 to 4.
    pub hue: u8,
}

/// Which way a message goes, as the field sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlightShape {
    /// A request: a dot.
    Request,
    /// An answer: a diamond.
    Reply,
}

/// Whose colour a message wears.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlightHue {
    /// Replication, ordinary work.
    Work,
    /// Elections, a second proposer.
    Election,
    /// Gossip.
    Gossip,
}

/// One message on its way; its place is a function of the time.
#[derive(Clone, PartialEq, Debug)]
pub struct FlightView {
    /// For acts upon it.
    pub id: u32,
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// "AppendEntries", "Promise 2.p2".
    pub label: String,
    /// Dot or diamond.
    pub shape: FlightShape,
    /// Colour.
    pub hue: FlightHue,
    /// When it was sent.
    pub sent: Micros,
    /// When it will arrive; while held, when it would have.
    pub due: Micros,
    /// Held by the learner.
    pub held: bool,
}

/// One message that died.
#[derive(Clone, PartialEq, Debug)]
pub struct DeathView {
    /// As it was.
    pub flight: FlightView,
    /// When.
    pub at: Micros,
    /// "the link was cut", "n2 is down", "dropped".
    pub cause: &'static str,
}

/// What an acceptor remembers, on its card.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// "2.p2" or "–".
    pub promised: String,
    /// ("1.p1", "blue"), if any.
    pub accepted: Option<(String, String)>,
    /// Not yet on disk.
    pub unsynced: bool,
}

/// Who has answered a proposer, drawn as a row of dots below the cards.
#[derive(Clone, PartialEq, Debug)]
pub struct Quorum {
    /// Whose: "p1".
    pub name: String,
    /// Who promised its current ballot, or accepted it, as it knows.
    pub heard: NodeSet,
    /// Who did so too, but whose answer is still on its way.
    pub on_the_way: NodeSet,
}

//! What an observer of any world remembers. Everything here is cloned at every checkpoint, so it is short or shared.

use std::collections::VecDeque;

use crate::node::{Micros, Node, NodeId, NodeSet};
use crate::shared_vec::SharedVec;
use crate::sim::fault::{Words, rows};
use crate::sim::model::{Loss, Model, Status, Step};
use crate::sim::network::{Envelope, FlightId};
use crate::sim::run::Seen;
use crate::sim::schedule::Passage;

/// The newest so many of something.
#[derive(Clone, Debug)]
pub struct Newest<T> {
    list: VecDeque<T>,
    /// How many there were in all.
    count: u64,
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self { list: VecDeque::new(), count: 0 }
    }
}

impl<T> Newest<T> {
    /// How many are kept.
    pub const KEPT: usize = 40;

    /// Adds one, and forgets the oldest if there are too many.
    pub fn push(&mut self, element: T) {
        if self.list.len() == Self::KEPT {
            self.list.pop_front();
        }
        self.list.push_back(element);
        self.count += 1;
    }

    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Newest first, each with its number in the order of all, from 0.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.list.iter().rev().enumerate().map(|(age, element)| (self.count - 1 - age as u64, element))
    }
}

/// A note that a learner will want to read, with what only an observer knew at that moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Noted<T> {
    /// When.
    pub at: Micros,
    /// Whose.
    pub node: NodeId,
    /// What it noted.
    pub note: T,
    /// With whom it could exchange messages.
    pub reach: Reach,
}

/// With whom a server could exchange messages at a moment; each set includes itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The servers that ran, with no link between the two cut.
    pub direct: NodeSet,
    /// Those, and all that they could exchange messages with in turn.
    pub through: NodeSet,
    /// The servers that were down.
    pub down: NodeSet,
}

impl Reach {
    /// Nothing is cut, and nobody is down.
    fn of_all(servers: NodeSet) -> Self {
        Self { direct: servers, through: servers, down: NodeSet::EMPTY }
    }
}

/// What a mark on the timeline stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// This server was elected.
    Elected(NodeId),
    /// A fault struck, or ended: the words for it, and the node if it struck one.
    Fault(&'static Words, Option<NodeId>),
    /// Something was refused to this client.
    Refused(NodeId),
    /// This client got no answer in time.
    Unknown(NodeId),
    /// This client read old data.
    Stale(NodeId),
    /// What was confirmed to this client is lost.
    Lost(NodeId),
    /// A value was chosen.
    Chosen,
    /// An invariant was broken.
    Broken,
}

/// A moment worth finding again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// When.
    pub at: Micros,
    /// What.
    pub kind: MarkKind,
}

/// A time during which something was out of order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// From when.
    pub from: Micros,
    /// Until when; `None` if it lasts.
    pub until: Option<Micros>,
    /// The node that was down; `None`: links were cut.
    pub node: Option<NodeId>,
}

/// A message that died.
#[derive(Clone, PartialEq, Debug)]
pub struct Death<M> {
    /// When.
    pub at: Micros,
    /// When it was sent.
    pub sent: Micros,
    /// When it would have arrived.
    pub due: Micros,
    /// Its name while it was on its way.
    pub id: FlightId,
    /// What it was.
    pub envelope: Envelope<M>,
    /// Why.
    pub loss: Loss,
}

/// Marks, troubles and deaths of any world.
#[derive(Clone, Debug)]
pub struct Events<N: Node> {
    /// By time.
    pub marks: SharedVec<Mark>,
    /// By beginning.
    pub troubles: SharedVec<Trouble>,
    /// By time; only those between servers, and only the newest.
    pub deaths: Newest<Death<N::Message>>,
    /// By time; only those that a learner will want to read.
    pub notes: Newest<Noted<N::Note>>,
    /// By time; every one.
    pub steps: Newest<Noted<N::Note>>,
}

impl<N: Node> Default for Events<N> {
    fn default() -> Self {
        Self {
            marks: SharedVec::default(),
            troubles: SharedVec::default(),
            deaths: Newest::default(),
            notes: Newest::default(),
            steps: Newest::default(),
        }
    }
}

/// Refusals and stale reads closer together than this share one mark.
const SAME_MARK: Micros = Micros::from_ms(400);

impl<N: Node> Events<N> {
    /// Sees one step. `servers` are the nodes that are drawn; `notable` tells which notes a learner will want to read.
    pub fn watch(&mut self, seen: &Seen<'_, N>, servers: NodeSet, notable: impl Fn(&N::Note) -> bool) {
        let at = seen.at;
        match seen.step {
            Step::Cut(..) => {
                self.mark_once(at, MarkKind::Fault(&rows::CUT, None));
                self.trouble_begins(at, None);
            }
            Step::Heal(..) => {
                self.mark_once(at, MarkKind::Fault(&rows::HEAL, None));
                if seen.after.cuts().iter().all(|cut| cut.is_empty()) {
                    self.trouble_ends(at, None);
                }
            }
            Step::Crash(node, _) => {
                self.mark(at, MarkKind::Fault(&rows::CRASH, Some(*node)));
                self.trouble_begins(at, Some(*node));
            }
            Step::Restart(node) if at > Micros::ZERO => {
                self.mark(at, MarkKind::Fault(&rows::RESTART, Some(*node)));
                self.trouble_ends(at, Some(*node));
            }
            _ => {}
        }
        for ((id, envelope, loss), (_, passage)) in seen.outcome.lost.iter().zip(seen.died) {
            if servers.contains(envelope.from) && servers.contains(envelope.to) && envelope.from != envelope.to {
                let Passage { sent, due, .. } = *passage;
                self.deaths.push(Death { at, sent, due, id: *id, envelope: envelope.clone(), loss: *loss });
            }
        }
        let Some(node) = seen.outcome.node else { return };
        for note in &seen.outcome.notes {
            // At the beginning all start at once: who has not yet is not down.
            let reach = if at == Micros::ZERO { Reach::of_all(servers) } else { reach(seen.after, node, servers) };
            let noted = Noted { at, node, note: note.clone(), reach };
            if notable(note) {
                self.notes.push(noted.clone());
            }
            self.steps.push(noted);
        }
    }

    /// Marks a moment.
    pub fn mark(&mut self, at: Micros, kind: MarkKind) {
        self.marks.push(Mark { at, kind });
    }

    /// Marks a moment unless the same was marked a short while ago.
    pub fn mark_once(&mut self, at: Micros, kind: MarkKind) {
        let recent = self.marks.iter().rev().take_while(|mark| at.since(mark.at) < SAME_MARK);
        if !recent.into_iter().any(|mark| mark.kind == kind) {
            self.mark(at, kind);
        }
    }

    fn trouble_begins(&mut self, at: Micros, node: Option<NodeId>) {
        if self.open_trouble(node).is_none() {
            self.troubles.push(Trouble { from: at, until: None, node });
        }
    }

    fn trouble_ends(&mut self, at: Micros, node: Option<NodeId>) {
        if let Some(position) = self.open_trouble(node) {
            self.troubles.get_mut(position).expect("at its position").until = Some(at);
        }
    }

    /// At most one trouble of each kind is open, and few come after it.
    fn open_trouble(&self, node: Option<NodeId>) -> Option<usize> {
        let latest = self.troubles.iter().rposition(|trouble| trouble.node == node)?;
        self.troubles.get(latest).is_some_and(|trouble| trouble.until.is_none()).then_some(latest)
    }
}

/// With whom `node` can exchange messages.
pub fn reach<N: Node>(model: &Model<N>, node: NodeId, servers: NodeSet) -> Reach {
    let is_down = |id: &NodeId| model.host(*id).status == Status::Crashed;
    let down: NodeSet = servers.iter().filter(is_down).collect();
    let both_ways = |here, there| !model.is_cut(here, there) && !model.is_cut(there, here);
    let next_to = |here| {
        let up = servers.difference(down).iter();
        up.filter(|there| *there == here || both_ways(here, *there)).collect::<NodeSet>()
    };
    let direct = next_to(node).with(node);
    let (mut through, mut open) = (direct, direct.without(node));
    while let Some(here) = open.iter().next() {
        let news = next_to(here).difference(through);
        (through, open) = (through.union(news), open.union(news).without(here));
    }
    Reach { direct, through, down }
}

/// The servers in groups that can exchange messages, crashed ones each alone, by their lowest id.
pub fn components<N: Node>(model: &Model<N>, servers: NodeSet) -> Vec<NodeSet> {
    let mut left = servers;
    let mut groups = Vec::new();
    while let Some(node) = left.iter().next() {
        let down = model.host(node).status == Status::Crashed;
        let group = if down { NodeSet::EMPTY.with(node) } else { reach(model, node, servers).through };
        left = left.difference(group);
        groups.push(group);
    }
    groups
}

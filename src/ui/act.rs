//! What a learner does to a run: an intervention, from the gesture on.

use std::fmt::{self, Display};

use cap_lab::locks;
use cap_lab::node::{NodeId, NodeSet};
use cap_lab::paxos;
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::store::feed;
use cap_lab::store::objects::Change;

use crate::ui::figure::links::{LinkState, link_state, links};
use crate::ui::world::WorldView;

/// What is done to the run of any page.
pub type Act = Intervention<Ask>;

/// What somebody in a run is asked for. Each experiment has its own kind of requests.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// A person or an operator of a feed.
    Feed(feed::Request),
    /// A proposer.
    Paxos(paxos::Request),
    /// A client of a lock service.
    Locks(locks::client::Request),
}

impl From<feed::Request> for Ask {
    fn from(request: feed::Request) -> Self {
        Self::Feed(request)
    }
}

impl From<paxos::Request> for Ask {
    fn from(request: paxos::Request) -> Self {
        Self::Paxos(request)
    }
}

impl From<locks::client::Request> for Ask {
    fn from(request: locks::client::Request) -> Self {
        Self::Locks(request)
    }
}

impl Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed(request) => request.fmt(f),
            Self::Paxos(request) => request.fmt(f),
            Self::Locks(request) => request.fmt(f),
        }
    }
}

/// Asks `node` for something.
pub fn ask(node: NodeId, request: impl Into<Ask>) -> Act {
    Intervention::Request { node, request: request.into() }
}

/// Lets a person post what was typed; `None` if that is nothing but space.
pub fn post(person: NodeId, typed: &str) -> Option<Act> {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| ask(person, feed::Request::Post(text.into())))
}

/// Makes what was typed a person's status; `None` if that is nothing but space.
pub fn status(person: NodeId, typed: &str) -> Option<Act> {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| change(person, Change::Status { of: person, text: text.into() }))
}

/// Lets a person change something.
pub fn change(person: NodeId, change: Change) -> Act {
    ask(person, feed::Request::Change(change))
}

/// Both directions of a link.
pub fn both_ways(a: NodeId, b: NodeId) -> [Link; 2] {
    [(a, b), (b, a)]
}

/// What a click on a link does: heals it if any of it is cut, else cuts both directions.
pub fn toggle_link(cut: &[NodeSet], a: NodeId, b: NodeId) -> Act {
    let both = both_ways(a, b).to_vec();
    if link_state(cut, a, b) == LinkState::Whole { Act::Cut(both) } else { Act::Heal(both) }
}

/// Both directions of every link of a node.
pub fn its_links(world: &WorldView, node: NodeId) -> Vec<Link> {
    let its = links(world).into_iter().filter(|(a, b)| *a == node || *b == node);
    its.flat_map(|(a, b)| both_ways(a, b)).collect()
}

/// Heals every link.
pub fn heal_all(cut: &[NodeSet]) -> Act {
    Act::Heal(cut_links(cut).collect())
}

fn cut_links(cut: &[NodeSet]) -> impl Iterator<Item = Link> + '_ {
    (0..).map(NodeId).zip(cut).flat_map(|(from, cut)| cut.iter().map(move |to| (from, to)))
}

/// What was done to `world`, in a sentence. `world` is as it was before.
pub fn done(act: &Act, world: &WorldView) -> String {
    let of = match act {
        Intervention::Cut(links) | Intervention::Heal(links) | Intervention::Slow { links, .. } => {
            links_done(links, world)
        }
        Intervention::Request { node, request } => asked(*node, request, world),
        Intervention::Traffic(percent) => percent.to_string(),
        _ => act.node().map_or_else(String::new, |node| name(node, world)),
    };
    act.words().done.replace("{}", &of)
}

/// A node's name, or a person's.
fn name(id: NodeId, world: &WorldView) -> String {
    let node = world.nodes.get(id.index()).map(|node| &node.name);
    let person = || world.phones.iter().find(|phone| phone.id == id).map(|phone| &phone.name);
    node.or_else(person).map_or_else(|| id.to_string(), Clone::clone)
}

fn links_done(done: &[Link], world: &WorldView) -> String {
    let name = |id: &NodeId| name(*id, world);
    let first = done.first().map_or([NodeId(0); 2], |(a, b)| [*a, *b]);
    let shared = first.into_iter().find(|node| done.iter().all(|(a, b)| a == node || b == node));
    let all_of = |node: &NodeId| done.len() == 2 * links(world).iter().filter(|(a, b)| a == node || b == node).count();
    match done {
        [(a, b)] => format!("the link from {} to {}", name(a), name(b)),
        [(a, b), (c, d)] if a == d && b == c => format!("the link between {} and {}", name(a), name(b)),
        _ if cut_links(&world.cut).count() > 0 && cut_links(&world.cut).all(|link| done.contains(&link)) => {
            "all links".to_owned()
        }
        _ => match shared.filter(all_of) {
            Some(node) => format!("all links of {}", name(&node)),
            None => format!("{} links", done.len() / 2),
        },
    }
}

fn asked(node: NodeId, request: &Ask, world: &WorldView) -> String {
    let who = name(node, world);
    match request {
        Ask::Feed(feed::Request::Post(_)) => format!("{who} posts"),
        Ask::Feed(feed::Request::Read) => format!("{who} reads"),
        Ask::Feed(feed::Request::Change(change)) => match change {
            Change::Like(post) => format!("{who} likes a post of {}", name(post.author, world)),
            Change::Delete(_) => format!("{who} deletes a post"),
            Change::Status { of, text } => format!("{}'s status is set: “{text}”", name(*of, world)),
        },
        Ask::Feed(feed::Request::Attach(to)) => format!("{who} now talks to {}", name(*to, world)),
        Ask::Feed(feed::Request::Admin(command)) => format!("{who} is asked: {command}"),
        Ask::Paxos(paxos::Request::Propose(value)) => format!("{who} is asked to propose {value}"),
        Ask::Locks(request) => format!("{who} is asked to {request}"),
    }
}

//! What is under the pointer, and where the arrow keys go: a figure as a set of named items.

use cap_lab::node::{Micros, NodeSet};

use crate::ui::figure::flights::flight_at;
use crate::ui::figure::links::links;
use crate::ui::figure::view::RoleMark;
use crate::ui::geometry::{Place, Point, Size, distance_to_segment, lane, ring, tiers, together, two_rows};
use crate::ui::state::{FigureKey, Item};
use crate::ui::world::WorldView;

/// Where the nodes of `world` are in a figure of this size.
pub fn places(world: &WorldView, size: Size) -> Vec<Place> {
    let count = |role| world.nodes.iter().filter(|node| node.role == role).count();
    let (proposers, clients) = (count(RoleMark::Proposer), count(RoleMark::Client));
    if clients > 0 {
        tiers(world.nodes.len() - clients - 1, clients, size)
    } else if world.nodes.iter().any(|node| node.card.is_some()) {
        two_rows(proposers, world.nodes.len() - proposers, size)
    } else {
        let regions: Vec<NodeSet> = world.regions.iter().map(|region| region.members).collect();
        together(&ring(world.nodes.len(), size), &regions)
    }
}

/// A message is drawn as large as this around its middle.
const FLIGHT: f64 = 8.0;
/// How far from a node or a link it still is what is meant.
const BESIDE: f64 = 6.0;
const ALONG: f64 = 11.0;

/// The message that is nearest to `point`, and how far it is.
pub fn nearest_flight(
    world: &WorldView,
    places: &[Place],
    now: Micros,
    still: bool,
    point: Point,
) -> Option<(f64, u32)> {
    let distances =
        world.flights.iter().map(|flight| (flight_at(flight, places, now, still).distance(point), flight.id));
    distances.min_by(|a, b| a.0.total_cmp(&b.0))
}

/// What is meant by `point`. A message is drawn over all else and moves, so it is meant within `reach`, unless the point is on
/// a node beside it. Nodes come before links.
pub fn item_at(
    world: &WorldView,
    places: &[Place],
    now: Micros,
    still: bool,
    point: Point,
    reach: f64,
) -> Option<Item> {
    let flight = nearest_flight(world, places, now, still, point);
    let flight = |within: f64| flight.filter(|(distance, _)| *distance <= within).map(|(_, id)| Item::Flight(id));
    let node = |slack: f64| {
        let node = world.nodes.iter().find(|node| places[node.id.index()].covers(point, slack));
        node.map(|node| Item::Node(node.id))
    };
    let link = || {
        links(world)
            .into_iter()
            .map(|(a, b)| (distance_to_segment(point, lane(&places[a.index()], &places[b.index()], 0.0)), a, b))
            .filter(|(distance, ..)| *distance < ALONG)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, a, b)| Item::Link(a, b))
    };
    flight(FLIGHT.min(reach)).or(node(0.0)).or(flight(reach)).or(node(BESIDE)).or_else(link)
}

/// Nodes, links and messages, each in the order in which the arrow keys visit them.
fn kinds(world: &WorldView) -> [Vec<Item>; 3] {
    [
        world.nodes.iter().map(|node| Item::Node(node.id)).collect(),
        links(world).into_iter().map(|(a, b)| Item::Link(a, b)).collect(),
        world.flights.iter().map(|flight| Item::Flight(flight.id)).collect(),
    ]
}

/// Where an arrow key goes from `current`. A message that has arrived meanwhile gives way to the first one.
pub fn move_cursor(world: &WorldView, current: Option<Item>, key: FigureKey) -> Option<Item> {
    let kinds = kinds(world);
    let kind = match current {
        None | Some(Item::Node(_) | Item::Verdict | Item::Tradeoff) => 0,
        Some(Item::Link(..)) => 1,
        Some(Item::Flight(_)) => 2,
    };
    let position = current.and_then(|item| kinds[kind].iter().position(|other| *other == item));
    match key {
        FigureKey::Along(by) => {
            let count = kinds[kind].len() as i32;
            let next = position.map_or(0, |position| (position as i32 + by).rem_euclid(count.max(1)) as usize);
            kinds[kind].get(next).or(kinds[0].first()).copied()
        }
        FigureKey::Kind(by) => {
            let mut next = kind as i32;
            loop {
                next = (next + by).rem_euclid(3);
                if let Some(first) = kinds[next as usize].first() {
                    return Some(*first);
                }
                if next == kind as i32 {
                    return current;
                }
            }
        }
        FigureKey::Enter | FigureKey::Menu => current.or(kinds[0].first().copied()),
    }
}

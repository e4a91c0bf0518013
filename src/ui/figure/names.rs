//! What is in a figure, by name: for the screen reader, and wherever it is spoken of.

use cap_lab::node::NodeId;

use crate::ui::figure::links::{LinkState, link_state};
use crate::ui::figure::view::{RoleMark, Status};
use crate::ui::state::Item;
use crate::ui::world::WorldView;

/// The name of an item for the screen reader, as page-wide words: "link n1 to n3, cut".
pub fn item_name(world: &WorldView, item: Item) -> String {
    let name = |id: NodeId| world.nodes.get(id.index()).map_or_else(|| id.to_string(), |node| node.name.clone());
    match item {
        Item::Node(id) => {
            let Some(node) = world.nodes.get(id.index()) else { return id.to_string() };
            let clock = node.clock.as_ref().map_or_else(String::new, |clock| format!(", {clock}"));
            let seat = node.seat.map_or_else(String::new, |seat| format!(", {seat}"));
            let crowd = world.crowds.iter().find(|(at, _)| *at == id).map_or("", |(_, crowd)| crowd);
            let crowd = if crowd.is_empty() { String::new() } else { format!(", messages: {crowd}") };
            let region = world.region(id).map_or_else(String::new, |region| format!(", in {}", region.name));
            format!(
                "{}{region}, {}, {}{seat}{clock}{crowd}",
                node.name,
                node_role(node.role, node.status),
                node.caption
            )
        }
        Item::Link(a, b) => {
            let (na, nb) = (name(a), name(b));
            match link_state(&world.cut, a, b) {
                LinkState::Whole => format!("link {na} to {nb}"),
                LinkState::Cut => format!("link {na} to {nb}, cut"),
                LinkState::CutThere => format!("link {na} to {nb}, cut from {na} to {nb} only"),
                LinkState::CutBack => format!("link {na} to {nb}, cut from {nb} to {na} only"),
            }
        }
        Item::Verdict => "verdict".to_owned(),
        Item::Tradeoff => "trade-off".to_owned(),
        Item::Flight(id) => world.flights.iter().find(|flight| flight.id == id).map_or_else(
            || "message, gone".to_owned(),
            |flight| {
                let held = if flight.held { ", held" } else { "" };
                format!("message {} from {} to {}{held}", flight.label, name(flight.from), name(flight.to))
            },
        ),
    }
}

/// The class that draws a value in the colour after which it is named; empty if it is named after none.
pub fn colour_class(value: &str) -> &'static str {
    match value {
        "blue" => "v-blue",
        "red" => "v-red",
        "green" => "v-green",
        "orange" | "amber" | "yellow" => "v-orange",
        "purple" | "violet" | "pink" => "v-purple",
        _ => "",
    }
}

/// Role and state in words.
pub fn node_role(role: RoleMark, status: Status) -> &'static str {
    match (status, role) {
        (Status::Crashed, _) => "crashed",
        (Status::Paused, _) => "paused",
        (Status::Up, RoleMark::Leader) => "leader",
        (Status::Up, RoleMark::Candidate) => "candidate",
        (Status::Up, RoleMark::Follower) => "follower",
        (Status::Up, RoleMark::Replica) => "replica",
        (Status::Up, RoleMark::Proposer) => "proposer",
        (Status::Up, RoleMark::Acceptor) => "acceptor",
        (Status::Up, RoleMark::Server) => "server",
        (Status::Up, RoleMark::Client) => "client",
        (Status::Up, RoleMark::Storage) => "storage",
    }
}

//! The same cluster as tables, for whoever prefers rows to pictures.

use std::rc::Rc;

use cap_lab::node::NodeId;
use yew::Html;

use crate::ui::act::toggle_link;
use crate::ui::el::{El, classed, el, quiet, words};
use crate::ui::figure::links::{LinkState, link_state, links};
use crate::ui::figure::names::node_role;
use crate::ui::figure::view::{FlightView, NodeView};
use crate::ui::state::{Item, Msg, ViewState};
use crate::ui::world::WorldView;

/// Nodes, links and messages of `world` in three tables.
pub fn tables(index: usize, world: &Rc<WorldView>, ui: &ViewState) -> Html {
    let of = Tables { index, world, ui };
    let nodes = world.nodes.iter().map(|node| of.node(node)).collect();
    let rows = links(world).into_iter().map(|(a, b)| of.link(a, b)).collect();
    let flights = world.flights.iter().map(|flight| of.flight(flight)).collect();
    classed("div", "tables")
        .attr("tabindex", "0")
        .attr("role", "region")
        .name(format!("{} as tables", world.title))
        .add(table("Nodes", nodes))
        .add(table("Links", rows))
        .add(table("Messages on their way", flights))
        .html()
}

fn table(caption: &str, rows: Vec<El>) -> El {
    el("table").add(words("caption", caption)).add(el("tbody").all(rows))
}

/// A row with its two texts and its buttons.
fn row(key: &str, head: &str, state: &str, buttons: Vec<El>) -> El {
    el("tr").key(key).add(words("th", head).attr("scope", "row")).add(words("td", state)).add(el("td").all(buttons))
}

/// What the rows have in common.
struct Tables<'a> {
    index: usize,
    world: &'a WorldView,
    ui: &'a ViewState,
}

impl Tables<'_> {
    fn name(&self, id: NodeId) -> &str {
        self.world.nodes.get(id.index()).map_or("", |node| &node.name)
    }

    fn open(&self, label: &str, name: String, item: Item) -> El {
        quiet(label, name, &self.ui.send, Msg::Select { world: self.index, item, from_keys: true })
    }

    fn node(&self, node: &NodeView) -> El {
        let button = self.open("Open", format!("Open {}", node.name), Item::Node(node.id));
        let caption = el("td").text(&node.caption);
        let caption = match &node.clock {
            Some(clock) => caption.text(&format!(", {clock}")),
            None => caption,
        };
        el("tr")
            .key(&node.id.0.to_string())
            .add(words("th", &node.name).attr("scope", "row"))
            .add(words("td", node_role(node.role, node.status)))
            .add(caption)
            .add(el("td").add(button))
    }

    fn link(&self, a: NodeId, b: NodeId) -> El {
        let (na, nb) = (self.name(a), self.name(b));
        let (state, verb) = match link_state(&self.world.cut, a, b) {
            LinkState::Whole => ("whole".to_owned(), "Cut"),
            LinkState::Cut => ("cut".to_owned(), "Heal"),
            LinkState::CutThere => (format!("cut from {na} to {nb}"), "Heal"),
            LinkState::CutBack => (format!("cut from {nb} to {na}"), "Heal"),
        };
        let toggle = Msg::Do(toggle_link(&self.world.cut, a, b));
        let buttons = vec![
            quiet(verb, format!("{verb} {na} to {nb}"), &self.ui.send, toggle),
            self.open("One way…", format!("One way… {na} to {nb}"), Item::Link(a, b)),
        ];
        row(&format!("{na}-{nb}"), &format!("{na} – {nb}"), &state, buttons)
    }

    fn flight(&self, flight: &FlightView) -> El {
        let (from, to) = (self.name(flight.from), self.name(flight.to));
        let way = format!("{from} → {to}{}", if flight.held { ", held" } else { "" });
        let name = format!("Open {} from {from} to {to}", flight.label);
        row(&flight.id.to_string(), &flight.label, &way, vec![self.open("Open", name, Item::Flight(flight.id))])
    }
}

//! A node, a link or a message, opened up: what it is, what it knows, and what can be done to it.

pub mod offers;
pub mod view;

use std::rc::Rc;

use cap_lab::node::NodeId;
use yew::{Callback, Html};

use self::offers::{Offer, at_link, at_message, at_node};
use self::view::Sheet;
use crate::ui::el::{El, button, classed, el, filled};
use crate::ui::figure::links::{LinkState, link_state};
use crate::ui::figure::view::NodeView;
use crate::ui::lab::{Lab, WorldView};
use crate::ui::state::{Arrival, Item, Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::verdict;
use crate::ui::waiting::waiting;

/// The id of the open sheet, for moving the keyboard into it.
pub const SHEET_ID: &str = "sheet";

/// What is opened up, if anything is.
pub fn sheet(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<Html> {
    let (index, item) = ui.run.selected?;
    let world = worlds.get(index)?;
    let part = match item {
        Item::Verdict => return Some(verdict::sheet::sheet(lab.verdict_sheet(index)?, world, ui)),
        Item::Node(id) => node(lab, index, world, world.nodes.get(id.index())?, ui),
        Item::Link(a, b) => link(world, a, b, ui),
        Item::Flight(flight) => message(lab, index, world, flight, ui),
    };
    Some(still("sheet", part))
}

#[derive(PartialEq)]
struct SheetPart {
    sheet: Sheet,
    side: String,
    offers: Vec<Offer>,
    /// What tells the rest is not here.
    missing: Option<Arrival>,
    send: Callback<Msg>,
}

impl Part for SheetPart {
    fn draw(&self) -> Html {
        let mut actions = Vec::new();
        for Offer { label, act, harms } in &self.offers {
            let class = if *harms { "harm" } else { "" };
            actions.push(button(class, label, &self.send, Msg::Do(act.clone())).key(label));
        }
        let mut sections = Vec::new();
        for (title, rows) in &self.sheet.sections {
            let row = |(key, value): &(String, String)| el("div").add(el("dt").text(key)).add(el("dd").text(value));
            sections.push(el("h3").text(title));
            sections.push(el("dl").all(rows.iter().map(row).collect()));
        }
        frame(&self.sheet.title, &self.side, &self.send)
            .add(classed("div", "actions").list(actions))
            .optional(filled("p", &self.sheet.meaning))
            .optional(self.missing.map(|missing| waiting(missing, &self.send)))
            .list(sections)
            .html()
    }
}

/// An empty sheet under its title.
pub fn frame(title: &str, side: &str, send: &Callback<Msg>) -> El {
    let head = el("header")
        .add(el("h2").text(title))
        .add(el("span").text(side))
        .add(button("quiet close", "✕", send, Msg::Close).attr("aria-label", "Close"));
    classed("section", "sheet")
        .attr("id", SHEET_ID)
        .attr("tabindex", "-1")
        .set("aria-label", title.to_owned())
        .add(head)
}

fn node(lab: &dyn Lab, index: usize, world: &WorldView, node: &NodeView, ui: &ViewState) -> SheetPart {
    let told = lab.node_sheet(index, node.id);
    let missing = told.is_none().then_some(ui.details);
    let sheet = told.unwrap_or_else(|| Sheet::titled(&node.name));
    let own = sheet.actions.iter().map(|(label, act)| Offer { label: label.clone(), act: act.clone(), harms: false });
    let offers = at_node(world, node).into_iter().chain(own).collect();
    SheetPart { sheet, side: world.title.clone(), offers, missing, send: ui.send.clone() }
}

fn link(world: &WorldView, a: NodeId, b: NodeId, ui: &ViewState) -> SheetPart {
    let name = |id: NodeId| world.nodes.get(id.index()).map(|node| node.name.clone()).unwrap_or_default();
    let (na, nb) = (name(a), name(b));
    let state = link_state(&world.cut, a, b);
    let word = |gone: bool| if gone { "cut" } else { "carries" }.to_owned();
    let sheet = Sheet {
        title: format!("Link {na} – {nb}"),
        sections: vec![(
            "Directions".to_owned(),
            vec![
                (format!("{na} → {nb}"), word(matches!(state, LinkState::Cut | LinkState::CutThere))),
                (format!("{nb} → {na}"), word(matches!(state, LinkState::Cut | LinkState::CutBack))),
            ],
        )],
        meaning: "A message that is on its way when its link is cut is lost. Neither end is told.".to_owned(),
        actions: Vec::new(),
    };
    SheetPart {
        sheet,
        side: "in every world".to_owned(),
        offers: at_link(world, a, b),
        missing: None,
        send: ui.send.clone(),
    }
}

fn message(lab: &dyn Lab, index: usize, world: &WorldView, flight: u32, ui: &ViewState) -> SheetPart {
    let held = world.flights.iter().any(|other| other.id == flight && other.held);
    let told = lab.flight_sheet(index, flight);
    let name = lab.message_name(index, flight);
    let missing = (told.is_none() && name.is_some()).then_some(ui.details);
    let (sheet, offers) = match name {
        Some(name) => (told.unwrap_or_else(|| Sheet::titled("Message")), at_message(index, &name, held)),
        None => {
            let meaning = "It is no longer on its way: it has arrived, or it was lost.".to_owned();
            (Sheet { meaning, ..Sheet::titled("Message") }, Vec::new())
        }
    };
    SheetPart { sheet, side: world.title.clone(), offers, missing, send: ui.send.clone() }
}

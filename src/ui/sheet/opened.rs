//! The sheets themselves.

use std::rc::Rc;

use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::Link;
use yew::{Callback, Html};

use super::frame::frame;
use super::offers::{Group, Offer, asks, at_link, at_message, at_node};
use super::view::Sheet;
use crate::ui::el::{El, button, classed, el, filled, words};
use crate::ui::figure::links::{LinkState, link_state};
use crate::ui::figure::view::NodeView;
use crate::ui::lab::Lab;
use crate::ui::log::view::LogCell;
use crate::ui::state::{Arrival, Item, Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::tradeoff;
use crate::ui::verdict;
use crate::ui::waiting::waiting;
use crate::ui::world::WorldView;

/// What is opened up, if anything is.
pub fn sheet(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<Html> {
    let (index, item) = ui.run.selected?;
    let world = worlds.get(index)?;
    let part = match item {
        Item::Verdict => return Some(verdict::sheet::sheet(lab.verdict_sheet(index)?, world, ui)),
        Item::Tradeoff => return tradeoff::sheet(lab, worlds, ui),
        Item::Node(id) => node(lab, index, world, world.nodes.get(id.index())?, ui),
        Item::Link(a, b) => link(world, &lab.slow_links(), (a, b), ui),
        Item::Flight(flight) => message(lab, index, world, flight, ui),
    };
    Some(still("sheet", part))
}

#[derive(PartialEq)]
struct SheetPart {
    sheet: Sheet,
    /// What is long, and seen when it is unfolded.
    folded: Option<Section>,
    side: String,
    offers: Vec<Offer>,
    /// What tells the rest is not here.
    missing: Option<Arrival>,
    send: Callback<Msg>,
}

impl Part for SheetPart {
    fn draw(&self) -> Html {
        let mut sections = Vec::new();
        for (title, rows) in &self.sheet.sections {
            sections.push(el("h3").text(title));
            sections.push(list(rows));
        }
        let folded = |(title, rows): &Section| {
            el("details").add(words("summary", &format!("{title} ({})", rows.len()))).add(list(rows))
        };
        frame(&self.sheet.title, &self.side, &self.send)
            .optional(filled("p", &self.sheet.meaning))
            .optional(self.missing.map(|missing| waiting(missing, &self.send)))
            .list(sections)
            .optional(self.folded.as_ref().map(folded))
            .list(Group::ALL.into_iter().filter_map(|group| self.acts(group)).collect())
            .html()
    }
}

/// A title and its rows.
type Section = (String, Vec<(String, String)>);

fn list(rows: &[(String, String)]) -> El {
    let row = |(key, value): &(String, String)| el("div").add(el("dt").text(key)).add(el("dd").text(value));
    el("dl").all(rows.iter().map(row).collect())
}

impl SheetPart {
    /// The acts of one group, each with a word on what it does.
    fn acts(&self, group: Group) -> Option<El> {
        let mut rows = Vec::new();
        for Offer { label, says, act, harms, .. } in self.offers.iter().filter(|offer| offer.group == group) {
            let class = if *harms { "harm" } else { "" };
            let press = button(class, label, &self.send, Msg::Do(act.clone()));
            rows.push(el("li").key(label).add(press).add(words("small", says)));
        }
        let heading = words("h3", group.title());
        (!rows.is_empty()).then(|| el("section").key(group.title()).add(heading).add(classed("ul", "acts").list(rows)))
    }
}

fn node(lab: &dyn Lab, index: usize, world: &WorldView, node: &NodeView, ui: &ViewState) -> SheetPart {
    let told = lab.node_sheet(index, node.id);
    let missing = told.is_none().then_some(ui.details);
    let sheet = told.unwrap_or_else(|| Sheet::titled(&node.name));
    let offers = at_node(world, node).into_iter().chain(asks(&sheet.actions)).collect();
    let folded = newest(world, node);
    SheetPart { sheet, folded, side: world.title.clone(), offers, missing, send: ui.send.clone() }
}

/// How many entries of a log are told.
const ENTRIES: usize = 11;

/// What is in the log of a node or in its feed, newest first, as far as it is drawn; none if that is nothing.
fn newest(world: &WorldView, node: &NodeView) -> Option<Section> {
    let log =
        world.replication.as_ref().and_then(|replication| replication.rows.iter().find(|row| row.node == node.id));
    let rows: Vec<(String, String)> = match log {
        Some(log) => {
            let entry = |cell: &LogCell| {
                let state = if cell.index <= log.commit_index { "committed" } else { "not known to be committed" };
                (format!("{}, term {}, {state}", cell.index, cell.term), cell.command.clone())
            };
            log.entries.iter().rev().take(ENTRIES).map(entry).collect()
        }
        None => node.chips.iter().rev().map(|chip| told(&chip.title)).collect(),
    };
    let title = if log.is_some() { "Its newest entries" } else { "Its newest posts" };
    (!rows.is_empty()).then(|| (title.to_owned(), rows))
}

/// "Ana: “Rain”" as a row.
fn told(title: &str) -> (String, String) {
    let (who, what) = title.split_once(": ").unwrap_or(("", title));
    (who.to_owned(), what.to_owned())
}

fn link(world: &WorldView, slow: &[(Link, Micros)], (a, b): (NodeId, NodeId), ui: &ViewState) -> SheetPart {
    let name = |id: NodeId| world.nodes.get(id.index()).map(|node| node.name.clone()).unwrap_or_default();
    let (na, nb) = (name(a), name(b));
    let state = link_state(&world.cut, a, b);
    let word = |gone: bool, link: Link| match slow.iter().find(|(slow, _)| *slow == link) {
        _ if gone => "cut".to_owned(),
        Some((_, by)) => format!("carries, {} ms slower", by.as_ms()),
        None => "carries".to_owned(),
    };
    let sheet = Sheet {
        title: format!("Link {na} – {nb}"),
        sections: vec![(
            "Directions".to_owned(),
            vec![
                (format!("{na} → {nb}"), word(matches!(state, LinkState::Cut | LinkState::CutThere), (a, b))),
                (format!("{nb} → {na}"), word(matches!(state, LinkState::Cut | LinkState::CutBack), (b, a))),
            ],
        )],
        meaning: "A message that is on its way when its link is cut is lost. Neither end is told.".to_owned(),
        actions: Vec::new(),
    };
    SheetPart {
        sheet,
        folded: None,
        side: "in every world".to_owned(),
        offers: at_link(world, a, b, slow.iter().any(|(link, _)| *link == (a, b) || *link == (b, a))),
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
    SheetPart { sheet, folded: None, side: world.title.clone(), offers, missing, send: ui.send.clone() }
}

//! Raft: one cluster, and every server's log with what the leader knows of it.

use std::rc::Rc;

use yew::Html;

use crate::ui::el::{classed, el};
use crate::ui::history::history;
use crate::ui::invariants::invariants;
use crate::ui::lab::{Lab, WorldView};
use crate::ui::log::logs;
use crate::ui::page::{cluster, coach, room, side};
use crate::ui::phones::phones;
use crate::ui::state::ViewState;
use crate::ui::verdict::meters::meters;

/// The page.
pub fn page(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
    let Some(world) = worlds.first() else { return Html::default() };
    let invite = "Drag across links to cut them, or click the leader and crash it. The log shows what each server has and knows.";
    let logs = world.replication.as_ref().map(logs);
    let strip = history(0, world, lab.now(), ui);
    let left = el("section").set("class", room(world)).attr("aria-label", "Cluster");
    let right = classed("section", "logs")
        .attr("aria-label", "Logs")
        .node(logs.unwrap_or_default())
        .node(invariants(&world.invariants))
        .node(meters(0, world, ui))
        .node(strip);
    classed("main", "lab raft")
        .add(classed("div", "lead").node(coach(worlds, ui, invite)))
        .add(left.node(cluster(0, world, lab, ui)).node(phones(0, world, ui)))
        .add(right)
        .node(side(lab, worlds, ui))
        .html()
}

//! A node, a link or a message, opened up: what it is, what it knows, and what can be done to it.

use std::rc::Rc;

use cap_lab::node::{Micros, NodeId};
use yew::{Callback, Html};

use crate::ui::el::{El, button, classed, el, filled};
use crate::ui::lab::{Act, Lab, NodeView, RoleMark, Rung, Sheet, Status, VerdictSheet, VerdictState, WorldView};
use crate::ui::rest;
use crate::ui::state::{Item, LinkState, Msg, ViewState, link_state};
use crate::ui::still::{Part, still};

/// The id of the open sheet, for moving the keyboard into it.
pub const SHEET_ID: &str = "sheet";

/// What is opened up, if anything is.
pub fn sheet(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<Html> {
    let (index, item) = ui.selected?;
    let world = worlds.get(index)?;
    let part = match item {
        Item::Verdict => return Some(verdict(lab.verdict_sheet(index)?, world, ui)),
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
    /// Label, what it does, whether it takes something away.
    actions: Vec<(String, Act, bool)>,
    send: Callback<Msg>,
}

impl Part for SheetPart {
    fn draw(&self) -> Html {
        let mut actions = Vec::new();
        for (label, act, harm) in &self.actions {
            let class = if *harm { "harm" } else { "" };
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
            .list(sections)
            .html()
    }
}

/// An empty sheet under its title.
fn frame(title: &str, side: &str, send: &Callback<Msg>) -> El {
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

fn verdict(sheet: VerdictSheet, world: &WorldView, ui: &ViewState) -> Html {
    let state = world.verdict.map_or(VerdictState::Checking, |verdict| verdict.state);
    let mut sheet = sheet;
    if let Some(reason) = ui.no_referee.as_ref().filter(|_| state == VerdictState::Off) {
        sheet.sentence = format!(
            "Verdicts are off: the checker, which runs in a web worker, could not be had ({reason}). All else works."
        );
    }
    still("verdict", VerdictPart { sheet, state, side: world.title.clone(), send: ui.send.clone() })
}

#[derive(PartialEq)]
struct VerdictPart {
    sheet: VerdictSheet,
    state: VerdictState,
    side: String,
    send: Callback<Msg>,
}

impl Part for VerdictPart {
    fn draw(&self) -> Html {
        let title = match self.state {
            VerdictState::Checking => "Verdict: checking …",
            VerdictState::Linearizable => "Linearizable so far",
            VerdictState::NotLinearizable => "Not linearizable",
            VerdictState::Unknown(_) => "Verdict: unknown",
            VerdictState::Off => "Not checked",
        };
        let VerdictSheet { sentence, before, operations, seen, faults, recovered, ladder, staleness } = &self.sheet;
        let go = |before: Micros| button("", "Go to just before", &self.send, Msg::Seek(before.0 as f64 / 1e3));
        let list = |lines: &[String]| lines.iter().map(|line| el("li").text(line)).collect();
        let rung = |rung: &Rung| {
            let (class, sign, said) = match rung.kept {
                Some(true) => ("good", "✓", "kept"),
                Some(false) => ("bad", "✕", "broken"),
                None => ("", "?", "unknown"),
            };
            let standing = el("b").class(class).text(&format!("{sign} {said}"));
            el("li").add(el("span").text(rung.name)).add(standing).optional(filled("p", &rung.why))
        };
        let mut parts = Vec::new();
        if !operations.is_empty() {
            parts.push(el("h3").text("Evidence, latest first"));
            parts.push(classed("ul", "proof").all(list(operations)));
            if !seen.is_empty() {
                let count = format!("What these saw ({})", seen.len());
                let all = classed("ul", "proof").all(list(seen));
                parts.push(el("details").add(el("summary").text(&count)).add(all));
            }
            parts.push(el("h3").text("Faults at that time"));
            let none = [String::from("none")];
            parts.push(classed("ul", "proof").all(list(if faults.is_empty() { &none } else { faults })));
        }
        if !ladder.is_empty() {
            parts.push(el("h3").text("Guarantees, the weaker ones first"));
            parts.push(classed("ul", "ladder").all(ladder.iter().map(rung).collect()));
        }
        if !staleness.is_empty() && rest::here() {
            parts.push(rest::get().staleness(staleness));
        }
        frame(title, &self.side, &self.send)
            .optional(before.map(|before| classed("div", "actions").add(go(before))))
            .add(el("p").text(sentence))
            .list(parts)
            .optional(recovered.as_ref().map(|text| el("p").text(&format!("{text}."))))
            .html()
    }
}

fn node(lab: &dyn Lab, index: usize, world: &WorldView, node: &NodeView, ui: &ViewState) -> SheetPart {
    let id = node.id;
    let mut actions = Vec::new();
    match node.status {
        Status::Up => {
            actions.push(("Crash".to_owned(), Act::Crash { node: id, lose_unsynced: true }, true));
            actions.push(("Crash, disk keeps all".to_owned(), Act::Crash { node: id, lose_unsynced: false }, true));
            actions.push(("Pause".to_owned(), Act::Pause(id), true));
        }
        Status::Crashed => actions.push(("Restart".to_owned(), Act::Restart(id), false)),
        Status::Paused => {
            actions.push(("Resume".to_owned(), Act::Resume(id), false));
            actions.push(("Crash".to_owned(), Act::Crash { node: id, lose_unsynced: true }, true));
        }
    }
    if world.cut.get(id.index()).is_some_and(|cut| cut.len() + 1 < world.nodes.len()) {
        actions.push(("Isolate".to_owned(), Act::Isolate(id), true));
    }
    if node.role != RoleMark::Proposer && node.role != RoleMark::Acceptor {
        if node.clock.is_none() {
            actions.push(("Clock +3 s".to_owned(), Act::Skew { node: id, ms: 3_000 }, true));
            actions.push(("Clock −3 s".to_owned(), Act::Skew { node: id, ms: -3_000 }, true));
            actions.push(("Runs 10 % fast".to_owned(), Act::Drift { node: id, ppm: 100_000 }, true));
            actions.push(("Runs 10 % slow".to_owned(), Act::Drift { node: id, ppm: -100_000 }, true));
        } else {
            actions.push(("Set the clock right".to_owned(), Act::Skew { node: id, ms: 0 }, false));
            actions.push(("Run at the right rate".to_owned(), Act::Drift { node: id, ppm: 0 }, false));
        }
    }
    let sheet = lab.node_sheet(index, id);
    actions.extend(sheet.actions.iter().map(|(label, act)| (label.clone(), act.clone(), false)));
    SheetPart { sheet, side: world.title.clone(), actions, send: ui.send.clone() }
}

fn link(world: &WorldView, a: NodeId, b: NodeId, ui: &ViewState) -> SheetPart {
    let name = |id: NodeId| world.nodes.get(id.index()).map(|node| node.name.clone()).unwrap_or_default();
    let (na, nb) = (name(a), name(b));
    let state = link_state(&world.cut, a, b);
    let (there, back) = (vec![(a, b)], vec![(b, a)]);
    let both = vec![(a, b), (b, a)];
    let mut actions = Vec::new();
    if state != LinkState::Cut {
        actions.push(("Cut both ways".to_owned(), Act::Cut(both.clone()), true));
    }
    if state != LinkState::Whole {
        actions.push(("Heal both ways".to_owned(), Act::Heal(both), false));
    }
    for (pair, from, to, gone) in [
        (there, &na, &nb, matches!(state, LinkState::Cut | LinkState::CutThere)),
        (back, &nb, &na, matches!(state, LinkState::Cut | LinkState::CutBack)),
    ] {
        let (verb, act) = if gone { ("Heal", Act::Heal(pair)) } else { ("Cut", Act::Cut(pair)) };
        actions.push((format!("{verb} {from} → {to}"), act, !gone));
    }
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
    SheetPart { sheet, side: "in every world".to_owned(), actions, send: ui.send.clone() }
}

fn message(lab: &dyn Lab, index: usize, world: &WorldView, flight: u32, ui: &ViewState) -> SheetPart {
    let side = world.title.clone();
    let Some(sheet) = lab.flight_sheet(index, flight) else {
        let sheet = Sheet {
            title: "Message".to_owned(),
            sections: Vec::new(),
            meaning: "It is no longer on its way: it has arrived, or it was lost.".to_owned(),
            actions: Vec::new(),
        };
        return SheetPart { sheet, side, actions: Vec::new(), send: ui.send.clone() };
    };
    let held = world.flights.iter().any(|other| other.id == flight && other.held);
    let hold = if held {
        ("Release".to_owned(), Act::Release { world: index, flight }, false)
    } else {
        ("Hold".to_owned(), Act::Hold { world: index, flight }, false)
    };
    let actions = vec![
        ("Deliver now".to_owned(), Act::Deliver { world: index, flight }, false),
        hold,
        ("Duplicate".to_owned(), Act::Duplicate { world: index, flight }, false),
        ("Drop".to_owned(), Act::Drop { world: index, flight }, true),
    ];
    SheetPart { sheet, side, actions, send: ui.send.clone() }
}

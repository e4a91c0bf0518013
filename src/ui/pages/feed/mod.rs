//! The feed: on a replicated log beside the same on gossip, under one script. Whoever asks for no page lands here.

use std::rc::Rc;

use cap_lab::situation::scene::Scene;
use cap_lab::store::Store;
use cap_lab::store::gossip::GossipStore;
use cap_lab::store::raft::RaftStore;
use yew::Html;

use crate::ui::cluster::{cluster, room, side};
use crate::ui::coach::{self, Lines, Seen, no_ap};
use crate::ui::el::{El, button, classed, el};
use crate::ui::history::history;
use crate::ui::lab::Lab;
use crate::ui::labs::{self, Shape};
use crate::ui::page::{Page, takes_none};
use crate::ui::phones::phones;
use crate::ui::program::{Program, Runs};
use crate::ui::setup::view::Setup;
use crate::ui::state::{Item, Mode, Msg, TRADEOFF_ID, ViewState};
use crate::ui::verdict::meters::{Verdict, latency, meters, percent};
use crate::ui::world::WorldView;

/// Its row. Its program is in the first file.
pub const PAGE: Page = Page {
    address: "#feed",
    name: "Feed: CP vs AP",
    takes: takes_none,
    fetch: || Box::pin(async { Some(&Feed as &dyn Program) }),
};

struct Feed;

impl Program for Feed {
    fn draw(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
        let (shown, narrow) = (ui.shown(worlds.len()), ui.narrow());
        let strip = |index: usize| history(index, &worlds[index], lab.now(), ui);
        let mut sides = Vec::new();
        for &index in &shown {
            let world = &worlds[index];
            let section = el("section")
                .set("class", room(world))
                .key(&index.to_string())
                .set("aria-label", world.title.clone())
                .node(cluster(index, world, lab, ui))
                .node(phones(index, world, ui))
                .node(if narrow { Html::default() } else { meters(index, world, ui) })
                .node(if narrow { Html::default() } else { strip(index) });
            sides.push(section);
        }
        let invite = if narrow {
            "Swipe across links to cut them. Tap a node, link or message to see inside and act on it."
        } else {
            "Drag across links to cut them. Click a node, link or message to see inside and act on it."
        };
        let below = || {
            let below = classed("div", "below").add(score(worlds, ui));
            shown.iter().fold(below, |below, index| below.node(strip(*index))).add(trade(ui))
        };
        el("main")
            .attr("class", if shown.len() > 1 { "lab feed two" } else { "lab feed one" })
            .add(
                classed("div", "lead")
                    .node(coach::line(worlds, ui, &Lines { invite, watch }))
                    .optional((!narrow).then(|| trade(ui)))
                    .add(modes(worlds, ui)),
            )
            .add(classed("div", "worlds").list(sides))
            .optional(narrow.then(below))
            .node(side(lab, worlds, ui))
            .html()
    }

    fn runs(&self) -> Option<&dyn Runs> {
        Some(self)
    }
}

impl Runs for Feed {
    fn first(&self) -> Setup {
        labs::first_feed(vec![Store::Raft(RaftStore::default()), Store::Gossip(GossipStore::default())])
    }

    fn begin(&self, setup: &Setup) -> Result<Box<dyn Lab>, String> {
        labs::begin_feed(setup)
    }

    fn can_open(&self) -> bool {
        labs::can_open()
    }

    fn open(&self, file: &str) -> Result<Box<dyn Lab>, String> {
        labs::open_feed(file, Shape::SideBySide)
    }

    fn situated(&self, scene: &Scene) -> Result<Box<dyn Lab>, String> {
        labs::situated(scene)
    }
}

fn watch(seen: &Seen) -> &'static str {
    match (seen.refused, seen.stale) {
        _ if !seen.available => no_ap(seen),
        (false, false) => seen.division.advice(),
        (true, false) => "CP refuses rather than answer wrongly. Watch what AP shows on the same phone.",
        (false, true) => "AP answers from what it has heard. Watch whether CP answers at all.",
        (true, true) => {
            "One refuses, the other is out of date: that is the choice. Heal the links to see both recover."
        }
    }
}

/// The way to what all stores' consistency costs.
fn trade(ui: &ViewState) -> El {
    let opened = ui.run.selected == Some((0, Item::Tradeoff));
    button("quiet", "Trade-off", &ui.send, Msg::Select { world: 0, item: Item::Tradeoff, from_keys: true })
        .attr("id", TRADEOFF_ID)
        .flag("aria-expanded", opened)
}

/// Compare, CP only, AP only; on a phone, which of the two, with what the hidden one has come to.
fn modes(worlds: &[Rc<WorldView>], ui: &ViewState) -> El {
    let narrow = ui.narrow();
    let shown = ui.shown(worlds.len());
    let option =
        |mode: Mode, label: &str, on: bool| button("", label, &ui.send, Msg::Mode(mode)).flag("aria-pressed", on);
    let mut sides = Vec::new();
    for (index, world) in worlds.iter().enumerate() {
        let stale = world.meters.as_ref().map_or(0, |meters| meters.stale);
        let label = match (narrow, stale) {
            (true, 0) => world.title.clone(),
            (true, stale) => format!("{} ◷ {stale}", world.title),
            (false, _) => format!("{} only", world.short),
        };
        sides.push(option(
            Mode::Only(index),
            &label,
            if narrow { shown == [index] } else { ui.mode == Mode::Only(index) },
        ));
    }
    classed("div", "segments")
        .attr("role", "group")
        .attr("aria-label", "Which side")
        .optional((!narrow).then(|| option(Mode::Compare, "Compare", ui.mode == Mode::Compare)))
        .list(sides)
}

/// Both sides' meters in one small table, for where only one side is shown.
fn score(worlds: &[Rc<WorldView>], ui: &ViewState) -> El {
    let mut rows = Vec::new();
    for (index, world) in worlds.iter().enumerate() {
        let Some(m) = world.meters.as_ref() else { continue };
        let cell = |class, text: &str| el("td").class(class).text(text);
        let row = el("tr")
            .key(&index.to_string())
            .add(el("th").attr("scope", "row").text(&world.short))
            .add(cell(if m.answered == m.ended { "good" } else { "bad" }, &percent(m.answered, m.ended)))
            .add(cell(if m.stale == 0 { "good" } else { "warn" }, &m.stale.to_string()))
            .add(cell("", &latency(m.p50)))
            .add(cell(if m.refused + m.unknown == 0 { "" } else { "bad" }, &format!("{} · {}", m.refused, m.unknown)))
            .optional(world.verdict.map(|verdict| el("td").add(Verdict::new(index, verdict, ui).draw(true))));
        rows.push(row);
    }
    let head =
        ["answered", "stale", "p50", "ref. · unk.", "verdict"].map(|name| el("th").attr("scope", "col").text(name));
    let head = el("thead").add(el("tr").add(el("td")).all(head.into()));
    classed("table", "score").add(head).add(el("tbody").list(rows))
}

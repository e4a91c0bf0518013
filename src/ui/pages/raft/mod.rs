//! Raft: one cluster, and every server's log with what the leader knows of it.

use std::rc::Rc;

use cap_lab::counterexample::{self, Counterexample};
use cap_lab::situation::scene::Scene;
use cap_lab::store::Store;
use cap_lab::store::raft::RaftStore;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::Html;

use crate::ui::cluster::{cluster, room, side};
use crate::ui::coach::{self, Lines, no_ap};
use crate::ui::el::{classed, el};
use crate::ui::history::history;
use crate::ui::invariants::invariants;
use crate::ui::lab::Lab;
use crate::ui::labs::{self, Shape};
use crate::ui::log::logs;
use crate::ui::page::{Page, takes_none};
use crate::ui::phones::phones;
use crate::ui::program::{Program, Runs};
use crate::ui::setup::view::{FlawView, Setup};
use crate::ui::state::ViewState;
use crate::ui::verdict::meters::meters;
use crate::ui::world::WorldView;

/// Its row.
pub const PAGE: Page =
    Page { address: "#raft", name: "Raft", takes: takes_none, fetch: || Box::pin(async { part().await.ok() }) };

#[wasm_split(raft, fallible)]
fn part() -> Result<&'static dyn Program, SplitLoaderError> {
    Ok(&Raft)
}

const LINES: Lines = Lines {
    invite: "Drag across links to cut them, or click the leader and crash it. The log shows what each server has and knows.",
    watch: no_ap,
};

/// The way to the page on which a client has such a lease.
const LIKE_A_LOCK: &str = "A lock's lease trusts clocks in the same way";

/// Whether the leader answers reads by its lease alone.
fn reads_by_lease(lab: &dyn Lab) -> bool {
    lab.setup().switches.iter().any(|switch| switch.name == "lease" && switch.on)
}

struct Raft;

impl Program for Raft {
    fn draw(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
        let Some(world) = worlds.first() else { return Html::default() };
        let left = el("section").set("class", room(world)).attr("aria-label", "Cluster");
        let right = classed("section", "logs")
            .attr("aria-label", "Logs")
            .node(world.replication.as_ref().map(|replication| logs(replication, &ui.send)).unwrap_or_default())
            .node(invariants(&world.invariants))
            .node(meters(0, world, ui))
            .node(history(0, world, lab.now(), ui))
            .optional(reads_by_lease(lab).then(|| el("p").add(el("a").attr("href", "#locks").text(LIKE_A_LOCK))));
        classed("main", "lab raft")
            .add(classed("div", "lead").node(coach::line(worlds, ui, &LINES)))
            .add(left.node(cluster(0, world, lab, ui)).node(phones(0, world, ui)))
            .add(right)
            .node(side(lab, worlds, ui))
            .html()
    }

    fn runs(&self) -> Option<&dyn Runs> {
        Some(self)
    }
}

impl Runs for Raft {
    fn first(&self) -> Setup {
        labs::first_feed(vec![Store::Raft(RaftStore::default())])
    }

    fn begin(&self, setup: &Setup) -> Result<Box<dyn Lab>, String> {
        labs::begin_feed(setup)
    }

    fn can_open(&self) -> bool {
        labs::can_open()
    }

    fn open(&self, file: &str) -> Result<Box<dyn Lab>, String> {
        labs::open_feed(file, Shape::Alone)
    }

    fn situated(&self, scene: &Scene) -> Result<Box<dyn Lab>, String> {
        labs::situated(scene)
    }

    fn flaws(&self, setup: &Setup) -> Vec<FlawView> {
        known(setup).iter().map(view).collect()
    }

    fn broken_by(&self, setup: &Setup, flaw: &str) -> Option<Box<dyn Lab>> {
        let example = known(setup).into_iter().find(|example| example.flaw == flaw)?;
        Some(labs::feed_lab(example.play_feed(true)))
    }
}

/// What breaks the store of a setup.
fn known(setup: &Setup) -> Vec<Counterexample> {
    setup.stores.first().map_or(Vec::new(), |store| counterexample::of_store(store.name()))
}

fn view(example: &Counterexample) -> FlawView {
    let Counterexample { flaw: name, title, sentence, breaks, .. } = *example;
    FlawView { name, title, sentence, breaks }
}

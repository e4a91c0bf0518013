//! Raft: one cluster, and every server's log with what the leader knows of it.

use std::rc::Rc;

use cap_lab::counterexample::{self, Counterexample};
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::Html;

use crate::ui::cluster::{cluster, side};
use crate::ui::coach::{self, Lines};
use crate::ui::el::classed;
use crate::ui::history::history;
use crate::ui::invariants::invariants;
use crate::ui::lab::{Lab, WorldView};
use crate::ui::labs::{self, Shape};
use crate::ui::log::logs;
use crate::ui::pages::{Page, takes_none};
use crate::ui::phones::phones;
use crate::ui::program::{Program, Runs};
use crate::ui::setup::view::{FlawView, LogChoice, Setup};
use crate::ui::state::ViewState;
use crate::ui::verdict::meters::meters;

/// Its row.
pub const PAGE: Page =
    Page { address: "#raft", name: "Raft", takes: takes_none, fetch: || Box::pin(async { part().await.ok() }) };

#[wasm_split(raft, fallible)]
fn part() -> Result<&'static dyn Program, SplitLoaderError> {
    Ok(&Raft)
}

const LINES: Lines = Lines {
    invite: "Drag across links to cut them, or click the leader and crash it. The log shows what each server has and knows.",
    watch: |_| "Cut. Watch who can still reach a majority, and what the others try.",
};

struct Raft;

impl Program for Raft {
    fn draw(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
        let Some(world) = worlds.first() else { return Html::default() };
        let left = classed("section", "world").attr("aria-label", "Cluster");
        let right = classed("section", "world logs")
            .attr("aria-label", "Logs")
            .node(world.replication.as_ref().map(logs).unwrap_or_default())
            .node(invariants(&world.invariants))
            .node(meters(0, world, ui))
            .node(history(0, world, lab.now(), ui));
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
        labs::first_feed()
    }

    fn begin(&self, setup: &Setup) -> Result<Box<dyn Lab>, String> {
        labs::begin_feed(setup, Shape::Alone)
    }

    fn open(&self, file: &str) -> Result<Box<dyn Lab>, String> {
        labs::open_feed(file, Shape::Alone)
    }

    fn flaws(&self, setup: &Setup) -> Vec<FlawView> {
        match setup.log {
            Some(LogChoice::MultiPaxos) => counterexample::multi_paxos().map(|example| view(&example)).collect(),
            _ => counterexample::raft().map(|example| view(&example)).collect(),
        }
    }

    fn broken_by(&self, setup: &Setup, flaw: &str) -> Option<Box<dyn Lab>> {
        let timeline = match setup.log {
            Some(LogChoice::MultiPaxos) => {
                counterexample::multi_paxos().find(|example| example.flaw == flaw)?.play_multi_paxos(true)
            }
            _ => counterexample::raft().find(|example| example.flaw == flaw)?.play_raft(true),
        };
        Some(labs::feed_lab(timeline))
    }
}

fn view(example: &Counterexample) -> FlawView {
    let Counterexample { flaw: name, title, sentence, breaks, .. } = *example;
    FlawView { name, title, sentence, breaks }
}

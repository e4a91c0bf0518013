//! Locks & clocks: what the lock service granted, what each client believes, and what the storage did, on one time axis; the clocks
//! beside it, and the accident from one button.

mod dials;
mod drawing;
mod lab;
mod panels;

use std::any::Any;
use std::rc::Rc;

use cap_lab::counterexample::{self, Counterexample};
use cap_lab::experiment::LocksExperiment;
use cap_lab::locks::storage::Rule;
use cap_lab::situation::scene::Scene;
use cap_lab::timeline::Timeline;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::Html;

use self::lab::{LocksLab, setup_of};
use crate::ui::cluster::cluster;
use crate::ui::coach::{self, Division, Lines, Seen};
use crate::ui::el::{El, button, classed, words};
use crate::ui::guide;
use crate::ui::lab::Lab;
use crate::ui::lessons;
use crate::ui::page::{Page, takes_none};
use crate::ui::program::{Program, Runs};
use crate::ui::setup::view::{FlawView, Setup};
use crate::ui::sheet::sheet;
use crate::ui::state::{Msg, ViewState};
use crate::ui::world::WorldView;

/// Its row.
pub const PAGE: Page = Page {
    address: "#locks",
    name: "Locks & clocks",
    takes: takes_none,
    fetch: || Box::pin(async { part().await.ok() }),
};

#[wasm_split(locks, fallible)]
fn part() -> Result<&'static dyn Program, SplitLoaderError> {
    Ok(&Locks)
}

/// Under this seed the page begins.
const SEED: u64 = 1;

const LINES: Lines = Lines {
    invite: "A client takes a lock, reads a file, works, and writes it back. Play the accident, or pause a client that holds the lock.",
    watch,
};

fn watch(seen: &Seen) -> &'static str {
    match seen.division {
        Division::Whole => "Cut. Watch what each client still believes of the lock.",
        _ => "Cut. Watch which servers can still grant the lock, and what each client believes.",
    }
}

struct Locks;

impl Program for Locks {
    fn draw(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
        let own = (lab as &dyn Any).downcast_ref::<LocksLab>();
        let (Some(own), Some(world)) = (own, worlds.first()) else { return Html::default() };
        let open = sheet(lab, worlds, ui);
        let left = classed("section", "world")
            .attr("aria-label", "Lock servers, clients and storage")
            .node(cluster(0, world, lab, ui))
            .add(drawing::bands(own, ui.window))
            .add(panels::verdicts(own));
        let right = classed("aside", if open.is_some() { "side open" } else { "side" })
            .nodes(open.into_iter().collect())
            .node(lessons::panel(lab, ui).unwrap_or_else(|| guide::cards(lab, ui)))
            .node(panels::aside(own, world, ui));
        classed("main", "lab locks")
            .add(words("style", STYLE))
            .add(classed("div", "lead").node(coach::line(worlds, ui, &LINES)).add(acts(own, ui)))
            .add(left)
            .add(right)
            .html()
    }

    fn runs(&self) -> Option<&dyn Runs> {
        Some(self)
    }
}

const STYLE: &str = include_str!("locks.css");

/// The accident, and fencing on or off in the same run.
fn acts(own: &LocksLab, ui: &ViewState) -> El {
    let experiment = own.experiment();
    let on = experiment.locks.rule == Rule::Token;
    let other = experiment.with("storage", if on { Rule::Unchecked.name() } else { Rule::Token.name() });
    let label = if on { "Fencing: on" } else { "Fencing: off" };
    let fencing = match &other {
        Ok(other) => button("", label, &ui.send, Msg::Retell(other.to_string())),
        Err(_) => {
            classed("button", "").attr("disabled", "").attr("title", "Redlock hands out no fencing tokens").text(label)
        }
    };
    classed("div", "acts")
        .add(button("primary", "Play the accident", &ui.send, Msg::Restart).attr("id", "accident"))
        .add(fencing.attr("id", "fencing").flag("aria-pressed", on))
}

impl Runs for Locks {
    fn first(&self) -> Setup {
        let mut experiment = LocksExperiment::usual();
        experiment.locks.rule = Rule::Unchecked;
        setup_of(&experiment, SEED)
    }

    fn begin(&self, setup: &Setup) -> Result<Box<dyn Lab>, String> {
        Ok(Box::new(LocksLab::begin(setup)?))
    }

    fn open(&self, file: &str) -> Result<Box<dyn Lab>, String> {
        Ok(Box::new(LocksLab::new(Timeline::open(file)?)))
    }

    fn situated(&self, scene: &Scene) -> Result<Box<dyn Lab>, String> {
        Ok(Box::new(LocksLab::new(scene.play().map_err(|wrong| wrong.to_string())?)))
    }

    /// The accident is over: whoever comes sees at once what became of the file.
    fn plays(&self) -> bool {
        false
    }

    fn flaws(&self, setup: &Setup) -> Vec<FlawView> {
        let in_log = setup.words.parse().is_ok_and(|experiment: LocksExperiment| experiment.locks.backend.has_log());
        let view = |example: Counterexample| {
            let Counterexample { flaw: name, title, sentence, breaks, .. } = example;
            FlawView { name, title, sentence, breaks }
        };
        if in_log { counterexample::locks().map(view).collect() } else { Vec::new() }
    }

    fn broken_by(&self, _: &Setup, flaw: &str) -> Option<Box<dyn Lab>> {
        let example = counterexample::locks().find(|example| example.flaw == flaw)?;
        Some(Box::new(LocksLab::new(example.play_locks(true).filled())))
    }
}

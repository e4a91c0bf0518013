//! The rest of the program: what nobody sees before asking for it. It is a file of its own, so that the first node is drawn
//! without waiting for it, and is fetched as soon as that is done.
//!
//! [`rest`] is where the build cuts: what is reached from [`All`] and from nowhere else is left out of the first file. So all
//! that belongs there is behind [`Rest`], whose table of functions comes with it.

use std::cell::Cell;
use std::rc::Rc;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, RequestId};
use cap_lab::referee::Staleness;
use cap_lab::spacetime::Diagram;
use cap_lab::store::participant::Note;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::{FeedRun, Observed};
use cap_lab::world::watch::Noted;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::Html;

use crate::ui::diagram::{self, Shown};
use crate::ui::el::El;
use crate::ui::events::view::Event;
use crate::ui::figure::table;
use crate::ui::history::view::CarriedView;
use crate::ui::lab::{Lab, Page, WorldView};
use crate::ui::labs::asked;
use crate::ui::pages::{paxos, raft};
use crate::ui::setup::view::Setup;
use crate::ui::state::{Popover, ViewState};
use crate::ui::verdict::staleness;
use crate::ui::{popovers, recorded};

/// What is in the rest of the program.
pub trait Rest {
    /// A run from its file. `Err` says in a sentence what is wrong with it.
    fn open(&self, page: Page, file: &str) -> Result<Box<dyn Lab>, String>;
    /// A new run of Paxos. `Err` says in a sentence what is wrong with the setup.
    fn new_paxos(&self, setup: &Setup) -> Result<Box<dyn Lab>, String>;
    /// The run that shows what comes of a mistake of this page's protocol.
    fn play(&self, page: Page, setup: &Setup, flaw: &str) -> Option<Box<dyn Lab>>;
    /// What happened in a world of a feed between two moments.
    fn record(&self, run: &Timeline<FeedExperiment>, world: usize, from: Micros, to: Micros) -> Diagram;
    /// A note of a feed in words.
    fn event(&self, run: &FeedRun, id: u64, noted: &Noted<Note>) -> Event;
    /// What only an observer of a feed can tell, in words.
    fn observed(&self, run: &FeedRun, id: u64, seen: &Observed) -> Event;
    /// What carried an operation of a feed.
    fn carried(&self, run: &Timeline<FeedExperiment>, world: usize, operation: RequestId) -> Option<CarriedView>;

    /// The page of one protocol, or that of histories from files.
    fn page(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html;
    /// What opens from the head of the page.
    fn popover(&self, popover: Popover, ui: &ViewState, setup: &Setup) -> El;
    /// While a mistake is switched on: which, and the way back.
    fn banner(&self, ui: &ViewState, setup: &Setup) -> Option<El>;
    /// A world as a space-time diagram.
    fn diagram(&self, index: usize, world: &WorldView, shown: &Shown, ui: &ViewState) -> Html;
    /// A world as tables.
    fn tables(&self, index: usize, world: &Rc<WorldView>, ui: &ViewState) -> Html;
    /// How stale reads were, by world.
    fn staleness(&self, sides: &[(String, Rc<Staleness>)]) -> El;
}

struct All;

impl Rest for All {
    fn open(&self, page: Page, file: &str) -> Result<Box<dyn Lab>, String> {
        asked::open(page, file)
    }

    fn new_paxos(&self, setup: &Setup) -> Result<Box<dyn Lab>, String> {
        asked::new_paxos(setup)
    }

    fn play(&self, page: Page, setup: &Setup, flaw: &str) -> Option<Box<dyn Lab>> {
        asked::play(page, setup, flaw)
    }

    fn record(&self, run: &Timeline<FeedExperiment>, world: usize, from: Micros, to: Micros) -> Diagram {
        Diagram::of(run, world, from, to)
    }

    fn event(&self, run: &FeedRun, id: u64, noted: &Noted<Note>) -> Event {
        asked::event(run, id, noted)
    }

    fn observed(&self, run: &FeedRun, id: u64, seen: &Observed) -> Event {
        asked::observed(run, id, seen)
    }

    fn carried(&self, run: &Timeline<FeedExperiment>, world: usize, operation: RequestId) -> Option<CarriedView> {
        asked::carried(run, world, operation)
    }

    fn page(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
        match ui.page {
            _ if ui.at_histories => recorded::page(ui),
            Page::Paxos => paxos::page(lab, worlds, ui),
            _ => raft::page(lab, worlds, ui),
        }
    }

    fn popover(&self, popover: Popover, ui: &ViewState, setup: &Setup) -> El {
        popovers::popover(popover, ui, setup)
    }

    fn banner(&self, ui: &ViewState, setup: &Setup) -> Option<El> {
        popovers::banner(ui, setup)
    }

    fn diagram(&self, index: usize, world: &WorldView, shown: &Shown, ui: &ViewState) -> Html {
        diagram::diagram(index, world, shown, ui)
    }

    fn tables(&self, index: usize, world: &Rc<WorldView>, ui: &ViewState) -> Html {
        table::tables(index, world, ui)
    }

    fn staleness(&self, sides: &[(String, Rc<Staleness>)]) -> El {
        staleness::staleness(sides)
    }
}

thread_local! {
    /// Only in the browser it is apart: what tests run is one program.
    static HERE: Cell<Option<&'static dyn Rest>> =
        const { Cell::new(if cfg!(target_family = "wasm") { None } else { Some(&All) }) };
}

/// Whether it has come.
pub fn here() -> bool {
    HERE.get().is_some()
}

/// The rest of the program. Whoever draws or does what only it can do has waited for it.
pub fn get() -> &'static dyn Rest {
    HERE.get().expect("the rest of the program is waited for")
}

/// Fetches it, unless it is here. False if it can't be had now; then it may be tried again.
pub async fn fetch() -> bool {
    let came = rest().await;
    if let Ok(rest) = came {
        HERE.set(Some(rest));
    }
    came.is_ok()
}

#[wasm_split(rest, fallible)]
fn rest() -> Result<&'static dyn Rest, SplitLoaderError> {
    Ok(&All)
}

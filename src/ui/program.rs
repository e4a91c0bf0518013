//! What a page does: its part of the program, which comes when it is first asked for.

use std::rc::Rc;

use cap_lab::situation::scene::Scene;
use yew::Html;

use crate::ui::lab::Lab;
use crate::ui::setup::view::{FlawView, Setup};
use crate::ui::state::ViewState;
use crate::ui::world::WorldView;

/// A page that has come.
pub trait Program {
    /// The main part of the page. `lab` is its run, or for a page without runs the one that rests meanwhile.
    fn draw(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html;

    /// The runs of this page, if it has any.
    fn runs(&self) -> Option<&dyn Runs> {
        None
    }
}

/// Where the runs of a page come from.
pub trait Runs {
    /// What the first run of a newcomer is made of.
    fn first(&self) -> Setup;

    /// A new run. `Err` says in a sentence what is wrong with the setup.
    fn begin(&self, setup: &Setup) -> Result<Box<dyn Lab>, String>;

    /// Whether runs can be opened now: what that takes may come later than the page.
    fn can_open(&self) -> bool {
        true
    }

    /// A run from its file or its link's code, whose play head goes to where it stood: see [`Lab::fill`]. `Err` says in a sentence what is wrong
    /// with the file.
    fn open(&self, file: &str) -> Result<Box<dyn Lab>, String>;

    /// The run of a situation or a lesson. `Err` says in a sentence why there is none here.
    fn situated(&self, scene: &Scene) -> Result<Box<dyn Lab>, String> {
        Err(format!("A run of {} is played on another page.", scene.experiment))
    }

    /// Whether it plays as soon as it is there.
    fn plays(&self) -> bool {
        true
    }

    /// The mistakes that the protocol of such a run can be made to make.
    fn flaws(&self, setup: &Setup) -> Vec<FlawView> {
        let _ = setup;
        Vec::new()
    }

    /// The run that shows what comes of a flaw, by its name.
    fn broken_by(&self, setup: &Setup, flaw: &str) -> Option<Box<dyn Lab>> {
        let _ = (setup, flaw);
        None
    }
}

/// The first run of a newcomer.
pub fn first_run(runs: &dyn Runs) -> Box<dyn Lab> {
    runs.begin(&runs.first()).expect("the first setup is a possible one")
}

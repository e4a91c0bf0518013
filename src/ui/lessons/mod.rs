//! Lessons on the page: a panel beside the figure, one step at a time. A part of its own, with the page that lists the course.
//!
//! Nothing is judged from clicks: what a learner did is what the run shows. A prediction that is due keeps the run where it is, and
//! what it is about is not computed before it is made.

mod design;
mod panel;
mod play;
pub mod view;

use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::Html;

use self::view::{Class, Do, Effect};
use crate::ui::lab::Lab;
use crate::ui::late::Late;
use crate::ui::state::ViewState;

/// What comes with this part.
pub trait Lessons {
    /// What the page is to do.
    fn take(&self, what: &Do, class: Option<&Class>, lab: &dyn Lab) -> Vec<Effect>;
    /// The step, to be read and done.
    fn panel(&self, class: &Class, lab: &dyn Lab, ui: &ViewState) -> Html;
}

struct All;

impl Lessons for All {
    fn take(&self, what: &Do, class: Option<&Class>, lab: &dyn Lab) -> Vec<Effect> {
        play::take(what, class, lab)
    }

    fn panel(&self, class: &Class, lab: &dyn Lab, ui: &ViewState) -> Html {
        panel::panel(class, lab, ui)
    }
}

thread_local! {
    static LESSONS: Late<dyn Lessons> = const { Late::new(&All) };
}

/// The lessons, if they are here.
pub fn here() -> Option<&'static dyn Lessons> {
    LESSONS.with(Late::here)
}

/// Sees to it that they are here. False if they can't be had now: then they may be asked for again.
pub async fn come() -> bool {
    let came = part().await.ok();
    LESSONS.with(|lessons| lessons.take(came));
    here().is_some()
}

#[wasm_split(lessons, fallible)]
fn part() -> Result<&'static dyn Lessons, SplitLoaderError> {
    Ok(&All)
}

/// The panel of the lesson that is played, if one is.
pub fn panel(lab: &dyn Lab, ui: &ViewState) -> Option<Html> {
    Some(here()?.panel(ui.lesson.as_ref()?, lab, ui))
}

pub use self::play::{Kept, Listed, Shelf, course, handed_in};

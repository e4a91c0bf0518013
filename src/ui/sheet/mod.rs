//! A node, a link or a message, opened up: what it is, what it knows, and what can be done to it. It comes with the forms:
//! nobody opens anything in the first moments.

pub mod frame;
pub mod offers;
pub mod opened;
pub mod view;

use std::rc::Rc;

use yew::Html;

use self::frame::frame;
use crate::ui::lab::Lab;
use crate::ui::popovers::forms;
use crate::ui::state::ViewState;
use crate::ui::waiting::waiting;
use crate::ui::world::WorldView;

/// What is opened up, if anything is.
pub fn sheet(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<Html> {
    let (index, _) = ui.run.selected?;
    match forms::here() {
        Some(forms) => forms.sheet(lab, worlds, ui),
        None => worlds
            .get(index)
            .map(|world| frame("Opened", &world.title, &ui.send).add(waiting(ui.details, &ui.send)).html()),
    }
}

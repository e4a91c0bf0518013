//! The line under the head: what to do first, then what to look at; and what is at hand while something is cut.

use std::rc::Rc;

use cap_lab::store::descriptor::Side;
use yew::Html;

use crate::ui::el::{button, classed, el};
use crate::ui::phones::view::PhoneState;
use crate::ui::state::{Coach, Msg, ViewState};
use crate::ui::world::WorldView;

/// What a page has the line say.
pub struct Lines {
    /// Invites the first cut.
    pub invite: &'static str,
    /// Says what to look at while something is cut.
    pub watch: fn(&Seen) -> &'static str,
}

/// What the phones of all worlds show.
pub struct Seen {
    /// Somebody was refused.
    pub refused: bool,
    /// Somebody was answered from old data.
    pub stale: bool,
    /// One of the stores is available under a partition.
    pub available: bool,
}

/// What to look at where no store is available under a partition.
pub const NO_AP: &str = "Cut. Watch who can still reach a majority, and what the others try.";

/// The line.
pub fn line(worlds: &[Rc<WorldView>], ui: &ViewState, lines: &Lines) -> Html {
    let cut = worlds.iter().any(|world| world.cut.iter().any(|set| !set.is_empty()));
    let broken = worlds.iter().find_map(|world| world.broken());
    let told = broken.map(|broken| format!("{} is broken. Step back and see how it came to that.", broken.name));
    let seen = |state: PhoneState| worlds.iter().any(|world| world.phones.iter().any(|phone| phone.state == state));
    let text = match ui.run.coach {
        Coach::Invite => lines.invite,
        Coach::Watch if cut => {
            let available = worlds.iter().any(|world| world.side == Some(Side::AP));
            (lines.watch)(&Seen { refused: seen(PhoneState::Refused), stale: seen(PhoneState::Stale), available })
        }
        Coach::Watch | Coach::Silent => "",
    };
    let heal = || button("primary", "Heal all links", &ui.send, Msg::HealAll).attr("title", "H");
    let text = told.as_deref().unwrap_or(text);
    let says = el("p").key(text).attr("translate", "yes").text(text);
    classed("div", "coach").list(vec![says]).optional(cut.then(heal)).html()
}

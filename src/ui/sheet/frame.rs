//! What every sheet has around it.

use yew::Callback;

use crate::ui::el::{El, button, classed, el};
use crate::ui::state::Msg;

/// The id of the open sheet, for moving the keyboard into it.
pub const SHEET_ID: &str = "sheet";

/// An empty sheet under its title.
pub fn frame(title: &str, side: &str, send: &Callback<Msg>) -> El {
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

//! The head of the page.

use yew::Html;

use crate::ui::browser;
use crate::ui::el::{El, button, classed, el};
use crate::ui::pages;
use crate::ui::popovers::{can_break, nav, popover};
use crate::ui::setup::view::Setup;
use crate::ui::state::{Msg, Popover, ViewState};

/// The address of the page that is shown, or on its way.
fn here(ui: &ViewState) -> &'static str {
    ui.coming.map_or(ui.page, |coming| coming.page)
}

/// The head of the page.
pub fn header(ui: &ViewState, setup: &Setup) -> Html {
    let dark = ui.dark.unwrap_or_else(browser::prefers_dark);
    let theme = button("icon wide", if dark { "☀" } else { "☾" }, &ui.send, Msg::Theme);
    classed("header", "top")
        .add(el("h1").text("CAP Lab"))
        .add(nav(here(ui), "Pages"))
        .add(classed("span", "fill"))
        .add(opener(ui, Popover::Situations, "Situations", "quiet wide"))
        .add(opener(ui, Popover::Glossary, "Glossary", "quiet wide"))
        .add(opener(ui, Popover::NewRun, "New run", "quiet wide"))
        .optional(can_break(ui, setup).then(|| opener(ui, Popover::Break, "Break the protocol", "quiet wide")))
        .add(opener(ui, Popover::Link, "Link", "quiet wide"))
        .add(opener(ui, Popover::File, "Run file", "quiet wide"))
        .add(opener(ui, Popover::Keys, "Keys", "quiet wide"))
        .add(button("quiet wide", "Present", &ui.send, Msg::Present))
        .add(theme.attr("aria-label", if dark { "Light colours" } else { "Dark colours" }))
        .add(opener(ui, Popover::Pages, &format!("☰ {}", pages::at(here(ui)).name), "quiet small"))
        .optional(ui.open.map(|open| popover(open, ui, setup)))
        .html()
}

fn opener(ui: &ViewState, popover: Popover, label: &str, class: &'static str) -> El {
    button(class, label, &ui.send, Msg::Toggle(popover)).flag("aria-expanded", ui.open == Some(popover))
}

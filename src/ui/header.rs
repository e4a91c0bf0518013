//! The head of the page.

use yew::Html;

use crate::ui::browser;
use crate::ui::el::{El, button, classed, el};
use crate::ui::lab::Page;
use crate::ui::recorded::ADDRESS;
use crate::ui::rest;
use crate::ui::setup::view::Setup;
use crate::ui::state::{Msg, Popover, ViewState};

/// The address of every page, and its name.
pub const PAGES: [(&str, &str); 4] =
    [("#feed", "Feed: CP vs AP"), ("#raft", "Raft"), ("#paxos", "Paxos"), (ADDRESS, "Check a history")];

/// What the page at `address` is called.
pub fn name_of(address: &str) -> &'static str {
    PAGES.iter().find(|(other, _)| *other == address).map_or("", |(_, name)| name)
}

/// The address of the page that is shown, or waited for.
fn here(ui: &ViewState) -> &'static str {
    let shown = if ui.at_histories { ADDRESS } else { browser::address(ui.page) };
    ui.waiting.and_then(|waiting| waiting.page).unwrap_or(shown)
}

/// The head of the page.
pub fn header(ui: &ViewState, setup: &Setup) -> Html {
    let dark = ui.dark.unwrap_or_else(browser::prefers_dark);
    let theme = button("icon wide", if dark { "☀" } else { "☾" }, &ui.send, Msg::Theme);
    classed("header", "top")
        .add(el("h1").text("CAP Lab"))
        .add(nav(ui, "Pages"))
        .add(classed("span", "fill"))
        .add(opener(ui, Popover::NewRun, "New run", "quiet wide"))
        .optional(can_break(ui).then(|| opener(ui, Popover::Break, "Break the protocol", "quiet wide")))
        .add(opener(ui, Popover::File, "Run file", "quiet wide"))
        .add(opener(ui, Popover::Keys, "Keys", "quiet wide"))
        .add(theme.attr("aria-label", if dark { "Light colours" } else { "Dark colours" }))
        .add(opener(ui, Popover::Pages, &format!("☰ {}", name_of(here(ui))), "quiet small"))
        .optional(ui.open.map(|open| rest::get().popover(open, ui, setup)))
        .html()
}

/// The way to every page.
pub fn nav(ui: &ViewState, label: &'static str) -> El {
    let mut links = Vec::new();
    for (address, name) in PAGES {
        let link = el("a").attr("href", address).text(name);
        links.push(if address == here(ui) { link.attr("aria-current", "page") } else { link });
    }
    el("nav").attr("aria-label", label).all(links)
}

fn opener(ui: &ViewState, popover: Popover, label: &str, class: &'static str) -> El {
    button(class, label, &ui.send, Msg::Toggle(popover)).flag("aria-expanded", ui.open == Some(popover))
}

/// Whether a protocol of this page can be made to make mistakes.
pub fn can_break(ui: &ViewState) -> bool {
    ui.page != Page::Feed
}

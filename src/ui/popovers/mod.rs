//! What opens from the head of the page: pages, a new run, mistakes, the run as a file, keys.

pub mod forms;
mod link;
mod regions;
mod stores;

use yew::Html;

use self::forms::Forms;
use crate::ui::el::{El, button, classed, el, several, words};
use crate::ui::guide::{self, Guide};
use crate::ui::pages::{self, PAGES};
use crate::ui::setup::view::{FlawView, Setup};
use crate::ui::state::{Msg, Popover, ViewState};
use crate::ui::waiting::waiting;

/// What is open.
pub fn popover(open: Popover, ui: &ViewState, setup: &Setup) -> El {
    let form = |form: &dyn Fn(&dyn Forms) -> El| match forms::here() {
        Some(forms) => form(forms).html(),
        None => waiting(ui.details, &ui.send).html(),
    };
    let guided = |draw: &dyn Fn(&dyn Guide) -> El| match guide::here() {
        Some(guide) => draw(guide).html(),
        None => waiting(ui.details, &ui.send).html(),
    };
    let (label, inside) = match open {
        Popover::Pages => ("Menu", all_pages(ui, setup)),
        Popover::NewRun => ("New run", form(&|forms| forms.new_run(ui, setup, &flaws_of(ui, setup)))),
        Popover::Break => ("Break the protocol", form(&|forms| forms.flaws(ui, &flaws_of(ui, setup)))),
        Popover::Link => ("Link to this run", form(&|forms| forms.link(ui))),
        Popover::File => ("Run file", form(&|forms| forms.file(ui))),
        Popover::Keys => ("Keys", form(&|forms| forms.keys())),
        Popover::Situations => ("Example situations", guided(&|guide| guide.situations(ui))),
        Popover::Glossary => ("Glossary", guided(&|guide| guide.glossary(ui))),
    };
    let close = button("quiet close", "✕", &ui.send, Msg::Close).attr("aria-label", "Close");
    let broad = matches!(open, Popover::Situations | Popover::Glossary | Popover::Link);
    classed("div", if broad { "popover broad" } else { "popover" })
        .key(label)
        .attr("translate", "yes")
        .attr("id", "popover")
        .attr("tabindex", "-1")
        .attr("role", "dialog")
        .attr("aria-label", label)
        .add(classed("div", "row").add(el("h2").text(label)).add(close))
        .node(inside)
}

fn all_pages(ui: &ViewState, setup: &Setup) -> Html {
    let stack = classed("div", "stack")
        .add(button("", "Situations…", &ui.send, Msg::Toggle(Popover::Situations)))
        .add(button("", "Glossary…", &ui.send, Msg::Toggle(Popover::Glossary)))
        .add(button("", "New run…", &ui.send, Msg::Toggle(Popover::NewRun)))
        .optional(
            can_break(ui, setup).then(|| button("", "Break the protocol…", &ui.send, Msg::Toggle(Popover::Break))),
        )
        .add(button("", "Link…", &ui.send, Msg::Toggle(Popover::Link)))
        .add(button("", "Run file…", &ui.send, Msg::Toggle(Popover::File)))
        .add(button("", "Keys…", &ui.send, Msg::Toggle(Popover::Keys)))
        .add(button("", "Restart", &ui.send, Msg::Restart))
        .add(button("", "Present", &ui.send, Msg::Present))
        .add(button("", "Light or dark", &ui.send, Msg::Theme));
    several(vec![nav(ui.page, "All pages"), stack])
}

/// The way to every page, of which `here` is the address of the one that is shown.
pub fn nav(here: &str, label: &'static str) -> El {
    let mut links = Vec::new();
    for page in &PAGES {
        let link = el("a").attr("href", page.address).text(page.name);
        links.push(if page.address == here { link.attr("aria-current", "page") } else { link });
    }
    el("nav").attr("aria-label", label).all(links)
}

/// The mistakes that the protocol of this run can be made to make.
fn flaws_of(ui: &ViewState, setup: &Setup) -> Vec<FlawView> {
    let runs = pages::at(ui.home).program().and_then(|program| program.runs());
    runs.map(|runs| runs.flaws(setup)).unwrap_or_default()
}

/// Whether the protocol of this run can be made to make mistakes.
pub fn can_break(ui: &ViewState, setup: &Setup) -> bool {
    !flaws_of(ui, setup).is_empty()
}

/// While a mistake is switched on: which, and the way back.
pub fn banner(ui: &ViewState, setup: &Setup) -> Option<El> {
    let name = setup.flaw?;
    let flaw = flaws_of(ui, setup).into_iter().find(|flaw| flaw.name == name)?;
    let again = button("", "Same again without it", &ui.send, Msg::WithoutFlaw);
    let text = el("p").add(words("b", &format!("Flaw on: {}. ", flaw.title))).text(flaw.sentence);
    Some(classed("div", "flaw").attr("role", "note").add(text).add(again))
}

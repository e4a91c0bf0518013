//! What is in the popovers: the form for a new run, mistakes, the run as a file, keys; and the sheets. A part of its own: nobody
//! opens anything in the first moments.

use std::rc::Rc;

use cap_lab::setup::SwitchState;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Event, Html, TargetCast};

use super::{link, regions, stores};
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::el::{El, button, classed, el, option, quiet, words};
use crate::ui::lab::Lab;
use crate::ui::late::Late;
use crate::ui::setup::view::{FlawView, Setup};
use crate::ui::sheet::opened;
use crate::ui::state::{Form, Msg, ViewState};
use crate::ui::world::WorldView;

/// What comes with this part.
pub trait Forms {
    /// What a new run is made of, to be chosen.
    fn new_run(&self, ui: &ViewState, setup: &Setup, flaws: &[FlawView]) -> El;
    /// The classic mistakes: what each one breaks, and a run that shows it.
    fn flaws(&self, ui: &ViewState, flaws: &[FlawView]) -> El;
    /// The run as a link.
    fn link(&self, ui: &ViewState) -> El;
    /// Export, import, script.
    fn file(&self, ui: &ViewState) -> El;
    /// What each key does.
    fn keys(&self) -> El;
    /// What is opened up beside the figure, if anything is.
    fn sheet(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<Html>;
}

struct All;

impl Forms for All {
    fn new_run(&self, ui: &ViewState, setup: &Setup, flaws: &[FlawView]) -> El {
        new_run(ui, setup, flaws)
    }

    fn flaws(&self, ui: &ViewState, list: &[FlawView]) -> El {
        flaws(ui, list)
    }

    fn link(&self, ui: &ViewState) -> El {
        link::link(ui)
    }

    fn file(&self, ui: &ViewState) -> El {
        file(ui)
    }

    fn keys(&self) -> El {
        keys()
    }

    fn sheet(&self, lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<Html> {
        opened::sheet(lab, worlds, ui)
    }
}

thread_local! {
    static FORMS: Late<dyn Forms> = const { Late::new(&All) };
}

/// The forms, if they are here.
pub fn here() -> Option<&'static dyn Forms> {
    FORMS.with(Late::here)
}

/// Sees to it that they are here. False if they can't be had now: then they may be asked for again.
pub async fn come() -> bool {
    let came = part().await.ok();
    FORMS.with(|forms| forms.take(came));
    here().is_some()
}

#[wasm_split(forms, fallible)]
fn part() -> Result<&'static dyn Forms, SplitLoaderError> {
    Ok(&All)
}

fn flaws(ui: &ViewState, flaws: &[FlawView]) -> El {
    let row = |flaw: &FlawView| {
        el("li")
            .key(flaw.name)
            .add(words("b", flaw.title))
            .add(words("p", flaw.sentence))
            .add(el("p").text("Breaks ").add(words("i", flaw.breaks)))
            .add(quiet("Play", format!("Play: {}", flaw.title), &ui.send, Msg::Break(flaw.name)))
    };
    let list = flaws.iter().map(row).collect();
    let about = "Each of these takes one rule out. Its run is the shortest we know in which that matters. Then let the same happen again with the rule in place.";
    classed("div", "stack").add(words("p", about)).add(classed("ul", "flaws").all(list))
}

fn new_run(ui: &ViewState, setup: &Setup, flaws: &[FlawView]) -> El {
    let start = {
        let (send, setup, flaws) = (ui.send.clone(), setup.clone(), flaws.to_vec());
        Callback::from(move |event: Event| {
            event.prevent_default();
            let mut wanted = setup.clone();
            wanted.seed = number("new-seed").unwrap_or(setup.seed);
            wanted.nodes.0 = number("new-nodes").map_or(setup.nodes.0, |count| count as u8);
            wanted.people.0 = number("new-people").map_or(setup.people.0, |count| count as u8);
            wanted.geography = regions::picked(setup.geography);
            for switch in &mut wanted.switches {
                switch.on = checked(switch.name);
            }
            let Some(stores) = stores::picked(&setup.stores, wanted.nodes.0) else { return };
            wanted.stores = stores;
            wanted.flaw =
                chosen("new-flaw").and_then(|name| flaws.iter().find(|flaw| flaw.name == name)).map(|flaw| flaw.name);
            // Features and mistakes are those of the first store as it was.
            if wanted.stores.iter().zip(&setup.stores).take(1).any(|(wanted, was)| stores::is_another(*wanted, *was)) {
                (wanted.switches, wanted.flaw) = (Vec::new(), None);
            }
            send.emit(Msg::NewRun(wanted));
        })
    };
    let another = {
        let (send, setup) = (ui.send.clone(), setup.clone());
        Callback::from(move |_: Event| {
            let mut wanted = setup.clone();
            wanted.seed = browser::fresh_seed();
            send.emit(Msg::NewRun(wanted));
        })
    };
    let [nodes, people] = setup.names;
    // A property given only when the seed changes: what is being typed stays.
    let seed = el("input").attr("id", "new-seed").attr("inputmode", "numeric").attr("pattern", "[0-9]*");
    let seed = seed.property("value", &setup.seed.to_string());
    let start_now = classed("button", "primary").text("Start this run");
    let another = el("button").attr("type", "button").on(ListenerKind::onclick, another).text("Another seed");
    classed("form", "fields")
        .on(ListenerKind::onsubmit, start)
        .add(labelled("Seed", seed))
        .add(labelled(nodes, choice("new-nodes", &setup.nodes)))
        .optional((setup.people.1.len() > 1).then(|| labelled(people, choice("new-people", &setup.people))))
        .optional(setup.geography.map(|here| labelled("Where", regions::choice(here))))
        .optional(setup.traffic.map(|percent| labelled("Traffic (at once)", traffic(ui, percent))))
        .all(stores::pickers(&setup.stores))
        .optional((!flaws.is_empty()).then(|| labelled("Flaw", flaw_choice(setup, flaws))))
        .optional((!setup.switches.is_empty()).then(|| switches(&setup.switches, &ui.send)))
        .add(classed("div", "row").add(start_now).add(another))
        .add(el("p").text("The same seed and the same acts give the same run, bit for bit."))
}

fn flaw_choice(setup: &Setup, flaws: &[FlawView]) -> El {
    let mut options = vec![option(String::new(), "none", setup.flaw.is_none())];
    for flaw in flaws {
        options.push(option(flaw.name.to_owned(), flaw.title, setup.flaw == Some(flaw.name)));
    }
    el("select").attr("id", "new-flaw").all(options)
}

/// A box per feature, with what it buys and costs.
fn switches(list: &[SwitchState], send: &Callback<Msg>) -> El {
    let all: Rc<[SwitchState]> = list.into();
    let row = |switch: &SwitchState| {
        let tick = el("input").attr("type", "checkbox").set("id", switch_id(switch.name));
        let tick = if switch.on { tick.attr("checked", "") } else { tick };
        let (send, all, name) = (send.clone(), Rc::clone(&all), switch.name);
        let ticked = Callback::from(move |_: Event| {
            let also = agree(&all, name);
            if !also.is_empty() {
                send.emit(Msg::Confirm(also));
            }
        });
        let tick = tick.on(ListenerKind::onchange, ticked);
        el("label")
            .key(switch.name)
            .add(tick)
            .add(words("b", switch.title))
            .add(el("small").text(switch.says).text(" ").add(words("cite", switch.source)))
    };
    let rows = list.iter().map(row).collect();
    classed("details", "switches").add(words("summary", "Features of the protocol")).add(el("div").list(rows))
}

/// After a click on the box `clicked`: ticks those that it needs, or clears those that need it, and says so; nothing if none does.
fn agree(all: &[SwitchState], clicked: &str) -> String {
    let on = checked(clicked);
    let Some(this) = all.iter().find(|switch| switch.name == clicked) else { return String::new() };
    let affected = |other: &&SwitchState| {
        let needed = if on { this.needs.contains(&other.name) } else { other.needs.contains(&clicked) };
        needed && checked(other.name) != on
    };
    let others: Vec<&SwitchState> = all.iter().filter(affected).collect();
    for other in &others {
        if let Some(tick) = tick_of(other.name) {
            tick.set_checked(on);
        }
    }
    let names: Vec<&str> = others.iter().map(|other| other.title).collect();
    match (names.is_empty(), on) {
        (true, _) => String::new(),
        (_, true) => format!("{} needs more. Also on: {}.", this.title, names.join(", ")),
        (_, false) => format!("{} was needed. Also off: {}.", this.title, names.join(", ")),
    }
}

fn switch_id(switch: &str) -> String {
    format!("switch-{switch}")
}

fn tick_of(switch: &str) -> Option<HtmlInputElement> {
    browser::document().get_element_by_id(&switch_id(switch)).map(wasm_bindgen::JsCast::unchecked_into)
}

/// Whether a feature's box is ticked.
fn checked(switch: &str) -> bool {
    tick_of(switch).is_some_and(|tick| tick.checked())
}

/// What is picked in a list, if there is the list.
fn chosen(id: &str) -> Option<String> {
    let field = browser::document().get_element_by_id(id)?;
    Some(wasm_bindgen::JsCast::unchecked_into::<HtmlSelectElement>(field).value())
}

/// The whole number in a field.
fn number(id: &str) -> Option<u64> {
    let field = browser::document().get_element_by_id(id)?;
    wasm_bindgen::JsCast::unchecked_into::<HtmlInputElement>(field).value().trim().parse().ok()
}

fn labelled(label: &str, field: El) -> El {
    el("label").add(el("span").text(label)).add(field)
}

fn choice(id: &'static str, (current, among): &(u8, Vec<u8>)) -> El {
    let mut options = Vec::new();
    for count in among {
        let text = count.to_string();
        options.push(option(text.clone(), &text, count == current));
    }
    el("select").attr("id", id).all(options)
}

fn traffic(ui: &ViewState, percent: u16) -> El {
    let set = |event: &Event| {
        let percent = event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(100);
        Msg::Do(Act::Traffic(percent))
    };
    let mut options = Vec::new();
    for (value, name) in [(0, "off"), (50, "half"), (100, "usual"), (200, "double"), (400, "fourfold")] {
        options.push(option(value.to_string(), name, value == percent));
    }
    el("select").hear(ListenerKind::onchange, &ui.send, set).all(options)
}

fn file(ui: &ViewState) -> El {
    let read = ui.send.reform(Msg::Import);
    let import = Callback::from(move |event: Event| browser::read_picked(&event, &read));
    let chooser = el("input").attr("type", "file").attr("accept", ".json,application/json");
    classed("div", "stack")
        .add(button("", "Export this run", &ui.send, Msg::Export))
        .add(classed("label", "button").text("Import a run…").add(chooser.on(ListenerKind::onchange, import)))
        .add(button("", "Copy as golden script", &ui.send, Msg::Copy(Form::Script)))
        .add(el("p").text(
            "A run file, or a history to check, can also be dropped anywhere on the page. A reload keeps the run.",
        ))
}

fn keys() -> El {
    let rows = [
        ("Space", "play, pause"),
        ("→", "one event on"),
        ("←", "one event back"),
        ("H", "heal all links"),
        ("Ctrl Z", "undo: take the last act back"),
        ("R", "restart: the same setup and seed from the start"),
        ("P", "present: large, for the back row; Page Up and Page Down step"),
        ("Tab", "from control to control; a figure is one stop"),
        ("← →", "in a figure: next or previous of its kind"),
        ("↑ ↓", "in a figure: nodes, links, messages"),
        ("Enter", "in a figure: open a node or a message; cut or heal a link"),
        ("M", "in a figure: its menu, as right-click and long press"),
        ("Drag", "a person by the name onto another replica: from then on the phone talks to that one"),
        ("+ −", "among the operations: less or more time; Page Up, Page Down: earlier, later; End: now"),
        ("Esc", "close"),
        ("E", "example situations"),
        ("G", "glossary"),
        ("?", "these keys"),
    ];
    let row = |(key, what): (&str, &str)| el("div").add(el("dt").add(el("kbd").text(key))).add(el("dd").text(what));
    classed("dl", "keys").all(rows.into_iter().map(row).collect())
}

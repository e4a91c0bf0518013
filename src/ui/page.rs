//! The whole page: head, the lab in the middle, the transport at the foot.

use std::rc::Rc;

use cap_lab::store::Store;
use cap_lab::store::descriptor::Side;
use yew::Html;

use crate::ui::diagram;
use crate::ui::el::{El, button, classed, el, together, words};
use crate::ui::events::events;
use crate::ui::figure::cluster::figure;
use crate::ui::header::{header, name_of};
use crate::ui::history::history;
use crate::ui::lab::{Lab, Page, WorldView};
use crate::ui::phones::phones;
use crate::ui::phones::view::PhoneState;
use crate::ui::rest;
use crate::ui::sheet::sheet;
use crate::ui::state::{Coach, Mode, Msg, ViewState, Waiting};
use crate::ui::transport::{Scale, Transport};
use crate::ui::verdict::meters::{Verdict, latency, meters, percent};

/// Everything, as a function of the run and the view state.
pub fn view(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
    let setup = lab.setup();
    let transport = Transport {
        now: lab.now(),
        scale: Scale::of(lab),
        marks: lab.marks(),
        branches: lab.branches(),
        setup: &setup,
    };
    let main = match ui.waiting {
        Some(Waiting { page: Some(address), failed }) => coming(address, failed, ui),
        _ if ui.page == Page::Feed && !ui.at_histories => feed(lab, worlds, ui),
        _ => rest::get().page(lab, worlds, ui),
    };
    el("div")
        .attr("class", if ui.dropping { "page dropping" } else { "page" })
        .add(hatch())
        .node(header(ui, &setup))
        .optional(setup.flaw.and_then(|_| rest::get().banner(ui, &setup)))
        .node(main)
        .node(if ui.at_histories { Html::default() } else { transport.draw(ui) })
        .add(classed("div", "said").attr("role", "status").attr("aria-live", "polite").text(&ui.said))
        .optional(ui.notice.as_ref().map(|notice| {
            let dismiss = button("quiet", "Dismiss", &ui.send, Msg::Dismiss);
            classed("div", "notice").attr("role", "alert").add(el("p").text(notice)).add(dismiss)
        }))
        .optional(ui.waiting.filter(|waiting| waiting.page.is_none()).map(|waiting| wait(waiting.failed, ui)))
        .optional(ghost(worlds, ui))
        .optional(ui.dropping.then(|| {
            classed("div", "drop-hint")
                .attr("aria-hidden", "true")
                .text("Drop a run file to open it, or a history to check it")
        }))
        .html()
}

/// In the place of a page whose program is not here yet.
fn coming(address: &str, failed: bool, ui: &ViewState) -> Html {
    let says = if failed { NOT_LOADED } else { "This page is being loaded. The run goes on meanwhile." };
    let section = classed("section", "coming")
        .attr("role", if failed { "alert" } else { "status" })
        .add(words("h2", name_of(address)))
        .add(words("p", says))
        .optional(failed.then(|| button("primary", "Try again", &ui.send, Msg::TryAgain)));
    classed("main", "lab").add(section).html()
}

/// Below what cannot open yet.
fn wait(failed: bool, ui: &ViewState) -> El {
    if !failed {
        return classed("div", "notice").attr("role", "status").add(words("p", "This is being loaded."));
    }
    classed("div", "notice")
        .attr("role", "alert")
        .add(words("p", NOT_LOADED))
        .add(button("quiet", "Try again", &ui.send, Msg::TryAgain))
        .add(button("quiet", "Dismiss", &ui.send, Msg::Dismiss))
}

const NOT_LOADED: &str = "This part of the lab could not be loaded. Is there a connection? Your run is as it was.";

/// The pattern of what is not known, for every drawing on the page.
fn hatch() -> El {
    let pattern = el("pattern")
        .attr("id", "hatch")
        .attr("width", "5")
        .attr("height", "5")
        .attr("patternUnits", "userSpaceOnUse")
        .attr("patternTransform", "rotate(45)")
        .add(el("rect").attr("width", "5").attr("height", "5"))
        .add(el("path").attr("d", "M0,0V5"));
    let drawing = classed("svg", "defs").attr("width", "0").attr("height", "0").attr("aria-hidden", "true");
    drawing.add(el("defs").add(pattern))
}

/// The phone that is being dragged, at the pointer.
fn ghost(worlds: &[Rc<WorldView>], ui: &ViewState) -> Option<El> {
    let drag = ui.phone?;
    let phone = worlds.iter().flat_map(|world| &world.phones).find(|phone| phone.id == drag.person);
    let name = phone.map(|phone| phone.name.clone()).unwrap_or_default();
    let onto = drag
        .over
        .and_then(|(world, node)| worlds[world].nodes.get(node.index()))
        .map(|node| format!(" → {}", node.name));
    let text = name + &onto.unwrap_or_default();
    let w = 22.0 + 7.5 * text.chars().count() as f64;
    let pill = el("g")
        .at(drag.client.x + 8.0, drag.client.y - 30.0)
        .add(el("rect").px("width", w).attr("height", "24").attr("rx", "12"))
        .add(el("text").px("x", w / 2.0).attr("y", "16").text(&text));
    let sheet = classed("svg", "ghost").attr("width", "100%").attr("height", "100%").attr("aria-hidden", "true");
    Some(sheet.add(pill))
}

/// The line under the head: what to do first, then what to look at; and what is at hand while something is cut.
pub fn coach(worlds: &[Rc<WorldView>], ui: &ViewState, invite: &'static str) -> Html {
    let cut = worlds.iter().any(|world| world.cut.iter().any(|set| !set.is_empty()));
    let broken = worlds.iter().find_map(|world| world.broken());
    let told = broken.map(|broken| format!("{} is broken. Step back and see how it came to that.", broken.name));
    let seen = |state: PhoneState| worlds.iter().any(|world| world.phones.iter().any(|phone| phone.state == state));
    let with_ap = worlds.iter().any(|world| world.side == Some(Side::AP));
    let text = match ui.coach {
        Coach::Invite => invite,
        Coach::Watch if !cut => "",
        Coach::Watch => match (seen(PhoneState::Refused), seen(PhoneState::Stale)) {
            _ if !with_ap => "Cut. Watch who can still reach a majority, and what the others try.",
            (false, false) => "Cut. Now watch the phones whose replica is on the smaller side.",
            (true, false) => "CP refuses rather than answer wrongly. Watch what AP shows on the same phone.",
            (false, true) => "AP answers from what it has heard. Watch whether CP answers at all.",
            (true, true) => {
                "One refuses, the other is out of date: that is the choice. Heal the links to see both recover."
            }
        },
        Coach::Silent => "",
    };
    let heal = || button("primary", "Heal all links", &ui.send, Msg::HealAll).attr("title", "H");
    classed("div", "coach").add(el("p").text(told.as_deref().unwrap_or(text))).optional(cut.then(heal)).html()
}

/// A figure as picture or as tables, under its title.
pub fn cluster(index: usize, world: &Rc<WorldView>, lab: &dyn Lab, ui: &ViewState) -> Html {
    let title = classed("header", "title")
        .add(el("h2").text(&world.title))
        .add(el("p").text(&world.subtitle))
        .add(views(ui))
        .optional(
            lab.setup().stores.get(index).filter(|here| here.is_linearizable()).map(|here| logs(index, *here, ui)),
        );
    let picture = match &ui.diagram {
        Some(shown) => rest::get().diagram(index, world, shown, ui),
        None if ui.tables => rest::get().tables(index, world, ui),
        None => figure(index, world, lab.now(), ui),
    };
    together(vec![title.html(), picture])
}

/// Other views of the same.
fn views(ui: &ViewState) -> El {
    let diagram = Msg::Diagram(diagram::Do::Toggle);
    classed("div", "views")
        .add(button("quiet as-table", "As diagram", &ui.send, diagram).flag("aria-pressed", ui.diagram.is_some()))
        .add(button("quiet as-table", "As table", &ui.send, Msg::Tables).flag("aria-pressed", ui.tables))
}

/// Which protocol keeps a consistent feed's log; another one gets the same script.
fn logs(world: usize, here: Store, ui: &ViewState) -> El {
    let choice = |store: Store| {
        let chosen = Msg::OnStore { world, store };
        button("", store.title(), &ui.send, chosen).flag("aria-pressed", store.name() == here.name())
    };
    let others = Store::all().into_iter().filter(|store| store.is_linearizable());
    classed("div", "segments logs-of")
        .attr("role", "group")
        .attr("aria-label", "The log's protocol")
        .all(others.map(choice).collect())
}

/// What is opened up, over what just happened.
pub fn side(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
    let shown = ui.shown(worlds.len()).into_iter().map(|index| (index, Rc::clone(&worlds[index]))).collect::<Vec<_>>();
    let open = sheet(lab, worlds, ui);
    let class = if open.is_some() { "side open" } else { "side" };
    classed("aside", class).node(together(open.into_iter().collect())).node(events(&shown, ui)).html()
}

fn feed(lab: &dyn Lab, worlds: &[Rc<WorldView>], ui: &ViewState) -> Html {
    let (shown, narrow) = (ui.shown(worlds.len()), ui.narrow());
    let strip = |index: usize| history(index, &worlds[index], lab.now(), ui);
    let mut sides = Vec::new();
    for &index in &shown {
        let world = &worlds[index];
        let section = el("section")
            .set("class", room(world))
            .key(&index.to_string())
            .set("aria-label", world.title.clone())
            .node(cluster(index, world, lab, ui))
            .node(phones(index, world, ui))
            .node(if narrow { Html::default() } else { meters(index, world, ui) })
            .node(if narrow { Html::default() } else { strip(index) });
        sides.push(section);
    }
    let invite = if narrow {
        "Swipe across links to cut them. Tap a node, link or message for what you can do to it."
    } else {
        "Drag across links to cut them. Click a node or a message to see inside and act on it."
    };
    let below =
        || shown.iter().fold(classed("div", "below").add(score(worlds, ui)), |below, index| below.node(strip(*index)));
    el("main")
        .attr("class", if shown.len() > 1 { "lab feed two" } else { "lab feed one" })
        .add(classed("div", "lead").node(coach(worlds, ui, invite)).add(modes(worlds, ui)))
        .add(classed("div", "worlds").list(sides))
        .optional(narrow.then(below))
        .node(side(lab, worlds, ui))
        .html()
}

/// How much room a world asks for, as the style sheet knows it: by its replicas and its people.
pub fn room(world: &WorldView) -> String {
    let replicas = match world.nodes.len() {
        ..=3 => " few",
        4..=5 => "",
        _ => " many",
    };
    let people = if world.phones.len() > 3 { " crowd" } else { "" };
    format!("world{replicas}{people}")
}

/// Compare, CP only, AP only; on a phone, which of the two, with what the hidden one has come to.
fn modes(worlds: &[Rc<WorldView>], ui: &ViewState) -> El {
    let narrow = ui.narrow();
    let shown = ui.shown(worlds.len());
    let option =
        |mode: Mode, label: &str, on: bool| button("", label, &ui.send, Msg::Mode(mode)).flag("aria-pressed", on);
    let mut sides = Vec::new();
    for (index, world) in worlds.iter().enumerate() {
        let stale = world.meters.as_ref().map_or(0, |meters| meters.stale);
        let label = match (narrow, stale) {
            (true, 0) => world.title.clone(),
            (true, stale) => format!("{} ◷ {stale}", world.title),
            (false, _) => format!("{} only", world.short),
        };
        sides.push(option(
            Mode::Only(index),
            &label,
            if narrow { shown == [index] } else { ui.mode == Mode::Only(index) },
        ));
    }
    classed("div", "segments")
        .attr("role", "group")
        .attr("aria-label", "Which side")
        .optional((!narrow).then(|| option(Mode::Compare, "Compare", ui.mode == Mode::Compare)))
        .list(sides)
}

/// Both sides' meters in one small table, for where only one side is shown.
fn score(worlds: &[Rc<WorldView>], ui: &ViewState) -> El {
    let mut rows = Vec::new();
    for (index, world) in worlds.iter().enumerate() {
        let Some(m) = world.meters.as_ref() else { continue };
        let cell = |class, text: &str| el("td").class(class).text(text);
        let row = el("tr")
            .key(&index.to_string())
            .add(el("th").attr("scope", "row").text(&world.short))
            .add(cell(if m.answered == m.ended { "good" } else { "bad" }, &percent(m.answered, m.ended)))
            .add(cell(if m.stale == 0 { "good" } else { "warn" }, &m.stale.to_string()))
            .add(cell("", &latency(m.p50)))
            .add(cell(if m.refused + m.unknown == 0 { "" } else { "bad" }, &format!("{} · {}", m.refused, m.unknown)))
            .optional(world.verdict.map(|verdict| el("td").add(Verdict::new(index, verdict, ui).draw(true))));
        rows.push(row);
    }
    let head =
        ["answered", "stale", "p50", "ref. · unk.", "verdict"].map(|name| el("th").attr("scope", "col").text(name));
    let head = el("thead").add(el("tr").add(el("td")).all(head.into()));
    classed("table", "score").add(head).add(el("tbody").list(rows))
}

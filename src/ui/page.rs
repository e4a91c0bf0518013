//! The whole page: head, the lab in the middle, the transport at the foot.

use std::rc::Rc;

use yew::{Html, html};

use crate::ui::events::events;
use crate::ui::figure::cluster::figure;
use crate::ui::figure::table::tables;
use crate::ui::header::header;
use crate::ui::history::history;
use crate::ui::lab::{Act, Lab, Page, PhoneState, World};
use crate::ui::markup::{px, text, translate};
use crate::ui::meters::{meters, percent};
use crate::ui::phones::phones;
use crate::ui::sheet::sheet;
use crate::ui::state::{Coach, Mode, Msg, ViewState};
use crate::ui::transport::Transport;
use crate::ui::{paxos_page, raft_page};

/// Everything, as a function of the run and the view state.
pub fn view(lab: &dyn Lab, worlds: &[Rc<World>], ui: &ViewState) -> Html {
    let setup = lab.setup();
    let transport =
        Transport { now: lab.now(), end: lab.end(), marks: lab.marks(), branches: lab.branches(), setup: &setup };
    let main = match ui.page {
        Page::Feed => feed(lab, worlds, ui),
        Page::Raft => raft_page::page(lab, worlds, ui),
        Page::Paxos => paxos_page::page(lab, worlds, ui),
    };
    html! {
        <div class={if ui.dropping { "page dropping" } else { "page" }}>
            <svg width="0" height="0" class="defs" aria-hidden="true">
                <defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect width="5" height="5" /><path d="M0,0V5" />
                </pattern></defs>
            </svg>
            { header(ui, &setup) }
            { main }
            { transport.draw(ui) }
            <div class="said" role="status" aria-live="polite">{ text(&ui.said) }</div>
            if let Some(notice) = &ui.notice {
                <div class="notice" role="alert"><p>{ text(notice) }</p><button class="quiet" onclick={ui.on(Msg::Dismiss)}>{ "Dismiss" }</button></div>
            }
            { ghost(worlds, ui) }
            if ui.dropping { <div class="drop-hint" aria-hidden="true">{ "Drop a run file to open it" }</div> }
        </div>
    }
}

/// The phone that is being dragged, at the pointer.
fn ghost(worlds: &[Rc<World>], ui: &ViewState) -> Html {
    let Some(drag) = ui.phone else { return html! {} };
    let phone = worlds.iter().flat_map(|world| &world.phones).find(|phone| phone.id == drag.person);
    let name = phone.map(|phone| phone.name.clone()).unwrap_or_default();
    let onto = drag
        .over
        .and_then(|(world, node)| worlds[world].nodes.get(node.index()))
        .map(|node| format!(" → {}", node.name));
    let text = name + &onto.unwrap_or_default();
    let w = 22.0 + 7.5 * text.chars().count() as f64;
    html! {
        <svg class="ghost" width="100%" height="100%" aria-hidden="true">
            <g transform={translate(drag.client.x + 8.0, drag.client.y - 30.0)}>
                <rect width={px(w)} height="24" rx="12" /><text x={px(w / 2.0)} y="16">{ text }</text>
            </g>
        </svg>
    }
}

/// The line under the head: what to do first, then what to look at; and what is at hand while something is cut.
pub fn coach(worlds: &[Rc<World>], ui: &ViewState, invite: &'static str) -> Html {
    let cut = worlds.iter().any(|world| world.cut.iter().any(|set| !set.is_empty()));
    let seen = |state: PhoneState| worlds.iter().any(|world| world.phones.iter().any(|phone| phone.state == state));
    let text = match ui.coach {
        Coach::Invite => invite,
        Coach::Watch if !cut => "",
        Coach::Watch => match (seen(PhoneState::Refused), seen(PhoneState::Stale)) {
            _ if ui.page != Page::Feed => "Cut. Watch who can still reach a majority, and what the others try.",
            (false, false) => "Cut. Now watch the phones whose replica is on the smaller side.",
            (true, false) => "CP refuses rather than answer wrongly. Watch what AP shows on the same phone.",
            (false, true) => "AP answers from what it has heard. Watch whether CP answers at all.",
            (true, true) => {
                "One refuses, the other is out of date: that is the choice. Heal the links to see both recover."
            }
        },
        Coach::Silent => "",
    };
    html! {
        <div class="coach">
            <p>{ text }</p>
            if cut { <button class="primary" onclick={ui.on(Msg::Do(Act::HealAll))} title="H">{ "Heal all links" }</button> }
        </div>
    }
}

/// A figure as picture or as tables, under its title.
pub fn cluster(index: usize, world: &Rc<World>, lab: &dyn Lab, ui: &ViewState) -> Html {
    html! { <>
        <header class="title">
            <h2>{ text(&world.title) }</h2>
            <p>{ text(&world.subtitle) }</p>
            <button class="quiet as-table" aria-pressed={ui.tables.to_string()} onclick={ui.on(Msg::Tables)}>{ "As table" }</button>
        </header>
        if ui.tables { { tables(index, world, ui) } } else { { figure(index, world, lab.now(), ui) } }
    </> }
}

/// What is opened up, over what just happened.
pub fn side(lab: &dyn Lab, worlds: &[Rc<World>], ui: &ViewState) -> Html {
    let shown = ui.shown(worlds.len()).into_iter().map(|index| (index, Rc::clone(&worlds[index]))).collect::<Vec<_>>();
    let open = sheet(lab, worlds, ui);
    html! { <aside class={if open.is_some() { "side open" } else { "side" }}>{ for open }{ events(&shown, ui) }</aside> }
}

fn feed(lab: &dyn Lab, worlds: &[Rc<World>], ui: &ViewState) -> Html {
    let shown = ui.shown(worlds.len());
    let class = if shown.len() > 1 { "lab feed two" } else { "lab feed one" };
    let strip = |index: usize| {
        html! {
            <div class="strip" id={format!("strip-{index}")}>{ history(&worlds[index], lab.now(), ui) }</div>
        }
    };
    let sides = shown.iter().map(|&index| {
        let world = &worlds[index];
        html! {
            <section key={index} class="world" aria-label={world.title.clone()}>
                { cluster(index, world, lab, ui) }
                { phones(index, world, ui) }
                if !ui.narrow() { { for world.meters.as_ref().map(meters) } }
                if !ui.narrow() { { strip(index) } }
            </section>
        }
    });
    html! {
        <main class={class}>
            <div class="lead">
                { coach(worlds, ui, if ui.narrow() {
                    "Swipe across links to cut them. Tap a node, link or message for what you can do to it."
                } else {
                    "Drag across links to cut them. Click a node or a message to see inside and act on it."
                }) }
                { modes(worlds, ui) }
            </div>
            <div class="worlds">{ for sides }</div>
            if ui.narrow() { <div class="below">{ score(worlds) }{ for shown.iter().map(|index| strip(*index)) }</div> }
            { side(lab, worlds, ui) }
        </main>
    }
}

/// Compare, CP only, AP only; on a phone, which of the two, with what the hidden one has come to.
fn modes(worlds: &[Rc<World>], ui: &ViewState) -> Html {
    let narrow = ui.narrow();
    let shown = ui.shown(worlds.len());
    let option = |mode: Mode, label: String, on: bool| {
        html! {
            <button aria-pressed={on.to_string()} onclick={ui.on(Msg::Mode(mode))}>{ label }</button>
        }
    };
    let sides = worlds.iter().enumerate().map(|(index, world)| {
        let stale = world.meters.as_ref().map_or(0, |meters| meters.stale);
        let label = match (narrow, stale) {
            (true, 0) => world.title.clone(),
            (true, stale) => format!("{} ◷ {stale}", world.title),
            (false, _) => format!("{} only", if index == 0 { "CP" } else { "AP" }),
        };
        option(Mode::Only(index), label, if narrow { shown == [index] } else { ui.mode == Mode::Only(index) })
    });
    html! {
        <div class="segments" role="group" aria-label="Which side">
            if !narrow { { option(Mode::Compare, "Compare".to_owned(), ui.mode == Mode::Compare) } }
            { for sides }
        </div>
    }
}

/// Both sides' meters in one small table, for where only one side is shown.
fn score(worlds: &[Rc<World>]) -> Html {
    let rows = worlds.iter().enumerate().filter_map(|(index, world)| {
        let m = world.meters.as_ref()?;
        Some(html! {
            <tr key={index}><th scope="row">{ if index == 0 { "CP" } else { "AP" } }</th>
                <td class={if m.answered == m.ended { "good" } else { "bad" }}>{ percent(m.answered, m.ended) }</td>
                <td class={if m.stale == 0 { "good" } else { "warn" }}>{ m.stale }</td>
                <td>{ crate::ui::meters::latency(m.p50) }</td>
                <td class={if m.refused + m.unknown == 0 { "" } else { "bad" }}>{ format!("{} · {}", m.refused, m.unknown) }</td></tr>
        })
    });
    html! {
        <table class="score">
            <thead><tr><td></td><th scope="col">{ "answered" }</th><th scope="col">{ "stale" }</th><th scope="col">{ "p50" }</th>
                <th scope="col">{ "ref. · unk." }</th></tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

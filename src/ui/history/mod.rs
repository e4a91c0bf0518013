//! The history of operations: one row per person, one bar per operation, faults shaded behind, and the order that explains all
//! of it as a line from row to row; or, if there is none, the operations that prove so.

pub mod card;
mod drawing;
pub mod plan;
pub mod strip;
pub mod view;

use cap_lab::node::Micros;
use wasm_bindgen::JsCast;
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html, KeyboardEvent, PointerEvent, WheelEvent};

use crate::ui::browser;
use crate::ui::el::{El, button, classed, words};
use crate::ui::geometry::Point;
use crate::ui::history::view::{Bar, BarState, HistoryView};
use crate::ui::pointer::Phase;
use crate::ui::state::{Msg, ViewState};
use crate::ui::world::WorldView;
use drawing::picture;
use strip::Do;

/// The id of the strip of `world`.
pub fn strip_id(world: usize) -> String {
    format!("strip-{world}")
}

/// The id of the rows in it, for the pointer and the keyboard.
pub fn rows_id(world: usize) -> String {
    format!("rows-{world}")
}

fn option_id(world: usize) -> String {
    format!("rows-{world}-at")
}

/// The strip of one world.
pub fn history(index: usize, world: &WorldView, now: Micros, ui: &ViewState) -> Html {
    let view = &world.history;
    let told = ui.run.strip.told().filter(|(world, _)| *world == index).map(|(_, id)| id);
    let card = ui.run.strip.card.as_ref().filter(|card| card.world == index && Some(card.view.id) == told);
    classed("div", "strip")
        .set("id", strip_id(index))
        .add(rows(index, world, now, told, ui))
        .add(controls(index, view, ui))
        .node(card.map_or(Html::default(), |card| card::draw(card, now, ui)))
        .html()
}

/// The rows: all that can be pointed at.
fn rows(index: usize, world: &WorldView, now: Micros, told: Option<u32>, ui: &ViewState) -> El {
    let view = &world.history;
    let rows = classed("div", "rows")
        .set("id", rows_id(index))
        .attr("role", "listbox")
        .attr("tabindex", "0")
        .name(summary(view))
        .node(picture(view, now, told, &ui.run.strip, ui.speed));
    let all = || view.rows.iter().flat_map(|row| row.bars.iter().map(move |bar| (row, bar)));
    let current = all().find(|(_, bar)| Some(bar.id) == told).or_else(|| all().max_by_key(|(_, bar)| bar.from));
    // One option stands for all: the one that the keyboard is on.
    let option = current.map(|(row, bar)| {
        classed("div", "said")
            .attr("role", "option")
            .set("id", option_id(index))
            .flag("aria-selected", told.is_some())
            .name(named(&row.name, bar))
    });
    let rows = if told.is_some() { rows.set("aria-activedescendant", option_id(index)) } else { rows };
    heard(rows.optional(option), index, ui)
}

/// What the pointer and the keyboard do to the rows.
fn heard(rows: El, index: usize, ui: &ViewState) -> El {
    let hear = |kind: ListenerKind, hear: fn(&web_sys::Event, usize) -> Option<Do>| {
        let send = ui.send.clone();
        let heard = Callback::from(move |event: web_sys::Event| {
            if let Some(what) = hear(&event, index) {
                if event.type_() == "keydown" || event.type_() == "wheel" {
                    event.prevent_default();
                    event.stop_propagation();
                }
                send.emit(Msg::Strip(what));
            }
        });
        (kind, heard)
    };
    let pointer = [ListenerKind::onpointerdown, ListenerKind::onpointermove, ListenerKind::onpointerup];
    let mut all: Vec<_> = pointer.into_iter().map(|kind| hear(kind, pointed)).collect();
    all.push(hear(ListenerKind::onpointerleave, |_, _| Some(Do::Leave)));
    all.push(hear(ListenerKind::onpointercancel, |_, _| Some(Do::Leave)));
    all.push(hear(ListenerKind::onwheel, wheeled));
    all.push(hear(ListenerKind::onkeydown, key));
    all.into_iter().fold(rows, |rows, (kind, heard)| rows.on(kind, heard))
}

fn pointed(event: &web_sys::Event, world: usize) -> Option<Do> {
    let pointer: &PointerEvent = event.unchecked_ref();
    let phase = match event.type_().as_str() {
        "pointerdown" if pointer.button() == 0 => Phase::Down,
        "pointermove" => Phase::Move,
        "pointerup" => Phase::Up,
        _ => return None,
    };
    let client = Point { x: f64::from(pointer.client_x()), y: f64::from(pointer.client_y()) };
    Some(Do::Pointer { world, phase, client })
}

fn wheeled(event: &web_sys::Event, world: usize) -> Option<Do> {
    let wheel: &WheelEvent = event.unchecked_ref();
    let is_upright = wheel.delta_y().abs() > wheel.delta_x().abs();
    // Where the page scrolls, the wheel scrolls the page.
    if is_upright && !wheel.shift_key() && !wheel.ctrl_key() && browser::scrolls() {
        return None;
    }
    let client = Point { x: f64::from(wheel.client_x()), y: f64::from(wheel.client_y()) };
    let (along, across) = if wheel.shift_key() { (wheel.delta_y(), 0.0) } else { (wheel.delta_x(), wheel.delta_y()) };
    Some(Do::Wheel { world, client, along, across })
}

fn key(event: &web_sys::Event, world: usize) -> Option<Do> {
    let key: &KeyboardEvent = event.unchecked_ref();
    let go = |along, across| Some(Do::Go { world, along, across });
    match key.key().as_str() {
        _ if key.ctrl_key() || key.alt_key() || key.meta_key() => None,
        "ArrowRight" => go(1, 0),
        "ArrowLeft" => go(-1, 0),
        "ArrowDown" => go(0, 1),
        "ArrowUp" => go(0, -1),
        "+" | "=" => Some(Do::Zoom(-1)),
        "-" => Some(Do::Zoom(1)),
        "PageUp" => Some(Do::Pan(-0.5)),
        "PageDown" => Some(Do::Pan(0.5)),
        "End" => Some(Do::Follow),
        _ => None,
    }
}

/// What changes the window.
fn controls(index: usize, view: &HistoryView, ui: &ViewState) -> El {
    let strip = &ui.run.strip;
    let zoom = |label: &'static str, name: &'static str, by: i32| {
        let button = button("quiet", label, &ui.send, Msg::Strip(Do::Zoom(by))).attr("aria-label", name);
        if strip.window.can_zoom(ui.speed, by) { button } else { button.attr("disabled", "disabled") }
    };
    let follow = || button("quiet now", "⇥ now", &ui.send, Msg::Strip(Do::Follow));
    let evidence = || {
        button("quiet bad", "✕ evidence", &ui.send, Msg::Strip(Do::Evidence(index)))
            .add(words("span", ": a read missed a confirmed post"))
    };
    classed("div", "zoom")
        .attr("role", "group")
        .set("aria-label", format!("Time shown in strip {}", index + 1))
        .optional(view.decisive.is_some().then(evidence))
        .optional((!strip.window.follows()).then(follow))
        .add(zoom("−", "Show more time", 1))
        .add(zoom("+", "Show less time", -1))
}

fn summary(view: &HistoryView) -> String {
    let rows = view.rows.iter().map(|row| {
        let count = |state: BarState| row.bars.iter().filter(|bar| bar.state == state).count();
        format!(
            "{}: {} answered, {} stale, {} refused, {} unknown",
            row.name,
            count(BarState::Done),
            count(BarState::Stale),
            count(BarState::Refused),
            count(BarState::Unknown)
        )
    });
    format!("Operations in sight. {}.", rows.collect::<Vec<_>>().join("; "))
}

/// "Ana reads, stale".
fn named(who: &str, bar: &Bar) -> String {
    let what = if bar.write { "posts" } else { "reads" };
    let evidence = if bar.evidence { ", part of the evidence" } else { "" };
    format!("{who} {what}, {}{evidence}", state_word(bar.state))
}

fn state_word(state: BarState) -> &'static str {
    match state {
        BarState::Pending => "no answer yet",
        BarState::Done => "answered",
        BarState::Stale => "answered from old data",
        BarState::Refused => "refused",
        BarState::Unknown => "no answer in time",
    }
}

//! The history of operations: one row per person, one bar per operation, faults shaded behind, and the order that explains all
//! of it as a line from row to row; or, if there is none, the operations that prove so.

pub mod card;
mod drawing;
pub mod plan;
pub mod view;

use cap_lab::node::Micros;
use wasm_bindgen::JsCast;
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html, KeyboardEvent, PointerEvent, WheelEvent};

use crate::ui::browser;
use crate::ui::el::{El, button, classed, words};
use crate::ui::geometry::Point;
use crate::ui::history::view::{Bar, BarState, HistoryView};
use crate::ui::lab::WorldView;
use crate::ui::state::{Msg, Phase, ViewState};
use drawing::picture;
use plan::{NAMES, Window};

/// The strips, and what is pointed at in them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Strip {
    /// How wide a strip is.
    pub width: f64,
    /// Which time it shows.
    pub window: Window,
    /// The operation under the pointer, in which world.
    pub hover: Option<(usize, u32)>,
    /// The chosen one: what is told of it stays.
    pub chosen: Option<(usize, u32)>,
    /// What is told of the one or the other.
    pub card: Option<card::Shown>,
    /// Where the pointer was pressed, and how far it has dragged the window, in pixels.
    pub press: Option<(Point, f64)>,
}

impl Strip {
    /// How wide the rows are, after the names.
    pub fn inner(&self) -> f64 {
        (self.width - NAMES).max(60.0)
    }

    /// The messages that carried it, if it is one of this world's.
    pub fn carrying(&self, world: usize) -> &[u32] {
        let card = self.card.as_ref().filter(|card| card.world == world);
        card.and_then(|card| card.carried.as_ref()).map_or(&[], |carried| &carried.flights)
    }

    /// The operation that is told of.
    pub fn told(&self) -> Option<(usize, u32)> {
        self.chosen.or(self.hover)
    }
}

/// What can be done with a strip.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// The pointer is over it, is pressed and lifted.
    Pointer { world: usize, phase: Phase, client: Point },
    /// The pointer has left it.
    Leave,
    /// The wheel turned over it, so many pixels along and across.
    Wheel { world: usize, client: Point, along: f64, across: f64 },
    /// Shows more or less time.
    Zoom(i32),
    /// Goes back in time (negative) or forth, by this share of the window.
    Pan(f64),
    /// Goes along with the play head.
    Follow,
    /// An arrow key.
    Go { world: usize, along: i32, across: i32 },
    /// What carried the operation that is told of is to be computed.
    Dwell,
    /// The pointer is over the card: what is told of stays.
    Stay,
    /// What is told of goes.
    Close,
    /// What was pointed at goes, and what is told of it.
    Forget,
    /// Shows the operations that decide against the history.
    Evidence(usize),
    /// Shows the messages in the space-time diagram.
    Diagram,
}

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

/// How far a second reaches on a strip.
pub fn per_second(strip: &Strip, speed: i32) -> f64 {
    strip.inner() / strip.window.width(speed).as_secs_f64()
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
        .node(card.map_or(Html::default(), |card| card.draw(now, ui)))
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
        let button =
            button("quiet", label, &ui.send, Msg::Strip(Do::Zoom(by))).attr("aria-label", name).attr("title", name);
        if strip.window.can_zoom(ui.speed, by) { button } else { button.attr("disabled", "disabled") }
    };
    let follow =
        || button("quiet", "⇥ now", &ui.send, Msg::Strip(Do::Follow)).attr("title", "Follow the play head again (End)");
    let evidence = || {
        button("quiet bad", "✕ evidence", &ui.send, Msg::Strip(Do::Evidence(index)))
            .add(words("span", ": a read missed a confirmed post"))
            .attr("title", "Go to the read that decides, and tell of it")
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

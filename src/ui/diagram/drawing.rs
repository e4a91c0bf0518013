//! The drawing of a diagram. A part of its own: nobody sees it before asking for it.

use std::rc::Rc;

use cap_lab::node::{Micros, NodeId};
use cap_lab::spacetime::{Diagram, End, Event, EventKind, LinkCut, Message, Stop};
use wasm_bindgen::JsCast;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html, KeyboardEvent, PointerEvent};

use super::shown::{Do, EVENTS_MAX, FOOT, NAMES, Plan, Shown, WIDTHS};
use super::{drawing_id, picture_id};
use crate::ui::el::{El, button, classed, el, quiet, words};
use crate::ui::geometry::{Point, Size};
use crate::ui::late::Late;
use crate::ui::number::{Px, fixed};
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::world::WorldView;

/// So many messages are drawn at most, the newest.
const MESSAGES_MAX: usize = 600;

/// What comes with this part.
pub trait Drawing {
    /// The diagram of `world`, which is number `index`, and the line below it.
    fn draw(&self, index: usize, world: &WorldView, shown: &Shown, ui: &ViewState) -> Html;
}

struct All;

impl Drawing for All {
    fn draw(&self, index: usize, world: &WorldView, shown: &Shown, ui: &ViewState) -> Html {
        diagram(index, world, shown, ui)
    }
}

thread_local! {
    static DRAWING: Late<dyn Drawing> = const { Late::new(&All) };
}

/// The drawing, if it is here.
pub fn here() -> Option<&'static dyn Drawing> {
    DRAWING.with(Late::here)
}

/// Sees to it that it is here. False if it can't be had now: then it may be asked for again.
pub async fn come() -> bool {
    let came = part().await.ok();
    DRAWING.with(|drawing| drawing.take(came));
    here().is_some()
}

#[wasm_split(diagram, fallible)]
fn part() -> Result<&'static dyn Drawing, SplitLoaderError> {
    Ok(&All)
}

/// The diagram of `world`, which is number `index`, and the line below it.
fn diagram(index: usize, world: &WorldView, shown: &Shown, ui: &ViewState) -> Html {
    let chosen = shown.chosen_in(index);
    let size = shown.sizes.get(index).copied().unwrap_or_default();
    let part = shown.diagrams.get(index).filter(|_| size.w > 100.0 && size.h > 60.0).map(|diagram| {
        let carried = shown.carried.as_ref().filter(|(world, _)| *world == index).map(|(_, ids)| Rc::clone(ids));
        still("diagram", DiagramPart { index, diagram: Rc::clone(diagram), size, chosen, carried })
    });
    let (press, go) = (ui.send.clone(), ui.send.clone());
    let plot = classed("div", "plot")
        .set("id", drawing_id(index))
        .attr("role", "listbox")
        .attr("tabindex", "0")
        .name(format!("{}: events", world.title))
        .on(
            ListenerKind::onpointerdown,
            Callback::from(move |event: web_sys::Event| {
                let event: &PointerEvent = event.unchecked_ref();
                let client = Point { x: f64::from(event.client_x()), y: f64::from(event.client_y()) };
                press.emit(Msg::Diagram(Do::Press { world: index, client }));
            }),
        )
        .on(
            ListenerKind::onkeydown,
            Callback::from(move |event: web_sys::Event| {
                let key: &KeyboardEvent = event.unchecked_ref();
                let (along, across) = match key.key().as_str() {
                    "ArrowRight" => (1, 0),
                    "ArrowLeft" => (-1, 0),
                    "ArrowDown" => (0, 1),
                    "ArrowUp" => (0, -1),
                    _ => return,
                };
                event.prevent_default();
                event.stop_propagation();
                go.emit(Msg::Diagram(Do::Go { world: index, along, across }));
            }),
        );
    let plot = match chosen {
        Some(chosen) => plot.set("aria-activedescendant", option_id(index, chosen)),
        None => plot,
    };
    classed("div", "diagram").add(plot.nodes(part.into_iter().collect())).add(foot(index, shown, chosen, ui)).html()
}

/// What is said of the chosen event, how much is shown, and the files.
fn foot(index: usize, shown: &Shown, chosen: Option<usize>, ui: &ViewState) -> El {
    let Some(diagram) = shown.diagrams.get(index) else { return el("p") };
    let count = diagram.events.len();
    let text = match chosen {
        Some(chosen) => {
            let event = &diagram.events[chosen];
            let counted = |before: &dyn Fn(usize) -> bool| (0..count).filter(|other| before(*other)).count();
            let past = counted(&|other| diagram.happens_before(other, chosen));
            let future = counted(&|other| diagram.happens_before(chosen, other));
            let concurrent = count - 1 - past - future;
            let source = if event.source.is_empty() { String::new() } else { format!(" ({})", event.source) };
            let at = fixed(event.at.as_ms(), 3);
            format!(
                "{at} s: {}{source}. {past} events happen before it ■, {future} after it □, {concurrent} are concurrent.",
                event.headline
            )
        }
        None if shown.carried.as_ref().is_some_and(|(world, _)| *world == index) => {
            "The arrows that stand out carried the operation that you chose. Click an event for its causes.".to_owned()
        }
        None if count > EVENTS_MAX => {
            format!("Only the newest {EVENTS_MAX} of {count} events are drawn: choose a shorter time.")
        }
        None => "Click an event: what can have caused it, and what it can have caused.".to_owned(),
    };
    let width = |ms: u64| {
        let label = format!("{} s", fixed(ms, 1));
        button("", &label, &ui.send, Msg::Diagram(Do::Width(ms)))
            .flag("aria-pressed", shown.width == Micros::from_ms(ms))
    };
    let files = classed("div", "files")
        .add(
            classed("div", "segments")
                .attr("role", "group")
                .attr("aria-label", "How much time")
                .all(WIDTHS.map(width).into()),
        )
        .add(quiet("SVG", "Save this picture as SVG".to_owned(), &ui.send, Msg::Diagram(Do::Svg(index))))
        .add(quiet(
            "ShiViz log",
            "Save these events as ShiViz log".to_owned(),
            &ui.send,
            Msg::Diagram(Do::ShiViz(index)),
        ));
    classed("div", "foot").add(files).add(words("p", &text))
}

fn option_id(world: usize, event: usize) -> String {
    format!("d{world}-{event}")
}

#[derive(Debug)]
struct DiagramPart {
    index: usize,
    diagram: Rc<Diagram>,
    size: Size,
    chosen: Option<usize>,
    carried: Option<Rc<[u32]>>,
}

impl PartialEq for DiagramPart {
    fn eq(&self, other: &Self) -> bool {
        let same = (self.size, self.chosen, &self.carried) == (other.size, other.chosen, &other.carried);
        same && Rc::ptr_eq(&self.diagram, &other.diagram)
    }
}

/// How an event or a message is to the chosen event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// Nothing is chosen.
    None,
    Past,
    Future,
    Concurrent,
    /// No event is chosen, but an operation: this message carried it.
    Carried,
}

impl Part for DiagramPart {
    fn draw(&self) -> Html {
        let plan = Plan { size: self.size, diagram: &self.diagram };
        let head = plan.x(self.diagram.to);
        let floor = self.size.h - FOOT;
        let back = el("g")
            .attr("aria-hidden", "true")
            .all(cuts(&plan))
            .all(ticks(&plan))
            .add(classed("path", "lanes").set("d", lanes(&plan)))
            .all(self.diagram.stops.iter().map(|stop| stopped(&plan, stop)).collect())
            .all(self.arrows(&plan))
            .add(classed("path", "head").set("d", format!("M{},4V{}", Px(head), Px(floor))));
        let events =
            el("g").attr("role", "none").all(plan.events().map(|(at, event)| self.event(&plan, at, event)).collect());
        let inner = el("svg")
            .attr("role", "none")
            .px("x", NAMES)
            .px("width", plan.inner())
            .px("height", self.size.h)
            .attr("overflow", "hidden")
            .add(back)
            .add(events);
        let name = |(lane, name): (usize, &String)| {
            classed("text", "lane").attr("x", "0").px("y", plan.y(NodeId(lane as u8)) + 4.0).text(name)
        };
        let names = el("g").attr("aria-hidden", "true").all(self.diagram.lanes.iter().enumerate().map(name).collect());
        el("svg")
            .set("id", picture_id(self.index))
            .attr("role", "none")
            .attr("class", "spacetime")
            .px("width", self.size.w)
            .px("height", self.size.h)
            .set("viewBox", format!("0 0 {} {}", Px(self.size.w), Px(self.size.h)))
            .add(names)
            .add(inner)
            .html()
    }
}

impl DiagramPart {
    fn relation(&self, event: usize) -> Relation {
        match self.chosen {
            None => Relation::None,
            Some(chosen) if self.diagram.happens_before(event, chosen) => Relation::Past,
            Some(chosen) if self.diagram.happens_before(chosen, event) => Relation::Future,
            Some(_) => Relation::Concurrent,
        }
    }

    /// A message belongs to the past if its arrival does, to the future if its sending does.
    fn message_relation(&self, message: &Message) -> Relation {
        let Some(chosen) = self.chosen else {
            return match &self.carried {
                Some(carried) if carried.contains(&message.id) => Relation::Carried,
                Some(_) => Relation::Concurrent,
                None => Relation::None,
            };
        };
        let arrival = if let End::Arrived(arrival) = message.end { Some(arrival) } else { None };
        let past = arrival.is_some_and(|arrival| arrival == chosen || self.relation(arrival) == Relation::Past);
        let future = message.send.is_some_and(|send| send == chosen || self.relation(send) == Relation::Future);
        match (past, future) {
            (true, _) => Relation::Past,
            (_, true) => Relation::Future,
            _ => Relation::Concurrent,
        }
    }

    /// All arrows, as one path for each look.
    fn arrows(&self, plan: &Plan<'_>) -> Vec<El> {
        const LOOKS: [(&str, Relation, bool); 10] = [
            ("arrow apart", Relation::Concurrent, false),
            ("arrow apart way", Relation::Concurrent, true),
            ("arrow", Relation::None, false),
            ("arrow way", Relation::None, true),
            ("arrow past", Relation::Past, false),
            ("arrow past way", Relation::Past, true),
            ("arrow future", Relation::Future, false),
            ("arrow future way", Relation::Future, true),
            ("arrow carried", Relation::Carried, false),
            ("arrow carried way", Relation::Carried, true),
        ];
        let mut paths = vec![String::new(); LOOKS.len()];
        let mut crosses = String::new();
        let skipped = self.diagram.messages.len().saturating_sub(MESSAGES_MAX);
        for message in self.diagram.messages.iter().skip(skipped) {
            let relation = self.message_relation(message);
            let on_its_way = !matches!(message.end, End::Arrived(_));
            let look = LOOKS.iter().position(|look| (look.1, look.2) == (relation, on_its_way));
            arrow(plan, message, &mut paths[look.expect("every look is there")], &mut crosses);
        }
        let mut drawn: Vec<El> =
            LOOKS.iter().zip(paths).map(|((class, ..), path)| classed("path", class).set("d", path)).collect();
        drawn.push(classed("path", "arrow cross").set("d", crosses));
        drawn
    }

    fn event(&self, plan: &Plan<'_>, position: usize, event: &Event) -> El {
        let class = match self.relation(position) {
            _ if self.chosen == Some(position) => "event chosen",
            Relation::None | Relation::Carried => "event",
            Relation::Past => "event past",
            Relation::Future => "event future",
            Relation::Concurrent => "event apart",
        };
        let sign = match event.kind {
            EventKind::Crash => "✕",
            EventKind::Restart => "↻",
            EventKind::Pause => "‖",
            EventKind::Resume => "▸",
            _ => "",
        };
        let shape = match (sign, class) {
            ("", "event past") => el("path").attr("d", "M-3.2-3.2h6.4v6.4h-6.4z"),
            ("", "event future") => el("path").attr("d", "M-3-3h6v6h-6z"),
            ("", _) => el("circle").attr("r", if self.chosen == Some(position) { "5.5" } else { "2.8" }),
            _ => words("text", sign).attr("y", "4.5"),
        };
        classed("g", class)
            .set("id", option_id(self.index, position))
            .attr("role", "option")
            .flag("aria-selected", self.chosen == Some(position))
            .name(format!("{}, {} ms: {}", self.diagram.lanes[event.lane.index()], event.at.as_ms(), event.headline))
            .at(plan.x(event.at), plan.y(event.lane))
            .add(shape)
    }
}

/// An arrow from its sending to its arrival, or as far as it came.
fn arrow(plan: &Plan<'_>, message: &Message, path: &mut String, crosses: &mut String) {
    let start = (plan.x(message.sent), plan.y(message.from));
    let (due, until) = match message.end {
        End::Arrived(arrival) => (plan.diagram.events[arrival].at, None),
        End::Due(due) => (due.max(plan.diagram.to), None),
        End::Lost { at, due, .. } => (due.max(at), Some(at)),
    };
    let goal = (plan.x(due), plan.y(message.to));
    let (dx, dy) = (goal.0 - start.0, goal.1 - start.1);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    // What died at once is drawn some way, or nobody would see where it was to go.
    let part = match until {
        None => 1.0 - 4.0 / length,
        Some(at) => ((plan.x(at) - start.0) / dx.max(1.0)).clamp((22.0 / length).min(0.5), 0.92),
    };
    let tip = (start.0 + dx * part, start.1 + dy * part);
    *path += &format!("M{},{}L{},{}", Px(start.0), Px(start.1), Px(tip.0), Px(tip.1));
    if until.is_some() {
        *crosses += &format!("M{},{}l6,6m0,-6l-6,6", Px(tip.0 - 3.0), Px(tip.1 - 3.0));
    } else {
        let (ux, uy) = (dx / length * 5.0, dy / length * 5.0);
        let wing = |side: f64| (tip.0 - ux - side * uy * 0.6, tip.1 - uy + side * ux * 0.6);
        let (left, right) = (wing(1.0), wing(-1.0));
        *path += &format!("M{},{}", Px(left.0), Px(left.1));
        *path += &format!("L{},{}L{},{}", Px(tip.0), Px(tip.1), Px(right.0), Px(right.1));
    }
}

fn lanes(plan: &Plan<'_>) -> String {
    let lane = |lane| format!("M0,{}H{}", Px(plan.y(NodeId(lane as u8))), Px(plan.inner()));
    (0..plan.diagram.lanes.len()).map(lane).collect()
}

/// The time at four moments.
fn ticks(plan: &Plan<'_>) -> Vec<El> {
    let Diagram { from, to, .. } = *plan.diagram;
    let tick = |quarter: u64| {
        let at = Micros(from.0 + (to.0 - from.0) * quarter / 4);
        let label = format!("{} s", fixed(at.as_ms(), 3));
        classed("text", "tick").px("x", plan.x(at)).px("y", plan.size.h - 4.0).text(&label)
    };
    [1, 2, 3, 4].map(tick).into()
}

/// A line on which nothing runs.
fn stopped(plan: &Plan<'_>, stop: &Stop) -> El {
    let (from, to) = (plan.x(stop.since), plan.x(stop.until.unwrap_or(plan.diagram.to)));
    let y = plan.y(stop.lane);
    let label = if stop.crashed { "down" } else { "paused" };
    let words = (to - from > 60.0).then(|| words("text", label).px("x", from + 10.0).px("y", y - 5.0));
    classed("g", if stop.crashed { "stop down" } else { "stop" })
        .add(el("path").set("d", format!("M{},{}H{}", Px(from), Px(y), Px(to))))
        .maybe(words)
}

/// Times at which the same links were cut, shaded, each with how many there were if there is room to say it.
fn cuts(plan: &Plan<'_>) -> Vec<El> {
    let mut spans: Vec<(Micros, Option<Micros>, Vec<&LinkCut>)> = Vec::new();
    for cut in &plan.diagram.cuts {
        match spans.iter_mut().find(|(since, until, _)| (*since, *until) == (cut.since, cut.until)) {
            Some((.., links)) => links.push(cut),
            None => spans.push((cut.since, cut.until, vec![cut])),
        }
    }
    let mut free = 0.0;
    let mut drawn = Vec::new();
    for (since, until, links) in spans {
        let (from, to) = (plan.x(since), plan.x(until.unwrap_or(plan.diagram.to)));
        let there_only = |cut: &&&LinkCut| {
            cut.from < cut.to || !links.iter().any(|other| (other.from, other.to) == (cut.to, cut.from))
        };
        let count = links.iter().filter(there_only).count();
        let label = if count == 1 { "1 link cut".to_owned() } else { format!("{count} links cut") };
        let room = 6.2 * label.len() as f64;
        let at = from.max(0.0) + 4.0;
        let fits = at >= free && at + room < plan.inner();
        if fits {
            free = at + room;
        }
        let shade = el("rect").px("x", from).px("width", (to - from).max(1.0)).px("height", plan.size.h - FOOT);
        let label = fits.then(|| words("text", &label).px("x", at).attr("y", "11"));
        drawn.push(classed("g", "fault").add(shade).maybe(label));
    }
    drawn
}

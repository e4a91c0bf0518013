//! The history of operations: one row per person, one bar per operation, faults shaded behind, the play head at the right.
//!
//! Bars are drawn once where they are in time; from frame to frame the whole strip only slides.

use std::rc::Rc;

use cap_lab::node::Micros;
use yew::Html;

use crate::ui::el::{El, classed, el, words};
use crate::ui::lab::{Bar, BarState, HistoryRow, World};
use crate::ui::number::Px;
use crate::ui::state::ViewState;
use crate::ui::still::{Part, still};

/// Where the rows begin, after the names.
const NAMES: f64 = 46.0;
/// How high a row is.
const ROW: f64 = 26.0;
/// Room above the rows for what was cut.
const TOP: f64 = 9.0;
/// How far the play head is along the strip.
const HEAD: f64 = 0.94;

/// What still goes on reaches far to the right; the strip ends at the play head.
const ENDLESS: f64 = 1e5;

/// The strip of one world.
pub fn history(world: &World, now: Micros, ui: &ViewState) -> Html {
    let width = ui.strip_width;
    let window = window_seconds(ui.speed);
    let inner = (width - NAMES).max(60.0);
    let per_second = inner / window;
    let head = inner * HEAD;
    let height = TOP + ROW * world.history.len() as f64 + 17.0;
    let shift = head - now.as_secs_f64() * per_second;
    let from = (now.as_secs_f64() - window).max(0.0);
    let first_tick = (from / window * 4.0).floor() as u64;
    let back = StripPart {
        faults: world.faults.clone(),
        per_second,
        height,
        // The ticks and what is left out change only now and then, or the strip would be drawn anew in every frame.
        first_tick,
        tick: window / 4.0,
    };
    let rows = world.history.iter().enumerate().map(|(row, person)| {
        let rows = Rc::clone(&world.history);
        still(
            &person.name,
            RowPart { rows, row, per_second, since: Micros((first_tick as f64 * window * 0.25e6) as u64) },
        )
    });
    let who = |(row, person): (usize, &HistoryRow)| {
        classed("text", "who").attr("x", "0").px("y", TOP + ROW * row as f64 + 18.0).text(&person.name)
    };
    let svg = |width: f64| el("svg").px("width", width).px("height", height);
    let sliding = el("g").set("transform", format!("translate({} 0)", Px(shift))).node(still("", back));
    let strip = svg(inner)
        .px("x", NAMES)
        .attr("overflow", "hidden")
        .add(classed("rect", "ground").attr("width", "100%").px("height", height - 16.0))
        .add(svg(head).attr("overflow", "hidden").add(sliding.nodes(rows.collect())))
        .add(classed("path", "head").set("d", format!("M{},5V{}", Px(head), Px(height - 14.0))))
        .add(classed("path", "head-mark").set("d", format!("M{},0h10l-5,7z", Px(head - 5.0))));
    svg(width)
        .attr("class", "history")
        .attr("role", "img")
        .name(summary(world))
        .all(world.history.iter().enumerate().map(who).collect())
        .add(strip)
        .html()
}

/// How many seconds of run time the strip shows: what passes in some seconds at the chosen speed.
fn window_seconds(speed: i32) -> f64 {
    match speed {
        ..=-70 => 2.4,
        -69..=20 => 6.0,
        _ => 24.0,
    }
}

fn summary(world: &World) -> String {
    let rows = world.history.iter().map(|row| {
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
    format!("Latest operations. {}.", rows.collect::<Vec<_>>().join("; "))
}

#[derive(PartialEq)]
struct StripPart {
    faults: Vec<(Micros, Option<Micros>, String)>,
    per_second: f64,
    height: f64,
    first_tick: u64,
    tick: f64,
}

impl Part for StripPart {
    fn draw(&self) -> Html {
        let x = |at: Micros| at.as_secs_f64() * self.per_second;
        let floor = self.height - 16.0;
        let width = |from: Micros, to: Option<Micros>| to.map_or(ENDLESS, |to| x(to) - x(from));
        let tick = |tick: u64| {
            let seconds = tick as f64 * self.tick;
            let at = seconds * self.per_second;
            classed("g", "tick")
                .add(el("path").set("d", format!("M{},0V{}", Px(at), Px(floor))))
                .add(words("text", &format!("{} s", Px(seconds))).px("x", at).px("y", self.height - 4.0))
        };
        let fault = |(from, to, label): &(Micros, Option<Micros>, String)| {
            let shade = el("rect").px("x", x(*from)).px("width", width(*from, *to).max(1.0)).px("height", floor);
            classed("g", "fault").add(shade).add(words("text", label).px("x", x(*from) + 4.0).attr("y", "8"))
        };
        let ticks = (self.first_tick..self.first_tick + 7).map(tick).collect();
        el("g").all(ticks).all(self.faults.iter().map(fault).collect()).html()
    }
}

/// One person's bars.
struct RowPart {
    rows: Rc<Vec<HistoryRow>>,
    row: usize,
    per_second: f64,
    /// What ended before is out of sight.
    since: Micros,
}

impl PartialEq for RowPart {
    fn eq(&self, other: &Self) -> bool {
        let same = (self.row, self.per_second, self.since) == (other.row, other.per_second, other.since);
        same && (Rc::ptr_eq(&self.rows, &other.rows) || self.rows.get(self.row) == other.rows.get(self.row))
    }
}

impl Part for RowPart {
    fn draw(&self) -> Html {
        let x = |at: Micros| at.as_secs_f64() * self.per_second;
        let y = TOP + ROW * self.row as f64 + 10.0;
        let seen = self.rows[self.row].bars.iter().filter(|bar| bar.to.is_none_or(|to| to >= self.since));
        let bars = seen.map(|bar| draw_bar(bar, x(bar.from), bar.to.map_or(ENDLESS, |to| x(to) - x(bar.from)), y));
        el("g").all(bars.collect()).html()
    }
}

fn draw_bar(bar: &Bar, x: f64, width: f64, y: f64) -> El {
    let (class, sign) = match bar.state {
        BarState::Pending => ("bar pending", ""),
        BarState::Done => ("bar done", ""),
        BarState::Stale => ("bar stale", "◷"),
        BarState::Refused => ("bar refused", "✕"),
        BarState::Unknown => ("bar unknown", "?"),
    };
    let width = width.max(if sign.is_empty() { 14.0 } else { 22.0 });
    let rect =
        |y: f64, height| el("rect").px("x", x).px("y", y).px("width", width).attr("height", height).attr("rx", "3");
    let marked = || rect(y - 10.0, "24").attr("class", "evidence");
    classed("g", class)
        .key(&bar.id.to_string())
        .add(words("title", &bar.title))
        .add(rect(y - 7.0, "18"))
        .optional(bar.evidence.then(marked))
        .add(words("text", &format!("{}{sign}", bar.letter)).px("x", x + 4.0).px("y", y + 6.0))
}

//! The drawing of a history.
//!
//! Only what is in the window is drawn, as a few paths, whatever the number of operations. From frame to frame they only slide.

use std::rc::Rc;

use cap_lab::node::Micros;
use yew::Html;

use super::plan::{self, ENDLESS, NAMES, Placed, Plan, height};
use super::{Strip, per_second};
use crate::ui::el::{El, classed, el, several, words};
use crate::ui::geometry::Point;
use crate::ui::history::view::{BarState, HistoryRow, HistoryView, OrderPoint};
use crate::ui::number::Px;
use crate::ui::still::{Part, still};

/// Bars closer than this are drawn as one, where there are very many.
const MERGED: f64 = 1.5;

/// The drawing of a history, with the operation `told` marked.
pub fn picture(view: &Rc<HistoryView>, now: Micros, told: Option<u32>, strip: &Strip, speed: i32) -> Html {
    let (width, window, inner) = (strip.width, strip.window, strip.inner());
    let per_second = per_second(strip, speed);
    let height = height(view.rows.len());
    let origin = window.around(now, speed).0;
    let x = |seconds: f64| (seconds - window.left(now, speed)) * per_second;
    let (head, shift) = (x(now.as_secs_f64()), x(origin.as_secs_f64()));
    let part = RowsPart { view: Rc::clone(view), origin, per_second, width: window.width(speed), told };
    let plan = Plan { view, origin, per_second };
    let who = |(row, person): (usize, &HistoryRow)| {
        classed("text", "who").attr("x", "0").px("y", plan.middle(row) + 4.0).text(&person.name)
    };
    let svg = |width: f64| el("svg").px("width", width).px("height", height);
    let sliding = el("g").set("transform", format!("translate({} 0)", Px(shift))).node(still("rows", part));
    let drawn = svg(inner)
        .px("x", NAMES)
        .attr("overflow", "hidden")
        .add(classed("rect", "ground").attr("width", "100%").px("height", plan.floor()))
        .add(svg(head.clamp(0.0, inner)).attr("overflow", "hidden").add(sliding))
        .add(classed("path", "head").set("d", format!("M{},5V{}", Px(head), Px(plan.floor()))))
        .add(classed("path", "head-mark").set("d", format!("M{},0h10l-5,7z", Px(head - 5.0))));
    svg(width)
        .attr("class", "history")
        .attr("aria-hidden", "true")
        .list(view.rows.iter().enumerate().map(who).collect())
        .add(drawn)
        .html()
}

#[derive(Debug)]
struct RowsPart {
    view: Rc<HistoryView>,
    origin: Micros,
    per_second: f64,
    width: Micros,
    told: Option<u32>,
}

impl PartialEq for RowsPart {
    fn eq(&self, other: &Self) -> bool {
        let same = (self.origin, self.per_second, self.told) == (other.origin, other.per_second, other.told);
        same && (Rc::ptr_eq(&self.view, &other.view) || self.view == other.view)
    }
}

impl Part for RowsPart {
    fn draw(&self) -> Html {
        let plan = Plan { view: &self.view, origin: self.origin, per_second: self.per_second };
        let bars = plan.bars();
        several(vec![
            classed("g", "ticks").list(self.ticks(&plan)),
            classed("g", "faults").list(faults(&plan)),
            classed("g", "bars-of").list(states(&bars)),
            order(&plan, self.told),
            evidence(&plan, &bars),
            told(&bars, self.told),
        ])
    }
}

impl RowsPart {
    /// The time at every quarter of the window.
    fn ticks(&self, plan: &Plan<'_>) -> Vec<El> {
        let tick = |quarter: u64| {
            let at = Micros(self.origin.0 + self.width.0 / 4 * quarter);
            let x = plan.x(at);
            classed("g", "tick")
                .add(el("path").set("d", format!("M{},0V{}", Px(x), Px(plan.floor()))))
                .add(words("text", &format!("{} s", Px(at.as_secs_f64()))).px("x", x).px("y", plan.floor() + 12.0))
        };
        (0..6).map(tick).collect()
    }
}

/// Shaded times, each with what was wrong if there is room to say it.
fn faults(plan: &Plan<'_>) -> Vec<El> {
    let mut free = f64::MIN;
    let mut drawn = Vec::new();
    for (from, to, label) in &plan.view.faults {
        let x = plan.x(*from);
        let width = to.map_or(ENDLESS, |to| plan.x(to) - x).max(1.0);
        let room = 5.2 * label.len() as f64 + 6.0;
        let fits = x >= free;
        if fits {
            free = x + room;
        }
        let shade = el("rect").px("x", x).px("width", width).px("height", plan.floor());
        let label = fits.then(|| words("text", label).px("x", x + 4.0).attr("y", "8"));
        drawn.push(classed("g", "fault").add(shade).optional(label));
    }
    drawn
}

/// The bars of each state: one path, and one text with a place for each letter.
fn states(bars: &[Placed]) -> Vec<El> {
    const LOOKS: [(BarState, &str); 5] = [
        (BarState::Pending, "bar pending"),
        (BarState::Done, "bar done"),
        (BarState::Stale, "bar stale"),
        (BarState::Refused, "bar refused"),
        (BarState::Unknown, "bar unknown"),
    ];
    let look = |(state, class): &(BarState, &'static str)| {
        let mut path = String::new();
        let (mut letters, mut xs, mut ys) = (String::new(), String::new(), String::new());
        let mut write = |letter: &str, x: f64, y: f64| {
            letters += letter;
            xs += &format!("{} ", Px(x));
            ys += &format!("{} ", Px(y));
        };
        let (mut row, mut end) = (usize::MAX, 0.0);
        for bar in bars.iter().filter(|bar| bar.bar.state == *state) {
            // Too close to be told from the one before.
            if bar.row == row && bar.x < end + MERGED && bar.w <= 2.0 * MERGED {
                continue;
            }
            (row, end) = (bar.row, bar.x + bar.w);
            path += &outline(bar, 0.0);
            let (letter, sign) = bar.marks();
            if sign.is_empty() && !plan::sign(*state).is_empty() {
                // No room for its sign: a line above it tells it from what was simply answered.
                path += &format!("M{},{}h{}", Px(bar.x), Px(bar.y - 2.5), Px(bar.w));
            }
            let y = bar.y + bar.h / 2.0 + 3.5;
            let mut x = bar.x + 4.0;
            if letter {
                write(if bar.bar.write { "w" } else { "r" }, x, y);
                x += 8.5;
            }
            if !sign.is_empty() {
                write(sign, x - 1.0, y);
            }
        }
        classed("g", class).add(el("path").set("d", path)).add(words("text", &letters).set("x", xs).set("y", ys))
    };
    LOOKS.iter().map(look).collect()
}

/// A bar's outline, or one around it.
fn outline(bar: &Placed, around: f64) -> String {
    let (x, y, w, h) = (bar.x - around, bar.y - around, bar.w + 2.0 * around, bar.h + 2.0 * around);
    let r = 3.0_f64.min(w / 2.0).min(h / 2.0);
    if w < 5.0 {
        return format!("M{},{}h{}v{}h-{}z", Px(x), Px(y), Px(w), Px(h), Px(w));
    }
    let (along, down) = (Px(w - 2.0 * r), Px(h - 2.0 * r));
    let r = Px(r);
    format!(
        "M{},{}h{along}q{r},0 {r},{r}v{down}q0,{r} -{r},{r}h-{along}q-{r},0 -{r},-{r}v-{down}q0,-{r} {r},-{r}z",
        Px(x + r.0),
        Px(y)
    )
}

/// The order as a line through a point of each operation; around the one that is told of it stands out.
fn order(plan: &Plan<'_>, told: Option<u32>) -> El {
    let group = classed("g", "order");
    if !plan.order_fits() {
        return group;
    }
    let points = &plan.view.points;
    let line = |points: &[OrderPoint]| {
        let mut path = String::new();
        for point in points {
            let Point { x, y } = plan.point(point);
            path += &format!("{}{},{}", if path.is_empty() { "M" } else { "L" }, Px(x), Px(y));
        }
        path
    };
    // A line of no length with round ends is a dot.
    let dots = points.iter().map(|point| plan.point(point)).map(|Point { x, y }| format!("M{},{}h0", Px(x), Px(y)));
    let near = told.and_then(|told| points.iter().position(|point| point.id == told));
    let near = near.map(|at| line(&points[at.saturating_sub(1)..(at + 2).min(points.len())]));
    group
        .add(classed("path", "thread").set("d", line(points)))
        .add(classed("path", "thread near").set("d", near.unwrap_or_default()))
        .add(classed("path", "dots").set("d", dots.collect()))
}

/// What proves that there is no order: the post that was missed and the read that missed it stand out, with an arrow from one
/// to the other; the rest, which the read saw, is underlined.
fn evidence(plan: &Plan<'_>, bars: &[Placed]) -> El {
    let mut rest = String::new();
    let mut leading = String::new();
    let decisive = plan.view.decisive.as_ref();
    let is_decisive = |bar: &Placed| decisive.is_some_and(|both| both.iter().any(|(_, one)| one.id == bar.bar.id));
    for bar in bars.iter().filter(|bar| bar.bar.evidence) {
        if is_decisive(bar) {
            leading += &outline(bar, 1.0);
        } else {
            rest += &format!("M{},{}h{}", Px(bar.x + 1.0), Px(bar.y + bar.h + 2.5), Px((bar.w - 2.0).max(2.0)));
        }
    }
    let group = classed("g", "evidence")
        .add(classed("path", "rest").set("d", rest))
        .add(classed("path", "decisive").set("d", leading));
    let Some([(post_row, post), (read_row, read)]) = decisive else { return group };
    let drawn = |id: u32| bars.iter().find(|bar| bar.bar.id == id);
    let (half, down) = (plan.row_height() / 2.0 - 3.0, post_row <= read_row);
    let edge = |row: usize, down: bool| plan.middle(row) + if down { half } else { -half };
    let start = drawn(post.id).map_or(plan.x(post.from), |bar| bar.x + bar.w / 2.0);
    let goal = drawn(read.id).map_or(plan.x(read.from), |bar| bar.x + bar.w / 2.0);
    let (from, to) = (edge(*post_row, down), edge(*read_row, post_row == read_row || !down));
    // From edge to edge; within a row below it.
    let bend = if post_row == read_row { from + 9.0 } else { (from + to) / 2.0 };
    let line = format!(
        "M{},{}C{},{} {},{} {},{}",
        Px(start),
        Px(from),
        Px(start),
        Px(bend),
        Px(goal),
        Px(bend),
        Px(goal),
        Px(to)
    );
    let wing = if to > bend { -6.0 } else { 6.0 };
    let tip = format!("M{},{}l-4,{}h8z", Px(goal), Px(to), Px(wing));
    group.add(classed("path", "missed").set("d", line)).add(classed("path", "tip").set("d", tip))
}

/// The operation that is told of.
fn told(bars: &[Placed], told: Option<u32>) -> El {
    let bar = bars.iter().find(|bar| Some(bar.bar.id) == told);
    classed("path", "told").set("d", bar.map(|bar| outline(bar, 2.5)).unwrap_or_default())
}

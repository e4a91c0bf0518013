//! Where the bars of a history are: pure functions of what is shown and of the window.
//!
//! A bar is as long as its operation took, but at least as long as its letter needs, if there is room before the next one.
//! What one person has under way at once lies in lanes of the row, one below the other.

use cap_lab::node::Micros;

use crate::ui::geometry::Point;
use crate::ui::history::view::{Bar, BarState, HistoryRow, HistoryView, OrderPoint};

/// Where the rows begin, after the names.
pub const NAMES: f64 = 46.0;
/// How high a row is.
const ROW: f64 = 26.0;
/// The same where there are many.
const ROW_OF_MANY: f64 = 16.0;
/// More rows than this are many.
const MANY: usize = 8;
/// Room above the rows, for what was cut.
pub const TOP: f64 = 10.0;
/// Room below them, for the time and what changes the window.
pub const FOOT: f64 = 24.0;
/// How far the play head is along the strip when the strip follows it.
const HEAD: f64 = 0.94;

/// How much time can be shown, in milliseconds.
const WIDTHS: [u64; 9] = [300, 600, 1_200, 2_400, 6_000, 12_000, 30_000, 120_000, 600_000];

/// Room for a letter, and for a letter and a sign.
const LETTER: f64 = 14.0;
const LETTER_AND_SIGN: f64 = 22.0;
/// A letter is left out of bars that are shorter than this.
const LETTER_MIN: f64 = 11.0;
/// No bar is shorter than this.
const SHORTEST: f64 = 2.0;
/// So much is free between two bars.
const GAP: f64 = 1.5;
/// What is still under way reaches far to the right; all that is drawn ends at the play head.
pub const ENDLESS: f64 = 1e5;
/// The order is drawn if its points are so far from each other on average.
const POINT_ROOM: f64 = 6.0;

/// Which time the strips show. All worlds' strips show the same.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Window {
    /// Which of [`WIDTHS`] was chosen; by itself it goes with the speed.
    zoom: Option<usize>,
    /// The moment at the right end, if the strip does not follow the play head.
    end: Option<Micros>,
}

impl Window {
    fn zoom(self, speed: i32) -> usize {
        self.zoom.unwrap_or(match speed {
            ..=-70 => 3,
            -69..=40 => 4,
            _ => 5,
        })
    }

    /// How much time is shown, at this speed.
    pub fn width(self, speed: i32) -> Micros {
        Micros::from_ms(WIDTHS[self.zoom(speed)])
    }

    /// The moment at the left end; before the run begins if it is young.
    pub fn left(self, now: Micros, speed: i32) -> f64 {
        let width = self.width(speed).as_secs_f64();
        match self.end {
            Some(end) => end.as_secs_f64() - width,
            None => now.as_secs_f64() - width * HEAD,
        }
    }

    /// The window in whole quarters and a little more, so that what is in it changes only now and then.
    pub fn around(self, now: Micros, speed: i32) -> (Micros, Micros) {
        let width = self.width(speed).0;
        let left = (self.left(now, speed) * 1e6).max(0.0) as u64;
        let from = left / (width / 4) * (width / 4);
        (Micros(from), Micros(from + width + width / 4))
    }

    /// Whether it goes along with the play head.
    pub fn follows(self) -> bool {
        self.end.is_none()
    }

    /// Goes along with the play head again.
    pub fn follow(&mut self) {
        self.end = None;
    }

    /// Whether more (1) or less (-1) time can be shown.
    pub fn can_zoom(self, speed: i32, by: i32) -> bool {
        self.zoom(speed).checked_add_signed(by as isize).is_some_and(|zoom| zoom < WIDTHS.len())
    }

    /// Shows more or less time. What is at `share` of the strip (0 left, 1 right) stays there, unless it goes along.
    pub fn zoom_by(&mut self, by: i32, share: f64, now: Micros, speed: i32) {
        if !self.can_zoom(speed, by) {
            return;
        }
        let fixed = self.left(now, speed) + self.width(speed).as_secs_f64() * share;
        self.zoom = self.zoom(speed).checked_add_signed(by as isize);
        if !self.follows() {
            self.show_until(fixed + self.width(speed).as_secs_f64() * (1.0 - share), now, speed);
        }
    }

    /// Moves the window by `share` of its width; into the future it goes along again.
    pub fn pan(&mut self, share: f64, now: Micros, speed: i32) {
        let width = self.width(speed).as_secs_f64();
        self.show_until(self.left(now, speed) + width * (1.0 + share), now, speed);
    }

    /// Lets `at` be in sight, in the middle if it was not.
    pub fn reveal(&mut self, at: Micros, now: Micros, speed: i32) {
        let (left, width) = (self.left(now, speed), self.width(speed).as_secs_f64());
        let share = (at.as_secs_f64() - left) / width;
        if !(0.02..=0.98).contains(&share) {
            self.show_until(at.as_secs_f64() + width / 2.0, now, speed);
        }
    }

    fn show_until(&mut self, end: f64, now: Micros, speed: i32) {
        let width = self.width(speed).as_secs_f64();
        let newest = now.as_secs_f64() + width * (1.0 - HEAD);
        // Nothing is before the start or after the play head; who comes near it follows it.
        self.end = (end < newest - width * 0.01).then(|| Micros((end.max(width * HEAD).min(newest) * 1e6) as u64));
    }
}

/// One bar in its place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placed {
    pub row: usize,
    pub bar: Bar,
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Placed {
    /// What is written in it: a letter, a sign, or both, as far as there is room.
    pub fn marks(&self) -> (bool, &'static str) {
        let sign = sign(self.bar.state);
        let room = if self.h < 12.0 { 0.0 } else { self.w };
        match sign {
            "" => (room >= LETTER_MIN, ""),
            _ if room >= LETTER_AND_SIGN - 2.0 => (true, sign),
            _ if room >= LETTER_MIN => (false, sign),
            _ => (false, ""),
        }
    }
}

/// What tells a state without colour.
pub fn sign(state: BarState) -> &'static str {
    match state {
        BarState::Pending | BarState::Done => "",
        BarState::Stale => "◷",
        BarState::Refused => "✕",
        BarState::Unknown => "?",
    }
}

/// How a history is drawn: from `origin` on, which is at x = 0.
pub struct Plan<'a> {
    pub view: &'a HistoryView,
    pub origin: Micros,
    pub per_second: f64,
}

impl Plan<'_> {
    /// Where a moment is.
    pub fn x(&self, at: Micros) -> f64 {
        (at.as_secs_f64() - self.origin.as_secs_f64()) * self.per_second
    }

    /// How high a row is.
    pub fn row_height(&self) -> f64 {
        row_height(self.view.rows.len())
    }

    /// The middle of a row.
    pub fn middle(&self, row: usize) -> f64 {
        TOP + self.row_height() * (row as f64 + 0.5)
    }

    /// Where the rows end.
    pub fn floor(&self) -> f64 {
        TOP + self.row_height() * self.view.rows.len() as f64 + 4.0
    }

    /// All bars in their places, row by row.
    pub fn bars(&self) -> Vec<Placed> {
        let rows = self.view.rows.iter().enumerate();
        rows.flat_map(|(row, HistoryRow { bars, .. })| self.row(row, bars)).collect()
    }

    fn row(&self, row: usize, bars: &[Bar]) -> Vec<Placed> {
        let lanes = lanes(bars);
        let full = self.row_height() - 8.0;
        let place = |(index, bar): (usize, &Bar)| {
            let Lane { lane, of, knot } = lanes[index];
            let is_next = |other: &usize| lanes[*other].knot != knot || lanes[*other].lane == lane;
            let next = (index + 1..bars.len()).take(8).find(is_next).map(|next| self.x(bars[next].from));
            let x = self.x(bar.from);
            let wanted = if sign(bar.state).is_empty() { LETTER } else { LETTER_AND_SIGN };
            let room = next.map_or(wanted, |next| next - x - GAP);
            let real = bar.to.map_or(ENDLESS, |to| self.x(to) - x);
            let (h, y) = (full / of as f64, self.middle(row) - full / 2.0);
            let gap = if of > 1 { 1.0 } else { 0.0 };
            let w = real.max(wanted.min(room)).max(SHORTEST);
            Placed { row, bar: *bar, x, y: y + h * lane as f64, w, h: h - gap }
        };
        bars.iter().enumerate().map(place).collect()
    }

    /// Whether the points of the order are apart enough to be told from each other.
    pub fn order_fits(&self) -> bool {
        let points = &self.view.points;
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return false };
        self.x(last.at) - self.x(first.at) >= POINT_ROOM * (points.len() - 1) as f64
    }

    /// Where a point of the order is: at the lower edge of its row's bars.
    pub fn point(&self, point: &OrderPoint) -> Point {
        Point { x: self.x(point.at), y: self.middle(point.row) + self.row_height() / 2.0 - 4.0 }
    }

    /// The operation at a point, or the nearest one if it is near.
    pub fn at(&self, point: Point) -> Option<u32> {
        let apart = |bar: &Placed| {
            let beside = |at: f64, from: f64, size: f64| (from - at).max(at - from - size).max(0.0);
            let (dx, dy) = (beside(point.x, bar.x, bar.w), beside(point.y, bar.y, bar.h));
            (dx <= 10.0 && dy <= 6.0).then_some(dx + 2.0 * dy)
        };
        let mut best = (f64::MAX, None);
        for bar in &self.bars() {
            if let Some(apart) = apart(bar).filter(|apart| *apart < best.0) {
                best = (apart, Some(bar.bar.id));
            }
        }
        best.1
    }
}

/// How high a row is where there are so many.
pub fn row_height(rows: usize) -> f64 {
    if rows > MANY { ROW_OF_MANY } else { ROW }
}

/// How high the strip of so many rows is.
pub fn height(rows: usize) -> f64 {
    TOP + row_height(rows) * rows as f64 + 4.0 + FOOT
}

/// Where an arrow key goes from operation `here`: along the row, or to the nearest one of the row below or above; at first to
/// the newest.
pub fn beside(view: &HistoryView, here: Option<u32>, along: i32, across: i32) -> Option<u32> {
    let all = || view.rows.iter().enumerate().flat_map(|(row, bars)| bars.bars.iter().map(move |bar| (row, bar)));
    let found = here.and_then(|here| all().find(|(_, bar)| bar.id == here));
    let Some((row, bar)) = found else { return all().max_by_key(|(_, bar)| bar.from).map(|(_, bar)| bar.id) };
    let bars = &view.rows[row].bars;
    let place = bars.iter().position(|other| other.id == bar.id)?;
    if along != 0 {
        return bars.get(place.checked_add_signed(along as isize)?).map(|bar| bar.id);
    }
    let mut rows = (1..view.rows.len() as isize).filter_map(|by| row.checked_add_signed(by * across as isize));
    rows.find_map(|row| view.rows.get(row)?.bars.iter().min_by_key(|other| other.from.0.abs_diff(bar.from.0)))
        .map(|bar| bar.id)
}

/// Where a bar is in its row.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Lane {
    lane: usize,
    /// How many lanes its knot has.
    of: usize,
    /// Bars that overlap, each with another one of them, are a knot.
    knot: usize,
}

/// The lanes of bars that are ordered by their beginning. Each is in the first lane that is free.
fn lanes(bars: &[Bar]) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::with_capacity(bars.len());
    // The ends of the bars of the knot, by lane.
    let mut ends: Vec<Micros> = Vec::new();
    let mut knot = 0;
    for (index, bar) in bars.iter().enumerate() {
        if ends.iter().all(|end| *end <= bar.from) {
            lanes[knot..].iter_mut().for_each(|lane| lane.of = ends.len());
            ends.clear();
            knot = index;
        }
        let lane = ends.iter().position(|end| *end <= bar.from).unwrap_or(ends.len());
        ends.resize(ends.len().max(lane + 1), Micros::ZERO);
        ends[lane] = bar.to.unwrap_or(Micros(u64::MAX));
        lanes.push(Lane { lane, of: 1, knot });
    }
    lanes[knot..].iter_mut().for_each(|lane| lane.of = ends.len());
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(id: u32, from: u64, to: Option<u64>) -> Bar {
        let state = if to.is_some() { BarState::Done } else { BarState::Pending };
        Bar { id, write: false, from: Micros::from_ms(from), to: to.map(Micros::from_ms), state, evidence: false }
    }

    fn view(rows: &[&[Bar]]) -> HistoryView {
        let row = |bars: &&[Bar]| HistoryRow { name: String::new(), bars: bars.to_vec() };
        HistoryView { rows: rows.iter().map(row).collect(), ..HistoryView::default() }
    }

    fn plan(view: &HistoryView, per_second: f64) -> Plan<'_> {
        Plan { view, origin: Micros::ZERO, per_second }
    }

    #[test]
    fn bars_of_a_row_never_overlap() {
        // Answers within 3 ms, as gossip's are, and things under way at once.
        let bars: Vec<Bar> = (0..40).map(|one| bar(one, 20 * u64::from(one), Some(20 * u64::from(one) + 3))).collect();
        let knot = [bar(0, 0, Some(100)), bar(1, 10, Some(40)), bar(2, 20, None), bar(3, 50, Some(60))];
        for row in [&bars[..], &knot[..]] {
            let view = view(&[row]);
            for per_second in [2_000.0, 400.0, 180.0] {
                let placed = plan(&view, per_second).bars();
                for (index, one) in placed.iter().enumerate() {
                    for other in &placed[index + 1..] {
                        let apart = one.x + one.w <= other.x || one.y + one.h <= other.y || other.y + other.h <= one.y;
                        assert!(apart, "{per_second}: {one:?} and {other:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_letter_is_there_if_there_is_room() {
        let bars = [bar(0, 0, Some(3)), bar(1, 100, Some(103))];
        let view = view(&[&bars]);
        let letters = |per_second| plan(&view, per_second).bars().iter().map(|bar| bar.marks().0).collect::<Vec<_>>();
        assert_eq!(letters(200.0), [true, true], "20 pixels from one to the next");
        assert_eq!(letters(100.0), [false, true], "10 pixels, but the last one has room");
    }

    #[test]
    fn what_is_under_way_at_once_shares_the_row() {
        let lanes = lanes(&[bar(0, 0, Some(30)), bar(1, 10, Some(20)), bar(2, 20, Some(40)), bar(3, 50, None)]);
        let seen: Vec<_> = lanes.iter().map(|lane| (lane.lane, lane.of, lane.knot)).collect();
        assert_eq!(seen, [(0, 2, 0), (1, 2, 0), (1, 2, 0), (0, 1, 3)]);
    }

    #[test]
    fn the_pointer_finds_what_is_under_it_or_near() {
        let view = view(&[&[bar(4, 0, Some(100))], &[bar(5, 200, Some(300))]]);
        let plan = plan(&view, 1_000.0);
        assert_eq!(plan.at(Point { x: 50.0, y: plan.middle(0) }), Some(4));
        assert_eq!(plan.at(Point { x: 195.0, y: plan.middle(1) }), Some(5));
        assert_eq!(plan.at(Point { x: 50.0, y: plan.middle(1) }), None);
    }

    #[test]
    fn arrow_keys_go_along_a_row_and_to_the_nearest_of_another() {
        let view = view(&[&[bar(0, 0, Some(5)), bar(3, 60, Some(70))], &[], &[bar(1, 20, None), bar(2, 50, None)]]);
        assert_eq!(beside(&view, None, 1, 0), Some(3), "the newest at first");
        assert_eq!(beside(&view, Some(3), -1, 0), Some(0));
        assert_eq!(beside(&view, Some(0), -1, 0), None);
        assert_eq!(beside(&view, Some(3), 0, 1), Some(2), "past the empty row");
        assert_eq!(beside(&view, Some(1), 0, -1), Some(0));
        assert_eq!(beside(&view, Some(1), 0, 1), None);
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let (now, speed) = (Micros::from_ms(60_000), -100);
        let mut window = Window::default();
        window.pan(-2.0, now, speed);
        let at = |window: Window| window.left(now, speed) + window.width(speed).as_secs_f64() * 0.25;
        let before = at(window);
        window.zoom_by(1, 0.25, now, speed);
        assert_eq!(window.width(speed), Micros::from_ms(6_000));
        assert!((at(window) - before).abs() < 1e-3);
    }

    #[test]
    fn the_window_stays_within_the_run_and_follows_again() {
        let (now, speed) = (Micros::from_ms(10_000), -100);
        let mut window = Window::default();
        window.pan(-0.5, now, speed);
        assert!(!window.follows());
        window.pan(0.5, now, speed);
        assert!(window.follows(), "back at the play head");
        window.pan(-20.0, now, speed);
        assert!((-0.2..=0.0).contains(&window.left(now, speed)), "the start is at the left end");
        window.reveal(Micros::from_ms(9_900), now, speed);
        assert!(window.left(now, speed) > 7.0);
        while window.can_zoom(speed, 1) {
            window.zoom_by(1, 0.5, now, speed);
        }
        assert_eq!(window.width(speed), Micros::from_ms(600_000));
    }

    #[test]
    fn the_window_is_looked_at_in_quarters() {
        let window = Window::default();
        let (from, to) = window.around(Micros::from_ms(10_000), -100);
        assert_eq!((from, to), (Micros::from_ms(7_200), Micros::from_ms(10_200)));
        assert_eq!(window.around(Micros::from_ms(10_001), -100).0, from);
    }
}

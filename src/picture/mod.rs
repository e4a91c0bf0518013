//! A recorded history as a picture: where its bars, its numbers and its order are. The page and the command line draw the same.
//!
//! A row for each client, left to right by the order of events. Only what is in sight is computed: a history may have a hundred
//! thousand operations.
//!
//! - [`file`](mod@file): the picture as a file of its own, SVG or HTML.

pub mod file;

use crate::referee::recorded::{Act, Reason, Recorded};

/// How high a row is, and the line of numbers above the rows, in pixels.
const ROW: f64 = 28.0;
const TOP: f64 = 18.0;
/// How high a bar is.
const BAR: f64 = 18.0;
/// How wide a letter is.
const LETTER: f64 = 6.2;
/// Lines for numbers are at least so far from each other.
const BETWEEN_NUMBERS: f64 = 56.0;
/// How wide an event may be: from many at once to one that shows what was done.
pub const WIDTHS: [f64; 5] = [2.0, 5.0, 12.0, 28.0, 60.0];

/// What part of a picture's width is in sight, in pixels.
pub type Sight = (f64, f64);

/// A history ready to be drawn.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    /// The history.
    pub history: Recorded,
    /// The operations of each row, by invocation.
    rows: Vec<Vec<u32>>,
    /// How many events the longest row has.
    end: u64,
}

/// An operation.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    /// Which one.
    pub operation: u32,
    /// Its left edge and its top, in pixels.
    pub at: (f64, f64),
    /// Its width and height, in pixels.
    pub size: (f64, f64),
    /// As much of what was done as there is room for.
    pub label: String,
    /// All of it, who did it, and where it stands.
    pub title: String,
    /// Whether it returned.
    pub is_done: bool,
}

impl Picture {
    /// A picture of this history.
    pub fn new(history: Recorded) -> Self {
        let mut rows = vec![Vec::new(); history.rows as usize];
        for (position, row) in history.row_of.iter().enumerate() {
            rows[*row as usize].push(position as u32);
        }
        let latest = history.operations.iter().map(|act| act.returned.unwrap_or(act.invoked)).max();
        Self { history, rows, end: latest.unwrap_or(0) + 2 }
    }

    /// The widest events with which it is not wider than `width` pixels, if any are, by position in [`WIDTHS`].
    pub fn zoom(&self, width: f64) -> usize {
        (0..WIDTHS.len()).rev().find(|zoom| self.end as f64 * WIDTHS[*zoom] < width).unwrap_or(0)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Its width and height in pixels, if an event is `event` wide.
    pub fn size(&self, event: f64) -> (f64, f64) {
        (self.end as f64 * event, TOP + ROW * self.rows.len() as f64 + 6.0)
    }

    /// The numbers of the events, each with its place, and from where on a line goes down.
    pub fn numbers(&self, event: f64, (from, to): Sight) -> (f64, Vec<(u64, f64)>) {
        let step = [1, 2, 5, 10, 20, 50, 100, 200].into_iter().find(|step| *step as f64 * event >= BETWEEN_NUMBERS);
        let step = step.unwrap_or(500);
        let (first, last) = ((from / event) as u64 / step, (to / event) as u64 / step);
        let numbers = (first.max(1)..=last).map(|nth| (nth * step, (nth * step) as f64 * event));
        (TOP - 4.0, numbers.collect())
    }

    /// The bars of a row that are in sight.
    pub fn bars(&self, row: usize, event: f64, (from, to): Sight) -> Vec<Bar> {
        let acts = &self.rows[row];
        let x = |moment: u64| moment as f64 * event;
        let act = |one: u32| &self.history.operations[one as usize];
        // One of unknown fate is drawn up to the next one of its row.
        let until = |nth: usize| {
            let next = acts.get(nth + 1).map_or(self.end, |next| act(*next).invoked);
            act(acts[nth]).returned.unwrap_or(next)
        };
        // The one before may be of unknown fate, and reach into sight.
        let ended = |one: &u32| x(act(*one).returned.unwrap_or(act(*one).invoked)) < from;
        let first = acts.partition_point(ended).saturating_sub(1);
        let seen = (first..acts.len()).take_while(|&nth| x(act(acts[nth]).invoked) <= to);
        let bar = |nth: usize| {
            let Act { invoked, returned, what, .. } = act(acts[nth]);
            let width = (x(until(nth)) - x(*invoked) - 1.5).max(2.0);
            let room = ((width - 5.0) / LETTER).max(0.0) as usize;
            Bar {
                operation: acts[nth],
                at: (x(*invoked), TOP + ROW * row as f64 + 5.0),
                size: (width, BAR),
                label: what.chars().take(room).collect(),
                title: format!("{what} {}", self.history.about.who(act(acts[nth]))),
                is_done: returned.is_some(),
            }
        };
        seen.map(bar).collect()
    }

    /// The moments of a linearization that are in sight, given in thousandths of an event: which operation, and where.
    pub fn order(&self, order: &[(u32, u64)], event: f64, (from, to): Sight) -> Vec<(u32, f64, f64)> {
        let x = |at: u64| at as f64 / 1e3 * event;
        let first = order.partition_point(|(_, at)| x(*at) < from);
        let seen = order[first..].iter().take_while(|(_, at)| x(*at) <= to);
        let y = |one: u32| TOP + ROW * f64::from(self.history.row_of[one as usize]) + 14.0;
        seen.map(|&(one, at)| (one, x(at), y(one))).collect()
    }

    /// Where the first operation of some evidence is, in pixels.
    pub fn evidence_at(&self, reason: &Reason, event: f64) -> Option<f64> {
        let first = self.history.operations.get(*reason.operations.first()? as usize)?;
        Some((first.invoked as f64 * event - 40.0).max(0.0))
    }
}

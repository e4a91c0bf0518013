//! How fast the run passes: as was chosen, but messages wait for the hand that reaches for one, and what a flaw breaks is
//! reached slowly.

use cap_lab::node::Micros;

use super::App;
use crate::ui::figure::touch::{nearest_flight, places};
use crate::ui::geometry::Point;
use crate::ui::gestures;
use crate::ui::pointer::Tip;
use crate::ui::state::Approach;

/// Messages slow down from this far beyond the reach of the pointer, in CSS pixels.
const NEAR: f64 = 64.0;
/// They wait for a pointer that rests no longer than this, in milliseconds: who has put the mouse down wants to see the run.
const PATIENCE_MS: f64 = 2_500.0;
/// An approach gets nearer by this share of what is left in so many milliseconds at the speed of a tenth,
const APPROACH_MS: f64 = 2_500.0;
/// and no slower than as if so much of the whole way were left.
const LAST_SHARE: f64 = 0.05;
/// Evenly it passes as fast as if so much of it were left all the time.
const EVEN_SHARE: f64 = 0.35;
/// The speed of a tenth, at which the page opens.
const USUAL_RATE: f64 = 0.1;

/// A mouse in a figure.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Near {
    /// In which.
    pub(super) world: usize,
    /// Where in it.
    pub(super) point: Point,
    /// For how long it has not moved, in milliseconds.
    pub(super) rested: f64,
}

impl App {
    /// The moment to which the run plays in the frame that takes `elapsed` milliseconds.
    pub(super) fn next_head(&mut self, elapsed: f64) -> Micros {
        let now = self.lab.now();
        // Rounded up: a frame passes something, also between two moments that are microseconds apart.
        let passes = |rate: f64| now + Micros((elapsed * rate * 1e3).ceil() as u64);
        let patience = self.patience(elapsed);
        let Some(Approach { from, to, evenly }) = self.ui.run.approach else {
            return passes(self.ui.rate() * patience);
        };
        let whole = to.since(from).0 as f64;
        let left = if evenly { EVEN_SHARE * whole } else { (to.since(now).0 as f64).max(LAST_SHARE * whole) };
        let rate = left / APPROACH_MS / 1e3 * self.ui.rate() / USUAL_RATE;
        let next = passes(rate * patience);
        if next < to {
            return next;
        }
        self.ui.run.approach = None;
        to
    }

    /// How much of the speed the pointer leaves: none on a message, all far from any.
    fn patience(&mut self, elapsed: f64) -> f64 {
        if self.ui.run.stroke.as_ref().is_some_and(gestures::is_click) {
            // A press: it is not decided yet what it means.
            return 0.0;
        }
        let Some(near) = &mut self.near else { return 1.0 };
        near.rested += elapsed;
        if near.rested > PATIENCE_MS {
            return 1.0;
        }
        let Near { world: index, point, .. } = *near;
        let (Some(world), Some(size)) = (self.worlds.get(index), self.ui.figures.get(index)) else { return 1.0 };
        let nearest = nearest_flight(world, &places(world, *size), self.lab.now(), self.ui.still, point);
        nearest.map_or(1.0, |(distance, _)| ((distance - Tip::Fine.reach()) / NEAR).clamp(0.0, 1.0))
    }

    /// Once a run is computed in which something breaks, it is known when, and played towards that.
    pub(super) fn look_ahead(&mut self) {
        if self.ui.run.breaks_ahead && !self.fills() {
            self.ui.run.breaks_ahead = false;
            self.approach_break(self.lab.breaks_at());
        }
    }

    /// Plays towards the moment at which something breaks, if it does.
    pub(super) fn approach_break(&mut self, at: Option<Micros>) {
        let from = self.lab.now();
        self.ui.run.approach = at.filter(|to| *to > from).map(|to| Approach { from, to, evenly: false });
    }
}

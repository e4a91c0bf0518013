//! The strips of operations: which time they show, what is pointed at in them, and what can be done with them.

use std::rc::Rc;

use super::plan::{NAMES, Window};
use super::view::{CarriedView, OperationView};
use crate::ui::geometry::Point;
use crate::ui::pointer::Phase;

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
    pub card: Option<Told>,
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

/// How far a second reaches on a strip.
pub fn per_second(strip: &Strip, speed: i32) -> f64 {
    strip.inner() / strip.window.width(speed).as_secs_f64()
}

/// What is told of an operation.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// In which world.
    pub world: usize,
    /// The operation.
    pub view: Rc<OperationView>,
    /// What carried it, once that was computed.
    pub carried: Option<Rc<CarriedView>>,
}

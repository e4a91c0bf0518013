//! The diagrams that are shown: how much time, what is chosen, and where everything is.

use std::rc::Rc;

use cap_lab::node::{Micros, NodeId};
use cap_lab::spacetime::{Diagram, Event};

use crate::ui::geometry::{Point, Size};

/// The windows that can be chosen, in milliseconds.
pub const WIDTHS: [u64; 3] = [200, 600, 2_000];
/// So many events are drawn at most, the newest.
pub const EVENTS_MAX: usize = 400;
/// Room for the names.
pub const NAMES: f64 = 42.0;
/// Room above the lines, for what was cut.
pub const TOP: f64 = 16.0;
/// Room below them, for the time.
pub const FOOT: f64 = 17.0;
/// How far the play head is along the lines: beyond it is what is still on its way.
pub const HEAD: f64 = 0.9;

/// A diagram that is shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    /// How much time is shown.
    pub width: Micros,
    /// As long as the play head is here, this is the moment up to which is shown, not the play head.
    pub until: Option<(Micros, Micros)>,
    /// In which world which messages carried the operation that was asked about.
    pub carried: Option<(usize, Rc<[u32]>)>,
    /// One for each world, as of the last look.
    pub diagrams: Vec<Rc<Diagram>>,
    /// The chosen event: in which world, on whose line, when.
    pub chosen: Option<(usize, NodeId, Micros)>,
    /// The size of each world's drawing.
    pub sizes: Vec<Size>,
    /// When it was looked at, by the browser's clock.
    pub looked: f64,
}

impl Default for Shown {
    fn default() -> Self {
        let width = Micros::from_ms(WIDTHS[1]);
        let (until, carried, chosen) = (None, None, None);
        Self { width, until, carried, diagrams: Vec::new(), chosen, sizes: Vec::new(), looked: 0.0 }
    }
}

/// What can be done with diagrams.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Shows them, or hides them.
    Toggle,
    /// Shows so many milliseconds.
    Width(u64),
    /// Chooses the event at this point of the window.
    Press { world: usize, client: Point },
    /// Chooses the next event along the line, or the nearest on the next line.
    Go { world: usize, along: i32, across: i32 },
    /// Saves the drawing.
    Svg(usize),
    /// Saves the log for ShiViz.
    ShiViz(usize),
}

impl Shown {
    /// The shortest of the widths that shows all between two moments, and up to when.
    pub fn around(from: Micros, to: Micros) -> (Micros, Micros) {
        let needed = Micros(to.since(from).0 * 11 / 10);
        let width = WIDTHS.into_iter().map(Micros::from_ms).find(|width| *width >= needed);
        (width.unwrap_or(Micros::from_ms(WIDTHS[2])), to + Micros(needed.0 / 22))
    }

    /// The chosen event of `world`, by its position, if it is still in the window.
    pub fn chosen_in(&self, world: usize) -> Option<usize> {
        let (_, lane, at) = self.chosen.filter(|(other, ..)| *other == world)?;
        self.diagrams.get(world)?.events.iter().position(|event| (event.lane, event.at) == (lane, at))
    }

    /// The event at a point of the drawing of `world`.
    pub fn at(&self, world: usize, point: Point) -> Option<usize> {
        let diagram = self.diagrams.get(world)?;
        let plan = Plan { size: *self.sizes.get(world)?, diagram };
        let mut best = (16.0 * 16.0, None);
        for (position, event) in plan.events() {
            let (dx, dy) = (plan.x(event.at) + NAMES - point.x, plan.y(event.lane) - point.y);
            let distance = dx * dx + dy * dy;
            if distance < best.0 {
                best = (distance, Some(position));
            }
        }
        best.1
    }

    /// Where an arrow key goes; at first to the newest event.
    pub fn beside(&self, world: usize, along: i32, across: i32) -> Option<usize> {
        let diagram = self.diagrams.get(world)?;
        let first = diagram.events.len().saturating_sub(EVENTS_MAX);
        let Some(here) = self.chosen_in(world) else { return diagram.events.len().checked_sub(1) };
        let event = &diagram.events[here];
        let on = |lane: NodeId| move |other: &usize| diagram.events[*other].lane == lane;
        match along {
            1 => (here + 1..diagram.events.len()).find(on(event.lane)),
            -1 => (first..here).rev().find(on(event.lane)),
            _ => {
                let apart = |other: &usize| diagram.events[*other].at.0.abs_diff(event.at.0);
                let lanes = (1..diagram.lanes.len() as i32).map(|by| i32::from(event.lane.0) + across * by);
                let mut lanes = lanes.filter_map(|lane| u8::try_from(lane).ok());
                lanes.find_map(|lane| (first..diagram.events.len()).filter(on(NodeId(lane))).min_by_key(apart))
            }
        }
    }
}

/// Where everything is.
pub struct Plan<'a> {
    /// Of the whole drawing.
    pub size: Size,
    /// What is drawn.
    pub diagram: &'a Diagram,
}

impl Plan<'_> {
    /// How wide it is from the names on.
    pub fn inner(&self) -> f64 {
        self.size.w - NAMES
    }

    /// A moment, from the names on.
    pub fn x(&self, at: Micros) -> f64 {
        let Diagram { from, to, .. } = *self.diagram;
        let width = (to.0 - from.0).max(1) as f64;
        (at.0 as f64 - from.0 as f64) / width * self.inner() * HEAD
    }

    /// A line of its own for each participant.
    pub fn y(&self, lane: NodeId) -> f64 {
        let row = (self.size.h - TOP - FOOT) / self.diagram.lanes.len() as f64;
        TOP + row * (lane.index() as f64 + 0.5)
    }

    /// The events that are drawn, with their positions.
    pub fn events(&self) -> impl Iterator<Item = (usize, &Event)> {
        let skipped = self.diagram.events.len().saturating_sub(EVENTS_MAX);
        self.diagram.events.iter().enumerate().skip(skipped)
    }
}

//! What pointer, finger and keys do to the figures and phones, and what opens and closes by it.

use std::rc::Rc;

use cap_lab::store::feed::Request;
use gloo_timers::callback::Timeout;

use super::App;
use super::pace::Near;
use crate::ui::act::ask;
use crate::ui::browser;
use crate::ui::figure::cluster::figure_id;
use crate::ui::figure::touch::{item_at, places};
use crate::ui::geometry::Point;
use crate::ui::gestures::{self, Outcome};
use crate::ui::pointer::{Phase, Tip};
use crate::ui::sheet::frame::SHEET_ID;
use crate::ui::state::{FigureKey, Item, Msg, PhoneDrag, TRADEOFF_ID};
use crate::ui::verdict::meters::verdict_id;

/// How long a press must rest to mean the menu.
const LONG_PRESS_MS: u32 = 500;

/// How high a frame should be for its width, and in CSS pixels.
const FRAME_SHAPE: f64 = 0.75;
const FRAME_MIN: f64 = 420.0;
const FRAME_MAX: f64 = 640.0;

impl App {
    pub(super) fn select(&mut self, world: usize, item: Item, from_keys: bool) {
        if matches!(item, Item::Flight(_) | Item::Verdict) && self.ui.playing {
            // It would be gone, or something else, before it was read.
            self.ui.playing = false;
            self.ui.run.resume = true;
        }
        self.ui.run.selected = Some((world, item));
        self.consult();
        if from_keys {
            self.focus_next = Some(SHEET_ID.to_owned());
            let back = match item {
                Item::Verdict => verdict_id(world),
                Item::Tradeoff => TRADEOFF_ID.to_owned(),
                _ => figure_id(world),
            };
            self.focus_back = Some(back);
        }
    }

    /// Closes the innermost thing that is open.
    pub(super) fn close(&mut self) -> bool {
        if self.ui.open.is_some() {
            return self.close_popover();
        }
        if self.ui.run.composing.take().is_some()
            || self.ui.run.picked.take().is_some()
            || self.ui.run.marks.take().is_some()
        {
            return true;
        }
        if self.close_card() {
            return true;
        }
        if self.ui.run.selected.take().is_some() {
            self.measure = true;
            self.ui.playing |= std::mem::take(&mut self.ui.run.resume);
            self.focus_next = self.focus_back.take();
            return true;
        }
        if self.ui.notice.take().is_some() {
            return true;
        }
        let presents = self.ui.present && !self.ui.framed;
        if presents {
            self.present(false);
        }
        presents
    }

    /// Shows the page to a room, or as usual.
    pub(super) fn present(&mut self, on: bool) {
        if self.ui.framed {
            return;
        }
        self.ui.present = on;
        (self.ui.open, self.ui.run.composing, self.ui.run.picked) = (None, None, None);
        if on {
            // The room sees pictures.
            (self.ui.tables, self.ui.run.diagram) = (false, None);
        }
        self.measure = true;
    }

    /// Tells the page that this one is in a frame of how high that should be: as the figure likes it.
    pub(super) fn tell_frame(&self) {
        if self.ui.framed {
            browser::tell_height((FRAME_SHAPE * self.ui.window.w).clamp(FRAME_MIN, FRAME_MAX));
        }
    }

    pub(super) fn close_popover(&mut self) -> bool {
        self.ui.open.take().is_some()
    }

    /// `client`, a point of the window, as a point of a figure; `None` outside of it.
    fn point_in(&self, index: usize, client: Point) -> Option<Point> {
        let Point { x, y } = browser::point_in(&figure_id(index), client)?;
        let scale = self.ui.scale();
        Some(Point { x: x / scale, y: y / scale })
    }

    pub(super) fn pointer(&mut self, index: usize, phase: Phase, client: Point, (tip, secondary): (Tip, bool)) -> bool {
        let Some(world) = self.worlds.get(index).map(Rc::clone) else { return false };
        let size = self.ui.figures.get(index).copied().unwrap_or_default();
        let point = self.point_in(index, client);
        let outcome = gestures::pointer(
            &mut self.ui,
            (index, &world),
            &places(&world, size),
            self.lab.now(),
            (phase, point, tip, secondary),
        );
        // While a line is drawn the run goes on, and after it too.
        let hovers = phase == Phase::Move && tip == Tip::Fine && self.ui.run.stroke.is_none();
        self.near = point.filter(|_| hovers).map(|point| Near { world: index, point, rested: 0.0 });
        if phase != Phase::Move || self.ui.run.stroke.as_ref().is_some_and(|stroke| !gestures::is_click(stroke)) {
            self.pressing = None;
        }
        self.follow(index, outcome, false)
    }

    pub(super) fn figure_key(&mut self, index: usize, key: FigureKey) -> bool {
        let Some(world) = self.worlds.get(index).map(Rc::clone) else { return false };
        let outcome = gestures::key(&mut self.ui, index, &world, key);
        self.follow(index, outcome, true)
    }

    pub(super) fn follow(&mut self, index: usize, outcome: Outcome, from_keys: bool) -> bool {
        match outcome {
            Outcome::Nothing => return false,
            Outcome::Redraw => {}
            Outcome::Pressed => {
                let send = self.ui.send.clone();
                self.pressing = Some(Timeout::new(LONG_PRESS_MS, move || send.emit(Msg::LongPress)));
            }
            Outcome::Act(act) => return self.act(&act),
            Outcome::Open(item) => self.select(index, item, from_keys),
        }
        true
    }

    pub(super) fn long_press(&mut self) -> bool {
        self.pressing = None;
        let Some(stroke) = self.ui.run.stroke.take_if(|stroke| gestures::is_click(stroke)) else { return false };
        stroke.on.is_some_and(|item| {
            self.select(stroke.world, item, false);
            true
        })
    }

    /// A phone is dragged: onto a replica it changes whom it talks to.
    pub(super) fn phone(&mut self, mut drag: PhoneDrag, phase: Phase) -> bool {
        if phase == Phase::Move && self.ui.run.phone.is_none() {
            return false;
        }
        drag.over = (0..self.worlds.len()).find_map(|index| {
            let point = self.point_in(index, drag.client)?;
            let world = &self.worlds[index];
            let size = self.ui.figures.get(index).copied()?;
            match item_at(world, &places(world, size), self.lab.now(), true, point, 0.0)? {
                Item::Node(node) => Some((index, node)),
                Item::Link(..) | Item::Flight(_) | Item::Verdict | Item::Tradeoff => None,
            }
        });
        self.ui.run.phone = matches!(phase, Phase::Down | Phase::Move).then_some(drag);
        match (phase, drag.over) {
            (Phase::Up, Some((_, to))) => self.act(&ask(drag.person, Request::Attach(to))),
            _ => true,
        }
    }
}

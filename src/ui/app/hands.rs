//! What pointer, finger and keys do to the figures and phones, and what opens and closes by it.

use std::rc::Rc;

use cap_lab::store::feed::Request;
use gloo_timers::callback::Timeout;

use super::App;
use crate::ui::act::ask;
use crate::ui::browser;
use crate::ui::figure::cluster::figure_id;
use crate::ui::figure::touch::{item_at, places};
use crate::ui::geometry::Point;
use crate::ui::gestures::{self, Outcome};
use crate::ui::pointer::Phase;
use crate::ui::sheet::frame::SHEET_ID;
use crate::ui::state::{FigureKey, Item, Msg, PhoneDrag};
use crate::ui::verdict::meters::verdict_id;

/// How long a press must rest to mean the menu.
const LONG_PRESS_MS: u32 = 500;

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
            let back = if item == Item::Verdict { verdict_id(world) } else { figure_id(world) };
            self.focus_back = Some(back);
        }
    }

    /// Closes the innermost thing that is open.
    pub(super) fn close(&mut self) -> bool {
        if self.ui.open.is_some() {
            return self.close_popover();
        }
        if self.ui.run.composing.take().is_some() || self.ui.run.marks.take().is_some() {
            return true;
        }
        if self.close_card() {
            return true;
        }
        if self.ui.run.selected.take().is_some() {
            self.ui.playing |= std::mem::take(&mut self.ui.run.resume);
            self.focus_next = self.focus_back.take();
            return true;
        }
        self.ui.notice.take().is_some()
    }

    pub(super) fn close_popover(&mut self) -> bool {
        self.ui.open.take().is_some()
    }

    pub(super) fn pointer(&mut self, index: usize, phase: Phase, client: Point, secondary: bool) -> bool {
        let Some(world) = self.worlds.get(index).map(Rc::clone) else { return false };
        let size = self.ui.figures.get(index).copied().unwrap_or_default();
        let point = browser::point_in(&figure_id(index), client);
        let outcome = gestures::pointer(
            &mut self.ui,
            (index, &world),
            &places(&world, size),
            self.lab.now(),
            (phase, point, secondary),
        );
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
            let point = browser::point_in(&figure_id(index), drag.client)?;
            let world = &self.worlds[index];
            let size = self.ui.figures.get(index).copied()?;
            match item_at(world, &places(world, size), self.lab.now(), true, point)? {
                Item::Node(node) => Some((index, node)),
                Item::Link(..) | Item::Flight(_) | Item::Verdict => None,
            }
        });
        self.ui.run.phone = matches!(phase, Phase::Down | Phase::Move).then_some(drag);
        match (phase, drag.over) {
            (Phase::Up, Some((_, to))) => self.act(&ask(drag.person, Request::Attach(to))),
            _ => true,
        }
    }
}

//! The strips of operations: the window that they show, what is pointed at in them, and what is told of it.

use std::rc::Rc;

use gloo_timers::callback::Timeout;

use super::App;
use crate::ui::announce::About;
use crate::ui::browser;
use crate::ui::geometry::Point;
use crate::ui::history::card::Shown;
use crate::ui::history::plan::{NAMES, Plan, beside};
use crate::ui::history::{Do, per_second, rows_id};
use crate::ui::state::{Msg, Phase};

/// How long the pointer must rest on an operation until the part of the run is computed that tells what carried it.
const DWELL_MS: u32 = 120;
/// How long what is told stays when the pointer has left, so that it can get there.
const LEAVE_MS: u32 = 300;
/// While an operation is under way, what carries it is looked at again after so long.
const AGAIN_MS: u32 = 250;
/// How far a press may wander and still be a click.
const CLICK_SLACK: f64 = 5.0;
/// So many pixels of a wheel change the zoom by one.
const WHEEL_STEP: f64 = 60.0;

impl App {
    pub(super) fn strip(&mut self, what: &Do) -> bool {
        let (now, speed) = (self.lab.now(), self.ui.speed);
        match *what {
            Do::Pointer { world, phase, client } => return self.strip_pointer(world, phase, client),
            Do::Leave => {
                self.ui.run.strip.press = None;
                self.soon(LEAVE_MS, Do::Forget);
                return false;
            }
            Do::Stay => {
                self.dwelling = None;
                return false;
            }
            Do::Forget => return self.point_at(None),
            Do::Evidence(world) => {
                let decisive = self.worlds.get(world).and_then(|world| world.history.decisive);
                let Some([_, (_, read)]) = decisive else { return false };
                self.ui.run.strip.window.reveal(read.from, now, speed);
                self.choose_operation(Some((world, read.id)));
            }
            Do::Wheel { world, client, along, across } => {
                let width = self.ui.run.strip.inner();
                if along.abs() > across.abs() {
                    self.ui.run.strip.window.pan(along / width, now, speed);
                } else {
                    self.wheeled += across / WHEEL_STEP;
                    let by = self.wheeled as i32;
                    self.wheeled -= f64::from(by);
                    let point = browser::point_in(&rows_id(world), client).unwrap_or_default();
                    let share = ((point.x - NAMES) / width).clamp(0.0, 1.0);
                    self.ui.run.strip.window.zoom_by(by.clamp(-1, 1), share, now, speed);
                }
            }
            Do::Zoom(by) => self.ui.run.strip.window.zoom_by(by, 0.5, now, speed),
            Do::Pan(share) => self.ui.run.strip.window.pan(share, now, speed),
            Do::Follow => self.ui.run.strip.window.follow(),
            Do::Go { world, along, across } => {
                let here = self.ui.run.strip.told().filter(|(other, _)| *other == world).map(|(_, id)| id);
                let Some(view) = self.worlds.get(world).map(|world| Rc::clone(&world.history)) else { return false };
                let Some(id) = beside(&view, here, along, across) else { return false };
                self.choose_operation(Some((world, id)));
                if let Some(card) = &self.ui.run.strip.card {
                    self.ui.run.strip.window.reveal(card.view.from, now, speed);
                    let told = format!("{}. {}", card.view.title, card.view.outcome);
                    self.say(About::Own, told);
                }
            }
            Do::Dwell => {
                self.dwelling = None;
                self.tell_operation();
                let Some(card) = &mut self.ui.run.strip.card else { return true };
                card.carried = self.lab.carried(card.world, card.view.id).map(Rc::new);
                if card.view.to.is_none() && self.ui.playing {
                    self.soon(AGAIN_MS, Do::Dwell);
                }
                return true;
            }
            Do::Close => return self.close_card(),
            Do::Diagram => {
                let Some((world, carried)) =
                    self.ui.run.strip.card.as_ref().and_then(|card| Some((card.world, card.carried.clone()?)))
                else {
                    return false;
                };
                self.diagram_of(world, &carried);
            }
        }
        self.look()
    }

    /// Forgets the chosen operation; false if there is none.
    pub(super) fn close_card(&mut self) -> bool {
        let chosen = self.ui.run.strip.chosen.take();
        let was_open = chosen.is_some() || self.ui.run.strip.card.is_some();
        if chosen.is_some() {
            self.ui.playing |= std::mem::take(&mut self.ui.run.resume);
        }
        self.ui.run.strip.hover = None;
        self.ui.run.strip.card = None;
        self.dwelling = None;
        was_open
    }

    fn strip_pointer(&mut self, world: usize, phase: Phase, client: Point) -> bool {
        let (now, speed) = (self.lab.now(), self.ui.speed);
        let Some(point) = browser::point_in(&rows_id(world), client) else { return false };
        match phase {
            Phase::Down => {
                self.ui.run.strip.press = Some((client, 0.0));
                false
            }
            Phase::Move => {
                let Some((start, dragged)) = self.ui.run.strip.press else {
                    let over = self.operation_at(world, point);
                    return self.point_at(over.map(|id| (world, id)));
                };
                let moved = client.x - start.x;
                if dragged == 0.0 && moved.abs() < CLICK_SLACK {
                    return false;
                }
                let width = self.ui.run.strip.inner();
                self.ui.run.strip.window.pan((dragged - moved) / width, now, speed);
                self.ui.run.strip.press = Some((start, moved));
                self.point_at(None);
                self.look()
            }
            Phase::Up => {
                let Some((_, dragged)) = self.ui.run.strip.press.take() else { return false };
                if dragged != 0.0 {
                    return true;
                }
                let over = self.operation_at(world, point).map(|id| (world, id));
                let again = over.is_some() && over == self.ui.run.strip.chosen;
                if over.is_none() || again { self.close_card() } else { self.choose_operation(over) }
            }
            Phase::Cancel => false,
        }
    }

    fn operation_at(&self, world: usize, point: Point) -> Option<u32> {
        let view = &self.worlds.get(world)?.history;
        let (window, now, speed) = (self.ui.run.strip.window, self.lab.now(), self.ui.speed);
        let (origin, per_second) = (window.around(now, speed).0, per_second(&self.ui.run.strip, speed));
        let shift = NAMES + (origin.as_secs_f64() - window.left(now, speed)) * per_second;
        let plan = Plan { view, origin, per_second };
        plan.at(Point { x: point.x - shift, y: point.y })
    }

    /// The pointer is over an operation, or over none.
    fn point_at(&mut self, over: Option<(usize, u32)>) -> bool {
        let changed = self.ui.run.strip.hover != over;
        self.ui.run.strip.hover = over;
        if self.ui.run.strip.chosen.is_some() || !changed {
            return changed;
        }
        match over {
            Some(_) => self.soon(DWELL_MS, Do::Dwell),
            None => self.tell_operation(),
        }
        true
    }

    fn soon(&mut self, ms: u32, what: Do) {
        let send = self.ui.send.clone();
        self.dwelling = Some(Timeout::new(ms, move || send.emit(Msg::Strip(what))));
    }

    fn choose_operation(&mut self, chosen: Option<(usize, u32)>) -> bool {
        self.ui.run.strip.chosen = chosen;
        if self.ui.playing {
            // It would slide away before it was read.
            self.ui.playing = false;
            self.ui.run.resume = true;
        }
        self.strip(&Do::Dwell)
    }

    /// What is told of the operation as of now; what carried it stays if it is the same.
    pub(super) fn tell_operation(&mut self) {
        let told = self.ui.run.strip.told();
        let before = self.ui.run.strip.card.take();
        let Some((world, id)) = told else { return };
        let Some(view) = self.lab.operation(world, id) else {
            // Not yet, or in another future.
            (self.ui.run.strip.chosen, self.ui.run.strip.hover) = (None, None);
            return;
        };
        let same = before.filter(|card| card.world == world && card.view.id == id);
        let is_over = same.as_ref().is_some_and(|card| card.view.to != view.to);
        let carried = same.and_then(|card| card.carried);
        self.ui.run.strip.card = Some(Shown { world, view: Rc::new(view), carried });
        if is_over {
            self.soon(0, Do::Dwell);
        }
    }

    /// Keeps what is told of an operation as it is known at the play head.
    pub(super) fn retell_operation(&mut self) {
        if self.ui.run.strip.card.is_some() {
            self.tell_operation();
        }
    }
}

//! The space-time diagrams: when they are computed, and what is chosen in them.

use std::rc::Rc;

use cap_lab::node::Micros;

use super::App;
use crate::ui::announce::About;
use crate::ui::browser;
use crate::ui::diagram::shown::{Do, Shown};
use crate::ui::diagram::{STYLE, drawing_id, picture_id};
use crate::ui::geometry::Size;
use crate::ui::history::view::CarriedView;

/// While the run plays, diagrams are computed again after so many milliseconds.
const LOOK_AGAIN_MS: f64 = 250.0;

impl App {
    pub(super) fn diagram(&mut self, what: &Do) -> bool {
        self.measure = true;
        if *what == Do::Toggle {
            let shown = self.ui.run.diagram.is_some();
            self.ui.run.diagram = (!shown).then(Default::default);
            self.ui.tables = false;
            self.look_at_diagrams();
            return true;
        }
        let Some(shown) = &mut self.ui.run.diagram else { return false };
        match *what {
            Do::Toggle => {}
            Do::Width(ms) => {
                shown.width = Micros::from_ms(ms);
                shown.looked = 0.0;
                self.look_at_diagrams();
            }
            Do::Press { world, client } => {
                let point = browser::point_in(&drawing_id(world), client);
                let event = point.and_then(|point| shown.at(world, point));
                self.choose(world, event);
            }
            Do::Go { world, along, across } => {
                if let Some(event) = shown.beside(world, along, across) {
                    self.choose(world, Some(event));
                }
            }
            Do::Svg(world) => {
                browser::download("cap-lab.svg", &browser::picture(&picture_id(world), STYLE));
                self.confirm("Saved as cap-lab.svg.".to_owned());
            }
            Do::ShiViz(world) => {
                if let Some(diagram) = shown.diagrams.get(world) {
                    browser::download("cap-lab-shiviz.log", &diagram.to_shiviz());
                    self.confirm("Saved as cap-lab-shiviz.log.".to_owned());
                }
            }
        }
        true
    }

    /// Shows what carried an operation of `world`: these messages, between two moments.
    pub(super) fn diagram_of(&mut self, world: usize, carried: &CarriedView) {
        let (width, until) = Shown::around(carried.from, carried.to);
        let shown = self.ui.run.diagram.get_or_insert_default();
        (shown.width, shown.until, shown.looked, shown.chosen) = (width, Some((self.lab.now(), until)), 0.0, None);
        shown.carried = Some((world, carried.flights.clone().into()));
        self.ui.tables = false;
        self.measure = true;
        self.look_at_diagrams();
    }

    fn choose(&mut self, world: usize, event: Option<usize>) {
        let Some(shown) = &mut self.ui.run.diagram else { return };
        let event = event.and_then(|event| shown.diagrams.get(world)?.events.get(event));
        shown.chosen = event.map(|event| (world, event.lane, event.at));
        if let Some(told) = event.map(|event| event.headline.clone()) {
            // It would slide away before it was read.
            self.ui.playing = false;
            self.say(About::Own, told);
        }
    }

    /// Computes the diagrams that are shown, unless that was done a moment ago.
    pub(super) fn look_at_diagrams(&mut self) {
        let Some(shown) = &mut self.ui.run.diagram else { return };
        let (clock, now) = (self.last_frame_ms.unwrap_or(0.0), self.lab.now());
        let fresh = shown.diagrams.len() == self.lab.worlds() && clock - shown.looked < LOOK_AGAIN_MS;
        if !(self.ui.playing && fresh && shown.looked > 0.0) {
            shown.looked = clock;
            let to = shown.until.filter(|(head, _)| *head == now).map_or(now, |(_, until)| until.min(now));
            let from = Micros(to.0.saturating_sub(shown.width.0));
            let look = |world| self.lab.diagram(world, from, to).map(Rc::new);
            shown.diagrams = (0..self.lab.worlds()).filter_map(look).collect();
        }
    }

    /// Looks at the size of the drawings; true if it has changed.
    pub(super) fn measured_diagrams(&mut self) -> bool {
        let Some(shown) = &mut self.ui.run.diagram else { return false };
        let size = |world| browser::size_of(&drawing_id(world)).unwrap_or_default();
        let sizes: Vec<Size> = (0..self.worlds.len()).map(size).collect();
        let changed = shown.sizes != sizes;
        shown.sizes = sizes;
        changed
    }
}

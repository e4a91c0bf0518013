//! Situations, the glossary, and what is put away.

use std::rc::Rc;

use super::App;
use super::runs::runs_of;
use crate::ui::guide;
use crate::ui::guide::view::{Playing, Show};
use crate::ui::pages;
use crate::ui::state::{Approach, Coming, Msg, Popover, term_id};
use crate::ui::storage;

/// Under which it is kept that the first visit's words were put away.
pub(super) const WELCOMED: &str = "welcomed";

impl App {
    /// Answers what concerns the guide.
    pub(super) fn guide(&mut self, msg: &Msg) -> bool {
        match *msg {
            Msg::Show(show) => return self.show_situation(show),
            Msg::Term(term) => {
                self.ui.open = Some(Popover::Glossary);
                self.ui.term = Some(term);
                self.focus_next = Some(term_id(term));
            }
            Msg::EndSituation => self.ui.run.situation = None,
            Msg::Conclude(healed) => self.ui.run.read_until = Some(healed),
            Msg::Welcomed => {
                self.ui.first_visit = false;
                storage::set(WELCOMED, "yes");
            }
            _ => return false,
        }
        self.measure = true;
        true
    }

    /// Plays a situation on its page, which is fetched first if need be.
    pub(super) fn show_situation(&mut self, show: Show) -> bool {
        let known = guide::here().and_then(|guide| guide.situation(show.situation));
        let Some((situation, scene)) = known else { return false };
        let page = pages::at(scene.page().unwrap_or_default());
        self.close_popover();
        let Some(runs) = runs_of(page).filter(|_| page.is_ready()) else {
            self.ui.coming = Some(Coming { page: page.address, failed: false });
            self.awaited = Some(Msg::Show(show));
            self.fetch(page);
            return true;
        };
        let lab = match runs.situated(&scene) {
            Ok(lab) => lab,
            Err(reason) => return self.tell(reason),
        };
        let judged = Rc::new(lab.judged(situation.claim));
        let moment = show.moment.and_then(|goal| lab.judged(goal).met);
        self.go_home(page, runs);
        let before = std::mem::replace(&mut self.lab, lab);
        self.take_over();
        self.before = Some(before);
        self.ui.can_undo = true;
        self.ui.run.situation = Some(Playing { name: situation.name, judged, changed: false });
        match moment {
            Some(at) => self.go_to(at),
            None => {
                self.ui.playing = true;
                self.approach_moment();
                true
            }
        }
    }

    /// The learner changed the run: it is no longer played to the moments of its script.
    pub(super) fn leave_script(&mut self) {
        (self.ui.run.approach, self.ui.run.breaks_ahead) = (None, false);
        if let Some(playing) = &mut self.ui.run.situation {
            playing.changed = true;
        }
    }

    /// Plays on to the next moment that the situation's claim is about; at the last one the run stops, to be looked at.
    pub(super) fn approach_moment(&mut self) {
        let Some(playing) = self.ui.run.situation.as_ref().filter(|playing| !playing.changed) else { return };
        let from = self.lab.now();
        let next = playing.judged.moments.iter().map(|(at, _)| *at).find(|at| *at > from);
        self.ui.run.approach = next.map(|to| Approach { from, to, evenly: false });
        self.ui.playing &= next.is_some();
    }
}

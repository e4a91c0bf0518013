//! Taking back: the last act, or all of them; and what the page confirms.

use cap_lab::node::Micros;
use gloo_timers::callback::Timeout;

use super::App;
use crate::ui::act::done;
use crate::ui::announce::About;
use crate::ui::lessons::view::Do;
use crate::ui::state::{Approach, Mode, Msg};

/// How long a confirmation stays, in milliseconds.
const CONFIRMED_MS: u32 = 4_000;

impl App {
    /// Takes the last act back; after a new start, that.
    pub(super) fn undo(&mut self) -> bool {
        let Some(act) = self.lab.undo() else {
            let Some(before) = self.before.take() else {
                return self.confirm("Nothing was done, so nothing is left to undo.".to_owned());
            };
            self.take(before);
            return self.confirm("The run from before is back.".to_owned());
        };
        self.leave_script();
        self.ui.link = None;
        self.save_soon();
        self.look();
        let what = self.worlds.first().map(|world| done(&act, world)).unwrap_or_default();
        self.confirm(format!("Undone: {what}"))
    }

    /// The same setup and seed from the start, as the next class should find it.
    pub(super) fn restart(&mut self) -> bool {
        if self.ui.lesson.is_some() {
            return self.lesson(&Do::Again);
        }
        let again = self.lab.restarted();
        let before = std::mem::replace(&mut self.lab, again);
        self.take_over();
        self.before = Some(before);
        self.ui.can_undo = true;
        self.ui.playing = self.runs().plays();
        if let Some(shown) = self.lab.shown() {
            self.show_stretch(shown);
        }
        (self.ui.mode, self.ui.tables, self.ui.routine) = (Mode::Compare, false, false);
        self.confirm("Started again: same setup, same seed.".to_owned())
    }

    /// Plays a stretch of the run at one pace; for whom nothing is to move, its end is shown at once.
    fn show_stretch(&mut self, [from, to]: [Micros; 2]) {
        self.lab.seek(if self.ui.still { to } else { from });
        self.ui.playing = !self.ui.still;
        self.ui.run.approach = self.ui.playing.then_some(Approach { from, to, evenly: true });
        self.look();
    }

    /// Goes to a moment to look at it.
    pub(super) fn go_to(&mut self, at: Micros) -> bool {
        (self.ui.playing, self.ui.run.resume) = (false, false);
        self.lab.seek(at);
        self.look()
    }

    /// Says for a moment, to everybody, that something was done.
    pub(super) fn confirm(&mut self, text: String) -> bool {
        self.say(About::Own, text.clone());
        self.ui.confirmed = Some(text);
        let send = self.ui.send.clone();
        self.confirming = Some(Timeout::new(CONFIRMED_MS, move || send.emit(Msg::Confirmed)));
        true
    }
}

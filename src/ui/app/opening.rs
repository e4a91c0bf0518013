//! Opening a run: it is shown at once and replayed in the frames that follow, a slice in each. One from a file is compared with
//! it meanwhile; until that is done nothing is saved, and the run that was there before can be gone back to.

use cap_lab::node::Micros;

use super::App;
use crate::ui::browser::{self, FileBytes};
use crate::ui::lab::Lab;

/// How long a frame replays, in milliseconds, while the run plays and while it rests.
const SLICE_PLAYING_MS: f64 = 8.0;
const SLICE_AT_REST_MS: f64 = 24.0;
/// After so many steps the clock is looked at.
const STEPS: u64 = 256;
/// So many steps are replayed at once when a file is opened: most files that are no good differ within them.
const FIRST_STEPS: u64 = 2_048;

/// Begins to replay a run that was opened. `Err` says in a sentence where it differs from its file.
pub(super) fn begun(mut lab: Box<dyn Lab>) -> Result<Box<dyn Lab>, String> {
    lab.fill(FIRST_STEPS).map(|()| lab)
}

impl App {
    /// Takes a run from a file, to be looked at from its start.
    pub(super) fn import(&mut self, file: Result<FileBytes, String>) -> bool {
        let opened = file.and_then(|(_, bytes)| {
            let opened = self.runs().open(&String::from_utf8_lossy(&bytes)).and_then(begun);
            opened.map_err(|reason| not_opened(&reason))
        });
        match opened {
            Ok(mut lab) => {
                lab.seek(Micros::ZERO);
                let before = std::mem::replace(&mut self.lab, lab);
                // Of several files in a row none has replaced the run that was there before them.
                let before = self.before.take().filter(|_| self.ui.may_cancel).unwrap_or(before);
                self.ui.playing = false;
                self.show_run();
                (self.before, self.ui.may_cancel) = (Some(before), true);
                self.fill();
                self.look()
            }
            Err(reason) => self.tell(reason),
        }
    }

    /// Whether the frames that follow have something to replay.
    pub(super) fn fills(&self) -> bool {
        self.lab.filling().is_some()
    }

    /// Whether the run waits for its play head to get where it goes.
    pub(super) fn heads_for_goal(&self) -> bool {
        self.lab.filling().is_some_and(|filling| filling.goal.is_some())
    }

    /// Replays a slice of the run, if it is not whole.
    pub(super) fn fill(&mut self) {
        let until = browser::clock_ms()
            + if self.ui.playing && !self.heads_for_goal() { SLICE_PLAYING_MS } else { SLICE_AT_REST_MS };
        let mut filled = Ok(());
        while filled.is_ok() && self.fills() {
            filled = self.lab.fill(STEPS);
            if browser::clock_ms() >= until {
                break;
            }
        }
        match (filled, self.fills()) {
            (Err(reason), _) => {
                if self.cancel_opening() {
                    self.tell(not_opened(&reason));
                } else {
                    self.tell(format!("{reason} It goes on as this lab computes it."));
                }
            }
            (Ok(()), false) => {
                self.adopt();
                self.mind_the_room();
            }
            (Ok(()), true) => {}
        }
    }

    /// The run is here to stay: it is replayed, or the learner has acted in it.
    pub(super) fn adopt(&mut self) {
        if std::mem::take(&mut self.ui.may_cancel) {
            self.save_soon();
        }
    }

    /// Goes back to the run that was there before the one from a file, as long as that is not replayed.
    pub(super) fn cancel_opening(&mut self) -> bool {
        let before = self.before.take_if(|_| self.ui.may_cancel);
        before.is_some_and(|before| self.take(before))
    }
}

fn not_opened(reason: &str) -> String {
    format!("That file was not opened; the run is as it was. {reason}")
}

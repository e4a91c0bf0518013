//! Opening a run, from a file or a link: it is shown at once and replayed in the frames that follow, a slice in each. One from a file is compared with
//! it meanwhile; until that is done nothing is saved, and the run that was there before can be gone back to.

use cap_lab::node::Micros;

use wasm_bindgen_futures::spawn_local;

use super::App;
use super::runs::{Begin, kept_run, runs_of};
use crate::ui::address::LinkedRun;
use crate::ui::browser::{self, FileBytes};
use crate::ui::lab::Lab;
use crate::ui::labs::details;
use crate::ui::page::Page;
use crate::ui::program::Runs;
use crate::ui::state::Msg;
use crate::ui::{pages, storage};

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

/// The run of a link; or else the run that was kept, and why the link brought none.
pub(super) fn linked_run(page: &Page, runs: &dyn Runs, run: &LinkedRun) -> Begin {
    match runs.open(&run.code).and_then(begun) {
        Ok(lab) => {
            storage::enter_afresh();
            storage::remove_of_tab(storage::LESSON);
            Begin { lab, playing: run.playing, notice: None }
        }
        Err(reason) => {
            browser::stand_at(page.address);
            Begin { notice: Some(no_link(&reason)), ..kept_run(page, runs) }
        }
    }
}

/// A run that is to be opened on a page.
pub(super) struct Opening {
    page: &'static Page,
    /// A file, or a link's code.
    text: String,
    /// Whether it plays on from where its play head stands; a file's is looked at from its start.
    linked: Option<bool>,
}

impl App {
    /// Takes a run from a file, to be looked at from its start.
    pub(super) fn import(&mut self, file: Result<FileBytes, String>) -> bool {
        match file {
            Ok((_, bytes)) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.open(Opening { page: pages::at(self.ui.home), text, linked: None })
            }
            Err(reason) => self.tell(not_opened(&reason)),
        }
    }

    /// Goes where a link leads, which was followed while the lab was open.
    pub(super) fn follow_link(&mut self, page: &'static Page, run: LinkedRun) -> bool {
        let (page, text) = (if page.has_runs() { page } else { pages::at(self.ui.home) }, run.code);
        self.open(Opening { page, text, linked: Some(run.playing) })
    }

    /// Opens a run, once what that takes is here.
    fn open(&mut self, opening: Opening) -> bool {
        let page = opening.page;
        if runs_of(page).is_some_and(Runs::can_open) {
            return self.opened(&opening);
        }
        self.opening = Some(opening);
        let send = self.ui.send.clone();
        spawn_local(async move { send.emit(Msg::OpenerCame(page.come().await && details::come().await)) });
        false
    }

    /// What opens the run that waits came, or did not.
    pub(super) fn opener_came(&mut self, well: bool) -> bool {
        let ready = |opening: &Opening| runs_of(opening.page).is_some_and(Runs::can_open);
        match self.opening.take() {
            Some(opening) if ready(&opening) => self.opened(&opening),
            // Another link was followed meanwhile: what opens that is on its way.
            Some(opening) if well && opening.page.program().is_none() => {
                self.opening = Some(opening);
                false
            }
            Some(opening) if well => self.refuse(&opening, "That page has no runs."),
            Some(opening) => self.refuse(&opening, "What opens runs could not be loaded. Is there a connection?"),
            None => false,
        }
    }

    /// There is no run of it: what was shown stays.
    fn refuse(&mut self, opening: &Opening, reason: &str) -> bool {
        if opening.linked.is_none() {
            return self.tell(not_opened(reason));
        }
        browser::stand_at(self.ui.page);
        self.tell(no_link(reason))
    }

    fn opened(&mut self, opening: &Opening) -> bool {
        let runs = runs_of(opening.page).expect("it came");
        let mut lab = match runs.open(&opening.text).and_then(begun) {
            Ok(lab) => lab,
            Err(reason) => return self.refuse(opening, &reason),
        };
        if opening.linked.is_none() {
            lab.seek(Micros::ZERO);
        }
        let here = self.go_home(opening.page, runs);
        std::mem::swap(&mut self.lab, &mut lab);
        // Of several files in a row none has replaced the run that was there before them.
        let before = self.before.take().filter(|_| here && self.ui.may_cancel).unwrap_or(lab);
        self.ui.playing = opening.linked == Some(true);
        self.show_run();
        (self.before, self.ui.may_cancel, self.by_link) = (Some(before), true, opening.linked.is_some());
        self.fill();
        self.look()
    }

    /// A run of `page` is about to be shown: what is there is kept, and the run of that page takes its place. False if another
    /// page was there.
    pub(super) fn go_home(&mut self, page: &'static Page, runs: &dyn Runs) -> bool {
        let here = page.address == self.ui.home;
        if !here {
            self.save();
            self.ui.home = page.address;
            self.lab = kept_run(page, runs).lab;
        }
        here
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
                    self.tell(if self.by_link { no_link(&reason) } else { not_opened(&reason) });
                } else {
                    self.tell(format!("{reason} It goes on as this lab computes it."));
                }
            }
            (Ok(()), false) => {
                self.adopt();
                self.look_ahead();
                self.mind_the_room();
            }
            (Ok(()), true) => {}
        }
    }

    /// The run is here to stay: it is replayed, or the learner has acted in it.
    pub(super) fn adopt(&mut self) {
        if std::mem::take(&mut self.ui.may_cancel) {
            if self.by_link {
                storage::enter_afresh();
            }
            self.save_soon();
        }
    }

    /// Goes back to the run that was there before the one from a file, as long as that is not replayed.
    pub(super) fn cancel_opening(&mut self) -> bool {
        let before = self.before.take_if(|_| self.ui.may_cancel);
        before.is_some_and(|before| self.take(before))
    }
}

fn no_link(reason: &str) -> String {
    format!("That link was not opened; your run is as it was. {reason}")
}

fn not_opened(reason: &str) -> String {
    format!("That file was not opened; the run is as it was. {reason}")
}

//! Keeping the run: soon after what the learner does, every few seconds while it plays, when it comes to rest, and when the
//! tab is hidden. How full a run is belongs here as well: what is kept must be readable.

use cap_lab::node::Micros;
use cap_lab::timeline::{Limit, Room};
use gloo_timers::callback::Timeout;

use yew::AttrValue;

use super::App;
use crate::ui::lab::{Lab, full};
use crate::ui::state::Msg;
use crate::ui::storage::KeptRun;
use crate::ui::{browser, storage};

/// How long after a change the run is saved, in milliseconds.
const SOON_MS: f64 = 150.0;
/// How often it is saved while it plays.
const EVERY_MS: f64 = 3_000.0;
/// A save waits so many times what the last one took: a hundredth of the time at most while the run plays, a tenth at rest.
const SHARE_PLAYING: f64 = 100.0;
const SHARE_AT_REST: f64 = 10.0;
/// From so many percent on the learner is told that the run fills up.
const NEARLY_FULL: u8 = 90;

/// Which run at which moment a picture is of.
fn title_of(home: &str, lab: &dyn Lab, at: Micros) -> String {
    [home, &lab.end().0.to_string(), &at.0.to_string(), ""].join(" ")
}

/// How the run of the page at `home` looked when this tab was left, if it was left at the moment for which the run heads. It is
/// of one use only.
pub(super) fn picture(home: &str, lab: &dyn Lab) -> Option<(Micros, AttrValue)> {
    let kept = storage::get_of_tab(storage::PICTURE)?;
    storage::remove_of_tab(storage::PICTURE);
    let at = lab.filling()?.goal?;
    let drawn = kept.strip_prefix(&title_of(home, lab, at))?;
    Some((at, drawn.to_owned().into()))
}

/// What was saved, and what that took.
#[derive(Default)]
pub(super) struct Saving {
    /// The next save.
    due: Option<Timeout>,
    /// The play head and the end as they were saved, and whether the run played.
    saved: Option<(Micros, Micros, bool)>,
    /// When, by the browser's clock.
    at_ms: f64,
    took_ms: f64,
    /// It was told that the browser keeps nothing.
    told_refused: bool,
    /// So many percent were told.
    told_full: u8,
}

impl App {
    /// Another run has taken the place of the last one.
    pub(super) fn nothing_saved(&mut self) {
        (self.saving.saved, self.saving.told_full) = (None, 0);
    }

    /// Something was done that a reload must not lose.
    pub(super) fn save_soon(&mut self) {
        if self.saving.due.is_none() {
            let send = self.ui.send.clone();
            let wait = SOON_MS.max(SHARE_AT_REST * self.saving.took_ms);
            self.saving.due = Some(Timeout::new(wait as u32, move || send.emit(Msg::Save)));
        }
    }

    /// Keeps what moved: now and then while the run plays, soon once it rests.
    pub(super) fn keep_up(&mut self) {
        if self.saving.saved == Some(self.to_save()) || self.fills() || self.ui.may_cancel || self.ui.framed {
            return;
        }
        if !self.ui.playing {
            self.save_soon();
        } else if browser::clock_ms() - self.saving.at_ms > EVERY_MS.max(SHARE_PLAYING * self.saving.took_ms) {
            self.save();
        }
    }

    /// What a reload brings back beside the file. A run that stands for as long as something is open plays.
    fn to_save(&self) -> (Micros, Micros, bool) {
        (self.lab.now(), self.lab.end(), self.ui.playing || self.ui.run.resume)
    }

    /// The page is left. When it is loaded again, a long run takes seconds to be computed: until then it is shown as it was
    /// left, by a copy of what is drawn now. Changes nothing: a message to the program might come too late.
    pub(super) fn leave(&self) {
        self.keep();
        if self.ui.page != self.ui.home || self.ui.may_cancel || self.ui.framed {
            return;
        }
        let goal = self.lab.filling().and_then(|filling| filling.goal);
        let drawn = match &self.ui.picture {
            _ if goal.is_none() => browser::drawn("main"),
            Some((at, drawn)) if goal == Some(*at) => Some(drawn.to_string()),
            _ => None,
        };
        if let Some(drawn) = drawn {
            let at = goal.unwrap_or(self.lab.now());
            storage::set_of_tab(storage::PICTURE, &(title_of(self.ui.home, &*self.lab, at) + &drawn));
        }
    }

    /// Keeps the run, and says whether the browser would. One that is not replayed to its end is kept as it was; one in a
    /// frame is its page's to keep.
    fn keep(&self) -> Option<bool> {
        if self.fills() || self.ui.may_cancel || self.ui.framed {
            return None;
        }
        let (_, _, playing) = self.to_save();
        Some(storage::save_run(self.ui.home, KeptRun { file: self.lab.export()?, playing }))
    }

    /// Keeps the run now, and notes that it did.
    pub(super) fn save(&mut self) {
        self.saving.due = None;
        let begun = browser::clock_ms();
        let Some(kept) = self.keep() else { return };
        if kept && self.ui.page == self.ui.home {
            // A link has served: from now on a reload brings the run as it was left.
            browser::stand_at(self.ui.home);
        }
        self.saving.saved = Some(self.to_save());
        self.saving.at_ms = browser::clock_ms();
        self.saving.took_ms = self.saving.at_ms - begun;
        if !kept && !std::mem::replace(&mut self.saving.told_refused, true) {
            self.tell(
                "This browser keeps nothing for this page: its storage is full or refused. All works, but a reload loses the \
                 run. “Run file” exports it."
                    .to_owned(),
            );
        }
    }

    /// Says in time that the run fills up; one that can't go on stands still.
    pub(super) fn mind_the_room(&mut self) {
        let Room { limit, used_percent } = self.lab.room();
        if used_percent < NEARLY_FULL {
            return;
        }
        let ends = used_percent == 100 && matches!(limit, Limit::Length | Limit::Steps);
        if ends && self.ui.playing && self.lab.now() == self.lab.end() {
            self.ui.playing = false;
            self.tell(full(limit));
        } else if self.saving.told_full < NEARLY_FULL && !ends {
            self.tell(format!(
                "This run is nearly full: {used_percent} % of {limit}, the most of any run. Export it to keep it (“Run file”), \
                 and start a new one before long."
            ));
        }
        self.saving.told_full = self.saving.told_full.max(used_percent);
    }
}

//! When the referee is woken, what it is told, and what comes of its answers.

use super::App;
use crate::ui::referee::{Heard, Line};
use crate::ui::state::{Item, Msg};
use crate::ui::verdict::view::VerdictView;
use cap_lab::referee::client::VerdictState;

/// So many frames are drawn before the referee is loaded: first the page.
const WAKE_FRAMES: u32 = 12;

/// While the run plays, the referee is told every so many frames, eight times a second or so: nobody reads faster.
const TELL_FRAMES: u32 = 8;

/// How the referee is.
pub(super) enum Referee {
    /// It was not needed yet.
    Asleep,
    /// It is being loaded.
    Waking { _line: Line },
    /// It listens.
    Awake(Line),
    /// There is none.
    Gone,
}

impl App {
    /// Tells the referee what is new, and loads it if it is needed for the first time.
    pub(super) fn consult(&mut self) {
        match &self.referee {
            Referee::Asleep if self.frames >= WAKE_FRAMES && self.awaits_verdict() => {
                match Line::open(self.ui.send.reform(Msg::Referee)) {
                    Ok(line) => self.referee = Referee::Waking { _line: line },
                    Err(reason) => self.lose_referee(reason),
                }
            }
            Referee::Awake(line) if !self.ui.playing || self.frames.is_multiple_of(TELL_FRAMES) => {
                let opened = self.ui.run.selected.filter(|(_, item)| *item == Item::Verdict).map(|(world, _)| world);
                self.lab.briefs(self.case, opened).iter().for_each(|brief| line.tell(brief));
            }
            Referee::Asleep | Referee::Waking { .. } | Referee::Awake(_) | Referee::Gone => {}
        }
    }

    /// Whether it is to be woken as soon as the page has drawn.
    pub(super) fn wakes_referee(&self) -> bool {
        matches!(self.referee, Referee::Asleep) && self.awaits_verdict()
    }

    fn awaits_verdict(&self) -> bool {
        self.worlds.iter().any(|world| world.verdict.is_some_and(|verdict| verdict.busy))
    }

    pub(super) fn hear_referee(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Ready => {
                let before = std::mem::replace(&mut self.referee, Referee::Gone);
                self.referee = if let Referee::Waking { _line: line } = before { Referee::Awake(line) } else { before };
                self.look()
            }
            // While the run plays, the next frame shows it.
            Heard::Answer(answer) => self.lab.hear(&answer) && !self.ui.playing && self.look(),
            Heard::Gone(reason) => {
                self.lose_referee(reason);
                self.look()
            }
        }
    }

    fn lose_referee(&mut self, reason: String) {
        self.referee = Referee::Gone;
        self.ui.no_referee = Some(reason);
    }

    /// Another run: if the referee is gone, it may come for this one.
    pub(super) fn new_case(&mut self) {
        self.case += 1;
        if matches!(self.referee, Referee::Gone) {
            self.referee = Referee::Asleep;
            self.ui.no_referee = None;
        }
    }

    /// Lets a referee come again in place of one that could not be had, or that hung.
    pub(super) fn call_referee(&mut self) -> bool {
        self.new_case();
        self.look()
    }

    /// What is known of a verdict without a referee: what was known before stays known.
    pub(super) fn verdict(&self, verdict: VerdictView) -> VerdictView {
        let lost = verdict.busy && self.ui.no_referee.is_some();
        if lost { VerdictView { state: VerdictState::Off, busy: false, ..verdict } } else { verdict }
    }
}

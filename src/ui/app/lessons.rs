//! The lesson that is played beside the figure: what it asks of the page. See [`crate::ui::lessons`] for the lesson itself.

use cap_lab::node::Micros;
use cap_lab::situation::scene::Scene;
use gloo_timers::callback::Timeout;

use super::App;
use super::opening::begun;
use super::runs::runs_of;
use crate::ui::announce::About;
use crate::ui::lab::Lab;
use crate::ui::lessons;
use crate::ui::lessons::view::{Do, Effect, STEP};
use crate::ui::program::Runs;
use crate::ui::state::{Approach, Arrival, Coming, Msg};
use crate::ui::{browser, pages, storage};

/// How often it is looked whether a task is done, in milliseconds; it waits so many times what the last look took.
const JUDGE_MS: f64 = 300.0;
const SHARE: f64 = 10.0;

impl App {
    /// Answers what concerns the lesson.
    pub(super) fn lesson(&mut self, what: &Do) -> bool {
        let (Some(lessons), Arrival::Here) = (lessons::here(), self.ui.details) else {
            // What is asked for meanwhile is done once all is here.
            if *what != Do::Return {
                self.awaited = Some(Msg::Lesson(what.clone()));
            }
            return false;
        };
        for effect in lessons.take(what, self.ui.lesson.as_ref(), &*self.lab) {
            match effect {
                Effect::Show(class) => {
                    let unkept = class.as_ref().is_some_and(|class| !class.kept);
                    self.ui.lesson = class;
                    if unkept && !std::mem::replace(&mut self.told_unkept, true) {
                        let text = "This browser keeps nothing for this page. The lesson works, but a reload loses what was answered.";
                        self.tell(text.to_owned());
                    }
                }
                Effect::Focus => self.focus_next = Some(STEP.to_owned()),
                Effect::Run(scene, head) => return self.run_lesson(&scene, head),
                Effect::Kept(page, file, scene, head) => {
                    // Another version of the lab may compute it otherwise: then the lesson's own run has to do.
                    let own = |runs: &dyn Runs| {
                        let mut lab = runs.situated(&scene)?;
                        lab.seek(head);
                        Ok(lab)
                    };
                    let kept = |runs: &dyn Runs| runs.open(&file).and_then(begun).or_else(|_| own(runs));
                    return self.take_lesson_run(page, kept, None);
                }
                Effect::Approach(to) => {
                    let from = self.lab.now();
                    self.ui.run.approach = Some(Approach { from, to, evenly: true });
                    self.ui.playing = true;
                }
                Effect::Soon(what) => {
                    let send = self.ui.send.clone();
                    self.lesson_slice = Some(Timeout::new(0, move || send.emit(Msg::Lesson(what))));
                }
                Effect::GoTo(at) => _ = self.go_to(at),
                Effect::Say(text) => _ = self.say(About::Own, text),
                Effect::Tell(text) => _ = self.tell(text),
                Effect::Leave(address) => browser::go(address),
            }
        }
        self.measure = true;
        true
    }

    fn run_lesson(&mut self, scene: &Scene, head: Micros) -> bool {
        match scene.page() {
            Some(page) => self.take_lesson_run(page, |runs| runs.situated(scene), Some(head)),
            None => {
                self.ui.lesson = None;
                self.tell(format!("No page plays a run of {} yet.", scene.experiment))
            }
        }
    }

    /// Takes the run of a step on its page, which is fetched first if need be.
    fn take_lesson_run(
        &mut self,
        address: &str,
        run: impl Fn(&dyn Runs) -> Result<Box<dyn Lab>, String>,
        head: Option<Micros>,
    ) -> bool {
        let page = pages::at(address);
        let Some(runs) = runs_of(page).filter(|_| page.is_ready()) else {
            self.ui.coming = Some(Coming { page: page.address, failed: false });
            self.awaited = Some(Msg::Lesson(Do::Again));
            self.fetch(page);
            return true;
        };
        let mut lab = match run(runs) {
            Ok(lab) => lab,
            Err(reason) => {
                self.ui.lesson = None;
                storage::remove_of_tab(storage::LESSON);
                return self.tell(reason);
            }
        };
        if let Some(head) = head {
            lab.seek(head);
        }
        let class = self.ui.lesson.take();
        let here = self.go_home(page, runs);
        let replaced = std::mem::replace(&mut self.lab, lab);
        // What can be gone back to is the run from before the lesson, not that of another step.
        let begun = here && class.as_ref().is_some_and(|class| class.begun);
        let before = self.before.take().filter(|_| begun).unwrap_or(replaced);
        self.take_over();
        (self.before, self.ui.can_undo) = (Some(before), true);
        (self.ui.lesson, self.ui.playing) = (class, false);
        self.lesson(&Do::Ran)
    }

    /// Looks whether a task is done, if the run has moved.
    pub(super) fn mind_lesson(&mut self) {
        let judges = self.ui.lesson.as_ref().is_some_and(|class| class.judges);
        let at = (self.lab.now(), self.lab.end());
        let (took, last) = self.judging;
        let due = browser::clock_ms() - last > JUDGE_MS.max(SHARE * took);
        if judges && due && self.judged != at && !self.fills() {
            self.judged = at;
            let begun = browser::clock_ms();
            self.lesson(&Do::Judge);
            let now = browser::clock_ms();
            self.judging = (now - begun, now);
        }
    }

    /// Whether `msg` has to wait because a prediction is due.
    pub(super) fn is_too_early(&self, msg: &Msg) -> bool {
        let moves = matches!(
            msg,
            Msg::TogglePlay
                | Msg::Step
                | Msg::Back
                | Msg::Seek(_)
                | Msg::SeekStep(_)
                | Msg::GoTo(_)
                | Msg::Do(_)
                | Msg::HealAll
                | Msg::Branch(_)
                | Msg::Undo
        );
        moves && self.waits_for_prediction()
    }

    /// Says that a prediction is due.
    pub(super) fn predict_first(&mut self) -> bool {
        self.confirm("Predict first, or skip it: then the run goes on.".to_owned())
    }

    /// Whether a prediction is due: until it is made the run stands, and nothing is done to it.
    pub(super) fn waits_for_prediction(&self) -> bool {
        self.ui.lesson.as_ref().is_some_and(|class| class.waits)
    }
}

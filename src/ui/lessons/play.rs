//! Goes through a lesson: which step, what was answered, what is kept.

use std::rc::Rc;

use cap_lab::goal::ledger::Ledger;
use cap_lab::lesson::attempt::{Attempt, Given};
use cap_lab::lesson::grade::{Grader, most, report};
use cap_lab::lesson::hand_in::HandIn;
use cap_lab::lesson::measure::{Told, Words};
use cap_lab::lesson::{Kind, Lesson, Task, all, named as ours, stage};
use cap_lab::node::Micros;

use super::design;
use super::view::{Class, Do, Effect};
use crate::ui::lab::Lab;
use crate::ui::{browser, storage};

/// Under it the hashes of lessons from files are kept, with spaces between.
const OWN: &str = "lessons";
/// The address of the list.
const LIST: &str = "#lessons";

/// A lesson and how far a learner is in it.
#[derive(Clone)]
pub(super) struct Playing {
    pub(super) lesson: Rc<Lesson>,
    pub(super) attempt: Attempt,
    /// A run of it has been shown.
    begun: bool,
    /// How many acts of the run are the lesson's own.
    given: usize,
    /// The moments to watch in this step, by time.
    pub(super) moments: Vec<(Micros, String)>,
    /// The texts of this step, about this run.
    pub(super) text: Vec<Vec<Told>>,
    /// What is said of each prediction that is compared here.
    pub(super) because: Vec<(usize, Vec<Vec<Told>>)>,
    /// What is said once the task is done.
    pub(super) met: Vec<Vec<Told>>,
    /// How many acts that took, beside the best known way.
    pub(super) needed: Option<String>,
    /// All moments were watched.
    pub(super) watched: bool,
    /// It was told that the run is no longer one of the lesson.
    strayed: bool,
}

/// A lesson as the list shows it.
#[derive(Clone, PartialEq)]
pub struct Listed {
    /// What it is kept as.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// What one knows after it.
    pub know: Vec<String>,
    /// In minutes.
    pub minutes: u32,
    /// Under which heading it stands.
    pub shelf: Shelf,
    /// How far the learner is.
    pub kept: Kept,
}

/// Under which heading a lesson stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// The course.
    Lessons,
    /// With a task that says how few acts are known to do.
    Challenges,
    /// With a platform to be designed.
    Exercises,
}

/// How far a learner is in a lesson.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was not begun.
    Fresh,
    /// At this step of so many, from 0.
    At(usize, usize),
    /// At its end.
    Done,
}

/// All lessons, challenges and exercises: the lab's own, then those from files.
pub fn course() -> Vec<Listed> {
    let own = storage::get(OWN).unwrap_or_default();
    let names = all().map(|(name, _)| *name).chain(own.split_whitespace());
    names.filter_map(|name| Some(listed(name, &named(name)?))).collect()
}

fn listed(name: &str, lesson: &Lesson) -> Listed {
    Listed {
        name: name.to_owned(),
        title: lesson.title.clone(),
        know: lesson.know.clone(),
        minutes: lesson.minutes,
        shelf: match (lesson.is_exercise(), lesson.is_challenge()) {
            (true, _) => Shelf::Exercises,
            (_, true) => Shelf::Challenges,
            _ => Shelf::Lessons,
        },
        kept: kept(lesson),
    }
}

/// How far the learner is.
fn kept(lesson: &Lesson) -> Kept {
    match attempt(lesson) {
        None => Kept::Fresh,
        Some(attempt) if attempt.done => Kept::Done,
        Some(attempt) => Kept::At(attempt.step, lesson.steps.len()),
    }
}

/// The lesson or challenge of this name, or one that was kept under its hash.
fn named(name: &str) -> Option<Lesson> {
    let text = ours(name).map(str::to_owned).or_else(|| storage::get(&text_key(name)))?;
    Lesson::read(&text).ok()
}

/// What `student` has done in the lesson of this name: as a file to hand in, and as a text to print. None if that is nothing.
pub fn handed_in(name: &str, student: &str) -> Option<(String, String)> {
    let lesson = named(name)?;
    let file = HandIn::new(student, &lesson, attempt(&lesson)?).write();
    let grade = Grader::new(&lesson).grade(&file).ok()?;
    Some((file, report(&lesson, &grade)))
}

fn text_key(hash: &str) -> String {
    format!("lesson-text.{hash}")
}

fn attempt(lesson: &Lesson) -> Option<Attempt> {
    Attempt::read(&storage::get(&format!("attempt.{}", lesson.hash))?, lesson)
}

pub(super) fn inside(class: &Class) -> &Playing {
    class.inside.downcast_ref().expect("only this part makes one")
}

pub(super) fn take(what: &Do, class: Option<&Class>, lab: &dyn Lab) -> Vec<Effect> {
    match what {
        Do::Open(name, step) => match named(name) {
            Some(lesson) => open(name, lesson, false, *step),
            None => {
                let name: String = name.chars().take(40).collect();
                vec![Effect::Tell(format!(
                    "There is no lesson “{name}” here. A lesson of your own is opened from its file."
                ))]
            }
        },
        Do::Anew(name) => named(name).map_or_else(Vec::new, |lesson| open(name, lesson, true, None)),
        Do::Return => match storage::get_of_tab(storage::LESSON) {
            Some(name) if class.is_none() => resume(&name),
            _ => Vec::new(),
        },
        Do::Read(text) => match Lesson::read(text) {
            Ok(lesson) => {
                keep_text(&lesson.hash, text);
                let name = lesson.hash.clone();
                open(&name, lesson, false, None)
            }
            Err(_) => Vec::new(),
        },
        what => class.map_or_else(Vec::new, |class| go_on(what, inside(class).clone(), lab)),
    }
}

/// A lesson from a file is kept, so that it can be resumed.
fn keep_text(hash: &str, text: &str) {
    let own = storage::get(OWN).unwrap_or_default();
    if !own.split_whitespace().any(|known| known == hash) && storage::set(&text_key(hash), text) {
        storage::set(OWN, format!("{own} {hash}").trim());
    }
}

fn open(name: &str, lesson: Lesson, anew: bool, step: Option<usize>) -> Vec<Effect> {
    let mut attempt = attempt(&lesson).filter(|_| !anew).unwrap_or_else(|| Attempt::new(&lesson));
    if attempt.done {
        // It is looked at from its start, and stays done, with all that was answered.
        attempt.step = 0;
    }
    if let Some(step) = step {
        attempt.step = step.clamp(1, lesson.steps.len()) - 1;
    }
    let playing = Playing {
        lesson: Rc::new(lesson),
        attempt,
        begun: false,
        given: 0,
        moments: Vec::new(),
        text: Vec::new(),
        because: Vec::new(),
        met: Vec::new(),
        needed: None,
        watched: false,
        strayed: false,
    };
    storage::set_of_tab(storage::LESSON, name);
    playing.enter(true)
}

/// After a reload: only on the page on which the lesson was.
fn resume(name: &str) -> Vec<Effect> {
    let Some(lesson) = named(name) else { return Vec::new() };
    let page = attempt(&lesson).and_then(|attempt| lesson.scenes[lesson.steps[attempt.step].scene].page());
    let here = browser::hash();
    let is_here = page.is_some_and(|page| page == here || here.is_empty() && page == "#feed");
    if is_here { open(name, lesson, false, None) } else { Vec::new() }
}

fn go_on(what: &Do, mut playing: Playing, lab: &dyn Lab) -> Vec<Effect> {
    match what {
        Do::Again => playing.enter(true),
        Do::Ran => {
            let lesson = Rc::clone(&playing.lesson);
            let scene = &lesson.scenes[lesson.steps[playing.attempt.step].scene];
            // A run that was kept has the learner's own acts as well.
            let ledger = if playing.is_kept_run() { stage::ledger(scene) } else { lab.ledger(true) };
            playing.given = ledger.map_or(0, |ledger| ledger.acts());
            playing.begun = true;
            playing.look(lab);
            let said = playing.says();
            vec![playing.shown(), Effect::Focus, Effect::Say(said)]
        }
        Do::Predict(given, reason) => {
            let lesson = Rc::clone(&playing.lesson);
            if !playing.attempt.predict(&lesson, *given, reason, now_ms()) {
                return Vec::new();
            }
            if *given == Given::Skipped {
                return playing.turn(true, lab);
            }
            vec![playing.shown(), Effect::Say("Taken. Go on to see what happens.".to_owned())]
        }
        Do::Turn(forward) => playing.turn(*forward, lab),
        Do::Hint => {
            let step = playing.attempt.step;
            playing.attempt.traces[step].hints += 1;
            vec![playing.shown()]
        }
        Do::Design => {
            if let Kind::Design(asked) = playing.kind() {
                design::begin(asked);
            }
            vec![playing.shown(), Effect::Soon(Do::Slice)]
        }
        Do::Slice => playing.slice(),
        Do::Cancel => {
            design::cancel();
            vec![playing.shown()]
        }
        Do::Argue(words) => {
            let lesson = Rc::clone(&playing.lesson);
            playing.attempt.argue(&lesson, words);
            vec![playing.shown(), Effect::Say("Kept.".to_owned())]
        }
        Do::Watch => playing.watch(lab),
        Do::Watched => playing.watched(lab),
        Do::Judge => playing.judge(lab),
        Do::Leave => {
            storage::remove_of_tab(storage::LESSON);
            vec![Effect::Show(None), Effect::Leave(LIST)]
        }
        _ => Vec::new(),
    }
}

/// How far a learner is, for the page that has this one in a frame: what a learning platform keeps. The answers are without their runs,
/// so that they fit there.
fn progress(lesson: &Lesson, attempt: &Attempt) -> String {
    let most = most(lesson);
    let (done, points) = (attempt.done, attempt.points(lesson));
    let message = serde_json::json!({
        "subject": "cap-lab.progress", "lesson": lesson.hash, "title": lesson.title, "step": attempt.step,
        "steps": lesson.steps.len(), "done": done, "points": points, "of": most, "answers": attempt.without_runs(),
    });
    message.to_string()
}

/// The time, in ms since 1970.
fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

impl Playing {
    fn kind(&self) -> &Kind {
        &self.lesson.steps[self.attempt.step].kind
    }

    /// It as the page has it; what was answered is kept.
    fn shown(self) -> Effect {
        let written = self.attempt.write();
        browser::tell_progress(&progress(&self.lesson, &self.attempt));
        let kept = storage::set(&format!("attempt.{}", self.lesson.hash), &written);
        self.drawn_as(kept)
    }

    /// The same where nothing was answered since.
    fn drawn(self) -> Effect {
        self.drawn_as(true)
    }

    fn drawn_as(self, kept: bool) -> Effect {
        let waits = self.attempt.waits(&self.lesson);
        let judges = matches!(self.kind(), Kind::Do(_)) && self.attempt.traces[self.attempt.step].met.is_none();
        let begun = self.begun;
        Effect::Show(Some(Class { inside: Rc::new(self), begun, waits, judges, kept }))
    }

    fn says(&self) -> String {
        let (step, all) = (self.attempt.step + 1, self.lesson.steps.len());
        format!("Step {step} of {all}: {}.", self.kind().word())
    }

    /// The task before this step whose run is still the one to look at.
    fn kept_task(&self) -> Option<usize> {
        let steps = &self.lesson.steps[..=self.attempt.step];
        let begun = steps.iter().rposition(|step| step.begins)?;
        (begun..=self.attempt.step).rev().find(|place| self.attempt.traces[*place].run.is_some())
    }

    fn is_kept_run(&self) -> bool {
        self.kept_task().is_some()
    }

    /// Begins the current step; `afresh`: with its run as the lesson, or the learner's last task, left it.
    fn enter(mut self, afresh: bool) -> Vec<Effect> {
        let step = self.attempt.step;
        let scene = self.lesson.scenes[self.lesson.steps[step].scene].clone();
        (self.watched, self.strayed, self.moments, self.text) = (false, false, Vec::new(), Vec::new());
        self.because.clear();
        let kept = self.kept_task().and_then(|task| self.attempt.traces[task].run.clone());
        let run = match kept.zip(scene.page()) {
            Some((file, page)) if afresh => Effect::Kept(page, file, scene, self.lesson.head(step)),
            _ => Effect::Run(scene, self.lesson.head(step)),
        };
        vec![self.shown(), run]
    }

    /// To the next step, or the one before.
    fn turn(mut self, forward: bool, lab: &dyn Lab) -> Vec<Effect> {
        let step = self.attempt.step;
        if forward && matches!(self.kind(), Kind::Observe(_)) && !self.watched {
            // Who does not want to watch is told all the same.
            self.settle(lab);
        }
        if forward && step + 1 == self.lesson.steps.len() {
            self.attempt.done = true;
            storage::remove_of_tab(storage::LESSON);
            let _ = self.shown();
            return vec![Effect::Show(None), Effect::Leave(LIST)];
        }
        let Some(next) = (if forward { Some(step + 1) } else { step.checked_sub(1) }) else { return Vec::new() };
        self.attempt.step = next;
        let same = self.lesson.steps[next].scene == self.lesson.steps[step].scene;
        if !same {
            return self.enter(false);
        }
        self.watched = false;
        self.look(lab);
        let said = self.says();
        // Who did not watch to the end goes on from there all the same.
        let end = self.lesson.scenes[self.lesson.steps[next].scene].end().unwrap_or_default();
        let catch_up = (forward && lab.now() < end).then_some(Effect::GoTo(end));
        [self.shown(), Effect::Focus, Effect::Say(said)].into_iter().chain(catch_up).collect()
    }

    /// Takes in what this step tells of the run.
    fn look(&mut self, lab: &dyn Lab) {
        let lesson = Rc::clone(&self.lesson);
        let step = &lesson.steps[self.attempt.step];
        let Some(ledger) = lab.ledger(true).map(|ledger| ledger.given(self.given)) else { return };
        let told = |words: &[Words]| words.iter().map(|words| words.told(&ledger)).collect::<Vec<_>>();
        self.text = told(&step.text);
        self.moments = match &step.kind {
            Kind::Observe(goals) => moments(goals.iter(), &ledger),
            _ => Vec::new(),
        };
        if let Kind::Do(task) = &step.kind {
            self.met = told(&task.met);
            self.needed = self.needed(task, &ledger);
        }
        let compared = self.attempt.compared(&lesson);
        self.because = compared
            .into_iter()
            .filter_map(|place| match &lesson.steps[place].kind {
                Kind::Predict(question) => Some((place, told(&question.because))),
                _ => None,
            })
            .collect();
    }

    fn needed(&self, task: &Task, ledger: &Ledger) -> Option<String> {
        let at = self.attempt.traces[self.attempt.step].met?;
        task.needed(ledger.acts_until(at))
    }

    /// Compares what was predicted with what happens: in the run of the learner's last task, or else in the lesson's, whatever the
    /// learner has done to it meanwhile.
    fn settle(&mut self, lab: &dyn Lab) {
        let lesson = Rc::clone(&self.lesson);
        let scene = &lesson.scenes[lesson.steps[self.attempt.step].scene];
        let ledger = if self.kept_task().is_some() { lab.ledger(true) } else { stage::ledger(scene) };
        if let Some(ledger) = ledger {
            self.attempt.settle(&lesson, &ledger);
        }
    }

    /// Goes on with the batch of a design.
    fn slice(mut self) -> Vec<Effect> {
        match design::slice() {
            Some(designed) if matches!(self.kind(), Kind::Design(_)) => {
                let step = self.attempt.step;
                self.attempt.traces[step].designed = Some(designed);
                vec![self.shown(), Effect::Say("All runs are done.".to_owned())]
            }
            // Whoever went to another step has left it.
            _ if !matches!(self.kind(), Kind::Design(_)) => {
                design::cancel();
                Vec::new()
            }
            _ if design::progress().is_some() => vec![self.drawn(), Effect::Soon(Do::Slice)],
            _ => Vec::new(),
        }
    }

    /// Plays what is to be watched, from its start if it was watched before.
    fn watch(self, lab: &dyn Lab) -> Vec<Effect> {
        let (now, end) = (lab.now(), lab.end());
        let rewind = (now >= end).then(|| Effect::GoTo(self.lesson.head(self.attempt.step)));
        rewind.into_iter().chain([Effect::Approach(end)]).collect()
    }

    /// It was watched to its end: now the predictions are compared.
    fn watched(mut self, lab: &dyn Lab) -> Vec<Effect> {
        if !matches!(self.kind(), Kind::Observe(_)) {
            return Vec::new();
        }
        self.settle(lab);
        self.watched = true;
        self.look(lab);
        vec![self.shown(), Effect::Say("That was all of it: the run stands.".to_owned())]
    }

    /// Whether the task is done by now.
    fn judge(mut self, lab: &dyn Lab) -> Vec<Effect> {
        let lesson = Rc::clone(&self.lesson);
        let step = self.attempt.step;
        let Kind::Do(task) = &lesson.steps[step].kind else { return Vec::new() };
        let met = |ledger: Ledger| task.goal.met(&ledger.given(self.given)).is_some();
        if lab.now() < lab.end() || !lab.ledger(true).is_some_and(met) {
            return Vec::new();
        }
        // From here on it is judged as whoever grades it does: from the file.
        let Some(file) = lab.export() else { return Vec::new() };
        match stage::judged(&lesson, &mut self.attempt, &file) {
            Ok(true) => self.attempt.traces[step].run = Some(file),
            Ok(false) => return Vec::new(),
            Err(_) if self.strayed => return Vec::new(),
            Err(reason) => {
                self.strayed = true;
                let text =
                    format!("This does not count: {} Begin the task again.", reason.replace("This run", "the run"));
                return vec![self.shown(), Effect::Tell(text)];
            }
        }
        self.look(lab);
        vec![self.shown(), Effect::Say("Done: the goal is met.".to_owned())]
    }
}

/// The moments of several goals, by time.
fn moments<'a>(goals: impl Iterator<Item = &'a cap_lab::goal::Goal>, ledger: &Ledger) -> Vec<(Micros, String)> {
    let mut all: Vec<(Micros, String)> = Vec::new();
    for moment in goals.flat_map(|goal| goal.moments(ledger)) {
        if !all.contains(&moment) {
            all.insert(all.partition_point(|earlier| *earlier <= moment), moment);
        }
    }
    all
}

//! The program: holds the run and the view state, and is the only place where a message changes either.

mod guide;
mod hands;
mod lessons;
mod links;
mod opening;
mod pace;
mod referee;
mod runs;
mod saving;
mod spacetime;
mod strip;
mod undo;

use std::rc::Rc;

use cap_lab::node::Micros;
use cap_lab::sim::fault::Fate;
use gloo_render::{AnimationFrame, request_animation_frame};
use gloo_timers::callback::Timeout;
use yew::{Callback, Component, Context, Html};

use self::opening::{Opening, linked_run};
use self::pace::Near;
use self::referee::Referee;
use self::runs::{Begin, kept_run, runs_of};
use self::saving::{Saving, picture};
use crate::ui::act::{Act, done, heal_all, post, status};
use crate::ui::address::Address;
use crate::ui::announce::{self, About, Announcer, PAUSE_MS};
use crate::ui::figure::cluster::figure_id;
use crate::ui::geometry::Size;
use crate::ui::history::strip_id;
use crate::ui::lab::Lab;
use crate::ui::lessons::view::Do;
use crate::ui::listeners::Listeners;
use crate::ui::phones::field_id;
use crate::ui::phones::view::PhoneState;
use crate::ui::state::{Arrival, Coach, Form, Item, Mode, Msg, PhoneDrag, Popover, ViewState};
use crate::ui::world::WorldView;
use crate::ui::{browser, pages, shell, storage};

/// The longest stretch of the browser's clock that one frame makes up for, in milliseconds: after a hiccup the run goes on
/// rather than leaps.
const FRAME_MAX_MS: f64 = 100.0;
/// How long after the first drawing the other pages' programs are fetched: by then the first answer is given.
const FETCH_MS: u32 = 300;
/// Every so many frames the sizes are looked at again, in case something pushed the figures.
const MEASURE_FRAMES: u32 = 30;

/// The root component.
pub struct App {
    lab: Box<dyn Lab>,
    ui: ViewState,
    /// The worlds at the play head, as of the last change.
    worlds: Vec<Rc<WorldView>>,
    frame: Option<AnimationFrame>,
    last_frame_ms: Option<f64>,
    frames: u32,
    announcer: Announcer,
    speaking: Option<Timeout>,
    saving: Saving,
    pressing: Option<Timeout>,
    referee: Referee,
    /// How many runs there were: the referee tells them by it.
    case: u32,
    dwelling: Option<Timeout>,
    /// How far the wheel has turned towards the next zoom.
    wheeled: f64,
    /// Takes the keyboard after the next drawing.
    focus_next: Option<String>,
    /// Has it again when what is open closes.
    focus_back: Option<String>,
    measure: bool,
    /// The mouse, if it is in a figure and draws no line.
    near: Option<Near>,
    /// The run that a new start took the place of.
    before: Option<Box<dyn Lab>>,
    confirming: Option<Timeout>,
    /// What is done again once the page that it takes has come.
    awaited: Option<Msg>,
    /// Where the run stood, and how far it went, when it was last looked whether a task is done.
    judged: (Micros, Micros),
    /// A run that waits for what opens it.
    opening: Option<Opening>,
    /// The run that was opened last came by a link, not from a file.
    by_link: bool,
    /// What the latest look at a task took, and when that was, in milliseconds of the browser's clock.
    judging: (f64, f64),
    /// When a lesson goes on with what it computes.
    lesson_slice: Option<Timeout>,
    /// It was told that the browser does not keep what is answered in lessons.
    told_unkept: bool,
    _listeners: Listeners,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let send = context.link().callback(|msg: Msg| msg);
        let scope = context.link().clone();
        let leave = Callback::from(move |()| {
            if let Some(app) = scope.get_component() {
                app.leave();
            }
        });
        let listeners = Listeners::install(&send, leave);
        let Address { page, run, lesson } = Address::of(&browser::hash());
        let home = if runs_of(page).is_some() { page } else { pages::LANDING };
        let framed = browser::asked_for("embed");
        let dark = storage::get("theme").map(|theme| theme == "dark");
        browser::set_dark(dark);
        storage::enter();
        let runs = runs_of(home).expect("the landing page has runs");
        let (Begin { lab, playing, notice }, kept) = match run {
            Some(run) => (linked_run(home, runs, &run), false),
            None => (kept_run(home, runs), true),
        };
        let picture = picture(home.address, &*lab).filter(|_| kept);
        let mut app = Self {
            lab,
            ui: ViewState {
                playing,
                speed: storage::get("speed").and_then(|speed| speed.parse().ok()).unwrap_or(-100).clamp(-200, 100),
                dark,
                still: browser::prefers_stillness(),
                window: browser::window_size(),
                present: framed || browser::asked_for("present"),
                framed,
                mode: if framed { Mode::Only(0) } else { Mode::Compare },
                picture,
                first_visit: storage::get(guide::WELCOMED).is_none(),
                ..ViewState::new(page.address, home.address, send)
            },
            worlds: Vec::new(),
            frame: None,
            last_frame_ms: None,
            frames: 0,
            announcer: Announcer::default(),
            speaking: None,
            saving: Saving::default(),
            pressing: None,
            referee: Referee::Asleep,
            case: 1,
            dwelling: None,
            wheeled: 0.0,
            focus_next: None,
            focus_back: None,
            measure: true,
            near: None,
            before: None,
            confirming: None,
            awaited: None,
            judged: (Micros::ZERO, Micros::ZERO),
            opening: None,
            by_link: false,
            judging: (0.0, 0.0),
            lesson_slice: None,
            told_unkept: false,
            _listeners: listeners,
        };
        app.ui.notice = notice;
        if let Some((lesson, step)) = lesson {
            browser::stand_at(page.address);
            app.awaited = Some(Msg::Lesson(Do::Open(lesson, step)));
        }
        if storage::get("stopped").is_some() {
            storage::remove("stopped");
            app.ui.playing = false;
            app.ui.notice =
                Some("The lab had stopped by a fault of its own. This is the run as it was saved.".to_owned());
        }
        app.fill();
        app.look();
        app.keep_going();
        app
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        let changed = self.react(msg);
        self.mind_lesson();
        if !self.ui.playing {
            self.consult();
        }
        self.keep_up();
        self.keep_going();
        changed
    }

    fn view(&self, _: &Context<Self>) -> Html {
        shell::view(&*self.lab, &self.worlds, &self.ui)
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if first {
            self.tell_frame();
            let send = self.ui.send.clone();
            Timeout::new(FETCH_MS, move || send.emit(Msg::Fetch)).forget();
        }
        if let Some(id) = self.focus_next.take() {
            browser::focus(&id);
        }
        if std::mem::take(&mut self.measure) && self.measured() {
            context.link().send_message(Msg::Window);
        }
    }
}

impl App {
    /// Answers one message; true if the page looks different now.
    fn react(&mut self, msg: Msg) -> bool {
        match msg {
            // The run is out of sight.
            Msg::TogglePlay | Msg::Step | Msg::Back | Msg::Do(_) | Msg::HealAll | Msg::Undo | Msg::Restart
                if self.ui.page != self.ui.home =>
            {
                false
            }
            _ if self.is_too_early(&msg) => self.predict_first(),
            Msg::Frame(ms) => self.advance(ms),
            Msg::TogglePlay => {
                (self.ui.playing, self.ui.link) = (!self.ui.playing, None);
                self.ui.run.resume = false;
                true
            }
            Msg::Step => self.moved(|lab| lab.step(), "Nothing is under way, so there is no next event."),
            Msg::Back => self.moved(|lab| lab.back(), "The run starts here, so there is no earlier event."),
            Msg::Seek(to) => {
                self.lab.seek(to);
                self.look()
            }
            Msg::SeekStep(step) => {
                let moments = self.lab.moments().unwrap_or_default();
                // What a disk still finishes after an event belongs to it.
                let next = moments.get(step as usize).map(|next| Micros(next.0.saturating_sub(1)));
                self.lab.seek(next.unwrap_or(self.lab.end()));
                self.look()
            }
            Msg::Branch(branch) => {
                self.lab.switch_branch(branch);
                self.save_soon();
                self.look()
            }
            Msg::GoTo(at) => self.go_to(at),
            Msg::Do(act) => self.act(&act),
            Msg::Undo => self.undo(),
            Msg::Restart => self.restart(),
            Msg::HealAll => {
                let healed = self.worlds.first().map(|world| heal_all(&world.cut));
                healed.is_some_and(|act| self.act(&act))
            }
            Msg::Post { person, text } => {
                self.ui.run.composing = None;
                post(person, &text).is_none_or(|act| self.act(&act))
            }
            Msg::Status { person, text } => {
                self.ui.run.composing = None;
                status(person, &text).is_none_or(|act| self.act(&act))
            }
            Msg::Pointer { world, phase, client, tip, secondary } => {
                self.pointer(world, phase, client, (tip, secondary))
            }
            Msg::LongPress => self.long_press(),
            Msg::FigureKey { world, key } => self.figure_key(world, key),
            Msg::Diagram(what) => self.diagram(&what),
            Msg::Strip(what) => self.strip(&what),
            Msg::Phone { person, phase, client } => self.phone(PhoneDrag { person, client, over: None }, phase),
            Msg::NewRun(setup) => self.begin(&setup),
            Msg::Break(flaw) => self.break_by(flaw),
            Msg::WithoutFlaw => self.without_flaw(),
            Msg::Retell(words) => self.retell(&words),
            Msg::OnStore { world, store } => self.on_store(world, store),
            Msg::Seed(seed) => self.on_seed(seed),
            Msg::Import(file) => self.import(file),
            Msg::Export | Msg::Copy(Form::Script) if self.fills() => {
                self.tell("This run is still being replayed. It can be exported once that is done.".to_owned())
            }
            // The button to either comes with what writes it.
            Msg::Export => self.lab.export().is_some_and(|file| {
                let name = format!("cap-lab-{}.json", self.lab.setup().seed);
                browser::download(&name, &file);
                self.close_popover();
                self.confirm(format!("Saved as {name}."))
            }),
            Msg::OpenWhole => {
                self.open_whole();
                false
            }
            Msg::Copy(form) => {
                self.copy(form);
                false
            }
            Msg::Copied(form, well) => self.copied(form, well),
            Msg::FileCame(file) => self.file_came(file),
            Msg::Tell(text) => self.tell(text),
            Msg::Say(text) => self.say(About::Own, text),
            Msg::Confirm(text) => self.confirm(text),
            Msg::Referee(heard) => self.hear_referee(heard),
            Msg::CallReferee => self.call_referee(),
            Msg::Navigated => self.navigate(),
            Msg::Fetch => self.fetch_rest(),
            Msg::Came(page, well) => self.came(pages::at(page), well),
            Msg::DetailsCame(well) => {
                self.ui.details = if well { Arrival::Here } else { Arrival::Failed };
                self.look();
                match self.awaited.take_if(|msg| matches!(msg, Msg::Lesson(_))) {
                    Some(msg) => self.react(msg),
                    // A frame shows one figure.
                    None => !self.ui.framed && self.lesson(&Do::Return),
                };
                true
            }
            Msg::Lesson(what) => self.lesson(&what),
            Msg::Save => {
                self.save();
                false
            }
            Msg::OpenerCame(well) => self.opener_came(well),
            Msg::CancelOpening => self.cancel_opening(),
            msg => self.guide(&msg) || self.show(&msg),
        }
    }

    /// Answers what concerns the page only, not the run.
    fn show(&mut self, msg: &Msg) -> bool {
        match *msg {
            Msg::Speed(speed) => {
                self.ui.speed = speed.clamp(-200, 100);
                storage::set("speed", &self.ui.speed.to_string());
            }
            Msg::Mode(mode) => {
                self.ui.mode = mode;
                self.ui.run.hover = None;
                self.measure = true;
            }
            Msg::Aside(aside) => self.ui.aside = aside,
            Msg::Toggle(popover) => {
                if self.ui.open == Some(popover) {
                    return self.close_popover();
                }
                self.ui.open = Some(popover);
                self.ui.link = (popover == Popover::Link).then(|| self.linked()).flatten();
                self.focus_next = Some("popover".to_owned());
            }
            Msg::Select { world, item, from_keys } => self.select(world, item, from_keys),
            Msg::Close => return self.close(),
            Msg::FigureFocus { world, focused } => {
                self.ui.focused = focused.then_some(world);
                if !focused {
                    // The cursor stays where it is until the keyboard comes back.
                } else if !browser::focus_is_shown(&figure_id(world)) {
                    // The pointer needs no cursor.
                    self.ui.run.cursor = None;
                } else if self.ui.run.cursor.is_none_or(|(other, _)| other != world) {
                    self.ui.run.cursor =
                        self.worlds.get(world).and_then(|w| w.nodes.first()).map(|node| (world, Item::Node(node.id)));
                }
            }
            Msg::Explain { world, person } => {
                let told = self.ui.run.explained == Some((world, person));
                self.ui.run.explained = (!told).then_some((world, person));
            }
            Msg::Pick(picked) => {
                let same = self.ui.run.picked == picked;
                self.ui.run.picked = picked.filter(|_| !same);
            }
            Msg::Compose { world, person } => {
                self.ui.run.composing = Some((world, person));
                self.focus_next = Some(field_id(world, person));
            }
            Msg::Tables => {
                self.ui.tables = !self.ui.tables;
                self.ui.run.diagram = None;
                self.measure = true;
            }
            Msg::Marks(span) => {
                let same = self.ui.run.marks == span;
                self.ui.run.marks = span.filter(|_| !same);
                if self.ui.run.marks.is_some() {
                    self.focus_next = Some("marks-list".to_owned());
                }
            }
            Msg::Routine => self.ui.routine = !self.ui.routine,
            Msg::DropHint(over) => {
                let changed = self.ui.dropping != over;
                self.ui.dropping = over;
                return changed;
            }
            Msg::Theme => {
                let dark = !self.ui.dark.unwrap_or_else(browser::prefers_dark);
                self.ui.dark = Some(dark);
                browser::set_dark(self.ui.dark);
                storage::set("theme", if dark { "dark" } else { "light" });
            }
            Msg::Window => {
                self.ui.window = browser::window_size();
                self.tell_frame();
                self.ui.still = browser::prefers_stillness();
                self.measure = true;
                if !browser::visible() {
                    self.save();
                }
            }
            Msg::MaySpeak => {
                self.speaking = None;
                let Some(text) = self.announcer.free() else { return false };
                self.speak(text);
            }
            Msg::Dismiss => self.ui.notice = None,
            Msg::Confirmed => self.ui.confirmed = None,
            Msg::Present => self.present(!self.ui.present),
            // Everything else was answered in `react`.
            _ => return false,
        }
        true
    }

    /// Asks for the next frame if anything moves by itself, else lets the loop rest.
    fn keep_going(&mut self) {
        if !(self.ui.playing || self.wakes_referee() || self.fills())
            || !browser::visible()
            || self.ui.page != self.ui.home
        {
            self.frame = None;
            self.last_frame_ms = None;
        } else if self.frame.is_none() {
            let send = self.ui.send.clone();
            self.frame = Some(request_animation_frame(move |ms| send.emit(Msg::Frame(ms))));
        }
    }

    fn advance(&mut self, ms: f64) -> bool {
        self.frame = None;
        let elapsed = self.last_frame_ms.map_or(0.0, |last| (ms - last).clamp(0.0, FRAME_MAX_MS));
        self.last_frame_ms = Some(ms);
        self.frames += 1;
        self.measure |= self.frames.is_multiple_of(MEASURE_FRAMES);
        let head = self.lab.now();
        if self.fills() {
            self.fill();
        }
        if self.ui.playing && !self.heads_for_goal() {
            let (approaches, evenly) =
                (self.ui.run.approach.is_some(), self.ui.run.approach.is_some_and(|it| it.evenly));
            let next = self.next_head(elapsed);
            self.lab.play(next);
            let approached = approaches && self.ui.run.approach.is_none();
            if approached && self.ui.run.situation.is_some() {
                self.approach_moment();
            } else if approached && self.ui.lesson.is_some() {
                self.ui.playing = false;
                self.look();
                self.lesson(&Do::Watched);
            } else if approached {
                self.ui.playing &= !evenly;
                self.look();
                self.arrive();
            }
            self.mind_the_room();
        }
        // While a run is replayed at rest, only the timeline moves.
        self.fills() && self.lab.now() == head || self.look()
    }

    fn moved(&mut self, step: impl FnOnce(&mut dyn Lab) -> bool, otherwise: &str) -> bool {
        self.ui.playing = false;
        self.ui.run.resume = false;
        if !step(&mut *self.lab) {
            self.say(About::Own, otherwise.to_owned());
        } else if let Some(event) = self.lab.world(0).events.first() {
            self.say(About::Own, event.sentence.headline.clone());
        }
        self.look()
    }

    /// Takes in the worlds at the play head, and notices what is worth saying.
    fn look(&mut self) -> bool {
        let (from, to) = self.ui.run.strip.window.around(self.lab.now(), self.ui.speed);
        let world = |index| {
            let mut world = self.lab.world(index);
            world.history = self.lab.history(index, from, to);
            world.verdict = world.verdict.map(|verdict| self.verdict(verdict));
            Rc::new(if self.ui.routine { WorldView { events: Rc::new(self.lab.steps(index)), ..world } } else { world })
        };
        let fresh: Vec<Rc<WorldView>> = (0..self.lab.worlds()).map(world).collect();
        let news: Vec<(About, String)> =
            self.worlds.iter().zip(&fresh).flat_map(|(before, after)| announce::changes(before, after)).collect();
        // What the learner must not miss stops the run at that step.
        let mut pairs = self.worlds.iter().zip(&fresh);
        let newly = pairs.any(|(before, after)| before.broken().is_none() && after.broken().is_some());
        self.worlds = fresh;
        if newly && self.ui.run.approach.is_none() {
            self.arrive();
        }
        self.ui.can_undo = self.before.is_some() || self.lab.can_undo();
        self.consult();
        if self.ui.open == Some(Popover::Link) && self.ui.link.is_none() {
            self.ui.link = self.linked();
        }
        self.look_at_diagrams();
        self.retell_operation();
        // While it plays, sizes are looked at now and then; at rest, whenever what is said may have pushed the figures.
        self.measure |= !self.ui.playing;
        for (about, news) in news {
            self.say(about, news);
        }
        let both =
            |state: PhoneState| self.worlds.iter().any(|world| world.phones.iter().any(|phone| phone.state == state));
        let cut = self.worlds.iter().any(|world| world.cut.iter().any(|set| !set.is_empty()));
        match self.ui.run.coach {
            Coach::Invite if cut => self.ui.run.coach = Coach::Watch,
            // Once both sides have shown what they do, healing ends the lesson.
            Coach::Watch if !cut && !both(PhoneState::Refused) => self.ui.run.coach = Coach::Silent,
            _ => {}
        }
        true
    }

    /// Stops where something is broken, and says so.
    fn arrive(&mut self) {
        let Some(name) = self.worlds.iter().find_map(|world| Some(world.broken()?.name)) else { return };
        self.ui.playing = false;
        self.say(About::Own, format!("Broken: {name}."));
    }

    fn act(&mut self, act: &Act) -> bool {
        if self.waits_for_prediction() {
            return self.predict_first();
        }
        match self.lab.act(act.clone()) {
            Ok(()) => {
                // A link that is shown is one to the run as it is.
                self.ui.link = None;
                self.leave_script();
                let said = self.worlds.first().map(|world| done(act, world)).unwrap_or_default();
                self.say(About::Own, said);
                self.adopt();
                self.mind_the_room();
                self.save_soon();
                if matches!(act, Act::Message { fate: Fate::Drop | Fate::Deliver, .. })
                    && matches!(self.ui.run.selected, Some((_, Item::Flight(_))))
                {
                    self.close();
                }
            }
            Err(reason) => {
                self.tell(reason);
            }
        }
        self.look()
    }

    /// Tells something that stays until it is dismissed.
    fn tell(&mut self, text: String) -> bool {
        self.ui.notice = Some(text);
        true
    }

    fn say(&mut self, about: About, text: String) -> bool {
        if let Some(text) = self.announcer.say(about, text) {
            self.speak(text);
        }
        true
    }

    fn speak(&mut self, text: String) {
        self.ui.said = text;
        let send = self.ui.send.clone();
        self.speaking = Some(Timeout::new(PAUSE_MS, move || send.emit(Msg::MaySpeak)));
    }

    /// Looks at the sizes of what is drawn to measure; true if one has changed.
    fn measured(&mut self) -> bool {
        let scale = self.ui.scale();
        let figure = |index| browser::size_of(&figure_id(index)).unwrap_or_default();
        let figures: Vec<Size> =
            (0..self.worlds.len()).map(figure).map(|Size { w, h }| Size { w: w / scale, h: h / scale }).collect();
        let strip = (0..self.worlds.len()).find_map(|index| browser::size_of(&strip_id(index)));
        let strip_width = strip.unwrap_or_default().w;
        let timeline_width = browser::size_of("timeline").unwrap_or_default().w;
        let changed = figures != self.ui.figures
            || (strip_width - self.ui.run.strip.width).abs() > 0.5
            || (timeline_width - self.ui.timeline_width).abs() > 0.5;
        self.ui.figures = figures;
        self.ui.run.strip.width = strip_width;
        self.ui.timeline_width = timeline_width;
        self.measured_diagrams() || changed
    }
}

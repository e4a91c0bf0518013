//! What the page shows besides the run: which page, what is open, what is under the pointer. No browser and no lab in here.

use std::rc::Rc;

use cap_lab::node::{Micros, NodeId};
use cap_lab::store::Store;
use yew::{AttrValue, Callback};

use crate::ui::act::Act;
use crate::ui::diagram::shown;
use crate::ui::geometry::{Point, Size};
use crate::ui::guide::view::{Playing, Show};
use crate::ui::history::strip;
use crate::ui::lessons::view as lessons;
use crate::ui::phones::view::Picked;
use crate::ui::pointer::{Phase, Tip};
use crate::ui::referee::Heard;
use crate::ui::setup::view::Setup;

/// Where a click goes: everything the page can be asked to do. Only `App::update` answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Msg {
    /// One animation frame, at this many milliseconds of the browser's clock.
    Frame(f64),
    /// Plays or pauses.
    TogglePlay,
    /// Runs one event.
    Step,
    /// Goes back one event.
    Back,
    /// Moves the play head.
    Seek(Micros),
    /// Moves it there and stops.
    GoTo(Micros),
    /// Moves it to where so many events have happened.
    SeekStep(u32),
    /// Sets the speed: the decimal logarithm times 100.
    Speed(i32),
    /// Does something to the run.
    Do(Act),
    /// Heals every link.
    HealAll,
    /// Lists the marks between two moments, or closes the list.
    Marks(Option<(Micros, Micros)>),
    /// Takes back what was done last.
    Undo,
    /// Starts the same run again.
    Restart,
    /// Shows the page large, for the back row of a room, or as usual again.
    Present,
    /// Goes to another future.
    Branch(usize),
    /// The address says that another page is wanted.
    Navigated,
    /// Feed: which sides are shown.
    Mode(Mode),
    /// Opens a popover, or closes it if it is open.
    Toggle(Popover),
    /// Opens a node, a link or a message.
    Select { world: usize, item: Item, from_keys: bool },
    /// Closes what is open, the innermost first.
    Close,
    /// The pointer on a figure.
    Pointer { world: usize, phase: Phase, client: Point, tip: Tip, secondary: bool },
    /// The pointer has rested long enough on the same spot to mean the menu.
    LongPress,
    /// A key on a figure.
    FigureKey { world: usize, key: FigureKey },
    /// A figure got or lost the keyboard.
    FigureFocus { world: usize, focused: bool },
    /// A phone is being dragged.
    Phone { person: NodeId, phase: Phase, client: Point },
    /// Says more of how a phone stands, or no more.
    Explain { world: usize, person: NodeId },
    /// Opens the field to type a post on a phone.
    Compose { world: usize, person: NodeId },
    /// Sends what was typed.
    Post { person: NodeId, text: String },
    /// Makes what was typed the person's status.
    Status { person: NodeId, text: String },
    /// Picks a post or a status on a phone, to do something with it; none: no more.
    Pick(Option<(usize, NodeId, Picked)>),
    /// Shows the figures as tables, or as pictures again.
    Tables,
    /// Something about the space-time diagrams.
    Diagram(shown::Do),
    /// Something about the strips of operations.
    Strip(strip::Do),
    /// Shows routine steps among the events, or hides them.
    Routine,
    /// Starts a new run.
    NewRun(Setup),
    /// Plays the run that shows what comes of a flaw, by its name.
    Break(&'static str),
    /// Lets the same happen again without the flaw.
    WithoutFlaw,
    /// Lets the same happen again with this setup, in the experiment's words.
    Retell(String),
    /// Locks: what stands beside the figure.
    Aside(Aside),
    /// Lets the same happen under another seed.
    Seed(u64),
    /// Lets the same happen on another log.
    OnStore { world: usize, store: Store },
    /// Saves the run as a file.
    Export,
    /// Takes a run from a file's text.
    Import(Result<(String, Rc<[u8]>), String>),
    /// A file is being dragged over the page, or no longer.
    DropHint(bool),
    /// Opens the run that is in a frame on the whole page.
    OpenWhole,
    /// Puts the run on the clipboard.
    Copy(Form),
    /// The clipboard took it, or not.
    Copied(Form, bool),
    /// Changes between light and dark.
    Theme,
    /// The window changed its size or its visibility.
    Window,
    /// The live region may speak again.
    MaySpeak,
    /// A file was dropped, or could not be read: its name and content.
    FileCame(Result<(String, Rc<[u8]>), String>),
    /// Calls a referee once more.
    CallReferee,
    /// Something about the referee.
    Referee(Heard),
    /// The autosave is due.
    Save,
    /// What opens runs came, or not.
    OpenerCame(bool),
    /// Goes back to the run that was there before the one that is being opened.
    CancelOpening,
    /// The notice was read.
    Dismiss,
    /// Tells something that stays until it is read.
    Tell(String),
    /// Has the live region say something.
    Say(String),
    /// Opens the glossary at a word.
    Term(&'static str),
    /// Plays a situation, or goes to a moment of it.
    Show(Show),
    /// Something about the lesson.
    Lesson(lessons::Do),
    /// The words for a situation were put away; the run goes on.
    EndSituation,
    /// The conclusion of the partition that was healed then was put away.
    Conclude(Micros),
    /// The words for the first visit were put away, for good.
    Welcomed,
    /// Says to everybody, for a moment, that something was done.
    Confirm(String),
    /// That was said long enough.
    Confirmed,
    /// The page is drawn, or it is tried again: time to fetch what is missing.
    Fetch,
    /// The program of the page at this address came, or not.
    Came(&'static str, bool),
    /// What is told and shown only when somebody looks closer came, or not.
    DetailsCame(bool),
}

/// Whether a part of the program is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// It is on its way, or will be soon.
    Coming,
    /// It could not be loaded.
    Failed,
    /// It is here.
    Here,
}

/// A page that is asked for and not shown yet: its program is on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coming {
    /// The address of the page.
    pub page: &'static str,
    /// Its program could not be loaded.
    pub failed: bool,
}

/// A file that was dropped for a page to take. Another drop is another file, whatever is in it.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub bytes: Rc<[u8]>,
}

impl PartialEq for Dropped {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.bytes, &other.bytes)
    }
}

/// Which sides of the feed are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Both.
    Compare,
    /// One of them.
    Only(usize),
}

/// Locks: what stands beside the figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Aside {
    /// The invariants and what just happened.
    #[default]
    Events,
    /// The dials.
    Dials,
    /// Each node's clocks against true time.
    Clocks,
    /// The same events by four clocks.
    Stamps,
}

/// What opens over the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Popover {
    /// The list of pages, where there is no room for it.
    Pages,
    /// Seed, nodes, people, traffic.
    NewRun,
    /// The flaws, each with a run that shows what comes of it.
    Break,
    /// The run as a link, and as a code for cameras.
    Link,
    /// Export, import, script.
    File,
    /// The list of keys.
    Keys,
    /// The example situations.
    Situations,
    /// The words of the field.
    Glossary,
}

/// The id of the button that opens the trade-off.
pub const TRADEOFF_ID: &str = "trade-off";

/// Something in a figure that can be named, focused and acted on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// A node.
    Node(NodeId),
    /// The link between two nodes, both directions of it; the lower id first.
    Link(NodeId, NodeId),
    /// A message on its way.
    Flight(u32),
    /// The verdict on the history. It is not in the figure, but opens beside it like all else.
    Verdict,
    /// What all stores' consistency costs. The same holds for it.
    Tradeoff,
}

/// What a key means inside a figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FigureKey {
    /// To the next (1) or the previous (-1) of its kind.
    Along(i32),
    /// To the next or the previous kind: nodes, links, messages.
    Kind(i32),
    /// Acts: opens a node or a message, cuts or heals a link.
    Enter,
    /// Opens the menu.
    Menu,
}

/// As what a run is put on the clipboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The link to it.
    Link,
    /// A frame with it, as HTML.
    Frame,
    /// A golden script.
    Script,
}

/// A stroke across a figure.
#[derive(Clone, PartialEq, Debug)]
pub struct Stroke {
    /// In which.
    pub world: usize,
    /// What draws it.
    pub tip: Tip,
    /// Its points so far.
    pub points: Vec<Point>,
    /// What it was pressed on, in case it turns out to be a click.
    pub on: Option<Item>,
    /// Which links it crosses.
    pub crossed: Vec<(NodeId, NodeId)>,
}

/// A phone on its way to another replica.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PhoneDrag {
    /// Whose.
    pub person: NodeId,
    /// Where the pointer is, in the window.
    pub client: Point,
    /// The replica under it.
    pub over: Option<(usize, NodeId)>,
}

/// What the line under the header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Coach {
    /// Invites the first cut.
    #[default]
    Invite,
    /// Says what to look at.
    Watch,
    /// Nothing.
    Silent,
}

/// What is open, marked and pointed at in a run. It ends with the run: another one begins with none of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RunView {
    /// What is opened up beside the figure.
    pub selected: Option<(usize, Item)>,
    /// Something was opened up while the run played: it plays on once that is closed.
    pub resume: bool,
    /// A stroke being drawn.
    pub stroke: Option<Stroke>,
    /// What the pointer is over.
    pub hover: Option<(usize, Item)>,
    /// Where the keyboard is in each figure, and whether it is there at all.
    pub cursor: Option<(usize, Item)>,
    /// A phone being dragged.
    pub phone: Option<PhoneDrag>,
    /// The phone of whose standing more is said.
    pub explained: Option<(usize, NodeId)>,
    /// The phone on which a post is typed.
    pub composing: Option<(usize, NodeId)>,
    /// What is picked on a phone.
    pub picked: Option<(usize, NodeId, Picked)>,
    /// The history strips.
    pub strip: strip::Strip,
    /// Space-time diagrams instead of pictures, if they are shown.
    pub diagram: Option<shown::Shown>,
    /// Marks of the timeline that are listed: from when to when.
    pub marks: Option<(Micros, Micros)>,
    /// What the line under the header says.
    pub coach: Coach,
    /// The situation that is played.
    pub situation: Option<Playing>,
    /// The conclusion of the partition that was healed then, and of all before, was put away.
    pub read_until: Option<Micros>,
    /// The run is played to the moment at which something breaks, ever slower.
    pub approach: Option<Approach>,
    /// It will be, once it is computed and known when that is.
    pub breaks_ahead: bool,
}

/// A stretch of the run that is played towards its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Approach {
    /// Where it began.
    pub from: Micros,
    /// The moment to be watched.
    pub to: Micros,
    /// At one pace, rather than ever slower.
    pub evenly: bool,
}

/// Everything about the page that is not the run.
#[derive(Clone, PartialEq, Debug)]
pub struct ViewState {
    /// The address of the page that is shown.
    pub page: &'static str,
    /// The address of the page whose run there is. It rests while a page without runs is shown.
    pub home: &'static str,
    /// What is to be shown instead, once it is here.
    pub coming: Option<Coming>,
    /// What is told and shown only when somebody looks closer: sentences, sheets, forms, diagrams.
    pub details: Arrival,
    /// What is open, marked and pointed at in the run.
    pub run: RunView,
    /// The lesson that is played.
    pub lesson: Option<lessons::Class>,
    /// Which sides of the feed.
    pub mode: Mode,
    /// What stands beside the figure of locks.
    pub aside: Aside,
    /// Whether the run advances by itself.
    pub playing: bool,
    /// The speed: 100 times its decimal logarithm.
    pub speed: i32,
    /// Dark colours, if the learner chose; `None` follows the system.
    pub dark: Option<bool>,
    /// Nothing glides or pulses.
    pub still: bool,
    /// The window's size.
    pub window: Size,
    /// The size of each world's figure.
    pub figures: Vec<Size>,
    /// The width of the timeline.
    pub timeline_width: f64,
    /// The figure that has the keyboard.
    pub focused: Option<usize>,
    /// What is open over the page.
    pub open: Option<Popover>,
    /// Tables instead of pictures.
    pub tables: bool,
    /// Routine events too.
    pub routine: bool,
    /// The first visit's words were not put away yet.
    pub first_visit: bool,
    /// A link to the run as it was when that was asked for.
    pub link: Option<String>,
    /// The word of the glossary that was asked for.
    pub term: Option<&'static str>,
    /// Something that went wrong, or well, and is told until it is dismissed.
    pub notice: Option<String>,
    /// Something that was done and is confirmed for a moment.
    pub confirmed: Option<String>,
    /// Whether something is left to undo.
    pub can_undo: bool,
    /// Large, for the back row of a room.
    pub present: bool,
    /// In a frame of another page: one figure and its transport.
    pub framed: bool,
    /// What the live region says.
    pub said: String,
    /// A file is over the page.
    pub dropping: bool,
    /// The latest file that was dropped for a page to take.
    pub dropped: Option<Dropped>,
    /// The run is from a file and not replayed yet: the one that was there before can be gone back to.
    pub may_cancel: bool,
    /// Why there is no referee, if there is none.
    pub no_referee: Option<String>,
    /// At which moment the tab was left, and how the run looked then: shown until it is computed up to there.
    pub picture: Option<(Micros, AttrValue)>,
    /// Where the page's messages go.
    pub send: Callback<Msg>,
}

impl ViewState {
    /// That of `page`, over the run of the page at `home`.
    pub fn new(page: &'static str, home: &'static str, send: Callback<Msg>) -> Self {
        Self {
            page,
            home,
            coming: None,
            details: Arrival::Coming,
            run: RunView::default(),
            lesson: None,
            mode: Mode::Compare,
            aside: Aside::Events,
            playing: true,
            speed: 0,
            dark: None,
            still: false,
            window: Size::default(),
            figures: Vec::new(),
            timeline_width: 0.0,
            focused: None,
            open: None,
            tables: false,
            routine: false,
            first_visit: false,
            link: None,
            term: None,
            notice: None,
            confirmed: None,
            can_undo: false,
            present: false,
            framed: false,
            said: String::new(),
            dropping: false,
            dropped: None,
            may_cancel: false,
            no_referee: None,
            picture: None,
            send,
        }
    }

    /// How much run time passes in a second.
    pub fn rate(&self) -> f64 {
        // The hundredth root of ten, so that no general power has to be loaded.
        1.023_292_992_280_754_f64.powi(self.speed)
    }

    /// How much larger than usual a figure is drawn. The style sheet has the same numbers, as `--big`.
    pub fn scale(&self) -> f64 {
        const SMALLEST_TEXT: f64 = 11.0;
        let big = (self.window.h * 0.025).min(self.window.w * 0.014_062_5).max(18.0);
        if self.present && !self.framed { big / SMALLEST_TEXT } else { 1.0 }
    }

    /// Whether there is room for one column only.
    pub fn narrow(&self) -> bool {
        self.window.w < NARROW
    }

    /// Which worlds are drawn.
    pub fn shown(&self, worlds: usize) -> Vec<usize> {
        match self.mode {
            Mode::Only(world) if world < worlds => vec![world],
            // A phone has room for one: the first until another is picked.
            Mode::Compare if self.narrow() => vec![0],
            Mode::Compare | Mode::Only(_) => (0..worlds).collect(),
        }
    }

    /// A callback that sends `msg`.
    pub fn on<E: 'static>(&self, msg: Msg) -> Callback<E> {
        self.send.reform(move |_: E| msg.clone())
    }
}

/// Below this width (CSS pixels) everything is in one column. The style sheet has the same number.
pub const NARROW: f64 = 760.0;

/// Where a word of the glossary stands on the page.
pub fn term_id(term: &str) -> String {
    format!("term-{}", term.replace(' ', "-"))
}

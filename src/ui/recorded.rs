//! Histories that others recorded: opened from a file, judged by a referee of their own, drawn as bars.
//!
//! Only what is in sight is drawn: a history may have a hundred thousand operations.

use std::fmt::Write;
use std::rc::Rc;

use cap_lab::check::import::{Format, Model};
use cap_lab::check::linearizability::Stop;
use cap_lab::picture::{Bar, Picture, Sight, WIDTHS};
use cap_lab::referee::recorded::{Mistake, Reason, Recorded, Unknown};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Event, Html, TargetCast};

use crate::ui::browser;
use crate::ui::el::{El, button, classed, el, option, words};
use crate::ui::number::Px;
use crate::ui::referee::Heard;
use crate::ui::state::{Msg, ViewState};

/// The address of this page.
pub const ADDRESS: &str = "#history";
/// What is scrolled.
pub const SCROLLED: &str = "recorded";

/// How much beyond the window is drawn, in pixels, so that scrolling never shows a gap.
const MARGIN: f64 = 400.0;
/// A history that is not wider fills the page.
const PAGE: f64 = 1_200.0;

/// The formats, with the names that people know.
const FORMATS: [(Format, &str); 5] = [
    (Format::Jepsen, "Jepsen (EDN, history.txt, jepsen.log)"),
    (Format::JepsenJson, "Jepsen as JSON"),
    (Format::PorcupineEtcd, "Porcupine's etcd log"),
    (Format::PorcupineKv, "Porcupine's key-value log"),
    (Format::PorcupineOperations, "Porcupine's operations as JSON"),
];

/// The models.
const MODELS: [(Model, &str); 10] = [
    (Model::Register, "register"),
    (Model::CasRegister, "register with compare-and-set"),
    (Model::VersionedRegister, "register that counts its writes"),
    (Model::Kv, "key-value store with append"),
    (Model::Set, "set"),
    (Model::Counter, "counter"),
    (Model::Queue, "queue"),
    (Model::Mutex, "mutex"),
    (Model::OwnedLock, "lock with owners"),
    (Model::FencedLock, "lock with fencing tokens"),
];

/// A line of each format.
const LINES: [&str; 5] = [
    "{:process 0, :type :invoke, :f :write, :value 3}",
    "{\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"value\": 3}",
    "INFO  jepsen.util - 0 :invoke :write 3",
    "{:process 0, :type :invoke, :f :append, :key \"k\", :value \"x\"}",
    "{\"ClientId\": 0, \"Input\": {\"Op\": \"put\", \"Key\": \"k\", \"Value\": \"x\"}, \"Call\": 1, \"Output\": null, \"Return\": 2}",
];

/// Small histories to begin with: what the button says, the file's name, its text.
const EXAMPLES: [(&str, &str, &str); 3] = [
    (
        "A read that is out of date",
        "stale-read.edn",
        "{:process 0, :type :invoke, :f :write, :value 1}
         {:process 0, :type :ok, :f :write, :value 1}
         {:process 1, :type :invoke, :f :write, :value 2}
         {:process 0, :type :invoke, :f :read, :value nil}
         {:process 0, :type :ok, :f :read, :value 2}
         {:process 2, :type :invoke, :f :read, :value nil}
         {:process 2, :type :ok, :f :read, :value 1}
         {:process 1, :type :ok, :f :write, :value 2}",
    ),
    (
        "A write that takes effect while it is slow",
        "slow-write.edn",
        "{:process 0, :type :invoke, :f :write, :value 1}
         {:process 1, :type :invoke, :f :read, :value nil}
         {:process 1, :type :ok, :f :read, :value nil}
         {:process 2, :type :invoke, :f :read, :value nil}
         {:process 2, :type :ok, :f :read, :value 1}
         {:process 1, :type :invoke, :f :read, :value nil}
         {:process 1, :type :ok, :f :read, :value 1}
         {:process 0, :type :ok, :f :write, :value 1}",
    ),
    (
        "A lock that two hold",
        "lock.edn",
        "{:process 0, :type :invoke, :f :acquire, :value nil}
         {:process 0, :type :ok, :f :acquire, :value nil}
         {:process 1, :type :invoke, :f :acquire, :value nil}
         {:process 1, :type :ok, :f :acquire, :value nil}
         {:process 0, :type :invoke, :f :release, :value nil}
         {:process 0, :type :ok, :f :release, :value nil}",
    ),
];

/// What can be asked of this page.
#[derive(Clone, PartialEq, Debug)]
pub enum Do {
    /// Judges a file.
    Take { name: String, bytes: Rc<[u8]> },
    /// Reads it as this instead.
    Format(Format),
    /// Judges it as this instead.
    Model(Model),
    /// Its registers held this at first; if it is empty, what they usually hold.
    Initial(String),
    /// The referee said something.
    Heard(Heard),
    /// The drawing was scrolled, or the window has another size.
    Scrolled,
    /// Draws events wider, or narrower.
    Zoom(i32),
    /// Goes to the evidence.
    Show,
}

/// What a file came to so far.
#[derive(Clone, PartialEq, Debug)]
pub enum Standing {
    /// Being read.
    Reading,
    /// Being checked; so many configurations were looked at.
    Checking(u64),
    /// It can't be read.
    Wrong(Mistake),
    /// An order explains it.
    Linearizable,
    /// None does: why, for each object that has none.
    NotLinearizable(Vec<Reason>),
    /// Nobody knows.
    Unknown(Unknown),
    /// There is no referee: why.
    Off(String),
}

/// A file on this page.
#[derive(Clone, PartialEq, Debug)]
pub struct Opened {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub bytes: Rc<[u8]>,
    /// As what it is to be read, if it was chosen.
    pub format: Option<Format>,
    /// The same.
    pub model: Option<Model>,
    /// What its registers held at first, if it was chosen.
    pub initial: Option<String>,
    /// What it came to.
    pub standing: Standing,
    /// What was read.
    pub picture: Option<Rc<Picture>>,
    /// The linearization: operations with their moments in thousandths of an event.
    pub order: Rc<Vec<(u32, u64)>>,
    /// Which of [`WIDTHS`] an event has.
    pub zoom: usize,
    /// What of the drawing is in sight, in pixels.
    pub sight: (f64, f64),
}

impl Opened {
    /// A file that nothing is known of yet.
    pub fn new(name: String, bytes: Rc<[u8]>) -> Self {
        Self {
            name,
            bytes,
            format: None,
            model: None,
            initial: None,
            standing: Standing::Reading,
            picture: None,
            order: Rc::default(),
            zoom: 3,
            sight: (0.0, 0.0),
        }
    }

    /// It was read.
    pub fn take(&mut self, history: Recorded) {
        let picture = Picture::new(history);
        self.zoom = if picture.zoom(PAGE) == WIDTHS.len() - 1 { WIDTHS.len() - 1 } else { 3 };
        self.standing = Standing::Checking(0);
        (self.picture, self.order) = (Some(Rc::new(picture)), Rc::default());
    }

    /// The history, if it was read.
    pub fn history(&self) -> Option<&Recorded> {
        self.picture.as_deref().map(|picture| &picture.history)
    }

    /// How wide an event is, in pixels.
    pub fn event(&self) -> f64 {
        WIDTHS[self.zoom]
    }

    /// Draws events wider or narrower.
    pub fn zoom(&mut self, by: i32) {
        self.zoom = (self.zoom as i32 + by).clamp(0, WIDTHS.len() as i32 - 1) as usize;
    }

    /// Where the first operation of the evidence is, in pixels.
    pub fn evidence_at(&self) -> Option<f64> {
        let reason = self.reasons().first()?;
        self.picture.as_ref()?.evidence_at(reason, self.event())
    }

    fn reasons(&self) -> &[Reason] {
        match &self.standing {
            Standing::NotLinearizable(reasons) => reasons,
            _ => &[],
        }
    }
}

/// The page.
pub fn page(ui: &ViewState) -> Html {
    let about = "Engineers: is it linearizable? Give a history that your tests recorded: what Jepsen, Maelstrom or \
                 Porcupine wrote, also packed with gzip. It is checked in this browser and sent nowhere. Your run stays as it is.";
    let head = classed("header", "row")
        .add(words("h2", "Check a history"))
        .add(chooser(ui))
        .add(el("span").text("or drop a file anywhere"))
        .add(classed("a", "back").set("href", browser::address(ui.page).to_owned()).text("Back to the run"));
    let page = classed("main", "recorded-page").add(head).add(words("p", about));
    let Some(opened) = &ui.recorded else { return page.add(samples(ui)).html() };
    page.add(as_what(opened, ui))
        .add(told(opened))
        .list(warnings(opened))
        .list(evidence(opened, ui))
        .optional(picture(opened, ui))
        .add(examples(ui))
        .html()
}

/// What files look like, and some to begin with.
fn samples(ui: &ViewState) -> El {
    let format = |((_, name), line): (&(Format, &str), &str)| {
        el("div").add(words("dt", name)).add(el("dd").add(words("code", line)))
    };
    classed("section", "samples")
        .add(words("h3", "A line of each format; which one it is, and of what, is guessed and can be corrected"))
        .add(el("dl").list(FORMATS.iter().zip(LINES).map(format).collect()))
        .add(examples(ui))
}

fn examples(ui: &ViewState) -> El {
    let example = |(label, name, text): (&'static str, &str, &str)| {
        button("", label, &ui.send, Msg::Recorded(Do::Take { name: name.to_owned(), bytes: text.as_bytes().into() }))
    };
    classed("div", "row").add(el("span").text("No file at hand?")).list(EXAMPLES.map(example).into())
}

fn chooser(ui: &ViewState) -> El {
    let send = ui.send.clone();
    let picked = Callback::from(move |event: Event| {
        let input = event.target_unchecked_into::<HtmlInputElement>();
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            browser::read_file(&file, &send, |name, bytes| Msg::Recorded(Do::Take { name, bytes: bytes.into() }));
        }
        // So that the same file can be picked again.
        input.set_value("");
    });
    let input = el("input").attr("type", "file").on(ListenerKind::onchange, picked);
    classed("label", "button primary").text("Choose a file…").add(input)
}

/// The file, as what it is read, and as what it is judged.
fn as_what(opened: &Opened, ui: &ViewState) -> El {
    let (format, model) = match (&opened.standing, opened.history()) {
        (Standing::Wrong(mistake), _) => (mistake.format, mistake.model),
        (_, Some(history)) => (Some(history.about.format), Some(history.about.model)),
        _ => (opened.format, opened.model),
    };
    let pick_format = |event: &Event| Msg::Recorded(Do::Format(FORMATS[picked(event, FORMATS.len())].0));
    let pick_model = |event: &Event| Msg::Recorded(Do::Model(MODELS[picked(event, MODELS.len())].0));
    let formats = choice(&FORMATS.map(|(one, name)| (name, format == Some(one))));
    let models = choice(&MODELS.map(|(one, name)| (name, model == Some(one))));
    let typed = |event: &Event| {
        Msg::Recorded(Do::Initial(event.target_unchecked_into::<HtmlInputElement>().value().trim().to_owned()))
    };
    let initial = opened.history().and_then(|history| history.about.initial.clone()).map(|initial| {
        let field = el("input").attr("type", "text").attr("size", "5").attr("maxlength", "40").value(initial);
        let why = "What the register holds before the first operation: nil, a number, a text or another value of EDN. \
                   Emptied, it is nil.";
        el("label").attr("title", why).text("Holds at first ").add(field.hear(ListenerKind::onchange, &ui.send, typed))
    });
    let count = opened.history().map(|history| {
        let left_out = match history.about.left_out {
            0 => String::new(),
            count => format!(", {count} entries of the nemesis left out"),
        };
        el("span").text(&format!("{} operations, {} at most at once{left_out}", history.operations.len(), history.rows))
    });
    classed("div", "row")
        .add(words("b", &opened.name))
        .add(el("label").text("Format ").add(formats.hear(ListenerKind::onchange, &ui.send, pick_format)))
        .add(el("label").text("Model ").add(models.hear(ListenerKind::onchange, &ui.send, pick_model)))
        .optional(initial)
        .optional(count)
}

fn picked(event: &Event, count: usize) -> usize {
    let value = event.target_unchecked_into::<HtmlSelectElement>().value();
    value.parse().map_or(0, |picked: usize| picked.min(count - 1))
}

fn choice(among: &[(&str, bool)]) -> El {
    let mut options = Vec::new();
    if !among.iter().any(|(_, on)| *on) {
        options.push(option(String::new(), "choose", true).attr("disabled", ""));
    }
    for (place, (name, on)) in among.iter().enumerate() {
        options.push(option(place.to_string(), name, *on));
    }
    el("select").list(options)
}

/// The verdict in large, and what it means.
fn told(opened: &Opened) -> El {
    let (class, title, meaning) = match &opened.standing {
        Standing::Reading => ("", "reading …", String::new()),
        Standing::Checking(0) => ("", "checking …", String::new()),
        Standing::Checking(explored) => ("", "checking …", format!("{explored} configurations so far")),
        Standing::Wrong(Mistake { line, what, .. }) => ("bad", "✕ can't be read", format!("Line {line}: {what}.")),
        Standing::Linearizable => {
            let meaning = "One order of all operations explains every result and keeps the order of time: the dots.";
            ("good", "✓ linearizable", meaning.to_owned())
        }
        Standing::NotLinearizable(reasons) => {
            let meaning = reasons.first().map(|reason| reason.sentence.clone());
            ("bad", "✕ not linearizable", meaning.unwrap_or_default())
        }
        Standing::Unknown(Unknown { explored, why, longest, of }) => {
            let limit = if *why == Stop::Memory { " and this page's memory" } else { "" };
            let meaning = format!(
                "Neither an order nor a proof against one within {explored} configurations{limit}. The longest order found has {} of \
                 {of} operations.",
                longest.len()
            );
            ("", "? unknown", meaning)
        }
        Standing::Off(reason) => {
            let meaning = format!("The checker, which runs in a web worker, could not be had ({reason}).");
            ("warn", "not checked", meaning)
        }
    };
    let alert = matches!(opened.standing, Standing::Wrong(_) | Standing::Off(_));
    classed("div", "finding")
        .attr("role", if alert { "alert" } else { "status" })
        .add(el("b").class(class).text(title))
        .add(words("p", &meaning))
}

/// What is odd about the history.
fn warnings(opened: &Opened) -> Vec<El> {
    let Some(history) = opened.history() else { return Vec::new() };
    let warning = |words: &String| {
        classed("p", "warning").add(el("b").class("warn").text("⚠ ")).text(&format!("Warning: {words}."))
    };
    history.about.warnings.iter().map(warning).collect()
}

/// What is impossible together, and how far an order gets, for each object.
fn evidence(opened: &Opened, ui: &ViewState) -> Vec<El> {
    let Some(history) = opened.history() else { return Vec::new() };
    let mut all = Vec::new();
    for (nth, reason) in opened.reasons().iter().enumerate() {
        let minimal = if reason.minimal { "" } else { "; a smaller set may be impossible too" };
        let title = format!("Impossible together, by invocation{minimal}");
        let line = |(one, what): (&u32, &String)| {
            el("li").add(words("b", what)).text(" ").text(&history.about.who(&history.operations[*one as usize]))
        };
        let failed =
            reason.failed.iter().map(|failed| el("li").text("✕ ").add(words("b", failed)).text(", which failed"));
        let lines = reason.operations.iter().zip(&reason.words).map(line).chain(failed);
        let list = classed("ul", "proof").list(lines.collect());
        let about =
            format!("The longest order found has {} of {} operations on that object.", reason.longest.len(), reason.of);
        let show = (nth == 0).then(|| button("", "Show in the picture", &ui.send, Msg::Recorded(Do::Show)));
        // The first sentence stands below the verdict.
        all.extend((nth > 0).then(|| words("p", &reason.sentence)));
        all.push(words("h3", &title));
        all.push(list);
        all.push(classed("div", "row").optional(show).add(words("span", &about)));
    }
    all
}

/// The operations as bars, what is in sight of them.
fn picture(opened: &Opened, ui: &ViewState) -> Option<El> {
    let picture = opened.picture.as_ref()?;
    let (width, height) = picture.size(opened.event());
    let (left, seen) = opened.sight;
    let sight = ((left - MARGIN).max(0.0), (left + seen + MARGIN).min(width));
    let mut drawing = el("svg")
        .attr("class", "history")
        .attr("role", "img")
        .name(format!(
            "{} operations as bars, a row for each client; the list above names the evidence",
            picture.history.operations.len()
        ))
        .px("width", width)
        .px("height", height)
        .add(numbers(picture, opened.event(), sight, height));
    let marked: Vec<u32> = opened.reasons().iter().flat_map(|reason| reason.operations.iter().copied()).collect();
    for row in 0..picture.rows() {
        let bars = picture.bars(row, opened.event(), sight);
        drawing = drawing.add(el("g").list(bars.iter().map(|drawn| bar(drawn, &marked)).collect()));
    }
    let zoom = |label, name, by| button("icon", label, &ui.send, Msg::Recorded(Do::Zoom(by))).attr("aria-label", name);
    let legend = "A row for each client, left to right by the order of events; dashed: nobody knows what came of it.";
    let scrolled = |_: &Event| Msg::Recorded(Do::Scrolled);
    let scroller = classed("div", "recorded")
        .attr("id", SCROLLED)
        .attr("tabindex", "0")
        .attr("role", "region")
        .attr("aria-label", "History")
        .hear(ListenerKind::onscroll, &ui.send, scrolled)
        .add(drawing.optional(order(picture, opened, sight)));
    let foot =
        classed("div", "row").add(zoom("−", "Narrower", -1)).add(zoom("+", "Wider", 1)).add(words("span", legend));
    Some(classed("div", "drawn").add(foot).add(scroller))
}

/// The numbers of the events, and lines below them.
fn numbers(picture: &Picture, event: f64, sight: Sight, height: f64) -> El {
    let (top, numbers) = picture.numbers(event, sight);
    let tick = |&(number, x): &(u64, f64)| {
        classed("g", "tick")
            .key(&number.to_string())
            .add(el("path").set("d", format!("M{},{}V{}", Px(x), Px(top), Px(height))))
            .add(words("text", &number.to_string()).px("x", x).attr("y", "11"))
    };
    el("g").list(numbers.iter().map(tick).collect())
}

fn bar(drawn: &Bar, marked: &[u32]) -> El {
    let Bar { operation, at: (x, y), size: (width, height), label, title, is_done } = drawn;
    let rect = |grow: f64| {
        el("rect")
            .px("x", x - grow)
            .px("y", y - grow)
            .px("width", width + 2.0 * grow)
            .px("height", height + 2.0 * grow)
            .attr("rx", "3")
    };
    classed("g", if *is_done { "bar done" } else { "bar unknown" })
        .key(&operation.to_string())
        .add(words("title", title))
        .add(rect(0.0))
        .optional(marked.contains(operation).then(|| rect(3.0).attr("class", "evidence")))
        .optional((!label.is_empty()).then(|| words("text", label).px("x", x + 4.0).px("y", y + 13.0)))
}

/// The linearization in sight: a dot in each operation, and a line from one to the next.
fn order(picture: &Picture, opened: &Opened, sight: Sight) -> Option<El> {
    let points = picture.order(&opened.order, opened.event(), sight);
    let mut path = String::new();
    let mut dots = Vec::new();
    for (one, x, y) in points {
        let (x, y) = (Px(x), Px(y));
        let step = if path.is_empty() { 'M' } else { 'L' };
        write!(path, "{step}{x},{y}").expect("strings take everything");
        dots.push(
            el("circle").key(&one.to_string()).set("cx", x.to_string()).set("cy", y.to_string()).attr("r", "2.6"),
        );
    }
    (!dots.is_empty()).then(|| classed("g", "order").add(el("path").set("d", path)).list(dots))
}

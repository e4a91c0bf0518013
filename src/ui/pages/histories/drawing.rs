//! Histories that others recorded: opened from a file, judged by a referee of their own, drawn as bars.
//!
//! Only what is in sight is drawn: a history may have a hundred thousand operations.

use std::fmt::Write;

use cap_lab::check::import::Format;
use cap_lab::check::linearizability::Stop;
use cap_lab::picture::{Bar, Picture, Sight};
use cap_lab::referee::recorded::{Mistake, Unknown};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Event, Html, TargetCast};

use super::opened::{Do, FORMATS, MODELS, NIL_READS, Opened, Standing};
use crate::ui::browser;
use crate::ui::el::{El, button, classed, el, option, words};
use crate::ui::number::Px;

/// What is scrolled.
pub const SCROLLED: &str = "recorded";

/// How much beyond the window is drawn, in pixels, so that scrolling never shows a gap.
const MARGIN: f64 = 400.0;

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

/// The page. `home` is the address of the page whose run rests meanwhile.
pub fn page(opened: Option<&Opened>, home: &'static str, send: &Callback<Do>) -> Html {
    let about = "Engineers: is it linearizable? Give a history that your tests recorded. Jepsen's, Maelstrom's and Porcupine's files are read, packed with gzip or not. They are checked in this browser and sent nowhere. Your run stays as it is.";
    let head = classed("header", "row")
        .add(words("h2", "Check a history"))
        .add(chooser(send))
        .add(el("span").text("or drop a file anywhere"))
        .add(classed("a", "back").attr("href", home).text("Back to the run"));
    let page = classed("main", "recorded-page").add(head).add(words("p", about));
    let Some(opened) = opened else { return page.add(samples(send)).html() };
    page.add(as_what(opened, send))
        .add(told(opened, send))
        .list(warnings(opened))
        .list(evidence(opened, send))
        .optional(picture(opened, send))
        .add(examples(send))
        .html()
}

/// What files look like, and some to begin with.
fn samples(send: &Callback<Do>) -> El {
    let format = |((_, name), line): (&(Format, &str), &str)| {
        el("div").add(words("dt", name)).add(el("dd").add(words("code", line)))
    };
    classed("section", "samples")
        .add(words("h3", "A line of each format; which one it is, and of what, is guessed and can be corrected"))
        .add(el("dl").list(FORMATS.iter().zip(LINES).map(format).collect()))
        .add(examples(send))
}

fn examples(send: &Callback<Do>) -> El {
    let example = |(label, name, text): (&'static str, &str, &str)| {
        button("", label, send, Do::Take(Ok((name.to_owned(), text.as_bytes().into()))))
    };
    classed("div", "row").add(el("span").text("No file at hand?")).list(EXAMPLES.map(example).into())
}

fn chooser(send: &Callback<Do>) -> El {
    let read = send.reform(|file: Result<browser::FileBytes, String>| Do::Take(file));
    let picked = Callback::from(move |event: Event| browser::read_picked(&event, &read));
    let input = el("input").attr("type", "file").on(ListenerKind::onchange, picked);
    classed("label", "button primary").text("Choose a file…").add(input)
}

/// The file, as what it is read, and as what it is judged.
fn as_what(opened: &Opened, send: &Callback<Do>) -> El {
    let (format, model) = match (&opened.standing, opened.history()) {
        (Standing::Wrong(mistake), _) => (mistake.format, mistake.model),
        (_, Some(history)) => (Some(history.about.format), Some(history.about.model)),
        _ => (opened.format, opened.model),
    };
    let pick_format = |event: &Event| Do::Format(FORMATS[picked(event, FORMATS.len())].0);
    let pick_model = |event: &Event| Do::Model(MODELS[picked(event, MODELS.len())].0);
    let formats = choice(&FORMATS.map(|(one, name)| (name, format == Some(one))));
    let models = choice(&MODELS.map(|(one, name)| (name, model == Some(one))));
    let typed =
        |event: &Event| Do::Initial(event.target_unchecked_into::<HtmlInputElement>().value().trim().to_owned());
    let initial = opened.history().and_then(|history| history.about.initial.clone()).map(|initial| {
        let field = el("input").attr("type", "text").attr("size", "5").attr("maxlength", "40").value(initial);
        let why = "What the register holds before the first operation: nil, a number, a text or another value of EDN. \
                   Emptied, it is nil.";
        let label = el("label").text("Holds at first ").add(field.hear(ListenerKind::onchange, send, typed));
        el("span").add(label).add(words("small", why))
    });
    let pick_nil = |event: &Event| Do::Nil(NIL_READS[picked(event, NIL_READS.len())].0);
    let nil_read = model.zip(format).filter(|(model, _)| model.reads_nil()).map(|(_, format)| {
        let says = opened.nil_read.unwrap_or(format.nil_read());
        let choices = choice(&NIL_READS.map(|(one, name)| (name, one == says)));
        el("label").text("A read of nil ").add(choices.hear(ListenerKind::onchange, send, pick_nil))
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
        .add(el("label").text("Format ").add(formats.hear(ListenerKind::onchange, send, pick_format)))
        .add(el("label").text("Model ").add(models.hear(ListenerKind::onchange, send, pick_model)))
        .optional(initial)
        .optional(nil_read)
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
fn told(opened: &Opened, send: &Callback<Do>) -> El {
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
        Standing::Cancelled(explored) => {
            let so_far = if *explored == 0 { String::new() } else { format!(" after {explored} configurations") };
            ("", "? not decided", format!("The check was cancelled{so_far}."))
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
        .optional(match &opened.standing {
            Standing::Reading | Standing::Checking(_) => {
                Some(classed("button", "").text("Cancel").click(send, Do::Cancel))
            }
            Standing::Cancelled(_) | Standing::Off(_) => {
                Some(classed("button", "").text("Check it again").click(send, Do::Again))
            }
            _ => None,
        })
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
fn evidence(opened: &Opened, send: &Callback<Do>) -> Vec<El> {
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
        let show = (nth == 0).then(|| button("", "Show in the picture", send, Do::Show));
        // The first sentence stands below the verdict.
        all.extend((nth > 0).then(|| words("p", &reason.sentence)));
        all.push(words("h3", &title));
        all.push(list);
        all.push(classed("div", "row").optional(show).add(words("span", &about)));
    }
    all
}

/// The operations as bars, what is in sight of them.
fn picture(opened: &Opened, send: &Callback<Do>) -> Option<El> {
    let picture = opened.picture.as_ref()?;
    let (width, height) = picture.size(opened.event());
    let (left, seen) = opened.sight;
    let sight = ((left - MARGIN).max(0.0), (left + seen + MARGIN).min(width));
    let mut drawing = el("svg")
        .attr("class", "history")
        .attr("role", "img")
        .name(format!(
            "{} operations as bars, clients that never overlap may share a row; the list above names the evidence",
            picture.history.operations.len()
        ))
        .px("width", width)
        .px("height", height)
        .add(numbers(picture, opened.event(), sight, height));
    let marked: Vec<u32> = opened.reasons().iter().flat_map(|reason| reason.operations.iter().copied()).collect();
    for row in 0..picture.rows() {
        let bars = picture.bars(row, opened.event(), sight);
        drawing = drawing.add(el("g").list(bars.iter().map(|drawn| bar(drawn, &marked, send)).collect()));
    }
    let zoom = |label, name, by| button("icon", label, send, Do::Zoom(by)).attr("aria-label", name);
    let legend = "Time runs from left to right. Clients that never overlap may share a row. Dashed: nobody knows what came of it. \
                  Click a bar to read it whole.";
    let scrolled = |_: &Event| Do::Scrolled;
    let scroller = classed("div", "recorded")
        .attr("id", SCROLLED)
        .attr("tabindex", "0")
        .attr("role", "region")
        .attr("aria-label", "History")
        .hear(ListenerKind::onscroll, send, scrolled)
        .add(drawing.optional(order(picture, opened, sight)));
    let foot = classed("div", "row")
        .add(zoom("−", "Narrower", -1))
        .add(zoom("+", "Wider", 1))
        .add(words("span", legend))
        .optional(opened.told.as_ref().map(|told| words("b", told).attr("role", "status")));
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

fn bar(drawn: &Bar, marked: &[u32], send: &Callback<Do>) -> El {
    let Bar { operation, at: (x, y), size: (width, height), label, is_done, .. } = drawn;
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
        .click(send, Do::Tell(drawn.title.clone()))
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

//! Histories that others recorded: opened from a file, judged by a referee of their own, drawn as bars.
//!
//! Only what is in sight is drawn: a history may have a hundred thousand operations.

use std::fmt::Write;

use cap_lab::check::import::Format;
use cap_lab::referee::recorded::{Act, Mistake, Recorded};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Event, Html, TargetCast};

use super::opened::{Do, FORMATS, MODELS, Opened, Standing};
use crate::ui::browser;
use crate::ui::el::{El, button, classed, el, option, words};
use crate::ui::number::Px;

/// What is scrolled.
pub const SCROLLED: &str = "recorded";

/// How high a row is, and the line of numbers above the rows.
const ROW: f64 = 28.0;
const TOP: f64 = 18.0;
/// How much beyond the window is drawn, in pixels, so that scrolling never shows a gap.
const MARGIN: f64 = 400.0;
/// How wide a letter is.
const LETTER: f64 = 6.2;

/// A line of each format.
const LINES: [&str; 4] = [
    "{:process 0, :type :invoke, :f :write, :value 3}",
    "{\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"value\": 3}",
    "INFO  jepsen.util - 0 :invoke :write 3",
    "{:process 0, :type :invoke, :f :append, :key \"k\", :value \"x\"}",
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
    let about = "Engineers: is it linearizable? Give a history that your tests recorded, as Jepsen's EDN or JSON or as \
                 Porcupine's log lines. It is checked in this browser and sent nowhere. Your run stays as it is.";
    let head = classed("header", "row")
        .add(words("h2", "Check a history"))
        .add(chooser(send))
        .add(el("span").text("or drop a file anywhere"))
        .add(classed("a", "back").attr("href", home).text("Back to the run"));
    let page = classed("main", "recorded-page").add(head).add(words("p", about));
    let Some(opened) = opened else { return page.add(samples(send)).html() };
    page.add(as_what(opened, send))
        .add(told(opened))
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
        button("", label, send, Do::Take(Ok((name.to_owned(), text.into()))))
    };
    classed("div", "row").add(el("span").text("No file at hand?")).list(EXAMPLES.map(example).into())
}

fn chooser(send: &Callback<Do>) -> El {
    let read = send.reform(|file: Result<browser::FileText, String>| Do::Take(file));
    let picked = Callback::from(move |event: Event| browser::read_picked(&event, &read));
    let input = el("input").attr("type", "file").on(ListenerKind::onchange, picked);
    classed("label", "button primary").text("Choose a file…").add(input)
}

/// The file, as what it is read, and as what it is judged.
fn as_what(opened: &Opened, send: &Callback<Do>) -> El {
    let (format, model) = match (&opened.standing, &opened.history) {
        (Standing::Wrong(mistake), _) => (mistake.format, Some(mistake.model)),
        (_, Some(history)) => (Some(history.format), Some(history.model)),
        _ => (opened.format, opened.model),
    };
    let pick_format = |event: &Event| Do::Format(FORMATS[picked(event, FORMATS.len())].0);
    let pick_model = |event: &Event| Do::Model(MODELS[picked(event, MODELS.len())].0);
    let formats = choice(&FORMATS.map(|(one, name)| (name, format == Some(one))));
    let models = choice(&MODELS.map(|(one, name)| (name, model == Some(one))));
    let typed =
        |event: &Event| Do::Initial(event.target_unchecked_into::<HtmlInputElement>().value().trim().to_owned());
    let initial = opened.history.as_ref().and_then(|history| history.initial.clone()).map(|initial| {
        let field = el("input").attr("type", "text").attr("size", "5").attr("maxlength", "40").value(initial);
        let why = "What the register holds before the first operation: nil, a number or a text. By custom 0 in Jepsen's \
                   histories but those of RethinkDB, nil in Porcupine's. Emptied, the custom counts.";
        el("label").attr("title", why).text("Holds at first ").add(field.hear(ListenerKind::onchange, send, typed))
    });
    let count = opened.history.as_ref().map(|history| {
        el("span").text(&format!("{} operations, {} at most at once", history.operations.len(), history.rows))
    });
    classed("div", "row")
        .add(words("b", &opened.name))
        .add(el("label").text("Format ").add(formats.hear(ListenerKind::onchange, send, pick_format)))
        .add(el("label").text("Model ").add(models.hear(ListenerKind::onchange, send, pick_model)))
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
        Standing::NotLinearizable(reason) => ("bad", "✕ not linearizable", reason.sentence.clone()),
        Standing::Unknown(explored) => {
            let meaning = format!("Neither an order nor a proof against one within {explored} configurations.");
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

/// What is impossible together, and how far an order gets.
fn evidence(opened: &Opened, send: &Callback<Do>) -> Vec<El> {
    let (Standing::NotLinearizable(reason), Some(history)) = (&opened.standing, &opened.history) else {
        return Vec::new();
    };
    let minimal = if reason.minimal { "" } else { "; a smaller set may be impossible too" };
    let title = format!("Impossible together, by invocation{minimal}");
    let line = |&one: &u32| {
        let act = &history.operations[one as usize];
        el("li").add(words("b", &act.what)).text(" ").text(&history.who(act))
    };
    let (longest, of) = reason.longest;
    let list = classed("ul", "proof").list(reason.operations.iter().map(line).collect());
    let show = button("", "Show in the picture", send, Do::Show);
    let about = format!("The longest order found has {longest} of {of} operations on that object.");
    vec![words("h3", &title), list, classed("div", "row").add(show).add(words("span", &about))]
}

/// The operations as bars, what is in sight of them.
fn picture(opened: &Opened, send: &Callback<Do>) -> Option<El> {
    let history = opened.history.as_ref().filter(|history| !history.operations.is_empty())?;
    let end = history.operations.iter().map(|act| act.returned.unwrap_or(act.invoked)).max()? + 2;
    let (width, height) = (end as f64 * opened.event(), TOP + ROW * f64::from(history.rows) + 6.0);
    let (left, seen) = opened.sight;
    let sight = ((left - MARGIN).max(0.0), (left + seen + MARGIN).min(width));
    let mut drawing = el("svg")
        .attr("class", "history")
        .attr("role", "img")
        .name(format!(
            "{} operations as bars, a row for each client; the list above names the evidence",
            history.operations.len()
        ))
        .px("width", width)
        .px("height", height)
        .add(numbers(opened.event(), sight, height));
    for (row, acts) in opened.rows.iter().enumerate() {
        drawing = drawing.add(bars(opened, history, acts, (row, sight, end)));
    }
    let zoom = |label, name, by| button("icon", label, send, Do::Zoom(by)).attr("aria-label", name);
    let legend = "A row for each client, left to right by the order of events; dashed: nobody knows what came of it.";
    let scrolled = |_: &Event| Do::Scrolled;
    let scroller = classed("div", "recorded")
        .attr("id", SCROLLED)
        .attr("tabindex", "0")
        .attr("role", "region")
        .attr("aria-label", "History")
        .hear(ListenerKind::onscroll, send, scrolled)
        .add(drawing.optional(order(opened, sight)));
    let foot =
        classed("div", "row").add(zoom("−", "Narrower", -1)).add(zoom("+", "Wider", 1)).add(words("span", legend));
    Some(classed("div", "drawn").add(foot).add(scroller))
}

/// The numbers of the events, and lines below them.
fn numbers(event: f64, (from, to): (f64, f64), height: f64) -> El {
    let step = [1, 2, 5, 10, 20, 50, 100, 200].into_iter().find(|step| f64::from(*step) * event >= 56.0).unwrap_or(500);
    let first = (from / event) as u64 / u64::from(step as u32);
    let last = (to / event) as u64 / u64::from(step as u32);
    let tick = |nth: u64| {
        let number = nth * u64::from(step as u32);
        let x = number as f64 * event;
        classed("g", "tick")
            .key(&number.to_string())
            .add(el("path").set("d", format!("M{},{}V{}", Px(x), Px(TOP - 4.0), Px(height))))
            .add(words("text", &number.to_string()).px("x", x).attr("y", "11"))
    };
    el("g").list((first.max(1)..=last).map(tick).collect())
}

/// The bars of one row that are in sight.
fn bars(opened: &Opened, history: &Recorded, acts: &[u32], place: (usize, (f64, f64), u64)) -> El {
    let (row, (from, to), end) = place;
    let event = opened.event();
    let x = |moment: u64| moment as f64 * event;
    let act = |one: u32| &history.operations[one as usize];
    // One of unknown fate is drawn up to the next one of its row.
    let until = |nth: usize| {
        let next = acts.get(nth + 1).map_or(end, |next| act(*next).invoked);
        act(acts[nth]).returned.unwrap_or(next)
    };
    // The one before may be of unknown fate, and reach into sight.
    let ended = |one: &u32| x(act(*one).returned.unwrap_or(act(*one).invoked)) < from;
    let first = acts.partition_point(ended).saturating_sub(1);
    let y = TOP + ROW * row as f64 + 5.0;
    let bar = |nth: usize| {
        let Act { invoked, returned, what, .. } = act(acts[nth]);
        let width = (x(until(nth)) - x(*invoked) - 1.5).max(2.0);
        let rect = |grow: f64| {
            el("rect")
                .px("x", x(*invoked) - grow)
                .px("y", y - grow)
                .px("width", width + 2.0 * grow)
                .px("height", 18.0 + 2.0 * grow)
                .attr("rx", "3")
        };
        let room = ((width - 5.0) / LETTER).max(0.0) as usize;
        let label: String = what.chars().take(room).collect();
        let marked = opened.evidence().contains(&acts[nth]);
        classed("g", if returned.is_some() { "bar done" } else { "bar unknown" })
            .key(&acts[nth].to_string())
            .add(words("title", &format!("{what} {}", history.who(act(acts[nth])))))
            .add(rect(0.0))
            .optional(marked.then(|| rect(3.0).attr("class", "evidence")))
            .optional((!label.is_empty()).then(|| words("text", &label).px("x", x(*invoked) + 4.0).px("y", y + 13.0)))
    };
    let seen = (first..acts.len()).take_while(|&nth| x(act(acts[nth]).invoked) <= to);
    el("g").list(seen.map(bar).collect())
}

/// The linearization in sight: a dot in each operation, and a line from one to the next.
fn order(opened: &Opened, (from, to): (f64, f64)) -> Option<El> {
    let history = opened.history.as_ref()?;
    let x = |at: u64| at as f64 / 1e3 * opened.event();
    let first = opened.order.partition_point(|(_, at)| x(*at) < from);
    let mut path = String::new();
    let mut dots = Vec::new();
    for (one, at) in opened.order[first..].iter().take_while(|(_, at)| x(*at) <= to) {
        let row = f64::from(history.operations[*one as usize].row);
        let (x, y) = (Px(x(*at)), Px(TOP + ROW * row + 14.0));
        let step = if path.is_empty() { 'M' } else { 'L' };
        write!(path, "{step}{x},{y}").expect("strings take everything");
        dots.push(
            el("circle").key(&one.to_string()).set("cx", x.to_string()).set("cy", y.to_string()).attr("r", "2.6"),
        );
    }
    (!dots.is_empty()).then(|| classed("g", "order").add(el("path").set("d", path)).list(dots))
}

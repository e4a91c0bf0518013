//! What stands beside the bands: the verdict, the play head, the clocks, the events, the stamps.

use cap_lab::explain;
use cap_lab::spacetime::stamps::{Clock, Comparison, StampedEvent};
use web_sys::{Event, HtmlInputElement};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, TargetCast};

use super::run::{Desk, Do};
use crate::ui::el::{El, button, classed, el, words};

/// How many events are told.
const EVENTS: usize = 12;
/// How many stamped events are shown.
const STAMPED: usize = 40;

/// What became of lock and file up to the play head.
pub fn verdict(desk: &Desk) -> El {
    let watch = desk.run().watch();
    let overlaps = watch.overlaps.len();
    let beliefs = match overlaps {
        0 => "Never did two clients believe at once that they hold the lock.".to_owned(),
        _ => "Two clients believed at once that they hold the lock.".to_owned(),
    };
    let (class, file) = match &watch.broken {
        Some((at, broken)) => ("outcome broken", format!("✗ {broken}, at {} ms.", at.as_ms())),
        None => ("outcome whole", "✓ The file is the result of the guarded updates.".to_owned()),
    };
    classed("p", class).attr("id", "locks-verdict").add(words("b", &file)).text(" ").text(&beliefs)
}

/// The play head.
pub fn head(desk: &Desk, send: &Callback<Do>) -> El {
    let (begin, end) = desk.window();
    let thousandths = desk.now().since(begin).0 * 1_000 / end.since(begin).0.max(1);
    let moved = send.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlInputElement>().value();
        Do::Seek(value.parse().unwrap_or(0))
    });
    let slider = el("input")
        .attr("type", "range")
        .attr("min", "0")
        .attr("max", "1000")
        .value(thousandths.to_string())
        .name("Moment".to_owned())
        .set("aria-valuetext", format!("{} ms", desk.now().as_ms()))
        .on(ListenerKind::oninput, moved);
    let label = match (desk.plays(), desk.now() < end) {
        (true, _) => "Pause",
        (false, true) => "Go on",
        (false, false) => "Once more",
    };
    classed("div", "row")
        .add(button("quiet", label, send, Do::Pause))
        .add(slider)
        .add(classed("span", "moment").text(&format!("{:.2} s", desk.now().as_secs_f64())))
}

/// Each node's clocks against true time.
pub fn clocks(desk: &Desk) -> El {
    let run = desk.run();
    let setup = desk.experiment().locks;
    let signed = |read: u64, right: u64| {
        let off = (read as i64 - right as i64) / 1_000;
        if off == 0 { "right".to_owned() } else { format!("{off:+} ms") }
    };
    let line = |(node, _)| {
        let read = run.schedule().clocks(node, desk.now());
        let noon = cap_lab::sim::schedule::START_OF_DAY;
        let (_, drift) = run.schedule().clock_error(node);
        let rate = if drift == 0 { "1".to_owned() } else { format!("{:.2}", 1.0 + f64::from(drift) / 1e6) };
        el("tr")
            .add(words("th", &setup.name(node)).attr("scope", "row"))
            .add(words("td", &signed(read.wall.0, (noon + desk.now()).0)))
            .add(words("td", &signed(read.monotonic.0, desk.now().0)))
            .add(words("td", &rate))
    };
    let heads = ["", "wall clock", "monotonic", "rate"].map(|head| words("th", head).attr("scope", "col"));
    classed("section", "clocks")
        .add(words("h2", "Clocks against true time"))
        .add(words("p", "Skew moves the wall clock. Drift moves both. A lease that is a duration needs the rate only."))
        .add(
            el("table")
                .add(el("thead").add(el("tr").all(heads.into())))
                .add(el("tbody").all(run.model().hosts().map(line).collect())),
        )
}

/// What happened last, in sentences.
pub fn events(desk: &Desk) -> El {
    let setup = desk.experiment().locks;
    let names = |node| setup.name(node);
    let notes = desk.run().watch().events.notes.iter().take(EVENTS);
    let told = notes.map(|(_, noted)| {
        let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
        let sentence = explain::locks::sentence(&names, view, noted.node, &noted.note);
        el("li")
            .add(words("small", &format!("{} ms ", noted.at.as_ms())))
            .add(words("b", &sentence.headline))
            .text(&format!(". {} ", sentence.reason))
            .add(words("cite", sentence.source))
    });
    classed("section", "chronicle").add(words("h2", "What happened, newest first")).add(el("ol").all(told.collect()))
}

/// The same events by four clocks.
pub fn stamps(desk: &Desk, send: &Callback<Do>) -> El {
    let about =
        "The same grants and writes, stamped by four clocks. A stamp is wrong if it puts what happened before after.";
    let open = desk.stamps().is_some();
    let label = if open { "Hide the stamps" } else { "Compare the stamps" };
    classed("section", "stamps")
        .add(words("h2", "Never order by timestamps"))
        .add(words("p", about))
        .add(button("quiet", label, send, Do::Stamps).flag("aria-expanded", open))
        .optional(desk.stamps().map(table))
}

fn table(comparison: &Comparison) -> El {
    let heads = ["what", "wall clock", "Lamport", "hybrid", "sequence number"];
    let heads = heads.map(|head| words("th", head).attr("scope", "col"));
    let wrong =
        |clock: usize, place: usize| comparison.inversions[clock].iter().any(|(a, b)| *a == place || *b == place);
    let line = |(place, event): (usize, &StampedEvent)| {
        let stamps = &event.stamps;
        let shown = [
            stamps.wall.as_ms().to_string(),
            stamps.lamport.to_string(),
            format!("{}.{}", stamps.hybrid.physical.as_ms(), stamps.hybrid.logical),
            stamps.sequence.map_or(String::new(), |sequence| sequence.to_string()),
        ];
        let cells = shown.iter().enumerate().map(|(clock, text)| {
            if wrong(clock, place) { classed("td", "inverted").text(&format!("{text} ⇅")) } else { words("td", text) }
        });
        el("tr").add(words("th", &event.headline).attr("scope", "row")).all(cells.collect())
    };
    let counts =
        Clock::ALL.iter().zip(&comparison.inversions).map(|(_, pairs)| words("td", &format!("{} wrong", pairs.len())));
    let foot = el("tr").add(words("th", "pairs").attr("scope", "row")).all(counts.collect());
    classed("div", "scrolls").add(
        el("table")
            .add(el("thead").add(el("tr").all(heads.into())))
            .add(el("tbody").all(comparison.events.iter().enumerate().take(STAMPED).map(line).collect()))
            .add(el("tfoot").add(foot)),
    )
}

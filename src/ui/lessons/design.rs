//! The step in which a platform is designed: a store for each part, and what the batch came to. Its runs are computed here, a slice
//! between two drawings.

use std::cell::RefCell;

use cap_lab::lesson::design::{Design, Designed, Measured, Part, Plan, RUNS, STORES, Trial};
use cap_lab::node::Micros;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::Callback;

use super::view::Do;
use crate::ui::browser;
use crate::ui::el::{El, button, classed, el, option, words};
use crate::ui::state::Msg;

/// How long a slice is, in milliseconds, and how often it goes on at most: where the browser's clock stands still it has an end, too.
const SLICE_MS: f64 = 40.0;
const SLICE_MOST: u32 = 400;
/// Where the choices are made.
const STORE: &str = "design-store";
const REGIONS: &str = "design-regions";
const OUTAGE: &str = "design-outage";
/// The outages that can be chosen, in seconds.
const OUTAGES: [(u8, &str); 3] = [(0, "No outage"), (2, "n3 is cut off for 2 s"), (4, "n3 is cut off for 4 s")];

/// A batch under way.
struct Batch {
    design: Design,
    plan: Plan,
    trial: Option<Trial>,
    measured: Vec<Measured>,
}

thread_local! {
    static BATCH: RefCell<Option<Batch>> = const { RefCell::new(None) };
}

/// Begins a batch of what is chosen on the page.
pub(super) fn begin(design: &Design) {
    let chosen = |id: &str| {
        let field = browser::document().get_element_by_id(id);
        field
            .and_then(|field| field.dyn_into::<HtmlSelectElement>().ok())
            .map(|field| field.value())
            .unwrap_or_default()
    };
    let stores = (0..design.parts.len()).map(|part| chosen(&format!("{STORE}-{part}"))).collect();
    let plan = Plan { stores, regions: chosen(REGIONS) == "3", outage_s: chosen(OUTAGE).parse().unwrap_or_default() };
    if plan.is_of(design) {
        BATCH.set(Some(Batch { design: design.clone(), plan, trial: None, measured: Vec::new() }));
    }
}

/// Forgets the batch that is under way.
pub(super) fn cancel() {
    BATCH.set(None);
}

/// Goes on with the batch; what it came to once it is over.
pub(super) fn slice() -> Option<Designed> {
    let end = browser::clock_ms() + SLICE_MS;
    BATCH.with_borrow_mut(|under_way| {
        let batch = under_way.as_mut()?;
        for _ in 0..SLICE_MOST {
            let Some(part) = batch.design.parts.get(batch.measured.len()) else {
                let Batch { plan, measured, .. } = under_way.take()?;
                return Some(Designed { plan, measured });
            };
            let store = &batch.plan.stores[batch.measured.len()];
            let trial = batch.trial.get_or_insert_with(|| Trial::new(part, store, &batch.plan));
            if let Some(measured) = trial.advance() {
                batch.measured.push(measured);
                batch.trial = None;
            }
            if browser::clock_ms() >= end {
                break;
            }
        }
        None
    })
}

/// How many runs of the batch are over, and of how many; none if none is under way.
pub(super) fn progress() -> Option<(u32, u32)> {
    BATCH.with_borrow(|under_way| {
        let batch = under_way.as_ref()?;
        let done = batch.measured.len() as u32 * RUNS + batch.trial.as_ref().map_or(0, Trial::done);
        Some((done, batch.design.parts.len() as u32 * RUNS))
    })
}

/// The choices, and below each part what it came to.
pub(super) fn form(design: &Design, designed: Option<&Designed>, send: &Callback<Msg>) -> El {
    let first = Plan::first(design);
    let plan = designed.map_or(&first, |designed| &designed.plan);
    let row = |(place, part): (usize, &Part)| {
        let measured = designed.map(|designed| &designed.measured[place]);
        self::part(place, part, &plan.stores[place], measured)
    };
    let regions = [("1", "All at one site", !plan.regions), ("3", "In three regions", plan.regions)];
    let regions = regions.map(|(value, says, chosen)| option(value.to_owned(), says, chosen));
    let outages = OUTAGES.map(|(seconds, says)| option(seconds.to_string(), says, seconds == plan.outage_s));
    let choice = |says, id: &'static str, options: Vec<El>| {
        el("label").add(words("span", says)).add(el("select").attr("id", id).all(options))
    };
    let run = match progress() {
        Some((done, all)) => classed("div", "row")
            .key("running")
            .add(
                el("progress")
                    .set("max", all.to_string())
                    .set("value", done.to_string())
                    .name(format!("{done} of {all} runs")),
            )
            .add(button("quiet", "Cancel", send, Msg::Lesson(Do::Cancel))),
        None => {
            classed("div", "row").key("rests").add(button("primary", "Run the batch", send, Msg::Lesson(Do::Design)))
        }
    };
    classed("div", "design")
        .key("design")
        .add(choice("Replicas and people", REGIONS, regions.into()))
        .add(choice("Outage", OUTAGE, outages.into()))
        .add(el("ul").all(design.parts.iter().enumerate().map(row).collect()))
        .add(run)
}

fn part(place: usize, part: &Part, chosen: &str, measured: Option<&Measured>) -> El {
    let options = STORES.iter().map(|(store, says)| option((*store).to_owned(), says, *store == chosen)).collect();
    let load = format!("{} : {}", part.writes, part.reads);
    let label = el("label")
        .add(words("b", &part.name))
        .add(
            words("small", &load)
                .name(format!("{} writes, then {} reads", part.writes, part.reads))
                .attr("role", "img"),
        )
        .add(el("select").set("id", format!("{STORE}-{place}")).all(options));
    let needs = (0..part.needs.len()).map(|need| self::need(part, need, measured)).collect();
    el("li")
        .key(&part.name)
        .add(label)
        .add(classed("ul", "needs").all(needs))
        .optional(measured.map(|measured| words("p", &figures(measured)).key(&figures(measured))))
}

/// A need, and in how many runs it was met.
fn need(part: &Part, place: usize, measured: Option<&Measured>) -> El {
    let says = part.needs[place].says();
    let (class, text) = match measured.map(|measured| measured.met[place]) {
        None => ("", says.to_owned()),
        Some(RUNS) => ("good", format!("✓ {says}")),
        Some(met) => ("warn", format!("✗ {says}: {met} of {RUNS} runs")),
    };
    classed("li", class).key(&text).text(&text)
}

fn figures(measured: &Measured) -> String {
    let percent = |part: u32, whole: u32| match whole {
        0 => "–".to_owned(),
        whole => format!("{:.1} %", 100.0 * f64::from(part) / f64::from(whole)),
    };
    let ms =
        |time: Option<Micros>| time.map_or_else(|| "–".to_owned(), |time| format!("{:.1} ms", time.0 as f64 / 1e3));
    let Measured { asked, answered, reads, stale, behind_max, lost, read_p50, write_p50, .. } = measured;
    let behind = behind_max.map_or_else(String::new, |most| format!(", up to {} ms behind", most.as_ms()));
    format!(
        "Answered {} · read {}, write {} · stale {}{behind} · lost {lost}",
        percent(*answered, *asked),
        ms(*read_p50),
        ms(*write_p50),
        percent(*stale, *reads),
    )
}

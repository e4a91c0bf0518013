//! How the trade-off looks: two plots over the latency, a button for the batch, and the same in numbers.

use std::rc::Rc;

use cap_lab::node::Micros;
use cap_lab::tradeoff::{Figures, Latency, Told, percentile};
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Event, Html};

use super::Do;
use crate::ui::el::{El, button, classed, el, quiet, words};
use crate::ui::number::{Px, fixed};
use crate::ui::verdict::meters::latency;

/// What the panel shows.
pub(super) struct Shown<'a> {
    /// What tells the stores apart.
    pub(super) names: &'a [Rc<str>],
    /// The seed of this run, and its figures by store.
    pub(super) here: (u64, &'a [Figures]),
    /// The batch's runs.
    pub(super) told: &'a [Told],
    /// While it is under way: how many runs are over, of how many.
    pub(super) under_way: Option<(usize, usize)>,
    /// How many seeds it has.
    pub(super) seeds: u32,
    /// The run that is pointed at.
    pub(super) pointed: Option<(u64, usize)>,
    pub(super) send: &'a Callback<Do>,
}

/// A plot's size, and where the axes are.
const WIDTH: f64 = 224.0;
const HEIGHT: f64 = 112.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 216.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 84.0;
/// From 1 ms to 1 s: three powers of ten.
const DECADES: f64 = 3.0;
/// What the other axis may reach, in thousandths.
const REACHES: [u32; 5] = [50, 100, 250, 500, 1_000];

/// What a plot is about.
#[derive(Clone, Copy)]
struct Plot {
    title: &'static str,
    /// Along the latency of these.
    latency: fn(&Figures) -> Latency,
    /// Upwards, in thousandths.
    share: fn(&Figures) -> Option<u32>,
}

const PLOTS: [Plot; 2] = [
    Plot { title: "Reads: stale, by latency", latency: |figures| figures.reads, share: Figures::stale_per_mille },
    Plot { title: "Posts: requests not answered, by latency", latency: |figures| figures.writes, share: unanswered },
];

fn unanswered(figures: &Figures) -> Option<u32> {
    figures.availability_per_mille().map(|answered| 1_000 - answered)
}

/// The whole panel, without its frame.
pub(super) fn panel(shown: &Shown<'_>) -> Html {
    let (_, here) = shown.here;
    let key = shown.names.iter().zip(here).enumerate().map(|(nth, (name, figures))| {
        let dot = classed("svg", class(nth)).attr("viewBox", "-5 -5 10 10").attr("aria-hidden", "true");
        el("li").add(dot.add(mark(nth, 0.0, 0.0, 4.0))).add(words("b", name)).add(words("span", &sentence(figures)))
    });
    let plots = PLOTS.into_iter().flat_map(|of| [words("h3", of.title), plot(of, shown)]).collect();
    let pointed = shown.pointed.and_then(|(seed, store)| {
        let (.., figures) = shown.told.iter().find(|told| (told.0, told.1) == (seed, store))?;
        Some(format!("Seed {seed}, {}: {}", shown.names.get(store)?, sentence(figures)))
    });
    let hint = if shown.told.is_empty() {
        "A dot is the median, its line ends at p99."
    } else {
        "Click a dot to see its run."
    };
    let figure = classed("figure", "visibility tradeoff")
        .list(plots)
        .add(classed("p", "pointed").text(pointed.as_deref().unwrap_or(hint)))
        .add(el("ul").all(key.collect()))
        .add(batch(shown))
        .add(el("details").add(words("summary", "In numbers")).add(table(shown)));
    figure.html()
}

fn class(nth: usize) -> &'static str {
    ["first", "second", "third", "fourth"][nth.min(3)]
}

/// Of one store: a dot, a diamond, a square or a triangle, so that colour is not alone.
fn mark(nth: usize, x: f64, y: f64, r: f64) -> El {
    let wide = r * 1.25;
    let corners: &[(f64, f64)] = match nth {
        0 => return el("circle").px("cx", x).px("cy", y).px("r", r),
        1 => &[(0.0, -wide), (wide, 0.0), (0.0, wide), (-wide, 0.0)],
        2 => &[(-r, -r), (r, -r), (r, r), (-r, r)],
        _ => &[(0.0, -wide), (wide, r), (-wide, r)],
    };
    let corners: Vec<String> = corners.iter().map(|(dx, dy)| format!("{} {}", Px(x + dx), Px(y + dy))).collect();
    el("path").set("d", format!("M{}Z", corners.join("L")))
}

/// Where a latency is: what is below 1 ms or above 1 s is at the edge.
fn x(latency: Micros) -> f64 {
    let decades = (latency.0.max(1) as f64 / 1e3).log10().clamp(0.0, DECADES);
    LEFT + (RIGHT - LEFT) * decades / DECADES
}

fn y(share: u32, reach: u32) -> f64 {
    BOTTOM - (BOTTOM - TOP) * f64::from(share.min(reach)) / f64::from(reach)
}

/// How far up the plot has to reach.
fn reach(shares: impl Iterator<Item = u32>) -> u32 {
    let most = shares.max().unwrap_or(0);
    REACHES.into_iter().find(|reach| *reach >= most).unwrap_or(1_000)
}

fn plot(of: Plot, shown: &Shown<'_>) -> El {
    let (_, here) = shown.here;
    let all = here.iter().chain(shown.told.iter().map(|(.., figures)| figures));
    let reach = reach(all.filter_map(of.share));
    let seeds = shown.told.iter().filter_map(|(seed, store, figures)| {
        let at = ((of.latency)(figures).p50?, (of.share)(figures)?);
        let class = if shown.pointed == Some((*seed, *store)) { "seed pointed" } else { "seed" };
        let dot = mark(*store, x(at.0), y(at.1, reach), 2.6);
        let over = point_at(shown.send, (*seed, *store));
        let group = el("g").set("class", format!("{class} {}", self::class(*store)));
        Some(group.add(dot).on(ListenerKind::onpointerover, over).click(shown.send, Do::Open(*seed)))
    });
    let seeds = seeds.collect();
    let stores = here.iter().enumerate().filter_map(|(nth, figures)| {
        let Latency { p50, p99, .. } = (of.latency)(figures);
        let (from, to, up) = (x(p50?), x(p99?), y((of.share)(figures)?, reach));
        let line = classed("path", "tail").set("d", format!("M{} {}H{}", Px(from), Px(up), Px(to)));
        Some(el("g").attr("class", class(nth)).add(line).add(mark(nth, from, up, 4.2)))
    });
    el("svg")
        .set("viewBox", format!("0 0 {} {}", Px(WIDTH), Px(HEIGHT)))
        .attr("role", "img")
        .attr("aria-label", of.title)
        .add(axes(reach))
        .list(seeds)
        .list(stores.collect())
}

/// Points at one run.
fn point_at(send: &Callback<Do>, (seed, store): (u64, usize)) -> Callback<Event> {
    let send = send.clone();
    Callback::from(move |_| send.emit(Do::Point(seed, store)))
}

fn axes(reach: u32) -> El {
    let mut parts = Vec::new();
    for share in [0, reach] {
        let line = format!("M{} {}H{}", Px(LEFT), Px(y(share, reach)), Px(RIGHT));
        parts.push(classed("path", if share == 0 { "axis" } else { "grid" }).set("d", line));
        let label = classed("text", "share").px("x", LEFT - 4.0).px("y", y(share, reach) + 3.0);
        parts.push(label.text(&percent(share)));
    }
    for (micros, label) in [(1_000, "1 ms"), (10_000, "10 ms"), (100_000, "100 ms"), (1_000_000, "1 s")] {
        let x = x(Micros(micros));
        parts.push(classed("path", "axis").set("d", format!("M{} {}v3", Px(x), Px(BOTTOM))));
        parts.push(classed("text", "delay").px("x", x).px("y", BOTTOM + 15.0).text(label));
    }
    el("g").all(parts)
}

/// "12 %", "0.4 %".
fn percent(per_mille: u32) -> String {
    match (per_mille / 10, per_mille % 10) {
        (whole, 0) => format!("{whole} %"),
        (0, _) => format!("{} %", fixed(u64::from(per_mille) * 100, 1)),
        (whole, _) => format!("{whole} %"),
    }
}

fn share(per_mille: Option<u32>) -> String {
    per_mille.map_or_else(|| "–".to_owned(), percent)
}

/// "reads 88 ms, posts 90 ms; 0 % stale, 100 % answered".
fn sentence(figures: &Figures) -> String {
    format!(
        "reads {}, posts {}; {} stale, {} answered",
        latency(figures.reads.p50),
        latency(figures.writes.p50),
        share(figures.stale_per_mille()),
        share(figures.availability_per_mille()),
    )
}

/// What starts the batch, or says how far it is and ends it.
fn batch(shown: &Shown<'_>) -> El {
    let row = classed("div", "row");
    match shown.under_way {
        Some((over, all)) => {
            let bar = el("progress").set("max", all.to_string()).set("value", over.to_string());
            let bar = bar.name(format!("{over} of {all} runs"));
            let count = words("small", &format!("{over} of {all}"));
            row.add(bar).add(count).add(button("", "Cancel", shown.send, Do::Cancel))
        }
        None => row.add(button("", &format!("Run {} seeds", shown.seeds), shown.send, Do::Run)),
    }
}

/// One line for each store in this run, one for the median over the batch, and one for each of its runs.
fn table(shown: &Shown<'_>) -> El {
    let heads = ["store", "reads p50", "p99", "posts p50", "p99", "stale", "behind", "answered", "lost"];
    let head = el("tr").all(heads.map(|head| words("th", head).attr("scope", "col")).into());
    let (seed, here) = shown.here;
    let mut rows = Vec::new();
    for (nth, (name, figures)) in shown.names.iter().zip(here).enumerate() {
        rows.push(row(words("span", &format!("{name}, this run")), figures).key(&format!("here {nth}")));
        if let Some(middle) = median(shown.told, nth) {
            rows.push(row(words("span", &format!("{name}, median")), &middle).key(&format!("median {nth}")));
        }
    }
    for (of, store, figures) in shown.told {
        let name = shown.names.get(*store).map_or("", |name| name);
        let open = quiet(&format!("{name}, seed {of}"), format!("Open seed {of}"), shown.send, Do::Open(*of));
        let open = open.on(ListenerKind::onfocus, point_at(shown.send, (*of, *store)));
        rows.push(row(open, figures).key(&format!("{of} {store}")));
    }
    let caption = format!("This run has seed {seed}. Behind: for how long a missed post had been confirmed.");
    el("table").add(words("caption", &caption)).add(el("thead").add(head)).add(el("tbody").list(rows))
}

fn row(name: El, figures: &Figures) -> El {
    let Figures { reads, writes, behind_p50, lost, .. } = figures;
    let cells = [
        latency(reads.p50),
        latency(reads.p99),
        latency(writes.p50),
        latency(writes.p99),
        share(figures.stale_per_mille()),
        latency(*behind_p50),
        share(figures.availability_per_mille()),
        lost.to_string(),
    ];
    el("tr").add(el("th").attr("scope", "row").add(name)).all(cells.iter().map(|cell| words("td", cell)).collect())
}

/// Of the latencies the medians over the runs of a store; all counts are sums. None if there are no runs.
fn median(told: &[Told], store: usize) -> Option<Figures> {
    let runs: Vec<&Figures> = told.iter().filter(|told| told.1 == store).map(|(.., figures)| figures).collect();
    let middle = |of: fn(&Figures) -> Option<Micros>| {
        let mut all: Vec<Micros> = runs.iter().filter_map(|figures| of(figures)).collect();
        all.sort_unstable();
        percentile(&all, 50)
    };
    let sum = |of: fn(&Figures) -> u32| runs.iter().map(|figures| of(figures)).sum();
    let latency =
        |of: [fn(&Figures) -> Option<Micros>; 2], count| Latency { count, p50: middle(of[0]), p99: middle(of[1]) };
    (!runs.is_empty()).then(|| Figures {
        answered: sum(|figures| figures.answered),
        refused: sum(|figures| figures.refused),
        unknown: sum(|figures| figures.unknown),
        reads: latency([|figures| figures.reads.p50, |figures| figures.reads.p99], sum(|figures| figures.reads.count)),
        writes: latency(
            [|figures| figures.writes.p50, |figures| figures.writes.p99],
            sum(|figures| figures.writes.count),
        ),
        stale: sum(|figures| figures.stale),
        behind_p50: middle(|figures| figures.behind_p50),
        behind_max: runs.iter().filter_map(|figures| figures.behind_max).max(),
        lost: sum(|figures| figures.lost),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ms: u64, stale: u32) -> Figures {
        let reads = Latency { count: 10, p50: Some(Micros::from_ms(ms)), p99: Some(Micros::from_ms(2 * ms)) };
        Figures { answered: 10, reads, stale, ..Figures::default() }
    }

    #[test]
    fn ten_times_the_latency_is_a_third_of_the_way() {
        assert_eq!(
            [1_000, 10_000, 100_000, 1_000_000].map(|us| Px(x(Micros(us))).to_string()),
            ["34", "94.7", "155.3", "216"]
        );
        assert_eq!(x(Micros(10)), LEFT, "faster than the plot shows");
        assert_eq!(x(Micros(5_000_000)), RIGHT, "slower than the plot shows");
    }

    #[test]
    fn a_plot_reaches_as_far_as_it_has_to() {
        assert_eq!(reach([0, 20].into_iter()), 50);
        assert_eq!(reach([51].into_iter()), 100);
        assert_eq!(reach([1_000].into_iter()), 1_000);
        assert_eq!((y(0, 50), y(50, 50)), (BOTTOM, TOP));
    }

    #[test]
    fn a_batch_is_told_by_its_medians_and_sums() {
        let told = [(1, 0, read(10, 1)), (1, 1, read(99, 9)), (2, 0, read(30, 2)), (3, 0, read(20, 0))];
        let middle = median(&told, 0).expect("three runs");
        assert_eq!((middle.reads.p50, middle.stale, middle.reads.count), (Some(Micros::from_ms(20)), 3, 30));
        assert_eq!(middle.stale_per_mille(), Some(100));
        assert_eq!(median(&told, 2), None);
    }

    #[test]
    fn shares_have_their_units() {
        assert_eq!([0, 4, 15, 250, 1_000].map(percent), ["0 %", "0.4 %", "1 %", "25 %", "100 %"]);
        assert_eq!(share(None), "–");
        assert_eq!(sentence(&read(88, 2)), "reads 88 ms, posts –; 20 % stale, 100 % answered");
    }
}

//! What stands under the bands and beside them: the verdicts, the events, the dials, the clocks, the stamps.

use std::rc::Rc;

use cap_lab::experiment::{LocksExperiment, TRIALS};
use cap_lab::locks::invariant::{FILE_INTEGRITY, HOLDER_RELEASES, LEASES_KEPT, ONE_HOLDER, SAME_STATE, TOKENS_GROW};
use cap_lab::node::Micros;
use cap_lab::sim::schedule::START_OF_DAY;
use cap_lab::spacetime::stamps::{Clock, Comparison, StampedEvent};
use yew::{Html, html};

use super::dials::Dials;
use super::lab::{LocksLab, setup_of};
use crate::ui::el::{El, button, classed, el, words};
use crate::ui::events::events;
use crate::ui::guide::view::Show;
use crate::ui::invariants::invariants;
use crate::ui::lab::Lab;
use crate::ui::state::{Aside, Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::world::WorldView;

/// How many stamped events are shown.
const STAMPED: usize = 40;
/// While the run plays, it is stamped anew after so much of it.
const STAMP_AGAIN: Micros = Micros::from_ms(250);
/// The situation on the page of Raft that tells the same of a leader's lease.
const LEADERS_LEASE: &str = "paused-leader-with-a-lease";

/// What a verdict is about, and the invariants that it sums up.
const VERDICTS: [(&str, &[&str]); 3] = [
    ("Mutual exclusion", &[ONE_HOLDER, HOLDER_RELEASES, LEASES_KEPT, SAME_STATE]),
    ("Token order", &[TOKENS_GROW]),
    ("File integrity", &[FILE_INTEGRITY]),
];

/// What became of lock, tokens and file up to the play head, each with the evidence if it was broken.
pub fn verdicts(own: &LocksLab) -> El {
    let watch = own.run().watch();
    let told = |(title, of): (&'static str, &[&str])| {
        let broken = watch.broken.as_ref().filter(|(_, broken)| of.contains(&broken.invariant));
        let evidence = broken.map(|(at, broken)| words("span", &format!("{}, at {} ms", broken.evidence, at.as_ms())));
        let (class, sign) = if broken.is_some() { ("bad", "✕") } else { ("good", "✓") };
        classed("li", class)
            .add(words("span", sign).attr("aria-hidden", "true"))
            .add(words("b", title))
            .add(classed("span", "said").text(if broken.is_some() { "violated" } else { "kept" }))
            .optional(evidence)
    };
    let overlap = watch.overlaps.iter().next().map(|overlap| {
        let setup = own.experiment().locks;
        let (first, second) = (setup.name(overlap.first), setup.name(overlap.second));
        let says =
            format!("from {} ms on {first} and {second} both believed that they hold the lock", overlap.at.as_ms());
        classed("li", "warn")
            .add(words("span", "◷").attr("aria-hidden", "true"))
            .add(words("b", "Beliefs"))
            .add(words("span", &says))
    });
    classed("ul", "verdicts")
        .attr("id", "locks-verdict")
        .attr("aria-label", "Verdicts")
        .all(VERDICTS.map(told).into())
        .optional(overlap)
}

/// What is chosen of what stands beside the figure.
pub fn aside(own: &LocksLab, world: &Rc<WorldView>, ui: &ViewState) -> Html {
    let tab = |(aside, label): (Aside, &str)| {
        button("", label, &ui.send, Msg::Aside(aside)).flag("aria-pressed", ui.aside == aside)
    };
    let tabs =
        [(Aside::Events, "Events"), (Aside::Dials, "Dials"), (Aside::Clocks, "Clocks"), (Aside::Stamps, "Timestamps")];
    let segments = classed("div", "segments")
        .attr("role", "group")
        .attr("aria-label", "What stands beside the figure")
        .all(tabs.map(tab).into());
    let seed = own.setup().seed;
    let experiment = *own.experiment();
    let shown = match ui.aside {
        Aside::Events => {
            let just = events(&[(0, Rc::clone(world))], ui);
            classed("div", "panel").node(just).node(invariants(&world.invariants))
        }
        Aside::Dials => classed("div", "panel").node(html! { <Dials {experiment} {seed} send={ui.send.clone()} /> }),
        Aside::Clocks => classed("div", "panel").add(clocks(own, ui)),
        Aside::Stamps => {
            let now = own.now();
            let until = if ui.playing { Micros(now.0 / STAMP_AGAIN.0 * STAMP_AGAIN.0) } else { now };
            classed("div", "panel").node(still("stamps", StampsPart { comparison: own.comparison(until) }))
        }
    };
    classed("section", "aside-of").add(segments).add(shown).html()
}

/// Each node's clocks against true time, and what wrong clocks do to a lease, from a button each.
fn clocks(own: &LocksLab, ui: &ViewState) -> El {
    let run = own.run();
    let setup = own.experiment().locks;
    let signed = |read: u64, right: u64| {
        let off = (read as i64 - right as i64) / 1_000;
        if off == 0 { "right".to_owned() } else { format!("{off:+} ms") }
    };
    let line = |(node, _)| {
        let read = run.schedule().clocks(node, own.now());
        let (_, drift) = run.schedule().clock_error(node);
        let rate = if drift == 0 { "1".to_owned() } else { format!("{:.2}", 1.0 + f64::from(drift) / 1e6) };
        el("tr")
            .add(words("th", &setup.name(node)).attr("scope", "row"))
            .add(words("td", &signed(read.wall.0, (START_OF_DAY + own.now()).0)))
            .add(words("td", &signed(read.monotonic.0, own.now().0)))
            .add(words("td", &rate))
    };
    let heads = ["", "wall clock", "monotonic", "rate"].map(|head| words("th", head).attr("scope", "col"));
    let trial = |trial: &cap_lab::experiment::Trial| {
        let experiment: LocksExperiment = trial.words.parse().expect("a setup of our own");
        let wanted = setup_of(&experiment, own.setup().seed);
        el("li").add(button("", trial.title, &ui.send, Msg::NewRun(wanted))).add(words("small", trial.says))
    };
    let raft = Msg::Show(Show { situation: LEADERS_LEASE, moment: None });
    classed("section", "clocks")
        .attr("aria-label", "Clocks")
        .add(words("h2", "Clocks against true time"))
        .add(
            el("table")
                .add(el("thead").add(el("tr").all(heads.into())))
                .add(el("tbody").all(run.model().hosts().map(line).collect())),
        )
        .add(words("h2", "What a wrong clock does to a lease"))
        .add(classed("ul", "trials").all(TRIALS.iter().map(trial).collect()))
        .add(words("h2", "A leader's lease"))
        .add(words(
            "p",
            "Raft's leader may answer reads alone as long as it has a lease. It trusts clocks in the same way.",
        ))
        .add(button("", "Show it on the Raft page", &ui.send, raft))
}

#[derive(PartialEq)]
struct StampsPart {
    comparison: Rc<Comparison>,
}

impl Part for StampsPart {
    fn draw(&self) -> Html {
        let about = "The same grants and writes, stamped by wall clocks, Lamport clocks, hybrid clocks, and by the log's sequence numbers. A \
                     stamp marked ⇅ is wrong: it puts an effect before its cause.";
        classed("section", "stamps")
            .attr("aria-label", "Timestamps")
            .add(words("h2", "Never order by timestamps"))
            .add(words("p", about))
            .add(table(&self.comparison))
            .html()
    }
}

/// ms since the run began, by a clock that showed noon then.
fn since_noon(wall: Micros) -> String {
    ((wall.0 as i64 - START_OF_DAY.0 as i64) / 1_000).to_string()
}

fn table(comparison: &Comparison) -> El {
    let heads = ["what", "wall", "Lamport", "hybrid", "log"];
    let heads = heads.map(|head| words("th", head).attr("scope", "col"));
    let wrong =
        |clock: usize, place: usize| comparison.inversions[clock].iter().any(|(a, b)| *a == place || *b == place);
    let line = |(place, event): (usize, &StampedEvent)| {
        let stamps = &event.stamps;
        let shown = [
            since_noon(stamps.wall),
            stamps.lamport.to_string(),
            format!("{}.{}", since_noon(stamps.hybrid.physical), stamps.hybrid.logical),
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
    classed("div", "scrolls").attr("tabindex", "0").attr("role", "region").attr("aria-label", "Stamps").add(
        el("table")
            .add(el("thead").add(el("tr").all(heads.into())))
            .add(el("tbody").all(comparison.events.iter().enumerate().take(STAMPED).map(line).collect()))
            .add(el("tfoot").add(foot)),
    )
}

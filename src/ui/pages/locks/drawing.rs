//! Three bands on one time axis.

use cap_lab::locks::storage::StorageNote;
use cap_lab::node::{Micros, NodeId};
use cap_lab::world::locks::{LocksWatch, Span};

use super::lab::LocksLab;
use crate::ui::el::{El, classed, el, words};
use crate::ui::geometry::Size;
use crate::ui::lab::Lab;
use crate::ui::number::Px;
use crate::ui::state::NARROW;

/// The drawing's width at most.
const WIDTH: f64 = 1_400.0;
/// What the page leaves beside it: on a phone, with all else below it, and with a column beside it. The style sheet has the same widths.
const SIDES: [f64; 3] = [32.0, 48.0, 398.0];
const ONE_COLUMN: f64 = 1_180.0;
/// So wide is a sign of what the storage did.
const SIGN: f64 = 20.0;
/// Where time begins: to the left are the names of rows.
const LEFT: f64 = 44.0;
const ROW: f64 = 25.0;
const BAR: f64 = 20.0;
/// Above a band, for its heading.
const HEADING: f64 = 19.0;

struct Axis {
    begin: Micros,
    end: Micros,
    now: Micros,
    /// How wide the drawing is.
    width: f64,
}

impl Axis {
    fn x(&self, at: Micros) -> f64 {
        let all = self.end.since(self.begin).0.max(1) as f64;
        LEFT + (self.width - LEFT - 22.0) * at.min(self.now).since(self.begin).0 as f64 / all
    }
}

/// What was granted, what is believed, what was written.
pub fn bands(own: &LocksLab, window: Size) -> El {
    let (begin, end) = own.window();
    let beside = match window.w {
        w if w < NARROW => SIDES[0],
        w if w <= ONE_COLUMN => SIDES[1],
        _ => SIDES[2],
    };
    let width = (window.w - beside).clamp(300.0, WIDTH);
    let axis = Axis { begin, end, now: own.now(), width };
    let setup = own.experiment().locks;
    let watch = own.run().watch();
    let clients: Vec<NodeId> = setup.clients().collect();
    let mut shapes: Vec<El> = Vec::new();
    let mut y = 0.0;

    let beliefs_end = 2.0 * (HEADING + ROW) + ROW * (clients.len() as f64 - 1.0);
    shapes.push(heading("What the service granted", y));
    y += HEADING;
    shapes.push(row("lock", y));
    let shown = |span: &&Span| span.until.is_none_or(|until| until > begin);
    let grants = watch.grants.iter().filter(shown);
    shapes.extend(grants.map(|span| bar(&axis, span, y, setup.name(span.session.client), place(&clients, span))));
    y += ROW;

    shapes.push(heading("What each client believes", y));
    y += HEADING;
    for (nth, client) in clients.iter().enumerate() {
        shapes.push(row(&setup.name(*client), y));
        let beliefs = watch.beliefs.iter().filter(|span| span.session.client == *client).filter(shown);
        shapes.extend(beliefs.map(|span| bar(&axis, span, y, "holds".to_owned(), nth)));
        let stills = own.still(*client).into_iter().filter(|(_, until)| until.is_none_or(|until| until > begin));
        shapes.extend(stills.map(|(from, until)| still(&axis, from, until, y)));
        y += ROW;
    }

    shapes.push(heading("What the storage did", y));
    y += HEADING;
    shapes.push(row("file", y));
    shapes.extend(marks(&axis, watch, y, &clients));
    y += ROW;
    shapes.push(seconds(&axis, y));
    for overlap in watch.overlaps.iter().filter(|overlap| overlap.at >= begin) {
        let line = classed("line", "overlap").px("x1", axis.x(overlap.at)).px("x2", axis.x(overlap.at));
        shapes.push(
            line.px("y1", HEADING)
                .px("y2", beliefs_end)
                .add(words("title", "From here on two clients believe that they hold the lock")),
        );
    }
    let head = classed("line", "head").px("x1", axis.x(axis.now)).px("x2", axis.x(axis.now)).px("y1", 0.0).px("y2", y);
    classed("svg", "bands")
        .set("viewBox", format!("0 0 {} {}", Px(width), Px(y + 22.0)))
        .attr("role", "img")
        .name("What the service granted, what each client believes, and what the storage did. The list of events says the same.".to_owned())
        .all(shapes)
        .add(head)
}

fn place(clients: &[NodeId], span: &Span) -> usize {
    clients.iter().position(|client| *client == span.session.client).unwrap_or(0)
}

fn heading(text: &str, y: f64) -> El {
    classed("text", "band").px("x", 0.0).px("y", y + 16.0).text(text)
}

fn row(name: &str, y: f64) -> El {
    classed("text", "row-name").px("x", 0.0).px("y", y + 15.0).text(name)
}

/// The colour of the `nth` client.
fn hue(nth: usize) -> &'static str {
    ["client one", "client two", "client three", "client four", "client five", "client six"][nth % 6]
}

fn bar(axis: &Axis, span: &Span, y: f64, label: String, nth: usize) -> El {
    let (from, to) = (axis.x(span.from), axis.x(span.until.unwrap_or(axis.now)));
    let token = span.token.map_or(String::new(), |token| format!(" · token {token}"));
    let label = label + &token;
    let rect = el("rect").px("x", from).px("y", y).px("width", (to - from).max(1.5)).px("height", BAR).attr("rx", "3");
    let fits = to - from > 7.0 * label.len() as f64;
    let text = fits.then(|| el("text").px("x", from + 5.0).px("y", y + 14.0).text(&label));
    classed("g", hue(nth)).add(words("title", &label)).add(rect).optional(text)
}

/// A time in which a client stands still.
fn still(axis: &Axis, from: Micros, until: Option<Micros>, y: f64) -> El {
    let (from, to) = (axis.x(from), axis.x(until.unwrap_or(axis.now)));
    let rect = el("rect").px("x", from).px("y", y + BAR - 5.0).px("width", (to - from).max(1.5)).px("height", 7.0);
    // Beside what the client believes, which stands at the left end of the same bar.
    let text = (to - from > 200.0)
        .then(|| el("text").px("x", to - 5.0).px("y", y + 12.0).attr("text-anchor", "end").text("stands still"));
    classed("g", "still").add(words("title", "Stands still")).add(rect).optional(text)
}

/// What the storage did, as signs. Each keeps off the one before; a read gives way to what follows it.
fn marks(axis: &Axis, watch: &LocksWatch, y: f64, clients: &[NodeId]) -> Vec<El> {
    let done: Vec<&(Micros, StorageNote)> = watch.storage.iter().filter(|(at, _)| *at >= axis.begin).collect();
    let mut taken = f64::MIN;
    let mut signs = Vec::new();
    for (nth, (at, note)) in done.iter().enumerate() {
        let next = done.get(nth + 1).map(|(next, _)| axis.x(*next));
        let crowded = next.is_some_and(|next| next - axis.x(*at).max(taken) < SIGN);
        if crowded && matches!(note, StorageNote::Reads { .. }) {
            continue;
        }
        let x = axis.x(*at).max(taken);
        if let Some(sign) = mark(x, *at, note, y, clients) {
            taken = x + SIGN;
            signs.push(sign);
        }
    }
    signs
}

/// One of them, with a title.
fn mark(x: f64, at: Micros, note: &StorageNote, y: f64, clients: &[NodeId]) -> Option<El> {
    let (sign, class, client, says) = match note {
        StorageNote::Writes { update, lost, .. } if lost.is_empty() => ("✓", "done", update.client, "update written"),
        StorageNote::Writes { update, .. } => ("✗", "lost", update.client, "written, and another update is lost"),
        StorageNote::RefusesToken { update, .. } => {
            ("⊘", "refused", update.client, "refused: a greater token was seen")
        }
        StorageNote::DropsOlder { update, .. } => ("✗", "lost", update.client, "dropped: its timestamp is older"),
        StorageNote::Reads { update, .. } => ("r", "read", update.client, "read"),
        StorageNote::KnowsWrite { .. } => return None,
    };
    let number = clients.iter().position(|other| *other == client).map_or(0, |place| place + 1);
    let text = el("text").px("x", x - 5.0).px("y", y + 14.0).text(&format!("{sign}{number}"));
    Some(classed("g", class).add(words("title", &format!("c{number}: {says}, at {} ms", at.as_ms()))).add(text))
}

/// The axis, with a tick each second.
fn seconds(axis: &Axis, y: f64) -> El {
    let all = Axis { now: axis.end, ..*axis };
    let first = axis.begin.0.div_ceil(1_000_000);
    let step = (axis.end.since(axis.begin).0 / 1_000_000 / 12).max(1);
    let ticks = (first..=axis.end.0 / 1_000_000).step_by(step as usize).map(|second| {
        let x = all.x(Micros(second * 1_000_000));
        el("g")
            .add(el("line").px("x1", x).px("x2", x).px("y1", y).px("y2", y + 5.0))
            .add(el("text").px("x", x - 6.0).px("y", y + 18.0).text(&format!("{second} s")))
    });
    classed("g", "axis").all(ticks.collect())
}

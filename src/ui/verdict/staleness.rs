//! How stale reads are, as a picture: the chance that a read misses a post, by how long after the post's confirmation it began
//! (Bailis et al. 2012, §3). All sides share one axis of time, each step of which is twice the one before.

use std::rc::Rc;

use cap_lab::check::measures::{DELAYS, Delay};
use cap_lab::referee::Staleness;

use crate::ui::el::{El, classed, el, words};
use crate::ui::number::{Px, fixed};

/// The picture's size, and where the axes are.
const WIDTH: f64 = 224.0;
const HEIGHT: f64 = 126.0;
const LEFT: f64 = 30.0;
const RIGHT: f64 = 218.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 94.0;
/// How far apart delays are.
const STEP: f64 = (RIGHT - LEFT) / (DELAYS.len() - 1) as f64;
/// A dot that rests on so many pairs of a post and a read is as large as any, and so small is one that rests on few.
const MANY: u32 = 400;
const DOTS: [f64; 2] = [1.8, 4.2];

/// The picture, what it shows in words, and its numbers as a table.
pub fn staleness(sides: &[(String, Rc<Staleness>)]) -> El {
    let said: Vec<String> = sides.iter().map(|(_, of)| sentence(of)).collect();
    let key = sides.iter().zip(&said).enumerate().map(|(nth, ((side, _), said))| {
        let dot = classed("svg", class(nth)).attr("viewBox", "-5 -5 10 10").attr("aria-hidden", "true");
        el("li").add(dot.add(mark(nth, 0.0, 0.0, 4.0))).add(words("b", side)).add(words("span", said))
    });
    let picture = el("svg")
        .set("viewBox", format!("0 0 {} {}", Px(WIDTH), Px(HEIGHT)))
        .attr("role", "img")
        .attr("aria-label", "The chance that a read misses a post, by the time since the post was confirmed")
        .add(axes())
        .list(sides.iter().enumerate().map(|(nth, (_, of))| curve(nth, of)).collect());
    classed("figure", "visibility")
        .add(words("h3", "Chance that a read misses a post"))
        .add(picture)
        .add(el("ul").all(key.collect()))
        .add(el("details").add(words("summary", "In numbers")).add(table(sides)))
}

fn class(nth: usize) -> &'static str {
    if nth == 0 { "first" } else { "second" }
}

/// Of one side: a dot, or a diamond for the second, so that colour is not alone.
fn mark(nth: usize, x: f64, y: f64, r: f64) -> El {
    if nth == 0 {
        return el("circle").px("cx", x).px("cy", y).px("r", r);
    }
    let r = r * 1.25;
    let corners = [(x, y - r), (x + r, y), (x, y + r), (x - r, y)].map(|(x, y)| format!("{} {}", Px(x), Px(y)));
    el("path").set("d", format!("M{}Z", corners.join("L")))
}

/// Of a thousand reads, how many missed the post; none if there was no read.
fn per_mille(delay: Delay) -> Option<u32> {
    (u64::from(delay.stale) * 1_000).checked_div(delay.reads.into()).map(|share| share as u32)
}

fn x(bound: usize) -> f64 {
    LEFT + STEP * bound as f64
}

fn y(per_mille: u32) -> f64 {
    BOTTOM - (BOTTOM - TOP) * f64::from(per_mille) / 1_000.0
}

fn axes() -> El {
    let mut parts = Vec::new();
    for (share, label) in [(0, "0"), (500, "50 %"), (1_000, "100 %")] {
        let line = format!("M{} {}H{}", Px(LEFT), Px(y(share)), Px(RIGHT));
        parts.push(classed("path", if share == 0 { "axis" } else { "grid" }).set("d", line));
        parts.push(el("text").attr("class", "share").px("x", LEFT - 4.0).px("y", y(share) + 3.0).text(label));
    }
    for (bound, delay) in DELAYS.iter().enumerate() {
        parts.push(classed("path", "axis").set("d", format!("M{} {}v3", Px(x(bound)), Px(BOTTOM))));
        // Every second one has room for its name.
        if bound % 2 == 1 {
            let name = time(*delay);
            parts.push(classed("text", "delay").px("x", x(bound)).px("y", BOTTOM + 13.0).text(&name));
        }
    }
    let middle = (LEFT + RIGHT) / 2.0;
    let title = classed("text", "delay").px("x", middle).px("y", BOTTOM + 27.0);
    el("g").all(parts).add(title.text("from its confirmation to the read’s start"))
}

/// One side: a line from delay to delay, and a dot for each, the larger the more it rests on.
fn curve(nth: usize, of: &Staleness) -> El {
    let (mut line, mut dots) = (String::new(), Vec::new());
    let mut is_apart = true;
    for (bound, delay) in of.delays.iter().enumerate() {
        let Some(share) = per_mille(*delay) else {
            is_apart = true;
            continue;
        };
        let (x, y) = (x(bound) + STEP / 2.0, y(share));
        line.push_str(&format!("{}{} {}", if is_apart { 'M' } else { 'L' }, Px(x), Px(y)));
        is_apart = false;
        let many = (f64::from(delay.reads.min(MANY)) / f64::from(MANY)).sqrt();
        dots.push(mark(nth, x, y, DOTS[0] + (DOTS[1] - DOTS[0]) * many));
    }
    el("g").attr("class", class(nth)).add(classed("path", "curve").set("d", line)).list(dots)
}

/// "12 % of what was confirmed within 50 ms before, none from 1.6 s on; 640 reads".
fn sentence(of: &Staleness) -> String {
    let stale = |delay: &Delay| delay.stale > 0;
    let reads = if of.reads == 1 { "1 read".to_owned() } else { format!("{} reads", of.reads) };
    let Some(last) = of.delays.iter().rposition(stale) else { return format!("never, in {reads}") };
    let chance = |bound: &usize| per_mille(of.delays[*bound]);
    let worst = (0..=last).rev().max_by_key(chance).unwrap_or(last);
    let share = chance(&worst).unwrap_or(0);
    let until = if last + 2 < DELAYS.len() && of.delays[last + 1..].iter().any(|delay| delay.reads > 0) {
        format!("never after {}", time(DELAYS[last + 1]))
    } else {
        "no end seen".to_owned()
    };
    format!("up to {} at {}, {until}; {reads}", percent(share), span(worst))
}

/// "12 %", "under 1 %".
fn percent(per_mille: u32) -> String {
    if per_mille < 10 { "under 1 %".to_owned() } else { format!("{} %", per_mille / 10) }
}

/// "50 ms", "1.6 s".
fn time(micros: u64) -> String {
    let ms = micros / 1_000;
    if ms < 800 { format!("{ms} ms") } else { format!("{} s", fixed(ms, 1)) }
}

/// "50–100 ms", "0.4–0.8 s".
fn span(bound: usize) -> String {
    let (from, until) = (DELAYS[bound] / 1_000, time(DELAYS[bound + 1]));
    if until.ends_with("ms") { format!("{from}–{until}") } else { format!("{}–{until}", fixed(from, 1)) }
}

fn table(sides: &[(String, Rc<Staleness>)]) -> El {
    let column = |(side, _): &(String, _)| words("th", side).attr("scope", "col");
    let head = el("tr").add(words("th", "after").attr("scope", "col")).all(sides.iter().map(column).collect());
    let rows = (0..DELAYS.len() - 1).map(|bound| {
        let cell = |(_, of): &(_, Rc<Staleness>)| match of.delays.get(bound) {
            Some(delay) if delay.reads > 0 => words("td", &format!("{} of {}", delay.stale, delay.reads)),
            _ => words("td", "–"),
        };
        el("tr").add(words("th", &span(bound)).attr("scope", "row")).all(sides.iter().map(cell).collect())
    });
    let caption = "Missed, of all pairs of a post and a later read that tells (t-visibility: Bailis et al. 2012, §3)";
    el("table").add(words("caption", caption)).add(el("thead").add(head)).add(el("tbody").all(rows.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(delays: [(u32, u32); 8]) -> Staleness {
        let delays = delays.iter().map(|&(stale, reads)| Delay { reads, stale }).collect();
        Staleness { reads: 70, delays }
    }

    #[test]
    fn delays_have_their_units() {
        let all: Vec<String> = (0..DELAYS.len() - 1).map(span).collect();
        let expected =
            ["0–50 ms", "50–100 ms", "100–200 ms", "200–400 ms", "0.4–0.8 s", "0.8–1.6 s", "1.6–3.2 s", "3.2–6.4 s"];
        assert_eq!(all, expected);
    }

    #[test]
    fn a_sentence_tells_the_worst_and_the_end() {
        let none = of([(0, 10); 8]);
        assert_eq!(sentence(&none), "never, in 70 reads");
        let soon = of([(3, 10), (5, 10), (1, 1_000), (0, 9), (0, 9), (0, 9), (0, 0), (0, 0)]);
        assert_eq!(sentence(&soon), "up to 50 % at 50–100 ms, never after 200 ms; 70 reads");
        let cut = of([(3, 1_000), (0, 10), (0, 10), (0, 10), (0, 10), (0, 10), (0, 10), (1, 1_000)]);
        assert_eq!(sentence(&cut), "up to under 1 % at 0–50 ms, no end seen; 70 reads");
        let lately = of([(0, 10), (3, 9), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]);
        assert_eq!(sentence(&lately), "up to 33 % at 50–100 ms, no end seen; 70 reads", "nobody read later");
    }
}

//! Time: play, step, back, speed, and a line on which any moment can be picked.

use std::rc::Rc;

use cap_lab::explain::Tone;
use cap_lab::node::Micros;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Event, Html, TargetCast};

use crate::ui::el::{El, classed, el, option};
use crate::ui::events::{clock, tone_sign};
use crate::ui::lab::{Branch, Mark, Setup};
use crate::ui::number::{Px, fixed, order};
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};

/// The bar at the foot of the page.
pub struct Transport<'a> {
    /// The play head.
    pub now: Micros,
    /// How far the run has been computed.
    pub end: Micros,
    /// What happened when.
    pub marks: Rc<Vec<Mark>>,
    /// The futures.
    pub branches: Vec<Branch>,
    /// Of this run.
    pub setup: &'a Setup,
}

impl Transport<'_> {
    /// Draws it.
    pub fn draw(&self, ui: &ViewState) -> Html {
        let horizon = horizon(self.end);
        let seek = |event: &Event| Msg::Seek(event.target_unchecked_into::<HtmlInputElement>().value_as_number());
        let share = |at: Micros| format!("{}%", Px(100.0 * at.0 as f64 / horizon.0 as f64));
        let rail = |class, width| {
            classed("rect", class).attr("y", "12").set("width", width).attr("height", "6").attr("rx", "3")
        };
        let track = classed("svg", "track")
            .attr("width", "100%")
            .attr("height", "44")
            .attr("aria-hidden", "true")
            .add(rail("rail", "100%".to_owned()))
            .add(rail("known", share(self.end)))
            .add(rail("past", share(self.now)))
            .node(still("marks", MarksPart { marks: Rc::clone(&self.marks), horizon, width: ui.timeline_width }));
        let slider = slider("Timeline", fixed(self.now.0, 1), clock(self.now))
            .attr("min", "0")
            .set("max", (horizon.0 / 1_000).to_string())
            .attr("step", "any")
            .hear(ListenerKind::oninput, &ui.send, seek);
        let readout = classed("p", "readout")
            .add(el("output").text(&clock(self.now)))
            .add(
                classed("span", "wide")
                    .text(&format!(" simulated · seed {} · act in the past to branch", self.setup.seed)),
            )
            .optional(self.branches(ui));
        let line = classed("div", "line")
            .add(classed("div", "slider").attr("id", "timeline").add(track).add(slider))
            .add(readout);
        classed("footer", "transport").add(buttons(ui)).add(line).html()
    }

    fn branches(&self, ui: &ViewState) -> Option<El> {
        if self.branches.len() < 2 {
            return None;
        }
        let pick = |event: &Event| {
            Msg::Branch(event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(0))
        };
        let mut options = Vec::new();
        for (index, branch) in self.branches.iter().enumerate() {
            let name = format!("{} at {}", branch.label, clock(branch.forked_at));
            options.push(option(index.to_string(), &name, branch.current));
        }
        let choice = el("select").attr("aria-label", "Branch").hear(ListenerKind::onchange, &ui.send, pick);
        let count = el("span").text(&format!(" · {} branches ", self.branches.len()));
        Some(classed("label", "branches").add(count).add(choice.list(options)))
    }
}

/// A slider at a value, which the screen reader says as `text`.
fn slider(label: &'static str, value: String, text: String) -> El {
    el("input").attr("type", "range").attr("aria-label", label).value(value).set("aria-valuetext", text)
}

fn buttons(ui: &ViewState) -> El {
    let path = el("path").attr("d", if ui.playing { "M3 1h4v16H3zM11 1h4v16h-4z" } else { "M4 1L16 9L4 17z" });
    let sign = el("svg")
        .attr("width", "18")
        .attr("height", "18")
        .attr("viewBox", "0 0 18 18")
        .attr("aria-hidden", "true")
        .add(path);
    let press = |class, label, title, msg| {
        classed("button", class).click(&ui.send, msg).attr("title", title).attr("aria-label", label)
    };
    let play = press("play", if ui.playing { "Pause" } else { "Play" }, "Space", Msg::TogglePlay);
    let back = press("step", "Back", "One event back (←)", Msg::Back);
    let step = press("step", "Step", "One event on (→)", Msg::Step);
    classed("div", "buttons")
        .add(play.add(sign))
        .add(back.add(el("span").text("◂")).add(el("i").text(" Back")))
        .add(step.add(el("i").text("Step ")).add(el("span").text("▸")))
        .add(speed(ui))
}

fn speed(ui: &ViewState) -> El {
    let set = |event: &Event| Msg::Speed(event.target_unchecked_into::<HtmlInputElement>().value_as_number() as i32);
    let text = speed_text(ui.rate());
    let slider = slider("Speed", ui.speed.to_string(), text.clone())
        .attr("min", "-200")
        .attr("max", "100")
        .attr("step", "5")
        .hear(ListenerKind::oninput, &ui.send, set);
    classed("label", "speed").add(el("span").text("Speed")).add(slider).add(el("output").text(&text))
}

/// "0.1×", "1×", "2.5×".
fn speed_text(rate: f64) -> String {
    // Hundredths below a tenth, so that 0.01 and 0.013 differ.
    let places = if rate < 0.095 {
        3
    } else if rate < 0.95 {
        2
    } else {
        1
    };
    let unit: i32 = [1_000, 100, 10, 1][places as usize];
    let thousandths = ((rate * 1e3 / f64::from(unit) + 0.5).floor() as u64) * u64::from(unit.unsigned_abs());
    let text = fixed(thousandths, places);
    format!("{}×", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The time at the right end of the line: a round number well beyond what was computed, so that the line need not be drawn to
/// a new scale all the time.
fn horizon(end: Micros) -> Micros {
    let mut decade = 1;
    loop {
        for seconds in [2, 5, 10].map(|base| base * decade) {
            if end.0 * 10 <= seconds * 9_000_000 {
                return Micros(seconds * 1_000_000);
            }
        }
        decade *= 10;
    }
}

#[derive(PartialEq)]
struct MarksPart {
    marks: Rc<Vec<Mark>>,
    horizon: Micros,
    width: f64,
}

impl Part for MarksPart {
    fn draw(&self) -> Html {
        let x = |mark: &Mark| self.width * mark.at.0 as f64 / self.horizon.0 as f64;
        let shown =
            labels(&self.marks.iter().map(|mark| (x(mark), mark.label.chars().count(), mark.tone)).collect::<Vec<_>>());
        let mut group = el("g");
        for (mark, shown) in self.marks.iter().zip(shown) {
            let at = Px(x(mark)).to_string();
            let line = el("path").set("d", format!("M{at},3V27"));
            let label = shown.then(|| el("text").set("x", at).attr("y", "40").text(&mark.label));
            group = group.add(el("g").set("class", format!("mark {}", tone_sign(mark.tone).1)).add(line).maybe(label));
        }
        group.html()
    }
}

/// Which marks carry their label: the bad first, then warnings, then the rest, the latest first; none over another. A mark is
/// its place, the length of its label and its tone.
fn labels(marks: &[(f64, usize, Tone)]) -> Vec<bool> {
    let weight = |tone: Tone| match tone {
        Tone::Bad => 0,
        Tone::Warning => 1,
        Tone::Good => 2,
        Tone::Routine => 3,
    };
    let before = |a: usize, b: usize| weight(marks[a].2).cmp(&weight(marks[b].2)).then(b.cmp(&a));
    let order = order(marks.len(), &before);
    let mut shown = vec![false; marks.len()];
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for index in order {
        let half = 3.0 * marks[index].1 as f64 + 5.0;
        let (low, high) = (marks[index].0 - half, marks[index].0 + half);
        if taken.iter().all(|(l, h)| high < *l || low > *h) {
            taken.push((low, high));
            shown[index] = true;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_is_round_and_beyond_the_end() {
        let seconds: Vec<u64> =
            [0, 1, 2, 4, 9, 10, 30, 60, 600].iter().map(|s| horizon(Micros(s * 1_000_000)).0 / 1_000_000).collect();
        assert_eq!(seconds, [2, 2, 5, 5, 10, 20, 50, 100, 1000]);
    }

    #[test]
    fn labels_never_overlap_and_bad_news_come_first() {
        let marks = [(100.0, 10, Tone::Good), (110.0, 9, Tone::Bad), (400.0, 5, Tone::Routine)];
        assert_eq!(labels(&marks), [false, true, true]);
    }

    #[test]
    fn speeds_read_as_numbers() {
        assert_eq!([0.01, 0.1, 0.32, 1.0, 2.5, 10.0].map(speed_text), ["0.01×", "0.1×", "0.32×", "1×", "2.5×", "10×"]);
    }
}

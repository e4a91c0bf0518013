//! Time: play, step, back, speed, and a line on which any moment can be picked.

use std::rc::Rc;

use cap_lab::explain::Tone;
use cap_lab::node::Micros;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{Event, Html, InputEvent, TargetCast, html};

use crate::ui::events::{clock, tone_sign};
use crate::ui::lab::{Branch, Mark, Setup};
use crate::ui::markup::{px, text};
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
        let seek = ui
            .send
            .reform(|event: InputEvent| Msg::Seek(event.target_unchecked_into::<HtmlInputElement>().value_as_number()));
        let share = |at: Micros| 100.0 * at.0 as f64 / horizon.0 as f64;
        let track = html! {
            <svg class="track" width="100%" height="44" aria-hidden="true">
                <rect class="rail" y="12" width="100%" height="6" rx="3" />
                <rect class="known" y="12" width={format!("{}%", Px(share(self.end)))} height="6" rx="3" />
                <rect class="past" y="12" width={format!("{}%", Px(share(self.now)))} height="6" rx="3" />
                { still("marks", MarksPart { marks: Rc::clone(&self.marks), horizon, width: ui.timeline_width }) }
            </svg>
        };
        html! {
            <footer class="transport">
                <div class="buttons">
                    <button class="play" onclick={ui.on(Msg::TogglePlay)} aria-label={if ui.playing { "Pause" } else { "Play" }} title="Space">
                        <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                            <path d={if ui.playing { "M3 1h4v16H3zM11 1h4v16h-4z" } else { "M4 1L16 9L4 17z" }} />
                        </svg>
                    </button>
                    <button class="step" onclick={ui.on(Msg::Back)} title="One event back (←)" aria-label="Back"><span>{ "◂" }</span><i>{ " Back" }</i></button>
                    <button class="step" onclick={ui.on(Msg::Step)} title="One event on (→)" aria-label="Step"><i>{ "Step " }</i><span>{ "▸" }</span></button>
                    { speed(ui) }
                </div>
                <div class="line">
                    <div class="slider" id="timeline">
                        { track }
                        <input type="range" min="0" max={(horizon.0 / 1_000).to_string()} step="any" aria-label="Timeline"
                            value={fixed(self.now.0, 1)} aria-valuetext={clock(self.now)} oninput={seek} />
                    </div>
                    <p class="readout">
                        <output>{ clock(self.now) }</output>
                        <span class="wide">{ format!(" simulated · seed {} · act in the past to branch", self.setup.seed) }</span>
                        { self.branches(ui) }
                    </p>
                </div>
            </footer>
        }
    }

    fn branches(&self, ui: &ViewState) -> Html {
        if self.branches.len() < 2 {
            return html! {};
        }
        let pick = ui.send.reform(|event: Event| {
            Msg::Branch(event.target_unchecked_into::<HtmlSelectElement>().value().parse().unwrap_or(0))
        });
        html! {
            <label class="branches"><span>{ format!(" · {} branches ", self.branches.len()) }</span>
                <select aria-label="Branch" onchange={pick}>
                    { for self.branches.iter().enumerate().map(|(index, branch)| html! {
                        <option value={index.to_string()} selected={branch.current}>{ format!("{} at {}", branch.label, clock(branch.forked_at)) }</option>
                    }) }
                </select>
            </label>
        }
    }
}

fn speed(ui: &ViewState) -> Html {
    let set = ui.send.reform(|event: InputEvent| {
        Msg::Speed(event.target_unchecked_into::<HtmlInputElement>().value_as_number() as i32)
    });
    let text = speed_text(ui.rate());
    html! {
        <label class="speed"><span>{ "Speed" }</span>
            <input type="range" min="-200" max="100" step="5" aria-label="Speed" value={ui.speed.to_string()} aria-valuetext={text.clone()} oninput={set} />
            <output>{ text }</output>
        </label>
    }
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
        let marks = self.marks.iter().zip(shown).map(|(mark, shown)| {
            let class = format!("mark {}", tone_sign(mark.tone).1);
            let at = px(x(mark));
            html! {
                <g {class}>
                    <path d={format!("M{at},3V27")} />
                    if shown { <text x={at} y="40">{ text(&mark.label) }</text> }
                </g>
            }
        });
        html! { <g>{ for marks }</g> }
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

//! Time: play, step, back, speed, and a line on which any moment can be picked.

pub mod marks;
pub mod scale;
pub mod view;

use std::rc::Rc;

use cap_lab::node::Micros;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::virtual_dom::ListenerKind;
use yew::{Event, Html, TargetCast};

use crate::ui::el::{El, button, classed, el, option};
use crate::ui::events::clock;
use crate::ui::lab::Filling;
use crate::ui::number::{Px, fixed};
use crate::ui::setup::view::Setup;
use crate::ui::state::{Msg, ViewState};
use crate::ui::transport::marks::{labels, lines, list};
use crate::ui::transport::scale::{Scale, steps_until};
use crate::ui::transport::view::{Branch, Mark};

/// The bar at the foot of the page.
pub struct Transport<'a> {
    /// The play head.
    pub now: Micros,
    /// What its line measures.
    pub scale: Scale,
    /// What happened when.
    pub marks: Rc<Vec<Mark>>,
    /// Those that are listed.
    pub listed: Vec<Mark>,
    /// The futures.
    pub branches: Vec<Branch>,
    /// Of this run.
    pub setup: &'a Setup,
    /// What is not computed yet.
    pub filling: Option<Filling>,
}

impl Transport<'_> {
    /// Draws it.
    pub fn draw(&self, ui: &ViewState) -> Html {
        let share = |at: Micros| format!("{}%", Px(100.0 * self.scale.share(at)));
        let rail = |class, width| {
            classed("rect", class).attr("y", "12").set("width", width).attr("height", "6").attr("rx", "3")
        };
        let track = classed("svg", "track")
            .attr("width", "100%")
            .attr("height", "44")
            .attr("aria-hidden", "true")
            .add(rail("rail", "100%".to_owned()))
            .add(rail("known", share(self.filling.map_or(self.scale.end(), |filling| filling.until))))
            .add(rail("past", share(self.now)))
            .node(lines(&self.marks, &self.scale, ui));
        let slider = self.slider(ui);
        let seed = format!(" simulated · seed {} · change something in the past to start a what-if", self.setup.seed);
        let readout = classed("p", "readout")
            .optional(self.filling.map(|filling| self.progress(filling, ui)))
            .optional(self.scale.step_text(self.now).map(|text| el("b").text(&text)))
            .add(el("output").text(&clock(self.now)))
            .add(classed("span", "wide").text(&seed))
            .optional(self.branches(ui));
        let line = classed("div", "line")
            .add(classed("div", "slider").attr("id", "timeline").add(track).add(slider).node(labels(
                &self.marks,
                &self.scale,
                self.now,
                ui,
            )))
            .optional(ui.run.marks.is_some().then(|| list(&self.listed, ui)))
            .add(readout);
        classed("footer", "transport").add(buttons(ui)).add(line).html()
    }

    /// How much of the run is computed. One from a file can be left for the one that was there before.
    fn progress(&self, filling: Filling, ui: &ViewState) -> El {
        let percent = filling.until.0 * 100 / self.scale.end().0.max(1);
        let bar =
            el("progress").attr("max", "100").set("value", percent.to_string()).attr("aria-label", "Replaying the run");
        let cancel = ui.may_cancel.then(|| button("", "Cancel", &ui.send, Msg::CancelOpening));
        classed("span", "filling").text(&format!("Replaying {percent} % ")).add(bar).optional(cancel)
    }

    /// What is heard where the head is dragged to.
    fn slider(&self, ui: &ViewState) -> El {
        let time = clock(self.now);
        match &self.scale {
            Scale::Time { horizon, .. } => {
                let seek = |event: &Event| {
                    Msg::Seek(moment(event.target_unchecked_into::<HtmlInputElement>().value_as_number()))
                };
                slider("Timeline", fixed(self.now.0, 1), time)
                    .attr("min", "0")
                    .set("max", (horizon.0 / 1_000).to_string())
                    .attr("step", "any")
                    .hear(ListenerKind::oninput, &ui.send, seek)
            }
            Scale::Steps { moments, horizon, .. } => {
                let seek = |event: &Event| {
                    Msg::SeekStep(event.target_unchecked_into::<HtmlInputElement>().value_as_number() as u32)
                };
                let step = steps_until(moments, self.now);
                slider("Timeline", step.to_string(), format!("{time}, step {step} of {}", moments.len()))
                    .attr("min", "0")
                    .set("max", horizon.to_string())
                    .hear(ListenerKind::oninput, &ui.send, seek)
            }
        }
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
    let press = |class, label, msg| classed("button", class).click(&ui.send, msg).attr("aria-label", label);
    let play = press("play", if ui.playing { "Pause" } else { "Play" }, Msg::TogglePlay);
    let back = press("step", "Back", Msg::Back);
    let step = press("step", "Step", Msg::Step);
    let undo = press("step", "Undo", Msg::Undo);
    let undo = if ui.can_undo { undo } else { undo.attr("disabled", "") };
    let restart = press("step again", "Restart", Msg::Restart);
    classed("div", "buttons")
        .add(play.add(sign))
        .add(back.add(el("span").text("◂")).add(el("i").text(" Back")))
        .add(step.add(el("i").text("Step ")).add(el("span").text("▸")))
        .add(undo.add(el("span").text("↶")).add(el("i").text(" Undo")))
        .add(restart.add(el("span").text("↺")).add(el("i").text(" Restart")))
        .add(speed(ui))
        .optional(match (ui.present, ui.framed) {
            (_, true) => Some(button("leave", "Open in the lab", &ui.send, Msg::OpenWhole)),
            (true, false) => Some(button("leave", "Leave", &ui.send, Msg::Present)),
            (false, false) => None,
        })
}

fn speed(ui: &ViewState) -> El {
    let set = |event: &Event| Msg::Speed(event.target_unchecked_into::<HtmlInputElement>().value_as_number() as i32);
    let text = if ui.run.approach.is_some() { "slowing".to_owned() } else { speed_text(ui.rate()) };
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

/// The moment to which the line is dragged, given in milliseconds. A number that is none is the start.
fn moment(ms: f64) -> Micros {
    Micros((ms * 1e3 + 0.5).floor() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_dragged_to_the_very_microsecond() {
        for at in (0..3_000_000).map(Micros) {
            assert_eq!(moment(at.0 as f64 / 1e3), at);
        }
        assert_eq!([f64::NAN, -1.0].map(moment), [Micros::ZERO; 2]);
    }

    #[test]
    fn speeds_read_as_numbers() {
        assert_eq!([0.01, 0.1, 0.32, 1.0, 2.5, 10.0].map(speed_text), ["0.01×", "0.1×", "0.32×", "1×", "2.5×", "10×"]);
    }
}

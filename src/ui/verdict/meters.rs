//! Numbers under the phones, and the verdict: what availability and consistency came to so far.

use cap_lab::node::Micros;
use yew::{Callback, Html};

use crate::ui::el::{El, button, classed, el};
use crate::ui::number::fixed;
use crate::ui::state::{Item, Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::verdict::view::{Meters, VerdictView};
use crate::ui::world::WorldView;
use cap_lab::referee::client::VerdictState;

/// The meters of one world; nothing where there are none.
pub fn meters(index: usize, world: &WorldView, ui: &ViewState) -> Html {
    let (Some(meters), Some(verdict)) = (world.meters.clone(), world.verdict) else { return Html::default() };
    let opened = ui.run.selected == Some((index, Item::Verdict));
    still("meters", MetersPart { meters, verdict: Verdict::new(index, verdict, ui), opened })
}

/// The id of the button that shows a world's verdict.
pub fn verdict_id(world: usize) -> String {
    format!("verdict-{world}")
}

/// The verdict as a button that opens it.
#[derive(PartialEq)]
pub struct Verdict {
    index: usize,
    state: VerdictState,
    /// Until when it is known, if not up to now.
    until: Option<Micros>,
    send: Callback<Msg>,
}

impl Verdict {
    /// Of one world.
    pub fn new(index: usize, view: VerdictView, ui: &ViewState) -> Self {
        // Whole tenths of a second, so that it is not drawn anew in every frame.
        let until = (view.busy || ui.playing).then_some(Micros(view.until.0 / 100_000 * 100_000));
        Self { index, state: view.state, until, send: ui.send.clone() }
    }

    fn words(&self) -> (&'static str, &'static str, String) {
        match (self.state, self.until) {
            (VerdictState::Checking, _) => ("", "checking …", String::new()),
            (VerdictState::Linearizable, None) => ("good", "linearizable", "so far".to_owned()),
            (VerdictState::Linearizable, Some(until)) => {
                ("good", "linearizable", format!("to {} s", fixed(until.as_ms(), 1)))
            }
            (VerdictState::NotLinearizable, _) => ("bad", "✕ not linearizable", String::new()),
            (VerdictState::Off, _) => ("warn", "not checked", "why?".to_owned()),
            (VerdictState::Unknown(explored), _) => ("", "unknown", format!("explored {explored}")),
        }
    }

    /// In full, or only its sign.
    pub fn draw(&self, short: bool) -> El {
        let (class, text, small) = self.words();
        let sign = match self.state {
            VerdictState::Linearizable => "✓",
            VerdictState::NotLinearizable => "✕",
            VerdictState::Checking => "…",
            VerdictState::Unknown(_) => "?",
            VerdictState::Off => "–",
        };
        let msg = Msg::Select { world: self.index, item: Item::Verdict, from_keys: true };
        let says = || el("span").attr("class", "said").text(text.trim_start_matches("✕ "));
        button("verdict", "", &self.send, msg)
            .set("id", verdict_id(self.index))
            .add(el("b").class(class).text(if short { sign } else { text }))
            .optional(short.then(says))
            .optional((!short && !small.is_empty()).then(|| el("small").text(&format!(" {small}"))))
    }
}

/// "84 ms", "1.2 s", "–".
pub fn latency(value: Option<Micros>) -> String {
    match value {
        None => "–".to_owned(),
        Some(micros) if micros.0 < 10_000 => format!("{} ms", fixed(micros.0, 1)),
        Some(micros) if micros.0 < 1_000_000 => format!("{} ms", micros.as_ms()),
        Some(micros) => format!("{} s", fixed(micros.as_ms(), 1)),
    }
}

/// Whole percent of `part` in `of`, rounded down, so that 100 % means all.
pub fn percent(part: u32, of: u32) -> String {
    if of == 0 { "–".to_owned() } else { format!("{} %", u64::from(part) * 100 / u64::from(of)) }
}

#[derive(PartialEq)]
struct MetersPart {
    meters: Meters,
    verdict: Verdict,
    opened: bool,
}

impl Part for MetersPart {
    fn draw(&self) -> Html {
        let m = &self.meters;
        let answered = if m.ended == m.answered { "good" } else { "bad" };
        let stale = if m.stale == 0 { "good" } else { "warn" };
        let lost = if m.refused + m.unknown == 0 { "" } else { "bad" };
        let clock = if m.stale == 0 { "" } else { "◷" };
        let verdict = self.verdict.draw(false).flag("aria-expanded", self.opened);
        // What is counted is a word of the glossary.
        let meter = |label, term, value: &str, class, small: &str| {
            let label = button("term", label, &self.verdict.send, Msg::Term(term));
            let number = el("b").class(class).text(value);
            el("div").add(el("dt").add(label)).add(el("dd").add(number).add(el("small").text(small)))
        };
        let refused = format!("{} · {}", m.refused, m.unknown);
        classed("dl", "meters")
            .add(meter("Answered", "availability", &percent(m.answered, m.ended), answered, &format!("of {}", m.ended)))
            .add(meter("Stale reads", "stale", &m.stale.to_string(), stale, clock))
            .add(meter("Latency p50", "latency", &latency(m.p50), "", &format!("p99 {}", latency(m.p99))))
            .add(meter("Refused · unknown", "unknown", &refused, lost, ""))
            .add(el("div").add(el("dt").text("Verdict")).add(el("dd").add(verdict)))
            .html()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_means_all() {
        assert_eq!(percent(999, 1000), "99 %");
        assert_eq!(percent(7, 7), "100 %");
        assert_eq!(percent(0, 0), "–");
    }

    #[test]
    fn latencies_keep_two_figures_or_more() {
        assert_eq!(latency(Some(Micros(2_340))), "2.3 ms");
        assert_eq!(latency(Some(Micros(84_900))), "84 ms");
        assert_eq!(latency(Some(Micros(1_240_000))), "1.2 s");
    }
}

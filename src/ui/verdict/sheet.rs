//! A verdict, opened up: what it comes to, the evidence, and the guarantees that were kept.

use cap_lab::node::Micros;
use yew::{Callback, Html};

use crate::ui::el::{button, classed, el, filled};
use crate::ui::sheet::frame::frame;
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::verdict::staleness;
use crate::ui::verdict::view::{Rung, VerdictSheet};
use crate::ui::world::WorldView;
use cap_lab::referee::client::VerdictState;

/// What there is to say about the verdict on `world`.
pub fn sheet(sheet: VerdictSheet, world: &WorldView, ui: &ViewState) -> Html {
    let state = world.verdict.map_or(VerdictState::Checking, |verdict| verdict.state);
    let mut sheet = sheet;
    let off = ui.no_referee.as_ref().filter(|_| state == VerdictState::Off);
    if let Some(reason) = off {
        sheet.sentence = format!(
            "Verdicts are off: the checker, which runs in a web worker, could not be had ({reason}). All else works."
        );
    }
    still("verdict", VerdictPart { sheet, state, off: off.is_some(), side: world.title.clone(), send: ui.send.clone() })
}

#[derive(PartialEq)]
struct VerdictPart {
    sheet: VerdictSheet,
    state: VerdictState,
    /// There is no checker: one may be called again.
    off: bool,
    side: String,
    send: Callback<Msg>,
}

impl Part for VerdictPart {
    fn draw(&self) -> Html {
        let title = match self.state {
            VerdictState::Checking => "Verdict: checking …",
            VerdictState::Linearizable => "Linearizable so far",
            VerdictState::NotLinearizable => "Not linearizable",
            VerdictState::Unknown(_) => "Verdict: unknown",
            VerdictState::Off => "Not checked",
        };
        let VerdictSheet { sentence, before, operations, seen, faults, recovered, ladder, staleness: told } =
            &self.sheet;
        let go = |before: Micros| button("", "Go to just before", &self.send, Msg::GoTo(before));
        let list = |lines: &[String]| lines.iter().map(|line| el("li").text(line)).collect();
        let rung = |rung: &Rung| {
            let (class, sign, said) = match rung.kept {
                Some(true) => ("good", "✓", "kept"),
                Some(false) => ("bad", "✕", "broken"),
                None => ("", "?", "unknown"),
            };
            let standing = el("b").class(class).text(&format!("{sign} {said}"));
            el("li").add(el("span").text(rung.name)).add(standing).optional(filled("p", &rung.why))
        };
        let mut parts = Vec::new();
        if !operations.is_empty() {
            parts.push(el("h3").text("Evidence, latest first"));
            parts.push(classed("ul", "proof").all(list(operations)));
            if !seen.is_empty() {
                let count = format!("What these saw ({})", seen.len());
                let all = classed("ul", "proof").all(list(seen));
                parts.push(el("details").add(el("summary").text(&count)).add(all));
            }
            parts.push(el("h3").text("Faults at that time"));
            let none = [String::from("none")];
            parts.push(classed("ul", "proof").all(list(if faults.is_empty() { &none } else { faults })));
        }
        if !ladder.is_empty() {
            parts.push(el("h3").text("Guarantees, the weaker ones first"));
            parts.push(classed("ul", "ladder").all(ladder.iter().map(rung).collect()));
        }
        if !told.is_empty() {
            parts.push(staleness::staleness(told));
        }
        frame(title, &self.side, &self.send)
            .optional(before.map(|before| classed("div", "actions").add(go(before))))
            .add(el("p").text(sentence))
            .optional(self.off.then(|| button("", "Try again", &self.send, Msg::CallReferee)))
            .list(parts)
            .optional(recovered.as_ref().map(|text| el("p").text(&format!("{text}."))))
            .html()
    }
}

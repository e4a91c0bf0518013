//! What is told of one operation: what it asked and saw, when, its place in the order or its part in the evidence, and the
//! messages that carried it.

use cap_lab::explain::ordinal;
use cap_lab::node::Micros;
use yew::virtual_dom::ListenerKind;
use yew::{Callback, Html};

use super::plan::{NAMES, sign};
use super::state_word;
use super::strip::{Do, Told, per_second};
use super::view::{BarState, CarriedLine, CarriedView, OperationView};
use crate::ui::el::{El, button, classed, el, filled, words};
use crate::ui::number::{Px, fixed};
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};

/// How wide a card is, if there is room.
const WIDTH: f64 = 340.0;

/// The card of what is told, above its bar.
pub fn draw(told: &Told, now: Micros, ui: &ViewState) -> Html {
    let pinned = ui.run.strip.chosen.is_some();
    let room = ui.run.strip.width;
    let left = ui.run.strip.window.left(now, ui.speed);
    let x = NAMES + (told.view.from.as_secs_f64() - left) * per_second(&ui.run.strip, ui.speed);
    let w = WIDTH.min(room);
    // In whole steps, so that a sliding strip does not move it in every frame.
    let x = ((x - w / 2.0).clamp(0.0, room - w) / 8.0).floor() * 8.0;
    let part = CardPart { shown: told.clone(), pinned, x, w, send: ui.send.clone() };
    still("card", part)
}

#[derive(PartialEq)]
struct CardPart {
    shown: Told,
    pinned: bool,
    x: f64,
    w: f64,
    send: Callback<Msg>,
}

impl Part for CardPart {
    fn draw(&self) -> Html {
        let OperationView { title, state, from, to, outcome, saw, place, evidence, .. } = &*self.shown.view;
        let close = || button("quiet close", "✕", &self.send, Msg::Strip(Do::Close)).attr("aria-label", "Close");
        let head = el("header")
            .add(el("i").attr("aria-hidden", "true").text(sign_of(*state)))
            .add(words("h3", title))
            .optional(place.map(|place| el("b").text(&format!("{} in the order", ordinal(place as u64)))))
            .optional(self.pinned.then(close));
        let seconds = |at: Micros| fixed(at.as_ms(), 3);
        let time = match to {
            Some(to) => format!("{} s to {} s", seconds(*from), seconds(*to)),
            None => format!("Since {} s", seconds(*from)),
        };
        let class = match state {
            BarState::Stale => "card stale",
            BarState::Refused => "card refused",
            BarState::Done => "card done",
            BarState::Pending | BarState::Unknown => "card",
        };
        let row = |name: &str, text: &str| {
            let row = || el("div").add(words("dt", name)).add(words("dd", text));
            (!text.is_empty()).then(row)
        };
        let facts = el("dl").optional(row("When", &time)).optional(row("Outcome", outcome)).optional(row("Saw", saw));
        let stay = |msg: Do| {
            let send = self.send.clone();
            Callback::from(move |_: web_sys::Event| send.emit(Msg::Strip(msg.clone())))
        };
        classed("section", class)
            .on(ListenerKind::onpointerenter, stay(Do::Stay))
            .on(ListenerKind::onpointerleave, stay(Do::Leave))
            .set("style", format!("left:{}px;width:{}px", Px(self.x), Px(self.w)))
            .set("aria-label", format!("{title}: {}", state_word(*state)))
            .add(head)
            .optional(filled("p", evidence).map(|text| text.attr("class", "proof-of")))
            .add(facts)
            .optional(self.shown.carried.as_ref().map(|carried| self.carried(carried)))
            .html()
    }
}

impl CardPart {
    fn carried(&self, carried: &CarriedView) -> El {
        let line = |line: &CarriedLine| {
            let note = || el("em").text(&line.note);
            el("li")
                .class(if line.lost { "lost" } else { "" })
                .add(el("time").text(&fixed(line.at.as_ms(), 3)))
                .add(words("span", &line.text))
                .optional((!line.note.is_empty()).then(note))
        };
        let head = match carried.count {
            1 => "Carried by 1 message".to_owned(),
            count => format!("Carried by {count} messages"),
        };
        let show = || button("", "Show in the diagram", &self.send, Msg::Strip(Do::Diagram));
        classed("div", "carried-by")
            .add(words("h4", &head))
            .add(
                el("ol")
                    .attr("tabindex", "0")
                    .attr("aria-label", "Messages")
                    .list(carried.lines.iter().map(line).collect()),
            )
            .add(classed("p", "rule-of").text(&carried.rule))
            .optional(self.pinned.then(show))
    }
}

fn sign_of(state: BarState) -> &'static str {
    match state {
        BarState::Done => "✓",
        BarState::Pending => "…",
        _ => sign(state),
    }
}

//! What just happened, in sentences: which rule fired or refused, with its numbers and its place in the paper.

pub mod view;

use std::rc::Rc;

use cap_lab::explain::Tone;
use cap_lab::node::Micros;
use yew::{Callback, Html};

use crate::ui::el::{El, button, classed, el, filled};
use crate::ui::events::view::{Differs, Event};
use crate::ui::guide;
use crate::ui::number::{fixed, order};
use crate::ui::state::{Arrival, Msg, ViewState};
use crate::ui::still::{Part, still};
use crate::ui::waiting::waiting;
use crate::ui::world::WorldView;

/// The events of the shown worlds, newest first.
pub fn events(worlds: &[(usize, Rc<WorldView>)], ui: &ViewState) -> Html {
    let mut all: Vec<(Option<Rc<str>>, Event)> = Vec::new();
    for (_, world) in worlds {
        let name = (worlds.len() > 1).then(|| world.short.clone());
        all.extend(world.events.iter().take(SHOWN).map(|event| (name.clone(), event.clone())));
    }
    let newest = order(all.len(), &|a, b| all[b].1.at.cmp(&all[a].1.at).then(all[b].1.id.cmp(&all[a].1.id)));
    let all: Vec<_> =
        newest.into_iter().take(if ui.narrow() { 6 } else { SHOWN }).map(|index| all[index].clone()).collect();
    let differs = worlds.iter().filter(|(_, world)| !world.differences.is_empty());
    let differs = differs.map(|(_, world)| (world.short.clone(), Rc::clone(&world.differences))).collect();
    still(
        "events",
        EventsPart { events: all, differs, details: ui.details, routine: ui.routine, send: ui.send.clone() },
    )
}

/// As many as anyone reads.
const SHOWN: usize = 24;

/// The sign and the class of a tone: colour is never alone.
pub fn tone_sign(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Routine => ("·", "routine"),
        Tone::Good => ("✓", "good"),
        Tone::Warning => ("◷", "warn"),
        Tone::Bad => ("✕", "bad"),
    }
}

/// "12.480 s".
pub fn clock(at: Micros) -> String {
    format!("{} s", fixed(at.as_ms(), 3))
}

#[derive(PartialEq)]
struct EventsPart {
    events: Vec<(Option<Rc<str>>, Event)>,
    /// By world: who has what.
    differs: Vec<(Rc<str>, Rc<Vec<Differs>>)>,
    details: Arrival,
    routine: bool,
    send: Callback<Msg>,
}

impl Part for EventsPart {
    fn draw(&self) -> Html {
        let every = button("quiet", "Every step", &self.send, Msg::Routine).flag("aria-pressed", self.routine);
        let empty = || match self.details {
            Arrival::Here => classed("p", "empty").text("Nothing has happened yet that is worth a line."),
            missing => waiting(missing, &self.send),
        };
        let list = el("ol").attr("tabindex", "0").attr("aria-label", "Events, newest first");
        classed("section", "events")
            .attr("aria-label", "What just happened")
            .optional((!self.differs.is_empty()).then(|| self.differences()))
            .add(el("header").add(el("h2").text("What just happened")).add(every))
            .optional(self.events.is_empty().then(empty))
            .add(list.list(
                self.events.iter().map(|(side, event)| self.event(side.as_deref().unwrap_or(""), event)).collect(),
            ))
            .html()
    }
}

impl EventsPart {
    /// Who has what, world by world.
    fn differences(&self) -> El {
        let line = |short: &str, differs: &Differs| {
            let line = el("li").attr("translate", "yes").key(&format!("{short}{}{}", differs.what, differs.sides));
            line.add(el("i").text(short)).add(el("b").text(&differs.what)).text(" ").text(&differs.sides)
        };
        let all = self.differs.iter().flat_map(|(short, lines)| lines.iter().map(move |differs| line(short, differs)));
        classed("div", "differs").add(el("h2").text("Who has what")).add(el("ul").list(all.collect()))
    }

    fn event(&self, side: &str, event: &Event) -> El {
        let sentence = &event.sentence;
        let (sign, class) = tone_sign(sentence.tone);
        let time = clock(event.at);
        let seek = button("quiet", &time, &self.send, Msg::GoTo(event.at));
        let headline = el("h3")
            .add(el("span").attr("aria-hidden", "true").text(sign))
            .optional(filled("i", side))
            .text(&sentence.headline);
        let outside =
            |observer: &String| classed("p", "observer").add(el("b").text("Seen from outside: ")).text(observer);
        let foot =
            el("footer").optional(filled("cite", sentence.source)).add(seek.set("aria-label", format!("Go to {time}")));
        classed("li", class)
            .attr("translate", "yes")
            .key(&format!("{side}{}", event.id))
            .add(headline)
            .optional(guide::paragraph(&sentence.reason, &self.send))
            .optional(sentence.observer.as_ref().map(outside))
            .add(foot)
    }
}

//! What just happened, in sentences: which rule fired or refused, with its numbers and its place in the paper.

use std::rc::Rc;

use cap_lab::explain::Tone;
use cap_lab::node::Micros;
use yew::{Callback, Html, MouseEvent, html};

use crate::ui::lab::{Event, World};
use crate::ui::markup::text;
use crate::ui::number::{fixed, order};
use crate::ui::state::{Msg, ViewState};
use crate::ui::still::{Part, still};

/// The events of the shown worlds, newest first.
pub fn events(worlds: &[(usize, Rc<World>)], ui: &ViewState) -> Html {
    let mut all: Vec<(Option<&'static str>, Event)> = Vec::new();
    for (index, world) in worlds {
        let side = if worlds.len() > 1 { Some(if *index == 0 { "CP" } else { "AP" }) } else { None };
        all.extend(world.events.iter().take(SHOWN).map(|event| (side, event.clone())));
    }
    let newest = order(all.len(), &|a, b| all[b].1.at.cmp(&all[a].1.at).then(all[b].1.id.cmp(&all[a].1.id)));
    let all: Vec<_> =
        newest.into_iter().take(if ui.narrow() { 6 } else { SHOWN }).map(|index| all[index].clone()).collect();
    still("events", EventsPart { events: all, routine: ui.routine, send: ui.send.clone() })
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
    events: Vec<(Option<&'static str>, Event)>,
    routine: bool,
    send: Callback<Msg>,
}

impl Part for EventsPart {
    fn draw(&self) -> Html {
        let routine = self.send.reform(|_: MouseEvent| Msg::Routine);
        html! {
            <section class="events" aria-label="What just happened">
                <header>
                    <h2>{ "What just happened" }</h2>
                    <button class="quiet" aria-pressed={self.routine.to_string()} onclick={routine}>{ "Every step" }</button>
                </header>
                if self.events.is_empty() { <p class="empty">{ "Nothing worth a line yet." }</p> }
                <ol tabindex="0" aria-label="Events, newest first">{ for self.events.iter().map(|(side, event)| self.event(*side, event)) }</ol>
            </section>
        }
    }
}

impl EventsPart {
    fn event(&self, side: Option<&'static str>, event: &Event) -> Html {
        let sentence = &event.sentence;
        let (sign, class) = tone_sign(sentence.tone);
        let seek = {
            let ms = event.at.0 as f64 / 1e3;
            self.send.reform(move |_: MouseEvent| Msg::Seek(ms))
        };
        html! {
            <li key={format!("{}{}", side.unwrap_or_default(), event.id)} {class}>
                <h3><span aria-hidden="true">{ sign }</span>{ for side.map(|side| html! { <i>{ side }</i> }) }{ sentence.headline.clone() }</h3>
                if !sentence.reason.is_empty() { <p>{ text(&sentence.reason) }</p> }
                if let Some(observer) = &sentence.observer { <p class="observer"><b>{ "Seen from outside: " }</b>{ text(observer) }</p> }
                <footer>
                    if !sentence.source.is_empty() { <cite>{ sentence.source }</cite> }
                    <button class="quiet" onclick={seek} aria-label={format!("Go to {}", clock(event.at))}>{ clock(event.at) }</button>
                </footer>
            </li>
        }
    }
}

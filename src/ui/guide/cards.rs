//! Cards above the events: what the first visit needs, the situation that is played, what a partition cost. Each can be put away.

use cap_lab::conclusion::Line;
use cap_lab::node::Micros;
use yew::Callback;

use super::situations::script;
use super::view::{Concluded, Playing, Show};
use super::{here, paragraph};
use crate::ui::el::{El, button, classed, el, quiet, words};
use crate::ui::lab::Lab;
use crate::ui::number::fixed;
use crate::ui::state::{Msg, ViewState};

/// What C, A and P are, and that the network is about to fail.
const WELCOME: [&str; 3] = [
    "C is consistency: a read sees every post that was confirmed before it.",
    "A is availability: every working replica answers.",
    "P is a partition: messages get lost, and on this network they are about to.",
];

pub(super) fn cards(lab: &dyn Lab, ui: &ViewState) -> Vec<El> {
    let playing = ui.run.situation.as_ref().and_then(|playing| situation_card(playing, lab.now(), ui));
    let concluded = lab.concluded().filter(|concluded| ui.run.read_until < Some(concluded.healed));
    let concluded = concluded.map(|concluded| conclusion_card(&concluded, &ui.send));
    // It is about feeds.
    let welcomes = ui.first_visit && !lab.setup().stores.is_empty();
    let welcome = (welcomes && playing.is_none() && concluded.is_none()).then(|| welcome_card(&ui.send));
    [welcome, playing, concluded].into_iter().flatten().collect()
}

/// A card that can be put away.
fn card(key: &str, title: &str, send: &Callback<Msg>, away: Msg) -> El {
    let close = button("quiet close", "✕", send, away).name(format!("Put away: {title}"));
    let head = el("header").add(words("h2", title)).add(close);
    classed("section", "aid").key(key).name(title.to_owned()).add(head)
}

fn welcome_card(send: &Callback<Msg>) -> El {
    let text = WELCOME.join(" ");
    card("welcome", "What is at stake", send, Msg::Welcomed)
        .optional(paragraph(&text, send))
        .add(words("p", "Cut some links, and see what each feed gives up."))
}

fn situation_card(playing: &Playing, now: Micros, ui: &ViewState) -> Option<El> {
    let (situation, _) = here()?.situation(playing.name)?;
    let send = &ui.send;
    let again = Msg::Show(Show { situation: playing.name, moment: None });
    let card = card("situation", situation.title, send, Msg::EndSituation).optional(paragraph(situation.says, send));
    if playing.changed {
        let text = "You changed the run: what follows is yours.";
        return Some(card.add(words("p", text)).add(quiet(
            "Play again",
            format!("Play again: {}", situation.title),
            send,
            again,
        )));
    }
    let moments = &playing.judged.moments;
    let line = |(at, text): &(Micros, String)| el("li").key(text).text(text).text(" ").add(go(*at, send));
    let seen: Vec<El> = moments.iter().filter(|(at, _)| *at <= now).map(line).collect();
    let all = seen.len() == moments.len();
    let question = || classed("p", "question").text(situation.question);
    Some(card.add(el("ol").list(seen)).optional(all.then(question)).add(script(&situation)))
}

fn conclusion_card(concluded: &Concluded, send: &Callback<Msg>) -> El {
    let line = |Line { text, at }: &Line| {
        let line = el("li").key(text);
        let line = match here() {
            Some(guide) => guide.marked(line, text, send),
            None => line.text(text),
        };
        line.text(" ").optional(at.map(|at| go(at, send)))
    };
    card("conclusion", "What this partition cost", send, Msg::Conclude(concluded.healed))
        .add(el("ul").list(concluded.lines.iter().map(line).collect()))
        .add(classed("p", "question").text(concluded.question))
}

/// The way to a moment, where the run stops.
fn go(at: Micros, send: &Callback<Msg>) -> El {
    let time = format!("{} s", fixed(at.as_ms(), 3));
    button("quiet moment", &time, send, Msg::GoTo(at)).name(format!("Go to {time}"))
}

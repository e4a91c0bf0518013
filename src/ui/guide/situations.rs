//! The list of example situations.

use cap_lab::situation::{self, Situation};

use super::view::Show;
use crate::ui::el::{El, classed, el, quiet, words};
use crate::ui::state::{Msg, ViewState};

pub(super) fn list(ui: &ViewState) -> El {
    let about = "Each is a short script. Its run makes its claim true, and you can change it at any moment.";
    let list = situation::all().map(|situation| draw(&situation, ui)).collect();
    classed("div", "stack").add(words("p", about)).add(classed("ul", "situations").all(list))
}

fn draw(situation: &Situation, ui: &ViewState) -> El {
    let Situation { name, title, says, .. } = *situation;
    let on = match situation.page() {
        "#feed" => "Feed",
        "#paxos" => "Paxos",
        "#locks" => "Locks",
        _ => "Raft",
    };
    let play = Msg::Show(Show { situation: name, moment: None });
    let here = ui.run.situation.as_ref().is_some_and(|playing| playing.name == name);
    el("li")
        .key(name)
        .class(if here { "here" } else { "" })
        .add(el("h3").text(title).add(words("i", on)))
        .add(words("p", says))
        .add(script(situation))
        .add(quiet("Play", format!("Play: {title}"), &ui.send, play))
}

/// The script, to be read.
pub(super) fn script(situation: &Situation) -> El {
    el("details").add(words("summary", "The script")).add(words("pre", situation.script))
}

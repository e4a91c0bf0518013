//! The glossary: every word with its meaning, its source, and a run in which it can be seen.

use cap_lab::glossary::{ENTRIES, Entry, Piece, pieces};
use yew::Callback;

use super::view::Show;
use crate::ui::el::{El, button, classed, el, quiet, words};
use crate::ui::state::{Msg, ViewState, term_id};

/// A word of a sentence that opens its entry.
pub(super) fn link(word: &str, term: &'static str, send: &Callback<Msg>) -> El {
    button("term", word, send, Msg::Term(term))
}

pub(super) fn list(ui: &ViewState) -> El {
    classed("div", "glossary").list(ENTRIES.iter().map(|entry| draw(entry, ui)).collect())
}

fn draw(entry: &Entry, ui: &ViewState) -> El {
    let Entry { term, says, source, shown: (situation, moment), .. } = *entry;
    // A word of its own text leads to the others, not to itself.
    let text = pieces(says).into_iter().fold(el("p"), |text, piece| match piece {
        Piece::Term(word, other) if other.term != term => text.add(link(word, other.term, &ui.send)),
        Piece::Plain(word) | Piece::Term(word, _) => text.text(word),
    });
    let show = Msg::Show(Show { situation, moment: Some(moment) });
    let foot = el("footer").add(words("cite", source)).add(quiet(
        "Show it in a run",
        format!("Show it in a run: {term}"),
        &ui.send,
        show,
    ));
    el("section")
        .key(term)
        .set("id", term_id(term))
        .attr("tabindex", "-1")
        .class(if ui.term == Some(term) { "asked" } else { "" })
        .add(words("h3", term))
        .add(text)
        .add(foot)
}

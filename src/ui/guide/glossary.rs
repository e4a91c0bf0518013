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

/// What the letters and marks on the page stand for.
const MARKS: [(&str, &str); 9] = [
    ("w, r", "among the operations: a post (it writes), a read"),
    ("◷", "stale: answered from old data; at a node: its clock is wrong"),
    ("✕", "refused, or an invariant is broken"),
    ("?", "no answer in time: unknown"),
    ("dots", "where each operation takes effect in the order that the checker found"),
    ("crown", "the leader"),
    ("dashed", "a node that is down, or a link that is cut"),
    ("solid", "an entry that its server knows to be committed"),
    ("hatched", "an entry not known to be committed, or an operation of unknown fate"),
];

pub(super) fn list(ui: &ViewState) -> El {
    let mark = |(sign, meaning): (&str, &str)| el("div").add(words("dt", sign)).add(words("dd", meaning));
    let marks = el("section")
        .add(words("h3", "Marks and letters"))
        .add(classed("dl", "keys").all(MARKS.into_iter().map(mark).collect()));
    let entries = ENTRIES.iter().map(|entry| draw(entry, ui)).collect();
    classed("div", "glossary").add(marks).list(entries)
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

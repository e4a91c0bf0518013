//! What helps a learner along: example situations, the glossary, the first visit, the conclusion after a partition. A part of its
//! own: the first drawing does without it.

mod cards;
mod glossary;
mod situations;
pub mod view;

use cap_lab::glossary::{Piece, pieces};
use cap_lab::situation::scene::Scene;
use cap_lab::situation::{self, Situation};
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use yew::{Callback, Html};

use crate::ui::el::{El, el, filled};
use crate::ui::lab::Lab;
use crate::ui::late::Late;
use crate::ui::state::{Msg, ViewState};

/// What comes with this part.
pub trait Guide {
    /// The list of situations, each with its script.
    fn situations(&self, ui: &ViewState) -> El;
    /// All words.
    fn glossary(&self, ui: &ViewState) -> El;
    /// What stands above the events: first visit, situation, conclusion.
    fn cards(&self, lab: &dyn Lab, ui: &ViewState) -> Vec<El>;
    /// A text whose terms open the glossary.
    fn marked(&self, element: El, text: &str, send: &Callback<Msg>) -> El;
    /// The situation of this name, and what is played.
    fn situation(&self, name: &str) -> Option<(Situation, Scene)>;
}

struct All;

impl Guide for All {
    fn situations(&self, ui: &ViewState) -> El {
        situations::list(ui)
    }

    fn glossary(&self, ui: &ViewState) -> El {
        glossary::list(ui)
    }

    fn cards(&self, lab: &dyn Lab, ui: &ViewState) -> Vec<El> {
        cards::cards(lab, ui)
    }

    fn marked(&self, element: El, text: &str, send: &Callback<Msg>) -> El {
        pieces(text).into_iter().fold(element, |element, piece| match piece {
            Piece::Plain(text) => element.text(text),
            Piece::Term(word, entry) => element.add(glossary::link(word, entry.term, send)),
        })
    }

    fn situation(&self, name: &str) -> Option<(Situation, Scene)> {
        situation::named(name).map(|situation| (situation, situation.scene()))
    }
}

thread_local! {
    static GUIDE: Late<dyn Guide> = const { Late::new(&All) };
}

/// The guide, if it is here.
pub fn here() -> Option<&'static dyn Guide> {
    GUIDE.with(Late::here)
}

/// Sees to it that it is here. False if it can't be had now: then it may be asked for again.
pub async fn come() -> bool {
    let came = part().await.ok();
    GUIDE.with(|guide| guide.take(came));
    here().is_some()
}

#[wasm_split(guide, fallible)]
fn part() -> Result<&'static dyn Guide, SplitLoaderError> {
    Ok(&All)
}

/// A paragraph whose terms open the glossary, if there is text. Once they do it is another one: a browser that translates may
/// have put its own text in place of this.
pub fn paragraph(text: &str, send: &Callback<Msg>) -> Option<El> {
    match here() {
        Some(guide) if !text.is_empty() => Some(guide.marked(el("p").key("marked"), text, send)),
        _ => filled("p", text),
    }
}

/// What stands above the events, unless something is opened up there.
pub fn cards(lab: &dyn Lab, ui: &ViewState) -> Html {
    let free = ui.run.selected.is_none();
    let cards = here().filter(|_| free).map(|guide| guide.cards(lab, ui)).unwrap_or_default();
    crate::ui::el::several(cards)
}

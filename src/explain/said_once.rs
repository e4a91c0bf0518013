//! In tests: what is said of each kind of note, compared with the file that holds it.

use super::Sentence;

#[path = "../../tests/sentences/compare.rs"]
mod compare;

use compare::Said;

/// Compares what is said of each kind of note with the file that holds it.
pub(crate) fn compare_sentences(file: &str, said: impl IntoIterator<Item = (&'static str, Sentence)>) {
    let said = said.into_iter().map(|(kind, sentence)| {
        let Sentence { headline, reason, observer, source, tone } = sentence;
        Said { kind, tone: format!("{tone:?}"), headline, reason, observer, source }
    });
    compare::compare(file, said);
}

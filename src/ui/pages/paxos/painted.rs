//! Values in the colours after which they are named.

use crate::ui::el::{El, classed};
use crate::ui::figure::names::colour_class;

/// Adds `text` to `to`, each name of a colour in it drawn in that colour.
pub fn painted(to: El, text: &str) -> El {
    let mut whole = to;
    let mut plain = String::new();
    // Words and what stands between them, in turns.
    for piece in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let class = colour_class(word);
        if class.is_empty() {
            plain.push_str(piece);
            continue;
        }
        whole = whole.text(&plain).add(classed("span", class).text(word));
        plain = piece[word.len()..].to_owned();
    }
    whole.text(&plain)
}

//! The safety properties of a protocol, each with its evidence if it was broken.

use yew::Html;

use crate::ui::el::{classed, el, words};
use crate::ui::still::{Part, still};

/// A safety property.
#[derive(Clone, PartialEq, Debug)]
pub struct Invariant {
    /// "Election Safety".
    pub name: &'static str,
    /// "At most one leader is elected in a term."
    pub statement: &'static str,
    /// The evidence, if it was broken.
    pub broken: Option<String>,
}

/// "Hold so far": the safety properties, each with its evidence if it was broken.
pub fn invariants(list: &[Invariant]) -> Html {
    still("invariants", InvariantsPart { list: list.to_vec() })
}

#[derive(PartialEq)]
struct InvariantsPart {
    list: Vec<Invariant>,
}

impl Part for InvariantsPart {
    fn draw(&self) -> Html {
        let broken = self.list.iter().find(|invariant| invariant.broken.is_some());
        // Once one is broken, the others are not checked any more.
        let title = match broken {
            None => format!("All {} invariants hold so far", self.list.len()),
            Some(broken) if self.list.len() == 1 => format!("{} is broken", broken.name),
            Some(broken) => format!("{} is broken; the others held until then", broken.name),
        };
        let row = |invariant: &Invariant| {
            let (class, sign) = if invariant.broken.is_none() { ("good", "✓") } else { ("bad", "✕") };
            let evidence = invariant.broken.as_ref().map(|evidence| words("p", &format!("Broken: {evidence}")));
            classed("li", class)
                .attr("tabindex", "0")
                .add(words("span", sign).attr("aria-hidden", "true"))
                .add(words("b", invariant.name))
                .add(classed("span", "statement").text(invariant.statement))
                .optional(evidence)
        };
        classed("section", "invariants")
            .add(words("h2", &title))
            .add(el("ul").all(self.list.iter().map(row).collect()))
            .html()
    }
}

//! The line under the head: what to do first, then what to look at; and what is at hand while something is cut.

use std::rc::Rc;

use cap_lab::node::NodeSet;
use cap_lab::store::descriptor::Side;
use yew::Html;

use crate::ui::el::{button, classed, el};
use crate::ui::phones::view::PhoneState;
use crate::ui::present;
use crate::ui::state::{Coach, Msg, ViewState};
use crate::ui::world::WorldView;

/// What a page has the line say.
pub struct Lines {
    /// Invites the first cut.
    pub invite: &'static str,
    /// Says what to look at while something is cut.
    pub watch: fn(&Seen) -> &'static str,
}

/// What the phones of all worlds show.
pub struct Seen {
    /// Somebody was refused.
    pub refused: bool,
    /// Somebody was answered from old data.
    pub stale: bool,
    /// One of the stores is available under a partition.
    pub available: bool,
    /// Who can still exchange messages, directly or through others.
    pub division: Division,
}

/// Into what the cut links divide the replicas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Division {
    /// Every replica still reaches every other, directly or through others.
    Whole,
    /// One group has a majority.
    Majority,
    /// No group has one.
    NoMajority,
}

/// What it is if the replicas are left in these groups.
fn divided(groups: &[NodeSet]) -> Division {
    let all: usize = groups.iter().map(|group| group.len()).sum();
    let largest = groups.iter().map(|group| group.len()).max().unwrap_or(0);
    match groups.len() {
        0 | 1 => Division::Whole,
        _ if 2 * largest > all => Division::Majority,
        _ => Division::NoMajority,
    }
}

impl Division {
    /// What to look at while nobody was refused or answered from old data.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Whole => "Links are cut, but no group is cut off: all still reach each other through others.",
            Self::Majority => "Cut. Watch the phones whose replica is on the side without a majority.",
            Self::NoMajority => "Cut. No side has a majority now. Watch whose phones still get answers.",
        }
    }
}

/// What to look at where no store is available under a partition.
pub fn no_ap(seen: &Seen) -> &'static str {
    match seen.division {
        Division::Majority => "Cut. Watch who can still reach a majority, and what the others try.",
        other => other.advice(),
    }
}

/// The line.
pub fn line(worlds: &[Rc<WorldView>], ui: &ViewState, lines: &Lines) -> Html {
    let cut = worlds.iter().any(|world| world.cut.iter().any(|set| !set.is_empty()));
    let broken = worlds.iter().find_map(|world| world.broken());
    let told = broken.map(|invariant| {
        let evidence = invariant.broken.as_deref().unwrap_or_default();
        format!("{} is broken: {evidence}. Step back and see how it came to that.", invariant.name)
    });
    let seen = |state: PhoneState| worlds.iter().any(|world| world.phones.iter().any(|phone| phone.state == state));
    let text = match ui.run.coach {
        Coach::Invite => lines.invite,
        Coach::Watch if cut => {
            let available = worlds.iter().any(|world| world.side == Some(Side::AP));
            let division = worlds.first().map_or(Division::Whole, |world| divided(&world.components));
            let (refused, stale) = (seen(PhoneState::Refused), seen(PhoneState::Stale));
            (lines.watch)(&Seen { refused, stale, available, division })
        }
        Coach::Watch | Coach::Silent => "",
    };
    let text = told.as_deref().unwrap_or(text);
    let text = if ui.present { present::sentence(worlds, ui, text) } else { text.to_owned() };
    let heal = || button("primary", "Heal all links", &ui.send, Msg::HealAll);
    let says = el("p").key(&text).attr("translate", "yes").text(&text);
    classed("div", "coach").list(vec![says]).optional(cut.then(heal)).html()
}

#[cfg(test)]
mod tests {
    use cap_lab::node::NodeId;

    use super::*;

    fn groups(sizes: &[u8]) -> Division {
        let mut next = 0;
        let groups: Vec<NodeSet> = sizes
            .iter()
            .map(|size| {
                next += size;
                (next - size..next).map(NodeId).collect()
            })
            .collect();
        divided(&groups)
    }

    #[test]
    fn only_a_side_that_lacks_a_majority_is_said_to() {
        assert_eq!(
            [groups(&[5]), groups(&[2, 3]), groups(&[1, 4])].map(|one| one == Division::Majority),
            [false, true, true]
        );
        assert_eq!(
            (groups(&[5]), groups(&[2, 2]), groups(&[1, 1, 1])),
            (Division::Whole, Division::NoMajority, Division::NoMajority)
        );
        assert!(!Division::Whole.advice().contains("majority"));
    }
}

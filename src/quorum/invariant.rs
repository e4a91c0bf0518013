//! What quorums do promise, checked after every event by an observer that sees all replicas.

use super::Item;
use super::durable::Durable;
use super::items::Tag;
pub use crate::node::Violation;
use crate::node::{Micros, NodeId, NodeSet, violated};
use crate::shared_vec::SharedVec;

/// The name of each invariant and what it says.
pub const INVARIANTS: [(&str, &str); 3] = [
    (
        CONFIRMED_IS_STORED,
        "A write is confirmed once the copies of W home replicas are on disk: at home, or at one that stands in.",
    ),
    (
        PLACES_FOLLOW_TIME,
        "With strict quorums that meet, and tags that were asked for, a write that began later has the higher tag.",
    ),
    (
        LINEARIZABLE_READS,
        "With reads that write back, too, a read sees every write that was confirmed before it began (ABD).",
    ),
];

pub(super) const CONFIRMED_IS_STORED: &str = "Confirmed Is Stored W Times";
pub(super) const PLACES_FOLLOW_TIME: &str = "Tags Follow Time";
/// The name of the one that clients notice.
pub const LINEARIZABLE_READS: &str = "Linearizable Reads";

/// What the observer remembers. A clone shares it.
#[derive(Clone, Debug, Default)]
pub struct Ghost {
    /// By the time of confirmation, the highest sequence of all that were confirmed until then.
    confirmed: SharedVec<(Micros, u64)>,
}

/// A write was confirmed: of `w` of the `home` replicas a copy is on one of these disks.
pub fn confirmed_is_stored<'a, P: Item + 'a>(
    tag: Tag,
    (home, w): (NodeSet, u8),
    disks: impl Iterator<Item = (NodeId, &'a Durable<P>)>,
) -> Result<(), Violation> {
    let mut stored = NodeSet::EMPTY;
    for (id, disk) in disks {
        let has = |of: &NodeId| (id == *of && disk.items.known().contains(tag.name)) || disk.has_hint(*of, tag.name);
        stored = stored.union(home.iter().filter(has).collect());
    }
    if stored.len() < usize::from(w) {
        let evidence = format!("{tag} was confirmed, and of {home} only the copies of {stored} are on disk; W is {w}");
        return violated(CONFIRMED_IS_STORED, evidence);
    }
    Ok(())
}

impl Ghost {
    /// A client heard at `at` that what it began to write at `invoked` has this sequence. Clients must be reported in the order in
    /// which they hear.
    pub fn confirmed(&mut self, invoked: Micros, at: Micros, sequence: u64) -> Result<(), Violation> {
        let before = self.confirmed.iter().rev().find(|(heard, _)| *heard < invoked).map(|(_, highest)| *highest);
        let highest = self.confirmed.last().map_or(sequence, |(_, highest)| sequence.max(*highest));
        self.confirmed.push((at, highest));
        match before {
            Some(before) if before >= sequence => {
                let evidence =
                    format!("a write that began later got sequence {sequence}, after {before} had been confirmed");
                violated(PLACES_FOLLOW_TIME, evidence)
            }
            _ => Ok(()),
        }
    }
}

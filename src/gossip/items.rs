//! A grow-only set of items, kept per origin in the order in which that replica added them.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::node::{Disk, NodeId};
use crate::shared_vec::SharedVec;

use super::Item;
use crate::sorted::SortedMap;

/// Names an item for ever: the replica that added it, and how many that replica had added before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct ItemId {
    /// Where it was added.
    pub origin: NodeId,
    /// Counted from 0 at each origin, without gaps.
    pub number: u32,
}

/// Shown as origin and number, counted from one: `n2#5`.
impl Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.origin, u64::from(self.number) + 1)
    }
}

/// A version vector: of each origin's items the first so many are known. Says all there is to say about a replica's items
/// in a few bytes per origin, since no origin's items are ever known with a gap.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Version(SortedMap<NodeId, u32>);

impl Version {
    /// How many of `origin`'s items are known.
    pub fn count(&self, origin: NodeId) -> u32 {
        self.0.get(&origin).copied().unwrap_or(0)
    }

    /// How many items are known of all origins together.
    pub fn total(&self) -> u64 {
        self.0.values().map(|count| u64::from(*count)).sum()
    }

    /// How many items `other` knows that this does not.
    pub fn missing(&self, other: &Self) -> u64 {
        other.0.iter().map(|(origin, count)| u64::from(count.saturating_sub(self.count(*origin)))).sum()
    }

    /// The origins of which something is known, in order, with how many.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, u32)> {
        self.0.iter().map(|(origin, count)| (*origin, *count))
    }
}

impl FromIterator<(NodeId, u32)> for Version {
    fn from_iter<I: IntoIterator<Item = (NodeId, u32)>>(counts: I) -> Self {
        Self(counts.into_iter().filter(|(_, count)| *count > 0).collect())
    }
}

/// Consecutive items of one origin.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Span<P> {
    /// The first of them; the others follow without a gap.
    pub first: ItemId,
    /// At least one.
    pub items: Vec<P>,
}

impl<P> Span<P> {
    /// The number after the last.
    pub fn end(&self) -> u32 {
        self.first.number + self.items.len() as u32
    }
}

/// All items that a replica knows, in memory or on disk. Clones share them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Items<P>(SortedMap<NodeId, SharedVec<P>>);

impl<P> Default for Items<P> {
    fn default() -> Self {
        Self(SortedMap::new())
    }
}

impl<P: Item> Items<P> {
    /// `origin`'s items, oldest first, if any is known.
    pub fn of(&self, origin: NodeId) -> Option<&SharedVec<P>> {
        self.0.get(&origin)
    }

    /// The origins of which something is known, in order, with their items, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &SharedVec<P>)> {
        self.0.iter().map(|(origin, items)| (*origin, items))
    }

    /// One item.
    pub fn get(&self, id: ItemId) -> Option<&P> {
        self.0.get(&id.origin)?.get(id.number as usize)
    }

    /// How many of `origin`'s items are known.
    pub fn count(&self, origin: NodeId) -> u32 {
        self.0.get(&origin).map_or(0, |items| items.len() as u32)
    }

    /// How many are known of all origins together.
    pub fn total(&self) -> u64 {
        self.0.values().map(|items| items.len() as u64).sum()
    }

    /// What is known, in brief.
    pub fn version(&self) -> Version {
        self.0.iter().map(|(origin, items)| (*origin, items.len() as u32)).collect()
    }

    /// What a replica that knows `known` lacks, at most `limit` items, and whether there is more. Every origin gets its
    /// turn: an origin with a long backlog comes last, so that it does not hold up the short ones.
    pub fn since(&self, known: &Version, limit: u32) -> (Vec<Span<P>>, bool) {
        let mut lacking: Vec<(u32, NodeId)> = Vec::new();
        for (origin, items) in self.0.iter() {
            let count = (items.len() as u32).saturating_sub(known.count(*origin));
            if count > 0 {
                let position = lacking.partition_point(|other| *other < (count, *origin));
                lacking.insert(position, (count, *origin));
            }
        }
        let (mut spans, mut left, mut more) = (Vec::new(), limit, false);
        for (count, origin) in lacking {
            let (start, taken) = (known.count(origin), count.min(left));
            more |= taken < count;
            left -= taken;
            if taken > 0 {
                let items = self.0[&origin].iter_from(start as usize).take(taken as usize).cloned().collect();
                spans.push(Span { first: ItemId { origin, number: start }, items });
            }
        }
        (spans, more)
    }

    /// Adds an item at the end of its origin's.
    pub(super) fn append(&mut self, id: ItemId, item: P) {
        let items = self.0.or_default(id.origin);
        assert_eq!(items.len(), id.number as usize, "{id} would leave a gap or replace another");
        items.push(item);
    }
}

/// One item more on disk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Append<P> {
    /// Its name; the one before it is on disk already.
    pub id: ItemId,
    /// What it is.
    pub item: P,
}

impl<P: Item> Disk for Items<P> {
    type Delta = Append<P>;

    fn apply(&mut self, delta: &Append<P>) {
        self.append(delta.id, delta.item.clone());
    }
}

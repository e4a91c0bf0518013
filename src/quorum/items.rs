//! A set of items as one replica has it, and in brief.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::known::{Known, Name};
use crate::shared_vec::SharedVec;

use super::Item;

/// Where an item stands among all: by sequence, and by name where two have the same (Lynch & Shvartsman 1997).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Tag {
    /// Counted from 1.
    pub sequence: u64,
    /// Decides between equals.
    pub name: Name,
}

/// Shown as `7.n6#2`.
impl Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequence, name: Name { origin, number } } = self;
        write!(f, "{sequence}.{origin}#{}", u64::from(*number) + 1)
    }
}

/// An item at its place.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Entry<P> {
    /// Its name, and where it stands.
    pub tag: Tag,
    /// What it is.
    pub item: P,
}

/// Items with their tags, in the order in which they came. Clones share them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Items<P> {
    entries: SharedVec<Entry<P>>,
    known: Known,
    /// The highest sequence of all; 0 if there is none.
    highest: u64,
}

impl<P> Default for Items<P> {
    fn default() -> Self {
        Self { entries: SharedVec::default(), known: Known::default(), highest: 0 }
    }
}

impl<P: Item> Items<P> {
    /// Adds an item. False if it was there.
    pub fn insert(&mut self, entry: Entry<P>) -> bool {
        let fresh = self.known.insert(entry.tag.name);
        if fresh {
            self.highest = self.highest.max(entry.tag.sequence);
            self.entries.push(entry);
        }
        fresh
    }

    /// Which items, in brief.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The highest sequence of all; 0 if there is none.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry<P>> + ExactSizeIterator + Clone {
        self.entries.iter()
    }

    /// Those of `wanted` that `theirs` lacks, in the order in which they came.
    pub fn lacking(&self, wanted: &Known, theirs: &Known) -> Vec<Entry<P>> {
        if theirs.includes(wanted) {
            return Vec::new();
        }
        let lacks = |entry: &&Entry<P>| wanted.contains(entry.tag.name) && !theirs.contains(entry.tag.name);
        self.iter().filter(lacks).cloned().collect()
    }

    /// Those that came after the first `start`.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = &Entry<P>> + Clone {
        self.entries.iter_from(start)
    }

    /// The so many of `wanted` with the highest tags that `counts`, lowest first.
    pub fn newest(&self, wanted: &Known, count: usize, counts: impl Fn(&P) -> bool) -> Vec<&Entry<P>> {
        let mut newest: Vec<&Entry<P>> = Vec::new();
        for entry in self.iter().filter(|entry| wanted.contains(entry.tag.name) && counts(&entry.item)) {
            let place = newest.partition_point(|other| other.tag < entry.tag);
            if place > 0 || newest.len() < count {
                newest.insert(place, entry);
            }
            if newest.len() > count {
                newest.remove(0);
            }
        }
        newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeId;

    fn entry(sequence: u64, number: u32) -> Entry<u32> {
        Entry { tag: Tag { sequence, name: Name { origin: NodeId(0), number } }, item: number }
    }

    #[test]
    fn the_newest_are_those_with_the_highest_tags() {
        let mut items = Items::default();
        for entry in [entry(3, 0), entry(1, 1), entry(3, 2), entry(2, 3)] {
            assert!(items.insert(entry.clone()));
            assert!(!items.insert(entry));
        }
        let newest =
            |count| items.newest(items.known(), count, |_| true).iter().map(|entry| entry.item).collect::<Vec<_>>();
        assert_eq!((newest(2), newest(9)), (vec![0, 2], vec![1, 3, 0, 2]));
        assert_eq!(items.highest(), 3);
        let mut theirs = Known::default();
        theirs.insert(Name { origin: NodeId(0), number: 2 });
        let lacks: Vec<u32> = items.lacking(items.known(), &theirs).iter().map(|entry| entry.item).collect();
        assert_eq!(lacks, [0, 1, 3]);
    }
}

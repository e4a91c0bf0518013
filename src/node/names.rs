//! Who takes part, by name, and how many of them something takes.

use std::fmt::{self, Debug, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names a participant of one run, counted from 0. Servers come first, then clients and storage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct NodeId(pub u8);

impl NodeId {
    /// The position of this participant in a list of all of them.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Shown as the field writes it, counted from one: `n1`.
impl Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", u32::from(self.0) + 1)
    }
}

impl FromStr for NodeId {
    type Err = String;

    /// Reads `n1`.
    fn from_str(word: &str) -> Result<Self, String> {
        let number = word.strip_prefix('n').and_then(|number| number.parse::<u8>().ok()?.checked_sub(1));
        let known = number.filter(|index| usize::from(*index) < NodeSet::MAX);
        known.map(Self).ok_or_else(|| format!("“{word}” is no participant"))
    }
}

/// A set of participants; the largest id is [`NodeSet::MAX`] - 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct NodeSet(u32);

impl NodeSet {
    /// How many participants one run can have.
    pub const MAX: usize = 32;
    /// No one.
    pub const EMPTY: Self = Self(0);

    /// The participants `0..count`.
    pub fn first(count: usize) -> Self {
        assert!(count <= Self::MAX, "at most {} participants", Self::MAX);
        Self(((1_u64 << count) - 1) as u32)
    }

    /// Adds `id`; true if it was not there.
    pub fn insert(&mut self, id: NodeId) -> bool {
        let fresh = !self.contains(id);
        self.0 |= 1 << id.0;
        fresh
    }

    /// Removes `id`; true if it was there.
    pub fn remove(&mut self, id: NodeId) -> bool {
        let present = self.contains(id);
        self.0 &= !(1 << id.0);
        present
    }

    /// This set without `id`.
    pub fn without(mut self, id: NodeId) -> Self {
        self.remove(id);
        self
    }

    /// This set and `id`.
    pub fn with(mut self, id: NodeId) -> Self {
        self.insert(id);
        self
    }

    /// Whether `id` is a member.
    pub fn contains(self, id: NodeId) -> bool {
        assert!(id.index() < Self::MAX, "{id:?} is out of range");
        self.0 & (1 << id.0) != 0
    }

    /// Members of both.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Members of either.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Members of `self` that `other` lacks.
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many members.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is no member.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the members of `self` are more than half of `all`.
    pub fn is_majority_of(self, all: Self) -> bool {
        2 * self.intersection(all).len() > all.len()
    }

    /// The members in ascending order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> + Clone {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let lowest = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (lowest < u32::BITS).then_some(NodeId(lowest as u8))
        })
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(ids: I) -> Self {
        ids.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// Shown as `{n1, n3}`.
impl Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, id) in self.iter().enumerate() {
            write!(f, "{}{id}", if position == 0 { "" } else { ", " })?;
        }
        f.write_str("}")
    }
}

impl Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// Some servers, against how many it takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Count {
    /// Who.
    pub by: NodeSet,
    /// How many make a quorum.
    pub needed: u8,
    /// How many there are.
    pub of: u8,
}

impl Count {
    /// Whether they are a quorum.
    pub fn is_enough(self) -> bool {
        self.by.len() >= usize::from(self.needed)
    }
}

/// Names a client's request within one run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RequestId(pub u32);

//! What a server keeps through a crash: its view and its log.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::node::{Command, Disk, NodeId};
use crate::shared_vec::SharedVec;

/// A time with one primary, counted from 1; 0 is the time before the first one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct View(pub u64);

impl View {
    /// Who leads it, of so many servers: each in turn (*Viewstamped Replication Revisited*, Liskov & Cowling 2012, §4). Of view 0
    /// the last one, which does not know it.
    pub fn primary(self, servers: u8) -> NodeId {
        let servers = u64::from(servers);
        NodeId(((self.0 % servers + servers - 1) % servers) as u8)
    }

    /// The next view that `server` leads.
    pub fn next_of(self, server: NodeId, servers: u8) -> Self {
        let mut next = Self(self.0 + 1);
        while next.primary(servers) != server {
            next.0 += 1;
        }
        next
    }
}

/// Shown as its number.
impl Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Entry<C> {
    /// Whose primary put it there.
    pub view: View,
    /// What it is.
    pub command: C,
}

/// The view, and the log; clones share the log. Indices count from 1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Durable<C> {
    /// The highest view that it adopted.
    pub view: View,
    log: SharedVec<Entry<C>>,
}

impl<C> Default for Durable<C> {
    fn default() -> Self {
        Self { view: View::default(), log: SharedVec::default() }
    }
}

impl<C> Durable<C> {
    /// How many entries: the index of the last.
    pub fn len(&self) -> u64 {
        self.log.len() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// An entry; none at index 0, or beyond the end.
    pub fn get(&self, index: u64) -> Option<&Entry<C>> {
        self.log.get(usize::try_from(index.checked_sub(1)?).ok()?)
    }

    /// The entries from an index on, from 1.
    pub fn iter_from(&self, index: u64) -> impl DoubleEndedIterator<Item = &Entry<C>> + ExactSizeIterator + Clone {
        self.log.iter_from(index.saturating_sub(1) as usize)
    }

    /// The view of an entry; 0 where there is none.
    pub fn view_at(&self, index: u64) -> View {
        self.get(index).map_or(View::default(), |entry| entry.view)
    }

    /// The last index before the entries of the same view as the one at `index`.
    pub fn before_view_of(&self, index: u64) -> u64 {
        let view = self.view_at(index);
        (0..index).rev().find(|&before| self.view_at(before) != view).unwrap_or(0)
    }
}

/// One change on disk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta<C> {
    /// A higher view.
    View(View),
    /// One entry more.
    Append(Entry<C>),
    /// Only the first so many entries stay.
    Keep(u64),
}

impl<C: Command> Disk for Durable<C> {
    type Delta = Delta<C>;

    fn apply(&mut self, delta: &Delta<C>) {
        match delta {
            Delta::View(view) => self.view = *view,
            Delta::Append(entry) => self.log.push(entry.clone()),
            Delta::Keep(length) => self.log.truncate(*length as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_go_round() {
        let primaries = [1, 2, 3, 4, 7].map(|view| View(view).primary(3).0);
        assert_eq!(primaries, [0, 1, 2, 0, 0]);
        assert_eq!(View(0).next_of(NodeId(0), 3), View(1));
        assert_eq!(View(1).next_of(NodeId(2), 3), View(3));
        assert_eq!(View(3).next_of(NodeId(2), 3), View(6));
        assert_eq!(View(5).next_of(NodeId(0), 1), View(6));
    }
}

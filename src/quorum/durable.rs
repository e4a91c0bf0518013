//! What a replica keeps through a crash.

use super::Item;
use super::items::{Entry, Items};
use crate::known::{Known, Name};
use crate::node::{Disk, NodeId};

/// Its items if it is home to the set, the hints that it keeps for others, and how often it started.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Durable<P> {
    /// How often it started.
    pub life: u32,
    /// What it has as a home replica.
    pub items: Items<P>,
    /// What it keeps for home replicas that could not be reached, with whose it is, in the order in which it came.
    pub hints: Vec<(NodeId, Entry<P>)>,
}

impl<P> Default for Durable<P> {
    fn default() -> Self {
        Self { life: 0, items: Items::default(), hints: Vec::new() }
    }
}

impl<P: Item> Durable<P> {
    /// Which items it has, as a home replica and as hints.
    pub fn known(&self) -> Known {
        let mut known = self.items.known().clone();
        for (_, entry) in &self.hints {
            known.insert(entry.tag.name);
        }
        known
    }

    /// The highest sequence of all that it has.
    pub fn highest(&self) -> u64 {
        let hints = self.hints.iter().map(|(_, entry)| entry.tag.sequence);
        hints.fold(self.items.highest(), u64::max)
    }

    /// Whether it keeps this for that home replica.
    pub fn has_hint(&self, home: NodeId, name: Name) -> bool {
        self.hints.iter().any(|(of, entry)| *of == home && entry.tag.name == name)
    }
}

/// One change on disk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Delta<P> {
    /// It starts for the so manieth time.
    Life(u32),
    /// One item more.
    Store(Entry<P>),
    /// One hint more, and whose it is.
    Hint(NodeId, Entry<P>),
    /// That home replica has what was kept for it under this name.
    Drop(NodeId, Name),
}

impl<P: Item> Disk for Durable<P> {
    type Delta = Delta<P>;

    fn apply(&mut self, delta: &Delta<P>) {
        match delta {
            Delta::Life(life) => self.life = *life,
            Delta::Store(entry) => _ = self.items.insert(entry.clone()),
            Delta::Hint(home, entry) => self.hints.push((*home, entry.clone())),
            Delta::Drop(home, name) => self.hints.retain(|(of, entry)| of != home || entry.tag.name != *name),
        }
    }
}

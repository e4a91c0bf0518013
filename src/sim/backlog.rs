//! A sorted map that costs the same however much waits in it: to look up, to change and to clone.
//!
//! The [`AT_HAND`] highest keys at most are kept in a plain list, which is all that an ordinary moment of a run needs. Lower
//! keys go to a persistent tree (crate `rpds`), where a clone shares everything and a change copies one path. Whoever wants
//! the lowest keys at hand turns them round ([`std::cmp::Reverse`]).

use std::fmt::{self, Debug};

use rpds::RedBlackTreeMapSync;

/// The most entries in the plain list: more than are on their way between nine replicas that all run.
const AT_HAND: usize = 64;

/// A sorted map for what is on its way.
#[derive(Clone)]
pub(super) struct Backlog<K, V>
where
    K: Ord,
{
    /// By ascending key; each above all of `rest`.
    at_hand: Vec<(K, V)>,
    rest: RedBlackTreeMapSync<K, V>,
}

impl<K: Ord, V> Default for Backlog<K, V> {
    fn default() -> Self {
        Self { at_hand: Vec::new(), rest: RedBlackTreeMapSync::new_sync() }
    }
}

impl<K: Ord + Copy, V: Clone> Backlog<K, V> {
    /// How many entries.
    pub(super) fn len(&self) -> usize {
        self.at_hand.len() + self.rest.size()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.at_hand.is_empty() && self.rest.is_empty()
    }

    fn position(&self, key: K) -> Result<usize, usize> {
        self.at_hand.binary_search_by(|(other, _)| other.cmp(&key))
    }

    /// The value at `key`.
    pub(super) fn get(&self, key: K) -> Option<&V> {
        match self.position(key) {
            Ok(position) => Some(&self.at_hand[position].1),
            Err(0) => self.rest.get(&key),
            Err(_) => None,
        }
    }

    /// Puts `value` at `key`, in place of what was there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.position(key) {
            Ok(position) => self.at_hand[position].1 = value,
            Err(0) if !self.is_above_rest(key) => self.rest.insert_mut(key, value),
            Err(position) => {
                if self.at_hand.len() == AT_HAND {
                    for (key, value) in self.at_hand.drain(..AT_HAND / 2) {
                        self.rest.insert_mut(key, value);
                    }
                    return self.insert(key, value);
                }
                self.at_hand.insert(position, (key, value));
            }
        }
    }

    fn is_above_rest(&self, key: K) -> bool {
        self.rest.last().is_none_or(|(highest, _)| *highest < key)
    }

    /// Takes out the entry at `key`.
    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        match self.position(key) {
            Ok(position) => Some(self.at_hand.remove(position).1),
            Err(0) => {
                let value = self.rest.get(&key).cloned()?;
                self.rest.remove_mut(&key);
                Some(value)
            }
            Err(_) => None,
        }
    }

    /// The entry with the highest key.
    pub(super) fn last(&self) -> Option<(&K, &V)> {
        self.at_hand.last().map(|(key, value)| (key, value)).or_else(|| self.rest.last())
    }

    /// All entries by ascending key.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rest.iter().chain(self.at_hand.iter().map(|(key, value)| (key, value)))
    }
}

impl<K: Ord + Debug, V: Debug> Debug for Backlog<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.rest.iter()).entries(self.at_hand.iter().map(|(key, value)| (key, value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::test_cluster::Dice;

    /// Random operations on it and on a B-tree, with clones kept to see that none of them changes.
    #[test]
    fn behaves_as_a_b_tree_and_leaves_its_clones_alone() {
        let mut dice = Dice(3);
        let (mut tree, mut backlog) = (BTreeMap::new(), Backlog::default());
        let mut clones: Vec<(BTreeMap<u64, u64>, Backlog<u64, u64>)> = Vec::new();
        let mut longest = 0;
        for round in 0..30_000_u64 {
            let any = dice.below(60_000) as u64;
            let known = tree.range(any..).next().map_or(any, |(key, _)| *key);
            match dice.below(if round % 10_000 < 6_000 { 9 } else { 4 }) {
                0 => assert_eq!(backlog.remove(known), tree.remove(&known)),
                1 => assert_eq!(backlog.remove(any), tree.remove(&any)),
                2 => {
                    let last = tree.pop_last();
                    assert_eq!(backlog.last().map(|(key, value)| (*key, *value)), last);
                    last.map(|(key, _)| backlog.remove(key));
                }
                3 if round % 64 == 0 => clones.push((tree.clone(), backlog.clone())),
                4 => {
                    tree.insert(any, round);
                    backlog.insert(any, round);
                }
                _ => {
                    let key = 2 * round;
                    tree.insert(key, round);
                    backlog.insert(key, round);
                }
            }
            assert_eq!((backlog.len(), backlog.is_empty()), (tree.len(), tree.is_empty()));
            assert_eq!(backlog.get(known), tree.get(&known));
            assert_eq!(backlog.get(any), tree.get(&any));
            longest = longest.max(tree.len());
        }
        clones.push((tree, backlog));
        assert!(clones.len() > 20 && longest > 10 * AT_HAND, "{} clones, {longest} entries", clones.len());
        for (tree, backlog) in &clones {
            assert!(tree.iter().eq(backlog.iter()));
            assert!(tree.iter().rev().eq(backlog.iter().rev()));
        }
    }
}

//! A map and a set as sorted lists: for the small collections that node state is made of. They clone in one allocation,
//! iterate in order, hash alike on every machine, and weigh a fraction of a B-tree's code in the browser.

use std::borrow::Borrow;
use std::ops::Index;
use std::vec::Drain;

use serde::Serialize;

/// A map whose entries are kept by ascending key. Insertion and removal take time in proportion to its size.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> SortedMap<K, V> {
    /// An empty map.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All entries by ascending key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + ExactSizeIterator + Clone {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// All keys, ascending.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator + Clone {
        self.0.iter().map(|(key, _)| key)
    }

    /// All values by ascending key.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// The entry with the lowest key.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.0.first().map(|(key, value)| (key, value))
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    fn position<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(other, _)| other.borrow().cmp(key))
    }

    /// The value at `key`.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.position(key).ok().map(|position| &self.0[position].1)
    }

    /// The value at `key`, to change it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.position(key).ok().map(|position| &mut self.0[position].1)
    }

    /// Whether there is an entry at `key`.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.position(key).is_ok()
    }

    /// Puts `value` at `key`; what was there before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.position(&key) {
            Ok(position) => Some(std::mem::replace(&mut self.0[position].1, value)),
            Err(position) => {
                self.0.insert(position, (key, value));
                None
            }
        }
    }

    /// Takes out the entry at `key`.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.position(key).ok().map(|position| self.0.remove(position).1)
    }

    /// The value at `key`, put there first if it is missing.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let position = match self.position(&key) {
            Ok(position) => position,
            Err(position) => {
                self.0.insert(position, (key, V::default()));
                position
            }
        };
        &mut self.0[position].1
    }

    /// Takes out all entries below `key`.
    pub fn take_below(&mut self, key: &K) -> Drain<'_, (K, V)> {
        let (Ok(position) | Err(position)) = self.position(key);
        self.0.drain(..position)
    }

    /// Takes out all entries whose key is `doomed`.
    pub fn take_where(&mut self, mut doomed: impl FnMut(&K) -> bool) -> Vec<(K, V)> {
        self.0.extract_if(.., |(key, _)| doomed(key)).collect()
    }
}

impl<K: Ord, V> Index<&K> for SortedMap<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("an entry at this key")
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut all = Self::new();
        for (key, value) in entries {
            all.insert(key, value);
        }
        all
    }
}

/// A set whose members are kept in ascending order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct SortedSet<K>(SortedMap<K, ()>);

impl<K> Default for SortedSet<K> {
    fn default() -> Self {
        Self(SortedMap::new())
    }
}

impl<K: Ord> SortedSet<K> {
    /// Adds a member; true if it was not there.
    pub fn insert(&mut self, member: K) -> bool {
        self.0.insert(member, ()).is_none()
    }

    /// Takes out a member; true if it was there.
    pub fn remove(&mut self, member: &K) -> bool {
        self.0.remove(member).is_some()
    }

    /// Whether it is a member.
    pub fn contains(&self, member: &K) -> bool {
        self.0.contains_key(member)
    }

    /// All members, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator + Clone {
        self.0.keys()
    }
}

/// A set of numbers that mostly come in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Numbers {
    /// All below this are in.
    next: u32,
    /// So are these, above it.
    later: SortedSet<u32>,
}

impl Numbers {
    /// All numbers below this one.
    pub fn below(next: u32) -> Self {
        Self { next, later: SortedSet::default() }
    }

    /// Adds `number`; true if it was not there.
    pub fn insert(&mut self, number: u32) -> bool {
        if self.contains(number) {
            return false;
        }
        self.later.insert(number);
        while self.later.remove(&self.next) {
            self.next += 1;
        }
        true
    }

    /// How many are there.
    pub fn len(&self) -> u32 {
        self.next + self.later.iter().len() as u32
    }

    /// Whether none is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        for number in self.next..other.next {
            self.later.remove(&number);
        }
        self.next = self.next.max(other.next);
        other.later.iter().filter(|number| **number >= self.next).for_each(|number| _ = self.later.insert(*number));
        while self.later.remove(&self.next) {
            self.next += 1;
        }
    }

    /// Whether `number` is there.
    pub fn contains(&self, number: u32) -> bool {
        number < self.next || self.later.contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sim::dice;

    /// Random operations on both, compared after each.
    #[test]
    fn behaves_as_a_b_tree() {
        let (mut tree, mut sorted) = (BTreeMap::new(), SortedMap::new());
        for round in 0..5_000_u64 {
            let key = dice::below(1, &[round], 40);
            match dice::below(2, &[round], 8) {
                0..4 => assert_eq!(sorted.insert(key, round), tree.insert(key, round)),
                4 => assert_eq!(sorted.remove(&key), tree.remove(&key)),
                5 => {
                    *sorted.or_default(key) += 1;
                    *tree.entry(key).or_default() += 1;
                }
                6 if round % 50 == 0 => {
                    let above = tree.split_off(&key);
                    assert_eq!(
                        sorted.take_below(&key).collect::<Vec<_>>(),
                        std::mem::replace(&mut tree, above).into_iter().collect::<Vec<_>>()
                    );
                }
                _ => {
                    sorted.retain(|key, _| key % 7 != round % 7);
                    tree.retain(|key, _| key % 7 != round % 7);
                }
            }
            assert_eq!(sorted.get(&key), tree.get(&key));
            assert!(sorted.iter().eq(tree.iter()), "round {round}");
            assert_eq!(sorted.first(), tree.first_key_value());
        }
    }

    #[test]
    fn numbers_are_a_set_whatever_their_order() {
        let mut numbers = Numbers::default();
        for (number, fresh) in
            [(1, true), (0, true), (1, false), (4, true), (0, false), (2, true), (3, true), (4, false)]
        {
            assert_eq!(numbers.insert(number), fresh, "{number}");
        }
        assert_eq!(numbers, Numbers { next: 5, later: SortedSet::default() });
        assert!(!numbers.contains(5));
    }

    #[test]
    fn two_sets_of_numbers_become_one() {
        let numbers = |all: &[u32]| {
            let mut numbers = Numbers::default();
            all.iter().for_each(|number| _ = numbers.insert(*number));
            numbers
        };
        for (one, other) in
            [(&[0, 1, 5][..], &[0, 1, 2, 3, 7][..]), (&[], &[2]), (&[1, 3], &[0, 2]), (&[0, 1, 2], &[1])]
        {
            let all: Vec<u32> = one.iter().chain(other).copied().collect();
            for (one, other) in [(one, other), (other, one)] {
                let mut sum = numbers(one);
                sum.extend(&numbers(other));
                assert_eq!(sum, numbers(&all), "{one:?} and {other:?}");
            }
        }
    }
}

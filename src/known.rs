//! Names, and sets of them: what one replica or client knows of all that was ever written.

use serde::Serialize;

use crate::node::NodeId;
use crate::sorted::{Numbers, SortedMap};

/// Names what was written for ever: who asked for it, and how much that one asked for before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Name {
    /// Who.
    pub origin: NodeId,
    /// Counted from 0.
    pub number: u32,
}

/// Which names are known: a version vector that may have holes (Parker et al. 1983; the exceptions after Preguiça et al. 2010, "Dotted
/// version vectors").
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Known(SortedMap<NodeId, Numbers>);

impl Known {
    /// Adds a name. False if it was there.
    pub fn insert(&mut self, name: Name) -> bool {
        self.0.or_default(name.origin).insert(name.number)
    }

    /// Whether a name is there.
    pub fn contains(&self, name: Name) -> bool {
        self.0.get(&name.origin).is_some_and(|numbers| numbers.contains(name.number))
    }

    /// Adds all names of `origin` below that number.
    pub fn insert_below(&mut self, origin: NodeId, number: u32) {
        if number > 0 {
            self.0.or_default(origin).extend(&Numbers::below(number));
        }
    }

    /// How many names.
    pub fn len(&self) -> u64 {
        self.0.values().map(|numbers| u64::from(numbers.len())).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The least set with all of both: the join of the lattice.
    pub fn join(&mut self, other: &Self) {
        for (origin, numbers) in other.0.iter() {
            self.0.or_default(*origin).extend(numbers);
        }
    }

    /// Whether all of `other` is here.
    pub fn includes(&self, other: &Self) -> bool {
        let mut joined = self.clone();
        joined.join(other);
        joined == *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A join-semilattice: commutative, associative, idempotent.
    #[test]
    fn versions_are_a_lattice() {
        let known = |numbers: &[u32]| {
            let mut known = Known::default();
            numbers.iter().for_each(|&number| _ = known.insert(Name { origin: NodeId((number % 2) as u8), number }));
            known
        };
        let join = |one: &Known, other: &Known| {
            let mut sum = one.clone();
            sum.join(other);
            sum
        };
        let all = [known(&[]), known(&[0, 1, 2]), known(&[5, 3]), known(&[0, 5, 6]), known(&[1, 2, 3, 4])];
        for one in &all {
            assert_eq!(join(one, one), *one);
            for other in &all {
                assert_eq!(join(one, other), join(other, one));
                assert!(join(one, other).includes(one));
                assert_eq!(one.includes(other), join(one, other) == *one);
                for third in &all {
                    assert_eq!(join(&join(one, other), third), join(one, &join(other, third)));
                }
            }
        }
    }
}

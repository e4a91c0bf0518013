//! A vector whose clones share their elements: logs and histories are cloned at every checkpoint and by every explored
//! state, and differ by a few entries at the end.
//!
//! Elements live in chunks of [`CHUNK`] behind `Arc`, full chunks in blocks of [`BLOCK`] behind `Arc`, and the list of
//! blocks is behind one more. A clone copies two pointers; the first push after it copies at most one chunk, one block and
//! a pointer per thousand elements. So what a clone that lives on costs hardly depends on how long the list is.

use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::ser::{Serialize, SerializeSeq, Serializer};

/// Elements per chunk.
const CHUNK: usize = 32;
/// Chunks per block.
const BLOCK: usize = 32;

/// Full chunks; only the last block may have fewer than [`BLOCK`].
type Blocks<T> = Vec<Arc<Vec<Arc<Vec<T>>>>>;

/// A growable list with cheap clones. Equality, hash and debug output are those of the elements.
pub struct SharedVec<T> {
    /// Chunks of exactly [`CHUNK`] elements.
    full: Arc<Blocks<T>>,
    /// The elements after them, fewer than [`CHUNK`].
    tail: Arc<Vec<T>>,
}

impl<T> Clone for SharedVec<T> {
    fn clone(&self) -> Self {
        Self { full: Arc::clone(&self.full), tail: Arc::clone(&self.tail) }
    }
}

impl<T> Default for SharedVec<T> {
    fn default() -> Self {
        Self { full: Arc::default(), tail: Arc::default() }
    }
}

impl<T> SharedVec<T> {
    /// How many chunks are full.
    fn chunks(&self) -> usize {
        self.full.last().map_or(0, |last| (self.full.len() - 1) * BLOCK + last.len())
    }

    /// A full chunk.
    fn chunk(&self, index: usize) -> Option<&Arc<Vec<T>>> {
        self.full.get(index / BLOCK)?.get(index % BLOCK)
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        self.chunks() * CHUNK + self.tail.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.full.is_empty()
    }

    /// The element at `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<&T> {
        match self.chunk(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.tail.get(index.checked_sub(self.chunks() * CHUNK)?),
        }
    }

    /// The newest element.
    pub fn last(&self) -> Option<&T> {
        self.len().checked_sub(1).and_then(|index| self.get(index))
    }

    /// How many elements come before the first for which `early` does not hold. It must not hold again after that.
    pub fn partition_point(&self, early: impl Fn(&T) -> bool) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            if self.get(middle).is_some_and(&early) { from = middle + 1 } else { to = middle }
        }
        from
    }

    /// All elements, oldest first; cheap to start anywhere with [`SharedVec::iter_from`].
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator + Clone {
        self.iter_from(0)
    }

    /// The elements from `start` on, oldest first.
    pub fn iter_from(&self, start: usize) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator + Clone {
        (start.min(self.len())..self.len()).map(|index| self.get(index).expect("below the length"))
    }
}

impl<T: Clone> SharedVec<T> {
    /// Adds `element` at the end.
    pub fn push(&mut self, element: T) {
        let tail = Arc::make_mut(&mut self.tail);
        if tail.len() == tail.capacity() {
            // Doubling would overshoot the chunk, and most chunks are kept for ever.
            let room = (2 * tail.len()).clamp(4, CHUNK);
            tail.reserve_exact(room - tail.len());
        }
        tail.push(element);
        if tail.len() == CHUNK {
            let chunk = std::mem::take(&mut self.tail);
            let full = Arc::make_mut(&mut self.full);
            match full.last_mut().filter(|last| last.len() < BLOCK) {
                Some(last) => Arc::make_mut(last).push(chunk),
                None => full.push(Arc::new(vec![chunk])),
            }
        }
    }

    /// Keeps the first `len` elements; does nothing if there are fewer.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        let chunks = len / CHUNK;
        if chunks < self.chunks() {
            self.tail = Arc::clone(self.chunk(chunks).expect("below the number of chunks"));
            let full = Arc::make_mut(&mut self.full);
            full.truncate(chunks.div_ceil(BLOCK));
            if let Some(last) = full.last_mut().filter(|_| !chunks.is_multiple_of(BLOCK)) {
                Arc::make_mut(last).truncate(chunks % BLOCK);
            }
        }
        Arc::make_mut(&mut self.tail).truncate(len % CHUNK);
    }

    /// The element at `index`, to change it. Copies its chunk if a clone shares it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.len() {
            return None;
        }
        let chunk = index / CHUNK;
        if chunk < self.chunks() {
            let block = Arc::make_mut(&mut Arc::make_mut(&mut self.full)[chunk / BLOCK]);
            Arc::make_mut(&mut block[chunk % BLOCK]).get_mut(index % CHUNK)
        } else {
            Arc::make_mut(&mut self.tail).get_mut(index % CHUNK)
        }
    }
}

impl<T: PartialEq> SharedVec<T> {
    /// Whether `self` is `longer` up to its own length. Chunks that both share are not looked into.
    pub fn is_prefix_of(&self, longer: &Self) -> bool {
        if self.len() > longer.len() {
            return false;
        }
        if Arc::ptr_eq(&self.full, &longer.full) && Arc::ptr_eq(&self.tail, &longer.tail) {
            return true;
        }
        let same = |(ours, theirs): (&Arc<Vec<T>>, &Arc<Vec<T>>)| Arc::ptr_eq(ours, theirs) || ours == theirs;
        let same_chunks = Arc::ptr_eq(&self.full, &longer.full)
            || self
                .full
                .iter()
                .zip(longer.full.iter())
                .all(|(ours, theirs)| Arc::ptr_eq(ours, theirs) || ours.iter().zip(theirs.iter()).all(same));
        let start = self.chunks() * CHUNK;
        same_chunks && self.tail.iter().eq(longer.iter_from(start).take(self.tail.len()))
    }
}

impl<T: PartialEq> PartialEq for SharedVec<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.is_prefix_of(other)
    }
}

impl<T: Eq> Eq for SharedVec<T> {}

impl<T: Hash> Hash for SharedVec<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.len() as u64).hash(state);
        for element in self.iter() {
            element.hash(state);
        }
    }
}

impl<T: Serialize> Serialize for SharedVec<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for element in self.iter() {
            list.serialize_element(element)?;
        }
        list.end()
    }
}

impl<T: Debug> Debug for SharedVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Clone> FromIterator<T> for SharedVec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut all = Self::default();
        for element in elements {
            all.push(element);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_cluster::Dice;

    /// Every operation against a plain vector, with clones kept to see that none of them changes.
    #[test]
    fn behaves_as_a_vector_and_leaves_its_clones_alone() {
        let mut dice = Dice(7);
        let mut dice = |below: u64| dice.below(below as usize) as u64;
        let (mut plain, mut shared) = (Vec::new(), SharedVec::default());
        let mut clones: Vec<(Vec<u64>, SharedVec<u64>)> = Vec::new();
        for round in 0..20_000 {
            match dice(20) {
                0 => {
                    // Seldom far back, or the list would never get long.
                    let far = if dice(200) == 0 { plain.len() as u64 } else { 10 };
                    let len = (plain.len() as u64 + 2).saturating_sub(dice(far + 3)) as usize;
                    plain.truncate(len);
                    shared.truncate(len);
                }
                1 if !plain.is_empty() => {
                    let index = dice(plain.len() as u64) as usize;
                    plain[index] = round;
                    *shared.get_mut(index).unwrap() = round;
                }
                2 if round % 70 == 0 => clones.push((plain.clone(), shared.clone())),
                _ => {
                    plain.push(round);
                    shared.push(round);
                }
            }
            assert_eq!(plain.len(), shared.len());
            assert_eq!(plain.last(), shared.last());
        }
        clones.push((plain, shared));
        assert!(clones.len() > 10, "no clone was taken");
        let longest = clones.iter().map(|(plain, _)| plain.len()).max();
        assert!(longest > Some(3 * CHUNK * BLOCK), "the longest had {longest:?} elements");
        for (plain, shared) in &clones {
            assert!(plain.iter().eq(shared.iter()));
            assert_eq!(*shared, plain.iter().copied().collect());
            assert_eq!(shared.get(plain.len()), None);
            for other in &clones {
                let expected = other.0.starts_with(plain);
                assert_eq!(shared.is_prefix_of(&other.1), expected);
            }
        }
    }
}

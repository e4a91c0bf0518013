//! Configurations that were tried.
//!
//! A configuration is kept as a fingerprint of 128 bits: which operations are in, as the exclusive or of a random key for each
//! (Zobrist 1970), mixed with the number of the state and with how much was used of each class. So what one costs does not
//! depend on how long the history is, how many are open at once, or how many came before. Two different ones share a fingerprint
//! with a probability below 2^-128 for each pair: of a thousand million configurations, less than 2^-69 for any two (Stern & Dill
//! 1995, "Improved probabilistic verification by hash compaction"; TLC does the same with 64 bits). States are kept whole.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::super::fast_hash::FastState;

/// So many of the uses that led to the same rest and state are compared with.
const COMPARED_MAX: usize = 16;
/// A use of more classes than these is not compared with others.
const CLASSES_MAX: usize = 64;

/// A hash for keys that are random already.
#[derive(Clone, Copy, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("fingerprints are whole words");
    }

    fn write_u128(&mut self, word: u128) {
        self.0 = word as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Printed = BuildHasherDefault<AsItIs>;

/// The key of the `nth` of something, of which there are several kinds.
pub(super) fn key(kind: u64, nth: u64) -> u128 {
    let half = |salt: u64| mixed(mixed(nth ^ salt).wrapping_add(kind.wrapping_mul(0xd6e8_feb8_6659_fd93)));
    (u128::from(half(0x243f_6a88_85a3_08d3)) << 64) | u128::from(half(0x1319_8a2e_0370_7344))
}

/// The finalizer of splitmix64 (Steele, Lea & Flood 2014).
fn mixed(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Stirs all bits into all others.
fn stirred(print: u128) -> u128 {
    let (high, low) = ((print >> 64) as u64, print as u64);
    let low = mixed(low ^ mixed(high));
    (u128::from(mixed(high ^ mixed(low))) << 64) | u128::from(low)
}

/// How much was used of each class.
#[derive(Default)]
pub(super) struct Used {
    counts: Vec<u32>,
    /// Those of which any was used, in the order in which they were used first.
    classes: Vec<u32>,
    print: u128,
}

impl Used {
    pub(super) fn new(classes: usize) -> Self {
        Self { counts: vec![0; classes], ..Self::default() }
    }

    pub(super) fn count(&self, class: u32) -> u32 {
        self.counts[class as usize]
    }

    pub(super) fn use_one(&mut self, class: u32) {
        let count = &mut self.counts[class as usize];
        if *count == 0 {
            self.classes.push(class);
        }
        *count += 1;
        self.print = self.print.wrapping_add(key(1, class.into()));
    }

    /// Takes back the latest use, which was of `class`.
    pub(super) fn give_back(&mut self, class: u32) {
        let count = &mut self.counts[class as usize];
        *count -= 1;
        if *count == 0 {
            let latest = self.classes.pop();
            assert_eq!(latest, Some(class), "given back in another order");
        }
        self.print = self.print.wrapping_sub(key(1, class.into()));
    }
}

/// A use that led to the same rest and state as others.
struct Before {
    /// From where to where it stands in [`Tried::uses`].
    start: u32,
    end: u32,
    /// The one before it, counted from 1.
    next: u32,
}

/// The uses that led to the same rest and state.
#[derive(Clone, Copy, Default)]
struct Compared {
    /// The latest, counted from 1.
    latest: u32,
    count: u32,
}

/// All that were tried.
pub(super) struct Tried<T> {
    states: HashMap<T, u32, FastState>,
    /// What the states keep behind pointers, in bytes.
    weight: usize,
    prints: HashSet<u128, Printed>,
    /// Without the uses.
    compared: HashMap<u128, Compared, Printed>,
    befores: Vec<Before>,
    uses: Vec<(u32, u32)>,
}

/// Whether a configuration is new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Novelty {
    New,
    /// It was tried, or one that can do at least as much.
    Tried,
    /// To remember it would take more memory than there is.
    Full,
}

impl<T: Hash + Eq + Clone> Tried<T> {
    pub(super) fn new() -> Self {
        Self {
            states: HashMap::default(),
            weight: 0,
            prints: HashSet::default(),
            compared: HashMap::default(),
            befores: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// Remembers the configuration in which operations with the fingerprint `placed` are in, so much was `used`, and `state` was
    /// come to; `None` of a state from which nothing can be read.
    pub(super) fn add(
        &mut self,
        placed: u128,
        used: &Used,
        state: Option<&T>,
        weight: impl Fn(&T) -> usize,
        bytes_max: usize,
    ) -> Novelty {
        if self.bytes() + self.growth() > bytes_max {
            return Novelty::Full;
        }
        let number = match state {
            None => u64::MAX,
            Some(state) => match self.states.get(state) {
                Some(number) => (*number).into(),
                None => {
                    let number = self.states.len() as u32;
                    self.weight += weight(state);
                    self.states.insert(state.clone(), number);
                    number.into()
                }
            },
        };
        let rest = stirred(placed ^ key(2, number));
        if used.counts.is_empty() {
            return if self.prints.insert(rest) { Novelty::New } else { Novelty::Tried };
        }
        if self.is_covered(rest, used) || !self.prints.insert(stirred(rest ^ used.print)) {
            return Novelty::Tried;
        }
        self.compare_with(rest, used);
        Novelty::New
    }

    /// Whether one with the same rest and state used no more.
    fn is_covered(&self, rest: u128, used: &Used) -> bool {
        let Some(compared) = self.compared.get(&rest) else { return false };
        let mut next = compared.latest;
        for _ in 0..compared.count.min(COMPARED_MAX as u32) {
            let before = &self.befores[next as usize - 1];
            let uses = &self.uses[before.start as usize..before.end as usize];
            if uses.iter().all(|(class, count)| *count <= used.count(*class)) {
                return true;
            }
            next = before.next;
        }
        false
    }

    fn compare_with(&mut self, rest: u128, used: &Used) {
        if used.classes.len() > CLASSES_MAX {
            return;
        }
        let compared = self.compared.entry(rest).or_default();
        let start = self.uses.len() as u32;
        self.uses.extend(used.classes.iter().map(|&class| (class, used.count(class))));
        self.befores.push(Before { start, end: self.uses.len() as u32, next: compared.latest });
        *compared = Compared { latest: self.befores.len() as u32, count: compared.count + 1 };
    }

    /// What it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.states.capacity() * Self::STATE
            + self.weight
            + self.prints.capacity() * PRINT
            + self.compared.capacity() * COMPARED
            + self.befores.capacity() * size_of::<Before>()
            + self.uses.capacity() * size_of::<(u32, u32)>()
    }

    const STATE: usize = size_of::<(T, u32)>() + 1;

    /// What it takes besides while what is full grows to twice its size.
    fn growth(&self) -> usize {
        let of = |len: usize, capacity: usize, size: usize| if len == capacity { 2 * capacity * size } else { 0 };
        of(self.states.len(), self.states.capacity(), Self::STATE)
            + of(self.prints.len(), self.prints.capacity(), PRINT)
            + of(self.compared.len(), self.compared.capacity(), COMPARED)
            + of(self.befores.len(), self.befores.capacity(), size_of::<Before>())
            + 2 * usize::from(self.uses.len() + CLASSES_MAX > self.uses.capacity())
                * self.uses.capacity()
                * size_of::<(u32, u32)>()
    }
}

/// What a fingerprint and its place in a table take, in bytes; hash tables are at most seven eighths full.
const PRINT: usize = (size_of::<u128>() + 1) * 8 / 7 + 1;
const COMPARED: usize = (size_of::<(u128, Compared)>() + 1) * 8 / 7 + 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn add(tried: &mut Tried<u8>, placed: u128, used: &Used, state: Option<u8>) -> Novelty {
        tried.add(placed, used, state.as_ref(), |_| 0, usize::MAX)
    }

    #[test]
    fn whoever_used_no_more_can_do_as_much() {
        let (mut tried, mut used) = (Tried::new(), Used::new(2));
        used.use_one(1);
        assert_eq!(add(&mut tried, 7, &used, Some(3)), Novelty::New);
        assert_eq!(add(&mut tried, 7, &used, Some(3)), Novelty::Tried);
        used.use_one(0);
        assert_eq!(add(&mut tried, 7, &used, Some(3)), Novelty::Tried, "it used more");
        assert_eq!(add(&mut tried, 7, &used, Some(4)), Novelty::New, "another state");
        assert_eq!(add(&mut tried, 8, &used, Some(3)), Novelty::New, "other operations");
        assert_eq!(add(&mut tried, 7, &used, None), Novelty::New, "no state");
        used.give_back(0);
        used.give_back(1);
        used.use_one(0);
        assert_eq!(add(&mut tried, 7, &used, Some(3)), Novelty::New, "it used another class");
    }

    #[test]
    fn what_is_remembered_stays_within_its_memory() {
        let (mut tried, used) = (Tried::new(), Used::new(0));
        const BYTES_MAX: usize = 100_000;
        let mut state = 0_u8;
        let count = (0_u32..).position(|nth| {
            state = state.wrapping_add(1);
            assert!(tried.bytes() <= BYTES_MAX);
            tried.add(key(0, nth.into()), &used, Some(&state), |_| 0, BYTES_MAX) == Novelty::Full
        });
        // A table that grows is there twice, so a third of it may be in use.
        assert!(count > Some(BYTES_MAX / PRINT / 4), "{count:?}");
    }

    /// Keys of different things are different in all their bits.
    #[test]
    fn keys_differ_in_about_half_of_their_bits() {
        let keys: Vec<u128> = (0..3).flat_map(|kind| (0..100).map(move |nth| key(kind, nth))).collect();
        let mut differing = 0;
        for (index, one) in keys.iter().enumerate() {
            for other in &keys[..index] {
                let bits = (one ^ other).count_ones();
                assert!((24..104).contains(&bits), "{bits}");
                differing += u64::from(bits);
            }
        }
        let pairs = (keys.len() * (keys.len() - 1) / 2) as u64;
        assert!((63 * pairs..65 * pairs).contains(&differing), "{differing} of {pairs}");
    }
}

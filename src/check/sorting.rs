//! One sort for operations of every kind. The standard library's is compiled again for every type and key, which came to a third
//! of what a page loads to judge histories.

/// What is sorted by: the first part decides, then the second, then the third.
pub(super) type Key = [u64; 3];

/// So few are moved one by one.
const FEW: usize = 20;

/// Sorts by `key`; equal ones keep their order.
pub(super) fn sort_by<T>(items: &mut [T], key: impl Fn(&T) -> Key) {
    if items.len() <= FEW {
        for sorted in 1..items.len() {
            let mut place = sorted;
            while place > 0 && key(&items[place - 1]) > key(&items[place]) {
                items.swap(place - 1, place);
                place -= 1;
            }
        }
        return;
    }
    // Most come in order.
    if items.is_sorted_by_key(&key) {
        return;
    }
    let mut keyed: Vec<(Key, u32)> = items.iter().map(key).zip(0..).collect();
    sort(&mut keyed);
    for start in 0..items.len() {
        // Round a cycle of places: each gets what belongs there, and hands on what the first one held.
        let mut place = start;
        loop {
            let from = std::mem::replace(&mut keyed[place].1, place as u32) as usize;
            if from == start {
                break;
            }
            items.swap(place, from);
            place = from;
        }
    }
}

fn sort(keyed: &mut [(Key, u32)]) {
    keyed.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dice;

    #[test]
    fn sorts_as_the_standard_library_does() {
        for seed in 0..300 {
            let dice = |salt, below| dice::below(seed, &[salt], below);
            let mut items: Vec<(u64, u64)> = (0..dice(0, 60)).map(|nth| (dice(nth + 1, 12), nth)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by(&mut items, |(key, _)| [key / 4, key % 4, 0]);
            assert_eq!(items, expected, "seed {seed}");
        }
    }
}

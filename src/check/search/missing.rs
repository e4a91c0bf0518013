//! Positions that are not in yet, lane by lane, in order.
//!
//! Taking one out, putting it back, and finding the next one cost the same however many are in: Knuth's dancing links (2000).

use std::ops::Range;

/// Doubly linked lists, one for each lane, all over the same positions.
#[derive(Default)]
pub(super) struct Missing {
    /// By position; behind them, by lane, which one comes first and last.
    after: Vec<u32>,
    before: Vec<u32>,
    /// How many positions there are.
    end: usize,
}

impl Missing {
    /// Those positions of each lane that are `wanted`. The lanes cover all positions, one after the other.
    pub(super) fn new(lanes: &[Range<usize>], wanted: impl Fn(usize) -> bool) -> Self {
        let end = lanes.last().map_or(0, |lane| lane.end);
        let (mut after, mut before) = (vec![0; end + lanes.len()], vec![0; end + lanes.len()]);
        for (index, lane) in lanes.iter().enumerate() {
            let head = end + index;
            let mut latest = head;
            for position in lane.clone().filter(|position| wanted(*position)) {
                (after[latest], before[position]) = (position as u32, latest as u32);
                latest = position;
            }
            (after[latest], before[head]) = (head as u32, latest as u32);
        }
        Self { after, before, end }
    }

    /// The first of a lane, if one is missing.
    pub(super) fn first(&self, lane: usize) -> Option<usize> {
        self.next(self.end + lane)
    }

    /// The next one of the same lane.
    pub(super) fn next(&self, position: usize) -> Option<usize> {
        let next = self.after[position] as usize;
        (next < self.end).then_some(next)
    }

    /// All of a lane, in order.
    pub(super) fn of(&self, lane: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.first(lane), |position| self.next(*position))
    }

    /// Takes out one that is missing.
    pub(super) fn take(&mut self, position: usize) {
        let (before, after) = (self.before[position], self.after[position]);
        self.after[before as usize] = after;
        self.before[after as usize] = before;
    }

    /// Puts back the one that was taken out last of those that are out.
    pub(super) fn put_back(&mut self, position: usize) {
        let (before, after) = (self.before[position], self.after[position]);
        self.after[before as usize] = position as u32;
        self.before[after as usize] = position as u32;
    }

    /// What it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        (self.after.capacity() + self.before.capacity()) * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_put_back_where_it_was() {
        let mut missing = Missing::new(&[0..4, 4..4, 4..7], |position| position != 5);
        let all = |missing: &Missing| [0, 1, 2].map(|lane| missing.of(lane).collect::<Vec<_>>());
        assert_eq!(all(&missing), [vec![0, 1, 2, 3], vec![], vec![4, 6]]);
        for position in [1, 0, 6] {
            missing.take(position);
        }
        assert_eq!(all(&missing), [vec![2, 3], vec![], vec![4]]);
        for position in [6, 0, 1] {
            missing.put_back(position);
        }
        assert_eq!(all(&missing), [vec![0, 1, 2, 3], vec![], vec![4, 6]]);
    }
}

//! Hybrid logical clocks (Kulkarni, Demirbas, Madeppa, Avva & Leone 2014, "Logical Physical Clocks", §3, algorithm of figure 5).

use serde::Serialize;

use crate::node::Micros;

/// A reading of a hybrid clock. It stays close to the time of day, and is higher than all that it has seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Hybrid {
    /// The highest time of day seen: the paper's *l*.
    pub wall: Micros,
    /// Decides between readings with the same one: the paper's *c*.
    pub logical: u32,
}

impl Hybrid {
    /// The next reading of this clock, for an event of its own, as its wall clock shows `now`.
    #[must_use]
    pub fn next(self, now: Micros) -> Self {
        if now > self.wall { Self { wall: now, logical: 0 } } else { Self { logical: self.logical + 1, ..self } }
    }

    /// The clock after it has seen a reading of another one. The paper counts a receipt as an event; here the next event comes after both.
    #[must_use]
    pub fn seen(self, other: Self) -> Self {
        self.max(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: u64, logical: u32) -> Hybrid {
        Hybrid { wall: Micros(wall), logical }
    }

    /// Figure 6 of the paper: node 0 starts at physical time 10, the others at 0. Its message lifts them, each hop counts on, and a wall
    /// clock that overtakes sets the count to 0.
    #[test]
    fn the_example_of_the_paper() {
        let node_0 = Hybrid::default().next(Micros(10));
        assert_eq!(node_0, at(10, 0));
        let node_1 = Hybrid::default().seen(node_0).next(Micros(1));
        assert_eq!(node_1, at(10, 1));
        let node_2 = Hybrid::default().seen(node_1).next(Micros(2));
        assert_eq!(node_2, at(10, 2));
        assert_eq!(node_2.next(Micros(3)), at(10, 3));
        assert_eq!(node_2.next(Micros(11)), at(11, 0));
    }

    /// Theorem 1: if one event happened before another, its reading is lower. Theorem 2: no reading is below the wall clock.
    #[test]
    fn what_follows_is_higher_whatever_the_wall_clocks_show() {
        let mut clock = Hybrid::default();
        for now in [5, 5, 3, 9, 0, 9, 10] {
            let next = clock.next(Micros(now));
            assert!(next > clock && next.wall >= Micros(now), "{clock:?} at {now}");
            clock = next;
        }
    }
}

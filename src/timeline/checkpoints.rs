//! The worlds at earlier moments of a run: a cache, so that a seek replays a part of it only.
//!
//! Checkpoints thin out with age. Two neighbours are [`STEPS_APART`] steps apart near the end of the run, and further back
//! a [`SHARE`]th of their age. So their number grows with the logarithm of the run's length, and what a learner looks at
//! most, the last minutes, is nearest.

use crate::node::Micros;

use super::track::Track;

/// Steps between two checkpoints near the end: few enough that a seek replays them within a frame or two.
pub(super) const STEPS_APART: u64 = 1_024;
/// The steps between two checkpoints are this share of their age. Half an hour of the default setup, 1.5 million steps, keeps
/// 270 checkpoints so, and a seek to its start replays 24,000 steps at most: 40 ms natively.
const SHARE: u64 = 64;

/// The worlds at one moment of the current branch.
#[derive(Clone, Debug)]
pub(super) struct Checkpoint<T> {
    /// The moment.
    pub(super) now: Micros,
    /// How many interventions of the script were done.
    pub(super) done: usize,
    /// How many of those could not be done as things stood.
    pub(super) skipped: u32,
    /// The worlds.
    pub(super) track: T,
}

/// By time; the first is the start of the run, which is never forgotten.
#[derive(Clone, Debug)]
pub(super) struct Checkpoints<T>(Vec<Checkpoint<T>>);

impl<T: Track> Checkpoints<T> {
    /// Worlds that have just started.
    pub(super) fn new(track: T) -> Self {
        Self(vec![Checkpoint { now: Micros::ZERO, done: 0, skipped: 0, track }])
    }

    /// The latest one at `moment` or before.
    pub(super) fn until(&self, moment: Micros) -> &Checkpoint<T> {
        self.nearest(|checkpoint| checkpoint.now <= moment)
    }

    /// The latest one before `moment`; the start if there is none.
    pub(super) fn before(&self, moment: Micros) -> &Checkpoint<T> {
        self.nearest(|checkpoint| checkpoint.now < moment)
    }

    fn nearest(&self, early: impl Fn(&Checkpoint<T>) -> bool) -> &Checkpoint<T> {
        &self.0[self.0.partition_point(early).max(1) - 1]
    }

    /// The latest one.
    pub(super) fn last(&self) -> &Checkpoint<T> {
        self.0.last().expect("the start is kept")
    }

    /// Adds one after all others.
    pub(super) fn push(&mut self, checkpoint: Checkpoint<T>) {
        self.0.push(checkpoint);
        self.thin();
    }

    /// Forgets those at `moment` and later.
    pub(super) fn forget_from(&mut self, moment: Micros) {
        let kept = self.0.partition_point(|checkpoint| checkpoint.now < moment);
        self.0.truncate(kept.max(1));
    }

    /// Drops each one whose neighbours are near enough for their age.
    fn thin(&mut self) {
        let end = self.last().track.steps();
        let steps: Vec<u64> = self.0.iter().map(|checkpoint| checkpoint.track.steps()).collect();
        let (mut position, mut kept) = (0, 0);
        self.0.retain(|_| {
            let here = position;
            position += 1;
            let Some(next) = steps.get(here + 1).filter(|_| here > 0) else { return true };
            let apart = ((end - next) / SHARE).max(STEPS_APART);
            let needed = next - kept > apart;
            if needed {
                kept = steps[here];
            }
            needed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeId;
    use crate::sim::fault::Intervention;
    use crate::timeline::track::Fingerprint;

    /// Worlds of which only the number of steps is known.
    #[derive(Clone, Debug)]
    struct Counted(u64);

    impl Track for Counted {
        type Request = ();

        fn now(&self) -> Micros {
            Micros(self.0)
        }

        fn next_at(&self) -> Option<Micros> {
            None
        }

        fn advance(&mut self, _: Micros, _: u64) {}

        fn intervene(&mut self, _: Micros, _: &Intervention<()>) -> bool {
            false
        }

        fn participants(&self) -> usize {
            0
        }

        fn is_cut(&self, _: NodeId, _: NodeId) -> bool {
            false
        }

        fn ordinals(&self, _: u8, _: &str, _: NodeId, _: NodeId) -> Vec<u32> {
            Vec::new()
        }

        fn waiting(&self) -> usize {
            0
        }

        fn steps(&self) -> u64 {
            self.0
        }

        fn fingerprints(&self) -> Vec<Fingerprint> {
            Vec::new()
        }
    }

    fn grown(steps: u64) -> Checkpoints<Counted> {
        let mut checkpoints = Checkpoints::new(Counted(0));
        for steps in (STEPS_APART..=steps).step_by(STEPS_APART as usize) {
            checkpoints.push(Checkpoint { now: Micros(steps), done: 0, skipped: 0, track: Counted(steps) });
        }
        checkpoints
    }

    #[test]
    fn their_number_grows_with_the_logarithm_of_the_length() {
        let million = 1 << 20;
        let (one, eight) = (grown(million).0.len(), grown(8 * million).0.len());
        assert!(one < 2 * 250, "{one} checkpoints for a million steps");
        // Each doubling adds ln 2 times the share: 45; neighbours that can't be joined yet are up to twice as many.
        assert!(eight - one <= 3 * 2 * 45, "{one} for a million steps, {eight} for eight");
    }

    #[test]
    fn none_is_further_from_the_next_than_its_age_allows() {
        let end = 3 << 20;
        let checkpoints = grown(end);
        for pair in checkpoints.0.windows(2) {
            let (from, to) = (pair[0].track.0, pair[1].track.0);
            let allowed = ((end - to) / SHARE).max(STEPS_APART);
            assert!(to - from <= allowed, "{from} to {to}: {allowed} allowed");
        }
        let recent = checkpoints.0.iter().filter(|checkpoint| checkpoint.track.0 > end - SHARE * STEPS_APART);
        assert_eq!(recent.count() as u64, SHARE, "all of the last ones are there");
    }

    #[test]
    fn the_start_is_never_forgotten_and_the_nearest_is_found() {
        let mut checkpoints = grown(10 * STEPS_APART);
        let apart = STEPS_APART;
        assert_eq!(checkpoints.until(Micros(3 * apart)).now, Micros(3 * apart));
        assert_eq!(checkpoints.before(Micros(3 * apart)).now, Micros(2 * apart));
        assert_eq!(checkpoints.before(Micros::ZERO).now, Micros::ZERO);
        checkpoints.forget_from(Micros(3 * apart));
        assert_eq!(checkpoints.last().now, Micros(2 * apart));
        checkpoints.forget_from(Micros::ZERO);
        assert_eq!((checkpoints.0.len(), checkpoints.last().now), (1, Micros::ZERO));
    }
}

//! Time as a node may know it: what its clocks show, and how long a timer may run.

use serde::{Deserialize, Serialize};

/// A point in time or a span of it, in microseconds. Simulated time starts at 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Micros(pub u64);

impl Micros {
    /// The start of every run.
    pub const ZERO: Self = Self(0);

    /// `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// Seconds, for drawing only: nothing that is replayed may depend on a float.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// `count` times as long.
    pub const fn times(self, count: u32) -> Self {
        Self(self.0 * count as u64)
    }

    /// `self - earlier`, or zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add for Micros {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// What a node reads off its own two clocks at one event. Both may be wrong; neither node nor protocol can tell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Clocks {
    /// Never goes back, but may run fast or slow (drift). Timers run on it.
    pub monotonic: Micros,
    /// Time of day since midnight: drifts with the monotonic clock and may jump either way (skew).
    pub wall: Micros,
}

/// The half-open range `[min, max)` from which the runner picks a timer's delay, on the node's own monotonic clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Delay {
    /// The shortest delay that may be picked.
    pub min: Micros,
    /// The first delay that may not; equal to `min` for a fixed delay.
    pub max: Micros,
}

impl Delay {
    /// A delay that the runner may pick anywhere in `[min, max)`.
    pub const fn between(min: Micros, max: Micros) -> Self {
        Self { min, max }
    }

    /// A delay without choice.
    pub const fn fixed(delay: Micros) -> Self {
        Self { min: delay, max: delay }
    }

    /// The range that is `count` times as late and as wide.
    pub const fn times(self, count: u32) -> Self {
        Self { min: self.min.times(count), max: self.max.times(count) }
    }
}

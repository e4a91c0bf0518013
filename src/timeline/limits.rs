//! What a run may come to. A run stops growing at its limits, so whatever is written can be read again.

use std::fmt::{self, Display};

use super::track::Track;
use super::{Experiment, Timeline};
use crate::node::Micros;

/// The longest run: two hours.
pub const LENGTH_MAX: Micros = Micros::from_ms(2 * 3_600 * 1_000);
/// The most steps, all worlds together: the default setup's two hours have 6.2 million.
pub const STEPS_MAX: u64 = 8_000_000;
/// The most interventions.
pub const ACTS_MAX: usize = 20_000;
/// The most branches.
pub const BRANCHES_MAX: usize = 100;
/// The most interventions in all branches together; those that branches share count in each.
pub(super) const ALL_ACTS_MAX: usize = 5 * ACTS_MAX;
/// The most text of all interventions, in bytes.
pub const SCRIPT_BYTES_MAX: usize = 2 << 20;

/// One of the limits of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// [`LENGTH_MAX`].
    Length,
    /// [`STEPS_MAX`].
    Steps,
    /// [`ACTS_MAX`].
    Acts,
    /// [`BRANCHES_MAX`], or five times [`ACTS_MAX`] in all of them.
    Branches,
    /// [`SCRIPT_BYTES_MAX`].
    ScriptBytes,
}

/// Shown for a person: `2 hours of simulated time`.
impl Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "{} hours of simulated time", LENGTH_MAX.0 / 3_600_000_000),
            Self::Steps => write!(f, "{} million events", STEPS_MAX / 1_000_000),
            Self::Acts => write!(f, "{ACTS_MAX} interventions"),
            Self::Branches => write!(f, "{BRANCHES_MAX} branches with {ALL_ACTS_MAX} interventions in all"),
            Self::ScriptBytes => write!(f, "{} MB of text in its interventions", SCRIPT_BYTES_MAX >> 20),
        }
    }
}

/// How near a run is to its limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// The limit that is nearest.
    pub limit: Limit,
    /// How much of it is used, in percent, rounded down. At 100 [`Timeline::play`] goes no further, or [`Timeline::act`]
    /// refuses: [`Timeline::limit_of`].
    pub used_percent: u8,
}

impl<E: Experiment> Timeline<E> {
    /// How near the end of the current branch is to the limits of a run.
    pub fn room(&self) -> Room {
        let percent = |used: u64, most: u64| (used.min(most) * 100 / most) as u8;
        let branch = &self.branches[self.current];
        [
            (Limit::Length, percent(branch.end.0, LENGTH_MAX.0)),
            (Limit::Steps, percent(self.frontier().steps(), STEPS_MAX)),
            (Limit::Acts, percent(branch.script.len() as u64, ACTS_MAX as u64)),
            (Limit::Branches, percent(self.branches.len() as u64 - 1, BRANCHES_MAX as u64 - 1)),
            (Limit::Branches, percent(self.all_acts() as u64, ALL_ACTS_MAX as u64)),
            (Limit::ScriptBytes, percent(branch.script_bytes as u64, SCRIPT_BYTES_MAX as u64)),
        ]
        .into_iter()
        .map(|(limit, used_percent)| Room { limit, used_percent })
        .max_by_key(|room| room.used_percent)
        .expect("there are limits")
    }

    fn all_acts(&self) -> usize {
        self.branches.iter().map(|branch| branch.script.len()).sum()
    }

    /// Whether there is room for one branch more, which shares so many acts with the others.
    pub(super) fn may_fork(&self, shared: usize) -> bool {
        self.branches.len() < BRANCHES_MAX && self.all_acts() + shared < ALL_ACTS_MAX
    }
}

//! What the timeline measures.

use cap_lab::node::Micros;
use cap_lab::shared_vec::SharedVec;

/// What the line measures. At its right end is a round number well beyond what was computed, so that the line need not be
/// drawn to a new scale all the time.
#[derive(Clone, PartialEq)]
pub enum Scale {
    /// Simulated time.
    Time {
        /// How far the run has been computed.
        end: Micros,
        /// What stands at the right end.
        horizon: Micros,
    },
    /// Events, all as far apart.
    Steps {
        /// When each happened.
        moments: SharedVec<Micros>,
        /// How far the run has been computed.
        end: Micros,
        /// What stands at the right end.
        horizon: u64,
    },
}

impl Scale {
    /// The one by which a learner thinks of a run that is computed to `end`: by its events, if they are given.
    pub fn new(end: Micros, moments: Option<SharedVec<Micros>>) -> Self {
        match moments {
            None => Self::Time { end, horizon: Micros(1_000_000 * round_beyond(end.0, 1_000_000, 2)) },
            Some(moments) => {
                let horizon = round_beyond(moments.len() as u64, 1, 20);
                Self::Steps { moments, end, horizon }
            }
        }
    }

    /// How far the run has been computed.
    pub fn end(&self) -> Micros {
        match self {
            Self::Time { end, .. } | Self::Steps { end, .. } => *end,
        }
    }

    /// What stands at the right end: a moment in µs, or a number of events.
    pub fn horizon(&self) -> u64 {
        match self {
            Self::Time { horizon, .. } => horizon.0,
            Self::Steps { horizon, .. } => *horizon,
        }
    }

    /// Where a moment stands, from 0 to 1.
    pub fn share(&self, at: Micros) -> f64 {
        match self {
            Self::Time { horizon, .. } => at.0 as f64 / horizon.0 as f64,
            Self::Steps { moments, horizon, .. } => steps_until(moments, at) as f64 / *horizon as f64,
        }
    }

    /// "step 7 of 12".
    pub fn step_text(&self, now: Micros) -> Option<String> {
        match self {
            Self::Time { .. } => None,
            Self::Steps { moments, .. } => Some(format!("step {} of {}", steps_until(moments, now), moments.len())),
        }
    }
}

/// How many of the moments are over.
pub fn steps_until(moments: &SharedVec<Micros>, now: Micros) -> usize {
    moments.partition_point(|at| *at <= now)
}

/// A round number of units, `least` or more, of which `done` takes nine tenths at most.
fn round_beyond(done: u64, unit: u64, least: u64) -> u64 {
    let mut decade = 1;
    loop {
        for round in [2, 5, 10].map(|base| base * decade) {
            if round >= least && done * 10 <= round * unit * 9 {
                return round;
            }
        }
        decade *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_end_is_round_and_beyond_what_was_done() {
        let seconds = [0, 1, 2, 4, 9, 10, 30, 60, 600].map(|s| round_beyond(s * 1_000_000, 1_000_000, 2));
        assert_eq!(seconds, [2, 2, 5, 5, 10, 20, 50, 100, 1000]);
        assert_eq!([0, 18, 19, 45, 46].map(|steps| round_beyond(steps, 1, 20)), [20, 20, 50, 50, 100]);
    }

    #[test]
    fn steps_are_as_far_apart_whatever_time_they_took() {
        let moments: SharedVec<Micros> = [1, 2, 900].map(Micros).into_iter().collect();
        let scale = Scale::Steps { moments, end: Micros(1_000), horizon: 20 };
        let shares = [0, 1, 2, 899, 900, 1_000].map(|at| (scale.share(Micros(at)) * 20.0).round() as u32);
        assert_eq!(shares, [0, 1, 2, 2, 3, 3]);
    }
}

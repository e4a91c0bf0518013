//! Where the participants of a feed are: all at one site, or in three regions with an ocean between them.
//!
//! The round trips between the regions are the means that Bailis et al. measured between EC2's (*Highly Available Transactions:
//! Virtues and Limitations*, VLDB 2014, Table 1c), and within a region those between two of its zones (Table 1b).

use serde::{Deserialize, Serialize};

use crate::node::{Delay, Micros, NodeId, NodeSet};
use crate::sim::network::Travel;

/// Where the participants are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Geography {
    /// At one site. A message between two replicas takes 22 to 38 ms, so that it is seen on its way.
    #[default]
    OneSite,
    /// In the three [regions](Region).
    ThreeRegions {
        /// Each message takes longer than its link does by less than this, in ms: from 0, which makes all delays fixed, to
        /// [`Geography::JITTER_MAX`].
        jitter_ms: u16,
    },
}

/// One of the three regions. Replicas and people are dealt out to them in turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Region(u8);

/// Within a region and between regions, in µs.
const ROUND_TRIPS: [[u64; 3]; 3] = [[1_080, 84_500, 169_800], [84_500, 1_080, 107_900], [169_800, 107_900, 1_080]];

impl Region {
    /// All of them.
    pub const ALL: [Self; 3] = [Self(0), Self(1), Self(2)];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        ["California", "Virginia", "Ireland"][self.0 as usize]
    }

    /// The same in two letters.
    pub const fn code(self) -> &'static str {
        ["CA", "VA", "IE"][self.0 as usize]
    }

    /// From 0: its place in [`Region::ALL`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// How long a message takes to `other` and its answer back.
    pub const fn round_trip(self, other: Self) -> Micros {
        Micros(ROUND_TRIPS[self.0 as usize][other.0 as usize])
    }

    /// The region of the participant that comes at this place among those of its kind.
    pub(super) const fn in_turn(place: u8) -> Self {
        Self(place % 3)
    }

    /// Those of the first `count` replicas that are here.
    pub(super) fn among(self, count: u8) -> NodeSet {
        let mut here = NodeSet::EMPTY;
        for place in (self.0..count).step_by(3) {
            here.insert(NodeId(place));
        }
        here
    }
}

impl Geography {
    /// The most jitter, in ms.
    pub const JITTER_MAX: u16 = 100;

    /// What all timeouts are multiplied by: they have to be well above the time of a round trip (Raft §5.6), and those of one site
    /// suit a round trip of 76 ms.
    pub const fn stretch(self) -> u32 {
        match self {
            Self::OneSite => 1,
            Self::ThreeRegions { .. } => 2,
        }
    }

    /// How long messages take between two regions, or within one.
    pub(super) fn travel(one: Region, other: Region, jitter_ms: u16) -> Travel {
        let one_way = Micros(one.round_trip(other).0 / 2);
        Travel { base: Delay::fixed(one_way), jitter: Micros::from_ms(jitter_ms.into()) }
    }

    /// What is wrong with it for so many replicas, if anything.
    pub(super) fn check(self, replicas: u8) -> Result<(), String> {
        match self {
            Self::ThreeRegions { .. } if replicas < 3 => {
                Err(format!("{replicas} replicas: three regions have one each, so at least 3 are needed"))
            }
            Self::ThreeRegions { jitter_ms } if jitter_ms > Self::JITTER_MAX => {
                Err(format!("jitter of {jitter_ms} ms: up to {} ms is possible", Self::JITTER_MAX))
            }
            Self::OneSite | Self::ThreeRegions { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_is_the_same_from_either_end_and_shorter_within_a_region() {
        for one in Region::ALL {
            for other in Region::ALL {
                assert_eq!(one.round_trip(other), other.round_trip(one));
                assert_eq!(one == other, one.round_trip(other) < Micros::from_ms(2), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn replicas_are_dealt_out_in_turn() {
        let counts = |replicas| Region::ALL.map(|region| region.among(replicas).len());
        assert_eq!((counts(3), counts(5), counts(7)), ([1, 1, 1], [2, 2, 1], [3, 2, 2]));
        assert!(Region::ALL[1].among(5).contains(NodeId(4)));
    }
}

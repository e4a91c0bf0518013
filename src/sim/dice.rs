//! Dice without state: each throw is a function of the seed and of what it is for, so that a run does not change because
//! somebody threw once more elsewhere.

use crate::node::{Delay, Micros};

/// Mixes all of `parts` into the seed; every bit of the result depends on every bit of them (the finaliser of SplitMix64:
/// Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators").
pub fn throw(seed: u64, parts: &[u64]) -> u64 {
    let mut state = seed;
    for part in parts {
        state = finalise(state.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93));
    }
    finalise(state.wrapping_add(0x9e37_79b9_7f4a_7c15))
}

fn finalise(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A number in `0..below`; 0 if `below` is 0.
pub fn below(seed: u64, parts: &[u64], below: u64) -> u64 {
    // The high half of a wide product: unbiased enough for delays, and the same on every machine.
    ((u128::from(throw(seed, parts)) * u128::from(below)) >> 64) as u64
}

/// A delay in `[min, max)`; `min` if the range is empty.
pub fn within(seed: u64, parts: &[u64], delay: Delay) -> Micros {
    delay.min + Micros(below(seed, parts, delay.max.since(delay.min).0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_stays_in_its_range_and_fills_it() {
        let delay = Delay::between(Micros(150), Micros(300));
        let thrown: Vec<u64> = (0..10_000).map(|n| within(1, &[2, n], delay).0).collect();
        assert!(thrown.iter().all(|us| (150..300).contains(us)));
        for us in 150..300 {
            assert!(thrown.contains(&us), "{us} never came");
        }
        let mean = thrown.iter().sum::<u64>() / 10_000;
        assert!((222..228).contains(&mean), "mean {mean}, expected 224.5");
        assert_eq!(within(1, &[2], Delay::fixed(Micros(7))), Micros(7));
    }

    /// The first numbers of SplitMix64 from seed 0, as the authors' C program prints them; a part is a throw on its own.
    #[test]
    fn a_throw_is_a_step_of_splitmix64() {
        assert_eq!(throw(0, &[]), 0xe220_a839_7b1d_cdaf);
        assert_eq!(throw(0x9e37_79b9_7f4a_7c15, &[]), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(throw(0, &[0]), throw(throw(0, &[]), &[]));
        assert_eq!(
            throw(1, &[2, 3]),
            0xb671_dd28_6fc5_f597,
            "computed elsewhere from the definition above: run files rest on it"
        );
        assert_eq!(below(0, &[], 0), 0);
    }

    #[test]
    fn every_part_matters() {
        let base = throw(1, &[2, 3]);
        for other in [throw(2, &[2, 3]), throw(1, &[3, 2]), throw(1, &[2, 3, 0]), throw(1, &[2])] {
            assert!((base ^ other).count_ones() > 10, "{base:x} and {other:x} are too much alike");
        }
    }
}

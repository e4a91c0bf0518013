//! Which of Raft's features a schedule has.

use std::collections::BTreeSet;

use cap_lab::raft::{Reads, Switches};

use crate::driver::Dice;

type Set = fn(&mut Switches);

/// Every feature with all its settings. A setting of one feature is one line.
const FEATURES: &[&[Set]] = &[
    &[|on| on.pre_vote = false, |on| on.pre_vote = true],
    &[|on| on.check_quorum = false, |on| on.check_quorum = true],
    &[|on| on.stickiness = false, |on| on.stickiness = true],
    &[|on| on.transfer = false, |on| on.transfer = true],
    &[|on| on.one_entry = false, |on| on.one_entry = true],
    &[|on| on.snapshot_after = None, |on| on.snapshot_after = Some(3), |on| on.snapshot_after = Some(12)],
    &[|on| on.window = None, |on| on.window = Some(1), |on| on.window = Some(3)],
    &[|on| on.fast_repair = false, |on| on.fast_repair = true],
    &[|on| on.learners_first = false, |on| on.learners_first = true],
    &[|on| on.reads = Reads::Log, |on| on.reads = Reads::ReadIndex, |on| on.reads = Reads::Lease],
];

/// Clocks may differ by so much, and do.
pub(crate) const DRIFT_PPM: u32 = 50_000;

fn switches(settings: &[usize]) -> Switches {
    let mut switches = Switches { lease_drift_ppm: DRIFT_PPM, ..Switches::PLAIN };
    for (feature, setting) in FEATURES.iter().zip(settings) {
        feature[*setting](&mut switches);
    }
    switches
}

/// The settings of a seed: any that go together.
fn settings(seed: u64) -> Vec<usize> {
    let mut dice = Dice::new(seed ^ 0x5717_c4e5);
    loop {
        let settings: Vec<usize> = FEATURES.iter().map(|feature| dice.below(feature.len())).collect();
        if switches(&settings).check().is_ok() {
            return settings;
        }
    }
}

/// Whether a seed has every feature at once: one in five.
pub(crate) fn has_all(seed: u64) -> bool {
    seed % 5 == 4
}

/// The features of a seed: all of them, each in some setting, or any mix.
pub(crate) fn of(seed: u64) -> Switches {
    if has_all(seed) {
        let mut dice = Dice::new(seed ^ 0x0a11_0000);
        let on = |feature: &&[Set]| 1 + dice.below(feature.len() - 1);
        return switches(&FEATURES.iter().map(on).collect::<Vec<_>>());
    }
    switches(&settings(seed))
}

/// Two features with their settings.
type Pair = [(usize, usize); 2];

fn pairs(settings: &[usize]) -> impl Iterator<Item = Pair> {
    let all: Vec<(usize, usize)> = settings.iter().copied().enumerate().collect();
    let later = |at: usize| all[at + 1..].to_vec();
    let pairs = all.iter().map(|one| (*one, later(one.0)));
    pairs.flat_map(|(one, later)| later.into_iter().map(move |other| [one, other])).collect::<Vec<_>>().into_iter()
}

/// Every way to set all features.
fn every_way() -> Vec<Vec<usize>> {
    FEATURES.iter().fold(vec![Vec::new()], |ways, feature| {
        let longer = |way: &Vec<usize>| (0..feature.len()).map(|setting| [&way[..], &[setting]].concat()).collect();
        ways.iter().flat_map(|way| -> Vec<Vec<usize>> { longer(way) }).collect()
    })
}

/// In the daily seeds already: each pair of settings that go together occurs.
#[test]
fn every_pair_of_settings_occurs() {
    let seen: BTreeSet<Pair> =
        (0..200).filter(|seed| !has_all(*seed)).flat_map(|seed| pairs(&settings(seed)).collect::<Vec<_>>()).collect();
    let sound = every_way().into_iter().filter(|way| switches(way).check().is_ok());
    let possible: BTreeSet<Pair> = sound.flat_map(|way| pairs(&way).collect::<Vec<_>>()).collect();
    assert_eq!(seen, possible);
    assert!(possible.len() > 40, "{} pairs", possible.len());
}

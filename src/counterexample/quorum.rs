//! What breaks quorums under a feed.

use super::{Counterexample, Schedule};
use crate::quorum::Flaw;
use crate::store::descriptor::Descriptor;
use crate::store::quorum::QuorumStore;

/// All of them.
pub(super) fn all() -> Vec<Counterexample> {
    let example = |(flaw, run): &(Flaw, Schedule)| {
        let (title, sentence, breaks) = (flaw.title(), flaw.sentence(), flaw.breaks());
        Counterexample { flaw: flaw.name(), title, sentence, breaks, store: Some(QuorumStore::NAME), run: *run }
    };
    SCHEDULES.iter().map(example).collect()
}

const SCHEDULES: &[(Flaw, Schedule)] = &[
    (
        Flaw::StoredBeforeSync,
        // With W = 1 Ana's own replica is enough: it confirms her post while that is in memory only.
        Schedule {
            cast: "replicas=3 people=1",
            switches: ".w-1.strict",
            seed: 1,
            script: "100000 ask n4 post Remember me",
            end_ms: 130,
        },
    ),
    (
        Flaw::TagFromMemory,
        // Ana posts three times by n1. Bo's replica is home to nothing and has seen none of it.
        Schedule {
            cast: "replicas=5 people=3",
            switches: ".strict.tags",
            seed: 1,
            script: "100000 ask n6 post One
                300000 ask n6 post Two
                500000 ask n6 post Three
                700000 ask n8 post Four",
            end_ms: 900,
        },
    ),
];

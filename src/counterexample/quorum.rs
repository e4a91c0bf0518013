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
        // Word of Ana's post comes back from n2 and n3, which crash before their disks have it.
        Schedule {
            cast: "replicas=3 people=1",
            switches: ".w-3.strict",
            seed: 1,
            script: "100000 cut n1>n3
                100000 ask n4 post Remember me
                160000 crash n2 keep 0
                160000 crash n3 keep 0",
            end_ms: 200,
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

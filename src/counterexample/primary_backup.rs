//! What breaks primary and backup under a feed. The first line always makes n1 the primary of view 1.

use super::{Counterexample, Schedule};
use crate::primary_backup::Flaw;
use crate::store::descriptor::Descriptor;
use crate::store::primary_backup::PrimaryBackupStore;

/// All of them.
pub(super) fn all() -> Vec<Counterexample> {
    let example = |(flaw, run): &(Flaw, Schedule)| {
        let (title, sentence, breaks) = (flaw.title(), flaw.sentence(), flaw.breaks());
        Counterexample { flaw: flaw.name(), title, sentence, breaks, store: Some(PrimaryBackupStore::NAME), run: *run }
    };
    SCHEDULES.iter().map(example).collect()
}

const SCHEDULES: &[(Flaw, Schedule)] = &[
    (
        Flaw::ViewNotDurable,
        // n3 leads view 3, and n2 follows it. n2 crashes, forgets that, and obeys n1, which still leads view 1 in its part.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 1,
            script: "10000 timer 0 n1 PrimaryBackup(Failover)
                100000 cut n1>n3 n3>n1 n1>n2 n2>n1
                150000 timer 0 n3 PrimaryBackup(Failover)
                200000 cut n2>n3 n3>n2
                200000 crash n2 keep 9
                200001 restart n2
                200002 heal n1>n2 n2>n1",
            end_ms: 320,
        },
    ),
    (
        Flaw::ConfirmedBeforeSync,
        // Ana's post is confirmed while it is in memory only.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 1,
            script: "10000 timer 0 n1 PrimaryBackup(Failover)
                100000 ask n4 post Remember me",
            end_ms: 130,
        },
    ),
];

//! What breaks Multi-Paxos under a feed. The first line always makes n1 the leader, which it is after some 70 ms.

use super::{Counterexample, Schedule};
use crate::multi_paxos::Flaw;
use crate::store::descriptor::Descriptor;
use crate::store::multi_paxos::MultiPaxosStore;

/// All of them.
pub(super) fn all() -> Vec<Counterexample> {
    let example = |(flaw, run): &(Flaw, Schedule)| {
        let (title, sentence, breaks) = (flaw.title(), flaw.sentence(), flaw.breaks());
        Counterexample { flaw: flaw.name(), title, sentence, breaks, store: Some(MultiPaxosStore::NAME), run: *run }
    };
    SCHEDULES.iter().map(example).collect()
}

const SCHEDULES: &[(Flaw, Schedule)] = &[
    (
        Flaw::PromiseNotDurable,
        // n1 leads because n3 promised; a crash is enough to make n3 forget that.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 1,
            script: "10000 timer 0 n1 MultiPaxos(Election)
                120000 crash n3 keep 0
                120001 restart n3",
            end_ms: 130,
        },
    ),
    (
        Flaw::PhaseOneValuesIgnored,
        // n3 accepts Ana's post and takes over before it hears that the post is chosen; then Bo asks it to post.
        Schedule {
            cast: "replicas=3 people=2",
            switches: "",
            seed: 1,
            script: "10000 timer 0 n1 MultiPaxos(Election)
                150000 ask n4 post Remember me
                192000 timer 0 n3 MultiPaxos(Election)
                280000 ask n5 post News",
            end_ms: 380,
        },
    ),
    (
        Flaw::QuorumOneShort,
        // n1 and n2 choose Ana's post. n3 does not hear of it, and its own promise is all that it waits for.
        Schedule {
            cast: "replicas=3 people=2",
            switches: "",
            seed: 1,
            script: "10000 timer 0 n1 MultiPaxos(Election)
                150000 cut n1>n3 n3>n1
                150000 ask n4 post Remember me
                240000 timer 0 n3 MultiPaxos(Election)
                250000 ask n5 post News",
            end_ms: 330,
        },
    ),
    (
        Flaw::ReadsUnconfirmed,
        // The leader is cut off, another one is elected and confirms a post; then the old one is asked.
        Schedule {
            cast: "replicas=3 people=2",
            switches: "",
            seed: 1,
            script: "10000 timer 0 n1 MultiPaxos(Election)
                150000 cut n1>n2 n1>n3 n2>n1 n3>n1
                150000 timer 0 n3 MultiPaxos(Election)
                240000 ask n5 post News
                330000 ask n4 read",
            end_ms: 350,
        },
    ),
];

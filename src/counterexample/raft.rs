//! What breaks Raft under a feed, in the order in which the page lists the flaws.

use super::{Counterexample, Schedule};
use crate::raft::Flaw;
use crate::store::descriptor::Descriptor;
use crate::store::raft::RaftStore;

/// All of them.
pub(super) fn all() -> Vec<Counterexample> {
    let example = |(flaw, run): &(Flaw, Schedule)| {
        let (title, sentence, breaks) = (flaw.title(), flaw.sentence(), flaw.breaks());
        Counterexample { flaw: flaw.name(), title, sentence, breaks, store: Some(RaftStore::NAME), run: *run }
    };
    SCHEDULES.iter().map(example).collect()
}

const SCHEDULES: &[(Flaw, Schedule)] = &[
    (
        Flaw::VoteNotDurable,
        // Two candidates that don't hear each other ask the third server, which crashes in between.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 5,
            script: "100000 cut n1>n2 n2>n1
                100000 timer 0 n1 Raft(Election)
                130000 timer 0 n2 Raft(Election)
                145000 crash n3 keep 0
                150000 restart n3",
            end_ms: 220,
        },
    ),
    (
        Flaw::VoteSavedBeforeTerm,
        // n2 votes for n1, crashes, and votes for n3 in the same term. n1 and n3 do not hear of each other.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 1,
            script: "10000 cut n1>n3 n3>n1
                10001 timer 0 n1 Raft(Election)
                50000 timer 0 n3 Raft(Election)
                70000 crash n2 keep 0
                70001 restart n2",
            end_ms: 140,
        },
    ),
    (
        Flaw::AcknowledgeBeforeSync,
        // The leader counts a follower that crashes before its disk has the entry; the third server never got it.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 5,
            script: "400000 cut n1>n3 n3>n1
                400000 ask n4 post Remember me
                440000 message 0 n1>n2 AppendEntries 6 deliver
                440000 crash n2 keep 0
                480000 restart n2
                480000 timer 0 n3 Raft(Election)",
            end_ms: 550,
        },
    ),
    (
        Flaw::VoteWithoutUpToDateCheck,
        // A server that was cut off lacks a committed entry, and is elected once the leader is gone.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 2,
            script: "600000 cut n2>n1 n1>n2 n2>n3 n3>n2
                600001 ask n4 post Remember me
                1000000 crash n1 keep 0
                1000001 heal n2>n1 n1>n2 n2>n3 n3>n2",
            end_ms: 1_800,
        },
    ),
    (
        Flaw::CommitOlderTerms,
        // Figure 8 with its five servers, each term one earlier: n1 leads 1 and 3, n5 leads 2 and 4.
        Schedule {
            cast: "replicas=5 people=1",
            switches: ".one-entry",
            seed: 6,
            script: "100000 timer 0 n1 Raft(Election)
                220000 cut n1>n3 n1>n4 n1>n5 n2>n3 n2>n4 n2>n5 n3>n1 n3>n2 n4>n1 n4>n2 n5>n1 n5>n2
                220000 ask n6 post Remember me
                270000 crash n1 keep 0
                270000 timer 0 n5 Raft(Election)
                310000 cut n5>n3 n5>n4
                360000 crash n5 keep 0
                360000 heal n1>n3 n3>n1
                360000 restart n1
                360000 timer 0 n1 Raft(Election)
                370000 timer 0 n1 Raft(Election)
                560000 cut n1>n3
                600000 crash n1 keep 0
                600000 heal n5>n3 n5>n4
                600000 restart n5
                600000 timer 0 n5 Raft(Election)
                610000 timer 0 n5 Raft(Election)",
            end_ms: 680,
        },
    ),
    (
        Flaw::DuplicateVotesCounted,
        // n1 hears only n2, whose vote is copied; n5 has the votes of the other three.
        Schedule {
            cast: "replicas=5 people=1",
            switches: "",
            seed: 1,
            script: "10000 cut n1>n3 n3>n1 n1>n4 n4>n1 n1>n5 n5>n1 n2>n3 n3>n2 n2>n4 n4>n2 n2>n5 n5>n2
                10001 timer 0 n1 Raft(Election)
                10002 timer 0 n5 Raft(Election)
                50000 message 0 n2>n1 Vote 0 duplicate",
            end_ms: 140,
        },
    ),
    (
        Flaw::MajorityOfReachable,
        // The same split, and no copy: each side counts only itself.
        Schedule {
            cast: "replicas=5 people=1",
            switches: "",
            seed: 1,
            script: "10000 cut n1>n3 n3>n1 n1>n4 n4>n1 n1>n5 n5>n1 n2>n3 n3>n2 n2>n4 n4>n2 n2>n5 n5>n2
                10001 timer 0 n1 Raft(Election)
                10002 timer 0 n5 Raft(Election)",
            end_ms: 140,
        },
    ),
    (
        Flaw::AppendWithoutPreviousCheck,
        // n1 has a post where the others have the next leader's no-op; the leader after that names the no-op as what its
        // entry follows.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 5,
            script: "300000 cut n1>n2 n1>n3 n2>n1 n3>n1
                300000 ask n4 post Remember me
                300000 timer 0 n3 Raft(Election)
                410000 heal n1>n2 n2>n1
                410000 timer 0 n2 Raft(Election)",
            end_ms: 520,
        },
    ),
    (
        Flaw::TruncateByShorterAppend,
        // A heartbeat that was sent before a post arrives after it was committed.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 5,
            script: "340000 message 0 n1>n2 AppendEntries 2 hold
                360000 ask n4 post Remember me
                480000 message 0 n1>n2 AppendEntries 2 release",
            end_ms: 510,
        },
    ),
    (
        Flaw::ChangeBeforeOwnCommit,
        // n1 adds n5 to four servers, n2 removes n1 from them: three of five, and two of three, without a server in common.
        Schedule {
            cast: "replicas=5 people=1",
            switches: "",
            seed: 6,
            script: "300000 crash n5 keep 0
                300000 ask n1 remove n5
                440000 cut n1>n2 n1>n3 n1>n4 n2>n1 n2>n5 n3>n1 n3>n5 n4>n1 n4>n5 n5>n2 n5>n3 n5>n4
                440000 restart n5
                440000 ask n1 add n5
                440000 timer 0 n2 Raft(Election)
                480000 cut n2>n4
                520000 ask n2 remove n1
                520000 cut n3>n4 n4>n3 n4>n2
                520000 heal n1>n4 n4>n1
                620000 timer 0 n1 Raft(Election)",
            end_ms: 690,
        },
    ),
    (
        Flaw::ReadWithoutQuorum,
        // The leader is cut off, another one is elected and confirms a post; then the old one is asked.
        Schedule {
            cast: "replicas=3 people=2",
            switches: ".read-index",
            seed: 5,
            script: "300000 cut n1>n2 n1>n3 n2>n1 n3>n1
                300000 timer 0 n3 Raft(Election)
                380000 ask n5 post News
                480000 ask n4 read",
            end_ms: 500,
        },
    ),
    (
        Flaw::LeaseTooLong,
        // A heartbeat is fast, its acknowledgement slow, and what n1 says after it gets lost. When n1 hears the
        // acknowledgement, a sound lease is nearly over.
        Schedule {
            cast: "replicas=3 people=2",
            switches: ".check-quorum.stickiness.lease",
            seed: 5,
            script: "330000 cut n1>n3 n3>n1
                330000 message 0 n1>n2 AppendEntries 2 deliver
                340000 message 0 n2>n1 AppendReply 2 hold
                340000 cut n1>n2
                460000 timer 0 n3 Raft(Election)
                460000 message 0 n2>n1 AppendReply 2 release
                520000 ask n5 post News
                530000 timer 0 n3 Raft(Heartbeat)
                600000 ask n4 read",
            end_ms: 610,
        },
    ),
    (
        Flaw::WipedServerReturns,
        // One of the two servers that have a committed post loses its disk, and then its vote makes the third one leader.
        Schedule {
            cast: "replicas=3 people=1",
            switches: "",
            seed: 5,
            script: "300000 cut n1>n3 n3>n1
                300000 ask n4 post Remember me
                370000 crash n2 keep 0
                370000 restart n2
                370000 timer 0 n3 Raft(Election)",
            end_ms: 440,
        },
    ),
];

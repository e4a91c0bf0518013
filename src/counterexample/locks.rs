//! What breaks a lock service: each schedule as short as it can be told.

use super::Schedule;
use crate::locks::Flaw;

pub(super) const SCHEDULES: &[(Flaw, Schedule)] = &[
    (
        Flaw::TokenNotFromLog,
        // One client after the other holds the lock, which is free in between.
        Schedule {
            cast: "clients=2",
            switches: "",
            seed: 1,
            script: "1000000 ask n4 update
                2500000 ask n5 update",
            end_ms: 3_500,
        },
    ),
    (
        Flaw::ExpiryAtApply,
        // A follower stands still while the second client asks, and carries that out when the first lease is over by its clock.
        Schedule {
            cast: "clients=2",
            switches: "",
            seed: 1,
            script: "1000000 ask n4 acquire
                1300000 pause n1
                1500000 ask n5 acquire
                2150000 resume n1",
            end_ms: 2_250,
        },
    ),
    (
        Flaw::NoRenewal,
        // The first client renews its lease with the leader, which crashes. The next leader has seen the lease begin only.
        Schedule {
            cast: "clients=2 lease=3000",
            switches: "",
            seed: 1,
            script: "1000000 ask n4 acquire
                1200000 ask n5 acquire
                3950000 crash n2 keep 0",
            end_ms: 5_500,
        },
    ),
    (
        Flaw::ReleaseByAnyone,
        // The first client is cut off. Its release comes when the second holds the lock.
        Schedule {
            cast: "clients=2",
            switches: "",
            seed: 1,
            script: "1000000 ask n4 acquire
                1200000 ask n5 acquire
                1300000 cut n4>n1 n1>n4 n4>n2 n2>n4 n4>n3 n3>n4
                3000000 heal n4>n1 n1>n4 n4>n2 n2>n4 n4>n3 n3>n4",
            end_ms: 4_500,
        },
    ),
];

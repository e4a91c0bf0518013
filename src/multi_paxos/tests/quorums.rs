//! Flexible quorums (FPaxos §3), and what each rule of the two phases is for.

use super::*;

#[test]
fn only_intersecting_quorums_are_accepted() {
    let check = |phase1, phase2, flaw| Quorums { phase1, phase2 }.check(all(5), flaw);
    for phase1 in 1..=5 {
        for phase2 in 1..=5 {
            assert_eq!(check(phase1, phase2, None).is_ok(), phase1 + phase2 > 5, "{phase1} + {phase2}");
            let short = check(phase1, phase2, Some(Flaw::QuorumOneShort));
            assert_eq!(short.is_ok(), phase1 + phase2 == 5, "{phase1} + {phase2}");
        }
    }
    assert!(check(0, 5, None).is_err() && check(6, 1, None).is_err());
}

/// A small phase 2 goes on while phase 1 could not.
#[test]
fn a_small_phase_2_commits_through_more_failures() {
    let mut cluster = Cluster::configured(5, |config| config.quorums = Quorums { phase1: 4, phase2: 2 });
    cluster.lead(n(1), all(5));
    for id in [3, 4, 5] {
        cluster.crash(n(id), 0);
    }
    cluster.propose(n(1), 1);
    cluster.settle(all(5));
    assert_eq!(cluster.server(n(1)).commit_index(), Slot(1), "two of five are enough");
    cluster.crash(n(1), 0);
    cluster.restart(n(1));
    cluster.fire(n(1), Timer::Election);
    cluster.settle(all(5));
    assert!(!cluster.server(n(1)).is_leader(), "a new leader needs four promises");
}

/// The other way round: a small phase 1 elects where phase 2 could not commit.
#[test]
fn a_small_phase_1_elects_through_more_failures() {
    let mut cluster = Cluster::configured(5, |config| config.quorums = Quorums { phase1: 2, phase2: 4 });
    for id in [3, 4, 5] {
        cluster.crash(n(id), 0);
    }
    cluster.lead(n(1), all(5));
    cluster.propose(n(1), 1);
    cluster.settle(all(5));
    assert_eq!(cluster.server(n(1)).commit_index(), Slot::ZERO);
}

/// Two of five choose a value; three others, which suffice for phase 1 if it is one short, know nothing of it.
#[test]
fn quorums_that_miss_each_other_lose_a_chosen_value() {
    let run = |phase1, flaw| {
        let mut cluster = Cluster::configured(5, |config| {
            config.quorums = Quorums { phase1, phase2: 2 };
            config.flaw = flaw;
        });
        cluster.lead(n(1), all(5));
        cluster.propose(n(1), 1);
        cluster.settle(set(&[1, 2]));
        assert_eq!(cluster.server(n(1)).commit_index(), Slot(1));
        cluster.fire(n(3), Timer::Election);
        cluster.settle(set(&[3, 4, 5]));
        cluster.propose(n(3), 2);
        cluster.settle(set(&[3, 4, 5]));
        cluster
    };
    assert!(!run(4, None).server(n(3)).is_leader(), "three promises are one short of a quorum");
    let violation = run(3, Some(Flaw::QuorumOneShort)).take_violation();
    assert_eq!(violation.invariant, "Agreement");
    assert_eq!(violation.evidence, "slot 1: a command was chosen under 1.n1, another command under 2.n3 by {n3, n4}");
}

/// P2c is what keeps a chosen value chosen.
#[test]
fn a_leader_that_ignores_reports_replaces_a_chosen_value() {
    for flaw in [None, Some(Flaw::PhaseOneValuesIgnored)] {
        let mut cluster = Cluster::configured(3, |config| config.flaw = flaw);
        cluster.lead(n(1), all(3));
        cluster.propose(n(1), 1);
        cluster.settle(set(&[1, 3]));
        cluster.lead(n(2), set(&[2, 3]));
        cluster.propose(n(2), 2);
        cluster.settle(set(&[2, 3]));
        if flaw.is_some() {
            assert_eq!(cluster.take_violation().invariant, "Agreement");
        } else {
            assert_eq!(cluster.commands(n(2)), [Some(1), Some(2)]);
        }
    }
}

/// A promise that a crash takes back lets an old leader's value through after all.
#[test]
fn a_forgotten_promise_undoes_phase_1() {
    for flaw in [None, Some(Flaw::PromiseNotDurable)] {
        let mut cluster = Cluster::configured(3, |config| config.flaw = flaw);
        cluster.lead(n(1), all(3));
        cluster.propose(n(1), 1);
        let late = cluster.take(|flying| flying.to == n(3));
        cluster.network.clear();
        cluster.lead(n(2), set(&[2, 3]));
        cluster.crash(n(3), 0);
        cluster.restart(n(3));
        for flying in late {
            cluster.tell(flying.from, flying.to, flying.message);
        }
        cluster.deliver(n(3), n(1));
        assert_eq!(cluster.server(n(1)).commit_index(), Slot(flaw.is_some().into()));
        if flaw.is_some() {
            assert_eq!(cluster.take_violation().invariant, "Promises kept");
        }
    }
}

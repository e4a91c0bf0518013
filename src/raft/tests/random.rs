//! Random schedules: any message may come late, twice or never, any server may crash and lose what it had not synced.

use super::*;
use crate::test_cluster::Dice;

/// Some of the features.
fn switches(dice: &mut Dice) -> Switches {
    let reads = Reads::ALL[dice.below(3)];
    let [pre_vote, check_quorum, stickiness, transfer, fast_repair, learners_first] =
        [(); 6].map(|()| dice.below(2) == 0);
    let lease = reads == Reads::Lease;
    let (check_quorum, stickiness) = (check_quorum || lease, stickiness || lease);
    let snapshot_after = [None, Some(4), Some(12)][dice.below(3)];
    let window = [None, Some(1), Some(3)][dice.below(3)];
    let lease_drift_ppm = 1_000;
    Switches {
        pre_vote,
        check_quorum,
        stickiness,
        transfer,
        reads,
        lease_drift_ppm,
        snapshot_after,
        window,
        fast_repair,
        learners_first,
        ..Switches::PLAIN
    }
}

/// Any change, sensible or not.
fn some_change(dice: &mut Dice, count: u8) -> Change {
    let one = NodeId(dice.below(usize::from(count)) as u8);
    let mut some = || NodeSet::first(usize::from(count)).iter().filter(|_| dice.below(3) > 0).collect();
    let (voters, learners) = (some(), some());
    match dice.below(5) {
        0 => Change::AddLearner(one),
        1 => Change::Add(one),
        2 => Change::Remove(one),
        _ => Change::Joint { voters, learners },
    }
}

/// Runs `steps` random events on `count` servers. Short appends and many elections, in some seeds, are what it takes to
/// come near Figure 8: an old entry reaches a majority while the no-op after it does not.
pub(super) fn run(seed: u64, count: u8, steps: u32) -> Cluster {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let empty = vec![PersistentState::default(); usize::from(count)];
    let switches = switches(&mut dice);
    let founders = usize::from(count) - dice.below(2);
    let mut cluster = Cluster::configured(&empty, |config| {
        config.max_entries_per_append = 1 + (seed % 3) as u32;
        config.members = NodeSet::first(founders);
        config.switches = switches;
    });
    cluster.syncs = false;
    let patience = if seed % 4 < 2 { 2 } else { 8 };
    for step in 0..steps {
        cluster.wait(dice.below(4) as u64);
        let server = NodeId(dice.below(usize::from(count)) as u8);
        let up = cluster.up.contains(server);
        match dice.below(100) {
            0 if up => cluster.crash(server, dice.below(4)),
            1..4 if !up => cluster.restart(server),
            4..9 if up => cluster.request(server, step, u64::from(step)),
            9..11 if up => {
                let target = NodeId(dice.below(usize::from(count) + 1) as u8);
                let transfer = dice.below(4) == 0;
                cluster.ask(server, step, if transfer { Request::TransferLeadership(target) } else { Request::Read });
            }
            11 => {
                // Mostly where it has an effect.
                let leaders = cluster.up.iter().filter(|id| cluster.server(*id).is_leader());
                if let Some(server) = leaders.last().or(up.then_some(server)) {
                    cluster.change(server, step, some_change(&mut dice, count));
                }
            }
            12..40 if up => cluster.sync(server),
            40..46 => {
                let heartbeats =
                    cluster.timers.iter().filter(|(_, timer)| *timer == Timer::Heartbeat || dice.below(patience) == 0);
                let due: Vec<_> = heartbeats.copied().collect();
                if !due.is_empty() {
                    let (server, timer) = due[dice.below(due.len())];
                    cluster.fire(server, timer);
                }
            }
            _ if !cluster.network.is_empty() => {
                let early = dice.below(cluster.network.len());
                let position = if dice.below(4) == 0 { early } else { 0 };
                let fate = dice.below(20);
                let InFlight { from, to, message } = match fate {
                    0 => cluster.network[position].clone(),
                    _ => cluster.network.remove(position),
                };
                if fate != 1 {
                    cluster.tell(from, to, message);
                }
            }
            _ => {}
        }
        if cluster.up.contains(server) && cluster.server(server).wants_snapshot() {
            cluster.compact(server);
        }
        if let Some(violation) = &cluster.violation {
            panic!("seed {seed}, step {step}: {violation}");
        }
    }
    cluster
}

/// The five hold on every schedule, and the schedules were not idle.
#[test]
fn no_random_schedule_breaks_an_invariant() {
    let (mut elections, mut commits, mut truncations, mut superseded) = (0, 0, 0, 0);
    let (mut installed, mut joint, mut simple, mut rolled_back, mut retired) = (0, 0, 0, 0, 0);
    for seed in 0..300 {
        let cluster = run(seed, if seed % 2 == 0 { 3 } else { 5 }, 2_000);
        for (_, note) in &cluster.notes {
            match note {
                Note::Election(ElectionNote::BecameLeader { .. }) => elections += 1,
                Note::Leader(LeaderNote::CommitAdvanced { .. }) => commits += 1,
                Note::Follower(FollowerNote::ConflictTruncated { .. }) => truncations += 1,
                Note::Client(ClientNote::RequestSuperseded { .. }) => superseded += 1,
                Note::Snapshot(SnapshotNote::Installed { .. }) => installed += 1,
                Note::Membership(MembershipNote::JointCommitted { .. }) => joint += 1,
                Note::Membership(MembershipNote::Used { membership, .. }) if !membership.is_joint() => simple += 1,
                Note::Membership(MembershipNote::RolledBack { .. }) => rolled_back += 1,
                Note::Membership(MembershipNote::Retired { .. }) => retired += 1,
                _ => {}
            }
        }
    }
    let seen = [elections, commits, truncations, superseded];
    assert!(seen.iter().all(|count| *count > 10), "{seen:?} elections, commits, truncations, lost requests");
    let seen = [installed, joint, simple, rolled_back, retired];
    assert!(
        seen.iter().all(|count| *count > 5),
        "{seen:?} snapshots installed, joint and simple configurations, roll-backs, leaders retired"
    );
}

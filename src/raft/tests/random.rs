//! Random schedules: any message may come late, twice or never, any server may crash and lose what it had not synced.

use super::*;

/// A small generator, so that a seed is a schedule on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// The features that a seed switches on.
fn switches(seed: u64) -> Switches {
    Switches {
        snapshot_after: [None, Some(4), Some(12)][(seed / 2 % 3) as usize],
        window: [None, Some(1), Some(3)][(seed / 3 % 3) as usize],
        fast_repair: (seed / 5).is_multiple_of(2),
        learners_first: (seed / 7).is_multiple_of(2),
        ..Switches::default()
    }
}

/// Runs `steps` random events on `count` servers. Short appends and many elections, in some seeds, are what it takes to
/// come near Figure 8: an old entry reaches a majority while the no-op after it does not.
pub(super) fn run(seed: u64, count: u8, steps: u32) -> Cluster {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let empty = vec![PersistentState::default(); usize::from(count)];
    let switches = switches(seed);
    let voters =
        if seed.is_multiple_of(3) { NodeSet::first(usize::from(count)) } else { NodeSet::first(usize::from(count) - 1) };
    let mut cluster = Cluster::configured(&empty, |config| {
        config.max_entries_per_append = 1 + (seed % 3) as u32;
        config.members = voters;
        config.switches = switches;
    });
    cluster.syncs = false;
    let patience = if seed % 4 < 2 { 2 } else { 8 };
    for step in 0..steps {
        let server = NodeId(dice.below(usize::from(count)) as u8);
        let up = cluster.up.contains(server);
        match dice.below(100) {
            0 if up => cluster.crash(server, dice.below(4)),
            1..4 if !up => cluster.restart(server),
            4..11 if up => cluster.request(server, step, u64::from(step)),
            11 => {
                let leaders: Vec<_> = cluster.up.iter().filter(|id| cluster.server(*id).is_leader()).collect();
                let server = if leaders.is_empty() { server } else { leaders[dice.below(leaders.len())] };
                if !cluster.up.contains(server) {
                    continue;
                }
                let some =
                    |dice: &mut Dice| NodeSet::first(usize::from(count)).iter().filter(|_| dice.below(3) > 0).collect();
                let change = match dice.below(5) {
                    0 => Change::AddLearner(NodeId(dice.below(usize::from(count)) as u8)),
                    1 => Change::Add(NodeId(dice.below(usize::from(count)) as u8)),
                    2 => Change::Remove(NodeId(dice.below(usize::from(count)) as u8)),
                    _ => Change::Joint { voters: some(&mut dice), learners: some(&mut dice) },
                };
                cluster.change(server, step, change);
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
    for seed in 0..200 {
        let cluster = run(seed, if seed % 2 == 0 { 3 } else { 5 }, 2_000);
        for (_, note) in &cluster.notes {
            match note {
                Note::BecameLeader { .. } => elections += 1,
                Note::CommitAdvanced { .. } => commits += 1,
                Note::ConflictTruncated { .. } => truncations += 1,
                Note::RequestSuperseded { .. } => superseded += 1,
                Note::SnapshotInstalled { .. } => installed += 1,
                Note::JointCommitted { .. } => joint += 1,
                Note::MembershipUsed { membership, .. } if !membership.is_joint() => simple += 1,
                Note::MembershipRolledBack { .. } => rolled_back += 1,
                Note::Retired { .. } => retired += 1,
                _ => {}
            }
        }
    }
    let seen = [elections, commits, truncations, superseded];
    assert!(seen.iter().all(|count| *count > 10), "{seen:?} elections, commits, truncations, lost requests");
    let seen = [installed, joint, simple, rolled_back, retired];
    assert!(
        seen.iter().all(|count| *count > 10),
        "{seen:?} snapshots installed, joint and simple configurations, roll-backs, leaders retired"
    );
}

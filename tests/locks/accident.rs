//! The accident: a client stands still between its look at the clock and its write, and comes back when another holds the lock.

use cap_lab::experiment::{LocksExperiment, TRIALS};
use cap_lab::locks::integrity::updates;
use cap_lab::locks::invariant::{FILE_INTEGRITY, LEASES_KEPT};
use cap_lab::locks::storage::{Rule, StorageNote};
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::locks::LocksRun;

use crate::storm::{self, Dice, Faults};
use crate::{experiment, ms, report, seeds};

/// Plays the accident to its end.
fn played(experiment: LocksExperiment, seed: u64) -> LocksRun {
    let (script, end) = experiment.accident(seed);
    let mut timeline = Timeline::scripted(experiment, seed, script, end).filled();
    timeline.seek(end);
    assert_eq!(timeline.skipped(), 0, "all of it can be done");
    timeline.track().clone()
}

fn lost(run: &LocksRun) -> usize {
    run.watch()
        .storage
        .iter()
        .filter(|(_, note)| matches!(note, StorageNote::Writes { lost, .. } if !lost.is_empty()))
        .count()
}

fn refused(run: &LocksRun) -> usize {
    run.watch().storage.iter().filter(|(_, note)| matches!(note, StorageNote::RefusesToken { .. })).count()
}

#[test]
fn without_fencing_an_update_is_lost_and_with_tokens_none_is() {
    for backend in ["raft.read-index", "raft", "multi-paxos", "single"] {
        for seed in 0..20 {
            let unchecked = experiment(&format!("backend={backend} storage=unchecked"));
            let run = played(unchecked, seed);
            let broken = run.watch().broken.as_ref().map(|(_, broken)| broken.invariant);
            assert_eq!(broken, Some(FILE_INTEGRITY), "{backend}, seed {seed}");
            assert_eq!(lost(&run), 1, "{backend}, seed {seed}");
            let (_, corruption) = run.watch().corruption.as_ref().expect("as the invariant says");
            assert!(
                corruption.earlier.is_some() && corruption.later.token > corruption.earlier.as_ref().unwrap().token
            );
            assert_eq!(run.watch().overlaps.len(), 1, "{backend}, seed {seed}");

            let mut fenced = unchecked;
            fenced.locks.rule = Rule::Token;
            let run = played(fenced, seed);
            assert_eq!(run.watch().broken, None, "{backend}, seed {seed}");
            assert_eq!((lost(&run), refused(&run)), (0, 1), "{backend}, seed {seed}");
            // Beliefs overlap all the same: it is the storage that makes the difference.
            assert_eq!(run.watch().overlaps.len(), 1, "{backend}, seed {seed}");
        }
    }
}

/// A pause that the lease outlasts is no accident, whatever the storage checks.
#[test]
fn a_short_pause_is_no_accident() {
    for seed in 0..20 {
        let run = played(experiment("storage=unchecked pause=200"), seed);
        assert_eq!((run.watch().broken.clone(), lost(&run), run.watch().overlaps.len()), (None, 0, 0), "seed {seed}");
    }
}

/// Whatever happens to anybody, and whatever their clocks show: what tokens guard stays whole.
#[test]
fn with_fencing_no_schedule_corrupts_the_file() {
    let (mut faults, mut done, mut refusals, mut overlaps) = (0, 0, 0, 0);
    let count = seeds(500, 10_000);
    // In 2,784 a write arrives after a later one of its client: the storage once took it for a copy, and said that it was done.
    for seed in (0..count).chain([2_784]) {
        let backends = ["raft.read-index", "raft.pre-vote.check-quorum", "multi-paxos"];
        let (backend, terms) = (backends[seed as usize % 3], if seed % 2 == 0 { "duration" } else { "deadline" });
        let words = format!("backend={backend} clients=3 lease=400 margin=50 work=60 traffic=300 terms={terms}");
        let mut run = experiment(&words).start(seed);
        run.advance(ms(700));
        faults += storm::storm(&mut run, storm::ALL, ms(8_000), &mut Dice::new(seed));
        storm::calm(&mut run);
        run.advance(run.now() + ms(3_000));
        assert_eq!(run.watch().corruption, None, "seed {seed}: {words}");
        // What clocks may break is who holds the lock, and never the log, the tokens or the file.
        if let Some((_, broken)) = &run.watch().broken {
            assert_eq!(broken.invariant, LEASES_KEPT, "seed {seed}: {broken}");
        }
        done += updates(run.history()).len();
        refusals += refused(&run);
        overlaps += run.watch().overlaps.len();
    }
    report(&format!(
        "{count} schedules with fencing: {faults} faults, {done} updates, {refusals} refused tokens, {overlaps} overlaps"
    ));
    assert!(done as u64 > 3 * count && refusals as u64 > count / 10 && overlaps as u64 > count / 10);
}

/// Clients that stand still and crash are enough to corrupt a file that nothing guards: the sweep reaches the dangerous places.
#[test]
fn without_fencing_schedules_corrupt_the_file() {
    let corrupted = (0..60).filter(|seed| {
        let mut run = experiment("clients=3 lease=400 margin=50 work=200 traffic=300 storage=unchecked").start(*seed);
        run.advance(ms(700));
        let clients = Faults { clients: true, ..storm::NONE };
        storm::storm(&mut run, clients, ms(8_000), &mut Dice::new(*seed));
        storm::calm(&mut run);
        run.advance(run.now() + ms(3_000));
        run.watch().corruption.is_some()
    });
    let corrupted = corrupted.count();
    report(&format!("60 schedules without fencing: {corrupted} corrupt the file"));
    assert!(corrupted > 2, "only {corrupted}");
}

/// The latest timestamp wins: a client whose clock is ahead makes the storage drop what others write after it.
#[test]
fn timestamps_lose_updates_where_tokens_do_not() {
    let mut found = 0;
    for seed in 0..20 {
        let run = played(experiment("storage=timestamp pause=0 skew=5000"), seed);
        let dropped = run.watch().storage.iter().filter(|(_, note)| matches!(note, StorageNote::DropsOlder { .. }));
        found += usize::from(dropped.count() > 0);
        let run = played(experiment("storage=token pause=0 skew=5000"), seed);
        assert_eq!(run.watch().broken, None, "seed {seed}");
    }
    assert_eq!(found, 20, "the second client's write is older by the clocks in each");
}

/// A constant skew does not break a lease that is a duration. It breaks one that ends at a time of day. Drift and pauses break either.
#[test]
fn each_trial_of_the_clocks_shows_what_it_says() {
    for trial in TRIALS {
        for seed in 0..20 {
            let run = played(experiment(trial.words), seed);
            let overlaps = !run.watch().overlaps.is_empty();
            assert_eq!(overlaps, trial.overlaps, "{}, seed {seed}", trial.title);
            let corrupted = run.watch().corruption.is_some();
            assert_eq!(corrupted, trial.overlaps, "{}, seed {seed}: {:?}", trial.title, run.watch().broken);
        }
    }
}

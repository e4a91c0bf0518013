//! Every flaw that the page offers breaks the invariant that it is said to break, and nothing breaks without it.

use cap_lab::counterexample::{self, Counterexample};
use cap_lab::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use cap_lab::store::Store;
use cap_lab::timeline::Timeline;
use cap_lab::{locks, multi_paxos, paxos, primary_backup, quorum, raft};

/// The name of the invariant that was broken at the end of the run, if one was.
fn broken(timeline: &Timeline<FeedExperiment>) -> Option<&'static str> {
    let mut played = timeline.clone();
    played.seek(timeline.end());
    played.track().worlds()[0].watch().broken.as_ref().map(|(_, broken)| broken.invariant)
}

/// With the flaw the run breaks what the flaw is said to break, without it nothing; all of the script can be done in both.
fn only_the_flaw_is_to_blame(
    example: &Counterexample,
    flawed: &Timeline<FeedExperiment>,
    sound: &Timeline<FeedExperiment>,
) {
    assert_eq!(broken(flawed), Some(example.breaks), "{}", example.flaw);
    assert_eq!(broken(sound), None, "{} without the flaw", example.flaw);
    assert_eq!(flawed.script(), sound.script());
    assert_eq!(flawed.experiment().without_flaw().as_ref(), Some(sound.experiment()));
    assert_eq!(sound.experiment().without_flaw(), None);
    for timeline in [flawed, sound] {
        let mut played = timeline.clone();
        played.seek(timeline.end());
        assert_eq!(played.skipped(), 0, "{}: all of the script can be done", example.flaw);
    }
}

#[test]
fn every_flaw_of_raft_breaks_its_invariant_and_only_the_flaw_does() {
    let known: Vec<_> = counterexample::of_store("raft");
    for example in &known {
        only_the_flaw_is_to_blame(example, &example.play_feed(true).filled(), &example.play_feed(false).filled());
    }
    let names: Vec<_> = known.iter().map(|example| example.flaw).collect();
    assert_eq!(names, raft::Flaw::ALL.map(raft::Flaw::name), "each flaw has its counterexample");
}

#[test]
fn every_flaw_of_multi_paxos_breaks_its_invariant_and_only_the_flaw_does() {
    let known: Vec<_> = counterexample::of_store("multi-paxos");
    for example in &known {
        only_the_flaw_is_to_blame(example, &example.play_feed(true).filled(), &example.play_feed(false).filled());
    }
    let names: Vec<_> = known.iter().map(|example| example.flaw).collect();
    assert_eq!(names, multi_paxos::Flaw::ALL.map(multi_paxos::Flaw::name), "each flaw has its counterexample");
}

#[test]
fn every_flaw_of_primary_and_backup_breaks_its_invariant_and_only_the_flaw_does() {
    let known: Vec<_> = counterexample::of_store("primary-backup");
    for example in &known {
        only_the_flaw_is_to_blame(example, &example.play_feed(true).filled(), &example.play_feed(false).filled());
    }
    let names: Vec<_> = known.iter().map(|example| example.flaw).collect();
    assert_eq!(names, primary_backup::Flaw::ALL.map(primary_backup::Flaw::name), "each flaw has its counterexample");
}

#[test]
fn every_flaw_of_quorums_breaks_its_invariant_and_only_the_flaw_does() {
    let known: Vec<_> = counterexample::of_store("quorum");
    for example in &known {
        only_the_flaw_is_to_blame(example, &example.play_feed(true).filled(), &example.play_feed(false).filled());
    }
    let names: Vec<_> = known.iter().map(|example| example.flaw).collect();
    assert_eq!(names, quorum::Flaw::ALL.map(quorum::Flaw::name), "each flaw has its counterexample");
}

#[test]
fn every_flaw_of_paxos_breaks_its_invariants_and_only_the_flaw_does() {
    let known: Vec<_> = counterexample::paxos().collect();
    for (example, flaw) in known.iter().zip(paxos::Flaw::ALL) {
        assert_eq!(example.flaw, flaw.name(), "each flaw has its counterexample");
        let broken = |mut timeline: Timeline<PaxosExperiment>| {
            timeline.seek(timeline.end());
            let violations = timeline.track().watch().ghost.violations();
            (violations.iter().map(|violation| violation.invariant).collect::<Vec<_>>(), timeline.skipped())
        };
        assert_eq!(broken(example.play_paxos(true).filled()), (flaw.breaks().to_vec(), 0), "{flaw}");
        assert_eq!(flaw.breaks().last(), Some(&example.breaks), "{flaw}");
        // What the flawed nodes would not have sent without their flaw can't arrive.
        let sound = example.play_paxos(false).filled();
        let all = sound.script().len();
        let (none, skipped) = broken(sound);
        assert!(none.is_empty(), "without {flaw}: {none:?}");
        assert!(2 * skipped as usize <= all, "without {flaw}: {skipped} of {all} acts could not be done");
    }
    assert_eq!(known.len(), paxos::Flaw::ALL.len());
}

#[test]
fn every_flaw_of_the_lock_service_breaks_its_invariant_and_only_the_flaw_does() {
    let known: Vec<_> = counterexample::locks().collect();
    let names: Vec<_> = known.iter().map(|example| example.flaw).collect();
    assert_eq!(names, locks::Flaw::ALL.map(locks::Flaw::name), "each flaw has its counterexample");
    for example in known {
        let broken = |mut timeline: Timeline<LocksExperiment>| {
            timeline.seek(timeline.end());
            assert_eq!(timeline.skipped(), 0, "{}: all of the script can be done", example.flaw);
            timeline.track().watch().broken.as_ref().map(|(_, broken)| broken.invariant)
        };
        assert_eq!(broken(example.play_locks(true).filled()), Some(example.breaks), "{}", example.flaw);
        assert_eq!(broken(example.play_locks(false).filled()), None, "{} without the flaw", example.flaw);
    }
}

#[test]
fn every_flaw_says_what_it_is() {
    let of_stores = Store::all().into_iter().flat_map(|store| counterexample::of_store(store.name()));
    let known: Vec<_> = of_stores.chain(counterexample::paxos()).chain(counterexample::locks()).collect();
    for (nth, Counterexample { flaw, title, sentence, .. }) in known.iter().enumerate() {
        assert!(title.starts_with(char::is_uppercase) && sentence.starts_with(char::is_uppercase), "{flaw}");
        assert!(!title.ends_with('.') && sentence.ends_with('.') && sentence.len() > title.len(), "{flaw}");
        assert!(known[..nth].iter().all(|other| other.sentence != *sentence), "{flaw}: said already");
    }
}

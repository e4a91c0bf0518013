//! Every flaw that the page offers breaks the invariant that it is said to break, and nothing breaks without it.

use cap_lab::counterexample::{self, without_flaw};
use cap_lab::experiment::FeedExperiment;
use cap_lab::raft;
use cap_lab::timeline::Timeline;

/// The name of the invariant that was broken at the end of the run, if one was.
fn broken(timeline: &Timeline<FeedExperiment>) -> Option<&'static str> {
    let mut played = timeline.clone();
    played.seek(timeline.end());
    played.track().worlds()[0].watch().broken.as_ref().map(|(_, broken)| broken.invariant)
}

#[test]
fn every_flaw_of_raft_breaks_its_invariant_and_only_the_flaw_does() {
    let known: Vec<_> = counterexample::raft().collect();
    for example in &known {
        let (flawed, sound) = (example.play_raft(true), example.play_raft(false));
        assert_eq!(broken(&flawed), Some(example.breaks), "{}", example.flaw);
        assert_eq!(broken(&sound), None, "{} without the flaw", example.flaw);
        assert_eq!(flawed.script(), sound.script());
        assert_eq!(without_flaw(flawed.experiment()).as_ref(), Some(sound.experiment()));
        assert_eq!(without_flaw(sound.experiment()), None);
        for timeline in [flawed, sound] {
            let mut played = timeline.clone();
            played.seek(timeline.end());
            assert_eq!(played.skipped(), 0, "{}: all of the script can be done", example.flaw);
        }
    }
    let names: Vec<_> = known.iter().map(|example| example.flaw).collect();
    assert_eq!(names, raft::Flaw::ALL.map(raft::Flaw::name), "each flaw has its counterexample");
}

//! Quorums in time: R + W > N alone is not linearizable, ABD is; and whatever happens, replicas converge and nothing is lost.

use cap_lab::check::feed::{calls, order};
use cap_lab::check::linearizability::{Verdict, check};
use cap_lab::check::spec::feed::Feed;
use cap_lab::experiment::FeedExperiment;
use cap_lab::history::Outcome;
use cap_lab::node::{Answer, Micros};
use cap_lab::sim::fault::Intervention;
use cap_lab::store::Store;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::FeedRun;

use crate::liveness::{fault, heal, posts};
use crate::{Dice, ms, report, seeds};

/// How many configurations a check looks at.
const BUDGET: u64 = 2_000_000;

fn experiment(store: &str) -> FeedExperiment {
    let setup = format!("replicas=5 people=3 traffic=100 stores={store}");
    let experiment: FeedExperiment = setup.parse().expect("a setup");
    experiment.check().expect("possible");
    experiment
}

/// Faults, a heal, and some time to come together.
fn troubled(store: &str, seed: u64) -> Timeline<FeedExperiment> {
    let mut timeline = Timeline::new(experiment(store), seed);
    let mut dice = Dice::new(seed);
    timeline.play(ms(800));
    for _ in 0..25 {
        timeline.play(timeline.now() + ms(20 + dice.below(200)));
        let act = fault(&timeline, &mut dice);
        timeline.act(act);
    }
    heal(&mut timeline);
    timeline.play(timeline.now() + ms(1_000));
    assert!(timeline.act(Intervention::Traffic(0)));
    timeline.play(timeline.now() + ms(4_000));
    timeline
}

/// What the history comes to, as a feed in which each post has a place of its own.
fn verdict(run: &FeedRun) -> Verdict {
    let spec = Feed { order: order(run.history(), run.world().store.by_place()), ..Feed::default() };
    check(spec, calls(run.history(), Micros(u64::MAX)).calls, BUDGET, &mut || false)
}

/// Home replicas have the same posts, all that was confirmed is among them, and no hint is left.
fn assert_converged(seed: u64, run: &FeedRun) {
    let store = run.world().store;
    let Store::Quorum(quorum) = store else { panic!("a quorum") };
    let replicas: Vec<_> = run.model().hosts().filter_map(|(_, host)| host.node.quorum()).collect();
    let (home, others) = replicas.split_at(quorum.quorums.n.into());
    for replica in home {
        assert_eq!(replica.newest(), home[0].newest(), "{store}, seed {seed}: the feeds differ");
        assert_eq!(replica.quorum().state().known(), home[0].quorum().state().known(), "{store}, seed {seed}");
    }
    assert!(others.iter().all(|other| other.quorum().state().hints.is_empty()), "{store}, seed {seed}: hints are left");
    let there = home[0].quorum().state().known();
    for (id, post) in posts(run) {
        let name = cap_lab::quorum::Name { origin: post.author, number: post.number };
        match &run.history().get(id).expect("it was asked").outcome {
            Outcome::Done { .. } | Outcome::Unknown { later: Some((_, Answer::Done(_))), .. } => {
                assert!(there.contains(name), "{store}, seed {seed}: {post:?} was confirmed and is gone");
            }
            Outcome::Refused { .. } | Outcome::Unknown { later: Some((_, Answer::Refused(_))), .. } => {
                assert!(!there.contains(name), "{store}, seed {seed}: {post:?} was refused and is there");
            }
            Outcome::Pending | Outcome::Unknown { .. } => {}
        }
    }
}

#[test]
fn whatever_happens_replicas_converge_and_keep_what_was_confirmed() {
    let (mut refused, mut stale) = (0, 0);
    for seed in 0..seeds(30, 1_000) {
        let store = ["quorum", "quorum.strict.tags", "quorum.n-5.r-1.w-1"][seed as usize % 3];
        let timeline = troubled(store, seed);
        let run = &timeline.track().worlds()[0];
        assert_eq!(run.watch().broken, None, "{store}, seed {seed}");
        assert_converged(seed, run);
        refused += run.watch().meters.refused;
        stale += run.watch().meters.stale;
    }
    assert!(refused > 0 && stale > 0, "{refused} refused, {stale} stale: the faults were too gentle");
}

#[test]
fn as_abd_every_history_is_linearizable() {
    let (mut answered, mut refused) = (0, 0);
    for seed in 0..seeds(30, 1_000) {
        let store = ["quorum.strict.tags.write-back", "quorum.n-5.r-3.w-3.strict.tags.write-back"][seed as usize % 2];
        let timeline = troubled(store, seed);
        let run = &timeline.track().worlds()[0];
        assert_eq!(run.watch().broken, None, "{store}, seed {seed}");
        assert_converged(seed, run);
        assert!(matches!(verdict(run), Verdict::Linearizable(_)), "{store}, seed {seed}");
        answered += run.watch().meters.done;
        refused += run.watch().meters.refused;
    }
    report(&format!("quorum as ABD: {answered} answered, {refused} refused, all linearizable"));
    assert!(refused > 0, "the faults were too gentle");
}

#[test]
fn a_setup_that_can_not_be_says_which_number_is_wrong() {
    for (store, wrong) in [
        ("quorum.n-6", "N = 6: with 5 replicas 1 to 5 are possible"),
        ("quorum.r-4", "R = 4: with N = 3 1 to 3 are possible"),
        ("quorum.w-0", "W = 0: with N = 3 1 to 3 are possible"),
    ] {
        let setup = format!("replicas=5 people=3 traffic=100 stores={store}");
        assert_eq!(setup.parse::<FeedExperiment>().expect(store).check(), Err(wrong.to_owned()));
    }
}

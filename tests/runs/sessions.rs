//! Client sessions (Ongaro's thesis §6.3): a post that a phone sends again takes effect exactly once, through crashes, cuts and
//! changes of leader.

use std::collections::BTreeMap;

use cap_lab::experiment::FeedExperiment;
use cap_lab::history::Outcome;
use cap_lab::node::{Answer, Micros};
use cap_lab::sim::fault::Intervention;
use cap_lab::store::client::PhoneNote;
use cap_lab::store::feed::PostId;
use cap_lab::store::on_log::EXACTLY_ONCE;
use cap_lab::store::participant::Note;
use cap_lab::store::replica::ReplicaNote;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::FeedRun;

use crate::liveness::{assert_consistent, fault, heal, posts};
use crate::{Dice, ms, report, seeds};

fn with_retries(store: &str) -> FeedExperiment {
    let setup = format!("replicas=5 people=3 traffic=100 stores={store}");
    let experiment: FeedExperiment = setup.parse().expect("a setup");
    experiment.check().expect("possible");
    experiment
}

#[derive(Default, Debug)]
struct Tally {
    /// Times that a phone asked again.
    retried: u64,
    /// Second copies that reached the log, one for each replica that carried them out.
    second_copies: u64,
    /// Posts confirmed after more than one attempt or told of late.
    confirmed: u64,
    refused: u64,
    unknown: u64,
}

impl Tally {
    /// Counts what was noted since the last time.
    fn add(&mut self, run: &FeedRun, seen: &mut u64) {
        let steps = &run.watch().events.steps;
        for (_, noted) in steps.iter().filter(|(number, _)| *number >= *seen) {
            match &noted.note {
                Note::Phone(PhoneNote::Retried { .. }) => self.retried += 1,
                Note::Replica(ReplicaNote::Applied { fresh: false, .. }) => self.second_copies += 1,
                _ => {}
            }
        }
        *seen = steps.count();
    }
}

/// Faults for three seconds or so, then peace.
fn troubled(experiment: FeedExperiment, seed: u64, tally: &mut Tally) -> Timeline<FeedExperiment> {
    let mut timeline = Timeline::new(experiment, seed);
    let mut dice = Dice::new(seed);
    let mut seen = 0;
    timeline.play(ms(800));
    for _ in 0..25 {
        let pause = 20 + dice.below(220);
        let until = timeline.now() + ms(pause);
        while timeline.now() < until {
            timeline.play(until.min(timeline.now() + ms(20)));
            tally.add(&timeline.track().worlds()[0], &mut seen);
        }
        let act = fault(&timeline, &mut dice);
        timeline.act(act);
    }
    heal(&mut timeline);
    let healed = timeline.now();
    assert!(timeline.act(Intervention::Traffic(0)));
    timeline.play(healed + ms(5_000));
    tally.add(&timeline.track().worlds()[0], &mut seen);
    timeline
}

/// How often each post is in the feed.
fn copies(run: &FeedRun) -> BTreeMap<PostId, u32> {
    let mut copies = BTreeMap::new();
    let feed = run.model().hosts().find_map(|(_, host)| host.node.replicated()).expect("n1");
    for post in feed.service.posts().iter() {
        *copies.entry(post.id).or_default() += 1;
    }
    copies
}

#[test]
fn a_retried_post_takes_effect_exactly_once() {
    let count = seeds(40, 1_000);
    let mut tally = Tally::default();
    for seed in 0..count {
        let timeline = troubled(with_retries("raft.retries"), seed, &mut tally);
        let run = &timeline.track().worlds()[0];
        assert_eq!(run.watch().broken, None, "seed {seed}");
        assert_consistent(seed, run);
        let copies = copies(run);
        assert!(copies.values().all(|count| *count == 1), "seed {seed}: {copies:?}");
        let names = posts(run);
        for operation in run.history().iter().filter(|operation| names.contains_key(&operation.id)) {
            let there = copies.contains_key(&names[&operation.id]);
            match &operation.outcome {
                Outcome::Done { .. } | Outcome::Unknown { later: Some((_, Answer::Done(_))), .. } => {
                    tally.confirmed += 1;
                    assert!(there, "seed {seed}: confirmed and gone: {operation:?}");
                }
                Outcome::Refused { .. } | Outcome::Unknown { later: Some(_), .. } => {
                    tally.refused += 1;
                    assert!(!there, "seed {seed}: refused and there: {operation:?}");
                }
                Outcome::Unknown { later: None, .. } => tally.unknown += 1,
                Outcome::Pending => panic!("seed {seed}: {operation:?} is still open"),
            }
        }
    }
    report(&format!("sessions: {count} seeds; each post is in the feed at most once; {tally:?}"));
    let Tally { retried, second_copies, confirmed, .. } = tally;
    assert!(retried >= count && second_copies >= count && confirmed >= count, "the faults were too gentle: {tally:?}");
}

/// What sessions are for: without them the same faults post something twice.
#[test]
fn without_sessions_a_retried_post_is_there_twice() {
    let twice = (0..40).find_map(|seed| {
        let timeline = troubled(with_retries("raft.no-sessions.retries"), seed, &mut Tally::default());
        let broken = timeline.track().worlds()[0].watch().broken.clone()?;
        Some((seed, broken))
    });
    let (seed, (at, broken)) = twice.expect("some retry reaches the log twice");
    assert_eq!(broken.invariant, EXACTLY_ONCE.0, "seed {seed}");
    assert!(at > Micros::ZERO);
}

/// In peace nobody asks twice, and retries change nothing.
#[test]
fn a_healthy_cluster_needs_no_retries() {
    let mut timeline = Timeline::new(with_retries("raft.retries"), 3);
    let (mut tally, mut seen) = (Tally::default(), 0);
    // After the first election.
    timeline.play(ms(800));
    seen += timeline.track().worlds()[0].watch().events.steps.count();
    for _ in 0..200 {
        timeline.play(timeline.now() + ms(20));
        tally.add(&timeline.track().worlds()[0], &mut seen);
    }
    assert_eq!(tally.retried, 0);
    assert!(timeline.track().worlds()[0].watch().meters.done > 50);
}

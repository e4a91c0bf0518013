//! The consistent feed on Raft and on Multi-Paxos, side by side under one script of faults: both keep every confirmed post.

use std::collections::BTreeMap;

use cap_lab::experiment::FeedExperiment;
use cap_lab::multi_paxos;
use cap_lab::node::Micros;
use cap_lab::raft;
use cap_lab::sim::fault::Intervention;
use cap_lab::store::feed::PostId;
use cap_lab::store::participant::Note;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::FeedRun;

use crate::liveness::{assert_consistent, fault, first_confirmed, heal};
use crate::{Dice, ms, report, seeds};

/// What the logs of every fourth seed run with.
const SWITCHES: [&str; 4] = ["", ".snapshots", ".retries", ".retries.snapshots"];

fn both(seed: u64) -> FeedExperiment {
    let switches = SWITCHES[(seed % 4) as usize];
    let setup = format!("replicas=5 people=3 traffic=100 stores=raft{switches}/multi-paxos{switches}");
    let experiment: FeedExperiment = setup.parse().expect("a setup");
    experiment.check().expect("possible");
    experiment
}

/// What happened on one of the two logs.
#[derive(Default, Debug)]
struct Tally {
    answered: u64,
    refused: u64,
    unknown: u64,
    elected: u64,
    snapshots_installed: u64,
    /// The longest time from the last heal to the first confirmed post.
    slowest: Micros,
}

impl Tally {
    /// Counts what was noted since the last time.
    fn add(&mut self, run: &FeedRun, seen: &mut u64) {
        let steps = &run.watch().events.steps;
        for (_, noted) in steps.iter().filter(|(number, _)| *number >= *seen) {
            match &noted.note {
                Note::Raft(raft::Note::Election(raft::ElectionNote::BecameLeader { .. }))
                | Note::MultiPaxos(multi_paxos::Note::Leadership(multi_paxos::LeadershipNote::BecameLeader {
                    ..
                })) => self.elected += 1,
                Note::Raft(raft::Note::Snapshot(raft::SnapshotNote::Installed { .. }))
                | Note::MultiPaxos(multi_paxos::Note::Learner(multi_paxos::LearnerNote::SnapshotInstalled {
                    ..
                })) => self.snapshots_installed += 1,
                _ => {}
            }
        }
        *seen = steps.count();
    }

    fn end(&mut self, run: &FeedRun, recovered: Micros) {
        let meters = &run.watch().meters;
        self.answered += u64::from(meters.done);
        self.refused += u64::from(meters.refused);
        self.unknown += u64::from(meters.unknown);
        self.slowest = self.slowest.max(recovered);
    }
}

/// The two worlds, and what is counted of them.
struct Pair<'a> {
    timeline: Timeline<FeedExperiment>,
    tallies: &'a mut [Tally; 2],
    seen: [u64; 2],
}

impl Pair<'_> {
    fn play(&mut self, until: Micros) {
        while self.timeline.now() < until {
            self.timeline.play(until.min(self.timeline.now() + ms(20)));
            let worlds = self.timeline.track().worlds().iter();
            for ((run, tally), seen) in worlds.zip(self.tallies.iter_mut()).zip(&mut self.seen) {
                tally.add(run, seen);
            }
        }
    }
}

/// Every post is in every replica's feed at most once: with what [`assert_consistent`] finds, a confirmed one exactly once.
fn assert_no_copies(seed: u64, run: &FeedRun) {
    for (id, host) in run.model().hosts() {
        let Some(feed) = host.node.replicated() else { continue };
        let mut copies: BTreeMap<PostId, u32> = BTreeMap::new();
        for post in feed.service.posts().iter() {
            *copies.entry(post.id).or_default() += 1;
        }
        let several: Vec<_> = copies.into_iter().filter(|(_, count)| *count > 1).collect();
        assert!(several.is_empty(), "seed {seed}: {} at {id} has {several:?}", run.world().store);
    }
}

fn both_keep_what_they_confirmed(seed: u64, tallies: &mut [Tally; 2]) {
    let mut pair = Pair { timeline: Timeline::new(both(seed), seed), tallies, seen: [0; 2] };
    let mut dice = Dice::new(seed);
    pair.play(ms(800));
    for _ in 0..40 {
        let pause = 20 + dice.below(300);
        pair.play(pair.timeline.now() + ms(pause));
        let act = fault(&pair.timeline, &mut dice);
        pair.timeline.act(act);
    }
    heal(&mut pair.timeline);
    let healed = pair.timeline.now();
    pair.play(healed + ms(6_000));
    assert!(pair.timeline.act(Intervention::Traffic(0)));
    pair.play(healed + ms(10_000));

    for (run, tally) in pair.timeline.track().worlds().iter().zip(pair.tallies) {
        let store = run.world().store;
        assert_eq!(run.watch().broken, None, "seed {seed}: {store}");
        assert_consistent(seed, run);
        assert_no_copies(seed, run);
        let recovered = first_confirmed(run, healed);
        tally.end(run, recovered.unwrap_or_else(|| panic!("seed {seed}: {store} confirmed nothing any more")));
    }
}

#[test]
fn both_logs_keep_every_confirmed_post_under_the_same_script() {
    let count = seeds(40, 1_000);
    let mut tallies = [Tally::default(), Tally::default()];
    for seed in 0..count {
        both_keep_what_they_confirmed(seed, &mut tallies);
    }
    for (name, tally) in ["Raft", "Multi-Paxos"].into_iter().zip(&tallies) {
        report(&format!("same script: {count} seeds; the feed on {name} kept every confirmed post; {tally:?}"));
        assert!(tally.slowest < ms(10_000), "{name}: {tally:?}");
        // Beside the first leader of each seed there were others.
        let enough = tally.refused >= count && tally.unknown >= count && tally.elected >= 2 * count;
        assert!(enough && tally.snapshots_installed * 10 >= count, "{name}: the faults were too gentle: {tally:?}");
    }
}

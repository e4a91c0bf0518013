//! Three regions: delays are those of the table, people talk to the replica near them, and a run of one site is what it was.

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::network::Envelope;
use cap_lab::store::Store;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::{Geography, Region};

use crate::{digests, ms};

/// One store of each kind, side by side.
fn experiments() -> impl Iterator<Item = FeedExperiment> {
    let with = |store| format!("replicas=5 people=3 regions=3 jitter=0 traffic=100 stores={store}");
    Store::all().into_iter().map(move |store| with(store).parse().expect("a setup"))
}

#[test]
fn a_setup_in_regions_is_read_as_it_is_shown() {
    for text in [
        "replicas=5 people=3 traffic=100 stores=raft/gossip",
        "replicas=5 people=3 regions=3 jitter=0 traffic=100 stores=raft/gossip",
        "replicas=7 people=6 regions=3 jitter=100 traffic=0 stores=quorum.n-5",
    ] {
        let read: FeedExperiment = text.parse().expect(text);
        assert_eq!((read.to_string(), read.check()), (text.to_owned(), Ok(())));
    }
    let of = |text: &str| text.parse::<FeedExperiment>().and_then(|experiment| experiment.check());
    for (text, wrong) in [
        ("replicas=5 people=3 regions=4 jitter=0 traffic=100 stores=raft", "“4” regions: there are 3"),
        ("replicas=5 people=3 regions=3 traffic=100 stores=raft", "“jitter=” is missing"),
        ("replicas=5 people=3 regions=3 jitter=-1 traffic=100 stores=raft", "“-1” is no number"),
        ("replicas=5 people=3 regions=3 jitter=101 traffic=100 stores=raft", "jitter of 101 ms: up to 100 ms"),
        ("replicas=2 people=3 regions=3 jitter=0 traffic=100 stores=raft", "at least 3 are needed"),
    ] {
        assert!(of(text).expect_err(text).contains(wrong), "{text}: {:?}", of(text));
    }
}

#[test]
fn a_message_takes_half_the_round_trip_between_its_regions() {
    for experiment in experiments() {
        let mut timeline = Timeline::new(experiment.clone(), 3);
        let region = |node: NodeId| experiment.feed.region(node).expect("in a region");
        let mut seen = [[0; 3]; 3];
        for step in 1..400 {
            timeline.play(ms(10 * step));
            let run = &timeline.track().worlds()[0];
            let away = |(_, envelope): &(u32, &Envelope<_>)| envelope.from != envelope.to;
            for (id, envelope) in run.model().flights().iter().filter(away) {
                let passage = run.schedule().passage(id).expect("on its way");
                let (from, to) = (region(envelope.from), region(envelope.to));
                assert_eq!(passage.due.since(passage.sent), Micros(from.round_trip(to).0 / 2), "{from:?} to {to:?}");
                seen[from.index()][to.index()] += 1;
            }
        }
        assert!(seen.iter().flatten().filter(|count| **count > 0).count() >= 6, "{experiment}: {seen:?}");
    }
}

#[test]
fn jitter_makes_messages_late_and_never_early() {
    let text = "replicas=3 people=3 regions=3 jitter=20 traffic=100 stores=gossip";
    let mut timeline = Timeline::new(text.parse::<FeedExperiment>().expect("a setup"), 3);
    let feed = timeline.experiment().feed;
    let mut late = 0;
    for step in 1..400 {
        timeline.play(ms(10 * step));
        let run = &timeline.track().worlds()[0];
        for (id, envelope) in run.model().flights().iter().filter(|(_, envelope)| envelope.from != envelope.to) {
            let passage = run.schedule().passage(id).expect("on its way");
            let region = |node| feed.region(node).expect("in a region");
            let least = Micros(region(envelope.from).round_trip(region(envelope.to)).0 / 2);
            let takes = passage.due.since(passage.sent);
            assert!(takes >= least && takes < least + ms(20), "{takes:?} instead of {least:?}");
            late += u32::from(takes > least + ms(10));
        }
    }
    assert!(late > 20, "{late} were late by more than half of the jitter");
}

#[test]
fn everybody_talks_to_a_replica_of_the_own_region() {
    for replicas in [3_u8, 5, 7] {
        let text = format!("replicas={replicas} people=6 regions=3 jitter=0 traffic=100 stores=gossip");
        let timeline = Timeline::new(text.parse::<FeedExperiment>().expect("a setup"), 1);
        let feed = timeline.experiment().feed;
        let model = timeline.track().worlds()[0].model();
        for phone in feed.phones() {
            let replica = model.host(phone).node.client().expect("a phone").replica();
            assert_eq!(feed.region(phone), feed.region(replica), "{}", feed.name(phone));
        }
        assert_eq!(feed.regions().map(|(_, members)| members.len()).sum::<usize>(), usize::from(replicas));
    }
}

/// Without faults nobody misses a leader, stands in for another or is refused: timeouts suit the round trips.
#[test]
fn without_faults_three_regions_answer_everything() {
    for experiment in experiments() {
        for seed in 1..=5 {
            let mut timeline = Timeline::new(experiment.clone(), seed);
            // A first election may be split, and then takes longer than the opening.
            timeline.play(ms(3_000));
            let meters = |timeline: &Timeline<FeedExperiment>| timeline.track().worlds()[0].watch().meters.clone();
            let before = meters(&timeline);
            timeline.play(ms(23_000));
            let (after, run) = (meters(&timeline), &timeline.track().worlds()[0]);
            let harmed = |meters: &cap_lab::world::feed::Meters| (meters.refused, meters.unknown);
            assert_eq!(harmed(&after), harmed(&before), "{experiment} seed {seed}");
            assert!(after.done > before.done + 60, "{experiment} seed {seed}: {} answered", after.done);
            assert_eq!(run.watch().broken, None, "{experiment} seed {seed}");
        }
    }
}

#[test]
fn a_run_in_regions_travels_as_a_file() {
    let text = "replicas=5 people=3 regions=3 jitter=10 traffic=100 stores=raft/quorum";
    let mut timeline = Timeline::new(text.parse::<FeedExperiment>().expect("a setup"), 9);
    timeline.play(ms(4_000));
    let read = Timeline::<FeedExperiment>::import(&timeline.export()).expect("just written");
    assert_eq!(read.timeline.experiment().feed.geography, Geography::ThreeRegions { jitter_ms: 10 });
    assert_eq!(digests(&read.timeline), digests(&timeline));
    assert_eq!(Region::ALL.map(Region::name), ["California", "Virginia", "Ireland"]);
}

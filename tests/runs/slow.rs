//! A slow link: what is sent over it takes longer by so much, and nothing else changes.

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::Intervention;
use cap_lab::timeline::Timeline;

use crate::{digests, feed, ms};

const LINK: (NodeId, NodeId) = (NodeId(0), NodeId(2));
/// More than any message takes by itself.
const SLOWER: Micros = ms(100);

/// How long each message on its way takes in all, and whether it goes over the link and was sent after `since`.
fn passages(timeline: &Timeline<FeedExperiment>, since: Micros) -> Vec<(bool, Micros)> {
    let runs = timeline.track().worlds().iter();
    let of_run = |run: &cap_lab::world::feed::FeedRun| {
        let flights = run.model().flights().iter().filter(|(_, envelope)| envelope.from != envelope.to);
        let passage = |(id, envelope): (u32, &cap_lab::sim::network::Envelope<_>)| {
            let passage = run.schedule().passage(id).expect("it is on its way");
            ((envelope.from, envelope.to) == LINK && passage.sent >= since, passage.due.since(passage.sent))
        };
        flights.map(passage).collect::<Vec<_>>()
    };
    runs.flat_map(of_run).collect()
}

#[test]
fn what_is_sent_over_a_slow_link_takes_longer_and_nothing_else_does() {
    let mut timeline = Timeline::new(feed(), 4);
    timeline.play(ms(2_000));
    let slow = |micros| Intervention::Slow { links: vec![LINK], micros };
    assert!(!timeline.act(slow(0)), "it is as fast as usual");
    assert!(timeline.act(slow(SLOWER.0 as u32)));
    assert!(!timeline.act(slow(SLOWER.0 as u32)), "it is that slow already");
    let since = timeline.now() + Micros(1);
    let mut over = 0;
    for step in 0..200 {
        timeline.play(since + ms(5 * step));
        for (slowed, takes) in passages(&timeline, since) {
            assert_eq!(slowed, takes >= SLOWER, "{takes:?} on the way");
            over += u32::from(slowed);
        }
    }
    assert!(over > 100, "{over} seen on the slow link");

    assert!(timeline.act(slow(0)));
    let again = timeline.now() + Micros(1);
    timeline.play(again + ms(1_000));
    assert!(passages(&timeline, again).into_iter().all(|(_, takes)| takes < SLOWER));

    let read = Timeline::<FeedExperiment>::import(&timeline.export()).expect("just written");
    assert_eq!(digests(&read.timeline), digests(&timeline));
}

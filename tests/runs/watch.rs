//! What an observer remembers of a run: troubles, and who can exchange messages.

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::store::feed::Request;
use cap_lab::timeline::Timeline;
use cap_lab::world::watch::{Reach, Trouble, components, reach};

use crate::{feed, ms};

fn n(number: u8) -> NodeId {
    NodeId(number - 1)
}

fn set(numbers: impl IntoIterator<Item = u8>) -> NodeSet {
    numbers.into_iter().map(n).collect()
}

/// Five replicas, of which nobody asks anything.
fn quiet() -> Timeline<FeedExperiment> {
    let mut timeline = Timeline::new(feed(), 1);
    timeline.act(Intervention::Traffic(0));
    timeline.play(ms(500));
    timeline
}

fn act(timeline: &mut Timeline<FeedExperiment>, act: Intervention<Request>) -> Micros {
    assert!(timeline.act(act));
    let now = timeline.now();
    timeline.play(now + ms(100));
    now
}

fn both(one: u8, other: u8) -> Vec<Link> {
    vec![(n(one), n(other)), (n(other), n(one))]
}

fn troubles(timeline: &Timeline<FeedExperiment>) -> Vec<Trouble> {
    timeline.track().worlds()[0].watch().events.troubles.iter().copied().collect()
}

#[test]
fn links_are_in_trouble_until_the_last_one_heals() {
    let mut timeline = quiet();
    let from = act(&mut timeline, Intervention::Cut(both(1, 2)));
    act(&mut timeline, Intervention::Cut(both(1, 3)));
    let lasts = |until| vec![Trouble { from, until, node: None }];
    assert_eq!(troubles(&timeline), lasts(None), "one trouble, not one for each link");
    act(&mut timeline, Intervention::Heal(both(1, 2)));
    assert_eq!(troubles(&timeline), lasts(None), "n1 and n3 are still cut off from each other");
    act(&mut timeline, Intervention::Heal(vec![(n(1), n(3))]));
    assert_eq!(troubles(&timeline), lasts(None), "one direction is not enough");
    let until = act(&mut timeline, Intervention::Heal(vec![(n(3), n(1))]));
    assert_eq!(troubles(&timeline), lasts(Some(until)));
}

#[test]
fn a_node_is_in_trouble_while_it_is_down() {
    let mut timeline = quiet();
    let from = act(&mut timeline, Intervention::Crash { node: n(4), keep: 0 });
    let until = act(&mut timeline, Intervention::Restart(n(4)));
    assert_eq!(troubles(&timeline), [Trouble { from, until: Some(until), node: Some(n(4)) }]);
}

#[test]
fn a_crashed_node_is_alone() {
    let mut timeline = quiet();
    act(&mut timeline, Intervention::Crash { node: n(2), keep: 0 });
    let all = set(1..=5);
    let model = timeline.track().worlds()[0].model();
    assert_eq!(components(model, all), [set([1, 3, 4, 5]), set([2])]);
    let others = set([1, 3, 4, 5]);
    assert_eq!(reach(model, n(1), all), Reach { direct: others, through: others, down: set([2]) });
}

/// n1 talks to n2 and n2 to n3; n4 and n5 hear n3 and are not heard.
#[test]
fn messages_go_both_ways_or_by_way_of_others() {
    let mut timeline = quiet();
    let mut cuts: Vec<Link> = both(1, 3);
    for far in [4, 5] {
        cuts.extend([1, 2].into_iter().flat_map(|near| both(near, far)));
        cuts.push((n(far), n(3)));
    }
    act(&mut timeline, Intervention::Cut(cuts));
    let (model, all) = (timeline.track().worlds()[0].model(), set(1..=5));
    let expected = Reach { direct: set([1, 2]), through: set([1, 2, 3]), down: NodeSet::EMPTY };
    assert_eq!(reach(model, n(1), all), expected);
    assert_eq!(reach(model, n(2), all).direct, set([1, 2, 3]));
    assert_eq!(components(model, all), [set([1, 2, 3]), set([4, 5])]);
}

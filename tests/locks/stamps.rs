//! What stamps get wrong, against brute force: what happened before what is found by walking from event to event.

use std::collections::BTreeSet;

use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::Intervention;
use cap_lab::spacetime::Diagram;
use cap_lab::spacetime::stamps::{Clock, Comparison, Happening, happenings, inversions, stamps};
use cap_lab::timeline::Timeline;

use crate::storm::Dice;
use crate::{experiment, ms, report, seeds};

/// For each event, all that happened before it: its own lane's past, and the past of what it heard of.
fn pasts(events: &[Happening]) -> Vec<BTreeSet<usize>> {
    let mut pasts: Vec<BTreeSet<usize>> = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let own = (0..place).rev().find(|earlier| events[*earlier].lane == event.lane);
        let mut past = BTreeSet::new();
        for cause in own.into_iter().chain(event.heard) {
            past.extend(pasts[cause].iter().copied());
            past.insert(cause);
        }
        pasts.push(past);
    }
    pasts
}

/// All that the four clocks mark among these events, against brute force; how many by each.
fn compare(events: &[Happening], context: &str) -> [usize; 4] {
    let (stamps, pasts) = (stamps(events), pasts(events));
    let all: Vec<usize> = (0..events.len()).collect();
    Clock::ALL.map(|clock| {
        let marked: BTreeSet<(usize, usize)> = inversions(events, &stamps, &all, clock).into_iter().collect();
        let greater = |a: usize, b: usize| match clock {
            Clock::Wall => events[a].wall > events[b].wall,
            Clock::Lamport => stamps[a].lamport > stamps[b].lamport,
            Clock::Hybrid => stamps[a].hybrid > stamps[b].hybrid,
            Clock::Sequence => events[a].sequence.zip(events[b].sequence).is_some_and(|(a, b)| a > b),
        };
        let pairs = pasts.iter().enumerate().flat_map(|(b, past)| past.iter().map(move |a| (*a, b)));
        let wrong: BTreeSet<(usize, usize)> = pairs.filter(|(a, b)| greater(*a, *b)).collect();
        assert_eq!(marked, wrong, "{clock:?}, {context}");
        if matches!(clock, Clock::Lamport | Clock::Hybrid) {
            assert_eq!(wrong.len(), 0, "{clock:?}, {context}");
            for (b, past) in pasts.iter().enumerate() {
                // Not only never greater, but smaller: Lamport's clock condition.
                assert!(past.iter().all(|a| stamps[*a].lamport < stamps[b].lamport), "{context}");
                assert!(past.iter().all(|a| stamps[*a].hybrid < stamps[b].hybrid), "{context}");
            }
        }
        wrong.len()
    })
}

/// A hybrid clock shows a time of day that somebody has shown before, and no smaller one than its own node's.
fn hybrid_stays_close(events: &[Happening]) {
    let (stamps, pasts) = (stamps(events), pasts(events));
    for (place, stamp) in stamps.iter().enumerate() {
        let known = pasts[place].iter().chain([&place]).map(|event| events[*event].wall).max().expect("its own");
        assert_eq!(stamp.hybrid.physical, known);
    }
}

/// Any events: clocks that are set and run differently, messages that come late, twice or never.
#[test]
fn marked_inversions_are_those_of_brute_force() {
    let mut found = [0; 4];
    let count = seeds(300, 5_000);
    for seed in 0..count {
        let mut dice = Dice::new(seed);
        let lanes = 2 + dice.below(4) as usize;
        let offsets: Vec<u64> = (0..lanes).map(|_| 1_000 + dice.below(300)).collect();
        let mut events: Vec<Happening> = Vec::new();
        for place in 0..60_u64 {
            let lane = dice.below(lanes as u64) as usize;
            let sender = (place > 0 && dice.below(2) == 0).then(|| dice.below(place) as usize);
            let heard = sender.filter(|sender| events[*sender].lane != lane);
            let sequence = (dice.below(3) == 0).then(|| dice.below(20));
            events.push(Happening { lane, wall: Micros(place * 10 + offsets[lane]), heard, sequence });
        }
        let counts = compare(&events, &format!("seed {seed}"));
        hybrid_stays_close(&events);
        found.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    report(&format!(
        "{count} random executions: wall clocks get {} pairs wrong, sequence numbers {}",
        found[0], found[3]
    ));
    assert!(found[0] > 0 && found[3] > 0);
}

/// A run of locks with wrong wall clocks.
#[test]
fn wall_clocks_invert_what_a_run_did_and_the_log_does_not() {
    let mut inverted = 0;
    for seed in 0..10 {
        let mut timeline = Timeline::new(experiment("clients=3 traffic=100 work=30"), seed);
        timeline.act(Intervention::Skew { node: NodeId(3), micros: 400_000 });
        timeline.act(Intervention::Skew { node: NodeId(5), micros: -700_000 });
        timeline.play(ms(4_000));
        let diagram = Diagram::of(&timeline, 0, Micros::ZERO, ms(4_000));
        let events = happenings(&diagram, &timeline, Micros::ZERO, ms(4_000));
        assert_eq!(events.len(), diagram.events.len());
        let few: Vec<Happening> = events[..events.len().min(500)].to_vec();
        compare(&few, &format!("seed {seed}"));
        let comparison = Comparison::of(&timeline, Micros::ZERO, ms(4_000));
        let [wall, lamport, hybrid, sequence] = comparison.inversions.map(|pairs| pairs.len());
        assert_eq!((lamport, hybrid, sequence), (0, 0, 0), "seed {seed}");
        inverted += usize::from(wall > 0);
    }
    assert!(inverted > 5, "wall clocks are wrong in {inverted} of 10");
}

/// The late write of the accident is what the sequence numbers get out of order, and only without fencing.
#[test]
fn a_late_write_is_an_inversion_of_sequence_numbers() {
    for (rule, expected) in [("unchecked", true), ("token", false)] {
        let experiment = experiment(&format!("storage={rule}"));
        let (script, end) = experiment.accident(1);
        let timeline = Timeline::scripted(experiment, 1, script, end).filled();
        let comparison = Comparison::of(&timeline, Micros::ZERO, end);
        let late = |(a, b): &(usize, usize)| {
            let told = |place: usize| comparison.events[place].headline.starts_with("storage takes");
            told(*a) && told(*b)
        };
        assert_eq!(comparison.inversions[3].iter().any(late), expected, "{rule}: {:?}", comparison.events);
    }
}

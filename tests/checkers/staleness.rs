//! Stale reads and convergence, held against the feed's specification ([`cap_lab::store::feed`]): a read is fresh if its
//! answer is the newest posts of some set that includes all that were confirmed before it began.

use std::collections::BTreeSet;

use cap_lab::check::feed::{Entry, Fate, Shown, entry};
use cap_lab::check::measures::converged;
use cap_lab::check::staleness::StalenessJudge;
use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId, RequestId};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::store::feed::{Place, PostId, READ_LENGTH, Request};
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::FeedRun;

use crate::brute::Dice;
use crate::rounds;

/// What a read of these posts returns.
fn newest(posts: &BTreeSet<Place>) -> Shown {
    let first = posts.len().saturating_sub(READ_LENGTH);
    let from = (posts.len() >= READ_LENGTH).then(|| *posts.iter().nth(first).expect("below the length"));
    Shown { posts: posts.iter().skip(first).map(|place| place.post).collect(), from, values: None }
}

/// Whether some set with all of `confirmed`, and any of `others`, has this answer. Tries them all.
fn is_fresh(answer: &Shown, confirmed: &BTreeSet<Place>, others: &[Place]) -> bool {
    match others.split_first() {
        None => newest(confirmed) == *answer,
        Some((one, rest)) => {
            let mut with = confirmed.clone();
            with.insert(*one);
            is_fresh(answer, confirmed, rest) || is_fresh(answer, &with, rest)
        }
    }
}

/// Of these posts, those that the answer shows: all that a set may hold beside the confirmed ones and be of consequence.
fn shown_of<'a>(answer: &'a Shown, posts: &'a [Place]) -> impl Iterator<Item = Place> + 'a {
    posts.iter().filter(|place| answer.posts.contains(&place.post)).copied()
}

/// Posts whose order has little to do with their times, and reads of any that a replica might know.
#[test]
fn stale_reads_are_those_that_no_set_of_posts_explains() {
    let (mut stale, mut fresh, mut full) = (0, 0, 0);
    for seed in 0..rounds(2_000, 10_000) {
        let mut dice = Dice::new(seed);
        let count = 1 + dice.below(READ_LENGTH as u64 + 12) as u32;
        let places: Vec<Place> = (0..count)
            .map(|number| Place { rank: dice.below(40), post: PostId { author: NodeId(dice.below(3) as u8), number } })
            .collect();
        let mut judge = StalenessJudge::default();
        let mut confirmed = BTreeSet::new();
        let unconfirmed = dice.below(6) as usize;
        let first_unconfirmed = places.len().saturating_sub(unconfirmed);
        for (at, place) in (0..).map(|n| Micros(10 * n)).zip(&places[..first_unconfirmed]) {
            judge.on_posted(*place, at);
            confirmed.insert(*place);
            if dice.below(3) > 0 {
                continue;
            }
            // A replica that lacks a few of the posts, or none, and has a few more.
            let lacks = [0, 0, 1, 8][dice.below(4) as usize];
            let mut knows: BTreeSet<Place> = places.iter().filter(|_| dice.below(20) >= lacks).copied().collect();
            if dice.below(2) == 0 {
                knows.extend(&confirmed);
            }
            let answer = newest(&knows);
            let begun = at + Micros(1);
            let others: Vec<Place> = places.iter().filter(|place| !confirmed.contains(place)).copied().collect();
            let others: Vec<Place> = shown_of(&answer, &others).collect();
            let judged = judge.on_read(RequestId(0), begun, &answer);
            let expected = if others.len() <= 8 {
                is_fresh(&answer, &confirmed, &others)
            } else {
                let most: BTreeSet<Place> = confirmed.iter().chain(&others).copied().collect();
                newest(&most) == answer
            };
            assert_eq!(judged.is_none(), expected, "seed {seed}: {answer:?} of {confirmed:?}");
            full += u32::from(answer.posts.len() == READ_LENGTH);
            *if expected { &mut fresh } else { &mut stale } += 1;
            if let Some(judged) = judged {
                let most: BTreeSet<Place> = confirmed.iter().copied().chain(shown_of(&answer, &places)).collect();
                let misses = newest(&most).posts.iter().filter(|post| !answer.posts.contains(post)).count();
                assert!(judged.missed as usize >= misses && misses > 0, "seed {seed}: {judged:?}, {misses}");
            }
        }
    }
    eprintln!("stale reads against brute force: {stale} stale, {fresh} fresh, {full} full");
    assert!(stale > 1_000 && fresh > 1_000 && full > 1_000, "{stale} stale, {fresh} fresh, {full} full");
}

/// The links between the first so many replicas of five and the others.
fn between(group: u8) -> Vec<Link> {
    let pairs = (0..group).flat_map(|a| (group..5).map(move |b| (NodeId(a), NodeId(b))));
    pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect()
}

/// What a run's history says of each post.
fn places(run: &FeedRun) -> Vec<(Micros, Place)> {
    let entries = run.history().iter().filter_map(entry);
    let posted = entries.filter_map(|entry| match entry.ended {
        Some((at, Fate::Posted(place))) => Some((at, place)),
        _ => None,
    });
    posted.collect()
}

/// Whether every replica knows every post that was taken.
fn all_agree(run: &FeedRun) -> bool {
    let mut known = run.model().hosts().filter_map(|(_, host)| Some(host.node.gossip()?.gossip().known()));
    let first = known.next().expect("replicas");
    known.all(|other| other == first)
}

/// A partition, with people on both sides, and what comes after it.
struct Partition {
    timeline: Timeline<FeedExperiment>,
    healed: Micros,
    /// Moments after the healing at which all replicas held the same posts, and somebody began to read.
    agreed: Vec<Micros>,
}

fn partition(seed: u64) -> Partition {
    let mut dice = Dice::new(seed);
    let traffic = [50, 100, 300][dice.below(3) as usize];
    let setup = format!("replicas=5 people=3 traffic={traffic} stores=raft/gossip");
    let mut timeline: Timeline<FeedExperiment> = Timeline::new(setup.parse().expect("a setup"), seed);
    let links = between(1 + dice.below(4) as u8);
    timeline.play(Micros::from_ms(1_000 + dice.below(2_000)));
    assert!(timeline.act(Intervention::Cut(links.clone())));
    timeline.play(timeline.now() + Micros::from_ms(500 + dice.below(6_000)));
    assert!(timeline.act(Intervention::Heal(links)));
    let healed = timeline.now();
    let mut agreed = Vec::new();
    for _ in 0..200 {
        timeline.play(timeline.now() + Micros::from_ms(20));
        if all_agree(&timeline.track().worlds()[1]) {
            let phone = NodeId(5 + dice.below(3) as u8);
            timeline.act(Intervention::Request { node: phone, request: Request::Read });
            agreed.push(timeline.now());
        }
    }
    assert!(timeline.act(Intervention::<Request>::Traffic(0)));
    timeline.play(timeline.now() + Micros::from_ms(500));
    Partition { timeline, healed, agreed }
}

/// Every read of real runs, judged as it returns, is judged as the specification says; and none is stale that begins when
/// all replicas hold the same posts.
#[test]
fn no_read_is_stale_once_all_replicas_hold_the_same_posts() {
    let (mut stale, mut early, mut late) = (0, 0, 0);
    for seed in 0..rounds(20, 400) {
        let Partition { timeline, agreed, healed, .. } = partition(seed);
        for run in timeline.track().worlds() {
            let (all, judged) = (places(run), run.watch().staleness.stale());
            let posts: Vec<Place> = all.iter().map(|(_, place)| *place).collect();
            for read in run.history().iter().filter_map(entry) {
                let Some((_, Fate::Read(shown))) = &read.ended else { continue };
                let confirmed: BTreeSet<Place> =
                    all.iter().filter(|(at, _)| *at < read.invoked).map(|(_, place)| *place).collect();
                let known: Vec<Place> = shown_of(shown, &posts).collect();
                if shown.from.is_some() && known.len() < shown.posts.len() {
                    // It shows a post of which nobody was told where it stands.
                    continue;
                }
                let most: BTreeSet<Place> = confirmed.into_iter().chain(known).collect();
                let is_stale = newest(&most).posts.iter().any(|post| !shown.posts.contains(post));
                let found = judged.iter().any(|stale| stale.read == read.id);
                assert_eq!(found, is_stale, "seed {seed}: {read:?}");
                stale += u32::from(found);
            }
        }
        let run = &timeline.track().worlds()[1];
        for read in run.history().iter().filter(|read| matches!(read.request, Request::Read) && read.invoked > healed) {
            let is_stale = run.watch().staleness.stale().iter().any(|stale| stale.read == read.id);
            early += u32::from(is_stale);
            if agreed.contains(&read.invoked) {
                late += 1;
                assert!(!is_stale, "seed {seed}: {read:?}");
            }
        }
    }
    eprintln!("{stale} stale reads, {early} after healing, {late} reads of replicas that agreed");
    assert!(stale > 100 && early > 10 && late > 100);
}

/// The moment of convergence is that from which on no read is stale by what was confirmed before the healing.
#[test]
fn the_feed_has_converged_when_no_read_is_stale_any_more() {
    let (mut at_once, mut later) = (0, 0);
    for seed in 0..rounds(20, 400) {
        let Partition { timeline, healed, .. } = partition(seed);
        for run in timeline.track().worlds() {
            let entries: Vec<Entry> = run.history().iter().filter_map(entry).collect();
            let found = converged(&entries, timeline.now(), healed).expect("people read");
            let stale = run.watch().staleness.stale().iter().filter_map(|stale| {
                let read = run.history().get(stale.read).expect("of this run");
                // The post that had been confirmed for the longest was confirmed before the healing.
                let is_older = stale.behind >= read.invoked.since(healed);
                (read.invoked > healed && is_older).then_some(read.invoked)
            });
            let last = stale.max().unwrap_or(healed);
            let read = entries.iter().filter(|entry| matches!(entry.ended, Some((_, Fate::Read(_)))));
            let expected = read.map(|entry| entry.invoked).find(|invoked| *invoked > last);
            assert_eq!(Some(found), expected, "seed {seed}");
            *if last == healed { &mut at_once } else { &mut later } += 1;
        }
    }
    assert!(at_once > 0 && later > 0, "{at_once} at once, {later} later");
}

//! The ladder: each guarantee is broken by the history that is known to break it, and real runs climb as far as they should.

use std::ops::Range;
use std::path::Path;

use cap_lab::check::call::Call;
use cap_lab::check::feed::{Entry, Fate, FeedCalls, Question, Shown, calls, entry};
use cap_lab::check::ladder::{Guarantee, Standing, judge};
use cap_lab::check::linearizability::{Verdict, check};
use cap_lab::check::measures::{Availability, DELAYS, Delay, Visibility, availability, converged};
use cap_lab::check::spec::feed::{Feed, FeedAction};
use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId, RequestId};
use cap_lab::sim::fault::Intervention;
use cap_lab::store::feed::{Place, PostId, READ_LENGTH};
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::FeedSetup;

use Guarantee::{Causal, Linearizable, MonotonicReads, MonotonicWrites, ReadYourWrites, Sequential, WritesFollowReads};

use crate::corpus::check_evidence;

const BUDGET: u64 = 200_000;

/// Post `number` of `author`.
fn id(author: u8, number: u32) -> PostId {
    PostId { author: NodeId(author), number }
}

/// One operation after the other: the one at position n takes from 10 n to 10 n + 5.
fn history(operations: Vec<(u64, FeedAction)>) -> Vec<Call<FeedAction>> {
    let call = |(process, action): (u64, FeedAction), invoked: u64| Call {
        process,
        object: 0,
        action,
        invoked,
        returned: Some(invoked + 5),
    };
    operations.into_iter().zip((0..).step_by(10)).map(|(operation, at)| call(operation, at)).collect()
}

fn post(author: u8, number: u32) -> (u64, FeedAction) {
    (author.into(), FeedAction::Post(id(author, number)))
}

fn read(process: u64, posts: &[PostId]) -> (u64, FeedAction) {
    (process, FeedAction::Read(posts.into()))
}

fn broken(calls: &[Call<FeedAction>]) -> Vec<Guarantee> {
    let standings = judge(calls, BUDGET);
    for (guarantee, standing) in &standings {
        assert!(!matches!(standing, Standing::Unknown { .. }), "{guarantee:?}: {standing:?}");
        if let Standing::Broken(counterexample) = standing {
            assert!(!counterexample.operations.is_empty() && counterexample.operations.is_sorted(), "{guarantee:?}");
            assert!(counterexample.sentence.ends_with('.'), "{}", counterexample.sentence);
        }
    }
    let is_broken = |(guarantee, standing)| matches!(standing, Standing::Broken(_)).then_some(guarantee);
    standings.into_iter().filter_map(is_broken).collect()
}

/// The operations that show how `guarantee` was broken.
fn counterexample(calls: &[Call<FeedAction>], guarantee: Guarantee) -> Vec<u32> {
    let standing = judge(calls, BUDGET).into_iter().find(|(other, _)| *other == guarantee).expect("all are judged").1;
    match standing {
        Standing::Broken(counterexample) => counterexample.operations,
        other => panic!("{guarantee:?}: {other:?}"),
    }
}

#[test]
fn a_feed_that_does_as_specified_keeps_all() {
    let (a, b) = (id(1, 0), id(2, 0));
    let calls = history(vec![post(1, 0), read(2, &[a]), post(2, 0), read(1, &[a, b]), read(2, &[a, b])]);
    assert_eq!(broken(&calls), []);
}

#[test]
fn a_read_that_lacks_its_readers_post() {
    let calls = history(vec![post(1, 0), read(1, &[])]);
    assert_eq!(broken(&calls), [ReadYourWrites, Causal, Sequential, Linearizable]);
    assert_eq!(counterexample(&calls, ReadYourWrites), [0, 1]);
}

#[test]
fn a_read_that_forgets() {
    let calls = history(vec![post(1, 0), read(2, &[id(1, 0)]), read(2, &[])]);
    assert_eq!(broken(&calls), [MonotonicReads, Causal, Sequential, Linearizable]);
    assert_eq!(counterexample(&calls, MonotonicReads), [0, 1, 2]);
}

#[test]
fn a_read_that_has_an_authors_second_post_only() {
    let calls = history(vec![post(1, 0), post(1, 1), read(2, &[id(1, 1)])]);
    assert_eq!(broken(&calls), [MonotonicWrites, Causal, Sequential, Linearizable]);
    assert_eq!(counterexample(&calls, MonotonicWrites), [0, 1, 2]);
    let swapped = history(vec![post(1, 0), post(1, 1), read(2, &[id(1, 1), id(1, 0)])]);
    assert_eq!(broken(&swapped), [MonotonicWrites, Causal, Sequential, Linearizable]);
}

#[test]
fn a_read_that_has_an_answer_without_its_question() {
    let calls = history(vec![post(1, 0), read(2, &[id(1, 0)]), post(2, 0), read(3, &[id(2, 0)])]);
    assert_eq!(broken(&calls), [WritesFollowReads, Causal, Sequential, Linearizable]);
    assert_eq!(counterexample(&calls, WritesFollowReads), [0, 1, 2, 3]);
}

/// 1 posts, 2 sees it and answers, 3 sees the answer only and posts, 4 sees that only: the first post is lost over two people.
#[test]
fn a_cause_two_steps_away() {
    let (question, answer, remark) = (id(1, 0), id(2, 0), id(3, 0));
    let calls = history(vec![
        post(1, 0),
        read(2, &[question]),
        post(2, 0),
        read(3, &[question, answer]),
        post(3, 0),
        read(4, &[answer, remark]),
    ]);
    let broken = broken(&calls);
    assert!(broken.contains(&Causal) && !broken.contains(&ReadYourWrites) && !broken.contains(&MonotonicReads));
}

/// What a partition does to an available feed: each side sees its own post first. Causal, but there is no one order.
#[test]
fn two_sides_that_see_their_own_post_first() {
    let (a, b) = (id(1, 0), id(2, 0));
    let calls = history(vec![post(1, 0), post(2, 0), read(1, &[a]), read(2, &[b]), read(1, &[a, b]), read(2, &[a, b])]);
    assert_eq!(broken(&calls), [Sequential, Linearizable]);
    assert_eq!(counterexample(&calls, Sequential), [0, 1, 2, 3]);
}

#[test]
fn a_stale_read_of_another_person_breaks_only_linearizability() {
    let calls = history(vec![post(1, 0), read(2, &[]), read(2, &[id(1, 0)])]);
    let standings = judge(&calls, BUDGET);
    let of = |guarantee| &standings.iter().find(|(other, _)| *other == guarantee).expect("judged").1;
    assert_eq!(counterexample(&calls, Linearizable), [0, 1]);
    assert_eq!(*of(Causal), Standing::Kept);
    assert_eq!(*of(Sequential), Standing::Kept, "the read comes before the post in an order that nobody can refute");
}

/// Full reads may lack what is older than all they show. One shows 3's second post and nineteen that follow it, another one the
/// same nineteen and then 3's first post: no two reads disagree, and none lacks a cause, but there is no one order.
#[test]
fn a_history_that_only_a_search_refutes() {
    let others: Vec<PostId> = (0..READ_LENGTH as u32 - 1).map(|number| id(1, number)).collect();
    let (first, second) = (id(3, 0), id(3, 1));
    let mut operations: Vec<_> = (0..READ_LENGTH as u32 - 1).map(|number| post(1, number)).collect();
    operations.extend([post(3, 0), post(3, 1)]);
    operations.push(read(4, &[&[second], &others[..]].concat()));
    operations.push(read(5, &[&others[..], &[first]].concat()));
    assert_eq!(broken(&history(operations)), [Sequential, Linearizable]);
}

#[test]
fn a_budget_that_ends_says_how_far_it_came() {
    // Of the orders of 12 posts by as many people nobody sees more than the last two, and those disagree.
    let mut operations: Vec<_> = (1..13).map(|author| post(author, 0)).collect();
    operations.push(read(20, &[]));
    let standings = judge(&history(operations), 3);
    let (_, standing) = standings.iter().find(|(guarantee, _)| *guarantee == Sequential).expect("judged");
    let Standing::Unknown { explored, ordered } = standing else { panic!("{standing:?}") };
    assert!((3..6).contains(explored) && *ordered <= 13, "{standing:?}");
}

#[test]
fn a_full_read_may_leave_out_what_is_older() {
    let count = READ_LENGTH as u32 + 5;
    let all: Vec<PostId> = (0..count).map(|number| id(1, number)).collect();
    let mut operations: Vec<_> = (0..count).map(|number| post(1, number)).collect();
    operations.push(read(1, &all[5..]));
    assert_eq!(broken(&history(operations.clone())), []);
    operations.push(read(1, &all[4..all.len() - 1]));
    assert_eq!(
        broken(&history(operations)),
        [ReadYourWrites, MonotonicReads, Causal, Sequential, Linearizable],
        "the newest one is missing"
    );
}

/// Post `number` of a phone whose posts make up the feed.
fn place(number: u32) -> Place {
    Place { rank: number.into(), post: id(1, number) }
}

/// A read that shows these posts of it.
fn shown(numbers: Range<u32>) -> Shown {
    let from = (numbers.len() >= READ_LENGTH).then(|| place(numbers.start));
    Shown { posts: numbers.map(|number| id(1, number)).collect(), from, values: None }
}

#[test]
fn visibility_counts_reads_by_how_long_after_a_post_they_began() {
    let mut seen = Visibility::default();
    seen.on_posted(place(0), Micros(5));
    // Within 50 ms, at the very bound, and within 0.8 s.
    seen.on_read(Micros(10), &shown(0..0));
    seen.on_read(Micros(50_005), &shown(0..0));
    seen.on_read(Micros(800_004), &shown(0..1));
    let mut expected = [Delay::default(); DELAYS.len() - 1];
    expected[0] = Delay { reads: 1, stale: 1 };
    expected[1] = Delay { reads: 1, stale: 1 };
    expected[4] = Delay { reads: 1, stale: 0 };
    assert_eq!(seen.delays, expected);
    // A full answer lacks the oldest because newer ones crowded it out, and the newest for no such reason.
    let newest = READ_LENGTH as u32 + 1;
    for (at, number) in (1_000_000..).zip(1..=newest) {
        seen.on_posted(place(number), Micros(at));
    }
    seen.on_read(Micros(1_000_100), &shown(1..newest));
    expected[0] = Delay { reads: 1 + newest, stale: 2 };
    assert_eq!(seen.delays, expected);
    seen.on_read(Micros(8_000_000), &shown(0..0));
    assert_eq!((seen.reads, seen.delays), (5, expected), "the last one began too long after all of them");
}

/// A post, confirmed at 5, and reads from 10 on, one each 10, of which each shows it or not.
fn told(shows: &[bool]) -> Vec<Entry> {
    let entry = |id: u32, text: Option<&str>, fate| Entry {
        id: RequestId(id),
        client: NodeId(id as u8),
        invoked: Micros(10 * u64::from(id)),
        asked: text.map_or(Question::Read, |text| Question::Post(text.into())),
        ended: Some((Micros(10 * u64::from(id) + 5), fate)),
    };
    let read = |(id, shows): (u32, &bool)| entry(id, None, Fate::Read(shown(0..u32::from(*shows))));
    [entry(0, Some(""), Fate::Posted(place(0)))].into_iter().chain((1..).zip(shows).map(read)).collect()
}

#[test]
fn convergence_counts_from_the_first_read_after_which_none_is_stale() {
    let (all, end) = (told(&[false, true, false, true, true]), Micros(1_000));
    assert_eq!(converged(&all, end, Micros(8)), Some(Micros(40)));
    assert_eq!(converged(&all[..4], end, Micros(8)), None, "the last read is stale");
    assert_eq!(converged(&all, Micros(40), Micros(8)), None, "as of then");
    assert_eq!(converged(&all, end, Micros(900)), None, "nobody read since");
    assert_eq!(converged(&all, end, Micros(4)), Some(Micros(10)), "nothing was confirmed by then");
    assert_eq!(converged(&all, end, Micros(5)), Some(Micros(40)), "the post was confirmed at that moment");
}

const SETUP: FeedSetup = FeedSetup::at_one_site(5, 3);

/// A minute of both feeds, in which one phone's replica is cut off for 20 seconds.
pub(crate) fn run(seed: u64) -> Timeline<FeedExperiment> {
    let mut timeline = Timeline::new(FeedExperiment::side_by_side(SETUP, 100), seed);
    let phone = timeline.track().worlds()[0].model().host(SETUP.phones().next().expect("a phone")).node.client();
    let cut_off = phone.expect("phones are clients").replica();
    let links: Vec<(NodeId, NodeId)> =
        SETUP.servers().without(cut_off).iter().flat_map(|other| [(cut_off, other), (other, cut_off)]).collect();
    timeline.play(Micros::from_ms(10_000));
    timeline.act(Intervention::Cut(links.clone()));
    timeline.play(Micros::from_ms(30_000));
    timeline.act(Intervention::Heal(links));
    timeline.play(Micros::from_ms(60_000));
    timeline
}

#[test]
fn under_a_partition_the_consistent_feed_keeps_all_and_the_available_one_answers_all() {
    let mut out_of_order = 0;
    for seed in 1..=5 {
        let timeline = run(seed);
        let [consistent, available] = timeline.track().worlds() else { panic!("two feeds") };
        let (consistent, available) = (consistent.history(), available.history());
        let of_consistent = calls(consistent, timeline.now());
        assert_eq!(broken(&of_consistent.calls), [], "seed {seed}");
        let of_available = calls(available, timeline.now());
        let standings = judge(&of_available.calls, BUDGET);
        let is_broken = |guarantee| {
            standings.iter().any(|(other, standing)| *other == guarantee && matches!(standing, Standing::Broken(_)))
        };
        for guarantee in [ReadYourWrites, MonotonicReads, MonotonicWrites] {
            assert!(!is_broken(guarantee), "seed {seed}: nobody moved, {guarantee:?} holds");
        }
        out_of_order += u32::from(is_broken(Sequential) && is_broken(Linearizable));
        let Availability { refused, unknown, .. } = availability(available, timeline.now());
        assert_eq!((refused, unknown), (0, 0), "seed {seed}");
        let answered = availability(consistent, timeline.now()).per_mille().expect("people asked");
        assert!(answered < 1_000, "seed {seed}: one of three could not reach a leader");
        let healed = Micros::from_ms(30_000);
        let entries: Vec<Entry> = available.iter().filter_map(entry).collect();
        let took = converged(&entries, timeline.now(), healed).expect("they talk again").since(healed);
        assert!(took < Micros::from_ms(20_000), "seed {seed}: {took:?}");
    }
    assert!(out_of_order > 0, "no run in which the two sides disagreed");
}

/// What holds of the evidence against every bad file of the corpus holds of that against a feed.
#[test]
fn the_evidence_against_a_feed_is_as_small_as_can_be() {
    for seed in 1..=5 {
        let timeline = run(seed);
        let calls = calls(timeline.track().worlds()[1].history(), timeline.now()).calls;
        let Verdict::NotLinearizable(evidence) = check(Feed::default(), calls.clone(), BUDGET, &mut || false) else {
            panic!("seed {seed}: two sides that could not see each other went on")
        };
        check_evidence(Path::new(&format!("feed, seed {seed}")), &Feed::default(), &calls, &evidence);
        assert!((2..=3).contains(&evidence.decisive.len()), "seed {seed}: {evidence:?}");
    }
}

/// The verdict as of an earlier moment: once a history is impossible, it stays so.
#[test]
fn a_verdict_as_of_then() {
    let timeline = run(1);
    let history = timeline.track().worlds()[1].history();
    let mut was_possible = true;
    let mut changes = 0;
    for second in 0..=60 {
        let FeedCalls { calls, ids } = calls(history, Micros::from_ms(second * 1_000));
        assert_eq!(calls.len(), ids.len());
        let is_possible = match check(Feed::default(), calls, BUDGET, &mut || false) {
            Verdict::Linearizable(_) => true,
            Verdict::NotLinearizable(_) => false,
            Verdict::Unknown { explored, .. } => panic!("second {second}: gave up after {explored}"),
        };
        assert!(was_possible || !is_possible, "second {second}: possible again");
        changes += u32::from(was_possible != is_possible);
        was_possible = is_possible;
    }
    assert_eq!(changes, 1, "the cut made it impossible");
    let later = calls(history, timeline.now());
    assert!(later.calls.iter().all(|call| call.returned.is_none_or(|returned| returned <= timeline.now().0)));
}

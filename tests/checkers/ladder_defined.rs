//! The ladder's rungs that take no search, held against their definitions: on the histories of real runs, and on those with a
//! read or two falsified.

use cap_lab::check::call::Call;
use cap_lab::check::feed::calls;
use cap_lab::check::ladder::{Guarantee, Standing, judge_weaker};
use cap_lab::check::spec::feed::FeedAction;
use cap_lab::node::Micros;
use cap_lab::store::feed::{PostId, READ_LENGTH};

use crate::brute::Dice;
use crate::ladder::run;
use crate::rounds;

type Calls = [Call<FeedAction>];

/// Posts and reads, each with its operation.
fn posts(calls: &Calls) -> Vec<(usize, PostId)> {
    let post = |(index, call): (usize, &Call<FeedAction>)| match call.action {
        FeedAction::Post(id) => Some((index, id)),
        FeedAction::Read(_) => None,
    };
    calls.iter().enumerate().filter_map(post).collect()
}

fn reads(calls: &Calls) -> Vec<(usize, &[PostId])> {
    let read = |(index, call)| match call {
        &Call { action: FeedAction::Read(ref posts), .. } => Some((index, &posts[..])),
        _ => None,
    };
    calls.iter().enumerate().filter_map(read).collect()
}

/// Whether a read lacks a post. A full one does so only if it shows something that comes before the post.
fn lacks(shown: &[PostId], post: PostId, comes_before: impl Fn(PostId) -> bool) -> bool {
    !shown.contains(&post) && (shown.len() < READ_LENGTH || shown.iter().any(|&held| comes_before(held)))
}

fn sent_before(one: PostId, other: PostId) -> bool {
    one.author == other.author && one.number < other.number
}

fn on_session(calls: &Calls, one: usize, other: usize) -> bool {
    calls[one].process == calls[other].process && calls[one].precedes(&calls[other])
}

fn reads_lack_their_readers_posts(calls: &Calls) -> bool {
    reads(calls).iter().any(|&(read, shown)| {
        let is_own = |&&(post, _): &&(usize, PostId)| on_session(calls, post, read);
        posts(calls).iter().filter(is_own).any(|&(_, post)| lacks(shown, post, |held| sent_before(held, post)))
    })
}

fn reads_forget(calls: &Calls) -> bool {
    let all = reads(calls);
    all.iter().any(|&(read, shown)| {
        let before = all.iter().rfind(|(before, _)| on_session(calls, *before, read));
        before.is_some_and(|(_, seen)| {
            (0..seen.len()).any(|place| lacks(shown, seen[place], |held| seen[..place].contains(&held)))
        })
    })
}

fn reads_show_writes_out_of_order(calls: &Calls) -> bool {
    let all = posts(calls);
    let call_of = |id: PostId| all.iter().find(|(_, other)| *other == id).map(|(call, _)| *call);
    reads(calls).iter().any(|&(_, shown)| {
        let is_swapped =
            (0..shown.len()).any(|place| shown[place + 1..].iter().any(|&id| sent_before(id, shown[place])));
        is_swapped
            || shown.iter().filter_map(|&later| call_of(later)).any(|later| {
                let earlier = all.iter().filter(|(call, _)| on_session(calls, *call, later));
                earlier.into_iter().any(|&(_, id)| lacks(shown, id, |held| sent_before(held, id)))
            })
    })
}

fn reads_lack_what_an_author_had_seen(calls: &Calls) -> bool {
    let (all, all_reads) = (posts(calls), reads(calls));
    all_reads.iter().any(|&(_, shown)| {
        all.iter().filter(|(_, id)| shown.contains(id)).any(|&(authored, _)| {
            let seen = all_reads.iter().filter(|(read, _)| on_session(calls, *read, authored));
            seen.flat_map(|(_, seen)| seen.iter()).any(|&id| lacks(shown, id, |held| sent_before(held, id)))
        })
    })
}

/// Happens before: on one session and earlier, or written and read, or through something in between.
fn happens_before(calls: &Calls) -> Vec<Vec<bool>> {
    let mut before: Vec<Vec<bool>> =
        (0..calls.len()).map(|one| (0..calls.len()).map(|other| on_session(calls, one, other)).collect()).collect();
    for (read, shown) in reads(calls) {
        for (post, _) in posts(calls).into_iter().filter(|(_, id)| shown.contains(id)) {
            before[post][read] = true;
        }
    }
    for between in 0..calls.len() {
        let onward = before[between].clone();
        for row in before.iter_mut().filter(|row| row[between]) {
            row.iter_mut().zip(&onward).for_each(|(known, more)| *known |= more);
        }
    }
    before
}

fn reads_break_causal_order(calls: &Calls) -> bool {
    let before = happens_before(calls);
    let all = posts(calls);
    let comes_before = |one: PostId, other: PostId| {
        let call_of = |id: PostId| all.iter().find(|(_, other)| *other == id).map(|(call, _)| *call);
        call_of(one).zip(call_of(other)).is_some_and(|(one, other)| before[one][other])
    };
    reads(calls).iter().any(|&(read, shown)| {
        let is_swapped =
            (0..shown.len()).any(|place| shown[place + 1..].iter().any(|&id| comes_before(id, shown[place])));
        let past = all.iter().filter(|(post, _)| before[*post][read]);
        is_swapped || past.into_iter().any(|&(_, id)| lacks(shown, id, |held| comes_before(held, id)))
    })
}

/// Takes something out of a read, or turns two of its posts round.
fn falsify(calls: &mut Calls, dice: &mut Dice) {
    let which: Vec<usize> = reads(calls).iter().filter(|(_, shown)| shown.len() > 1).map(|(read, _)| *read).collect();
    let read = which[dice.below(which.len() as u64) as usize];
    let FeedAction::Read(shown) = &calls[read].action else { unreachable!("a read") };
    let mut shown = shown.to_vec();
    let place = dice.below(shown.len() as u64 - 1) as usize;
    match dice.below(4) {
        0 => shown.swap(place, place + 1),
        1 => drop(shown.remove(place)),
        2 => shown.truncate(place + 1),
        _ => drop(shown.drain(..=place)),
    }
    calls[read].action = FeedAction::Read(shown.into());
}

type IsBroken = fn(&Calls) -> bool;

#[test]
fn the_rungs_are_what_they_are_defined_to_be() {
    let definitions: [(Guarantee, IsBroken); 5] = [
        (Guarantee::ReadYourWrites, reads_lack_their_readers_posts),
        (Guarantee::MonotonicReads, reads_forget),
        (Guarantee::MonotonicWrites, reads_show_writes_out_of_order),
        (Guarantee::WritesFollowReads, reads_lack_what_an_author_had_seen),
        (Guarantee::Causal, reads_break_causal_order),
    ];
    let mut broken = [0; 5];
    let (runs, versions) = (rounds(4, 40), 12);
    for seed in 1..=runs {
        let timeline = run(seed);
        let mut dice = Dice::new(seed);
        for version in 0..versions {
            let world = &timeline.track().worlds()[version % 2];
            let until = Micros::from_ms(20_000 + dice.below(30_000));
            let mut calls = calls(world.history(), until).calls;
            for _ in 0..version.saturating_sub(3).min(2) {
                falsify(&mut calls, &mut dice);
            }
            let standings = judge_weaker(&calls, 0);
            for (place, (guarantee, definition)) in definitions.iter().enumerate() {
                let (_, standing) = standings.iter().find(|(other, _)| other == guarantee).expect("judged");
                let is_broken = matches!(standing, Standing::Broken(_));
                assert_eq!(
                    is_broken,
                    definition(&calls),
                    "seed {seed}, version {version}: {guarantee:?}, {standing:?}"
                );
                broken[place] += u64::from(is_broken);
            }
        }
    }
    let all = runs * versions as u64;
    assert!(broken.iter().all(|broken| (all / 20..all * 19 / 20).contains(broken)), "{broken:?} of {all}");
}

//! A set that only grows and is read whole.
//!
//! Reads that saw what happened in this order hold more and more, so any two of them must be comparable. That puts the reads into
//! groups, and each element between two groups: after the last read that lacks it and before the first that holds it. An operation
//! then has a place, or the places from one on. The history is linearizable exactly if no operation returned before another one
//! began that has to stand before it: of operations with places, any order that keeps places and time will do.
//!
//! An element may be added more than once. Then the add that began first can do what any other could: it has the element's
//! place, and the others may stand anywhere after it. One of unknown fate that nobody needs is left out.
//!
//! It is the per-element decomposition of Bouajjani, Emmi, Enea & Hamza (ICALP 2015) for sets, with whole reads in place of single
//! look-ups; what is impossible is so because of two operations, or of three.

use std::collections::HashMap;

use super::{AsOf, Direct, first_failure};
use crate::check::call::Call;
use crate::check::fast_hash::FastState;
use crate::check::sorting::sort_by;
use crate::check::spec::Value;
use crate::check::spec::collections::SetAction;
use crate::sorted::SortedSet;

/// Decides the history of a set, if nothing is ever taken out of it.
pub(in crate::check) fn decide(calls: &[Call<SetAction>], members: &[u32]) -> Option<Direct> {
    if members.iter().any(|&member| matches!(calls[member as usize].action, SetAction::Remove(_))) {
        return None;
    }
    Some(match as_of(calls, members, u64::MAX) {
        Ok(order) => Direct::Order(order),
        Err(_) => Direct::Impossible(first_failure(calls, members, |until| as_of(calls, members, until))),
    })
}

/// Reads that hold the same, and the elements that the ones before them lack.
struct Group<'calls> {
    reads: Vec<u32>,
    holds: &'calls SortedSet<Value>,
}

/// Where an operation may stand. Reads have the even places, elements the odd ones.
#[derive(Clone, Copy)]
struct Placed {
    call: u32,
    invoked: u64,
    /// Later than all moments, if it did not return.
    returned: u64,
    from: u32,
    to: u32,
}

const ANYWHERE: u32 = u32::MAX;

fn as_of(calls: &[Call<SetAction>], members: &[u32], until: u64) -> AsOf {
    let begun = || members.iter().copied().filter(|&one| calls[one as usize].invoked <= until);
    let returned = |one: u32| calls[one as usize].returned.filter(|at| *at <= until);
    let groups = groups(calls, begun().filter(|&one| returned(one).is_some()))?;
    let place_of = places(&groups);
    let mut first_adds: HashMap<&Value, u32, FastState> = HashMap::default();
    for one in begun() {
        let SetAction::Add(value) = &calls[one as usize].action else { continue };
        let first = first_adds.entry(value).or_insert(one);
        if calls[one as usize].invoked < calls[*first as usize].invoked {
            *first = one;
        }
    }
    for (value, place) in elements(&groups) {
        if !first_adds.contains_key(value) {
            let reads = &groups[place as usize / 2].reads;
            let read = *reads.iter().min_by_key(|one| returned(**one)).expect("no group is empty");
            return Err((vec![read], vec![value.clone()]));
        }
    }
    let mut placed = Vec::new();
    let mut put = |call: u32, from: u32, to: u32| {
        let invoked = calls[call as usize].invoked;
        placed.push(Placed { call, invoked, returned: returned(call).unwrap_or(u64::MAX), from, to });
    };
    for (group, place) in groups.iter().zip((0..).step_by(2)) {
        group.reads.iter().for_each(|&read| put(read, place + 1, place + 1));
    }
    let end = 2 * groups.len() as u32;
    for one in begun() {
        let SetAction::Add(value) = &calls[one as usize].action else { continue };
        match place_of.get(value) {
            Some(place) if first_adds[value] == one => put(one, *place, *place),
            Some(place) if returned(one).is_some() => put(one, *place, ANYWHERE),
            None if returned(one).is_some() => put(one, end, ANYWHERE),
            _ => {}
        }
    }
    in_order(placed).map_err(|[before, after]| conflict(calls, &groups, &place_of, before, after))
}

/// The reads, grouped by what they hold, those that hold less first.
fn groups(calls: &[Call<SetAction>], members: impl Iterator<Item = u32>) -> Result<Vec<Group<'_>>, super::Core> {
    let holds = |one: u32| match &calls[one as usize].action {
        SetAction::Read(values) => Some(&**values),
        SetAction::Add(_) | SetAction::Remove(_) => None,
    };
    let mut reads: Vec<(u32, &SortedSet<Value>)> =
        members.filter_map(|one| holds(one).map(|values| (one, values))).collect();
    sort_by(&mut reads, |(_, values)| [values.iter().len() as u64, 0, 0]);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (read, holds) in reads {
        match groups.last_mut() {
            Some(latest) if latest.holds == holds => latest.reads.push(read),
            Some(latest) if missing(latest.holds, holds).is_some() => {
                return Err(incomparable(calls, [(latest.reads[0], latest.holds), (read, holds)]));
            }
            _ => groups.push(Group { reads: vec![read], holds }),
        }
    }
    Ok(groups)
}

/// What is impossible of two reads of which each holds what the other one lacks. If one came first, one element will do.
fn incomparable(calls: &[Call<SetAction>], reads: [(u32, &SortedSet<Value>); 2]) -> super::Core {
    let [(first, held), (second, holds)] = reads;
    let of_first = missing(held, holds).expect("neither holds all of the other").clone();
    let of_second = missing(holds, held).expect("neither holds all of the other").clone();
    let precedes = |one: u32, other: u32| calls[one as usize].precedes(&calls[other as usize]);
    let about = match (precedes(first, second), precedes(second, first)) {
        (true, _) => vec![of_first],
        (_, true) => vec![of_second],
        _ => vec![of_first, of_second],
    };
    (vec![first, second], about)
}

/// An element of `one` that is none of `other`.
fn missing<'set>(one: &'set SortedSet<Value>, other: &'set SortedSet<Value>) -> Option<&'set Value> {
    new_in(one, Some(other)).next()
}

/// The elements of `one` that are none of `other`. Both are sorted.
fn new_in<'set>(
    one: &'set SortedSet<Value>,
    other: Option<&'set SortedSet<Value>>,
) -> impl Iterator<Item = &'set Value> {
    let mut others = other.into_iter().flat_map(SortedSet::iter).peekable();
    one.iter().filter(move |value| {
        while others.next_if(|other| other < value).is_some() {}
        others.peek() != Some(value)
    })
}

/// Each element that was read, with its place.
fn elements<'calls>(groups: &[Group<'calls>]) -> impl Iterator<Item = (&'calls Value, u32)> {
    (0..groups.len()).flat_map(move |index| {
        let before = index.checked_sub(1).map(|before| groups[before].holds);
        new_in(groups[index].holds, before).map(move |value| (value, 2 * index as u32))
    })
}

fn places<'calls>(groups: &[Group<'calls>]) -> HashMap<&'calls Value, u32, FastState> {
    elements(groups).collect()
}

/// An order that keeps places and time; or one operation and another that began after it had returned and has to stand before it.
fn in_order(mut placed: Vec<Placed>) -> Result<Vec<u32>, [Placed; 2]> {
    sort_by(&mut placed, |one| [one.invoked, one.call.into(), 0]);
    let mut by_return: Vec<u32> = (0..placed.len() as u32).collect();
    sort_by(&mut by_return, |&one| [placed[one as usize].returned, 0, 0]);
    let mut returned = by_return.into_iter().map(|one| one as usize).peekable();
    // Of those that returned before the next one begins, the one that stands furthest back.
    let mut furthest: Option<Placed> = None;
    for index in 0..placed.len() {
        let invoked = placed[index].invoked;
        while let Some(before) = returned.next_if(|&one| placed[one].returned < invoked) {
            if furthest.is_none_or(|furthest| furthest.from < placed[before].from) {
                furthest = Some(placed[before]);
            }
        }
        let one = &mut placed[index];
        if let Some(furthest) = furthest {
            if furthest.from > one.to {
                return Err([furthest, *one]);
            }
            one.from = one.from.max(furthest.from);
        }
    }
    sort_by(&mut placed, |one| [one.from.into(), one.invoked, one.call.into()]);
    Ok(placed.into_iter().map(|one| one.call).collect())
}

/// What is impossible, if `before` returned before `after` began and has to stand after it.
fn conflict(
    calls: &[Call<SetAction>],
    groups: &[Group<'_>],
    place_of: &HashMap<&Value, u32, FastState>,
    before: Placed,
    after: Placed,
) -> super::Core {
    let [first, second] = [before, after].map(|one| &calls[one.call as usize].action);
    match (first, second) {
        (SetAction::Read(shown), SetAction::Read(later)) => {
            let lost = missing(shown, later).expect("it stands further back");
            (vec![before.call, after.call], vec![lost.clone()])
        }
        (SetAction::Read(_), SetAction::Add(value) | SetAction::Remove(value)) => {
            (vec![before.call], vec![value.clone()])
        }
        (SetAction::Add(value) | SetAction::Remove(value), SetAction::Read(_)) => {
            (vec![before.call, after.call], vec![value.clone()])
        }
        (SetAction::Add(lost) | SetAction::Remove(lost), SetAction::Add(shown) | SetAction::Remove(shown)) => {
            let without = place_of.get(lost).map_or(groups.len(), |place| *place as usize / 2);
            let mut reads = groups[..without].iter().flat_map(|group| &group.reads);
            if let Some(read) = reads.find(|read| before.returned < calls[**read as usize].invoked) {
                return (vec![before.call, *read], vec![lost.clone()]);
            }
            let read = groups[place_of[shown] as usize / 2].reads[0];
            (vec![before.call, after.call, read], vec![lost.clone(), shown.clone()])
        }
    }
}

//! A queue whose values are all different, and which nobody finds empty.
//!
//! A history is linearizable exactly if what was taken was put in, once and not too late, and for no two values `a` and `b` was `a`
//! surely put in before `b` and `b` surely taken before `a` (Henzinger, Sezgin & Vafeiadis, CONCUR 2013; Bouajjani, Emmi, Enea &
//! Hamza, ICALP 2015; in log-linear time as in Lee & Mathur 2024, arXiv 2410.04581). What is taken must have been put in by then, so
//! a value's enqueue counts as returned when its dequeue did, and its dequeue as begun when its enqueue had.
//!
//! "Surely before", of the ones or of the others, is an order of intervals, and of two of those a circle is never longer than two:
//! of `a < b` and `c < d` among intervals, `a < d` or `c < b`. So values can be put in order one by one.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::{AsOf, Direct, first_failure};
use crate::check::call::Call;
use crate::check::fast_hash::FastState;
use crate::check::sorting::sort_by;
use crate::check::spec::Value;
use crate::check::spec::queue::QueueAction;

/// When something happened that never did, or of which nobody knows that it did.
const NEVER: u64 = u64::MAX;

/// A value, put in and taken. Moments are those within which it must have happened.
struct Passage<'calls> {
    value: &'calls Value,
    enqueue: u32,
    dequeue: Option<u32>,
    put: [u64; 2],
    /// Twice never, if nobody took it; the latter, if somebody may have.
    taken: [u64; 2],
}

/// Decides the history of a queue, if its values are all different and nobody found it empty.
///
/// A dequeue of which nobody knows what it took may have taken nothing: if the history is possible without, it is possible; if it
/// is not, this can't tell.
pub(in crate::check) fn decide(calls: &[Call<QueueAction>], members: &[u32]) -> Option<Direct> {
    let mut put: HashMap<&Value, u32, FastState> = HashMap::default();
    let mut is_certain = true;
    for &member in members {
        let Call { action, returned, .. } = &calls[member as usize];
        match action {
            QueueAction::Enqueue(value) if put.insert(value, member).is_some() => return None,
            QueueAction::FoundEmpty if returned.is_some() => return None,
            QueueAction::DequeueUnknown if returned.is_some() => return None,
            QueueAction::DequeueUnknown => is_certain = false,
            QueueAction::Enqueue(_) | QueueAction::Dequeue(_) | QueueAction::FoundEmpty => {}
        }
    }
    match as_of(calls, members, NEVER) {
        Ok(order) => Some(Direct::Order(order)),
        Err(_) if !is_certain => None,
        Err(_) => Some(Direct::Impossible(first_failure(calls, members, |until| as_of(calls, members, until)))),
    }
}

/// As of a moment it is not known yet what a dequeue takes that has not returned. It is known later: it takes that, or nothing.
fn as_of(calls: &[Call<QueueAction>], members: &[u32], until: u64) -> AsOf {
    let passages = passages(calls, members, until)?;
    let sorted = sorted(&passages).map_err(|[first, second]| {
        let [first, second] = [&passages[first as usize], &passages[second as usize]];
        let operations = [first, second].into_iter().flat_map(|one| [Some(one.enqueue), one.dequeue]).flatten();
        (operations.collect(), vec![first.value.clone(), second.value.clone()])
    })?;
    Ok(merged(&passages, &sorted))
}

fn passages<'calls>(
    calls: &'calls [Call<QueueAction>],
    members: &[u32],
    until: u64,
) -> Result<Vec<Passage<'calls>>, super::Core> {
    let mut passages: Vec<Passage<'calls>> = Vec::new();
    let mut passage_of: HashMap<&Value, usize, FastState> = HashMap::default();
    let returned = |call: &Call<QueueAction>| call.returned.filter(|at| *at <= until).unwrap_or(NEVER);
    let begun = || members.iter().map(|&one| (one, &calls[one as usize])).filter(|(_, call)| call.invoked <= until);
    for (one, call) in begun() {
        if let QueueAction::Enqueue(value) = &call.action {
            passage_of.insert(value, passages.len());
            let put = [call.invoked, returned(call)];
            passages.push(Passage { value, enqueue: one, dequeue: None, put, taken: [NEVER; 2] });
        }
    }
    for (one, call) in begun() {
        let QueueAction::Dequeue(value) = &call.action else { continue };
        let is_open = returned(call) == NEVER;
        let Some(&place) = passage_of.get(value) else {
            if is_open {
                continue;
            }
            return Err((vec![one], vec![value.clone()]));
        };
        let passage = &mut passages[place];
        if let Some(other) = passage.dequeue {
            // The one that is open took nothing.
            if passage.taken[1] != NEVER && !is_open {
                return Err((vec![other, one, passage.enqueue], vec![value.clone()]));
            }
            if is_open {
                continue;
            }
        }
        (passage.dequeue, passage.taken) = (Some(one), [call.invoked, returned(call)]);
    }
    for passage in &mut passages {
        let Passage { value, enqueue, dequeue, put, taken } = passage;
        if let Some(dequeue) = *dequeue {
            if taken[1] < put[0] {
                return Err((vec![dequeue, *enqueue], vec![value.clone()]));
            }
            put[1] = put[1].min(taken[1]);
            taken[0] = taken[0].max(put[0]);
        }
    }
    // What may not have been put in, and nobody took.
    passages.retain(|passage| passage.put[1] != NEVER);
    Ok(passages)
}

/// The values in an order in which they may have been put in and taken; or two that would each have to come before the other.
fn sorted(passages: &[Passage<'_>]) -> Result<Vec<u32>, [u32; 2]> {
    let by = |key: &dyn Fn(&Passage<'_>) -> u64| {
        let mut sorted: Vec<u32> = (0..passages.len() as u32).collect();
        sort_by(&mut sorted, |&one| [key(&passages[one as usize]), 0, 0]);
        sorted.into_iter()
    };
    let of = |one: &u32| &passages[*one as usize];
    let mut is_sorted = vec![false; passages.len()];
    let mut next_put = by(&|passage| passage.put[0]).peekable();
    let (mut put_first, mut taken_first) =
        (by(&|passage| passage.put[1]).peekable(), by(&|passage| passage.taken[1]).peekable());
    // Those before which nobody else that is left was surely put in; the one whose dequeue began first on top.
    let mut candidates: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    let mut sorted = Vec::with_capacity(passages.len());
    while sorted.len() < passages.len() {
        while put_first.next_if(|one| is_sorted[*one as usize]).is_some() {}
        while taken_first.next_if(|one| is_sorted[*one as usize]).is_some() {}
        let put_by = of(put_first.peek().expect("somebody is left")).put[1];
        while let Some(one) = next_put.next_if(|one| of(one).put[0] <= put_by) {
            candidates.push(Reverse((of(&one).taken[0], one)));
        }
        let Reverse((begun, best)) = candidates.pop().expect("the first that returned had begun");
        let taken = *taken_first.peek().expect("somebody is left");
        if of(&taken).taken[1] < begun {
            return Err(conflict(passages, &is_sorted));
        }
        is_sorted[best as usize] = true;
        sorted.push(best);
    }
    Ok(sorted)
}

/// Of values that can't be put in order: one that was surely put in before another one, which was surely taken first.
fn conflict(passages: &[Passage<'_>], is_sorted: &[bool]) -> [u32; 2] {
    let left: Vec<u32> = (0..passages.len() as u32).filter(|one| !is_sorted[*one as usize]).collect();
    let (mut by_begin, mut by_return) = (left.clone(), left);
    sort_by(&mut by_begin, |&one| [passages[one as usize].put[0], 0, 0]);
    sort_by(&mut by_return, |&one| [passages[one as usize].put[1], 0, 0]);
    let mut returned = by_return.into_iter().peekable();
    // Of those that were surely put in before the next one, the one that was taken last.
    let mut latest: Option<u32> = None;
    for one in by_begin {
        let passage = &passages[one as usize];
        while let Some(before) = returned.next_if(|before| passages[*before as usize].put[1] < passage.put[0]) {
            let begun = |which: u32| passages[which as usize].taken[0];
            if latest.is_none_or(|latest| begun(latest) < begun(before)) {
                latest = Some(before);
            }
        }
        if let Some(latest) = latest
            && passage.taken[1] < passages[latest as usize].taken[0]
        {
            return [latest, one];
        }
    }
    unreachable!("a circle of two is found among those left")
}

/// All in one order, each as early as it may stand.
fn merged(passages: &[Passage<'_>], sorted: &[u32]) -> Vec<u32> {
    let mut placed: Vec<(u64, u32, u32)> = Vec::with_capacity(2 * sorted.len());
    let (mut put, mut taken, mut is_blocked) = (0, 0, false);
    for (place, one) in (0..).zip(sorted) {
        let passage = &passages[*one as usize];
        put = put.max(passage.put[0]);
        placed.push((put, 2 * place, passage.enqueue));
        // Behind what nobody took, nobody is known to have taken anything.
        is_blocked |= passage.dequeue.is_none();
        if let Some(dequeue) = passage.dequeue.filter(|_| !is_blocked) {
            taken = put.max(taken).max(passage.taken[0]);
            placed.push((taken, 2 * place + 1, dequeue));
        }
    }
    // At the same moment those come first that were put in first; a value is taken after it was put in.
    sort_by(&mut placed, |&(at, place, _)| [at, place.into(), 0]);
    placed.into_iter().map(|(.., call)| call).collect()
}

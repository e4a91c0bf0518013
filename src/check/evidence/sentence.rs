//! Why something is impossible, in a sentence.

use super::{ATTEMPT, ATTEMPT_BYTES, Evidence};
use crate::check::call::{Call, Order};
use crate::check::search::{DeadEnd, Found, Search};
use crate::check::spec::{Sight, Spec};

/// One sentence on why the evidence is impossible. `name` names an operation: "read 3 by process 2 (lines 4–5)".
pub fn sentence<S: Spec>(
    spec: &S,
    calls: &[Call<S::Action>],
    evidence: &Evidence,
    name: &dyn Fn(u32) -> String,
) -> String {
    let part: Vec<Call<S::Action>>;
    let calls = if evidence.about.is_empty() {
        calls
    } else {
        part = super::part(spec, calls, &evidence.about);
        &part
    };
    let operations = &evidence.operations;
    let kept = match evidence.order {
        Order::OfTime => "the order of time",
        Order::OfProcess => "everybody's own order",
    };
    if let [alone] = operations[..] {
        return format!("{} is impossible by itself: nothing in the history could have led to it.", name(alone));
    }
    if evidence.order == Order::OfTime
        && let Some((read, write, older)) = stale_read(spec, calls, operations)
    {
        let (read, write) = (name(read), name(write));
        return match older {
            Some(older) => {
                format!(
                    "{read} began after {write} had returned, and misses it. The latest that it shows is {}.",
                    name(older)
                )
            }
            None => format!("{read} began after {write} had returned, and misses it."),
        };
    }
    let mut search = Search::new(spec, calls, operations, evidence.order);
    let Some(Found::Nothing(DeadEnd { longest, .. })) = search.advance(spec, ATTEMPT, ATTEMPT_BYTES) else {
        let count = operations.len();
        return format!("No order of these {count} operations keeps {kept} and explains all results.");
    };
    let mut state = spec.initial();
    for &one in &longest {
        state = spec.step(&state, &calls[one as usize].action).expect("the search took this step");
    }
    let missing = operations.iter().filter(|one| !longest.contains(one));
    let stuck = missing.min_by_key(|one| calls[**one as usize].returned.unwrap_or(u64::MAX)).expect("no order has all");
    let shown = longest.len().saturating_sub(4);
    let mut order: Vec<String> = longest[shown..].iter().map(|&one| name(one)).collect();
    if shown > 0 {
        order.insert(0, format!("{shown} of them"));
    }
    let so_far = if order.is_empty() { "At first".to_owned() } else { format!("After {}", order.join(", then ")) };
    format!(
        "No order that keeps {kept} explains all {} results. {so_far}, {}, and {} can't come next; other orders get no \
         further.",
        operations.len(),
        spec.show(&state),
        name(*stuck)
    )
}

/// A read that began after a write had returned and shows nothing of it, though nothing else can explain that; and the
/// latest of the older writes that it does show.
fn stale_read<S: Spec>(spec: &S, calls: &[Call<S::Action>], operations: &[u32]) -> Option<(u32, u32, Option<u32>)> {
    let call = |one: u32| &calls[one as usize];
    let reads = operations.iter().copied().filter(|&one| spec.is_read(&call(one).action));
    for read in reads {
        let (seen, unseen): (Vec<u32>, Vec<u32>) = operations
            .iter()
            .copied()
            .filter(|&one| one != read && !spec.is_read(&call(one).action))
            .partition(|&one| spec.sight(&call(read).action, &call(one).action) != Sight::Nothing);
        let is_newer = |&write: &u32| {
            call(write).precedes(call(read)) && seen.iter().all(|&older| call(older).precedes(call(write)))
        };
        if let Some(write) = unseen.iter().copied().find(is_newer)
            && operations.len() == seen.len() + 2
        {
            return Some((read, write, seen.last().copied()));
        }
    }
    None
}

/// A result of the evidence that shows what an operation did which failed, as far as nothing else explains it: that result, and
/// which of the `failed` ones. Those are given as if they had taken effect.
pub fn aborted<S: Spec>(
    spec: &S,
    calls: &[Call<S::Action>],
    failed: &[Call<S::Action>],
    evidence: &Evidence,
) -> Option<(u32, u32)> {
    let as_far = |action: &S::Action| match &evidence.about[..] {
        [] => Some(action.clone()),
        about => spec.restricted(action, about),
    };
    let shows = |reader: &S::Action, writer: &S::Action| {
        as_far(writer).is_some_and(|writer| spec.sight(reader, &writer) == Sight::Value)
    };
    evidence.decisive.iter().find_map(|&reader| {
        let Call { action, object, returned, .. } = &calls[reader as usize];
        let action = as_far(action)?;
        let is_explained = evidence.operations.iter().any(|&other| shows(&action, &calls[other as usize].action));
        let is_shown = |one: &&Call<S::Action>| {
            one.object == *object && returned.is_none_or(|at| one.invoked <= at) && shows(&action, &one.action)
        };
        let position = failed.iter().position(|one| is_shown(&one)).filter(|_| !is_explained)?;
        Some((reader, position as u32))
    })
}

/// One sentence on a result that shows what an operation did which failed; both are named as in [`sentence`].
pub fn aborted_sentence(reader: &str, failed: &str) -> String {
    format!("{reader} shows what {failed} did, which failed: it should never have taken effect.")
}

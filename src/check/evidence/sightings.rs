//! What operations may have seen of each other.

use super::Evidence;
use crate::check::call::{Call, Order};
use crate::check::sorting::sort_by;
use crate::check::spec::{Sight, Spec};

/// `kept`, and what it may have seen of `others`, and what that may have seen; by invocation.
pub(super) fn with_seen<S: Spec>(
    spec: &S,
    calls: &[Call<S::Action>],
    order: Order,
    mut kept: Vec<u32>,
    mut others: Vec<u32>,
) -> Vec<u32> {
    while !others.is_empty() {
        let sightings = Sightings::new(spec, calls, &kept, order);
        let (back, left): (Vec<u32>, Vec<u32>) = others.iter().partition(|writer| sightings.includes(**writer));
        if back.is_empty() {
            break;
        }
        kept.extend(back);
        others = left;
    }
    sort_by(&mut kept, |&position| [calls[position as usize].invoked, position.into(), 0]);
    kept
}

/// The operations of an impossible set that are not there just because another one saw them; all of them, if each was seen.
pub(super) fn decisive<S: Spec>(spec: &S, calls: &[Call<S::Action>], evidence: &Evidence) -> Vec<u32> {
    let Evidence { operations, order, .. } = evidence;
    let is_seen = |one: &u32| {
        let rest: Vec<u32> = operations.iter().copied().filter(|other| other != one).collect();
        Sightings::new(spec, calls, &rest, *order).includes(*one)
    };
    let decisive: Vec<u32> = operations.iter().copied().filter(|one| !is_seen(one)).collect();
    if decisive.is_empty() { operations.clone() } else { decisive }
}

/// What the operations of a set may have seen: an operation may owe its result to a write that began before it returned,
/// unless that was surely overwritten, before it began, by another one that it may have seen just as well. Where the order of
/// time need not be kept, it may owe it to any write.
pub struct Sightings<'set, S: Spec> {
    spec: &'set S,
    calls: &'set [Call<S::Action>],
    kept: &'set [u32],
    order: Order,
    /// What returned before this moment came before all of the set, and does not matter: the first of it found the object as it
    /// was at first.
    begins: u64,
    /// By operation of the set: what began later, it did not see. For one of unknown fate: when the last one that may have
    /// seen it returned, for it need not take effect later.
    deadlines: Vec<Option<u64>>,
}

impl<'set, S: Spec> Sightings<'set, S> {
    /// Of the operations `kept`, of which `order` has to be kept.
    pub fn new(spec: &'set S, calls: &'set [Call<S::Action>], kept: &'set [u32], order: Order) -> Self {
        let returned = |&one: &u32| match order {
            Order::OfTime => calls[one as usize].returned,
            Order::OfProcess => Some(u64::MAX),
        };
        let deadlines: Vec<Option<u64>> = kept.iter().map(returned).collect();
        let mut changed = deadlines.contains(&None);
        let begins = match order {
            Order::OfTime => begins_fresh(spec, calls, kept).unwrap_or(0),
            Order::OfProcess => 0,
        };
        let mut sightings = Self { spec, calls, kept, order, begins, deadlines };
        while changed {
            changed = false;
            for (position, &one) in kept.iter().enumerate().filter(|(_, one)| calls[**one as usize].returned.is_none())
            {
                let deadline = sightings.last_seen(one);
                changed |= deadline > sightings.deadlines[position];
                sightings.deadlines[position] = deadline;
            }
        }
        sightings
    }

    /// Whether one of the set, other than itself, may have seen `writer`.
    pub fn includes(&self, writer: u32) -> bool {
        self.seen_by(writer).next().is_some()
    }

    /// When the last one that may have seen `writer` returned.
    fn last_seen(&self, writer: u32) -> Option<u64> {
        self.seen_by(writer).max()
    }

    /// When those returned that may have seen `writer`.
    fn seen_by(&self, writer: u32) -> impl Iterator<Item = u64> + '_ {
        self.kept.iter().zip(&self.deadlines).filter_map(move |(&reader, &deadline)| {
            let deadline = deadline?;
            (reader != writer && self.may_have_seen(reader, deadline, writer)).then_some(deadline)
        })
    }

    fn may_have_seen(&self, reader: u32, deadline: u64, writer: u32) -> bool {
        let (reads, writes) = (&self.calls[reader as usize], &self.calls[writer as usize]);
        if deadline < writes.invoked || writes.returned.is_some_and(|returned| returned < self.begins) {
            return false;
        }
        let sight = self.spec.sight(&reads.action, &writes.action);
        if sight == Sight::Nothing {
            return false;
        }
        let as_good = |action: &S::Action| self.spec.sight(&reads.action, action) == sight;
        // Most are not between the two: to ask that first is cheap.
        let overwrites = |other: &Call<S::Action>| {
            writes.precedes(other)
                && other.precedes(reads)
                && self.spec.overwrites(&other.action)
                && as_good(&other.action)
        };
        let is_overwritten = self.order == Order::OfTime
            && writes.precedes(reads)
            && self.kept.iter().any(|&other| overwrites(&self.calls[other as usize]));
        !is_overwritten
    }
}

/// When the first of these began, if whichever takes effect first can only have found the object as it was at first.
pub(super) fn begins_fresh<S: Spec>(spec: &S, calls: &[Call<S::Action>], kept: &[u32]) -> Option<u64> {
    let all = || kept.iter().map(|&one| &calls[one as usize]);
    let deadline = all().filter_map(|call| call.returned).min()?;
    let is_fresh = all().filter(|call| call.invoked <= deadline).all(|call| spec.is_fresh(&call.action));
    all().map(|call| call.invoked).min().filter(|_| is_fresh)
}

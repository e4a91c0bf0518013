//! Evidence against a history that a person can read.
//!
//! Operations are taken away for as long as the rest stays impossible (delta debugging: Zeller & Hildebrandt 2002). What must
//! stay is what a remaining operation may have seen: without the write of 3, a read of 3 would be impossible by itself, which
//! proves nothing about the whole history. So whatever is impossible here was impossible in the history.
//!
//! The search for it starts from the operations that began last before the history became impossible: mostly a few of them,
//! with what they saw, are enough.
//!
//! Left out: the smallest set of all. This one is minimal: take any one more away, and the rest becomes possible.

use super::call::{Call, Order};
use super::search::{DeadEnd, Found, Search};
use super::sorting::sort_by;
use super::spec::{Sight, Spec};

/// How many configurations one attempt to take something away may look at. If that is too few, it stays.
const ATTEMPT: u64 = 200_000;
/// How many of the latest operations are tried first, and how many times as many next.
const LATEST: usize = 4;
const MORE: usize = 4;
/// Into how many parts that are taken away together is divided what could not be taken away as a whole.
const FEWER: usize = 4;
/// So many questions whether one operation may have seen another one count as one configuration.
const QUESTIONS: usize = 64;

/// Why a history is impossible. Operations are positions in what was checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// A set of operations on one object that is already impossible, by invocation.
    pub operations: Vec<u32>,
    /// Those of them that make the case: all that are not there just because another one saw them. Of a stale read and the
    /// twenty posts that it shows, it is the read and the post that it misses.
    pub decisive: Vec<u32>,
    /// Which order these operations can't have.
    pub order: Order,
    /// Whether taking any one of them away, other than what a remaining one saw, makes the rest possible. It does, unless the
    /// search for a smaller set was too long.
    pub minimal: bool,
    /// The history is impossible already as of this moment.
    pub by: u64,
    /// The longest order of that object's operations that was found.
    pub longest: Vec<u32>,
}

/// The search for a small impossible set, under way.
pub(super) struct Shrink<S: Spec> {
    evidence: Evidence,
    /// All that is impossible, and what else there is, until a part of it is found to start from.
    whole: Option<(Vec<u32>, Vec<u32>)>,
    /// How many to take away at once, and from where on. Until there is something to take away from: how many were tried.
    chunk: usize,
    at: usize,
    /// Whether something went away in this pass.
    went: bool,
    /// A smaller set that may still be impossible, and the search for an order of it.
    attempt: Option<(Vec<u32>, Search<S>)>,
}

impl<S: Spec> Shrink<S> {
    /// Starts from `impossible`, which is, and from what it may have seen of `others`.
    pub(super) fn new(
        calls: &[Call<S::Action>],
        order: Order,
        mut impossible: Vec<u32>,
        others: Vec<u32>,
        dead_end: DeadEnd,
    ) -> Self {
        let DeadEnd { by, longest } = dead_end;
        sort_by(&mut impossible, |&position| [calls[position as usize].invoked, position.into(), 0]);
        let evidence = Evidence { order, minimal: true, by, longest, ..Evidence::default() };
        Self { evidence, whole: Some((impossible, others)), chunk: 0, at: 0, went: false, attempt: None }
    }

    /// Goes on for about `budget` configurations. Returns how many it looked at.
    pub(super) fn advance(&mut self, spec: &S, calls: &[Call<S::Action>], budget: u64) -> (Option<Evidence>, u64) {
        let mut spent = 0;
        while spent < budget {
            let Some((kept, search)) = &mut self.attempt else {
                spent += 1;
                let is_over = if self.whole.is_some() {
                    spent += self.next_start(spec, calls);
                    false
                } else {
                    spent += (self.evidence.operations.len().pow(2) / QUESTIONS) as u64;
                    !self.next_attempt(spec, calls)
                };
                if is_over {
                    self.evidence.decisive = decisive(spec, calls, &self.evidence);
                    return (Some(std::mem::take(&mut self.evidence)), spent);
                }
                continue;
            };
            let before = search.explored();
            let found = search.advance(spec, (budget - spent).min(ATTEMPT));
            spent += search.explored() - before;
            let impossible = matches!(found, Some(Found::Nothing(_)));
            if found.is_none() && search.explored() < ATTEMPT {
                continue;
            }
            if impossible {
                let kept = std::mem::take(kept);
                self.went = true;
                if self.whole.take().is_some() {
                    (self.chunk, self.went) = (kept.len().div_ceil(2), false);
                }
                self.evidence.operations = kept;
            } else if self.whole.is_none() {
                self.evidence.minimal &= found.is_some();
                self.at += self.chunk;
            }
            self.attempt = None;
        }
        (None, spent)
    }

    /// What there is if nobody goes on: impossible, but not known to be minimal.
    pub(super) fn so_far(&self) -> Evidence {
        let operations = match &self.whole {
            Some((impossible, _)) => impossible.clone(),
            None => self.evidence.operations.clone(),
        };
        Evidence { decisive: operations.clone(), operations, minimal: false, ..self.evidence.clone() }
    }

    /// Tries more of the latest operations to start from, or takes all. Returns what that cost.
    fn next_start(&mut self, spec: &S, calls: &[Call<S::Action>]) -> u64 {
        let Some((impossible, others)) = &mut self.whole else { unreachable!("asked before") };
        self.chunk = if self.chunk == 0 { LATEST } else { self.chunk * MORE };
        let order = self.evidence.order;
        let cost = |kept: usize, of: usize| (kept * of / QUESTIONS) as u64;
        let all = impossible.len() + others.len();
        if self.chunk * 2 < impossible.len() {
            let (earlier, latest) = impossible.split_at(impossible.len() - self.chunk);
            let kept = with_seen(spec, calls, order, latest.to_vec(), [earlier, others].concat());
            let cost = cost(kept.len(), all);
            self.attempt = Some((kept.clone(), Search::new(spec, calls, &kept, order)));
            return cost;
        }
        let cost = cost(impossible.len(), others.len());
        let (impossible, others) = self.whole.take().expect("asked before");
        self.evidence.operations = with_seen(spec, calls, order, impossible, others);
        self.chunk = self.evidence.operations.len().div_ceil(2);
        cost
    }

    /// Finds the next smaller set to try; false if all were tried.
    fn next_attempt(&mut self, spec: &S, calls: &[Call<S::Action>]) -> bool {
        loop {
            let operations = &self.evidence.operations;
            if self.at >= operations.len() {
                if self.chunk <= 1 && !self.went {
                    return false;
                }
                // What could not go by itself may go now that another one went.
                self.chunk = if self.chunk > 1 { self.chunk.div_ceil(FEWER) } else { 1 };
                (self.at, self.went, self.evidence.minimal) = (0, false, true);
                continue;
            }
            let end = (self.at + self.chunk).min(operations.len());
            // The latest first: it is mostly the early ones that the others build on.
            let (low, high) = (operations.len() - end, operations.len() - self.at);
            let rest = [&operations[..low], &operations[high..]].concat();
            let order = self.evidence.order;
            let kept = with_seen(spec, calls, order, rest, operations[low..high].to_vec());
            if kept.len() < operations.len() && !kept.is_empty() {
                self.attempt = Some((kept.clone(), Search::new(spec, calls, &kept, order)));
                return true;
            }
            self.at = end;
        }
    }
}

/// `kept`, and what it may have seen of `others`, and what that may have seen; by invocation.
fn with_seen<S: Spec>(
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
fn decisive<S: Spec>(spec: &S, calls: &[Call<S::Action>], evidence: &Evidence) -> Vec<u32> {
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
        let mut sightings = Self { spec, calls, kept, order, deadlines };
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
        if deadline < writes.invoked {
            return false;
        }
        let sight = self.spec.sight(&reads.action, &writes.action);
        if sight == Sight::Nothing {
            return false;
        }
        let as_good =
            |action: &S::Action| sight == Sight::Latest || self.spec.sight(&reads.action, action) == Sight::Value;
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

/// One sentence on why the evidence is impossible. `name` names an operation: "read 3 by process 2 (lines 4–5)".
pub fn sentence<S: Spec>(
    spec: &S,
    calls: &[Call<S::Action>],
    evidence: &Evidence,
    name: &dyn Fn(u32) -> String,
) -> String {
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
                format!("{read} began after {write} had returned, yet shows {}, which is older.", name(older))
            }
            None => format!("{read} began after {write} had returned, yet shows nothing of it."),
        };
    }
    let mut search = Search::new(spec, calls, operations, evidence.order);
    let Some(Found::Nothing(DeadEnd { longest, .. })) = search.advance(spec, ATTEMPT) else {
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

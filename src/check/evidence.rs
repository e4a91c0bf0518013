//! Evidence against a history that a person can read.
//!
//! Operations are taken away for as long as the rest stays impossible (delta debugging: Zeller & Hildebrandt 2002). What must
//! stay is what a remaining operation may have seen: without the write of 3, a read of 3 would be impossible by itself, which
//! proves nothing about the whole history. So whatever is impossible here was impossible in the history.
//!
//! Left out: the smallest set of all. This one is minimal: take any one more away, and the rest becomes possible.

use super::call::Call;
use super::search::{DeadEnd, Found, Search};
use super::spec::{Sight, Spec};

/// How many configurations one attempt to take something away may look at. If that is too few, it stays.
const ATTEMPT: u64 = 200_000;

/// Why a history is impossible. Operations are positions in what was checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evidence {
    /// A set of operations on one object that is already impossible, by invocation.
    pub operations: Vec<u32>,
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
    /// How many to take away at once, and from where on.
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
        spec: &S,
        calls: &[Call<S::Action>],
        impossible: Vec<u32>,
        others: Vec<u32>,
        dead_end: DeadEnd,
    ) -> Self {
        let operations = with_seen(spec, calls, impossible, others);
        let chunk = operations.len().div_ceil(2);
        let DeadEnd { by, longest } = dead_end;
        let evidence = Evidence { operations, minimal: true, by, longest };
        Self { evidence, chunk, at: 0, went: false, attempt: None }
    }

    /// Goes on for about `budget` configurations. Returns how many it looked at.
    pub(super) fn advance(&mut self, spec: &S, calls: &[Call<S::Action>], budget: u64) -> (Option<Evidence>, u64) {
        let mut spent = 0;
        while spent < budget {
            let Some((kept, search)) = &mut self.attempt else {
                spent += 1;
                if !self.next_attempt(spec, calls) {
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
                self.evidence.operations = std::mem::take(kept);
                self.went = true;
            } else {
                self.evidence.minimal &= found.is_some();
                self.at += self.chunk;
            }
            self.attempt = None;
        }
        (None, spent)
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
                self.chunk = if self.chunk > 1 { self.chunk.div_ceil(2) } else { 1 };
                (self.at, self.went, self.evidence.minimal) = (0, false, true);
                continue;
            }
            let end = (self.at + self.chunk).min(operations.len());
            // The latest first: it is mostly the early ones that the others build on.
            let (low, high) = (operations.len() - end, operations.len() - self.at);
            let rest = [&operations[..low], &operations[high..]].concat();
            let kept = with_seen(spec, calls, rest, operations[low..high].to_vec());
            if kept.len() < operations.len() && !kept.is_empty() {
                self.attempt = Some((kept.clone(), Search::new(spec, calls, &kept)));
                return true;
            }
            self.at = end;
        }
    }
}

/// `kept`, and what it may have seen of `others`, and what that may have seen; by invocation.
fn with_seen<S: Spec>(spec: &S, calls: &[Call<S::Action>], mut kept: Vec<u32>, mut others: Vec<u32>) -> Vec<u32> {
    while !others.is_empty() {
        let sightings = Sightings::new(spec, calls, &kept);
        let (back, left): (Vec<u32>, Vec<u32>) = others.iter().partition(|writer| sightings.includes(**writer));
        if back.is_empty() {
            break;
        }
        kept.extend(back);
        others = left;
    }
    kept.sort_by_key(|&position| (calls[position as usize].invoked, position));
    kept
}

/// What the operations of a set may have seen: an operation may owe its result to a write that began before it returned,
/// unless that was surely overwritten, before it began, by another one that it may have seen just as well.
pub struct Sightings<'set, S: Spec> {
    spec: &'set S,
    calls: &'set [Call<S::Action>],
    kept: &'set [u32],
    /// By operation of the set: what began later, it did not see. For one of unknown fate: when the last one that may have
    /// seen it returned, for it need not take effect later.
    deadlines: Vec<Option<u64>>,
}

impl<'set, S: Spec> Sightings<'set, S> {
    /// Of the operations `kept`.
    pub fn new(spec: &'set S, calls: &'set [Call<S::Action>], kept: &'set [u32]) -> Self {
        let deadlines = kept.iter().map(|&one| calls[one as usize].returned).collect();
        let mut sightings = Self { spec, calls, kept, deadlines };
        let mut changed = true;
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
        self.last_seen(writer).is_some()
    }

    /// When the last one that may have seen `writer` returned.
    fn last_seen(&self, writer: u32) -> Option<u64> {
        let by = |(position, &reader): (usize, &u32)| {
            let deadline = self.deadlines[position]?;
            (reader != writer && self.may_have_seen(reader, deadline, writer)).then_some(deadline)
        };
        self.kept.iter().enumerate().filter_map(by).max()
    }

    fn may_have_seen(&self, reader: u32, deadline: u64, writer: u32) -> bool {
        let (reads, writes) = (&self.calls[reader as usize], &self.calls[writer as usize]);
        let sight = self.spec.sight(&reads.action, &writes.action);
        if sight == Sight::Nothing || deadline < writes.invoked {
            return false;
        }
        let is_overwritten = self.kept.iter().map(|&other| &self.calls[other as usize]).any(|other| {
            let as_good = sight == Sight::Latest || self.spec.sight(&reads.action, &other.action) == Sight::Value;
            as_good && self.spec.overwrites(&other.action) && writes.precedes(other) && other.precedes(reads)
        });
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
    if let [alone] = operations[..] {
        return format!("{} is impossible by itself: nothing in the history could have led to it.", name(alone));
    }
    if let Some((read, write, older)) = stale_read(spec, calls, operations) {
        let (read, write) = (name(read), name(write));
        return match older {
            Some(older) => {
                format!("{read} began after {write} had returned, yet shows the older {}.", name(older))
            }
            None => format!("{read} began after {write} had returned, yet shows nothing of it."),
        };
    }
    let mut search = Search::new(spec, calls, operations);
    let Some(Found::Nothing(DeadEnd { longest, .. })) = search.advance(spec, ATTEMPT) else {
        return format!(
            "No order of these {} operations keeps the order of time and explains all results.",
            operations.len()
        );
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
        "No order explains all {} results. {so_far}, {}, and {} can't come next; other orders get no further.",
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

//! Evidence against a history that a person can read.
//!
//! Operations are taken away for as long as the rest stays impossible (delta debugging: Zeller & Hildebrandt 2002). What must
//! stay is what a remaining operation may have seen: without the write of 3, a read of 3 would be impossible by itself, which
//! proves nothing about the whole history. So whatever is impossible here was impossible in the history.
//!
//! Of an object whose elements can be told apart, elements go first: as far as some of them go, its history must be possible too.
//! So a read of ten thousand elements becomes one that lacks the one that matters, and needs no writes of the others.
//!
//! The search for it starts from the operations that began last before the history became impossible: mostly a few of them,
//! with what they saw, are enough.
//!
//! Left out: the smallest set of all. This one is minimal: take any one more away, and the rest becomes possible.

mod sentence;
mod sightings;

pub use self::sentence::{aborted, aborted_sentence, sentence};
pub use self::sightings::Sightings;
use self::sightings::{begins_fresh, decisive, with_seen};
use super::call::{Call, Order};
use super::search::{DeadEnd, Found, Search};
use super::sorting::sort_by;
use super::spec::{Spec, Value};

/// How many configurations one attempt to take something away may look at. If that is too few, it stays.
const ATTEMPT: u64 = 200_000;
/// What one attempt may take in memory, in bytes.
const ATTEMPT_BYTES: usize = 64 << 20;
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
    /// They are impossible already as far as they are about these elements ([`Spec::restricted`]); all of them, if there are none.
    pub about: Vec<Value>,
    /// Which order these operations can't have.
    pub order: Order,
    /// Whether taking any one of them away, other than what a remaining one saw, makes the rest possible, or no smaller for what
    /// it saw then. It does, unless the search for a smaller set was too long.
    pub minimal: bool,
    /// The history is impossible already as of this moment.
    pub by: u64,
    /// The longest order of that object's operations that was found.
    pub longest: Vec<u32>,
}

/// The operations as far as they are about some elements, if that is not all of them. Those that are not about any stay as they
/// are.
fn part<S: Spec>(spec: &S, calls: &[Call<S::Action>], about: &[Value]) -> Vec<Call<S::Action>> {
    let restricted = |call: &Call<S::Action>| {
        let action = spec.restricted(&call.action, about).unwrap_or_else(|| call.action.clone());
        Call { action, ..*call }
    };
    calls.iter().map(restricted).collect()
}

/// Those of `operations` that are about some elements.
fn concerned<S: Spec>(spec: &S, calls: &[Call<S::Action>], operations: &[u32], about: &[Value]) -> Vec<u32> {
    let is_concerned = |one: &u32| spec.restricted(&calls[*one as usize].action, about).is_some();
    operations.iter().copied().filter(is_concerned).collect()
}

/// Whether each that changed the object tells which elements it changed, or need not have happened.
fn is_told_apart<S: Spec>(spec: &S, calls: &[Call<S::Action>], operations: &[u32]) -> bool {
    operations.iter().all(|&one| {
        let Call { action, returned, .. } = &calls[one as usize];
        returned.is_none() || spec.is_read(action) || spec.restricted(action, &[]).is_none()
    })
}

/// The elements of all these.
fn elements<S: Spec>(spec: &S, calls: &[Call<S::Action>], operations: &[u32]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for &one in operations {
        all.extend(spec.elements(&calls[one as usize].action).into_iter().cloned());
        // Whole reads hold the same again and again.
        if all.len() > 2 * operations.len() {
            all.sort_unstable();
            all.dedup();
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// How much is taken away at once, and from where on.
#[derive(Default)]
struct Pass {
    chunk: usize,
    at: usize,
    /// Whether something went away in this pass.
    went: bool,
}

impl Pass {
    fn over(count: usize) -> Self {
        Self { chunk: count.div_ceil(2), ..Self::default() }
    }

    /// What to take away next of so many, if not all was tried; true besides if a new pass begins.
    fn next(&mut self, count: usize) -> Option<(std::ops::Range<usize>, bool)> {
        let is_new = self.at >= count;
        if is_new {
            if self.chunk <= 1 && !self.went {
                return None;
            }
            // What could not go by itself may go now that another one went.
            self.chunk = if self.chunk > 1 { self.chunk.div_ceil(FEWER) } else { 1 };
            (self.at, self.went) = (0, false);
        }
        let end = (self.at + self.chunk).min(count);
        // The latest first: it is mostly the early ones that the others build on.
        Some((count - end..count - self.at, is_new))
    }

    fn take_away(&mut self) {
        self.went = true;
    }

    fn keep(&mut self) {
        self.at += self.chunk;
    }
}

/// Elements are being taken away.
struct Elements<S: Spec> {
    left: Vec<Value>,
    pass: Pass,
    /// Fewer of them, and the search for an order as far as those go.
    attempt: Option<(Vec<Value>, Search<S>)>,
}

/// The search for a small impossible set, under way.
pub(super) struct Shrink<S: Spec> {
    evidence: Evidence,
    elements: Option<Elements<S>>,
    /// The history as far as the evidence is about it, if that is not all.
    part: Option<Vec<Call<S::Action>>>,
    /// All operations that it may be about.
    all: Vec<u32>,
    /// All that is impossible, and what else there is, until a part of it is found to start from.
    whole: Option<(Vec<u32>, Vec<u32>)>,
    /// Until there is something to take away from, its chunk is how many were tried.
    pass: Pass,
    /// A smaller set that may still be impossible, and the search for an order of it.
    attempt: Option<(Vec<u32>, Search<S>)>,
}

impl<S: Spec> Shrink<S> {
    /// Starts from `impossible`, which is, and from what it may have seen of `others`.
    pub(super) fn new(
        spec: &S,
        calls: &[Call<S::Action>],
        order: Order,
        impossible: Vec<u32>,
        others: Vec<u32>,
        dead_end: DeadEnd,
    ) -> Self {
        let all = if is_told_apart(spec, calls, &impossible) && is_told_apart(spec, calls, &others) {
            elements(spec, calls, &impossible)
        } else {
            Vec::new()
        };
        let mut shrink = Self::about(spec, calls, order, impossible, others, dead_end, Vec::new());
        shrink.elements = (all.len() > 1).then(|| Elements { pass: Pass::over(all.len()), left: all, attempt: None });
        shrink
    }

    /// As [`Shrink::new`], of what is impossible already as far as it is about some elements; all, if there are none.
    pub(super) fn about(
        spec: &S,
        calls: &[Call<S::Action>],
        order: Order,
        mut impossible: Vec<u32>,
        others: Vec<u32>,
        dead_end: DeadEnd,
        about: Vec<Value>,
    ) -> Self {
        let DeadEnd { by, longest } = dead_end;
        sort_by(&mut impossible, |&position| [calls[position as usize].invoked, position.into(), 0]);
        let evidence = Evidence { order, minimal: true, by, longest, ..Evidence::default() };
        let (part, elements, pass, attempt) = (None, None, Pass::default(), None);
        let all = [&impossible[..], &others].concat();
        let mut shrink = Self { evidence, elements, part, all, whole: Some((impossible, others)), pass, attempt };
        if !about.is_empty() {
            shrink.restrict(spec, calls, about);
        }
        shrink
    }

    /// From here on, it is all about these elements.
    fn restrict(&mut self, spec: &S, calls: &[Call<S::Action>], about: Vec<Value>) {
        if let Some((impossible, others)) = &mut self.whole {
            *impossible = concerned(spec, calls, impossible, &about);
            *others = concerned(spec, calls, others, &about);
        }
        self.all = concerned(spec, calls, &self.all, &about);
        self.part = Some(part(spec, calls, &about));
        self.evidence.about = about;
    }

    /// Goes on for about `budget` configurations. Returns how many it looked at.
    pub(super) fn advance(&mut self, spec: &S, calls: &[Call<S::Action>], budget: u64) -> (Option<Evidence>, u64) {
        let mut spent = self.take_elements_away(spec, calls, budget);
        if self.elements.is_some() {
            return (None, spent);
        }
        let part = self.part.take();
        let found = self.take_operations_away(spec, part.as_deref().unwrap_or(calls), budget, &mut spent);
        self.part = part;
        (found, spent)
    }

    fn take_elements_away(&mut self, spec: &S, calls: &[Call<S::Action>], budget: u64) -> u64 {
        let (Some(elements), Some((impossible, others))) = (&mut self.elements, &self.whole) else { return 0 };
        let mut spent = 0;
        while spent < budget {
            let Some((kept, search)) = &mut elements.attempt else {
                let Some((gone, _)) = elements.pass.next(elements.left.len()) else {
                    let about = std::mem::take(&mut elements.left);
                    // As far as these go, it may become impossible later than as a whole.
                    self.whole = Some(([&impossible[..], others].concat(), Vec::new()));
                    self.elements = None;
                    self.restrict(spec, calls, about);
                    return spent;
                };
                let kept = [&elements.left[..gone.start], &elements.left[gone.end..]].concat();
                let all = concerned(spec, calls, &[&impossible[..], others].concat(), &kept);
                spent += 1 + (all.len() / QUESTIONS) as u64;
                let search = Search::new(spec, &part(spec, calls, &kept), &all, self.evidence.order);
                elements.attempt = Some((kept, search));
                continue;
            };
            let before = search.explored();
            let found = search.advance(spec, (budget - spent).min(ATTEMPT), ATTEMPT_BYTES);
            spent += search.explored() - before;
            if found.is_none() && search.explored() < ATTEMPT {
                continue;
            }
            if matches!(found, Some(Found::Nothing(_))) && !kept.is_empty() {
                elements.left = std::mem::take(kept);
                elements.pass.take_away();
            } else {
                elements.pass.keep();
            }
            elements.attempt = None;
        }
        spent
    }

    fn take_operations_away(
        &mut self,
        spec: &S,
        calls: &[Call<S::Action>],
        budget: u64,
        spent: &mut u64,
    ) -> Option<Evidence> {
        while *spent < budget {
            let Some((kept, search)) = &mut self.attempt else {
                *spent += 1;
                let is_over = if self.whole.is_some() {
                    *spent += self.next_start(spec, calls);
                    false
                } else {
                    *spent += (self.evidence.operations.len().pow(2) / QUESTIONS) as u64;
                    !self.next_attempt(spec, calls)
                };
                if is_over {
                    self.evidence.decisive = decisive(spec, calls, &self.evidence);
                    return Some(std::mem::take(&mut self.evidence));
                }
                continue;
            };
            let before = search.explored();
            let found = search.advance(spec, (budget - *spent).min(ATTEMPT), ATTEMPT_BYTES);
            *spent += search.explored() - before;
            if found.is_none() && search.explored() < ATTEMPT {
                continue;
            }
            if matches!(found, Some(Found::Nothing(_))) {
                let kept = std::mem::take(kept);
                self.pass.take_away();
                if self.whole.take().is_some() {
                    self.pass = Pass::over(kept.len());
                }
                self.evidence.operations = kept;
            } else if self.whole.is_none() {
                self.evidence.minimal &= matches!(found, Some(Found::Order(_)));
                self.pass.keep();
            }
            self.attempt = None;
        }
        None
    }

    /// What there is if nobody goes on: impossible, but not known to be minimal.
    pub(super) fn so_far(&self) -> Evidence {
        let operations = match &self.whole {
            Some((impossible, _)) => impossible.clone(),
            None => self.evidence.operations.clone(),
        };
        let about = self.elements.as_ref().map_or(&self.evidence.about, |elements| &elements.left).clone();
        Evidence { decisive: operations.clone(), operations, about, minimal: false, ..self.evidence.clone() }
    }

    /// Tries more of the latest operations to start from, or takes all. Returns what that cost.
    fn next_start(&mut self, spec: &S, calls: &[Call<S::Action>]) -> u64 {
        let Some((impossible, others)) = &mut self.whole else { unreachable!("asked before") };
        let count = if self.pass.chunk == 0 { LATEST } else { self.pass.chunk * MORE };
        self.pass.chunk = count;
        let order = self.evidence.order;
        let cost = |kept: usize, of: usize| (kept * of / QUESTIONS) as u64;
        let all = impossible.len() + others.len();
        if count * 2 < impossible.len() {
            let (earlier, latest) = impossible.split_at(impossible.len() - count);
            let kept = with_seen(spec, calls, order, latest.to_vec(), [earlier, others].concat());
            let cost = cost(kept.len(), all);
            self.attempt = Some((kept.clone(), Search::new(spec, calls, &kept, order)));
            return cost;
        }
        let cost = cost(impossible.len(), others.len());
        let (impossible, others) = self.whole.take().expect("asked before");
        self.evidence.operations = with_seen(spec, calls, order, impossible, others);
        self.pass = Pass::over(self.evidence.operations.len());
        cost
    }

    /// Finds the next smaller set to try; false if all were tried.
    fn next_attempt(&mut self, spec: &S, calls: &[Call<S::Action>]) -> bool {
        let operations = &self.evidence.operations;
        while let Some((gone, is_new)) = self.pass.next(operations.len()) {
            self.evidence.minimal |= is_new;
            let rest = [&operations[..gone.start], &operations[gone.end..]].concat();
            let order = self.evidence.order;
            // What came before all of a set that begins with the object as it was at first may matter to a part of it.
            let others = match begins_fresh(spec, calls, operations) {
                Some(_) if order == Order::OfTime => {
                    self.all.iter().copied().filter(|one| !rest.contains(one)).collect()
                }
                _ => operations[gone].to_vec(),
            };
            let kept = with_seen(spec, calls, order, rest, others);
            if kept.len() < operations.len() && !kept.is_empty() {
                self.attempt = Some((kept.clone(), Search::new(spec, calls, &kept, order)));
                return true;
            }
            self.pass.keep();
        }
        false
    }
}

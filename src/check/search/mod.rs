//! The search for an order of one object's history: one that keeps the order of time (a linearization), or one that keeps the
//! order of each process only (sequential consistency). They differ in what has to come first, and in nothing else.
//!
//! Wing & Gong (1993) try every operation that may come next: one that began before any of those still missing returned.
//! Lowe (2017, "Testing for linearizability") remembers the configurations that were tried: which operations are in, and the
//! state that they led to. Here a configuration is what is in of those that returned, the state, and how many of the
//! operations of unknown fate were used; [`tried`] remembers it. Eight things make them few:
//!
//! - A read that is possible goes in at once: wherever it stood later, it could stand here.
//! - Operations that do the same, with the same result, are interchangeable. Of those that may come next the one that returned
//!   first is tried: in any order that takes another one here, the two can change places.
//! - Of those of unknown fate the one that began first is used first, none while one that returned does the same, and only their
//!   number counts.
//! - One of unknown fate is used no earlier than it is needed: what follows it at once can't do as well without it, and does not
//!   come to the same if it goes first.
//! - A configuration that used more of those than another one with the same rest can do no more than that one.
//! - Of what never returned, only what somebody's result may show is looked at ([`unseen`]).
//! - A state from which a coming read can't be reached any more is not entered, if the object can tell ([`Spec::leads_to`]).
//! - States that lead to no missing read at all are one and the same: all they can come to is to be overwritten.
//!
//! What a configuration costs grows neither with how many came before nor with the length of the history; in memory it does not
//! grow with how many operations are open either.
//!
//! Left out: any insight into the object, so a history that needs many configurations stays expensive (Gibbons & Korach 1997: the
//! problem is NP-complete). [`super::direct`] has some.

mod missing;
mod scan;
mod tried;
mod unseen;

use std::collections::HashMap;
use std::ops::Range;

use self::missing::Missing;
use self::tried::{Novelty, Tried, Used, key};
use self::unseen::{Class, classes};
use super::call::{Call, Order};
use super::fast_hash::FastState;
use super::sorting::sort_by;
use super::spec::Spec;

/// How many of the coming reads of each lane are looked at.
const LOOK_AHEAD: usize = 4;
/// So many of what may come next are listed at a time, the most urgent; so many are looked at before the others are passed over.
const LISTED_MAX: usize = 64;
const COMING_MAX: usize = 4 * LISTED_MAX;

/// An operation that returned.
struct Returned<A> {
    call: u32,
    lane: u32,
    /// Those that do the same with the same result have the same number.
    kind: u32,
    action: A,
    is_read: bool,
    overwrites: bool,
    invoked: u64,
    returned: u64,
}

/// Something that may come next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pick {
    Returned(u32),
    Class(u32),
}

/// By what is tried first: what returned first, and what never did last.
type Urgency = (u64, Pick);

/// Something that may come next, and the state after it.
struct Candidate<T> {
    urgency: Urgency,
    after: T,
}

/// Where the search chose, to go on from there.
struct Choice<T> {
    /// How many were in.
    placed: usize,
    /// Its candidates lie from here to the end of the list, as long as it is the latest choice.
    base: usize,
    /// The state there.
    state: T,
    /// The least urgent one that was listed, if there may be more.
    listed: Option<Urgency>,
}

/// What the operations of a kind came to in a scan.
#[derive(Clone, Copy, Default)]
struct Kind {
    /// In which scan.
    scan: u64,
    outcome: Outcome,
}

#[derive(Clone, Copy, Default)]
enum Outcome {
    #[default]
    Impossible,
    /// It is a read, and possible.
    Read,
    /// Its place among what is coming.
    Candidate(u32),
    /// The most urgent one was listed before.
    Listed,
    /// The most urgent one so far was passed over.
    PassedOver,
}

/// How a search ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// An order of all that returned and of whatever else was needed.
    Order(Vec<u32>),
    /// There is none.
    Nothing(DeadEnd),
    /// The memory was not enough.
    Full,
}

/// What a search without success leaves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct DeadEnd {
    /// The history is impossible already as of this moment: no order got past the return that happened then. (Of an order
    /// that need not keep that of time, this says nothing.)
    pub by: u64,
    /// The longest order that was found.
    pub longest: Vec<u32>,
}

/// A search under way.
pub(super) struct Search<S: Spec> {
    order: Order,
    /// By lane, then by invocation. A lane has operations among which the order of time has to be kept: all of them, or those of
    /// one process.
    returned: Vec<Returned<S::Action>>,
    lanes: Vec<Range<usize>>,
    /// When the first of those missing in each lane returned, as of the last scan.
    deadlines: Vec<u64>,
    classes: Vec<Class<S::Action>>,
    /// The kind of each class, if it is that of one that returned.
    kind_of_class: Vec<Option<u32>>,
    kinds: Vec<Kind>,
    scan: u64,
    missing: Missing,
    missing_count: usize,
    /// Those of them that are reads, and that overwrite all that was before. Kept only if the object looks ahead.
    reads: Missing,
    overwriters: Missing,
    /// The exclusive or of the keys of those that are in.
    print: u128,
    used: Used,
    placed: Vec<Pick>,
    state: S::State,
    choices: Vec<Choice<S::State>>,
    candidates: Vec<Urgency>,
    /// Those of the configuration that is being entered, but none as urgent as the first of these or more so (they were listed), and
    /// none less urgent than the second (they will be).
    coming: Vec<Candidate<S::State>>,
    listed: Option<Urgency>,
    cut: Option<Urgency>,
    /// The state after the last of the candidates, if it was just found.
    after_last: Option<S::State>,
    tried: Tried<S::State>,
    /// See [`DeadEnd::by`].
    by: u64,
    longest: Vec<Pick>,
    /// So many of the longest order are in, in that order.
    longest_shared: usize,
    explored: u64,
}

impl<S: Spec> Search<S> {
    /// A search for an order of `members`, which are positions in `calls`.
    pub(super) fn new(spec: &S, calls: &[Call<S::Action>], members: &[u32], order: Order) -> Self {
        let mut processes: Vec<u64> = match order {
            Order::OfTime => Vec::new(),
            Order::OfProcess => members.iter().map(|&call| calls[call as usize].process).collect(),
        };
        processes.sort_unstable();
        processes.dedup();
        let lane = |call: u32| processes.binary_search(&calls[call as usize].process).unwrap_or(0) as u32;
        let (mut returned, mut unknown) = (Vec::with_capacity(members.len()), Vec::new());
        let mut kind_of: HashMap<&S::Action, u32, FastState> =
            HashMap::with_capacity_and_hasher(members.len(), FastState::default());
        for &call in members {
            let Call { action, invoked, returned: at, .. } = &calls[call as usize];
            let Some(at) = *at else {
                unknown.push(call);
                continue;
            };
            let kinds = kind_of.len() as u32;
            let kind = *kind_of.entry(action).or_insert(kinds);
            let (is_read, overwrites) = (spec.is_read(action), spec.overwrites(action));
            let (lane, action, invoked) = (lane(call), action.clone(), *invoked);
            returned.push(Returned { call, lane, kind, action, is_read, overwrites, invoked, returned: at });
        }
        sort_by(&mut returned, |one: &Returned<_>| [one.lane.into(), one.invoked, one.returned]);
        let lanes = lanes(&returned, processes.len().max(1));
        let classes = classes(spec, calls, members, &unknown, lane);
        let looked_at = |wanted: &dyn Fn(&Returned<S::Action>) -> bool| {
            let lanes: &[Range<usize>] = if S::LOOKS_AHEAD { &lanes } else { &[] };
            Missing::new(lanes, |position| wanted(&returned[position]))
        };
        Self {
            order,
            reads: looked_at(&|one| one.is_read),
            overwriters: looked_at(&|one| one.overwrites),
            missing: Missing::new(&lanes, |_| true),
            missing_count: returned.len(),
            deadlines: vec![0; lanes.len()],
            lanes,
            kind_of_class: classes.iter().map(|class| kind_of.get(&class.action).copied()).collect(),
            kinds: vec![Kind::default(); kind_of.len()],
            scan: 0,
            print: 0,
            used: Used::new(classes.len()),
            returned,
            classes,
            placed: Vec::new(),
            state: spec.initial(),
            choices: Vec::new(),
            candidates: Vec::new(),
            coming: Vec::new(),
            listed: None,
            cut: None,
            after_last: None,
            tried: Tried::new(),
            by: 0,
            longest: Vec::new(),
            longest_shared: 0,
            explored: 0,
        }
    }

    /// How many configurations were looked at.
    pub(super) fn explored(&self) -> u64 {
        self.explored
    }

    /// The longest order that was found so far.
    pub(super) fn longest(&self) -> Vec<u32> {
        self.order(if self.longest.len() > self.placed.len() { &self.longest } else { &self.placed })
    }

    /// How many operations that one has.
    pub(super) fn longest_count(&self) -> usize {
        self.longest.len().max(self.placed.len())
    }

    /// What it takes in memory, in bytes, without the operations.
    pub(super) fn bytes(&self) -> usize {
        self.tried.bytes()
            + self.missing.bytes()
            + self.reads.bytes()
            + self.overwriters.bytes()
            + self.returned.capacity() * size_of::<Returned<S::Action>>()
            + (self.placed.capacity() + self.longest.capacity()) * size_of::<Pick>()
            + self.candidates.capacity() * size_of::<Urgency>()
            + self.choices.capacity() * size_of::<Choice<S::State>>()
            + self.coming.capacity() * size_of::<Candidate<S::State>>()
    }

    /// Looks at `budget` configurations at most, within `bytes_max` of memory; `None` if that was not enough to end.
    pub(super) fn advance(&mut self, spec: &S, budget: u64, bytes_max: usize) -> Option<Found> {
        let end = self.explored.saturating_add(budget);
        if self.explored == 0
            && let Some(found) = self.enter(spec, bytes_max)
        {
            return Some(found);
        }
        while self.explored < end {
            let Some(choice) = self.choices.last() else {
                return Some(Found::Nothing(DeadEnd { by: self.by, longest: self.order(&self.longest) }));
            };
            let (placed, base) = (choice.placed, choice.base);
            if self.candidates.len() == base {
                if self.choices.last().is_some_and(|choice| choice.listed.is_some()) {
                    self.list_more(spec);
                } else {
                    self.choices.pop();
                }
                continue;
            }
            self.undo(placed);
            let (_, pick) = self.candidates.pop().expect("more than the base");
            self.state = match self.after_last.take() {
                Some(after) => after,
                None => {
                    let state = &self.choices.last().expect("the latest choice").state;
                    spec.step(state, self.action(pick)).expect("it was possible when it was listed")
                }
            };
            self.place(pick);
            if let Some(found) = self.enter(spec, bytes_max) {
                return Some(found);
            }
        }
        None
    }

    fn action(&self, pick: Pick) -> &S::Action {
        match pick {
            Pick::Returned(position) => &self.returned[position as usize].action,
            Pick::Class(index) => &self.classes[index as usize].action,
        }
    }

    /// Drops what may as well come before the operation of unknown fate that was just used, if one was: at this choice. All that it
    /// comes to is come to from there, with no more used: by whoever ends up there after it went first, or by leaving out what it
    /// overwrote.
    fn drop_needless(&mut self, spec: &S, choice: Option<usize>) {
        let (Some(choice), Some(&Pick::Class(used))) = (choice, self.placed.last()) else { return };
        let mut coming = std::mem::take(&mut self.coming);
        let before = &self.choices[choice].state;
        coming.retain(|Candidate { urgency: (_, pick), after }| {
            let Some(without) = spec.step(before, self.action(*pick)) else { return true };
            let is_overwritten = without == *after;
            let goes_first = || spec.step(&without, &self.classes[used as usize].action).as_ref() == Some(after);
            let commutes = matches!(pick, Pick::Returned(_)) && goes_first();
            !is_overwritten && !commutes
        });
        self.coming = coming;
    }

    /// Comes to a configuration: puts in the reads that are possible, and unless it was here before, lists what may come next.
    fn enter(&mut self, spec: &S, bytes_max: usize) -> Option<Found> {
        self.explored += 1;
        self.listed = None;
        self.scan(spec);
        if self.missing_count == 0 {
            return Some(Found::Order(self.order(&self.placed)));
        }
        self.by = self.by.max(self.deadlines[0]);
        let others = self.bytes() - self.tried.bytes();
        match self.remember(spec, bytes_max.saturating_sub(others)) {
            Novelty::Full => return Some(Found::Full),
            Novelty::New => {
                self.drop_doomed(spec);
                self.drop_needless(spec, self.choices.len().checked_sub(1));
                if !self.coming.is_empty() || self.cut.is_some() {
                    let (placed, base) = (self.placed.len(), self.candidates.len());
                    self.choices.push(Choice { placed, base, state: self.state.clone(), listed: None });
                    self.list();
                    return None;
                }
            }
            Novelty::Tried => {}
        }
        if self.placed.len() > self.longest.len() {
            self.longest.truncate(self.longest_shared);
            self.longest.extend(&self.placed[self.longest_shared..]);
            self.longest_shared = self.longest.len();
        }
        None
    }

    /// Drops what leads nowhere. All reads that are possible now are in by now.
    fn drop_doomed(&mut self, spec: &S) {
        if !S::LOOKS_AHEAD {
            return;
        }
        let mut coming = std::mem::take(&mut self.coming);
        coming.retain(|Candidate { urgency: (_, pick), after }| match self.doom(spec, after, *pick) {
            Some(by) => {
                self.by = self.by.max(by);
                false
            }
            None => true,
        });
        self.coming = coming;
    }

    /// If one of the next reads can't be reached from `state`, to which `pick` would lead: when that read returned. This much
    /// of the history is needed to see it.
    fn doom(&self, spec: &S, state: &S::State, pick: Pick) -> Option<u64> {
        (0..self.lanes.len()).find_map(|lane| {
            let mut coming = self.reads.of(lane).take(LOOK_AHEAD).map(|position| &self.returned[position]);
            let doom = coming.find(|read| {
                !spec.leads_to(state, &read.action) && !self.may_be_overwritten(spec, read.returned, pick)
            });
            doom.map(|read| read.returned)
        })
    }

    /// Whether something other than `pick` may overwrite the state before `deadline`, where the order of time has to be kept.
    fn may_be_overwritten(&self, spec: &S, deadline: u64, pick: Pick) -> bool {
        let is_in_time = |invoked: u64| self.order == Order::OfProcess || invoked <= deadline;
        let next = |lane: usize| self.overwriters.of(lane).find(|&position| pick != Pick::Returned(position as u32));
        (0..self.lanes.len()).filter_map(next).any(|position| is_in_time(self.returned[position].invoked))
            || self.classes.iter().any(|class| {
                spec.overwrites(&class.action) && class.members.first().is_some_and(|(invoked, _)| is_in_time(*invoked))
            })
    }

    /// Whether the state can come to nothing but be overwritten.
    fn is_dead(&self, spec: &S) -> bool {
        let leads_to = |position: usize| spec.leads_to(&self.state, &self.returned[position].action);
        S::LOOKS_AHEAD && !(0..self.lanes.len()).any(|lane| self.reads.of(lane).any(leads_to))
    }

    /// Remembers this configuration, within `bytes_max`.
    fn remember(&mut self, spec: &S, bytes_max: usize) -> Novelty {
        let state = (!self.is_dead(spec)).then_some(&self.state);
        self.tried.add(self.print, &self.used, state, |state| spec.weight(state), bytes_max)
    }

    fn place(&mut self, pick: Pick) {
        match pick {
            Pick::Returned(position) => {
                let at = position as usize;
                self.print ^= key(0, position.into());
                self.missing.take(at);
                self.missing_count -= 1;
                self.for_roles(at, Missing::take);
            }
            Pick::Class(index) => self.used.use_one(index),
        }
        self.placed.push(pick);
    }

    fn undo(&mut self, length: usize) {
        while self.placed.len() > length {
            match self.placed.pop().expect("longer than that") {
                Pick::Returned(position) => {
                    let at = position as usize;
                    self.print ^= key(0, position.into());
                    self.missing.put_back(at);
                    self.missing_count += 1;
                    self.for_roles(at, Missing::put_back);
                }
                Pick::Class(index) => self.used.give_back(index),
            }
        }
        self.longest_shared = self.longest_shared.min(length);
    }

    /// Takes a position out of the lists of what it is besides, or puts it back.
    fn for_roles(&mut self, position: usize, act: fn(&mut Missing, usize)) {
        let Returned { is_read, overwrites, .. } = self.returned[position];
        if S::LOOKS_AHEAD && is_read {
            act(&mut self.reads, position);
        }
        if S::LOOKS_AHEAD && overwrites {
            act(&mut self.overwriters, position);
        }
    }

    /// The picks as positions in the history.
    fn order(&self, picks: &[Pick]) -> Vec<u32> {
        let mut used = vec![0; self.classes.len()];
        let call = |pick: &Pick| match pick {
            Pick::Returned(position) => self.returned[*position as usize].call,
            Pick::Class(index) => {
                let next: &mut usize = &mut used[*index as usize];
                *next += 1;
                self.classes[*index as usize].members[*next - 1].1
            }
        };
        picks.iter().map(call).collect()
    }
}

fn lanes<A>(returned: &[Returned<A>], count: usize) -> Vec<Range<usize>> {
    let lane = |index: usize| {
        let start = returned.partition_point(|one| (one.lane as usize) < index);
        let end = returned.partition_point(|one| one.lane as usize <= index);
        start..end
    };
    (0..count).map(lane).collect()
}

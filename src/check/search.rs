//! The search for an order of one object's history: one that keeps the order of time (a linearization), or one that keeps the
//! order of each process only (sequential consistency). They differ in what has to come first, and in nothing else.
//!
//! Wing & Gong (1993) try every operation that may come next: one that began before any of those still missing returned.
//! Lowe (2017, "Testing for linearizability") remembers the configurations that were tried: which operations are in, and the
//! state that they led to. Here a configuration is what is in of those that returned, the state, and how many of the
//! operations of unknown fate were used. Six things make it small:
//!
//! - A read that is possible goes in at once: wherever it stood later, it could stand here.
//! - Operations of unknown fate that do the same are interchangeable: the one that began first is used first, and only their
//!   number counts.
//! - A configuration that used more of those than another one with the same rest can do no more than that one.
//! - Of what never returned, only what somebody's result may show is looked at.
//! - A state from which a coming read can't be reached any more is not entered, if the object can tell ([`Spec::leads_to`]).
//! - States that lead to no missing read at all are one and the same: all they can come to is to be overwritten.
//!
//! Left out: a bound on memory other than the number of configurations; and any insight into the object, so a history that
//! needs many of them stays expensive (Gibbons & Korach 1997: the problem is NP-complete).

use std::collections::HashMap;

use super::call::{Call, Order};
use super::fast_hash::FastState;
use super::sorting::sort_by;
use super::spec::{Sight, Spec};

/// How many of the coming reads of each lane are looked at.
const LOOK_AHEAD: usize = 4;

/// An operation that returned.
struct Returned<A> {
    call: u32,
    lane: u32,
    action: A,
    invoked: u64,
    returned: u64,
}

/// Operations among which the order of time has to be kept: all of them, or those of one process. Those that returned lie
/// side by side, by invocation.
#[derive(Default)]
struct Lane {
    end: usize,
    /// The first that is missing.
    first: usize,
    /// When the first of those missing returned, and the first position that nothing at or after is in: as of the last scan.
    deadline: u64,
    window: usize,
}

/// Operations of unknown fate in one lane that do the same.
struct Class<A> {
    action: A,
    lane: u32,
    /// When each began, and which it is; by the former.
    members: Vec<(u64, u32)>,
}

/// Something that may come next.
#[derive(Clone, Copy)]
enum Pick {
    Returned(u32),
    Class(u32),
}

/// Where the search chose, to go on from there.
struct Choice {
    /// How many were in.
    placed: usize,
    /// Its candidates lie from here to the end of the list, as long as it is the latest choice.
    base: usize,
}

/// Which of the returned ones of a lane are in: all before the first that is missing, and some after it.
#[derive(Clone, PartialEq, Eq, Hash)]
enum After {
    Few(u64),
    Many(Box<[u64]>),
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Configuration<T> {
    first: u32,
    after: After,
    /// The same of all lanes but the first.
    others: Box<[(u32, After)]>,
    /// Nothing if the state leads to no missing read.
    state: Option<T>,
}

/// Configurations, each with what it used of each class: several if none covers the others.
type Tried<T> = HashMap<Configuration<T>, Vec<Box<[u32]>>, FastState>;

/// How a search ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// An order of all that returned and of whatever else was needed.
    Order(Vec<u32>),
    /// There is none.
    Nothing(DeadEnd),
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
    /// By lane, then by invocation.
    returned: Vec<Returned<S::Action>>,
    lanes: Vec<Lane>,
    classes: Vec<Class<S::Action>>,
    /// Positions of the reads, and of what overwrites all that was before.
    reads: Vec<u32>,
    overwriters: Vec<u32>,
    /// Bit per returned operation.
    placed_bits: Vec<u64>,
    /// How many of the returned ones are not in.
    missing: usize,
    used: Vec<u32>,
    placed: Vec<Pick>,
    state: S::State,
    choices: Vec<Choice>,
    candidates: Vec<(Pick, S::State)>,
    tried: Tried<S::State>,
    /// See [`DeadEnd::by`].
    by: u64,
    longest: Vec<Pick>,
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
        let mut returned = Vec::with_capacity(members.len());
        let mut unknown: Vec<u32> = Vec::new();
        for &call in members {
            let Call { action, invoked, returned: at, .. } = &calls[call as usize];
            match *at {
                Some(at) => {
                    let (lane, action, invoked) = (lane(call), action.clone(), *invoked);
                    returned.push(Returned { call, lane, action, invoked, returned: at });
                }
                None => unknown.push(call),
            }
        }
        sort_by(&mut returned, |one: &Returned<_>| [one.lane.into(), one.invoked, one.returned]);
        let lanes = lanes(&returned, processes.len().max(1));
        drop_unseen(spec, calls, &returned, &mut unknown);
        let classes = classes(calls, &unknown, lane);
        let positions = |wanted: &dyn Fn(&S::Action) -> bool| -> Vec<u32> {
            (0..).zip(&returned).filter(|(_, one)| wanted(&one.action)).map(|(position, _)| position).collect()
        };
        Self {
            order,
            reads: positions(&|action| S::LOOKS_AHEAD && spec.is_read(action)),
            overwriters: positions(&|action| S::LOOKS_AHEAD && spec.overwrites(action)),
            placed_bits: vec![0; returned.len().div_ceil(64) + 1],
            missing: returned.len(),
            used: vec![0; classes.len()],
            returned,
            lanes,
            classes,
            placed: Vec::new(),
            state: spec.initial(),
            choices: Vec::new(),
            candidates: Vec::new(),
            tried: HashMap::default(),
            by: 0,
            longest: Vec::new(),
            explored: 0,
        }
    }

    /// How many configurations were looked at.
    pub(super) fn explored(&self) -> u64 {
        self.explored
    }

    /// How many operations the longest order has that was found.
    pub(super) fn longest(&self) -> usize {
        self.longest.len().max(self.placed.len())
    }

    /// Looks at `budget` configurations at most; `None` if that was not enough.
    pub(super) fn advance(&mut self, spec: &S, budget: u64) -> Option<Found> {
        let end = self.explored.saturating_add(budget);
        if self.explored == 0 && self.enter(spec) {
            return Some(Found::Order(self.order(&self.placed)));
        }
        while self.explored < end {
            let Some(choice) = self.choices.last() else {
                return Some(Found::Nothing(DeadEnd { by: self.by, longest: self.order(&self.longest) }));
            };
            let placed = choice.placed;
            if self.candidates.len() == choice.base {
                self.choices.pop();
                continue;
            }
            self.undo(placed);
            let (pick, state) = self.candidates.pop().expect("more than the base");
            self.place(pick);
            self.state = state;
            if self.enter(spec) {
                return Some(Found::Order(self.order(&self.placed)));
            }
        }
        None
    }

    /// Comes to a configuration: puts in the reads that are possible, and unless it was here before, lists what may come next.
    /// True if nothing is missing.
    fn enter(&mut self, spec: &S) -> bool {
        self.explored += 1;
        let base = self.candidates.len();
        self.scan(spec);
        if self.missing == 0 {
            return true;
        }
        self.by = self.by.max(self.lanes[0].deadline);
        if self.is_new(spec) {
            self.drop_doomed(spec, base);
            let chosen = &mut self.candidates[base..];
            let returned = &self.returned;
            // The most urgent one is tried first, so it lies last.
            sort_by(chosen, |(pick, _)| match pick {
                Pick::Returned(position) => [u64::MAX - returned[*position as usize].returned, 0, 0],
                Pick::Class(_) => [0; 3],
            });
            if self.candidates.len() > base {
                self.choices.push(Choice { placed: self.placed.len(), base });
                return false;
            }
        } else {
            self.candidates.truncate(base);
        }
        if self.placed.len() > self.longest.len() {
            self.longest.clone_from(&self.placed);
        }
        false
    }

    /// Puts in the reads that may come next, and lists as candidates what else may.
    fn scan(&mut self, spec: &S) {
        for lane in 0..self.lanes.len() {
            self.scan_lane(spec, lane);
        }
        for (index, class) in self.classes.iter().enumerate() {
            let deadline = self.lanes[class.lane as usize].deadline;
            if class.members.get(self.used[index] as usize).is_some_and(|(invoked, _)| *invoked <= deadline)
                && let Some(after) = spec.step(&self.state, &class.action)
                && after != self.state
            {
                self.candidates.push((Pick::Class(index as u32), after));
            }
        }
    }

    fn scan_lane(&mut self, spec: &S, lane: usize) {
        let Lane { first, end, .. } = self.lanes[lane];
        let mut deadline = u64::MAX;
        let mut position = first;
        while position < end {
            if self.is_placed(position) {
                position += 1;
                continue;
            }
            let Returned { invoked, returned, action, .. } = &self.returned[position];
            let returned = *returned;
            if *invoked > deadline {
                break;
            }
            let after = spec.step(&self.state, action);
            if after.is_some() && spec.is_read(action) {
                self.place(Pick::Returned(position as u32));
            } else {
                deadline = deadline.min(returned);
                let pick = Pick::Returned(position as u32);
                self.candidates.extend(after.map(|after| (pick, after)));
            }
            position += 1;
        }
        (self.lanes[lane].deadline, self.lanes[lane].window) = (deadline, position);
    }

    /// Drops candidates from `base` on that lead nowhere. All reads that are possible now are in by now.
    fn drop_doomed(&mut self, spec: &S, base: usize) {
        if !S::LOOKS_AHEAD {
            return;
        }
        let mut kept = base;
        for index in base..self.candidates.len() {
            let (pick, after) = &self.candidates[index];
            match self.doom(spec, after, *pick) {
                Some(by) => self.by = self.by.max(by),
                None => {
                    self.candidates.swap(kept, index);
                    kept += 1;
                }
            }
        }
        self.candidates.truncate(kept);
    }

    /// If one of the next reads can't be reached from `state`, to which `pick` would lead: when that read returned. This much
    /// of the history is needed to see it.
    fn doom(&self, spec: &S, state: &S::State, pick: Pick) -> Option<u64> {
        self.lanes.iter().find_map(|lane| {
            let coming = positions_in(&self.reads, lane).filter(|&position| !self.is_placed(position));
            for position in coming.take(LOOK_AHEAD) {
                let read = &self.returned[position];
                if !spec.leads_to(state, &read.action) && !self.may_be_overwritten(spec, read.returned, pick) {
                    return Some(read.returned);
                }
            }
            None
        })
    }

    /// Whether something other than `pick` may overwrite the state before `deadline`, where the order of time has to be kept.
    fn may_be_overwritten(&self, spec: &S, deadline: u64, pick: Pick) -> bool {
        let is_other = |&position: &usize| {
            !self.is_placed(position) && !matches!(pick, Pick::Returned(picked) if picked as usize == position)
        };
        let is_in_time = |invoked: u64| self.order == Order::OfProcess || invoked <= deadline;
        let next = |lane: &Lane| positions_in(&self.overwriters, lane).find(is_other);
        self.lanes.iter().filter_map(next).any(|position| is_in_time(self.returned[position].invoked))
            || self.classes.iter().any(|class| {
                spec.overwrites(&class.action) && class.members.first().is_some_and(|(invoked, _)| is_in_time(*invoked))
            })
    }

    /// Whether the state can come to nothing but be overwritten.
    fn is_dead(&self, spec: &S) -> bool {
        let leads_to =
            |position: usize| !self.is_placed(position) && spec.leads_to(&self.state, &self.returned[position].action);
        S::LOOKS_AHEAD && !self.lanes.iter().any(|lane| positions_in(&self.reads, lane).any(leads_to))
    }

    /// Whether no configuration was tried that could do at least as much. Remembers this one.
    fn is_new(&mut self, spec: &S) -> bool {
        let of = |lane: &Lane| (lane.first as u32, self.after(lane.first, lane.window));
        let (first, after) = of(&self.lanes[0]);
        let others = self.lanes[1..].iter().map(of).collect();
        let state = (!self.is_dead(spec)).then(|| self.state.clone());
        let configuration = Configuration { first, after, others, state };
        let fresh = !self.tried.contains_key(&configuration);
        let tried = self.tried.entry(configuration).or_default();
        let covers = |one: &[u32], other: &[u32]| one.iter().zip(other).all(|(one, other)| one <= other);
        if tried.iter().any(|before| covers(before, &self.used)) || (!fresh && self.used.is_empty()) {
            return false;
        }
        if !self.used.is_empty() {
            tried.retain(|before| !covers(&self.used, before));
            tried.push(self.used.clone().into());
        }
        true
    }

    /// The bits after `first`, which is missing, and before `end`.
    fn after(&self, first: usize, end: usize) -> After {
        let start = first + 1;
        let word = |offset: usize| {
            let (index, shift) = ((start + offset) / 64, (start + offset) % 64);
            let low = self.placed_bits.get(index).copied().unwrap_or(0) >> shift;
            let high = self.placed_bits.get(index + 1).copied().unwrap_or(0);
            if shift == 0 { low } else { low | (high << (64 - shift)) }
        };
        // What lies behind is another lane's.
        let within = |offset: usize| match end.saturating_sub(start + offset) {
            count @ 0..64 => word(offset) & ((1 << count) - 1),
            _ => word(offset),
        };
        if end <= start + 64 {
            return After::Few(within(0));
        }
        let mut words: Vec<u64> = (0..end - start).step_by(64).map(within).collect();
        while words.len() > 1 && words.last() == Some(&0) {
            words.pop();
        }
        if let [few] = words[..] { After::Few(few) } else { After::Many(words.into()) }
    }

    fn is_placed(&self, position: usize) -> bool {
        self.placed_bits[position / 64] >> (position % 64) & 1 == 1
    }

    fn place(&mut self, pick: Pick) {
        match pick {
            Pick::Returned(position) => {
                let position = position as usize;
                self.placed_bits[position / 64] |= 1 << (position % 64);
                self.missing -= 1;
                let Lane { mut first, end, .. } = self.lanes[self.returned[position].lane as usize];
                while first < end && self.is_placed(first) {
                    first += 1;
                }
                self.lanes[self.returned[position].lane as usize].first = first;
            }
            Pick::Class(index) => self.used[index as usize] += 1,
        }
        self.placed.push(pick);
    }

    fn undo(&mut self, length: usize) {
        while self.placed.len() > length {
            match self.placed.pop().expect("longer than that") {
                Pick::Returned(position) => {
                    let position = position as usize;
                    self.placed_bits[position / 64] &= !(1 << (position % 64));
                    self.missing += 1;
                    let lane = &mut self.lanes[self.returned[position].lane as usize];
                    lane.first = lane.first.min(position);
                }
                Pick::Class(index) => self.used[index as usize] -= 1,
            }
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

/// Those of `sorted` positions that lie in a lane, from the first that is missing on.
fn positions_in(sorted: &[u32], lane: &Lane) -> impl Iterator<Item = usize> {
    let Lane { first, end, .. } = *lane;
    let from = sorted.partition_point(|&position| (position as usize) < first);
    sorted[from..].iter().map(|&position| position as usize).take_while(move |&position| position < end)
}

fn lanes<A>(returned: &[Returned<A>], count: usize) -> Vec<Lane> {
    let lane = |index: usize| {
        let start = returned.partition_point(|one| (one.lane as usize) < index);
        let end = returned.partition_point(|one| one.lane as usize <= index);
        Lane { end, first: start, ..Lane::default() }
    };
    (0..count).map(lane).collect()
}

/// Drops what never returned and nobody may have seen: without it, whatever was possible still is.
fn drop_unseen<S: Spec>(spec: &S, calls: &[Call<S::Action>], returned: &[Returned<S::Action>], unknown: &mut Vec<u32>) {
    loop {
        let sees =
            |reader: &S::Action, writer: u32| spec.sight(reader, &calls[writer as usize].action) != Sight::Nothing;
        let seen: Vec<u32> = unknown
            .iter()
            .copied()
            .filter(|&one| {
                returned.iter().any(|reader| sees(&reader.action, one))
                    || unknown.iter().any(|&other| other != one && sees(&calls[other as usize].action, one))
            })
            .collect();
        if seen.len() == unknown.len() {
            return;
        }
        *unknown = seen;
    }
}

fn classes<A: Clone + Eq + std::hash::Hash>(
    calls: &[Call<A>],
    unknown: &[u32],
    lane: impl Fn(u32) -> u32,
) -> Vec<Class<A>> {
    let mut classes: Vec<Class<A>> = Vec::new();
    let mut positions: HashMap<(u32, &A), usize, FastState> = HashMap::default();
    for &call in unknown {
        let Call { action, invoked, .. } = &calls[call as usize];
        let lane = lane(call);
        let position = *positions.entry((lane, action)).or_insert(classes.len());
        if position == classes.len() {
            classes.push(Class { action: action.clone(), lane, members: Vec::new() });
        }
        classes[position].members.push((*invoked, call));
    }
    for class in &mut classes {
        class.members.sort_unstable();
    }
    classes
}

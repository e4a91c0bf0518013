//! Linearizability: does every operation appear to take effect at one moment between its invocation and its return
//! (Herlihy & Wing 1990)?
//!
//! A history is judged object by object (locality, §3.3; Horn & Kroening 2015 call it P-compositionality). Each object's is
//! decided by [`super::register`] if it is a plain register with distinct written values, else by [`super::search`]. The objects
//! take turns, cheapest first, with turns that grow: a violation in one is found without finishing the dearest other one.
//!
//! The answer may be "unknown": the problem is NP-complete (Gibbons & Korach 1997), so a check has a budget and can be
//! cancelled. It can also be advanced in pieces, as a page must.

use super::call::{Call, Order};
use super::evidence::{Evidence, Shrink};
use super::register::{self, Decided, Gathered, Gathering};
use super::search::{Found, Search};
use super::sorting::sort_by;
use super::spec::Spec;

/// How many configurations an object may look at in its first turn.
const FIRST_TURN: u64 = 256;

/// What a check found. ([`Checker::sequential`] uses the same words for an order that keeps that of each process only.)
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Linearizable: in this order, which holds everything that returned and some of what did not.
    Linearizable(Vec<u32>),
    /// Not linearizable.
    NotLinearizable(Evidence),
    /// The budget ran out, or the check was cancelled.
    Unknown {
        /// How many configurations were looked at.
        explored: u64,
    },
}

/// What one object's history came to so far.
enum Stage<S: Spec> {
    /// To be decided at once.
    Register(Box<Gathered>),
    Search(Box<Search<S>>),
    Ordered(Vec<u32>),
}

struct Part<S: Spec> {
    members: Vec<u32>,
    stage: Stage<S>,
}

/// What was found and is being made readable.
enum Phase<S: Spec> {
    Deciding,
    Shrinking(Box<Shrink<S>>),
}

/// A check under way.
pub struct Checker<S: Spec> {
    spec: S,
    order: Order,
    calls: Vec<Call<S::Action>>,
    /// Fewest operations first.
    parts: Vec<Part<S>>,
    phase: Phase<S>,
    /// Whose turn it is, and how much of it is left.
    next: usize,
    left: u64,
    turn: u64,
    explored: u64,
}

impl<S: Spec> Checker<S> {
    /// A check of these operations. An operation may return at the moment at which it began, not before.
    pub fn new(spec: S, calls: Vec<Call<S::Action>>) -> Self {
        // All in one pass: of a long history, reading the operations is a large part of the work.
        let (initial, mut is_sorted, mut latest) = (spec.initial_value(), true, 0);
        let is_plain = calls.first().is_some_and(|call| spec.access(&call.action).is_some());
        let mut gathering = is_plain.then(|| Gathering::new(&initial, calls.len()));
        for (member, call) in (0..).zip(&calls) {
            assert!(call.returned.is_none_or(|returned| call.invoked <= returned), "returned before it began");
            is_sorted &= latest <= call.object;
            latest = call.object;
            gathering.take_if(|all| call.object != calls[0].object || !all.add(&spec, member, call, u64::MAX));
        }
        let mut gathered = gathering.map(|gathering| Box::new(gathering.finish(&calls)));
        let mut by_object: Vec<u32> = (0..calls.len() as u32).collect();
        let object = |position: &u32| calls[*position as usize].object;
        if !is_sorted {
            sort_by(&mut by_object, |position| [object(position).into(), 0, 0]);
        }
        let same = |one: &u32, other: &u32| object(one) == object(other);
        let is_one = by_object.first().zip(by_object.last()).is_some_and(|(first, last)| same(first, last));
        let by_object = if is_one { vec![by_object] } else { by_object.chunk_by(same).map(<[u32]>::to_vec).collect() };
        let mut parts: Vec<Part<S>> = Vec::new();
        for members in by_object {
            let of_register = || register::gather(&spec, &calls, &members, u64::MAX).map(Box::new);
            let stage = match gathered.take().or_else(of_register) {
                Some(gathered) => Stage::Register(gathered),
                None => Stage::Search(Box::new(Search::new(&spec, &calls, &members, Order::OfTime))),
            };
            parts.push(Part { members, stage });
        }
        sort_by(&mut parts, |part| [part.members.len() as u64, 0, 0]);
        Self::with_parts(spec, calls, Order::OfTime, parts)
    }

    /// A check for sequential consistency (Lamport 1979): is there an order that need only keep that of each process? The
    /// verdict's words are those for linearizability. All operations are about one object: unlike linearizability, this does
    /// not hold of a whole just because it holds of each object (Herlihy & Wing 1990, §3.3).
    ///
    /// Whether there is one is NP-complete even if every read tells its write (Gibbons & Korach 1997, §3).
    pub fn sequential(spec: S, calls: Vec<Call<S::Action>>) -> Self {
        assert!(calls.iter().all(|call| call.object == calls[0].object), "sequential consistency is of one object");
        let members: Vec<u32> = (0..calls.len() as u32).collect();
        let search = Search::new(&spec, &calls, &members, Order::OfProcess);
        let part = Part { members, stage: Stage::Search(Box::new(search)) };
        Self::with_parts(spec, calls, Order::OfProcess, vec![part])
    }

    fn with_parts(spec: S, calls: Vec<Call<S::Action>>, order: Order, parts: Vec<Part<S>>) -> Self {
        let (next, left, turn) = (0, FIRST_TURN, FIRST_TURN);
        Self { spec, order, calls, parts, phase: Phase::Deciding, next, left, turn, explored: 0 }
    }

    /// What is checked.
    pub fn calls(&self) -> &[Call<S::Action>] {
        &self.calls
    }

    /// What it is checked against.
    pub fn spec(&self) -> &S {
        &self.spec
    }

    /// How many configurations were looked at.
    pub fn explored(&self) -> u64 {
        self.explored
    }

    /// How many objects there are, and how many of them are known to be linearizable.
    pub fn progress(&self) -> (usize, usize) {
        let ordered = self.parts.iter().filter(|part| matches!(part.stage, Stage::Ordered(_)));
        (ordered.count(), self.parts.len())
    }

    /// How many operations have a place in the longest orders that were found so far.
    pub fn ordered(&self) -> usize {
        let of = |part: &Part<S>| match &part.stage {
            Stage::Register(_) => 0,
            Stage::Search(search) => search.longest(),
            Stage::Ordered(order) => order.len(),
        };
        self.parts.iter().map(of).sum()
    }

    /// Goes on, for about `budget` more configurations; `None` if that did not suffice. Tells its verdict once.
    ///
    /// A plain register with distinct values counts one configuration per operation, and one per move to bring its writes in
    /// order. It is decided in one go.
    pub fn step(&mut self, budget: u64) -> Option<Verdict> {
        let before = self.explored;
        if self.decide(budget)? {
            return Some(Verdict::Linearizable(self.merged()));
        }
        let Phase::Shrinking(shrink) = &mut self.phase else { unreachable!("decided so") };
        let left = budget.saturating_sub(self.explored - before);
        let (evidence, explored) = shrink.advance(&self.spec, &self.calls, left);
        self.explored += explored;
        evidence.map(Verdict::NotLinearizable)
    }

    /// As [`Checker::step`], but looks for no evidence: whether the history is linearizable.
    pub fn decide(&mut self, budget: u64) -> Option<bool> {
        let end = self.explored.saturating_add(budget.max(1));
        loop {
            if matches!(self.phase, Phase::Shrinking(_)) {
                return Some(false);
            }
            let Some(part) = self.next_part() else { return Some(true) };
            if self.explored >= end {
                return None;
            }
            self.advance(part, end);
        }
    }

    /// What is known if nobody goes on: that nobody knows, or evidence that may be larger than it need be.
    pub fn give_up(&self) -> Verdict {
        match &self.phase {
            Phase::Deciding => Verdict::Unknown { explored: self.explored },
            Phase::Shrinking(shrink) => Verdict::NotLinearizable(shrink.so_far()),
        }
    }

    /// Whose turn it is, if anybody is undecided.
    fn next_part(&mut self) -> Option<usize> {
        let is_open = |part: &Part<S>| !matches!(part.stage, Stage::Ordered(_));
        if !self.parts.iter().any(is_open) {
            return None;
        }
        while self.left == 0 || !is_open(&self.parts[self.next]) {
            self.next += 1;
            if self.next == self.parts.len() {
                self.next = 0;
                self.turn = self.turn.saturating_mul(2);
            }
            self.left = self.turn;
        }
        Some(self.next)
    }

    fn advance(&mut self, position: usize, end: u64) {
        let part = &mut self.parts[position];
        match &mut part.stage {
            Stage::Register(gathered) => {
                let (decided, work) = register::decide(&self.calls, gathered, part.members.len());
                self.explored += work;
                self.left = 0;
                match decided {
                    Decided::Order(order) => part.stage = Stage::Ordered(order),
                    Decided::Conflict(_) => {
                        let (core, dead_end) = register::first_failure(&self.spec, &self.calls, &part.members);
                        let others = part.members.iter().copied().filter(|one| !core.contains(one)).collect();
                        let shrink = Shrink::new(&self.calls, Order::OfTime, core, others, dead_end);
                        self.phase = Phase::Shrinking(Box::new(shrink));
                    }
                }
            }
            Stage::Search(search) => {
                let before = search.explored();
                let found = search.advance(&self.spec, self.left.min(end - self.explored));
                let spent = search.explored() - before;
                self.explored += spent;
                self.left = self.left.saturating_sub(spent);
                match found {
                    None => {}
                    Some(Found::Order(order)) => part.stage = Stage::Ordered(order),
                    Some(Found::Nothing(dead_end)) => {
                        // Impossible as of then, so whatever began later has no part in it.
                        let is_timed = self.order == Order::OfTime;
                        let began = |one: &&u32| !is_timed || self.calls[**one as usize].invoked <= dead_end.by;
                        let (begun, later) = part.members.iter().partition(began);
                        let shrink = Shrink::new(&self.calls, self.order, begun, later, dead_end);
                        self.phase = Phase::Shrinking(Box::new(shrink));
                    }
                }
            }
            Stage::Ordered(_) => unreachable!("only the undecided take turns"),
        }
    }

    /// One order of all objects' operations that keeps the order of each and that of time.
    fn merged(&mut self) -> Vec<u32> {
        if let [Part { stage: Stage::Ordered(order), .. }] = &mut self.parts[..] {
            return std::mem::take(order);
        }
        let mut placed: Vec<(u64, usize, usize, u32)> = Vec::with_capacity(self.calls.len());
        for (part, Part { stage, .. }) in self.parts.iter().enumerate() {
            let Stage::Ordered(order) = stage else { unreachable!("asked when all are decided") };
            // Each takes effect as early as its object's order allows.
            let mut now = 0;
            for (position, &call) in order.iter().enumerate() {
                now = now.max(self.calls[call as usize].invoked);
                placed.push((now, part, position, call));
            }
        }
        placed.sort_unstable();
        placed.into_iter().map(|(.., call)| call).collect()
    }
}

/// Checks to the end, or until `budget` configurations were looked at, or until `cancelled` says so, which is asked every few
/// thousand of them.
pub fn check<S: Spec>(
    spec: S,
    calls: Vec<Call<S::Action>>,
    budget: u64,
    cancelled: &mut dyn FnMut() -> bool,
) -> Verdict {
    const BETWEEN_QUESTIONS: u64 = 4_096;
    let mut checker = Checker::new(spec, calls);
    while checker.explored() < budget && !cancelled() {
        let left = budget - checker.explored();
        if let Some(verdict) = checker.step(left.min(BETWEEN_QUESTIONS)) {
            return verdict;
        }
    }
    checker.give_up()
}

/// Whether `order` is a linearization of all that returned: it keeps the order of time, and each object's specification
/// allows it.
pub fn is_linearization<S: Spec>(spec: &S, calls: &[Call<S::Action>], order: &[u32]) -> bool {
    let mut missing: Vec<bool> = calls.iter().map(|call| call.returned.is_some()).collect();
    let mut seen = vec![false; calls.len()];
    let mut states = crate::sorted::SortedMap::new();
    let mut latest = 0;
    for &position in order {
        let call = &calls[position as usize];
        latest = latest.max(call.invoked);
        if call.returned.is_some_and(|returned| returned < latest)
            || std::mem::replace(&mut seen[position as usize], true)
        {
            return false;
        }
        missing[position as usize] = false;
        let state = states.get(&call.object).cloned().unwrap_or_else(|| spec.initial());
        let Some(after) = spec.step(&state, &call.action) else { return false };
        states.insert(call.object, after);
    }
    !missing.contains(&true)
}

//! Linearizability: does every operation appear to take effect at one moment between its invocation and its return
//! (Herlihy & Wing 1990)?
//!
//! A history is judged object by object (locality, §3.3; Horn & Kroening 2015 call it P-compositionality). Each object's is
//! decided by an algorithm of its own if there is one for it ([`super::direct`]), else by [`super::search`]. The objects take turns,
//! cheapest first, with turns that grow: a violation in one is found without finishing the dearest other one.
//!
//! The answer may be "unknown": the problem is NP-complete (Gibbons & Korach 1997), so a check has [`Limits`] and can be
//! cancelled. It can also be advanced in pieces, as a page must; whoever owns a clock ends it by [`Checker::give_up`].
//!
//! The verdict comes first: [`Checker::decide`] tells it, and [`Checker::step`] goes on to make the evidence small. After a violation
//! [`Checker::go_on`] judges the other objects.

use serde::{Deserialize, Serialize};

use super::call::{Call, Order};
use super::direct::register::{self, Decided, Gathered, Gathering};
use super::direct::{Conflict, Direct};
use super::evidence::{Evidence, Shrink};
use super::search::{DeadEnd, Found, Search};
use super::sorting::sort_by;
use super::spec::Spec;

/// How many configurations an object may look at in its first turn.
const FIRST_TURN: u64 = 256;

/// What a check may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// So many configurations are looked at until there is a verdict. Evidence has no part in this.
    pub configurations: u64,
    /// So much memory is taken for what the searches remember, in bytes. The history itself comes on top.
    pub memory_bytes: usize,
}

impl Default for Limits {
    /// No bound on configurations, and 1 GB; where addresses have 32 bits, 256 MB.
    fn default() -> Self {
        let memory_bytes = if cfg!(target_pointer_width = "32") { 256 << 20 } else { 1 << 30 };
        Self { configurations: u64::MAX, memory_bytes }
    }
}

/// Why nobody knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Stop {
    /// As many configurations as it may were looked at.
    Configurations,
    /// To go on would take more memory than it may.
    Memory,
    /// Somebody stopped it, or the time was over.
    Cancelled,
}

/// What a check found. ([`Checker::sequential`] uses the same words for an order that keeps that of each process only.)
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Linearizable: in this order, which holds everything that returned and some of what did not.
    Linearizable(Vec<u32>),
    /// Not linearizable.
    NotLinearizable(Evidence),
    /// Nobody knows.
    Unknown {
        /// How many configurations were looked at.
        explored: u64,
        /// Why it ended.
        why: Stop,
        /// The longest order that was found, of an object that is not known to be linearizable.
        longest: Vec<u32>,
    },
}

/// A verdict without what proves it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// There is an order.
    Linearizable,
    /// There is none.
    NotLinearizable,
    /// It can't be known within the limits.
    Unknown,
}

/// What one object's history came to so far.
enum Stage<S: Spec> {
    /// Nobody looked at it yet.
    New,
    /// To be decided at once.
    Register(Box<Gathered>),
    Search(Box<Search<S>>),
    Ordered(Vec<u32>),
    /// The memory was not enough; this is the longest order that was found.
    GivenUp(Vec<u32>),
}

struct Part<S: Spec> {
    members: Vec<u32>,
    stage: Stage<S>,
}

impl<S: Spec> Part<S> {
    fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Ordered(_) | Stage::GivenUp(_))
    }

    /// What its search takes in memory, in bytes.
    fn bytes(&self) -> usize {
        if let Stage::Search(search) = &self.stage { search.bytes() } else { 0 }
    }

    /// The longest order of it that was found.
    fn longest(&self) -> Vec<u32> {
        match &self.stage {
            Stage::New | Stage::Register(_) => Vec::new(),
            Stage::Search(search) => search.longest(),
            Stage::Ordered(order) | Stage::GivenUp(order) => order.clone(),
        }
    }
}

/// What was found and is being made readable.
enum Phase<S: Spec> {
    Deciding,
    /// The part that has no order.
    Shrinking(usize, Box<Shrink<S>>),
}

/// A check under way.
pub struct Checker<S: Spec> {
    spec: S,
    limits: Limits,
    order: Order,
    calls: Vec<Call<S::Action>>,
    /// Fewest operations first.
    parts: Vec<Part<S>>,
    phase: Phase<S>,
    /// How many parts are open, and what the searches of all parts but the one whose turn it is take in memory, in bytes.
    open: usize,
    bytes_of_others: usize,
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
            let stage = gathered.take().or_else(of_register).map_or(Stage::New, Stage::Register);
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
        Self::with_parts(spec, calls, Order::OfProcess, vec![Part { members, stage: Stage::New }])
    }

    fn with_parts(spec: S, calls: Vec<Call<S::Action>>, order: Order, parts: Vec<Part<S>>) -> Self {
        let (next, left, turn, limits, open) = (0, FIRST_TURN, FIRST_TURN, Limits::default(), parts.len());
        let (phase, bytes_of_others, explored) = (Phase::Deciding, 0, 0);
        Self { spec, limits, order, calls, parts, phase, open, bytes_of_others, next, left, turn, explored }
    }

    /// The same within other limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
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

    /// How many objects are known to be linearizable, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let ordered = self.parts.iter().filter(|part| matches!(part.stage, Stage::Ordered(_)));
        (ordered.count(), self.parts.len())
    }

    /// How many operations have a place in the longest orders that were found so far.
    pub fn ordered(&self) -> usize {
        let of = |part: &Part<S>| match &part.stage {
            Stage::New | Stage::Register(_) => 0,
            Stage::Search(search) => search.longest_count(),
            Stage::Ordered(order) | Stage::GivenUp(order) => order.len(),
        };
        self.parts.iter().map(of).sum()
    }

    /// What the searches take in memory now, in bytes, without the history.
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(Part::bytes).sum()
    }

    /// Goes on, for about `budget` more configurations; `None` if that did not suffice. Tells its verdict once.
    ///
    /// What has an algorithm of its own counts one configuration per operation, and is decided in one go.
    pub fn step(&mut self, budget: u64) -> Option<Verdict> {
        let before = self.explored;
        match self.decide(budget)? {
            Decision::Linearizable => return Some(Verdict::Linearizable(self.merged())),
            Decision::Unknown => return Some(self.unknown()),
            Decision::NotLinearizable => {}
        }
        let Phase::Shrinking(_, shrink) = &mut self.phase else { unreachable!("decided so") };
        let left = budget.saturating_sub(self.explored - before);
        let (evidence, explored) = shrink.advance(&self.spec, &self.calls, left);
        self.explored += explored;
        evidence.map(Verdict::NotLinearizable)
    }

    /// As [`Checker::step`], but looks for no evidence: what the verdict will be.
    pub fn decide(&mut self, budget: u64) -> Option<Decision> {
        let end = self.explored.saturating_add(budget.max(1));
        loop {
            if matches!(self.phase, Phase::Shrinking(..)) {
                return Some(Decision::NotLinearizable);
            }
            if self.open == 0 {
                let is_known = self.parts.iter().all(|part| matches!(part.stage, Stage::Ordered(_)));
                return Some(if is_known { Decision::Linearizable } else { Decision::Unknown });
            }
            if self.explored >= self.limits.configurations {
                return Some(Decision::Unknown);
            }
            if self.explored >= end {
                return None;
            }
            self.next_part();
            self.advance(end.min(self.limits.configurations));
        }
    }

    /// What is known if nobody goes on: that nobody knows, or evidence that may be larger than it need be.
    pub fn give_up(&self) -> Verdict {
        match &self.phase {
            Phase::Deciding => self.unknown(),
            Phase::Shrinking(_, shrink) => Verdict::NotLinearizable(shrink.so_far()),
        }
    }

    /// Leaves out the object that was found not to be linearizable, and with it its evidence, to judge the others; false if no
    /// object was found so, or there are no others.
    pub fn go_on(&mut self) -> bool {
        let Phase::Shrinking(failed, _) = &self.phase else { return false };
        self.parts.remove(*failed);
        (self.next, self.left) = (0, self.turn);
        self.open = self.parts.iter().filter(|part| part.is_open()).count();
        self.bytes_of_others = self.parts.iter().skip(1).map(Part::bytes).sum();
        self.phase = Phase::Deciding;
        !self.parts.is_empty()
    }

    fn unknown(&self) -> Verdict {
        let is_full = |part: &&Part<S>| matches!(part.stage, Stage::GivenUp(_));
        let full = self.parts.iter().find(is_full).filter(|_| self.open == 0);
        let why = match full {
            Some(_) => Stop::Memory,
            None if self.explored >= self.limits.configurations => Stop::Configurations,
            None => Stop::Cancelled,
        };
        let hardest = || self.parts.iter().filter(|part| part.is_open()).max_by_key(|part| part.members.len());
        let longest = full.or_else(hardest).map_or(Vec::new(), Part::longest);
        Verdict::Unknown { explored: self.explored, why, longest }
    }

    /// Moves on to the part whose turn it is: one that is open.
    fn next_part(&mut self) {
        while self.left == 0 || !self.parts[self.next].is_open() {
            self.bytes_of_others += self.parts[self.next].bytes();
            self.next += 1;
            if self.next == self.parts.len() {
                self.next = 0;
                self.turn = self.turn.saturating_mul(2);
            }
            self.left = self.turn;
            self.bytes_of_others -= self.parts[self.next].bytes();
        }
    }

    fn advance(&mut self, end: u64) {
        let part = &mut self.parts[self.next];
        match &mut part.stage {
            Stage::New => {
                let Self { spec, calls, order, .. } = self;
                let direct = (*order == Order::OfTime).then(|| spec.direct(calls, &part.members)).flatten();
                self.explored += if direct.is_some() { part.members.len() as u64 } else { 0 };
                match direct {
                    Some(Direct::Order(found)) => self.is_ordered(found),
                    Some(Direct::Impossible(conflict)) => self.is_impossible(&conflict),
                    None => part.stage = Stage::Search(Box::new(Search::new(spec, calls, &part.members, *order))),
                }
            }
            Stage::Register(gathered) => {
                let (decided, work) = register::decide(&self.calls, gathered, part.members.len());
                self.explored += work;
                match decided {
                    Decided::Order(order) => self.is_ordered(order),
                    Decided::Conflict(_) => {
                        let conflict = register::failure(&self.spec, &self.calls, &part.members);
                        self.is_impossible(&conflict);
                    }
                }
            }
            Stage::Search(search) => {
                let before = search.explored();
                let bytes_max = self.limits.memory_bytes.saturating_sub(self.bytes_of_others);
                let found = search.advance(&self.spec, self.left.min(end - self.explored), bytes_max);
                let spent = search.explored() - before;
                self.explored += spent;
                self.left = self.left.saturating_sub(spent);
                match found {
                    None => {}
                    Some(Found::Order(order)) => self.is_ordered(order),
                    Some(Found::Nothing(dead_end)) => self.is_hopeless(dead_end),
                    Some(Found::Full) => {
                        part.stage = Stage::GivenUp(search.longest());
                        self.open -= 1;
                    }
                }
            }
            Stage::Ordered(_) | Stage::GivenUp(_) => unreachable!("only the undecided take turns"),
        }
    }

    fn is_ordered(&mut self, order: Vec<u32>) {
        self.parts[self.next].stage = Stage::Ordered(order);
        self.open -= 1;
    }

    /// A few operations were found that are impossible together.
    fn is_impossible(&mut self, conflict: &Conflict) {
        let Conflict { operations, about, .. } = conflict;
        let members = &self.parts[self.next].members;
        let others = members.iter().copied().filter(|one| operations.binary_search(one).is_err()).collect();
        let (spec, calls, dead_end) = (&self.spec, &self.calls, conflict.dead_end());
        let shrink = Shrink::about(spec, calls, Order::OfTime, operations.clone(), others, dead_end, about.clone());
        self.phase = Phase::Shrinking(self.next, Box::new(shrink));
    }

    /// A search ended without an order.
    fn is_hopeless(&mut self, dead_end: DeadEnd) {
        // Impossible as of then, so whatever began later has no part in it.
        let is_timed = self.order == Order::OfTime;
        let began = |one: &&u32| !is_timed || self.calls[**one as usize].invoked <= dead_end.by;
        let (begun, later) = self.parts[self.next].members.iter().partition(began);
        let shrink = Shrink::new(&self.spec, &self.calls, self.order, begun, later, dead_end);
        self.phase = Phase::Shrinking(self.next, Box::new(shrink));
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

/// Checks to the end, or until `budget` configurations were looked at (those for evidence included), or until `cancelled` says so, which is asked every few
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

//! The contract between a protocol and whatever runs it.
//!
//! A node is a value. It owns neither a clock nor dice nor a network nor a disk: it is told what happened, with its own two
//! clock readings, and pushes what it wants done as data through the verbs of [`Effects`]. The simulator, the explorer,
//! the tests and a learner's click therefore all drive the same code, and a run can be replayed bit for bit.
//!
//! What is absent here on purpose: any way to ask for the time, for a random number, or for what another node knows.

use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::str::FromStr;

/// A point in time or a span of it, in microseconds. Simulated time starts at 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Micros(pub u64);

impl Micros {
    /// The start of every run.
    pub const ZERO: Self = Self(0);

    /// `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000)
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_ms(self) -> u64 {
        self.0 / 1_000
    }

    /// Seconds, for drawing only: nothing that is replayed may depend on a float.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// `self - earlier`, or zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add for Micros {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Names a participant of one run, counted from 0. Servers come first, then clients and storage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u8);

impl NodeId {
    /// The position of this participant in a list of all of them.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Shown as the field writes it, counted from one: `n1`.
impl Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", u32::from(self.0) + 1)
    }
}

impl FromStr for NodeId {
    type Err = String;

    /// Reads `n1`.
    fn from_str(word: &str) -> Result<Self, String> {
        let number = word.strip_prefix('n').and_then(|number| number.parse::<u8>().ok()?.checked_sub(1));
        let known = number.filter(|index| usize::from(*index) < NodeSet::MAX);
        known.map(Self).ok_or_else(|| format!("“{word}” is no participant"))
    }
}

/// A set of participants; the largest id is [`NodeSet::MAX`] - 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeSet(u32);

impl NodeSet {
    /// How many participants one run can have.
    pub const MAX: usize = 32;
    /// No one.
    pub const EMPTY: Self = Self(0);

    /// The participants `0..count`.
    pub fn first(count: usize) -> Self {
        assert!(count <= Self::MAX, "at most {} participants", Self::MAX);
        Self(((1_u64 << count) - 1) as u32)
    }

    /// Adds `id`; true if it was not there.
    pub fn insert(&mut self, id: NodeId) -> bool {
        let fresh = !self.contains(id);
        self.0 |= 1 << id.0;
        fresh
    }

    /// Removes `id`; true if it was there.
    pub fn remove(&mut self, id: NodeId) -> bool {
        let present = self.contains(id);
        self.0 &= !(1 << id.0);
        present
    }

    /// This set without `id`.
    pub fn without(mut self, id: NodeId) -> Self {
        self.remove(id);
        self
    }

    /// This set and `id`.
    pub fn with(mut self, id: NodeId) -> Self {
        self.insert(id);
        self
    }

    /// Whether `id` is a member.
    pub fn contains(self, id: NodeId) -> bool {
        assert!(id.index() < Self::MAX, "{id:?} is out of range");
        self.0 & (1 << id.0) != 0
    }

    /// Members of both.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Members of either.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Members of `self` that `other` lacks.
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many members.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is no member.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the members of `self` are more than half of `all`.
    pub fn is_majority_of(self, all: Self) -> bool {
        2 * self.intersection(all).len() > all.len()
    }

    /// The members in ascending order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> + Clone {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let lowest = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (lowest < u32::BITS).then_some(NodeId(lowest as u8))
        })
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(ids: I) -> Self {
        ids.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// Shown as `{n1, n3}`.
impl Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, id) in self.iter().enumerate() {
            write!(f, "{}{id}", if position == 0 { "" } else { ", " })?;
        }
        f.write_str("}")
    }
}

impl Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// What a node reads off its own two clocks at one event. Both may be wrong; neither node nor protocol can tell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Clocks {
    /// Never goes back, but may run fast or slow (drift). Timers run on it.
    pub monotonic: Micros,
    /// Time of day since midnight: drifts with the monotonic clock and may jump either way (skew).
    pub wall: Micros,
}

/// The half-open range `[min, max)` from which the runner picks a timer's delay, on the node's own monotonic clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Delay {
    /// The shortest delay that may be picked.
    pub min: Micros,
    /// The first delay that may not; equal to `min` for a fixed delay.
    pub max: Micros,
}

impl Delay {
    /// A delay that the runner may pick anywhere in `[min, max)`.
    pub const fn between(min: Micros, max: Micros) -> Self {
        Self { min, max }
    }

    /// A delay without choice.
    pub const fn fixed(delay: Micros) -> Self {
        Self { min: delay, max: delay }
    }
}

/// Names a client's request within one run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u32);

/// What a replicated log carries. The log never looks inside.
pub trait Command: Clone + Eq + Hash + Debug {
    /// The whole state that carrying out a prefix of the log leads to: what takes the place of that prefix once the log is
    /// compacted. A clone should share what it can.
    type Snapshot: Clone + Eq + Hash + Debug;
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Answer<T, R> {
    /// It took effect, with this result.
    Done(T),
    /// It did not take effect and never will, for this reason.
    Refused(R),
    /// No answer in time: it may have taken effect, may still do so, or may never.
    Unknown,
}

/// What a message is called: part of its structural name in a script, so it must be stable.
pub trait Kind {
    /// The name the paper gives this message.
    fn kind(&self) -> &'static str;
}

/// Durable state: what is left of a node after a crash.
pub trait Disk: Clone + Eq + Hash + Debug + Default {
    /// One change to it.
    type Delta: Clone + Eq + Hash + Debug;

    /// Makes one change.
    fn apply(&mut self, delta: &Self::Delta);
}

/// For nodes that keep nothing.
impl Disk for () {
    type Delta = std::convert::Infallible;

    fn apply(&mut self, delta: &Self::Delta) {
        match *delta {}
    }
}

/// A protocol participant: a deterministic state machine.
///
/// Two nodes that are equal behave equally for ever: nothing that decides behaviour may be left out of `Eq` and `Hash`.
pub trait Node: Clone + Eq + Hash + Debug {
    /// What it sends to other participants.
    type Message: Clone + Eq + Hash + Debug + Kind;
    /// The timers that it may have running, at most one of each value.
    type Timer: Copy + Ord + Hash + Debug;
    /// What a client may ask of it.
    type Request: Clone + Eq + Hash + Debug;
    /// The result of a request that took effect.
    type Response: Clone + Eq + Hash + Debug;
    /// Why a request did not take effect.
    type Refusal: Clone + Eq + Hash + Debug;
    /// What survives a crash.
    type Disk: Disk;
    /// A rule that fired or refused, with the numbers that this node knows. Never read back.
    type Note: Clone + PartialEq + Debug;

    /// Starts, or starts again after a crash, with what the disk kept (`Disk::default()` the first time). Everything that
    /// is not configuration must be forgotten.
    fn on_restart(&mut self, disk: &Self::Disk, at: Clocks, out: &mut Effects<Self>);

    /// A message arrived. `from` may be the node itself: see [`Effects::send_after_sync`].
    fn on_message(&mut self, from: NodeId, message: Self::Message, at: Clocks, out: &mut Effects<Self>);

    /// A timer that was set and not cancelled since ran out. It is no longer running.
    fn on_timer(&mut self, timer: Self::Timer, at: Clocks, out: &mut Effects<Self>);

    /// A client asks for something.
    fn on_request(&mut self, id: RequestId, request: Self::Request, at: Clocks, out: &mut Effects<Self>);

    /// The runner picked one of those offered to [`Effects::choose`].
    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Effects<Self>) {
        let _ = (at, out);
        unreachable!("{picked} was picked for a node that offered no choice");
    }
}

/// One thing that a node wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect<N: Node> {
    /// See [`Effects::send`] and [`Effects::send_after_sync`].
    Send {
        /// Whom to.
        to: NodeId,
        /// What.
        message: N::Message,
        /// Only once all that was written before is durable.
        after_sync: bool,
    },
    /// See [`Effects::set_timer`].
    SetTimer(N::Timer, Delay),
    /// See [`Effects::cancel_timer`].
    CancelTimer(N::Timer),
    /// See [`Effects::choose`].
    Choose(NodeSet),
    /// See [`Effects::write`].
    Write(<N::Disk as Disk>::Delta),
    /// See [`Effects::reply`].
    Reply(RequestId, Answer<N::Response, N::Refusal>),
    /// See [`Effects::note`].
    Note(N::Note),
}

/// What a node wants done, in the order in which it asked.
#[derive(Debug)]
pub struct Effects<N: Node> {
    asked: Vec<Effect<N>>,
    /// Whether anybody listens to notes.
    notes: bool,
}

impl<N: Node> Default for Effects<N> {
    fn default() -> Self {
        Self { asked: Vec::new(), notes: true }
    }
}

impl<N: Node> Effects<N> {
    /// For a runner to whom it does not matter why: notes are not even made.
    pub fn without_notes() -> Self {
        Self { notes: false, ..Self::default() }
    }

    /// Hands `message` to the network: it may be delayed, lost, duplicated or reordered.
    pub fn send(&mut self, to: NodeId, message: N::Message) {
        self.asked.push(Effect::Send { to, message, after_sync: false });
    }

    /// As [`Effects::send`], but it leaves only when everything written before is durable. To itself a node sends this to
    /// learn that its own writes are: such a message is never delayed or lost, except by a crash.
    pub fn send_after_sync(&mut self, to: NodeId, message: N::Message) {
        self.asked.push(Effect::Send { to, message, after_sync: true });
    }

    /// Starts `timer` anew; the runner picks the delay inside the range.
    pub fn set_timer(&mut self, timer: N::Timer, delay: Delay) {
        self.asked.push(Effect::SetTimer(timer, delay));
    }

    /// Stops `timer` if it runs.
    pub fn cancel_timer(&mut self, timer: N::Timer) {
        self.asked.push(Effect::CancelTimer(timer));
    }

    /// Asks the runner to pick one (the explorer tries each); [`Node::on_choice`] tells which. A node has one open choice
    /// at most.
    pub fn choose(&mut self, among: NodeSet) {
        assert!(!among.is_empty(), "a choice among nobody");
        self.asked.push(Effect::Choose(among));
    }

    /// Writes to disk. Durable only after a sync, an event of its own: a crash before it may lose this.
    pub fn write(&mut self, delta: <N::Disk as Disk>::Delta) {
        self.asked.push(Effect::Write(delta));
    }

    /// Answers a client. After [`Answer::Unknown`] one more answer may follow, should the truth come out.
    pub fn reply(&mut self, request: RequestId, answer: Answer<N::Response, N::Refusal>) {
        self.asked.push(Effect::Reply(request, answer));
    }

    /// Leaves word of which rule fired or refused.
    #[inline]
    pub fn note(&mut self, note: impl Into<N::Note>) {
        if self.notes {
            self.asked.push(Effect::Note(note.into()));
        }
    }

    /// Takes one effect as it is: for a node that is built around another one.
    pub fn push(&mut self, effect: Effect<N>) {
        self.asked.push(effect);
    }

    /// What was asked for so far, oldest first.
    pub fn as_slice(&self) -> &[Effect<N>] {
        &self.asked
    }

    /// Takes all effects out, oldest first, and keeps the memory for the next event.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Effect<N>> {
        self.asked.drain(..)
    }
}

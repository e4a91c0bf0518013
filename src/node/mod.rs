//! The contract between a protocol and whatever runs it.
//!
//! A node is a value. It owns neither a clock nor dice nor a network nor a disk: it is told what happened, with its own two
//! clock readings, and pushes what it wants done as data through the verbs of [`Effects`]. The simulator, the explorer,
//! the tests and a learner's click therefore all drive the same code, and a run can be replayed bit for bit.
//!
//! What is absent here on purpose: any way to ask for the time, for a random number, or for what another node knows.

mod invariant;
mod names;
mod time;

pub use invariant::Violation;
pub(crate) use invariant::violated;
pub use names::{Count, NodeId, NodeSet, RequestId};
pub use time::{Clocks, Delay, Micros};

use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;

/// What a replicated log carries. The log never looks inside.
pub trait Command: Clone + Eq + Hash + Serialize + Debug {
    /// The whole state that carrying out a prefix of the log leads to: what takes the place of that prefix once the log is
    /// compacted. A clone should share what it can.
    type Snapshot: Clone + Eq + Hash + Serialize + Debug;
}

/// What came of a request.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Answer<T, R> {
    /// It took effect, with this result.
    Done(T),
    /// It did not take effect and never will, for this reason.
    Refused(R),
    /// No answer in time: it may have taken effect, may still do so, or may never.
    Unknown,
}

/// What a message or a timer is called: part of its name in a script, so it must be stable.
pub trait Kind {
    /// The paper's name for this message. The protocol's for this timer: no two timers of one node share it.
    fn kind(&self) -> &'static str;
}

/// For nodes that set no timer.
impl Kind for std::convert::Infallible {
    fn kind(&self) -> &'static str {
        match *self {}
    }
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
    type Message: Clone + Eq + Hash + Serialize + Debug + Kind;
    /// The timers that it may have running, at most one of each value.
    type Timer: Copy + Ord + Hash + Serialize + Debug + Kind;
    /// What a client may ask of it.
    type Request: Clone + Eq + Hash + Serialize + Debug;
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

/// Makes a note of a part of a protocol one of the whole, so that a rule need not say which part it belongs to.
macro_rules! note_of_parts {
    ($whole:ident: $($part:ident($note:ty)),* $(,)?) => {
        $(impl From<$note> for $whole {
            fn from(note: $note) -> Self {
                Self::$part(note)
            }
        })*
    };
}

pub(crate) use note_of_parts;

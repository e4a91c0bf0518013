//! What the meters show, and what is known of a history: its verdict and the evidence.

use std::rc::Rc;

use cap_lab::node::Micros;
use cap_lab::referee::Staleness;
use cap_lab::referee::client::VerdictState;

/// Counted over the whole run up to the play head.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Meters {
    /// Operations that were answered (not refused, not unknown).
    pub answered: u32,
    /// Operations that ended.
    pub ended: u32,
    /// Answered reads that missed a confirmed post.
    pub stale: u32,
    /// Posts and reads refused.
    pub refused: u32,
    /// Posts and reads without an answer in time.
    pub unknown: u32,
    /// Median latency of answered operations.
    pub p50: Option<Micros>,
    /// 99th percentile.
    pub p99: Option<Micros>,
}

/// The verdict on a history as of the play head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerdictView {
    /// What it is.
    pub state: VerdictState,
    /// Until when the history is known to be linearizable, up to the play head.
    pub until: Micros,
    /// It is being checked: there will be more to tell.
    pub busy: bool,
}

/// A verdict, opened up.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VerdictSheet {
    /// Why: what the evidence comes to.
    pub sentence: String,
    /// Just before the history became impossible.
    pub before: Option<Micros>,
    /// The operations that make the case, latest first: "Ana reads, 1.20–1.24 s: misses Bo's “Rain again”".
    pub operations: Vec<String>,
    /// What else these saw, without which they would prove nothing; latest first.
    pub seen: Vec<String>,
    /// Which faults were active then: "links cut, 1.00 s to now".
    pub faults: Vec<String>,
    /// How long after healing all were up to date again.
    pub recovered: Option<String>,
    /// The guarantees, the weaker ones first; none as long as nothing is known.
    pub ladder: Vec<Rung>,
    /// How stale reads were in each world, by what tells it apart ("CP"); none as long as nothing is known.
    pub staleness: Vec<(String, Rc<Staleness>)>,
}

/// A guarantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rung {
    /// "Monotonic reads".
    pub name: &'static str,
    /// Whether it was kept; `None`: nobody knows.
    pub kept: Option<bool>,
    /// What proves that it was broken, if the evidence does not say it already.
    pub why: String,
}

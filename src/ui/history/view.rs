//! What a strip of operations shows, and what is told of one of them.

use cap_lab::node::Micros;

/// A history around the time that is shown.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HistoryView {
    /// One row per person.
    pub rows: Vec<HistoryRow>,
    /// A moment for each operation of the order that explains the history, by that order; none where no order is known.
    pub points: Vec<OrderPoint>,
    /// When links were cut or nodes down, to be shaded behind the rows. `None`: still so.
    pub faults: Vec<(Micros, Option<Micros>, String)>,
    /// If the history is impossible: the post that was missed and the read that missed it, each with its row. The evidence
    /// holds both.
    pub decisive: Option<[(usize, Bar); 2]>,
}

/// One person's operations, oldest first.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryRow {
    /// "Ana".
    pub name: String,
    /// Her operations.
    pub bars: Vec<Bar>,
}

/// Where an operation stands in an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderPoint {
    /// Whose row.
    pub row: usize,
    /// Which operation.
    pub id: u32,
    /// A moment at which it may have taken effect.
    pub at: Micros,
}

/// What came of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BarState {
    /// Not answered yet.
    Pending,
    /// Answered.
    Done,
    /// Answered from old data.
    Stale,
    /// Refused.
    Refused,
    /// No answer in time.
    Unknown,
}

/// One operation as a bar in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bar {
    /// Stable within the run.
    pub id: u32,
    /// Something was written, else read.
    pub write: bool,
    /// Invoked.
    pub from: Micros,
    /// Ended.
    pub to: Option<Micros>,
    /// What came of it.
    pub state: BarState,
    /// It belongs to what proves that the history is not linearizable.
    pub evidence: bool,
}

/// One operation, told.
#[derive(Clone, PartialEq, Debug)]
pub struct OperationView {
    /// Its name in the run.
    pub id: u32,
    /// "Ana reads".
    pub title: String,
    /// What came of it.
    pub state: BarState,
    /// When it began.
    pub from: Micros,
    /// When it ended.
    pub to: Option<Micros>,
    /// What came of it, in words: "Answered after 120 ms".
    pub outcome: String,
    /// What it saw: "14 posts, the newest Bo's “Rain again”".
    pub saw: String,
    /// Its place in the order that explains the history, counted from 1.
    pub place: Option<usize>,
    /// Its part in the evidence.
    pub evidence: String,
}

/// What carried an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarriedView {
    /// The messages, by sending; those alike together: "AppendEntries n3 → n1, n2, n4, n5".
    pub lines: Vec<CarriedLine>,
    /// How many carried it: all but those that should have brought what a read missed.
    pub count: u32,
    /// Which messages count, and why.
    pub rule: String,
    /// All of these messages, by their names in the run.
    pub flights: Vec<u32>,
    /// When the first of them was sent.
    pub from: Micros,
    /// When the last of them arrived.
    pub to: Micros,
}

/// Messages that are alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarriedLine {
    /// When the first was sent.
    pub at: Micros,
    /// Which, from whom, to whom.
    pub text: String,
    /// What became of them if they did not arrive, or what they brought: "lost", "brought 3 posts".
    pub note: String,
    /// They did not arrive.
    pub lost: bool,
}

//! What is odd about a history, though it can be judged.

use std::fmt::{self, Display};

/// A reason to doubt what a verdict is worth.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Warning {
    /// No result could contradict any order: any history of such operations is linearizable.
    NothingObserved,
    /// `:time` goes back, as if the files of several clients had been put one behind the other. The order of the entries
    /// decides what came before what.
    TimeGoesBack {
        /// Where it does so first, counted from 1.
        line: u32,
        /// How often it does.
        times: u32,
    },
    /// Of more than half of the operations nobody knows whether they happened.
    MostCrashed {
        /// So many,
        crashed: u32,
        /// of so many.
        of: u32,
    },
    /// One client had two operations under way at once.
    Overlap {
        /// Where the later one stands, counted from 1.
        line: u32,
        /// How many began before the one before had returned.
        times: u32,
    },
}

impl Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingObserved => f.write_str("no read says anything, so no order of these operations can be wrong"),
            Self::TimeGoesBack { line, times } => write!(
                f,
                "line {line}: :time goes back ({times} times in all), as if files of several clients were put together; the \
                 order of the entries decides"
            ),
            Self::MostCrashed { crashed, of } => {
                write!(f, "most operations crashed: {crashed} of {of} may have happened or not")
            }
            Self::Overlap { line, times } => {
                write!(
                    f,
                    "line {line}: a client began an operation before its last one returned ({times} times in all)"
                )
            }
        }
    }
}

/// What is counted while a history is read.
#[derive(Clone, Default)]
pub(super) struct Tally {
    /// Entries of the nemesis.
    pub(super) left_out: u32,
    /// Operations that began.
    pub(super) operations: u32,
    /// Those of them of which nobody knows what came of them.
    pub(super) crashed: u32,
    /// Those whose result some order could contradict.
    pub(super) observed: u32,
    overlaps: Option<(u32, u32)>,
    latest: Option<i64>,
    backward: Option<(u32, u32)>,
}

impl Tally {
    /// An event happened then.
    pub(super) fn time(&mut self, line: u32, time: Option<i64>) {
        let Some(time) = time else { return };
        if self.latest.replace(time).is_some_and(|latest| time < latest) {
            let (first, times) = self.backward.unwrap_or((line, 0));
            self.backward = Some((first, times + 1));
        }
    }

    /// The operation of this line began before the one before had returned, of the same client.
    pub(super) fn overlap(&mut self, line: u32) {
        let (first, times) = self.overlaps.unwrap_or((line, 0));
        self.overlaps = Some((first, times + 1));
    }

    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut all = Vec::new();
        if self.observed == 0 {
            all.push(Warning::NothingObserved);
        }
        all.extend(self.backward.map(|(line, times)| Warning::TimeGoesBack { line, times }));
        if self.crashed > self.operations / 2 {
            all.push(Warning::MostCrashed { crashed: self.crashed, of: self.operations });
        }
        all.extend(self.overlaps.map(|(line, times)| Warning::Overlap { line, times }));
        all
    }
}

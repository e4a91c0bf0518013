//! One operation as the checkers see it.

/// What somebody did to an object, with what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call<A> {
    /// Whose it is.
    pub process: u64,
    /// Which object it is about. Objects are independent of each other.
    pub object: u32,
    /// What was done, and with what result.
    pub action: A,
    /// When it began: microseconds of a run, or the number of a line.
    pub invoked: u64,
    /// When it returned, in the same unit; `None` if nobody knows what came of it: it may take effect at any time after it
    /// began, or never.
    pub returned: Option<u64>,
}

impl<A> Call<A> {
    /// Whether it had returned before `other` began. At the same moment, neither came first.
    pub fn precedes<B>(&self, other: &Call<B>) -> bool {
        self.returned.is_some_and(|returned| returned < other.invoked)
    }
}

/// Which order of a history's operations has to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// That of time: what returned before another one began comes before it (linearizability).
    #[default]
    OfTime,
    /// Only that of time within each process (sequential consistency).
    OfProcess,
}

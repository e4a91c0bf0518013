//! What is said of a protocol by whoever watches its invariants. They stand beside each protocol.

use std::fmt::{self, Display};

/// An invariant that does not hold, and what shows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Violation {
    /// Its name, as the protocol lists it.
    pub invariant: &'static str,
    /// The nodes and what they know, did or said that contradict it.
    pub evidence: String,
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is violated: {}", self.invariant, self.evidence)
    }
}

/// The verdict on what contradicts `invariant`.
pub(crate) fn violated(invariant: &'static str, evidence: String) -> Result<(), Violation> {
    Err(Violation { invariant, evidence })
}

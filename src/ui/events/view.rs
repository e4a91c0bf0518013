//! What the list of events shows.

use std::rc::Rc;

use cap_lab::explain::Sentence;
use cap_lab::node::Micros;

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When.
    pub at: Micros,
    /// Stable within the run.
    pub id: u64,
    /// In words.
    pub sentence: Rc<Sentence>,
}

/// Something of which not all replicas have the same.
#[derive(Clone, PartialEq, Debug)]
pub struct Differs {
    /// "Bo's “Rain again”".
    pub what: String,
    /// "on n1 n2, not on n3 n4 n5".
    pub sides: String,
}

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

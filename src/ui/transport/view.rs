//! What the timeline shows.

use cap_lab::explain::Tone;
use cap_lab::node::Micros;

/// A mark on the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// When.
    pub at: Micros,
    /// "elected n3", "links cut", "CP refused", "AP stale".
    pub label: String,
    /// Colour.
    pub tone: Tone,
}

/// One future that was tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// Where it left its parent.
    pub forked_at: Micros,
    /// How far it was computed.
    pub end: Micros,
    /// "first run", "crash n3".
    pub label: String,
    /// The one being played.
    pub current: bool,
}

//! What the timeline shows.

use cap_lab::explain::Tone;
use cap_lab::node::Micros;

/// Marks nearer to each other, in pixels, are one.
pub const APART: f64 = 8.0;

/// How bad: what is worse has its label before others.
pub fn weight(tone: Tone) -> u8 {
    match tone {
        Tone::Bad => 0,
        Tone::Warning => 1,
        Tone::Good => 2,
        Tone::Routine => 3,
    }
}

/// A mark on the timeline, or several that would overlap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// When; the first of several.
    pub at: Micros,
    /// The last of several.
    pub until: Micros,
    /// How many.
    pub count: u32,
    /// "elected n3", "links cut", "CP refused", "AP stale"; of several the worst.
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

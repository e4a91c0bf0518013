//! What a pointer does.

/// Where in a gesture a pointer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It was pressed.
    Down,
    /// It moved, pressed or not.
    Move,
    /// It was lifted.
    Up,
    /// The browser took it away.
    Cancel,
}

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

/// What points: a finger is broader than a mouse's arrow, and trembles more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tip {
    /// A mouse or a pen.
    Fine,
    /// A finger.
    Finger,
}

impl Tip {
    /// How far from it, in CSS pixels, a message is that it still means.
    pub const fn reach(self) -> f64 {
        match self {
            Self::Fine => 16.0,
            Self::Finger => 28.0,
        }
    }

    /// How far, in CSS pixels, a press may wander and still be a click.
    pub const fn slack(self) -> f64 {
        match self {
            Self::Fine => 8.0,
            Self::Finger => 14.0,
        }
    }
}

//! What is told of a run beside what happens in it, as plain data: the situation that it plays, the conclusion after a partition.

use std::rc::Rc;

use cap_lab::conclusion::Line;
use cap_lab::node::Micros;

/// What a run shows of a claim: the moments that decide it, by time, each in words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judged {
    /// When the whole claim is met.
    pub met: Option<Micros>,
    /// What it takes, by time.
    pub moments: Vec<(Micros, String)>,
}

/// The situation that a run plays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Playing {
    /// Its name.
    pub name: &'static str,
    /// What its run shows.
    pub judged: Rc<Judged>,
    /// The learner did something: what follows is another run.
    pub changed: bool,
}

/// What a partition cost, once it is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Concluded {
    /// When it ended: there is one conclusion for each.
    pub healed: Micros,
    /// When all was told.
    pub over: Micros,
    /// In sentences.
    pub lines: Vec<Line>,
    /// What to think about.
    pub question: &'static str,
}

/// A situation to be played, from its start or from a moment of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Show {
    /// Its name.
    pub situation: &'static str,
    /// The goal whose moment is to be looked at; none: it plays from its start.
    pub moment: Option<&'static str>,
}

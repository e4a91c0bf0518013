//! Exhaustive search, shortest ways first.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::{State, Subject};
use crate::node::Violation;
use crate::sim::fingerprint::Fingerprint;
use crate::sim::model::{Step, StepOutcome};

/// What a search came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Explored<S: Subject> {
    /// Different states that it saw, the first among them.
    pub states: u64,
    /// Steps that it did.
    pub steps: u64,
    /// The most steps that any state is away from the first.
    pub depth: u32,
    /// A shortest way to something broken.
    pub broken: Option<(Vec<Step<S::Node>>, Violation)>,
    /// Whether it saw all that is in reach; if not, it broke off at what it found or after too many states.
    pub finished: bool,
}

/// A state seen and not yet left.
struct Open<S: Subject> {
    state: State<S>,
    /// Where the way to it stands in the list of all.
    way: u32,
    length: u32,
}

/// Where a search gives up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// After so many states.
    pub states: u64,
    /// At ways of more steps than this: having seen all shorter ones, the search counts as finished.
    pub length: u32,
}

/// Visits all states in reach by the length of the way there plus what is missing at least ([`Subject::at_least`]; A*,
/// Hart, Nilsson and Raphael 1968), and stops at the first broken invariant.
pub fn shortest<S: Subject>(subject: &S, limit: Limit) -> Explored<S> {
    let first = State::first(subject);
    let mut ways: Vec<(u32, Option<Step<S::Node>>)> = vec![(0, None)];
    let mut lengths: HashMap<u64, u32, BuildHasherDefault<Fingerprint>> = HashMap::default();
    lengths.insert(subject.fingerprint(&first), 0);
    // By the total length that is possible at best.
    let mut open: Vec<Vec<Open<S>>> = Vec::new();
    let missing = |state: &State<S>| subject.at_least(state).max(1);
    let mut total = missing(&first) as usize;
    open.resize_with(total + 1, Vec::new);
    open[total].push(Open { state: first, way: 0, length: 0 });
    let mut explored = Explored { states: 1, steps: 0, depth: 0, broken: None, finished: false };
    let mut outcome = StepOutcome::default();
    while total < open.len() && total <= limit.length as usize {
        let Some(Open { state, way, length }) = open[total].pop() else {
            total += 1;
            continue;
        };
        // A shorter way was found meanwhile.
        if lengths[&subject.fingerprint(&state)] < length {
            continue;
        }
        explored.depth = explored.depth.max(length);
        for step in state.steps(subject) {
            explored.steps += 1;
            let mut next = state.clone();
            let verdict = next.step(subject, &step, &mut outcome);
            if let Err(broken) = verdict {
                let mut steps = vec![step];
                let mut at = way;
                while let (before, Some(step)) = &ways[at as usize] {
                    steps.push(step.clone());
                    at = *before;
                }
                steps.reverse();
                explored.broken = Some((steps, broken));
                return explored;
            }
            let fingerprint = subject.fingerprint(&next);
            match lengths.insert(fingerprint, length + 1) {
                Some(known) if known <= length + 1 => {
                    lengths.insert(fingerprint, known);
                    continue;
                }
                Some(_) => {}
                None => explored.states += 1,
            }
            if explored.states > limit.states {
                return explored;
            }
            let expected = (length + 1 + missing(&next)) as usize;
            // Not less than where the search stands, should a step have lowered the estimate by more than one.
            let bucket = expected.max(total);
            if open.len() <= bucket {
                open.resize_with(bucket + 1, Vec::new);
            }
            ways.push((way, Some(step)));
            open[bucket].push(Open { state: next, way: ways.len() as u32 - 1, length: length + 1 });
        }
    }
    explored.finished = true;
    explored
}

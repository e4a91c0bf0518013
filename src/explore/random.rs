//! Random search: many walks, each decided by its seed.

use super::{State, Subject, Way};
use crate::node::Violation;
use crate::sim::dice;
use crate::sim::model::StepOutcome;

/// Walks `steps` random steps from the start; the way to what broke, if anything did. Equal seeds walk equal ways.
pub fn random<S: Subject>(subject: &S, seed: u64, steps: u64) -> Option<(Way<S::Node>, Violation)> {
    let mut state = State::first(subject);
    let mut outcome = StepOutcome::default();
    let mut done = Vec::new();
    for number in 0..steps {
        let mut possible = state.steps(subject);
        if possible.is_empty() {
            return None;
        }
        let step = possible.swap_remove(dice::below(seed, &[number], possible.len() as u64) as usize);
        let verdict = state.step(subject, &step, &mut outcome);
        done.push(step);
        if let Err(broken) = verdict {
            return Some((Way::of(subject, &done), broken));
        }
    }
    None
}

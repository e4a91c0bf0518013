//! A check of a recorded history under way, whatever the history is of.

use super::recorded::{About, Act, Finding, Reason};
use crate::check::call::Call;
use crate::check::evidence::{self, Evidence};
use crate::check::import::Place;
use crate::check::linearizability::{Checker, Verdict};
use crate::check::moments::moments;
use crate::check::spec::Spec;

/// How many configurations a slice looks at.
const PER_SLICE: u64 = 4_096;

/// How far a check is after a slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slice {
    /// Nothing is known yet.
    Undecided,
    /// The history is not linearizable; the evidence is being made small, and other objects may not be, too.
    Broken,
    /// All that there is to know is known.
    Done,
}

/// A check of whatever it is.
pub(super) trait Judging {
    /// Goes on a little.
    fn advance(&mut self, about: &About) -> Slice;

    /// How many configurations were looked at.
    fn explored(&self) -> u64;

    /// What is known.
    fn finding(&self, about: &About) -> Finding;

    /// How many operations there are.
    fn count(&self) -> usize;

    /// One of them.
    fn act(&self, one: u32) -> Act;
}

/// Operations, and where each stands in the file.
type Placed<A> = (Vec<Call<A>>, Vec<Place>);

pub(super) struct Of<S: Spec> {
    checker: Checker<S>,
    places: Vec<Place>,
    failed: Placed<S::Action>,
    reasons: Vec<Reason>,
    done: Option<Finding>,
}

impl<S: Spec> Of<S> {
    pub(super) fn new(spec: S, (calls, places): Placed<S::Action>, failed: Placed<S::Action>) -> Self {
        Self { checker: Checker::new(spec, calls), places, failed, reasons: Vec::new(), done: None }
    }

    fn name(&self, about: &About, one: u32) -> String {
        let act = self.act(one);
        format!("{} {}", act.what, about.who(&act))
    }

    fn reason(&self, about: &About, evidence: &Evidence) -> Reason {
        let (spec, calls) = (self.checker.spec(), self.checker.calls());
        let sentence = evidence::sentence(spec, calls, evidence, &|one| self.name(about, one));
        let object = calls[evidence.operations[0] as usize].object;
        let of = calls.iter().filter(|call| call.object == object).count() as u32;
        let Evidence { operations, decisive, minimal, longest, .. } = evidence.clone();
        Reason { sentence, operations, decisive, failed: None, minimal, longest, of }
    }

    /// An order, with moments in thousandths of an event: many operations may take effect between two events.
    fn in_time(&self, order: Vec<u32>) -> Vec<(u32, u64)> {
        let fine = |call: &Call<S::Action>| Call {
            invoked: call.invoked * 1_000,
            returned: call.returned.map(|at| at * 1_000),
            ..call.clone()
        };
        let fine: Vec<_> = self.checker.calls().iter().map(fine).collect();
        let end = fine.iter().map(|call| call.returned.unwrap_or(call.invoked)).max().unwrap_or(0);
        let at = moments(&fine, &order, 0, end + 1_000);
        order.into_iter().zip(at).collect()
    }
}

impl<S: Spec> Judging for Of<S> {
    fn advance(&mut self, about: &About) -> Slice {
        if self.done.is_some() {
            return Slice::Done;
        }
        match self.checker.step(PER_SLICE) {
            None if self.checker.decide(1) == Some(false) => Slice::Broken,
            None => Slice::Undecided,
            Some(Verdict::Unknown { explored }) => {
                self.done = Some(Finding::Unknown(explored));
                Slice::Done
            }
            Some(Verdict::NotLinearizable(evidence)) => {
                self.reasons.push(self.reason(about, &evidence));
                self.done = Some(Finding::NotLinearizable(self.reasons.clone()));
                Slice::Done
            }
            Some(Verdict::Linearizable(order)) => {
                self.done = Some(Finding::Linearizable(self.in_time(order)));
                Slice::Done
            }
        }
    }

    fn explored(&self) -> u64 {
        self.checker.explored()
    }

    fn finding(&self, about: &About) -> Finding {
        if let Some(done) = &self.done {
            return done.clone();
        }
        let mut reasons = self.reasons.clone();
        match self.checker.give_up() {
            Verdict::NotLinearizable(evidence) => reasons.push(self.reason(about, &evidence)),
            Verdict::Unknown { explored } if reasons.is_empty() => return Finding::Unknown(explored),
            Verdict::Unknown { .. } | Verdict::Linearizable(_) => {}
        }
        Finding::NotLinearizable(reasons)
    }

    fn count(&self) -> usize {
        self.places.len()
    }

    fn act(&self, one: u32) -> Act {
        Act::of(&self.checker.calls()[one as usize], self.places[one as usize])
    }
}

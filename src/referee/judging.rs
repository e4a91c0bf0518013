//! A check of a recorded history under way, whatever the history is of.

use std::fmt::Display;

use super::recorded::{About, Act, Finding, Reason, Unknown};
use crate::check::call::Call;
use crate::check::evidence::{self, Evidence};
use crate::check::import::Place;
use crate::check::linearizability::{Checker, Decision, Limits, Verdict};
use crate::check::moments::moments;
use crate::check::spec::Spec;

/// How many configurations a slice looks at.
const PER_SLICE: u64 = 4_096;

/// What a check is at after a slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slice {
    /// It looks for an order.
    Deciding,
    /// It makes evidence small.
    Shrinking,
    /// All that there is to know is known.
    Done,
}

/// A check of whatever it is.
pub(super) trait Judging {
    /// Goes on a little.
    fn advance(&mut self, about: &About) -> Slice;

    /// Takes the evidence that is being made small as it is, and goes on to the other objects.
    fn settle(&mut self, about: &About);

    /// Whether the history is known not to be linearizable.
    fn is_broken(&self) -> bool;

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
    /// Whether an order keeps that of time.
    keeps_time: bool,
    places: Vec<Place>,
    failed: Placed<S::Action>,
    at: Slice,
    /// Of each object that is not linearizable.
    reasons: Vec<Reason>,
    order: Option<Vec<(u32, u64)>>,
}

impl<S: Spec> Of<S> {
    pub(super) fn new(spec: S, limits: Limits, (calls, places): Placed<S::Action>, failed: Placed<S::Action>) -> Self {
        let checker = Checker::new(spec, calls).within(limits);
        Self { checker, keeps_time: true, places, failed, at: Slice::Deciding, reasons: Vec::new(), order: None }
    }

    /// A check for an order that need not keep the order of time.
    pub(super) fn untimed(checker: Checker<S>, places: Vec<Place>) -> Self {
        let failed = (Vec::new(), Vec::new());
        Self { checker, keeps_time: false, places, failed, at: Slice::Deciding, reasons: Vec::new(), order: None }
    }

    fn decide(&mut self) {
        match self.checker.decide(PER_SLICE) {
            None => {}
            Some(Decision::NotLinearizable) => self.at = Slice::Shrinking,
            Some(Decision::Unknown) => self.at = Slice::Done,
            Some(Decision::Linearizable) => {
                self.at = Slice::Done;
                // Of a history of which some objects are left out, there is no order of all.
                if self.reasons.is_empty()
                    && let Some(Verdict::Linearizable(order)) = self.checker.step(1)
                {
                    self.order = Some(self.in_time(order));
                }
            }
        }
    }

    fn take(&mut self, about: &About, evidence: &Evidence) {
        self.reasons.push(self.reason(about, evidence));
        self.at = if self.checker.go_on() { Slice::Deciding } else { Slice::Done };
    }

    fn reason(&self, about: &About, evidence: &Evidence) -> Reason {
        let (spec, calls) = (self.checker.spec(), self.checker.calls());
        let words = |one: u32| spec.words(&calls[one as usize].action, &evidence.about);
        let name = |one: u32| format!("{} {}", words(one), about.who(&self.act(one)));
        let aborted = evidence::aborted(spec, calls, &self.failed.0, evidence);
        let failed = aborted.map(|(reader, position)| {
            let (call, place) = (&self.failed.0[position as usize], self.failed.1[position as usize]);
            let words = spec.words(&call.action, &evidence.about);
            (name(reader), format!("{words} {}", about.who(&Act::of(call, place))))
        });
        let sentence = match &failed {
            Some((reader, failed)) => evidence::aborted_sentence(reader, failed),
            None => evidence::sentence(spec, calls, evidence, &name),
        };
        let Evidence { operations, decisive, minimal, longest, .. } = evidence.clone();
        Reason {
            sentence,
            words: operations.iter().map(|one| words(*one)).collect(),
            of: self.count_beside(operations[0]),
            operations,
            decisive,
            failed: failed.map(|(_, failed)| failed),
            minimal,
            longest,
        }
    }

    /// How many operations are on the object of this one.
    fn count_beside(&self, one: u32) -> u32 {
        let calls = self.checker.calls();
        calls.iter().filter(|call| call.object == calls[one as usize].object).count() as u32
    }

    /// An order, with moments in thousandths of an event: many operations may take effect between two events. Where the order
    /// need not keep that of time, each has the middle of its own time.
    fn in_time(&self, order: Vec<u32>) -> Vec<(u32, u64)> {
        let fine = |call: &Call<S::Action>| Call {
            invoked: call.invoked * 1_000,
            returned: call.returned.map(|at| at * 1_000),
            ..call.clone()
        };
        let fine: Vec<_> = self.checker.calls().iter().map(fine).collect();
        let end = fine.iter().map(|call| call.returned.unwrap_or(call.invoked)).max().unwrap_or(0);
        if !self.keeps_time {
            let middle = |one: &u32| {
                let call = &fine[*one as usize];
                call.invoked.midpoint(call.returned.unwrap_or(end))
            };
            let at: Vec<u64> = order.iter().map(middle).collect();
            return order.into_iter().zip(at).collect();
        }
        let at = moments(&fine, &order, 0, end + 1_000);
        order.into_iter().zip(at).collect()
    }
}

impl<S: Spec> Judging for Of<S> {
    fn advance(&mut self, about: &About) -> Slice {
        match self.at {
            Slice::Deciding => self.decide(),
            Slice::Shrinking => {
                if let Some(Verdict::NotLinearizable(evidence)) = self.checker.step(PER_SLICE) {
                    self.take(about, &evidence);
                }
            }
            Slice::Done => {}
        }
        self.at
    }

    fn settle(&mut self, about: &About) {
        if self.at == Slice::Shrinking
            && let Verdict::NotLinearizable(evidence) = self.checker.give_up()
        {
            self.take(about, &evidence);
        }
    }

    fn is_broken(&self) -> bool {
        self.at == Slice::Shrinking || !self.reasons.is_empty()
    }

    fn explored(&self) -> u64 {
        self.checker.explored()
    }

    fn finding(&self, about: &About) -> Finding {
        if let Some(order) = &self.order {
            return Finding::Linearizable(order.clone());
        }
        let mut reasons = self.reasons.clone();
        match self.checker.give_up() {
            Verdict::NotLinearizable(evidence) if self.at == Slice::Shrinking => {
                reasons.push(self.reason(about, &evidence));
            }
            Verdict::Unknown { explored, why, longest } if reasons.is_empty() => {
                let of = longest.first().map_or(0, |one| self.count_beside(*one));
                return Finding::Unknown(Unknown { explored, why, longest, of });
            }
            _ => {}
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

/// What needs no search: it is known as soon as it is read.
pub(super) struct Decided<A> {
    pub(super) calls: Vec<Call<A>>,
    pub(super) places: Vec<Place>,
    pub(super) reasons: Vec<Reason>,
}

impl<A: Display> Judging for Decided<A> {
    fn advance(&mut self, _: &About) -> Slice {
        Slice::Done
    }

    fn settle(&mut self, _: &About) {}

    fn is_broken(&self) -> bool {
        !self.reasons.is_empty()
    }

    fn explored(&self) -> u64 {
        self.calls.len() as u64
    }

    fn finding(&self, _: &About) -> Finding {
        if self.reasons.is_empty() {
            Finding::Linearizable(Vec::new())
        } else {
            Finding::NotLinearizable(self.reasons.clone())
        }
    }

    fn count(&self) -> usize {
        self.places.len()
    }

    fn act(&self, one: u32) -> Act {
        Act::of(&self.calls[one as usize], self.places[one as usize])
    }
}

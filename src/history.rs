//! Client operations: each was invoked, then returned, was refused, or is still unknown.
//!
//! A history is what the clients saw, nothing else: the checkers judge from it alone (Herlihy & Wing 1990, §2).

use crate::node::{Answer, Micros, NodeId, RequestId};
use crate::shared_vec::SharedVec;

/// How an operation stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<T, R> {
    /// No answer yet.
    Pending,
    /// It took effect between its invocation and `at`.
    Done {
        /// When the answer came.
        at: Micros,
        /// Its result.
        response: T,
    },
    /// It did not take effect and never will.
    Refused {
        /// When the answer came.
        at: Micros,
        /// Why.
        refusal: R,
    },
    /// The client gave up waiting: it may take effect at any time after its invocation, or never.
    Unknown {
        /// When the client gave up.
        at: Micros,
        /// What came out after all, and when.
        later: Option<(Micros, Answer<T, R>)>,
    },
}

/// One operation of one client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation<Q, T, R> {
    /// Its name in the run.
    pub id: RequestId,
    /// Whose it is.
    pub client: NodeId,
    /// What was asked.
    pub request: Q,
    /// When.
    pub invoked: Micros,
    /// What came of it.
    pub outcome: Outcome<T, R>,
}

impl<Q, T, R> Operation<Q, T, R> {
    /// When it ended for its client; `None` while it waits.
    pub fn ended(&self) -> Option<Micros> {
        match self.outcome {
            Outcome::Pending => None,
            Outcome::Done { at, .. } | Outcome::Refused { at, .. } | Outcome::Unknown { at, .. } => Some(at),
        }
    }
}

/// All operations of a run, by invocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History<Q, T, R>(SharedVec<Operation<Q, T, R>>);

impl<Q, T, R> Default for History<Q, T, R> {
    fn default() -> Self {
        Self(SharedVec::default())
    }
}

impl<Q: Clone, T: Clone, R: Clone> History<Q, T, R> {
    /// `client` asks for something. Ids must ascend.
    pub fn invoke(&mut self, id: RequestId, client: NodeId, request: Q, at: Micros) {
        assert!(self.0.last().is_none_or(|last| last.id < id), "{id:?} is used already");
        self.0.push(Operation { id, client, request, invoked: at, outcome: Outcome::Pending });
    }

    /// An answer came. After `Unknown` one more may follow.
    pub fn answer(&mut self, id: RequestId, answer: Answer<T, R>, at: Micros) {
        let position = self.position(id).expect("an answer to something that was asked");
        let operation = self.0.get_mut(position).expect("at its position");
        operation.outcome = match (&operation.outcome, answer) {
            (Outcome::Pending, Answer::Done(response)) => Outcome::Done { at, response },
            (Outcome::Pending, Answer::Refused(refusal)) => Outcome::Refused { at, refusal },
            (Outcome::Pending, Answer::Unknown) => Outcome::Unknown { at, later: None },
            (Outcome::Unknown { at: gave_up, later: None }, truth) => {
                Outcome::Unknown { at: *gave_up, later: Some((at, truth)) }
            }
            (outcome, answer) => {
                panic!("{id:?} was answered twice: {:?} then {:?}", outcome_name(outcome), answer_name(&answer))
            }
        };
    }

    fn position(&self, id: RequestId) -> Option<usize> {
        let position = self.first(|operation| operation.id >= id);
        self.0.get(position).filter(|operation| operation.id == id).map(|_| position)
    }

    /// The position of the first operation of which `later` is true, as of all after it.
    fn first(&self, later: impl Fn(&Operation<Q, T, R>) -> bool) -> usize {
        let (mut low, mut high) = (0, self.0.len());
        while low < high {
            let middle = low.midpoint(high);
            if later(self.0.get(middle).expect("below the length")) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// One operation.
    pub fn get(&self, id: RequestId) -> Option<&Operation<Q, T, R>> {
        self.position(id).and_then(|position| self.0.get(position))
    }

    /// All operations, by invocation.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Operation<Q, T, R>> + ExactSizeIterator + Clone {
        self.0.iter()
    }

    /// The operations from the `start`-th on, counted from 0.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = &Operation<Q, T, R>> + Clone {
        self.0.iter_from(start)
    }

    /// The operations that were invoked at `moment` or later, by invocation.
    pub fn since(&self, moment: Micros) -> impl DoubleEndedIterator<Item = &Operation<Q, T, R>> + Clone {
        self.0.iter_from(self.first(|operation| operation.invoked >= moment))
    }

    /// How many operations.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn outcome_name<T, R>(outcome: &Outcome<T, R>) -> &'static str {
    match outcome {
        Outcome::Pending => "pending",
        Outcome::Done { .. } => "done",
        Outcome::Refused { .. } => "refused",
        Outcome::Unknown { .. } => "unknown",
    }
}

fn answer_name<T, R>(answer: &Answer<T, R>) -> &'static str {
    match answer {
        Answer::Done(_) => "done",
        Answer::Refused(_) => "refused",
        Answer::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_may_follow_an_unknown_once() {
        let mut history: History<&str, u8, ()> = History::default();
        history.invoke(RequestId(3), NodeId(0), "post", Micros(10));
        history.answer(RequestId(3), Answer::Unknown, Micros(20));
        history.answer(RequestId(3), Answer::Done(7), Micros(30));
        let operation = history.get(RequestId(3)).unwrap();
        assert_eq!(operation.ended(), Some(Micros(20)));
        assert_eq!(operation.outcome, Outcome::Unknown { at: Micros(20), later: Some((Micros(30), Answer::Done(7))) });
    }

    #[test]
    fn what_was_invoked_since_is_found() {
        let mut history: History<&str, u8, ()> = History::default();
        for (id, at) in [(2, 10), (5, 10), (6, 20), (9, 40)] {
            history.invoke(RequestId(id), NodeId(0), "read", Micros(at));
        }
        let since = |at| history.since(Micros(at)).map(|operation| operation.id.0).collect::<Vec<_>>();
        assert_eq!((since(0), since(10), since(11)), (vec![2, 5, 6, 9], vec![2, 5, 6, 9], vec![6, 9]));
        assert_eq!((since(40), since(41)), (vec![9], vec![]));
        assert_eq!([2, 4, 9].map(|id| history.get(RequestId(id)).is_some()), [true, false, true]);
    }

    #[test]
    #[should_panic(expected = "answered twice: \"done\" then \"done\"")]
    fn nothing_is_answered_twice() {
        let mut history: History<&str, u8, ()> = History::default();
        history.invoke(RequestId(0), NodeId(0), "read", Micros(10));
        history.answer(RequestId(0), Answer::Done(7), Micros(20));
        history.answer(RequestId(0), Answer::Done(7), Micros(30));
    }
}

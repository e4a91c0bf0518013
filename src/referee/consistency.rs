//! Weaker promises than linearizability, of recorded histories.
//!
//! The command line alone judges them: none of it is part of the page's program.

use std::sync::Arc;

use super::judging::{Decided, Judging, Of};
use super::recorded::{About, Act, Case, Mistake, Reason};
use crate::check::call::Call;
use crate::check::causality::{Causality, Pattern, Refusal, Session};
use crate::check::import::{Calls, Imported, Opened, Place};
use crate::check::linearizability::{Checker, Limits};
use crate::check::spec::collections::{Counter, WholeSet};
use crate::check::spec::key_value::{KeyValue, KeyValueAction};
use crate::check::spec::keyed::{Keyed, KeyedAction};
use crate::check::spec::lock::{FencedLock, Lock, OwnedLock};
use crate::check::spec::queue::Queue;
use crate::check::spec::register::{CasRegister, Register, RegisterAction};
use crate::check::spec::versioned::VersionedRegister;
use crate::check::spec::{Spec, Value};

/// What a history is held to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consistency {
    /// One order of all operations explains their results and keeps the order of time (Herlihy & Wing 1990).
    Linearizable,
    /// One order of all operations explains their results and keeps that of each process (Lamport 1979).
    Sequential,
    /// [`crate::check::causality`]
    Causal,
    /// The four guarantees to each session: [`crate::check::causality`].
    Sessions,
}

impl Consistency {
    /// A history that was read, to be judged so.
    pub fn case(self, opened: Opened, limits: Limits) -> Result<Case, Mistake> {
        match self {
            Self::Linearizable => Ok(Case::of(opened, limits)),
            Self::Sequential => Ok(sequential(opened, limits)),
            Self::Causal => {
                registers(opened, |causality| causality.violation().into_iter().map(|one| ("", one)).collect())
            }
            Self::Sessions => registers(opened, |causality| {
                let all = [
                    Session::ReadYourWrites,
                    Session::MonotonicReads,
                    Session::MonotonicWrites,
                    Session::WritesFollowReads,
                ];
                let broken = |one: Session| Some((one.name(), causality.session_violation(one)?));
                all.into_iter().filter_map(broken).collect()
            }),
        }
    }
}

fn sequential(opened: Opened, limits: Limits) -> Case {
    let initial = opened.initial.clone();
    let (about, imported) = About::of(opened);
    let Imported { calls, places, .. } = imported;
    let judging = match calls {
        Calls::Register(calls) => keyed(Register { initial }, calls, places, limits),
        Calls::CasRegister(calls) => keyed(CasRegister { initial }, calls, places, limits),
        Calls::Kv(calls) => keyed(KeyValue, calls, places, limits),
        Calls::Mutex(calls) => keyed(Lock, calls, places, limits),
        Calls::Set(calls) => keyed(WholeSet, calls, places, limits),
        Calls::Counter(calls) => keyed(Counter, calls, places, limits),
        Calls::Queue(calls) => keyed(Queue, calls, places, limits),
        Calls::VersionedRegister(calls) => keyed(VersionedRegister, calls, places, limits),
        Calls::OwnedLock(calls) => keyed(OwnedLock, calls, places, limits),
        Calls::FencedLock(calls) => keyed(FencedLock, calls, places, limits),
    };
    Case { about, judging }
}

fn keyed<S: Spec + 'static>(
    spec: S,
    calls: Vec<Call<S::Action>>,
    places: Vec<Place>,
    limits: Limits,
) -> Box<dyn Judging> {
    let of_one = |call: Call<S::Action>| {
        let Call { process, object, action, invoked, returned } = call;
        Call { process, object: 0, action: KeyedAction { object, action }, invoked, returned }
    };
    let calls = calls.into_iter().map(of_one).collect();
    let checker = Checker::sequential(Keyed(spec), calls).within(limits);
    Box::new(Of::untimed(checker, places))
}

/// Judges a history of registers by its causal order.
fn registers(opened: Opened, judge: impl Fn(&Causality<'_>) -> Vec<(&'static str, Pattern)>) -> Result<Case, Mistake> {
    let (format, model) = (opened.format, opened.model);
    let mistake = |line, what: &str| Mistake { format: Some(format), model: Some(model), line, what: what.to_owned() };
    let initial = opened.initial.clone();
    let (about, imported) = About::of(opened);
    let Imported { calls, places, .. } = imported;
    let (calls, initial) = match calls {
        Calls::Register(calls) => (calls, initial),
        Calls::Kv(calls) => {
            let calls: Option<Vec<_>> = calls.into_iter().map(of_key).collect();
            let expected = "expected puts and gets for this consistency, found an append";
            (calls.ok_or_else(|| mistake(1, expected))?, text(""))
        }
        _ => {
            let what = "expected registers that are read and written for this consistency, found another model";
            return Err(mistake(1, what));
        }
    };
    let causality = Causality::new(&calls, &initial).map_err(|refusal| match refusal {
        Refusal::TooLarge => mistake(1, "expected fewer processes for so many operations, found too many to count"),
        Refusal::WrittenTwice { first, second } => {
            let (first, second) = (places[first as usize], places[second as usize]);
            let what = format!(
                "expected each value to be written once for this consistency, found the value of {} again",
                about.numbering.words(first)
            );
            mistake(second.invoked, &what)
        }
    })?;
    let reason = |(guarantee, pattern): (&str, Pattern)| {
        let act = |one: u32| Act::of(&calls[one as usize], places[one as usize]);
        let name = |one: u32| format!("{} {}", act(one).what, about.who(&act(one)));
        let operations = pattern.operations();
        let guarantee = if guarantee.is_empty() { String::new() } else { format!("{guarantee}: ") };
        Reason {
            sentence: guarantee + &pattern.sentence(&name),
            words: operations.iter().map(|one| act(*one).what).collect(),
            decisive: operations.clone(),
            operations,
            failed: None,
            minimal: true,
            longest: Vec::new(),
            of: calls.len() as u32,
        }
    };
    let reasons = judge(&causality).into_iter().map(reason).collect();
    drop(causality);
    Ok(Case { about, judging: Box::new(Decided { calls, places, reasons }) })
}

fn text(text: &str) -> Value {
    Value::Text(Arc::new(text.to_owned()))
}

/// A put or get of a key as what is done to a register.
fn of_key(call: Call<KeyValueAction>) -> Option<Call<RegisterAction>> {
    let Call { process, object, action, invoked, returned } = call;
    let action = match action {
        KeyValueAction::Get(value) => RegisterAction::Read(text(&value)),
        KeyValueAction::Put(value) => RegisterAction::Write(text(&value)),
        KeyValueAction::Append(_) => return None,
    };
    Some(Call { process, object, action, invoked, returned })
}

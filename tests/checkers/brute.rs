//! Every specification: random histories of up to 8 operations, checked by trying all orders.

use std::sync::Arc;

use cap_lab::check::call::Call;
use cap_lab::check::evidence::Sightings;
use cap_lab::check::linearizability::{Verdict, check, is_linearization};
use cap_lab::check::spec::collections::{Counter, CounterAction, GrowingSet, SetAction};
use cap_lab::check::spec::feed::{Feed, FeedAction};
use cap_lab::check::spec::key_value::{KeyValue, KeyValueAction};
use cap_lab::check::spec::lock::{Lock, LockAction};
use cap_lab::check::spec::register::{CasAction, CasRegister, CasResult, Register, RegisterAction};
use cap_lab::check::spec::{Spec, Value};
use cap_lab::node::NodeId;
use cap_lab::sim::dice;
use cap_lab::sorted::SortedSet;
use cap_lab::store::feed::PostId;

use crate::rounds;

const BUDGET: u64 = 1_000_000;

/// Throws dice one after the other.
pub(crate) struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    /// A number below `below`.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.thrown += 1;
        dice::below(self.seed, &[self.thrown], below)
    }
}

/// Whether some order of all that returned, and of any of the others, is a run of the specification and keeps the order of
/// time. Tries them all: nothing is remembered.
fn possible<S: Spec>(spec: &S, calls: &[&Call<S::Action>], state: &S::State) -> bool {
    if calls.iter().all(|call| call.returned.is_none()) {
        return true;
    }
    (0..calls.len()).any(|next| {
        let may_be_next = !calls.iter().any(|other| other.precedes(calls[next]));
        let mut rest = calls.to_vec();
        let call = rest.remove(next);
        may_be_next && spec.step(state, &call.action).is_some_and(|after| possible(spec, &rest, &after))
    })
}

fn possible_by_object<S: Spec>(spec: &S, calls: &[Call<S::Action>]) -> bool {
    (0..2).all(|object| {
        let of: Vec<&Call<S::Action>> = calls.iter().filter(|call| call.object == object).collect();
        possible(spec, &of, &spec.initial())
    })
}

/// A history whose operations overlap: each process does one thing at a time, and some never return.
fn history<A>(dice: &mut Dice, action: &mut impl FnMut(&mut Dice, u32) -> A) -> Vec<Call<A>> {
    let count = 1 + dice.below(8) as usize;
    let processes = 1 + dice.below(4) as usize;
    let ticks = dice.below(2) == 0;
    let mut free = vec![0; processes];
    let mut calls = Vec::new();
    for index in 0..count {
        let process = dice.below(processes as u64) as usize;
        let invoked = free[process] + dice.below(4) + u64::from(ticks);
        let returned = invoked + dice.below(8);
        free[process] = returned + 1;
        let returned = (dice.below(6) > 0).then_some(returned);
        let object = u32::from(dice.below(5) == 0);
        let action = action(dice, index as u32);
        calls.push(Call { process: process as u64, object, action, invoked, returned });
    }
    calls
}

fn agrees<S: Spec + Clone>(name: &str, spec: &S, mut action: impl FnMut(&mut Dice, u32) -> S::Action) {
    let (mut yes, mut no) = (0, 0);
    let all = rounds(5_000, 100_000);
    for seed in 0..all {
        let calls = history(&mut Dice::new(seed), &mut action);
        let expected = possible_by_object(spec, &calls);
        match check(spec.clone(), calls.clone(), BUDGET, &mut || false) {
            Verdict::Linearizable(order) => {
                assert!(expected, "{name}, seed {seed}: brute force finds no order of {calls:?}");
                assert!(is_linearization(spec, &calls, &order), "{name}, seed {seed}: {order:?} is none of {calls:?}");
                yes += 1;
            }
            Verdict::NotLinearizable(evidence) => {
                assert!(!expected, "{name}, seed {seed}: brute force finds an order of {calls:?}");
                assert!(evidence.minimal, "{name}, seed {seed}");
                check_evidence(&format!("{name}, seed {seed}"), spec, &calls, &evidence.operations);
                no += 1;
            }
            Verdict::Unknown { explored } => panic!("{name}, seed {seed}: gave up after {explored}"),
        }
    }
    // Both verdicts must come often, or the histories test little.
    assert!(yes > all / 20 && no > all / 20, "{name}: {yes} linearizable, {no} not");
}

/// The evidence is impossible, keeps what its operations saw, and becomes possible when any other one goes.
fn check_evidence<S: Spec>(name: &str, spec: &S, calls: &[Call<S::Action>], evidence: &[u32]) {
    let is_possible = |kept: &[u32]| {
        let of: Vec<&Call<S::Action>> = kept.iter().map(|&one| &calls[one as usize]).collect();
        possible(spec, &of, &spec.initial())
    };
    assert!(!is_possible(evidence), "{name}: {evidence:?} is possible");
    let seen = |kept: &[u32], writer: u32| Sightings::new(spec, calls, kept).includes(writer);
    let object = calls[evidence[0] as usize].object;
    for gone in (0..calls.len() as u32).filter(|one| !evidence.contains(one) && calls[*one as usize].object == object) {
        assert!(!seen(evidence, gone), "{name}: {gone} was seen, and taken away");
    }
    for &one in evidence {
        let rest: Vec<u32> = evidence.iter().copied().filter(|&other| other != one).collect();
        assert!(seen(&rest, one) || is_possible(&rest), "{name}: {evidence:?} is impossible without {one} too");
    }
}

fn int(dice: &mut Dice, below: u64) -> Value {
    Value::Int(dice.below(below).cast_signed())
}

fn read_or_write(dice: &mut Dice, values: u64) -> RegisterAction {
    if dice.below(2) == 0 { RegisterAction::Read(int(dice, values)) } else { RegisterAction::Write(int(dice, values)) }
}

#[test]
fn a_register() {
    agrees("register", &Register { initial: Value::Int(0) }, |dice, _| read_or_write(dice, 3));
}

#[test]
fn a_register_with_distinct_written_values() {
    agrees("distinct", &Register { initial: Value::Int(0) }, |dice, index| match dice.below(3) {
        0 => RegisterAction::Write(Value::Int(i64::from(index) + 1)),
        _ => RegisterAction::Read(int(dice, u64::from(index) + 2)),
    });
}

#[test]
fn a_register_with_compare_and_set() {
    agrees("compare-and-set", &CasRegister { initial: Value::Nil }, |dice, _| {
        if dice.below(2) == 0 {
            return CasAction::Plain(read_or_write(dice, 3));
        }
        let result = [CasResult::Swapped, CasResult::Differed, CasResult::Unknown][dice.below(3) as usize];
        CasAction::CompareAndSet { expected: int(dice, 3), new: int(dice, 3), result }
    });
}

#[test]
fn a_key_with_append() {
    let texts: [Arc<str>; 8] = ["", "a", "b", "ab", "ba", "aa", "aab", "abb"].map(Arc::from);
    agrees("key-value", &KeyValue, |dice, _| match dice.below(4) {
        0 => KeyValueAction::Put(texts[dice.below(4) as usize].clone()),
        1 => KeyValueAction::Append(texts[dice.below(3) as usize].clone()),
        _ => KeyValueAction::Get(texts[dice.below(8) as usize].clone()),
    });
}

#[test]
fn a_growing_set() {
    agrees("set", &GrowingSet, |dice, _| {
        if dice.below(2) == 0 {
            return SetAction::Add(int(dice, 3));
        }
        let mut read = SortedSet::default();
        let members = dice.below(8);
        for value in (0..3).filter(|value| members >> value & 1 == 1) {
            read.insert(Value::Int(value));
        }
        SetAction::Read(Arc::new(read))
    });
}

#[test]
fn a_counter() {
    agrees("counter", &Counter, |dice, _| match dice.below(2) {
        0 => CounterAction::Add(dice.below(4).cast_signed() - 1),
        _ => CounterAction::Read(dice.below(4).cast_signed()),
    });
}

#[test]
fn a_lock() {
    agrees("lock", &Lock, |dice, _| if dice.below(2) == 0 { LockAction::Acquire } else { LockAction::Release });
}

#[test]
fn the_feed() {
    let post = |number: u64| PostId { author: NodeId(5), number: number as u32 };
    agrees("feed", &Feed, |dice, index| {
        if dice.below(2) == 0 {
            return FeedAction::Post(post(index.into()));
        }
        // A few of the posts, mostly in order.
        let mut posts: Vec<PostId> = (0..4).map(post).filter(|_| dice.below(3) == 0).collect();
        if dice.below(3) == 0 {
            posts.reverse();
        }
        FeedAction::Read(posts.into())
    });
}

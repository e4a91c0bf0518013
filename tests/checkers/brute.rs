//! Every specification: random histories of up to 8 operations, checked by trying all orders.

use std::sync::Arc;

use cap_lab::check::call::{Call, Order};
use cap_lab::check::evidence::{Evidence, Sightings};
use cap_lab::check::linearizability::{Checker, Verdict, check, is_linearization};
use cap_lab::check::spec::collections::{Counter, CounterAction, SetAction, WholeSet};
use cap_lab::check::spec::feed::{Feed, FeedAction};
use cap_lab::check::spec::key_value::{KeyValue, KeyValueAction};
use cap_lab::check::spec::lock::{FencedLock, FencedLockAction, Lock, LockAction, OwnedLock, OwnedLockAction};
use cap_lab::check::spec::queue::{Queue, QueueAction};
use cap_lab::check::spec::register::{CasAction, CasRegister, CasResult, Register, RegisterAction};
use cap_lab::check::spec::versioned::{VersionedAction, VersionedRegister};
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

/// Whether some order of all that returned, and of any of the others, is a run of the specification and keeps `order`. Tries them all: nothing is remembered.
fn possible<S: Spec>(spec: &S, calls: &[&Call<S::Action>], state: &S::State, order: Order) -> bool {
    if calls.iter().all(|call| call.returned.is_none()) {
        return true;
    }
    (0..calls.len()).any(|next| {
        let comes_before = |one: &Call<S::Action>, other: &Call<S::Action>| {
            one.precedes(other) && (order == Order::OfTime || one.process == other.process)
        };
        let may_be_next = !calls.iter().any(|other| comes_before(other, calls[next]));
        let mut rest = calls.to_vec();
        let call = rest.remove(next);
        may_be_next && spec.step(state, &call.action).is_some_and(|after| possible(spec, &rest, &after, order))
    })
}

pub(crate) fn possible_by_object<S: Spec>(spec: &S, calls: &[Call<S::Action>]) -> bool {
    (0..2).all(|object| {
        let of: Vec<&Call<S::Action>> = calls.iter().filter(|call| call.object == object).collect();
        possible(spec, &of, &spec.initial(), Order::OfTime)
    })
}

/// A history whose operations overlap: each process does one thing at a time, and some never return.
pub(crate) fn history<A>(dice: &mut Dice, action: &mut impl FnMut(&mut Dice, u32) -> A) -> Vec<Call<A>> {
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

fn agrees<S: Spec>(name: &str, spec: &S, mut action: impl FnMut(&mut Dice, u32) -> S::Action) {
    agrees_on(name, spec, |dice| history(dice, &mut action));
}

fn agrees_on<S: Spec>(name: &str, spec: &S, mut history: impl FnMut(&mut Dice) -> Vec<Call<S::Action>>) {
    let (mut yes, mut no) = (0, 0);
    let all = rounds(5_000, 100_000);
    for seed in 0..all {
        let calls = history(&mut Dice::new(seed));
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
                check_evidence(&format!("{name}, seed {seed}"), spec, &calls, &evidence);
                no += 1;
            }
            Verdict::Unknown { explored, .. } => panic!("{name}, seed {seed}: gave up after {explored}"),
        }
    }
    // Both verdicts must come often, or the histories test little.
    assert!(yes > all / 20 && no > all / 20, "{name}: {yes} linearizable, {no} not");
}

/// The evidence is impossible, keeps what its operations saw, and becomes possible when any other one goes: all that as far as
/// it is about some elements, if it is.
fn check_evidence<S: Spec>(name: &str, spec: &S, calls: &[Call<S::Action>], evidence: &Evidence) {
    let Evidence { operations, decisive, about, order, .. } = evidence;
    let restricted = |call: &Call<S::Action>| match &about[..] {
        [] => Some(call.clone()),
        about => spec.restricted(&call.action, about).map(|action| Call { action, ..call.clone() }),
    };
    let object = calls[operations[0] as usize].object;
    let concerned = |one: &u32| {
        let call = &calls[*one as usize];
        call.object == object && restricted(call).is_some()
    };
    let all: Vec<u32> = (0..calls.len() as u32).filter(concerned).collect();
    assert!(operations.iter().all(|one| all.contains(one)), "{name}: {operations:?} of {all:?}");
    let calls: Vec<Call<S::Action>> =
        calls.iter().map(|call| restricted(call).unwrap_or_else(|| call.clone())).collect();
    let is_possible = |kept: &[u32]| {
        let of: Vec<&Call<S::Action>> = kept.iter().map(|&one| &calls[one as usize]).collect();
        possible(spec, &of, &spec.initial(), *order)
    };
    assert!(!is_possible(operations), "{name}: {operations:?} is possible");
    let seen = |kept: &[u32], writer: u32| Sightings::new(spec, &calls, kept, *order).includes(writer);
    for &gone in all.iter().filter(|one| !operations.contains(one)) {
        assert!(!seen(operations, gone), "{name}: {gone} was seen, and taken away");
    }
    assert!(!decisive.is_empty() && decisive.iter().all(|one| operations.contains(one)), "{name}: {evidence:?}");
    for &one in operations {
        let mut rest: Vec<u32> = operations.iter().copied().filter(|&other| other != one).collect();
        let is_seen = seen(&rest, one);
        assert!(is_seen || decisive.contains(&one), "{name}: {one} is there for itself, but not in {decisive:?}");
        // What comes first now may have seen what did not matter to the one that is gone.
        while let Some(&more) = all.iter().find(|more| !rest.contains(more) && seen(&rest, **more)) {
            rest.push(more);
        }
        let is_smaller = !rest.contains(&one) && rest.len() < operations.len();
        assert!(!is_smaller || is_possible(&rest), "{name}: {operations:?} is impossible without {one} too");
    }
}

pub(crate) fn int(dice: &mut Dice, below: u64) -> Value {
    Value::Int(dice.below(below).cast_signed())
}

fn read_or_write(dice: &mut Dice, values: u64) -> RegisterAction {
    if dice.below(2) == 0 { RegisterAction::Read(int(dice, values)) } else { RegisterAction::Write(int(dice, values)) }
}

/// As [`agrees`], for sequential consistency: the order of each process is all that has to be kept.
fn agrees_sequentially<S: Spec + Clone>(name: &str, spec: &S, mut action: impl FnMut(&mut Dice, u32) -> S::Action) {
    let (mut yes, mut no, mut only_sequential) = (0, 0, 0);
    let all = rounds(5_000, 100_000);
    for seed in 0..all {
        let mut calls = history(&mut Dice::new(seed), &mut action);
        calls.iter_mut().for_each(|call| call.object = 0);
        let references: Vec<&Call<S::Action>> = calls.iter().collect();
        let expected = possible(spec, &references, &spec.initial(), Order::OfProcess);
        match Checker::sequential(spec.clone(), calls.clone()).step(BUDGET) {
            Some(Verdict::Linearizable(order)) => {
                assert!(expected, "{name}, seed {seed}: brute force finds no order of {calls:?}");
                assert!(is_sequential(spec, &calls, &order), "{name}, seed {seed}: {order:?} is none of {calls:?}");
                yes += 1;
                only_sequential += u64::from(!possible(spec, &references, &spec.initial(), Order::OfTime));
            }
            Some(Verdict::NotLinearizable(evidence)) => {
                assert!(!expected, "{name}, seed {seed}: brute force finds an order of {calls:?}");
                assert!(evidence.minimal && evidence.order == Order::OfProcess, "{name}, seed {seed}");
                check_evidence(&format!("{name}, seed {seed}"), spec, &calls, &evidence);
                no += 1;
            }
            other => panic!("{name}, seed {seed}: {other:?}"),
        }
    }
    assert!(yes > all / 20 && no > all / 20, "{name}: {yes} sequentially consistent, {no} not");
    assert!(only_sequential > all / 100, "{name}: {only_sequential} sequentially consistent and not linearizable");
}

/// Whether `order` has all that returned, keeps each process' order, and is a run of the specification.
fn is_sequential<S: Spec>(spec: &S, calls: &[Call<S::Action>], order: &[u32]) -> bool {
    let placed: Vec<&Call<S::Action>> = order.iter().map(|&one| &calls[one as usize]).collect();
    let in_order = placed.iter().enumerate().all(|(place, call)| {
        !placed[place + 1..].iter().any(|later| later.process == call.process && later.precedes(call))
    });
    let complete = (0..).zip(calls).all(|(one, call)| {
        let times = order.iter().filter(|other| **other == one).count();
        times == 1 || (times == 0 && call.returned.is_none())
    });
    let run = placed.iter().try_fold(spec.initial(), |state, call| spec.step(&state, &call.action));
    in_order && complete && run.is_some()
}

#[test]
fn sequential_consistency_of_a_register() {
    agrees_sequentially("register", &Register { initial: Value::Int(0) }, |dice, _| read_or_write(dice, 3));
    agrees_sequentially("distinct", &Register { initial: Value::Int(0) }, distinct);
}

#[test]
fn sequential_consistency_of_a_key_with_append() {
    agrees_sequentially("key-value", &KeyValue, text_action());
}

#[test]
fn sequential_consistency_of_the_feed() {
    agrees_sequentially("feed", &Feed::default(), post_or_read);
}

#[test]
fn a_register() {
    agrees("register", &Register { initial: Value::Int(0) }, |dice, _| read_or_write(dice, 3));
}

#[test]
fn a_register_with_distinct_written_values() {
    agrees("distinct", &Register { initial: Value::Int(0) }, distinct);
}

fn distinct(dice: &mut Dice, index: u32) -> RegisterAction {
    match dice.below(3) {
        0 => RegisterAction::Write(Value::Int(i64::from(index) + 1)),
        _ => RegisterAction::Read(int(dice, u64::from(index) + 2)),
    }
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
    agrees("key-value", &KeyValue, text_action());
}

fn text_action() -> impl FnMut(&mut Dice, u32) -> KeyValueAction {
    let texts: [Arc<str>; 8] = ["", "a", "b", "ab", "ba", "aa", "aab", "abb"].map(Arc::from);
    move |dice, _| match dice.below(4) {
        0 => KeyValueAction::Put(texts[dice.below(4) as usize].clone()),
        1 => KeyValueAction::Append(texts[dice.below(3) as usize].clone()),
        _ => KeyValueAction::Get(texts[dice.below(8) as usize].clone()),
    }
}

/// Any of three values.
pub(crate) fn some_of_three(dice: &mut Dice) -> SetAction {
    let (members, mut read) = (dice.below(8), SortedSet::default());
    for value in (0..3).filter(|value| members >> value & 1 == 1) {
        read.insert(Value::Int(value));
    }
    SetAction::Read(Arc::new(read))
}

#[test]
fn a_growing_set() {
    agrees("set", &WholeSet, |dice, _| match dice.below(2) {
        0 => SetAction::Add(int(dice, 3)),
        _ => some_of_three(dice),
    });
}

#[test]
fn a_set_from_which_things_are_taken() {
    agrees("set with removal", &WholeSet, |dice, _| match dice.below(5) {
        0 | 1 => SetAction::Add(int(dice, 3)),
        2 => SetAction::Remove(int(dice, 3)),
        _ => some_of_three(dice),
    });
}

#[test]
fn a_queue() {
    let mut action = |dice: &mut Dice, _| match dice.below(8) {
        0..4 => QueueAction::Enqueue(int(dice, 3)),
        4..6 => QueueAction::Dequeue(int(dice, 3)),
        6 => QueueAction::FoundEmpty,
        _ => QueueAction::DequeueUnknown,
    };
    agrees("queue", &Queue, &mut action);
    agrees_on("queue, crashed", &Queue, |dice| unknown_never_return(history(dice, &mut action)));
}

/// What a dequeue took is unknown if it crashed.
fn unknown_never_return(mut calls: Vec<Call<QueueAction>>) -> Vec<Call<QueueAction>> {
    for call in calls.iter_mut().filter(|call| call.action == QueueAction::DequeueUnknown) {
        call.returned = None;
    }
    calls
}

#[test]
fn a_queue_with_distinct_values() {
    let mut action = |dice: &mut Dice, index| match dice.below(18) {
        0..10 => QueueAction::Enqueue(Value::Int(i64::from(index))),
        17 => QueueAction::DequeueUnknown,
        _ => QueueAction::Dequeue(int(dice, u64::from(index) + 2)),
    };
    agrees_on("distinct queue", &Queue, |dice| unknown_never_return(history(dice, &mut action)));
}

#[test]
fn a_lock_with_owners() {
    agrees("owned lock", &OwnedLock, |dice, _| match dice.below(2) {
        0 => OwnedLockAction::Acquire(dice.below(2)),
        _ => OwnedLockAction::Release(dice.below(2)),
    });
}

#[test]
fn a_lock_with_fencing_tokens() {
    agrees("fenced lock", &FencedLock, |dice, index| match dice.below(2) {
        0 => {
            let token = (dice.below(3) > 0).then(|| u64::from(index) + dice.below(4));
            FencedLockAction::Acquire { owner: dice.below(2), token }
        }
        _ => FencedLockAction::Release(dice.below(2)),
    });
}

#[test]
fn a_register_that_counts_its_writes() {
    agrees("versioned register", &VersionedRegister, |dice, _| {
        let version = (dice.below(2) == 0).then(|| dice.below(3) + 1);
        match dice.below(4) {
            0 | 1 => VersionedAction::Write { version, value: int(dice, 2) },
            2 => VersionedAction::CompareAndSet { version, expected: int(dice, 2), new: int(dice, 2) },
            _ => VersionedAction::Read { version, value: (dice.below(3) > 0).then(|| int(dice, 2)) },
        }
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
    agrees("feed", &Feed::default(), post_or_read);
}

fn post_or_read(dice: &mut Dice, index: u32) -> FeedAction {
    let post = |number: u64| PostId { author: NodeId(5), number: number as u32 };
    if dice.below(2) == 0 {
        return FeedAction::Post(post(index.into()));
    }
    // A few of the posts, mostly in order.
    let mut posts: Vec<PostId> = (0..4).map(post).filter(|_| dice.below(3) == 0).collect();
    if dice.below(3) == 0 {
        posts.reverse();
    }
    FeedAction::Read(posts.into())
}

//! What a check asks the allocator for, history included.
//!
//! A test binary of its own, with one test: the allocator counts everything that the process asks for. What was given back counts
//! too, so no more than this was ever in use.

use std::alloc::System;
use std::sync::Arc;

use cap_lab::check::call::Call;
use cap_lab::check::linearizability::{Checker, Decision, Verdict};
use cap_lab::check::spec::collections::{SetAction, WholeSet};
use cap_lab::check::spec::register::{CasAction, CasRegister, CasResult, Register, RegisterAction};
use cap_lab::check::spec::{Spec, Value};
use cap_lab::sorted::SortedSet;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MB: usize = 1_000_000;

/// What is allocated to make a history and to judge it, in bytes.
fn allocated(work: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    work();
    region.change().bytes_allocated
}

fn int(number: u64) -> Value {
    Value::Int(number.cast_signed())
}

fn call<A>(process: u64, action: A, invoked: u64, returned: Option<u64>) -> Call<A> {
    Call { process, object: 0, action, invoked, returned }
}

/// Each twentieth add crashed; a read in the middle and one at the end lack one that was confirmed.
fn a_lost_element(count: u64) {
    let add = |one: u64| call(one % 5, SetAction::Add(int(one)), 2 * one, (one % 20 != 7).then_some(2 * one + 7));
    let read = |until: u64, at: u64| {
        let mut held = SortedSet::default();
        for one in (0..until).filter(|one| *one != 100) {
            held.insert(int(one));
        }
        call(9, SetAction::Read(Arc::new(held)), at, Some(at + 1))
    };
    let mut calls: Vec<_> = (0..count).map(add).collect();
    calls.extend([read(count / 2, count + 50), read(count, 2 * count + 20)]);
    let verdict = Checker::new(WholeSet, calls).step(u64::MAX);
    let Some(Verdict::NotLinearizable(evidence)) = verdict else { panic!("100 is lost") };
    assert!(evidence.operations.len() <= 5 && evidence.about == [int(100)], "{evidence:?}");
}

fn a_register(count: u64) {
    let mut held = 0;
    let operation = |one: u64| {
        let action = if one.is_multiple_of(3) {
            held = one;
            RegisterAction::Write(int(one))
        } else {
            RegisterAction::Read(int(held))
        };
        call(one % 10, action, 3 * one, Some(3 * one + 2))
    };
    let calls: Vec<_> = (0..count).map(operation).collect();
    let verdict = Checker::new(Register { initial: Value::Nil }, calls).step(u64::MAX);
    assert!(matches!(verdict, Some(Verdict::Linearizable(_))));
}

/// So many compare-and-sets, all open at once, of which the first hundred configurations are looked at.
fn open(count: u64, returned: impl Fn(u64) -> Option<u64>, result: CasResult) {
    let cas = |one: u64| {
        let action = CasAction::CompareAndSet { expected: int(one), new: int(one + 1), result };
        call(one, action, one, returned(one))
    };
    let read = call(count, CasAction::Plain(RegisterAction::Read(int(count / 2))), count, Some(count + 1));
    let calls: Vec<_> = (0..count).map(cas).chain([read]).collect();
    let mut checker = Checker::new(CasRegister { initial: int(0) }, calls);
    assert_eq!(checker.decide(100), None::<Decision>, "it is longer than that");
    assert!(checker.spec().step(&int(0), &checker.calls()[0].action).is_some());
}

#[test]
fn memory_grows_with_the_operations_not_with_their_square() {
    let measured = [
        ("a set of 1,000", allocated(|| a_lost_element(1_000)), 100 * MB),
        ("a set of 10,000", allocated(|| a_lost_element(10_000)), 400 * MB),
        ("a register of 500,000", allocated(|| a_register(500_000)), 300 * MB),
        ("100,000 of unknown fate", allocated(|| open(100_000, |_| None, CasResult::Unknown)), 200 * MB),
        ("100,000 open at once", allocated(|| open(100_000, |one| Some(200_001 + one), CasResult::Swapped)), 200 * MB),
    ];
    for (what, bytes, bytes_max) in measured {
        assert!(bytes <= bytes_max, "{what}: {} MB", bytes / MB);
    }
}

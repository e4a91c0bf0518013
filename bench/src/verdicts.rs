//! What a verdict costs: histories of kinds that practitioners meet, and how long a configuration takes after many of them.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use cap_lab::check::call::Call;
use cap_lab::check::linearizability::{Checker, Verdict};
use cap_lab::check::spec::collections::{SetAction, WholeSet};
use cap_lab::check::spec::queue::{Queue, QueueAction};
use cap_lab::check::spec::register::{CasAction, CasRegister, CasResult, Register, RegisterAction};
use cap_lab::check::spec::{Spec, Value};
use cap_lab::sim::dice;
use cap_lab::sorted::SortedSet;

use crate::median;

/// Measurements per figure.
const ROUNDS: usize = 5;

fn int(number: u64) -> Value {
    Value::Int(number.cast_signed())
}

fn call<A>(process: u64, action: A, invoked: u64, returned: Option<u64>) -> Call<A> {
    Call { process, object: 0, action, invoked, returned }
}

/// Prints both tables.
pub(crate) fn measure() {
    println!("\nVerdicts with their evidence, history made beforehand; milliseconds, median of {ROUNDS}.\n");
    println!("| history | operations | verdict | operations in evidence | configurations | ms |");
    println!("| --- | --- | --- | --- | --- | --- |");
    judge("set read whole, 5 % crashed, one element lost", &WholeSet, &lost_element(1_000));
    judge("set read whole, 5 % crashed, one element lost", &WholeSet, &lost_element(10_000));
    judge("queue with distinct values", &Queue, &queue(100_000));
    judge("register with distinct values", &Register { initial: Value::Nil }, &register(500_000, u64::MAX));
    judge("register with 100 values", &Register { initial: Value::Nil }, &register(100_000, 100));
    judge("register, 20,000 writes open throughout", &Register { initial: Value::Nil }, &open_writes(20_000));
    println!(
        "\n60 compare-and-sets of unknown fate and 20 reads, the last of them impossible: microseconds a configuration.\n"
    );
    println!("| configurations before | µs each | MB in all |");
    println!("| --- | --- | --- |");
    crashed();
}

fn judge<S: Spec>(name: &str, spec: &S, calls: &[Call<S::Action>]) {
    let mut told = String::new();
    let milliseconds = (0..ROUNDS).map(|_| {
        let calls = calls.to_vec();
        let start = Instant::now();
        let mut checker = Checker::new(spec.clone(), calls);
        let verdict = black_box(checker.step(u64::MAX)).expect("no budget");
        let took = start.elapsed().as_secs_f64() * 1e3;
        let (verdict, evidence) = match verdict {
            Verdict::Linearizable(_) => ("linearizable", String::new()),
            Verdict::NotLinearizable(evidence) => ("not linearizable", evidence.operations.len().to_string()),
            Verdict::Unknown { .. } => ("unknown", String::new()),
        };
        told = format!("{verdict} | {evidence} | {}", checker.explored());
        took
    });
    let milliseconds = median(milliseconds.collect());
    println!("| {name} | {} | {told} | {milliseconds:.1} |", calls.len());
}

fn lost_element(count: u64) -> Vec<Call<SetAction>> {
    let add = |one: u64| call(one % 5, SetAction::Add(int(one)), 2 * one, (one % 20 != 7).then_some(2 * one + 7));
    let mut held = SortedSet::default();
    for one in (0..count).filter(|one| *one != 704) {
        held.insert(int(one));
    }
    let read = call(9, SetAction::Read(Arc::new(held)), 2 * count + 20, Some(2 * count + 21));
    (0..count).map(add).chain([read]).collect()
}

fn queue(count: u64) -> Vec<Call<QueueAction>> {
    let pair = |one: u64| {
        [
            call(one % 5, QueueAction::Enqueue(int(one)), 3 * one, Some(3 * one + 4)),
            call(5 + one % 5, QueueAction::Dequeue(int(one)), 3 * one + 2, Some(3 * one + 7)),
        ]
    };
    (0..count / 2).flat_map(pair).collect()
}

/// Ten clients that take turns, a third of what they do being writes of `values` different values.
fn register(count: u64, values: u64) -> Vec<Call<RegisterAction>> {
    let mut held = 0;
    let operation = |one: u64| {
        let action = if one.is_multiple_of(3) {
            held = one % values;
            RegisterAction::Write(int(held))
        } else {
            RegisterAction::Read(int(held))
        };
        call(one % 10, action, 3 * one, Some(3 * one + 2))
    };
    (0..count).map(operation).collect()
}

/// Writes of few values that never return, and reads of them one after the other.
fn open_writes(count: u64) -> Vec<Call<RegisterAction>> {
    let write = |one: u64| call(one, RegisterAction::Write(int(one % 1_000)), one, None);
    let read = |one: u64| {
        let at = count + 2 * one;
        call(count, RegisterAction::Read(int(one * 7 % 1_000)), at, Some(at + 1))
    };
    (0..count).map(write).chain((0..count).map(read)).collect()
}

/// Of a history that needs more than anybody waits for.
fn crashed() {
    let dice = |salt: u64, nth: u64| dice::below(1, &[salt, nth], 8);
    let cas = |nth: u64, expected: u64, new: u64| {
        let action = CasAction::CompareAndSet { expected: int(expected), new: int(new), result: CasResult::Unknown };
        call(100 + nth, action, nth, None)
    };
    // Each third took effect before a read; the last read shows what nobody wrote.
    let (mut held, mut calls) = (0, Vec::new());
    for nth in 0..60 {
        let (expected, new) = if nth % 3 == 0 { (held, dice(0, nth)) } else { (dice(0, nth), dice(1, nth)) };
        calls.push(cas(nth, expected, new));
        if nth % 3 == 0 {
            held = new;
            let (at, shown) = (60 + 2 * nth, if nth == 57 { 9 } else { held });
            calls.push(call(1, CasAction::Plain(RegisterAction::Read(int(shown))), at, Some(at + 20)));
        }
    }
    calls.sort_by_key(|call| call.invoked);
    let mut checker = Checker::new(CasRegister { initial: int(0) }, calls);
    for count in [50_000_u64, 100_000, 200_000, 400_000, 800_000] {
        let before = checker.explored();
        let start = Instant::now();
        if checker.decide(count - before).is_some() {
            println!("| decided after {} | | |", checker.explored());
            return;
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / (count - before) as f64;
        println!("| {before} | {each:.2} | {} |", checker.bytes() / 1_000_000);
    }
}

//! What a check costs, counted in configurations and bytes; what it says when that is too much; and how small evidence is.

use std::sync::Arc;

use cap_lab::check::call::Call;
use cap_lab::check::evidence::{Evidence, aborted, aborted_sentence, sentence};
use cap_lab::check::linearizability::{Checker, Decision, Limits, Stop, Verdict};
use cap_lab::check::spec::collections::{Counter, CounterAction, SetAction, WholeSet};
use cap_lab::check::spec::key_value::{KeyValue, KeyValueAction};
use cap_lab::check::spec::lock::{Lock, LockAction, OwnedLock, OwnedLockAction};
use cap_lab::check::spec::queue::{Queue, QueueAction};
use cap_lab::check::spec::register::{CasAction, CasRegister, CasResult, Register, RegisterAction};
use cap_lab::check::spec::{Spec, Value};
use cap_lab::sorted::SortedSet;

use crate::effort::dear;

fn int(number: u64) -> Value {
    Value::Int(number.cast_signed())
}

fn call<A>(process: u64, action: A, invoked: u64, returned: Option<u64>) -> Call<A> {
    Call { process, object: 0, action, invoked, returned }
}

/// Adds by five clients, of which each twentieth crashed and half of those took effect; at the end a read, which lacks `lost`.
fn adds(count: u64, lost: u64) -> Vec<Call<SetAction>> {
    let mut held = SortedSet::default();
    let add = |one: u64| {
        let is_crashed = one % 20 == 7;
        call(one % 5, SetAction::Add(int(one)), 2 * one, (!is_crashed).then_some(2 * one + 7))
    };
    for one in (0..count).filter(|one| *one != lost && one % 40 != 7) {
        held.insert(int(one));
    }
    let read = call(9, SetAction::Read(Arc::new(held)), 2 * count + 20, Some(2 * count + 21));
    (0..count).map(add).chain([read]).collect()
}

fn refuted<S: Spec>(checker: &mut Checker<S>) -> Evidence {
    match checker.step(10_000_000) {
        Some(Verdict::NotLinearizable(evidence)) => evidence,
        other => panic!("{other:?}"),
    }
}

/// The sentence, with operations named by what they did.
fn told<S: Spec>(checker: &Checker<S>, evidence: &Evidence) -> String {
    let (spec, calls) = (checker.spec(), checker.calls());
    sentence(spec, calls, evidence, &|one| spec.words(&calls[one as usize].action, &evidence.about))
}

#[test]
fn a_lost_element_is_found_with_the_read_that_misses_it() {
    for count in [1_000, 10_000] {
        let mut checker = Checker::new(WholeSet, adds(count, 704));
        let evidence = refuted(&mut checker);
        assert_eq!((evidence.operations.as_slice(), evidence.minimal), (&[704, count as u32][..], true));
        assert_eq!((evidence.about.as_slice(), evidence.decisive.len()), (&[int(704)][..], 2));
        assert!(checker.explored() <= 2 * count, "{count}: {}", checker.explored());
        let seen = count - 1 - count / 40;
        let expected = format!("read of {seen} elements, without 704 began after add 704 had returned, and misses it.");
        assert_eq!(told(&checker, &evidence), expected);
    }
}

#[test]
fn reads_of_a_set_that_contradict_each_other_are_few() {
    let read = |process, values: &[u64], at| {
        let mut held = SortedSet::default();
        values.iter().for_each(|value| {
            held.insert(int(*value));
        });
        call(process, SetAction::Read(Arc::new(held)), at, Some(at + 5))
    };
    let add = |value: u64| call(value, SetAction::Add(int(value)), 0, Some(1_000));
    let adds: Vec<_> = (0..100).map(add).collect();
    let all_but = |gone: u64| (0..100).filter(|value| *value != gone).collect::<Vec<_>>();
    let judged = |reads: &[Call<SetAction>]| {
        let mut checker = Checker::new(WholeSet, [&adds[..], reads].concat());
        refuted(&mut checker)
    };
    let gone_again = judged(&[read(200, &[3, 50], 10), read(201, &all_but(50), 20)]);
    assert_eq!((gone_again.operations.len(), gone_again.about), (3, vec![int(50)]), "the add and both reads");
    let incomparable = judged(&[read(200, &all_but(50), 10), read(201, &all_but(51), 10)]);
    assert_eq!((incomparable.operations.len(), incomparable.about.len()), (4, 2), "two adds and both reads");
    let invented = judged(&[read(200, &[3, 500], 10)]);
    assert_eq!((invented.operations.len(), invented.about), (1, vec![int(500)]));
}

/// In a queue of many, two values change places.
#[test]
fn a_queue_that_is_not_in_order_is_found_with_four_operations() {
    const COUNT: u64 = 5_000;
    let mut calls: Vec<_> =
        (0..COUNT).map(|one| call(one % 5, QueueAction::Enqueue(int(one)), 3 * one, Some(3 * one + 4))).collect();
    let taken = |one: u64| {
        if one == 2_000 {
            2_010
        } else if one == 2_010 {
            2_000
        } else {
            one
        }
    };
    let at = |one: u64| 3 * one + 100;
    let dequeue = |one: u64| call(5 + one % 5, QueueAction::Dequeue(int(taken(one))), at(one), Some(at(one) + 2));
    calls.extend((0..COUNT).map(dequeue));
    calls.sort_by_key(|call| call.invoked);
    let mut checker = Checker::new(Queue, calls);
    let evidence = refuted(&mut checker);
    assert!(evidence.operations.len() <= 4 && evidence.minimal, "{evidence:?}");
    assert!(checker.explored() <= 3 * COUNT, "{}", checker.explored());
}

/// Whoever acquires, releases; then two acquire at once.
#[test]
fn two_owners_of_a_lock_are_the_evidence() {
    let pairs = |count: u64| (0..2 * count).map(|one| (one / 2 % 3, one % 2 == 0, 2 * one));
    let at = 2 * 2 * 20;
    let mut calls: Vec<Call<LockAction>> = pairs(20)
        .map(|(process, is_acquire, at)| {
            call(process, if is_acquire { LockAction::Acquire } else { LockAction::Release }, at, Some(at + 1))
        })
        .collect();
    calls.push(call(1, LockAction::Acquire, at, Some(at + 1)));
    calls.push(call(2, LockAction::Acquire, at + 2, Some(at + 3)));
    let mut checker = Checker::new(Lock, calls);
    let evidence = refuted(&mut checker);
    assert_eq!((evidence.operations.as_slice(), evidence.decisive.as_slice()), (&[40, 41][..], &[40, 41][..]));
    assert!(checker.explored() <= 200, "one configuration for each operation, and a few: {}", checker.explored());
    // With owners, a release by somebody else.
    let mut owned: Vec<Call<OwnedLockAction>> = pairs(20)
        .map(|(owner, is_acquire, at)| {
            let action = if is_acquire { OwnedLockAction::Acquire(owner) } else { OwnedLockAction::Release(owner) };
            call(owner, action, at, Some(at + 1))
        })
        .collect();
    owned.push(call(1, OwnedLockAction::Acquire(1), at, Some(at + 1)));
    owned.push(call(2, OwnedLockAction::Release(2), at + 2, Some(at + 3)));
    assert_eq!(refuted(&mut Checker::new(OwnedLock, owned)).operations, [40, 41]);
}

/// What always adds the same is interchangeable: nothing is tried twice.
#[test]
fn a_counter_that_counts_by_ones_takes_a_configuration_for_each() {
    const COUNT: u64 = 3_000;
    let mut calls: Vec<_> =
        (0..COUNT).map(|one| call(one, CounterAction::Add(1), one, Some(one + 100 + one % 7))).collect();
    // Of those that crashed, a few are needed, and which ones does not matter.
    for one in (0..COUNT).filter(|one| one % 10 == 3) {
        calls[one as usize].returned = None;
    }
    let confirmed = COUNT - COUNT / 10;
    calls.push(call(1, CounterAction::Read(confirmed as i64 + 50), COUNT + 200, Some(COUNT + 201)));
    let mut checker = Checker::new(Counter, calls);
    assert!(matches!(checker.step(u64::MAX), Some(Verdict::Linearizable(_))));
    assert!(checker.explored() <= COUNT + 2, "{}", checker.explored());
}

#[test]
fn what_failed_and_was_seen_is_named() {
    let write = |value| RegisterAction::Write(int(value));
    let register = Register { initial: Value::Nil };
    let calls = vec![call(0, write(1), 1, Some(2)), call(1, RegisterAction::Read(int(638)), 5, Some(6))];
    let failed = [call(2, write(7), 0, Some(4)), call(2, write(638), 3, Some(4)), call(2, write(638), 7, Some(8))];
    let mut checker = Checker::new(register.clone(), calls.clone());
    let evidence = refuted(&mut checker);
    assert_eq!(aborted(&register, &calls, &failed, &evidence), Some((1, 1)));
    assert_eq!(aborted(&register, &calls, &failed[2..], &evidence), None, "it began after the read");
    assert_eq!(
        aborted_sentence("read 638", "write 638"),
        "read 638 shows what write 638 did, which failed: it should never have taken effect."
    );
    // A stale read has its explanation.
    let stale = vec![
        call(0, write(638), 1, Some(2)),
        call(0, write(1), 3, Some(4)),
        call(1, RegisterAction::Read(int(638)), 5, Some(6)),
    ];
    let evidence = refuted(&mut Checker::new(register.clone(), stale.clone()));
    assert_eq!(aborted(&register, &stale, &failed, &evidence), None);
}

#[test]
fn the_verdict_comes_before_its_evidence() {
    let mut calls = dear(0, 7);
    calls.retain(|call| !matches!(call.action, KeyValueAction::Put(_)));
    let mut checker = Checker::new(KeyValue, calls);
    assert_eq!(checker.decide(1_000_000), Some(Decision::NotLinearizable));
    let decided = checker.explored();
    let Verdict::NotLinearizable(evidence) = checker.give_up() else { panic!("it is decided") };
    assert!(!evidence.minimal && !evidence.operations.is_empty());
    assert!(matches!(checker.step(1), None | Some(Verdict::NotLinearizable(_))));
    let small = refuted(&mut checker);
    assert!(small.minimal && small.operations.len() <= evidence.operations.len());
    assert!(checker.explored() > decided);
}

#[test]
fn each_object_that_fails_is_told() {
    let of = |object, value, at| {
        let [write, read] = [RegisterAction::Write(int(1)), RegisterAction::Read(int(value))];
        [Call { object, ..call(0, write, at, Some(at + 1)) }, Call { object, ..call(1, read, at + 2, Some(at + 3)) }]
    };
    let calls: Vec<_> = [of(0, 1, 0), of(1, 5, 10), of(2, 1, 20), of(3, 6, 30)].concat();
    let mut checker = Checker::new(Register { initial: Value::Nil }, calls.clone());
    assert!(!checker.go_on(), "nothing was found yet");
    let mut failed = Vec::new();
    loop {
        match checker.step(1_000) {
            Some(Verdict::NotLinearizable(evidence)) => {
                failed.push(calls[evidence.operations[0] as usize].object);
                assert!(checker.go_on(), "there are others");
            }
            other => {
                assert!(matches!(other, Some(Verdict::Linearizable(_))), "{other:?}");
                break;
            }
        }
    }
    assert_eq!(failed, [1, 3]);
}

/// So much memory for a configuration, however many came before.
#[test]
fn a_configuration_takes_as_much_after_many_as_after_few() {
    let mut checker = Checker::new(KeyValue, dear(0, 20));
    for count in [20_000_u64, 40_000, 80_000, 160_000] {
        assert_eq!(checker.decide(count - checker.explored()), None);
        let each = checker.bytes() as u64 / count;
        assert!(each <= 64, "after {count}: {each} bytes each");
    }
}

/// Compare-and-sets of unknown fate on few values, and reads between which any of them may have taken effect.
fn crashed_compare_and_sets(count: u64) -> Vec<Call<CasAction>> {
    let cas = |one: u64| {
        let (expected, new) = (int(one * 5 % 7), int(one * 3 % 8));
        let action = CasAction::CompareAndSet { expected, new, result: CasResult::Unknown };
        call(100 + one, action, one, None)
    };
    let read = |one: u64| {
        call(1, CasAction::Plain(RegisterAction::Read(int(one * 11 % 7))), count + 2 * one, Some(count + 2 * one + 1))
    };
    (0..count)
        .map(cas)
        .chain((0..16).map(read))
        .chain([
            call(1, CasAction::Plain(RegisterAction::Read(int(99))), 2 * count + 100, Some(2 * count + 101)),
            call(
                2,
                CasAction::CompareAndSet { expected: int(98), new: int(99), result: CasResult::Swapped },
                count,
                Some(2 * count + 101),
            ),
        ])
        .collect()
}

#[test]
fn what_takes_more_memory_than_there_is_ends_unknown() {
    const BYTES_MAX: usize = 4 << 20;
    let limits = Limits { memory_bytes: BYTES_MAX, ..Limits::default() };
    let mut checker = Checker::new(CasRegister { initial: int(0) }, crashed_compare_and_sets(60)).within(limits);
    let mut most = 0;
    let verdict = loop {
        if let Some(verdict) = checker.step(1_000) {
            break verdict;
        }
        most = most.max(checker.bytes());
    };
    let Verdict::Unknown { explored, why: Stop::Memory, longest } = verdict else { panic!("{verdict:?}") };
    assert!(most <= BYTES_MAX, "{most}");
    assert!(explored > 10_000 && longest.len() > 5, "{explored} and {}", longest.len());
}

#[test]
fn one_object_without_memory_leaves_the_others_theirs() {
    let limits = Limits { memory_bytes: 100_000, ..Limits::default() };
    let of = |object, process, action, at| Call { object, ..call(process, action, at, Some(at + 1)) };
    let [put, got] = ["a", "b"].map(Arc::<str>::from);
    let good = [of(1, 0, KeyValueAction::Put(put.clone()), 1), of(1, 0, KeyValueAction::Get(put.clone()), 3)];
    let mut calls = [dear(0, 20), good.to_vec()].concat();
    let verdict = Checker::new(KeyValue, calls.clone()).within(limits).step(u64::MAX);
    assert!(matches!(verdict, Some(Verdict::Unknown { why: Stop::Memory, .. })), "{verdict:?}");
    // As many operations as the dear one has and more, so that its turn comes after.
    calls.extend((0..40).map(|one| of(2, one, KeyValueAction::Put(put.clone()), 100 * one)));
    calls.push(of(2, 1, KeyValueAction::Get(got), 5_000));
    let evidence = refuted(&mut Checker::new(KeyValue, calls.clone()).within(limits));
    assert_eq!(calls[evidence.operations[0] as usize].object, 2);
}

#[test]
fn limits_on_configurations_are_kept() {
    let limits = Limits { configurations: 5_000, ..Limits::default() };
    let mut checker = Checker::new(KeyValue, dear(0, 20)).within(limits);
    let verdict = checker.step(u64::MAX);
    let Some(Verdict::Unknown { explored: 5_000, why: Stop::Configurations, longest }) = verdict else {
        panic!("{verdict:?}")
    };
    assert!(longest.len() >= 20, "{}", longest.len());
    assert!(matches!(checker.give_up(), Verdict::Unknown { why: Stop::Configurations, .. }));
    let fresh = Checker::new(KeyValue, dear(0, 20)).give_up();
    assert_eq!(fresh, Verdict::Unknown { explored: 0, why: Stop::Cancelled, longest: Vec::new() });
}

/// However many operations are open at once, memory grows with their number, not with its square.
#[test]
fn open_operations_cost_the_same_each() {
    fn bytes<S: Spec>(spec: S, calls: Vec<Call<S::Action>>) -> usize {
        let count = calls.len();
        let mut checker = Checker::new(spec, calls);
        let decided = checker.decide(3 * count as u64);
        assert!(decided.is_none_or(|decided| decided == Decision::Linearizable), "{decided:?}");
        checker.bytes() / count
    }
    for count in [500, 2_000] {
        let whole = |one: u64| Some(2 * count + one);
        let cas = |one: u64, result, returned| {
            let action = CasAction::CompareAndSet { expected: int(one), new: int(one + 1), result };
            call(one, action, one, returned)
        };
        let zero = || CasRegister { initial: int(0) };
        let swapped = bytes(zero(), (0..count).map(|one| cas(one, CasResult::Swapped, whole(one))).collect());
        let mut crashed: Vec<_> = (0..count).map(|one| cas(one, CasResult::Unknown, None)).collect();
        crashed.push(call(count, CasAction::Plain(RegisterAction::Read(int(count / 2))), count, Some(count + 1)));
        let crashed = bytes(zero(), crashed);
        let add = |one: u64| call(one, CounterAction::Add(1 + one.cast_signed() % 5), one, whole(one));
        let added = bytes(Counter, (0..count).map(add).collect());
        for (what, each) in [("swapped", swapped), ("crashed", crashed), ("added", added)] {
            assert!(each <= 1_500, "{count} {what}: {each} bytes each");
        }
    }
}

//! Random histories as files: written as Jepsen writes them, with named clients, tuples of jepsen.independent, operations that
//! crashed and that failed; read and judged; and held against brute force on what was written.

use std::fmt::Display;

use cap_lab::check::call::Call;
use cap_lab::check::import::{self, Calls, Format, Model};
use cap_lab::check::linearizability::{Checker, Decision};
use cap_lab::check::spec::collections::{Counter, CounterAction, SetAction, WholeSet};
use cap_lab::check::spec::key_value::{KeyValue, KeyValueAction};
use cap_lab::check::spec::lock::{FencedLock, FencedLockAction, Lock, LockAction, OwnedLock, OwnedLockAction};
use cap_lab::check::spec::queue::{Queue, QueueAction};
use cap_lab::check::spec::register::{CasAction, CasRegister, CasResult, Register, RegisterAction};
use cap_lab::check::spec::versioned::{VersionedAction, VersionedRegister};
use cap_lab::check::spec::{Spec, Value};

use crate::brute::{Dice, history, int, possible_by_object, some_of_three};
use crate::rounds;

/// An operation in Jepsen's words: its name, what it was asked with, and what it returned.
type Words = (&'static str, String, String);

fn words(name: &'static str, asked: impl Display, found: impl Display) -> Words {
    (name, asked.to_string(), found.to_string())
}

/// How the clients are called.
fn client(style: u64, process: u64) -> String {
    match style {
        0 => process.to_string(),
        1 => format!(":client-{process}"),
        _ => format!("\"client {process}\""),
    }
}

/// The lines of a history, in which objects are keys if `keyed`. What failed did not happen, and the rest is left to be judged.
fn written<A>(
    calls: Vec<Call<A>>,
    dice: &mut Dice,
    keyed: bool,
    spoken: impl Fn(&A) -> Words,
) -> (String, Vec<Call<A>>) {
    let style = dice.below(3);
    let mut events: Vec<(u64, u8, String)> = Vec::new();
    let mut kept = Vec::new();
    for call in calls {
        let (name, asked, found) = spoken(&call.action);
        let valued = |value: &str| match keyed {
            true => format!("[:k{} {value}]", call.object),
            false => value.to_owned(),
        };
        let line = |kind: &str, value: &str| {
            let process = client(style, call.process);
            format!("{{:type :{kind}, :f :{name}, :value {}, :process {process}}}\n", valued(value))
        };
        let fails = dice.below(12) == 0;
        let (kind, value) = match call.returned {
            _ if fails => ("fail", &asked),
            Some(_) => ("ok", &found),
            None => ("info", &asked),
        };
        // At the same moment nobody came first, so whatever begins stands before what ends.
        events.push((call.invoked, 0, line("invoke", &asked)));
        match call.returned {
            Some(at) => events.push((at, 1, line(kind, value))),
            None => events.last_mut().expect("just pushed").2 += &line(kind, value),
        }
        if !fails {
            kept.push(call);
        }
    }
    events.sort_by_key(|(at, order, _)| (*at, *order));
    (events.into_iter().map(|(.., line)| line).collect(), kept)
}

fn agrees<S: Spec>(
    model: Model,
    spec: &S,
    mut action: impl FnMut(&mut Dice, u32) -> S::Action,
    finish: impl Fn(&mut Call<S::Action>),
    spoken: impl Fn(&S::Action) -> Words,
    unwrap: impl Fn(Calls) -> Option<Vec<Call<S::Action>>>,
) {
    let (mut yes, mut no) = (0, 0);
    let all = rounds(1_000, 20_000);
    for seed in 0..all {
        let mut dice = Dice::new(seed);
        let keyed = dice.below(2) == 0;
        let mut calls = history(&mut dice, &mut action);
        for call in &mut calls {
            call.object *= u32::from(keyed);
            finish(call);
        }
        let (text, kept) = written(calls, &mut dice, keyed, &spoken);
        let expected = possible_by_object(spec, &kept);
        let read = import::read(text.as_bytes(), Format::Jepsen, model);
        let imported = read.unwrap_or_else(|wrong| panic!("{model:?}, seed {seed}:{wrong}\n{text}"));
        let calls = unwrap(imported.calls).expect("of this model");
        let decided = Checker::new(spec.clone(), calls).decide(1_000_000);
        let found = decided == Some(Decision::Linearizable);
        assert_eq!(found, expected, "{model:?}, seed {seed}: {decided:?}\n{text}");
        *(if found { &mut yes } else { &mut no }) += 1;
    }
    assert!(yes > all / 20 && no > all / 20, "{model:?}: {yes} linearizable, {no} not");
}

fn register_words(action: &RegisterAction) -> Words {
    match action {
        RegisterAction::Read(value) => words("read", "nil", value),
        RegisterAction::Write(value) => words("write", value, value),
    }
}

fn read_or_write(dice: &mut Dice) -> RegisterAction {
    if dice.below(2) == 0 { RegisterAction::Read(int(dice, 2)) } else { RegisterAction::Write(int(dice, 2)) }
}

#[test]
fn registers() {
    let spec = Register { initial: Value::Nil };
    agrees(
        Model::Register,
        &spec,
        |dice, _| read_or_write(dice),
        |_| {},
        register_words,
        |calls| match calls {
            Calls::Register(calls) => Some(calls),
            _ => None,
        },
    );
}

#[test]
fn registers_with_compare_and_set() {
    let action = |dice: &mut Dice, _| match dice.below(3) {
        0 => {
            let (expected, new, result) = (int(dice, 2), int(dice, 2), CasResult::Swapped);
            CasAction::CompareAndSet { expected, new, result }
        }
        _ => CasAction::Plain(read_or_write(dice)),
    };
    let spoken = |action: &CasAction| match action {
        CasAction::Plain(action) => register_words(action),
        CasAction::CompareAndSet { expected, new, .. } => {
            let values = format!("[{expected} {new}]");
            words("cas", &values, &values)
        }
    };
    let spec = CasRegister { initial: Value::Nil };
    agrees(
        Model::CasRegister,
        &spec,
        action,
        |_| {},
        spoken,
        |calls| match calls {
            Calls::CasRegister(calls) => Some(calls),
            _ => None,
        },
    );
}

#[test]
fn keys_with_append() {
    let action = |dice: &mut Dice, _| match dice.below(4) {
        0 => KeyValueAction::Put(["a", "b"][dice.below(2) as usize].into()),
        1 => KeyValueAction::Append(["a", "b"][dice.below(2) as usize].into()),
        _ => KeyValueAction::Get(["", "a", "b", "ab"][dice.below(4) as usize].into()),
    };
    let spoken = |action: &KeyValueAction| match action {
        KeyValueAction::Get(text) => words("get", "nil", format!("\"{text}\"")),
        KeyValueAction::Put(text) => words("put", format!("\"{text}\""), format!("\"{text}\"")),
        KeyValueAction::Append(text) => words("append", format!("\"{text}\""), format!("\"{text}\"")),
    };
    agrees(
        Model::Kv,
        &KeyValue,
        action,
        |_| {},
        spoken,
        |calls| match calls {
            Calls::Kv(calls) => Some(calls),
            _ => None,
        },
    );
}

#[test]
fn sets() {
    let action = |dice: &mut Dice, _| match dice.below(5) {
        0..2 => SetAction::Add(int(dice, 3)),
        2 => SetAction::Remove(int(dice, 3)),
        _ => some_of_three(dice),
    };
    let spoken = |action: &SetAction| match action {
        SetAction::Add(value) => words("add", value, value),
        SetAction::Remove(value) => words("remove", value, value),
        SetAction::Read(values) => {
            let listed: Vec<String> = values.iter().map(ToString::to_string).collect();
            words("read", "nil", format!("#{{{}}}", listed.join(" ")))
        }
    };
    agrees(
        Model::Set,
        &WholeSet,
        action,
        |_| {},
        spoken,
        |calls| match calls {
            Calls::Set(calls) => Some(calls),
            _ => None,
        },
    );
}

#[test]
fn counters() {
    let action = |dice: &mut Dice, _| match dice.below(2) {
        0 => CounterAction::Add(dice.below(4).cast_signed() - 1),
        _ => CounterAction::Read(dice.below(4).cast_signed()),
    };
    let spoken = |action: &CounterAction| match action {
        CounterAction::Add(by) => words("add", by, by),
        CounterAction::Read(sum) => words("read", "nil", sum),
    };
    agrees(
        Model::Counter,
        &Counter,
        action,
        |_| {},
        spoken,
        |calls| match calls {
            Calls::Counter(calls) => Some(calls),
            _ => None,
        },
    );
}

#[test]
fn queues() {
    let action = |dice: &mut Dice, index: u32| match dice.below(5) {
        0..3 if index % 2 == 0 => QueueAction::Enqueue(Value::Int(index.into())),
        0..3 => QueueAction::Enqueue(int(dice, 3)),
        _ => QueueAction::Dequeue(int(dice, 3)),
    };
    let finish = |call: &mut Call<QueueAction>| {
        if call.returned.is_none() && matches!(call.action, QueueAction::Dequeue(_)) {
            call.action = QueueAction::DequeueUnknown;
        }
    };
    let spoken = |action: &QueueAction| match action {
        QueueAction::Enqueue(value) => words("enqueue", value, value),
        QueueAction::Dequeue(value) => words("dequeue", "nil", value),
        QueueAction::DequeueUnknown | QueueAction::FoundEmpty => words("dequeue", "nil", "nil"),
    };
    agrees(Model::Queue, &Queue, action, finish, spoken, |calls| match calls {
        Calls::Queue(calls) => Some(calls),
        _ => None,
    });
}

#[test]
fn mutexes() {
    let action = |dice: &mut Dice, _| if dice.below(2) == 0 { LockAction::Acquire } else { LockAction::Release };
    let spoken = |action: &LockAction| match action {
        LockAction::Acquire => words("acquire", "nil", "nil"),
        LockAction::Release => words("release", "nil", "nil"),
    };
    agrees(
        Model::Mutex,
        &Lock,
        action,
        |_| {},
        spoken,
        |calls| match calls {
            Calls::Mutex(calls) => Some(calls),
            _ => None,
        },
    );
}

#[test]
fn locks_with_owners() {
    let action = |dice: &mut Dice, _| match dice.below(2) {
        0 => OwnedLockAction::Acquire(0),
        _ => OwnedLockAction::Release(0),
    };
    let finish = |call: &mut Call<OwnedLockAction>| {
        let (OwnedLockAction::Acquire(owner) | OwnedLockAction::Release(owner)) = &mut call.action;
        *owner = call.process;
    };
    let spoken = |action: &OwnedLockAction| match action {
        OwnedLockAction::Acquire(_) => words("lock", "nil", "nil"),
        OwnedLockAction::Release(_) => words("unlock", "nil", "nil"),
    };
    agrees(Model::OwnedLock, &OwnedLock, action, finish, spoken, |calls| match calls {
        Calls::OwnedLock(calls) => Some(calls),
        _ => None,
    });
}

#[test]
fn locks_with_fencing_tokens() {
    let action = |dice: &mut Dice, index: u32| match dice.below(2) {
        0 => {
            let token = (dice.below(3) > 0).then(|| u64::from(index) + dice.below(4));
            FencedLockAction::Acquire { owner: 0, token }
        }
        _ => FencedLockAction::Release(0),
    };
    let finish = |call: &mut Call<FencedLockAction>| match &mut call.action {
        FencedLockAction::Acquire { owner, token } => {
            *owner = call.process;
            token.take_if(|_| call.returned.is_none());
        }
        FencedLockAction::Release(owner) => *owner = call.process,
    };
    let spoken = |action: &FencedLockAction| match action {
        FencedLockAction::Acquire { token: Some(token), .. } => words("acquire", "nil", token),
        FencedLockAction::Acquire { token: None, .. } => words("acquire", "nil", "nil"),
        FencedLockAction::Release(_) => words("release", "nil", "nil"),
    };
    agrees(Model::FencedLock, &FencedLock, action, finish, spoken, |calls| match calls {
        Calls::FencedLock(calls) => Some(calls),
        _ => None,
    });
}

#[test]
fn registers_that_count_their_writes() {
    let action = |dice: &mut Dice, _| {
        let version = Some(dice.below(3) + 1);
        match dice.below(4) {
            0 => VersionedAction::Write { version, value: int(dice, 2) },
            1 => VersionedAction::Write { version: None, value: int(dice, 2) },
            2 => VersionedAction::CompareAndSet { version, expected: int(dice, 2), new: int(dice, 2) },
            _ => VersionedAction::Read { version, value: Some(int(dice, 2)) },
        }
    };
    let finish = |call: &mut Call<VersionedAction>| {
        let (VersionedAction::Write { version, .. } | VersionedAction::CompareAndSet { version, .. }) =
            &mut call.action
        else {
            return;
        };
        version.take_if(|_| call.returned.is_none());
    };
    let told = |version: &Option<u64>| version.map_or("nil".to_owned(), |version| version.to_string());
    let spoken = |action: &VersionedAction| match action {
        VersionedAction::Read { version, value } => {
            let value = value.as_ref().expect("each read shows one");
            words("read", "[nil nil]", format!("[{} {value}]", told(version)))
        }
        VersionedAction::Write { version, value } => {
            words("write", format!("[nil {value}]"), format!("[{} {value}]", told(version)))
        }
        VersionedAction::CompareAndSet { version, expected, new } => {
            words("cas", format!("[nil [{expected} {new}]]"), format!("[{} [{expected} {new}]]", told(version)))
        }
    };
    agrees(Model::VersionedRegister, &VersionedRegister, action, finish, spoken, |calls| match calls {
        Calls::VersionedRegister(calls) => Some(calls),
        _ => None,
    });
}

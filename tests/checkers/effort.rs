//! How much work a check is: long histories, budgets, and keys that take turns.

use std::sync::Arc;

use cap_lab::check::call::Call;
use cap_lab::check::feed::{FeedCalls, calls};
use cap_lab::check::ladder::{Standing, judge_weaker};
use cap_lab::check::linearizability::{Checker, Decision, Verdict, check, is_linearization};
use cap_lab::check::spec::Value;
use cap_lab::check::spec::feed::Feed;
use cap_lab::check::spec::key_value::{KeyValue, KeyValueAction};
use cap_lab::check::spec::register::{CasRegister, Register, RegisterAction};
use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId};
use cap_lab::sim::fault::Intervention;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::FeedSetup;

use crate::brute::Dice;
use crate::rounds;

const REGISTER: Register = Register { initial: Value::Int(0) };

/// A history of 10 clients with distinct written values, as a register makes it: every operation takes effect at a moment
/// between its invocation and its return.
fn distinct(seed: u64, count: u64) -> Vec<Call<RegisterAction>> {
    const CLIENTS: u64 = 10;
    let mut dice = Dice::new(seed);
    let mut free = [0; CLIENTS as usize];
    // Effects in the order of their moments; each client's operations do not overlap.
    let mut pending: Vec<(u64, u64, u64, u64)> = Vec::new();
    for index in 0..count {
        let client = index % CLIENTS;
        let invoked = free[client as usize] + dice.below(20);
        let effect = invoked + dice.below(50);
        let returned = effect + dice.below(50);
        free[client as usize] = returned + 1;
        pending.push((effect, client, invoked, returned));
    }
    pending.sort_unstable();
    let mut held = 0;
    let mut calls = Vec::new();
    for (index, (_, process, invoked, returned)) in (1..).zip(pending) {
        let action = if dice.below(3) == 0 {
            held = index;
            RegisterAction::Write(Value::Int(held))
        } else {
            RegisterAction::Read(Value::Int(held))
        };
        calls.push(Call { process, object: 0, action, invoked, returned: Some(returned) });
    }
    calls.sort_by_key(|call| call.invoked);
    calls
}

#[test]
fn a_hundred_thousand_distinct_values_are_put_into_an_order() {
    let many = distinct(0, 100_000);
    let Verdict::Linearizable(order) = check(REGISTER, many.clone(), u64::MAX, &mut || false) else {
        panic!("a register made it")
    };
    assert!(is_linearization(&REGISTER, &many, &order));
}

/// Whatever an operation needs, it needs in a long history too.
#[test]
fn ten_times_the_distinct_values_are_at_most_twelve_times_the_work() {
    let work = |seed: u64, count: u64| {
        let mut checker = Checker::new(REGISTER, distinct(seed, count));
        assert!(matches!(checker.step(u64::MAX), Some(Verdict::Linearizable(_))));
        checker.explored()
    };
    for seed in 0..5 {
        let (few, many) = (work(seed, 10_000), work(seed, 100_000));
        assert!(many <= 12 * few, "seed {seed}: {many} for ten times what took {few}");
    }
}

/// Writes that nobody saw return stand far off their places: sorting them by moves alone would take time with their square.
#[test]
fn writes_that_never_returned_do_not_make_it_slow() {
    let history = |count: u64| -> Vec<Call<RegisterAction>> {
        let value = |index: u64| Value::Int(index.cast_signed() + 1);
        let never = |index| Call { action: RegisterAction::Write(value(index)), returned: None, ..read(index, index) };
        // Seen much later, the last one first.
        let seen = |index: u64| read(index, 2 * count - index);
        let mut all: Vec<_> = (0..count).map(never).collect();
        all.extend((0..count).rev().map(seen));
        all
    };
    fn read(index: u64, at: u64) -> Call<RegisterAction> {
        let action = RegisterAction::Read(Value::Int(index.cast_signed() + 1));
        Call { process: index, object: 0, action, invoked: at, returned: Some(at) }
    }
    let work = |count| {
        let mut checker = Checker::new(REGISTER, history(count));
        assert!(matches!(checker.step(u64::MAX), Some(Verdict::Linearizable(_))));
        checker.explored()
    };
    let (few, many) = (work(2_000), work(20_000));
    assert!(many <= 12 * few, "{many} for ten times what took {few}");
}

#[test]
fn one_stale_read_among_a_hundred_thousand_is_found_with_its_few_operations() {
    let mut calls = distinct(1, 100_000);
    let is_read = |call: &Call<RegisterAction>| matches!(call.action, RegisterAction::Read(_));
    let late = calls.iter().rposition(is_read).expect("most are reads");
    calls[late].action = RegisterAction::Read(Value::Int(0));
    let Verdict::NotLinearizable(evidence) = check(REGISTER, calls, u64::MAX, &mut || false) else {
        panic!("that read is stale")
    };
    assert!(evidence.operations.contains(&(late as u32)) && evidence.operations.len() <= 3, "{evidence:?}");
    assert!(evidence.longest.len() > 90_000, "all before it has an order: {}", evidence.longest.len());
}

fn call(
    process: u64,
    object: u32,
    action: KeyValueAction,
    invoked: u64,
    returned: Option<u64>,
) -> Call<KeyValueAction> {
    Call { process, object, action, invoked, returned }
}

/// A key with many concurrent appends, whose order no read tells until the last, which is impossible.
pub(crate) fn dear(object: u32, appends: u64) -> Vec<Call<KeyValueAction>> {
    let text = |index: u64| -> Arc<str> { format!("<{index}>").into() };
    let append = |index| call(index, object, KeyValueAction::Append(text(index)), 10, Some(20));
    let mut all: Vec<_> = (0..appends).map(append).collect();
    let whole: String = (0..appends).map(|index| text(index).to_string()).collect::<String>() + "!";
    all.push(call(99, object, KeyValueAction::Get(whole.into()), 30, Some(40)));
    // It may wipe out whatever was before, so that no order of the appends is hopeless at first sight.
    all.push(call(98, object, KeyValueAction::Put("<".into()), 10, Some(40)));
    all
}

#[test]
fn a_violation_in_one_key_is_found_without_finishing_the_dearest() {
    let mut calls = dear(0, 20);
    // As many operations, so that it does not come first for being short.
    for index in 0..22 {
        calls.push(call(index, 1, KeyValueAction::Put("a".into()), 100 * index, Some(100 * index + 50)));
    }
    calls.push(call(1, 1, KeyValueAction::Get("b".into()), 3_000, Some(3_010)));
    let verdict = check(KeyValue, calls.clone(), 20_000, &mut || false);
    let Verdict::NotLinearizable(evidence) = verdict else { panic!("{verdict:?}") };
    assert!(evidence.operations.iter().all(|&one| calls[one as usize].object == 1));
    assert_eq!(evidence.decisive.len(), 1, "nobody wrote what that read shows");
    // The other key alone takes far more than that.
    let alone = check(KeyValue, dear(0, 20), 200_000, &mut || false);
    assert!(matches!(alone, Verdict::Unknown { .. }), "{alone:?}");
}

/// What 50 clients saw of 10 keys, as Porcupine's logs have it: half of them reads, some puts, and each value written once. Up
/// to `slowest` events lie between an invocation and its return, and the operation takes effect anywhere in between.
fn fifty_clients(seed: u64, count: u64, slowest: u64) -> Vec<Call<KeyValueAction>> {
    const CLIENTS: u64 = 50;
    let mut dice = Dice::new(seed);
    let mut free = [0; CLIENTS as usize];
    let mut effects: Vec<(u64, u64, u64, u64)> = Vec::new();
    for index in 0..count {
        let client = index % CLIENTS;
        let invoked = free[client as usize] + 1 + dice.below(20);
        // Most are quick, some take long.
        let within = if dice.below(10) == 0 { slowest } else { slowest / 8 + 1 };
        let effect = invoked + dice.below(within);
        let returned = effect + dice.below(within);
        free[client as usize] = returned;
        effects.push((effect, client, invoked, returned));
    }
    effects.sort_unstable();
    let mut held: Vec<String> = vec![String::new(); 10];
    let mut calls = Vec::new();
    for (index, (_, client, invoked, returned)) in effects.into_iter().enumerate() {
        let key = dice.below(10) as usize;
        let text = format!("x {client} {index} y");
        let action = match dice.below(100) {
            0..48 => KeyValueAction::Get(held[key].as_str().into()),
            48..53 => {
                held[key].clone_from(&text);
                KeyValueAction::Put(text.into())
            }
            _ => {
                held[key].push_str(&text);
                KeyValueAction::Append(text.into())
            }
        };
        calls.push(call(client, key as u32, action, invoked, Some(returned)));
    }
    calls.sort_by_key(|call| call.invoked);
    calls
}

/// One read shows what another one of the same key showed at another time.
fn falsify(calls: &mut [Call<KeyValueAction>], dice: &mut Dice) {
    let is_read = |call: &Call<KeyValueAction>| matches!(call.action, KeyValueAction::Get(_));
    let reads: Vec<usize> = (0..calls.len()).filter(|&index| is_read(&calls[index])).collect();
    let read = reads[dice.below(reads.len() as u64) as usize];
    let same_key = |index: &&usize| calls[**index].object == calls[read].object;
    let others: Vec<usize> = reads.iter().filter(same_key).copied().collect();
    calls[read].action = calls[others[dice.below(others.len() as u64) as usize]].action.clone();
}

#[test]
fn fifty_clients_of_ten_keys_are_judged() {
    let (mut most, mut refuted) = (0, 0);
    let mut judged = |what: &str, calls: Vec<Call<KeyValueAction>>| {
        let mut checker = Checker::new(KeyValue, calls);
        let decided = checker.decide(1_000_000);
        most = most.max(checker.explored());
        let decided = decided.unwrap_or_else(|| panic!("{what}: gave up after {} configurations", checker.explored()));
        decided == Decision::Linearizable
    };
    let all = rounds(12, 100);
    for seed in 0..all {
        let mut calls = fifty_clients(seed, 3_000, 40 << (seed % 4));
        assert!(judged(&format!("seed {seed}"), calls.clone()), "seed {seed}: a store made it");
        falsify(&mut calls, &mut Dice::new(seed + 1_000));
        refuted += u64::from(!judged(&format!("seed {seed}, falsified"), calls));
    }
    eprintln!("fifty clients: {refuted} of {all} falsified histories refuted; {most} configurations at most");
    assert!(refuted * 2 > all, "{refuted} of {all}");
}

#[test]
fn budgets_are_kept_and_what_is_left_can_go_on() {
    let calls = dear(0, 14);
    let mut checker = Checker::new(KeyValue, calls.clone());
    let mut steps = 0;
    let verdict = loop {
        let before = checker.explored();
        let verdict = checker.step(100);
        // A turn ends with a whole configuration.
        assert!(checker.explored() <= before + 101, "{} for 100", checker.explored() - before);
        steps += 1;
        if let Some(verdict) = verdict {
            break verdict;
        }
    };
    assert!(steps > 100, "{steps}: too easy to prove anything");
    let Verdict::NotLinearizable(in_pieces) = verdict else { panic!("the last read is impossible") };
    let Verdict::NotLinearizable(at_once) = check(KeyValue, calls.clone(), u64::MAX, &mut || false) else {
        panic!("the last read is impossible")
    };
    assert_eq!(in_pieces.operations, at_once.operations);
    let Verdict::Unknown { explored, .. } = check(KeyValue, calls, 1_000, &mut || false) else {
        panic!("1,000 are too few")
    };
    assert!((1_000..1_010).contains(&explored), "{explored}");
}

#[test]
fn a_check_can_be_cancelled() {
    let mut asked = 0;
    let verdict = check(KeyValue, dear(0, 20), u64::MAX, &mut || {
        asked += 1;
        asked > 3
    });
    let Verdict::Unknown { explored, .. } = verdict else { panic!("{verdict:?}") };
    assert!(asked == 4 && explored < 20_000, "asked {asked} times, {explored} looked at");
}

#[test]
fn nothing_and_nearly_nothing_are_linearizable() {
    assert_eq!(check(KeyValue, Vec::new(), 1, &mut || false), Verdict::Linearizable(Vec::new()));
    let unknown = vec![call(0, 0, KeyValueAction::Append("a".into()), 1, None)];
    assert_eq!(check(KeyValue, unknown, 10, &mut || false), Verdict::Linearizable(Vec::new()));
    let empty = CasRegister { initial: Value::Nil };
    assert_eq!(check(empty, Vec::new(), 1, &mut || false), Verdict::Linearizable(Vec::new()));
}

/// Some simulated minutes of both feeds under traffic, with a cut in every second minute.
fn minutes(count: u64) -> [FeedCalls; 2] {
    let setup = FeedSetup::at_one_site(5, 3);
    let mut timeline = Timeline::new(FeedExperiment::side_by_side(setup, 100), 1);
    let pairs = [0, 1].into_iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(a), NodeId(b))));
    let links: Vec<(NodeId, NodeId)> = pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect();
    for minute in 0..count {
        timeline.play(Micros::from_ms(minute * 60_000 + 20_000));
        if minute % 2 == 1 {
            timeline.act(Intervention::Cut(links.clone()));
        }
        timeline.play(Micros::from_ms(minute * 60_000 + 40_000));
        if minute % 2 == 1 {
            timeline.act(Intervention::Heal(links.clone()));
        }
    }
    timeline.play(Micros::from_ms(count * 60_000));
    let [consistent, available] = timeline.track().worlds() else { panic!("two feeds") };
    [consistent, available].map(|world| calls(world.history(), timeline.now()))
}

/// A page looks at a history in small steps, between which it draws. A step that is asked to look at one configuration finishes
/// what it has begun, which is one walk through the history at most. Ten minutes with `--long`, else three.
#[test]
fn minutes_of_a_feed_are_judged_in_short_steps() {
    let minutes_long = rounds(3, 10);
    for (known, is_consistent) in minutes(minutes_long).into_iter().zip([true, false]) {
        let count = known.calls.len();
        assert!(count > 900, "{count}: too few to prove anything");
        let mut checker = Checker::new(Feed::default(), known.calls.clone());
        let (mut most, mut steps) = (0, 0);
        let verdict = loop {
            let before = checker.explored();
            let verdict = checker.step(1);
            most = most.max(checker.explored() - before);
            steps += 1;
            if let Some(verdict) = verdict {
                break verdict;
            }
        };
        eprintln!("{minutes_long} minutes, {count} operations: {steps} steps of up to {most} configurations");
        assert_eq!(matches!(verdict, Verdict::Linearizable(_)), is_consistent);
        assert!(steps > 100 && most <= count as u64, "{steps} steps of up to {most} configurations");
        let rungs = judge_weaker(&known.calls, 200_000);
        let kept = rungs.iter().all(|(_, standing)| *standing == Standing::Kept);
        assert_eq!(kept, is_consistent, "{rungs:?}");
    }
}

//! What it takes to judge a history: a long one beside ten short ones, and recorded ones beside another checker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use cap_lab::check::call::Call;
use cap_lab::check::import::{self, Calls, Format, Model};
use cap_lab::check::linearizability::{Checker, Decision, Verdict};
use cap_lab::check::spec::Value;
use cap_lab::check::spec::register::{CasRegister, Register, RegisterAction};
use cap_lab::sim::dice;
use todc_utils::linearizability::WGLChecker;
use todc_utils::specifications::etcd::{EtcdSpecification, history_from_log};

use crate::median;

/// How often each of them is judged.
const REPETITIONS: usize = 5;

/// Prints both tables.
pub(crate) fn compare() {
    println!("\nLinearizability of a register, 10 clients, distinct values; median of {REPETITIONS}.\n");
    println!("| operations | ms | ms for each 10,000 | bar |");
    println!("| --- | --- | --- | --- |");
    let mut base = None;
    for (count, bar) in [(10_000, "-"), (100_000, "1,000 ms; 1.2 times the line above for each 10,000")] {
        let calls = distinct(1, count);
        let register = Register { initial: Value::Int(0) };
        let ms = median((0..REPETITIONS).map(|_| judged(&register, &calls)).collect());
        let each = ms * 10_000.0 / count as f64;
        println!("| {count} | {ms:.1} | {each:.1} ({:.2} times) | {bar} |", each / *base.get_or_insert(each));
    }
    recorded();
}

fn judged(register: &Register, calls: &[Call<RegisterAction>]) -> f64 {
    let calls = calls.to_vec();
    let start = Instant::now();
    let verdict = Checker::new(register.clone(), calls).step(u64::MAX);
    let ms = start.elapsed().as_secs_f64() * 1e3;
    assert!(matches!(verdict, Some(Verdict::Linearizable(_))), "a register made it");
    ms
}

/// What a register answers clients whose operations take effect somewhere between invocation and return.
fn distinct(seed: u64, count: u64) -> Vec<Call<RegisterAction>> {
    const CLIENTS: u64 = 10;
    let mut free = [0; CLIENTS as usize];
    let mut pending: Vec<(u64, u64, u64, u64)> = Vec::new();
    for index in 0..count {
        let dice = |nth, below| dice::below(seed, &[index, nth], below);
        let client = index % CLIENTS;
        let invoked = free[client as usize] + dice(0, 20);
        let effect = invoked + dice(1, 50);
        let returned = effect + dice(2, 50);
        free[client as usize] = returned + 1;
        pending.push((effect, client, invoked, returned));
    }
    pending.sort_unstable();
    let mut held = 0;
    let mut calls = Vec::new();
    for (index, (_, process, invoked, returned)) in (1_u64..).zip(pending) {
        let action = if dice::below(seed, &[count, index], 3) == 0 {
            held = index.cast_signed();
            RegisterAction::Write(Value::Int(held))
        } else {
            RegisterAction::Read(Value::Int(held))
        };
        calls.push(Call { process, object: 0, action, invoked, returned: Some(returned) });
    }
    calls.sort_by_key(|call| call.invoked);
    calls
}

/// The 102 logs of etcd that come with `todc-utils`, read and judged by its checker and by ours.
fn recorded() {
    let logs = logs();
    assert_eq!(logs.len(), 102, "etcd did not start in run 95, whose log is empty");
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..REPETITIONS {
        let judges: [&dyn Fn(&Path) -> bool; 3] = [&theirs, &decided, &proved];
        let mut verdicts = Vec::new();
        for (judge, times) in judges.into_iter().zip(&mut times) {
            let start = Instant::now();
            verdicts.push(logs.iter().map(|log| judge(log)).collect::<Vec<bool>>());
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        assert!(verdicts.iter().all(|all| *all == verdicts[0]), "the verdicts differ");
    }
    let [theirs, decided, proved] = times.map(median);
    println!("\n102 logs of etcd, read and judged; median of {REPETITIONS}.\n");
    println!("| checker | ms | times as fast | bar |");
    println!("| --- | --- | --- | --- |");
    println!("| todc-utils | {theirs:.0} | 1 | - |");
    println!("| ours, verdicts only, as theirs | {decided:.1} | {:.0} | 50 |", theirs / decided);
    println!("| ours, with order or evidence | {proved:.1} | {:.0} | - |", theirs / proved);
}

fn theirs(log: &Path) -> bool {
    WGLChecker::<EtcdSpecification>::is_linearizable(history_from_log(log.to_str().expect("plain").to_owned()))
}

fn checker(log: &Path) -> Checker<CasRegister> {
    let bytes = fs::read(log).expect("readable");
    let read = import::read(&bytes, Format::PorcupineEtcd, Model::CasRegister);
    let Ok(Calls::CasRegister(calls)) = read.map(|imported| imported.calls) else { panic!("{}", log.display()) };
    Checker::new(CasRegister { initial: Value::Nil }, calls)
}

fn decided(log: &Path) -> bool {
    checker(log).decide(u64::MAX) == Some(Decision::Linearizable)
}

fn proved(log: &Path) -> bool {
    matches!(checker(log).step(u64::MAX), Some(Verdict::Linearizable(_)))
}

/// Where Cargo keeps the crate's logs.
fn logs() -> Vec<PathBuf> {
    let told = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("cargo's metadata");
    let packages = told["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "todc-utils").expect("a dependency");
    let folder = Path::new(package["manifest_path"].as_str().expect("a path")).with_file_name("tests");
    let folder = folder.join("linearizability/etcd");
    let numbers = (0..=102).filter(|number| *number != 95);
    numbers.map(|number| folder.join(format!("etcd_{number:03}.log"))).collect()
}

//! The 102 etcd logs of the crate `todc-utils`: the same verdicts, in a fraction of the time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cap_lab::check::import::{Calls, Format, Model};
use cap_lab::check::linearizability::{Checker, Decision, Verdict};
use cap_lab::check::spec::Value;
use cap_lab::check::spec::register::CasRegister;
use todc_utils::linearizability::WGLChecker;
use todc_utils::specifications::etcd::{EtcdSpecification, history_from_log};

use crate::{computed, imported};

/// Where Cargo keeps the crate.
fn logs() -> PathBuf {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("cargo's metadata");
    let packages = told["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "todc-utils").expect("a development dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path")).to_owned();
    manifest.with_file_name("tests").join("linearizability/etcd")
}

/// The 102 logs: etcd did not start in run 95, whose log is empty.
fn all() -> Vec<PathBuf> {
    let folder = logs();
    let numbers = (0..=102).filter(|number| *number != 95);
    numbers.map(|number| folder.join(format!("etcd_{number:03}.log"))).collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = computed();
    let result = work();
    (result, computed() - began)
}

fn checker(log: &Path) -> Checker<CasRegister> {
    let Calls::CasRegister(calls) = imported(log, Format::PorcupineEtcd, Model::CasRegister).calls else {
        unreachable!("asked for")
    };
    Checker::new(CasRegister { initial: Value::Nil }, calls)
}

/// Both read the files and judge them, on this thread, one after the other. Theirs gives no evidence, so ours is timed
/// without it too.
#[test]
fn verdicts_are_the_same_in_a_fiftieth_of_the_time() {
    let logs = all();
    assert_eq!(logs.len(), 102);
    let our_verdict = |log: &PathBuf| checker(log).decide(1_000_000) == Some(Decision::Linearizable);
    let with_evidence = |log: &PathBuf| match checker(log).step(1_000_000).expect("none needs that many") {
        Verdict::Linearizable(_) => true,
        Verdict::NotLinearizable(_) => false,
        Verdict::Unknown { .. } => unreachable!("only `check` gives up"),
    };
    let their_verdict = |log: &PathBuf| {
        WGLChecker::<EtcdSpecification>::is_linearizable(history_from_log(log.to_str().expect("plain").to_owned()))
    };
    // The first round brings the files into memory.
    let proved: Vec<bool> = logs.iter().map(with_evidence).collect();
    // Ten rounds of ours: it is short, and the clock coarse.
    const ROUNDS: u32 = 10;
    let rounds = |judge: &dyn Fn(&PathBuf) -> bool| {
        let (verdicts, time) =
            timed(|| (0..ROUNDS).map(|_| logs.iter().map(judge).collect()).collect::<Vec<Vec<bool>>>());
        assert!(verdicts.iter().all(|round| *round == proved));
        time / ROUNDS
    };
    let (evidence, time) = (rounds(&with_evidence), rounds(&our_verdict));
    let (theirs, their_time) = timed(|| logs.iter().map(their_verdict).collect::<Vec<bool>>());
    for ((log, ours), theirs) in logs.iter().zip(&proved).zip(&theirs) {
        assert_eq!(ours, theirs, "{}", log.display());
    }
    let times = |time: Duration| their_time.as_secs_f64() / time.as_secs_f64();
    let ratio = times(time);
    eprintln!(
        "102 etcd logs: {time:?}, {evidence:?} with evidence; todc-utils: {their_time:?}, {ratio:.0} times as long, {:.0} times \
         with evidence",
        times(evidence)
    );
    assert!(ratio >= 50.0, "todc-utils takes {their_time:?}, only {ratio:.1} times as long as {time:?}");
}

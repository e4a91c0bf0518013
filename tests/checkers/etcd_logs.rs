//! The 102 etcd logs of the crate `todc-utils`: the same verdicts, in a fraction of the time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cap_lab::check::import::{Calls, Format, Model};
use cap_lab::check::linearizability::{Verdict, check};
use cap_lab::check::spec::Value;
use cap_lab::check::spec::register::CasRegister;
use todc_utils::linearizability::WGLChecker;
use todc_utils::specifications::etcd::{EtcdSpecification, history_from_log};

use crate::imported;

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

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let result = work();
    (result, began.elapsed())
}

fn our_verdict(log: &Path) -> bool {
    let Calls::CasRegister(calls) = imported(log, Format::PorcupineEtcd, Model::CasRegister).calls else {
        unreachable!("asked for")
    };
    match check(CasRegister { initial: Value::Nil }, calls, 1_000_000, &mut || false) {
        Verdict::Linearizable(_) => true,
        Verdict::NotLinearizable(_) => false,
        Verdict::Unknown { explored } => panic!("{}: gave up after {explored}", log.display()),
    }
}

/// Both read the file and judge it, on this thread, one after the other. Ours finds evidence too.
#[test]
fn verdicts_are_the_same_in_a_fiftieth_of_the_time() {
    let logs = logs();
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    // Etcd did not start in run 95: its log is empty.
    let numbers: Vec<u32> = (0..=102).filter(|number| *number != 95).collect();
    assert_eq!(numbers.len(), 102);
    for number in numbers {
        let log = logs.join(format!("etcd_{number:03}.log"));
        // The first reading brings the file into memory.
        std::fs::read(&log).expect("one of the logs");
        let (verdict, time) = timed(|| our_verdict(&log));
        ours += time;
        let (expected, time) = timed(|| {
            let history = history_from_log(log.to_str().expect("a plain path").to_owned());
            WGLChecker::<EtcdSpecification>::is_linearizable(history)
        });
        theirs += time;
        assert_eq!(verdict, expected, "etcd_{number:03}.log");
    }
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    eprintln!("102 etcd logs: {ours:?}; todc-utils: {theirs:?}; {ratio:.0} times as long");
    assert!(ratio >= 50.0, "todc-utils takes {theirs:?}, only {ratio:.1} times as long as {ours:?}");
}

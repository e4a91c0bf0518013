//! The 102 etcd logs of the crate `todc-utils`: the same verdicts.

use std::path::{Path, PathBuf};
use std::process::Command;

use cap_lab::check::import::{Calls, Format, Model};
use cap_lab::check::linearizability::{Checker, Verdict};
use cap_lab::check::spec::Value;
use cap_lab::check::spec::register::CasRegister;
use todc_utils::linearizability::WGLChecker;
use todc_utils::specifications::etcd::{EtcdSpecification, history_from_log};

use crate::imported;

/// Where Cargo keeps the crate.
fn logs() -> PathBuf {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
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

fn checker(log: &Path) -> Checker<CasRegister> {
    let Calls::CasRegister(calls) = imported(log, Format::PorcupineEtcd, Model::CasRegister).calls else {
        unreachable!("asked for")
    };
    Checker::new(CasRegister { initial: Value::Nil }, calls)
}

#[test]
fn both_checkers_give_the_same_verdicts() {
    let logs = all();
    assert_eq!(logs.len(), 102);
    for log in logs {
        let ours = match checker(&log).step(1_000_000).expect("none needs that many") {
            Verdict::Linearizable(_) => true,
            Verdict::NotLinearizable(_) => false,
            Verdict::Unknown { .. } => unreachable!("only `check` gives up"),
        };
        let history = history_from_log(log.to_str().expect("plain").to_owned());
        assert_eq!(ours, WGLChecker::<EtcdSpecification>::is_linearizable(history), "{}", log.display());
    }
}

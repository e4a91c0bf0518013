//! The verdict on every history of the corpus, and its evidence.

use std::path::Path;

use cap_lab::check::call::{Call, Order};
use cap_lab::check::evidence::{self, Evidence, Sightings};
use cap_lab::check::import::{Calls, Format, Model};
use cap_lab::check::linearizability::{Verdict, check, is_linearization};
use cap_lab::check::spec::key_value::KeyValue;
use cap_lab::check::spec::register::CasRegister;
use cap_lab::check::spec::{Spec, Value};

use crate::{corpus, imported, stem};

const BUDGET: u64 = 1_000_000;

fn verdict<S: Spec + Clone>(spec: &S, calls: &[Call<S::Action>]) -> Verdict {
    check(spec.clone(), calls.to_vec(), BUDGET, &mut || false)
}

/// Judges a file, and checks that what comes with the verdict proves it. True if it is linearizable.
fn judge<S: Spec + Clone>(file: &Path, spec: &S, calls: &[Call<S::Action>]) -> bool {
    match verdict(spec, calls) {
        Verdict::Linearizable(order) => {
            assert!(is_linearization(spec, calls, &order), "{}: that is no linearization", file.display());
            true
        }
        Verdict::NotLinearizable(evidence) => {
            check_evidence(file, spec, calls, &evidence);
            false
        }
        Verdict::Unknown { explored, .. } => panic!("{}: gave up after {explored}", file.display()),
    }
}

/// It is impossible by itself; what its operations may have seen is in it; without any other one it becomes possible.
pub(crate) fn check_evidence<S: Spec + Clone>(file: &Path, spec: &S, calls: &[Call<S::Action>], evidence: &Evidence) {
    let shown = file.display();
    let only = |kept: &[u32]| -> Vec<Call<S::Action>> { kept.iter().map(|&one| calls[one as usize].clone()).collect() };
    let is_possible = |kept: &[u32]| match verdict(spec, &only(kept)) {
        Verdict::Linearizable(_) => true,
        Verdict::NotLinearizable(_) => false,
        Verdict::Unknown { .. } => panic!("{shown}: too hard"),
    };
    let operations = &evidence.operations;
    assert!(evidence.minimal, "{shown}");
    assert!(!is_possible(operations), "{shown}: the evidence is possible");
    let seen = Sightings::new(spec, calls, operations, Order::OfTime);
    let object = calls[operations[0] as usize].object;
    let gone = (0..calls.len() as u32).filter(|one| !operations.contains(one));
    for one in gone.filter(|one| calls[*one as usize].object == object) {
        assert!(!seen.includes(one), "{shown}: {} was seen, and taken away", calls[one as usize].action);
    }
    let mut needed = 0;
    for &one in operations {
        let rest: Vec<u32> = operations.iter().copied().filter(|&other| other != one).collect();
        if !Sightings::new(spec, calls, &rest, Order::OfTime).includes(one) {
            assert!(is_possible(&rest), "{shown}: impossible without {} too", calls[one as usize].action);
            needed += 1;
        }
    }
    assert!(needed > 0, "{shown}: something must be needed for itself");
    assert_eq!(needed, evidence.decisive.len(), "{shown}: what is needed for itself makes the case");
    assert!(is_linearization_of_some(spec, calls, &evidence.longest), "{shown}: the longest order is none");
    let sentence = evidence::sentence(spec, calls, evidence, &|one| calls[one as usize].action.to_string());
    assert!(sentence.ends_with('.') && sentence.len() > 20, "{shown}: {sentence}");
    eprintln!("{shown}: {} of {} operations. {sentence}", operations.len(), calls.len());
}

fn is_linearization_of_some<S: Spec + Clone>(spec: &S, calls: &[Call<S::Action>], order: &[u32]) -> bool {
    let placed: Vec<Call<S::Action>> = order.iter().map(|&one| calls[one as usize].clone()).collect();
    let positions: Vec<u32> = (0..order.len() as u32).collect();
    is_linearization(spec, &placed, &positions)
}

fn judge_registers(file: &Path, format: Format, initial: Value) -> bool {
    let Calls::CasRegister(calls) = imported(file, format, Model::CasRegister).calls else { unreachable!("asked for") };
    judge(file, &CasRegister { initial }, &calls)
}

#[test]
fn porcupines_etcd_logs() {
    let linearizable = ["002", "005", "007", "018", "025", "031", "102"];
    let not = ["000", "001", "003", "009", "044"];
    for file in corpus("porcupine-etcd") {
        let number = stem(&file).strip_prefix("etcd_").expect("a log's name");
        assert!(linearizable.contains(&number) || not.contains(&number), "{number} has no verdict");
        assert_eq!(
            judge_registers(&file, Format::PorcupineEtcd, Value::Nil),
            linearizable.contains(&number),
            "{number}"
        );
    }
}

#[test]
fn porcupines_key_value_logs() {
    for file in corpus("porcupine-kv") {
        let Calls::Kv(calls) = imported(&file, Format::PorcupineKv, Model::Kv).calls else { unreachable!("asked for") };
        let expected = stem(&file).ends_with("-ok");
        assert!(expected || stem(&file).ends_with("-bad"), "{} has no verdict", file.display());
        assert_eq!(judge(&file, &KeyValue, &calls), expected, "{}", file.display());
    }
}

#[test]
fn knossos_histories() {
    for (folder, expected) in [("good", true), ("bad", false)] {
        for file in corpus(&format!("knossos-cas-register/{folder}")) {
            // They were recorded against registers that start at 0, other than those of RethinkDB.
            let initial = if stem(&file).starts_with("rethink-") { Value::Nil } else { Value::Int(0) };
            assert_eq!(judge_registers(&file, Format::Jepsen, initial), expected, "{}", file.display());
        }
    }
}

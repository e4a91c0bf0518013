//! `cap-lab check`, as a shell sees it. Only with the feature that builds it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run printed, and its exit status.
struct Told {
    out: String,
    errors: String,
    status: i32,
}

fn check(arguments: &[&str], files: &[&Path]) -> Told {
    let run = Command::new(env!("CARGO_BIN_EXE_cap-lab"))
        .arg("check")
        .args(arguments)
        .args(files)
        .output()
        .expect("the command line runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Told { out: text(run.stdout), errors: text(run.stderr), status: run.status.code().expect("it exits") }
}

/// A file of this test, gone when it is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text).expect("writable");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const JEPSEN: [&str; 4] = ["--model", "cas-register", "--format", "jepsen"];

fn operation(process: u32, value: &str, f: &str, returned: &str) -> String {
    format!(
        "{{:process {process}, :type :invoke, :f :{f}, :value {value}}}\n{{:process {process}, :type :ok, :f :{f}, :value \
         {returned}}}\n"
    )
}

fn good() -> String {
    operation(0, "3", "write", "3") + &operation(1, "nil", "read", "3")
}

fn bad() -> String {
    operation(0, "3", "write", "3") + &operation(1, "nil", "read", "0")
}

#[test]
fn a_line_per_file_and_the_worst_as_status() {
    let good = Scratch::new("all_good.edn", &good());
    let bad = Scratch::new("one_bad.edn", &bad());
    let malformed = Scratch::new("malformed.edn", "[{:process 0,\n :type :began}]");
    let told = check(&JEPSEN, &[&good.0, &good.0]);
    let line = |file: &Scratch, verdict: &str| format!("{}: {verdict}\n", file.0.display());
    assert_eq!((told.out, told.status), (line(&good, "linearizable").repeat(2), 0));
    let told = check(&JEPSEN, &[&bad.0, &good.0]);
    assert_eq!((told.out, told.status), (line(&bad, "not linearizable") + &line(&good, "linearizable"), 1));
    let told = check(&JEPSEN, &[&malformed.0, &bad.0]);
    assert_eq!((told.out, told.status), (line(&bad, "not linearizable"), 2));
    assert!(told.errors.starts_with(&format!("{}:2: expected ", malformed.0.display())), "{}", told.errors);
    let told = check(&JEPSEN, &[Path::new("no such file")]);
    assert_eq!((told.out.as_str(), told.status), ("", 2));
    assert!(told.errors.starts_with("no such file: "), "{}", told.errors);
}

#[test]
fn a_budget_that_is_too_small_is_unknown() {
    let writes: String = (0..6).map(|n| format!("{{:process {n}, :type :invoke, :f :write, :value 1}}\n")).collect();
    let ends: String = (0..6).map(|n| format!("{{:process {n}, :type :ok, :f :write, :value 1}}\n")).collect();
    let file = Scratch::new("hard.edn", &(writes + &ends));
    let told = check(&[&JEPSEN[..], &["--budget", "1"]].concat(), &[&file.0]);
    assert_eq!((told.out, told.status), (format!("{}: unknown\n", file.0.display()), 3));
}

#[test]
fn evidence_in_words_and_as_json() {
    let bad = Scratch::new("evidence.edn", &bad());
    let told = check(&[&JEPSEN[..], &["-v"]].concat(), &[&bad.0]);
    assert!(
        told.out.contains("read 0 by process 1 (lines 3–4) began after write 3 by process 0 (lines 1–2)"),
        "{}",
        told.out
    );
    let told = check(&[&JEPSEN[..], &["--json"]].concat(), &[&bad.0]);
    assert_eq!(told.status, 1);
    let json: serde_json::Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(json["verdict"], "not linearizable");
    let operations = json["evidence"]["operations"].as_array().expect("a list");
    let lines = |key: &str| operations.iter().map(|one| one[key].as_u64().expect("a line")).collect::<Vec<u64>>();
    assert_eq!((lines("invoked_line"), lines("returned_line")), (vec![1, 3], vec![2, 4]));
}

#[test]
fn registers_start_as_their_formats_say() {
    let reads_zero = operation(0, "nil", "read", "0");
    let zero = Scratch::new("zero.edn", &reads_zero);
    let rethink = Scratch::new("rethink-zero.edn", &reads_zero);
    assert_eq!(check(&JEPSEN, &[&zero.0]).status, 0);
    assert_eq!(check(&JEPSEN, &[&rethink.0]).status, 1);
    assert_eq!(check(&[&JEPSEN[..], &["--initial", "0"]].concat(), &[&rethink.0]).status, 0);
    assert_eq!(check(&[&JEPSEN[..], &["--initial", "nil"]].concat(), &[&zero.0]).status, 1);
    let log = "INFO  jepsen.util - 0 :invoke :read nil\nINFO  jepsen.util - 0 :ok :read 0\n";
    let log = Scratch::new("zero.log", log);
    assert_eq!(check(&["--model", "register", "--format", "porcupine-etcd"], &[&log.0]).status, 1);
}

/// One history per model, as Jepsen writes it and as JSON: both say the same.
#[test]
fn every_model_in_both_notations() {
    let pair = |f: &str, asked: &str, got: &str| operation(0, asked, f, got);
    let histories = [
        ("register", pair("write", "1", "1") + &pair("read", "nil", "1"), 0),
        ("cas-register", pair("cas", "[0 2]", "[0 2]") + &pair("read", "nil", "0"), 1),
        ("kv", pair("append", "[\"k\" \"a\"]", "[\"k\" \"a\"]") + &pair("get", "[\"k\" nil]", "[\"k\" \"a\"]"), 0),
        ("mutex", pair("acquire", "nil", "nil") + &pair("acquire", "nil", "nil"), 1),
        ("set", pair("add", "1", "1") + &pair("read", "nil", "[1]"), 0),
        ("counter", pair("add", "2", "2") + &pair("read", "nil", "3"), 1),
    ];
    for (model, edn, status) in histories {
        let json = edn.replace("[0 2]", "[0, 2]").replace("\" ", "\", ").replace("nil", "null");
        let words = ["process", "type", "f", "value"];
        let json = words.iter().fold(json, |json, word| json.replace(&format!(":{word} "), &format!("\"{word}\": ")));
        let values = ["invoke", "ok", "write", "read", "cas", "append", "get", "acquire", "add"];
        let json = values.iter().fold(json, |json, word| json.replace(&format!(":{word},"), &format!("\"{word}\",")));
        for (format, text) in [("jepsen", &edn), ("jepsen-json", &json)] {
            let file = Scratch::new(&format!("{model}.{format}"), text);
            let told = check(&["--model", model, "--format", format], &[&file.0]);
            assert_eq!(told.status, status, "{model} as {format}: {}{}\n{text}", told.out, told.errors);
        }
    }
}

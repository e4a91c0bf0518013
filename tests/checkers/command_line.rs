//! `cap-lab check` and `cap-lab trace`, as a shell sees them. Only with the feature that builds it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run printed, and its exit status.
struct Output {
    out: String,
    errors: String,
    status: i32,
}

fn check(arguments: &[&str], files: &[&Path]) -> Output {
    let files: Vec<&str> = files.iter().map(|file| file.to_str().expect("plain names")).collect();
    cap_lab(&[&["check"], arguments, &files].concat())
}

fn cap_lab(arguments: &[&str]) -> Output {
    let run = Command::new(env!("CARGO_BIN_EXE_cap-lab")).args(arguments).output().expect("the command line runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Output { out: text(run.stdout), errors: text(run.stderr), status: run.status.code().expect("it exits") }
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
    assert_eq!(json["evidence"]["decisive"], json["evidence"]["operations"], "neither saw the other");
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

/// What ShiViz makes of an event: its line, and its clock by line.
struct Logged {
    host: String,
    clock: BTreeMap<String, u64>,
}

/// Reads a log as ShiViz does: the first line is the expression that reads an event, the second one would separate executions,
/// the rest is events. There is no engine for such expressions here, so this one is spelled out, and held to be that one.
fn shiviz_events(log: &str) -> Vec<Logged> {
    let mut lines = log.lines();
    assert_eq!(lines.next(), Some("(?<at>\\d+\\.\\d+) (?<host>\\S+) (?<clock>{.*})\\n(?<event>.*)"));
    assert_eq!(lines.next(), Some(""), "one execution, so nothing separates them");
    let lines: Vec<&str> = lines.collect();
    assert!(lines.len().is_multiple_of(2), "two lines per event");
    let event = |pair: &[&str]| {
        let [at, host, clock] = pair[0].splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{}", pair[0]) };
        let (seconds, fraction) = at.split_once('.').expect("a moment");
        assert!([seconds, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())));
        assert!(!host.is_empty() && !pair[1].is_empty(), "{pair:?}");
        let clock = serde_json::from_str(clock).expect("ShiViz reads clocks as JSON");
        Logged { host: host.to_owned(), clock }
    };
    lines.chunks(2).map(event).collect()
}

/// ShiViz refuses a log unless on each line the line's own entry counts its events 1, 2, 3 …, no entry ever falls, and all that
/// a clock knows of another line has happened there.
#[test]
fn a_trace_is_a_log_that_shiviz_draws() {
    let setup = "replicas=3 people=2 traffic=100 stores=raft/gossip";
    let recorded = cap_lab(&["record", "feed", setup, "--seconds", "2"]);
    assert_eq!(recorded.status, 0, "{}", recorded.errors);
    let file = Scratch::new("traced.json", &recorded.out);
    let path = file.0.to_str().expect("plain names");
    for world in ["0", "1"] {
        let told = cap_lab(&["trace", "--shiviz", "--world", world, path]);
        assert_eq!(told.status, 0, "{}", told.errors);
        let events = shiviz_events(&told.out);
        let mut latest: BTreeMap<&str, &BTreeMap<String, u64>> = BTreeMap::new();
        let mut learned = 0;
        for Logged { host, clock } in &events {
            let before = latest.insert(host, clock);
            let own_before = before.map_or(0, |before| before[host]);
            assert_eq!(clock[host], own_before + 1, "world {world}: {host} counts its events");
            assert!(before.is_none_or(|before| before.iter().all(|(other, count)| clock[other] >= *count)));
            for (other, count) in clock.iter().filter(|(other, _)| *other != host) {
                let happened = latest.get(other.as_str()).map_or(0, |latest| latest[other]);
                assert!((1..=happened).contains(count), "world {world}: {host} knows {count} of {happened} of {other}");
                learned += u32::from(before.is_none_or(|before| before.get(other) != Some(count)));
            }
        }
        assert!(latest.len() > 2 && learned > 20, "world {world}: {} lines, {learned} things learned", latest.len());
        // The other form tells the same events, with the same clocks.
        let plain = cap_lab(&["trace", "--world", world, path]);
        assert_eq!((plain.status, plain.out.lines().count()), (0, events.len()));
    }
    let asked_too_much = cap_lab(&["trace", path, "--world", "7"]);
    assert_eq!(asked_too_much.status, 2);
    assert!(asked_too_much.errors.contains("World 7 is asked for"), "{}", asked_too_much.errors);
}

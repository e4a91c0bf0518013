//! `cap-lab check` and `cap-lab trace`, as a shell sees them. Only with the feature that builds it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::histories;

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
fn what_is_guessed_is_said_and_so_is_what_is_odd() {
    let nemesis = "{:process :nemesis, :type :info, :f :cut, :value nil}\n".repeat(2);
    let write = operation(0, "3", "write", "3");
    let odd = Scratch::new("odd.edn", &(nemesis + &write));
    let told = check(&[], &[&odd.0]);
    assert_eq!((told.out, told.status), (format!("{}: linearizable\n", odd.0.display()), 0));
    for words in [
        "read as jepsen, judged as register",
        "2 entries of the nemesis are left out",
        "warning: no read says anything",
    ] {
        assert!(told.errors.contains(words), "{}", told.errors);
    }
    assert_eq!(check(&["--strict"], &[&odd.0]).status, 2);
    let quiet = check(&["-q"], &[&odd.0]);
    assert_eq!((quiet.errors.as_str(), quiet.status), ("", 0));
}

/// The output of many inputs is in their order, however many are judged at once.
#[test]
fn many_inputs_are_told_in_their_order() {
    let (good, bad) = (Scratch::new("many-good.edn", &good()), Scratch::new("many-bad.edn", &bad()));
    let inputs: Vec<&Path> = (0..40).map(|nth| if nth % 3 == 0 { &*bad.0 } else { &*good.0 }).collect();
    let told = check(&["-q"], &inputs);
    let expected = |path: &&Path| {
        let verdict = if **path == bad.0 { "not linearizable" } else { "linearizable" };
        format!("{}: {verdict}\n", path.display())
    };
    assert_eq!((told.out, told.status), (inputs.iter().map(expected).collect(), 1));
}

#[test]
fn each_failing_key_is_told() {
    let keyed = |key: u32, got: &str| {
        operation(0, &format!("[{key} 3]"), "write", &format!("[{key} 3]"))
            + &operation(1, &format!("[{key} nil]"), "read", &format!("[{key} {got}]"))
    };
    let file = Scratch::new("keys.edn", &(keyed(7, "0") + &keyed(8, "3") + &keyed(9, "1")));
    let told = check(&[], &[&file.0]);
    assert_eq!(told.status, 1);
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[1].starts_with("  key 7: read 0 of key 7") && lines[2].starts_with("  key 9: read 1 of key 9"),
        "{lines:?}"
    );
    let json = json_lines(&check(&["--json"], &[&file.0]).out).remove(0);
    assert_eq!((&json["evidence"]["key"], &json["evidence_of_other_keys"][0]["key"]), (&"7".into(), &"9".into()));
}

fn json_lines(out: &str) -> Vec<serde_json::Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn a_line_of_json_for_each_input_the_bad_ones_included() {
    let bad_input = Scratch::new("json-bad.edn", "[{:process 0,\n :type :began}]");
    let good = Scratch::new("json-good.edn", &good());
    let told = check(&["--json"], &[&bad_input.0, &good.0, Path::new("no such file")]);
    assert_eq!(told.status, 2);
    let lines = json_lines(&told.out);
    let verdicts: Vec<&serde_json::Value> = lines.iter().map(|line| &line["verdict"]).collect();
    assert_eq!(verdicts, ["bad input", "linearizable", "bad input"]);
    assert_eq!((&lines[0]["line"], &lines[1]["format"]), (&2.into(), &"jepsen".into()));
}

#[test]
fn standard_input_and_a_store_are_read() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cap-lab"))
        .args(["check", "-q", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command line runs");
    child.stdin.take().expect("piped").write_all(bad().as_bytes()).expect("it reads");
    let done = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "standard input: not linearizable\n");
    let store = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store");
    for (run, history) in [("20240101T000000", good()), ("20240102T000000", bad())] {
        let run = store.join("etcd").join(run);
        std::fs::create_dir_all(&run).expect("writable");
        std::fs::write(run.join("history.edn"), history).expect("writable");
        std::fs::write(run.join("results.edn"), "{:valid? true}").expect("writable");
    }
    let told = check(&["-q"], &[&store]);
    let lines: Vec<&str> = told.out.lines().collect();
    assert!(lines.len() == 2 && lines[0].ends_with("20240101T000000/history.edn: linearizable"), "{lines:?}");
    assert_eq!(told.status, 1);
    std::fs::remove_dir_all(&store).expect("writable");
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty-store");
    std::fs::create_dir_all(&empty).expect("writable");
    let told = check(&[], &[&empty]);
    assert!(told.status == 2 && told.errors.contains("found no history.edn"), "{}", told.errors);
}

/// Every history of the table, all at once and with nothing but what their rows say.
#[test]
fn the_table_of_histories_as_json() {
    for row in histories::table().iter().filter(|row| row.answer != "open") {
        let mut arguments = vec!["--json".to_owned(), format!("--model={}", row.model.name())];
        arguments.extend(row.option("initial").map(|value| format!("--initial={value}")));
        arguments.extend(row.option("nil").map(|value| format!("--nil-read={value}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let told = check(&arguments, &[&histories::path(row.file)]);
        let json = json_lines(&told.out).remove(0);
        let expected = match row.answer {
            "linearizable" => ("linearizable", 0),
            "not" => ("not linearizable", 1),
            _ => ("bad input", 2),
        };
        assert_eq!((json["verdict"].as_str(), told.status), (Some(expected.0), expected.1), "{}: {json}", row.file);
        assert!(row.option("warns").is_none_or(|words| told.errors.contains(words)), "{}", told.errors);
    }
}

#[test]
fn the_picture_is_one_file_that_needs_no_other() {
    let tricky = operation(0, "\"<b>&\"", "write", "\"<b>&\"") + &operation(1, "nil", "read", "7");
    let file = Scratch::new("picture.edn", &tricky);
    let (html, svg) = (Scratch::new("picture.html", ""), Scratch::new("picture.svg", ""));
    let asked = ["--html", html.0.to_str().expect("plain"), "--svg", svg.0.to_str().expect("plain")];
    assert_eq!(check(&asked, &[&file.0]).status, 1);
    let read = |file: &Scratch| std::fs::read_to_string(&file.0).expect("written");
    for text in [read(&html), read(&svg)] {
        assert!(text.contains("read 7") && text.contains("class=\"evidence decisive\""), "{text}");
        assert!(text.contains("&lt;b&gt;&amp;") && !text.contains("<b>&"), "{text}");
        let needs = ["http://www.w3.org/2000/svg"].iter().fold(text.clone(), |text, known| text.replace(known, ""));
        assert!(!needs.contains("http") && !needs.contains("src=") && !needs.contains("url("), "{needs}");
    }
    assert!(read(&svg).starts_with("<svg ") && read(&html).starts_with("<!doctype html>"));
    let told = check(&asked, &[&file.0, &file.0]);
    assert!(told.status == 2 && told.errors.contains("one history"), "{}", told.errors);
    let told = check(&["--svg", "/no/such/folder/picture.svg"], &[&file.0]);
    assert!(told.status == 2 && told.errors.contains("can't be written"), "{}", told.errors);
}

/// A history that keeps less and less: each row of it is held to all four.
#[test]
fn weaker_promises() {
    let w = |process, value| operation(process, value, "write", value);
    let r = |process, value| operation(process, "nil", "read", value);
    let keyed = |process, key: &str, f, value: &str| {
        let asked = if f == "read" { "nil" } else { value };
        operation(process, &format!("[{key} {asked}]"), f, &format!("[{key} {value}]"))
    };
    let stale = w(0, "1") + &w(0, "2") + &r(1, "1");
    let two_orders = w(0, "1") + &w(1, "2") + &r(2, "1") + &r(2, "2") + &r(3, "2") + &r(3, "1");
    let forgotten = keyed(0, "x", "write", "1") + &keyed(0, "x", "read", "nil");
    // Each key by itself is sequential, and both together are not.
    let two_keys = keyed(0, "x", "write", "1")
        + &keyed(0, "y", "read", "nil")
        + &keyed(1, "y", "write", "2")
        + &keyed(1, "x", "read", "nil");
    let all = ["linearizable", "sequential", "causal", "sessions"];
    for (name, text, kept) in [
        ("stale", stale, &all[1..]),
        ("two-orders", two_orders, &all[2..]),
        ("two-keys", two_keys, &all[2..]),
        ("forgotten", forgotten, &all[4..]),
    ] {
        let file = Scratch::new(&format!("{name}.edn"), &text);
        for consistency in all {
            let told = check(&["--nil-read", "unset", "--consistency", consistency], &[&file.0]);
            let expected = i32::from(!kept.contains(&consistency));
            assert_eq!(told.status, expected, "{name}, {consistency}: {}{}", told.out, told.errors);
        }
    }
    let twice = Scratch::new("twice.edn", &(w(0, "1") + &w(1, "1")));
    let told = check(&["--consistency", "causal"], &[&twice.0]);
    assert!(
        told.status == 2 && told.errors.contains("twice.edn:3: expected each value to be written once"),
        "{}",
        told.errors
    );
}

#[test]
fn completions_and_the_manual() {
    let bash = cap_lab(&["completions", "bash"]);
    assert!(bash.status == 0 && bash.out.contains("--nil-read"), "{}", bash.errors);
    let manual = cap_lab(&["man", "check"]);
    assert!(manual.out.contains(".TH") && manual.out.contains("EXIT STATUS"), "{}", manual.out);
    assert_eq!(cap_lab(&["man", "jump"]).status, 2);
    let help = cap_lab(&["check", "--help"]);
    for words in [":info", ":fail", "nil", "jepsen.independent", "EXIT STATUS"] {
        assert!(help.out.contains(words), "{words}");
    }
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
    let told = check(&[&JEPSEN[..], &["--initial", "0", "-v"]].concat(), &[&bad.0]);
    assert!(
        told.out.contains("read 0 by process 1 (lines 3–4) began after write 3 by process 0 (lines 1–2)"),
        "{}",
        told.out
    );
    let told = check(&[&JEPSEN[..], &["--initial", "0", "--json"]].concat(), &[&bad.0]);
    assert_eq!(told.status, 1);
    let json: serde_json::Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(json["verdict"], "not linearizable");
    let operations = json["evidence"]["operations"].as_array().expect("a list");
    assert_eq!(json["evidence"]["decisive"], json["evidence"]["operations"], "neither saw the other");
    let lines = |key: &str| operations.iter().map(|one| one[key].as_u64().expect("a line")).collect::<Vec<u64>>();
    assert_eq!((lines("invoked_line"), lines("returned_line")), (vec![1, 3], vec![2, 4]));
}

#[test]
fn registers_start_unset_whatever_the_file_is_called() {
    let zero = operation(0, "nil", "read", "0");
    for name in ["zero.edn", "rethink-zero.edn"] {
        let file = Scratch::new(name, &zero);
        assert_eq!(check(&JEPSEN, &[&file.0]).status, 1);
        assert_eq!(check(&[&JEPSEN[..], &["--initial", "0"]].concat(), &[&file.0]).status, 0);
        assert_eq!(check(&[&JEPSEN[..], &["--initial", "{:a 0}"]].concat(), &[&file.0]).status, 1);
    }
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
        ("cas-register", pair("cas", "[nil 2]", "[nil 2]") + &pair("read", "nil", "0"), 1),
        ("kv", pair("append", "[\"k\" \"a\"]", "[\"k\" \"a\"]") + &pair("get", "[\"k\" nil]", "[\"k\" \"a\"]"), 0),
        ("mutex", pair("acquire", "nil", "nil") + &pair("acquire", "nil", "nil"), 1),
        ("set", pair("add", "1", "1") + &pair("read", "nil", "[1]"), 0),
        ("counter", pair("add", "2", "2") + &pair("read", "nil", "3"), 1),
        ("queue", pair("enqueue", "1", "1") + &pair("dequeue", "nil", "2"), 1),
        ("versioned-register", pair("write", "[nil 1]", "[1 1]") + &pair("read", "nil", "[1 1]"), 0),
        ("owned-lock", pair("acquire", "nil", "nil") + &pair("release", "nil", "nil"), 0),
        ("fenced-lock", pair("lock", "nil", "3") + &pair("unlock", "nil", "nil"), 0),
    ];
    for (model, edn, status) in histories {
        let json =
            edn.replace("[nil ", "[nil, ").replace("[1 1]", "[1, 1]").replace("\" ", "\", ").replace("nil", "null");
        let words = ["process", "type", "f", "value"];
        let json = words.iter().fold(json, |json, word| json.replace(&format!(":{word} "), &format!("\"{word}\": ")));
        let values = [
            "invoke", "ok", "write", "read", "cas", "append", "get", "acquire", "release", "add", "enqueue", "dequeue",
            "lock", "unlock",
        ];
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

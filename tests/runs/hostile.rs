//! Run files that mean harm: each ends with a message, after an amount of work that is bounded by what a run may come to.
//!
//! What is counted here is steps: that a step costs the same whatever waits is in `tests/budget.rs`.

use std::fs;
use std::path::Path;

use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::timeline::file::experiment_in;
use cap_lab::timeline::{Experiment, LENGTH_MAX, STEPS_MAX, Timeline};
use serde_json::json;

use crate::report;

/// Steps that a slice has.
const SLICE: u64 = 4_096;

/// The message with which a file ends, and how many steps were done until then.
fn end(text: &str) -> (String, u64) {
    match experiment_in(text) {
        Ok(name) if name == FeedExperiment::NAME => end_of::<FeedExperiment>(text),
        Ok(name) if name == PaxosExperiment::NAME => end_of::<PaxosExperiment>(text),
        Ok(name) => panic!("{name} is no experiment"),
        Err(wrong) => (wrong, 0),
    }
}

fn end_of<E: Experiment>(text: &str) -> (String, u64) {
    let mut timeline = match Timeline::<E>::open(text) {
        Ok(timeline) => timeline,
        Err(wrong) => return (wrong, 0),
    };
    let mut slices = 0;
    loop {
        slices += 1;
        match timeline.fill(SLICE) {
            Ok(false) => {}
            Ok(true) => return ("read".to_owned(), slices * SLICE),
            Err(wrong) => return (wrong, slices * SLICE),
        }
    }
}

/// A file with digests that nobody computed.
fn dummy(experiment: &str, setup: &str, script: &[String], end: u64, steps: u64) -> String {
    let worlds = if setup.contains('/') { 2 } else { 1 };
    let world = json!({ "steps": steps, "digest": "0000000000000000", "every_256_steps": [] });
    json!({
        "format": "cap-lab run", "version": 1, "experiment": experiment, "setup": setup, "seed": "0000000000000001",
        "script": script, "end": end, "head": 0, "worlds": vec![world; worlds],
    })
    .to_string()
}

/// Branches, each of which shares so many acts with the first.
fn branches(count: usize, shared: usize) -> serde_json::Value {
    let other = json!({ "forked_at": 0, "end": 1, "shared": shared, "script": [] });
    json!({ "current": 0, "forked_at": 0, "others": vec![other; count] })
}

/// So many times the same lines, each time a moment later.
fn dense(count: usize, every: u64, line: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(|number| format!("{} {}", 1_000_000 + number as u64 * every, line(number))).collect()
}

const LONG: u64 = LENGTH_MAX.0;
const BUSY: &str = "replicas=9 people=6 traffic=1000 stores=raft/gossip";

/// Forty of them.
fn hostile() -> Vec<(&'static str, String)> {
    let feed = |setup: &str, script: Vec<String>| dummy("feed", setup, &script, LONG, STEPS_MAX / 2);
    let paxos = |script: Vec<String>| dummy("paxos", "proposers=3 acceptors=7", &script, LONG, STEPS_MAX);
    let nodes = |number: usize| number % 9 + 1;
    let all_links = (1..=15).flat_map(|from| (1..=15).map(move |to| (from, to))).filter(|(from, to)| from != to);
    let all_links: Vec<String> = all_links.map(|(from, to)| format!("n{from}>n{to}")).collect();
    let all_links = all_links.join(" ");
    let mut files = vec![
        ("nothing happens for long", paxos(Vec::new())),
        ("the busiest world for two hours", feed(BUSY, Vec::new())),
        ("four worlds", dummy("feed", "replicas=9 people=6 traffic=1000 stores=raft/raft/raft/gossip", &[], LONG, 1)),
        ("all stand still", feed(BUSY, (1..=9).map(|node| format!("0 pause n{node}")).collect())),
        ("two stand still", feed(BUSY, vec!["0 pause n2".to_owned(), "0 pause n3".to_owned()])),
        ("pause and resume", feed(BUSY, dense(20_000, 50, |n| format!("{} n2", ["pause", "resume"][n % 2])))),
        ("crash and restart", feed(BUSY, dense(20_000, 50, |n| ["crash n2 keep 0", "restart n2"][n % 2].to_owned()))),
        (
            "heartbeats at one moment",
            feed(BUSY, dense(20_000, 0, |n| format!("timer 0 n{} Raft(Heartbeat)", nodes(n)))),
        ),
        ("elections at one moment", feed(BUSY, dense(20_000, 0, |n| format!("timer 0 n{} Election", nodes(n))))),
        (
            "exchanges at one moment",
            feed(BUSY, dense(20_000, 0, |n| format!("timer 1 n{} Gossip(Exchange)", nodes(n)))),
        ),
        ("a duel by hand", paxos(dense(20_000, 1, |n| format!("timer 0 n{} Retry", n % 3 + 1)))),
        ("a duel of doubles", paxos(dense(20_000, 1, |n| format!("message 0 n1>n4 Prepare {n} duplicate")))),
        ("requests at one moment", feed(BUSY, dense(20_000, 0, |n| format!("ask n{} post x", n % 6 + 10)))),
        ("long posts", feed(BUSY, dense(5_000, 100, |n| format!("ask n{} post {}", n % 6 + 10, "x".repeat(280))))),
        ("reads at one moment", feed(BUSY, dense(20_000, 0, |n| format!("ask n{} read", n % 6 + 10)))),
        ("moves at one moment", feed(BUSY, dense(20_000, 0, |n| format!("ask n10 attach n{}", nodes(n))))),
        ("cuts and heals", feed(BUSY, dense(1_000, 500, |n| format!("{} {all_links}", ["cut", "heal"][n % 2])))),
        ("drift", feed(BUSY, dense(20_000, 20, |n| format!("drift n{} {}", nodes(n), 500_000 - n as i32)))),
        ("skew", feed(BUSY, dense(20_000, 20, |n| format!("skew n{} {n}", nodes(n))))),
        ("traffic on and off", feed(BUSY, dense(20_000, 20, |n| format!("traffic {}", 1_000 * (n % 2))))),
        ("doubles", feed(BUSY, dense(20_000, 20, |n| format!("message 0 n1>n2 AppendEntries {n} duplicate")))),
        ("all are held", feed(BUSY, dense(20_000, 20, |n| format!("message 1 n1>n2 Mail {n} hold")))),
        ("syncs", feed(BUSY, dense(20_000, 20, |n| format!("sync 0 n{}", nodes(n))))),
        ("operators", feed(BUSY, dense(20_000, 20, |n| format!("ask n{} transfer n{}", nodes(n), nodes(n + 1))))),
        ("nobody's name", feed(BUSY, dense(20_000, 20, |n| format!("message 0 n1>n2 {n} 4294967295 drop")))),
    ];
    let whole = dummy("paxos", "proposers=1 acceptors=3", &[], 1_000, 7);
    let with = |from: &str, to: &str| whole.replacen(from, to, 1);
    files.extend([
        ("steps without end", with("\"steps\":7", "\"steps\":18446744073709551615")),
        ("no steps", with("\"steps\":7", "\"steps\":0")),
        ("too many acts", dummy("paxos", "proposers=1 acceptors=3", &vec!["0 pause n1".to_owned(); 20_001], 1_000, 7)),
        ("a long line", dummy("paxos", "proposers=1 acceptors=3", &["x".repeat(3 << 20)], 1_000, 7)),
        (
            "many links",
            dummy("paxos", "proposers=1 acceptors=3", &[format!("0 cut{}", " n1>n2".repeat(300_000))], 1_000, 7),
        ),
        ("a long setup", with("proposers=1", &format!("proposers={}", "1".repeat(1 << 20)))),
        ("a long seed", with("0000000000000001", &"1".repeat(1 << 20))),
        ("a late end", with("\"end\":1000", "\"end\":18446744073709551615")),
        ("a head behind the end", with("\"head\":0", "\"head\":1001")),
        ("no world", with(&whole[whole.find("\"worlds\":[").expect("it has worlds")..], "\"worlds\":[]}")),
        (
            "digests of nothing",
            with("\"every_256_steps\":[]", &format!("\"every_256_steps\":[{}\"\"]", "\"\",".repeat(300_000))),
        ),
        ("deep lists", with("\"script\":[]", &format!("\"script\":{}", "[".repeat(1 << 20)))),
        ("deep objects", with("\"script\":[]", &format!("\"script\":{}", "{\"a\":".repeat(1 << 18)))),
        ("many fields", with("\"head\":0", &format!("\"head\":0{}", ",\"x\":0".repeat(1 << 18)))),
        ("many branches", with("\"worlds\"", &format!("\"branches\":{},\"worlds\"", branches(200, 0)))),
        ("branches of much", with("\"worlds\"", &format!("\"branches\":{},\"worlds\"", branches(99, usize::MAX)))),
        (
            "branches that share what is not there",
            with("\"worlds\"", &format!("\"branches\":{},\"worlds\"", branches(1, 3))),
        ),
        ("blanks", format!("{whole}{}", " ".repeat(5 << 20))),
    ]);
    files
}

/// A file that was not computed differs from its run within a few digests, whatever it claims and asks for.
#[test]
fn what_means_harm_ends_soon() {
    let files = hostile();
    assert!(files.len() >= 40, "{} files", files.len());
    for (name, text) in &files {
        let (message, steps) = end(text);
        assert!(message.starts_with("This ") && message.ends_with('.') && message.len() < 400, "{name}: {message}");
        assert!(steps <= 8 * SLICE, "{name}: {steps} steps until {message}");
    }
}

/// Files that once did not end in minutes. They lie beside the project, and are not there everywhere.
#[test]
fn what_once_did_not_end_ends() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/runs");
    let mut skipped = 0;
    for name in ["h01_heartbeats", "h08_gossip_pause", "h10_paxos_duel"] {
        let Ok(text) = fs::read_to_string(folder.join(format!("{name}.json"))) else {
            skipped += 1;
            continue;
        };
        let (message, steps) = end(&text);
        assert!(message.contains("went another way"), "{name}: {message}");
        assert!(steps <= 8 * SLICE, "{name}: {steps} steps");
    }
    if let Ok(text) = fs::read_to_string(folder.join("paused-run.json")) {
        assert_eq!(end(&text).0, "read", "a run with a paused server does what it did");
    } else {
        skipped += 1;
    }
    report(&format!("run files of the corpus: {} read, {skipped} skipped because they are not here", 4 - skipped));
}

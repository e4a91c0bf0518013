//! `cap-lab sweep`, as a shell sees it. Only with the feature that builds it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cap_lab::tradeoff::{Batch, Figures};
use serde_json::Value;

use crate::ms;

const SETUP: &str = "replicas=5 people=3 regions=3 jitter=10 traffic=100 stores=raft/gossip";

/// Exit status, standard output, standard error.
fn sweep(arguments: &[&str]) -> (i32, String, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_cap-lab")).arg("sweep").args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (run.status.code().expect("it ends"), text(run.stdout), text(run.stderr))
}

fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sweep");
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder.join(name)
}

#[test]
fn a_sweep_writes_the_figures_of_every_run() {
    let (csv, json, script) = (file("all.csv"), file("all.json"), file("cut.txt"));
    fs::write(&script, "# an ocean cable\nat 2s\nsplit n3\n\nrun 2s\nheal\n").expect("written");
    let [csv_path, json_path, script] = [&csv, &json, &script].map(|path| path.to_str().expect("a path"));
    let (status, told, errors) = sweep(&[
        SETUP,
        "--runs",
        "3",
        "--seed",
        "11",
        "--seconds",
        "6",
        "--script",
        script,
        "--csv",
        csv_path,
        "--json",
        json_path,
    ]);
    assert_eq!((status, errors.contains("36 simulated seconds in")), (0, true), "{errors}");
    assert!(told.lines().count() == 3 && told.contains("\nraft ") && told.contains("\ngossip "), "{told}");

    let csv = fs::read_to_string(csv).expect("written");
    let json: Value = serde_json::from_str(&fs::read_to_string(json).expect("written")).expect("JSON");
    assert_eq!((&json["setup"], &json["seconds"]), (&SETUP.into(), &6.into()));
    let acts = json["script"].as_array().expect("a list");
    assert_eq!(acts.len(), 2, "{acts:?}");
    let batch = Batch {
        experiment: SETUP.parse().expect("a setup"),
        script: acts.iter().map(|act| act.as_str().expect("a text").parse().expect("an act")).collect(),
        length: ms(6_000),
        first_seed: 11,
        seeds: 3,
    };
    let (names, lines) = csv.split_once('\n').expect("a line of names");
    assert_eq!(lines.lines().count(), batch.len());
    for ((line, row), (seed, store)) in lines.lines().zip(json["runs"].as_array().expect("a list")).zip(batch.runs()) {
        let figures: Figures = serde_json::from_value(row.clone()).expect("figures");
        assert_eq!(figures, batch.figures(seed, store), "seed {seed}");
        let cell = |name: &str| {
            let place = names.split(',').position(|other| other == name).expect(name);
            line.split(',').nth(place).expect(name)
        };
        assert_eq!((cell("seed"), cell("store")), (&*seed.to_string(), ["raft", "gossip"][store]));
        assert_eq!(cell("asked"), (figures.answered + figures.refused + figures.unknown).to_string());
        let read_p50 = figures.reads.p50.expect("reads were answered").0 as f64 / 1e3;
        assert_eq!(cell("read_p50_ms").parse(), Ok(read_p50));
        assert_eq!(cell("stale_reads"), figures.stale.to_string());
        assert_eq!(cell("staleness_max_ms").is_empty(), figures.stale == 0);
    }
    assert!(lines.lines().any(|line| line.contains(",gossip,")) && lines.contains("\n12,raft,"), "{lines}");
}

#[test]
fn a_run_file_may_be_the_script() {
    let (run, json) = (file("run.json"), file("scripted.json"));
    let record = ["record", "feed", "replicas=5 people=3 traffic=100 stores=gossip", "--seconds", "1"];
    let recorded = Command::new(env!("CARGO_BIN_EXE_cap-lab")).args(record).output().expect("it runs");
    let text = String::from_utf8(recorded.stdout).expect("text");
    let with_act = text.replacen("\"script\":[]", "\"script\":[\"500000 crash n2 keep 0\"]", 1);
    assert_ne!(text, with_act);
    fs::write(&run, with_act).expect("written");
    let [run, json_path] = [&run, &json].map(|path| path.to_str().expect("a path"));
    let (status, _, errors) =
        sweep(&[SETUP, "--runs", "1", "--seconds", "1", "--script", run, "--json", json_path, "-q"]);
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(fs::read_to_string(json).expect("written").contains("500000 crash n2 keep 0"));
}

#[test]
fn bad_input_is_told_in_a_sentence() {
    let (bad, nobody) = (file("bad.txt"), file("nobody.txt"));
    fs::write(&bad, "at 2s\nsplitt n1\n").expect("written");
    fs::write(&nobody, "act \"pause n9\"\n").expect("written");
    let [bad, nobody] = [&bad, &nobody].map(|path| path.to_str().expect("a path"));
    for (arguments, says) in [
        (&["rafts"][..], "This setup can't be read: “replicas=” is missing."),
        (&[SETUP, "--runs", "0"], "0 runs: 1 to 1000000 are possible"),
        (&[SETUP, "--seconds", "0"], "runs of 0 ms: up to 7200 s are possible"),
        (&[SETUP, "--seconds", "100000"], "up to 7200 s"),
        (&["replicas=5 people=3 regions=3 jitter=500 traffic=100 stores=raft"], "jitter of 500 ms: up to 100 ms"),
        (&["replicas=3 people=3 traffic=100 stores=quorum.n-5"], "N = 5: with 3 replicas 1 to 3 are possible"),
        (&[SETUP, "--script", bad], "line 2 (“splitt n1”): not a command"),
        (&[SETUP, "--script", nobody], "line 1 (“act \"pause n9\"”)"),
        (&[SETUP, "--script", "/nowhere"], "can't be opened"),
        (&[SETUP, "--runs", "1", "--seconds", "1", "--csv", "/nowhere/a.csv", "-q"], "/nowhere/a.csv can't be written"),
    ] {
        let (status, told, errors) = sweep(arguments);
        assert_eq!((status, told.as_str()), (2, ""), "{arguments:?}");
        assert!(errors.contains(says) && errors.lines().count() == 1, "{arguments:?}: {errors}");
    }
}

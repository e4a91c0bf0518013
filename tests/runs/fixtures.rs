//! Run files of every version that was ever written: each opens, does what it says, and is written again in the version of
//! today. They were recorded from random acts of every kind by the lab that wrote their version.

use std::fs;
use std::path::{Path, PathBuf};

use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::timeline::file::experiment_in;
use cap_lab::timeline::track::Track;
use cap_lab::timeline::{Experiment, Timeline};
use serde_json::Value;

/// All run files among the fixtures, by name.
pub(crate) fn fixtures() -> Vec<(PathBuf, String)> {
    of_kind("json")
}

/// All fixtures whose names end so, by name.
fn of_kind(ending: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runs/fixtures");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the fixtures are there").map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|own| own == ending));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).expect("fixtures are text"))).collect()
}

/// Opens a file and writes it again.
fn again<E: Experiment>(name: &str, text: &str) -> String {
    let read = Timeline::<E>::import(text).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    assert_eq!(read.skipped, 0, "{name}: all that was done can be done again");
    read.timeline.export()
}

/// The digests of what a file or a link comes to.
fn comes_to<E: Experiment>(text: &str) -> (u64, Vec<u64>) {
    let timeline = Timeline::<E>::import(text).expect("a run").timeline;
    let worlds = timeline.frontier().fingerprints();
    (timeline.now().0, worlds.into_iter().map(|world| world.digest).collect())
}

/// Each was made by `cap-lab link` from the run file of its name.
#[test]
fn a_link_of_any_version_opens_what_its_file_does() {
    let links = of_kind("link");
    for (path, link) in &links {
        let code = link.trim().split_once("run=").expect("a link").1;
        let file = fs::read_to_string(path.with_extension("json")).expect("its file");
        match experiment_in(code).expect("a run").as_str() {
            FeedExperiment::NAME => assert_eq!(comes_to::<FeedExperiment>(code), comes_to::<FeedExperiment>(&file)),
            PaxosExperiment::NAME => assert_eq!(comes_to::<PaxosExperiment>(code), comes_to::<PaxosExperiment>(&file)),
            other => panic!("{} is of {other}", path.display()),
        }
    }
    assert!(links.len() >= 7, "{}", links.len());
}

#[test]
fn a_run_of_any_version_does_what_it_did() {
    let mut versions = Vec::new();
    for (path, text) in fixtures() {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let rewritten = match experiment_in(&text).expect("a run").as_str() {
            FeedExperiment::NAME => again::<FeedExperiment>(&name, &text),
            PaxosExperiment::NAME => again::<PaxosExperiment>(&name, &text),
            other => panic!("{name} is of {other}"),
        };
        let value = |text: &str| -> Value { serde_json::from_str(text).expect("a run file is JSON") };
        let (old, new) = (value(&text), value(&rewritten));
        for field in ["experiment", "setup", "seed", "end", "head", "worlds"] {
            assert_eq!(old[field], new[field], "{name}: {field}");
        }
        versions.push(old["version"].as_u64().expect("a number"));
    }
    assert!(versions.iter().filter(|version| **version == 1).count() >= 7, "{versions:?}");
}

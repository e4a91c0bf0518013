//! The architecture as a test: who may import whom, and what must be absent (see README, "Map of the source").
//!
//! The library's modules import only what comes before them, know no browser, and take nothing from the machine they run
//! on: no clock, no dice, no order of a hash table, and no floats where a run is digested.

mod rules;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::{faults, machine_paths, rules_out_of_order, unknown_modules};

/// Not ours, not kept, or written by a tool.
const NOT_OURS: &[&str] = &["target", "dist", "node_modules", "artefacts", ".git"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `directory` that are ours.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("its entries can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if NOT_OURS.contains(&&*name) {
            continue;
        }
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn modules_keep_their_layers() {
    let sources = root().join("src");
    let mut found = Vec::new();
    let mut read = 0;
    for path in files_below(&sources) {
        let name = path.strip_prefix(&sources).expect("it lies below").to_string_lossy().replace('\\', "/");
        if name.ends_with(".rs") {
            read += 1;
            found.extend(faults(&name, &fs::read_to_string(&path).expect("sources are text")));
        }
    }
    assert!(read > 3, "only {read} files were read");
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_module_has_its_rule() {
    let names: BTreeSet<String> = fs::read_dir(root().join("src"))
        .expect("there is a src/")
        .map(|entry| {
            entry.expect("it can be read").path().file_stem().unwrap_or_default().to_string_lossy().into_owned()
        })
        .collect();
    let unknown = unknown_modules(names.iter().map(String::as_str));
    assert!(unknown.is_empty(), "decide in tests/layering/rules.rs what these may import: {unknown:?}");
    assert_eq!(rules_out_of_order(), Vec::<String>::new());
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let mut found = Vec::new();
    for path in files_below(root()) {
        // What is not text has no lines.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(root()).expect("it lies below").display();
        found.extend(machine_paths(&text).into_iter().map(|line| format!("{name}:{line}")));
        if path.ends_with("package-lock.json") && text.contains("\"resolved\"") {
            found.push(format!("{name} says from which registry it was written"));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The rules on small sources: each that breaks one is found, each that only looks like it is not.
mod proof {
    use super::{faults, machine_paths, unknown_modules};

    fn assert_faults(path: &str, source: &str, expected: &[&str]) {
        let found = faults(path, source);
        let matches =
            found.len() == expected.len() && expected.iter().all(|part| found.iter().any(|it| it.contains(part)));
        assert!(matches, "{path}: {source}\nfound {found:#?}\nexpected {expected:#?}");
    }

    #[test]
    fn arrows_that_point_the_wrong_way_are_found() {
        assert_faults(
            "raft/log.rs",
            "use crate::node::Node;\nuse crate::sim::Model;",
            &["raft/log.rs:2: `raft` must not"],
        );
        assert_faults("paxos/mod.rs", "fn f() { crate::raft::vote(); }", &["`raft::vote`"]);
        assert_faults(
            "sim/run.rs",
            "use crate::{node::{Node, Kind}, raft::{Raft, log::Log}};",
            &["raft::Raft", "raft::log::Log"],
        );
        assert_faults("gossip/mod.rs", "use super::store::Feed;", &["`store::Feed`"]);
        assert_faults("gossip/digest.rs", "use super::super::store::Feed;", &["`store::Feed`"]);
        assert_faults("raft/mod.rs", "mod tests { use super::super::sim::Model; }", &["`sim::Model`"]);
        assert_faults("raft/mod.rs", "mod a { mod b { } use super::super::sim; }", &["`sim`"]);
        assert_faults("node.rs", "use crate::*;", &["`*`"]);
        assert_faults(
            "check/feed.rs",
            "use crate::store::feed::Post;\nuse crate::store::lock::Lock;",
            &["store::lock"],
        );
        assert_faults("raft.rs", "pub(in crate::sim) fn f() {}", &["`sim`"]);
        assert_faults("timeline/mod.rs", "use crate::sim::run::Run; use crate::lesson::Lesson;", &["`lesson::Lesson`"]);
        assert_faults("helpers/mod.rs", "", &["no rule speaks of"]);
        assert_faults("ui/lab.rs", "use crate::ui::shell;", &["ui/lab.rs:1: `ui::lab` must not import `ui::shell`"]);
        assert_faults("ui/history/strip.rs", "use super::card::draw;", &["`ui::history::card::draw`"]);
        assert_faults("ui/history/plan.rs", "use super::super::app::App;", &["`ui::app::App`"]);
        assert_faults("ui/figure/view.rs", "fn f() { crate::ui::figure::node::g(); }", &["`ui::figure::node::g`"]);
        assert_faults("ui/gadgets.rs", "", &["`ui::gadgets` is a module that no rule speaks of"]);
    }

    #[test]
    fn arrows_that_point_the_right_way_are_not() {
        assert_faults("raft/log.rs", "use crate::node::{self, Node};\nuse super::Raft;\nuse crate::raft::Term;", &[]);
        assert_faults("raft/mod.rs", "mod tests { use super::*; use super::super::node; }", &[]);
        assert_faults("raft/mod.rs", "pub(crate) fn crate_sim() {} // use crate::sim::Model", &[]);
        assert_faults(
            "raft/mod.rs",
            "/* crate::sim /* nested */ crate::sim */ const S: &str = \"crate::sim::x\";",
            &[],
        );
        assert_faults(
            "raft/mod.rs",
            "const R: &str = r#\"\"crate::sim\"#; const Q: char = '\"'; use crate::node;",
            &[],
        );
        assert_faults("raft/mod.rs", "#[cfg(test)]\nmod tests { use crate::sim::Model; }", &[]);
        assert_faults("lesson/mod.rs", "use crate::{explore::Search, timeline::Timeline};", &[]);
        assert_faults("ui/shell.rs", "use crate::ui::lab; use cap_lab::sim; use yew::Html;", &[]);
        assert_faults("ui/history/mod.rs", "mod card; use self::card::draw; use crate::ui::history::strip::Do;", &[]);
        assert_faults("ui/app/runs.rs", "use super::App; use super::super::pages;", &[]);
        assert_faults("ui/pages/raft/mod.rs", "use crate::ui::pages::PAGES;", &["`ui::pages::raft` must not"]);
    }

    #[test]
    fn the_browser_is_found_outside_its_place() {
        assert_faults("sim/run.rs", "use web_sys::window;", &["`web_sys`"]);
        assert_faults("explain/mod.rs", "fn f() -> yew::Html { gloo_timers::x() }", &["`yew`", "`gloo_timers`"]);
        assert_faults("lib.rs", "#[cfg(feature = \"web\")]\nmod x;", &["lib.rs:1: cfg(feature"]);
        assert_faults("bin/cap-lab.rs", "use wasm_bindgen::JsValue;", &["`wasm_bindgen`"]);
        assert_faults("main.rs", "use yew::Renderer;", &[]);
        assert_faults("lib.rs", "//! Knows no yew.\n#[cfg(feature = \"cli\")] mod x;", &[]);
    }

    #[test]
    fn clocks_dice_unordered_collections_and_floats_are_found() {
        assert_faults("sim/run.rs", "use std::time::Duration;", &["`std::time`"]);
        assert_faults("check/mod.rs", "fn f() { Instant::now(); }", &["`Instant`"]);
        assert_faults("raft/mod.rs", "let x = rand::thread_rng();", &["`rand`", "`thread_rng`"]);
        assert_faults("paxos/mod.rs", "use std::collections::{BTreeMap, HashMap};", &["`HashMap`"]);
        assert_faults("sim/mod.rs", "const A: f64 = 1.5;", &["`f64`", "`1.5`"]);
        assert_faults("store/mod.rs", "let s = at.as_secs_f64();", &["`as_secs_f64`"]);
    }

    #[test]
    fn their_lookalikes_are_not() {
        assert_faults("explore.rs", "use std::collections::HashSet;", &[]);
        assert_faults("check/mod.rs", "let share = 0.5_f64;", &[]);
        assert_faults("sim/mod.rs", "for i in 0..5 { a.0.1; let rand_seed = 1; }", &[]);
        assert_faults(
            "sim/mod.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests { use std::collections::HashSet; const A: f64 = 1.0; }",
            &[],
        );
        assert_faults("sim/mod.rs", "#[cfg(test)]\nmod tests;\nuse std::collections::HashSet;", &["sim/mod.rs:3:"]);
        assert_faults("raft/tests/log.rs", "use std::collections::HashSet; use crate::explain::Tone;", &[]);
        assert_faults("raft/tests.rs", "use web_sys::window;", &["`web_sys`"]);
    }

    #[test]
    fn unknown_modules_and_machine_paths_are_found() {
        assert_eq!(unknown_modules(["raft", "main", "util", "ui"]), ["util"]);
        let place = ["", "home", "someone", "file"].join("/");
        assert_eq!(machine_paths(&format!("fine\nsee {place}\n`{place}`")), [2, 3]);
        assert_eq!(machine_paths(&format!("https://host{place} and ../x{place}")), Vec::<usize>::new());
    }
}

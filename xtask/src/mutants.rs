//! `cargo xtask mutants`: would a mistake in the library be noticed?
//!
//! [cargo-mutants](https://mutants.rs) makes one small change to the source at a time, and a suite of a few seconds has to
//! fail. Of a module's mutants a seeded sample is taken. What came of each is kept in `target/mutants`, so that a call goes
//! on where another one was stopped; what was missed or took too long is tried again. As with cargo-mutants' own
//! `--iterate`, what was caught once stays caught while its line stays where it is: `--fresh` forgets all.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::command::{Trouble, cargo, output_of, target, typed};
use crate::tools;

/// A directory of `src` that is mutated.
struct Module {
    name: &'static str,
    /// What runs against each mutant: first what is built fastest, then, if that missed it, the rest.
    suites: [&'static [&'static str]; 2],
    /// Tests that are left out of it, by a part of their names.
    left_out: &'static [&'static str],
}

const MODULES: [Module; 8] = [
    Module {
        name: "raft",
        suites: [&["--lib"], &["--test=paper", "--test=scripts", "--test=runs"]],
        left_out: SLOW_RUNS,
    },
    Module {
        name: "paxos",
        suites: [&["--lib"], &["--test=paper", "--test=scripts", "--test=runs"]],
        left_out: SLOW_RUNS,
    },
    Module {
        name: "sim",
        suites: [&["--lib"], &["--test=paper", "--test=scripts", "--test=runs"]],
        left_out: SLOW_RUNS,
    },
    Module { name: "timeline", suites: [&["--lib"], &["--test=runs", "--test=scripts"]], left_out: PROTOCOLS },
    Module { name: "world", suites: [&["--lib"], &["--test=runs", "--test=scripts"]], left_out: PROTOCOLS },
    Module {
        name: "store",
        suites: [&["--lib"], &["--test=runs", "--test=scripts", "--test=scenarios"]],
        left_out: PROTOCOLS,
    },
    Module { name: "explain", suites: [&["--lib"], &["--test=runs", "--test=scripts"]], left_out: PROTOCOLS },
    Module { name: "check", suites: [&["--lib"], &["--test=checkers"]], left_out: LONG_HISTORIES },
];

/// Of the protocols' own tests, and of those of what rests on none of them; and tests of runs that take a second or more without
/// optimisation.
const SLOW_RUNS: &[&str] = &[
    "gossip::tests",
    "multi_paxos::tests",
    "history::tests",
    "a_joint_change_survives_a_crash",
    "both_logs_keep",
    "every_world_recovers",
    "every_note_of_the_feeds",
    "stepping_back",
    "seeking_shows",
    "any_tree_of_branches",
    "a_run_comes_back",
    "acting_in_the_past",
    "no_mutation_of_a_file",
    "hostile_scripts",
    "impossible_setups",
    "damaged_fields",
    "files::what_cannot_be_done",
    "timeline::what_cannot_be_done",
    "a_retried_post",
    "a_general_reader",
];
/// For what rests on the protocols: their own tests.
const PROTOCOLS: &[&str] =
    &["raft::tests", "paxos::tests", "multi_paxos::tests", "gossip::tests", "no_mutation_of_a_file", "hostile_scripts"];
/// For the checkers: also what judges long histories.
const LONG_HISTORIES: &[&str] = &[
    "raft::tests",
    "paxos::tests",
    "multi_paxos::tests",
    "gossip::tests",
    "a_hundred_thousand",
    "among_a_hundred_thousand",
    "ten_times_the_distinct",
    "writes_that_never_returned",
    "minutes_of_a_feed",
    "however_long_the_history",
];
/// Of the viable mutants of a module so many have to be caught, in percent.
const BAR: usize = 90;
/// In seconds. The suite takes a few; a machine that does other things as well takes several times as long.
const TIMEOUT: &str = "120";
/// The file in which a shard keeps what is known.
const KEPT: &str = "outcomes.txt";
/// What can come of a mutant, by the names of cargo-mutants' files.
const OUTCOMES: [&str; 4] = ["caught", "missed", "timeout", "unviable"];

/// Which mutants to try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mutants {
    /// One of [`MODULES`]; all, if `None`.
    pub(crate) module: Option<String>,
    /// Mutants of each module.
    pub(crate) sample: usize,
    pub(crate) seed: u64,
    /// `(k, n)`: the `k`th of `n` parts of the sample, counted from 0.
    pub(crate) shard: (usize, usize),
    /// Forget what came of earlier calls.
    pub(crate) fresh: bool,
}

impl Default for Mutants {
    fn default() -> Self {
        Self { module: None, sample: 200, seed: 1, shard: (0, 1), fresh: false }
    }
}

impl Mutants {
    /// Takes one option of the command line; the error is one sentence.
    pub(crate) fn set(&mut self, option: &str, value: &str) -> Result<(), String> {
        let number = |text: &str| text.parse::<u64>().ok();
        let shard = || value.split_once('/').and_then(|(k, n)| Some((number(k)? as usize, number(n)? as usize)));
        let known = match option {
            "--module" => {
                MODULES.iter().any(|module| module.name == value).then(|| self.module = Some(value.to_owned()))
            }
            "--sample" => number(value).map(|size| self.sample = size as usize),
            "--seed" => number(value).map(|seed| self.seed = seed),
            _ => shard().filter(|(k, n)| k < n).map(|shard| self.shard = shard),
        };
        known.ok_or_else(|| format!("{option} can't be `{value}`"))
    }
}

/// A mutant's name as cargo-mutants lists it, and what came of it.
type Outcomes = BTreeMap<String, &'static str>;

/// What came of the mutants of one module.
struct Tried {
    module: &'static str,
    mutants: usize,
    sample: Vec<String>,
    outcomes: Outcomes,
}

/// Tries the mutants, prints what came of them, and fails if too few were caught.
pub(crate) fn run(what: &Mutants) -> Result<(), Trouble> {
    let program = tools::cargo_mutants()?;
    let path = tools::path_with(&program)?;
    let (k, n) = what.shard;
    let mut all_tried = Vec::new();
    let is_wanted = |module: &&Module| what.module.as_deref().is_none_or(|wanted| wanted == module.name);
    for Module { name: module, suites, left_out } in MODULES.iter().filter(is_wanted) {
        let listed = output_of(&program, &format!("mutants --no-config --list --file src/{module}/**"));
        let listed = listed.ok_or_else(|| Trouble::Failed("cargo-mutants lists no mutants".to_owned()))?;
        let all: Vec<&str> = listed.lines().collect();
        let sample = sample(&all, what.sample, what.seed);
        let sample = &sample[k * sample.len() / n..(k + 1) * sample.len() / n];
        let place = target().join("mutants").join(module).join(format!("{k}-of-{n}"));
        if what.fresh {
            let _ = fs::remove_dir_all(target().join("mutants").join(module));
        }
        let mut outcomes = Outcomes::new();
        for suite in suites {
            outcomes = try_all(&path, module, suite, left_out, &all, sample, &place)
                .map_err(|error| Trouble::Failed(format!("{}: {error}", place.display())))?;
        }
        let sample = sample.iter().map(|name| (*name).to_owned()).collect();
        all_tried.push(Tried { module, mutants: all.len(), sample, outcomes });
    }
    println!("\nseed {}, shard {k}/{n}", what.seed);
    println!("| module | mutants | sampled | viable | caught | missed | timeout | unviable | not tried | caught, % |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut met = true;
    for tried in &all_tried {
        met &= tried.print();
    }
    for Tried { sample, outcomes, .. } in &all_tried {
        let survived = |name: &&String| matches!(outcomes.get(*name), Some(&("missed" | "timeout")));
        sample.iter().filter(survived).for_each(|name| println!("{:<8} {name}", outcomes[name]));
    }
    if met { Ok(()) } else { Err(Trouble::Failed(format!("less than {BAR} % were caught, or not all were tried"))) }
}

impl Tried {
    /// Prints a line of the table; whether the bar is met.
    fn print(&self) -> bool {
        let count = |wanted| self.sample.iter().filter(|name| self.outcomes.get(*name) == Some(&wanted)).count();
        let [caught, missed, timeout, unviable] = OUTCOMES.map(count);
        let (Self { module, mutants, .. }, sampled) = (self, self.sample.len());
        let viable = caught + missed + timeout;
        let open = sampled - viable - unviable;
        let percent = 100.0 * caught as f64 / viable.max(1) as f64;
        println!(
            "| {module} | {mutants} | {sampled} | {viable} | {caught} | {missed} | {timeout} | {unviable} | {open} | \
             {percent:.1} |"
        );
        open == 0 && caught * 100 >= BAR * viable
    }
}

/// `size` of the names, in an order that the seed decides. Where a mutant stands in its file does not matter, so that most
/// of a sample outlives an edit.
fn sample<'a>(names: &[&'a str], size: usize, seed: u64) -> Vec<&'a str> {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut ranked: Vec<(u64, &str)> = names
        .iter()
        .map(|name| {
            let mut parts = name.splitn(4, ':');
            let placeless = [parts.next(), parts.nth(2)].map(Option::unwrap_or_default).concat();
            let nth = seen.entry(placeless.clone()).or_default();
            *nth += 1;
            (rank(seed, *nth, &placeless), *name)
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(size).map(|(_, name)| name).collect()
}

/// FNV-1a, finished as in SplitMix64.
fn rank(seed: u64, nth: u64, name: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(nth.to_le_bytes()).chain(name.bytes());
    let folded =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (folded ^ (folded >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

/// Tries with one suite what is not known yet, and returns what is known then.
fn try_all(
    path: &OsStr,
    module: &str,
    suite: &[&str],
    left_out: &[&str],
    all: &[&str],
    sample: &[&str],
    place: &Path,
) -> std::io::Result<Outcomes> {
    let outcomes = remembered(place)?;
    let open = |name: &str| sample.contains(&name) && !outcomes.get(name).is_some_and(|outcome| is_settled(outcome));
    if !all.iter().any(|name| open(name)) {
        return Ok(outcomes);
    }
    // Its filters by name let some kinds of mutants through; what it takes for caught before it leaves out in any case.
    let others: Vec<&str> = all.iter().copied().filter(|name| !open(name)).collect();
    let files = place.join("mutants.out");
    let _ = fs::remove_dir_all(&files);
    fs::create_dir_all(&files)?;
    fs::write(files.join("previously_caught.txt"), others.join("\n"))?;

    let mut mutants = cargo("mutants --no-config --iterate --no-default-features --caught --unviable --colors never");
    mutants.args(["--timeout", TIMEOUT, "--build-timeout", "600", "--file", &format!("src/{module}/**"), "--output"]);
    mutants.arg(place).args(suite.iter().map(|tests| format!("--cargo-arg={tests}")));
    mutants.args(["--", "--"]).args(left_out.iter().flat_map(|name| ["--skip", name]));
    // What is built once for each mutant had better be built fast.
    mutants.env("CARGO_PROFILE_TEST_OPT_LEVEL", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
    mutants.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TARGET_DIR", target().join("mutants/build"));
    mutants.env("PATH", path);
    println!("$ {}", typed(&mutants));
    // 2 and 3: some were missed, or took too long, which is ours to judge.
    match mutants.status()?.code() {
        Some(0 | 2 | 3) => remembered(place),
        _ => Err(std::io::Error::other("cargo-mutants did not get through; see above")),
    }
}

/// What came of earlier calls for any shard of the module, those included that were stopped half-way; writes all of it
/// into the place of this shard.
fn remembered(place: &Path) -> std::io::Result<Outcomes> {
    fs::create_dir_all(place)?;
    let mut outcomes = Outcomes::new();
    let mut learn = |outcome: &str, name: &str| {
        if let Some(outcome) = OUTCOMES.into_iter().find(|known| *known == outcome) {
            let slot = outcomes.entry(name.to_owned()).or_insert(outcome);
            *slot = if is_settled(slot) { *slot } else { outcome };
        }
    };
    for shard in fs::read_dir(place.parent().expect("a shard lies in its module's directory"))? {
        let shard = shard?.path();
        for line in read(&shard.join(KEPT))?.lines() {
            let (outcome, name) = line.split_once(' ').unwrap_or_default();
            learn(outcome, name);
        }
        for outcome in OUTCOMES {
            let latest = read(&shard.join("mutants.out").join(format!("{outcome}.txt")))?;
            latest.lines().for_each(|name| learn(outcome, name));
        }
    }
    let lines: String = outcomes.iter().map(|(name, outcome)| format!("{outcome} {name}\n")).collect();
    fs::write(place.join(KEPT), lines)?;
    Ok(outcomes)
}

/// What was missed or took too long may be caught another time.
fn is_settled(outcome: &str) -> bool {
    matches!(outcome, "caught" | "unviable")
}

/// Empty if there is no such file.
fn read(path: &Path) -> std::io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_decided_by_its_seed_and_outlives_an_edit() {
        let names: Vec<String> =
            (1..100).map(|n| format!("src/raft/log.rs:{n}:9: replace + with - in f{}", n / 2)).collect();
        let moved: Vec<String> = names.iter().map(|name| name.replace("rs:", "rs:1")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let moved: Vec<&str> = moved.iter().map(String::as_str).collect();
        let taken = sample(&names, 10, 1);
        assert_eq!(taken.len(), 10);
        assert_eq!(taken, sample(&names, 20, 1)[..10], "a larger sample holds the smaller one");
        assert_ne!(taken, sample(&names, 10, 2));
        let taken: Vec<String> = taken.iter().map(|name| name.replace("rs:", "rs:1")).collect();
        assert_eq!(taken, sample(&moved, 10, 1));
    }

    #[test]
    fn what_a_stopped_call_found_out_is_not_lost() {
        let module = std::env::temp_dir().join(format!("cap-lab-mutants-{}", std::process::id()));
        let [stopped, other] = ["0-of-2", "1-of-2"].map(|shard| module.join(shard));
        fs::create_dir_all(stopped.join("mutants.out")).unwrap();
        fs::write(stopped.join(KEPT), "caught a: 1\nmissed b: 2\nmissed d: 4\n").unwrap();
        fs::write(stopped.join("mutants.out/caught.txt"), "b: 2\n").unwrap();
        fs::write(stopped.join("mutants.out/unviable.txt"), "c: 3\n").unwrap();
        remembered(&other).unwrap();
        fs::remove_dir_all(stopped).unwrap();
        let known = remembered(&other).unwrap();
        fs::remove_dir_all(&module).unwrap();
        let expected = [("a: 1", "caught"), ("b: 2", "caught"), ("c: 3", "unviable"), ("d: 4", "missed")];
        assert_eq!(known, expected.map(|(name, outcome)| (name.to_owned(), outcome)).into());
    }
}

//! The rules: who may import whom, and which words have no place where.

use crate::source::{Token, Word, imports, starts_with, tokens, without_tests};

/// For a module that may import whatever comes before it.
const ALL_ABOVE: &[&str] = &["*"];

/// Every module of the library, in dependency order, with what it may import. A second segment names one submodule.
///
/// Who adds a module decides here what it may know.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("node", &[]),
    // In tests only.
    ("test_cluster", &["node"]),
    ("shared_vec", &[]),
    ("sorted", &[]),
    ("known", &["node", "sorted"]),
    ("digest", &[]),
    ("setup", &[]),
    ("raft", &["node", "shared_vec", "sorted", "setup"]),
    ("paxos", &["node", "shared_vec", "sorted", "setup"]),
    ("multi_paxos", &["node", "shared_vec", "sorted", "setup"]),
    ("primary_backup", &["node", "shared_vec", "sorted", "setup"]),
    ("quorum", &["node", "shared_vec", "sorted", "known", "setup"]),
    ("gossip", &["node", "shared_vec", "sorted"]),
    ("history", &["node", "shared_vec", "sorted"]),
    ("sim", &["node", "shared_vec", "sorted", "digest", "history"]),
    (
        "store",
        &[
            "node",
            "shared_vec",
            "sorted",
            "known",
            "setup",
            "raft",
            "paxos",
            "multi_paxos",
            "primary_backup",
            "quorum",
            "gossip",
            "history",
            "sim",
        ],
    ),
    ("locks", &["node", "shared_vec", "sorted", "setup", "raft", "multi_paxos", "history", "store"]),
    ("check", &["node", "shared_vec", "sorted", "history", "store::feed", "store::objects", "store::service"]),
    (
        "world",
        &[
            "node",
            "shared_vec",
            "sorted",
            "known",
            "setup",
            "raft",
            "paxos",
            "multi_paxos",
            "primary_backup",
            "quorum",
            "gossip",
            "history",
            "sim",
            "store",
            "locks",
            "check",
        ],
    ),
    ("referee", &["node", "sorted", "store::objects", "store::feed", "store::service", "check", "world::feed"]),
    ("picture", &["referee"]),
    ("latency", &["node", "sim", "store", "world::feed"]),
    ("explain", ALL_ABOVE),
    ("timeline", ALL_ABOVE),
    ("spacetime", ALL_ABOVE),
    // A macro of `experiment`: the compiler puts it at the root.
    ("with_experiment", &[]),
    ("experiment", ALL_ABOVE),
    ("tradeoff", ALL_ABOVE),
    ("conclusion", ALL_ABOVE),
    ("goal", ALL_ABOVE),
    ("situation", ALL_ABOVE),
    ("glossary", ALL_ABOVE),
    ("counterexample", ALL_ABOVE),
    ("explore", ALL_ABOVE),
    ("lesson", ALL_ABOVE),
];

/// Every module of the page, in dependency order: each imports only itself and what comes before it. A path stands for all
/// below it that is not listed by itself. What a folder shows or holds, as plain data, comes before what draws it.
const UI_ORDER: &[&str] = &[
    "number",
    "geometry",
    "pointer",
    "browser",
    "storage",
    "referee",
    "late",
    "el",
    "still",
    "invariants",
    "figure::view",
    "phones::view",
    "history::view",
    "events::view",
    "transport::view",
    "transport::scale",
    "setup",
    "verdict::view",
    "log::view",
    "world",
    "guide::view",
    "lessons::view",
    "announce",
    "figure::links",
    "act",
    "sheet::view",
    "lab",
    "history::plan",
    "history::strip",
    "diagram::shown",
    "state",
    "log",
    "waiting",
    "guide",
    "lessons",
    "program",
    "labs::common",
    "labs::phones",
    "labs::portrait",
    "labs::raft",
    "labs::multi_paxos",
    "labs::gossip",
    "labs::primary_backup",
    "labs::quorum",
    "labs::table",
    "labs::sentences",
    "labs::differences",
    "labs::verdict",
    "labs::history",
    "labs::details",
    "labs::feed",
    "labs",
    "history",
    "diagram",
    "figure",
    "gestures",
    "phones",
    "events",
    "sheet::frame",
    "verdict",
    "tradeoff",
    "sheet::offers",
    "sheet::opened",
    "popovers::stores",
    "popovers::link",
    "popovers::regions",
    "popovers::forms",
    "sheet",
    "cluster",
    "present",
    "coach",
    "transport",
    "page",
    "pages::feed",
    "pages::raft",
    "pages::paxos",
    "pages::locks",
    "pages::histories",
    "pages::lessons",
    "pages",
    "address",
    "popovers",
    "header",
    "shell",
    "listeners",
    "app",
];

/// What a run consists of. It has to come out the same on every machine, now and when it is replayed.
const REPLAYED: &[&str] = &[
    "node",
    "shared_vec",
    "sorted",
    "known",
    "setup",
    "raft",
    "paxos",
    "multi_paxos",
    "primary_backup",
    "quorum",
    "gossip",
    "history",
    "store",
    "locks",
    "sim",
    "timeline",
    "world",
];
/// Where nothing is measured in fractions: all of it ends up in digests.
const WITHOUT_FLOATS: &[&str] =
    &["raft", "paxos", "multi_paxos", "primary_backup", "quorum", "gossip", "store", "locks", "sim"];

/// Crates of the browser, for `main.rs`, `worker.rs` and `ui/` only.
const BROWSER_CRATES: &[&str] = &["yew", "web_sys", "wasm_bindgen", "wasm_bindgen_futures", "js_sys"];
/// Clocks: a run has its own.
const CLOCKS: &[&str] = &["Instant", "SystemTime"];
/// Dice that are not those of the run.
const DICE: &[&str] = &["rand", "thread_rng", "getrandom", "RandomState"];
/// Collections whose order differs from run to run.
const UNORDERED: &[&str] = &["HashMap", "HashSet"];
/// Directories in which one person's or one machine's files lie. Spelled as names: a path here would break the rule.
const MACHINE_ROOTS: &[&str] = &["home", "root", "Users", "work", "workspace", "tmp"];

/// The faults of one file below `src/`, given its path from there: `raft/log.rs`.
pub(crate) fn faults(path: &str, source: &str) -> Vec<String> {
    let module = module_path(path);
    let top = module.first().map_or("", String::as_str);
    let all = tokens(source);
    if top == "ui" {
        let is_test = module.iter().any(|name| name == "tests");
        let code = if is_test { Vec::new() } else { without_tests(&all) };
        return located(path, ui_faults(&code, &module));
    }
    if path == "main.rs" || path == "worker.rs" {
        return Vec::new();
    }
    let mut found = browser_faults(&all);
    if top == "bin" {
        return located(path, found);
    }
    // Unit tests may look at a module through those above it: nothing that runs depends on them.
    let is_test = module.iter().any(|name| name == "tests");
    let code = if is_test { Vec::new() } else { without_tests(&all) };
    found.extend(import_faults(&code, &module));
    found.extend(word_faults(&code, top));
    located(path, found)
}

/// A fault and the line it stands on.
type Fault = (usize, String);

fn located(path: &str, faults: Vec<Fault>) -> Vec<String> {
    faults.into_iter().map(|(line, fault)| format!("src/{path}:{line}: {fault}")).collect()
}

/// `raft/log.rs` is `raft::log`, `raft/mod.rs` is `raft`, `lib.rs` is the root.
fn module_path(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
    names.pop_if(|last| last == "mod" || last == "lib");
    names
}

fn browser_faults(tokens: &[Token]) -> Vec<Fault> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Word::Name(name) = &token.word else { continue };
        if BROWSER_CRATES.contains(&name.as_str()) || name.starts_with("gloo") {
            found.push((token.line, format!("`{name}` belongs to main.rs and ui/")));
        }
        let value = tokens.get(at + 2).map(|token| &token.word);
        if starts_with(&tokens[at..], &["feature", "="]) && value == Some(&Word::Text("web".to_owned())) {
            found.push((token.line, "cfg(feature = \"web\") belongs to main.rs and ui/".to_owned()));
        }
    }
    found
}

fn import_faults(tokens: &[Token], module: &[String]) -> Vec<Fault> {
    // The root only lists its modules, and those the other test knows.
    let Some(top) = module.first() else { return Vec::new() };
    let Some(index) = MAY_IMPORT.iter().position(|(name, _)| name == top) else {
        return vec![(1, format!("`{top}` is a module that no rule speaks of: decide in tests/layering/rules.rs"))];
    };
    let above: Vec<&str> = MAY_IMPORT[..index].iter().map(|(name, _)| *name).collect();
    let allowed = if MAY_IMPORT[index].1 == ALL_ABOVE { &above } else { MAY_IMPORT[index].1 };
    let mut found = Vec::new();
    for import in imports(tokens, module) {
        let path = import.path.join("::");
        let lies_in = |module: &str| path == module || path.starts_with(&format!("{module}::"));
        if !lies_in(top) && !allowed.iter().any(|module| lies_in(module)) {
            found.push((import.line, format!("`{top}` must not import `{path}`")));
        }
    }
    found
}

/// Where a path below `ui` stands in the order of its modules.
fn place_in_ui(path: &[String]) -> Option<usize> {
    let longest = (1..=path.len()).rev().map(|length| path[..length].join("::"));
    longest.into_iter().find_map(|path| UI_ORDER.iter().position(|listed| **listed == path))
}

fn ui_faults(tokens: &[Token], module: &[String]) -> Vec<Fault> {
    let (root, inside) = module.split_at(1);
    if inside.is_empty() {
        return Vec::new();
    }
    let Some(own) = place_in_ui(inside) else {
        let name = inside.join("::");
        return vec![(
            1,
            format!("`ui::{name}` is a module that no rule speaks of: decide in tests/layering/rules.rs"),
        )];
    };
    let mut found = Vec::new();
    for import in imports(tokens, module) {
        let path = import.path.join("::");
        let place = import.path.strip_prefix(root).map(place_in_ui);
        if place.is_none_or(|place| place.is_none_or(|place| place > own)) {
            found.push((import.line, format!("`{}` must not import `{path}`", module.join("::"))));
        }
    }
    found
}

fn word_faults(tokens: &[Token], top: &str) -> Vec<Fault> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Word::Name(name) = &token.word else { continue };
        let name = name.as_str();
        let is_std_time = starts_with(&tokens[at..], &["std", ":", ":", "time"]);
        if is_std_time || CLOCKS.contains(&name) {
            let name = if is_std_time { "std::time" } else { name };
            found.push((token.line, format!("`{name}`: a run has its own time")));
        }
        if DICE.contains(&name) {
            found.push((token.line, format!("`{name}`: a run has its own dice")));
        }
        if REPLAYED.contains(&top) && UNORDERED.contains(&name) {
            found.push((token.line, format!("`{name}` has no order to replay")));
        }
        if WITHOUT_FLOATS.contains(&top) && is_float(name) {
            found.push((token.line, format!("`{name}`: no floats where runs are digested")));
        }
    }
    found
}

/// A float's type, a literal with decimals, or a call that makes one (`as_secs_f64`).
fn is_float(name: &str) -> bool {
    let is_number = name.starts_with(|first: char| first.is_ascii_digit());
    name.ends_with("f64") || name.ends_with("f32") || (is_number && name.contains('.'))
}

/// The top-level modules of `names` that no rule speaks of.
pub(crate) fn unknown_modules<'names>(names: impl IntoIterator<Item = &'names str>) -> Vec<&'names str> {
    let is_known = |name: &str| {
        let programs = ["lib", "main", "worker", "bin", "ui"];
        programs.contains(&name) || MAY_IMPORT.iter().any(|(known, _)| *known == name)
    };
    names.into_iter().filter(|name| !is_known(name)).collect()
}

/// The lines of any file, in any language, that name a place on one machine.
pub(crate) fn machine_paths(text: &str) -> Vec<usize> {
    let names_one = |line: &str| {
        MACHINE_ROOTS.iter().any(|root| {
            let path = format!("/{root}/");
            line.match_indices(&path).any(|(at, _)| {
                // Part of a longer path or address: `src/home/`, `https://host/work/`, `./tmp/`.
                let before = line[..at].chars().next_back();
                before.is_none_or(|char| !(char.is_alphanumeric() || "._-~/*}>)".contains(char)))
            })
        })
    };
    let numbered = text.lines().enumerate();
    numbered.filter(|(_, line)| names_one(line)).map(|(index, _)| index + 1).collect()
}

/// No rule lets two modules import each other, directly or around a corner: the list is in dependency order.
pub(crate) fn rules_out_of_order() -> Vec<String> {
    let mut found = Vec::new();
    for (index, (name, allowed)) in MAY_IMPORT.iter().enumerate() {
        for other in allowed.iter().filter(|other| !ALL_ABOVE.contains(other)) {
            let module = other.split("::").next().unwrap_or(other);
            if !MAY_IMPORT[..index].iter().any(|(earlier, _)| *earlier == module) {
                found.push(format!("`{name}` may import `{other}`, which does not come before it"));
            }
        }
    }
    found
}

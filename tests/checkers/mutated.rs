//! Damaged histories: bytes and words replaced, taken away, repeated. They are read or refused, never misread: whoever reads them
//! with another parser and tries all orders finds the same.

use std::collections::BTreeMap;

use cap_lab::check::import::{Format, Model};
use cap_lab::check::linearizability::Limits;
use cap_lab::referee::recorded::{Case, File, Finding, Mistake, Slice};
use clojure_reader::edn::{self, Edn};

use crate::brute::Dice;
use crate::rounds;

/// An entry, read by others: its members as text.
type Facts = BTreeMap<String, String>;

/// Registers, of which the second one is not linearizable; and one with keys, a nemesis and a crash.
const HISTORIES: [&[(&str, &str, &str, &str)]; 3] = [
    &[
        ("0", "invoke", "write", "1"),
        ("1", "invoke", "read", "nil"),
        ("0", "ok", "write", "1"),
        ("1", "ok", "read", "1"),
        ("2", "invoke", "write", "2"),
        ("1", "invoke", "read", "nil"),
        ("1", "ok", "read", "2"),
        ("2", "ok", "write", "2"),
    ],
    &[
        ("0", "invoke", "write", "1"),
        ("0", "ok", "write", "1"),
        ("1", "invoke", "write", "2"),
        ("1", "ok", "write", "2"),
        ("2", "invoke", "read", "nil"),
        ("2", "ok", "read", "1"),
    ],
    &[
        ("0", "invoke", "write", "3"),
        ("0", "info", "write", "3"),
        ("nemesis", "info", "start", "nil"),
        ("4", "invoke", "read", "nil"),
        ("4", "ok", "read", "3"),
        ("5", "invoke", "write", "4"),
        ("4", "invoke", "read", "nil"),
        ("5", "fail", "write", "4"),
        ("4", "ok", "read", "3"),
    ],
];

fn edn_of(history: &[(&str, &str, &str, &str)]) -> String {
    let line = |&(process, kind, name, value): &(&str, &str, &str, &str)| {
        let process = if process == "nemesis" { ":nemesis" } else { process };
        format!("{{:process {process}, :type :{kind}, :f :{name}, :value {value}}}\n")
    };
    history.iter().map(line).collect()
}

fn json_of(history: &[(&str, &str, &str, &str)]) -> String {
    let line = |&(process, kind, name, value): &(&str, &str, &str, &str)| {
        let process = if process == "nemesis" { "\"nemesis\"" } else { process };
        let value = if value == "nil" { "null" } else { value };
        format!("{{\"process\": {process}, \"type\": \"{kind}\", \"f\": \"{name}\", \"value\": {value}}}\n")
    };
    history.iter().map(line).collect()
}

/// Words that make other sense of a history.
const WORDS: [&str; 18] = [
    "0", "1", "2", "3", "nil", "null", "invoke", "ok", "fail", "info", "read", "write", "42.0", "-1", "[1 2]", "\"1\"",
    "nemesis", "",
];

/// `text` with some damage.
fn damaged(text: &str, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(2) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = dice.below(bytes.len() as u64) as usize;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
        let start = bytes[..at].iter().rposition(|byte| !is_word(byte)).map_or(0, |before| before + 1);
        let end = bytes[at..].iter().position(|byte| !is_word(byte)).map_or(bytes.len(), |length| at + length);
        match dice.below(8) {
            0 => bytes[at] = b"[]{}()#:\"\\;,_ \n\r0-nN^\0"[dice.below(22) as usize],
            1 => drop(bytes.remove(at)),
            2..=4 if start < end => drop(bytes.splice(start..end, WORDS[dice.below(18) as usize].bytes())),
            5 => bytes.truncate(at),
            // A line goes, or comes twice.
            6 | 7 => {
                let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                let line = dice.below(lines.len() as u64) as usize;
                let taken = lines.remove(line);
                if dice.below(2) == 0 {
                    let to = dice.below(lines.len() as u64 + 1) as usize;
                    lines.insert(to, taken);
                }
                bytes = lines.concat();
            }
            _ => {}
        }
    }
    bytes
}

/// What ours says: None if it refuses.
fn ours(bytes: &[u8], format: Format) -> Result<bool, Mistake> {
    let (name, initial) = ("damaged".to_owned(), None);
    let (format, model) = (Some(format), Some(Model::Register));
    let file = File { name, bytes: bytes.to_vec(), format, model, initial, nil_read: None };
    let mut case = Case::open(&file, Limits::default())?;
    while case.advance() != Slice::Done {}
    match case.finding() {
        Finding::Linearizable(_) => Ok(true),
        Finding::NotLinearizable(_) => Ok(false),
        other => panic!("so few operations, and {other:?}"),
    }
}

/// The entries, as another reader of JSON has them; None if it refuses, or there is more than text and numbers in them.
fn json_facts(text: &str) -> Option<Vec<Facts>> {
    let entries = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Map<String, serde_json::Value>>();
    let fact = |value: serde_json::Value| match value {
        serde_json::Value::Null => Some("nil".to_owned()),
        serde_json::Value::Number(number) if number.is_f64() => number.as_f64().map(|number| number.to_string()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::String(text) => Some(format!("“{text}”")),
        _ => None,
    };
    let facts = |entry: serde_json::Map<String, serde_json::Value>| -> Option<Facts> {
        entry.into_iter().map(|(name, value)| Some((name, fact(value)?))).collect()
    };
    entries.map(|entry| facts(entry.ok()?)).collect()
}

/// The same of EDN.
fn edn_facts(mut text: &str) -> Option<Vec<Facts>> {
    let fact = |value: &Edn<'_>| match value {
        Edn::Nil => Some("nil".to_owned()),
        Edn::Int(number) => Some(number.to_string()),
        Edn::Key(name) => Some(format!(":{name}")),
        Edn::Symbol(name) => Some(name.to_string()),
        Edn::Str(text) => Some(format!("“{text}”")),
        Edn::Double(number) => Some(format!("{:?}", number.into_inner())),
        _ => None,
    };
    let mut all = Vec::new();
    while !text.trim().is_empty() {
        let (entry, rest) = edn::read(text).ok()?;
        let Edn::Map(members) = &entry else { return None };
        let facts = members.iter().map(|(name, value)| Some((fact(name)?, fact(value)?)));
        all.push(facts.collect::<Option<Facts>>()?);
        text = rest;
    }
    Some(all)
}

/// One operation: what it is, when it began, and when it returned.
struct Done {
    writes: bool,
    value: String,
    began: usize,
    returned: Option<usize>,
}

/// Whether the entries are a linearizable history of a register; None if they are none, or one that this reader does not know.
fn by_force(entries: &[Facts]) -> Option<bool> {
    let plain = |text: &String| text.trim_matches(['“', '”', ':']).to_owned();
    let mut open: BTreeMap<&String, (usize, String, &String)> = BTreeMap::new();
    let mut done = Vec::new();
    let nil = "nil".to_owned();
    for (at, entry) in entries.iter().enumerate() {
        let get = |name: &str| {
            entry.get(name).or_else(|| entry.get(&format!(":{name}"))).or_else(|| entry.get(&format!("“{name}”")))
        };
        let process = get("process")?;
        if plain(process).to_lowercase().starts_with("nemesis") {
            continue;
        }
        let (kind, name, value) = (plain(get("type")?), plain(get("f")?), get("value").unwrap_or(&nil));
        if get("key").is_some() || !["read", "write"].contains(&&*name) {
            return None;
        }
        if kind == "invoke" {
            let before = open.insert(process, (at, name, value));
            if before.is_some() {
                return None;
            }
            continue;
        }
        let (began, asked_name, asked) = open.remove(process)?;
        if asked_name != name {
            return None;
        }
        let (writes, returned) = (name == "write", Some(at));
        match &*kind {
            "ok" if writes => done.push(Done { writes, value: asked.clone(), began, returned }),
            "ok" if *value != nil => done.push(Done { writes, value: value.clone(), began, returned }),
            "info" if writes => done.push(Done { writes, value: asked.clone(), began, returned: None }),
            "ok" | "info" | "fail" => {}
            _ => return None,
        }
    }
    let crashed = open.into_values().filter(|(_, name, _)| name == "write");
    done.extend(crashed.map(|(began, _, value)| Done { writes: true, value: value.clone(), began, returned: None }));
    (!done.is_empty()).then(|| has_order(&done, &mut vec![false; done.len()], &nil))
}

/// Tries every operation that may come next.
fn has_order(all: &[Done], placed: &mut Vec<bool>, held: &String) -> bool {
    if all.iter().zip(&*placed).all(|(one, placed)| *placed || one.returned.is_none()) {
        return true;
    }
    let left = |placed: &[bool]| (0..all.len()).filter(|one| !placed[*one]).collect::<Vec<_>>();
    let first_return = left(placed).into_iter().filter_map(|one| all[one].returned).min().unwrap_or(usize::MAX);
    left(placed).into_iter().any(|one| {
        let Done { writes, value, began, .. } = &all[one];
        if *began > first_return || (!writes && value != held) {
            return false;
        }
        placed[one] = true;
        let found = has_order(all, placed, if *writes { value } else { held });
        placed[one] = false;
        found
    })
}

#[test]
fn damage_is_never_misread() {
    let (mut agreed, mut refused, mut not) = (0, 0, 0);
    let all = rounds(10_000, 200_000);
    for seed in 0..all {
        let mut dice = Dice::new(seed);
        let history = HISTORIES[dice.below(3) as usize];
        let is_edn = dice.below(2) == 0;
        let (text, format) =
            if is_edn { (edn_of(history), Format::Jepsen) } else { (json_of(history), Format::JepsenJson) };
        let bytes = damaged(&text, &mut dice);
        let said = ours(&bytes, format);
        let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u32;
        let said = match said {
            Ok(said) => said,
            Err(Mistake { line, what, .. }) => {
                assert!((1..=lines).contains(&line), "seed {seed}: line {line} of {lines}: {what}");
                refused += 1;
                continue;
            }
        };
        let text = std::str::from_utf8(&bytes).expect("it was read");
        let facts = if is_edn { edn_facts(text) } else { json_facts(text) };
        if let Some(truth) = facts.and_then(|entries| by_force(&entries)) {
            assert_eq!(said, truth, "seed {seed}:\n{text}");
            agreed += 1;
            not += u64::from(!truth);
        }
    }
    assert!(
        agreed > all / 5 && refused > all / 4 && not > all / 25,
        "{agreed} agreed, {refused} refused, {not} are not linearizable"
    );
}

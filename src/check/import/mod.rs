//! Histories that others recorded.
//!
//! | format | what it is |
//! | --- | --- |
//! | Jepsen | a history in [EDN](https://github.com/edn-format/edn): maps with `:process`, `:type`, `:f`, `:value`, in a vector or one after the other |
//! | Jepsen as JSON | the same as objects in an array, or one after the other |
//! | Porcupine's etcd logs | lines of Jepsen's log: `INFO  jepsen.util - 4 :invoke :cas [2 0]` |
//! | Porcupine's key-value logs | a map per line, as Jepsen's, with `:key` |
//!
//! What ends with `:info`, or never, may take effect at any later time, or never. The formats differ in what changes verdicts:
//! in Jepsen's (as Knossos reads it) a register holds 0 at first, a read of nil says nothing, and what failed did not happen; in
//! Porcupine's a register is unset at first, a read of nil found it unset, and a compare-and-set that failed found another
//! value. In all of them a process whose number is a name (the nemesis) has no part in the history.
//!
//! [`guess`] tells which of them a file may be.
//!
//! Left out: histories of transactions, and Jepsen's binary formats.

mod datum;
mod edn;
mod etcd;
pub mod guess;
mod json;
mod pairing;
mod vocabulary;

use std::sync::Arc;

use self::datum::{Datum, Form};
use self::pairing::{Event, EventKind, Paired, Pairing, process};
use self::vocabulary::{Customs, OfCasRegister, OfCounter, OfKeyValue, OfLock, OfRegister, OfSet, Vocabulary};
use super::call::Call;
use super::spec::Value;
use super::spec::collections::{CounterAction, SetAction};
use super::spec::key_value::KeyValueAction;
use super::spec::lock::LockAction;
use super::spec::register::{CasAction, RegisterAction};

pub use self::datum::Wrong;
pub use self::pairing::Lines;

/// How a history is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Jepsen's log lines, as Porcupine keeps them.
    PorcupineEtcd,
    /// Porcupine's key-value lines.
    PorcupineKv,
    /// Jepsen's EDN.
    Jepsen,
    /// The same as JSON.
    JepsenJson,
}

/// What a history is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// [`super::spec::register::Register`]
    Register,
    /// [`super::spec::register::CasRegister`]
    CasRegister,
    /// [`super::spec::key_value::KeyValue`]
    Kv,
    /// [`super::spec::lock::Lock`]
    Mutex,
    /// [`super::spec::collections::WholeSet`]
    Set,
    /// [`super::spec::collections::Counter`]
    Counter,
}

/// The operations of a history, by invocation.
#[derive(Clone, Debug)]
pub enum Calls {
    /// Of registers.
    Register(Vec<Call<RegisterAction>>),
    /// Of registers with compare-and-set.
    CasRegister(Vec<Call<CasAction>>),
    /// Of keys.
    Kv(Vec<Call<KeyValueAction>>),
    /// Of a mutex.
    Mutex(Vec<Call<LockAction>>),
    /// Of a set.
    Set(Vec<Call<SetAction>>),
    /// Of a counter.
    Counter(Vec<Call<CounterAction>>),
}

/// A history from a file. Moments are the numbers of its events.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its operations.
    pub calls: Calls,
    /// Where each stands in the file.
    pub lines: Vec<Lines>,
    /// What the file calls each object; an empty name if it has but one.
    pub objects: Vec<String>,
}

/// What a register holds at first, in a file of this name: Knossos' histories start at 0, other than those of RethinkDB.
pub fn initial_value(format: Format, file_name: &str) -> Value {
    let is_zero = match format {
        Format::PorcupineEtcd | Format::PorcupineKv => false,
        Format::Jepsen | Format::JepsenJson => !file_name.starts_with("rethink-"),
    };
    if is_zero { Value::Int(0) } else { Value::Nil }
}

/// What a person who writes `nil`, a number or a text says that a register holds; texts may stand in quotes, as in a file.
pub fn value_named(name: &str) -> Value {
    let text = |text| Value::Text(Arc::new(text));
    match name.trim() {
        "" | "nil" => Value::Nil,
        as_written if as_written.starts_with(['"', ':']) => text(as_written.to_owned()),
        plain => plain.parse().map_or_else(|_| text(format!("\"{plain}\"")), Value::Int),
    }
}

/// Reads a history from the bytes of a file.
pub fn read(bytes: &[u8], format: Format, model: Model) -> Result<Imported, Wrong> {
    read_text(decode(bytes)?, format, model)
}

/// Reads a history.
pub fn read_text(text: &str, format: Format, model: Model) -> Result<Imported, Wrong> {
    Ok(match model {
        Model::Register => imported(paired::<OfRegister>(text, format)?, Calls::Register),
        Model::CasRegister => imported(paired::<OfCasRegister>(text, format)?, Calls::CasRegister),
        Model::Kv => imported(paired::<OfKeyValue>(text, format)?, Calls::Kv),
        Model::Mutex => imported(paired::<OfLock>(text, format)?, Calls::Mutex),
        Model::Set => imported(paired::<OfSet>(text, format)?, Calls::Set),
        Model::Counter => imported(paired::<OfCounter>(text, format)?, Calls::Counter),
    })
}

fn imported<A>(paired: Paired<A>, wrap: impl FnOnce(Vec<Call<A>>) -> Calls) -> Imported {
    let Paired { calls, lines, objects } = paired;
    Imported { calls: wrap(calls), lines, objects }
}

fn decode(bytes: &[u8]) -> Result<&str, Wrong> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Wrong::new(1, "expected text in UTF-8, found UTF-16"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u32;
        Wrong::new(line, "expected text in UTF-8, found other bytes")
    })
}

fn paired<V: Vocabulary>(text: &str, format: Format) -> Result<Paired<V::Action>, Wrong> {
    let of_porcupine = Customs { nil_is_any: false, failed_saw_another: true };
    let of_knossos = Customs { nil_is_any: true, failed_saw_another: false };
    match format {
        Format::PorcupineEtcd => etcd::read(text, Pairing::<V>::new(of_porcupine)),
        Format::PorcupineKv => {
            let mut reader = edn::Reader::new(text);
            jepsen(|| reader.next(), Pairing::<V>::new(of_porcupine))
        }
        Format::Jepsen => {
            let mut reader = edn::Reader::new(text);
            jepsen(|| reader.next(), Pairing::<V>::new(of_knossos))
        }
        Format::JepsenJson => {
            let mut reader = json::Reader::new(text);
            jepsen(|| reader.next(), Pairing::<V>::new(of_knossos))
        }
    }
}

fn jepsen<V: Vocabulary>(
    mut next: impl FnMut() -> Result<Option<Datum>, Wrong>,
    mut pairing: Pairing<V>,
) -> Result<Paired<V::Action>, Wrong> {
    while let Some(operation) = next()? {
        if let Some(event) = event(&operation)? {
            pairing.event(event)?;
        }
    }
    pairing.finish()
}

/// What an operation's map says; nothing if it is not a client's.
fn event(operation: &Datum) -> Result<Option<Event>, Wrong> {
    let Form::Map(_) = operation.form else {
        return Err(operation.unlike("an operation: a map with :process, :type, :f and :value"));
    };
    let member = |name: &str| {
        let missing = || Wrong::new(operation.line, format!("expected an operation with :{name}, found one without"));
        operation.get(name).ok_or_else(missing)
    };
    let Some(process) = process(member("process")?)? else { return Ok(None) };
    let kind = member("type")?;
    let known = kind.word().and_then(EventKind::named);
    let kind = known.ok_or_else(|| kind.unlike(":invoke, :ok, :fail or :info"))?;
    let name = member("f")?;
    let name = name.word().ok_or_else(|| name.unlike("the name of an operation"))?.to_owned();
    // An event may leave its value out.
    let nil = Datum { line: operation.line, form: Form::Nil };
    let value = operation.get("value").cloned().unwrap_or(nil);
    Ok(Some(Event { line: operation.line, process, kind, name, key: operation.get("key").cloned(), value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_named_as_files_have_them() {
        let text = |text: &str| Value::Text(Arc::new(text.to_owned()));
        for (name, expected) in [
            ("nil", Value::Nil),
            (" ", Value::Nil),
            ("-3", Value::Int(-3)),
            ("red", text("\"red\"")),
            ("\"red\"", text("\"red\"")),
            (":red", text(":red")),
        ] {
            assert_eq!(value_named(name), expected, "{name}");
            assert_eq!(value_named(&expected.to_string()), expected, "{name}, shown and read again");
        }
    }

    /// What a history in a file holds, a person can name: a read of it is possible at first.
    #[test]
    fn a_text_of_a_file_is_the_one_that_is_named() {
        for written in ["\"red\"", ":red", "7"] {
            let events =
                format!("{{:process 0 :type :invoke :f :read}} {{:process 0 :type :ok :f :read :value {written}}}");
            let imported = read(events.as_bytes(), Format::Jepsen, Model::Register).expect("a history");
            let Calls::Register(calls) = imported.calls else { panic!("registers") };
            assert_eq!(calls[0].action, RegisterAction::Read(value_named(written)));
        }
    }
}

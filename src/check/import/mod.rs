//! Histories that others recorded.
//!
//! | format | what it is |
//! | --- | --- |
//! | Jepsen | `history.edn` of any version: maps in [EDN](https://github.com/edn-format/edn) with `:process`, `:type`, `:f`, `:value`; or lines of `history.txt` or of `jepsen.log` |
//! | Jepsen as JSON | the same as objects in an array, or one after the other; `client` and `op` may stand for `process` and `f` |
//! | Porcupine's etcd logs | lines of Jepsen's log: `INFO  jepsen.util - 4 :invoke :cas [2 0]` |
//! | Porcupine's key-value logs | a map per line, as Jepsen's, with `:key` |
//! | Porcupine's operations | `porcupine.Operation` as JSON, with the times of call and return |
//!
//! Each may be compressed with gzip. What ends with `:info`, or never, may take effect at any later time, or never; what failed did
//! not happen. The formats differ in what changes verdicts: in Jepsen's a read of nil says nothing, as Knossos has it; in Porcupine's
//! it found the object unset, and a compare-and-set that failed found another value. Registers are unset at first.
//!
//! A client may be called anything but `nemesis`: the entries of that one are left out and counted. Where the value of each
//! operation is `[key value]` (jepsen.independent), it is about that key; a file in which some are not has plain values.
//!
//! [`guess`] tells which format and model a file may have.
//!
//! Left out, and refused by name: histories of transactions, and Jepsen's binary formats.

mod cursor;
mod datum;
mod decode;
mod edn;
mod event;
pub mod guess;
mod json;
mod log;
mod pairing;
mod porcupine;
mod vocabulary;
mod warnings;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::datum::Form;
use self::event::Sink;
use self::pairing::{Keys, Paired, Pairing};
use self::vocabulary::{
    Customs, OfCasRegister, OfCounter, OfFencedLock, OfKeyValue, OfLock, OfOwnedLock, OfQueue, OfRegister, OfSet,
    OfVersionedRegister, Unset, Vocabulary,
};
use super::call::Call;
use super::spec::Value;
use super::spec::collections::{CounterAction, SetAction};
use super::spec::key_value::KeyValueAction;
use super::spec::lock::{FencedLockAction, LockAction, OwnedLockAction};
use super::spec::queue::QueueAction;
use super::spec::register::{CasAction, RegisterAction};
use super::spec::versioned::VersionedAction;

pub use self::datum::Wrong;
pub use self::decode::decode;
pub use self::pairing::{Numbering, Place};
pub use self::warnings::Warning;

/// How a history is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Format {
    /// Jepsen's EDN, `history.txt`, or `jepsen.log`.
    Jepsen,
    /// The same as JSON.
    JepsenJson,
    /// Jepsen's log lines, as Porcupine keeps and reads them.
    PorcupineEtcd,
    /// Porcupine's key-value lines.
    PorcupineKv,
    /// Porcupine's operations as JSON.
    PorcupineOperations,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Jepsen, Self::JepsenJson, Self::PorcupineEtcd, Self::PorcupineKv, Self::PorcupineOperations];

    /// What the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jepsen => "jepsen",
            Self::JepsenJson => "jepsen-json",
            Self::PorcupineEtcd => "porcupine-etcd",
            Self::PorcupineKv => "porcupine-kv",
            Self::PorcupineOperations => "porcupine-operations",
        }
    }

    /// What a read of nil says in a file of this format, unless the reader knows better.
    pub fn nil_read(self) -> NilRead {
        if self.is_of_jepsen() { NilRead::Any } else { NilRead::Unset }
    }

    fn is_of_jepsen(self) -> bool {
        match self {
            Self::Jepsen | Self::JepsenJson => true,
            Self::PorcupineEtcd | Self::PorcupineKv | Self::PorcupineOperations => false,
        }
    }
}

/// What a history is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    /// [`super::spec::queue::Queue`]
    Queue,
    /// [`super::spec::versioned::VersionedRegister`]
    VersionedRegister,
    /// [`super::spec::lock::OwnedLock`]
    OwnedLock,
    /// [`super::spec::lock::FencedLock`]
    FencedLock,
}

impl Model {
    /// All of them, in the order in which they are guessed.
    pub const ALL: [Self; 10] = [
        Self::Register,
        Self::CasRegister,
        Self::Kv,
        Self::Mutex,
        Self::Set,
        Self::Counter,
        Self::Queue,
        Self::VersionedRegister,
        Self::OwnedLock,
        Self::FencedLock,
    ];

    /// What the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::CasRegister => "cas-register",
            Self::Kv => "kv",
            Self::Mutex => "mutex",
            Self::Set => "set",
            Self::Counter => "counter",
            Self::Queue => "queue",
            Self::VersionedRegister => "versioned-register",
            Self::OwnedLock => "owned-lock",
            Self::FencedLock => "fenced-lock",
        }
    }

    /// Whether it starts from a value that can be chosen.
    pub fn has_initial(self) -> bool {
        matches!(self, Self::Register | Self::CasRegister)
    }

    /// Whether a read of it may be of nil, so that [`NilRead`] matters.
    pub fn reads_nil(self) -> bool {
        matches!(self, Self::Register | Self::CasRegister | Self::VersionedRegister | Self::Kv)
    }
}

/// What a read of nil says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NilRead {
    /// Nothing: Jepsen's clients return it when they did not read.
    Any,
    /// That the object was as at first.
    Unset,
}

/// How to read a history. What is left open goes by its content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reading {
    /// How it is written.
    pub format: Option<Format>,
    /// What it is about.
    pub model: Option<Model>,
    /// What a register holds at first; nil, if this is left open.
    pub initial: Option<Value>,
    /// What a read of nil says; what its format has it say, if this is left open.
    pub nil_read: Option<NilRead>,
}

/// A history that can be judged.
#[derive(Clone, Debug)]
pub struct Opened {
    /// How it is written.
    pub format: Format,
    /// What it is about.
    pub model: Model,
    /// What a register holds at first.
    pub initial: Value,
    /// The history.
    pub imported: Imported,
}

/// Why a history can't be judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// As what it was read; `None` if that could not be guessed.
    pub format: Option<Format>,
    /// What it was taken to be about; `None` if that could not be guessed.
    pub model: Option<Model>,
    /// What is wrong.
    pub wrong: Wrong,
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
    /// Of a queue.
    Queue(Vec<Call<QueueAction>>),
    /// Of registers that count their writes.
    VersionedRegister(Vec<Call<VersionedAction>>),
    /// Of a lock that knows its owner.
    OwnedLock(Vec<Call<OwnedLockAction>>),
    /// Of a lock with fencing tokens.
    FencedLock(Vec<Call<FencedLockAction>>),
}

/// A history from a file. Moments are the numbers of its events; of a file that tells times, those of the different times.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its operations.
    pub calls: Calls,
    /// Where each stands in the file.
    pub places: Vec<Place>,
    /// What its clients asked for and did not happen, as if nobody knew whether it did; of the same model. It has no part in the
    /// verdict, but whoever saw its value can be told.
    pub failed: Calls,
    /// Where each of those stands in the file.
    pub failed_places: Vec<Place>,
    /// How places are counted.
    pub numbering: Numbering,
    /// What the file calls each object; an empty name if it has but one.
    pub objects: Vec<String>,
    /// What the file calls each process.
    pub processes: Vec<String>,
    /// How many entries of the nemesis were left out.
    pub left_out: u32,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
}

/// What a person who writes `nil`, a number, a text or another value of EDN says that a register holds; texts may stand in quotes,
/// as in a file.
pub fn value_named(name: &str) -> Value {
    let plain = name.trim();
    match edn::first(plain, 1) {
        _ if plain.is_empty() => Value::Nil,
        Ok((found, "")) if !matches!(found.form, Form::Symbol(_)) => found.value(),
        _ => Value::Text(Arc::new(format!("\"{plain}\""))),
    }
}

/// Reads the history of a file whose bytes [`decode`] made text.
pub fn open(text: &str, reading: &Reading) -> Result<Opened, Refused> {
    let refused = |format, model, wrong| Refused { format, model, wrong };
    let Some(format) = reading.format.or_else(|| guess::format(text)) else {
        let what = "expected a history in one of the formats that are known, found something else";
        return Err(refused(None, reading.model, Wrong::new(1, what)));
    };
    let initial = reading.initial.clone().unwrap_or(Value::Nil);
    let customs = customs(format, reading.nil_read, &initial);
    let read = match reading.model {
        Some(model) => match read_with(text, format, model, &customs) {
            Ok(read) => Ok((model, read)),
            Err(wrong) => Err((model, wrong)),
        },
        None => guess::read(text, format, &customs),
    };
    let (model, (imported, operations)) = read.map_err(|(model, wrong)| refused(Some(format), Some(model), wrong))?;
    if imported.places.is_empty() {
        let (nemesis, silent) = (imported.left_out, operations);
        let what = format!(
            "expected an operation that can be judged, found none: {nemesis} entries of the nemesis, {silent} operations that failed \
             or say nothing"
        );
        return Err(refused(Some(format), Some(model), Wrong::new(1, what)));
    }
    Ok(Opened { format, model, initial, imported })
}

/// Reads a history from the bytes of a file, as its format has it.
pub fn read(bytes: &[u8], format: Format, model: Model) -> Result<Imported, Wrong> {
    read_text(&decode("", bytes)?, format, model)
}

/// Reads a history, as its format has it. It may have no operation that can be judged.
pub fn read_text(text: &str, format: Format, model: Model) -> Result<Imported, Wrong> {
    read_with(text, format, model, &customs(format, None, &Value::Nil)).map(|(imported, _)| imported)
}

fn customs(format: Format, nil_read: Option<NilRead>, initial: &Value) -> Customs {
    let nil = match nil_read.unwrap_or(format.nil_read()) {
        NilRead::Any => None,
        NilRead::Unset => Some(Unset(initial.clone())),
    };
    Customs { nil, failed_saw_another: !format.is_of_jepsen() }
}

/// A history, and how many operations began in it.
fn read_with(text: &str, format: Format, model: Model, customs: &Customs) -> Result<(Imported, u32), Wrong> {
    match model {
        Model::Register => imported(paired::<OfRegister>(text, format, customs)?, Calls::Register),
        Model::CasRegister => imported(paired::<OfCasRegister>(text, format, customs)?, Calls::CasRegister),
        Model::Kv => imported(paired::<OfKeyValue>(text, format, customs)?, Calls::Kv),
        Model::Mutex => imported(paired::<OfLock>(text, format, customs)?, Calls::Mutex),
        Model::Set => imported(paired::<OfSet>(text, format, customs)?, Calls::Set),
        Model::Counter => imported(paired::<OfCounter>(text, format, customs)?, Calls::Counter),
        Model::Queue => imported(paired::<OfQueue>(text, format, customs)?, Calls::Queue),
        Model::VersionedRegister => {
            imported(paired::<OfVersionedRegister>(text, format, customs)?, Calls::VersionedRegister)
        }
        Model::OwnedLock => imported(paired::<OfOwnedLock>(text, format, customs)?, Calls::OwnedLock),
        Model::FencedLock => imported(paired::<OfFencedLock>(text, format, customs)?, Calls::FencedLock),
    }
}

fn imported<A>(paired: Paired<A>, wrap: impl Fn(Vec<Call<A>>) -> Calls) -> Result<(Imported, u32), Wrong> {
    let Paired { calls, places, failed, failed_places, numbering, objects, processes, tally } = paired;
    let (calls, failed) = (wrap(calls), wrap(failed));
    let (left_out, warnings) = (tally.left_out, tally.warnings());
    let imported = Imported { calls, places, failed, failed_places, numbering, objects, processes, left_out, warnings };
    Ok((imported, tally.operations))
}

fn paired<V: Vocabulary>(text: &str, format: Format, customs: &Customs) -> Result<Paired<V::Action>, Wrong> {
    let mut pairing = Pairing::<V>::new(customs.clone(), Keys::Undecided);
    if format == Format::PorcupineOperations {
        pairing.timed(&porcupine::read(text)?)?;
        return pairing.finish();
    }
    let done = entries(text, format, &mut |entry| pairing.entry(entry));
    if pairing.keys == Keys::Mixed && V::HOLDS_PAIRS {
        // The pairs before were plain values.
        pairing = Pairing::new(customs.clone(), Keys::Single);
        entries(text, format, &mut |entry| pairing.entry(entry))?;
    } else {
        done?;
    }
    pairing.finish()
}

/// Gives `take` the entries of a text, one after the other.
fn entries(text: &str, format: Format, take: &mut Sink<'_>) -> Result<(), Wrong> {
    let is_data = text.trim_start().starts_with(['{', '[', '(', '#', ';']);
    match format {
        Format::PorcupineEtcd => log::each(text, take),
        Format::Jepsen if !is_data && log::looks_so(text) => log::each(text, take),
        Format::Jepsen | Format::PorcupineKv => {
            let mut reader = edn::Reader::new(text);
            while let Some(operation) = reader.next()? {
                take(event::entry(&operation)?)?;
            }
            Ok(())
        }
        Format::JepsenJson => json::each(text, &mut |operation| take(event::entry(operation)?)),
        Format::PorcupineOperations => unreachable!("has no entries of its own"),
    }
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
            ("{:b 1, :a [2]}", text("{:a [2] :b 1}")),
        ] {
            assert_eq!(value_named(name), expected, "{name}");
            assert_eq!(value_named(&expected.to_string()), expected, "{name}, shown and read again");
        }
    }

    /// What a history in a file holds, a person can name: a read of it is possible at first.
    #[test]
    fn a_text_of_a_file_is_the_one_that_is_named() {
        for written in ["\"red\"", ":red", "7", "#{2 1}"] {
            let events =
                format!("{{:process 0 :type :invoke :f :read}} {{:process 0 :type :ok :f :read :value {written}}}");
            let imported = read(events.as_bytes(), Format::Jepsen, Model::Register).expect("a history");
            let Calls::Register(calls) = imported.calls else { panic!("registers") };
            assert_eq!(calls[0].action, RegisterAction::Read(value_named(written)));
        }
    }
}

//! `cap-lab check`: judges recorded histories.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cap_lab::check::call::Call;
use cap_lab::check::evidence::{self, Evidence};
use cap_lab::check::import::{self, Calls, Format, Imported, Model};
use cap_lab::check::linearizability::{Checker, Verdict};
use cap_lab::check::spec::Spec;
use cap_lab::check::spec::collections::{Counter, GrowingSet};
use cap_lab::check::spec::key_value::KeyValue;
use cap_lab::check::spec::lock::Lock;
use cap_lab::check::spec::register::{CasRegister, Register};
use cap_lab::timeline::json::Json;
use clap::{Args, ValueEnum};

/// The largest file that is read, in bytes.
const BYTES_MAX: u64 = 256 << 20;

/// What to check, and how to tell of it.
#[derive(Args)]
pub(crate) struct CheckArguments {
    /// What the histories are about.
    #[arg(long)]
    model: ModelName,
    /// How they are written down.
    #[arg(long)]
    format: FormatName,
    /// Prints a line of JSON per file, with the order or the evidence.
    #[arg(long)]
    json: bool,
    /// Prints the evidence below the verdict.
    #[arg(short, long)]
    verbose: bool,
    /// How many configurations to look at per file before the answer is "unknown".
    #[arg(long, default_value_t = 5_000_000)]
    budget: u64,
    /// What a register holds at first: `nil`, a number, or a text. [default: nil in Porcupine's formats, 0 in Jepsen's, where
    /// it is nil in files named rethink-*]
    #[arg(long, allow_hyphen_values = true)]
    initial: Option<String>,
    /// The histories.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModelName {
    Register,
    CasRegister,
    Kv,
    Mutex,
    Set,
    Counter,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    PorcupineEtcd,
    PorcupineKv,
    Jepsen,
    JepsenJson,
}

impl From<ModelName> for Model {
    fn from(name: ModelName) -> Self {
        match name {
            ModelName::Register => Self::Register,
            ModelName::CasRegister => Self::CasRegister,
            ModelName::Kv => Self::Kv,
            ModelName::Mutex => Self::Mutex,
            ModelName::Set => Self::Set,
            ModelName::Counter => Self::Counter,
        }
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::PorcupineEtcd => Self::PorcupineEtcd,
            FormatName::PorcupineKv => Self::PorcupineKv,
            FormatName::Jepsen => Self::Jepsen,
            FormatName::JepsenJson => Self::JepsenJson,
        }
    }
}

/// What a file came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Judged {
    Linearizable,
    Not,
    Unknown,
    BadInput,
}

impl Judged {
    fn words(self) -> &'static str {
        match self {
            Self::Linearizable => "linearizable",
            Self::Not => "not linearizable",
            Self::Unknown => "unknown",
            Self::BadInput => "bad input",
        }
    }
}

/// Checks all files. Exit status 0: all are linearizable; 1: some are not; 2: bad input; 3: some are unknown. Bad input goes
/// before a violation, and that before the unknown.
pub(crate) fn run(arguments: &CheckArguments) -> ExitCode {
    let mut all = Vec::new();
    for file in &arguments.files {
        let (judged, told) = match check_file(arguments, file) {
            Ok(told) => told,
            Err(wrong) => {
                let _ = writeln!(io::stderr(), "{wrong}");
                (Judged::BadInput, String::new())
            }
        };
        // Whoever stops reading has read enough.
        let _ = io::stdout().write_all(told.as_bytes());
        all.push(judged);
    }
    let worst = [(Judged::BadInput, 2), (Judged::Not, 1), (Judged::Unknown, 3)];
    let status = worst.iter().find(|(judged, _)| all.contains(judged)).map_or(0, |(_, status)| *status);
    ExitCode::from(status)
}

fn check_file(arguments: &CheckArguments, file: &Path) -> Result<(Judged, String), String> {
    let (format, shown) = (Format::from(arguments.format), file.display());
    let bytes = read(file).map_err(|wrong| format!("{shown}: {wrong}"))?;
    let imported = import::read(&bytes, format, arguments.model.into()).map_err(|wrong| format!("{shown}:{wrong}"))?;
    let initial = match arguments.initial.as_deref() {
        None => import::initial_value(format, &file.file_name().unwrap_or_default().to_string_lossy()),
        Some(named) => import::value_named(named),
    };
    let Imported { calls, lines, objects } = imported;
    let report = Report { arguments, file, lines: &lines, objects: &objects };
    Ok(match calls {
        Calls::Register(calls) => report.judge(Register { initial }, calls),
        Calls::CasRegister(calls) => report.judge(CasRegister { initial }, calls),
        Calls::Kv(calls) => report.judge(KeyValue, calls),
        Calls::Mutex(calls) => report.judge(Lock, calls),
        Calls::Set(calls) => report.judge(GrowingSet, calls),
        Calls::Counter(calls) => report.judge(Counter, calls),
    })
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let opened = File::open(file).map_err(|error| format!("this file can't be opened: {error}"))?;
    let mut bytes = Vec::new();
    opened.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| format!("this file can't be read: {error}"))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("expected a file of {} MB at most, found a larger one", BYTES_MAX >> 20));
    }
    Ok(bytes)
}

/// Tells of one file.
struct Report<'file> {
    arguments: &'file CheckArguments,
    file: &'file Path,
    lines: &'file [import::Lines],
    objects: &'file [String],
}

impl Report<'_> {
    fn judge<S: Spec>(&self, spec: S, calls: Vec<Call<S::Action>>) -> (Judged, String) {
        let mut checker = Checker::new(spec, calls);
        let budget = self.arguments.budget;
        let verdict = checker.step(budget).unwrap_or_else(|| checker.give_up());
        let (judged, told) = match &verdict {
            Verdict::Linearizable(order) => (Judged::Linearizable, Found::Order(order)),
            Verdict::NotLinearizable(evidence) => (Judged::Not, Found::Evidence(evidence)),
            Verdict::Unknown { .. } => (Judged::Unknown, Found::Nothing),
        };
        let text = if self.arguments.json {
            self.json(&checker, judged, told).write() + "\n"
        } else {
            let mut text = format!("{}: {}\n", self.file.display(), judged.words());
            if self.arguments.verbose {
                text += &self.details(&checker, told);
            }
            text
        };
        (judged, text)
    }

    fn details<S: Spec>(&self, checker: &Checker<S>, told: Found<'_>) -> String {
        match told {
            Found::Order(order) => {
                format!("  {} of {} operations have a place in the order\n", order.len(), checker.calls().len())
            }
            Found::Nothing => format!("  gave up after {} configurations\n", checker.explored()),
            Found::Evidence(evidence) => {
                let mut text = format!("  {}\n", self.sentence(checker, evidence));
                let minimal = if evidence.minimal { "" } else { "; a smaller set may be impossible too" };
                text += &format!("  impossible together (* makes the case, the others are what it saw){minimal}:\n");
                for &one in &evidence.operations {
                    let mark = if evidence.decisive.contains(&one) { '*' } else { ' ' };
                    text += &format!("  {mark} {}\n", self.name(checker.calls(), one));
                }
                let object = checker.calls()[evidence.operations[0] as usize].object;
                let all = checker.calls().iter().filter(|call| call.object == object).count();
                text += &format!("  the longest order found has {} of {all} operations\n", evidence.longest.len());
                text
            }
        }
    }

    fn sentence<S: Spec>(&self, checker: &Checker<S>, evidence: &Evidence) -> String {
        let name = |one: u32| self.name(checker.calls(), one);
        evidence::sentence(checker.spec(), checker.calls(), evidence, &name)
    }

    /// "read 3 by process 2 (lines 4–5)"
    fn name<A: std::fmt::Display>(&self, calls: &[Call<A>], one: u32) -> String {
        let Call { process, object, action, .. } = &calls[one as usize];
        let import::Lines { invoked, returned } = self.lines[one as usize];
        let process = process.cast_signed();
        let object = &self.objects[*object as usize];
        let of = if object.is_empty() { String::new() } else { format!(" of key {object}") };
        let lines = match returned {
            Some(returned) => format!("lines {invoked}–{returned}"),
            None => format!("line {invoked}, never returned"),
        };
        format!("{action}{of} by process {process} ({lines})")
    }

    fn json<S: Spec>(&self, checker: &Checker<S>, judged: Judged, told: Found<'_>) -> Json {
        let text = |text: &str| Json::Text(text.to_owned());
        let number = |number: usize| Json::Number(number as u64);
        let mut members = vec![
            ("file".to_owned(), Json::Text(self.file.display().to_string())),
            ("verdict".to_owned(), text(judged.words())),
            ("operations".to_owned(), number(checker.calls().len())),
            ("explored".to_owned(), Json::Number(checker.explored())),
        ];
        match told {
            Found::Nothing => {}
            Found::Order(order) => members.push(("order".to_owned(), self.operations(checker.calls(), order))),
            Found::Evidence(evidence) => {
                let minimal = if evidence.minimal { "yes" } else { "unknown" };
                let evidence = vec![
                    ("sentence".to_owned(), Json::Text(self.sentence(checker, evidence))),
                    ("operations".to_owned(), self.operations(checker.calls(), &evidence.operations)),
                    ("decisive".to_owned(), self.operations(checker.calls(), &evidence.decisive)),
                    ("minimal".to_owned(), text(minimal)),
                    ("longest_order".to_owned(), self.operations(checker.calls(), &evidence.longest)),
                ];
                members.push(("evidence".to_owned(), Json::Object(evidence)));
            }
        }
        Json::Object(members)
    }

    fn operations<A: std::fmt::Display>(&self, calls: &[Call<A>], which: &[u32]) -> Json {
        let operation = |&one: &u32| {
            let Call { process, object, action, .. } = &calls[one as usize];
            let import::Lines { invoked, returned } = self.lines[one as usize];
            let mut members = vec![
                ("process".to_owned(), Json::Number(*process)),
                ("action".to_owned(), Json::Text(action.to_string())),
                ("invoked_line".to_owned(), Json::Number(invoked.into())),
            ];
            members.extend(returned.map(|line| ("returned_line".to_owned(), Json::Number(line.into()))));
            let object = &self.objects[*object as usize];
            if !object.is_empty() {
                members.push(("key".to_owned(), Json::Text(object.clone())));
            }
            Json::Object(members)
        };
        Json::List(which.iter().map(operation).collect())
    }
}

/// What there is to tell besides the verdict.
#[derive(Clone, Copy)]
enum Found<'verdict> {
    Nothing,
    Order(&'verdict [u32]),
    Evidence(&'verdict Evidence),
}

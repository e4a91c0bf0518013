//! `cap-lab check`: judges recorded histories.

mod input;
mod output;
mod report;
mod run;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cap_lab::check::import::{Format, Model, NilRead};
use cap_lab::referee::consistency::Consistency;
use clap::{Args, ValueEnum};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use self::input::Input;
use self::output::Output;
use self::run::Judged;

/// What the words of a history mean, for `--help` and the manual.
pub(crate) const SEMANTICS: &str = "\
WHAT check JUDGES
  Clients' operations, in the order of the file's entries (of Porcupine's operations, in that of their times). Each is linearizable
  if it can have taken effect at one moment between its invocation and its return.

  :ok        It happened, with this result.
  :fail      It did not happen, and is left out. (In Porcupine's formats a compare-and-set that failed found another value.)
  :info      Or no return at all: it may take effect at any later time, or never.
  nil        A read that returned nil says nothing in Jepsen's formats, and found the register unset in Porcupine's: --nil-read.
  nemesis    The entries of a process so called are left out, and their number is told. Clients may have any other name.
  [key value]  If every invocation has such a value, as jepsen.independent writes it, each key is judged by itself, and each one
             that fails is reported. So is each :key of a file that has them.

  A register holds nil at first, whatever its file is called: --initial. Values are equal if they are the same value: in JSON 42 is
  42.0. A file in which no operation can be judged is bad input.

EXIT STATUS
  0  All histories keep what was asked for.
  1  One does not.
  2  Bad input, or with --strict a warning.
  3  For one nobody knows: --timeout, --budget, --memory.
  The first of 2, 1, 3, 0 that applies.";

/// What to check, and how to tell of it.
#[derive(Args)]
pub(crate) struct CheckArguments {
    /// What the histories are about. [default: the first that every operation fits, which is said]
    #[arg(long, value_parser = named(&Model::ALL, Model::name))]
    model: Option<Model>,
    /// How they are written down. [default: what the content looks like, which is said]
    #[arg(long, value_parser = named(&Format::ALL, Format::name))]
    format: Option<Format>,
    /// What a register holds at first: nil, a number, a text, or another value of EDN. [default: nil]
    #[arg(long, allow_hyphen_values = true)]
    initial: Option<String>,
    /// What a read of nil says: nothing (any), or that the object was as at first (unset). [default: any in Jepsen's formats,
    /// unset in Porcupine's]
    #[arg(long)]
    nil_read: Option<NilReadName>,
    /// What the histories are held to.
    #[arg(long, value_enum, default_value_t = ConsistencyName::Linearizable)]
    consistency: ConsistencyName,
    /// Prints one line of JSON per input, with the order or the evidence; of bad input, too.
    #[arg(long)]
    json: bool,
    /// Prints the order's length or the evidence below each verdict.
    #[arg(short, long)]
    verbose: bool,
    /// Writes the picture of one history, with its order or its evidence, as one page that opens anywhere.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The same as a picture alone.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Prints verdicts and errors only: no warnings, no notes, no progress.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Takes warnings for errors: the exit status is 2.
    #[arg(long)]
    strict: bool,
    /// For how long to look at each input, in seconds, before the answer is "unknown".
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    timeout: f64,
    /// For how long to make the evidence of each input small, in seconds. The verdict does not wait for it.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, value_parser = seconds)]
    evidence: f64,
    /// How many configurations to look at per input before the answer is "unknown". [default: as many as the time allows]
    #[arg(long, value_name = "CONFIGURATIONS")]
    budget: Option<u64>,
    /// How much memory the checks may take for what they remember, in MB, besides the histories; all inputs together.
    #[arg(long, value_name = "MB", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    memory: u32,
    /// The histories: files, - for standard input, or directories of Jepsen's store, in which each history.edn is taken.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
}

/// A parser for what has a name among `all`.
fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl clap::builder::TypedValueParser<Value = T> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    let names = PossibleValuesParser::new(all.iter().map(|one| name(*one)));
    names.map(move |given| *all.iter().find(|one| name(**one) == given).expect("one of the names"))
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if (0.0..=1e9).contains(&seconds) { Ok(seconds) } else { Err("expected 0 to 1000000000 seconds".to_owned()) }
}

#[derive(Clone, Copy, ValueEnum)]
enum ConsistencyName {
    /// One order of all operations explains their results and keeps the order of time.
    Linearizable,
    /// One order of all operations explains their results and keeps that of each process.
    Sequential,
    /// No read misses what happened before what it or its process saw. Of registers, and of keys that are put and got; each value
    /// is to be written once.
    Causal,
    /// Read your writes, monotonic reads, monotonic writes and writes follow reads, for each process. Of the same.
    Sessions,
}

impl From<ConsistencyName> for Consistency {
    fn from(name: ConsistencyName) -> Self {
        match name {
            ConsistencyName::Linearizable => Self::Linearizable,
            ConsistencyName::Sequential => Self::Sequential,
            ConsistencyName::Causal => Self::Causal,
            ConsistencyName::Sessions => Self::Sessions,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum NilReadName {
    Any,
    Unset,
}

impl From<NilReadName> for NilRead {
    fn from(name: NilReadName) -> Self {
        match name {
            NilReadName::Any => Self::Any,
            NilReadName::Unset => Self::Unset,
        }
    }
}

/// Checks all inputs, on all cores. The status is that of the worst.
pub(crate) fn run(arguments: &CheckArguments) -> ExitCode {
    let inputs: Vec<Result<Input, input::Missing>> =
        arguments.inputs.iter().flat_map(|path| input::all(path)).collect();
    let draws = arguments.html.is_some() || arguments.svg.is_some();
    if draws && inputs.len() != 1 {
        let _ = writeln!(io::stderr(), "--html and --svg draw one history, and there are {}", inputs.len());
        return ExitCode::from(2);
    }
    let output = Output::new(inputs.len(), arguments.quiet);
    let stopped = Arc::new(AtomicBool::new(false));
    let seen = stopped.clone();
    // The first Ctrl-C ends the checks and tells what is known; whoever is in a hurry presses it again.
    let heard = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    assert!(heard.is_ok(), "nobody else handles Ctrl-C");
    let judged: Vec<Judged> = inputs
        .par_iter()
        .enumerate()
        .map(|(place, input)| {
            let judged = run::judge(arguments, input, &output.of(place), &stopped);
            output.finish(place);
            judged
        })
        .collect();
    ExitCode::from(run::status(&judged))
}

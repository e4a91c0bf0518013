//! `cap-lab sweep`: many runs by their seeds, and what each store's consistency costs in them.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::Micros;
use cap_lab::sim::fault::Scripted;
use cap_lab::store::feed::Request;
use cap_lab::timeline::Timeline;
use cap_lab::timeline::command::Command;
use cap_lab::tradeoff::{Batch, Figures, percentile};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;

/// What to run, and where to write.
#[derive(Args)]
pub(crate) struct SweepArguments {
    /// Who takes part and on what stores, as a run file says it: "replicas=5 people=3 regions=3 jitter=10 traffic=100
    /// stores=raft/gossip".
    setup: String,
    /// How many runs of each store: one for each seed.
    #[arg(long, default_value_t = 100)]
    runs: u32,
    /// The first seed; the others follow it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much simulated time each run has, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// What is done to each run: a run file, or commands as golden scripts have them, one a line: "at 2s", "split n1 n2", "heal".
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Writes a line for each run and store, with names in the first line.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Writes the same as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Says neither how far it is nor how long it took.
    #[arg(short, long)]
    quiet: bool,
}

/// One run of one store.
#[derive(Serialize)]
struct Row {
    seed: u64,
    store: String,
    #[serde(flatten)]
    figures: Figures,
}

/// All of a sweep, as JSON has it.
#[derive(Serialize)]
struct Sweep<'a> {
    setup: String,
    seconds: u64,
    script: Vec<String>,
    runs: &'a [Row],
}

/// Runs them all. What is printed is a table of the stores.
pub(crate) fn run(arguments: &SweepArguments) -> Result<String, String> {
    let experiment: FeedExperiment =
        arguments.setup.parse().map_err(|wrong| format!("This setup can't be read: {wrong}."))?;
    let length = Micros(arguments.seconds.saturating_mul(1_000_000));
    let mut batch =
        Batch { experiment, script: Arc::default(), length, first_seed: arguments.seed, seeds: arguments.runs };
    batch.check().map_err(|wrong| format!("This can't be run: {wrong}."))?;
    if let Some(path) = &arguments.script {
        let said = |wrong: String| format!("{}: {wrong}.", path.display());
        batch.script = script(path, &batch).map_err(said)?.into();
        batch.check().map_err(said)?;
    }
    let began = Instant::now();
    let rows = rows(&batch, arguments.quiet);
    let took = began.elapsed().as_secs_f64();
    if let Some(path) = &arguments.csv {
        write(path, &csv(&rows))?;
    }
    if let Some(path) = &arguments.json {
        let script = batch.script.iter().map(ToString::to_string).collect();
        let sweep = Sweep { setup: batch.experiment.to_string(), seconds: arguments.seconds, script, runs: &rows };
        write(path, &(serde_json::to_string_pretty(&sweep).expect("texts and numbers can always be written") + "\n"))?;
    }
    if !arguments.quiet {
        let simulated = rows.len() as u64 * arguments.seconds;
        let speed = simulated as f64 / took.max(1e-3);
        let _ = writeln!(io::stderr(), "{simulated} simulated seconds in {took:.1} s: {speed:.0} a second");
    }
    Ok(table(&batch, &rows))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

/// On all cores, in the order of seeds and stores.
fn rows(batch: &Batch, quiet: bool) -> Vec<Row> {
    let shows = !quiet && io::stderr().is_terminal();
    let target = if shows { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(batch.len() as u64), target);
    let style = ProgressStyle::with_template("{bar:24} {pos} of {len} runs, {elapsed}, {eta} to go");
    bar.set_style(style.expect("a template that is right"));
    let runs: Vec<(u64, usize)> = batch.runs().collect();
    let row = |(seed, store): (u64, usize)| {
        let figures = batch.figures(seed, store);
        bar.inc(1);
        Row { seed, store: batch.experiment.stores[store].to_string(), figures }
    };
    let rows = runs.into_par_iter().map(row).collect();
    bar.finish_and_clear();
    rows
}

/// What is done to each run.
fn script(path: &Path, batch: &Batch) -> Result<Vec<Scripted<Request>>, String> {
    let text = super::read(path)?;
    if text.trim_start().starts_with('{') {
        return Ok(Timeline::<FeedExperiment>::open(&text)?.script().to_vec());
    }
    // Who is meant by a command is the same for every seed: what it comes to with the first one is done to all.
    let mut timeline = Timeline::new(batch.experiment.clone(), batch.first_seed);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let in_line = |wrong: String| format!("line {} (“{line}”): {wrong}", number + 1);
        let command: Command = line.parse().map_err(in_line)?;
        timeline.command(&command).map_err(in_line)?;
    }
    Ok(timeline.script().to_vec())
}

/// Milliseconds with three decimals; empty if there are none.
fn ms(micros: Option<Micros>) -> String {
    micros.map_or_else(String::new, |Micros(us)| format!("{}.{:03}", us / 1_000, us % 1_000))
}

/// A share with three decimals; empty if there is none.
fn share(per_mille: Option<u32>) -> String {
    per_mille.map_or_else(String::new, |share| format!("{}.{:03}", share / 1_000, share % 1_000))
}

fn csv(rows: &[Row]) -> String {
    let mut text = String::from(
        "seed,store,asked,answered,refused,unknown,availability,reads,read_p50_ms,read_p99_ms,writes,write_p50_ms,write_p99_ms,\
         stale_reads,stale_share,staleness_p50_ms,staleness_max_ms,lost\n",
    );
    for Row { seed, store, figures } in rows {
        let Figures { answered, refused, unknown, reads, writes, stale, behind_p50, behind_max, lost } = figures;
        let (asked, available) = (figures.asked(), share(figures.availability_per_mille()));
        let (read_p50, read_p99, write_p50, write_p99) = (ms(reads.p50), ms(reads.p99), ms(writes.p50), ms(writes.p99));
        let (stale_share, behind_p50, behind_max) =
            (share(figures.stale_per_mille()), ms(*behind_p50), ms(*behind_max));
        writeln!(
            text,
            "{seed},{store},{asked},{answered},{refused},{unknown},{available},{},{read_p50},{read_p99},{},{write_p50},{write_p99},\
             {stale},{stale_share},{behind_p50},{behind_max},{lost}",
            reads.count, writes.count,
        )
        .expect("strings take everything");
    }
    text
}

/// The stores beside each other: shares of all runs together, and of latencies the median over the runs.
fn table(batch: &Batch, rows: &[Row]) -> String {
    let stores = batch.experiment.stores.len();
    let mut text = String::from(
        "store                 answered  read p50  read p99  write p50  write p99  stale reads  behind, most      lost\n",
    );
    for (place, store) in batch.experiment.stores.iter().enumerate() {
        let of_store: Vec<&Figures> = rows.iter().skip(place).step_by(stores).map(|row| &row.figures).collect();
        let sum = |count: fn(&Figures) -> u32| of_store.iter().map(|figures| u64::from(count(figures))).sum::<u64>();
        let median = |of: fn(&Figures) -> Option<Micros>| {
            let mut all: Vec<Micros> = of_store.iter().filter_map(|figures| of(figures)).collect();
            all.sort_unstable();
            percentile(&all, 50).map_or_else(|| "–".to_owned(), |middle| format!("{:.1} ms", middle.0 as f64 / 1e3))
        };
        let percent = |part: u64, whole: u64| {
            if whole == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
        };
        let furthest = of_store.iter().filter_map(|figures| figures.behind_max).max();
        writeln!(
            text,
            "{:20} {:>9} {:>9} {:>9} {:>10} {:>10} {:>12} {:>13} {:>9}",
            store.to_string(),
            percent(sum(|figures| figures.answered), sum(Figures::asked)),
            median(|figures| figures.reads.p50),
            median(|figures| figures.reads.p99),
            median(|figures| figures.writes.p50),
            median(|figures| figures.writes.p99),
            percent(sum(|figures| figures.stale), sum(|figures| figures.reads.count)),
            furthest.map_or_else(|| "–".to_owned(), |most| format!("{} ms", most.as_ms())),
            sum(|figures| figures.lost),
        )
        .expect("strings take everything");
    }
    text
}

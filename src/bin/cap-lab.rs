//! The command line: the same library without a browser.
//!
//! Exit status 0: done; 2: bad input, with one sentence on what is wrong with it. `check` has more of them: see there.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cap_lab::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use cap_lab::explain::{self, Sentence};
use cap_lab::goal::Goal;
use cap_lab::goal::ledger::Recorded;
use cap_lab::node::{Micros, Node, NodeId};
use cap_lab::sim::run::{Latest, Run, World};
use cap_lab::spacetime::{Diagram, Traced};
use cap_lab::timeline::file::{BYTES_MAX, experiment_in, too_large};
use cap_lab::timeline::track::{SideBySide, Track};
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::with_experiment;
use cap_lab::world::feed::FeedRun;
use cap_lab::world::locks::LocksRun;
use cap_lab::world::paxos::PaxosRun;
use cap_lab::world::watch;
use clap::{CommandFactory, Parser, Subcommand};

#[path = "cap-lab/check/mod.rs"]
mod check;
#[path = "cap-lab/grade.rs"]
mod grade;
#[path = "cap-lab/lesson.rs"]
mod lesson;
#[path = "cap-lab/sweep.rs"]
mod sweep;

/// CAP Lab without a browser.
#[derive(Parser)]
#[command(version, after_long_help = check::SEMANTICS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judges whether recorded histories are linearizable. Exit status 0: all are; 1: some are not; 2: bad input; 3: some are
    /// unknown.
    #[command(after_long_help = check::SEMANTICS)]
    Check(Box<check::CheckArguments>),
    /// Prints what completes the commands in a shell: `cap-lab completions bash > /etc/bash_completion.d/cap-lab`.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Prints a page of the manual: `cap-lab man check > cap-lab-check.1`.
    Man {
        /// The command it is about; the whole, if this is left out.
        command: Option<String>,
    },
    /// Computes a run again from its file, and compares what it did with what the file says.
    Replay {
        /// The file, as exported from the page, or a link to the run.
        run: PathBuf,
        /// Tells every step that has a note, as a sentence.
        #[arg(short, long)]
        verbose: bool,
        /// Prints the run as a golden script instead.
        #[arg(long, conflicts_with = "verbose")]
        script: bool,
    },
    /// Checks lessons, and plays them without a page.
    #[command(subcommand)]
    Lesson(lesson::LessonCommand),
    /// Grades what was handed in: computes every run again, says which goals it meets, and marks what was edited or copied. Exit status
    /// 0: nothing is marked; 1: something is; 2: bad input.
    Grade(grade::GradeArguments),
    /// Says whether a goal is met in a run, and when: "refused ana on CP and stale ana on AP". Exit status 0: it is; 1: it is not.
    Judge {
        /// The file, as exported from the page, or a link to the run.
        run: PathBuf,
        /// The goal, in the words of situations and lessons.
        goal: String,
    },
    /// Prints a link to a run, which opens where its play head stood, paused.
    Link {
        /// The file, as exported from the page.
        run: PathBuf,
        /// The address of the site that the link leads to.
        #[arg(long, default_value = "")]
        site: String,
    },
    /// Tells every event of a run with its vector clock, so that what happens before what can be seen.
    Trace {
        /// The file, as exported from the page, or a link to the run.
        run: PathBuf,
        /// Which of the worlds that run side by side, from 0.
        #[arg(long, default_value_t = 0)]
        world: usize,
        /// Prints a log that ShiViz draws instead.
        #[arg(long)]
        shiviz: bool,
    },
    /// Computes many runs of a feed by their seeds, on all cores, and tells what each store's consistency costs in latency,
    /// availability and staleness.
    Sweep(sweep::SweepArguments),
    /// Computes a run in which nobody interferes, and prints it as a file that the page opens.
    Record {
        /// `feed`, `paxos` or `locks`.
        experiment: String,
        /// Who takes part, as a run file says it: "replicas=5 people=3 traffic=100 stores=raft/gossip", "proposers=2 acceptors=5",
        /// "backend=raft lease=1000 storage=token" (of locks, what is left out is as usual).
        setup: String,
        /// Decides all delays.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How much simulated time, in seconds.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
}

fn main() -> ExitCode {
    let unknown = || Err("This version does not know that experiment.".to_owned());
    let (input, done) = match Arguments::parse().command {
        Command::Check(arguments) => return check::run(&arguments),
        Command::Lesson(command) => return lesson::run(&command),
        Command::Grade(arguments) => return grade::run(&arguments),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "cap-lab", &mut out);
            ("completions".to_owned(), String::from_utf8(out).map_err(|error| error.to_string()))
        }
        Command::Man { command } => ("man".to_owned(), manual(command.as_deref())),
        Command::Replay { run, verbose, script } => {
            let done = read(&run).and_then(|text| {
                let known = with_experiment!(experiment_in(&text)?.as_str(), E => replay::<E>(&text, verbose, script));
                known.unwrap_or_else(unknown)
            });
            (run.display().to_string(), done)
        }
        Command::Judge { run, goal } => {
            let done = read(&run).and_then(|text| {
                let known = with_experiment!(experiment_in(&text)?.as_str(), E => judge::<E>(&text, &goal));
                known.unwrap_or_else(unknown)
            });
            if matches!(&done, Ok(told) if told == NOT_MET) {
                let _ = io::stdout().write_all(NOT_MET.as_bytes());
                return ExitCode::FAILURE;
            }
            (run.display().to_string(), done)
        }
        Command::Link { run, site } => {
            let done = read(&run).and_then(|text| {
                let known = with_experiment!(experiment_in(&text)?.as_str(), E => link::<E>(&text, &site));
                known.unwrap_or_else(unknown)
            });
            (run.display().to_string(), done)
        }
        Command::Trace { run, world, shiviz } => {
            let done = read(&run).and_then(|text| {
                let known = with_experiment!(experiment_in(&text)?.as_str(), E => trace::<E>(&text, world, shiviz));
                known.unwrap_or_else(unknown)
            });
            (run.display().to_string(), done)
        }
        Command::Sweep(arguments) => ("sweep".to_owned(), sweep::run(&arguments)),
        Command::Record { experiment, setup, seed, seconds } => {
            let known = with_experiment!(experiment.as_str(), E => record::<E>(&setup, seed, seconds));
            (experiment, known.unwrap_or_else(unknown))
        }
    };
    match done {
        Ok(told) => {
            // Whoever stops reading has read enough.
            let _ = io::stdout().write_all(told.as_bytes());
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            let _ = writeln!(io::stderr(), "{input}: {wrong}");
            ExitCode::from(2)
        }
    }
}

/// A page of the manual, as `man` reads it.
fn manual(command: Option<&str>) -> Result<String, String> {
    let mut whole = Arguments::command();
    whole.build();
    let page = match command {
        None => Some(whole),
        Some(name) => whole.find_subcommand(name).cloned(),
    };
    let page = page.ok_or("There is no such command.")?;
    let mut out = Vec::new();
    clap_mangen::Man::new(page).render(&mut out).map_err(|error| error.to_string())?;
    String::from_utf8(out).map_err(|error| error.to_string())
}

/// The text of a file, or as much of it as shows that it is too large; of a link its code.
fn read(path: &Path) -> Result<String, String> {
    if let Some((_, query)) = path.to_str().and_then(|link| link.split_once('#')).filter(|_| !path.exists()) {
        let code = query.split(['?', '&']).find_map(|part| part.strip_prefix("run="));
        return code.map(str::to_owned).ok_or_else(|| "This link brings no run: it has no “run=”.".to_owned());
    }
    let mut bytes = Vec::new();
    let opened = File::open(path).map_err(|error| format!("This file can't be opened: {error}."))?;
    let most = BYTES_MAX as u64 + 1;
    opened.take(most).read_to_end(&mut bytes).map_err(|error| format!("This file can't be read: {error}."))?;
    if bytes.len() > BYTES_MAX {
        let whole = path.metadata().map_or(bytes.len(), |file| file.len() as usize);
        return Err(too_large(whole.max(bytes.len())));
    }
    String::from_utf8(bytes).map_err(|_| "This is not a run of CAP Lab: it is not even text.".to_owned())
}

/// A run in which nobody interferes, as a file.
fn record<E: Experiment>(setup: &str, seed: u64, seconds: u64) -> Result<String, String> {
    let setup: E = setup.parse().and_then(|setup: E| setup.check().map(|()| setup))?;
    let length = Micros(seconds.saturating_mul(1_000_000));
    let mut timeline = Timeline::new(setup, seed);
    timeline.play(length);
    if timeline.now() < length {
        let (limit, seconds) = (timeline.room().limit, timeline.now().0 / 1_000_000);
        return Err(format!("A run has up to {limit}: this one reaches that after {seconds} s."));
    }
    Ok(timeline.export())
}

/// Replays a run, which proves that it does what its file says, and tells of it.
fn replay<E: Experiment<Track: Narrated>>(text: &str, verbose: bool, script: bool) -> Result<String, String> {
    let imported = Timeline::<E>::import(text)?;
    let timeline = imported.timeline;
    if script {
        return Ok(timeline.golden_script());
    }
    let mut out = format!("{} {}, seed {}\n", E::NAME, timeline.experiment(), timeline.seed());
    if verbose {
        tell(timeline.clone(), &mut out);
    }
    let (acts, skipped) = (timeline.script().len(), imported.skipped);
    out += &format!("{}: the end, after {acts} acts, of which {skipped} could not be done\n", clock(timeline.end()));
    for (world, what) in timeline.frontier().fingerprints().into_iter().enumerate() {
        out += &format!("world {world}: {} steps, digest {:016x}, as the file says\n", what.steps, what.digest);
    }
    Ok(out)
}

/// What is printed of a goal that the run does not meet.
const NOT_MET: &str = "not met\n";

/// Whether a goal is met in a run, and the moments that decide it.
fn judge<E: Recorded>(text: &str, goal: &str) -> Result<String, String> {
    let goal: Goal = goal.parse().map_err(|wrong| format!("This goal can't be read: {wrong}."))?;
    let mut timeline = Timeline::<E>::import(text)?.timeline;
    timeline.seek(timeline.end());
    let ledger = E::ledger(&timeline);
    goal.check(&ledger).map_err(|wrong| format!("This goal does not fit this run: {wrong}."))?;
    let Some(met) = goal.met(&ledger) else { return Ok(NOT_MET.to_owned()) };
    let moments = goal.moments(&ledger).into_iter().map(|(at, says)| format!("{}  {says}\n", clock(at)));
    Ok(format!("met at {}\n", clock(met)) + &moments.collect::<String>())
}

/// A link to a run on the page that shows such runs.
fn link<E: Experiment + Shown>(text: &str, site: &str) -> Result<String, String> {
    let timeline = Timeline::<E>::import(text)?.timeline;
    Ok(format!("{site}#{}?run={}\n", timeline.experiment().page()?, timeline.link()))
}

/// Runs that a page shows.
trait Shown {
    /// Its address. `Err` says in a sentence why there is none.
    fn page(&self) -> Result<&'static str, String>;
}

impl Shown for FeedExperiment {
    fn page(&self) -> Result<&'static str, String> {
        Ok(if self.stores.len() == 1 { "raft" } else { "feed" })
    }
}

impl Shown for PaxosExperiment {
    fn page(&self) -> Result<&'static str, String> {
        Ok("paxos")
    }
}

impl Shown for LocksExperiment {
    fn page(&self) -> Result<&'static str, String> {
        Err("The page of locks keeps no runs, so there is no link to one.".to_owned())
    }
}

/// Every event of one world of a run, with its vector clock.
fn trace<E: Experiment<Track: Traced>>(text: &str, world: usize, shiviz: bool) -> Result<String, String> {
    let timeline = Timeline::<E>::import(text)?.timeline;
    let worlds = timeline.frontier().fingerprints().len();
    if world >= worlds {
        return Err(format!("World {world} is asked for, but the run has {worlds}, counted from 0."));
    }
    let diagram = Diagram::of(&timeline, world, Micros::ZERO, timeline.end());
    if shiviz {
        return Ok(diagram.to_shiviz());
    }
    let mut out = String::new();
    for event in &diagram.events {
        out += &format!("{}  {:?}  {}\n", clock(event.at), event.clock, event.headline);
    }
    Ok(out)
}

/// Goes through the run step by step.
fn tell<E: Experiment<Track: Narrated>>(mut timeline: Timeline<E>, out: &mut String) {
    let end = timeline.end();
    timeline.seek(Micros::ZERO);
    let mut acts = 0;
    let mut steps = timeline.track().steps_by_world();
    while timeline.now() < end && timeline.step() && timeline.now() <= end {
        let done = timeline.script().iter().take_while(|scripted| scripted.at <= timeline.now()).count();
        for scripted in &timeline.script()[acts..done] {
            *out += &format!("{}  — {}\n", clock(scripted.at), scripted.act);
        }
        acts = done;
        timeline.track().tell(&steps, timeline.now(), out);
        steps = timeline.track().steps_by_world();
    }
}

fn clock(at: Micros) -> String {
    format!("{:3}.{:06}", at.0 / 1_000_000, at.0 % 1_000_000)
}

/// Worlds whose notes have words.
trait Narrated: Track {
    fn steps_by_world(&self) -> Vec<u64>;
    /// Says what the latest steps noted, of those worlds that did more than `steps`.
    fn tell(&self, steps: &[u64], at: Micros, out: &mut String);
}

impl Narrated for PaxosRun {
    fn steps_by_world(&self) -> Vec<u64> {
        vec![self.steps()]
    }

    fn tell(&self, steps: &[u64], at: Micros, out: &mut String) {
        if self.steps() > steps[0] {
            let names = |node| self.world().setup.name(node);
            tell_notes(self, "", at, out, |node, note| explain::paxos::sentence(&names, node, note));
        }
    }
}

impl Narrated for LocksRun {
    fn steps_by_world(&self) -> Vec<u64> {
        vec![self.steps()]
    }

    fn tell(&self, steps: &[u64], at: Micros, out: &mut String) {
        if self.steps() > steps[0] {
            let setup = self.world().setup;
            let servers = setup.servers();
            tell_notes(self, "", at, out, |node, note| {
                let view = explain::feed::View { servers, reach: watch::reach(self.model(), node, servers) };
                explain::locks::sentence(&|node| setup.name(node), view, node, note)
            });
        }
    }
}

impl Narrated for SideBySide<FeedRun> {
    fn steps_by_world(&self) -> Vec<u64> {
        self.worlds().iter().map(FeedRun::steps).collect()
    }

    fn tell(&self, steps: &[u64], at: Micros, out: &mut String) {
        for (run, _) in self.worlds().iter().zip(steps).filter(|(run, steps)| run.steps() > **steps) {
            let setup = run.world().setup;
            let (names, servers) = (|node| setup.name(node), setup.servers());
            let side = if self.worlds().len() > 1 { format!("{} ", run.world().store.side()) } else { String::new() };
            tell_notes(run, &side, at, out, |node, note| {
                let (reach, store) = (watch::reach(run.model(), node, servers), run.world().store);
                let view = explain::feed::View { servers, reach };
                explain::feed::sentence(&names, store, view, node, note)
            });
        }
    }
}

fn tell_notes<W: World>(
    run: &Run<W>,
    side: &str,
    at: Micros,
    out: &mut String,
    explain: impl Fn(NodeId, &<W::Node as Node>::Note) -> Sentence,
) {
    let Some(Latest { outcome, .. }) = run.latest() else { return };
    let Some(node) = outcome.node else { return };
    for note in &outcome.notes {
        let Sentence { headline, reason, observer, source, .. } = explain(node, note);
        let told = [headline + ".", reason, observer.unwrap_or_default()];
        let told: Vec<String> = told.into_iter().filter(|part| !part.is_empty()).collect();
        *out += &format!("{}  {side}{} · {source}\n", clock(at), told.join(" "));
    }
}

//! Run files: a run as JSON. Setup, seed and script decide it; digests let the reader prove that it computed the same.
//!
//! Files come from anywhere. Whatever is in one, reading it gives a timeline or a message, never a panic.
//!
//! Version 2 names timers as their protocols do; version 1 named them as their types in Rust. Both are read.

use serde::{Deserialize, Serialize};

use super::limits::{ACTS_MAX, LENGTH_MAX, SCRIPT_BYTES_MAX};
use super::track::Track;
use super::{Experiment, RequestOf, Timeline};
use crate::node::{Micros, NodeId, NodeSet};
use crate::sim::fault::{Intervention, Scripted};

/// What the first field of every run file says.
const FORMAT: &str = "cap-lab run";
/// The version that this code writes.
const VERSION: u64 = 2;
/// The oldest version that it reads.
const VERSION_MIN: u64 = 1;

/// The largest file that is read, in bytes: a script of [`SCRIPT_BYTES_MAX`] in JSON, and all digests.
pub const BYTES_MAX: usize = 4 << 20;
/// The busiest traffic, in percent of the usual.
pub const TRAFFIC_MAX: u16 = 1_000;
/// The fastest and the slowest clock, in parts per million either way.
pub const DRIFT_MAX: i32 = 500_000;
/// By how much a link can be slower, in µs: 10 s.
pub const SLOW_MAX: u32 = 10_000_000;
/// The largest skew either way, in µs: 12 hours.
pub const SKEW_MAX: i64 = 12 * 3_600 * 1_000_000;

/// What is read first, so that a file of another kind or version gets its own message.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
    experiment: String,
}

/// What a run file holds.
#[derive(Clone, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct RunFile {
    format: String,
    version: u64,
    experiment: String,
    /// Names and numbers: `replicas=5 people=3`.
    setup: String,
    /// In hexadecimal, as the digests are: a number of 64 bits does not survive every JSON reader.
    seed: String,
    /// One intervention each: its moment in µs, then what was done. See [`crate::sim::script`].
    script: Vec<String>,
    /// How far the run was computed, in µs.
    pub(super) end: u64,
    /// Where the play head stood, in µs.
    pub(super) head: u64,
    /// One per world.
    pub(super) worlds: Vec<WorldDigests>,
}

/// What a world did, to be compared.
#[derive(Clone, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct WorldDigests {
    pub(super) steps: u64,
    pub(super) digest: String,
    pub(super) every_256_steps: Vec<String>,
}

/// The name of the experiment that a run file holds, if it is one that this version can read.
pub fn experiment_in(text: &str) -> Result<String, String> {
    if text.len() > BYTES_MAX {
        return Err(too_large(text.len()));
    }
    let header: Header = serde_json::from_str(text).map_err(|wrong| not_a_run(&wrong))?;
    if header.format != FORMAT {
        return Err(format!("This is not a run of CAP Lab: its format is “{}”.", shorten(&header.format)));
    }
    if !(VERSION_MIN..=VERSION).contains(&header.version) {
        let version = header.version;
        return Err(format!(
            "This run was written in version {version} of the format; this lab reads versions {VERSION_MIN} to {VERSION}. \
             Reload the page to get the newest lab."
        ));
    }
    Ok(header.experiment)
}

/// What to say of a file of `bytes`, which are too many.
pub fn too_large(bytes: usize) -> String {
    let tenths = (bytes * 10).div_ceil(1 << 20);
    let (whole, tenths, limit) = (tenths / 10, tenths % 10, BYTES_MAX >> 20);
    format!("This file is too large for a run: {whole}.{tenths} MB; up to {limit} MB are read.")
}

fn not_a_run(wrong: &serde_json::Error) -> String {
    format!("This is not a run of CAP Lab, or it is damaged: {}.", brief(&wrong.to_string()))
}

/// Reads a file that must hold a run of this experiment.
pub(super) fn read<E: Experiment>(text: &str) -> Result<RunFile, String> {
    let name = experiment_in(text)?;
    if name != E::NAME {
        return Err(format!("This run is of another experiment: “{}”.", shorten(&name)));
    }
    serde_json::from_str(text).map_err(|wrong| format!("This run is damaged: {}.", brief(&wrong.to_string())))
}

impl RunFile {
    /// Steps in all worlds together, as the file has it.
    pub(super) fn steps(&self) -> u64 {
        self.worlds.iter().fold(0, |sum, world| sum.saturating_add(world.steps))
    }

    /// What decides the run: its setup, seed and script, all of which are possible.
    #[expect(clippy::type_complexity, reason = "three things that are used once, one after the other")]
    pub(super) fn run<E: Experiment>(&self) -> Result<(E, u64, Vec<Scripted<RequestOf<E>>>), String> {
        let seed =
            Some(&self.seed).filter(|seed| seed.len() <= 16 && seed.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let seed = seed.and_then(|seed| u64::from_str_radix(seed, 16).ok());
        let seed = seed.ok_or("This run is damaged: its seed is no number of 64 bits in hexadecimal.")?;
        let setup = self.setup.parse::<E>().and_then(|setup| setup.check().map(|()| setup));
        let setup = setup.map_err(|wrong| format!("This run's setup is impossible: {}.", brief(&wrong)))?;
        let impossible = |wrong: String| format!("This run's script is impossible: {}.", brief(&wrong));
        let script = self.read_script(&setup).map_err(impossible)?;
        Ok((setup, seed, script))
    }

    fn read_script<E: Experiment>(&self, setup: &E) -> Result<Vec<Scripted<RequestOf<E>>>, String> {
        let seconds = |micros: u64| micros.div_ceil(1_000_000);
        if self.end > LENGTH_MAX.0 {
            let (end, most) = (seconds(self.end), seconds(LENGTH_MAX.0));
            return Err(format!("it ends at {end} s; runs of up to {most} s are read"));
        }
        if self.head > self.end {
            let (head, end) = (seconds(self.head), seconds(self.end));
            return Err(format!("its play head is at {head} s, after its end at {end} s"));
        }
        if self.script.len() > ACTS_MAX {
            return Err(format!("it has {} interventions; up to {ACTS_MAX} are read", self.script.len()));
        }
        let bytes: usize = self.script.iter().map(String::len).sum();
        if bytes > SCRIPT_BYTES_MAX {
            return Err(format!("it has {bytes} bytes of text; up to {SCRIPT_BYTES_MAX} are read"));
        }
        let start = setup.start(0);
        let (participants, worlds) = (start.participants(), start.fingerprints().len());
        let mut script: Vec<Scripted<_>> = Vec::new();
        for (number, line) in self.script.iter().enumerate() {
            let in_line = |wrong: String| format!("line {} (“{}”): {wrong}", number + 1, shorten(line));
            let scripted: Scripted<RequestOf<E>> = line.parse().map_err(in_line)?;
            check_names(&scripted.act, participants, worlds).map_err(in_line)?;
            check_act(setup, &scripted.act).map_err(in_line)?;
            let earlier = script.last().map_or(Micros::ZERO, |last| last.at);
            if scripted.at < earlier || scripted.at.0 > self.end {
                return Err(in_line("it is not in the order of time".to_owned()));
            }
            script.push(scripted);
        }
        Ok(script)
    }
}

impl<E: Experiment> Timeline<E> {
    /// The current branch as a run file. It can be read again: see [`Timeline::room`].
    pub fn export(&self) -> String {
        let worlds = self.frontier().fingerprints().into_iter().map(|world| WorldDigests {
            steps: world.steps,
            digest: hex(world.digest),
            every_256_steps: world.on_the_way.iter().copied().map(hex).collect(),
        });
        let file = RunFile {
            format: FORMAT.to_owned(),
            version: VERSION,
            experiment: E::NAME.to_owned(),
            setup: self.experiment.to_string(),
            seed: hex(self.seed),
            script: self.script().iter().map(ToString::to_string).collect(),
            end: self.end().0,
            head: self.now().0,
            worlds: worlds.collect(),
        };
        serde_json::to_string(&file).expect("texts and numbers can always be written")
    }
}

/// Whether everybody exists who is spoken of.
fn check_names<R>(act: &Intervention<R>, participants: usize, worlds: usize) -> Result<(), String> {
    let nodes: Vec<NodeId> = match act {
        Intervention::Cut(links) | Intervention::Heal(links) | Intervention::Slow { links, .. } => {
            if let Some((from, to)) = links.iter().find(|(from, to)| from == to) {
                return Err(format!("there is no link from {from} to {to}"));
            }
            links.iter().flat_map(|(from, to)| [*from, *to]).collect()
        }
        Intervention::Message { name, .. } => vec![name.from, name.to],
        _ => act.node().into_iter().collect(),
    };
    let world = act.world().unwrap_or(0);
    if let Some(stranger) = nodes.iter().find(|node| node.index() >= participants) {
        return Err(format!("there is no {stranger}, only {participants} participants"));
    }
    if usize::from(world) >= worlds {
        return Err(format!("there is no world {world}; they are counted from 0, and there are {worlds}"));
    }
    Ok(())
}

fn check_act<E: Experiment>(setup: &E, act: &Intervention<RequestOf<E>>) -> Result<(), String> {
    match act {
        Intervention::Cut(links) | Intervention::Heal(links) if links.len() > NodeSet::MAX * NodeSet::MAX => {
            Err(format!("{} links at once", links.len()))
        }
        Intervention::Slow { links, .. } if links.len() > NodeSet::MAX * NodeSet::MAX => {
            Err(format!("{} links at once", links.len()))
        }
        Intervention::Slow { micros, .. } if *micros > SLOW_MAX => Err(format!("links slower by {micros} µs")),
        Intervention::Traffic(percent) if *percent > TRAFFIC_MAX => Err(format!("traffic of {percent} %")),
        Intervention::Drift { ppm, .. } if ppm.unsigned_abs() > DRIFT_MAX.unsigned_abs() => {
            Err(format!("a drift of {ppm} ppm"))
        }
        Intervention::Skew { micros, .. } if micros.unsigned_abs() > SKEW_MAX.unsigned_abs() => {
            Err(format!("a skew of {micros} µs"))
        }
        Intervention::Request { node, request } => setup.check_request(*node, request),
        _ => Ok(()),
    }
}

pub(super) fn hex(digest: u64) -> String {
    format!("{digest:016x}")
}

/// The beginning of a text that somebody else wrote.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A message that may quote such a text.
fn brief(message: &str) -> String {
    let brief: String = message.chars().take(200).collect();
    if brief.len() < message.len() { brief + "…" } else { brief }
}

//! Run files: a run as JSON. Setup, seed and script decide it; digests let the reader prove that it computed the same.
//!
//! Files come from anywhere. Whatever is in one, reading it gives a timeline or a message, never a panic, and never takes
//! longer than the limits below allow.

use serde::Deserialize;

use super::json::Json;
use super::track::{Fingerprint, Track};
use super::{Experiment, RequestOf, Timeline};
use crate::node::{Micros, NodeId, NodeSet};
use crate::sim::fault::{Intervention, Scripted};
use crate::sim::run::STEPS_PER_DIGEST;

/// What the first field of every run file says.
const FORMAT: &str = "cap-lab run";
/// The version that this code writes, and the only one that it reads.
const VERSION: u64 = 1;

/// The largest file that is read, in bytes.
pub const BYTES_MAX: usize = 4 << 20;
/// The longest run that is read.
pub const LENGTH_MAX: Micros = Micros::from_ms(30 * 60 * 1_000);
/// The most steps that are replayed, all worlds together.
pub const STEPS_MAX: u64 = 1_500_000;
/// The most interventions.
const SCRIPT_MAX: usize = 20_000;
/// The busiest traffic, in percent of the usual.
pub const TRAFFIC_MAX: u16 = 1_000;
/// The fastest and the slowest clock, in parts per million either way.
pub const DRIFT_MAX: i32 = 500_000;
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunFile {
    format: String,
    version: u64,
    experiment: String,
    /// Names and numbers: `replicas=5 people=3`.
    setup: String,
    /// In hexadecimal, as the digests are: a number of 64 bits does not survive every JSON reader.
    seed: String,
    /// One intervention each: its moment in µs, then what was done. See [`crate::sim::script`].
    script: Vec<String>,
    /// How far the run was computed, and where the play head stood, in µs.
    end: u64,
    head: u64,
    /// One per world.
    worlds: Vec<WorldDigests>,
}

/// What a world did, to be compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldDigests {
    steps: u64,
    digest: String,
    every_256_steps: Vec<String>,
}

impl RunFile {
    fn write(self) -> String {
        let texts = |texts: Vec<String>| Json::List(texts.into_iter().map(Json::Text).collect());
        let object = |members: Vec<(&str, Json)>| {
            Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let world = |world: WorldDigests| {
            object(vec![
                ("steps", Json::Number(world.steps)),
                ("digest", Json::Text(world.digest)),
                ("every_256_steps", texts(world.every_256_steps)),
            ])
        };
        let file = object(vec![
            ("format", Json::Text(self.format)),
            ("version", Json::Number(self.version)),
            ("experiment", Json::Text(self.experiment)),
            ("setup", Json::Text(self.setup)),
            ("seed", Json::Text(self.seed)),
            ("script", texts(self.script)),
            ("end", Json::Number(self.end)),
            ("head", Json::Number(self.head)),
            ("worlds", Json::List(self.worlds.into_iter().map(world).collect())),
        ]);
        file.write()
    }
}

/// What reading a run file gave.
#[derive(Debug)]
pub struct Imported<E: Experiment> {
    /// The run, its play head where it stood.
    pub timeline: Timeline<E>,
    /// Interventions that could not be done as things stood: left out.
    pub skipped: u32,
}

/// The name of the experiment that a run file holds, if it is one that this version can read.
pub fn experiment_in(text: &str) -> Result<String, String> {
    read_header(text).map(|(experiment, _)| experiment)
}

/// The experiment's name, and the whole file.
fn read_header(text: &str) -> Result<(String, Json), String> {
    if text.len() > BYTES_MAX {
        let (size, limit) = (text.len() >> 20, BYTES_MAX >> 20);
        return Err(format!("This file is too large for a run: {size} MB, and the limit is {limit} MB."));
    }
    let not_a_run = |wrong: String| format!("This is not a run of CAP Lab, or it is damaged: {wrong}.");
    let file = Json::read(text).map_err(not_a_run)?;
    let header = Header::deserialize(file.clone()).map_err(|wrong| not_a_run(wrong.to_string()))?;
    if header.format != FORMAT {
        return Err(format!("This is not a run of CAP Lab: its format is “{}”.", shorten(&header.format)));
    }
    if header.version != VERSION {
        let version = header.version;
        return Err(format!(
            "This run was written in version {version} of the format; this lab reads version {VERSION}. Reload the page to \
             get the newest lab."
        ));
    }
    Ok((header.experiment, file))
}

impl<E: Experiment> Timeline<E> {
    /// The current branch as a run file.
    pub fn export(&self) -> String {
        let worlds = self.frontier().fingerprints().into_iter().map(|world| WorldDigests {
            steps: world.steps,
            digest: hex(world.digest),
            every_256_steps: world.on_the_way.into_iter().map(hex).collect(),
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
        file.write()
    }

    /// Reads a run file, replays it and compares the digests. The message says what is wrong, for a person.
    pub fn import(text: &str) -> Result<Imported<E>, String> {
        let (name, file) = read_header(text)?;
        if name != E::NAME {
            return Err(format!("This run is of another experiment: “{}”.", shorten(&name)));
        }
        let file = RunFile::deserialize(file)
            .map_err(|wrong| format!("This run is damaged: {}.", brief(&wrong.to_string())))?;
        let seed = u64::from_str_radix(&file.seed, 16);
        let seed = seed.map_err(|_| "This run is damaged: its seed is no number in hexadecimal.".to_owned())?;
        let setup = file.setup.parse::<E>().and_then(|setup| setup.check().map(|()| setup));
        let setup = setup.map_err(|wrong| format!("This run's setup is impossible: {}.", brief(&wrong)))?;
        let impossible = |wrong: String| format!("This run's script is impossible: {}.", brief(&wrong));
        let script = read_script(&setup, &file).map_err(impossible)?;
        let mut timeline = Timeline::with_script(setup, seed, script);
        timeline.replay(Micros(file.end))?;
        compare(&timeline.track().fingerprints(), &file.worlds)?;
        let skipped = timeline.skipped();
        timeline.seek(Micros(file.head));
        Ok(Imported { timeline, skipped })
    }

    /// Runs the whole script, a second at a time, as long as the limits allow.
    fn replay(&mut self, end: Micros) -> Result<(), String> {
        while self.now() < end || self.done < self.script().len() {
            self.play(end.min(self.now() + Micros::from_ms(1_000)));
            if self.track().steps() > STEPS_MAX {
                return Err(format!("This run is too long to be replayed: more than {STEPS_MAX} steps."));
            }
        }
        Ok(())
    }
}

fn read_script<E: Experiment>(setup: &E, file: &RunFile) -> Result<Vec<Scripted<RequestOf<E>>>, String> {
    let seconds = |micros: u64| micros / 1_000_000;
    if file.end > LENGTH_MAX.0 {
        let (end, most) = (seconds(file.end), seconds(LENGTH_MAX.0));
        return Err(format!("it ends at {end} s; runs of up to {most} s are read"));
    }
    if file.head > file.end {
        let (head, end) = (seconds(file.head), seconds(file.end));
        return Err(format!("its play head is at {head} s, after its end at {end} s"));
    }
    if file.script.len() > SCRIPT_MAX {
        return Err(format!("it has {} interventions; up to {SCRIPT_MAX} are read", file.script.len()));
    }
    let start = setup.start(0);
    let (participants, worlds) = (start.participants(), start.fingerprints().len());
    let mut script: Vec<Scripted<_>> = Vec::new();
    for (number, line) in file.script.iter().enumerate() {
        let in_line = |wrong: String| format!("line {} (“{}”): {wrong}", number + 1, shorten(line));
        let scripted: Scripted<RequestOf<E>> = line.parse().map_err(in_line)?;
        check_names(&scripted.act, participants, worlds).map_err(in_line)?;
        check_act(setup, &scripted.act).map_err(in_line)?;
        let earlier = script.last().map_or(Micros::ZERO, |last| last.at);
        if scripted.at < earlier || scripted.at.0 > file.end {
            return Err(in_line("it is not in the order of time".to_owned()));
        }
        script.push(scripted);
    }
    Ok(script)
}

/// Whether everybody exists who is spoken of.
fn check_names<R>(act: &Intervention<R>, participants: usize, worlds: usize) -> Result<(), String> {
    let nodes: Vec<NodeId> = match act {
        Intervention::Cut(links) | Intervention::Heal(links) => {
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

fn compare(ours: &[Fingerprint], theirs: &[WorldDigests]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("This run has {} worlds; it should have {}.", theirs.len(), ours.len()));
    }
    for (world, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let on_the_way = ours.on_the_way.iter().zip(&theirs.every_256_steps);
        let agreed = on_the_way.take_while(|(ours, theirs)| hex(**ours) == **theirs).count() as u64;
        let all_agree = agreed == ours.on_the_way.len() as u64 && agreed == theirs.every_256_steps.len() as u64;
        if ours.steps == theirs.steps && hex(ours.digest) == theirs.digest && all_agree {
            continue;
        }
        let from = agreed * STEPS_PER_DIGEST;
        return Err(format!(
            "This run was replayed but went another way than when it was saved: world {} differs after step {from} (within \
             the next {STEPS_PER_DIGEST}). It was changed by hand, or saved by another version of the lab.",
            world + 1
        ));
    }
    Ok(())
}

fn hex(digest: u64) -> String {
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

//! Run files: a run as JSON. Setup, seed and script decide it; digests let the reader prove that it computed the same. A link
//! says the same in fewer characters: see [`super::link`].
//!
//! Files come from anywhere. Whatever is in one, reading it gives a timeline or a message, never a panic.
//!
//! Version 2 names timers as their protocols do, and may hold other branches; version 1 named timers as their types in Rust.
//! Both are read.

use serde::{Deserialize, Serialize};

use super::branches::Branch;
use super::fill::{Expected, ExpectedWorld};
use super::limits::{ACTS_MAX, ALL_ACTS_MAX, BRANCHES_MAX, LENGTH_MAX, SCRIPT_BYTES_MAX, STEPS_MAX};
use super::link;
use super::track::Track;
use super::{Experiment, RequestOf, Timeline};
use crate::node::{Micros, NodeId, NodeSet};
use crate::sim::fault::{Intervention, Scripted};

type BranchesOf<E> = Vec<Branch<RequestOf<E>>>;

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

/// What a run file holds, and a link.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunFile {
    pub(super) format: String,
    pub(super) version: u64,
    pub(super) experiment: String,
    /// Names and numbers: `replicas=5 people=3`.
    pub(super) setup: String,
    /// In hexadecimal, as the digests are: a number of 64 bits does not survive every JSON reader.
    pub(super) seed: String,
    /// One intervention each: its moment in µs, then what was done. See [`crate::sim::script`].
    pub(super) script: Vec<String>,
    /// How far the run was computed, in µs.
    pub(super) end: u64,
    /// Where the play head stood, in µs.
    pub(super) head: u64,
    /// One per world.
    pub(super) worlds: Vec<WorldDigests>,
    /// The other branches, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) branches: Option<Branches>,
}

/// What a world did, to be compared.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorldDigests {
    pub(super) steps: u64,
    pub(super) digest: String,
    /// Every file has them. A link has none: the one at the end has to do.
    pub(super) every_256_steps: Option<Vec<String>>,
}

/// Branches beside the one at the play head. Their scripts decide them; what they come to is not compared.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Branches {
    /// The place of the branch at the play head among all, from 0.
    current: usize,
    /// Where that one left the branch that it came from, in µs.
    forked_at: u64,
    /// All others, in the order in which they came to be.
    others: Vec<OtherBranch>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherBranch {
    forked_at: u64,
    end: u64,
    /// So many interventions are those with which the script above begins.
    shared: usize,
    /// The interventions after them.
    script: Vec<String>,
}

impl RunFile {
    /// What decides a run, as this version writes it.
    pub(super) fn new(experiment: String, setup: String, seed: u64) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            experiment,
            setup,
            seed: hex(seed),
            script: Vec::new(),
            end: 0,
            head: 0,
            worlds: Vec::new(),
            branches: None,
        }
    }
}

/// The name of the experiment that a run file or a link holds, if it is one that this version can read.
pub fn experiment_in(text: &str) -> Result<String, String> {
    if link::is_link(text) {
        return link::read(text).map(|run| run.experiment);
    }
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

/// Reads a file or a link that must hold a run of this experiment.
fn read<E: Experiment>(text: &str) -> Result<RunFile, String> {
    let name = experiment_in(text)?;
    if name != E::NAME {
        return Err(format!("This run is of another experiment: “{}”.", shorten(&name)));
    }
    if link::is_link(text) {
        return link::read(text);
    }
    let damaged = |wrong: String| format!("This run is damaged: {}.", brief(&wrong));
    let run: RunFile = serde_json::from_str(text).map_err(|wrong| damaged(wrong.to_string()))?;
    if run.worlds.iter().any(|world| world.every_256_steps.is_none()) {
        return Err(damaged("a world has no digests".to_owned()));
    }
    Ok(run)
}

/// What a script must keep to: who takes part, and when it ends.
struct Frame<'a, E> {
    setup: &'a E,
    participants: usize,
    worlds: usize,
    end: u64,
}

impl RunFile {
    /// What decides the run: its setup and its seed, both of which are possible.
    fn setup<E: Experiment>(&self) -> Result<(E, u64), String> {
        let seed =
            Some(&self.seed).filter(|seed| seed.len() <= 16 && seed.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let seed = seed.and_then(|seed| u64::from_str_radix(seed, 16).ok());
        let seed = seed.ok_or("This run is damaged: its seed is no number of 64 bits in hexadecimal.")?;
        let setup = self.setup.parse::<E>().and_then(|setup| setup.check().map(|()| setup));
        let setup = setup.map_err(|wrong| format!("This run's setup is impossible: {}.", brief(&wrong)))?;
        Ok((setup, seed))
    }

    /// All branches, each of which is possible, and which of them is at the play head.
    fn branches<E: Experiment>(&self, setup: &E) -> Result<(BranchesOf<E>, usize), String> {
        let start = setup.start(0);
        let (participants, worlds) = (start.participants(), start.fingerprints().len());
        let frame = |end| Frame { setup, participants, worlds, end };
        let script = frame(self.end).read(Vec::new(), &self.script)?;
        if self.head > self.end {
            let (head, end) = (seconds(self.head), seconds(self.end));
            return Err(format!("its play head is at {head} s, after its end at {end} s"));
        }
        let Some(Branches { current, forked_at, others }) = &self.branches else {
            return Ok((vec![Branch { end: Micros(self.end), ..Branch::new(Micros::ZERO, script) }], 0));
        };
        let acts = |other: &OtherBranch| other.shared.saturating_add(other.script.len());
        let acts = others.iter().map(acts).fold(0, usize::saturating_add);
        if others.len() >= BRANCHES_MAX || *current > others.len() || acts > ALL_ACTS_MAX {
            return Err(format!("up to {BRANCHES_MAX} branches with {ALL_ACTS_MAX} interventions in all are read"));
        }
        let mut branches = Vec::new();
        for other in others {
            let Some(shared) = script.get(..other.shared) else {
                return Err("a branch shares more with the others than there is".to_owned());
            };
            let script = frame(other.end).read(shared.to_vec(), &other.script)?;
            branches.push(Branch { end: Micros(other.end), ..Branch::new(Micros(other.forked_at), script) });
        }
        let own = Branch { end: Micros(self.end), ..Branch::new(Micros(*forked_at), script) };
        branches.insert(*current, own);
        if branches.iter().any(|branch| branch.forked_at > branch.end) {
            return Err("a branch ends before it begins".to_owned());
        }
        Ok((branches, *current))
    }

    /// What its branch comes to.
    fn expected(&self, branch: usize) -> Expected {
        let digest = |text: &String| u64::from_str_radix(text, 16).ok().filter(|digest| hex(*digest) == *text);
        let world = |world: &WorldDigests| ExpectedWorld {
            steps: world.steps,
            digest: digest(&world.digest),
            on_the_way: world.every_256_steps.as_ref().map(|digests| digests.iter().map(digest).collect()),
            compared: 0,
        };
        Expected { branch, worlds: self.worlds.iter().map(world).collect(), work: 0 }
    }
}

impl<E: Experiment> Frame<'_, E> {
    /// The script of a branch that begins with `script` and goes on with `lines`.
    fn read(
        &self,
        mut script: Vec<Scripted<RequestOf<E>>>,
        lines: &[String],
    ) -> Result<Vec<Scripted<RequestOf<E>>>, String> {
        if self.end > LENGTH_MAX.0 {
            let (end, most) = (seconds(self.end), seconds(LENGTH_MAX.0));
            return Err(format!("it ends at {end} s; runs of up to {most} s are read"));
        }
        let acts = script.len() + lines.len();
        if acts > ACTS_MAX {
            return Err(format!("it has {acts} interventions; up to {ACTS_MAX} are read"));
        }
        let bytes: usize = lines.iter().map(String::len).sum();
        if bytes > SCRIPT_BYTES_MAX {
            return Err(format!("it has {bytes} bytes of text; up to {SCRIPT_BYTES_MAX} are read"));
        }
        for (number, line) in lines.iter().enumerate() {
            let in_line = |wrong: String| format!("line {} (“{}”): {wrong}", number + 1, shorten(line));
            let scripted: Scripted<RequestOf<E>> = line.parse().map_err(in_line)?;
            check_intervention(self.setup, (self.participants, self.worlds), &scripted.act).map_err(in_line)?;
            let earlier = script.last().map_or(Micros::ZERO, |last| last.at);
            if scripted.at < earlier || scripted.at.0 > self.end {
                return Err(in_line("it is not in the order of time".to_owned()));
            }
            script.push(scripted);
        }
        if script.last().is_some_and(|last| last.at.0 > self.end) {
            return Err("a branch ends before its last intervention".to_owned());
        }
        Ok(script)
    }
}

/// Seconds, rounded up.
fn seconds(micros: u64) -> u64 {
    micros.div_ceil(1_000_000)
}

impl<E: Experiment> Timeline<E> {
    /// Reads a run file or a link's code and checks all that can be checked without computing. Nothing is computed yet: [`Timeline::fill`] does
    /// that, and compares; the play head is at the start and goes to where it stood. The message says what is wrong, for a
    /// person.
    pub fn open(text: &str) -> Result<Self, String> {
        let file = read::<E>(text)?;
        let (setup, seed) = file.setup::<E>()?;
        let impossible = |wrong: String| format!("This run's script is impossible: {}.", brief(&wrong));
        let (branches, current) = file.branches(&setup).map_err(impossible)?;
        let mut timeline = Self::new(setup, seed);
        let worlds = timeline.track().fingerprints().len();
        if file.worlds.len() != worlds {
            return Err(format!("This run has {} worlds; it should have {worlds}.", file.worlds.len()));
        }
        let steps = file.worlds.iter().fold(0_u64, |sum, world| sum.saturating_add(world.steps));
        if steps > STEPS_MAX {
            return Err(format!("This run is too long to be replayed: {steps} steps; up to {STEPS_MAX} are read."));
        }
        (timeline.branches, timeline.current) = (branches, current);
        (timeline.whole, timeline.goal) = (false, Some(Micros(file.head)));
        timeline.expected = Some(Box::new(file.expected(current)));
        Ok(timeline)
    }

    /// The run as a file, which can be read again: see [`Timeline::room`]. The current branch must be whole.
    pub fn export(&self) -> String {
        let branches = (self.branches.len() > 1).then(|| self.other_branches());
        let file = RunFile { branches, ..self.written() };
        serde_json::to_string(&file).expect("texts and numbers can always be written")
    }

    /// The current branch as a link's code, which [`Timeline::open`] reads as well. The branch must be whole.
    pub fn link(&self) -> String {
        link::written(&self.written())
    }

    /// What decides the current branch, and what it comes to.
    fn written(&self) -> RunFile {
        assert!(self.is_whole(), "what a run comes to is in its file, so it must be computed: Timeline::fill");
        let worlds = self.frontier().fingerprints().into_iter().map(|world| WorldDigests {
            steps: world.steps,
            digest: hex(world.digest),
            every_256_steps: Some(world.on_the_way.iter().copied().map(hex).collect()),
        });
        RunFile {
            script: self.script().iter().map(ToString::to_string).collect(),
            end: self.end().0,
            head: self.now().0,
            worlds: worlds.collect(),
            ..RunFile::new(E::NAME.to_owned(), self.experiment.to_string(), self.seed)
        }
    }

    fn other_branches(&self) -> Branches {
        let ours = self.script();
        let other = |branch: &Branch<RequestOf<E>>| {
            let shared = ours.iter().zip(&branch.script).take_while(|(ours, theirs)| ours == theirs).count();
            let script = branch.script[shared..].iter().map(ToString::to_string).collect();
            OtherBranch { forked_at: branch.forked_at.0, end: branch.end.0, shared, script }
        };
        let others = self.branches.iter().enumerate().filter(|(place, _)| *place != self.current);
        Branches {
            current: self.current,
            forked_at: self.branches[self.current].forked_at.0,
            others: others.map(|(_, branch)| other(branch)).collect(),
        }
    }
}

/// What is wrong with an intervention in so many worlds of so many participants, if anything: scripts come from anywhere.
pub fn check_intervention<E: Experiment>(
    setup: &E,
    (participants, worlds): (usize, usize),
    act: &Intervention<RequestOf<E>>,
) -> Result<(), String> {
    check_names(act, participants, worlds)?;
    check_act(setup, act)
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

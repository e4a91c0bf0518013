//! A schedule of Raft that breaks something, made short and told as a script: interventions, as run files write them, that a
//! run in time plays.
//!
//! In that run nothing happens by itself but what a server's own disk tells it: messages arrive, disks finish and timers run
//! out when the script says so. So its moments are those of the schedule, and the clocks show what they showed there.

use std::fmt::{self, Display, Write};
use std::str::FromStr;

use cap_lab::explore::shortened;
use cap_lab::node::{Delay, Micros, NodeId, NodeSet};
use cap_lab::raft::{Change, Reads, Request};
use cap_lab::sim::fault::{Fate, Intervention, Scripted};
use cap_lab::sim::model::{Model, Step};
use cap_lab::sim::network::Travel;
use cap_lab::sim::run::{Run, Seen, World};
use cap_lab::sim::schedule::{Pace, Turns};

use crate::driver::Done;
use crate::raft::{Case, Judge, Number, Server};
use crate::switches::DRIFT_PPM;

/// Longer than any script.
const NEVER: Delay = Delay::fixed(Micros::from_ms(24 * 3_600_000));
/// Between two acts: as long as word from a server's own disk may need.
const BEAT: Micros = Micros(50);

/// An intervention with another request in it.
macro_rules! with_request {
    ($act:expr, $request:ident => $other:expr) => {
        match $act {
            Intervention::Request { node, request: $request } => Intervention::Request { node, request: $other },
            Intervention::Cut(links) => Intervention::Cut(links),
            Intervention::Heal(links) => Intervention::Heal(links),
            Intervention::Crash { node, keep } => Intervention::Crash { node, keep },
            Intervention::Restart(node) => Intervention::Restart(node),
            Intervention::Pause(node) => Intervention::Pause(node),
            Intervention::Resume(node) => Intervention::Resume(node),
            Intervention::Skew { node, micros } => Intervention::Skew { node, micros },
            Intervention::Drift { node, ppm } => Intervention::Drift { node, ppm },
            Intervention::Message { world, name, fate } => Intervention::Message { world, name, fate },
            Intervention::Timer { world, node, timer } => Intervention::Timer { world, node, timer },
            Intervention::Sync { world, node } => Intervention::Sync { world, node },
            Intervention::Traffic(percent) => Intervention::Traffic(percent),
        }
    };
}

/// What an operator or a client asks of a server, as a script has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Asked(pub(crate) Request<Number>);

impl Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |nodes: &NodeSet| nodes.iter().map(|node| format!(" {node}")).collect::<String>();
        match &self.0 {
            Request::Propose(Number(number)) => write!(f, "propose {number}"),
            Request::Read => f.write_str("read"),
            Request::TransferLeadership(to) => write!(f, "transfer {to}"),
            Request::ChangeMembers(Change::Add(node)) => write!(f, "add {node}"),
            Request::ChangeMembers(Change::Remove(node)) => write!(f, "remove {node}"),
            Request::ChangeMembers(Change::AddLearner(node)) => write!(f, "learner {node}"),
            Request::ChangeMembers(Change::Joint { voters, learners }) => {
                write!(f, "voters{} learners{}", all(voters), all(learners))
            }
        }
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let all = |nodes: &str| nodes.split_whitespace().map(str::parse).collect::<Result<NodeSet, String>>();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        Ok(Self(match verb {
            "propose" => Request::Propose(Number(rest.parse().map_err(|_| format!("“{rest}” is no number"))?)),
            "read" => Request::Read,
            "transfer" => Request::TransferLeadership(rest.parse()?),
            "add" => Request::ChangeMembers(Change::Add(rest.parse()?)),
            "remove" => Request::ChangeMembers(Change::Remove(rest.parse()?)),
            "learner" => Request::ChangeMembers(Change::AddLearner(rest.parse()?)),
            "voters" => {
                let (voters, learners) = rest.split_once("learners").ok_or("and which learners?")?;
                Request::ChangeMembers(Change::Joint { voters: all(voters)?, learners: all(learners)? })
            }
            _ => return Err(format!("nobody can “{line}”")),
        }))
    }
}

/// The servers of a case in time.
#[derive(Clone)]
struct Timed {
    case: Case,
}

impl Pace<Server> for Timed {
    fn travel(&self, _: NodeId, _: NodeId) -> Travel {
        Travel { base: NEVER, jitter: Micros(1) }
    }

    fn sync_time(&self) -> Delay {
        NEVER
    }

    fn opening(&self) -> Micros {
        Micros::ZERO
    }

    fn turns(&self, _: NodeId) -> Option<Turns> {
        None
    }

    fn traffic(&self, _: NodeId, _: &Server, _: u32, _: u64) -> Option<Request<Number>> {
        None
    }
}

/// What is remembered, and what broke first.
#[derive(Clone, Default)]
struct Seeing {
    judge: Judge,
    broken: Option<String>,
}

impl World for Timed {
    type Node = Server;
    type Watch = Seeing;

    fn nodes(&self) -> Vec<Server> {
        let mut servers = self.case.servers();
        servers.iter_mut().for_each(|server| server.told_when = true);
        servers
    }

    fn watch(&self, seeing: &mut Seeing, seen: &Seen<'_, Server>) {
        if seeing.broken.is_none() {
            let told = seeing.judge.see(seen.step, seen.before, seen.after, seen.outcome);
            seeing.broken = told.err().map(|violation| violation.to_string());
        }
    }
}

/// The name of the invariant in what is said of it.
pub(crate) fn invariant(broken: &str) -> &str {
    broken.split(" is violated").next().unwrap_or(broken)
}

/// What an intervention does to a run in time as `done` did to the driver's model; none where that happens by itself there, or
/// can't be.
fn act(model: &Model<Server>, run: &Run<Timed>, done: &Done<Server>) -> Option<Intervention<Request<Number>>> {
    let message = |fate| {
        let about = done.about.as_ref().filter(|envelope| envelope.from != envelope.to)?;
        let mut equal = model.flights().iter().filter(|(_, envelope)| *envelope == about);
        let name = equal.next().and_then(|(id, _)| run.name_of(id))?;
        Some(Intervention::Message { world: 0, name, fate })
    };
    Some(match &done.step {
        Step::Deliver(_) => message(Fate::Deliver)?,
        Step::Lose(_) => message(Fate::Drop)?,
        Step::Duplicate(_) => message(Fate::Duplicate)?,
        Step::Timer(node, timer) => Intervention::Timer { world: 0, node: *node, timer: format!("{timer:?}") },
        Step::Sync(node) => Intervention::Sync { world: 0, node: *node },
        Step::Request(node, _, request) => Intervention::Request { node: *node, request: request.clone() },
        Step::Cut(from, to) => Intervention::Cut(vec![(*from, *to)]),
        Step::Heal(from, to) => Intervention::Heal(vec![(*from, *to)]),
        Step::Crash(node, keep) => Intervention::Crash { node: *node, keep: *keep },
        Step::Restart(node) => Intervention::Restart(*node),
        Step::Pause(node) => Intervention::Pause(*node),
        Step::Resume(node) => Intervention::Resume(*node),
        Step::Choose(..) => unreachable!("Raft leaves nothing to choose"),
    })
}

type Script = Vec<Scripted<Request<Number>>>;

/// What has to be done to a run in time for the same to happen there.
fn in_time(case: &Case, way: &[Done<Server>]) -> Script {
    let mut run = Run::new(Timed { case: case.clone() }, 0, 0, 0);
    let mut script: Script = Vec::new();
    let mut tried = |run: &mut Run<Timed>, at: Micros, act: Intervention<Request<Number>>| {
        if run.intervene(at, &act) {
            script.push(Scripted { at, act });
        }
    };
    if case.kind.switches.reads == Reads::Lease {
        for node in (0..case.servers).step_by(2).map(NodeId) {
            tried(&mut run, BEAT, Intervention::Drift { node, ppm: DRIFT_PPM as i32 });
        }
    }
    let mut now = BEAT;
    for done in way {
        now = (now + BEAT).max(done.at);
        run.advance(now);
        if let Some(act) = act(run.model(), &run, done) {
            tried(&mut run, now, act);
        }
    }
    script
}

/// How many lines of a script can't be done to a run in time, and what breaks there. It is read as it was written, so that it
/// can be pasted.
pub(crate) fn replayed(case: &Case, script: &str) -> (usize, Option<String>) {
    let mut run = Run::new(Timed { case: case.clone() }, 0, 0, 0);
    let mut skipped = 0;
    for line in script.lines() {
        let Scripted { at, act } = line.parse::<Scripted<Asked>>().unwrap_or_else(|wrong| panic!("{line}: {wrong}"));
        run.advance(at);
        let act = with_request!(act, asked => asked.0);
        skipped += usize::from(!run.intervene(at, &act));
    }
    run.advance(run.now() + BEAT);
    (skipped, run.watch().broken.clone())
}

/// A schedule that breaks something, without what it does not need for that.
pub(crate) struct Found {
    /// What was broken first.
    pub(crate) broken: String,
    /// Steps that led there, and those that are needed.
    pub(crate) steps: (usize, usize),
    /// The same as a script.
    pub(crate) script: String,
}

impl Found {
    /// What a case breaks, if it does.
    pub(crate) fn of(case: &Case) -> Option<Self> {
        let mut driver = case.driver().expect("servers start");
        let broken = driver.run(&case.temper().mix, crate::raft::STEPS).err()?;
        // What was done in the end, and whether the same breaks.
        let again = |way: &[Done<Server>]| {
            let mut driver = case.driver().expect("servers start");
            let same = driver.replay(way).is_err_and(|other| invariant(&other) == invariant(&broken));
            (driver.way().to_vec(), same)
        };
        let mut way = driver.way().to_vec();
        loop {
            let fewer = shortened(&way, |way| again(way).1);
            let done = fewer.len() == way.len();
            // What the messages say has changed with what was left out.
            (way, _) = again(&fewer);
            if done {
                break;
            }
        }
        let mut script = String::new();
        for Scripted { at, act } in in_time(case, &way) {
            let act = with_request!(act, request => Asked(request));
            writeln!(script, "{}", Scripted { at, act }).expect("a string takes all");
        }
        Some(Self { broken, steps: (driver.way().len(), way.len()), script })
    }
}

/// All that is needed to look into it.
impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, needed) = self.steps;
        let Self { broken, script, .. } = self;
        write!(f, "{broken}\nof its {all} steps {needed} are needed; as a script, for `found::replayed`:\n{script}")
    }
}

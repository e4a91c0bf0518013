//! A schedule of Raft that breaks something, made short and told as a golden script, which the runner of `tests/scripts` plays.
//!
//! In that run nothing happens by itself but what a server's own disk tells it ([`crate::raft_lab`]): messages arrive, disks
//! finish and timers run out when the script says so. So its moments are those of the schedule, and the clocks show what they
//! showed there.

use std::fmt::{self, Display};

use cap_lab::explore::shortened;
use cap_lab::node::{Micros, NodeId};
use cap_lab::raft::{Reads, Request};
use cap_lab::sim::fault::{Fate, Intervention, Scripted};
use cap_lab::sim::model::Step;
use cap_lab::timeline::Timeline;

use crate::driver::Done;
use crate::raft::Case;
use crate::raft_lab::{Number, RaftExperiment, Server};
use crate::switches::DRIFT_PPM;

/// Between two acts: as long as word from a server's own disk may need.
const BEAT: Micros = Micros(50);

/// The name of the invariant in what is said of it.
pub(crate) fn invariant(broken: &str) -> &str {
    broken.split(" is violated").next().unwrap_or(broken)
}

/// What an intervention does to a run in time as `done` did to the driver's model; none where that happens by itself there, or
/// can't be.
fn act(timeline: &Timeline<RaftExperiment>, done: &Done<Server>) -> Option<Intervention<Request<Number>>> {
    let run = timeline.track();
    let message = |fate| {
        let about = done.about.as_ref().filter(|envelope| envelope.from != envelope.to)?;
        let mut equal = run.model().flights().iter().filter(|(_, envelope)| *envelope == about);
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

/// What has to be done to a run in time for the same to happen there.
fn in_time(case: &Case, way: &[Done<Server>]) -> Timeline<RaftExperiment> {
    let mut timeline = Timeline::new(case.experiment(), case.seed);
    let mut now = BEAT;
    timeline.play(now);
    if case.kind.switches.reads == Reads::Lease {
        for node in (0..case.servers).step_by(2).map(NodeId) {
            timeline.act(Intervention::Drift { node, ppm: DRIFT_PPM as i32 });
        }
    }
    for done in way {
        now = (now + BEAT).max(done.at);
        timeline.play(now);
        if let Some(act) = act(&timeline, done) {
            timeline.act(act);
        }
    }
    timeline.play(now + BEAT);
    timeline
}

/// A schedule that breaks something, without what it does not need for that.
pub(crate) struct Found {
    /// What was broken first.
    pub(crate) broken: String,
    /// Steps that led there, and those that are needed.
    pub(crate) steps: (usize, usize),
    /// The same in time.
    pub(crate) timeline: Timeline<RaftExperiment>,
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
        Some(Self { broken, steps: (driver.way().len(), way.len()), timeline: in_time(case, &way) })
    }

    /// The same done to servers without the flaw, as far as it can be.
    pub(crate) fn without_flaw(&self) -> Timeline<RaftExperiment> {
        let experiment = RaftExperiment { flaw: None, ..*self.timeline.experiment() };
        let mut sound = Timeline::new(experiment, self.timeline.seed());
        for Scripted { at, act } in self.timeline.script() {
            sound.play(*at);
            sound.act(act.clone());
        }
        sound.play(self.timeline.end());
        sound
    }

    /// As a golden script that ends with what is broken.
    pub(crate) fn script(&self) -> String {
        let script = self.timeline.golden_script();
        let (acts, _) = script.split_once("show digests").expect("a golden script ends with them");
        let broken = self.timeline.track().watch().broken.as_ref();
        let broken = broken.map_or("no invariant is broken".to_owned(), ToString::to_string);
        format!("{acts}show broken\n---\n{broken}\n")
    }
}

/// All that is needed to look into it.
impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, needed) = self.steps;
        let (broken, script) = (&self.broken, self.script());
        write!(f, "{broken}\nof its {all} steps {needed} are needed; as a file in tests/scripts:\n{script}")
    }
}

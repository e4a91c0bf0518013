//! A cluster of Raft servers without a feed around it, moved by hand: messages arrive, disks finish and timers run out when the
//! script says so, and nothing happens by itself but what a server's own disk tells it. What random schedules break is printed
//! as a script of such a cluster.

use std::fmt::{self, Display};
use std::str::FromStr;

use cap_lab::node::{Answer, Command, Delay, Micros, NodeId, NodeSet};
use cap_lab::raft::invariant::{Ghost, Violation};
use cap_lab::raft::{Config, Flaw, Note, Request, Response, Setup, Switches};
use cap_lab::sim::model::{Host, Model, Step, StepOutcome};
use cap_lab::sim::network::Travel;
use cap_lab::sim::run::{Run, Seen, World};
use cap_lab::sim::schedule::{Pace, Turns};
use cap_lab::timeline::Experiment;

use crate::raft_replica::{Commands, Replica};

/// A command that stands for itself. What a log of them leads to is all of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
pub(crate) struct Number(pub(crate) u32);

impl Command for Number {
    type Snapshot = Commands<Number>;
}

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        word.parse().map(Self).map_err(|_| format!("“{word}” is no number"))
    }
}

pub(crate) type Server = Replica<Number>;

/// Figure 3 and the linearizability of reads, seen from outside.
#[derive(Clone, Default, Debug)]
pub(crate) struct Judge {
    ghost: Ghost<Number>,
    started: NodeSet,
}

impl Judge {
    /// Sees one step; the error is the first invariant that it breaks.
    pub(crate) fn see(
        &mut self,
        step: &Step<Server>,
        before: Option<&Host<Server>>,
        after: &Model<Server>,
        outcome: &StepOutcome<Server>,
    ) -> Result<(), Violation> {
        if let Step::Request(node, request, Request::Read) = step {
            self.ghost.read_asked(*node, *request);
        }
        let Some(node) = outcome.node else { return Ok(()) };
        let before = if self.started.insert(node) { None } else { before.map(|host| &host.node.raft) };
        self.ghost.observe(node, before, &after.host(node).node.raft)?;
        for (request, answer) in &outcome.replies {
            match answer {
                Answer::Done(Response::ReadAt { index } | Response::Committed { index, .. }) => {
                    self.ghost.read_answered(node, *request, *index)?;
                }
                _ => self.ghost.read_ended(node, *request),
            }
        }
        Ok(())
    }
}

/// The setup: `servers=5 members=4 entries=64 switches=pre-vote.lease snapshot=3 window=1 drift=50000 flaw=vote-not-durable`.
/// `entries` is how many an append carries at most, `drift` the difference of clocks that leases allow for, in ppm. What
/// follows them may be left out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct RaftExperiment {
    pub(crate) servers: u8,
    /// The first so many are members to begin with.
    pub(crate) members: u8,
    pub(crate) entries: u32,
    pub(crate) switches: Switches,
    pub(crate) flaw: Option<Flaw>,
}

impl Display for RaftExperiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { servers, members, entries, switches, flaw } = *self;
        write!(f, "servers={servers} members={members} entries={entries}")?;
        let names = Setup { switches, flaw: None }.to_string();
        if let Some(names) = names.strip_prefix('.') {
            write!(f, " switches={names}")?;
        }
        let drift = Some(switches.lease_drift_ppm).filter(|ppm| *ppm > 0);
        for (key, value) in [("snapshot", switches.snapshot_after), ("window", switches.window), ("drift", drift)] {
            value.map_or(Ok(()), |value| write!(f, " {key}={value}"))?;
        }
        flaw.map_or(Ok(()), |flaw| write!(f, " flaw={flaw}"))
    }
}

impl FromStr for RaftExperiment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(' ').map(|part| part.split_once('=').ok_or_else(|| format!("“{part}” is no setting")));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let value = |key: &str| parts.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
        let number = |key: &str| {
            let number =
                value(key).map(|value| value.parse::<u32>().map_err(|_| format!("{key}=“{value}” is no number")));
            number.transpose()
        };
        let servers = |key: &str| {
            let few = number(key)?.filter(|count| (1..=9).contains(count));
            few.map(|count| count as u8).ok_or_else(|| format!("{key} are 1 to 9"))
        };
        let known = ["servers", "members", "entries", "switches", "snapshot", "window", "drift", "flaw"];
        if let Some((key, _)) = parts.iter().find(|(key, _)| !known.contains(key)) {
            return Err(format!("nothing is called {key}"));
        }
        let mut switches = value("switches").unwrap_or_default().parse::<Setup>()?.switches;
        switches.snapshot_after = number("snapshot")?.or(switches.snapshot_after);
        switches.window = number("window")?.or(switches.window);
        switches.lease_drift_ppm = number("drift")?.unwrap_or_default();
        Ok(Self {
            servers: servers("servers")?,
            members: servers("members")?,
            entries: number("entries")?.filter(|entries| *entries > 0).ok_or("how many entries in an append?")?,
            switches,
            flaw: value("flaw").map(str::parse).transpose()?,
        })
    }
}

impl Experiment for RaftExperiment {
    type Track = Run<RaftWorld>;

    const NAME: &'static str = "raft";

    fn start(&self, seed: u64) -> Self::Track {
        Run::new(RaftWorld(*self), 0, seed, 0)
    }

    fn check(&self) -> Result<(), String> {
        if self.members > self.servers {
            return Err("members are servers".to_owned());
        }
        self.switches.check()
    }

    fn check_request(&self, node: NodeId, _: &Request<Number>) -> Result<(), String> {
        if node.0 < self.servers { Ok(()) } else { Err(format!("{node} is no server")) }
    }

    fn servers(&self) -> NodeSet {
        NodeSet::first(self.servers.into())
    }

    fn name(&self, node: NodeId) -> String {
        node.to_string()
    }
}

impl RaftExperiment {
    /// The servers before they start.
    pub(crate) fn nodes(&self) -> Vec<Server> {
        let Self { servers, members, entries, switches, flaw } = *self;
        let members = NodeSet::first(members.into());
        let config = |id| Config { max_entries_per_append: entries, switches, flaw, ..Config::new(id, members) };
        NodeSet::first(servers.into()).iter().map(|id| Replica::new(config(id))).collect()
    }
}

/// Longer than any script.
const NEVER: Delay = Delay::fixed(Micros::from_ms(24 * 3_600_000));

/// The world of such a cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RaftWorld(RaftExperiment);

impl Pace<Server> for RaftWorld {
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

    fn traffic(&self, node: NodeId, _: &Server, _: u32, _: u64) -> Option<Request<Number>> {
        unreachable!("{node} takes no turns")
    }
}

/// What is remembered of a run.
#[derive(Clone, Default, Debug)]
pub(crate) struct RaftWatch {
    judge: Judge,
    /// Every note, and whose. Scripts are short.
    pub(crate) notes: Vec<(NodeId, Note)>,
    /// What broke first, if anything did.
    pub(crate) broken: Option<Violation>,
}

impl World for RaftWorld {
    type Node = Server;
    type Watch = RaftWatch;

    fn nodes(&self) -> Vec<Server> {
        let mut servers = self.0.nodes();
        servers.iter_mut().for_each(|server| server.told_when = true);
        servers
    }

    fn watch(&self, watch: &mut RaftWatch, seen: &Seen<'_, Server>) {
        let told = seen
            .outcome
            .node
            .into_iter()
            .flat_map(|node| seen.outcome.notes.iter().map(move |note| (node, note.clone())));
        watch.notes.extend(told);
        if watch.broken.is_none() {
            watch.broken = watch.judge.see(seen.step, seen.before, seen.after, seen.outcome).err();
        }
    }
}

#[test]
fn a_setup_of_raft_reads_as_it_is_written() {
    let all = "servers=5 members=4 entries=1 switches=pre-vote.check-quorum.stickiness.lease snapshot=3 drift=7";
    for text in ["servers=3 members=3 entries=64", "servers=3 members=2 entries=64 flaw=vote-not-durable", all] {
        let read: RaftExperiment = text.parse().expect(text);
        assert_eq!(read.check(), Ok(()));
        assert_eq!(read.to_string().parse(), Ok(read), "{text}");
    }
    for wrong in ["servers=3", "servers=3 members=3 entries=0", "servers=3 members=3 entries=1 switches=magic"] {
        assert!(wrong.parse::<RaftExperiment>().is_err(), "{wrong}");
    }
}

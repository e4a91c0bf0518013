//! One of the experiments, whichever a script asks for.

use std::error::Error;

use cap_lab::counterexample;
use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::sim::fault::Intervention;
use cap_lab::sim::run::{Run, World};
use cap_lab::store::Store;
use cap_lab::timeline::track::Track;
use cap_lab::timeline::{Experiment, RequestOf, Timeline};
use cap_lab::world::feed::{FeedRun, FeedSetup, PEOPLE};
use cap_lab::world::paxos::PaxosRun;

use crate::multi_paxos_lab::{MultiPaxosExperiment, MultiPaxosWorld};
use crate::raft_lab::{RaftExperiment, RaftWorld};

/// A timeline of some experiment.
pub(crate) enum Lab {
    Feed(Box<Timeline<FeedExperiment>>),
    Paxos(Box<Timeline<PaxosExperiment>>),
    MultiPaxos(Box<Timeline<MultiPaxosExperiment>>),
    Raft(Box<Timeline<RaftExperiment>>),
}

/// The same for whichever experiment it is.
macro_rules! each {
    ($lab:expr, $timeline:ident => $what:expr) => {
        match $lab {
            Lab::Feed($timeline) => $what,
            Lab::Paxos($timeline) => $what,
            Lab::MultiPaxos($timeline) => $what,
            Lab::Raft($timeline) => $what,
        }
    };
}
pub(crate) use each;

impl Lab {
    pub(crate) fn new(experiment: &str, setup: &str, seed: u64) -> Result<Self, Box<dyn Error>> {
        fn timeline<E: Experiment>(setup: &str, seed: u64) -> Result<Box<Timeline<E>>, Box<dyn Error>> {
            let experiment: E = setup.parse()?;
            experiment.check()?;
            Ok(Box::new(Timeline::new(experiment, seed)))
        }
        Ok(match experiment {
            FeedExperiment::NAME => Self::Feed(timeline(setup, seed)?),
            PaxosExperiment::NAME => Self::Paxos(timeline(setup, seed)?),
            MultiPaxosExperiment::NAME => Self::MultiPaxos(timeline(setup, seed)?),
            RaftExperiment::NAME => Self::Raft(timeline(setup, seed)?),
            _ => return Err(format!("no experiment is called {experiment}").into()),
        })
    }

    /// What the page plays to show a flaw.
    pub(crate) fn counterexample(protocol: &str, flaw: &str, flawed: bool) -> Result<Self, Box<dyn Error>> {
        let known = counterexample::of_store(protocol);
        if known.is_empty() {
            return Err(format!("nothing is known against {protocol}").into());
        }
        let found = known.iter().find(|example| example.flaw == flaw).ok_or("no such flaw")?;
        Ok(Self::Feed(Box::new(found.play_feed(flawed))))
    }

    pub(crate) fn now(&self) -> Micros {
        each!(self, timeline => timeline.now())
    }

    pub(crate) fn play(&mut self, to: Micros) {
        each!(self, timeline => timeline.play(to));
    }

    /// Does what a line says, at a moment of its own.
    pub(crate) fn act(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        fn act<E: Experiment>(timeline: &mut Timeline<E>, line: &str) -> Result<(), Box<dyn Error>> {
            let act: Intervention<RequestOf<E>> = line.parse()?;
            if let Intervention::Request { node, request } = &act {
                timeline.experiment().check_request(*node, request)?;
            }
            if timeline.act(act) { Ok(()) } else { Err("that can't be done now".into()) }
        }
        each!(self, timeline => act(timeline, line))
    }

    /// What the node has written becomes durable now, if there is anything.
    pub(crate) fn finish_disk(&mut self, node: NodeId) {
        each!(self, timeline => timeline.act(Intervention::Sync { world: 0, node }));
    }

    /// `n1`, `ana`, `p1` or `a1`.
    pub(crate) fn node(&self, name: &str) -> Result<NodeId, Box<dyn Error>> {
        let participants = each!(self, timeline => timeline.track().participants());
        let ids = (0..participants as u8).map(NodeId);
        let found = ids.into_iter().find(|id| self.name(*id).eq_ignore_ascii_case(name) || id.to_string() == name);
        found.ok_or_else(|| format!("nobody is called {name}").into())
    }

    pub(crate) fn name(&self, node: NodeId) -> String {
        match (self.setup(), self) {
            (Some(setup), _) if !setup.servers().contains(node) => {
                PEOPLE[usize::from(node.0 - setup.replicas)].to_owned()
            }
            (None, Self::Paxos(timeline)) => timeline.experiment().paxos.name(node),
            _ => node.to_string(),
        }
    }

    /// A protocol's timer as the participants of this experiment call it.
    pub(crate) fn timer(&self, name: &str) -> String {
        match self {
            Self::Feed(timeline) => match timeline.experiment().stores[0] {
                Store::MultiPaxos(..) => format!("MultiPaxos({name})"),
                Store::Quorum(..) => format!("Quorum({name})"),
                Store::PrimaryBackup(..) => format!("PrimaryBackup({name})"),
                _ => format!("Raft({name})"),
            },
            Self::Paxos(_) | Self::MultiPaxos(_) | Self::Raft(_) => name.to_owned(),
        }
    }

    /// What was done so far, as run files write it.
    pub(crate) fn script(&self) -> String {
        each!(self, timeline => {
            let done = timeline.script().iter().filter(|line| line.at <= timeline.now());
            done.map(|line| format!("{line}\n")).collect()
        })
    }

    fn setup(&self) -> Option<FeedSetup> {
        match self {
            Self::Feed(timeline) => Some(timeline.experiment().feed),
            Self::Paxos(_) | Self::MultiPaxos(_) | Self::Raft(_) => None,
        }
    }

    pub(crate) fn servers(&self) -> NodeSet {
        match self {
            Self::Paxos(timeline) => timeline.experiment().paxos.nodes(),
            Self::MultiPaxos(timeline) => timeline.experiment().members(),
            Self::Raft(timeline) => NodeSet::first(timeline.experiment().servers.into()),
            Self::Feed(_) => self.setup().expect("a feed").servers(),
        }
    }

    /// The feeds, from left to right.
    pub(crate) fn feeds(&self) -> &[FeedRun] {
        match self {
            Self::Feed(timeline) => timeline.track().worlds(),
            Self::Paxos(_) | Self::MultiPaxos(_) | Self::Raft(_) => &[],
        }
    }

    /// The first feed on a replicated log, whichever it is.
    pub(crate) fn consistent(&self) -> Option<&FeedRun> {
        self.feeds().iter().find(|run| run.world().store.is_linearizable())
    }

    pub(crate) fn paxos(&self) -> Option<&PaxosRun> {
        match self {
            Self::Paxos(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::MultiPaxos(_) | Self::Raft(_) => None,
        }
    }

    pub(crate) fn multi_paxos(&self) -> Option<&Run<MultiPaxosWorld>> {
        match self {
            Self::MultiPaxos(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::Paxos(_) | Self::Raft(_) => None,
        }
    }

    pub(crate) fn raft(&self) -> Option<&Run<RaftWorld>> {
        match self {
            Self::Raft(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::Paxos(_) | Self::MultiPaxos(_) => None,
        }
    }

    pub(crate) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        match self {
            Self::Paxos(timeline) => timeline.track().model().is_cut(from, to),
            Self::MultiPaxos(timeline) => timeline.track().model().is_cut(from, to),
            Self::Raft(timeline) => timeline.track().model().is_cut(from, to),
            Self::Feed(_) => self.feeds()[0].model().is_cut(from, to),
        }
    }

    /// The messages on their way from server to server, oldest first, with what is held.
    pub(crate) fn messages(&self) -> String {
        fn messages<W: World>(run: &Run<W>, servers: NodeSet) -> String {
            let flights = run.model().flights().iter();
            let between = |from, to| servers.contains(from) && servers.contains(to) && from != to;
            let wanted = flights.filter(|(_, envelope)| between(envelope.from, envelope.to));
            let line = |id| {
                let name = run.name_of(id).expect("on its way");
                let held = if run.schedule().passage(id).expect("on its way").held { ", held" } else { "" };
                format!("{}>{} {}{held}\n", name.from, name.to, name.kind)
            };
            wanted.map(|(id, _)| line(id)).collect()
        }
        match self {
            Self::Feed(timeline) => messages(&timeline.track().worlds()[0], self.servers()),
            Self::Paxos(timeline) => messages(timeline.track(), self.servers()),
            Self::MultiPaxos(timeline) => messages(timeline.track(), self.servers()),
            Self::Raft(timeline) => messages(timeline.track(), self.servers()),
        }
    }

    /// The ordinals of the messages of a kind on a link.
    pub(crate) fn ordinals(&self, world: u8, kind: &str, from: NodeId, to: NodeId) -> Vec<u32> {
        fn ordinals<W: World>(run: &Run<W>, kind: &str, from: NodeId, to: NodeId) -> Vec<u32> {
            let names = run.model().flights().iter().filter_map(|(id, _)| run.name_of(id));
            let wanted = names.filter(|name| name.from == from && name.to == to && name.kind == kind);
            wanted.map(|name| name.ordinal).collect()
        }
        match self {
            Self::Feed(timeline) => {
                let run = timeline.track().worlds().get(usize::from(world));
                run.map_or(Vec::new(), |run| ordinals(run, kind, from, to))
            }
            Self::Paxos(timeline) => ordinals(timeline.track(), kind, from, to),
            Self::MultiPaxos(timeline) => ordinals(timeline.track(), kind, from, to),
            Self::Raft(timeline) => ordinals(timeline.track(), kind, from, to),
        }
    }

    /// The invariant that was broken, if one was.
    pub(crate) fn broken(&self) -> Option<String> {
        let feed = self.feeds().iter().find_map(|run| run.watch().broken.as_ref());
        let feed = feed.map(|(_, broken)| format!("{} is violated: {}", broken.invariant, broken.evidence));
        let multi_paxos = self.multi_paxos().and_then(|run| run.watch().broken.as_ref().map(ToString::to_string));
        let raft = self.raft().and_then(|run| run.watch().broken.as_ref().map(ToString::to_string));
        feed.or(self.paxos().and_then(Self::broken_paxos)).or(multi_paxos).or(raft)
    }

    /// All that was broken, a line each, with the names that scripts use.
    fn broken_paxos(run: &PaxosRun) -> Option<String> {
        let named = |evidence: &str| run.world().setup.in_names(evidence);
        let all = run.watch().ghost.violations().iter();
        let lines: Vec<String> =
            all.map(|broken| format!("{} is violated: {}", broken.invariant, named(&broken.evidence))).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

//! One of the experiments, whichever a script asks for.

use std::error::Error;

use cap_lab::experiment::{FeedExperiment, PaxosExperiment, RaftExperiment};
use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::sim::fault::Intervention;
use cap_lab::sim::run::{Run, World};
use cap_lab::timeline::track::Track;
use cap_lab::timeline::{Experiment, RequestOf, Timeline};
use cap_lab::world::feed::{Available, Consistent, FeedRun, FeedSetup, PEOPLE};
use cap_lab::world::paxos::PaxosRun;

/// A timeline of some experiment.
pub(crate) enum Lab {
    Feed(Box<Timeline<FeedExperiment>>),
    Raft(Box<Timeline<RaftExperiment>>),
    Paxos(Box<Timeline<PaxosExperiment>>),
}

/// The same for whichever experiment it is.
macro_rules! each {
    ($lab:expr, $timeline:ident => $what:expr) => {
        match $lab {
            Lab::Feed($timeline) => $what,
            Lab::Raft($timeline) => $what,
            Lab::Paxos($timeline) => $what,
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
            RaftExperiment::NAME => Self::Raft(timeline(setup, seed)?),
            PaxosExperiment::NAME => Self::Paxos(timeline(setup, seed)?),
            _ => return Err(format!("no experiment is called {experiment}").into()),
        })
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

    fn setup(&self) -> Option<FeedSetup> {
        match self {
            Self::Feed(timeline) => Some(timeline.experiment().feed),
            Self::Raft(timeline) => Some(timeline.experiment().feed),
            Self::Paxos(_) => None,
        }
    }

    pub(crate) fn servers(&self) -> NodeSet {
        match self {
            Self::Paxos(timeline) => timeline.experiment().paxos.nodes(),
            Self::Feed(_) | Self::Raft(_) => self.setup().expect("a feed").servers(),
        }
    }

    pub(crate) fn consistent(&self) -> Option<&FeedRun<Consistent>> {
        match self {
            Self::Feed(timeline) => Some(&timeline.track().left),
            Self::Raft(timeline) => Some(timeline.track()),
            Self::Paxos(_) => None,
        }
    }

    pub(crate) fn available(&self) -> Option<&FeedRun<Available>> {
        match self {
            Self::Feed(timeline) => Some(&timeline.track().right),
            Self::Raft(_) | Self::Paxos(_) => None,
        }
    }

    pub(crate) fn paxos(&self) -> Option<&PaxosRun> {
        match self {
            Self::Paxos(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::Raft(_) => None,
        }
    }

    pub(crate) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        match self {
            Self::Paxos(timeline) => timeline.track().model().is_cut(from, to),
            Self::Feed(_) | Self::Raft(_) => self.consistent().expect("a feed").model().is_cut(from, to),
        }
    }

    /// The ordinal of the oldest message of a kind on a link.
    pub(crate) fn oldest(&self, world: u8, kind: &str, from: NodeId, to: NodeId) -> Option<u32> {
        fn oldest<W: World>(run: &Run<W>, kind: &str, from: NodeId, to: NodeId) -> Option<u32> {
            let names = run.model().flights().iter().filter_map(|(id, _)| run.name_of(id));
            names.filter(|name| name.from == from && name.to == to && name.kind == kind).map(|name| name.ordinal).min()
        }
        match (self, world) {
            (Self::Feed(timeline), 1) => oldest(&timeline.track().right, kind, from, to),
            (Self::Paxos(timeline), 0) => oldest(timeline.track(), kind, from, to),
            (_, 0) => oldest(self.consistent()?, kind, from, to),
            _ => None,
        }
    }

    /// The invariants that were broken, with what shows it.
    pub(crate) fn broken(&self) -> Vec<String> {
        let consistent =
            self.consistent().and_then(|run| run.watch().broken.as_ref().map(|broken| format!("{broken:?}")));
        let available =
            self.available().and_then(|run| run.watch().broken.as_ref().map(|broken| format!("{broken:?}")));
        let mut all: Vec<String> = consistent.into_iter().chain(available).collect();
        if let Some(run) = self.paxos() {
            for broken in run.watch().ghost.violations() {
                let nodes = run.world().setup.nodes();
                let evidence = nodes.iter().fold(broken.evidence.clone(), |evidence, node| {
                    evidence.replace(&node.to_string(), &self.name(node))
                });
                all.push(format!("{}: {evidence}", broken.invariant));
            }
        }
        all
    }
}

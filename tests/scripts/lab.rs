//! One of the experiments, whichever a script asks for.

use std::error::Error;

use cap_lab::counterexample;
use cap_lab::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use cap_lab::node::{NodeId, NodeSet};
use cap_lab::sim::run::{Run, World};
use cap_lab::timeline::command::Command;
use cap_lab::timeline::track::Track;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::FeedRun;
use cap_lab::world::locks::LocksRun;
use cap_lab::world::paxos::PaxosRun;

use crate::multi_paxos_lab::{MultiPaxosExperiment, MultiPaxosWorld};
use crate::raft_lab::{RaftExperiment, RaftWorld};

/// A timeline of some experiment.
pub(crate) enum Lab {
    Feed(Box<Timeline<FeedExperiment>>),
    Paxos(Box<Timeline<PaxosExperiment>>),
    MultiPaxos(Box<Timeline<MultiPaxosExperiment>>),
    Raft(Box<Timeline<RaftExperiment>>),
    Locks(Box<Timeline<LocksExperiment>>),
}

/// The same for whichever experiment it is.
macro_rules! each {
    ($lab:expr, $timeline:ident => $what:expr) => {
        match $lab {
            Lab::Feed($timeline) => $what,
            Lab::Paxos($timeline) => $what,
            Lab::MultiPaxos($timeline) => $what,
            Lab::Raft($timeline) => $what,
            Lab::Locks($timeline) => $what,
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
            LocksExperiment::NAME => Self::Locks(timeline(setup, seed)?),
            _ => return Err(format!("no experiment is called {experiment}").into()),
        })
    }

    /// What the page plays to show a flaw.
    pub(crate) fn counterexample(protocol: &str, flaw: &str, flawed: bool) -> Result<Self, Box<dyn Error>> {
        if protocol == LocksExperiment::NAME {
            let found = counterexample::locks().find(|example| example.flaw == flaw).ok_or("no such flaw")?;
            return Ok(Self::Locks(Box::new(found.play_locks(flawed).filled())));
        }
        let known = counterexample::of_store(protocol);
        if known.is_empty() {
            return Err(format!("nothing is known against {protocol}").into());
        }
        let found = known.iter().find(|example| example.flaw == flaw).ok_or("no such flaw")?;
        Ok(Self::Feed(Box::new(found.play_feed(flawed).filled())))
    }

    /// Does what a command says, or lets time pass.
    pub(crate) fn command(&mut self, command: &Command) -> Result<(), String> {
        each!(self, timeline => timeline.command(command))
    }

    pub(crate) fn name(&self, node: NodeId) -> String {
        each!(self, timeline => timeline.experiment().name(node))
    }

    /// What was done so far, as run files write it.
    pub(crate) fn script(&self) -> String {
        each!(self, timeline => {
            let done = timeline.script().iter().filter(|line| line.at <= timeline.now());
            done.map(|line| format!("{line}\n")).collect()
        })
    }

    pub(crate) fn servers(&self) -> NodeSet {
        each!(self, timeline => timeline.experiment().servers())
    }

    /// The feeds, from left to right.
    pub(crate) fn feeds(&self) -> &[FeedRun] {
        match self {
            Self::Feed(timeline) => timeline.track().worlds(),
            Self::Paxos(_) | Self::MultiPaxos(_) | Self::Raft(_) | Self::Locks(_) => &[],
        }
    }

    /// The first feed on a replicated log, whichever it is.
    pub(crate) fn consistent(&self) -> Option<&FeedRun> {
        self.feeds().iter().find(|run| run.world().store.is_linearizable())
    }

    pub(crate) fn paxos(&self) -> Option<&PaxosRun> {
        match self {
            Self::Paxos(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::MultiPaxos(_) | Self::Raft(_) | Self::Locks(_) => None,
        }
    }

    pub(crate) fn multi_paxos(&self) -> Option<&Run<MultiPaxosWorld>> {
        match self {
            Self::MultiPaxos(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::Paxos(_) | Self::Raft(_) | Self::Locks(_) => None,
        }
    }

    pub(crate) fn raft(&self) -> Option<&Run<RaftWorld>> {
        match self {
            Self::Raft(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::Paxos(_) | Self::MultiPaxos(_) | Self::Locks(_) => None,
        }
    }

    pub(crate) fn locks(&self) -> Option<&LocksRun> {
        match self {
            Self::Locks(timeline) => Some(timeline.track()),
            Self::Feed(_) | Self::Paxos(_) | Self::MultiPaxos(_) | Self::Raft(_) => None,
        }
    }

    /// Does what befalls the first client, up to the end of it.
    pub(crate) fn accident(&mut self) -> Result<(), String> {
        let Self::Locks(timeline) = self else { return Err("only locks have this accident".to_owned()) };
        let (script, end) = timeline.experiment().accident(timeline.seed());
        **timeline = Timeline::scripted(*timeline.experiment(), timeline.seed(), script, end).filled();
        timeline.seek(end);
        Ok(())
    }

    pub(crate) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        each!(self, timeline => timeline.track().is_cut(from, to))
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
            Self::Locks(timeline) => messages(timeline.track(), self.servers()),
        }
    }

    /// The invariant that was broken, if one was.
    pub(crate) fn broken(&self) -> Option<String> {
        let feed = self.feeds().iter().find_map(|run| run.watch().broken.as_ref());
        let feed = feed.map(|(_, broken)| format!("{} is violated: {}", broken.invariant, broken.evidence));
        let multi_paxos = self.multi_paxos().and_then(|run| run.watch().broken.as_ref().map(ToString::to_string));
        let raft = self.raft().and_then(|run| run.watch().broken.as_ref().map(ToString::to_string));
        let locks = self.locks().and_then(|run| run.watch().broken.as_ref().map(|(_, broken)| broken.to_string()));
        let raft = raft.or(locks);
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

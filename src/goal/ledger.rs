//! What happened in a run, as goals speak of it.

use super::{Fact, What};
use crate::conclusion;
use crate::experiment::{FeedExperiment, PaxosExperiment};
use crate::history::Outcome;
use crate::node::{Micros, NodeId};
use crate::paxos::{Note, ProposerNote};
use crate::sim::model::Status;
use crate::store::feed::Request;
use crate::store::service::Refusal;
use crate::timeline::track::Track;
use crate::timeline::{Experiment, Timeline};
use crate::world::feed::{FeedRun, Observation};
use crate::world::watch::MarkKind;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// When.
    pub at: Micros,
    /// In which world, from 0.
    pub world: usize,
    /// To whom.
    pub who: Option<NodeId>,
    /// What.
    pub what: What,
}

/// All that happened in a run, up to the play head.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) names: Vec<String>,
    pub(super) worlds: Vec<String>,
    /// By time.
    pub(super) happenings: Vec<Happening>,
    /// How far it tells.
    pub(super) end: Micros,
}

/// An experiment whose runs goals can speak of.
pub trait Recorded: Experiment {
    /// What happened on the current branch, up to the play head. Computes the run once more.
    fn ledger(timeline: &Timeline<Self>) -> Ledger;
}

impl Ledger {
    fn of<E: Experiment>(timeline: &Timeline<E>, worlds: Vec<String>, all: Vec<Happening>) -> Self {
        // Each kind comes by time, so few have far to go; a sort of the standard library is compiled again for each type.
        let mut happenings: Vec<Happening> = Vec::with_capacity(all.len());
        for happening in all {
            let place = happenings.partition_point(|earlier| earlier.at <= happening.at);
            happenings.insert(place, happening);
        }
        let participants = (0..timeline.track().participants() as u8).map(NodeId);
        let names = participants.map(|id| timeline.experiment().name(id)).collect();
        Self { names, worlds, happenings, end: timeline.now() }
    }

    /// By time.
    pub fn happenings(&self) -> &[Happening] {
        &self.happenings
    }

    /// Whether this run has what a fact speaks of.
    pub(super) fn knows(&self, fact: &Fact) -> Result<(), String> {
        let known = |names: &[String], name: &Option<String>| {
            name.as_ref().is_none_or(|name| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
        };
        match fact {
            Fact { who: Some(who), .. } if !known(&self.names, &fact.who) => Err(format!("nobody is called {who}")),
            Fact { world: Some(world), .. } if !known(&self.worlds, &fact.world) => {
                Err(format!("no world is called {world}: there are {}", self.worlds.join(" and ")))
            }
            _ => Ok(()),
        }
    }
}

impl Recorded for FeedExperiment {
    fn ledger(timeline: &Timeline<Self>) -> Ledger {
        let worlds = timeline.track().worlds();
        let mut all = Vec::new();
        for (world, run) in worlds.iter().enumerate() {
            clients(world, run, &mut all);
            servers(world, run, &mut all);
        }
        let mut divided = vec![false; worlds.len()];
        let mut owed: Vec<Option<Micros>> = vec![None; worlds.len()];
        timeline.revisit(Micros::ZERO, timeline.now(), |track| {
            for (world, run) in track.worlds().iter().enumerate() {
                let mut happens = |what| all.push(Happening { at: run.now(), world, who: None, what });
                let leaders =
                    run.model().hosts().filter(|(_, host)| host.status != Status::Crashed && host.node.leads());
                let two = leaders.count() > 1;
                if two && !divided[world] {
                    happens(What::TwoLeaders);
                }
                divided[world] = two;
                // A heal owes that the replicas agree, once.
                let healed = conclusion::latest_cut(run).map(|(_, healed)| healed);
                if healed.is_some() && owed[world] != healed && conclusion::agree(run, healed.unwrap_or_default()) {
                    owed[world] = healed;
                    happens(What::Converged);
                }
            }
        });
        Ledger::of(timeline, timeline.experiment().short_names(), all)
    }
}

/// What the clients of a world saw.
fn clients(world: usize, run: &FeedRun, all: &mut Vec<Happening>) {
    let watch = run.watch();
    for operation in run.history().iter().filter(|one| matches!(one.request, Request::Post(_) | Request::Read)) {
        let (at, what) = match operation.outcome {
            Outcome::Done { at, .. } => (at, What::Answered),
            Outcome::Refused { refusal: Refusal::Busy, .. } | Outcome::Pending => continue,
            Outcome::Refused { at, .. } => (at, What::Refused),
            Outcome::Unknown { at, .. } => (at, What::Unknown),
        };
        all.push(Happening { at, world, who: Some(operation.client), what });
    }
    for stale in watch.staleness.stale().iter() {
        let operation = run.history().get(stale.read).expect("a read of this run");
        let at = operation.ended().expect("it was answered");
        all.push(Happening { at, world, who: Some(operation.client), what: What::Stale });
    }
    for (_, seen) in watch.observed.iter().filter(|(_, seen)| matches!(seen.what, Observation::AfterAll { .. })) {
        all.push(Happening { at: seen.at, world, who: Some(seen.phone), what: What::AfterAll });
    }
    let mut replicas = run.model().hosts().filter(|(id, _)| run.world().setup.servers().contains(*id));
    if replicas.all(|(_, host)| host.status == Status::Up) {
        let held = |post| run.model().hosts().any(|(_, host)| host.node.has(post));
        for (post, _) in watch.staleness.confirmed().filter(|(post, _)| !held(*post)) {
            all.push(Happening { at: run.now(), world, who: Some(post.author), what: What::Lost });
        }
    }
}

/// What the servers of a world came to.
fn servers(world: usize, run: &FeedRun, all: &mut Vec<Happening>) {
    for mark in run.watch().events.marks.iter() {
        if let MarkKind::Elected(server) = mark.kind {
            all.push(Happening { at: mark.at, world, who: Some(server), what: What::Elected });
        }
    }
    if let Some((at, violation)) = &run.watch().broken {
        let what = What::Broken(Some(violation.invariant.to_owned()));
        all.push(Happening { at: *at, world, who: None, what });
    }
}

impl Recorded for PaxosExperiment {
    fn ledger(timeline: &Timeline<Self>) -> Ledger {
        let mut all = Vec::new();
        let mut steps = 0;
        timeline.revisit(Micros::ZERO, timeline.now(), |run| {
            let latest = run.latest().filter(|_| run.steps() > steps);
            steps = run.steps();
            let Some((outcome, who)) = latest.and_then(|latest| Some((latest.outcome, latest.outcome.node?))) else {
                return;
            };
            if outcome.notes.iter().any(|note| matches!(note, Note::Proposer(ProposerNote::Abandons { .. }))) {
                all.push(Happening { at: run.now(), world: 0, who: Some(who), what: What::Refused });
            }
        });
        let watch = timeline.track().watch();
        if let Some(choice) = &watch.chosen {
            let what = What::Chosen(Some(choice.proposal.value.0.to_string()));
            all.push(Happening { at: choice.at, world: 0, who: Some(choice.proposal.ballot.proposer), what });
        }
        if let Some((at, violation)) = &watch.broken {
            let what = What::Broken(Some(violation.invariant.to_owned()));
            all.push(Happening { at: *at, world: 0, who: None, what });
        }
        Ledger::of(timeline, vec![Self::NAME.to_owned()], all)
    }
}

//! What happened in a run, as goals speak of it.

use super::verdict::Judged;
use super::{Fact, What};
use crate::conclusion;
use crate::experiment::{FeedExperiment, LocksExperiment, PaxosExperiment};
use crate::history::Outcome;
use crate::locks::storage::StorageNote;
use crate::node::{Micros, NodeId};
use crate::paxos::{AcceptorNote, Note, ProposerNote};
use crate::sim::fault::Intervention;
use crate::sim::model::Status;
use crate::spacetime::stamps::{Clock, Comparison};
use crate::store::feed::Response;
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
    /// In which world, from 0; none: in all of them.
    pub world: Option<usize>,
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
    /// When the learner did something, by time.
    pub(super) acts: Vec<Micros>,
    /// How far it tells.
    pub(super) end: Micros,
    /// By world: its clients' history, where a checker judges it.
    pub(super) judged: Vec<Judged>,
}

/// An experiment whose runs goals can speak of.
pub trait Recorded: Experiment {
    /// What happened on the current branch, up to the play head. Computes the run once more.
    fn ledger(timeline: &Timeline<Self>) -> Ledger;
}

impl Ledger {
    fn of<E: Experiment>(timeline: &Timeline<E>, worlds: Vec<String>, mut all: Vec<Happening>) -> Self {
        let done = timeline.acts_done();
        all.extend(done.iter().filter_map(|scripted| {
            let (what, who) = match scripted.act {
                Intervention::Cut(_) => (What::Cut, None),
                Intervention::Heal(_) => (What::Healed, None),
                Intervention::Crash { node, .. } => (What::Crashed, Some(node)),
                Intervention::Restart(node) => (What::Restarted, Some(node)),
                Intervention::Pause(node) => (What::Paused, Some(node)),
                _ => return None,
            };
            Some(Happening { at: scripted.at, world: None, who, what })
        }));
        // Each kind comes by time, so few have far to go; a sort of the standard library is compiled again for each type.
        let mut happenings: Vec<Happening> = Vec::with_capacity(all.len());
        for happening in all {
            let place = happenings.partition_point(|earlier| earlier.at <= happening.at);
            happenings.insert(place, happening);
        }
        let participants = (0..timeline.track().participants() as u8).map(NodeId);
        let names = participants.map(|id| timeline.experiment().name(id)).collect();
        let acts = done.iter().map(|scripted| scripted.at).collect();
        Self { names, worlds, happenings, acts, end: timeline.now(), judged: Vec::new() }
    }

    /// What the checker says of each world, as far as that can be known.
    pub(super) fn verdicts(&self) -> Vec<&Happening> {
        self.judged.iter().filter_map(Judged::verdict).collect()
    }

    /// Whether the checker came to a verdict on this world, or on all.
    pub(super) fn is_judged(&self, world: Option<&str>) -> bool {
        let asked = |place: &usize| world.is_none_or(|name| self.worlds[*place].eq_ignore_ascii_case(name));
        (0..self.worlds.len())
            .filter(asked)
            .all(|place| self.judged.get(place).is_some_and(|one| one.verdict().is_some()))
    }

    /// The same run, of whose acts the first `given` are not the learner's own.
    #[must_use]
    pub fn given(mut self, given: usize) -> Self {
        self.acts.drain(..given.min(self.acts.len()));
        self
    }

    /// How many things were done in it.
    pub fn acts(&self) -> usize {
        self.acts.len()
    }

    /// How many things the learner had done by then.
    pub fn acts_until(&self, at: Micros) -> usize {
        self.acts.iter().filter(|act| **act <= at).count()
    }

    /// How far it tells.
    pub fn end(&self) -> Micros {
        self.end
    }

    /// What a participant is called.
    pub fn name(&self, who: NodeId) -> &str {
        &self.names[who.index()]
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
            Fact { what: What::Verdict { .. }, .. } if self.judged.is_empty() => {
                Err("a verdict is on the history of a feed, and here is none".to_owned())
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
                let mut happens = |what| all.push(Happening { at: run.now(), world: Some(world), who: None, what });
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
        let judged = worlds.iter().enumerate().map(|(world, run)| Judged::new(world, run)).collect();
        Ledger { judged, ..Ledger::of(timeline, timeline.experiment().short_names(), all) }
    }
}

/// What the clients of a world saw.
fn clients(world: usize, run: &FeedRun, all: &mut Vec<Happening>) {
    let watch = run.watch();
    for operation in run.history().iter().filter(|one| one.request.deed().is_some()) {
        let is_refused_at_once = matches!(operation.outcome, Outcome::Refused { refusal: Refusal::Busy, .. });
        if !is_refused_at_once {
            let (at, who) = (operation.invoked, Some(operation.client));
            all.push(Happening { at, world: Some(world), who, what: What::Asked });
        }
        let (at, what) = match operation.outcome {
            Outcome::Done { at, .. } => {
                if operation.request.is_write() {
                    all.push(Happening { at, world: Some(world), who: Some(operation.client), what: What::Confirmed });
                }
                (at, What::Answered)
            }
            Outcome::Refused { refusal: Refusal::Busy, .. } | Outcome::Pending => continue,
            Outcome::Refused { at, .. } => (at, What::Refused),
            Outcome::Unknown { at, .. } => (at, What::Unknown),
        };
        all.push(Happening { at, world: Some(world), who: Some(operation.client), what });
    }
    for operation in run.history().iter() {
        if let Outcome::Done { at, response: Response::Posts { beside: Some(beside), .. } } = &operation.outcome
            && beside.values.has_siblings()
        {
            all.push(Happening { at: *at, world: Some(world), who: Some(operation.client), what: What::Siblings });
        }
    }
    for lost in watch.overwritten.iter() {
        let at = lost.at.max(lost.confirmed.1);
        all.push(Happening { at, world: Some(world), who: Some(lost.loser.author), what: What::Overwritten });
    }
    for stale in watch.staleness.stale().iter() {
        let operation = run.history().get(stale.read).expect("a read of this run");
        let at = operation.ended().expect("it was answered");
        all.push(Happening { at, world: Some(world), who: Some(operation.client), what: What::Stale });
    }
    for (_, seen) in watch.observed.iter().filter(|(_, seen)| matches!(seen.what, Observation::AfterAll { .. })) {
        all.push(Happening { at: seen.at, world: Some(world), who: Some(seen.phone), what: What::AfterAll });
    }
    let mut replicas = run.model().hosts().filter(|(id, _)| run.world().setup.servers().contains(*id));
    if replicas.all(|(_, host)| host.status == Status::Up) {
        let held = |post| run.model().hosts().any(|(_, host)| host.node.has(post));
        for (post, _) in watch.staleness.confirmed().filter(|(post, _)| !held(*post)) {
            let lost = watch.lost.iter().find(|lost| lost.post == post);
            let at = lost.map_or(run.now(), |lost| lost.discarded.max(lost.confirmed));
            all.push(Happening { at, world: Some(world), who: Some(post.author), what: What::Lost });
        }
    }
}

/// What the servers of a world came to.
fn servers(world: usize, run: &FeedRun, all: &mut Vec<Happening>) {
    for mark in run.watch().events.marks.iter() {
        if let MarkKind::Elected(server) = mark.kind {
            all.push(Happening { at: mark.at, world: Some(world), who: Some(server), what: What::Elected });
        }
    }
    if let Some((at, violation)) = &run.watch().broken {
        let what = What::Broken(Some(violation.invariant.to_owned()));
        all.push(Happening { at: *at, world: Some(world), who: None, what });
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
            all.extend(outcome.notes.iter().filter_map(|note| {
                let what = match note {
                    Note::Proposer(ProposerNote::Abandons { .. }) => What::Refused,
                    Note::Acceptor(AcceptorNote::Promises { .. }) => What::Promised,
                    Note::Acceptor(AcceptorNote::Accepts { .. }) => What::Accepted,
                    _ => return None,
                };
                Some(Happening { at: run.now(), world: Some(0), who: Some(who), what })
            }));
        });
        let watch = timeline.track().watch();
        if let Some(choice) = &watch.chosen {
            let what = What::Chosen(Some(choice.proposal.value.0.to_string()));
            all.push(Happening { at: choice.at, world: Some(0), who: Some(choice.proposal.ballot.proposer), what });
        }
        if let Some((at, violation)) = &watch.broken {
            let what = What::Broken(Some(violation.invariant.to_owned()));
            all.push(Happening { at: *at, world: Some(0), who: None, what });
        }
        Ledger::of(timeline, vec![Self::NAME.to_owned()], all)
    }
}

impl Recorded for LocksExperiment {
    fn ledger(timeline: &Timeline<Self>) -> Ledger {
        let watch = timeline.track().watch();
        let mut all = Vec::new();
        let mut happens = |at, who, what| all.push(Happening { at, world: Some(0), who, what });
        watch.grants.iter().for_each(|grant| happens(grant.from, Some(grant.session.client), What::Granted));
        watch.overlaps.iter().for_each(|overlap| happens(overlap.at, None, What::TwoHolders));
        for (at, note) in watch.storage.iter() {
            match note {
                StorageNote::RefusesToken { update, .. } => happens(*at, Some(update.client), What::Refused),
                StorageNote::Writes { lost, .. } => {
                    lost.iter().for_each(|update| happens(*at, Some(update.client), What::Overwritten));
                }
                StorageNote::Reads { .. } | StorageNote::DropsOlder { .. } | StorageNote::KnowsWrite { .. } => {}
            }
        }
        for mark in watch.events.marks.iter() {
            if let MarkKind::Elected(server) = mark.kind {
                happens(mark.at, Some(server), What::Elected);
            }
        }
        for operation in timeline.track().history().iter() {
            match operation.outcome {
                Outcome::Done { at, .. } => happens(at, Some(operation.client), What::Answered),
                Outcome::Unknown { at, .. } => happens(at, Some(operation.client), What::Unknown),
                Outcome::Refused { .. } | Outcome::Pending => {}
            }
        }
        if let Some((at, violation)) = &watch.broken {
            happens(*at, None, What::Broken(Some(violation.invariant.to_owned())));
        }
        let comparison = Comparison::of(timeline, Micros::ZERO, timeline.now());
        for (clock, pairs) in Clock::ALL.iter().zip(&comparison.inversions) {
            for (_, later) in pairs {
                happens(comparison.events[*later].at, None, What::Inverted(Some(clock.name().to_owned())));
            }
        }
        Ledger::of(timeline, vec![Self::NAME.to_owned()], all)
    }
}

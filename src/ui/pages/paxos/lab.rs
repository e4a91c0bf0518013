//! The Paxos page's lab: one decision, in which the learner picks what happens next.

mod next;
mod rails;
mod rule;
mod sheets;
#[cfg(test)]
mod tests;
mod words;

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use cap_lab::experiment::PaxosExperiment;
use cap_lab::explain::{self, Sentence};
use cap_lab::goal::ledger::Ledger;
use cap_lab::node::{Micros, NodeId, NodeSet};
use cap_lab::paxos::invariant::INVARIANTS;
use cap_lab::paxos::{AcceptorNote, Note, Paxos, Request, Timer};
use cap_lab::shared_vec::SharedVec;
use cap_lab::sim::fault::{Intervention, Link, MessageName, Scripted};
use cap_lab::sim::model::{self, Model};
use cap_lab::spacetime::Diagram;
use cap_lab::store::Store;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::paxos::{PaxosRun, PaxosSetup};
use cap_lab::world::watch::{MarkKind, Noted};

use super::view::{NextStep, Surroundings};
use crate::ui::act::{Act, Ask};
use crate::ui::events::view::Event;
use crate::ui::figure::view::{NodeView, RoleMark};
use crate::ui::guide::view::Judged;
use crate::ui::history::view::{CarriedView, HistoryView, OperationView};
use crate::ui::invariants::Invariant;
use crate::ui::lab::{Lab, Played, full};
use crate::ui::labs::branches;
use crate::ui::labs::common::{self, Marks, MarksCache};
use crate::ui::setup::view::Setup;
use crate::ui::sheet::view::Sheet;
use crate::ui::transport::scale::Scale;
use crate::ui::transport::view::{Branch, Mark};
use crate::ui::verdict::view::VerdictSheet;
use crate::ui::world::WorldView;

/// What its nodes and those who ask are called.
pub(super) const NAMES: [&str; 2] = ["Acceptors", "Proposers"];
/// What the proposers of a new run are asked to propose.
const VALUES: [&str; 3] = ["blue", "red", "green"];
/// How many events are told.
const EVENTS: usize = 40;

/// The lab of the Paxos page.
pub(super) struct PaxosLab {
    timeline: Timeline<PaxosExperiment>,
    marks: MarksCache,
    events: RefCell<(Option<EventStamp>, Rc<Vec<Event>>)>,
}

/// The events are decided by this: the newest one, and whether something was chosen since.
type EventStamp = (u64, Micros, bool);

impl PaxosLab {
    /// A new run, at whose start every proposer is asked to propose a value.
    pub(super) fn begin(setup: PaxosSetup, seed: u64) -> Result<Self, String> {
        let experiment = PaxosExperiment { paxos: setup };
        experiment.check()?;
        let mut lab = Self::new(Timeline::new(experiment, seed));
        for (node, value) in setup.proposers().iter().zip(VALUES) {
            let request = Request::Propose(value.into());
            assert!(lab.timeline.act(Intervention::Request { node, request }), "proposers have started");
            lab.sync_disk();
        }
        Ok(lab)
    }

    /// The lab of a run.
    pub(super) fn new(timeline: Timeline<PaxosExperiment>) -> Self {
        Self { timeline, marks: MarksCache::default(), events: RefCell::default() }
    }

    /// Looks at the marks of the whole branch.
    fn with_marks<T>(&self, look: impl FnOnce(&Marks<'_>) -> T) -> T {
        let (setup, marks) = (self.setup(), &self.timeline.frontier().watch().events.marks);
        look(&Marks { worlds: vec![(String::new(), marks)], names: &|id| setup.name(id) })
    }

    /// What is drawn around the figure.
    pub(super) fn surroundings(&self) -> Surroundings {
        rails::surroundings(self.run())
    }

    /// Every step that can happen next, with what it will do, soonest first.
    pub(super) fn next_steps(&self) -> Vec<NextStep> {
        next::steps(self.run())
    }

    /// How many acts opened the run: the first values, given at its start.
    fn opening(&self) -> usize {
        let opens = |scripted: &&Scripted<Request>| {
            scripted.at == Micros::ZERO
                && matches!(scripted.act, Intervention::Request { .. } | Intervention::Sync { .. })
        };
        self.timeline.acts_done().iter().take_while(opens).count()
    }

    fn run(&self) -> &PaxosRun {
        self.timeline.track()
    }

    fn setup(&self) -> PaxosSetup {
        self.timeline.experiment().paxos
    }

    /// After what the learner did, the touched node's disk finishes at once, so that the answer leaves. Nothing else moves.
    fn sync_disk(&mut self) {
        let touched = self.run().latest().and_then(|latest| latest.outcome.node);
        if let Some(node) = touched.filter(|node| waits_for_disk(self.run().model(), *node)) {
            assert!(self.timeline.act(Intervention::Sync { world: 0, node }), "its disk has something to write");
        }
    }

    fn half_done(&self) -> bool {
        self.setup().nodes().iter().any(|node| waits_for_disk(self.run().model(), node))
    }

    fn sentences(&self) -> Rc<Vec<Event>> {
        let watch = self.run().watch();
        let newest = watch.events.notes.iter().next();
        let stamp = newest.map(|(id, noted)| (id, noted.at, watch.chosen.is_some()));
        let mut cached = self.events.borrow_mut();
        if cached.0 != stamp {
            let events = watch.events.notes.iter().take(EVENTS).map(|noted| self.event(noted));
            *cached = (stamp, Rc::new(events.collect()));
        }
        Rc::clone(&cached.1)
    }

    fn event(&self, (id, noted): (u64, &Noted<Note>)) -> Event {
        Event { at: noted.at, id, sentence: Rc::new(sentence(self.run(), noted)) }
    }
}

fn waits_for_disk(model: &Model<Paxos>, node: NodeId) -> bool {
    let host = model.host(node);
    host.status == model::Status::Up && host.awaits_sync()
}

/// A note in words. Who sees all acceptors adds the moment of choice, of which no node knows.
fn sentence(run: &PaxosRun, noted: &Noted<Note>) -> Sentence {
    let setup = run.world().setup;
    let mut sentence = explain::paxos::sentence(&|id| setup.name(id), noted.node, &noted.note);
    if let Note::Acceptor(AcceptorNote::Accepts { proposal, .. }) = &noted.note
        && let Some(chosen) = &run.watch().chosen
        && chosen.last == noted.node
        && chosen.proposal == *proposal
    {
        let by = words::list(setup, chosen.by);
        sentence.observer =
            Some(format!("With this “{}” is chosen, by {by}; no proposer knows it yet.", proposal.value));
    }
    sentence
}

fn node_view(run: &PaxosRun, id: NodeId) -> NodeView {
    let host = run.model().host(id);
    let proposer = host.node.proposer();
    let running = [Timer::Retry, Timer::BackOff].into_iter().find_map(|timer| run.schedule().timer(id, timer));
    NodeView {
        id,
        name: run.world().setup.name(id),
        role: if proposer.is_some() { RoleMark::Proposer } else { RoleMark::Acceptor },
        status: common::status(host.status),
        caption: proposer.and_then(|proposer| proposer.ballot()).map_or(String::new(), |ballot| ballot.to_string()),
        timer: running,
        chips: Vec::new(),
        chips_before: 0,
        clock: common::clock(run, id),
        lease: false,
        card: host.node.acceptor().map(|acceptor| rails::card(host, acceptor)),
        seat: None,
    }
}

/// The nodes in groups that can exchange messages, crashed ones each alone. Proposers talk to acceptors only, so that two of
/// them with no acceptor between are apart.
fn components(setup: PaxosSetup, model: &Model<Paxos>) -> Vec<NodeSet> {
    let up = |node: NodeId| model.host(node).status != model::Status::Crashed;
    let joined = |a: NodeId, b: NodeId| {
        setup.proposers().contains(a) != setup.proposers().contains(b)
            && up(a)
            && up(b)
            && !model.is_cut(a, b)
            && !model.is_cut(b, a)
    };
    let mut left = setup.nodes();
    let mut groups = Vec::new();
    while let Some(node) = left.iter().next() {
        let (mut group, mut open) = (NodeSet::EMPTY.with(node), vec![node]);
        while let Some(here) = open.pop() {
            for there in left.difference(group).iter().filter(|there| joined(here, *there)) {
                group.insert(there);
                open.push(there);
            }
        }
        left = left.difference(group);
        groups.push(group);
    }
    groups
}

fn invariants(run: &PaxosRun) -> Vec<Invariant> {
    let (setup, violations) = (run.world().setup, run.watch().ghost.violations());
    let evidence =
        |name| violations.iter().find(|broken| broken.invariant == name).map(|broken| setup.in_names(&broken.evidence));
    INVARIANTS.iter().map(|(name, statement)| Invariant { name, statement, broken: evidence(*name) }).collect()
}

impl Lab for PaxosLab {
    fn played(&self) -> &dyn Played {
        &self.timeline
    }

    fn played_mut(&mut self) -> &mut dyn Played {
        &mut self.timeline
    }

    /// One event, and the disk write that it makes necessary.
    fn step(&mut self) -> bool {
        let moved = self.timeline.step();
        while self.half_done() && self.run().next_at() == Some(self.now() + Micros(1)) {
            self.timeline.step();
        }
        moved
    }

    fn back(&mut self) -> bool {
        let moved = self.timeline.back();
        while self.half_done() && self.timeline.back() {}
        moved
    }

    fn moments(&self) -> Option<SharedVec<Micros>> {
        Some(self.timeline.frontier().watch().moments.clone())
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        let act = act.try_map(|asked| match asked {
            Ask::Paxos(request) => Ok(request),
            Ask::Feed(_) | Ask::Locks(_) => Err("Proposers are asked to propose, and nothing else.".to_owned()),
        })?;
        if let Intervention::Request { node, request } = &act {
            self.timeline.experiment().check_request(*node, request)?;
        }
        if let Some(limit) = self.timeline.limit_of(&act) {
            return Err(full(limit));
        }
        if !self.timeline.act_apart(act.clone()) {
            return Err(act.words().refused.to_owned());
        }
        self.sync_disk();
        Ok(())
    }

    fn can_undo(&self) -> bool {
        self.timeline.acts_done().len() > self.opening()
    }

    fn undo(&mut self) -> Option<Act> {
        let mut undone = None;
        // The disk that finished after an act belongs to it.
        while self.can_undo() && matches!(undone, None | Some(Intervention::Sync { .. })) {
            undone = self.timeline.undo();
        }
        let Ok(act) = undone?.try_map(|request| Ok::<_, Infallible>(Ask::from(request)));
        Some(act)
    }

    fn worlds(&self) -> usize {
        1
    }

    fn world(&self, _: usize) -> WorldView {
        let (run, setup) = (self.run(), self.setup());
        let events = &run.watch().events;
        let (flights, crowds) = common::flights(run, setup.nodes(), self.now(), words::look);
        WorldView {
            title: "Paxos".to_owned(),
            subtitle: words::subtitle(setup),
            short: "".into(),
            side: None,
            nodes: setup.nodes().iter().map(|id| node_view(run, id)).collect(),
            cut: run.model().cuts().to_vec(),
            components: components(setup, run.model()),
            flights,
            crowds,
            deaths: common::deaths(events, self.now(), words::look),
            phones: Vec::new(),
            meters: None,
            verdict: None,
            history: Rc::default(),
            events: self.sentences(),
            invariants: invariants(run),
            replication: None,
            regions: Vec::new(),
            quorums: rails::quorums(run),
            differences: Rc::default(),
        }
    }

    fn history(&self, _: usize, _: Micros, _: Micros) -> Rc<HistoryView> {
        Rc::default()
    }

    fn operation(&self, _: usize, _: u32) -> Option<OperationView> {
        None
    }

    fn carried(&self, _: usize, _: u32) -> Option<CarriedView> {
        None
    }

    fn steps(&self, _: usize) -> Vec<Event> {
        self.run().watch().events.steps.iter().map(|noted| self.event(noted)).collect()
    }

    fn node_sheet(&self, _: usize, node: NodeId) -> Option<Sheet> {
        Some(sheets::node(self.run(), self.now(), node))
    }

    fn verdict_sheet(&self, _: usize) -> Option<VerdictSheet> {
        None
    }

    fn message_name(&self, _: usize, flight: u32) -> Option<MessageName> {
        self.run().name_of(flight)
    }

    fn flight_sheet(&self, _: usize, flight: u32) -> Option<Sheet> {
        sheets::flight(self.run(), flight)
    }

    fn diagram(&self, world: usize, from: Micros, to: Micros) -> Option<Diagram> {
        Some(Diagram::of(&self.timeline, world, from, to))
    }

    fn marks(&self, scale: &Scale, width: f64) -> Rc<Vec<Mark>> {
        self.with_marks(|marks| self.marks.merged(marks, scale, width))
    }

    fn marks_between(&self, from: Micros, until: Micros, most: usize) -> Vec<Mark> {
        self.with_marks(|marks| marks.between(from, until, most))
    }

    fn branches(&self) -> Vec<Branch> {
        branches(&self.timeline)
    }

    fn switch_branch(&mut self, branch: usize) {
        self.timeline.switch(branch);
    }

    fn setup(&self) -> Setup {
        let setup = self.setup();
        Setup {
            seed: self.timeline.seed(),
            words: String::new(),
            names: NAMES,
            nodes: (setup.acceptors, PaxosSetup::ACCEPTORS.to_vec()),
            people: (setup.proposers, PaxosSetup::PROPOSERS.to_vec()),
            geography: None,
            traffic: None,
            stores: Vec::new(),
            switches: Vec::new(),
            flaw: self.timeline.experiment().paxos.flaw.map(cap_lab::paxos::Flaw::name),
        }
    }

    fn judged(&self, goal: &str) -> Judged {
        common::judged(&self.timeline, goal)
    }

    fn ledger(&self, whole: bool) -> Option<Ledger> {
        Some(common::ledger(&self.timeline, whole))
    }

    fn slow_links(&self) -> Vec<(Link, Micros)> {
        self.run().schedule().slow().to_vec()
    }

    fn restarted(&self) -> Box<dyn Lab> {
        let again = Self::begin(self.setup(), self.timeline.seed());
        Box::new(again.expect("this setup has a run already"))
    }

    fn breaks_at(&self) -> Option<Micros> {
        // The mistake's own rule goes first, what it was for breaks last.
        let marks = &self.timeline.frontier().watch().events.marks;
        marks.iter().rev().find(|mark| mark.kind == MarkKind::Broken).map(|mark| mark.at)
    }

    fn on_store(&self, _: usize, _: Store) -> Option<Box<dyn Lab>> {
        None
    }

    fn without_flaw(&self) -> Option<Box<dyn Lab>> {
        let mut experiment = *self.timeline.experiment();
        experiment.paxos.flaw.take()?;
        Some(Box::new(Self::new(self.timeline.retold(experiment))))
    }

    fn export(&self) -> Option<String> {
        Some(self.timeline.export())
    }

    fn link(&self) -> Option<String> {
        Some(self.timeline.link())
    }

    fn golden_script(&self) -> Option<String> {
        Some(self.timeline.golden_script())
    }
}

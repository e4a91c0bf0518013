//! The lab of the page of locks: a lock service, its clients, and the storage that they write to.

mod sheets;
mod view;

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use cap_lab::experiment::LocksExperiment;
use cap_lab::explain;
use cap_lab::goal::ledger::Ledger;
use cap_lab::locks::Flaw;
use cap_lab::locks::client::Request;
use cap_lab::locks::invariant::INVARIANTS;
use cap_lab::locks::participant::Note;
use cap_lab::node::{Micros, NodeId};
use cap_lab::shared_vec::SharedVec;
use cap_lab::sim::fault::{Intervention, Link, MessageName, Scripted};
use cap_lab::spacetime::Diagram;
use cap_lab::spacetime::stamps::Comparison;
use cap_lab::store::Store;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::locks::{LocksRun, LocksSetup};
use cap_lab::world::watch::{Noted, components};

use crate::ui::act::{Act, Ask};
use crate::ui::events::view::Event;
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

/// What servers and clients are called.
const NAMES: [&str; 2] = ["Lock servers", "Clients"];
/// How many events are told.
const EVENTS: usize = 40;
/// So long before the first act the figure begins: nothing has happened yet.
const LEAD: Micros = Micros::from_ms(100);
/// The figure shows at least so much after leases and pauses.
const AROUND: Micros = Micros::from_ms(4_000);

/// The lab of the page of locks.
pub(super) struct LocksLab {
    timeline: Timeline<LocksExperiment>,
    /// The accident of this setup, whose acts open the run.
    accident: Vec<Scripted<Request>>,
    marks: MarksCache,
    events: RefCell<(Option<EventStamp>, Rc<Vec<Event>>)>,
    stamps: RefCell<Option<(StampsStamp, Rc<Comparison>)>>,
}

/// The events are decided by how many there were and the newest one.
type EventStamp = (u64, Micros);
/// The stamps of what was done until a moment are decided by that, and by the acts before.
type StampsStamp = (Micros, usize);

/// What a new run of this setup is made of.
pub(super) fn setup_of(experiment: &LocksExperiment, seed: u64) -> Setup {
    let LocksSetup { servers, clients, flaw, .. } = experiment.locks;
    let alone = experiment.locks.servers().len() == 1;
    Setup {
        seed,
        words: experiment.to_string(),
        names: NAMES,
        nodes: (servers, if alone { vec![1] } else { vec![3, 5, 7] }),
        people: (clients, (1..=6).collect()),
        geography: None,
        traffic: Some(experiment.traffic),
        stores: Vec::new(),
        switches: Vec::new(),
        flaw: flaw.map(Flaw::name),
    }
}

impl LocksLab {
    /// The accident in a new run, over.
    pub(super) fn begin(setup: &Setup) -> Result<Self, String> {
        let mut experiment: LocksExperiment = setup.words.parse()?;
        (experiment.locks.servers, experiment.locks.clients) = (setup.nodes.0, setup.people.0);
        experiment.locks.flaw = setup.flaw.map(str::parse).transpose()?;
        experiment.check()?;
        Ok(Self::told(experiment, setup.seed))
    }

    fn told(experiment: LocksExperiment, seed: u64) -> Self {
        let (script, end) = experiment.accident(seed);
        let mut timeline = Timeline::scripted(experiment, seed, script, end).filled();
        timeline.seek(end);
        Self::new(timeline)
    }

    /// The lab of a run.
    pub(super) fn new(timeline: Timeline<LocksExperiment>) -> Self {
        let (accident, _) = timeline.experiment().accident(timeline.seed());
        let (events, stamps) = (RefCell::default(), RefCell::default());
        Self { timeline, accident, marks: MarksCache::default(), events, stamps }
    }

    /// The setup.
    pub(super) fn experiment(&self) -> &LocksExperiment {
        self.timeline.experiment()
    }

    /// As it is at the play head.
    pub(super) fn run(&self) -> &LocksRun {
        self.timeline.track()
    }

    /// What the figure shows, from its beginning to its end: all of a short run, and of a longer one what is around the play head.
    pub(super) fn window(&self) -> (Micros, Micros) {
        let (begin, end) = (self.first().since(LEAD), self.timeline.end());
        let LocksExperiment { locks, accident, .. } = self.experiment();
        let span = AROUND + locks.lease + locks.lease + accident.pause;
        if end.since(begin) <= span + span {
            return (begin, end);
        }
        let until = (self.now() + Micros(span.0 / 4)).clamp(begin + span, end);
        (until.since(span), until)
    }

    /// Times at which a client stood still, up to the play head: from when until when.
    pub(super) fn still(&self, client: NodeId) -> Vec<(Micros, Option<Micros>)> {
        let mut found: Vec<(Micros, Option<Micros>)> = Vec::new();
        for scripted in self.timeline.acts_done() {
            match scripted.act {
                Intervention::Pause(node) if node == client => found.push((scripted.at, None)),
                Intervention::Resume(node) | Intervention::Crash { node, .. } if node == client => {
                    if let Some((_, until)) = found.last_mut() {
                        until.get_or_insert(scripted.at);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The grants and writes before a moment, stamped by four clocks.
    pub(super) fn comparison(&self, until: Micros) -> Rc<Comparison> {
        let stamp = (until, self.timeline.acts_done().len());
        let mut cached = self.stamps.borrow_mut();
        match &*cached {
            Some((made_from, comparison)) if *made_from == stamp => Rc::clone(comparison),
            _ => {
                let comparison = Rc::new(Comparison::of(&self.timeline, Micros::ZERO, until));
                *cached = Some((stamp, Rc::clone(&comparison)));
                comparison
            }
        }
    }

    fn setup(&self) -> LocksSetup {
        self.experiment().locks
    }

    /// When the first act is.
    fn first(&self) -> Micros {
        self.timeline.script().first().map_or(Micros::ZERO, |scripted| scripted.at)
    }

    /// How many acts opened the run: as many as are the accident's.
    fn opening(&self) -> usize {
        self.timeline.acts_done().iter().zip(&self.accident).take_while(|(done, of)| done == of).count()
    }

    /// What happens from the play head on is not what it was.
    fn forget_future(&mut self) {
        self.stamps.take();
        self.events.take();
    }

    /// Looks at the marks of the whole branch.
    fn with_marks<T>(&self, look: impl FnOnce(&Marks<'_>) -> T) -> T {
        let (setup, marks) = (self.setup(), &self.timeline.frontier().watch().events.marks);
        look(&Marks { worlds: vec![(String::new(), marks)], names: &|id| setup.name(id) })
    }

    fn sentences(&self) -> Rc<Vec<Event>> {
        let notes = &self.run().watch().events.notes;
        let stamp = notes.iter().next().map(|(_, noted)| (notes.count(), noted.at));
        let mut cached = self.events.borrow_mut();
        if cached.0 != stamp {
            let events = notes.iter().take(EVENTS).map(|(id, noted)| self.event(id, noted));
            *cached = (stamp, Rc::new(events.collect()));
        }
        Rc::clone(&cached.1)
    }

    /// A note in words.
    fn event(&self, id: u64, noted: &Noted<Note>) -> Event {
        let setup = self.setup();
        let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
        let sentence = explain::locks::sentence(&|id| setup.name(id), view, noted.node, &noted.note);
        Event { at: noted.at, id, sentence: Rc::new(sentence) }
    }

    fn invariants(&self) -> Vec<Invariant> {
        let broken = self.run().watch().broken.as_ref().map(|(_, broken)| broken);
        let evidence =
            |name: &str| broken.filter(|broken| broken.invariant == name).map(|broken| broken.evidence.clone());
        INVARIANTS.iter().map(|(name, statement)| Invariant { name, statement, broken: evidence(name) }).collect()
    }
}

impl Lab for LocksLab {
    fn played(&self) -> &dyn Played {
        &self.timeline
    }

    fn played_mut(&mut self) -> &mut dyn Played {
        &mut self.timeline
    }

    fn moments(&self) -> Option<SharedVec<Micros>> {
        None
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        let act = act.try_map(|asked| match asked {
            Ask::Locks(request) => Ok(request),
            Ask::Feed(_) | Ask::Paxos(_) => Err("Clients take the lock, update the file and give it back.".to_owned()),
        })?;
        if let Intervention::Request { node, request } = &act {
            self.experiment().check_request(*node, request)?;
        }
        if let Some(limit) = self.timeline.limit_of(&act) {
            return Err(full(limit));
        }
        if !self.timeline.act_apart(act.clone()) {
            return Err(act.words().refused.to_owned());
        }
        self.forget_future();
        Ok(())
    }

    fn can_undo(&self) -> bool {
        self.timeline.acts_done().len() > self.opening()
    }

    fn undo(&mut self) -> Option<Act> {
        let act = if self.can_undo() { self.timeline.undo()? } else { return None };
        self.forget_future();
        let Ok(act) = act.try_map(|request| Ok::<_, Infallible>(Ask::from(request)));
        Some(act)
    }

    fn worlds(&self) -> usize {
        1
    }

    fn world(&self, _: usize) -> WorldView {
        let (run, setup) = (self.run(), self.setup());
        let all = self.experiment().servers();
        let (flights, crowds) = common::flights(run, all, self.now(), view::look);
        WorldView {
            title: setup.backend.title().to_owned(),
            subtitle: view::subtitle(&setup),
            short: "".into(),
            side: None,
            nodes: all.iter().map(|id| view::node(run, id)).collect(),
            cut: run.model().cuts().to_vec(),
            components: components(run.model(), setup.servers()),
            flights,
            crowds,
            deaths: common::deaths(&run.watch().events, self.now(), view::look),
            phones: Vec::new(),
            meters: None,
            verdict: None,
            history: Rc::default(),
            events: self.sentences(),
            invariants: self.invariants(),
            replication: None,
            regions: Vec::new(),
            quorums: Vec::new(),
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
        self.run().watch().events.steps.iter().map(|(id, noted)| self.event(id, noted)).collect()
    }

    fn node_sheet(&self, _: usize, node: NodeId) -> Option<Sheet> {
        Some(sheets::node(self.run(), node))
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
        self.forget_future();
    }

    fn setup(&self) -> Setup {
        let percent = self.run().schedule().traffic_percent();
        Setup { traffic: Some(percent), ..setup_of(self.experiment(), self.timeline.seed()) }
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
        Box::new(Self::told(*self.experiment(), self.timeline.seed()))
    }

    fn shown(&self) -> Option<[Micros; 2]> {
        Some([self.first().since(LEAD), self.timeline.end()])
    }

    fn breaks_at(&self) -> Option<Micros> {
        self.timeline.frontier().watch().broken.as_ref().map(|(at, _)| *at)
    }

    fn without_flaw(&self) -> Option<Box<dyn Lab>> {
        let mut sound = *self.experiment();
        sound.locks.flaw.take()?;
        Some(Box::new(Self::new(self.timeline.retold(sound))))
    }

    fn on_store(&self, _: usize, _: Store) -> Option<Box<dyn Lab>> {
        None
    }

    fn retold(&self, words: &str) -> Result<Box<dyn Lab>, String> {
        let other: LocksExperiment = words.parse()?;
        other.check()?;
        let mut timeline = self.timeline.retold(other).filled();
        timeline.seek(self.now());
        Ok(Box::new(Self::new(timeline)))
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

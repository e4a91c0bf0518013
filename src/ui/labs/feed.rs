//! The feed's lab: the compare page and the Raft page.

use std::cell::RefCell;
use std::rc::Rc;

use cap_lab::experiment::{FeedExperiment, RaftExperiment};
use cap_lab::explain::{self, Sentence};
use cap_lab::node::{Micros, Node, NodeId};
use cap_lab::sim::fault::Intervention;
use cap_lab::sim::network::Envelope;
use cap_lab::store::feed::Request;
use cap_lab::timeline::{Experiment, RequestOf, Timeline};
use cap_lab::world::feed::{Available, Consistent, FeedKind, FeedRun, FeedSetup, Member};
use cap_lab::world::watch::{Noted, components};

use super::acts::{self, Wanted};
use super::common::{self, Look};
use super::phones;
use crate::ui::lab::{
    Act, Branch, Event, HistoryRow, Invariant, Lab, Mark, NextStep, NodeView, Replication, Setup, Sheet, World,
};

/// A message of a feed.
type Mail<K> = Envelope<<Member<K> as Node>::Message>;
/// A note of a feed, as it was seen.
type Seen<K> = Noted<<Member<K> as Node>::Note>;

/// One kind of feed as view data.
pub(super) trait FeedView: FeedKind {
    const TITLE: &'static str;
    const SUBTITLE: &'static str;
    /// Before marks where there are two worlds.
    const SHORT: &'static str;

    fn node(run: &FeedRun<Self>, id: NodeId) -> NodeView;
    fn look(setup: FeedSetup, envelope: &Mail<Self>) -> Look;
    fn sentence(run: &FeedRun<Self>, noted: &Seen<Self>) -> Sentence;
    fn invariants(run: &FeedRun<Self>) -> Vec<Invariant>;
    fn sheet(run: &FeedRun<Self>, id: NodeId) -> Sheet;
    fn flight_sheet(setup: FeedSetup, envelope: &Mail<Self>) -> Sheet;
    fn replication(run: &FeedRun<Self>) -> Option<Replication>;
}

/// One feed's run, whatever its kind.
pub(super) trait Side {
    fn world(&self, now: Micros, cache: &mut Cache) -> World;
    fn node_sheet(&self, id: NodeId) -> Sheet;
    fn flight_sheet(&self, flight: u32) -> Option<Sheet>;
    fn message(&self, flight: u32) -> Result<cap_lab::sim::fault::MessageName, String>;
    fn steps(&self) -> Vec<Event>;
    fn marks(&self, alone: bool) -> Vec<Mark>;
    fn mark_count(&self) -> usize;
    fn cuts(&self) -> &[cap_lab::node::NodeSet];
}

/// What changes seldom, and what it was made from.
#[derive(Default)]
pub(super) struct Cache {
    history: Option<(HistoryStamp, Rc<Vec<HistoryRow>>)>,
    events: Option<(EventStamp, Rc<Vec<Event>>)>,
}

/// The history as drawn is decided by this: how much was asked and answered, and roughly when it is looked at.
type HistoryStamp = (usize, u32, u32, u64);
/// How many notes and observations there were, and when the newest came.
type EventStamp = (u64, Micros, u64, Micros);

impl<K: FeedView> Side for FeedRun<K> {
    fn world(&self, now: Micros, cache: &mut Cache) -> World {
        let setup = self.world().setup;
        let events = &self.watch().events;
        let names = |id: NodeId| setup.name(id);
        let look = |envelope: &Mail<K>| K::look(setup, envelope);
        World {
            title: K::TITLE.to_owned(),
            subtitle: K::SUBTITLE.to_owned(),
            nodes: setup.servers().iter().map(|id| K::node(self, id)).collect(),
            cut: setup.servers().iter().map(|id| self.model().cuts()[id.index()]).collect(),
            components: components(self.model(), setup.servers()),
            flights: common::flights(self, setup.servers(), look),
            deaths: common::deaths(events, now, look),
            phones: setup.phones().map(|id| phones::phone(self, id, now)).collect(),
            meters: Some(phones::meters(self)),
            history: history(self, now, cache),
            faults: common::faults(events, now.since(phones::HISTORY), &names),
            events: sentences(self, cache),
            invariants: K::invariants(self),
            replication: K::replication(self),
            paxos: None,
        }
    }

    fn node_sheet(&self, id: NodeId) -> Sheet {
        K::sheet(self, id)
    }

    fn flight_sheet(&self, flight: u32) -> Option<Sheet> {
        self.model().flights().get(flight).map(|envelope| K::flight_sheet(self.world().setup, envelope))
    }

    fn message(&self, flight: u32) -> Result<cap_lab::sim::fault::MessageName, String> {
        common::name_of(self, flight)
    }

    fn steps(&self) -> Vec<Event> {
        self.watch().events.steps.iter().map(|(number, noted)| event::<K>(self, number, noted)).collect()
    }

    fn marks(&self, alone: bool) -> Vec<Mark> {
        let setup = self.world().setup;
        let world = if alone { "" } else { K::SHORT };
        self.watch().events.marks.iter().map(|mark| common::mark(mark, world, &|id| setup.name(id))).collect()
    }

    fn mark_count(&self) -> usize {
        self.watch().events.marks.len()
    }

    fn cuts(&self) -> &[cap_lab::node::NodeSet] {
        self.model().cuts()
    }
}

fn history<K: FeedView>(run: &FeedRun<K>, now: Micros, cache: &mut Cache) -> Rc<Vec<HistoryRow>> {
    let meters = &run.watch().meters;
    let stamp = (run.history().len(), meters.ended(), meters.stale, now.0 / 1_000_000);
    match &cache.history {
        Some((made_from, rows)) if *made_from == stamp => Rc::clone(rows),
        _ => {
            let rows = Rc::new(phones::history(run, now));
            cache.history = Some((stamp, Rc::clone(&rows)));
            rows
        }
    }
}

/// What is worth a line, newest first: notes, and what only an observer can tell.
fn sentences<K: FeedView>(run: &FeedRun<K>, cache: &mut Cache) -> Rc<Vec<Event>> {
    let (notes, observed) = (&run.watch().events.notes, &run.watch().observed);
    let newest_note = notes.iter().next().map_or(Micros::ZERO, |(_, noted)| noted.at);
    let newest_seen = observed.iter().next().map_or(Micros::ZERO, |(_, seen)| seen.at);
    let stamp = (notes.count(), newest_note, observed.count(), newest_seen);
    match &cache.events {
        Some((made_from, events)) if *made_from == stamp => Rc::clone(events),
        _ => {
            let setup = run.world().setup;
            let mut all: Vec<Event> = notes.iter().map(|(number, noted)| event::<K>(run, 2 * number, noted)).collect();
            for (number, seen) in observed.iter() {
                let sentence = explain::feed::observed(&|id| setup.name(id), K::SHORT.trim(), seen);
                let event = Event { at: seen.at, id: 2 * number + 1, sentence: Rc::new(sentence) };
                all.insert(all.partition_point(|other| other.at > event.at), event);
            }
            let events = Rc::new(all);
            cache.events = Some((stamp, Rc::clone(&events)));
            events
        }
    }
}

fn event<K: FeedView>(run: &FeedRun<K>, id: u64, noted: &Seen<K>) -> Event {
    Event { at: noted.at, id, sentence: Rc::new(K::sentence(run, noted)) }
}

/// An experiment with feeds.
pub(super) trait FeedPage: Experiment {
    fn feed(&self) -> FeedSetup;
    fn sides(track: &Self::Track) -> Vec<&dyn Side>;
    fn traffic(track: &Self::Track) -> u16;
}

impl FeedPage for FeedExperiment {
    fn feed(&self) -> FeedSetup {
        self.feed
    }

    fn sides(track: &Self::Track) -> Vec<&dyn Side> {
        let (left, right): (&FeedRun<Consistent>, &FeedRun<Available>) = (&track.left, &track.right);
        vec![left, right]
    }

    fn traffic(track: &Self::Track) -> u16 {
        track.left.schedule().traffic_percent()
    }
}

impl FeedPage for RaftExperiment {
    fn feed(&self) -> FeedSetup {
        self.feed
    }

    fn sides(track: &Self::Track) -> Vec<&dyn Side> {
        vec![track]
    }

    fn traffic(track: &Self::Track) -> u16 {
        track.schedule().traffic_percent()
    }
}

/// The lab of the feed and of the Raft page.
pub(super) struct FeedLab<E: Experiment> {
    timeline: Timeline<E>,
    caches: RefCell<Vec<Cache>>,
    marks: RefCell<(Vec<usize>, Rc<Vec<Mark>>)>,
}

impl<E: FeedPage> FeedLab<E>
where
    E: Experiment,
{
    pub(super) fn new(timeline: Timeline<E>) -> Self {
        let worlds = E::sides(timeline.track()).len();
        let caches = RefCell::new((0..worlds).map(|_| Cache::default()).collect());
        Self { timeline, caches, marks: RefCell::default() }
    }

    fn side(&self, world: usize) -> &dyn Side {
        E::sides(self.timeline.track())[world]
    }
}

fn request(act: Act) -> Result<Intervention<Request>, String> {
    let (node, request) = match act {
        Act::Post { person, text } => {
            (person, Request::Post(text.split_whitespace().collect::<Vec<_>>().join(" ").into()))
        }
        Act::Read { person } => (person, Request::Read),
        Act::Attach { person, to } => (person, Request::Attach(to)),
        _ => return Err("Nobody proposes values here.".to_owned()),
    };
    Ok(Intervention::Request { node, request })
}

impl<E: FeedPage> Lab for FeedLab<E>
where
    E::Track: cap_lab::timeline::track::Track<Request = Request>,
{
    fn now(&self) -> Micros {
        self.timeline.now()
    }

    fn end(&self) -> Micros {
        self.timeline.end()
    }

    fn play(&mut self, to: Micros) {
        self.timeline.play(to);
    }

    fn seek(&mut self, to: Micros) {
        self.timeline.seek(to);
    }

    fn step(&mut self) -> bool {
        self.timeline.step()
    }

    fn back(&mut self) -> bool {
        self.timeline.back()
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        let experiment = self.timeline.experiment().clone();
        let servers = experiment.feed().servers();
        let act: Intervention<RequestOf<E>> = match acts::wanted(act, servers, self.side(0).cuts(), request)? {
            Wanted::Act(act) => act,
            Wanted::Message { world, flight, fate } => {
                Intervention::Message { world: world as u8, name: self.side(world).message(flight)?, fate }
            }
            Wanted::Next { .. } => return Err("That step is over.".to_owned()),
        };
        if let Intervention::Request { node, request } = &act {
            experiment.check_request(*node, request)?;
        }
        if self.timeline.act_apart(act.clone()) { Ok(()) } else { Err(acts::impossible(&act)) }
    }

    fn worlds(&self) -> usize {
        self.caches.borrow().len()
    }

    fn world(&self, world: usize) -> World {
        self.side(world).world(self.timeline.now(), &mut self.caches.borrow_mut()[world])
    }

    fn steps(&self, world: usize) -> Vec<Event> {
        self.side(world).steps()
    }

    fn node_sheet(&self, world: usize, node: NodeId) -> Sheet {
        self.side(world).node_sheet(node)
    }

    fn flight_sheet(&self, world: usize, flight: u32) -> Option<Sheet> {
        self.side(world).flight_sheet(flight)
    }

    fn next_steps(&self, _: usize) -> Vec<NextStep> {
        Vec::new()
    }

    fn marks(&self) -> Rc<Vec<Mark>> {
        let sides = E::sides(self.timeline.frontier());
        let counts: Vec<usize> = sides.iter().map(|side| side.mark_count()).collect();
        let mut cached = self.marks.borrow_mut();
        if cached.0 != counts {
            let mut all: Vec<Mark> = Vec::new();
            for mark in sides.iter().flat_map(|side| side.marks(sides.len() == 1)) {
                let position = all.partition_point(|earlier| earlier.at <= mark.at);
                // What happens to both worlds at once is one mark.
                if !all[..position]
                    .iter()
                    .rev()
                    .take_while(|same| same.at == mark.at)
                    .any(|same| same.label == mark.label)
                {
                    all.insert(position, mark);
                }
            }
            *cached = (counts, Rc::new(all));
        }
        Rc::clone(&cached.1)
    }

    fn branches(&self) -> Vec<Branch> {
        branches(&self.timeline)
    }

    fn switch_branch(&mut self, branch: usize) {
        self.timeline.switch(branch);
    }

    fn setup(&self) -> Setup {
        let feed = self.timeline.experiment().feed();
        Setup {
            seed: self.timeline.seed(),
            nodes: (feed.replicas, (3..=7).collect()),
            people: (feed.people, (1..=6).collect()),
            traffic: Some(E::traffic(self.timeline.track())),
        }
    }

    fn export(&self) -> String {
        self.timeline.export()
    }

    fn golden_script(&self) -> String {
        self.timeline.golden_script()
    }
}

/// All branches of a timeline, named by what was done where each of them begins.
pub(super) fn branches<E: Experiment>(timeline: &Timeline<E>) -> Vec<Branch> {
    timeline
        .branches()
        .enumerate()
        .map(|(position, branch)| Branch {
            forked_at: branch.forked_at,
            end: branch.end,
            label: match branch.begun_by {
                Some(begun) => format!("{}: {}", position + 1, acts::verb(&begun.act)),
                None => "1: first run".to_owned(),
            },
            current: branch.current,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::lab::Page;

    fn cut_two_from_three() -> Act {
        let (few, many) = ([0, 1], [2, 3, 4]);
        let pairs = few.into_iter().flat_map(|a| many.map(|b| (NodeId(a), NodeId(b))));
        Act::Cut(pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect())
    }

    fn refused_and_stale(lab: &dyn Lab) -> (u32, u32) {
        let meters = |world| lab.world(world).meters.expect("feeds have meters");
        (meters(0).refused, meters(1).stale)
    }

    /// The first refusal and the first stale read show within 5 s of the first cut at the default speed (0.1x),
    /// whenever a newcomer makes it.
    #[test]
    fn a_cut_soon_shows_a_refusal_and_a_stale_read() {
        for ms in (0..4_000).step_by(50) {
            let mut lab = super::super::open(Page::Feed, None).expect("a new run");
            let cut_at = lab.now() + Micros::from_ms(ms);
            lab.play(cut_at);
            let (refused, stale) = refused_and_stale(&*lab);
            assert_eq!((refused, stale), (0, 0), "nothing is wrong before the cut");
            lab.act(cut_two_from_three()).expect("all links work");
            lab.play(cut_at + Micros::from_ms(500));
            let (refused, stale) = refused_and_stale(&*lab);
            assert!(refused > 0, "cut {ms} ms after landing: nothing was refused");
            assert!(stale > 0, "cut {ms} ms after landing: nothing was stale");
        }
    }
}

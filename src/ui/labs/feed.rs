//! The feed's lab: the compare page and the Raft page.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use cap_lab::experiment::FeedExperiment;
use cap_lab::goal::ledger::Ledger;
use cap_lab::node::{Micros, NodeId, NodeSet, RequestId};
use cap_lab::referee::client::Client;
use cap_lab::referee::wire::{read, write};
use cap_lab::referee::{Answer, Brief, Query};
use cap_lab::shared_vec::SharedVec;
use cap_lab::sim::fault::{Intervention, Link, MessageName};
use cap_lab::sim::network::Envelope;
use cap_lab::spacetime::Diagram;
use cap_lab::store::Store;
use cap_lab::store::participant::Message;
use cap_lab::store::service::ServiceMessage;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::tradeoff::{Batch, Figures};
use cap_lab::world::feed::{FeedRun, FeedSetup, FeedWorld, Region};
use cap_lab::world::watch::components;

use super::common::{self, Look, Marks, MarksCache};
use super::history::{self, Window};
use super::portrait::Portrait;
use super::{details, phones, verdict};
use crate::ui::act::{self, Act};
use crate::ui::events::view::Event;
use crate::ui::figure::view::{FlightHue, FlightShape};
use crate::ui::guide::view::{Concluded, Judged};
use crate::ui::history::view::{CarriedView, HistoryView, OperationView};
use crate::ui::invariants::Invariant;
use crate::ui::lab::{Lab, Played, full};
use crate::ui::setup::view::Setup;
use crate::ui::sheet::view::Sheet;
use crate::ui::transport::scale::Scale;
use crate::ui::transport::view::{Branch, Mark};
use crate::ui::verdict::view::VerdictSheet;
use crate::ui::world::{RegionView, WorldView};

/// What nodes and people of a feed are called.
pub(super) const NAMES: [&str; 2] = ["Replicas", "People"];

/// A message of a feed.
type Mail = Envelope<Message>;

fn look(FeedWorld { setup, store }: FeedWorld, envelope: &Mail) -> Look {
    let (label, shape) = match &envelope.message {
        Message::Service(ServiceMessage::Forward { id, ask, .. }) => {
            (format!("{}'s {}", setup.person(id.client), ask.deed()), FlightShape::Request)
        }
        Message::Service(ServiceMessage::Forwarded { id, .. }) => {
            (format!("answer for {}", setup.person(id.client)), FlightShape::Reply)
        }
        Message::Service(_) => unreachable!("phones' messages are not drawn"),
        message => return portrait(store).look(setup, message),
    };
    Look { label, shape, hue: FlightHue::Work }
}

/// How a store is drawn. No lab begins before that is here: see [`super::begin_feed`].
fn portrait(store: Store) -> &'static dyn Portrait {
    details::portrait(store).expect("a lab begins when its portraits are here")
}

/// What changes seldom, and what it was made from.
#[derive(Default)]
pub(super) struct Cache {
    history: Option<(history::Stamp, Rc<HistoryView>)>,
    events: Option<(EventStamp, Rc<Vec<Event>>)>,
    client: Client,
}

fn world(run: &FeedRun, short: &Rc<str>, now: Micros, cache: &mut Cache) -> WorldView {
    let FeedWorld { setup, store } = *run.world();
    let events = &run.watch().events;
    let look = |envelope: &Mail| look(*run.world(), envelope);
    let portrait = portrait(store);
    let verdict = verdict::look(&cache.client, now);
    let (flights, crowds) = common::flights(run, setup.servers(), now, look);
    WorldView {
        title: format!("{}: {}", store.side(), store.title()),
        subtitle: portrait.promise(run),
        short: Rc::clone(short),
        side: Some(store.side()),
        nodes: setup.servers().iter().map(|id| portrait.node(run, id)).collect(),
        cut: run.model().cuts().to_vec(),
        components: components(run.model(), setup.servers()),
        regions: setup.regions().map(region).collect(),
        flights,
        crowds,
        deaths: common::deaths(events, now, look),
        phones: setup.phones().map(|id| phones::phone(run, id, now)).collect(),
        meters: Some(phones::meters(run)),
        verdict: Some(verdict),
        history: Rc::default(),
        events: sentences(run, &mut cache.events),
        invariants: invariants(run),
        replication: portrait.replication(run),
        quorums: Vec::new(),
        differences: Rc::new(details::here().map_or_else(Vec::new, |details| details.differences(run))),
    }
}

fn region((region, members): (Region, NodeSet)) -> RegionView {
    RegionView { name: region.name(), code: region.code(), members }
}

/// What is checked of a store after every event, and what broke.
fn invariants(run: &FeedRun) -> Vec<Invariant> {
    let broken = run.watch().broken.as_ref().map(|(_, broken)| broken);
    let evidence = |name| broken.filter(|broken| broken.invariant == name).map(|broken| broken.evidence.clone());
    let all = run.world().store.invariants().into_iter();
    all.map(|(name, statement)| Invariant { name, statement, broken: evidence(name) }).collect()
}

/// How many notes and observations there were, and when the newest came.
type EventStamp = (u64, Micros, u64, Micros);

/// What is worth a line, newest first; none until there are words for it.
fn sentences(run: &FeedRun, cache: &mut Option<(EventStamp, Rc<Vec<Event>>)>) -> Rc<Vec<Event>> {
    let Some(details) = details::here() else { return Rc::default() };
    let (notes, observed) = (&run.watch().events.notes, &run.watch().observed);
    let newest_note = notes.iter().next().map_or(Micros::ZERO, |(_, noted)| noted.at);
    let newest_seen = observed.iter().next().map_or(Micros::ZERO, |(_, seen)| seen.at);
    let stamp = (notes.count(), newest_note, observed.count(), newest_seen);
    match &cache {
        Some((made_from, events)) if *made_from == stamp => Rc::clone(events),
        _ => {
            let events = Rc::new(details.events(run));
            *cache = Some((stamp, Rc::clone(&events)));
            events
        }
    }
}

/// The lab of the feed and of the Raft page.
pub(super) struct FeedLab {
    timeline: Timeline<FeedExperiment>,
    /// What tells the worlds apart.
    names: Vec<Rc<str>>,
    caches: RefCell<Vec<Cache>>,
    concluded: RefCell<Option<Rc<Concluded>>>,
    marks: MarksCache,
}

impl FeedLab {
    pub(super) fn new(timeline: Timeline<FeedExperiment>) -> Self {
        let worlds = timeline.track().worlds().len();
        let caches = RefCell::new((0..worlds).map(|_| Cache::default()).collect());
        let names = timeline.experiment().short_names().into_iter().map(Rc::from).collect();
        Self { timeline, names, caches, concluded: RefCell::default(), marks: MarksCache::default() }
    }

    fn run(&self, world: usize) -> &FeedRun {
        &self.timeline.track().worlds()[world]
    }

    /// The store that the switches and the flaw are of.
    fn first(&self) -> Store {
        self.timeline.experiment().stores[0]
    }

    /// Looks at the marks of the whole branch.
    fn with_marks<T>(&self, look: impl FnOnce(&Marks<'_>) -> T) -> T {
        let (runs, setup) = (self.timeline.frontier().worlds(), self.feed());
        let name = |name: &Rc<str>| if runs.len() > 1 { format!("{name} ") } else { String::new() };
        let worlds =
            runs.iter().zip(&self.names).map(|(run, short)| (name(short), &run.watch().events.marks)).collect();
        look(&Marks { worlds, names: &|id| setup.name(id) })
    }

    fn feed(&self) -> FeedSetup {
        self.timeline.experiment().feed
    }

    /// What happens from the play head on is not what it was.
    fn forget_future(&mut self) {
        let now = self.timeline.now();
        for cache in self.caches.get_mut() {
            cache.client.forget_from(now);
            cache.history = None;
        }
        self.concluded.take();
    }
}

impl Lab for FeedLab {
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
            act::Ask::Feed(request) => Ok(request),
            act::Ask::Paxos(_) => Err("Only the Paxos page has proposers, so nobody can propose here.".to_owned()),
            act::Ask::Locks(_) => Err("Only the page of locks has such clients.".to_owned()),
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
        self.forget_future();
        Ok(())
    }

    fn can_undo(&self) -> bool {
        !self.timeline.acts_done().is_empty()
    }

    fn undo(&mut self) -> Option<Act> {
        let act = self.timeline.undo()?;
        self.forget_future();
        let Ok(act) = act.try_map(|request| Ok::<_, Infallible>(act::Ask::from(request)));
        Some(act)
    }

    fn worlds(&self) -> usize {
        self.caches.borrow().len()
    }

    fn world(&self, world: usize) -> WorldView {
        self::world(self.run(world), &self.names[world], self.timeline.now(), &mut self.caches.borrow_mut()[world])
    }

    fn history(&self, world: usize, from: Micros, to: Micros) -> Rc<HistoryView> {
        let (run, cache) = (self.run(world), &mut self.caches.borrow_mut()[world]);
        let window = Window { from, to, now: self.timeline.now() };
        let stamp = history::stamp(run, window, &cache.client);
        match &cache.history {
            Some((made_from, view)) if *made_from == stamp => Rc::clone(view),
            _ => {
                let view = Rc::new(history::view(run, window, &cache.client));
                cache.history = Some((stamp, Rc::clone(&view)));
                view
            }
        }
    }

    fn operation(&self, world: usize, id: u32) -> Option<OperationView> {
        let client = &self.caches.borrow()[world].client;
        history::operation(self.run(world), RequestId(id), self.timeline.now(), client)
    }

    fn carried(&self, world: usize, id: u32) -> Option<CarriedView> {
        details::here()?.carried(&self.timeline, world, RequestId(id))
    }

    fn steps(&self, world: usize) -> Vec<Event> {
        details::here().map_or_else(Vec::new, |details| details.steps(self.run(world)))
    }

    fn node_sheet(&self, world: usize, node: NodeId) -> Option<Sheet> {
        Some(details::here()?.node_sheet(self.run(world), node))
    }

    fn verdict_sheet(&self, world: usize) -> Option<VerdictSheet> {
        let caches = self.caches.borrow();
        let staleness = (0..)
            .zip(caches.iter())
            .filter_map(|(world, cache)| Some((self.names[world].to_string(), Rc::clone(cache.client.staleness()?))));
        let sheet = verdict::sheet(&caches[world].client, self.run(world), self.timeline.now());
        Some(VerdictSheet { staleness: staleness.collect(), ..sheet })
    }

    fn briefs(&self, case: u32, opened: Option<usize>) -> Vec<Vec<u8>> {
        let now = self.timeline.now();
        let mut briefs = Vec::new();
        for (world, cache) in self.caches.borrow_mut().iter_mut().enumerate() {
            if let Some(brief) = cache.client.brief(self.run(world), now, case, opened.map(|opened| opened == world)) {
                briefs.push(write(&Query::Run(Brief { world: world as u8, ..brief })));
            }
        }
        briefs
    }

    fn hear(&self, answer: &[u8]) -> bool {
        let Some(Answer::Run(ruling)) = read(answer) else { return false };
        let mut caches = self.caches.borrow_mut();
        caches.get_mut(usize::from(ruling.world)).is_some_and(|cache| cache.client.hear(ruling))
    }

    fn message_name(&self, world: usize, flight: u32) -> Option<MessageName> {
        self.run(world).name_of(flight)
    }

    fn flight_sheet(&self, world: usize, flight: u32) -> Option<Sheet> {
        details::here()?.flight_sheet(self.run(world), flight)
    }

    fn diagram(&self, world: usize, from: Micros, to: Micros) -> Option<Diagram> {
        Some(details::here()?.diagram(&self.timeline, world, from, to))
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
        let feed = self.feed();
        Setup {
            seed: self.timeline.seed(),
            words: String::new(),
            names: NAMES,
            nodes: (feed.replicas, (3..=7).collect()),
            people: (feed.people, (1..=6).collect()),
            geography: Some(feed.geography),
            traffic: Some(self.run(0).schedule().traffic_percent()),
            stores: self.timeline.experiment().stores.clone(),
            switches: self.first().switches(),
            flaw: self.first().flaw(),
        }
    }

    fn judged(&self, goal: &str) -> Judged {
        details::here().map(|details| details.judged(&self.timeline, goal)).unwrap_or_default()
    }

    fn ledger(&self, whole: bool) -> Option<Ledger> {
        Some(details::here()?.ledger(&self.timeline, whole))
    }

    fn concluded(&self) -> Option<Rc<Concluded>> {
        let mut told = self.concluded.borrow_mut();
        details::here()?.concluded(&self.timeline, &mut told);
        told.clone().filter(|told| told.over <= self.timeline.now())
    }

    fn slow_links(&self) -> Vec<(Link, Micros)> {
        self.run(0).schedule().slow().to_vec()
    }

    fn restarted(&self) -> Box<dyn Lab> {
        let experiment = self.timeline.experiment().clone();
        let again = common::begin(experiment, self.timeline.seed());
        Box::new(Self::new(again.expect("this setup has a run already")))
    }

    fn breaks_at(&self) -> Option<Micros> {
        let runs = self.timeline.frontier().worlds().iter();
        runs.filter_map(|run| run.watch().broken.as_ref().map(|(at, _)| *at)).min()
    }

    fn tradeoff(&self) -> Option<(Rc<[Figures]>, Batch)> {
        Some(details::here()?.tradeoff(&self.timeline))
    }

    fn on_seed(&self, seed: u64) -> Option<Box<dyn Lab>> {
        // As its dot in the trade-off: what is done after the end of a batch's runs is not in them.
        let end = details::batch_length(self.timeline.end());
        let script = self.timeline.script().iter().take_while(|scripted| scripted.at <= end).cloned().collect();
        Some(Box::new(Self::new(Timeline::scripted(self.timeline.experiment().clone(), seed, script, end))))
    }

    fn on_store(&self, world: usize, store: Store) -> Option<Box<dyn Lab>> {
        let mut experiment = self.timeline.experiment().clone();
        let here = experiment.stores.get_mut(world)?;
        *here = store.with_options(here.options());
        Some(Box::new(Self::new(self.timeline.retold(experiment))))
    }

    fn without_flaw(&self) -> Option<Box<dyn Lab>> {
        let sound = self.timeline.experiment().without_flaw()?;
        Some(Box::new(Self::new(self.timeline.retold(sound))))
    }

    fn export(&self) -> Option<String> {
        details::here().map(|details| details.export(&self.timeline))
    }

    fn link(&self) -> Option<String> {
        details::here().map(|details| details.link(&self.timeline))
    }

    fn golden_script(&self) -> Option<String> {
        details::here().map(|details| details.golden_script(&self.timeline))
    }
}

/// All branches of a timeline, named by what was done where each of them begins.
pub fn branches<E: Experiment>(timeline: &Timeline<E>) -> Vec<Branch> {
    timeline
        .branches()
        .enumerate()
        .map(|(position, branch)| Branch {
            forked_at: branch.forked_at,
            end: branch.end,
            label: match branch.begun_by {
                Some(begun) => format!("{}: {}", position + 1, begun.act.words().verb),
                None if position > 0 => format!("{}: undone", position + 1),
                None => "1: first run".to_owned(),
            },
            current: branch.current,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cap_lab::store::descriptor::Side;

    use super::*;

    fn cut_two_from_three() -> Act {
        let (few, many) = ([0, 1], [2, 3, 4]);
        let pairs = few.into_iter().flat_map(|a| many.map(|b| (NodeId(a), NodeId(b))));
        Act::Cut(pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect())
    }

    fn refused_and_stale(lab: &dyn Lab) -> (u32, u32) {
        let meters = |world| lab.world(world).meters.expect("feeds have meters");
        (meters(0).refused, meters(1).stale)
    }

    /// What a world is called comes from its store, wherever it stands.
    #[test]
    fn two_consistent_stores_side_by_side_are_both_cp() {
        for (stores, sides, shorts) in [
            ("raft/multi-paxos", [Side::CP, Side::CP], ["Raft", "Multi-Paxos"]),
            ("gossip/raft", [Side::AP, Side::CP], ["AP", "CP"]),
        ] {
            let setup = format!("replicas=5 people=3 traffic=100 stores={stores}");
            let mut lab =
                FeedLab::new(super::common::begin(setup.parse().expect(stores), 3).expect("a setup that can be"));
            lab.act(cut_two_from_three()).expect("all links work");
            lab.play(lab.now() + Micros::from_ms(1_500));
            let worlds = [0, 1].map(|world| lab.world(world));
            assert_eq!(worlds.each_ref().map(|world| world.side), sides.map(Some), "{stores}");
            assert_eq!(worlds.each_ref().map(|world| &*world.short), shorts, "{stores}");
            for (world, side) in worlds.iter().zip(sides) {
                assert!(world.title.starts_with(side.name()), "{stores}: {}", world.title);
            }
            let marks = lab.marks(&Scale::new(lab.end(), lab.moments()), 1e6);
            let named = |name: &str| marks.iter().any(|mark| mark.label.starts_with(&format!("{name} ")));
            assert!(shorts.into_iter().all(named), "{stores}: {marks:?}");
            assert_eq!(named("AP"), sides.contains(&Side::AP), "{stores}: {marks:?}");
        }
    }

    /// The first refusal and the first stale read show within 5 s of the first cut at the default speed (0.1x),
    /// whenever a newcomer makes it.
    #[test]
    fn a_cut_soon_shows_a_refusal_and_a_stale_read() {
        for ms in (0..4_000).step_by(50) {
            let mut lab = super::super::first_side_by_side();
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

    /// Whatever is done to a run, the referee comes to know its history as it is: its verdicts are those of a check of the whole.
    #[test]
    fn the_referee_knows_the_history_through_acts_seeks_and_branches() {
        use cap_lab::check::feed::calls;
        use cap_lab::check::linearizability::{Verdict, check, is_linearization};
        use cap_lab::check::spec::feed::Feed;
        use cap_lab::referee::Referee;
        use cap_lab::sim::dice;

        use crate::ui::act::heal_all;

        let mut lab = FeedLab::new(super::common::begin(first(), 3).expect("a setup that can be"));
        let (mut referee, mut seen) = (Referee::default(), [0, 0]);
        for round in 0..120 {
            let dice = |nth: u64, below: u64| dice::below(17, &[round, nth], below);
            let end = lab.end();
            match dice(0, 8) {
                0 => _ = lab.act(cut_two_from_three()),
                1 => _ = lab.act(heal_all(&lab.world(0).cut)),
                2 => lab.seek(Micros(dice(1, end.0))),
                3 => lab.seek(end),
                4 => {
                    lab.switch_branch(dice(1, lab.branches().len() as u64) as usize);
                    lab.fill(dice(1, 4_000)).expect("no file says what it comes to");
                }
                _ => lab.play(lab.now() + Micros(dice(1, 400_000))),
            }
            // Not after every one of them is there time to tell.
            if dice(2, 3) == 0 {
                continue;
            }
            // The answers to what was told before may come when another future was chosen since.
            let mut late = referee.answers();
            while lab.briefs(1, None).iter().fold(false, |_, brief| referee.hear(brief).is_ok()) {
                while referee.advance() {}
                late.append(&mut referee.answers());
                late.drain(..).for_each(|answer| _ = lab.hear(&answer));
            }
            for world in 0..2 {
                let known = calls(lab.run(world).history(), lab.now());
                let verdict = check(Feed::default(), known.calls.clone(), 1_000_000, &mut || false);
                let told = lab.world(world).verdict.expect("feeds have a history");
                assert!(!told.busy, "round {round}, world {world}: {told:?}");
                let good = matches!(verdict, Verdict::Linearizable(_));
                assert_eq!(
                    told.state == cap_lab::referee::client::VerdictState::Linearizable,
                    good,
                    "round {round}, world {world}"
                );
                seen[usize::from(good)] += 1;
                let caches = lab.caches.borrow();
                let order = caches[world].client.order().iter().filter(|(_, at)| *at <= lab.now());
                // A read that has not returned yet says nothing yet.
                let place = |(id, _): &(RequestId, Micros)| known.ids.iter().position(|known| known == id);
                let order: Vec<u32> = order.filter_map(place).map(|place| place as u32).collect();
                let explains = is_linearization(&Feed::default(), &known.calls, &order);
                assert!(explains || !good || lab.now() == Micros::ZERO, "round {round}, world {world}: no order");
            }
        }
        assert!(seen[0] > 10 && seen[1] > 60, "{seen:?}");
    }

    fn first() -> FeedExperiment {
        "replicas=5 people=3 traffic=100 stores=raft/gossip".parse().expect("a setup")
    }
}

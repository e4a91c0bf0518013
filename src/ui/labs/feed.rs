//! The feed's lab: the compare page and the Raft page.

use std::cell::RefCell;
use std::rc::Rc;

use cap_lab::counterexample::without_flaw;
use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId, RequestId};
use cap_lab::referee::wire::{read, write};
use cap_lab::referee::{Answer, Brief, Query};
use cap_lab::shared_vec::SharedVec;
use cap_lab::sim::fault::{Intervention, MessageName};
use cap_lab::sim::network::Envelope;
use cap_lab::spacetime::{Diagram, carried};
use cap_lab::store::feed::Ask;
use cap_lab::store::participant::Message;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::{
    EXACTLY_ONCE, FeedRun, FeedSetup, FeedWorld, SERVICE_SWITCHES, Service, ServiceSwitch, Store,
};
use cap_lab::world::watch::components;

use super::common::{self, Look};
use super::history::{self, Window};
use super::verdict::Verdicts;
use super::{gossip, multi_paxos, phones, raft, sentences};
use crate::ui::act::{self, Act};
use crate::ui::events::view::Event;
use crate::ui::figure::view::{FlightHue, FlightShape, NodeView};
use crate::ui::history::view::{CarriedView, HistoryView, OperationView};
use crate::ui::invariants::Invariant;
use crate::ui::lab::{Lab, WorldView};
use crate::ui::setup::view::{LogChoice, Setup, Switch};
use crate::ui::sheet::view::Sheet;
use crate::ui::transport::view::{Branch, Mark};
use crate::ui::verdict::view::VerdictSheet;

/// A message of a feed.
type Mail = Envelope<Message>;

/// What a feed on this store is called, and what it promises.
fn title(store: Store) -> (&'static str, &'static str) {
    match store {
        Store::Raft(..) => ("CP: Raft", "Answers only what a majority has agreed to"),
        Store::MultiPaxos(..) => ("CP: Multi-Paxos", "Answers only what a quorum has agreed to"),
        Store::Gossip => ("AP: gossip", "Answers always, from what this replica has heard"),
    }
}

fn node(run: &FeedRun, id: NodeId) -> NodeView {
    match run.world().store {
        Store::Raft(..) => raft::node(run, id),
        Store::MultiPaxos(..) => multi_paxos::node(run, id),
        Store::Gossip => gossip::node(run, id),
    }
}

fn look(setup: FeedSetup, envelope: &Mail) -> Look {
    let (label, shape) = match &envelope.message {
        Message::Raft(message) => return raft::look(message),
        Message::MultiPaxos(message) => return multi_paxos::look(message),
        Message::Gossip(message) => return gossip::look(setup, message),
        Message::Forward { id, ask, .. } => {
            let what = if matches!(ask, Ask::Post(_)) { "post" } else { "read" };
            (format!("{}'s {what}", setup.person(id.client)), FlightShape::Request)
        }
        Message::Forwarded { id, .. } => (format!("answer for {}", setup.person(id.client)), FlightShape::Reply),
        Message::Ask { .. } | Message::Answer { .. } => unreachable!("phones' messages are not drawn"),
    };
    Look { label, shape, hue: FlightHue::Work }
}

fn sheet(run: &FeedRun, id: NodeId) -> Sheet {
    match run.world().store {
        Store::Raft(..) => raft::sheet(run, id),
        Store::MultiPaxos(..) => multi_paxos::sheet(run, id),
        Store::Gossip => gossip::sheet(run, id),
    }
}

fn flight_sheet(setup: FeedSetup, envelope: &Mail) -> Sheet {
    let (rows, meaning) = match &envelope.message {
        Message::Raft(message) => raft::message_words(setup, message),
        Message::MultiPaxos(message) => multi_paxos::message_words(setup, message),
        Message::Gossip(message) => gossip::message_words(setup, message),
        Message::Forward { id, ask, .. } => {
            let asked = match ask {
                Ask::Post(post) => format!("{}'s post “{}”", setup.person(id.client), post.text),
                Ask::Read => format!("{}'s read", setup.person(id.client)),
            };
            let meaning = "A replica passes on what its phone asks, to the one that it believes to lead (§8).";
            (vec![("asks".to_owned(), asked)], meaning.to_owned())
        }
        Message::Forwarded { id, .. } => {
            let meaning = "The leader's answer, on its way to the replica that the phone talks to.";
            (vec![("for".to_owned(), setup.person(id.client).to_owned())], meaning.to_owned())
        }
        Message::Ask { .. } | Message::Answer { .. } => unreachable!("phones' messages are not drawn"),
    };
    let title = common::title(envelope, &|id| setup.name(id));
    Sheet { title, sections: vec![("It says".to_owned(), rows)], meaning, actions: Vec::new() }
}

/// What changes seldom, and what it was made from.
#[derive(Default)]
pub(super) struct Cache {
    history: Option<(history::Stamp, Rc<HistoryView>)>,
    events: Option<(sentences::Stamp, Rc<Vec<Event>>)>,
    verdicts: Verdicts,
}

fn world(run: &FeedRun, now: Micros, cache: &mut Cache) -> WorldView {
    let FeedWorld { setup, store } = *run.world();
    let events = &run.watch().events;
    let look = |envelope: &Mail| look(setup, envelope);
    let (title, subtitle) = title(store);
    let verdict = cache.verdicts.look(now);
    WorldView {
        title: title.to_owned(),
        subtitle: match store {
            Store::Raft(..) => raft::joint(run).unwrap_or_else(|| subtitle.to_owned()),
            _ => subtitle.to_owned(),
        },
        nodes: setup.servers().iter().map(|id| node(run, id)).collect(),
        cut: run.model().cuts().to_vec(),
        components: components(run.model(), setup.servers()),
        flights: common::flights(run, setup.servers(), look),
        deaths: common::deaths(events, now, look),
        phones: setup.phones().map(|id| phones::phone(run, id, now)).collect(),
        meters: Some(phones::meters(run)),
        verdict: Some(verdict),
        history: Rc::default(),
        events: sentences::sentences(run, &mut cache.events),
        invariants: invariants(run),
        replication: match store {
            Store::Raft(..) => raft::replication(run),
            Store::MultiPaxos(..) => multi_paxos::replication(run),
            Store::Gossip => None,
        },
        quorums: Vec::new(),
    }
}

/// What is checked of a store after every event, and what broke.
fn invariants(run: &FeedRun) -> Vec<Invariant> {
    let all: &[(&'static str, &'static str)] = match run.world().store {
        Store::Raft(..) => &cap_lab::raft::invariant::INVARIANTS,
        Store::MultiPaxos(..) => &cap_lab::multi_paxos::invariant::INVARIANTS[..6],
        Store::Gossip => return Vec::new(),
    };
    let broken = run.watch().broken.as_ref().map(|(_, broken)| broken);
    let evidence = |name| broken.filter(|broken| broken.invariant == name).map(|broken| broken.evidence.clone());
    let all = all.iter().chain([&EXACTLY_ONCE]);
    all.map(|(name, statement)| Invariant { name, statement, broken: evidence(*name) }).collect()
}

/// The marks of one world; with what it is called if it is not alone.
fn marks(run: &FeedRun, alone: bool) -> Vec<Mark> {
    let FeedWorld { setup, store } = *run.world();
    let world = if alone { String::new() } else { format!("{} ", store.side()) };
    run.watch().events.marks.iter().map(|mark| common::mark(mark, &world, &|id| setup.name(id))).collect()
}

/// The lab of the feed and of the Raft page.
pub(super) struct FeedLab {
    timeline: Timeline<FeedExperiment>,
    caches: RefCell<Vec<Cache>>,
    marks: RefCell<(Vec<usize>, Rc<Vec<Mark>>)>,
}

impl FeedLab {
    pub(super) fn new(timeline: Timeline<FeedExperiment>) -> Self {
        let worlds = timeline.track().worlds().len();
        let caches = RefCell::new((0..worlds).map(|_| Cache::default()).collect());
        Self { timeline, caches, marks: RefCell::default() }
    }

    fn run(&self, world: usize) -> &FeedRun {
        &self.timeline.track().worlds()[world]
    }

    /// The consistent feed's store.
    fn log(&self) -> Store {
        self.timeline.experiment().stores[0]
    }

    fn feed(&self) -> FeedSetup {
        self.timeline.experiment().feed
    }

    /// What happens from the play head on is not what it was.
    fn forget_future(&mut self) {
        let now = self.timeline.now();
        for cache in self.caches.get_mut() {
            cache.verdicts.forget_from(now);
            cache.history = None;
        }
    }
}

impl LogChoice {
    fn of(store: Store) -> Option<Self> {
        match store {
            Store::Raft(..) => Some(Self::Raft),
            Store::MultiPaxos(..) => Some(Self::MultiPaxos),
            Store::Gossip => None,
        }
    }
}

/// The features of a consistent feed: its protocol's, then its own.
pub(super) fn switches(store: Store) -> Vec<Switch> {
    let mut all = match store {
        Store::Raft(setup, _) => raft::switches(&setup),
        Store::MultiPaxos(setup, _) => multi_paxos::switches(&setup),
        Store::Gossip => return Vec::new(),
    };
    let service = store.service().expect("a consistent feed");
    all.extend(SERVICE_SWITCHES.iter().map(|switch| {
        let ServiceSwitch { name, title, says, source, .. } = *switch;
        Switch { name, title, says, source, on: switch.is_on(&service) }
    }));
    all
}

impl Lab for FeedLab {
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

    fn moments(&self) -> Option<SharedVec<Micros>> {
        None
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        let act = act.try_map(|asked| match asked {
            act::Ask::Feed(request) => Ok(request),
            act::Ask::Paxos(_) => Err("Nobody proposes values here.".to_owned()),
        })?;
        if let Intervention::Request { node, request } = &act {
            self.timeline.experiment().check_request(*node, request)?;
        }
        if !self.timeline.act_apart(act.clone()) {
            return Err(act.words().refused.to_owned());
        }
        self.forget_future();
        Ok(())
    }

    fn worlds(&self) -> usize {
        self.caches.borrow().len()
    }

    fn world(&self, world: usize) -> WorldView {
        self::world(self.run(world), self.timeline.now(), &mut self.caches.borrow_mut()[world])
    }

    fn history(&self, world: usize, from: Micros, to: Micros) -> Rc<HistoryView> {
        let (run, cache) = (self.run(world), &mut self.caches.borrow_mut()[world]);
        let window = Window { from, to, now: self.timeline.now() };
        let stamp = history::stamp(run, window, &cache.verdicts);
        match &cache.history {
            Some((made_from, view)) if *made_from == stamp => Rc::clone(view),
            _ => {
                let view = Rc::new(history::view(run, window, &cache.verdicts));
                cache.history = Some((stamp, Rc::clone(&view)));
                view
            }
        }
    }

    fn operation(&self, world: usize, id: u32) -> Option<OperationView> {
        let verdicts = &self.caches.borrow()[world].verdicts;
        history::operation(self.run(world), RequestId(id), self.timeline.now(), verdicts)
    }

    fn carried(&self, world: usize, id: u32) -> Option<CarriedView> {
        let (run, id) = (self.run(world), RequestId(id));
        let carried = carried::carried(&self.timeline, world, id)?;
        Some(history::carried(run, run.history().get(id)?, &carried, self.timeline.now()))
    }

    fn steps(&self, world: usize) -> Vec<Event> {
        let run = self.run(world);
        run.watch().events.steps.iter().map(|(number, noted)| sentences::event(run, number, noted)).collect()
    }

    fn node_sheet(&self, world: usize, node: NodeId) -> Sheet {
        sheet(self.run(world), node)
    }

    fn verdict_sheet(&self, world: usize) -> Option<VerdictSheet> {
        let caches = self.caches.borrow();
        let staleness = (0..).zip(caches.iter()).filter_map(|(world, cache)| {
            Some((self.run(world).world().store.side(), Rc::clone(cache.verdicts.staleness()?)))
        });
        let sheet = caches[world].verdicts.sheet(self.run(world), self.timeline.now());
        Some(VerdictSheet { staleness: staleness.collect(), ..sheet })
    }

    fn briefs(&self, case: u32, opened: Option<usize>) -> Vec<Vec<u8>> {
        let now = self.timeline.now();
        let mut briefs = Vec::new();
        for (world, cache) in self.caches.borrow_mut().iter_mut().enumerate() {
            if let Some(brief) = cache.verdicts.brief(self.run(world), now, case, opened.map(|opened| opened == world))
            {
                briefs.push(write(&Query::Run(Brief { world: world as u8, ..brief })));
            }
        }
        briefs
    }

    fn hear(&self, answer: &[u8]) -> bool {
        let Some(Answer::Run(ruling)) = read(answer) else { return false };
        let mut caches = self.caches.borrow_mut();
        caches.get_mut(usize::from(ruling.world)).is_some_and(|cache| cache.verdicts.hear(ruling))
    }

    fn message_name(&self, world: usize, flight: u32) -> Option<MessageName> {
        self.run(world).name_of(flight)
    }

    fn flight_sheet(&self, world: usize, flight: u32) -> Option<Sheet> {
        self.run(world).model().flights().get(flight).map(|envelope| flight_sheet(self.feed(), envelope))
    }

    fn diagram(&self, world: usize, from: Micros, to: Micros) -> Diagram {
        Diagram::of(&self.timeline, world, from, to)
    }

    fn marks(&self) -> Rc<Vec<Mark>> {
        let runs = self.timeline.frontier().worlds();
        let counts: Vec<usize> = runs.iter().map(|run| run.watch().events.marks.len()).collect();
        let mut cached = self.marks.borrow_mut();
        if cached.0 != counts {
            let mut all: Vec<Mark> = Vec::new();
            for mark in runs.iter().flat_map(|run| marks(run, runs.len() == 1)) {
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
        self.forget_future();
    }

    fn setup(&self) -> Setup {
        let feed = self.feed();
        Setup {
            seed: self.timeline.seed(),
            names: super::FEED_NAMES,
            nodes: (feed.replicas, (3..=7).collect()),
            people: (feed.people, (1..=6).collect()),
            traffic: Some(self.run(0).schedule().traffic_percent()),
            log: LogChoice::of(self.log()),
            switches: switches(self.log()),
            flaw: match self.log() {
                Store::Raft(setup, _) => setup.flaw.map(cap_lab::raft::Flaw::name),
                Store::MultiPaxos(setup, _) => setup.flaw.map(cap_lab::multi_paxos::Flaw::name),
                Store::Gossip => None,
            },
        }
    }

    fn on_log(&self, log: LogChoice) -> Option<Box<dyn Lab>> {
        let mut experiment = self.timeline.experiment().clone();
        let service = self.log().service()?;
        experiment.stores[0] = match log {
            LogChoice::Raft => Store::Raft(cap_lab::raft::Setup::default(), service),
            LogChoice::MultiPaxos => {
                Store::MultiPaxos(cap_lab::multi_paxos::Setup::default(), Service { spares: 0, ..service })
            }
        };
        Some(Box::new(Self::new(self.timeline.retold(experiment))))
    }

    fn without_flaw(&self) -> Option<Box<dyn Lab>> {
        let sound = without_flaw(self.timeline.experiment())?;
        Some(Box::new(Self::new(self.timeline.retold(sound))))
    }

    fn export(&self) -> String {
        self.timeline.export()
    }

    fn golden_script(&self) -> String {
        self.timeline.golden_script()
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
                None => "1: first run".to_owned(),
            },
            current: branch.current,
        })
        .collect()
}

#[cfg(test)]
mod tests {
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

        let mut lab = FeedLab::new(super::super::begin(first(), 3).expect("a setup that can be"));
        let (mut referee, mut seen) = (Referee::default(), [0, 0]);
        for round in 0..120 {
            let dice = |nth: u64, below: u64| dice::below(17, &[round, nth], below);
            let end = lab.end();
            match dice(0, 8) {
                0 => _ = lab.act(cut_two_from_three()),
                1 => _ = lab.act(heal_all(&lab.world(0).cut)),
                2 => lab.seek(Micros(dice(1, end.0))),
                3 => lab.seek(end),
                4 => lab.switch_branch(dice(1, lab.branches().len() as u64) as usize),
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
                    told.state == crate::ui::verdict::view::VerdictState::Linearizable,
                    good,
                    "round {round}, world {world}"
                );
                seen[usize::from(good)] += 1;
                let caches = lab.caches.borrow();
                let order = caches[world].verdicts.order().iter().filter(|(_, at)| *at <= lab.now());
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

//! What the labs do only when somebody asks: runs from a file, of Paxos, or of a protocol that makes a mistake; and words.

use std::rc::Rc;

use cap_lab::counterexample::{self, Counterexample};
use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::explain;
use cap_lab::node::RequestId;
use cap_lab::spacetime::carried;
use cap_lab::store::participant::Note;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::{FeedRun, Observed};
use cap_lab::world::paxos::PaxosSetup;
use cap_lab::world::watch::Noted;

use super::feed::FeedLab;
use super::history;
use super::paxos::PaxosLab;
use crate::ui::events::view::Event;
use crate::ui::history::view::CarriedView;
use crate::ui::lab::{Lab, Page};
use crate::ui::setup::view::{FlawView, Setup};

pub fn open(page: Page, file: &str) -> Result<Box<dyn Lab>, String> {
    if page == Page::Paxos {
        return Ok(Box::new(PaxosLab::new(Timeline::<PaxosExperiment>::import(file)?.timeline)));
    }
    let timeline = Timeline::<FeedExperiment>::import(file)?.timeline;
    match (page, timeline.experiment().stores.len()) {
        (Page::Raft, 1) => Ok(Box::new(FeedLab::new(timeline))),
        (Page::Feed, 2..) => Ok(Box::new(FeedLab::new(timeline))),
        (_, 1) => Err("This run has one cluster: open it on the Raft page.".to_owned()),
        (_, _) => Err("This run has clusters side by side: open it on the feed's page.".to_owned()),
    }
}

pub fn new_paxos(setup: &Setup) -> Result<Box<dyn Lab>, String> {
    let flaw = setup.flaw.map(str::parse).transpose()?;
    let paxos = PaxosSetup { proposers: setup.people.0, acceptors: setup.nodes.0, flaw };
    Ok(Box::new(PaxosLab::begin(paxos, setup.seed)?))
}

/// The mistakes that this page's protocol can make on purpose.
pub fn flaws(page: Page, setup: &Setup) -> Vec<FlawView> {
    match page {
        Page::Feed => Vec::new(),
        Page::Paxos => counterexample::paxos().map(|example| view(&example)).collect(),
        Page::Raft => known(setup).iter().map(view).collect(),
    }
}

/// What breaks the first store of a setup.
fn known(setup: &Setup) -> Vec<Counterexample> {
    setup.stores.first().map_or(Vec::new(), |store| counterexample::of_store(store.name()))
}

fn view(example: &Counterexample) -> FlawView {
    let Counterexample { flaw: name, title, sentence, breaks, .. } = *example;
    FlawView { name, title, sentence, breaks }
}

pub fn play(page: Page, setup: &Setup, flaw: &str) -> Option<Box<dyn Lab>> {
    if page == Page::Paxos {
        let example = counterexample::paxos().find(|example| example.flaw == flaw)?;
        return Some(Box::new(PaxosLab::new(example.play_paxos(true))));
    }
    let example = known(setup).into_iter().find(|example| example.flaw == flaw)?;
    Some(Box::new(FeedLab::new(example.play_feed(true))))
}

pub fn event(run: &FeedRun, id: u64, noted: &Noted<Note>) -> Event {
    let setup = run.world().setup;
    let view = explain::feed::View { servers: setup.servers(), reach: noted.reach };
    let sentence = explain::feed::sentence(&|id| setup.name(id), view, noted.node, &noted.note);
    Event { at: noted.at, id, sentence: Rc::new(sentence) }
}

pub fn observed(run: &FeedRun, id: u64, seen: &Observed) -> Event {
    let setup = run.world().setup;
    let sentence = explain::feed::observed(&|id| setup.name(id), run.world().store.side(), seen);
    Event { at: seen.at, id, sentence: Rc::new(sentence) }
}

pub fn carried(timeline: &Timeline<FeedExperiment>, world: usize, operation: RequestId) -> Option<CarriedView> {
    let carried = carried::carried(timeline, world, operation)?;
    let run = &timeline.track().worlds()[world];
    Some(history::carried(run, run.history().get(operation)?, &carried, timeline.now()))
}

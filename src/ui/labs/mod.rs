//! The experiments behind the pages: [`Lab`] for real runs.

mod acts;
mod common;
mod feed;
mod gossip;
mod history;
mod multi_paxos;
mod paxos;
mod phones;
mod raft;
mod verdict;

use cap_lab::counterexample::{self, Counterexample};
use cap_lab::experiment::{FeedExperiment, PaxosExperiment};
use cap_lab::node::Micros;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::{FeedSetup, Store};
use cap_lab::world::paxos::PaxosSetup;

use super::lab::{FlawView, Lab, LogChoice, Page, Setup};
use feed::FeedLab;
use paxos::PaxosLab;

/// The seed of the first run that a newcomer sees: in it n3, on the larger side of the picture, is elected first.
const FIRST_SEED: u64 = 8;
/// Where the play head of a new run is put, so that the page is alive when it opens.
const HEAD_START: Micros = Micros::from_ms(2_000);

/// A saved run, or the first run of a newcomer. `Err` says in a sentence what is wrong with the saved one.
pub fn open(page: Page, saved: Option<&str>) -> Result<Box<dyn Lab>, String> {
    match (page, saved) {
        (_, None) => new_run(page, &first_setup(page)),
        (Page::Feed | Page::Raft, Some(text)) => {
            let timeline = Timeline::<FeedExperiment>::import(text)?.timeline;
            match (page, timeline.experiment().stores.len()) {
                (Page::Raft, 1) => Ok(Box::new(FeedLab::new(timeline))),
                (Page::Feed, 2..) => Ok(Box::new(FeedLab::new(timeline))),
                (_, 1) => Err("This run has one cluster: open it on the Raft page.".to_owned()),
                (_, _) => Err("This run has clusters side by side: open it on the feed's page.".to_owned()),
            }
        }
        (Page::Paxos, Some(text)) => Ok(Box::new(PaxosLab::new(Timeline::<PaxosExperiment>::import(text)?.timeline))),
    }
}

/// A new run. `Err` says in a sentence what is wrong with the setup.
pub fn new_run(page: Page, setup: &Setup) -> Result<Box<dyn Lab>, String> {
    let feed = FeedSetup { replicas: setup.nodes.0, people: setup.people.0 };
    let traffic = setup.traffic.unwrap_or(0);
    match page {
        Page::Feed | Page::Raft => {
            let cp = log_store(setup)?;
            let stores = if page == Page::Feed { vec![cp, Store::Gossip] } else { vec![cp] };
            Ok(Box::new(FeedLab::new(begin(FeedExperiment { feed, traffic, stores }, setup.seed)?)))
        }
        Page::Paxos => {
            let flaw = setup.flaw.map(str::parse).transpose()?;
            let paxos = PaxosSetup { proposers: setup.people.0, acceptors: setup.nodes.0, flaw };
            Ok(Box::new(PaxosLab::begin(paxos, setup.seed)?))
        }
    }
}

/// The consistent feed's store in a new run.
fn log_store(setup: &Setup) -> Result<Store, String> {
    let name = match setup.log {
        Some(LogChoice::MultiPaxos) => "multi-paxos",
        Some(LogChoice::Raft) | None => "raft",
    };
    let on = setup.switches.iter().filter(|switch| switch.on).map(|switch| format!(".{}", switch.name));
    let flaw = setup.flaw.map_or(String::new(), |flaw| format!("@{flaw}"));
    (name.to_owned() + &on.collect::<String>() + &flaw).parse()
}

/// The mistakes that the protocol of this page, or this log, can make, each with a run that shows what comes of it.
pub fn flaws(page: Page, log: Option<LogChoice>) -> Vec<FlawView> {
    match page {
        Page::Feed => Vec::new(),
        Page::Paxos => counterexample::paxos().map(|example| view(&example)).collect(),
        Page::Raft => match log {
            Some(LogChoice::MultiPaxos) => counterexample::multi_paxos().map(|example| view(&example)).collect(),
            _ => counterexample::raft().map(|example| view(&example)).collect(),
        },
    }
}

fn view(example: &Counterexample) -> FlawView {
    let Counterexample { flaw: name, title, sentence, breaks, .. } = *example;
    FlawView { name, title, sentence, breaks }
}

/// The run that shows what comes of a mistake of this page's protocol.
pub fn play(page: Page, log: Option<LogChoice>, flaw: &str) -> Option<Box<dyn Lab>> {
    if page == Page::Paxos {
        let example = counterexample::paxos().find(|example| example.flaw == flaw)?;
        return Some(Box::new(PaxosLab::new(example.play_paxos(true))));
    }
    let timeline = match log {
        Some(LogChoice::MultiPaxos) => {
            counterexample::multi_paxos().find(|example| example.flaw == flaw)?.play_multi_paxos(true)
        }
        _ => counterexample::raft().find(|example| example.flaw == flaw)?.play_raft(true),
    };
    Some(Box::new(FeedLab::new(timeline)))
}

fn begin<E: Experiment>(experiment: E, seed: u64) -> Result<Timeline<E>, String> {
    experiment.check()?;
    let mut timeline = Timeline::new(experiment, seed);
    timeline.play(HEAD_START);
    Ok(timeline)
}

fn first_setup(page: Page) -> Setup {
    let (nodes, people, traffic) = match page {
        Page::Feed | Page::Raft => (5, 3, Some(100)),
        Page::Paxos => (5, 2, None),
    };
    Setup {
        seed: FIRST_SEED,
        nodes: (nodes, Vec::new()),
        people: (people, Vec::new()),
        traffic,
        log: None,
        switches: Vec::new(),
        flaw: None,
    }
}

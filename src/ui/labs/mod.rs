//! The experiments behind the pages: [`Lab`] for real runs.

mod acts;
mod available;
mod common;
mod consistent;
mod feed;
mod paxos;
mod phones;

use cap_lab::experiment::{FeedExperiment, PaxosExperiment, RaftExperiment};
use cap_lab::node::Micros;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::FeedSetup;
use cap_lab::world::paxos::PaxosSetup;

use super::lab::{Lab, Page, Setup};
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
        (Page::Feed, Some(text)) => Ok(Box::new(FeedLab::new(Timeline::<FeedExperiment>::import(text)?.timeline))),
        (Page::Raft, Some(text)) => Ok(Box::new(FeedLab::new(Timeline::<RaftExperiment>::import(text)?.timeline))),
        (Page::Paxos, Some(text)) => Ok(Box::new(PaxosLab::new(Timeline::<PaxosExperiment>::import(text)?.timeline))),
    }
}

/// A new run. `Err` says in a sentence what is wrong with the setup.
pub fn new_run(page: Page, setup: &Setup) -> Result<Box<dyn Lab>, String> {
    let feed = FeedSetup { replicas: setup.nodes.0, people: setup.people.0 };
    let traffic = setup.traffic.unwrap_or(0);
    match page {
        Page::Feed => Ok(Box::new(FeedLab::new(begin(FeedExperiment { feed, traffic }, setup.seed)?))),
        Page::Raft => Ok(Box::new(FeedLab::new(begin(RaftExperiment { feed, traffic }, setup.seed)?))),
        Page::Paxos => {
            let paxos = PaxosSetup { proposers: setup.people.0, acceptors: setup.nodes.0, flaw: None };
            Ok(Box::new(PaxosLab::begin(paxos, setup.seed)?))
        }
    }
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
    Setup { seed: FIRST_SEED, nodes: (nodes, Vec::new()), people: (people, Vec::new()), traffic }
}

//! The experiments behind the pages: [`Lab`] for real runs.

pub mod asked;
mod common;
mod feed;
mod gossip;
mod history;
mod multi_paxos;
mod paxos;
mod phones;
mod raft;
mod verdict;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::Micros;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::{FeedSetup, Store};

use super::rest;
use crate::ui::lab::{Lab, Page};
use crate::ui::setup::view::{LogChoice, Setup};
use feed::FeedLab;

/// The seed of the first run that a newcomer sees: in it n3, on the larger side of the picture, is elected first.
const FIRST_SEED: u64 = 8;
/// Where the play head of a new run is put, so that the page is alive when it opens.
const HEAD_START: Micros = Micros::from_ms(2_000);

/// A saved run, or the first run of a newcomer. `Err` says in a sentence what is wrong with the saved one.
pub fn open(page: Page, saved: Option<&str>) -> Result<Box<dyn Lab>, String> {
    match saved {
        Some(file) => rest::get().open(page, file),
        None => new_run(page, &first_setup(page)),
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
        Page::Paxos => rest::get().new_paxos(setup),
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

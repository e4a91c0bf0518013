//! The experiments behind the pages: [`Lab`] for real runs.

pub mod asked;
mod common;
mod feed;
mod gossip;
mod history;
mod multi_paxos;
mod paxos;
mod phones;
mod portrait;
mod raft;
mod verdict;

use cap_lab::experiment::FeedExperiment;
use cap_lab::node::Micros;
use cap_lab::store::Store;
use cap_lab::store::gossip::GossipStore;
use cap_lab::store::raft::RaftStore;
use cap_lab::timeline::{Experiment, Timeline};
use cap_lab::world::feed::FeedSetup;

use super::rest;
use crate::ui::lab::{Lab, Page};
use crate::ui::setup::view::Setup;
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
            let mut stores = setup.stores.clone();
            if let Some(first) = stores.first_mut() {
                *first = as_set_up(*first, setup)?;
            }
            Ok(Box::new(FeedLab::new(begin(FeedExperiment { feed, traffic, stores }, setup.seed)?)))
        }
        Page::Paxos => rest::get().new_paxos(setup),
    }
}

/// This store with the switches and the flaw that were chosen.
fn as_set_up(store: Store, setup: &Setup) -> Result<Store, String> {
    let on = setup.switches.iter().filter(|switch| switch.on).map(|switch| format!(".{}", switch.name));
    let flaw = setup.flaw.map_or(String::new(), |flaw| format!("@{flaw}"));
    (store.name().to_owned() + &on.collect::<String>() + &flaw).parse()
}

fn begin<E: Experiment>(experiment: E, seed: u64) -> Result<Timeline<E>, String> {
    experiment.check()?;
    let mut timeline = Timeline::new(experiment, seed);
    timeline.play(HEAD_START);
    Ok(timeline)
}

fn first_setup(page: Page) -> Setup {
    let raft = Store::Raft(RaftStore::default());
    let (nodes, people, traffic, stores) = match page {
        Page::Feed => (5, 3, Some(100), vec![raft, Store::Gossip(GossipStore)]),
        Page::Raft => (5, 3, Some(100), vec![raft]),
        Page::Paxos => (5, 2, None, Vec::new()),
    };
    Setup {
        seed: FIRST_SEED,
        nodes: (nodes, Vec::new()),
        people: (people, Vec::new()),
        traffic,
        stores,
        switches: Vec::new(),
        flaw: None,
    }
}

//! The experiments behind the pages of the feed and of Raft: [`Lab`] for runs of a feed.

pub mod common;
pub mod details;
mod differences;
mod feed;
mod gossip;
mod history;
mod multi_paxos;
mod phones;
mod portrait;
mod primary_backup;
mod quorum;
mod raft;
mod sentences;
mod table;
mod verdict;

use cap_lab::experiment::FeedExperiment;
use cap_lab::situation::scene::Scene;
use cap_lab::store::Store;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::{FeedSetup, Geography};

use crate::ui::lab::Lab;
use crate::ui::setup::view::Setup;
use feed::FeedLab;
pub use feed::branches;

/// The seed of the first run that a newcomer sees: in it n3, on the larger side of the picture, is elected first.
pub const FIRST_SEED: u64 = 8;
/// How many stores a page runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One.
    Alone,
    /// Several, under one script.
    SideBySide,
}

/// What the first run of a feed on these stores is made of.
pub fn first_feed(stores: Vec<Store>) -> Setup {
    Setup {
        seed: FIRST_SEED,
        words: String::new(),
        names: feed::NAMES,
        nodes: (5, Vec::new()),
        people: (3, Vec::new()),
        geography: Some(Geography::OneSite),
        traffic: Some(100),
        stores,
        switches: Vec::new(),
        flaw: None,
    }
}

/// A new run of a feed. `Err` says in a sentence what is wrong with the setup.
pub fn begin_feed(setup: &Setup) -> Result<Box<dyn Lab>, String> {
    let feed =
        FeedSetup { replicas: setup.nodes.0, people: setup.people.0, geography: setup.geography.unwrap_or_default() };
    let mut stores = setup.stores.clone();
    if let Some(first) = stores.first_mut() {
        *first = as_set_up(*first, setup)?;
    }
    if stores.iter().any(|store| details::portrait(*store).is_none()) {
        return Err("What draws this store is not loaded yet. Is there a connection?".to_owned());
    }
    let traffic = setup.traffic.unwrap_or(0);
    Ok(feed_lab(common::begin(FeedExperiment { feed, traffic, stores }, setup.seed)?))
}

/// Whether runs can be opened from files: that comes with the details.
pub fn can_open() -> bool {
    details::here().is_some()
}

/// A run of a feed from its file. `Err` says in a sentence what is wrong with it.
pub fn open_feed(file: &str, shape: Shape) -> Result<Box<dyn Lab>, String> {
    let details = details::here().expect("it is asked before: can_open");
    let timeline = details.open(file)?;
    match (shape, timeline.experiment().stores.len()) {
        (Shape::Alone, 1) | (Shape::SideBySide, 2..) => Ok(feed_lab(timeline)),
        (_, 1) => Err("This run has one cluster: open it on the Raft page.".to_owned()),
        (_, _) => Err("This run has clusters side by side: open it on the feed's page.".to_owned()),
    }
}

/// The run of a situation or a lesson. `Err` says in a sentence why there is none.
pub fn situated(scene: &Scene) -> Result<Box<dyn Lab>, String> {
    let details = details::here().ok_or("What plays situations is not loaded yet. Is there a connection?")?;
    details.situated(scene).map(feed_lab)
}

/// The lab of a run of a feed.
pub fn feed_lab(timeline: Timeline<FeedExperiment>) -> Box<dyn Lab> {
    Box::new(FeedLab::new(timeline))
}

/// This store with the switches and the flaw that were chosen.
fn as_set_up(store: Store, setup: &Setup) -> Result<Store, String> {
    // Without switches to choose from, the store is as it was picked.
    if setup.switches.is_empty() && setup.flaw.is_none() {
        return Ok(store);
    }
    let dials: String = store.dials().iter().map(|(name, value)| format!(".{name}-{value}")).collect();
    let on = setup.switches.iter().filter(|switch| switch.on).map(|switch| format!(".{}", switch.name));
    let flaw = setup.flaw.map_or(String::new(), |flaw| format!("@{flaw}"));
    let again: Store = (store.name().to_owned() + &dials + &on.collect::<String>() + &flaw).parse()?;
    Ok(store.policy().map_or(again, |policy| again.with_policy(policy)))
}

/// What a newcomer sees.
#[cfg(test)]
fn first_side_by_side() -> Box<dyn Lab> {
    let stores = "raft/gossip".split('/').map(|store| store.parse().expect("a store")).collect();
    begin_feed(&first_feed(stores)).expect("a new run")
}

//! What a run is made of, as the form for a new one shows it.

use cap_lab::setup::SwitchState;
use cap_lab::store::Store;
use cap_lab::world::feed::Geography;

/// What a new run can be made of.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The seed of this run.
    pub seed: u64,
    /// What the form has no fields for, as the experiment's setup says it; nothing where the form has all.
    pub words: String,
    /// What nodes and people are called: "Acceptors", "Proposers".
    pub names: [&'static str; 2],
    /// Replicas (feed, Raft) or acceptors (Paxos), and what can be chosen.
    pub nodes: (u8, Vec<u8>),
    /// People (feed, Raft) or proposers (Paxos), and what can be chosen.
    pub people: (u8, Vec<u8>),
    /// Where they are; `None` where that can't be chosen.
    pub geography: Option<Geography>,
    /// Traffic in percent of the usual; `None` where there is none.
    pub traffic: Option<u16>,
    /// What the feed runs on, from left to right; none on the Paxos page.
    pub stores: Vec<Store>,
    /// Features of the first store that can be switched on.
    pub switches: Vec<SwitchState>,
    /// The mistake that the first store, or Paxos, makes on purpose, by its name.
    pub flaw: Option<&'static str>,
}

/// A mistake that a protocol can make on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlawView {
    /// Its name in a setup.
    pub name: &'static str,
    /// "Vote not made durable".
    pub title: &'static str,
    /// What the nodes do wrong.
    pub sentence: &'static str,
    /// The invariant that breaks.
    pub breaks: &'static str,
}

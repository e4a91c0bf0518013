//! What a run is made of, as the form for a new one shows it.

/// What a new run can be made of.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The seed of this run.
    pub seed: u64,
    /// What nodes and people are called: "Acceptors", "Proposers".
    pub names: [&'static str; 2],
    /// Replicas (feed, Raft) or acceptors (Paxos), and what can be chosen.
    pub nodes: (u8, Vec<u8>),
    /// People (feed, Raft) or proposers (Paxos), and what can be chosen.
    pub people: (u8, Vec<u8>),
    /// Traffic in percent of the usual; `None` where there is none.
    pub traffic: Option<u16>,
    /// The log below the consistent feed, where there is one.
    pub log: Option<LogChoice>,
    /// Features of the protocol that can be switched on.
    pub switches: Vec<Switch>,
    /// The mistake that the protocol makes on purpose, by its name.
    pub flaw: Option<&'static str>,
}

/// What keeps the consistent feed's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogChoice {
    /// Raft.
    Raft,
    /// Multi-Paxos.
    MultiPaxos,
}

/// A feature of the protocol.
#[derive(Clone, PartialEq, Debug)]
pub struct Switch {
    /// Its name in a setup.
    pub name: &'static str,
    /// "Pre-vote".
    pub title: &'static str,
    /// What it buys and costs.
    pub says: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Whether it is on.
    pub on: bool,
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

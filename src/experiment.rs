//! What a page, a lesson or the command line can run: worlds by their setup.

mod locks;

pub use locks::{Accident, LocksExperiment, TRIALS, Trial};

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::node::{NodeId, NodeSet};
use crate::paxos;
use crate::sim::run::Run;
use crate::store::Store;
use crate::store::feed::Request;
use crate::store::gossip::GossipStore;
use crate::store::objects::Change;
use crate::store::raft::RaftStore;
use crate::timeline::Experiment;
use crate::timeline::file::TRAFFIC_MAX;
use crate::timeline::track::SideBySide;
use crate::world::feed::{FeedRun, FeedSetup, FeedWorld, Geography};
use crate::world::paxos::{PaxosRun, PaxosSetup, PaxosWorld};

/// Does the same with whichever experiment has this name: `with_experiment!(name, E => replay::<E>(text))`. None if this version
/// knows none of that name.
#[macro_export]
macro_rules! with_experiment {
    ($name:expr, $E:ident => $done:expr) => {
        $crate::with_experiment!($name, $E in FeedExperiment PaxosExperiment LocksExperiment => $done)
    };
    ($name:expr, $E:ident in $($Experiment:ident)* => $done:expr) => {
        match $name {
            $(<$crate::experiment::$Experiment as $crate::timeline::Experiment>::NAME => {
                type $E = $crate::experiment::$Experiment;
                Some($done)
            })*
            _ => None,
        }
    };
}

/// The longest post, in characters.
const POST_MAX: usize = 280;
/// The longest value that a proposer may be asked to propose, in characters.
const VALUE_MAX: usize = 24;

/// The feed on one store, or on several side by side under one script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedExperiment {
    /// Who takes part in each.
    pub feed: FeedSetup,
    /// What people do by themselves at first, in percent of the usual.
    pub traffic: u16,
    /// What the replicas run on, from left to right.
    pub stores: Vec<Store>,
}

/// How many stores run side by side at most.
const STORES_MAX: usize = 4;

impl FeedExperiment {
    /// The consistent feed on Raft beside the available one on gossip.
    pub fn side_by_side(feed: FeedSetup, traffic: u16) -> Self {
        Self { feed, traffic, stores: vec![Store::Raft(RaftStore::default()), Store::Gossip(GossipStore::default())] }
    }

    /// What tells the stores apart in a word or two: what each keeps under a partition, or else its name, or else its setup.
    pub fn short_names(&self) -> Vec<String> {
        let names = |name: fn(&Store) -> String| self.stores.iter().map(name).collect::<Vec<_>>();
        let apart = |names: &Vec<String>| (1..names.len()).all(|nth| !names[..nth].contains(&names[nth]));
        let numbered = || (1..).zip(&self.stores).map(|(number, store)| format!("{store} {number}")).collect();
        [names(|store| store.side().to_string()), names(|store| store.title().to_owned()), names(Store::to_string)]
            .into_iter()
            .find(apart)
            .unwrap_or_else(numbered)
    }

    /// The same setup without the mistakes that its stores make on purpose; none if they make none.
    pub fn without_flaw(&self) -> Option<Self> {
        let sound = Self { stores: self.stores.iter().map(|store| store.without_flaw()).collect(), ..self.clone() };
        (sound != *self).then_some(sound)
    }

    /// One Raft cluster that carries the consistent feed.
    pub fn raft(feed: FeedSetup, traffic: u16) -> Self {
        Self { feed, traffic, stores: vec![Store::Raft(RaftStore::default())] }
    }
}

impl FeedExperiment {
    /// What is wrong with a change that this person asks for, if anything. A post that is not there yet may be liked.
    fn check_change(&self, person: NodeId, change: &Change) -> Result<(), String> {
        let is_person = |node: NodeId| self.feed.phones().any(|phone| phone == node);
        match change {
            Change::Like(post) | Change::Delete(post) if !is_person(post.author) => {
                Err(format!("{post} is no post: participant {} is nobody's phone", post.author.0))
            }
            Change::Delete(post) if post.author != person => {
                Err(format!("{} can't delete {post}: it is {}'s", self.feed.name(person), self.feed.name(post.author)))
            }
            Change::Status { of, .. } if !is_person(*of) => {
                Err(format!("a status of participant {}, which is nobody's phone", of.0))
            }
            Change::Status { text, .. } if text.chars().any(char::is_control) => {
                Err("a status of more than one line".to_owned())
            }
            Change::Status { text, .. } if text.chars().count() > POST_MAX => {
                Err(format!("a status of {} characters; up to {POST_MAX} are possible", text.chars().count()))
            }
            Change::Like(_) | Change::Delete(_) | Change::Status { .. } => Ok(()),
        }
    }
}

impl Experiment for FeedExperiment {
    type Track = SideBySide<FeedRun>;

    const NAME: &'static str = "feed";

    fn start(&self, seed: u64) -> Self::Track {
        let world = |(number, store): (usize, &Store)| {
            Run::new(FeedWorld::new(self.feed, *store), number as u8, seed, self.traffic)
        };
        SideBySide::new(self.stores.iter().enumerate().map(world).collect())
    }

    fn check(&self) -> Result<(), String> {
        self.feed.check()?;
        if self.traffic > TRAFFIC_MAX {
            return Err(format!("traffic of {} %: up to {TRAFFIC_MAX} % is possible", self.traffic));
        }
        if self.stores.is_empty() || self.stores.len() > STORES_MAX {
            return Err(format!("{} stores: 1 to {STORES_MAX} are possible", self.stores.len()));
        }
        self.stores.iter().try_for_each(|store| store.check(self.feed.replicas))
    }

    fn check_request(&self, node: NodeId, request: &Request) -> Result<(), String> {
        if let Request::Admin(command) = request {
            let strangers = command.about().with(node).difference(self.feed.servers());
            return match strangers.iter().next() {
                Some(stranger) => Err(format!("participant {} is no replica", stranger.0)),
                None => Ok(()),
            };
        }
        if !self.feed.phones().any(|phone| phone == node) {
            return Err(format!("participant {} is asked, which is nobody's phone", node.0));
        }
        match request {
            Request::Post(text) if text.chars().any(char::is_control) => Err("a post of more than one line".to_owned()),
            Request::Post(text) if text.chars().count() > POST_MAX => {
                Err(format!("a post of {} characters; up to {POST_MAX} are possible", text.chars().count()))
            }
            Request::Attach(to) if to.0 >= self.feed.replicas => {
                Err(format!("a phone is moved to participant {}, which is no replica", to.0))
            }
            Request::Change(change) => self.check_change(node, change),
            Request::Post(_) | Request::Attach(_) | Request::Read | Request::Admin(_) => Ok(()),
        }
    }

    fn servers(&self) -> NodeSet {
        self.feed.servers()
    }

    fn name(&self, node: NodeId) -> String {
        self.feed.name(node)
    }
}

/// Shown as `replicas=5 people=3 traffic=100 stores=raft/gossip`; in regions as `replicas=5 people=3 regions=3 jitter=0 traffic=100 …`.
impl Display for FeedExperiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feed: FeedSetup { replicas, people, geography }, traffic, stores } = self;
        write!(f, "replicas={replicas} people={people} ")?;
        if let Geography::ThreeRegions { jitter_ms } = geography {
            write!(f, "regions=3 jitter={jitter_ms} ")?;
        }
        write!(f, "traffic={traffic} stores=")?;
        for (position, store) in stores.iter().enumerate() {
            write!(f, "{}{store}", if position == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

impl FromStr for FeedExperiment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (replicas, people, geography, traffic, stores);
        if text.contains(" regions=") {
            let (regions, jitter);
            [replicas, people, regions, jitter, traffic, stores] =
                words(text, ["replicas", "people", "regions", "jitter", "traffic", "stores"])?;
            if regions != "3" {
                return Err(format!("“{regions}” regions: there are 3, or the word is left out"));
            }
            geography = Geography::ThreeRegions { jitter_ms: number(jitter)? };
        } else {
            [replicas, people, traffic, stores] = words(text, ["replicas", "people", "traffic", "stores"])?;
            geography = Geography::OneSite;
        }
        let feed = FeedSetup { replicas: number(replicas)?, people: number(people)?, geography };
        let stores = stores.split('/').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { feed, traffic: number(traffic)?, stores })
    }
}

/// Proposers and acceptors of one decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaxosExperiment {
    /// Who takes part.
    pub paxos: PaxosSetup,
}

impl Experiment for PaxosExperiment {
    type Track = PaxosRun;

    const NAME: &'static str = "paxos";

    fn start(&self, seed: u64) -> Self::Track {
        Run::new(PaxosWorld::new(self.paxos), 0, seed, 0)
    }

    fn check(&self) -> Result<(), String> {
        self.paxos.check()
    }

    fn check_request(&self, node: NodeId, request: &paxos::Request) -> Result<(), String> {
        let paxos::Request::Propose(paxos::Value(text)) = request;
        if !self.paxos.proposers().iter().any(|proposer| proposer == node) {
            return Err(format!("participant {} is asked, which is no proposer", node.0));
        }
        match text.chars().count() {
            0 => Err("an empty value".to_owned()),
            length if length > VALUE_MAX => {
                Err(format!("a value of {length} characters; up to {VALUE_MAX} are possible"))
            }
            _ => Ok(()),
        }
    }

    fn servers(&self) -> NodeSet {
        self.paxos.nodes()
    }

    fn name(&self, node: NodeId) -> String {
        self.paxos.name(node)
    }
}

/// Shown as `proposers=2 acceptors=5`, and `flaw=quorum-one-short` after it if there is one.
impl Display for PaxosExperiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PaxosSetup { proposers, acceptors, flaw } = self.paxos;
        write!(f, "proposers={proposers} acceptors={acceptors}")?;
        flaw.map_or(Ok(()), |flaw| write!(f, " flaw={flaw}"))
    }
}

impl FromStr for PaxosExperiment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (roles, flaw) = match text.split_once(" flaw=") {
            Some((roles, flaw)) => (roles, Some(flaw.parse()?)),
            None => (text, None),
        };
        let [proposers, acceptors] = words(roles, ["proposers", "acceptors"])?;
        Ok(Self { paxos: PaxosSetup { proposers: number(proposers)?, acceptors: number(acceptors)?, flaw } })
    }
}

/// The values in `name=value name=value`, which must have these names in this order.
fn words<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Result<[&'a str; N], String> {
    let mut found = [""; N];
    fill_in(text, &names, &mut found).map(|()| found)
}

/// Compiled once, however many words there are.
fn fill_in<'a>(text: &'a str, names: &[&str], found: &mut [&'a str]) -> Result<(), String> {
    let mut parts = text.split(' ');
    for (name, slot) in names.iter().zip(found) {
        let value = parts.next().and_then(|part| part.strip_prefix(name)?.strip_prefix('='));
        *slot = value.ok_or_else(|| format!("“{name}=” is missing"))?;
    }
    match parts.next() {
        Some(part) => Err(format!("“{part}” is too much")),
        None => Ok(()),
    }
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("“{word}” is no number, or too large a one"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Micros;
    use crate::sim::fault::Intervention;
    use crate::timeline::Timeline;

    #[test]
    fn a_run_of_paxos_travels_as_a_file() {
        let experiment = PaxosExperiment { paxos: PaxosSetup { proposers: 2, acceptors: 3, flaw: None } };
        let mut timeline = Timeline::new(experiment, 9);
        for (node, value) in [(NodeId(0), "blue"), (NodeId(1), "red")] {
            let request = paxos::Request::Propose(value.into());
            assert!(timeline.act(Intervention::Request { node, request }));
        }
        timeline.play(Micros::from_ms(2_000));
        let text = timeline.export();
        let read = Timeline::<PaxosExperiment>::import(&text).expect("just written");
        assert_eq!(read.skipped, 0);
        assert_eq!(read.timeline.export(), text);
        assert!(read.timeline.track().watch().chosen.is_some());

        let hostile = text.replacen("ask n1", "ask n5", 1);
        assert_ne!(hostile, text);
        assert!(Timeline::<PaxosExperiment>::import(&hostile).is_err(), "an acceptor can't be asked");
        let long = text.replacen("blue", &"b".repeat(VALUE_MAX + 1), 1);
        assert!(Timeline::<PaxosExperiment>::import(&long).is_err());
    }

    #[test]
    fn stores_side_by_side_go_by_what_tells_them_apart() {
        for (stores, names) in [
            ("raft/gossip", ["CP", "AP"]),
            ("gossip/multi-paxos", ["AP", "CP"]),
            ("raft/multi-paxos", ["Raft", "Multi-Paxos"]),
            ("raft/raft.pre-vote", ["raft", "raft.pre-vote"]),
            ("gossip/gossip", ["gossip 1", "gossip 2"]),
        ] {
            let setup = format!("replicas=5 people=3 traffic=100 stores={stores}");
            assert_eq!(setup.parse::<FeedExperiment>().expect(stores).short_names(), names);
        }
    }

    #[test]
    fn a_setup_of_paxos_may_name_a_flaw() {
        for text in ["proposers=2 acceptors=3", "proposers=3 acceptors=7 flaw=quorum-one-short"] {
            let read: PaxosExperiment = text.parse().expect(text);
            assert_eq!(read.to_string(), text);
        }
        for wrong in
            ["proposers=2 acceptors=3 flaw=", "proposers=2 flaw=ballot-reused", "proposers=2 acceptors=3 flaw=x"]
        {
            assert!(wrong.parse::<PaxosExperiment>().is_err(), "{wrong}");
        }
    }
}

//! What a page, a lesson or the command line can run: worlds by their setup.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::node::NodeId;
use crate::paxos;
use crate::sim::run::Run;
use crate::store::feed::Request;
use crate::timeline::Experiment;
use crate::timeline::file::TRAFFIC_MAX;
use crate::timeline::track::SideBySide;
use crate::world::feed::{Available, Consistent, FeedRun, FeedSetup, FeedWorld};
use crate::world::paxos::{PaxosRun, PaxosSetup, PaxosWorld};

/// The longest post, in characters.
pub const POST_MAX: usize = 280;
/// The longest value that a proposer may be asked to propose, in characters.
pub const VALUE_MAX: usize = 24;

/// The consistent and the available feed side by side, under one script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedExperiment {
    /// Who takes part in either.
    pub feed: FeedSetup,
    /// What people do by themselves at first, in percent of the usual.
    pub traffic: u16,
}

/// One Raft cluster that carries the consistent feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RaftExperiment {
    /// Who takes part.
    pub feed: FeedSetup,
    /// What people do by themselves at first, in percent of the usual.
    pub traffic: u16,
}

impl Experiment for FeedExperiment {
    type Track = SideBySide<FeedRun<Consistent>, FeedRun<Available>>;

    const NAME: &'static str = "feed";

    fn start(&self, seed: u64) -> Self::Track {
        SideBySide {
            left: Run::new(FeedWorld::new(self.feed), 0, seed, self.traffic),
            right: Run::new(FeedWorld::new(self.feed), 1, seed, self.traffic),
        }
    }

    fn check(&self) -> Result<(), String> {
        check(self.feed, self.traffic)
    }

    fn check_request(&self, node: NodeId, request: &Request) -> Result<(), String> {
        check_request(self.feed, node, request)
    }
}

impl Experiment for RaftExperiment {
    type Track = FeedRun<Consistent>;

    const NAME: &'static str = "raft";

    fn start(&self, seed: u64) -> Self::Track {
        Run::new(FeedWorld::new(self.feed), 0, seed, self.traffic)
    }

    fn check(&self) -> Result<(), String> {
        check(self.feed, self.traffic)
    }

    fn check_request(&self, node: NodeId, request: &Request) -> Result<(), String> {
        check_request(self.feed, node, request)
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
}

/// Shown as `replicas=5 people=3 traffic=100`.
impl Display for FeedExperiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_feed(f, self.feed, self.traffic)
    }
}

impl FromStr for FeedExperiment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (feed, traffic) = read_feed(text)?;
        Ok(Self { feed, traffic })
    }
}

/// Shown as `replicas=5 people=3 traffic=100`.
impl Display for RaftExperiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_feed(f, self.feed, self.traffic)
    }
}

impl FromStr for RaftExperiment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (feed, traffic) = read_feed(text)?;
        Ok(Self { feed, traffic })
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
        let [proposers, acceptors] = numbers(roles, ["proposers", "acceptors"])?;
        Ok(Self { paxos: PaxosSetup { proposers: small(proposers)?, acceptors: small(acceptors)?, flaw } })
    }
}

fn show_feed(f: &mut fmt::Formatter<'_>, feed: FeedSetup, traffic: u16) -> fmt::Result {
    write!(f, "replicas={} people={} traffic={traffic}", feed.replicas, feed.people)
}

fn read_feed(text: &str) -> Result<(FeedSetup, u16), String> {
    let [replicas, people, traffic] = numbers(text, ["replicas", "people", "traffic"])?;
    Ok((FeedSetup { replicas: small(replicas)?, people: small(people)? }, traffic))
}

fn small(number: u16) -> Result<u8, String> {
    u8::try_from(number).map_err(|_| format!("{number} participants of one kind"))
}

/// Reads `name=number` for each of `names`, in this order.
fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Result<[u16; N], String> {
    let mut found = [0; N];
    let mut parts = text.split(' ');
    for (name, slot) in names.iter().zip(&mut found) {
        let number = parts.next().and_then(|part| part.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        *slot = number.ok_or_else(|| format!("“{name}=” and a number are missing"))?;
    }
    match parts.next() {
        Some(part) => Err(format!("“{part}” is too much")),
        None => Ok(found),
    }
}

fn check(feed: FeedSetup, traffic: u16) -> Result<(), String> {
    feed.check()?;
    if traffic > TRAFFIC_MAX {
        return Err(format!("traffic of {traffic} %: up to {TRAFFIC_MAX} % is possible"));
    }
    Ok(())
}

fn check_request(feed: FeedSetup, node: NodeId, request: &Request) -> Result<(), String> {
    if !feed.phones().any(|phone| phone == node) {
        return Err(format!("participant {} is asked, which is nobody's phone", node.0));
    }
    match request {
        Request::Post(text) if text.chars().any(char::is_control) => Err("a post of more than one line".to_owned()),
        Request::Post(text) if text.chars().count() > POST_MAX => {
            Err(format!("a post of {} characters; up to {POST_MAX} are possible", text.chars().count()))
        }
        Request::Attach(to) if to.0 >= feed.replicas => {
            Err(format!("a phone is moved to participant {}, which is no replica", to.0))
        }
        Request::Post(_) | Request::Attach(_) | Request::Read => Ok(()),
    }
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

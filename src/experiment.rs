//! What a page, a lesson or the command line can run: worlds by their setup.

use serde::{Deserialize, Serialize};

use crate::node::NodeId;
use crate::sim::run::Run;
use crate::store::feed::Request;
use crate::timeline::Experiment;
use crate::timeline::file::TRAFFIC_MAX;
use crate::timeline::track::SideBySide;
use crate::world::feed::{Available, Consistent, FeedRun, FeedSetup, FeedWorld};

/// The longest post, in characters.
pub const POST_MAX: usize = 280;

/// The consistent and the available feed side by side, under one script.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedExperiment {
    /// Who takes part in either.
    pub feed: FeedSetup,
    /// What people do by themselves at first, in percent of the usual.
    pub traffic: u16,
}

/// One Raft cluster that carries the consistent feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
        Request::Post(text) if text.chars().count() > POST_MAX => {
            Err(format!("a post of {} characters; up to {POST_MAX} are possible", text.chars().count()))
        }
        Request::Attach(to) if to.0 >= feed.replicas => {
            Err(format!("a phone is moved to participant {}, which is no replica", to.0))
        }
        Request::Post(_) | Request::Attach(_) | Request::Read => Ok(()),
    }
}

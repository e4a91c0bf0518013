//! The feed on gossip (AP).

use std::fmt::{self, Display};
use std::str::FromStr;

use super::available_feed::{AvailableFeed, Stamped};
use super::conflict::Policy;
use super::descriptor::{Descriptor, StoreMessage, StoreNote};
use super::feed::PostId;
use super::participant::Participant;
use super::pattern::{Asked, Leg};
use crate::gossip::{self, Items};
use crate::node::{Delay, Micros, NodeId, NodeSet};

/// The feed on gossip, by its setup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GossipStore {
    /// What becomes of concurrent writes.
    pub policy: Policy,
}

impl Default for GossipStore {
    fn default() -> Self {
        Self { policy: Policy::Crdts }
    }
}

/// How long a replica waits between two exchanges with random peers.
const EXCHANGE: Delay = Delay::between(Micros::from_ms(180), Micros::from_ms(260));
/// How many posts one message of gossip holds at most.
const BATCH: u32 = 64;

impl Descriptor for GossipStore {
    const NAME: &'static str = "gossip";
    const TITLE: &'static str = "gossip";

    type Replica = AvailableFeed;
    type Message = gossip::Message<Stamped>;
    type Timer = gossip::Timer;
    type Disk = Items<Stamped>;
    type Note = gossip::Note;
    type Ghost = ();

    /// Nothing waits for a timeout: replicas exchange as often wherever they are.
    fn replica(self, id: NodeId, servers: NodeSet, _: u32) -> AvailableFeed {
        let config = gossip::Config { id, peers: servers.without(id), every: EXCHANGE, batch: BATCH };
        AvailableFeed::new(config, self.policy)
    }

    /// A replica answers from what it has; a post waits for its own disk (Demers et al. 1987: mail and rumours come after).
    fn pattern(self, _: NodeSet, asked: Asked) -> Vec<Leg> {
        match asked {
            Asked::Write => vec![Leg::Sync],
            Asked::Read => Vec::new(),
        }
    }

    fn linearizable_reads(self) -> Option<&'static str> {
        None
    }

    fn policy(self) -> Option<Policy> {
        Some(self.policy)
    }

    fn with_policy(self, policy: Policy) -> Self {
        Self { policy }
    }
}

impl Display for GossipStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() { Ok(()) } else { write!(f, ".{}", self.policy.name()) }
    }
}

impl FromStr for GossipStore {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let (policy, rest) = Policy::read(words, Self::default().policy);
        if rest.is_empty() { Ok(Self { policy }) } else { Err(format!("gossip has no switch or flaw “{rest}”")) }
    }
}

impl Participant {
    /// The replica on gossip, if it is one.
    pub fn gossip(&self) -> Option<&AvailableFeed> {
        match self {
            Self::Gossip(replica) => Some(replica),
            _ => None,
        }
    }
}

impl StoreMessage for gossip::Message<Stamped> {
    fn brings(&self, post: PostId) -> bool {
        match self {
            Self::Mail { item, .. } => item.written.name() == post.into(),
            Self::Items { spans, .. } => {
                spans.iter().flat_map(|span| &span.items).any(|item| item.written.name() == post.into())
            }
            Self::Digest { .. } | Self::Pull { .. } | Self::Stored { .. } => false,
        }
    }
}

impl StoreNote for gossip::Note {
    fn is_notable(&self) -> bool {
        match self {
            Self::Learns { by_mail, .. } => !by_mail,
            note => matches!(note, Self::Starts { .. } | Self::FindsGap { .. }),
        }
    }
}

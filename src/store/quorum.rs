//! The feed on quorums: AP as Dynamo has it, CP as ABD.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::conflict::Policy;
use super::descriptor::{Descriptor, Invariant, StoreMessage, StoreNote};
use super::feed::{PostId, Response};
use super::objects::Written;
use super::participant::{FeedDisk, Note, Participant};
use super::pattern::{Asked, Leg};
use super::quorum_feed::QuorumFeed;
use crate::node::{Answer, NodeId, NodeSet, Violation};
use crate::quorum::{self, Durable, Entry, Setup, invariant};
use crate::setup::SwitchState;
use crate::sim::run::Seen;

/// The feed on quorums, by its setup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuorumStore {
    /// The quorums.
    pub quorums: Setup,
    /// What becomes of concurrent writes.
    pub policy: Policy,
}

impl Default for QuorumStore {
    fn default() -> Self {
        Self { quorums: Setup::default(), policy: Policy::ByPlace }
    }
}

impl Descriptor for QuorumStore {
    const NAME: &'static str = "quorum";
    const TITLE: &'static str = "Quorum";

    type Replica = QuorumFeed;
    type Message = quorum::Message<Written>;
    type Timer = quorum::Timer;
    type Disk = Durable<Written>;
    type Note = quorum::Note;
    type Ghost = invariant::Ghost;

    fn replica(self, id: NodeId, servers: NodeSet, stretch: u32) -> QuorumFeed {
        QuorumFeed::new(quorum::Config { stretch, ..self.quorums.config(id, servers) }, self.policy)
    }

    /// The replica that was asked coordinates (Dynamo §4.5): a write waits for W home replicas' disks, a read for R answers. With tags a
    /// write asks R replicas first. A read that writes back waits for nobody else where replicas agree already.
    fn pattern(self, servers: NodeSet, asked: Asked) -> Vec<Leg> {
        let Setup { r, w, tags, .. } = self.quorums;
        let of = self.quorums.config(NodeId(0), servers).home();
        let highest_tag = Leg::Quorum { of, needed: r, sync: false };
        let stored = Leg::Quorum { of, needed: w, sync: true };
        match asked {
            Asked::Write if tags => vec![highest_tag, stored],
            Asked::Write => vec![stored],
            Asked::Read => {
                vec![Leg::Quorum { of, needed: if self.quorums.write_back { r.max(w) } else { r }, sync: false }]
            }
        }
    }

    fn linearizable_reads(self) -> Option<&'static str> {
        self.quorums.is_linearizable().then_some(invariant::LINEARIZABLE_READS)
    }

    fn by_place(self) -> bool {
        true
    }

    fn check(self, replicas: u8) -> Result<(), String> {
        self.quorums.check(replicas)
    }

    fn switches(self) -> Vec<SwitchState> {
        quorum::SWITCHES.iter().map(|switch| switch.state(&self.quorums)).collect()
    }

    fn policy(self) -> Option<Policy> {
        Some(self.policy)
    }

    fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    fn dials(self) -> Vec<(&'static str, u8)> {
        self.quorums.dials().into()
    }

    fn flaw(self) -> Option<&'static str> {
        self.quorums.flaw.map(quorum::Flaw::name)
    }

    fn without_flaw(self) -> Self {
        Self { quorums: Setup { flaw: None, ..self.quorums }, ..self }
    }

    fn invariants() -> Vec<Invariant> {
        invariant::INVARIANTS.into()
    }

    fn observe(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant>) -> Result<(), Violation> {
        match seen.touched() {
            Some((_, Participant::Quorum(coordinator))) => {
                let config = coordinator.quorum().config();
                let disks = || {
                    seen.after.hosts().filter_map(|(id, host)| match &host.disk {
                        FeedDisk::Quorum(disk) => Some((id, disk)),
                        _ => None,
                    })
                };
                for note in &seen.outcome.notes {
                    if let Note::Quorum(quorum::Note::Confirms { tag, .. }) = note {
                        invariant::confirmed_is_stored(*tag, (config.home(), config.setup.w), disks())?;
                    }
                }
                Ok(())
            }
            Some((_, Participant::Client(_))) => {
                let setup = seen.after.hosts().find_map(|(_, host)| Some(host.node.quorum()?.quorum().config().setup));
                let ordered = setup.is_some_and(|setup| setup.strict && setup.tags && setup.overlaps());
                for (id, answer) in seen.outcome.replies.iter().filter(|_| ordered) {
                    if let Answer::Done(Response::Posted(place, _)) = answer {
                        let invoked = seen.history.get(*id).expect("what was answered was asked").invoked;
                        ghost.confirmed(invoked, seen.at, place.rank)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Display for QuorumStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.policy != Self::default().policy {
            write!(f, ".{}", self.policy.name())?;
        }
        self.quorums.fmt(f)
    }
}

impl FromStr for QuorumStore {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let (policy, words) = Policy::read(words, Self::default().policy);
        Ok(Self { quorums: words.parse()?, policy })
    }
}

impl Participant {
    /// The replica of the quorum store, if it is one.
    pub fn quorum(&self) -> Option<&QuorumFeed> {
        match self {
            Self::Quorum(replica) => Some(replica),
            _ => None,
        }
    }
}

impl StoreMessage for quorum::Message<Written> {
    fn brings(&self, post: PostId) -> bool {
        let is_there = |entries: &[Entry<Written>]| entries.iter().any(|entry| entry.tag.name == post.into());
        match self {
            Self::Put { entry, .. } => entry.tag.name == post.into(),
            Self::Get { entries, .. } | Self::Have { entries, .. } | Self::Items { entries, .. } => is_there(entries),
            Self::AskTag { .. }
            | Self::TagIs { .. }
            | Self::Stored { .. }
            | Self::Compare { .. }
            | Self::Taken { .. } => false,
        }
    }
}

impl StoreNote for quorum::Note {
    fn is_notable(&self) -> bool {
        match self {
            Self::Starts { .. }
            | Self::Repairs { .. }
            | Self::GivesUp { .. }
            | Self::KeepsHint { .. }
            | Self::DropsHints { .. } => true,
            Self::Learns { hints, .. } => *hints,
            Self::Answers { stand_ins, behind, .. } => !stand_ins.is_empty() || !behind.is_empty(),
            _ => false,
        }
    }
}

//! What a feed runs on, and what is checked of it.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::check::staleness::StaleRead;
use crate::gossip;
use crate::node::{Delay, Micros, NodeId, NodeSet};
use crate::raft::{self, Raft};
use crate::sim::model::Step;
use crate::sim::run::Seen;
use crate::store::available_feed::AvailableFeed;
use crate::store::client::PhoneNote;
use crate::store::consistent_feed::{Command, ConsistentFeed, ReplicaNote};
use crate::store::feed::PostId;
use crate::store::participant::{Note, Participant};

/// What the replicas of a feed run on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Store {
    /// Raft's replicated log. Linearizable: CP.
    Raft(raft::Setup),
    /// Gossip. Eventually consistent: AP.
    Gossip,
}

/// How long a replica waits between two exchanges with random peers.
const EXCHANGE: Delay = Delay::between(Micros::from_ms(180), Micros::from_ms(260));
/// How many posts one message of gossip holds at most.
const BATCH: u32 = 64;

impl Store {
    /// A replica that has not started.
    pub(super) fn replica(self, id: NodeId, servers: NodeSet) -> Participant {
        match self {
            Self::Raft(raft::Setup { switches, flaw }) => {
                let config = raft::Config { switches, flaw, ..raft::Config::new(id, servers) };
                Participant::Raft(ConsistentFeed::new(Raft::new(config)))
            }
            Self::Gossip => Participant::Gossip(AvailableFeed::new(gossip::Config {
                id,
                peers: servers.without(id),
                every: EXCHANGE,
                batch: BATCH,
            })),
        }
    }

    /// "CP" or "AP": what it gives up under a partition is the other one.
    pub fn side(self) -> &'static str {
        match self {
            Self::Raft(_) => "CP",
            Self::Gossip => "AP",
        }
    }

    /// Whether it promises that every read sees all that was confirmed before it began.
    pub fn is_linearizable(self) -> bool {
        matches!(self, Self::Raft(_))
    }

    fn ghost(self) -> Ghost {
        match self {
            Self::Raft(_) => Ghost::Raft(Box::default()),
            Self::Gossip => Ghost::None,
        }
    }
}

/// Shown as a setup has it: `raft.pre-vote`, `gossip`.
impl Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raft(setup) => write!(f, "raft{setup}"),
            Self::Gossip => f.write_str("gossip"),
        }
    }
}

impl FromStr for Store {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let (name, setup) = word.split_at(word.find(['.', '@']).unwrap_or(word.len()));
        match name {
            "raft" => setup.parse().map(Self::Raft),
            "gossip" if setup.is_empty() => Ok(Self::Gossip),
            _ => Err(format!("“{word}” is no store")),
        }
    }
}

/// An invariant that does not hold, and what shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Its name.
    pub invariant: &'static str,
    /// The evidence.
    pub evidence: String,
}

/// What a stale read breaks where none may be.
pub(super) fn stale_read(reader: &str, author: &str, stale: StaleRead) -> Broken {
    let evidence = format!(
        "{reader} read, and {author}'s post was missing, although it had been confirmed for {} ms when the read began",
        stale.behind.as_ms()
    );
    Broken { invariant: raft::invariant::LINEARIZABLE_READS, evidence }
}

/// What the checks of a store's protocol remember.
#[derive(Clone, Debug)]
pub(super) enum Ghost {
    /// Nothing is checked.
    None,
    Raft(Box<raft::invariant::Ghost<Command>>),
}

impl Ghost {
    pub(super) fn new(store: Store) -> Self {
        store.ghost()
    }

    /// Checks the protocol's invariants after a step; what breaks one is told once.
    pub(super) fn check(&mut self, seen: &Seen<'_, Participant>) -> Result<(), Broken> {
        let Some(node) = seen.outcome.node else { return Ok(()) };
        let after = &seen.after.slot(node).node;
        let started = !matches!(seen.step, Step::Restart(_)) || seen.at > Micros::ZERO;
        let before = seen.before.filter(|_| started).map(|slot| &slot.node);
        match (self, after) {
            (Self::Raft(ghost), Participant::Raft(after)) => ghost
                .observe(node, before.and_then(Participant::raft), after.log())
                .map_err(|violation| Broken { invariant: violation.invariant, evidence: violation.evidence }),
            _ => Ok(()),
        }
    }
}

/// Whether a learner will want to read this. What goes well, the phones show.
pub(super) fn is_notable(note: &Note) -> bool {
    match note {
        Note::Raft(
            raft::Note::EntryAppended { .. }
            | raft::Note::AppendAccepted { .. }
            | raft::Note::CommitAdvanced { .. }
            | raft::Note::CommitLearned { .. }
            | raft::Note::RequestCommitted { .. },
        ) => false,
        Note::Raft(note) => !note.is_routine(),
        Note::Gossip(gossip::Note::Learns { by_mail, .. }) => !by_mail,
        Note::Gossip(note) => matches!(note, gossip::Note::Starts { .. } | gossip::Note::FindsGap { .. }),
        Note::Replica(note) => !matches!(note, ReplicaNote::Forwarded { .. } | ReplicaNote::Applied { .. }),
        Note::Phone(note) => !matches!(note, PhoneNote::Asked { .. }),
    }
}

/// A post that this note says is in the feed for good.
pub(super) fn committed(note: &Note) -> Option<PostId> {
    match note {
        Note::Replica(ReplicaNote::Applied { post, fresh: true, .. }) => Some(*post),
        _ => None,
    }
}

/// Whether this note says that its server was elected.
pub(super) fn elected(note: &Note) -> bool {
    matches!(note, Note::Raft(raft::Note::BecameLeader { .. }))
}

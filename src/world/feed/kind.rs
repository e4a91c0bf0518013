//! What makes a feed consistent or available.

use std::fmt::Debug;

use crate::gossip;
use crate::node::{Delay, Micros, NodeId, NodeSet};
use crate::raft;
use crate::sim::model::Step;
use crate::sim::run::Seen;
use crate::store::available_feed::AvailableFeed;
use crate::store::consistent_feed::{ConsistentFeed, ReplicaNote};
use crate::store::feed::{Participant, PostId, Replica};

/// What makes a feed consistent or available: the replica, and what is checked of it.
pub trait FeedKind: Clone + Debug {
    /// One replica.
    type Replica: Replica;
    /// What the checks of the protocol remember.
    type Ghost: Clone + Default + Debug;

    /// A replica that has not started.
    fn replica(id: NodeId, servers: NodeSet) -> Self::Replica;
    /// Whether a learner will want to read this.
    fn is_notable(note: &<Self::Replica as Replica>::Note) -> bool;
    /// Checks the protocol's invariants after a step; what breaks one is told once.
    fn check(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant<Self::Replica>>) -> Result<(), Broken>;
    /// A post that this note says is in the feed for good.
    fn committed(note: &<Self::Replica as Replica>::Note) -> Option<PostId>;
    /// Whether this replica has that post.
    fn holds(replica: &Self::Replica, post: PostId) -> bool;
    /// Whether this note says that its server was elected.
    fn elected(note: &<Self::Replica as Replica>::Note) -> bool;
}

/// An invariant that does not hold, and what shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Its name.
    pub invariant: &'static str,
    /// The evidence.
    pub evidence: String,
}

/// Linearizable, on Raft: CP.
#[derive(Clone, Copy, Debug)]
pub struct Consistent;

impl FeedKind for Consistent {
    type Replica = ConsistentFeed;
    type Ghost = raft::invariant::Ghost<crate::store::consistent_feed::Command>;

    fn replica(id: NodeId, servers: NodeSet) -> ConsistentFeed {
        ConsistentFeed::new(raft::Config::new(id, servers))
    }

    fn is_notable(note: &ReplicaNote) -> bool {
        match note {
            // What goes well, the phones show.
            ReplicaNote::Raft(
                raft::Note::EntryAppended { .. }
                | raft::Note::AppendAccepted { .. }
                | raft::Note::CommitAdvanced { .. }
                | raft::Note::CommitLearned { .. }
                | raft::Note::RequestCommitted { .. },
            ) => false,
            ReplicaNote::Raft(note) => !note.is_routine(),
            ReplicaNote::Forwarded { .. } | ReplicaNote::Applied { .. } => false,
            ReplicaNote::RefusedWithoutLeader { .. }
            | ReplicaNote::AskedBefore { .. }
            | ReplicaNote::ForgotWhetherTaken { .. }
            | ReplicaNote::LostLeader { .. }
            | ReplicaNote::Superseded { .. } => true,
        }
    }

    fn check(ghost: &mut Self::Ghost, seen: &Seen<'_, Participant<ConsistentFeed>>) -> Result<(), Broken> {
        let raft = |slot: &Participant<ConsistentFeed>| slot.replica().is_some();
        let Some(node) = seen.outcome.node.filter(|node| raft(&seen.after.slot(*node).node)) else { return Ok(()) };
        let after = seen.after.slot(node).node.replica().expect("filtered").raft();
        let started = !matches!(seen.step, Step::Restart(_)) || seen.at > Micros::ZERO;
        let before = seen.before.filter(|_| started).and_then(|slot| slot.node.replica()).map(ConsistentFeed::raft);
        ghost
            .observe(node, before, after)
            .map_err(|violation| Broken { invariant: violation.invariant, evidence: violation.evidence })
    }

    fn committed(note: &ReplicaNote) -> Option<PostId> {
        match note {
            ReplicaNote::Applied { post, fresh: true, .. } => Some(*post),
            _ => None,
        }
    }

    fn holds(replica: &ConsistentFeed, post: PostId) -> bool {
        replica.has(post)
    }

    fn elected(note: &ReplicaNote) -> bool {
        matches!(note, ReplicaNote::Raft(raft::Note::BecameLeader { .. }))
    }
}

/// Eventually consistent, on gossip: AP.
#[derive(Clone, Copy, Debug)]
pub struct Available;

/// How long a replica waits between two exchanges with random peers.
const EXCHANGE: Delay = Delay::between(Micros::from_ms(180), Micros::from_ms(260));
/// How many posts one message of gossip holds at most.
const BATCH: u32 = 64;

impl FeedKind for Available {
    type Replica = AvailableFeed;
    type Ghost = ();

    fn replica(id: NodeId, servers: NodeSet) -> AvailableFeed {
        AvailableFeed::new(gossip::Config { id, peers: servers.without(id), every: EXCHANGE, batch: BATCH })
    }

    fn is_notable(note: &gossip::Note) -> bool {
        match note {
            gossip::Note::Learns { by_mail, .. } => !by_mail,
            gossip::Note::Starts { .. } | gossip::Note::Answers { .. } | gossip::Note::FindsGap { .. } => true,
            gossip::Note::Adds { .. }
            | gossip::Note::Stores { .. }
            | gossip::Note::SendsDigest { .. }
            | gossip::Note::HasNothingFor { .. }
            | gossip::Note::Asks { .. }
            | gossip::Note::KnowsAlready { .. } => false,
        }
    }

    fn check((): &mut (), _: &Seen<'_, Participant<AvailableFeed>>) -> Result<(), Broken> {
        Ok(())
    }

    fn committed(_: &gossip::Note) -> Option<PostId> {
        None
    }

    fn holds(replica: &AvailableFeed, post: PostId) -> bool {
        replica.has(post)
    }

    fn elected(_: &gossip::Note) -> bool {
        false
    }
}

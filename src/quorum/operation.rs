//! What a coordinator knows of an operation that it carries out for a client. A crash forgets it.

use super::items::Entry;
use crate::known::{Known, Name};
use crate::node::{Micros, NodeId, NodeSet, RequestId};
use crate::sorted::SortedMap;

/// One operation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Operation<P> {
    /// Who waits for it; none once that was answered.
    pub request: Option<RequestId>,
    /// When it began, by the coordinator's monotonic clock.
    pub since: Micros,
    /// The home replicas that answered in the present phase, or in whose place another one did.
    pub covered: NodeSet,
    /// Those others.
    pub stand_ins: NodeSet,
    /// What it is doing.
    pub phase: Phase<P>,
}

/// What an operation waits for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Phase<P> {
    /// The highest tag.
    Tag {
        /// The name of what is to be written.
        name: Name,
        /// That.
        item: P,
        /// The highest sequence that was told.
        highest: u64,
    },
    /// Word that it is stored.
    Write(Entry<P>),
    /// What others have.
    Read(Reading),
}

/// What a read has seen.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Reading {
    /// All that any of them told: the join.
    pub seen: Known,
    /// What each one that answered told last.
    pub told: SortedMap<NodeId, Told>,
}

/// What is known of one replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Told {
    /// The home replica that it is, or stands in for.
    pub home: NodeId,
    /// What it had when it answered last.
    pub known: Known,
    /// The same and what was sent to it since.
    pub sent: Known,
}

impl Reading {
    /// The home replicas that have exactly what the read has seen, or have another one stand in that does.
    pub fn agreed(&self) -> NodeSet {
        self.told.values().filter(|told| told.known == self.seen).map(|told| told.home).collect()
    }

    /// The replicas that lack something of it.
    pub fn behind(&self) -> NodeSet {
        self.told.iter().filter(|(_, told)| told.known != self.seen).map(|(id, _)| *id).collect()
    }
}

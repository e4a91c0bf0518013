//! The log and its way to the followers (§5.3, §5.4).

use crate::node::{Micros, NodeId, NodeSet, RequestId};
use crate::raft::{EntryId, Index, Membership, PayloadKind, Term};

/// What a leader does about its log, those of its followers, and the commit index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaderNote {
    /// The leader told every follower that it is alive.
    HeartbeatSent {
        /// The term that it leads.
        term: Term,
        /// Its commit index, which goes along.
        commit: Index,
        /// To whom.
        followers: NodeSet,
    },
    /// The leader appended an entry to its own log and sends it out.
    EntryAppended {
        /// The new entry.
        entry: EntryId,
        /// The request that it carries out; none for what the leader does by itself.
        request: Option<RequestId>,
        /// What the entry carries.
        what: PayloadKind,
    },
    /// An entry waits, because enough messages are under way to a follower.
    EntryHeldBack {
        /// Which follower.
        follower: NodeId,
        /// The new entry.
        entry: EntryId,
        /// The first entry that waits.
        next: Index,
    },
    /// The leader learned that a log, its own or a follower's, is durable and equal to its own further than it knew.
    MatchAdvanced {
        /// Whose.
        server: NodeId,
        /// Up to here.
        matched: Index,
    },
    /// A follower's log differs, so the leader tries it further back.
    NextIndexBackedUp {
        /// Whose.
        follower: NodeId,
        /// The index at which the logs differ.
        refused: Index,
        /// The follower's last index.
        follower_last: Index,
        /// The term of the follower's conflicting entry and its first entry of that term, if it said so.
        conflict: Option<EntryId>,
        /// What the leader sends it next.
        next: Index,
    },
    /// The leader counted a majority (§5.3).
    CommitAdvanced {
        /// Its commit index until now.
        old: Index,
        /// The entry up to which all is now committed.
        entry: EntryId,
        /// The servers whose logs match that far.
        matching: NodeSet,
        /// The configuration that it uses.
        members: Membership,
    },
    /// The leader has a majority for an entry, but may not commit it by counting: it is of an older term (§5.4.2).
    CommitHeldBack {
        /// The entry.
        entry: EntryId,
        /// The term that the leader leads.
        term: Term,
        /// The servers whose logs match that far.
        matching: NodeSet,
        /// The configuration that it uses.
        members: Membership,
    },
    /// A leader steps down because no round of heartbeats succeeded for an election timeout (T §6.2).
    QuorumLost {
        /// The term that it led.
        term: Term,
        /// Who answered a later round than the latest that a quorum answered, itself included.
        heard: NodeSet,
        /// The configuration that it uses.
        members: Membership,
        /// How long it waited.
        timeout: Micros,
    },
}

/// What a follower does with its leader's entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FollowerNote {
    /// A follower found the previous entry and took what was new.
    AppendAccepted {
        /// From which leader.
        leader: NodeId,
        /// The previous entry, which both have.
        previous: EntryId,
        /// How many entries came; none in a heartbeat.
        received: u64,
        /// How many of them were new.
        added: u64,
        /// Its last entry now.
        last: EntryId,
    },
    /// It refused an AppendEntries.
    AppendRefused {
        /// Who sent it.
        leader: NodeId,
        /// Which rule forbade it.
        why: AppendRefusal,
    },
    /// A follower removed entries that conflict with the leader's (§5.3).
    ConflictTruncated {
        /// Whose log overrules.
        leader: NodeId,
        /// Its own first conflicting entry.
        own: EntryId,
        /// The leader's entry there.
        leaders: EntryId,
        /// How many entries it removed.
        removed: u64,
    },
    /// A follower heard from the leader that more is committed.
    CommitLearned {
        /// From whom.
        leader: NodeId,
        /// Its commit index until now.
        old: Index,
        /// Its commit index now.
        new: Index,
    },
}

/// Why an AppendEntries was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppendRefusal {
    /// The sender's term is over (§5.1).
    StaleTerm {
        /// The sender's term.
        term: Term,
        /// Its own.
        own: Term,
    },
    /// Its log ends before the previous entry (§5.3).
    MissingPrevious {
        /// The leader's previous entry.
        previous: EntryId,
        /// Its own last entry.
        own_last: EntryId,
    },
    /// It has another entry in the place of the previous one (§5.3).
    TermMismatch {
        /// The leader's previous entry.
        previous: EntryId,
        /// The term of its own entry there.
        own: Term,
    },
}

//! Which rule fired or refused, with the numbers that the node knows. Nothing reads a note back.

use super::log::{EntryId, Index, Term};
use super::role::RoleName;
use crate::node::{Delay, NodeId, NodeSet, RequestId};

/// A rule that fired or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// The node starts with what its disk kept: nothing, the first time.
    Started {
        /// The term on disk.
        term: Term,
        /// The vote on disk.
        vote: Option<NodeId>,
        /// The last entry on disk.
        last: EntryId,
    },
    /// Its election timer ran out, so it became a candidate (§5.2).
    AsksForVotes {
        /// The new term.
        term: Term,
        /// Its last entry, which goes into the request.
        last: EntryId,
        /// What it had heard until then.
        heard: Heard,
        /// The range that the timer was picked from.
        timeout: Delay,
        /// All servers.
        members: NodeSet,
    },
    /// It voted for a candidate.
    VoteGranted {
        /// For whom.
        candidate: NodeId,
        /// In which term.
        term: Term,
        /// The candidate's last entry.
        candidate_last: EntryId,
        /// Its own, not later than that.
        own_last: EntryId,
    },
    /// It did not vote for a candidate.
    VoteRefused {
        /// Whom it refused.
        candidate: NodeId,
        /// The term in which the candidate asked.
        term: Term,
        /// Which rule forbade it.
        why: VoteRefusal,
    },
    /// A candidate counts a vote.
    VoteCounted {
        /// From whom; itself, once its own vote is durable.
        from: NodeId,
        /// The term of the election.
        term: Term,
        /// All votes so far.
        votes: NodeSet,
        /// All servers.
        members: NodeSet,
    },
    /// A candidate learns that a server did not vote for it.
    VoteDenied {
        /// Who refused.
        from: NodeId,
        /// The term of the election.
        term: Term,
        /// All votes so far.
        votes: NodeSet,
        /// All servers.
        members: NodeSet,
    },
    /// A candidate has the votes of a majority.
    BecameLeader {
        /// The term that it leads.
        term: Term,
        /// Who voted for it.
        votes: NodeSet,
        /// All servers.
        members: NodeSet,
        /// Where its no-op goes.
        noop: Index,
    },
    /// It saw a higher term and adopted it as a follower (§5.1).
    TermAdopted {
        /// Who sent the term.
        from: NodeId,
        /// Its own term until now.
        old: Term,
        /// The higher term.
        new: Term,
        /// The role that it gave up.
        left: RoleName,
    },
    /// It heard the leader of its term for the first time.
    FollowsLeader {
        /// The leader.
        leader: NodeId,
        /// The term.
        term: Term,
        /// Whether it was a candidate in this term.
        conceded: bool,
    },
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
        /// The request that it carries out; none for the no-op.
        request: Option<RequestId>,
    },
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
        /// All servers.
        members: NodeSet,
    },
    /// The leader has a majority for an entry, but may not commit it by counting: it is of an older term (§5.4.2).
    CommitHeldBack {
        /// The entry.
        entry: EntryId,
        /// The term that the leader leads.
        term: Term,
        /// The servers whose logs match that far.
        matching: NodeSet,
        /// All servers.
        members: NodeSet,
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
    /// It answered a client whose entry is committed.
    RequestCommitted {
        /// The request.
        request: RequestId,
        /// The entry that carries it out.
        entry: EntryId,
    },
    /// It answered a client whose entry can no longer be committed.
    RequestSuperseded {
        /// The request.
        request: RequestId,
        /// The entry that would have carried it out.
        entry: EntryId,
        /// The committed entry that rules it out.
        by: EntryId,
    },
    /// It refused a client because it does not lead.
    RequestRefused {
        /// The request.
        request: RequestId,
        /// Who leads, if it knows.
        leader: Option<NodeId>,
        /// Its term.
        term: Term,
    },
    /// A reply came too late to mean anything.
    ReplyIgnored {
        /// From whom.
        from: NodeId,
        /// The kind of message.
        message: &'static str,
        /// Why it means nothing.
        why: Ignored,
    },
}

/// What a node had heard when its election timer ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// No leader of its term.
    NoLeader,
    /// A leader of its term, not lately.
    Leader(NodeId),
    /// It was a candidate already, and these votes did not suffice (a split vote, §5.2).
    Votes(NodeSet),
}

/// Why a vote was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VoteRefusal {
    /// The candidate's term is over (§5.1).
    StaleTerm {
        /// The voter's term.
        own: Term,
    },
    /// One vote per term, first come first served (§5.2).
    AlreadyVoted {
        /// Who has it.
        winner: NodeId,
    },
    /// The candidate's log may lack committed entries (§5.4.1).
    LogNotUpToDate {
        /// The candidate's last entry.
        candidate_last: EntryId,
        /// The voter's own, which is later.
        own_last: EntryId,
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

/// Why a reply was ignored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ignored {
    /// It answers a message of an older term (§5.1).
    OlderTerm {
        /// The term of the reply.
        term: Term,
        /// Its own.
        own: Term,
    },
    /// The election is over: it leads, or follows the winner.
    NotCandidate,
    /// The same vote was counted before.
    DuplicateVote,
    /// It refuses a message that this leader sent in an earlier term of its own.
    EarlierTerm,
    /// It led this term before a crash, and does so no more.
    NotLeader,
    /// A refusal from before the follower's log was brought in line.
    AlreadyMatched {
        /// The index that was refused.
        refused: Index,
        /// How far the logs are known to match since.
        matched: Index,
    },
    /// A refusal of an earlier attempt; another is under way.
    NotCurrent {
        /// The index that was refused.
        refused: Index,
        /// What the leader sends next.
        next: Index,
    },
}

impl Note {
    /// Whether this is daily business, which happens all the time in a healthy cluster: a heartbeat, a match that moves on.
    pub fn is_routine(&self) -> bool {
        match self {
            Self::AppendAccepted { received, .. } => *received == 0,
            Self::HeartbeatSent { .. } | Self::MatchAdvanced { .. } | Self::ReplyIgnored { .. } => true,
            _ => false,
        }
    }
}

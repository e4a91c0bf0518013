//! Which rule fired or refused, with the numbers that the node knows. Nothing reads a note back.

use super::log::{EntryId, Index, PayloadKind, Term};
use super::membership::{Change, ChangeRefusal, Membership};
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
        /// The last entry that the snapshot on disk covers, if there is one.
        snapshot: Option<EntryId>,
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
        /// The configuration that it uses.
        members: Membership,
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
        /// The configuration that it uses.
        members: Membership,
    },
    /// A candidate learns that a server did not vote for it.
    VoteDenied {
        /// Who refused.
        from: NodeId,
        /// The term of the election.
        term: Term,
        /// All votes so far.
        votes: NodeSet,
        /// The configuration that it uses.
        members: Membership,
    },
    /// A candidate has the votes of a majority.
    BecameLeader {
        /// The term that it leads.
        term: Term,
        /// Who voted for it.
        votes: NodeSet,
        /// The configuration that it uses.
        members: Membership,
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
        /// The request that it carries out; none for what the leader does by itself.
        request: Option<RequestId>,
        /// What the entry carries.
        what: PayloadKind,
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
    /// A snapshot took the place of entries that were applied (§7).
    Compacted {
        /// The last entry that it covers.
        last: EntryId,
        /// How many entries went.
        removed: u64,
        /// How many are left.
        kept: u64,
    },
    /// The leader sent its snapshot to a follower that needs an entry which is gone (§7).
    SnapshotSent {
        /// To whom.
        follower: NodeId,
        /// The last entry that the snapshot covers.
        last: EntryId,
        /// The entry that was to be sent next.
        needed: Index,
    },
    /// A follower took the leader's snapshot in place of its whole log (§7).
    SnapshotInstalled {
        /// From which leader.
        leader: NodeId,
        /// The last entry that the snapshot covers.
        last: EntryId,
        /// Where its own log ended.
        own_last: EntryId,
    },
    /// A follower did not need the leader's snapshot: it has all that the snapshot covers (§7).
    SnapshotIgnored {
        /// From which leader.
        leader: NodeId,
        /// The last entry that the snapshot covers.
        last: EntryId,
        /// Where its own log ends.
        own_last: EntryId,
    },
    /// It refused a snapshot of a term that is over (§5.1).
    SnapshotRefused {
        /// Who sent it.
        leader: NodeId,
        /// The sender's term.
        term: Term,
        /// Its own.
        own: Term,
    },
    /// A snapshot covers the place where the entry of a client's request was or was not: nobody can tell any more.
    RequestFateUnknown {
        /// The request.
        request: RequestId,
        /// The entry that would have carried it out.
        entry: EntryId,
        /// The last entry that the snapshot covers.
        last: EntryId,
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
    /// A configuration is in its log, so it uses it from here on (§6).
    MembershipUsed {
        /// The entry that holds it, or the snapshot's last.
        index: Index,
        /// The configuration.
        membership: Membership,
    },
    /// The entry with its configuration was removed, so it uses the one before (§6).
    MembershipRolledBack {
        /// The entry that is gone.
        lost: Index,
        /// The entry that holds the one before.
        index: Index,
        /// The one before.
        membership: Membership,
    },
    /// The leader does not start a change of the configuration.
    ChangeRefused {
        /// The request.
        request: RequestId,
        /// What was asked for.
        change: Change,
        /// Which rule forbade it.
        why: ChangeRefusal,
    },
    /// The joint configuration is committed, so the leader appends the new one alone (§6).
    JointCommitted {
        /// The entry of the joint configuration.
        index: Index,
        /// The new configuration.
        target: Membership,
    },
    /// A configuration without these servers is committed, so the leader stops replicating to them.
    MembersDismissed {
        /// Who.
        servers: NodeSet,
        /// The entry of the configuration.
        index: Index,
    },
    /// A configuration without the leader's own vote is committed, so it steps down (§6).
    Retired {
        /// The term that it led.
        term: Term,
        /// The entry of the configuration.
        index: Index,
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
    /// It comes from a server to which the leader does not replicate any more.
    NotMember,
}

impl Note {
    /// Whether this is daily business, which happens all the time in a healthy cluster: a heartbeat, a match that moves on.
    pub fn is_routine(&self) -> bool {
        match self {
            Self::AppendAccepted { received, .. } => *received == 0,
            Self::HeartbeatSent { .. }
            | Self::MatchAdvanced { .. }
            | Self::ReplyIgnored { .. }
            | Self::EntryHeldBack { .. } => true,
            _ => false,
        }
    }
}

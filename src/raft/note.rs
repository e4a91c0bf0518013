//! Which rule fired or refused, with the numbers that the node knows. Nothing reads a note back.

use super::log::{EntryId, Index, PayloadKind, Term};
use super::membership::{Change, ChangeRefusal, Membership};
use super::role::RoleName;
use super::tenure::Round;
use super::transfer::TransferRefusal;
use crate::node::{Delay, Micros, NodeId, NodeSet, RequestId};

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

    /// Its election timer ran out, so it asks whether a majority would vote for it in the next term (T §9.6).
    AsksForPreVotes {
        /// The term in which it would stand.
        next: Term,
        /// Its last entry, which goes into the question.
        last: EntryId,
        /// What it had heard until then.
        heard: Heard,
        /// The range that the timer was picked from.
        timeout: Delay,
        /// The configuration that it uses.
        members: Membership,
    },
    /// It would vote for a server that asked.
    PreVoteGranted {
        /// For whom.
        candidate: NodeId,
        /// In which term.
        next: Term,
        /// The last entry of the one that asked.
        candidate_last: EntryId,
        /// Its own, not later than that.
        own_last: EntryId,
    },
    /// It would not vote for a server that asked.
    PreVoteRefused {
        /// Who asked.
        candidate: NodeId,
        /// The term in which that one would stand.
        next: Term,
        /// Which rule forbids it.
        why: VoteRefusal,
    },
    /// It hears a leader, so it would vote for nobody.
    PreVoteHeld {
        /// Who asked.
        candidate: NodeId,
        /// The term in which that one would stand.
        next: Term,
        /// The leader that it holds on to.
        contact: Contact,
    },
    /// A pre-candidate counts a server that would vote for it.
    PreVoteCounted {
        /// Who would; itself first.
        from: NodeId,
        /// The term in which it would stand.
        next: Term,
        /// All that would, so far.
        grants: NodeSet,
        /// The configuration that it uses.
        members: Membership,
    },
    /// A pre-candidate learns that a server would not vote for it.
    PreVoteDenied {
        /// Who would not.
        from: NodeId,
        /// The term of that server.
        term: Term,
        /// The term in which it would stand.
        next: Term,
        /// All that would, so far.
        grants: NodeSet,
        /// The configuration that it uses.
        members: Membership,
    },

    /// It hears a leader, so it ignored a request for its vote, term and all (T §4.2.3).
    VoteRequestIgnored {
        /// Who asked.
        candidate: NodeId,
        /// The term that it did not adopt.
        term: Term,
        /// The leader that it holds on to.
        contact: Contact,
    },
    /// A leader steps down because it has not heard from a quorum for an election timeout (T §6.2).
    QuorumLost {
        /// The term that it led.
        term: Term,
        /// Whom it did hear, itself included.
        heard: NodeSet,
        /// The configuration that it uses.
        members: Membership,
        /// How long it waited.
        timeout: Micros,
    },

    /// A leader begins to hand over (T §3.10).
    TransferStarted {
        /// The request that asks for it.
        request: RequestId,
        /// To whom.
        target: NodeId,
        /// How far the target's log is known to be its own.
        matched: Index,
        /// Its own last index.
        last: Index,
    },
    /// The target has the whole log, so it is told to stand at once.
    TimeoutNowSent {
        /// Who.
        target: NodeId,
        /// The term that the leader leads.
        term: Term,
        /// The last index, which both have.
        last: Index,
    },
    /// Leadership was not handed over, and that is certain.
    TransferRefused {
        /// The request that asked for it.
        request: RequestId,
        /// To whom it should have gone.
        target: NodeId,
        /// Why it did not.
        why: TransferRefusal,
    },
    /// The target was told to stand, but the leader does not wait any longer for what comes of it.
    TransferGivenUp {
        /// The request that asked for it.
        request: RequestId,
        /// Who was told.
        target: NodeId,
    },
    /// The one that handed over hears the target as its leader.
    TransferDone {
        /// The request that asked for it.
        request: RequestId,
        /// The target.
        leader: NodeId,
        /// The term that it leads.
        term: Term,
    },
    /// A leader that hands over takes nothing into its log.
    RefusedHandingOver {
        /// The request.
        request: RequestId,
        /// To whom it hands over.
        target: NodeId,
    },

    /// A candidate counts a copy of a vote ([`super::Flaw::DuplicateVotesCounted`]).
    VoteCountedAgain {
        /// Whose.
        from: NodeId,
        /// The term of the election.
        term: Term,
        /// How many votes it has counted.
        counted: u64,
        /// The configuration that it uses.
        members: Membership,
    },

    /// A leader took a read and must make sure that it still leads (T §6.4).
    ReadWaits {
        /// The read.
        request: RequestId,
        /// Its commit index.
        commit: Index,
        /// What the read may be answered with: that, or the no-op of its term if it is not committed yet.
        index: Index,
        /// The round of heartbeats that a quorum must acknowledge.
        round: Round,
    },
    /// A leader answered a read.
    ReadAnswered {
        /// The read.
        request: RequestId,
        /// Up to where the state machine must have carried out the log.
        index: Index,
        /// How the leader knew that it still led.
        proof: ReadProof,
    },
    /// A quorum acknowledged a round, so the lease runs anew from the beginning of that (T §6.4.1).
    LeaseRenewed {
        /// The round.
        round: Round,
        /// When it began, on the leader's own monotonic clock.
        from: Micros,
        /// When the lease ends, on the same clock.
        until: Micros,
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

/// How a leader knew that nobody else had been elected when it answered a read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadProof {
    /// A quorum acknowledged a round that began after the read was asked.
    Round {
        /// The round.
        round: Round,
        /// Who did, itself included.
        by: NodeSet,
    },
    /// Its lease.
    Lease {
        /// The time, on its own monotonic clock.
        now: Micros,
        /// When the lease ends.
        until: Micros,
    },
    /// It did not ([`super::Flaw::ReadWithoutQuorum`]).
    None,
}

/// A leader that a server holds on to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contact {
    /// Which; none if it has forgotten which one it had promised to hold on to.
    pub leader: Option<NodeId>,
    /// How long ago it heard it.
    pub ago: Micros,
    /// For how long it holds on.
    pub window: Micros,
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

    /// It was a pre-candidate already, and these grants did not suffice.
    TooFewGrants(NodeSet),
    /// It was a pre-candidate, and these grants suffice: it need not wait for a timer.
    Grants(NodeSet),
    /// The leader told it to stand: it need not wait for a timer.
    TimeoutNow(NodeId),
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
    /// It led this term, and does so no more.
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
    /// Only a follower can be told to stand.
    NotFollower,

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
            | Self::LeaseRenewed { .. }
            | Self::EntryHeldBack { .. } => true,
            _ => false,
        }
    }
}

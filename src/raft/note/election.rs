//! Elections: votes (§5.2, §5.4.1) and what goes before them (T §9.6).

use crate::node::{Delay, Micros, NodeId, NodeSet};
use crate::raft::{EntryId, Index, Membership, RoleName, Term};

/// Who stands for election, who votes and who leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ElectionNote {
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
    /// It hears a leader, so it ignored a request for its vote, term and all (T §4.2.3).
    VoteRequestIgnored {
        /// Who asked.
        candidate: NodeId,
        /// The term that it did not adopt.
        term: Term,
        /// The leader that it holds on to.
        contact: Contact,
    },
    /// A candidate counts a vote.
    VoteCounted {
        /// From whom; itself, once its own vote is durable.
        from: NodeId,
        /// The term of the election.
        term: Term,
        /// All votes so far.
        votes: NodeSet,
        /// Whether it takes them for a quorum.
        enough: bool,
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
    /// A candidate counts a copy of a vote ([`crate::raft::Flaw::DuplicateVotesCounted`]).
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
    /// It heard the leader of its term for the first time.
    FollowsLeader {
        /// The leader.
        leader: NodeId,
        /// The term.
        term: Term,
        /// What it was until now.
        left: RoleName,
    },
}

/// Who would vote for whom (T §9.6).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PreVoteNote {
    /// Its election timer ran out, so it asks whether a majority would vote for it in the next term (T §9.6).
    Asks {
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
    Granted {
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
    Refused {
        /// Who asked.
        candidate: NodeId,
        /// The term in which that one would stand.
        next: Term,
        /// Which rule forbids it.
        why: VoteRefusal,
    },
    /// It hears a leader, so it would vote for nobody.
    HoldsOn {
        /// Who asked.
        candidate: NodeId,
        /// The term in which that one would stand.
        next: Term,
        /// The leader that it holds on to.
        contact: Contact,
    },
    /// A pre-candidate counts a server that would vote for it.
    Counted {
        /// Who would; itself first.
        from: NodeId,
        /// The term in which it would stand.
        next: Term,
        /// All that would, so far.
        grants: NodeSet,
        /// Whether it takes them for a quorum.
        enough: bool,
        /// The configuration that it uses.
        members: Membership,
    },
    /// A pre-candidate learns that a server would not vote for it.
    Denied {
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

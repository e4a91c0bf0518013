//! Which rule fired or refused, with the numbers that the node itself knew.

use super::proposal::{Ballot, Proposal, Value};
use crate::node::{Count, NodeId, note_of_parts};

/// One rule, in the role that applied it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// The node came up with what its disk kept.
    Starts {
        /// The last round that its proposer used.
        round: u32,
        /// What its acceptor promised.
        promised: Option<Ballot>,
        /// What its acceptor accepted.
        accepted: Option<Proposal>,
    },
    /// Of a node that is no proposer a client asked to propose.
    NoProposer,
    /// A message that changes nothing.
    Ignores {
        /// What it is called.
        kind: &'static str,
        /// Who sent it.
        from: NodeId,
        /// The ballot that it speaks of.
        ballot: Ballot,
        /// Why it changes nothing.
        why: Why,
    },
    /// Something about a proposer.
    Proposer(ProposerNote),
    /// Something about an acceptor.
    Acceptor(AcceptorNote),
    /// Something about a learner.
    Learner(LearnerNote),
}

note_of_parts! { Note: Proposer(ProposerNote), Acceptor(AcceptorNote), Learner(LearnerNote) }

/// Why a message changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The same was counted before: what counts is acceptors, not messages.
    Duplicate,
    /// It answers a ballot that the proposer has left for this one.
    OlderBallot(Ballot),
    /// The ballot has its quorum of promises already.
    PhaseOver,
    /// The proposer tries no ballot now: it waits before the next, has its answer, or has forgotten by a crash.
    NoBallot,
}

/// Why a proposer starts a ballot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// A client asked.
    Asked,
    /// No quorum answered the last ballot in time.
    TimedOut,
    /// It has waited long enough since it abandoned the last one.
    BackedOff,
}

/// What a proposer did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProposerNote {
    /// It asked every acceptor for a promise.
    Prepares {
        /// The new ballot.
        ballot: Ballot,
        /// What it wants chosen.
        wanted: Value,
        /// Why now.
        trigger: Trigger,
    },
    /// It gave up waiting for a quorum.
    TimesOut {
        /// The ballot that it leaves.
        ballot: Ballot,
        /// Who has answered the open phase so far.
        count: Count,
        /// Whether that phase was the second.
        accepting: bool,
    },
    /// It refused a client: one value at a time.
    AlreadyProposing {
        /// What the client asked for.
        asked: Value,
        /// What it is at.
        wanted: Value,
    },
    /// It told a client at once what has been chosen.
    AlreadyChosen {
        /// What the client asked for.
        asked: Value,
        /// What has been chosen.
        chosen: Proposal,
    },
    /// It counted a promise.
    CountsPromise {
        /// Of its own.
        ballot: Ballot,
        /// Who promised.
        from: NodeId,
        /// The older ballot that the promise was for; only a flawed proposer counts such a one.
        late: Option<Ballot>,
        /// What that acceptor had accepted.
        reported: Option<Proposal>,
        /// Who promised so far.
        count: Count,
    },
    /// A quorum promised and reported nothing: any value may be proposed.
    ProposesOwn {
        /// What it asks the acceptors to accept.
        proposal: Proposal,
        /// What was reported all the same, and by whom: only a flawed proposer is deaf to it.
        ignored: Option<(Proposal, NodeId)>,
        /// Who promised.
        count: Count,
    },
    /// A quorum promised and something was reported: the value of the highest-numbered must be proposed (P2c).
    ProposesReported {
        /// What it asks the acceptors to accept.
        proposal: Proposal,
        /// The highest-numbered proposal reported.
        reported: Proposal,
        /// By whom.
        reported_by: NodeId,
        /// How many of the quorum reported a proposal.
        reports: u8,
        /// What it wanted.
        wanted: Value,
        /// Who promised.
        count: Count,
    },
    /// It counted an acceptance of its proposal.
    CountsAccepted {
        /// Its own.
        proposal: Proposal,
        /// Who accepted.
        from: NodeId,
        /// Who accepted so far.
        count: Count,
    },
    /// It heard a refusal, and a quorum is still possible.
    HearsNack {
        /// Its own.
        ballot: Ballot,
        /// Who refused.
        from: NodeId,
        /// What that acceptor has promised.
        promised: Ballot,
        /// Who refused so far; `needed` says how many refusals end the ballot.
        count: Count,
    },
    /// So many refused that no quorum is possible: it waits a random while and tries a higher ballot.
    Abandons {
        /// Its own.
        ballot: Ballot,
        /// The higher ballot that the last refusal named.
        promised: Ballot,
        /// Who refused; `needed` says how many refusals end the ballot.
        count: Count,
    },
    /// It knows what has been chosen, and answers its client if one waits.
    Decides {
        /// The chosen proposal.
        chosen: Proposal,
        /// What it wanted, if anything.
        wanted: Option<Value>,
    },
}

/// What an acceptor did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AcceptorNote {
    /// It promised to accept nothing lower.
    Promises {
        /// What it promised.
        ballot: Ballot,
        /// What it had promised before.
        previous: Option<Ballot>,
        /// What it reports.
        accepted: Option<Proposal>,
    },
    /// It had promised just that and says so again.
    PromisesAgain {
        /// What it promised.
        ballot: Ballot,
        /// What it reports.
        accepted: Option<Proposal>,
    },
    /// It promised a higher ballot and so makes no lower promise.
    RefusesPrepare {
        /// What it was asked for.
        ballot: Ballot,
        /// What it has promised.
        promised: Ballot,
    },
    /// It accepted.
    Accepts {
        /// What it accepted.
        proposal: Proposal,
        /// What it had promised.
        promised: Option<Ballot>,
        /// What it had accepted before.
        previous: Option<Proposal>,
    },
    /// It had accepted just that and says so again.
    AcceptsAgain {
        /// What it accepted.
        proposal: Proposal,
    },
    /// It promised a higher ballot and so does not accept (P1a).
    RefusesAccept {
        /// What it was asked to accept.
        proposal: Proposal,
        /// What it has promised.
        promised: Ballot,
    },
}

/// What a learner did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LearnerNote {
    /// It counted an acceptance.
    Counts {
        /// What was accepted.
        proposal: Proposal,
        /// By whom.
        from: NodeId,
        /// By whom so far.
        count: Count,
    },
    /// It found that a quorum accepted one proposal.
    Learns {
        /// The chosen proposal.
        chosen: Proposal,
        /// Who accepted it.
        count: Count,
    },
}

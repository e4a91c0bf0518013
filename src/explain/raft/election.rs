//! Who stands, who votes, who leads.

use super::{needed, tally, verdict};
use crate::explain::{Sentence, Tone, range, said};
use crate::node::{Delay, NodeId, NodeSet};
use crate::raft::{Contact, ElectionNote, Heard, Membership, PreVoteNote, RoleName, Term, VoteRefusal};

const PRE_VOTE: &str = "Raft thesis §9.6";

pub(super) fn sentence(node: NodeId, note: &ElectionNote) -> Sentence {
    match note {
        ElectionNote::AsksForVotes { term, last, heard, timeout, members } => said(
            asking(*heard),
            "Raft §5.2",
            format!("{node} asks for votes in term {term}"),
            format!(
                "{}. Its log ends at {last}. It needs {} votes.",
                waited(*heard, *timeout, members),
                needed(members)
            ),
        ),
        ElectionNote::VoteGranted { candidate, term, candidate_last, own_last } => said(
            Tone::Routine,
            "Raft §5.4.1",
            format!("{node} votes for {candidate} in term {term}"),
            format!(
                "It had given no other vote in this term. {candidate}'s log, up to {candidate_last}, is at least as up to \
                 date as its own, up to {own_last}."
            ),
        ),
        ElectionNote::VoteRefused { candidate, term, why } => {
            let source = match why {
                VoteRefusal::StaleTerm { .. } => "Raft §5.1",
                VoteRefusal::AlreadyVoted { .. } => "Raft §5.2",
                VoteRefusal::LogNotUpToDate { .. } => "Raft §5.4.1",
            };
            let headline = format!("{node} refused its vote to {candidate}");
            said(refusing(*why), source, headline, refusal(node, *candidate, *term, *why))
        }
        ElectionNote::VoteRequestIgnored { candidate, term, contact } => said(
            Tone::Routine,
            "Raft thesis §4.2.3",
            format!("{node} ignores {candidate}'s request for a vote"),
            format!("{} It does not adopt term {term} either.", holds_on(node, *contact)),
        ),
        ElectionNote::VoteCounted { from, votes, enough, members, .. } => {
            let whose = if *from == node { "its own".into() } else { format!("{from}'s") };
            let headline = format!("{node} counts {whose} vote: {}", tally(*votes, members));
            said(Tone::Routine, "Raft §5.2", headline, so_far(*votes, *enough, members))
        }
        ElectionNote::VoteDenied { from, votes, members, .. } => {
            said(Tone::Routine, "Raft §5.2", format!("{node} gets no vote from {from}"), so_far(*votes, false, members))
        }
        ElectionNote::VoteCountedAgain { from, term, counted, members } => said(
            Tone::Warning,
            "Raft §5.2",
            format!("{node} counts {from}'s vote again: {counted} of {}", members.voters.len()),
            format!(
                "It is a copy: {from} has one vote in term {term}, and it was counted before. A mistake is switched on."
            ),
        ),
        ElectionNote::BecameLeader { term, votes, members, noop } => said(
            Tone::Good,
            "Raft §5.2, §8",
            format!("{node} is elected leader of term {term}"),
            format!(
                "{votes} voted for it: {} {}. It appends a no-op at index {noop}, because only an entry of its own term lets \
                 it commit.",
                tally(*votes, members),
                verdict(*votes, members)
            ),
        ),
        ElectionNote::FollowsLeader { leader, term, left } => follows(node, *leader, *term, *left),
    }
}

fn follows(node: NodeId, leader: NodeId, term: Term, left: RoleName) -> Sentence {
    let (headline, consequence) = match left {
        RoleName::Candidate => (format!("{node} gives way to {leader}"), "lost its own election in that term"),
        RoleName::PreCandidate => (format!("{node} gives way to {leader}"), "need not ask for votes"),
        RoleName::Follower | RoleName::Leader => (format!("{node} follows {leader}"), "has a leader"),
    };
    let reason = format!("{leader} sent AppendEntries in term {term}, as only a leader does. So {node} {consequence}.");
    said(Tone::Routine, "Raft §5.2", headline, reason)
}

pub(super) fn pre_vote(node: NodeId, note: &PreVoteNote) -> Sentence {
    let would_not = |candidate, next| format!("{node} would not vote for {candidate} in term {next}");
    let (tone, headline, reason) = match note {
        PreVoteNote::Asks { next, last, heard, timeout, members } => (
            asking(*heard),
            format!("{node} asks who would vote for it in term {next}"),
            format!(
                "{}. Its log ends at {last}. It enters term {next} only if {} would vote for it.",
                waited(*heard, *timeout, members),
                needed(members)
            ),
        ),
        PreVoteNote::Granted { candidate, next, candidate_last, own_last } => (
            Tone::Routine,
            format!("{node} would vote for {candidate} in term {next}"),
            format!(
                "It hears no leader. {candidate}'s log, up to {candidate_last}, is at least as up to date as its own, up to \
                 {own_last}. It gives no vote yet and stays in its term."
            ),
        ),
        PreVoteNote::Refused { candidate, next, why: VoteRefusal::StaleTerm { own } } => (
            Tone::Routine,
            would_not(*candidate, *next),
            format!("{candidate} would stand in term {next}, and {node} is in term {own} already."),
        ),
        PreVoteNote::Refused { candidate, next, why } => {
            (refusing(*why), would_not(*candidate, *next), refusal(node, *candidate, *next, *why))
        }
        PreVoteNote::HoldsOn { candidate, next, contact } => {
            (Tone::Routine, would_not(*candidate, *next), holds_on(node, *contact))
        }
        PreVoteNote::Counted { grants, enough, members, .. } => (
            Tone::Routine,
            format!("{node} would have {} votes", tally(*grants, members)),
            so_far(*grants, *enough, members),
        ),
        PreVoteNote::Denied { from, grants, members, .. } => {
            (Tone::Routine, format!("{node} would get no vote from {from}"), so_far(*grants, false, members))
        }
    };
    said(tone, PRE_VOTE, headline, reason)
}

/// That a leader is gone is news. That a cluster without one holds elections until one is decided, is not.
fn asking(heard: Heard) -> Tone {
    if matches!(heard, Heard::Leader(_)) { Tone::Warning } else { Tone::Routine }
}

/// Of two candidates at once the second is refused: the next election repairs that by itself.
fn refusing(why: VoteRefusal) -> Tone {
    if matches!(why, VoteRefusal::LogNotUpToDate { .. }) { Tone::Warning } else { Tone::Routine }
}

/// What it has to show for its wait.
fn waited(heard: Heard, timeout: Delay, members: &Membership) -> String {
    let had = match heard {
        Heard::NoLeader => "It had heard no leader".into(),
        Heard::Leader(leader) => format!("It had heard nothing more from {leader}"),
        Heard::Votes(votes) if votes.is_empty() => "Its last election had brought no vote".into(),
        Heard::Votes(votes) => format!("Its last election had brought only the votes of {votes}"),
        Heard::TooFewGrants(grants) => format!("Only {grants} would have voted for it"),
        Heard::Grants(grants) => return format!("{grants} would vote for it, which {}", verdict(grants, members)),
        Heard::TimeoutNow(leader) => return format!("{leader}, which leads, told it to stand at once"),
    };
    format!("{had} when its election timer ({}) ended", range(timeout))
}

/// Why it listens to no candidate.
fn holds_on(node: NodeId, contact: Contact) -> String {
    let Contact { leader, ago, window } = contact;
    let (ago, window) = (ago.as_ms(), window.as_ms());
    match leader {
        Some(leader) if leader == node => {
            format!("It leads, and a majority answered its heartbeats {ago} ms ago, less than {window}.")
        }
        Some(leader) => format!("It heard {leader}, its leader, {ago} ms ago, and holds on to it for {window} ms."),
        None => format!("{ago} ms ago it heard a leader or restarted, and it elects no other for {window} ms."),
    }
}

/// Why `candidate`, which stands or would stand in `term`, gets no vote.
fn refusal(node: NodeId, candidate: NodeId, term: Term, why: VoteRefusal) -> String {
    match why {
        VoteRefusal::StaleTerm { own } => {
            format!("{candidate} asks in term {term}. {node} is in term {own} already, so that election is over.")
        }
        VoteRefusal::AlreadyVoted { winner } => {
            let whom = if winner == node { "itself".into() } else { winner.to_string() };
            format!("It voted for {whom} in term {term}, and has one vote per term.")
        }
        VoteRefusal::LogNotUpToDate { candidate_last, own_last } => format!(
            "{candidate}'s log ends at {candidate_last}, its own at {own_last}. What {candidate} lacks may be committed."
        ),
    }
}

/// What the votes that it has come to; `enough`: it takes them for a quorum.
fn so_far(votes: NodeSet, enough: bool, members: &Membership) -> String {
    let verdict = if enough || members.has_quorum(votes) { verdict(votes, members) } else { "is no majority yet" };
    format!("{} votes, {votes}: that {verdict}. It takes {}.", tally(votes, members), needed(members))
}

//! Raft's notes as sentences. Sections are those of Ongaro and Ousterhout's extended paper (2014).

use super::{Sentence, Tone};
use crate::node::{NodeId, NodeSet};
use crate::raft::{AppendRefusal, EntryId, Heard, Ignored, Index, Note, RoleName, VoteRefusal};

/// What `note` of server `node` says, with its numbers, the reason and the paper's section.
pub fn sentence(node: NodeId, note: &Note) -> Sentence {
    Sentence {
        headline: headline(node, note),
        reason: reason(node, note),
        observer: None,
        source: source(note),
        tone: tone(note),
    }
}

fn headline(node: NodeId, note: &Note) -> String {
    match note {
        Note::Started { term, .. } if term.0 == 0 => format!("{node} starts"),
        Note::Started { term, .. } => format!("{node} restarts in term {term}"),
        Note::AsksForVotes { term, .. } => format!("{node} asks for votes in term {term}"),
        Note::VoteGranted { candidate, term, .. } => format!("{node} votes for {candidate} in term {term}"),
        Note::VoteRefused { candidate, .. } => format!("{node} refused its vote to {candidate}"),
        Note::VoteCounted { from, votes, members, .. } if *from == node => {
            format!("{node} counts its own vote: {} of {}", votes.len(), members.len())
        }
        Note::VoteCounted { from, votes, members, .. } => {
            format!("{node} counts {from}'s vote: {} of {}", votes.len(), members.len())
        }
        Note::VoteDenied { from, .. } => format!("{node} gets no vote from {from}"),
        Note::BecameLeader { term, .. } => format!("{node} is elected leader of term {term}"),
        Note::TermAdopted { new, left: RoleName::Follower, .. } => format!("{node} enters term {new}"),
        Note::TermAdopted { left, .. } => format!("{node} steps down as {}", role(*left)),
        Note::FollowsLeader { leader, conceded: true, .. } => format!("{node} gives way to {leader}"),
        Note::FollowsLeader { leader, .. } => format!("{node} follows {leader}"),
        Note::HeartbeatSent { .. } => format!("{node} sends a heartbeat"),
        Note::EntryAppended { entry, .. } => format!("{node} appends entry {entry}"),
        Note::AppendAccepted { leader, received: 0, .. } => format!("{node} hears {leader}'s heartbeat"),
        Note::AppendAccepted { leader, added: 0, .. } => format!("{node} already has {leader}'s entries"),
        Note::AppendAccepted { leader, added, .. } => format!("{node} takes {} from {leader}", entries(*added)),
        Note::AppendRefused { leader, .. } => format!("{node} refused {leader}'s entries"),
        Note::ConflictTruncated { own, removed, .. } => {
            format!("{node} removes {} from index {}", entries(*removed), own.index)
        }
        Note::MatchAdvanced { server, matched } if *server == node => {
            format!("{node}'s own log is durable up to {matched}")
        }
        Note::MatchAdvanced { server, matched } => format!("{node} knows that {server} matches up to {matched}"),
        Note::NextIndexBackedUp { follower, next, .. } => format!("{node} backs up to {next} for {follower}"),
        Note::CommitAdvanced { entry, .. } => format!("{node} commits up to {}", entry.index),
        Note::CommitHeldBack { entry, .. } => format!("{node} does not commit {entry} yet"),
        Note::CommitLearned { new, .. } => format!("{node} learns that {new} is committed"),
        Note::RequestCommitted { request, .. } => format!("{node} confirms request {}", request.0),
        Note::RequestSuperseded { request, .. } => format!("{node} tells that request {} is lost", request.0),
        Note::RequestRefused { request, .. } => format!("{node} refused request {}", request.0),
        Note::ReplyIgnored { from, message, .. } => format!("{node} ignores a late {message} from {from}"),
    }
}

fn reason(node: NodeId, note: &Note) -> String {
    match note {
        Note::Started { term, .. } if term.0 == 0 => "Its disk is empty: term 0, no vote, no log.".into(),
        Note::Started { vote, last, .. } => restart_reason(*vote, *last),
        Note::AsksForVotes { last, heard, timeout, members, .. } => format!(
            "{}, so its election timer ({} to {} ms) ran out. Its log ends at {last}. It needs {} of {} votes.",
            heard_reason(*heard),
            timeout.min.as_ms(),
            timeout.max.as_ms(),
            majority(*members),
            members.len()
        ),
        Note::VoteGranted { candidate, candidate_last, own_last, .. } => format!(
            "It had given no other vote in this term, and {candidate}'s log, which ends at {candidate_last}, is at least as \
             up to date as its own, which ends at {own_last}."
        ),
        Note::VoteRefused { candidate, term, why } => vote_refusal_reason(node, *candidate, term.0, *why),
        Note::VoteCounted { votes, members, .. } | Note::VoteDenied { votes, members, .. } => {
            votes_so_far(*votes, *members)
        }
        Note::BecameLeader { votes, members, noop, .. } => format!(
            "{votes} voted for it: {} of {} is a majority. It appends a no-op at index {noop}, because only an entry of its \
             own term lets it commit.",
            votes.len(),
            members.len()
        ),
        Note::TermAdopted { from, old, new, left } => {
            let role = role(*left);
            format!("{from}'s message is of term {new}, its own was {old}. Nobody is {role} in a term that is over.")
        }
        Note::FollowsLeader { leader, term, conceded } => {
            let consequence = if *conceded { "its own election in that term is lost" } else { "it leads that term" };
            format!("{leader} sent AppendEntries in term {term}: only a majority's vote allows that, so {consequence}.")
        }
        Note::HeartbeatSent { commit, followers, .. } => {
            format!("It keeps {followers} from starting an election and tells them its commit index, {commit}.")
        }
        Note::EntryAppended { request: None, .. } => "The no-op that starts its term. Not yet committed.".into(),
        Note::EntryAppended { request: Some(request), .. } => {
            format!("It carries out request {}. It is not committed until a majority has it on disk.", request.0)
        }
        Note::AppendAccepted { previous, received, added, last, .. } => format!(
            "Its log has the previous entry {previous}. {} of {} new, and its log ends at {last}.",
            if *added == 1 { "1 was".to_owned() } else { format!("{added} were") },
            entries(*received)
        ),
        Note::AppendRefused { leader, why } => append_refusal_reason(*leader, *why),
        Note::ConflictTruncated { leader, own, leaders, .. } => format!(
            "Its entry {own} conflicts with {leader}'s {leaders}: same index, other term. The leader's log decides: as long \
             as all keep the rules, what goes was never committed."
        ),
        Note::MatchAdvanced { server, matched } if *server == node => {
            format!("Its disk has synced up to index {matched}, so it counts itself for these entries.")
        }
        Note::MatchAdvanced { server, matched } => {
            format!("{server} acknowledged index {matched}: its disk holds the same log up to there.")
        }
        Note::NextIndexBackedUp { follower, refused, follower_last, next } => format!(
            "{follower}'s log ends at {follower_last} and differs at index {refused}. The next attempt starts with entry {next}."
        ),
        Note::CommitAdvanced { old, entry, matching, members } => format!(
            "{matching} hold {entry} on disk: {} of {} is a majority, and it is of this leader's term. Before, {old} was \
             committed.",
            matching.len(),
            members.len()
        ),
        Note::CommitHeldBack { entry, term, matching, members } => format!(
            "{matching} hold it, {} of {}, but it is of term {} and the leader of term {term}: a later leader could still \
             overwrite it. It is committed once an entry of term {term} after it is.",
            matching.len(),
            members.len(),
            entry.term
        ),
        Note::CommitLearned { leader, old, .. } => {
            format!("{leader}'s commit index went along with AppendEntries. Its own was {old}.")
        }
        Note::RequestCommitted { entry, .. } => format!("Its entry {entry} is committed: no later leader can lack it."),
        Note::RequestSuperseded { entry, by, .. } => {
            format!(
                "Its entry would have been {entry}, but {by} is committed, after or in place of which it cannot stand."
            )
        }
        Note::RequestRefused { leader: Some(leader), term, .. } => {
            format!("Only a leader takes requests, and {leader} leads term {term}.")
        }
        Note::RequestRefused { leader: None, term, .. } => {
            format!("Only a leader takes requests, and it has heard of none in term {term}.")
        }
        Note::ReplyIgnored { from, why, .. } => ignored_reason(*from, *why),
    }
}

fn source(note: &Note) -> &'static str {
    match note {
        Note::Started { .. } => "Raft Figure 2, persistent state",
        Note::TermAdopted { .. }
        | Note::VoteRefused { why: VoteRefusal::StaleTerm { .. }, .. }
        | Note::AppendRefused { why: AppendRefusal::StaleTerm { .. }, .. }
        | Note::ReplyIgnored { why: Ignored::OlderTerm { .. } | Ignored::EarlierTerm, .. } => "Raft §5.1",
        Note::VoteGranted { .. } | Note::VoteRefused { why: VoteRefusal::LogNotUpToDate { .. }, .. } => "Raft §5.4.1",
        Note::AsksForVotes { .. }
        | Note::VoteRefused { why: VoteRefusal::AlreadyVoted { .. }, .. }
        | Note::VoteCounted { .. }
        | Note::VoteDenied { .. }
        | Note::FollowsLeader { .. }
        | Note::HeartbeatSent { .. }
        | Note::ReplyIgnored { why: Ignored::NotCandidate | Ignored::DuplicateVote | Ignored::NotLeader, .. } => {
            "Raft §5.2"
        }
        Note::BecameLeader { .. } => "Raft §5.2, §8",
        Note::EntryAppended { request: None, .. } | Note::RequestRefused { .. } => "Raft §8",
        Note::EntryAppended { .. }
        | Note::AppendAccepted { .. }
        | Note::AppendRefused { .. }
        | Note::ConflictTruncated { .. }
        | Note::MatchAdvanced { .. }
        | Note::NextIndexBackedUp { .. }
        | Note::CommitLearned { .. }
        | Note::ReplyIgnored { why: Ignored::AlreadyMatched { .. } | Ignored::NotCurrent { .. }, .. } => "Raft §5.3",
        Note::CommitAdvanced { .. } => "Raft §5.3, §5.4.2",
        Note::CommitHeldBack { .. } => "Raft §5.4.2, Figure 8",
        Note::RequestCommitted { .. } | Note::RequestSuperseded { .. } => "Raft §5.4",
    }
}

fn tone(note: &Note) -> Tone {
    match note {
        Note::BecameLeader { .. } | Note::CommitAdvanced { .. } | Note::RequestCommitted { .. } => Tone::Good,
        Note::AsksForVotes { .. } | Note::TermAdopted { left: RoleName::Candidate | RoleName::Leader, .. } => {
            Tone::Warning
        }
        Note::CommitHeldBack { .. } | Note::ConflictTruncated { .. } | Note::NextIndexBackedUp { .. } => Tone::Warning,
        Note::VoteRefused { .. }
        | Note::VoteDenied { .. }
        | Note::AppendRefused { .. }
        | Note::RequestSuperseded { .. }
        | Note::RequestRefused { .. } => Tone::Bad,
        Note::Started { .. }
        | Note::VoteGranted { .. }
        | Note::VoteCounted { .. }
        | Note::TermAdopted { .. }
        | Note::FollowsLeader { .. }
        | Note::HeartbeatSent { .. }
        | Note::EntryAppended { .. }
        | Note::AppendAccepted { .. }
        | Note::MatchAdvanced { .. }
        | Note::CommitLearned { .. }
        | Note::ReplyIgnored { .. } => Tone::Routine,
    }
}

fn restart_reason(vote: Option<NodeId>, last: EntryId) -> String {
    let vote = vote.map_or("no vote".to_owned(), |winner| format!("its vote for {winner}"));
    let log = if last.index == Index::ZERO { "an empty log".to_owned() } else { format!("its log up to {last}") };
    format!("Its disk kept the term, {vote} and {log}. Its role and commit index are forgotten.")
}

fn heard_reason(heard: Heard) -> String {
    match heard {
        Heard::NoLeader => "It heard no leader".into(),
        Heard::Leader(leader) => format!("It heard nothing more from {leader}"),
        Heard::Votes(votes) if votes.is_empty() => "Its last election brought no vote".into(),
        Heard::Votes(votes) => format!("Its last election brought only the votes of {votes}"),
    }
}

fn vote_refusal_reason(node: NodeId, candidate: NodeId, asked: u64, why: VoteRefusal) -> String {
    match why {
        VoteRefusal::StaleTerm { own } => format!("{candidate} asks in term {asked}, but it is in term {own} already."),
        VoteRefusal::AlreadyVoted { winner } if winner == node => {
            format!("It voted for itself in term {asked}, and has one vote per term.")
        }
        VoteRefusal::AlreadyVoted { winner } => {
            format!("It voted for {winner} in term {asked}, and has one vote per term.")
        }
        VoteRefusal::LogNotUpToDate { candidate_last, own_last } => format!(
            "{candidate}'s log ends at {candidate_last}, its own at {own_last}. What {candidate} lacks may be committed."
        ),
    }
}

fn append_refusal_reason(leader: NodeId, why: AppendRefusal) -> String {
    match why {
        AppendRefusal::StaleTerm { term, own } => {
            format!("{leader} sends in term {term}, but it is in term {own} already. {leader} leads no more.")
        }
        AppendRefusal::MissingPrevious { previous, own_last } => {
            format!("They follow entry {previous}, which it lacks: its log ends at {own_last}.")
        }
        AppendRefusal::TermMismatch { previous, own } => {
            format!("They follow entry {previous}, but its own entry {} is of term {own}.", previous.index)
        }
    }
}

fn ignored_reason(from: NodeId, why: Ignored) -> String {
    match why {
        Ignored::OlderTerm { term, own } => format!("It is of term {term}, and that is over: the term is {own}."),
        Ignored::EarlierTerm => format!("{from} refused a message that the leader had sent in an earlier term."),
        Ignored::NotCandidate => "The election that it belongs to is decided.".into(),
        Ignored::DuplicateVote => format!("{from}'s vote was counted before, and counts once."),
        Ignored::NotLeader => "It led this term before it crashed, and does not lead it any more.".into(),
        Ignored::AlreadyMatched { refused, matched } => {
            format!("It refuses index {refused}, but since then {from} acknowledged index {matched}.")
        }
        Ignored::NotCurrent { refused, next } => {
            format!("It refuses index {refused}, but another attempt, from entry {next}, is under way.")
        }
    }
}

fn votes_so_far(votes: NodeSet, members: NodeSet) -> String {
    let (count, needed) = (votes.len(), majority(members));
    let verdict = if count >= needed { "a majority" } else { "no majority yet" };
    format!("{count} of {} votes, {votes}, is {verdict}: it takes {needed}.", members.len())
}

fn majority(members: NodeSet) -> usize {
    members.len() / 2 + 1
}

fn role(role: RoleName) -> &'static str {
    match role {
        RoleName::Follower => "follower",
        RoleName::Candidate => "candidate",
        RoleName::Leader => "leader",
    }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

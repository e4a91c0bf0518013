//! Raft's notes as sentences. Sections are those of Ongaro and Ousterhout's extended paper (2014).

use super::{Sentence, Tone};
use crate::node::{Delay, NodeId, NodeSet};
use crate::raft::{
    AppendRefusal, Change, ChangeRefusal, Contact, EntryId, Heard, Ignored, Index, Membership, Note, PayloadKind,
    ReadProof, RoleName, TransferRefusal, VoteRefusal,
};

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
            format!("{node} counts its own vote: {}", tally(*votes, members))
        }
        Note::VoteCounted { from, votes, members, .. } => {
            format!("{node} counts {from}'s vote: {}", tally(*votes, members))
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

        Note::AsksForPreVotes { next, .. } => format!("{node} asks who would vote for it in term {next}"),
        Note::PreVoteGranted { candidate, next, .. } => format!("{node} would vote for {candidate} in term {next}"),
        Note::PreVoteRefused { candidate, next, .. } | Note::PreVoteHeld { candidate, next, .. } => {
            format!("{node} would not vote for {candidate} in term {next}")
        }
        Note::PreVoteCounted { grants, members, .. } => {
            format!("{node} would have {} votes", tally(*grants, members))
        }
        Note::PreVoteDenied { from, .. } => format!("{node} would get no vote from {from}"),

        Note::VoteRequestIgnored { candidate, .. } => format!("{node} ignores {candidate}'s request for a vote"),
        Note::QuorumLost { term, .. } => format!("{node} steps down as leader of term {term}"),

        Note::TransferStarted { target, .. } => format!("{node} hands leadership over to {target}"),
        Note::TimeoutNowSent { target, .. } => format!("{node} tells {target} to stand at once"),
        Note::TransferRefused { target, .. } => format!("{node} does not hand over to {target}"),
        Note::TransferGivenUp { target, .. } => format!("{node} waits no longer for {target} to take over"),
        Note::TransferDone { leader, .. } => format!("{node} has handed leadership over to {leader}"),
        Note::RefusedHandingOver { request, .. } => format!("{node} refused request {}", request.0),

        Note::VoteCountedAgain { from, counted, members, .. } => {
            format!("{node} counts {from}'s vote again: {counted} of {}", members.voters.len())
        }

        Note::ReadWaits { request, .. } => format!("{node} keeps read {} waiting", request.0),
        Note::ReadAnswered { request, index, .. } => format!("{node} answers read {} with index {index}", request.0),
        Note::LeaseRenewed { until, .. } => format!("{node} renews its lease until {} ms", until.as_ms()),

        Note::Compacted { last, .. } => format!("{node} compacts its log up to {}", last.index),
        Note::SnapshotSent { follower, last, .. } => {
            format!("{node} sends {follower} its snapshot up to {}", last.index)
        }
        Note::SnapshotInstalled { leader, last, .. } => {
            format!("{node} installs {leader}'s snapshot up to {}", last.index)
        }
        Note::SnapshotIgnored { leader, .. } => format!("{node} does not need {leader}'s snapshot"),
        Note::SnapshotRefused { leader, .. } => format!("{node} refused {leader}'s snapshot"),
        Note::RequestFateUnknown { request, .. } => format!("{node} cannot tell what became of request {}", request.0),
        Note::EntryHeldBack { follower, entry, .. } => format!("{node} holds back entry {entry} for {follower}"),
        Note::MembershipUsed { membership, .. } if membership.is_joint() => {
            format!("{node} uses a joint configuration")
        }
        Note::MembershipUsed { .. } => format!("{node} uses a new configuration"),
        Note::MembershipRolledBack { .. } => format!("{node} goes back to the configuration before"),
        Note::ChangeRefused { change, .. } => format!("{node} refused to {}", change_words(*change)),
        Note::JointCommitted { .. } => format!("{node} leaves the joint configuration"),
        Note::MembersDismissed { servers, .. } => format!("{node} sends nothing to {servers} any more"),
        Note::Retired { .. } => format!("{node} is not a voter any more, and steps down"),
    }
}

fn reason(node: NodeId, note: &Note) -> String {
    match note {
        Note::Started { term, .. } if term.0 == 0 => "Its disk is empty: term 0, no vote, no log.".into(),
        Note::Started { vote, last, snapshot, .. } => restart_reason(*vote, *last, *snapshot),
        Note::AsksForVotes { last, heard, timeout, members, .. } => {
            format!("{}. Its log ends at {last}. It needs {} votes.", heard_reason(*heard, *timeout), needed(members))
        }
        Note::VoteGranted { candidate, candidate_last, own_last, .. } => format!(
            "It had given no other vote in this term, and {candidate}'s log, which ends at {candidate_last}, is at least as \
             up to date as its own, which ends at {own_last}."
        ),
        Note::VoteRefused { candidate, term, why } => vote_refusal_reason(node, *candidate, term.0, *why),
        Note::VoteCounted { votes, members, .. } | Note::VoteDenied { votes, members, .. } => {
            votes_so_far(*votes, members)
        }
        Note::BecameLeader { votes, members, noop, .. } => format!(
            "{votes} voted for it: {} {}. It appends a no-op at index {noop}, because only an entry of its own term lets it \
             commit.",
            tally(*votes, members),
            verdict(*votes, members)
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
        Note::EntryAppended { what: PayloadKind::Config, .. } => {
            "It holds a configuration, which counts from now on, committed or not.".into()
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
        Note::NextIndexBackedUp { follower, refused, conflict: Some(first), next, .. } => format!(
            "{follower} has another entry at index {refused}, of term {}, and its first of that term at index {}. The leader \
             skips them all: the next attempt starts with entry {next}.",
            first.term, first.index
        ),
        Note::NextIndexBackedUp { follower, refused, follower_last, conflict: None, next } => format!(
            "{follower}'s log ends at {follower_last} and differs at index {refused}. The next attempt starts with entry {next}."
        ),
        Note::CommitAdvanced { old, entry, matching, members } => format!(
            "{matching} hold {entry} on disk: {} {}, and it is of this leader's term. Before, {old} was committed.",
            tally(*matching, members),
            verdict(*matching, members)
        ),
        Note::CommitHeldBack { entry, term, matching, members } => format!(
            "{matching} hold it, {}, but it is of term {} and the leader of term {term}: a later leader could still \
             overwrite it. It is committed once an entry of term {term} after it is.",
            tally(*matching, members),
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

        Note::AsksForPreVotes { next, last, heard, timeout, members } => format!(
            "{}. Its log ends at {last}. It enters term {next} only if {} would vote for it.",
            heard_reason(*heard, *timeout),
            needed(members)
        ),
        Note::PreVoteGranted { candidate, candidate_last, own_last, .. } => format!(
            "It hears no leader, and {candidate}'s log, which ends at {candidate_last}, is at least as up to date as its own, \
             which ends at {own_last}. It gives no vote yet and stays in its term."
        ),
        Note::PreVoteRefused { candidate, next, why } => vote_refusal_reason(node, *candidate, next.0, *why),
        Note::PreVoteHeld { contact, .. } => contact_reason(node, *contact),
        Note::PreVoteCounted { grants, members, .. } | Note::PreVoteDenied { grants, members, .. } => {
            votes_so_far(*grants, members)
        }

        Note::VoteRequestIgnored { term, contact, .. } => {
            format!("{} It does not adopt term {term} either.", contact_reason(node, *contact))
        }
        Note::QuorumLost { heard, members, timeout, .. } => format!(
            "It last heard from a majority {} ms ago or more, an election timeout; since then from {heard} only, {}. \
             Another leader may have been elected.",
            timeout.as_ms(),
            tally(*heard, members)
        ),

        Note::TransferStarted { target, matched, last, .. } => format!(
            "Request {} asks for it. {target}'s log is known to match up to {matched}, its own ends at {last}. It takes no \
             proposals and trusts no lease meanwhile.",
            request_of(note)
        ),
        Note::TimeoutNowSent { target, last, term } => format!(
            "{target} has the whole log, up to {last}. If it stands in term {}, its log is as up to date as any.",
            term.0 + 1
        ),
        Note::TransferRefused { target, why, .. } => transfer_refusal_reason(*target, *why),
        Note::TransferGivenUp { target, .. } => format!(
            "TimeoutNow has left and cannot be taken back: {target} may yet stand for election. So the answer to request {} \
             is that it does not know.",
            request_of(note)
        ),
        Note::TransferDone { leader, term, .. } => {
            format!("{leader} leads term {term}, as request {} asked for.", request_of(note))
        }
        Note::RefusedHandingOver { target, .. } => {
            format!("It hands over to {target}, which could not catch up if the log went on growing.")
        }

        Note::VoteCountedAgain { from, term, .. } => format!(
            "It is a copy: {from} has one vote in term {term}, and it was counted before. A mistake is switched on."
        ),

        Note::ReadWaits { commit, index, round, .. } => {
            let noop = if index > commit {
                format!(" It must commit {index}, the no-op of its term, to know what is committed.")
            } else {
                String::new()
            };
            format!(
                "Its commit index is {commit}.{noop} It may have been deposed without hearing of it, so a majority must \
                 acknowledge heartbeat round {}.",
                round.0
            )
        }
        Note::ReadAnswered { index, proof, .. } => read_proof_reason(*index, *proof),
        Note::LeaseRenewed { round, from, until } => format!(
            "A majority acknowledged heartbeat round {}, which left at {} ms. By its own clock, nobody else is elected for \
             {} ms from then.",
            round.0,
            from.as_ms(),
            until.since(*from).as_ms()
        ),

        Note::Compacted { last, removed, kept } => format!(
            "A snapshot of its state takes the place of {}, of which {last} is the last. {} stay in its log.",
            entries(*removed),
            entries(*kept)
        ),
        Note::SnapshotSent { follower, last, needed } => format!(
            "{follower} needs entry {needed}, but that is compacted: the log starts after {last}. The snapshot is what all \
             entries up to there led to."
        ),
        Note::SnapshotInstalled { leader, last, own_last } => format!(
            "Its log ended at {own_last} and has no entry {last}, with which {leader}'s snapshot ends. The snapshot takes the \
             place of the whole log; its last entry is committed."
        ),
        Note::SnapshotIgnored { leader, last, own_last } => format!(
            "{leader}'s snapshot ends with {last}, and its own log, which ends at {own_last}, covers that already. No entry \
             has to go."
        ),
        Note::SnapshotRefused { leader, term, own } => {
            format!("{leader} sends in term {term}, but it is in term {own} already. {leader} leads no more.")
        }
        Note::RequestFateUnknown { entry, last, .. } => format!(
            "Its entry would have been {entry}, which the snapshot that ends with {last} covers: whether it is among the \
             entries that led to it cannot be seen."
        ),
        Note::EntryHeldBack { follower, next, .. } => format!(
            "As many messages as the window allows are on their way to {follower}. The next one, from entry {next} on, leaves \
             when an answer makes room."
        ),
        Note::MembershipUsed { index, membership } => membership_reason(*index, membership),
        Note::MembershipRolledBack { lost, index, membership } => format!(
            "Entry {lost} is gone, and with it the configuration that it held, which was never committed. The one of entry \
             {index} counts: {}.",
            members_words(membership)
        ),
        Note::ChangeRefused { why, .. } => change_refusal_reason(node, *why),
        Note::JointCommitted { index, target } => format!(
            "The joint configuration, entry {index}, is committed by a majority of the new voters and one of the old. So it \
             appends the new one alone: {}.",
            members_words(target)
        ),
        Note::MembersDismissed { servers, index } => format!(
            "The configuration of entry {index} is committed, and {servers} are not in it. They got one last message that \
             says so, for whoever does not know may stand for election."
        ),
        Note::Retired { term, index } => format!(
            "The configuration of entry {index} is committed, in which it has no vote. Until now it led term {term} without \
             counting itself."
        ),
    }
}

/// The number of the request that a note speaks of.
fn request_of(note: &Note) -> u32 {
    match note {
        Note::TransferStarted { request, .. }
        | Note::TransferGivenUp { request, .. }
        | Note::TransferDone { request, .. } => request.0,
        _ => unreachable!("asked only of these"),
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
        | Note::VoteCountedAgain { .. }
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
        Note::ReplyIgnored { why: Ignored::NotMember, .. } => "Raft §6",
        Note::CommitAdvanced { .. } => "Raft §5.3, §5.4.2",
        Note::CommitHeldBack { .. } => "Raft §5.4.2, Figure 8",
        Note::RequestCommitted { .. } | Note::RequestSuperseded { .. } => "Raft §5.4",

        Note::AsksForPreVotes { .. }
        | Note::PreVoteGranted { .. }
        | Note::PreVoteRefused { .. }
        | Note::PreVoteHeld { .. }
        | Note::PreVoteCounted { .. }
        | Note::PreVoteDenied { .. } => "Raft thesis §9.6",
        Note::VoteRequestIgnored { .. } => "Raft thesis §4.2.3",
        Note::QuorumLost { .. } => "Raft thesis §6.2",
        Note::TransferStarted { .. }
        | Note::TimeoutNowSent { .. }
        | Note::TransferRefused { .. }
        | Note::TransferGivenUp { .. }
        | Note::TransferDone { .. }
        | Note::RefusedHandingOver { .. }
        | Note::ReplyIgnored { why: Ignored::NotFollower, .. } => "Raft thesis §3.10",
        Note::LeaseRenewed { .. } | Note::ReadAnswered { proof: ReadProof::Lease { .. }, .. } => "Raft thesis §6.4.1",
        Note::ReadWaits { .. } | Note::ReadAnswered { .. } => "Raft thesis §6.4",

        Note::SnapshotRefused { .. } => "Raft §5.1",
        Note::Compacted { .. }
        | Note::SnapshotSent { .. }
        | Note::SnapshotInstalled { .. }
        | Note::SnapshotIgnored { .. }
        | Note::RequestFateUnknown { .. } => "Raft §7, Figure 13",
        Note::EntryHeldBack { .. } => "Raft thesis §10.2.1",
        Note::MembershipUsed { membership, .. } if !membership.is_joint() => "Raft thesis §4.1",
        Note::MembershipUsed { .. } | Note::MembershipRolledBack { .. } | Note::JointCommitted { .. } => "Raft §6",
        Note::ChangeRefused { why: ChangeRefusal::TermNotCommitted, .. } => "Raft thesis §4.1; Ongaro, raft-dev, 2015",
        Note::ChangeRefused { why: ChangeRefusal::NotCaughtUp { .. }, .. } => "Raft thesis §4.2.1",
        Note::ChangeRefused { .. } => "Raft thesis §4.1",
        Note::MembersDismissed { .. } | Note::Retired { .. } => "Raft §6; thesis §4.2.2",
    }
}

fn tone(note: &Note) -> Tone {
    match note {
        Note::BecameLeader { .. } | Note::CommitAdvanced { .. } | Note::RequestCommitted { .. } => Tone::Good,
        Note::SnapshotInstalled { .. } | Note::JointCommitted { .. } => Tone::Good,
        Note::MembershipUsed { .. } | Note::MembershipRolledBack { .. } | Note::Retired { .. } => Tone::Warning,
        Note::RequestFateUnknown { .. } | Note::SnapshotSent { .. } => Tone::Warning,
        Note::SnapshotRefused { .. } | Note::ChangeRefused { .. } => Tone::Bad,
        Note::TransferDone { .. } | Note::ReadAnswered { .. } => Tone::Good,
        Note::VoteCountedAgain { .. }
        | Note::AsksForPreVotes { .. }
        | Note::QuorumLost { .. }
        | Note::TransferStarted { .. }
        | Note::TransferGivenUp { .. } => Tone::Warning,
        Note::TransferRefused { .. } | Note::RefusedHandingOver { .. } | Note::VoteRequestIgnored { .. } => Tone::Bad,
        Note::PreVoteRefused { .. } | Note::PreVoteHeld { .. } | Note::PreVoteDenied { .. } => Tone::Bad,
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
        | Note::PreVoteGranted { .. }
        | Note::PreVoteCounted { .. }
        | Note::TimeoutNowSent { .. }
        | Note::ReadWaits { .. }
        | Note::LeaseRenewed { .. }
        | Note::ReplyIgnored { .. }
        | Note::Compacted { .. }
        | Note::SnapshotIgnored { .. }
        | Note::EntryHeldBack { .. }
        | Note::MembersDismissed { .. } => Tone::Routine,
    }
}

fn restart_reason(vote: Option<NodeId>, last: EntryId, snapshot: Option<EntryId>) -> String {
    let vote = vote.map_or("no vote".to_owned(), |winner| format!("its vote for {winner}"));
    let log = if last.index == Index::ZERO { "an empty log".to_owned() } else { format!("its log up to {last}") };
    match snapshot {
        Some(covered) => format!(
            "Its disk kept the term, {vote}, {log} and a snapshot up to {covered}, which is committed. Its role is forgotten, \
             and whether more is committed."
        ),
        None => format!("Its disk kept the term, {vote} and {log}. Its role and commit index are forgotten."),
    }
}

fn heard_reason(heard: Heard, timeout: Delay) -> String {
    let waited = match heard {
        Heard::NoLeader => "It heard no leader".into(),
        Heard::Leader(leader) => format!("It heard nothing more from {leader}"),
        Heard::Votes(votes) if votes.is_empty() => "Its last election brought no vote".into(),
        Heard::Votes(votes) => format!("Its last election brought only the votes of {votes}"),
        Heard::TooFewGrants(grants) => format!("Last time only {grants} would have voted for it"),

        Heard::Grants(grants) => return format!("{grants} would vote for it, and that is a majority"),
        Heard::TimeoutNow(leader) => return format!("{leader}, which leads, told it to stand at once"),
    };
    format!("{waited}, so its election timer ({} to {} ms) ran out", timeout.min.as_ms(), timeout.max.as_ms())
}

fn contact_reason(node: NodeId, contact: Contact) -> String {
    let Contact { leader, ago, window } = contact;
    let (ago, window) = (ago.as_ms(), window.as_ms());
    match leader {
        Some(leader) if leader == node => {
            format!("It leads, and a majority was heard {ago} ms ago, less than {window}.")
        }
        Some(leader) => format!("It heard {leader}, its leader, {ago} ms ago, and holds on to it for {window} ms."),
        None => format!("{ago} ms ago it heard a leader or restarted, and it elects no other for {window} ms."),
    }
}

fn transfer_refusal_reason(target: NodeId, why: TransferRefusal) -> String {
    match why {
        TransferRefusal::SwitchedOff => "Leadership transfer is switched off in this cluster.".into(),
        TransferRefusal::AlreadyLeads => "It leads already.".into(),
        TransferRefusal::NoMember => format!("{target} is no member of the cluster, so it cannot be elected."),
        TransferRefusal::UnderWay => format!("A transfer to {target} is under way, and one is enough."),
        TransferRefusal::Replaced => format!("Another transfer was asked for before {target} had the whole log."),
        TransferRefusal::TimedOut => format!("Within an election timeout {target} did not catch up with the log."),
        TransferRefusal::LostOffice => format!("It leads no more, and had not told {target} to stand."),
        TransferRefusal::OtherElected(leader) => {
            format!("{target} was told to stand, but in that term {leader} was elected.")
        }
    }
}

fn read_proof_reason(index: Index, proof: ReadProof) -> String {
    match proof {
        ReadProof::Round { round, by } => format!(
            "{by} acknowledged heartbeat round {}, which began after the read was asked: nobody else led before. What was \
             committed then is in the log up to {index}.",
            round.0
        ),
        ReadProof::Lease { now, until } => format!(
            "By its clock it is {} ms and its lease lasts until {} ms: if the clocks keep their bound, nobody else leads. \
             What is committed is in the log up to {index}.",
            now.as_ms(),
            until.as_ms()
        ),
        ReadProof::None => {
            format!("It believes that it leads, and asks nobody. Its own commit index is {index}.")
        }
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
        Ignored::NotLeader => "It led this term, and does not lead it any more.".into(),
        Ignored::NotFollower => "It stands for election already, or leads.".into(),
        Ignored::AlreadyMatched { refused, matched } => {
            format!("It refuses index {refused}, but since then {from} acknowledged index {matched}.")
        }
        Ignored::NotCurrent { refused, next } => {
            format!("It refuses index {refused}, but another attempt, from entry {next}, is under way.")
        }
        Ignored::NotMember => format!("{from} is in no configuration that may be in use."),
    }
}

fn votes_so_far(votes: NodeSet, members: &Membership) -> String {
    let verdict = if members.has_quorum(votes) { majority(members) } else { "no majority yet" };
    format!("{} votes, {votes}, is {verdict}: it takes {}.", tally(votes, members), needed(members))
}

/// How many voters are among `servers`: `2 of 3`.
fn tally(servers: NodeSet, members: &Membership) -> String {
    let of = |half: NodeSet| format!("{} of {}", servers.intersection(half).len(), half.len());
    if members.is_joint() {
        format!("{} new and {} old", of(members.voters), of(members.outgoing))
    } else {
        of(members.voters)
    }
}

/// How many voters a quorum has.
fn needed(members: &Membership) -> String {
    let of = |half: NodeSet| format!("{} of {}", half.len() / 2 + 1, half.len());
    if members.is_joint() {
        format!("{} new and {} old", of(members.voters), of(members.outgoing))
    } else {
        of(members.voters)
    }
}

/// What a quorum is called.
fn majority(members: &Membership) -> &'static str {
    if members.is_joint() { "a majority of each" } else { "a majority" }
}

/// What so many servers are.
fn verdict(servers: NodeSet, members: &Membership) -> &'static str {
    match (members.has_quorum(servers), members.is_joint()) {
        (true, false) => "is a majority",
        (true, true) => "is a majority of each",
        (false, _) => "passes for a majority by the mistake that is switched on",
    }
}

/// Who votes and who learns, in words: what an entry with a configuration says.
pub fn members_words(members: &Membership) -> String {
    let Membership { voters, outgoing, learners } = members;
    let mut words = format!("{voters} vote");
    if members.is_joint() {
        words += &format!(", and {outgoing} as well, with a majority of their own");
    }
    if !learners.is_empty() {
        words += &format!("; {learners} learn");
    }
    words
}

fn membership_reason(index: Index, members: &Membership) -> String {
    let words = members_words(members);
    if members.is_joint() {
        return format!(
            "Entry {index} holds it: {words}. Until it is committed and left, every decision takes both majorities."
        );
    }
    format!("Entry {index} holds it: {words}. A configuration counts as soon as it is in the log, committed or not.")
}

fn change_words(change: Change) -> String {
    match change {
        Change::AddLearner(server) => format!("make {server} a learner"),
        Change::Add(server) => format!("make {server} a voter"),
        Change::Remove(server) => format!("remove {server}"),
        Change::Joint { voters, .. } => format!("make {voters} the voters"),
    }
}

fn change_refusal_reason(node: NodeId, why: ChangeRefusal) -> String {
    match why {
        ChangeRefusal::TermNotCommitted => format!(
            "{node} has not committed an entry of its own term yet. Until then an earlier leader's change, unknown to it, may be \
             under way."
        ),
        ChangeRefusal::UnderWay { index } => {
            format!("The change of entry {index} is not over. One at a time, or two majorities could be disjoint.")
        }
        ChangeRefusal::NotCaughtUp { server } => format!(
            "{server} lacks entries that are committed. With a vote it would hold up the next ones: it has to catch up as a \
             learner first."
        ),
        ChangeRefusal::NoVoters => "Nobody would be left to decide anything.".into(),
        ChangeRefusal::NoChange => "That is the configuration in use.".into(),
    }
}

fn role(role: RoleName) -> &'static str {
    match role {
        RoleName::Follower => "follower",
        RoleName::Candidate => "candidate",
        RoleName::Leader => "leader",
        RoleName::PreCandidate => "pre-candidate",
    }
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

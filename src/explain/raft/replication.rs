//! The log, its way to the followers, and how far it is committed.

use super::{entries, tally, verdict};
use crate::explain::{Sentence, Tone, count_of, said};
use crate::node::{NodeId, RequestId};
use crate::raft::{AppendRefusal, EntryId, FollowerNote, Index, LeaderNote, PayloadKind};

const REPLICATION: &str = "Raft §5.3";

pub(super) fn leader(node: NodeId, note: &LeaderNote) -> Sentence {
    match note {
        LeaderNote::HeartbeatSent { commit, followers, .. } => said(
            Tone::Routine,
            "Raft §5.2",
            format!("{node} sends a heartbeat"),
            format!("It keeps {followers} from starting an election and tells them its commit index, {commit}."),
        ),
        LeaderNote::EntryAppended { entry, request, what } => appended(node, *entry, *request, *what),
        LeaderNote::EntryHeldBack { follower, entry, next } => said(
            Tone::Routine,
            "Raft thesis §10.2.1",
            format!("{node} holds back entry {entry} for {follower}"),
            format!(
                "As many messages as the window allows are on their way to {follower}. The next one, from entry {next} on, \
                 leaves when an answer makes room."
            ),
        ),
        LeaderNote::MatchAdvanced { server, matched } => match_advanced(node, *server, *matched),
        LeaderNote::NextIndexBackedUp { follower, refused, follower_last, conflict, next } => {
            let reason = match conflict {
                Some(EntryId { term, index }) => format!(
                    "{follower} has another entry at index {refused}, of term {term}, and its first of that term at index \
                     {index}. The leader skips them all: the next attempt starts with entry {next}."
                ),
                None if refused > follower_last => format!(
                    "{follower} has no entry {refused}: its log ends at {follower_last}. The next attempt starts with entry \
                     {next}."
                ),
                None => format!(
                    "{follower} has another entry at index {refused}. The next attempt starts with entry {next}."
                ),
            };
            let tone = if refused > follower_last { Tone::Routine } else { Tone::Warning };
            said(tone, REPLICATION, format!("{node} backs up to {next} for {follower}"), reason)
        }
        LeaderNote::CommitAdvanced { old, entry, matching, members } => said(
            Tone::Good,
            "Raft §5.3, §5.4.2",
            format!("{node} commits up to {}", entry.index),
            format!(
                "{matching} hold {entry} on disk: {} {}. It is of this leader's term. Before, {old} was committed.",
                tally(*matching, members),
                verdict(*matching, members)
            ),
        ),
        LeaderNote::CommitHeldBack { entry, term, matching, members } => said(
            Tone::Warning,
            "Raft §5.4.2, Figure 8",
            format!("{node} does not commit {entry} yet"),
            format!(
                "{matching} hold it, {}. But it is of term {}, and the leader of term {term}. A later leader could still \
                 overwrite it. An entry of term {term} must be committed first, and this one with it.",
                tally(*matching, members),
                entry.term
            ),
        ),
        LeaderNote::QuorumLost { term, heard, members, timeout } => said(
            Tone::Warning,
            "Raft thesis §6.2",
            format!("{node} steps down as leader of term {term}"),
            format!(
                "For {} ms, an election timeout, no majority answered a round of its heartbeats. Since the last that succeeded, \
                 {heard} answered, {}. Another leader may have been elected.",
                timeout.as_ms(),
                tally(*heard, members)
            ),
        ),
    }
}

fn appended(node: NodeId, entry: EntryId, request: Option<RequestId>, what: PayloadKind) -> Sentence {
    let (source, reason) = match (what, request) {
        (PayloadKind::Config, _) => {
            ("Raft §6", "It holds a configuration, which counts from now on, committed or not.".into())
        }
        (_, None) => {
            ("Raft §8", "A no-op starts its term: once that is committed, so are all entries before it.".into())
        }
        (_, Some(request)) => (
            REPLICATION,
            format!("It carries out request {}. It is not committed until a majority has it on disk.", request.0),
        ),
    };
    said(Tone::Routine, source, format!("{node} appends entry {entry}"), reason)
}

fn match_advanced(node: NodeId, server: NodeId, matched: Index) -> Sentence {
    let (headline, reason) = if server == node {
        (
            format!("{node}'s own log is durable up to {matched}"),
            format!("Its disk has synced up to index {matched}, so it counts itself for these entries."),
        )
    } else {
        (
            format!("{node} knows that {server} matches up to {matched}"),
            format!("{server} acknowledged index {matched}: its disk holds the same log up to there."),
        )
    };
    said(Tone::Routine, REPLICATION, headline, reason)
}

pub(super) fn follower(node: NodeId, note: &FollowerNote) -> Sentence {
    match note {
        FollowerNote::AppendAccepted { leader, previous, received, added, last } => said(
            Tone::Routine,
            REPLICATION,
            match (received, added) {
                (0, _) => format!("{node} hears {leader}'s heartbeat"),
                (_, 0) => format!("{node} already has {leader}'s entries"),
                (_, added) => format!("{node} takes {} from {leader}", entries(*added)),
            },
            match received {
                0 => format!("Its log has the previous entry {previous}. It ends at {last}."),
                _ => format!(
                    "Its log has the previous entry {previous}. Of {}, {} new. Its log ends at {last}.",
                    entries(*received),
                    count_of(*added, "was", "were")
                ),
            },
        ),
        FollowerNote::AppendRefused { leader, why } => {
            let (source, reason) = match why {
                AppendRefusal::StaleTerm { term, own } => (
                    "Raft §5.1",
                    format!("{leader} sends in term {term}. {node} is in term {own}, so that term is over."),
                ),
                AppendRefusal::MissingPrevious { previous, own_last } => {
                    (REPLICATION, format!("They follow entry {previous}, which it lacks: its log ends at {own_last}."))
                }
                AppendRefusal::TermMismatch { previous, own } => (
                    REPLICATION,
                    format!("They follow entry {previous}, but its own entry {} is of term {own}.", previous.index),
                ),
            };
            // A message that overtook another, or was lost, is made up for: the leader sends again what is missing.
            let tone = match why {
                AppendRefusal::MissingPrevious { .. } => Tone::Routine,
                AppendRefusal::TermMismatch { .. } => Tone::Warning,
                AppendRefusal::StaleTerm { .. } => Tone::Bad,
            };
            said(tone, source, format!("{node} refused {leader}'s entries"), reason)
        }
        FollowerNote::ConflictTruncated { leader, own, leaders, removed } => said(
            Tone::Warning,
            REPLICATION,
            format!("{node} removes {} from index {}", entries(*removed), own.index),
            format!(
                "Its entry {own} conflicts with {leader}'s {leaders}: same index, other term. The leader's log decides: as \
                 long as all keep the rules, what goes was never committed."
            ),
        ),
        FollowerNote::CommitLearned { leader, old, new } => said(
            Tone::Routine,
            REPLICATION,
            format!("{node} learns that {new} is committed"),
            format!("{leader}'s commit index went along with AppendEntries. Its own was {old}."),
        ),
    }
}

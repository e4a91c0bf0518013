//! The feeds' notes as sentences. Phones go by their people's names.

use super::{Sentence, Tone, gossip, raft, said};
use crate::multi_paxos;
use crate::node::{NodeId, NodeSet};
use crate::raft::{ElectionNote, Membership, Note as RaftNote, PreVoteNote};
use crate::store::client::PhoneNote;
use crate::store::consistent_feed::ReplicaNote;
use crate::store::participant::Note;
use crate::world::feed::{Observation, Observed};
use crate::world::watch::Reach;

/// Names participants: "n1", "Ana".
pub type Names<'a> = &'a dyn Fn(NodeId) -> String;

/// What only an observer knows: the servers, and with whom of them the one spoken of could exchange messages.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// All servers.
    pub servers: NodeSet,
    /// Whom it could reach.
    pub reach: Reach,
}

/// A note of a feed, with what only an observer knows.
pub fn sentence(names: Names<'_>, view: View, node: NodeId, note: &Note) -> Sentence {
    match note {
        Note::Raft(note) => {
            let observer = match note {
                RaftNote::Election(ElectionNote::AsksForVotes { members, .. })
                | RaftNote::PreVote(PreVoteNote::Asks { members, .. }) => quorum_view(node, members, view),
                _ => None,
            };
            Sentence { observer, ..raft::sentence(node, note) }
        }
        Note::MultiPaxos(note) => {
            let asks = matches!(note, multi_paxos::Note::Leadership(multi_paxos::LeadershipNote::Prepares { .. }));
            let observer = if asks { reach_view(node, view) } else { None };
            Sentence { observer, ..super::multi_paxos::sentence(node, note) }
        }
        Note::Gossip(note) => Sentence { observer: isolation_view(node, view), ..gossip::sentence(names, node, note) },
        Note::Replica(note) => {
            let leaderless = matches!(note, ReplicaNote::RefusedWithoutLeader { .. } | ReplicaNote::LostLeader { .. });
            let observer = if leaderless { reach_view(node, view) } else { None };
            Sentence { observer, ..replica(names, node, note) }
        }
        Note::Phone(note) => phone(names, node, note),
    }
}

/// Whether a server that asks for votes has links to enough voters, if a link is cut or a voter is down.
fn quorum_view(node: NodeId, members: &Membership, View { reach, .. }: View) -> Option<String> {
    let electorate = members.electorate();
    if electorate.difference(reach.direct).is_empty() {
        return None;
    }
    let verdict = if members.has_quorum(reach.direct) { "enough" } else { "too few" };
    let tally = raft::tally(reach.direct, members);
    Some(format!("{}: {tally} voters, {verdict} to win.", exchanges(node, reach, electorate)))
}

/// Which of the others a server could exchange messages with, if not with all.
fn reach_view(node: NodeId, View { servers, reach }: View) -> Option<String> {
    let together = reach.direct.intersection(servers).len();
    let exchanges = || exchanges(node, reach, servers);
    (reach.direct != servers).then(|| format!("{}: {together} of {} servers with itself.", exchanges(), servers.len()))
}

fn exchanges(node: NodeId, reach: Reach, servers: NodeSet) -> String {
    let others = reach.direct.intersection(servers).without(node);
    if others.is_empty() {
        format!("{node} can exchange messages with nobody")
    } else {
        format!("{node} can exchange messages with {} only", list(others))
    }
}

/// Whom posts of a replica can't reach, and why.
fn isolation_view(node: NodeId, View { servers, reach }: View) -> Option<String> {
    let cut_off = servers.difference(reach.through).difference(reach.down);
    let down = reach.down.without(node);
    let mut told = Vec::new();
    if !cut_off.is_empty() {
        told.push(format!(
            "{node} can't exchange messages with {}, not even through others: links are cut.",
            list(cut_off)
        ));
    }
    if !down.is_empty() {
        told.push(format!("{} {} down.", list(down), if down.len() == 1 { "is" } else { "are" }));
    }
    (!told.is_empty()).then(|| told.join(" "))
}

/// "n1, n2 and n5".
pub fn list(nodes: NodeSet) -> String {
    let names: Vec<String> = nodes.iter().map(|node| node.to_string()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// What only an observer can tell. `side` is how the page calls the feed: "CP" or "AP".
pub fn observed(names: Names<'_>, side: &str, observed: &Observed) -> Sentence {
    let who = names(observed.phone);
    match observed.what {
        Observation::Stale { stale, replica, holders } => {
            let author = names(stale.oldest.author);
            let others = match stale.missed {
                1 => String::new(),
                missed => format!(" It misses {missed} in all."),
            };
            Sentence {
                headline: format!("{side} answered {who} from old data"),
                reason: format!(
                    "{replica} answers from what it has. {author}'s post had been confirmed for {} ms when the read began, \
                     and is missing.{others}",
                    stale.behind.as_ms()
                ),
                observer: Some(format!("That post was on {} at that moment.", list(holders))),
                source: "Gilbert & Lynch 2002",
                tone: Tone::Warning,
            }
        }
        Observation::AfterAll { post, gave_up } => Sentence {
            headline: format!("{who}'s unknown post is in the feed after all"),
            reason: format!(
                "The phone gave it up {} ms ago without an answer; its log entry is committed now.",
                observed.at.since(gave_up).as_ms()
            ),
            observer: Some(format!("The phone can't know yet: it is {who}'s post number {}.", post.number + 1)),
            source: "Raft §8",
            tone: Tone::Good,
        },
    }
}

fn what(post: bool) -> &'static str {
    if post { "post" } else { "read" }
}

fn replica(names: Names<'_>, node: NodeId, note: &ReplicaNote) -> Sentence {
    let (headline, reason, source, tone) = match note {
        ReplicaNote::Forwarded { client, leader, post } => (
            format!("{node} passes {}'s {} to {leader}", names(*client), what(*post)),
            format!("{node} does not lead; as far as it knows, {leader} does."),
            "Raft §8",
            Tone::Routine,
        ),
        ReplicaNote::RefusedWithoutLeader { client, epoch, candidate, post } => (
            format!("CP refused {}'s {}", names(*client), what(*post)),
            format!(
                "{node} knows no leader in {epoch}{}. {node} stored nothing, so the {} certainly failed.",
                if *candidate { ": it stands for election itself" } else { "" },
                what(*post)
            ),
            "Raft §8",
            Tone::Bad,
        ),
        ReplicaNote::AskedBefore { client, post } => (
            format!("{node} ignores {}'s {}", names(*client), what(*post)),
            "It took up this question before, or a later one. This is a copy, or came when the phone had given it up."
                .to_owned(),
            "the feed's specification",
            Tone::Routine,
        ),
        ReplicaNote::ForgotWhetherTaken { client, epoch, post } => (
            format!("{node} can't tell what came of {}'s {}", names(*client), what(*post)),
            format!(
                "It was passed on to the leader of {epoch}, and {node} has restarted since. A copy may have come before, and \
                 be in the log: unknown."
            ),
            "the feed's specification",
            Tone::Warning,
        ),
        ReplicaNote::LostLeader { client, leader } => (
            format!("{node} can't tell what came of {}'s request", names(*client)),
            format!(
                "{node} had passed it to {leader} and no longer follows {leader}. {leader} may have stored it before that, or \
                 not: unknown."
            ),
            "Raft §8",
            Tone::Warning,
        ),
        ReplicaNote::Superseded { client, index } => (
            format!("CP refused {}'s request after all", names(*client)),
            format!("Another entry was committed at index {index} or before it, so this one never will be."),
            "Raft §5.3",
            Tone::Bad,
        ),
        ReplicaNote::Applied { index, post, fresh: false, added: true } => (
            format!("{node} adds {}'s post a second time", names(post.author)),
            format!("Entry {index} is a second copy, and without sessions nobody remembers the first."),
            "Ongaro's thesis §6.3",
            Tone::Bad,
        ),
        ReplicaNote::Applied { index, post, fresh: true, .. } => (
            format!("{node} adds {}'s post to its feed", names(post.author)),
            format!("Entry {index} is committed, so every replica adds the same post at the same place."),
            "Raft §5.3",
            Tone::Routine,
        ),
        ReplicaNote::Applied { index, post, fresh: false, added: false } => (
            format!("{node} knows {}'s post already", names(post.author)),
            format!("Entry {index} is a second copy of a post that is there: it has no effect."),
            "Ongaro's thesis §6.3",
            Tone::Routine,
        ),
    };
    said(tone, source, headline, reason)
}

fn phone(names: Names<'_>, node: NodeId, note: &PhoneNote) -> Sentence {
    let who = names(node);
    let (headline, reason, tone) = match note {
        PhoneNote::Asked { replica, post } => {
            (format!("{who} sends a {} to {replica}", what(*post)), String::new(), Tone::Routine)
        }
        PhoneNote::GaveUp { replica, waited, post } => (
            format!("{who} gets no answer"),
            format!(
                "{replica} has not answered the {} for {} ms. It may have happened, or may yet happen, or never: the phone \
                 can't know.",
                what(*post),
                waited.as_ms()
            ),
            Tone::Warning,
        ),
        PhoneNote::HeardLate { done: true, post } => (
            format!("{who} learns that the {} happened after all", what(*post)),
            "The answer came after the phone had given up.".to_owned(),
            Tone::Good,
        ),
        PhoneNote::HeardLate { done: false, post } => (
            format!("{who} learns that the {} did not happen", what(*post)),
            "The refusal came after the phone had given up.".to_owned(),
            Tone::Bad,
        ),
        PhoneNote::Attached { from, to } => {
            (format!("{who} moves from {from} to {to}"), format!("From now on {to} answers."), Tone::Routine)
        }
        PhoneNote::Retried { replica, attempt, post } => (
            format!("{who} sends the {} again, to {replica}", what(*post)),
            format!(
                "It has no definite answer to {}. The first may have taken effect: only a session tells the second copy.",
                if *attempt == 1 { "the first attempt".to_owned() } else { format!("{attempt} attempts") }
            ),
            Tone::Routine,
        ),
        PhoneNote::RefusedEachTime { attempts, post } => (
            format!("{who}'s {} is refused", what(*post)),
            format!("All {attempts} attempts were refused, so none of them took effect."),
            Tone::Bad,
        ),
        PhoneNote::WasBusy => (
            format!("{who}'s phone is still waiting"),
            "One question at a time, and too many are in line: it did not take this one.".to_owned(),
            Tone::Warning,
        ),
    };
    said(tone, "the feed's specification", headline, reason)
}

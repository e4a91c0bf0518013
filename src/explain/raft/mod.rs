//! Raft's notes as sentences. Sections are those of Ongaro and Ousterhout's extended paper (2014).

mod client;
mod election;
mod membership;
mod replication;
mod snapshot;
mod transfer;

pub use membership::members_words;

use super::feed::{Context, Explained};
use super::{Sentence, Tone, count_of, said};
use crate::node::{NodeId, NodeSet};
use crate::raft::{ElectionNote, EntryId, Ignored, Index, Membership, Note, PreVoteNote, RoleName, Term};

/// What `note` of server `node` says, with its numbers, the reason and the paper's section.
pub fn sentence(node: NodeId, note: &Note) -> Sentence {
    match note {
        Note::Started { term, vote, last, snapshot } => started(node, *term, *vote, *last, *snapshot),
        Note::TermAdopted { from, old, new, left } => said(
            if matches!(left, RoleName::Leader) { Tone::Warning } else { Tone::Routine },
            "Raft §5.1",
            match left {
                RoleName::Follower => format!("{node} enters term {new}"),
                left => format!("{node} steps down as {}", role(*left)),
            },
            format!(
                "{from}'s message is of term {new}, its own was {old}. A newer term ends every role of an older one."
            ),
        ),
        Note::ReplyIgnored { from, message, why } => {
            let (source, reason) = ignored(*from, *why);
            said(Tone::Routine, source, format!("{node} ignores a late {message} from {from}"), reason)
        }
        Note::Election(note) => election::sentence(node, note),
        Note::PreVote(note) => election::pre_vote(node, note),
        Note::Leader(note) => replication::leader(node, note),
        Note::Follower(note) => replication::follower(node, note),
        Note::Client(note) => client::sentence(node, note),
        Note::Transfer(note) => transfer::sentence(node, note),
        Note::Snapshot(note) => snapshot::sentence(node, note),
        Note::Membership(note) => membership::sentence(node, note),
    }
}

impl Explained for Note {
    fn sentence(&self, context: &Context<'_>) -> Sentence {
        let observer = match self {
            Self::Election(ElectionNote::AsksForVotes { members, .. })
            | Self::PreVote(PreVoteNote::Asks { members, .. }) => votes_in_reach(context, members),
            _ => None,
        };
        Sentence { observer, ..sentence(context.node, self) }
    }
}

/// Whether a server that asks for votes has links to enough voters, if a link is cut or a voter is down.
fn votes_in_reach(context: &Context<'_>, members: &Membership) -> Option<String> {
    let (electorate, reached) = (members.electorate(), context.view.reach.direct);
    if electorate.difference(reached).is_empty() {
        return None;
    }
    let verdict = if members.has_quorum(reached) { "enough" } else { "too few" };
    Some(format!("{}: {} voters, {verdict} to win.", context.exchanges(electorate), tally(reached, members)))
}

fn started(node: NodeId, term: Term, vote: Option<NodeId>, last: EntryId, snapshot: Option<EntryId>) -> Sentence {
    let source = "Raft Figure 2, persistent state";
    if term == Term(0) {
        let reason = "Its disk is empty, so it begins in term 0, without a vote and without a log.".into();
        return said(Tone::Routine, source, format!("{node} starts"), reason);
    }
    let vote = vote.map_or("no vote".to_owned(), |winner| format!("its vote for {winner}"));
    let log = if last.index == Index::ZERO { "an empty log".to_owned() } else { format!("its log up to {last}") };
    let reason = match snapshot {
        Some(covered) => format!(
            "Its disk kept the term, {vote} and {log}, and a snapshot up to {covered}. What the snapshot covers is committed. \
             Its role is forgotten, and whether more is committed."
        ),
        None => format!("Its disk kept the term, {vote} and {log}. Its role and commit index are forgotten."),
    };
    said(Tone::Routine, source, format!("{node} restarts in term {term}"), reason)
}

/// The section that makes a late reply meaningless, and why this one is.
fn ignored(from: NodeId, why: Ignored) -> (&'static str, String) {
    match why {
        Ignored::OlderTerm { term, own } => {
            ("Raft §5.1", format!("Term {own} has begun, so an answer of term {term} decides nothing any more."))
        }
        Ignored::EarlierTerm => (
            "Raft §5.1",
            format!("{from} refused a message of an earlier term, so its answer says nothing of this one."),
        ),
        Ignored::NotCandidate => ("Raft §5.2", "Its election is decided, so one more answer changes nothing.".into()),
        Ignored::DuplicateVote => ("Raft §5.2", format!("{from}'s vote was counted before, and counts once.")),
        Ignored::NotLeader => ("Raft §5.2", "It leads no more, so it no longer counts who has which entry.".into()),
        Ignored::NotFollower => {
            ("Raft thesis §3.10", "It stands for election already, or leads, so there is nothing to start.".into())
        }
        Ignored::AlreadyMatched { refused, matched } => {
            ("Raft §5.3", format!("It refuses index {refused}, but since then {from} acknowledged index {matched}."))
        }
        Ignored::NotCurrent { refused, next } => {
            ("Raft §5.3", format!("It refuses index {refused}, but another attempt, from entry {next}, is under way."))
        }
        Ignored::NotMember => {
            ("Raft §6", format!("{from} is in no configuration in use, so its answer counts nowhere."))
        }
    }
}

/// `1 entry`, `2 entries`.
fn entries(count: u64) -> String {
    count_of(count, "entry", "entries")
}

/// How many voters are among `servers`: `2 of 3`.
fn tally(servers: NodeSet, members: &Membership) -> String {
    of_each_half(members, |half| servers.intersection(half).len())
}

/// How many voters a quorum has.
fn needed(members: &Membership) -> String {
    of_each_half(members, |half| half.len() / 2 + 1)
}

fn of_each_half(members: &Membership, count: impl Fn(NodeSet) -> usize) -> String {
    let of = |half: NodeSet| format!("{} of {}", count(half), half.len());
    if members.is_joint() {
        format!("{} new and {} old", of(members.voters), of(members.outgoing))
    } else {
        of(members.voters)
    }
}

/// What so many servers are.
fn verdict(servers: NodeSet, members: &Membership) -> &'static str {
    match (members.has_quorum(servers), members.is_joint()) {
        (true, false) => "is a majority",
        (true, true) => "is a majority of each",
        (false, _) => "passes for a majority by the mistake switched on",
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

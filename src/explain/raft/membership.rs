//! Who takes part.

use crate::explain::{Sentence, Tone, said};
use crate::node::NodeId;
use crate::raft::{Change, ChangeRefusal, Index, Membership, MembershipNote};

pub(super) fn sentence(node: NodeId, note: &MembershipNote) -> Sentence {
    match note {
        MembershipNote::Used { index, membership } => used(node, *index, membership),
        MembershipNote::RolledBack { lost, index, membership } => said(
            Tone::Warning,
            "Raft §6",
            format!("{node} goes back to the configuration before"),
            format!(
                "Entry {lost} is gone, and with it the configuration that it held. The one of entry {index} counts: {}.",
                members_words(membership)
            ),
        ),
        MembershipNote::ChangeRefused { change, why, .. } => {
            let (source, reason) = refusal(node, *why);
            said(Tone::Bad, source, format!("{node} refused to {}", change_words(*change)), reason)
        }
        MembershipNote::JointCommitted { index, target } => said(
            Tone::Good,
            "Raft §6",
            format!("{node} leaves the joint configuration"),
            format!(
                "The joint configuration, entry {index}, is committed by a majority of the new voters and one of the old. So \
                 it appends the new one alone: {}.",
                members_words(target)
            ),
        ),
        MembershipNote::Dismissed { servers, index } => said(
            Tone::Routine,
            "Raft §6; thesis §4.2.2",
            format!("{node} sends nothing to {servers} any more"),
            format!(
                "The configuration of entry {index} is committed, without {servers}. One last message told so: who does not \
                 know may stand for election."
            ),
        ),
        MembershipNote::Retired { term, index } => said(
            Tone::Warning,
            "Raft §6; thesis §4.2.2",
            format!("{node} is not a voter any more, and steps down"),
            format!(
                "The configuration of entry {index} is committed, in which it has no vote. Until now it led term {term} \
                 without counting itself."
            ),
        ),
    }
}

fn used(node: NodeId, index: Index, members: &Membership) -> Sentence {
    let (source, kind, rule) = if members.is_joint() {
        ("Raft §6", "joint", "Until it is committed and left, every decision takes both majorities.")
    } else {
        ("Raft thesis §4.1", "new", "A configuration counts as soon as it is in the log, committed or not.")
    };
    let reason = format!("Entry {index} holds it: {}. {rule}", members_words(members));
    said(Tone::Warning, source, format!("{node} uses a {kind} configuration"), reason)
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

fn change_words(change: Change) -> String {
    match change {
        Change::AddLearner(server) => format!("make {server} a learner"),
        Change::Add(server) => format!("make {server} a voter"),
        Change::Remove(server) => format!("remove {server}"),
        Change::Joint { voters, .. } => format!("make {voters} the voters"),
    }
}

fn refusal(node: NodeId, why: ChangeRefusal) -> (&'static str, String) {
    match why {
        ChangeRefusal::TermNotCommitted => (
            "Raft thesis §4.1; Ongaro, raft-dev, 2015",
            format!(
                "{node} has not committed an entry of its own term yet. Until then an earlier leader's change, unknown to \
                 it, may be under way."
            ),
        ),
        ChangeRefusal::UnderWay { index } => (
            "Raft thesis §4.1",
            format!("The change of entry {index} is not over. One at a time, or two majorities could be disjoint."),
        ),
        ChangeRefusal::NotCaughtUp { server } => (
            "Raft thesis §4.2.1",
            format!(
                "{server} lacks entries that are committed. With a vote it would hold up the next ones: it has to catch up \
                 as a learner first."
            ),
        ),
        ChangeRefusal::NoVoters => ("Raft thesis §4.1", "Nobody would be left to decide anything.".into()),
        ChangeRefusal::NoChange => {
            ("Raft thesis §4.1", "That is the configuration in use, so an entry for it would change nothing.".into())
        }
    }
}

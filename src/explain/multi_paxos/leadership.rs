//! Phase 1, and who makes way for whom.

use super::{LEADERS, PMMC_2, PMS_2, PMS_3, slot_count};
use crate::explain::{Sentence, Tone, count_of, of, range, said};
use crate::multi_paxos::{Ballot, Heard, LeadershipNote, RoleName, Slot};
use crate::node::{Count, NodeId};

pub(super) fn sentence(node: NodeId, note: &LeadershipNote) -> Sentence {
    match note {
        LeadershipNote::Prepares { ballot, first, heard, timeout, count } => said(
            // That a leader is gone is news.
            if matches!(heard, Heard::Leader(_)) { Tone::Warning } else { Tone::Routine },
            PMS_3,
            format!("{node} asks for promises for {ballot}"),
            format!(
                "{}. It asks once for all slots from {first} on and needs {} of {} promises. If too few come, it asks again \
                 after {}.",
                match heard {
                    Heard::NoLeader => "It heard no leader".into(),
                    Heard::Leader(leader) => format!("It heard nothing more from {leader}"),
                },
                count.needed,
                count.of,
                range(*timeout)
            ),
        ),
        LeadershipNote::PreparesAgain { ballot, first, count } => said(
            Tone::Warning,
            PMMC_2,
            format!("{node} asks again for promises for {ballot}"),
            format!(
                "Only {} promised the slots from {first} on, and it takes {}. Nobody refused, so the ballot need not be \
                 higher.",
                of(*count),
                count.needed
            ),
        ),
        LeadershipNote::PromiseCounted { from, count, reported, .. } => promised(node, *from, *count, *reported),
        LeadershipNote::BecameLeader { ballot, count, first, known, again, holes, opening } => said(
            Tone::Good,
            PMS_3,
            format!("{node} leads under {ballot}"),
            format!(
                "{} promised, {}, and {} make a quorum of phase 1. {} Slot {opening} is the first free one.",
                of(*count),
                count.by,
                count.needed,
                takes_over(*first, *known, *again, *holes)
            ),
        ),
        LeadershipNote::Refused { from, ballot, promised } => said(
            Tone::Routine,
            PMS_2,
            format!("{node} hears that {from} refuses {ballot}"),
            format!("{from} has promised {promised}, which is higher than {ballot}."),
        ),
        LeadershipNote::BallotAdopted { from, old, new, left } => overtaken(node, *from, *old, *new, *left),
        LeadershipNote::BacksOff { ballot, timeout, times } => {
            let (tone, times) = match times {
                1 => (Tone::Routine, String::new()),
                times => (Tone::Warning, format!(" {times} times in a row, last")),
            };
            let wait = range(*timeout);
            let reason = format!(
                "It was overtaken{times} by {ballot}. It waits {wait}, so that one of those who want to lead \
                 gets through."
            );
            said(tone, LEADERS, format!("{node} backs off for {wait}"), reason)
        }
        LeadershipNote::FollowsLeader { leader, ballot } => said(
            Tone::Routine,
            PMMC_2,
            format!("{node} follows {leader}"),
            format!("{leader} proposes under {ballot}, as only a leader does."),
        ),
    }
}

fn promised(node: NodeId, from: NodeId, count: Count, reported: u64) -> Sentence {
    let whose = if from == node { "its own".into() } else { format!("{from}'s") };
    let headline = format!("{node} counts {whose} promise: {}", of(count));
    let reported = proposals(reported);
    let reason = format!("{}, {}: {} needed. This one reports {reported}.", of(count), count.by, count.needed);
    said(Tone::Routine, PMS_2, headline, reason)
}

/// What the promises bind a new leader to.
fn takes_over(first: Slot, known: u64, again: u64, holes: u64) -> String {
    let mut duty = match again {
        0 => format!("From slot {first} on there is nothing that it must propose again."),
        again => format!(
            "From slot {first} on it must propose {} again and fill {} with a no-op.",
            slot_count(again),
            count_of(holes, "hole", "holes")
        ),
    };
    if known > 0 {
        duty += &format!(" It has learned meanwhile what {} holds.", slot_count(known));
    }
    duty
}

fn overtaken(node: NodeId, from: NodeId, old: Ballot, new: Ballot, left: RoleName) -> Sentence {
    let (tone, headline, consequence) = match left {
        RoleName::Follower => (Tone::Routine, format!("{node} hears of ballot {new}"), "It will accept nothing lower."),
        RoleName::Preparing => (
            Tone::Routine,
            format!("{node} is overtaken by {new}"),
            "With a lower ballot it will find no quorum for long.",
        ),
        RoleName::Leader => (
            Tone::Warning,
            format!("{node} leads no more: {new} is higher"),
            "Whoever promised the higher one accepts nothing more from it.",
        ),
    };
    said(tone, PMMC_2, headline, format!("{from} told it of {new}, and its own was {old}. {consequence}"))
}

/// `1 accepted proposal`, `2 accepted proposals`.
pub(super) fn proposals(count: u64) -> String {
    count_of(count, "accepted proposal", "accepted proposals")
}

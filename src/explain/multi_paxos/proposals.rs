//! Phase 2 and the promises behind it.

use super::leadership::proposals;
use super::{LEADERS, LEARNING, PMMC_2, PMS_2, PMS_3, decided, slot_count, slots};
use crate::explain::{Sentence, Tone, count_of, of, said};
use crate::multi_paxos::{AcceptorNote, Ballot, LeaderNote, Slot};
use crate::node::NodeId;

pub(super) fn leader(node: NodeId, note: &LeaderNote) -> Sentence {
    match note {
        LeaderNote::ProposesReported { slot, ballot, under } => said(
            Tone::Warning,
            PMS_2,
            format!("{node} proposes what was reported for slot {slot}"),
            format!(
                "The highest-numbered report for slot {slot} was accepted under {under}. It may have been chosen, so under \
                 {ballot} nothing else may be proposed."
            ),
        ),
        LeaderNote::FillsHole { slot, last, .. } => said(
            Tone::Warning,
            PMS_3,
            format!("{node} fills slot {slot} with a no-op"),
            format!(
                "A whole quorum reports nothing for slot {slot}, so nothing was chosen there, nor will be under a lower \
                 ballot. Something may be in slot {last}, and can't be carried out before slot {slot} is decided."
            ),
        ),
        LeaderNote::Proposes { slot, ballot, request, commit } => said(
            Tone::Routine,
            PMS_3,
            format!("{node} proposes a command for slot {slot}"),
            format!(
                "It leads under {ballot}, so phase 1 is done for every slot: {slot} is the first free one. It carries out \
                 request {}. So far {}.",
                request.0,
                decided(*commit)
            ),
        ),
        LeaderNote::AcceptanceCounted { from, ballot, first, last, news } => {
            counted(node, *from, *ballot, &slots(*first, *last), &slot_count(*news))
        }
        LeaderNote::CommitAdvanced { old, new, ballot, count } => said(
            Tone::Good,
            "Flexible Paxos §3",
            format!("{node} knows all up to slot {new} to be chosen"),
            format!(
                "{} accepted slot {new} under {ballot}, {}, and {} make a quorum of phase 2. Before, {}.",
                of(*count),
                count.by,
                count.needed,
                decided(*old)
            ),
        ),
        LeaderNote::ChosenAfterHole { slot, hole, count } => said(
            Tone::Warning,
            PMS_3,
            format!("{node}: slot {slot} is chosen, slot {hole} is not yet"),
            format!(
                "{} accepted slot {slot}, {}: it will never change. But commands are carried out in order, and slot {hole} \
                 is still open.",
                of(*count),
                count.by
            ),
        ),
        LeaderNote::SendsAgain { to, ballot, first, last } => sends_again(node, *to, *ballot, &slots(*first, *last)),
        LeaderNote::HeartbeatSent { ballot, beat, commit, followers } => said(
            Tone::Routine,
            LEADERS,
            format!("{node} sends a heartbeat"),
            format!("Number {beat} under {ballot}, to {followers}: it leads, and {}.", decided(*commit)),
        ),
    }
}

fn counted(node: NodeId, from: NodeId, ballot: Ballot, which: &str, news: &str) -> Sentence {
    let (headline, reason) = if from == node {
        (
            format!("{node} has {which} on its own disk"),
            format!("Its disk has synced what it proposed under {ballot}, so it counts itself for {news}."),
        )
    } else {
        (
            format!("{node} hears that {from} accepted {which}"),
            format!("{from}'s disk holds what was proposed under {ballot}. That counts for {news}."),
        )
    };
    said(Tone::Routine, LEARNING, headline, reason)
}

fn sends_again(node: NodeId, to: NodeId, ballot: Ballot, slots: &str) -> Sentence {
    let reason = format!(
        "It proposed {slots} under {ballot} a heartbeat interval ago or more. It has not heard that {to} accepted."
    );
    said(Tone::Warning, PMMC_2, format!("{node} sends {slots} to {to} again"), reason)
}

pub(super) fn acceptor(node: NodeId, note: &AcceptorNote) -> Sentence {
    let (tone, headline, reason) = match note {
        AcceptorNote::Promises { ballot, previous, first, reported, snapshot } => (
            Tone::Routine,
            format!("{node} promises {ballot} for all slots"),
            promises(*ballot, *previous, *first, *reported, *snapshot),
        ),
        AcceptorNote::PrepareRefused { from, ballot, promised } => (
            Tone::Routine,
            format!("{node} refuses to promise {ballot}"),
            format!("It has promised {promised}, which is higher than {from}'s {ballot}."),
        ),
        AcceptorNote::Accepts { leader, ballot, first, last, fresh: 0 } => (
            Tone::Routine,
            format!("{node} has accepted {leader}'s {} before", slots(*first, *last)),
            format!("It accepted just that under {ballot} before, and says so again once it is durable."),
        ),
        AcceptorNote::Accepts { leader, ballot, first, last, fresh } => (
            Tone::Routine,
            format!("{node} accepts {leader}'s {}", slots(*first, *last)),
            format!(
                "It has promised no ballot above {ballot}. {} new to it.",
                count_of(*fresh, "slot was", "slots were")
            ),
        ),
        AcceptorNote::AcceptRefused { from, ballot, promised, first } => (
            Tone::Bad,
            format!("{node} refuses {from}'s values under {ballot}"),
            format!(
                "It has promised {promised} and accepts nothing under {ballot} any more, not for slot {first} either."
            ),
        ),
    };
    said(tone, PMS_2, headline, reason)
}

fn promises(ballot: Ballot, previous: Ballot, first: Slot, reported: u64, snapshot: Option<Slot>) -> String {
    let snapshot =
        snapshot.map_or(String::new(), |through| format!(" and a snapshot in place of the slots up to {through}"));
    format!(
        "Its highest ballot was {previous}. It accepts nothing below {ballot} any more. It reports {} from slot {first} \
         on{snapshot}.",
        proposals(reported)
    )
}

//! What is chosen, who knows of it, and what is kept of it.

use super::{COMPACTION, LEADERS, LEARNING, decided, slot_count, slots};
use crate::explain::{Sentence, Tone, said};
use crate::multi_paxos::{LearnerNote, Slot};
use crate::node::NodeId;

pub(super) fn sentence(node: NodeId, note: &LearnerNote) -> Sentence {
    match note {
        LearnerNote::HeartbeatHeard { leader, ballot, commit } => said(
            Tone::Routine,
            LEADERS,
            format!("{node} hears {leader}'s heartbeat"),
            format!("It has promised no ballot above {ballot} and says so. The leader says that {}.", decided(*commit)),
        ),
        LearnerNote::HeartbeatRefused { from, ballot, promised } => said(
            Tone::Bad,
            LEADERS,
            format!("{node} refuses {from}'s heartbeat"),
            format!(
                "It has promised {promised}, which is higher than {from}'s {ballot}. {from} may not lead any more."
            ),
        ),
        LearnerNote::CommitLearned { leader, ballot, old, new } => said(
            Tone::Routine,
            LEARNING,
            format!("{node} learns that all up to slot {new} is chosen"),
            format!(
                "{leader} says that slots up to {new} are chosen. It accepted them under {leader}'s ballot {ballot}, so it \
                 has the right values. Before, it knew only that {}.",
                decided(*old)
            ),
        ),
        LearnerNote::AsksToCatchUp { leader, learned, commit } => said(
            Tone::Warning,
            LEARNING,
            format!("{node} asks {leader} what follows slot {learned}"),
            format!(
                "{leader} says that {}. But for slot {} it accepted nothing under this ballot, so it does not know the value.",
                decided(*commit),
                learned.next()
            ),
        ),
        LearnerNote::TellsDecided { to, snapshot, first, last } => {
            let headline = format!("{node} tells {to} what was chosen");
            said(Tone::Routine, LEARNING, headline, tells(*snapshot, *first, *last))
        }
        LearnerNote::CaughtUp { from, old, new } => said(
            Tone::Routine,
            LEARNING,
            format!("{node} catches up with {from} to slot {new}"),
            format!(
                "{from} told it what is chosen for {}. A chosen value is a fact: no promise stands against learning it.",
                slots(old.next(), *new)
            ),
        ),
        LearnerNote::SnapshotInstalled { from, old, through } => said(
            Tone::Routine,
            COMPACTION,
            format!("{node} installs {from}'s snapshot of slots 1 to {through}"),
            format!(
                "It knew only that {}. {from} no longer has all the slots up to {through}, but the state that they led to.",
                decided(*old)
            ),
        ),
        LearnerNote::Compacted { through, dropped, kept } => said(
            Tone::Routine,
            COMPACTION,
            format!("{node} compacts its log up to slot {through}"),
            format!("The state after it is on disk instead of {}. {} remain.", slot_count(*dropped), slot_count(*kept)),
        ),
    }
}

fn tells(snapshot: Option<Slot>, first: Slot, last: Slot) -> String {
    match (snapshot, last >= first) {
        (None, _) => format!("It has them still, so it sends the values of {}.", slots(first, last)),
        (Some(through), false) => format!("It has compacted the slots up to {through}, so it sends its snapshot."),
        (Some(through), true) => format!(
            "It has compacted the slots up to {through}, so it sends its snapshot. The values of {} go with it.",
            slots(first, last)
        ),
    }
}

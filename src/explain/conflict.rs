//! What became of concurrent writes, in words.

use super::feed::Names;
use super::{Sentence, Tone, said};
use crate::node::{Micros, NodeId};
use crate::store::conflict::{Note, Object, Policy, Stamp};
use crate::world::feed::Overwritten;

/// "Ana's status", "the likes of Bo's post".
fn object(names: Names<'_>, object: Object) -> String {
    match object {
        Object::Status(of) => format!("{}'s status", names(of)),
        Object::Likes(post) => format!("the likes of {}'s post", names(post.author)),
        Object::Deletion(post) => format!("{}'s deletion of a post", names(post.author)),
    }
}

/// What was compared: "12:00:09.300 is later than 12:00:04.100".
fn compared(policy: Policy, won: Stamp, lost: Stamp) -> String {
    let tie = |what: &str| format!("Both have the same {what}: the name decides");
    match policy {
        Policy::WallClock if won.times.wall == lost.times.wall => tie("time of day"),
        Policy::WallClock => {
            let (won, lost) = times(won.times.wall, lost.times.wall);
            format!("{won} is later than {lost}")
        }
        Policy::HybridClock if won.times.hybrid == lost.times.hybrid => tie("hybrid time"),
        Policy::HybridClock => {
            let (won, lost) = (won.times.hybrid, lost.times.hybrid);
            let (wall_won, wall_lost) = times(won.wall, lost.wall);
            format!("Hybrid time {wall_won} + {} is higher than {wall_lost} + {}", won.logical, lost.logical)
        }
        _ if won.rank == lost.rank => tie("tag"),
        _ => format!("Tag {} is higher than {}", won.rank, lost.rank),
    }
}

/// Two times of day, "12:00:04.100", with as many digits as tell them apart.
fn times(one: Micros, other: Micros) -> (String, String) {
    let show = |Micros(micros): Micros| {
        let (part, seconds) = (micros % 1_000_000, micros / 1_000_000);
        let part = if one.as_ms() == other.as_ms() { format!("{part:06}") } else { format!("{:03}", part / 1_000) };
        format!("{:02}:{:02}:{:02}.{part}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
    };
    (show(one), show(other))
}

/// A note of `node`.
pub(super) fn sentence(names: Names<'_>, node: NodeId, note: &Note) -> Sentence {
    match note {
        Note::Overwrites { object: of, loser, lost, winner, won, policy, newer } => {
            let (winner, loser) = (names(winner.origin), names(loser.origin));
            said(
                Tone::Warning,
                policy.source(),
                format!("{node} drops {loser}'s write of {}", object(names, *of)),
                format!(
                    "{}, so {winner}'s write stays. {}",
                    compared(*policy, *won, *lost),
                    if *newer {
                        "The one that it drops is the newer one: its writer had seen the other."
                    } else {
                        "Neither writer had seen the other's."
                    }
                ),
            )
        }
        Note::KeepsBoth { object: of, write, beside } => said(
            Tone::Warning,
            "Dynamo §4.4",
            format!("{node} keeps siblings of {}", object(names, *of)),
            format!(
                "{}'s write and {}'s are concurrent: neither writer had seen the other's. Readers get both.",
                names(write.origin),
                names(beside.origin)
            ),
        ),
        Note::Merges { object: of, write, count } => said(
            Tone::Good,
            "Dynamo §4.4",
            format!("{node} has one value of {} again", object(names, *of)),
            format!(
                "{} had seen {} siblings, so this write supersedes them.",
                names(write.origin),
                if *count == 2 { "both".to_owned() } else { format!("all {count}") }
            ),
        ),
    }
}

/// What only an observer can tell: a confirmed write is gone.
pub(super) fn overwritten(names: Names<'_>, overwritten: &Overwritten) -> Sentence {
    let Overwritten { object: of, loser, winner, lost, won, policy, newer, replica, .. } = *overwritten;
    Sentence {
        headline: format!("{}'s confirmed write of {} is lost", names(loser.author), object(names, of)),
        reason: format!("{}: {replica} keeps {}'s write.", compared(policy, won, lost), names(winner.author)),
        observer: Some(if newer {
            "Nobody was told. The lost write is the newer one: its writer had seen the other.".to_owned()
        } else {
            "Nobody was told. Neither writer had seen the other's.".to_owned()
        }),
        source: policy.source(),
        tone: Tone::Bad,
    }
}

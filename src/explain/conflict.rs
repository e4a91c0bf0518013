//! What became of concurrent writes, in words.

use super::feed::Names;
use super::{Sentence, Tone, said};
use crate::node::NodeId;
use crate::store::conflict::{Note, Object, Policy, Stamp};
use crate::store::feed::PostId;
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
    let (wall_won, wall_lost) = (won.times.wall, lost.times.wall);
    let (hybrid_won, hybrid_lost) = (won.times.hybrid, lost.times.hybrid);
    match policy {
        Policy::WallClock if wall_won == wall_lost => "Both carry the same time of day: the name decides".to_owned(),
        Policy::WallClock => format!("{} is later than {}", time_of_day(wall_won.0), time_of_day(wall_lost.0)),
        Policy::HybridClock if hybrid_won == hybrid_lost => {
            "Both carry the same hybrid time: the name decides".to_owned()
        }
        Policy::HybridClock => {
            let show =
                |hybrid: crate::store::conflict::Hybrid| format!("{} + {}", time_of_day(hybrid.wall.0), hybrid.logical);
            format!("Hybrid time {} is higher than {}", show(hybrid_won), show(hybrid_lost))
        }
        Policy::ByPlace | Policy::Siblings | Policy::Crdts => {
            format!("Tag {} is not lower than {}", won.rank, lost.rank)
        }
    }
}

/// "12:00:04.100".
fn time_of_day(micros: u64) -> String {
    let (ms, seconds) = (micros / 1_000 % 1_000, micros / 1_000_000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
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
            format!("{} had seen all {count} siblings, so this write supersedes them.", names(write.origin)),
        ),
    }
}

/// What only an observer can tell: a confirmed write is gone.
pub(super) fn overwritten(names: Names<'_>, overwritten: &Overwritten) -> Sentence {
    let Overwritten { object: of, loser, winner, lost, won, policy, newer, replica, .. } = *overwritten;
    let rule = if newer {
        "had seen that one: the newer write lost"
    } else {
        "had not seen it, nor the other way round: of two concurrent writes one is kept"
    };
    Sentence {
        headline: format!("{}'s confirmed write of {} is lost", names(loser.author), object(names, of)),
        reason: format!("{}: {replica} keeps {}'s write.", compared(policy, won, lost), who(names, winner)),
        observer: Some(format!(
            "Nobody was told. The writer of the {} {rule}.",
            if newer { "lost one" } else { "winner" }
        )),
        source: policy.source(),
        tone: Tone::Bad,
    }
}

fn who(names: Names<'_>, write: PostId) -> String {
    names(write.author)
}

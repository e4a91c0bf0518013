//! Snapshots take the place of entries.

use super::entries;
use crate::explain::{Sentence, Tone, said};
use crate::node::NodeId;
use crate::raft::SnapshotNote;

const COMPACTION: &str = "Raft §7, Figure 13";

pub(super) fn sentence(node: NodeId, note: &SnapshotNote) -> Sentence {
    match note {
        SnapshotNote::Compacted { last, removed, kept } => said(
            Tone::Routine,
            COMPACTION,
            format!("{node} compacts its log up to {}", last.index),
            format!(
                "A snapshot of its state takes the place of {}, of which {last} is the last. Its log keeps {}.",
                entries(*removed),
                entries(*kept)
            ),
        ),
        SnapshotNote::Sent { follower, last, needed } => said(
            Tone::Warning,
            COMPACTION,
            format!("{node} sends {follower} its snapshot up to {}", last.index),
            format!(
                "{follower} needs entry {needed}, but that is compacted: the log starts after {last}. The snapshot is what \
                 all entries up to there led to."
            ),
        ),
        SnapshotNote::Installed { leader, last, own_last } => said(
            Tone::Good,
            COMPACTION,
            format!("{node} installs {leader}'s snapshot up to {}", last.index),
            format!(
                "Its log ended at {own_last} and has no entry {last}, with which {leader}'s snapshot ends. The snapshot \
                 takes the place of the whole log; its last entry is committed."
            ),
        ),
        SnapshotNote::Ignored { leader, last, own_last } => said(
            Tone::Routine,
            COMPACTION,
            format!("{node} does not need {leader}'s snapshot"),
            format!(
                "{leader}'s snapshot ends with {last}, and its own log, which ends at {own_last}, covers that already. No \
                 entry has to go."
            ),
        ),
        SnapshotNote::Refused { leader, term, own } => said(
            Tone::Bad,
            "Raft §5.1",
            format!("{node} refused {leader}'s snapshot"),
            format!("{leader} sends in term {term}. {node} is in term {own}, so that term is over."),
        ),
    }
}

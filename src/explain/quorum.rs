//! The notes of quorums in words. Sections are those of DeCandia et al., *Dynamo* (2007), where no other paper is named.

use super::feed::{Context, Explained, list};
use super::{Sentence, Tone, count_of, of, said};
use crate::node::{Count, NodeId};
use crate::quorum::{Asked, Note};

const QUORUMS: &str = "Dynamo §4.5";
const HANDOFF: &str = "Dynamo §4.6";
const ANTI_ENTROPY: &str = "Dynamo §4.7";
const REPAIR: &str = "Dynamo §5";
const WRITE_BACK: &str = "Attiya, Bar-Noy & Dolev 1995";
const TAGS: &str = "Lynch & Shvartsman 1997";

type Said = (Tone, &'static str, String, String);

impl Explained for Note {
    fn sentence(&self, context: &Context<'_>) -> Sentence {
        let short = matches!(self, Self::AsksStandIns { .. } | Self::GivesUp { .. });
        Sentence { observer: if short { context.reach() } else { None }, ..sentence(context.node, self) }
    }
}

/// What `note` of replica `node` says, with its numbers, the reason and the source.
pub fn sentence(node: NodeId, note: &Note) -> Sentence {
    let (tone, source, headline, reason) = match note {
        Note::Starts { items: 0, hints: 0 } => (
            Tone::Routine,
            QUORUMS,
            format!("{node} starts with an empty disk"),
            "It has no item and keeps no hint.".to_owned(),
        ),
        Note::Starts { items, hints } => (
            Tone::Warning,
            QUORUMS,
            format!("{node} is back with {} on its disk", items_of(*items)),
            format!("It keeps {} for others. What it was coordinating it has forgotten.", hints_of(*hints)),
        ),
        Note::AsksTag { .. }
        | Note::Writes { .. }
        | Note::Reads { .. }
        | Note::AsksStandIns { .. }
        | Note::GivesUp { .. } => asking(node, note),
        Note::Confirms { .. } | Note::Answers { .. } | Note::Repairs { .. } => answering(node, note),
        Note::IgnoresLate { from, forgotten } => (
            Tone::Routine,
            QUORUMS,
            format!("{node} ignores a late answer of {from}"),
            if *forgotten {
                format!("{node} crashed after it had asked, and has forgotten the question.")
            } else {
                "Enough others had answered, or the time was up: one more answer changes nothing.".to_owned()
            },
        ),
        Note::Stores { .. }
        | Note::KeepsHint { .. }
        | Note::Learns { .. }
        | Note::HandsOff { .. }
        | Note::DropsHints { .. }
        | Note::Compares { .. } => storing(node, note),
    };
    said(tone, source, headline, reason)
}

fn asking(node: NodeId, note: &Note) -> Said {
    match note {
        Note::AsksTag { of, needed } => (
            Tone::Routine,
            TAGS,
            format!("{node} asks for the highest tag"),
            format!("It asks {} and waits for R = {needed}. The item gets the tag after it.", list(*of)),
        ),
        Note::Writes { tag, told, to, needed } => (
            Tone::Routine,
            if told.is_some() { TAGS } else { QUORUMS },
            format!("{node} writes an item under tag {tag}"),
            format!(
                "{} The item goes to {}, and W = {needed} have to store it.",
                match told {
                    Some(told) => format!("{} told their highest one.", of_homes(*told)),
                    None => format!("It is the one after the highest that {node} has seen itself."),
                },
                list(*to)
            ),
        ),
        Note::Reads { of, needed } => (
            Tone::Routine,
            QUORUMS,
            format!("{node} asks for items"),
            format!("It asks {} and waits for R = {needed}.", list(*of)),
        ),
        Note::AsksStandIns { silent, stand_ins } => (
            Tone::Warning,
            HANDOFF,
            format!("{node} asks {} to stand in", list(*stand_ins)),
            format!(
                "{} {} not answered. A sloppy quorum counts others in their place.",
                list(*silent),
                has(silent.len())
            ),
        ),
        Note::GivesUp { what, heard } => {
            let Count { needed, .. } = heard;
            let (letter, consequence) = match what {
                Asked::Tag => ("R", "Nothing was stored, so the write certainly failed"),
                Asked::Write => ("W", "Some replica may have the item: nobody knows what becomes of it"),
                Asked::Read => ("R", "It answers nothing rather than something old"),
            };
            (
                Tone::Bad,
                QUORUMS,
                match what {
                    Asked::Write => format!("{node} can't tell what comes of a write"),
                    Asked::Tag => format!("{node} refuses a write: no quorum"),
                    Asked::Read => format!("{node} refuses a read: no quorum"),
                },
                format!("{} answered in time, and {letter} = {needed} had to agree. {consequence}.", of_homes(*heard)),
            )
        }
        _ => unreachable!("told by the caller"),
    }
}

fn answering(node: NodeId, note: &Note) -> Said {
    match note {
        Note::Confirms { tag, stored, stand_ins } => (
            if stand_ins.is_empty() { Tone::Good } else { Tone::Warning },
            if stand_ins.is_empty() { QUORUMS } else { HANDOFF },
            format!("{node} confirms tag {tag}"),
            format!(
                "{} have it on disk, and W = {} were needed.{}",
                of_homes(*stored),
                stored.needed,
                if stand_ins.is_empty() {
                    String::new()
                } else {
                    format!(" {} stood in: readers elsewhere don't find it there.", list(*stand_ins))
                }
            ),
        ),
        Note::Answers { items, heard, stand_ins, behind, agreed } => (
            Tone::Good,
            match agreed {
                Some(_) => WRITE_BACK,
                None if stand_ins.is_empty() => QUORUMS,
                None => HANDOFF,
            },
            format!("{node} answers a read from {}", items_of(*items)),
            [
                format!("{} were heard, and R = {} were needed.", of_homes(*heard), heard.needed),
                agreed.map_or(String::new(), |agreed| format!("{} have exactly these items.", of_homes(agreed))),
                if stand_ins.is_empty() { String::new() } else { format!("{} stood in.", list(*stand_ins)) },
                if behind.is_empty() { String::new() } else { format!("{} lacked some of it.", list(*behind)) },
            ]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        ),
        Note::Repairs { replica, count, waits: true } => (
            Tone::Routine,
            WRITE_BACK,
            format!("{node} writes {} back to {replica}", items_of(*count)),
            "The read shows nothing that a later one could miss: it waits until W replicas have it.".to_owned(),
        ),
        Note::Repairs { replica, count, waits: false } => (
            Tone::Routine,
            REPAIR,
            format!("{node} sends {replica} {} that it lacks", items_of(*count)),
            "A read found it behind (read repair). Nobody waits for that.".to_owned(),
        ),
        _ => unreachable!("told by the caller"),
    }
}

fn storing(node: NodeId, note: &Note) -> Said {
    match note {
        Note::Stores { from, tag } => (
            Tone::Good,
            QUORUMS,
            format!("{node} stores tag {tag}"),
            format!("{from} coordinates the write. {node} answers when it is on disk."),
        ),
        Note::KeepsHint { from, home, tag } => (
            Tone::Warning,
            HANDOFF,
            format!("{node} keeps a hint for {home}"),
            format!("{from} can't reach {home}. {node} holds tag {tag} until {home} can have it."),
        ),
        Note::Learns { from, count, total, hints } => (
            Tone::Good,
            if *hints { HANDOFF } else { ANTI_ENTROPY },
            format!("{node} learns {} from {from}", items_of(*count)),
            if *hints {
                format!("{from} had kept them for it. It has {} now.", items_of(*total))
            } else {
                format!("It lacked them, so the exchange brought them. It has {} now.", items_of(*total))
            },
        ),
        Note::HandsOff { home, count } => (
            Tone::Routine,
            HANDOFF,
            format!("{node} offers {home} its {}", hints_of(*count)),
            format!("It keeps them until {home} has stored them."),
        ),
        Note::DropsHints { home, count } => (
            Tone::Good,
            HANDOFF,
            format!("{node} has handed off {} to {home}", hints_of(*count)),
            format!("{home} has them on disk, so they are dropped here."),
        ),
        Note::Compares { peer, total } => (
            Tone::Routine,
            ANTI_ENTROPY,
            format!("{node} compares its items with {peer}'s"),
            format!("Picked at random. It has {}: each sends what the other one lacks.", items_of(*total)),
        ),
        _ => unreachable!("told by the caller"),
    }
}

fn has(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}

fn items_of(count: u64) -> String {
    count_of(count, "item", "items")
}

fn hints_of(count: u64) -> String {
    count_of(count, "hint", "hints")
}

/// `2 of 3 home replicas`.
fn of_homes(count: Count) -> String {
    format!("{} home replicas", of(count))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::explain::said_once::compare_sentences;
    use crate::quorum::Timer;
    use crate::quorum::tests::{Cluster, all, n, set};
    use crate::test_cluster::kinds_of_notes;

    kinds_of_notes! {
        "starts empty": Note::Starts { items: 0, hints: 0 },
        "starts again": Note::Starts { .. },
        "asks for the tag": Note::AsksTag { .. },
        "writes as told": Note::Writes { told: Some(_), .. },
        "writes from memory": Note::Writes { .. },
        "reads": Note::Reads { .. },
        "asks stand-ins": Note::AsksStandIns { .. },
        "confirms": Note::Confirms { .. },
        "answers once they agree": Note::Answers { agreed: Some(_), .. },
        "answers": Note::Answers { .. },
        "writes back": Note::Repairs { waits: true, .. },
        "repairs": Note::Repairs { .. },
        "gives up a tag": Note::GivesUp { what: Asked::Tag, .. },
        "gives up a write": Note::GivesUp { what: Asked::Write, .. },
        "gives up a read": Note::GivesUp { what: Asked::Read, .. },
        "stores": Note::Stores { .. },
        "keeps a hint": Note::KeepsHint { .. },
        "learns its hints": Note::Learns { hints: true, .. },
        "learns": Note::Learns { .. },
        "hands off": Note::HandsOff { .. },
        "drops hints": Note::DropsHints { .. },
        "compares": Note::Compares { .. },
        "ignores what was forgotten": Note::IgnoresLate { forgotten: true, .. },
        "ignores what is late": Note::IgnoresLate { .. },
    }

    /// A write that one home replica misses, reads, a part without enough of them, hints and their handoff, a crash.
    fn a_story(setup: &str) -> Vec<(NodeId, Note)> {
        let mut cluster = Cluster::of(5, setup);
        cluster.add(n(1), 0);
        cluster.settle(set(&[1, 2]));
        for hears in [set(&[1, 3, 4]), all(5)] {
            cluster.read(n(4));
            cluster.settle(hears);
        }
        // n4 and n5 reach no home replica; then they reach each other and n3.
        cluster.add(n(5), 1);
        cluster.read(n(4));
        cluster.network.clear();
        for server in [4, 5] {
            cluster.wait_and_tick(n(server), 100);
            cluster.settle(set(&[4, 5]));
        }
        for server in [4, 5] {
            cluster.wait_and_tick(n(server), 400);
            cluster.settle(set(&[4, 5]));
        }
        cluster.fire(n(5), Timer::Exchange);
        cluster.fire(n(4), Timer::Exchange);
        cluster.settle(all(5));
        cluster.exchange(n(1), n(3));
        cluster.settle(all(5));
        // An answer to a question from before a crash, and one to a question that is over.
        cluster.read(n(1));
        cluster.settle_from(n(1));
        let late = cluster.network.clone();
        cluster.crash(n(1), 0);
        cluster.restart(n(1));
        for flying in late {
            cluster.tell(flying.from, flying.to, flying.message);
        }
        cluster.add(n(4), 2);
        cluster.settle_from(n(4));
        let answers = cluster.network.clone();
        cluster.settle(all(5));
        for flying in answers {
            cluster.tell(flying.from, flying.to, flying.message);
        }
        std::mem::take(&mut cluster.notes)
    }

    #[test]
    fn every_note_happens_and_has_its_words() {
        let mut seen = BTreeMap::new();
        for (node, note) in ["", ".strict.tags.write-back", ".strict"].into_iter().flat_map(a_story) {
            let sentence = sentence(node, &note);
            assert!(sentence.headline.starts_with(&node.to_string()), "{sentence:?}");
            assert!(!sentence.source.is_empty() && !sentence.reason.contains("  "), "{sentence:?}");
            seen.entry(kind(&note)).or_insert(sentence);
        }
        let missing: Vec<_> = KINDS.iter().filter(|kind| !seen.contains_key(**kind)).collect();
        assert!(missing.is_empty(), "never happened: {missing:?}");
        compare_sentences("quorum", seen);
    }
}

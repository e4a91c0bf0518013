//! The notes of gossip in words. Its items are what people write in a feed: updates, as the paper has it.

use super::feed::{Context, Explained};
use super::{Sentence, Tone, count_of, said};
use crate::gossip::{ItemId, Note};
use crate::node::{NodeId, NodeSet};

const MAIL: &str = "Demers et al. 1987 §1.2";
const ANTI_ENTROPY: &str = "Demers et al. 1987 §1.3";

impl Explained for Note {
    fn sentence(&self, context: &Context<'_>) -> Sentence {
        Sentence { observer: context.isolation(), ..sentence(context.names, context.node, self) }
    }
}

/// `note` of `node` as a sentence with its numbers and its section of the paper. Names are the caller's.
pub fn sentence(name: &dyn Fn(NodeId) -> String, node: NodeId, note: &Note) -> Sentence {
    let me = name(node);
    let (tone, source, headline, reason) = match note {
        Note::Starts { total } => starts(&me, *total),
        Note::Adds { id, mail_to } => (
            Tone::Routine,
            MAIL,
            format!("{me} takes in update {}", item(name, *id)),
            format!("Once it is on disk it goes to {} by direct mail: it asks nobody first.", list(name, *mail_to)),
        ),
        Note::Stores { last, count } => (
            Tone::Good,
            MAIL,
            format!("{me} confirms {}", updates(u64::from(*count))),
            format!("All up to {} are on its own disk. Nobody else needs to have them.", item(name, *last)),
        ),
        Note::SendsDigest { to, total } => (
            Tone::Routine,
            ANTI_ENTROPY,
            format!("{me} opens an exchange with {}", name(*to)),
            format!("Picked at random. The digest says which {} it has, by a count per replica.", updates(*total)),
        ),
        Note::HasNothingFor { peer, total } => (
            Tone::Routine,
            ANTI_ENTROPY,
            format!("{me} has nothing new for {}", name(*peer)),
            format!("Whatever {me} has, {} has: {}.", name(*peer), updates(*total)),
        ),
        Note::Answers { peer, count, rest } => (
            Tone::Routine,
            ANTI_ENTROPY,
            format!("{me} sends {} {}", name(*peer), updates(*count)),
            match rest {
                0 => format!("With that {} has all that {me} has.", name(*peer)),
                rest => format!("They fill a message. It lacks {rest} more, so it has to ask again."),
            },
        ),
        Note::Asks { peer, lacks } => (
            Tone::Routine,
            ANTI_ENTROPY,
            format!("{me} asks {} for what it lacks", name(*peer)),
            match lacks {
                0 => format!("{} said that there are more updates, so the exchange goes on.", name(*peer)),
                lacks => format!("By its digest {} has {} that {me} lacks.", name(*peer), updates(*lacks)),
            },
        ),
        Note::Learns { from, count, total, by_mail } => (
            Tone::Good,
            by(*by_mail),
            format!("{me} learns {} from {}", updates(*count), name(*from)),
            format!("It has {} now, and answers from them.", updates(*total)),
        ),
        Note::KnowsAlready { from, by_mail } => (
            Tone::Routine,
            by(*by_mail),
            format!("{me} knew what {} sent", name(*from)),
            "One by one it is the same: nothing to do.".into(),
        ),
        Note::FindsGap { from, id, has } => (
            Tone::Routine,
            ANTI_ENTROPY,
            format!("{me} leaves {}'s update {} for later", name(*from), item(name, *id)),
            format!("Of {}'s updates it has {has}: the ones between were lost or are late.", name(id.origin)),
        ),
    };
    said(tone, source, headline, reason)
}

fn starts(me: &str, total: u64) -> (Tone, &'static str, String, String) {
    if total == 0 {
        return (
            Tone::Routine,
            ANTI_ENTROPY,
            format!("{me} starts with an empty disk"),
            "Its feed is empty until a phone or a replica brings an update.".into(),
        );
    }
    let headline = format!("{me} is back with {} on its disk", updates(total));
    (Tone::Warning, ANTI_ENTROPY, headline, "The next exchanges bring what it lacks.".into())
}

fn by(mail: bool) -> &'static str {
    if mail { MAIL } else { ANTI_ENTROPY }
}

fn updates(count: u64) -> String {
    count_of(count, "update", "updates")
}

/// `n2#5`: the fifth update that n2 took in.
fn item(name: &dyn Fn(NodeId) -> String, id: ItemId) -> String {
    format!("{}#{}", name(id.origin), u64::from(id.number) + 1)
}

fn list(name: &dyn Fn(NodeId) -> String, nodes: NodeSet) -> String {
    if nodes.is_empty() {
        return "nobody".into();
    }
    nodes.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::explain::said_once::compare_sentences;
    use crate::gossip::harness::Cluster;
    use crate::test_cluster::kinds_of_notes;

    const N1: NodeId = NodeId(0);
    const N2: NodeId = NodeId(1);

    kinds_of_notes! {
        "starts empty": Note::Starts { total: 0 },
        "starts again": Note::Starts { .. },
        "adds": Note::Adds { .. },
        "stores": Note::Stores { .. },
        "sends a digest": Note::SendsDigest { .. },
        "has nothing new": Note::HasNothingFor { .. },
        "answers with all": Note::Answers { rest: 0, .. },
        "answers in part": Note::Answers { .. },
        "asks for more": Note::Asks { lacks: 0, .. },
        "asks for what it lacks": Note::Asks { .. },
        "learns by mail": Note::Learns { by_mail: true, .. },
        "learns by exchange": Note::Learns { .. },
        "knows already": Note::KnowsAlready { .. },
        "finds a gap": Note::FindsGap { .. },
    }

    #[test]
    fn every_note_happens_and_has_its_words() {
        let name = |id: NodeId| format!("replica {}", id.0);
        let mut cluster = Cluster::new(2, 2);
        // The first update arrives by mail, twice; four are lost, the next finds the gap.
        cluster.add(N1);
        cluster.sync(N1);
        let mail = cluster.flights.iter().find(|flight| flight.to == N2).unwrap().clone();
        cluster.deliver(mail);
        cluster.settle();
        for _ in 0..4 {
            cluster.add(N1);
            cluster.sync(N1);
        }
        cluster.lose_mail();
        cluster.add(N1);
        cluster.settle();
        cluster.crash(N2, 0);
        // Now n2 lacks one, then nothing.
        cluster.add(N1);
        cluster.sync(N1);
        cluster.lose_mail();
        for _ in 0..2 {
            cluster.exchange(N1, N2);
            cluster.settle();
        }
        let mut seen = BTreeMap::new();
        for (node, note) in &cluster.notes {
            let sentence = sentence(&name, *node, note);
            seen.entry(kind(note)).or_insert_with(|| sentence.clone());
            assert!(sentence.headline.starts_with(&name(*node)), "{sentence:?}");
            assert!(sentence.source.starts_with("Demers et al. 1987 §1."), "{sentence:?}");
            for text in [&sentence.headline, &sentence.reason] {
                assert!(!text.contains("  ") && !text.contains("n1") && !text.contains("n2"), "{text}");
            }
        }
        let missing: Vec<_> = KINDS.iter().filter(|kind| !seen.contains_key(**kind)).collect();
        assert!(missing.is_empty(), "never happened: {missing:?}");
        compare_sentences("gossip", seen);
    }
}

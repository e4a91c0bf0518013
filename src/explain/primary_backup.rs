//! The notes of primary and backup in words. What is cited says where the rule is from, or what it costs.

use super::feed::{Context, Explained};
use super::{Sentence, Tone, count_of, of, said};
use crate::node::NodeId;
use crate::primary_backup::{Note, View};

/// Primary and backups, and who may be asked.
const SCHEME: &str = "Alsberg & Day 1976";
/// Views, and that the higher one counts.
const VIEWS: &str = "Oki & Liskov 1988";
/// Failover by timeout, and what it takes for granted.
const FAILOVER: &str = "Budhiraja et al. 1993";
/// What asynchronous replication may lose.
const LAZY: &str = "Gray et al. 1996";

impl Explained for Note {
    fn sentence(&self, context: &Context<'_>) -> Sentence {
        let alone = matches!(self, Self::TakesOver { .. });
        Sentence { observer: if alone { context.reach() } else { None }, ..sentence(context.node, self) }
    }
}

/// What `note` of server `node` says, with its numbers, the reason and the source.
pub fn sentence(node: NodeId, note: &Note) -> Sentence {
    let (tone, source, headline, reason) = match note {
        Note::Starts { .. } | Note::TakesOver { .. } | Note::Follows { .. } | Note::StepsDown { .. } => {
            leadership(node, note)
        }
        Note::Discards { from, count, of, view, primary } => (
            Tone::Bad,
            VIEWS,
            format!("{node} discards {} of view {of}", entries(*count)),
            format!(
                "{primary} leads view {view}, and its log has something else from index {from} on, or nothing. The higher view \
                 wins, whoever confirmed more."
            ),
        ),
        Note::Appends { index, view } => (
            Tone::Routine,
            SCHEME,
            format!("{node} puts a post at index {index}"),
            format!("It leads view {view}, so it decides the order. The post goes to its disk and to all backups."),
        ),
        Note::Confirms { index, view, stored } => (
            Tone::Good,
            if stored.needed > 1 { SCHEME } else { LAZY },
            format!("{node} confirms index {index}"),
            match stored.needed {
                1 => format!("It is on its own disk. In view {view} it waits for no backup."),
                needed => format!("{} have stored it, and {needed} were needed.", of_servers(*stored)),
            },
        ),
        Note::Reads { index, view } => (
            Tone::Routine,
            SCHEME,
            format!("{node} answers a read at once"),
            format!("It led view {view} when it last heard. It shows all up to index {index}, and asks nobody."),
        ),
        Note::Stores { from, count, through } => (
            Tone::Good,
            SCHEME,
            format!("{node} takes {} from {from}", entries(*count)),
            format!("Its log is {from}'s up to index {through}."),
        ),
        Note::Lacks { from, after, has } => (
            Tone::Routine,
            SCHEME,
            format!("{node} can't place what {from} sent"),
            format!("It begins after index {after}. Only up to {has} can both logs be the same."),
        ),
        Note::GoesBack { backup, to } => (
            Tone::Routine,
            SCHEME,
            format!("{node} sends {backup} earlier entries"),
            format!("{backup} lacks what came before. It gets all from index {to} on."),
        ),
        Note::RefusesOld { from, view, own } => (
            Tone::Warning,
            VIEWS,
            format!("{node} refuses {from} as its primary"),
            format!(
                "{from} leads view {view}, and {node} is in view {own}. It tells {from} so, because the higher view wins."
            ),
        ),
        Note::IgnoresLate { from, view, own } => (
            Tone::Routine,
            VIEWS,
            format!("{node} ignores a late answer of {from}"),
            format!("View {own} has begun, so an answer of view {view} changes nothing."),
        ),
    };
    said(tone, source, headline, reason)
}

fn leadership(node: NodeId, note: &Note) -> (Tone, &'static str, String, String) {
    match note {
        Note::Starts { view: View(0), .. } => (
            Tone::Routine,
            SCHEME,
            format!("{node} starts with an empty disk"),
            "It is a backup until a timeout says otherwise.".to_owned(),
        ),
        Note::Starts { view, entries: count } => (
            Tone::Warning,
            SCHEME,
            format!("{node} is back with {} on its disk", entries(*count)),
            format!("Its view is {view}. It is a backup now, also if it led before."),
        ),
        Note::TakesOver { view, old, primary, waited, entries: count } => (
            if *old == View(0) { Tone::Good } else { Tone::Warning },
            FAILOVER,
            format!("{node} takes over in view {view}"),
            format!(
                "{} for {} ms. {node} asks nobody: its log of {} is the truth from now on.{}",
                match primary {
                    Some(primary) => format!("It heard nothing from {primary}, the primary of view {old},"),
                    None => "It heard of no primary".to_owned(),
                },
                waited.as_ms(),
                entries(*count),
                match primary {
                    Some(primary) => format!(" {primary} may still lead: it could be cut off only."),
                    None => String::new(),
                }
            ),
        ),
        Note::Follows { view, old, primary } => (
            Tone::Routine,
            VIEWS,
            format!("{node} follows {primary} in view {view}"),
            if view > old {
                format!("View {view} is higher than its own, {old}, and the higher view wins.")
            } else {
                String::new()
            },
        ),
        Note::StepsDown { view, old, primary, unanswered } => (
            Tone::Warning,
            VIEWS,
            format!("{node} leads no more"),
            format!(
                "It led view {old}, and {primary} leads view {view}. The higher view wins.{}",
                match unanswered {
                    0 => String::new(),
                    count => format!(
                        " It can't tell what comes of {}.",
                        count_of(u64::from(*count), "unanswered post", "unanswered posts")
                    ),
                }
            ),
        ),
        _ => unreachable!("told by the caller"),
    }
}

fn entries(count: u64) -> String {
    count_of(count, "entry", "entries")
}

fn of_servers(stored: crate::node::Count) -> String {
    format!("{} servers", of(stored))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::explain::said_once::compare_sentences;
    use crate::primary_backup::Timer;
    use crate::primary_backup::tests::{Cluster, all, n, set};
    use crate::test_cluster::kinds_of_notes;

    kinds_of_notes! {
        "starts empty": Note::Starts { view: View(0), .. },
        "starts again": Note::Starts { .. },
        "takes over first": Note::TakesOver { primary: None, .. },
        "takes over": Note::TakesOver { .. },
        "follows": Note::Follows { .. },
        "steps down": Note::StepsDown { unanswered: 0, .. },
        "steps down with open questions": Note::StepsDown { .. },
        "discards": Note::Discards { .. },
        "appends": Note::Appends { .. },
        "confirms alone": Note::Confirms { stored: crate::node::Count { needed: 1, .. }, .. },
        "confirms": Note::Confirms { .. },
        "reads": Note::Reads { .. },
        "stores": Note::Stores { .. },
        "lacks": Note::Lacks { .. },
        "goes back": Note::GoesBack { .. },
        "refuses an old primary": Note::RefusesOld { .. },
        "ignores what is late": Note::IgnoresLate { .. },
    }

    /// A partition with writes on both sides, a heal, a restart; alone, and with one backup to wait for.
    fn a_story(setup: &str) -> Vec<(NodeId, Note)> {
        let mut cluster = Cluster::of(3, setup);
        cluster.fire(n(1), Timer::Failover);
        cluster.settle(all(3));
        cluster.propose(n(1), 1);
        cluster.settle(all(3));
        cluster.read(n(1));
        // n1 and n2 here, n3 there; what n1 sends at the end stays on its way.
        cluster.fire(n(3), Timer::Failover);
        cluster.settle(set(&[3]));
        cluster.propose(n(1), 2);
        cluster.settle(set(&[1, 2]));
        cluster.propose(n(1), 3);
        cluster.propose(n(3), 4);
        cluster.network.retain(|flying| flying.from == n(1) && flying.to == n(2));
        let late = cluster.network.clone();
        cluster.deliver(n(1), n(2));
        let answers = cluster.take(|flying| flying.from == n(2));
        cluster.fire(n(3), Timer::Heartbeat);
        cluster.settle(all(3));
        cluster.fire(n(3), Timer::Heartbeat);
        cluster.settle(all(3));
        for flying in late.into_iter().chain(answers) {
            cluster.tell(flying.from, flying.to, flying.message);
        }
        cluster.crash(n(2), 0);
        cluster.restart(n(2));
        std::mem::take(&mut cluster.notes)
    }

    #[test]
    fn every_note_happens_and_has_its_words() {
        let mut seen = BTreeMap::new();
        for (node, note) in ["", ".one-backup"].into_iter().flat_map(a_story) {
            let sentence = sentence(node, &note);
            assert!(sentence.headline.starts_with(&node.to_string()), "{sentence:?}");
            assert!(!sentence.source.is_empty() && !sentence.reason.contains("  "), "{sentence:?}");
            seen.entry(kind(&note)).or_insert(sentence);
        }
        let missing: Vec<_> = KINDS.iter().filter(|kind| !seen.contains_key(**kind)).collect();
        assert!(missing.is_empty(), "never happened: {missing:?}");
        compare_sentences("primary_backup", seen);
    }
}

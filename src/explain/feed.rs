//! The feeds' notes as sentences. Phones go by their people's names.

use super::{Sentence, Tone, ordinal, said};
use crate::node::{NodeId, NodeSet};
use crate::store::client::PhoneNote;
use crate::store::descriptor::Side;
use crate::store::participant::Note;
use crate::store::replica::ReplicaNote;
use crate::store::sum::each;
use crate::store::table::{Store, with_stores};
use crate::world::feed::{LostPost, Observation, Observed};
use crate::world::watch::Reach;

/// Names participants: "n1", "Ana".
pub type Names<'a> = &'a dyn Fn(NodeId) -> String;

/// The servers, and those of them that the one spoken of could reach: what only an observer knows.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// All servers.
    pub servers: NodeSet,
    /// Whom it could reach.
    pub reach: Reach,
}

/// What a sentence can say beside what its node noted.
pub(super) struct Context<'a> {
    /// Whose note it is.
    pub(super) node: NodeId,
    /// What participants are called.
    pub(super) names: Names<'a>,
    /// What only an observer knows.
    pub(super) view: View,
}

/// A note of a store's replica, as a sentence.
pub(super) trait Explained {
    /// In words, with what only an observer knows.
    fn sentence(&self, context: &Context<'_>) -> Sentence;
}

/// A note of a feed on this store, with what only an observer knows.
pub fn sentence(names: Names<'_>, store: Store, view: View, node: NodeId, note: &Note) -> Sentence {
    let context = Context { node, names, view };
    with_stores!(each! { note, Note, note => note.sentence(&context),
        Note::Replica(note) => {
            let leaderless = matches!(note, ReplicaNote::RefusedWithoutLeader { .. } | ReplicaNote::LostLeader { .. });
            Sentence { observer: if leaderless { context.reach() } else { None }, ..replica(names, store, node, note) }
        },
        Note::Phone(note) => phone(names, node, note),
        Note::Conflict(note) => super::conflict::sentence(names, node, note),
    })
}

impl Context<'_> {
    /// Which of the others the node could exchange messages with, if not with all.
    pub(super) fn reach(&self) -> Option<String> {
        let View { servers, reach } = self.view;
        let together = reach.direct.intersection(servers).len();
        let exchanges = || self.exchanges(servers);
        (reach.direct != servers)
            .then(|| format!("{}: {together} of {} servers with itself.", exchanges(), servers.len()))
    }

    /// Which of these servers the node could exchange messages with, if not with all.
    pub(super) fn exchanges(&self, servers: NodeSet) -> String {
        let others = self.view.reach.direct.intersection(servers).without(self.node);
        if others.is_empty() {
            format!("{} can exchange messages with nobody", self.node)
        } else {
            format!("{} can exchange messages with {} only", self.node, list(others))
        }
    }

    /// Whom posts of the node could not reach, and why.
    pub(super) fn isolation(&self) -> Option<String> {
        let (node, View { servers, reach }) = (self.node, self.view);
        let cut_off = servers.difference(reach.through).difference(reach.down);
        let down = reach.down.without(node);
        let mut told = Vec::new();
        if !cut_off.is_empty() {
            told.push(format!(
                "{node} can't exchange messages with {}, not even through others: links are cut.",
                list(cut_off)
            ));
        }
        if !down.is_empty() {
            told.push(format!("{} {} down.", list(down), if down.len() == 1 { "is" } else { "are" }));
        }
        (!told.is_empty()).then(|| told.join(" "))
    }
}

/// "n1, n2 and n5".
pub fn list(nodes: NodeSet) -> String {
    let names: Vec<String> = nodes.iter().map(|node| node.to_string()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// What only an observer can tell. `side` is that of the store.
pub fn observed(names: Names<'_>, side: Side, observed: &Observed) -> Sentence {
    let who = names(observed.phone);
    match observed.what {
        Observation::Stale { stale, replica, holders } => {
            let author = names(stale.oldest.author);
            let others = match stale.missed {
                1 => String::new(),
                missed => format!(" It misses {missed} in all."),
            };
            Sentence {
                headline: format!("{side} answered {who} from old data"),
                reason: format!(
                    "{replica} answers from what it has. {author}'s post had been confirmed for {} ms when the read began, \
                     and is missing.{others}",
                    stale.behind.as_ms()
                ),
                observer: Some(format!("That post was on {} at that moment.", list(holders))),
                source: "Gilbert & Lynch 2002",
                tone: Tone::Warning,
            }
        }
        Observation::AfterAll { post, gave_up } => Sentence {
            headline: format!("{who}'s unknown write took effect after all"),
            reason: format!(
                "The phone gave it up {} ms ago without an answer; {}.",
                observed.at.since(gave_up).as_ms(),
                match side {
                    Side::CP => "its log entry is committed now",
                    Side::AP => "a replica has it in its log now",
                }
            ),
            observer: Some(format!(
                "The phone can't know yet: it is the {} thing that {who} wrote.",
                ordinal(u64::from(post.number) + 1)
            )),
            source: "Raft §8",
            tone: Tone::Good,
        },
        Observation::Overwritten(overwritten) => super::conflict::overwritten(names, &overwritten),
        Observation::Lost(LostPost { post, deed, confirmed, replica, .. }) => Sentence {
            headline: format!("{who}'s confirmed {deed} is lost"),
            reason: format!(
                "The phone heard {} ms ago that it was done. {replica} follows a higher view, whose primary does not have \
                 it: the higher view wins.",
                observed.at.since(confirmed).as_ms()
            ),
            observer: Some(format!(
                "No replica has it any more: it was the {} thing that {who} wrote.",
                ordinal(u64::from(post.number) + 1)
            )),
            source: "Gray et al. 1996",
            tone: Tone::Bad,
        },
    }
}

/// What is said of a replica on a log, as its store has it: the source for how questions are passed on, and for what an entry is
/// worth.
fn log_words(store: Store) -> (&'static str, &'static str, &'static str) {
    match store {
        Store::PrimaryBackup(_) => (
            "Alsberg & Day 1976",
            "Gray et al. 1996",
            "is decided as far as it knows: a higher view may discard it yet",
        ),
        _ => ("Raft §8", "Raft §5.3", "is committed, so every replica adds the same one at the same place"),
    }
}

fn replica(names: Names<'_>, store: Store, node: NodeId, note: &ReplicaNote) -> Sentence {
    let (side, (passing, deciding, decided)) = (store.side(), log_words(store));
    let (headline, reason, source, tone) = match note {
        ReplicaNote::Forwarded { client, leader, asked } => (
            format!("{node} passes {}'s {asked} to {leader}", names(*client)),
            format!("{node} does not lead; as far as it knows, {leader} does."),
            passing,
            Tone::Routine,
        ),
        ReplicaNote::RefusedWithoutLeader { client, epoch, candidate, asked } => (
            format!("{side} refused {}'s {asked}", names(*client)),
            format!(
                "{node} knows no leader in {epoch}{}. {node} stored nothing, so the {asked} certainly failed.",
                if *candidate { ": it stands for election itself" } else { "" },
            ),
            passing,
            Tone::Bad,
        ),
        ReplicaNote::AskedBefore { client, asked } => (
            format!("{node} ignores {}'s {asked}", names(*client)),
            "It took up this question before, or a later one. This is a copy, or came when the phone had given it up."
                .to_owned(),
            "the feed's specification",
            Tone::Routine,
        ),
        ReplicaNote::ForgotWhetherTaken { client, epoch, asked } => (
            format!("{node} can't tell what came of {}'s {asked}", names(*client)),
            format!(
                "It was passed on to the leader of {epoch}, and {node} has restarted since. A copy may have come before, and \
                 be in the log: unknown."
            ),
            "the feed's specification",
            Tone::Warning,
        ),
        ReplicaNote::LostLeader { client, leader } => (
            format!("{node} can't tell what came of {}'s request", names(*client)),
            format!(
                "{node} had passed it to {leader} and no longer follows {leader}. {leader} may have stored it before that, or \
                 not: unknown."
            ),
            passing,
            Tone::Warning,
        ),
        ReplicaNote::Superseded { client, index } => (
            format!("{side} refused {}'s request after all", names(*client)),
            format!("Another entry was committed at index {index} or before it, so this one never will be."),
            "Raft §5.3",
            Tone::Bad,
        ),
        ReplicaNote::Applied { index, client, asked, fresh: false, effective: true, .. } => (
            format!("{node} adds {}'s {asked} a second time", names(*client)),
            format!("Entry {index} is a second copy, and without sessions nobody remembers the first."),
            "Ongaro's thesis §6.3",
            Tone::Bad,
        ),
        ReplicaNote::Applied { index, client, asked, fresh: true, .. } => (
            format!("{node} adds {}'s {asked} to its feed", names(*client)),
            format!("Entry {index} {decided}."),
            deciding,
            Tone::Routine,
        ),
        ReplicaNote::Applied { index, client, asked, fresh: false, .. } => (
            format!("{node} knows {}'s {asked} already", names(*client)),
            format!("Entry {index} is a second copy of one that took effect: it has none."),
            "Ongaro's thesis §6.3",
            Tone::Routine,
        ),
    };
    said(tone, source, headline, reason)
}

fn phone(names: Names<'_>, node: NodeId, note: &PhoneNote) -> Sentence {
    let who = names(node);
    let (headline, reason, tone) = match note {
        PhoneNote::Asked { replica, deed } => {
            (format!("{who} sends a {deed} to {replica}"), String::new(), Tone::Routine)
        }
        PhoneNote::GaveUp { replica, waited, deed } => (
            format!("{who} gets no answer"),
            format!(
                "{replica} has not answered the {deed} for {} ms. It may have happened, or may yet happen, or never: the phone \
                 can't know.",
                waited.as_ms()
            ),
            Tone::Warning,
        ),
        PhoneNote::HeardLate { done: true, deed } => (
            format!("{who} learns that the {deed} happened after all"),
            "The answer came after the phone had given up: what was unknown is confirmed.".to_owned(),
            Tone::Good,
        ),
        PhoneNote::HeardLate { done: false, deed } => (
            format!("{who} learns that the {deed} did not happen"),
            "The refusal came after the phone had given up: what was unknown certainly failed.".to_owned(),
            Tone::Bad,
        ),
        PhoneNote::Attached { from, to } => (
            format!("{who} moves from {from} to {to}"),
            format!("From now on {to} answers, so {who} sees what {to} knows."),
            Tone::Routine,
        ),
        PhoneNote::Retried { replica, attempt, deed } => (
            format!("{who} sends the {deed} again, to {replica}"),
            format!(
                "It has no definite answer to {}. The first may have taken effect: only a session tells the second copy.",
                if *attempt == 1 { "the first attempt".to_owned() } else { format!("{attempt} attempts") }
            ),
            Tone::Routine,
        ),
        PhoneNote::RefusedEachTime { attempts, deed } => (
            format!("{who}'s {deed} is refused"),
            format!("All {attempts} attempts were refused, so none of them took effect."),
            Tone::Bad,
        ),
        PhoneNote::WasBusy => (
            format!("{who}'s phone is still waiting"),
            "One question at a time, and too many are in line: it did not take this one.".to_owned(),
            Tone::Warning,
        ),
    };
    said(tone, "the feed's specification", headline, reason)
}

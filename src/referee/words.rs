//! A verdict in words: what proves it, and which weaker guarantees were kept.

use std::fmt::Write;

use super::{Proof, Rung};
use crate::check::call::Call;
use crate::check::evidence::{Evidence, sentence};
use crate::check::feed::{Entry, FeedCalls, Question};
use crate::check::ladder::{Breach, Guarantee, Standing, judge_weaker};
use crate::check::spec::feed::{Feed, FeedAction, name};
use crate::node::{Micros, RequestId};
use crate::world::feed::FeedSetup;

/// How many configurations the ladder may look at: its owner waits for them.
const BUDGET: u64 = 20_000;

/// Who took part, and what they did: what people call an operation.
#[derive(Clone, Copy)]
pub(super) struct Names<'run> {
    pub(super) setup: FeedSetup,
    /// By invocation.
    pub(super) entries: &'run [Entry],
}

/// An operation, and its name in the run.
type Named<'run> = (&'run Call<FeedAction>, RequestId);

/// Microseconds as seconds with three digits: an answer may take a few milliseconds.
pub fn seconds(micros: u64) -> String {
    let ms = micros / 1_000;
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// What a guarantee is called.
pub fn title(guarantee: Guarantee) -> &'static str {
    match guarantee {
        Guarantee::ReadYourWrites => "Read your writes",
        Guarantee::MonotonicReads => "Monotonic reads",
        Guarantee::MonotonicWrites => "Monotonic writes",
        Guarantee::WritesFollowReads => "Writes follow reads",
        Guarantee::Causal => "Causal",
        Guarantee::Sequential => "Sequential",
        Guarantee::Linearizable => "Linearizable",
    }
}

/// What `evidence` against `calls` comes to; `ids` are their names in the run, and `whole` is its history.
pub(super) fn proof(
    names: Names<'_>,
    whole: &FeedCalls,
    calls: &[Call<FeedAction>],
    ids: &[RequestId],
    evidence: &Evidence,
    by: Micros,
) -> Proof {
    let named = |position: u32| (&calls[position as usize], ids[position as usize]);
    let operations: Vec<Named<'_>> = evidence.operations.iter().map(|&position| named(position)).collect();
    let from = operations.iter().map(|(call, _)| call.invoked).min().map_or(by, Micros);
    Proof {
        by,
        from,
        sentence: sentence(&Feed::default(), calls, evidence, &|position| names.brief(named(position))),
        operations: operations.iter().rev().map(|one| (one.1, names.words(*one, &operations))).collect(),
        decisive: evidence.decisive.iter().map(|&position| ids[position as usize]).collect(),
        ladder: names.ladder(whole),
    }
}

impl Names<'_> {
    fn text(&self, id: RequestId) -> &str {
        let entry = self.entries.binary_search_by_key(&id, |entry| entry.id).map(|position| &self.entries[position]);
        match entry.map(|entry| &entry.asked) {
            Ok(Question::Post(text)) => text,
            _ => "",
        }
    }

    fn person(&self, call: &Call<FeedAction>) -> &'static str {
        self.setup
            .phones()
            .find(|phone| u64::from(phone.0) == call.process)
            .map_or("somebody", |id| self.setup.person(id))
    }

    /// "Bo's “Rain again”".
    fn post(&self, (call, id): Named<'_>) -> String {
        format!("{}'s “{}”", self.person(call), self.text(id))
    }

    /// "Ana's read at 1.200 s".
    fn brief(&self, (call, id): Named<'_>) -> String {
        match &call.action {
            FeedAction::Post(_) => self.post((call, id)),
            FeedAction::Read(_) => format!("{}'s read at {} s", self.person(call), seconds(call.invoked)),
        }
    }

    /// "Ana reads, 1.200–1.240 s: misses Bo's “Rain again”".
    fn words(&self, (call, id): Named<'_>, all: &[Named<'_>]) -> String {
        let returned = call.returned.map_or("?".to_owned(), seconds);
        let (who, when) = (self.person(call), format!("{}–{returned} s", seconds(call.invoked)));
        let FeedAction::Read(shown) = &call.action else {
            return format!("{who} posts “{}”, {when}", self.text(id));
        };
        let is_missed = |(other, _): &&Named<'_>| match other.action {
            FeedAction::Post(post) => other.precedes(call) && !shown.contains(&post),
            FeedAction::Read(_) => false,
        };
        let missed: Vec<String> = all.iter().filter(is_missed).map(|one| self.post(*one)).collect();
        let newest = || {
            let newest = FeedAction::Post(*shown.last()?);
            let one = all.iter().find(|(other, _)| other.action == newest)?;
            Some(format!("newest is {}", self.post(*one)))
        };
        let what = if missed.is_empty() {
            newest().unwrap_or_else(|| format!("shows {} posts", shown.len()))
        } else {
            format!("misses {}", missed.join(" and "))
        };
        format!("{who} reads, {when}: {what}")
    }

    /// The ladder of a history that is not linearizable.
    fn ladder(&self, whole: &FeedCalls) -> Vec<Rung> {
        let rung = |(_, standing): (Guarantee, Standing)| match standing {
            Standing::Kept => Rung { kept: Some(true), why: String::new() },
            Standing::Unknown { explored, .. } => {
                Rung { kept: None, why: format!("No order was found among {explored} configurations.") }
            }
            Standing::Broken(against) => Rung { kept: Some(false), why: self.breach(whole, &against) },
        };
        let linearizable = Rung { kept: Some(false), why: String::new() };
        judge_weaker(&whole.calls, BUDGET).into_iter().map(rung).chain([linearizable]).collect()
    }

    fn breach(&self, whole: &FeedCalls, against: &Breach) -> String {
        let mut said = against.sentence.clone();
        for &position in &against.operations {
            let one = (&whole.calls[position as usize], whole.ids[position as usize]);
            if let FeedAction::Post(post) = one.0.action {
                said = said.replace(&name(post), &self.post(one));
            }
        }
        let reads = |position: &&u32| matches!(whole.calls[**position as usize].action, FeedAction::Read(_));
        let Some(&read) = against.operations.iter().rev().find(reads) else { return said };
        let mut why = self.brief((&whole.calls[read as usize], whole.ids[read as usize]));
        write!(why, ": {said}").expect("strings take everything");
        why
    }
}

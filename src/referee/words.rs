//! A verdict in words: what proves it, and which weaker guarantees were kept.

use std::fmt::Write;

use super::{Proof, Rung};
use crate::check::call::Call;
use crate::check::evidence::{Evidence, sentence};
use crate::check::feed::{Entry, FeedCalls};
use crate::check::ladder::{Counterexample, Guarantee, Standing, judge};
use crate::check::spec::feed::{Feed, FeedAction, name};
use crate::node::{Micros, RequestId};
use crate::store::feed::PostId;
use crate::world::feed::FeedSetup;

/// Over how many operations the ladder is judged: it takes time with the square of their number.
const JUDGED: usize = 240;

/// Who took part, and what they did: what people call an operation.
#[derive(Clone, Copy)]
pub(super) struct Names<'run> {
    pub(super) setup: FeedSetup,
    /// By invocation.
    pub(super) entries: &'run [Entry],
}

/// An operation, and its name in the run.
type Named<'run> = (&'run Call<FeedAction>, RequestId);

/// Microseconds as seconds with two digits.
pub fn seconds(micros: u64) -> String {
    let hundredths = micros / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
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
    let last = operations.last().map(|(_, id)| *id);
    Proof {
        by,
        from,
        sentence: sentence(&Feed, calls, evidence, &|position| names.brief(named(position))),
        operations: operations.iter().rev().map(|one| (one.1, names.words(*one, &operations))).collect(),
        ladder: names.ladder(whole, last),
    }
}

impl Names<'_> {
    fn text(&self, id: RequestId) -> &str {
        let entry = self.entries.binary_search_by_key(&id, |entry| entry.id).map(|position| &self.entries[position]);
        entry.ok().and_then(|entry| entry.text.as_deref()).unwrap_or("")
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

    /// "Ana's read at 1.20 s".
    fn brief(&self, (call, id): Named<'_>) -> String {
        match &call.action {
            FeedAction::Post(_) => self.post((call, id)),
            FeedAction::Read(_) => format!("{}'s read at {} s", self.person(call), seconds(call.invoked)),
        }
    }

    /// "Ana reads, 1.20–1.24 s: misses Bo's “Rain again”".
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

    /// The ladder of a history that is not linearizable, over the operations around `last`, the last one of the evidence.
    fn ladder(&self, whole: &FeedCalls, last: Option<RequestId>) -> Vec<Rung> {
        let near = around(whole, last);
        // The linearizable rung is known: no budget for it.
        let rung = |(guarantee, standing): (Guarantee, Standing)| match standing {
            _ if guarantee == Guarantee::Linearizable => Rung { kept: Some(false), why: String::new() },
            Standing::Kept => Rung { kept: Some(true), why: String::new() },
            Standing::Unknown => Rung { kept: None, why: String::new() },
            Standing::Broken(against) => Rung { kept: Some(false), why: self.counterexample(&near, &against) },
        };
        judge(&near.calls, 0).into_iter().map(rung).collect()
    }

    fn counterexample(&self, near: &FeedCalls, against: &Counterexample) -> String {
        let mut said = against.sentence.clone();
        for one in near.calls.iter().zip(near.ids.iter().copied()) {
            if let FeedAction::Post(post) = one.0.action {
                let formal = name(post);
                if said.contains(&formal) {
                    said = said.replace(&formal, &self.post(one));
                }
            }
        }
        let reads = |position: &&u32| matches!(near.calls[**position as usize].action, FeedAction::Read(_));
        let Some(&read) = against.operations.iter().rev().find(reads) else { return said };
        let mut why = self.brief((&near.calls[read as usize], near.ids[read as usize]));
        write!(why, ": {said}").expect("strings take everything");
        why
    }
}

/// At most [`JUDGED`] operations around one, and every post that they saw: what is impossible among them is so in the whole.
fn around(whole: &FeedCalls, last: Option<RequestId>) -> FeedCalls {
    let middle = whole.ids.iter().position(|id| Some(*id) == last).unwrap_or(0);
    let start = middle.saturating_sub(JUDGED / 2);
    let window = start..whole.calls.len().min(start + JUDGED);
    let mut seen: Vec<PostId> = Vec::new();
    for call in &whole.calls[window.clone()] {
        if let FeedAction::Read(posts) = &call.action {
            seen.extend(posts.iter().filter(|post| !seen.contains(post)).copied().collect::<Vec<_>>());
        }
    }
    let mut near = FeedCalls::default();
    for (position, (call, id)) in whole.calls.iter().zip(&whole.ids).enumerate() {
        let is_seen = matches!(&call.action, FeedAction::Post(post) if seen.contains(post));
        if window.contains(&position) || is_seen {
            near.calls.push(call.clone());
            near.ids.push(*id);
        }
    }
    near
}

//! A verdict in words: what proves it, which fault was active, and which weaker guarantees were kept.

use cap_lab::check::call::Call;
use cap_lab::check::evidence::sentence;
use cap_lab::check::feed::{FeedCalls, calls};
use cap_lab::check::ladder::{Counterexample, GUARANTEES, Guarantee, Standing, judge};
use cap_lab::check::measures::converged;
use cap_lab::check::spec::feed::{Feed, FeedAction, name};
use cap_lab::node::{Micros, RequestId};
use cap_lab::store::feed::{PostId, Request};
use cap_lab::world::feed::FeedRun;

use super::verdict::Broken;
use crate::ui::lab::{Rung, VerdictSheet, VerdictState};
use crate::ui::number::fixed;

/// What a sheet was made from: operations begun and ended, the verdict, and since when.
pub(super) type Stamp = (usize, u32, VerdictState, Option<Micros>);

/// Over how many operations the ladder is judged: it takes time with the square of their number.
const JUDGED: usize = 240;

/// The sheet of a verdict as of `now`.
pub(super) fn sheet(run: &FeedRun, now: Micros, state: VerdictState, broken: Option<&Broken>) -> VerdictSheet {
    let whole = calls(run.history(), now);
    let recovered = recovered(run, now, &whole);
    let meaning = match state {
        VerdictState::Linearizable => "One order of all operations explains every answer and keeps the order of time.",
        VerdictState::Checking => "An order of all operations is being looked for.",
        VerdictState::Unknown(_) => "Neither an order nor a proof against one was found within the budget.",
        VerdictState::NotLinearizable => "",
    };
    let Some(Broken { by, known, evidence }) = broken else {
        let ladder = if state == VerdictState::Linearizable { all_kept() } else { Vec::new() };
        let sentence = meaning.to_owned();
        return VerdictSheet { sentence, before: None, operations: Vec::new(), faults: Vec::new(), recovered, ladder };
    };
    let operations: Vec<(&Call<FeedAction>, RequestId)> = evidence
        .operations
        .iter()
        .map(|&position| (&known.calls[position as usize], known.ids[position as usize]))
        .collect();
    let from = operations.iter().map(|(call, _)| call.invoked).min().map_or(*by, Micros);
    let short = |position: u32| brief(run, &known.calls[position as usize], known.ids[position as usize]);
    VerdictSheet {
        sentence: sentence(&Feed, &known.calls, evidence, &short),
        before: Some(Micros(by.0.saturating_sub(1))),
        operations: operations.iter().rev().map(|(call, id)| words(run, call, *id, &operations)).collect(),
        faults: faults(run, from, *by),
        recovered,
        ladder: ladder(run, &whole, broken.and_then(|broken| broken.ids().last())),
    }
}

/// The faults that were active between two moments.
fn faults(run: &FeedRun, from: Micros, to: Micros) -> Vec<String> {
    let troubles = run.watch().events.troubles.iter();
    let active = troubles.filter(|one| one.from <= to && one.until.is_none_or(|until| until >= from));
    active
        .map(|one| {
            let what = one.node.map_or("links cut".to_owned(), |node| format!("{node} down"));
            let since = seconds(one.from.0);
            let until = one.until.map_or("now".to_owned(), |until| format!("{} s", seconds(until.0)));
            format!("{what}, {since} s to {until}")
        })
        .collect()
}

/// How long after the last healing all were up to date again, if it is known.
fn recovered(run: &FeedRun, now: Micros, whole: &FeedCalls) -> Option<String> {
    let troubles = || run.watch().events.troubles.iter();
    if whole.calls.len() > JUDGED * 4 || troubles().any(|one| one.until.is_none_or(|until| until > now)) {
        return None;
    }
    let healed = troubles().filter_map(|one| one.until).max()?;
    let since = converged(&whole.calls, healed)?;
    Some(format!("Nobody missed an older post from {} s after healing on", seconds(since.0 - healed.0)))
}

fn all_kept() -> Vec<Rung> {
    GUARANTEES.iter().map(|&one| Rung { name: title(one), kept: Some(true), why: String::new() }).collect()
}

fn title(guarantee: Guarantee) -> &'static str {
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

/// The ladder of a history that is not linearizable, over the operations around `last`, the last one of the evidence.
fn ladder(run: &FeedRun, whole: &FeedCalls, last: Option<RequestId>) -> Vec<Rung> {
    let near = around(whole, last);
    // The linearizable rung is known: no budget for it.
    let standings = judge(&near.calls, 0);
    let rung = |(guarantee, standing): (Guarantee, Standing)| {
        let (kept, why) = match standing {
            _ if guarantee == Guarantee::Linearizable => (Some(false), String::new()),
            Standing::Kept => (Some(true), String::new()),
            Standing::Unknown { .. } => (None, String::new()),
            Standing::Broken(against) => (Some(false), counterexample(run, &near, &against)),
        };
        Rung { name: title(guarantee), kept, why }
    };
    standings.into_iter().map(rung).collect()
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

fn counterexample(run: &FeedRun, near: &FeedCalls, against: &Counterexample) -> String {
    let mut said = against.sentence.clone();
    for (call, id) in near.calls.iter().zip(&near.ids) {
        if let FeedAction::Post(post) = call.action {
            let formal = name(post);
            if said.contains(&formal) {
                said = said.replace(&formal, &post_name(run, post, Some(*id)));
            }
        }
    }
    let reads = |position: &&u32| matches!(near.calls[**position as usize].action, FeedAction::Read(_));
    let Some(&read) = against.operations.iter().rev().find(reads) else { return said };
    let call = &near.calls[read as usize];
    format!("{}: {said}", brief(run, call, near.ids[read as usize]))
}

/// "Bo's “Rain again”".
fn post_name(run: &FeedRun, post: PostId, id: Option<RequestId>) -> String {
    let who = run.world().setup.person(post.author);
    match id.and_then(|id| run.history().get(id)).map(|operation| &operation.request) {
        Some(Request::Post(text)) => format!("{who}'s “{text}”"),
        _ => format!("a post of {who}"),
    }
}

/// "Ana's read at 1.20 s".
fn brief(run: &FeedRun, call: &Call<FeedAction>, id: RequestId) -> String {
    match &call.action {
        FeedAction::Post(post) => post_name(run, *post, Some(id)),
        FeedAction::Read(_) => format!("{}'s read at {} s", person(run, id), seconds(call.invoked)),
    }
}

fn person(run: &FeedRun, id: RequestId) -> &'static str {
    run.history().get(id).map_or("somebody", |operation| run.world().setup.person(operation.client))
}

/// "Ana reads, 1.20–1.24 s: misses Bo's “Rain again”".
fn words(run: &FeedRun, call: &Call<FeedAction>, id: RequestId, all: &[(&Call<FeedAction>, RequestId)]) -> String {
    let returned = call.returned.map_or("?".to_owned(), seconds);
    let (who, when) = (person(run, id), format!("{}–{returned} s", seconds(call.invoked)));
    let FeedAction::Read(shown) = &call.action else {
        let text = match run.history().get(id).map(|operation| &operation.request) {
            Some(Request::Post(text)) => text,
            _ => "",
        };
        return format!("{who} posts “{text}”, {when}");
    };
    let missed = all.iter().filter_map(|(other, id)| match other.action {
        FeedAction::Post(post) if other.precedes(call) && !shown.contains(&post) => {
            Some(post_name(run, post, Some(*id)))
        }
        _ => None,
    });
    let missed: Vec<String> = missed.collect();
    let newest = || {
        let newest = shown.last()?;
        let (_, id) = all.iter().find(|(other, _)| other.action == FeedAction::Post(*newest))?;
        Some(format!("newest is {}", post_name(run, *newest, Some(*id))))
    };
    let what = if missed.is_empty() {
        newest().unwrap_or_else(|| format!("shows {} posts", shown.len()))
    } else {
        format!("misses {}", missed.join(" and "))
    };
    format!("{who} reads, {when}: {what}")
}

/// Microseconds as seconds with two digits.
fn seconds(micros: u64) -> String {
    fixed(micros / 1_000, 2)
}

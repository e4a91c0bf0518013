//! Measures of a feed's history: how often it answered, how stale it was, and when it came together again.

use super::call::Call;
use super::feed::FeedHistory;
use super::spec::feed::FeedAction;
use crate::history::Outcome;
use crate::node::Micros;
use crate::store::feed::{PostId, READ_LENGTH, Request};

/// How many operations came to what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Availability {
    /// Answered with a result.
    pub done: u32,
    /// Refused.
    pub refused: u32,
    /// Given up by their clients.
    pub unknown: u32,
}

impl Availability {
    /// How many of a thousand that ended were answered with a result; `None` if none ended.
    pub fn per_mille(self) -> Option<u32> {
        let ended = self.done + self.refused + self.unknown;
        (ended > 0).then(|| self.done * 1_000 / ended)
    }
}

/// How a feed answered posts and reads until a moment.
pub fn availability(history: &FeedHistory, until: Micros) -> Availability {
    let mut counted = Availability::default();
    for operation in history.iter().filter(|operation| operation.ended().is_some_and(|at| at <= until)) {
        // Moves and an operator's requests are not what the feed is for.
        let count = match (&operation.request, &operation.outcome) {
            (Request::Attach(_) | Request::Operate(_), _) | (_, Outcome::Pending) => continue,
            (_, Outcome::Done { .. }) => &mut counted.done,
            (_, Outcome::Refused { .. }) => &mut counted.refused,
            (_, Outcome::Unknown { .. }) => &mut counted.unknown,
        };
        *count += 1;
    }
    counted
}

/// Of the reads that began so long after a post was confirmed, how many missed it ("probabilistically bounded staleness":
/// Bailis et al. 2012, §3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delay {
    /// The shortest time since the confirmation, in microseconds.
    pub from: u64,
    /// The time that is too long.
    pub until: u64,
    /// How many pairs of a post and a read there are.
    pub reads: u32,
    /// In how many of them the read missed the post.
    pub stale: u32,
}

/// The chance that a read is stale, by how long after a write it began: `bounds` ascend, in microseconds.
pub fn staleness_by_delay(calls: &[Call<FeedAction>], bounds: &[u64]) -> Vec<Delay> {
    assert!(bounds.is_sorted(), "bounds ascend");
    let mut delays: Vec<Delay> =
        bounds.windows(2).map(|pair| Delay { from: pair[0], until: pair[1], reads: 0, stale: 0 }).collect();
    for (post, confirmed) in confirmed(calls) {
        for (begun, posts) in reads(calls) {
            let Some(since) = begun.checked_sub(confirmed) else { continue };
            let Some(delay) = delays.iter_mut().find(|delay| (delay.from..delay.until).contains(&since)) else {
                continue;
            };
            // A full answer may have been crowded: it says nothing about what it lacks.
            if posts.contains(&post) {
                delay.reads += 1;
            } else if posts.len() < READ_LENGTH {
                delay.reads += 1;
                delay.stale += 1;
            }
        }
    }
    delays
}

/// When all came together again after `healed`: from this moment on, no read that began missed a post that was confirmed
/// before `healed`. `None` if the last read still did, or if nobody read since.
pub fn converged(calls: &[Call<FeedAction>], healed: Micros) -> Option<Micros> {
    let earlier: Vec<PostId> =
        confirmed(calls).filter(|(_, confirmed)| *confirmed <= healed.0).map(|(post, _)| post).collect();
    let mut since = None;
    for (begun, posts) in reads(calls).filter(|(begun, _)| *begun > healed.0) {
        let misses = posts.len() < READ_LENGTH && earlier.iter().any(|post| !posts.contains(post));
        if misses {
            since = None;
        } else if since.is_none() {
            since = Some(Micros(begun));
        }
    }
    since
}

/// Posts, and when each was confirmed.
fn confirmed(calls: &[Call<FeedAction>]) -> impl Iterator<Item = (PostId, u64)> {
    calls.iter().filter_map(|call| match call.action {
        FeedAction::Post(post) => call.returned.map(|returned| (post, returned)),
        FeedAction::Read(_) => None,
    })
}

/// Reads by invocation: when each began, and what it returned.
fn reads(calls: &[Call<FeedAction>]) -> impl Iterator<Item = (u64, &[PostId])> {
    calls.iter().filter_map(|call| match &call.action {
        FeedAction::Post(_) => None,
        FeedAction::Read(posts) => Some((call.invoked, &posts[..])),
    })
}

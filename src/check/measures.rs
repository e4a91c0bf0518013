//! Measures of a feed's history: how often it answered, how stale it was, and when it came together again.

use serde::{Deserialize, Serialize};

use super::feed::{Entry, Fate, FeedHistory, Shown};
use super::staleness::StalenessJudge;
use crate::history::Outcome;
use crate::node::Micros;
use crate::store::feed::{Place, Request};

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
            (Request::Attach(_) | Request::Admin(_), _) | (_, Outcome::Pending) => continue,
            (_, Outcome::Done { .. }) => &mut counted.done,
            (_, Outcome::Refused { .. }) => &mut counted.refused,
            (_, Outcome::Unknown { .. }) => &mut counted.unknown,
        };
        *count += 1;
    }
    counted
}

/// Of the reads that began so long after a post was confirmed, how many missed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Delay {
    /// How many pairs of a post and a read there are of which the read tells something: a full answer may lack an old post
    /// because newer ones crowded it out.
    pub reads: u32,
    /// In how many of them the read missed the post.
    pub stale: u32,
}

/// The bounds of the delays that are told apart, in microseconds: from one to the next.
pub const DELAYS: [u64; 9] = [0, 50_000, 100_000, 200_000, 400_000, 800_000, 1_600_000, 3_200_000, 6_400_000];

/// The chance that a read is stale, by how long after a write it began: how soon writes become visible ("t-visibility" in
/// probabilistically bounded staleness: Bailis et al. 2012, §3). Operations must be reported in the order of their returns.
#[derive(Clone, Debug, Default)]
pub struct Visibility {
    posts: StalenessJudge,
    /// All reads that have an answer.
    pub reads: u32,
    /// By delay: from each of [`DELAYS`] to the next.
    pub delays: [Delay; DELAYS.len() - 1],
}

impl Visibility {
    /// A post was confirmed at `at`.
    pub fn on_posted(&mut self, place: Place, at: Micros) {
        self.posts.on_posted(place, at);
    }

    /// A read that was invoked at `invoked` returned this.
    pub fn on_read(&mut self, invoked: Micros, shown: &Shown) {
        self.reads += 1;
        for (since, is_missing) in self.posts.seen(invoked, shown, Micros(DELAYS[DELAYS.len() - 1])) {
            let delay = &mut self.delays[DELAYS.partition_point(|from| *from <= since.0) - 1];
            delay.reads += 1;
            delay.stale += u32::from(is_missing);
        }
    }
}

/// When the feed converged after it was `healed`, as of `until`: from this moment on no read that began was stale by a post
/// that had been confirmed by `healed`. `None` if the last read still was, or if nobody read since. `entries` are by
/// invocation.
pub fn converged(entries: &[Entry], until: Micros, healed: Micros) -> Option<Micros> {
    let ended = |entry: &'_ Entry| entry.ended.clone().filter(|(at, _)| *at <= until);
    let earlier: Vec<Place> = entries
        .iter()
        .filter_map(|entry| match ended(entry) {
            Some((at, Fate::Posted(place))) if at <= healed => Some(place),
            _ => None,
        })
        .collect();
    let mut since = None;
    for entry in entries.iter().filter(|entry| entry.invoked > healed) {
        let Some((_, Fate::Read(shown))) = ended(entry) else { continue };
        if earlier.iter().any(|place| shown.misses(*place)) {
            since = None;
        } else if since.is_none() {
            since = Some(entry.invoked);
        }
    }
    since
}

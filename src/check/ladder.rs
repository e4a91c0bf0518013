//! The ladder of guarantees: which of them a feed's history kept, and what proves that it broke the others.
//!
//! Four are promises to one person (Terry et al. 1994, "Session guarantees for weakly consistent replicated data"); three are
//! about the run as a whole, each stronger than the one before:
//!
//! - *Read your writes*: a read holds what its reader posted before.
//! - *Monotonic reads*: a read holds what its reader saw before.
//! - *Monotonic writes*: a read that holds a post holds what its author posted before, in that order.
//! - *Writes follow reads*: a read that holds a post holds what its author had seen before posting.
//! - *Causal* (Bouajjani et al. 2017, "On verifying causal consistency", §3.2, where it is CC): each read is explained by some
//!   order of what happened before it, which is all of these over any number of steps and people. Two people need not agree on
//!   the order of what did not happen before one another.
//! - *Sequential* (Lamport 1979): one order of all operations explains all reads and keeps each person's order.
//! - *Linearizable* (Herlihy & Wing 1990): so does one that keeps the order of time too.
//!
//! A read returns [`READ_LENGTH`] posts at most: one that is full may leave out a post that comes before all it holds. It is
//! blamed only if it holds a post that is known to come before the missing one.
//!
//! All but the last two are decided over the whole history: those of a session in time that grows with the number of operations
//! (times the [`READ_LENGTH`] posts of a read), causality in time that grows with its square divided by 64. Those last two are
//! NP-complete (Gibbons & Korach 1997). That a history is not sequential is seen at once if it is not causal, or if two reads
//! disagree on which post comes before another one; else an order is searched for, and if the budget ends before that, the
//! answer is "unknown", with what was looked at.
//!
//! Left out: causal memory (Ahamad et al. 1995), which also asks that one order explains all reads of a person.

mod run;
mod sessions;

use super::call::Call;
use super::evidence::Evidence;
use super::linearizability::{Checker, Verdict};
use super::spec::feed::{Feed, FeedAction, name};
use crate::sorted::SortedMap;
use crate::store::feed::{PostId, READ_LENGTH};

/// A rung.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Guarantee {
    /// To one person.
    ReadYourWrites,
    /// To one person.
    MonotonicReads,
    /// To one person.
    MonotonicWrites,
    /// To one person.
    WritesFollowReads,
    /// Of the run.
    Causal,
    /// Of the run.
    Sequential,
    /// Of the run.
    Linearizable,
}

/// All of them, the weaker ones first.
pub const GUARANTEES: [Guarantee; 7] = [
    Guarantee::ReadYourWrites,
    Guarantee::MonotonicReads,
    Guarantee::MonotonicWrites,
    Guarantee::WritesFollowReads,
    Guarantee::Causal,
    Guarantee::Sequential,
    Guarantee::Linearizable,
];

/// What proves that a guarantee was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The operations to look at, as positions in what was judged, by invocation: the reads, and the posts that the sentence
    /// names.
    pub operations: Vec<u32>,
    /// Whom it happened to: the process of the last read.
    pub process: u64,
    /// What is wrong, in one sentence.
    pub sentence: String,
}

/// How a guarantee stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Kept.
    Kept,
    /// Broken, the first time so.
    Broken(Breach),
    /// Nobody knows: the search was too long.
    Unknown {
        /// How many configurations were looked at.
        explored: u64,
        /// How many of the operations the longest order has that was found.
        ordered: u32,
    },
}

/// How each guarantee stands in a feed's history. For sequential consistency and for linearizability `budget` configurations
/// are looked at, each.
pub fn judge(calls: &[Call<FeedAction>], budget: u64) -> Vec<(Guarantee, Standing)> {
    let posts = Posts::new(calls);
    let linearizable = posts.searched(Checker::new(Feed::default(), calls.to_vec()), budget);
    let sequential = (linearizable == Standing::Kept).then_some(Standing::Kept);
    let mut standings = posts.weaker(sequential, budget);
    standings.push((Guarantee::Linearizable, linearizable));
    standings
}

/// As [`judge`], but for linearizability, of a history that is known not to have it.
pub fn judge_weaker(calls: &[Call<FeedAction>], budget: u64) -> Vec<(Guarantee, Standing)> {
    Posts::new(calls).weaker(None, budget)
}

/// A read, with its posts by place.
struct ReadOf {
    call: u32,
    posts: Vec<usize>,
}

impl ReadOf {
    fn has(&self, post: usize) -> bool {
        self.posts.contains(&post)
    }

    fn is_full(&self) -> bool {
        self.posts.len() >= READ_LENGTH
    }

    /// Whether it should hold `post` and does not; `earlier` tells what is known to come before that.
    fn misses(&self, post: usize, mut earlier: impl FnMut(usize) -> bool) -> bool {
        !self.has(post) && (!self.is_full() || self.posts.iter().any(|&held| earlier(held)))
    }
}

/// The posts of a history, and its reads.
struct Posts<'history> {
    calls: &'history [Call<FeedAction>],
    /// By invocation; behind them those that reads showed and nobody posted.
    ids: Vec<PostId>,
    /// The call of each; `None` if nobody posted it.
    authored: Vec<Option<u32>>,
    /// By invocation.
    reads: Vec<ReadOf>,
}

impl<'history> Posts<'history> {
    fn new(calls: &'history [Call<FeedAction>]) -> Self {
        let (mut ids, mut authored) = (Vec::new(), Vec::new());
        let mut places: SortedMap<PostId, usize> = SortedMap::new();
        for (position, call) in calls.iter().enumerate() {
            if let FeedAction::Post(id) = call.action {
                places.insert(id, ids.len());
                ids.push(id);
                authored.push(Some(position as u32));
            }
        }
        let mut reads = Vec::new();
        for (position, call) in calls.iter().enumerate() {
            let FeedAction::Read(shown) = &call.action else { continue };
            let mut posts = Vec::new();
            for id in shown.iter() {
                let place = places.get(id).copied().unwrap_or(ids.len());
                if place == ids.len() {
                    places.insert(*id, place);
                    ids.push(*id);
                    authored.push(None);
                }
                posts.push(place);
            }
            reads.push(ReadOf { call: position as u32, posts });
        }
        Self { calls, ids, authored, reads }
    }

    fn call(&self, position: u32) -> &Call<FeedAction> {
        &self.calls[position as usize]
    }

    /// How all but the last stand, of which the last but one may be known.
    fn weaker(&self, sequential: Option<Standing>, budget: u64) -> Vec<(Guarantee, Standing)> {
        let stands = |found: Option<Breach>| found.map_or(Standing::Kept, Standing::Broken);
        let causal = self.causal();
        let sequential = sequential.unwrap_or_else(|| match causal.clone().or_else(|| self.order()) {
            None => self.searched(Checker::sequential(Feed::default(), self.calls.to_vec()), budget),
            found => stands(found),
        });
        vec![
            (Guarantee::ReadYourWrites, stands(self.read_your_writes())),
            (Guarantee::MonotonicReads, stands(self.monotonic_reads())),
            (Guarantee::MonotonicWrites, stands(self.monotonic_writes())),
            (Guarantee::WritesFollowReads, stands(self.writes_follow_reads())),
            (Guarantee::Causal, stands(causal)),
            (Guarantee::Sequential, sequential),
        ]
    }

    fn searched(&self, mut checker: Checker<Feed>, budget: u64) -> Standing {
        match checker.step(budget).unwrap_or_else(|| checker.give_up()) {
            Verdict::Linearizable(_) => Standing::Kept,
            Verdict::NotLinearizable(evidence) => Standing::Broken(self.impossible(&evidence)),
            Verdict::Unknown { explored, .. } => Standing::Unknown { explored, ordered: checker.ordered() as u32 },
        }
    }

    /// Against a read: what the sentence names, posts by place and `others`.
    fn breach(&self, posts: &[usize], others: &[u32], read: &ReadOf, sentence: String) -> Breach {
        let mut operations: Vec<u32> = posts.iter().filter_map(|&post| self.authored[post]).collect();
        operations.extend(others);
        operations.push(read.call);
        operations.sort_unstable();
        operations.dedup();
        Breach { operations, process: self.call(read.call).process, sentence }
    }

    fn name(&self, post: usize) -> String {
        name(self.ids[post])
    }

    /// Whether a post is known to come before another one: it has the same author, who sent it before.
    fn sent_before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.ids[one], self.ids[other]);
        one.author == other.author && one.number < other.number
    }

    fn impossible(&self, evidence: &Evidence) -> Breach {
        let who = |one: u32| {
            let call = self.call(one);
            match &call.action {
                FeedAction::Post(id) => name(*id),
                FeedAction::Read(posts) => format!("a read of {} posts", posts.len()),
            }
        };
        let sentence = super::evidence::sentence(&Feed::default(), self.calls, evidence, &who);
        let is_read = |one: &&u32| matches!(self.call(**one).action, FeedAction::Read(_));
        let last = evidence.operations.iter().rev().find(is_read).unwrap_or(&evidence.operations[0]);
        let process = self.call(*last).process;
        Breach { operations: evidence.operations.clone(), process, sentence }
    }
}

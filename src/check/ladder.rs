//! The ladder of guarantees: which of them a feed's history kept, and what proves that it broke the others.
//!
//! Four are promises to one person (Terry et al. 1994, "Session guarantees for weakly consistent replicated data"); three are
//! about the run as a whole, each stronger than the one before:
//!
//! - *Read your writes*: a read holds what its reader posted before.
//! - *Monotonic reads*: a read holds what its reader saw before.
//! - *Monotonic writes*: a read that holds a post holds what its author posted before, in that order.
//! - *Writes follow reads*: a read that holds a post holds what its author had seen before posting.
//! - *Causal* (Ahamad et al. 1995): all of these, over any number of steps and people.
//! - *Sequential* (Lamport 1979): one order of all operations explains all reads and keeps each person's order.
//! - *Linearizable* (Herlihy & Wing 1990): so does one that keeps the order of time too.
//!
//! A read returns [`READ_LENGTH`] posts at most: one that is full may leave out a post that comes before all it holds. It is
//! blamed only if it holds a post that is known to come before the missing one.
//!
//! Left out: a full search for a sequential order. A history that is not linearizable breaks sequential consistency here if two
//! reads disagree on the order of two posts, or if it is not causal. Otherwise the answer is that nobody knows.

use super::call::Call;
use super::evidence::Evidence;
use super::linearizability::{Verdict, check};
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
pub struct Counterexample {
    /// The operations to look at, as positions in what was judged, by invocation.
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
    Broken(Counterexample),
    /// Nobody knows: the search was too long.
    Unknown,
}

/// How each guarantee stands in a feed's history. For linearizability `budget` configurations are looked at.
pub fn judge(calls: &[Call<FeedAction>], budget: u64) -> Vec<(Guarantee, Standing)> {
    let posts = Posts::new(calls);
    let linearizable = check(Feed, calls.to_vec(), budget, &mut || false);
    GUARANTEES.iter().map(|&guarantee| (guarantee, posts.standing(guarantee, &linearizable))).collect()
}

/// A set of posts, by their places in [`Posts::ids`].
#[derive(Clone, Default)]
struct PostSet(Vec<u64>);

impl PostSet {
    fn add(&mut self, post: usize) {
        if self.0.len() <= post / 64 {
            self.0.resize(post / 64 + 1, 0);
        }
        self.0[post / 64] |= 1 << (post % 64);
    }

    fn has(&self, post: usize) -> bool {
        self.0.get(post / 64).is_some_and(|word| word >> (post % 64) & 1 == 1)
    }

    fn add_all(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|&post| self.has(post))
    }
}

/// What a process comes to know by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Sent,
    Read,
    Confirmed,
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
    /// By invocation.
    ids: Vec<PostId>,
    /// The call of each; `None` if nobody posted what a read showed.
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

    fn standing(&self, guarantee: Guarantee, linearizable: &Verdict) -> Standing {
        let found = match guarantee {
            Guarantee::ReadYourWrites => self.read_your_writes(),
            Guarantee::MonotonicReads => self.monotonic_reads(),
            Guarantee::MonotonicWrites => self.monotonic_writes(),
            Guarantee::WritesFollowReads => self.writes_follow_reads(),
            Guarantee::Causal => self.causal(),
            Guarantee::Sequential => match linearizable {
                Verdict::Linearizable(_) => None,
                Verdict::NotLinearizable(_) | Verdict::Unknown { .. } => match self.causal().or_else(|| self.order()) {
                    None => return Standing::Unknown,
                    found => found,
                },
            },
            Guarantee::Linearizable => match linearizable {
                Verdict::Linearizable(_) => None,
                Verdict::NotLinearizable(evidence) => Some(self.not_linearizable(evidence)),
                Verdict::Unknown { .. } => return Standing::Unknown,
            },
        };
        found.map_or(Standing::Kept, Standing::Broken)
    }

    fn counterexample(&self, mut operations: Vec<u32>, read: &ReadOf, sentence: String) -> Counterexample {
        operations.push(read.call);
        operations.sort_unstable();
        operations.dedup();
        Counterexample { operations, process: self.call(read.call).process, sentence }
    }

    fn name(&self, post: usize) -> String {
        name(self.ids[post])
    }

    /// Whether a post is known to come before another one: it has the same author, who sent it before.
    fn sent_before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.ids[one], self.ids[other]);
        one.author == other.author && one.number < other.number
    }

    fn read_your_writes(&self) -> Option<Counterexample> {
        self.reads.iter().find_map(|read| {
            let call = self.call(read.call);
            let is_own = |post: &usize| {
                let authored = self.authored[*post].map(|author| self.call(author));
                authored.is_some_and(|author| author.process == call.process && author.precedes(call))
            };
            let missed = (0..self.ids.len())
                .filter(is_own)
                .find(|&post| read.misses(post, |held| self.sent_before(held, post)))?;
            let sentence = format!("This read lacks {}, which its reader had sent before.", self.name(missed));
            Some(self.counterexample(self.authored[missed].into_iter().collect(), read, sentence))
        })
    }

    fn monotonic_reads(&self) -> Option<Counterexample> {
        let mut latest: SortedMap<u64, &ReadOf> = SortedMap::new();
        for read in &self.reads {
            let Some(before) = latest.insert(self.call(read.call).process, read) else { continue };
            let missed = before
                .posts
                .iter()
                .enumerate()
                .find(|(place, post)| read.misses(**post, |held| before.posts[..*place].contains(&held)));
            if let Some((_, &missed)) = missed {
                let sentence = format!("This read lacks {}, which its reader had seen before.", self.name(missed));
                return Some(self.counterexample(vec![before.call], read, sentence));
            }
        }
        None
    }

    fn monotonic_writes(&self) -> Option<Counterexample> {
        for read in &self.reads {
            for (place, &later) in read.posts.iter().enumerate() {
                let earlier = |&post: &usize| self.sent_before(post, later);
                if let Some(swapped) = read.posts[place + 1..].iter().copied().find(|post| earlier(post)) {
                    let (one, other) = (self.name(swapped), self.name(later));
                    let sentence = format!("This read shows {other} before {one}, which was sent before it.");
                    return Some(self.with_posts(&[swapped, later], read, sentence));
                }
                let confirmed = |&post: &usize| match (self.authored[post], self.authored[later]) {
                    (Some(one), Some(other)) => self.call(one).precedes(self.call(other)),
                    _ => false,
                };
                let missed = (0..self.ids.len())
                    .filter(earlier)
                    .filter(confirmed)
                    .find(|&post| read.misses(post, |held| self.sent_before(held, post)));
                if let Some(missed) = missed {
                    let (one, other) = (self.name(missed), self.name(later));
                    let sentence =
                        format!("This read holds {other} and lacks {one}, which was confirmed before that was sent.");
                    return Some(self.with_posts(&[missed, later], read, sentence));
                }
            }
        }
        None
    }

    fn with_posts(&self, posts: &[usize], read: &ReadOf, sentence: String) -> Counterexample {
        let authored = posts.iter().filter_map(|&post| self.authored[post]).collect();
        self.counterexample(authored, read, sentence)
    }

    fn writes_follow_reads(&self) -> Option<Counterexample> {
        // By author: which read showed them a post first.
        let mut shown: SortedMap<u64, SortedMap<usize, u32>> = SortedMap::new();
        for read in &self.reads {
            let by_reader = shown.or_default(self.call(read.call).process);
            for &post in &read.posts {
                if !by_reader.contains_key(&post) {
                    by_reader.insert(post, read.call);
                }
            }
        }
        for read in &self.reads {
            for &held in &read.posts {
                let Some(authored) = self.authored[held] else { continue };
                let Some(seen) = shown.get(&self.call(authored).process) else { continue };
                let missed = seen.iter().find(|(post, by)| {
                    self.call(**by).precedes(self.call(authored))
                        && read.misses(**post, |other| self.sent_before(other, **post))
                });
                if let Some((&missed, &by)) = missed {
                    let (one, other) = (self.name(missed), self.name(held));
                    let sentence =
                        format!("This read holds {other} and lacks {one}, which its author had seen before.");
                    return Some(self.counterexample(vec![authored, by], read, sentence));
                }
            }
        }
        None
    }

    /// What happened before each operation (Lamport 1978): what its process did and saw, and what happened before that.
    fn causal(&self) -> Option<Counterexample> {
        // A post's past is what was known when it was sent, a read's when it returned. At the same moment nothing is known
        // of each other.
        let mut events: Vec<(u64, Event, usize)> = Vec::new();
        for (post, authored) in self.authored.iter().enumerate() {
            let Some(authored) = authored.map(|authored| self.call(authored)) else { continue };
            events.push((authored.invoked, Event::Sent, post));
            events.extend(authored.returned.map(|returned| (returned, Event::Confirmed, post)));
        }
        for (place, read) in self.reads.iter().enumerate() {
            events.push((self.call(read.call).returned.unwrap_or(u64::MAX), Event::Read, place));
        }
        events.sort_unstable();
        let mut known: SortedMap<u64, PostSet> = SortedMap::new();
        let mut past = vec![PostSet::default(); self.ids.len()];
        for (_, event, place) in events {
            if event != Event::Read {
                let authored = self.call(self.authored[place].expect("it was sent"));
                let known = known.or_default(authored.process);
                if event == Event::Sent {
                    past[place] = known.clone();
                } else {
                    known.add(place);
                }
                continue;
            }
            let read = &self.reads[place];
            let known = known.or_default(self.call(read.call).process);
            for &post in &read.posts {
                known.add_all(&past[post]);
                known.add(post);
            }
            if let Some(found) = self.against_causes(read, known, &past) {
                return Some(found);
            }
        }
        None
    }

    fn against_causes(&self, read: &ReadOf, known: &PostSet, past: &[PostSet]) -> Option<Counterexample> {
        for (place, &effect) in read.posts.iter().enumerate() {
            if let Some(&cause) = read.posts[place + 1..].iter().find(|cause| past[effect].has(**cause)) {
                let (one, other) = (self.name(cause), self.name(effect));
                let sentence = format!("This read shows {other} before {one}, which happened before it.");
                return Some(self.with_posts(&[cause, effect], read, sentence));
            }
        }
        let returned = |post: &usize| {
            // What its reader sent and had not confirmed when this read began may come after it.
            let authored = self.authored[*post].map(|authored| self.call(authored));
            let is_own = authored.is_some_and(|authored| authored.process == self.call(read.call).process);
            !is_own || authored.is_some_and(|authored| authored.precedes(self.call(read.call)))
        };
        let missed = known.iter().filter(returned).find(|&post| read.misses(post, |held| past[post].has(held)))?;
        let sentence = match read.posts.iter().find(|held| past[**held].has(missed)) {
            Some(&held) => {
                let (one, other) = (self.name(missed), self.name(held));
                format!("This read holds {other} and lacks {one}, which happened before it.")
            }
            None => format!("This read lacks {}, which happened before it.", self.name(missed)),
        };
        Some(self.with_posts(&[missed], read, sentence))
    }

    /// Two reads that disagree on which of two posts came first.
    fn order(&self) -> Option<Counterexample> {
        let mut real = PostSet::default();
        for (post, authored) in self.authored.iter().enumerate() {
            if authored.is_some_and(|authored| self.call(authored).returned.is_some()) {
                real.add(post);
            }
        }
        self.reads.iter().flat_map(|read| &read.posts).for_each(|&post| real.add(post));
        // By post: what some read says came after it, and which read.
        let mut after: Vec<SortedMap<usize, u32>> = vec![SortedMap::new(); self.ids.len()];
        // Twice: what a later read says on the order may tell what an earlier, full one lacks.
        for read in self.reads.iter().chain(&self.reads) {
            let not_yet_there: Vec<usize> = real
                .iter()
                .filter(|&other| {
                    read.misses(other, |held| self.sent_before(held, other) || after[held].contains_key(&other))
                })
                .collect();
            for (place, &post) in read.posts.iter().enumerate() {
                for &later in read.posts[place + 1..].iter().chain(&not_yet_there) {
                    if let Some(&witness) = after[later].get(&post) {
                        let (one, other) = (self.name(post), self.name(later));
                        let sentence =
                            format!("One read has {one} in the feed before {other}, the other one has it after.");
                        return Some(self.counterexample(vec![witness], read, sentence));
                    }
                    if !after[post].contains_key(&later) {
                        after[post].insert(later, read.call);
                    }
                }
            }
        }
        None
    }

    fn not_linearizable(&self, evidence: &Evidence) -> Counterexample {
        let who = |one: u32| {
            let call = self.call(one);
            match &call.action {
                FeedAction::Post(id) => name(*id),
                FeedAction::Read(posts) => format!("a read of {} posts", posts.len()),
            }
        };
        let sentence = super::evidence::sentence(&Feed, self.calls, evidence, &who);
        let is_read = |one: &&u32| matches!(self.call(**one).action, FeedAction::Read(_));
        let last = evidence.operations.iter().rev().find(is_read).unwrap_or(&evidence.operations[0]);
        let process = self.call(*last).process;
        Counterexample { operations: evidence.operations.clone(), process, sentence }
    }
}

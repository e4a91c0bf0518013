//! The guarantees of a run as a whole, as far as they take no search: what happened before what, and in which order reads show
//! posts.

use super::{Breach, Posts, ReadOf};
use crate::sorted::SortedMap;

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

    /// Those from the place `from` on.
    fn iter_from(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        let words = (from / 64..self.0.len()).flat_map(|index| {
            let mut left = self.0[index];
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(index * 64 + bit)
            })
        });
        words.filter(move |&post| post >= from)
    }
}

/// What a process comes to know by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Sent,
    Read,
    Confirmed,
}

impl Posts<'_> {
    /// What happened before each operation (Lamport 1978): what its process did and saw, and what happened before that.
    pub(super) fn causal(&self) -> Option<Breach> {
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
                // Who knows of a post knows of what happened before it.
                if !known.has(post) {
                    known.add_all(&past[post]);
                    known.add(post);
                }
            }
            if let Some(found) = self.against_causes(read, known, &past) {
                return Some(found);
            }
        }
        None
    }

    fn against_causes(&self, read: &ReadOf, known: &PostSet, past: &[PostSet]) -> Option<Breach> {
        for (place, &effect) in read.posts.iter().enumerate() {
            if let Some(&cause) = read.posts[place + 1..].iter().find(|cause| past[effect].has(**cause)) {
                let (one, other) = (self.name(cause), self.name(effect));
                let sentence = format!("This read shows {other} before {one}, which happened before it.");
                return Some(self.breach(&[cause, effect], &[], read, sentence));
            }
        }
        let returned = |post: &usize| {
            // What its reader sent and had not confirmed when this read began may come after it.
            let authored = self.authored[*post].map(|authored| self.call(authored));
            let is_own = authored.is_some_and(|authored| authored.process == self.call(read.call).process);
            !is_own || authored.is_some_and(|authored| authored.precedes(self.call(read.call)))
        };
        // A full read may lack what none of its posts happened before. Those were sent earlier, and places go by that.
        let from = if read.is_full() { read.posts.iter().copied().min().unwrap_or(0) } else { 0 };
        let mut lacked = known.iter_from(from).filter(returned);
        let missed = lacked.find(|&post| read.misses(post, |held| past[post].has(held)))?;
        let one = self.name(missed);
        let (posts, sentence) = match read.posts.iter().find(|held| past[**held].has(missed)) {
            Some(&held) => {
                let other = self.name(held);
                (vec![missed, held], format!("This read holds {other} and lacks {one}, which happened before it."))
            }
            None => (vec![missed], format!("This read lacks {one}, which happened before it.")),
        };
        Some(self.breach(&posts, &[], read, sentence))
    }

    /// Two reads that disagree on which of two posts came first.
    ///
    /// A read shows posts that follow each other in the feed, without a gap: up to the latest one, and from the beginning
    /// unless it is full. So it says of each post which one comes right before it, and of all but its last which one right
    /// after. If another read says otherwise, the two see the posts in different orders.
    pub(super) fn order(&self) -> Option<Breach> {
        // By post: what comes right after it and right before it, and which read says so. Behind all: the beginning.
        let beginning = self.ids.len();
        let mut after: Vec<Option<(usize, u32)>> = vec![None; beginning + 1];
        let mut before = after.clone();
        for read in &self.reads {
            let start = (!read.is_full()).then_some(beginning);
            let chain: Vec<usize> = start.into_iter().chain(read.posts.iter().copied()).collect();
            for pair in chain.windows(2) {
                let [one, next] = [pair[0], pair[1]];
                let (known_next, by_next) = *after[one].get_or_insert((next, read.call));
                let (known_one, by_one) = *before[next].get_or_insert((one, read.call));
                // Of the two that are said to stand next to the same one: who has them which way round.
                let (first, second, witness) = match known_one {
                    _ if known_next != next => (known_next, next, by_next),
                    _ if known_one == one => continue,
                    _ if known_one == beginning => (next, one, by_one),
                    _ if one == beginning => (known_one, next, by_one),
                    _ => (one, known_one, by_one),
                };
                let (one, other) = (self.name(first), self.name(second));
                let sentence = format!("One read has {one} in the feed before {other}, the other one has it after.");
                return Some(self.breach(&[first, second], &[witness], read, sentence));
            }
        }
        None
    }
}

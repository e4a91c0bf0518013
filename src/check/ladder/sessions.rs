//! The guarantees of a session, in time that grows with the number of operations.
//!
//! Each asks of a read the same question: of the posts of one author, from some number on, is there one that had got somewhere
//! before some moment (was confirmed, was seen) and that the read lacks? A read holds [`READ_LENGTH`] posts at most, so
//! whoever goes through such a list has an answer after few of them, if what got there later can be left out: see
//! [`Line::first_missed`].
//!
//! [`READ_LENGTH`]: crate::store::feed::READ_LENGTH

use super::{Breach, Posts, ReadOf};
use crate::node::NodeId;
use crate::sorted::SortedMap;

/// A post that got somewhere.
#[derive(Clone, Copy)]
struct Entry {
    number: u32,
    post: usize,
    /// When.
    at: u64,
    /// Which operation says so.
    by: u32,
}

/// Posts of one author that got somewhere, by number.
struct Line {
    entries: Vec<Entry>,
    /// By position in that list: the earliest of the moments from there on.
    earliest: Vec<u64>,
}

impl Line {
    fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.number);
        let mut earliest: Vec<u64> = entries.iter().map(|entry| entry.at).collect();
        for position in (1..earliest.len()).rev() {
            earliest[position - 1] = earliest[position - 1].min(earliest[position]);
        }
        Self { entries, earliest }
    }

    /// The first post numbered `from` or higher that got there before `before`, and that `read` lacks.
    fn first_missed(&self, from: u32, before: u64, read: &ReadOf) -> Option<Entry> {
        let start = self.entries.partition_point(|entry| entry.number < from);
        let some_are_left = |position: &usize| self.earliest[*position] < before;
        let mut entries = (start..self.entries.len()).take_while(some_are_left).map(|position| self.entries[position]);
        entries.find(|entry| entry.at < before && !read.has(entry.post))
    }
}

/// By author.
type Entries = SortedMap<NodeId, Vec<Entry>>;
type Lines = SortedMap<NodeId, Line>;

fn lines(mut entries: Entries) -> Lines {
    let mut lines = SortedMap::new();
    for (author, entries) in entries.take_where(|_| true) {
        lines.insert(author, Line::new(entries));
    }
    lines
}

impl Posts<'_> {
    /// From which of an author's posts on a read has to hold all: a full one may lack what comes before all it holds.
    fn held_from(&self, read: &ReadOf, author: NodeId) -> Option<u32> {
        if !read.is_full() {
            return Some(0);
        }
        let numbers = read.posts.iter().map(|&post| self.ids[post]).filter(|id| id.author == author);
        numbers.map(|id| id.number).min()
    }

    /// The posts that were confirmed, and when.
    fn confirmed(&self) -> Lines {
        let mut entries = Entries::new();
        for (post, (id, by)) in self.ids.iter().zip(&self.authored).enumerate() {
            if let Some(by) = *by
                && let Some(at) = self.call(by).returned
            {
                entries.or_default(id.author).push(Entry { number: id.number, post, at, by });
            }
        }
        lines(entries)
    }

    /// By author of a read's posts: the latest of them that somebody is known to have sent, and that operation.
    fn latest_by_author(&self, read: &ReadOf) -> SortedMap<NodeId, (usize, u32)> {
        let mut latest: SortedMap<NodeId, (usize, u32)> = SortedMap::new();
        for &post in &read.posts {
            let Some(by) = self.authored[post] else { continue };
            let author = self.ids[post].author;
            if latest.get(&author).is_none_or(|(other, _)| self.sent_before(*other, post)) {
                latest.insert(author, (post, by));
            }
        }
        latest
    }

    pub(super) fn read_your_writes(&self) -> Option<Breach> {
        let confirmed = self.confirmed();
        let mut authors: SortedMap<u64, NodeId> = SortedMap::new();
        for (id, by) in self.ids.iter().zip(&self.authored) {
            by.map(|by| authors.insert(self.call(by).process, id.author));
        }
        self.reads.iter().find_map(|read| {
            let call = self.call(read.call);
            let author = *authors.get(&call.process)?;
            let missed = confirmed.get(&author)?.first_missed(self.held_from(read, author)?, call.invoked, read)?;
            let sentence = format!("This read lacks {}, which its reader had sent before.", self.name(missed.post));
            Some(self.breach(&[missed.post], &[], read, sentence))
        })
    }

    pub(super) fn monotonic_reads(&self) -> Option<Breach> {
        let mut earlier: SortedMap<u64, Vec<&ReadOf>> = SortedMap::new();
        for read in &self.reads {
            let earlier = earlier.or_default(self.call(read.call).process);
            let latest = earlier.iter().rev().find(|other| self.call(other.call).precedes(self.call(read.call)));
            if let Some(before) = latest {
                let is_missed = |(place, post): &(usize, &usize)| {
                    read.misses(**post, |held| before.posts[..*place].contains(&held))
                };
                if let Some((_, &missed)) = before.posts.iter().enumerate().find(is_missed) {
                    let sentence = format!("This read lacks {}, which its reader had seen before.", self.name(missed));
                    return Some(self.breach(&[missed], &[before.call], read, sentence));
                }
            }
            earlier.push(read);
        }
        None
    }

    pub(super) fn monotonic_writes(&self) -> Option<Breach> {
        let confirmed = self.confirmed();
        for read in &self.reads {
            for (place, &later) in read.posts.iter().enumerate() {
                let swapped = read.posts[place + 1..].iter().copied().find(|&post| self.sent_before(post, later));
                if let Some(swapped) = swapped {
                    let (one, other) = (self.name(swapped), self.name(later));
                    let sentence = format!("This read shows {other} before {one}, which was sent before it.");
                    return Some(self.breach(&[swapped, later], &[], read, sentence));
                }
            }
            // Whatever was confirmed before an earlier post was sent was so before the latest one was.
            for (author, &(later, by)) in self.latest_by_author(read).iter() {
                let sent = self.call(by).invoked;
                let missed = confirmed
                    .get(author)
                    .zip(self.held_from(read, *author))
                    .and_then(|(line, from)| line.first_missed(from, sent, read));
                if let Some(missed) = missed {
                    let (one, other) = (self.name(missed.post), self.name(later));
                    let sentence =
                        format!("This read holds {other} and lacks {one}, which was confirmed before that was sent.");
                    return Some(self.breach(&[missed.post, later], &[], read, sentence));
                }
            }
        }
        None
    }

    /// By person: the posts that the person saw, and when for the first time.
    fn seen(&self) -> SortedMap<u64, Lines> {
        let mut seen: SortedMap<u64, (Vec<u64>, Entries)> = SortedMap::new();
        for read in &self.reads {
            let call = self.call(read.call);
            let (first, entries) = seen.or_default(call.process);
            first.resize(self.ids.len(), u64::MAX);
            let at = call.returned.expect("an answer came");
            for &post in &read.posts {
                if at < first[post] {
                    first[post] = at;
                    let id = self.ids[post];
                    entries.or_default(id.author).push(Entry { number: id.number, post, at, by: read.call });
                }
            }
        }
        let mut finished = SortedMap::new();
        for (person, (_, entries)) in seen.take_where(|_| true) {
            finished.insert(person, lines(entries));
        }
        finished
    }

    pub(super) fn writes_follow_reads(&self) -> Option<Breach> {
        let seen = self.seen();
        for read in &self.reads {
            // What its author had seen before an earlier post had been seen before the latest one, too.
            for (_, &(held, by)) in self.latest_by_author(read).iter() {
                let sent = self.call(by);
                let Some(lines) = seen.get(&sent.process) else { continue };
                let missed = lines
                    .iter()
                    .find_map(|(author, line)| line.first_missed(self.held_from(read, *author)?, sent.invoked, read));
                if let Some(missed) = missed {
                    let (one, other) = (self.name(missed.post), self.name(held));
                    let sentence =
                        format!("This read holds {other} and lacks {one}, which its author had seen before.");
                    return Some(self.breach(&[missed.post, held], &[missed.by], read, sentence));
                }
            }
        }
        None
    }
}

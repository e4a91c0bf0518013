//! The replicated log and the numbers that name its entries (§5.3, Figure 2).

use std::fmt::{self, Display};
use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;

use super::membership::Membership;
use crate::shared_vec::SharedVec;

/// A period of time with at most one leader; Raft's logical clock (§5.1). Terms are counted from 1; 0 is before the
/// first election.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Term(pub u64);

impl Term {
    /// The term after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

/// A position in the log, counted from 1 as in the paper; 0 is before the first entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Index(pub u64);

impl Index {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// The position after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The position before this one.
    pub const fn previous(self) -> Self {
        assert!(self.0 > 0, "nothing precedes index 0");
        Self(self.0 - 1)
    }
}

impl Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

/// What an entry is named by: two entries with the same term and index are the same, and so is all that precedes them
/// (Log Matching, §5.3). Of two last entries the greater belongs to the more up-to-date log (§5.4.1), therefore the
/// order of the fields matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct EntryId {
    /// The term in which a leader created it.
    pub term: Term,
    /// Where it stands.
    pub index: Index,
}

/// Shown as `(2, t1)`: index 2, term 1.
impl Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, t{})", self.index, self.term)
    }
}

/// What an entry carries.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Payload<C> {
    /// Nothing: a new leader appends it to have an entry of its own term that it may commit (§8).
    Noop,
    /// What a client asked the state machine to do.
    Command(C),
    /// Who takes part from here on: each server uses it from the moment it is in its log, committed or not (§6).
    Config(Membership),
}

/// A payload without its content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PayloadKind {
    /// [`Payload::Noop`].
    Noop,
    /// [`Payload::Command`].
    Command,
    /// [`Payload::Config`].
    Config,
}

/// Shown as in a sentence: `a command`.
impl Display for PayloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Noop => "the no-op",
            Self::Command => "a command",
            Self::Config => "a configuration",
        })
    }
}

impl<C> Payload<C> {
    /// Which kind of payload this is.
    pub fn kind(&self) -> PayloadKind {
        match self {
            Self::Noop => PayloadKind::Noop,
            Self::Command(_) => PayloadKind::Command,
            Self::Config(_) => PayloadKind::Config,
        }
    }
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Entry<C> {
    /// The term of the leader that created it.
    pub term: Term,
    /// What it carries.
    pub payload: Payload<C>,
}

/// Shown as `a command of term 2`.
impl<C> Display for Entry<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of term {}", self.payload.kind(), self.term)
    }
}

/// The log: entries `first..=last`, in terms that never decrease. What came before `first` was compacted away (§7): only the
/// name of the last such entry is kept, for the consistency check of the first that is left. A clone shares the entries.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Log<C> {
    /// The last entry that was compacted away, `(0, t0)` if none was.
    base: EntryId,
    entries: SharedVec<Entry<C>>,
}

impl<C> Default for Log<C> {
    fn default() -> Self {
        Self { base: EntryId::default(), entries: SharedVec::default() }
    }
}

impl<C: Clone> Log<C> {
    /// The last entry that was compacted away, `(0, t0)` if none was.
    pub fn base(&self) -> EntryId {
        self.base
    }

    /// The position of the first entry that is kept, or will be if there is none yet.
    pub fn first_index(&self) -> Index {
        self.base.index.next()
    }

    /// How many entries are kept.
    pub fn kept(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The position of the newest entry, 0 if there never was one.
    pub fn last_index(&self) -> Index {
        Index(self.base.index.0 + self.kept())
    }

    /// The name of the newest entry, `(0, t0)` if there never was one.
    pub fn last(&self) -> EntryId {
        let term = self.entries.last().map_or(self.base.term, |entry| entry.term);
        EntryId { term, index: self.last_index() }
    }

    /// The entry at `index`, if it is kept.
    pub fn get(&self, index: Index) -> Option<&Entry<C>> {
        self.entries.get(usize::try_from(index.0.checked_sub(self.first_index().0)?).ok()?)
    }

    /// The term of the entry at `index`; 0 for index 0, where all logs agree; nothing past the end, nor before the last
    /// entry that was compacted away.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.base.index { Some(self.base.term) } else { self.get(index).map(|entry| entry.term) }
    }

    /// The name of the entry at `index`, which must be known.
    pub fn id_at(&self, index: Index) -> EntryId {
        EntryId { term: self.term_at(index).expect("neither compacted nor past the end of the log"), index }
    }

    /// The kept entries from `first` on with their positions, oldest first.
    pub fn iter_from(&self, first: Index) -> impl Iterator<Item = (Index, &Entry<C>)> + Clone {
        let skipped = first.0.saturating_sub(self.first_index().0);
        let entries = self.entries.iter_from(usize::try_from(skipped).unwrap_or(usize::MAX));
        (self.first_index().0 + skipped..).map(Index).zip(entries)
    }

    /// The `count` entries from `first` on, for a message.
    pub(super) fn slice(&self, first: Index, count: u64) -> Arc<[Entry<C>]> {
        assert!(first >= self.first_index(), "what is compacted cannot be sent");
        self.iter_from(first).take(count as usize).map(|(_, entry)| entry.clone()).collect()
    }

    /// The first index of the run of entries, as far as they are kept, that have the same term as the one at `index`.
    pub(super) fn first_of_term(&self, index: Index) -> Index {
        let term = self.get(index).expect("a kept entry").term;
        let mut first = index;
        while self.get(first.previous()).is_some_and(|entry| entry.term == term) {
            first = first.previous();
        }
        first
    }

    /// Adds `entries` at the end.
    pub(super) fn append(&mut self, entries: &[Entry<C>]) {
        for entry in entries {
            self.entries.push(entry.clone());
        }
    }

    /// Removes the entry at `from` and all that follow it.
    pub(super) fn truncate(&mut self, from: Index) {
        assert!(from > self.base.index, "what is compacted is committed and stays");
        self.entries.truncate((from.0 - self.first_index().0) as usize);
    }

    /// Replaces all entries up to `last` by a snapshot that ends with it. What follows it stays if this log has that very
    /// entry; a log without it differs from what is committed, and goes (§7, Figure 13).
    pub(super) fn compact(&mut self, last: EntryId) {
        assert!(last.index > self.base.index, "{last} was compacted before");
        let follow = self.term_at(last.index) == Some(last.term);
        let entries = if follow {
            self.iter_from(last.index.next()).map(|(_, entry)| entry.clone()).collect()
        } else {
            SharedVec::default()
        };
        *self = Self { base: last, entries };
    }
}

impl<C: PartialEq> Log<C> {
    /// Whether this log is `longer` up to its own end, compacted equally far.
    pub fn is_prefix_of(&self, longer: &Self) -> bool {
        self.base == longer.base && self.entries.is_prefix_of(&longer.entries)
    }
}

//! The replicated log and the numbers that name its entries (§5.3, Figure 2).

use std::fmt::{self, Display};
use std::hash::Hash;
use std::sync::Arc;

use crate::shared_vec::SharedVec;

/// A period of time with at most one leader; Raft's logical clock (§5.1). Terms are counted from 1; 0 is before the
/// first election.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
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
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Payload<C> {
    /// Nothing: a new leader appends it to have an entry of its own term that it may commit (§8).
    Noop,
    /// What a client asked the state machine to do.
    Command(C),
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Entry<C> {
    /// The term of the leader that created it.
    pub term: Term,
    /// What it carries.
    pub payload: Payload<C>,
}

/// The log: entries `1..=last`, in terms that never decrease. A clone shares them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Log<C>(SharedVec<Entry<C>>);

impl<C> Default for Log<C> {
    fn default() -> Self {
        Self(SharedVec::default())
    }
}

impl<C: Clone> Log<C> {
    /// The position of the newest entry, 0 if there is none.
    pub fn last_index(&self) -> Index {
        Index(self.0.len() as u64)
    }

    /// The name of the newest entry, `(0, t0)` if there is none.
    pub fn last(&self) -> EntryId {
        EntryId { term: self.0.last().map_or(Term(0), |entry| entry.term), index: self.last_index() }
    }

    /// The entry at `index`.
    pub fn get(&self, index: Index) -> Option<&Entry<C>> {
        self.0.get(usize::try_from(index.0.checked_sub(1)?).ok()?)
    }

    /// The term of the entry at `index`; 0 for index 0, where all logs agree; nothing past the end.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        if index == Index::ZERO { Some(Term(0)) } else { self.get(index).map(|entry| entry.term) }
    }

    /// The name of the entry at `index`, which must not be past the end.
    pub fn id_at(&self, index: Index) -> EntryId {
        EntryId { term: self.term_at(index).expect("not past the end of the log"), index }
    }

    /// The entries from `first` on with their positions, oldest first.
    pub fn iter_from(&self, first: Index) -> impl Iterator<Item = (Index, &Entry<C>)> + Clone {
        let skipped = first.0.saturating_sub(1);
        let entries = self.0.iter_from(usize::try_from(skipped).unwrap_or(usize::MAX));
        (skipped + 1..).map(Index).zip(entries)
    }

    /// The `count` entries from `first` on, for a message.
    pub(super) fn slice(&self, first: Index, count: u64) -> Arc<[Entry<C>]> {
        self.iter_from(first).take(count as usize).map(|(_, entry)| entry.clone()).collect()
    }

    /// Adds `entries` at the end.
    pub(super) fn append(&mut self, entries: &[Entry<C>]) {
        for entry in entries {
            self.0.push(entry.clone());
        }
    }

    /// Removes the entry at `from` and all that follow it.
    pub(super) fn truncate(&mut self, from: Index) {
        assert!(from > Index::ZERO, "the log starts at index 1");
        self.0.truncate((from.0 - 1) as usize);
    }
}

impl<C: PartialEq> Log<C> {
    /// Whether this log is `longer` up to its own end.
    pub fn is_prefix_of(&self, longer: &Self) -> bool {
        self.0.is_prefix_of(&longer.0)
    }
}

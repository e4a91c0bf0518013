//! The five safety properties of Figure 3, and the linearizability of reads, checked after every event by an observer that
//! sees all servers.
//!
//! A server cannot check them: they speak of several servers, and of what was true at some time in the past. [`Ghost`]
//! remembers just enough of that. It is told the state of the one server that an event touched, before and after, and
//! looks only at what changed. Whole logs are compared in one step by chained digests: the digest at index `i` covers the
//! entries `1..=i`, so two logs with the same digest there are the same up to there (but for a collision of 64 bits).
//!
//! Compaction (§7) takes nothing away from this: the observer keeps what stood in the compacted part. A snapshot that is
//! installed stands for the log that its last entry names; that must be what was committed, and the state that it carries must
//! be the one that everybody else's snapshot up to that entry has.

use std::fmt::{self, Display};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use super::Raft;
use super::log::{Entry, EntryId, Index, PayloadKind, Term};
pub use crate::node::Violation;
use crate::node::{Command, NodeId, RequestId, violated};
use crate::shared_vec::SharedVec;
use crate::sorted::SortedMap;

/// The name of each invariant and what it says, as in Figure 3.
pub const INVARIANTS: [(&str, &str); 6] = [
    (ELECTION_SAFETY, "At most one leader can be elected in a given term (§5.2)."),
    (
        LEADER_APPEND_ONLY,
        "A leader never overwrites or deletes entries in its log; it only appends new entries (§5.3).",
    ),
    (
        LOG_MATCHING,
        "If two logs contain an entry with the same index and term, then the logs are identical in all entries up through \
         the given index (§5.3).",
    ),
    (
        LEADER_COMPLETENESS,
        "If a log entry is committed in a given term, then that entry will be present in the logs of the leaders for all \
         higher-numbered terms (§5.4).",
    ),
    (
        STATE_MACHINE_SAFETY,
        "If a server has applied a log entry at a given index to its state machine, no other server will ever apply a \
         different log entry for the same index (§5.4.3).",
    ),
    (
        LINEARIZABLE_READS,
        "A read is answered with an index that is not below anything that was committed anywhere when it was asked (T §6.4).",
    ),
];

pub(super) const ELECTION_SAFETY: &str = "Election Safety";
pub(super) const LEADER_APPEND_ONLY: &str = "Leader Append-Only";
pub(super) const LOG_MATCHING: &str = "Log Matching";
pub(super) const LEADER_COMPLETENESS: &str = "Leader Completeness";
pub(super) const STATE_MACHINE_SAFETY: &str = "State Machine Safety";
/// The name of the one that clients notice.
pub const LINEARIZABLE_READS: &str = "Linearizable Reads";

/// What the observer remembers. A clone shares it.
#[derive(Clone, Debug)]
pub struct Ghost<C> {
    /// The log of each server as last seen, from its first entry on, also where it is compacted.
    logs: SortedMap<NodeId, SharedVec<Link>>,
    /// Which term each server leads now, if any.
    leading: SortedMap<NodeId, Term>,
    /// Who was elected in each term, by term.
    elected: SharedVec<Option<NodeId>>,
    /// By index - 1, every entry that was ever seen there, one per term.
    entries: SharedVec<Arc<Vec<Sighting>>>,
    /// By index - 1, what was committed there first.
    committed: SharedVec<Commitment>,
    /// By the server that was asked, and the read: how far anybody had committed when it was asked.
    reads: SortedMap<(NodeId, RequestId), Index>,
    /// By the last entry that it covers, the first snapshot that was seen there: on which server, and its digest.
    snapshots: Arc<SortedMap<Index, (NodeId, u64)>>,
    /// What the servers replicate; none of it is kept.
    commands: PhantomData<C>,
}

/// An entry of a log: its term, and the digest of the log up to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Link {
    term: Term,
    digest: u64,
}

/// The first server on which an entry was seen, and the entry with the log that it ended.
#[derive(Clone, Debug)]
struct Sighting {
    node: NodeId,
    term: Term,
    kind: PayloadKind,
    /// What it carries, as a digest: the command itself would be kept for ever.
    content: u64,
    previous: Term,
    digest: u64,
}

impl Display for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of term {}", self.kind, self.term)
    }
}

/// A number that nearly always differs for different values.
fn digest_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The first server that counted an entry as committed.
#[derive(Clone, Copy, Debug)]
struct Commitment {
    node: NodeId,
    entry: Term,
    /// The term in which it was committed, which may be later than the entry's.
    during: Term,
    digest: u64,
}

/// What one event did to one server.
#[derive(Debug)]
struct Change<'a, C: Command> {
    node: NodeId,
    before: Option<&'a Raft<C>>,
    after: &'a Raft<C>,
    /// How much of the log from before the event is still there, kept or compacted.
    kept: u64,
}

impl<C> Default for Ghost<C> {
    fn default() -> Self {
        Self {
            logs: SortedMap::new(),
            leading: SortedMap::new(),
            elected: SharedVec::default(),
            entries: SharedVec::default(),
            committed: SharedVec::default(),
            snapshots: Arc::default(),
            commands: PhantomData,
            reads: SortedMap::new(),
        }
    }
}

impl<C: Command> Ghost<C> {
    /// Checks Figure 3's five after an event at `node`. `before` is its state before the event, none if it is seen for the first
    /// time; of a restart it is the state before the crash. Events must come in order and none may be left out; after a
    /// violation the ghost knows too little to go on.
    pub fn observe(&mut self, node: NodeId, before: Option<&Raft<C>>, after: &Raft<C>) -> Result<(), Violation> {
        let kept = self.kept(node, before, after);
        let change = Change { node, before, after, kept };
        election_safety(self, &change)?;
        leader_append_only(self, &change)?;
        log_matching(self, &change)?;
        leader_completeness(self, &change)?;
        state_machine_safety(self, &change)?;
        snapshots_agree(self, &change)
    }

    /// A client asks `node` for a read. To be told before [`Ghost::observe`] of the event.
    pub fn read_asked(&mut self, node: NodeId, request: RequestId) {
        self.reads.insert((node, request), Index(self.committed.len() as u64));
    }

    /// `node` answered the read with `index`. To be told after [`Ghost::observe`] of the event.
    pub fn read_answered(&mut self, node: NodeId, request: RequestId, index: Index) -> Result<(), Violation> {
        let Some(committed) = self.reads.remove(&(node, request)) else { return Ok(()) };
        if index >= committed {
            return Ok(());
        }
        let first = self.commitment(committed).expect("committed");
        let evidence = format!(
            "{node} answered read {} with index {index}, but {} had committed index {committed} in term {} before it was asked",
            request.0, first.node, first.during
        );
        violated(LINEARIZABLE_READS, evidence)
    }

    /// The read will not be answered: it was refused, or the server that took it crashed.
    pub fn read_ended(&mut self, node: NodeId, request: RequestId) {
        self.reads.remove(&(node, request));
    }

    /// How many entries of the log as last seen are still there.
    fn kept(&self, node: NodeId, before: Option<&Raft<C>>, after: &Raft<C>) -> u64 {
        let seen = self.logs.get(&node).map_or(0, |digests| digests.len() as u64);
        let Some(before) = before else { return 0 };
        let (old, new) = (before.log(), after.log());
        assert_eq!(old.last_index(), Index(seen), "an event at {node} was not observed");
        if old.is_prefix_of(new) {
            return seen;
        }
        let base = new.base();
        if base.index < old.base().index {
            // A crash lost the snapshot before it was durable; the older one is of the same log.
            return base.index.0;
        }
        if old.term_at(base.index) != Some(base.term) {
            // A snapshot took the place of the log: it goes on from wherever the two part.
            return self.chain(base).map_or(0, |chain| self.common(node, chain).0);
        }
        let pairs = old.iter_from(base.index.next()).zip(new.iter_from(base.index.next()));
        base.index.0 + pairs.take_while(|(ours, theirs)| ours == theirs).count() as u64
    }

    fn digest(&self, node: NodeId, index: Index) -> Option<u64> {
        if index == Index::ZERO {
            return Some(0);
        }
        self.logs.get(&node)?.get(index.0 as usize - 1).map(|link| link.digest)
    }

    /// The log that ends with `last`, by Log Matching: newest entry first, none if nobody ever had that entry. Walks back
    /// over names, each of which knows the one before it.
    fn chain(&self, last: EntryId) -> Option<impl Iterator<Item = (Index, Link)>> {
        let first = if last.index == Index::ZERO { None } else { Some(self.entry(last)?) };
        let mut next = first.map(|seen| (last.index, seen));
        Some(std::iter::from_fn(move || {
            let (index, seen) = next?;
            let before = index.previous();
            next = self.entry(EntryId { term: seen.previous, index: before }).map(|seen| (before, seen));
            Some((index, Link { term: seen.term, digest: seen.digest }))
        }))
    }

    /// The last index at which the log of `node` is `chain`.
    fn common(&self, node: NodeId, chain: impl Iterator<Item = (Index, Link)>) -> Index {
        let mut chain = chain;
        chain
            .find(|(index, link)| self.digest(node, *index) == Some(link.digest))
            .map_or(Index::ZERO, |(index, _)| index)
    }

    fn commitment(&self, index: Index) -> Option<&Commitment> {
        self.committed.get(usize::try_from(index.0.checked_sub(1)?).ok()?)
    }

    /// The entry that was seen at `id`.
    fn entry(&self, id: EntryId) -> Option<&Sighting> {
        let sightings = self.entries.get(usize::try_from(id.index.0.checked_sub(1)?).ok()?)?;
        sightings.iter().find(|sighting| sighting.term == id.term)
    }

    /// The first index up to `index` at which the log of `node` is not what was committed.
    fn first_difference(&self, node: NodeId, index: Index) -> Index {
        let differs = |at: &u64| self.digest(node, Index(*at)) != self.commitment(Index(*at)).map(|first| first.digest);
        Index((1..=index.0).find(differs).expect("the logs differ somewhere"))
    }

    /// What `after` has at `index`, and what was committed there, in words.
    fn against_committed(&self, node: NodeId, after: &Raft<C>, index: Index) -> String {
        let first = self.commitment(index).expect("committed");
        let id = EntryId { term: first.entry, index };
        let committed = self.entry(id).expect("what is committed was seen");
        // What it has compacted it had once.
        let link = self.logs.get(&node).and_then(|links| links.get(index.0 as usize - 1));
        let own = link.and_then(|link| self.entry(EntryId { term: link.term, index }));
        let own = own.filter(|_| index <= after.log().last_index());
        let own = own.map_or("no entry".to_owned(), Sighting::to_string);
        format!(
            "at index {index} {node} has {own}, but {} counted {} as committed in term {}",
            first.node, committed, first.during
        )
    }
}

/// The term that a server leads.
fn leads<C: Command>(raft: &Raft<C>) -> Option<Term> {
    raft.is_leader().then(|| raft.term())
}

/// At most one leader can be elected in a given term.
fn election_safety<C: Command>(ghost: &mut Ghost<C>, change: &Change<'_, C>) -> Result<(), Violation> {
    let (was, is) = (change.before.and_then(leads), leads(change.after));
    if was == is {
        return Ok(());
    }
    let Some(term) = is else { return Ok(()) };
    let place = term.0 as usize;
    while ghost.elected.len() <= place {
        ghost.elected.push(None);
    }
    let elected = ghost.elected.get_mut(place).expect("just made");
    if let Some(first) = elected.replace(change.node) {
        let evidence = format!("{} was elected leader of term {term}, but {first} had been elected in it", change.node);
        return violated(ELECTION_SAFETY, evidence);
    }
    Ok(())
}

/// A leader never overwrites or deletes entries in its log.
fn leader_append_only<C: Command>(_: &mut Ghost<C>, change: &Change<'_, C>) -> Result<(), Violation> {
    let Some((before, term)) = change.before.and_then(|before| Some((before, leads(before)?))) else { return Ok(()) };
    let lost = Index(change.kept + 1);
    if leads(change.after) != Some(term) || lost > before.log().last_index() {
        return Ok(());
    }
    let words = |raft: &Raft<C>| raft.entry(lost).map_or("nothing".to_owned(), Entry::to_string);
    let (old, new) = (words(before), words(change.after));
    let evidence = format!("{}, leader of term {term}, had {old} at index {lost} and now has {new}", change.node);
    violated(LEADER_APPEND_ONLY, evidence)
}

/// If two logs contain an entry with the same index and term, they are identical up through that index. Logs of the past
/// count as well: an entry that once had a name is the only one that ever has it.
fn log_matching<C: Command>(ghost: &mut Ghost<C>, change: &Change<'_, C>) -> Result<(), Violation> {
    let &Change { node, after, kept, .. } = change;
    ghost.logs.or_default(node).truncate(kept as usize);
    let base = after.log().base();
    if base.index.0 > kept {
        follow_snapshot(ghost, node, base)?;
    }
    let links = ghost.logs.or_default(node);
    let Link { mut digest, term: mut previous } = links.last().copied().unwrap_or_default();
    for (index, entry) in after.log().iter_from(Index(links.len() as u64 + 1)) {
        digest = digest_of(&(digest, entry));
        links.push(Link { term: entry.term, digest });
        let place = index.0 as usize - 1;
        if ghost.entries.len() == place {
            ghost.entries.push(Arc::default());
        }
        let sightings = ghost.entries.get(place).expect("indices come in order");
        match sightings.iter().find(|seen| seen.term == entry.term) {
            Some(seen) if seen.digest == digest => {}
            Some(seen) => {
                let same = if seen.content == digest_of(entry) { "it" } else { "another one" };
                let evidence = format!(
                    "at index {index} {node} has {entry} after an entry of term {previous}, but {} had {same} after an \
                     entry of term {}",
                    seen.node, seen.previous
                );
                return violated(LOG_MATCHING, evidence);
            }
            None => {
                let sightings = Arc::make_mut(ghost.entries.get_mut(place).expect("indices come in order"));
                // Nearly every index has one entry ever.
                sightings.reserve_exact(1);
                let content = digest_of(entry);
                sightings.push(Sighting {
                    node,
                    term: entry.term,
                    kind: entry.payload.kind(),
                    content,
                    previous,
                    digest,
                });
            }
        }
        previous = entry.term;
    }
    Ok(())
}

/// The compacted part of a log that nobody saw entry by entry on `node`, because a snapshot brought it or because it came and
/// was compacted in one event: it is the log that its last entry names.
fn follow_snapshot<C: Command>(ghost: &mut Ghost<C>, node: NodeId, base: EntryId) -> Result<(), Violation> {
    let kept = ghost.logs.get(&node).map_or(0, |links| links.len() as u64);
    let Some(chain) = ghost.chain(base) else {
        let evidence = format!("{node} has a snapshot that ends with entry {base}, which no log ever had");
        return violated(STATE_MACHINE_SAFETY, evidence);
    };
    let missing: Vec<Link> = chain.take_while(|(index, _)| index.0 > kept).map(|(_, link)| link).collect();
    let links = ghost.logs.or_default(node);
    for link in missing.into_iter().rev() {
        links.push(link);
    }
    Ok(())
}

/// What was committed in a term is in the logs of the leaders of all higher terms: checked when a leader is elected, and
/// when something is committed while a leader of a higher term exists.
fn leader_completeness<C: Command>(ghost: &mut Ghost<C>, change: &Change<'_, C>) -> Result<(), Violation> {
    let &Change { node, before, after, .. } = change;
    let (was, is) = (before.and_then(leads), leads(after));
    if was != is {
        match is {
            Some(term) => ghost.leading.insert(node, term),
            None => ghost.leading.remove(&node),
        };
    }
    if let Some(term) = is.filter(|_| was != is) {
        let mut index = Index(ghost.committed.len() as u64);
        while ghost.commitment(index).is_some_and(|first| first.during >= term) {
            index = index.previous();
        }
        if index > Index::ZERO && ghost.digest(node, index) != ghost.commitment(index).map(|first| first.digest) {
            let difference = ghost.first_difference(node, index);
            let evidence = format!("{node} leads term {term}; {}", ghost.against_committed(node, after, difference));
            return violated(LEADER_COMPLETENESS, evidence);
        }
    }
    let fresh = after.commit_index();
    if fresh.0 as usize <= ghost.committed.len() {
        return Ok(());
    }
    let Some(digest) = ghost.digest(node, fresh) else { return Ok(()) };
    for (leader, term) in ghost.leading.iter() {
        if *term > after.term() && ghost.digest(*leader, fresh) != Some(digest) {
            let entry = after.entry(fresh).map_or("what it has compacted".to_owned(), Entry::to_string);
            let evidence = format!(
                "{node} committed {entry} at index {fresh} in term {}, but {leader}, leader of term {term}, has another log",
                after.term()
            );
            return violated(LEADER_COMPLETENESS, evidence);
        }
    }
    Ok(())
}

/// No two servers ever apply different entries at the same index; what is committed counts as applied.
fn state_machine_safety<C: Command>(ghost: &mut Ghost<C>, change: &Change<'_, C>) -> Result<(), Violation> {
    let &Change { node, before, after, kept } = change;
    let commit = after.commit_index();
    let unchanged = before.is_some_and(|before| before.commit_index() == commit && commit.0 <= kept);
    if unchanged || commit == Index::ZERO {
        return Ok(());
    }
    let violated = |evidence| violated(STATE_MACHINE_SAFETY, evidence);
    if commit > after.log().last_index() {
        let last = after.log().last();
        return violated(format!("{node} counts index {commit} as committed, but its log ends at {last}"));
    }
    let known = commit.min(Index(ghost.committed.len() as u64));
    if known > Index::ZERO && ghost.digest(node, known) != ghost.commitment(known).map(|first| first.digest) {
        let difference = ghost.first_difference(node, known);
        return violated(ghost.against_committed(node, after, difference));
    }
    for index in (known.0 + 1..=commit.0).map(Index) {
        let Link { term, digest } = ghost.logs[&node].get(index.0 as usize - 1).copied().expect("seen by log matching");
        ghost.committed.push(Commitment { node, entry: term, during: after.term(), digest });
    }
    Ok(())
}

/// A snapshot is what applying the entries up to its last one leads to: two that end with the same entry carry the same
/// state. That this entry is the committed one has been checked, for nobody commits less than its snapshot covers.
fn snapshots_agree<C: Command>(ghost: &mut Ghost<C>, change: &Change<'_, C>) -> Result<(), Violation> {
    let &Change { node, before, after, .. } = change;
    let Some(snapshot) = after.snapshot() else { return Ok(()) };
    if before.and_then(Raft::snapshot).is_some_and(|known| Arc::ptr_eq(known, snapshot)) {
        return Ok(());
    }
    let (index, mut hasher) = (snapshot.last.index, DefaultHasher::new());
    snapshot.hash(&mut hasher);
    let digest = hasher.finish();
    match ghost.snapshots.get(&index) {
        Some((_, seen)) if *seen == digest => Ok(()),
        Some((first, _)) => {
            let evidence = format!(
                "{node} has the state {:?} after the entries up to {index}, but {first} had another one",
                snapshot.state
            );
            violated(STATE_MACHINE_SAFETY, evidence)
        }
        None => {
            Arc::make_mut(&mut ghost.snapshots).insert(index, (node, digest));
            Ok(())
        }
    }
}

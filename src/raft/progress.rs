//! What a leader knows of each other server, and what it may send it: one attempt at a time while it looks for the point
//! where the logs agree, then a stream of entries, with a limit to what is under way (§5.3; thesis §10.2.1). The three
//! states are those of etcd's raft.

use super::log::Index;

/// What a leader knows of one follower's log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Progress {
    /// The next entry to send (`nextIndex`). A guess: too high costs a refusal, too low costs entries sent twice.
    pub next: Index,
    /// The follower's durable log is known to equal the leader's up to here (`matchIndex`). Never a guess.
    pub matched: Index,
    /// How the leader deals with it.
    pub state: ProgressState,
}

/// How a leader deals with a follower.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ProgressState {
    /// Looks for the point where the logs agree, one attempt at a time, until an append succeeds.
    Probe,
    /// Sends entries as they come, without waiting for answers; `next` counts what was sent.
    Replicate {
        /// The last index of each message with entries that was sent and not answered yet, oldest first. Kept only if
        /// there is a limit to them: [`super::Switches::window`].
        in_flight: Vec<Index>,
    },
    /// Has sent its snapshot, because an entry that the follower needs is compacted, and sends no entries until it knows
    /// that the snapshot has arrived (§7).
    Snapshot {
        /// The last entry that the snapshot covers.
        last: Index,
    },
}

impl Progress {
    /// Nothing is known of this follower; the first attempt is `next`.
    pub(super) fn probe(next: Index) -> Self {
        Self { next, matched: Index::ZERO, state: ProgressState::Probe }
    }

    /// Whether entries go out to it as they come.
    pub fn replicates(&self) -> bool {
        matches!(self.state, ProgressState::Replicate { .. })
    }

    /// Whether so many messages with entries are under way that the next one has to wait for an answer.
    pub fn is_full(&self, window: Option<u32>) -> bool {
        match (&self.state, window) {
            (ProgressState::Replicate { in_flight }, Some(window)) => in_flight.len() as u64 >= u64::from(window),
            _ => false,
        }
    }

    /// A message with the entries `next..after` leaves. While probing, `next` stays: the attempt may be repeated.
    pub(super) fn sent(&mut self, after: Index, window: Option<u32>) {
        let ProgressState::Replicate { in_flight } = &mut self.state else { return };
        assert!(after > self.next, "nothing was sent");
        self.next = after;
        if window.is_some() {
            in_flight.push(after.previous());
        }
    }

    /// The follower acknowledged all up to `up_to`; true if that is news.
    pub(super) fn acknowledged(&mut self, up_to: Index) -> bool {
        let news = up_to > self.matched;
        self.matched = self.matched.max(up_to);
        let agreed = match &mut self.state {
            ProgressState::Probe => up_to >= self.next.previous(),
            ProgressState::Snapshot { last } => up_to >= *last,
            ProgressState::Replicate { in_flight } => {
                in_flight.retain(|last| *last > up_to);
                false
            }
        };
        if agreed {
            self.state = ProgressState::Replicate { in_flight: Vec::new() };
        }
        self.next = self.next.max(self.matched.next());
        news
    }

    /// The follower lacks what was sent or has something else there: tries again, from `next` on.
    pub(super) fn back_up(&mut self, next: Index) {
        assert!(next > self.matched, "what is known to match is not sent again");
        self.next = next;
        self.state = ProgressState::Probe;
    }

    /// A snapshot that ends with `last` leaves.
    pub(super) fn await_snapshot(&mut self, last: Index) {
        assert!(last >= self.matched, "it has all that the snapshot covers");
        self.next = last.next();
        self.state = ProgressState::Snapshot { last };
    }
}

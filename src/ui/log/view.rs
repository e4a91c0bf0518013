//! What the table of logs shows: every server's log, and what the leader knows of it.

use cap_lab::node::NodeId;

/// Every server's log.
#[derive(Clone, PartialEq, Debug)]
pub struct Replication {
    /// The index of the first entry shown in each row.
    pub first_index: u64,
    /// What the columns beside the log are called: of its epoch, whom it follows, and what the leader keeps for it.
    pub heads: [&'static str; 4],
    /// One row per server.
    pub rows: Vec<LogRow>,
}

/// One server's log and bookkeeping.
#[derive(Clone, PartialEq, Debug)]
pub struct LogRow {
    /// Who.
    pub node: NodeId,
    /// "n1".
    pub name: String,
    /// "leader", "follower of n3", "candidate: 2 of 5 votes", "crashed".
    pub role: String,
    /// "4".
    pub term: String,
    /// "n3" or "none".
    pub voted_for: String,
    /// Entries from `first_index` on.
    pub entries: Vec<LogCell>,
    /// Up to here a snapshot stands for the log; 0 if there is none.
    pub snapshot: u64,
    /// The highest index it knows to be committed.
    pub commit_index: u64,
    /// The last index that is on its disk.
    pub durable_index: u64,
    /// What the leader (if there is one that this row belongs to) keeps for it.
    pub next_index: Option<u64>,
    /// The same.
    pub match_index: Option<u64>,
}

/// One log entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogCell {
    /// Its index.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// "no-op", "Ana posts “Rain again”".
    pub command: String,
}

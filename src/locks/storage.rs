//! The storage that a lock is to protect: a file that clients read, change and write back.
//!
//! The file lists the updates that it contains, so what is lost from it can be seen. A client updates it by a read, some work, and a
//! write of all that it read with its own update at the end. Without a lock, two clients that do so at once lose an update.
//!
//! A storage that checks fencing tokens remembers the greatest that it has seen, and refuses what comes with a smaller one
//! (Kleppmann 2016). The read carries the token as well. Otherwise a client could read, be overtaken by the next holder's read, and
//! still be the first to write.

use std::sync::Arc;

use serde::Serialize;

use super::participant::Participant;
use crate::node::{Effects, Kind, Micros, NodeId};
use crate::sorted::SortedSet;

/// Names an update: its client, and the client's number for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct UpdateId {
    /// Whose.
    pub client: NodeId,
    /// Grows with each update of this client.
    pub number: u32,
}

/// The updates that a file contains, in order.
pub type File = Arc<[UpdateId]>;

/// What the storage checks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// Nothing: who writes last wins.
    Unchecked,
    /// Fencing tokens.
    Token,
    /// The wall clocks of the writers: the write with the latest timestamp wins ("last write wins").
    Timestamp,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unchecked, Self::Token, Self::Timestamp];

    /// What a setup calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Token => "token",
            Self::Timestamp => "timestamp",
        }
    }
}

/// Between a client and the storage.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message {
    /// From a client: what is in the file?
    Read {
        /// For this update.
        update: UpdateId,
        /// By this right.
        token: Option<u64>,
    },
    /// To the client.
    Contents {
        /// For this update.
        update: UpdateId,
        /// The file.
        file: File,
    },
    /// From a client: let this be the file.
    Write {
        /// By this update.
        update: UpdateId,
        /// By this right.
        token: Option<u64>,
        /// The client's wall clock as it wrote.
        written: Micros,
        /// All of it.
        file: File,
    },
    /// To the client: the write is done, or was done when an earlier copy came.
    Written {
        /// By this update.
        update: UpdateId,
    },
    /// To the client: a greater token was seen.
    Stale {
        /// The update.
        update: UpdateId,
        /// The greatest token that the storage has seen.
        newest: u64,
    },
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Read { .. } => "Read",
            Self::Contents { .. } => "Contents",
            Self::Write { .. } => "Write",
            Self::Written { .. } => "Written",
            Self::Stale { .. } => "Stale",
        }
    }
}

/// A rule that fired or refused at the storage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorageNote {
    /// It was read.
    Reads {
        /// For this update.
        update: UpdateId,
        /// The token that came with it.
        token: Option<u64>,
    },
    /// It was written.
    Writes {
        /// By this update.
        update: UpdateId,
        /// The token that came with it.
        token: Option<u64>,
        /// The updates that were in the file and are in it no more.
        lost: Vec<UpdateId>,
    },
    /// It refused an older token.
    RefusesToken {
        /// Of this update.
        update: UpdateId,
        /// The token that came with it.
        token: u64,
        /// The greatest that it has seen.
        newest: u64,
        /// It was a write.
        write: bool,
    },
    /// It dropped a write with an older timestamp, and said that it was done.
    DropsOlder {
        /// By this update.
        update: UpdateId,
        /// Its timestamp.
        written: Micros,
        /// The timestamp of what is in the file.
        newest: Micros,
    },
    /// A copy of a write came that was done already.
    KnowsWrite {
        /// By this update.
        update: UpdateId,
    },
}

/// The storage.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Storage {
    rule: Rule,
    file: File,
    /// The greatest token that it has seen.
    newest: u64,
    /// The timestamp of what is in the file.
    written: Micros,
    /// The writes that were done. A later one of the same client says nothing of an earlier one: that may still be on its way.
    done: SortedSet<UpdateId>,
}

impl Storage {
    /// An empty file.
    pub fn new(rule: Rule) -> Self {
        Self { rule, file: Arc::from([]), newest: 0, written: Micros::ZERO, done: SortedSet::default() }
    }

    /// What is in the file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The greatest token that it has seen.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: Message, out: &mut Effects<Participant>) {
        match message {
            Message::Read { update, token } => {
                if self.admits(from, update, token, false, out) {
                    out.note(StorageNote::Reads { update, token });
                    out.send(from, Message::Contents { update, file: self.file.clone() }.into());
                }
            }
            Message::Write { update, token, written, file } => {
                if self.done.contains(&update) {
                    out.note(StorageNote::KnowsWrite { update });
                } else if self.admits(from, update, token, true, out) {
                    self.write(update, token, written, file, out);
                } else {
                    return;
                }
                out.send(from, Message::Written { update }.into());
            }
            Message::Contents { .. } | Message::Written { .. } | Message::Stale { .. } => {
                unreachable!("answers go to clients")
            }
        }
    }

    /// Whether the token is as great as any before. Refuses otherwise.
    fn admits(
        &mut self,
        from: NodeId,
        update: UpdateId,
        token: Option<u64>,
        write: bool,
        out: &mut Effects<Participant>,
    ) -> bool {
        let (Rule::Token, Some(token)) = (self.rule, token) else { return true };
        if token < self.newest {
            out.note(StorageNote::RefusesToken { update, token, newest: self.newest, write });
            out.send(from, Message::Stale { update, newest: self.newest }.into());
            return false;
        }
        self.newest = token;
        true
    }

    fn write(
        &mut self,
        update: UpdateId,
        token: Option<u64>,
        written: Micros,
        file: File,
        out: &mut Effects<Participant>,
    ) {
        self.done.insert(update);
        if self.rule == Rule::Timestamp && written < self.written {
            return out.note(StorageNote::DropsOlder { update, written, newest: self.written });
        }
        let lost = if file.starts_with(&self.file) {
            Vec::new()
        } else {
            self.file.iter().copied().filter(|known| !file.contains(known)).collect()
        };
        out.note(StorageNote::Writes { update, token, lost });
        (self.file, self.written) = (file, written);
    }
}

//! What clients note.

use crate::locks::service::SessionId;
use crate::locks::storage::UpdateId;
use crate::node::{Micros, NodeId, NodeSet};

/// A rule that fired or refused at a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClientNote {
    /// It asks a server for the lock.
    Asks {
        /// For this session.
        session: SessionId,
        /// The server.
        server: NodeId,
    },
    /// It asks all servers for the lock.
    Polls {
        /// For this session.
        session: SessionId,
        /// Which round.
        round: u32,
    },
    /// Too few servers agreed. It tries again after a while.
    BacksOff {
        /// In this session.
        session: SessionId,
        /// Those that agreed.
        by: NodeSet,
        /// How many had to.
        needed: u8,
    },
    /// It believes that it holds the lock.
    Holds {
        /// In this session.
        session: SessionId,
        /// With this token, if there is one.
        token: Option<u64>,
        /// For this time, by its own clock.
        left: Micros,
    },
    /// Its clock says that it can't rely on its lease any more.
    LeaseEnds {
        /// Of this session.
        session: SessionId,
        /// So much of the lease it leaves.
        margin: Micros,
    },
    /// The lock service says that its session is over.
    ToldOver {
        /// Which.
        session: SessionId,
        /// It believed that it held the lock.
        held: bool,
    },
    /// It looked at its clock, and reads the file.
    Reads {
        /// For this update.
        update: UpdateId,
    },
    /// It has read the file, and works.
    Works {
        /// At this update.
        update: UpdateId,
        /// How long.
        time: Micros,
    },
    /// It writes the file, without another look at its clock.
    Writes {
        /// This update.
        update: UpdateId,
        /// With this token, if there is one.
        token: Option<u64>,
    },
    /// Its write is done.
    Updated {
        /// This update.
        update: UpdateId,
    },
    /// The storage refused its token.
    Fenced {
        /// This update.
        update: UpdateId,
        /// Its token.
        token: u64,
        /// The greatest that the storage has seen.
        newest: u64,
    },
    /// It lost the lock before it wrote, or does not know what became of its write.
    GivesUp {
        /// It had sent its write.
        wrote: bool,
    },
    /// It gives the lock back.
    Releases {
        /// This session.
        session: SessionId,
    },
    /// It was asked for more than it keeps in line.
    WasBusy,
}

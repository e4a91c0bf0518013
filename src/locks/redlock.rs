//! Redlock: a lock from a majority of independent servers, each with a timeout and a wall clock.
//!
//! The algorithm of Redis' documentation ("Distributed locks with Redis", Sanfilippo): a client asks all servers for the lock, with
//! a value of its own, and holds it once a majority has agreed, for what is left of the timeout then. It renews and releases
//! in the same way, and only what has its value.
//!
//! Kleppmann ("How to do distributed locking", 2016) holds two things against it. There is no number that grows with each
//! holder, so a storage cannot tell a late write. And its safety rests on timing: a wall clock that jumps ends a lock early, and a
//! pause of the client goes unnoticed. Sanfilippo ("Is Redlock safe?", 2016) answers that the random value can serve a storage that
//! compares and sets, that clocks can be kept from jumping, and that the client looks at its clock after the majority has agreed,
//! so that a pause before that does no harm. A pause after it does, as with every lease: there both agree.
//!
//! A server that crashed stays silent for the longest timeout when it is back ("delayed restarts"), since it kept nothing.

use serde::Serialize;

use super::participant::{Delta, Participant};
use super::service::{SessionId, Terms};
use crate::node::{Clocks, Effects, Kind, Micros, NodeId};

/// Between a client and an independent server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Message {
    /// From a client: hold the lock for me, if nobody else has it (`SET NX PX`), or for longer, if I have it.
    Lock {
        /// The value by which the lock is known.
        session: SessionId,
        /// Counts the client's rounds.
        round: u32,
        /// How long.
        terms: Terms,
    },
    /// To the client.
    Vote {
        /// For which session.
        session: SessionId,
        /// In which round.
        round: u32,
        /// It is held for that session.
        granted: bool,
    },
    /// From a client: let it go, if it is mine.
    Unlock {
        /// The value.
        session: SessionId,
    },
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Lock { .. } => "Lock",
            Self::Vote { .. } => "Vote",
            Self::Unlock { .. } => "Unlock",
        }
    }
}

/// A rule that fired or refused at an independent server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InstanceNote {
    /// It holds the lock for a session.
    Locks {
        /// Which.
        session: SessionId,
        /// Until then, by its wall clock.
        until: Micros,
        /// The session whose time was over, if there was one.
        after: Option<SessionId>,
    },
    /// It holds the lock for another one.
    Refuses {
        /// Which asked.
        session: SessionId,
        /// For whom it holds it.
        holder: SessionId,
        /// How long still, by its wall clock.
        left: Micros,
    },
    /// It was told to let go.
    Unlocks {
        /// The session.
        session: SessionId,
    },
    /// It has started again and answers nobody yet.
    KeepsSilent {
        /// Which asked.
        session: SessionId,
    },
}

/// An independent server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Instance {
    /// The longest timeout that clients ask for.
    longest: Micros,
    /// For whom it holds the lock, and until when by its wall clock.
    held: Option<(SessionId, Micros)>,
    /// By its monotonic clock: it answers nobody before.
    silent_until: Micros,
}

impl Instance {
    /// A server that has not started.
    pub fn new(longest: Micros) -> Self {
        Self { longest, held: None, silent_until: Micros::ZERO }
    }

    /// For whom it holds the lock, and until when by its wall clock: the time may be over.
    pub fn held(&self) -> Option<(SessionId, Micros)> {
        self.held
    }

    /// `starts`: how often it had started before, as its disk says.
    pub(super) fn on_restart(&mut self, starts: u32, at: Clocks, out: &mut Effects<Participant>) {
        *self = Self::new(self.longest);
        if starts > 0 {
            self.silent_until = at.monotonic + self.longest;
        }
        out.write(Delta::Started);
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: &Message, at: Clocks, out: &mut Effects<Participant>) {
        match *message {
            Message::Lock { session, .. } if at.monotonic < self.silent_until => {
                out.note(InstanceNote::KeepsSilent { session });
            }
            Message::Lock { session, round, terms } => {
                let granted = self.lock(session, terms, at, out);
                out.send(from, Message::Vote { session, round, granted }.into());
            }
            Message::Unlock { session } => {
                if self.held.is_some_and(|(holder, _)| holder == session) {
                    self.held = None;
                    out.note(InstanceNote::Unlocks { session });
                }
            }
            Message::Vote { .. } => unreachable!("votes go to clients"),
        }
    }

    fn lock(&mut self, session: SessionId, terms: Terms, at: Clocks, out: &mut Effects<Participant>) -> bool {
        let until = terms.until.unwrap_or(at.wall + terms.length);
        let other = self.held.filter(|(holder, _)| *holder != session);
        match other {
            Some((holder, ends)) if at.wall < ends => {
                out.note(InstanceNote::Refuses { session, holder, left: ends.since(at.wall) });
                false
            }
            _ => {
                self.held = Some((session, until));
                out.note(InstanceNote::Locks { session, until, after: other.map(|(holder, _)| holder) });
                true
            }
        }
    }
}

//! The lock service as a state machine: one lock, its holder, and a queue of those who wait for it.
//!
//! Nothing here reads a clock. That a lease is over is a command as any other ([`Ask::Expire`]), which the leader proposes
//! ([`Leases`](super::leases::Leases)). All replicas carry it out at the same place in the log.

use serde::Serialize;

use super::flaw::Flaw;
use super::leases::Leases;
use crate::node::{Clocks, Micros, NodeId};
use crate::sorted::SortedMap;
use crate::store::state_machine::{Command, StateMachine, Told};

/// Names a session: one stay of one client, from its question for the lock to its release.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct SessionId {
    /// Whose.
    pub client: NodeId,
    /// Grows with each session of this client, through its crashes as well.
    pub number: u32,
}

/// How long a lease lasts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Terms {
    /// Its length, on the clock of whoever measures it.
    pub length: Micros,
    /// The time of day at which it ends, if it is handed out as a deadline. Client and server then compare wall clocks.
    pub until: Option<Micros>,
}

/// What a client asks of the lock service.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Ask {
    /// The lock. Begins the session; asked again, it is answered again. Answered once the lock is granted.
    Acquire {
        /// For this session.
        session: SessionId,
        /// What the session lasts without a keep-alive.
        terms: Terms,
    },
    /// A lease from now on. A read: the leader, which measures leases, renews it in memory once it knows that it still leads.
    KeepAlive {
        /// Of this session.
        session: SessionId,
        /// What the session lasts from now on.
        terms: Terms,
    },
    /// The end of the session.
    Release {
        /// This one.
        session: SessionId,
    },
    /// Not a client's: the leader has seen the lease end.
    Expire {
        /// Of this session.
        session: SessionId,
    },
}

impl Ask {
    /// The session that it is about.
    pub fn session(&self) -> SessionId {
        match self {
            Self::Acquire { session, .. }
            | Self::KeepAlive { session, .. }
            | Self::Release { session }
            | Self::Expire { session } => *session,
        }
    }
}

/// What a client is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Response {
    /// The session holds the lock.
    Granted {
        /// Which.
        session: SessionId,
        /// The fencing token: the sequence number of the entry that granted it.
        token: u64,
    },
    /// The session waits, and has asked again since: the later question will be answered.
    AskedAgain {
        /// Which.
        session: SessionId,
    },
    /// The session lasts for another lease from when this was asked.
    Renewed {
        /// Which.
        session: SessionId,
    },
    /// Who was asked does not measure leases any more, or has seen this one end, or does not know the session yet: nothing was
    /// renewed.
    NotRenewed {
        /// Which.
        session: SessionId,
    },
    /// The session is over: released or expired.
    Over {
        /// Which.
        session: SessionId,
    },
}

/// A rule that fired or refused as a command was carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceNote {
    /// A session holds the lock from now on.
    Granted {
        /// Which.
        session: SessionId,
        /// Its fencing token.
        token: u64,
        /// The entry that granted it.
        index: u64,
        /// It had to wait.
        waited: bool,
    },
    /// A session waits for the lock.
    Queued {
        /// Which.
        session: SessionId,
        /// Who holds the lock.
        holder: SessionId,
        /// How many wait before it.
        ahead: u32,
        /// The entry by which it asked.
        index: u64,
    },
    /// A client gave the lock back.
    Released {
        /// The holder.
        session: SessionId,
        /// The session that released.
        by: SessionId,
        /// The entry.
        index: u64,
    },
    /// A session that waited gave up its place.
    Withdrawn {
        /// Which.
        session: SessionId,
        /// The entry.
        index: u64,
    },
    /// A release by a session that does not hold the lock was refused.
    ReleaseRefused {
        /// Which asked.
        session: SessionId,
        /// Who holds the lock.
        holder: Option<SessionId>,
        /// The entry.
        index: u64,
    },
    /// A session ended because its lease did.
    Expired {
        /// Which.
        session: SessionId,
        /// It held the lock.
        held: bool,
        /// The entry.
        index: u64,
    },
    /// A question for the lock came after its session had ended.
    CameLate {
        /// Which.
        session: SessionId,
        /// The entry.
        index: u64,
    },
}

impl ServiceNote {
    /// The entry that was carried out.
    pub fn index(&self) -> u64 {
        match self {
            Self::Granted { index, .. }
            | Self::Queued { index, .. }
            | Self::Released { index, .. }
            | Self::Withdrawn { index, .. }
            | Self::ReleaseRefused { index, .. }
            | Self::Expired { index, .. }
            | Self::CameLate { index, .. } => *index,
        }
    }
}

/// Who holds the lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Grant {
    /// Which session.
    pub session: SessionId,
    /// Its fencing token.
    pub token: u64,
    terms: Terms,
    /// By [`Flaw::ExpiryAtApply`] only: when it ends, by this replica's clock.
    ends: Micros,
}

/// Who waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Waiter {
    /// Which session.
    pub session: SessionId,
    terms: Terms,
    /// The entry by which it asked last.
    asked: u64,
}

/// The state of the lock.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct LockService {
    flaw: Option<Flaw>,
    holder: Option<Grant>,
    /// In the order in which they asked.
    waiting: Vec<Waiter>,
    /// By client: its sessions up to this one are over.
    over: SortedMap<NodeId, u32>,
    /// By [`Flaw::TokenNotFromLog`] only: holders since the lock was last free.
    version: u64,
    /// By [`Flaw::ExpiryAtApply`] only: this replica's clock.
    clock: Micros,
}

type Tell<'a> = &'a mut dyn FnMut(Told<LockService>);

impl LockService {
    /// A free lock, with this mistake.
    pub fn new(flaw: Option<Flaw>) -> Self {
        Self { flaw, ..Self::default() }
    }

    /// The mistake that it makes on purpose.
    pub fn flaw(&self) -> Option<Flaw> {
        self.flaw
    }

    /// Who holds the lock.
    pub fn holder(&self) -> Option<&Grant> {
        self.holder.as_ref()
    }

    /// Who waits for it, in order.
    pub fn waiting(&self) -> &[Waiter] {
        &self.waiting
    }

    /// The open sessions and their terms: the holder's, then those that wait.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionId, Terms)> + '_ {
        let holder = self.holder.iter().map(|grant| (grant.session, grant.terms));
        holder.chain(self.waiting.iter().map(|waiter| (waiter.session, waiter.terms)))
    }

    /// Whether the session is open.
    pub fn has(&self, session: SessionId) -> bool {
        self.sessions().any(|(open, _)| open == session)
    }

    /// Whether two replicas that carried out the same entries agree: the clocks that a flawed one looks at may differ.
    pub fn agrees(&self, other: &Self) -> bool {
        let shown = |service: &Self| {
            let holder = service.holder.map(|grant| (grant.session, grant.token));
            (holder, service.waiting.iter().map(|waiter| waiter.session).collect::<Vec<_>>())
        };
        shown(self) == shown(other)
    }

    fn acquire(&mut self, index: u64, session: SessionId, terms: Terms, tell: Tell<'_>) {
        if let Some(grant) = self.holder.filter(|grant| grant.session == session) {
            return tell(Told::Answer(index, Response::Granted { session, token: grant.token }));
        }
        if let Some(waiter) = self.waiting.iter_mut().find(|waiter| waiter.session == session) {
            let earlier = std::mem::replace(&mut waiter.asked, index);
            return tell(Told::Answer(earlier, Response::AskedAgain { session }));
        }
        if self.is_closed(session) {
            tell(Told::Note(ServiceNote::CameLate { session, index }));
            return tell(Told::Answer(index, Response::Over { session }));
        }
        let waiter = Waiter { session, terms, asked: index };
        match &self.holder {
            None => self.grant(index, waiter, false, tell),
            Some(holder) => {
                let (holder, ahead) = (holder.session, self.waiting.len() as u32);
                self.waiting.push(waiter);
                tell(Told::Note(ServiceNote::Queued { session, holder, ahead, index }));
            }
        }
    }

    fn grant(&mut self, index: u64, Waiter { session, terms, asked }: Waiter, waited: bool, tell: Tell<'_>) {
        let token = if self.flaw == Some(Flaw::TokenNotFromLog) {
            self.version += 1;
            self.version
        } else {
            index
        };
        let ends = if self.flaw == Some(Flaw::ExpiryAtApply) { self.clock + terms.length } else { Micros::ZERO };
        self.holder = Some(Grant { session, token, terms, ends });
        tell(Told::Note(ServiceNote::Granted { session, token, index, waited }));
        tell(Told::Answer(asked, Response::Granted { session, token }));
    }

    /// Whether it may begin no more.
    fn is_closed(&self, SessionId { client, number }: SessionId) -> bool {
        self.over.get(&client).is_some_and(|over| number <= *over)
    }

    /// The session is over: nothing that comes late may begin it again.
    fn close(&mut self, SessionId { client, number }: SessionId) {
        let over = self.over.or_default(client);
        *over = number.max(*over);
    }

    /// The holder's session is over: the first that waits is next.
    fn hand_on(&mut self, index: u64, tell: Tell<'_>) {
        let held = self.holder.take().expect("somebody held it");
        self.close(held.session);
        if self.waiting.is_empty() {
            self.version = 0;
        } else {
            let next = self.waiting.remove(0);
            self.grant(index, next, true, tell);
        }
    }

    /// Takes a session out of the queue, if it is there.
    fn withdraw(&mut self, index: u64, session: SessionId, tell: Tell<'_>) -> bool {
        let Some(place) = self.waiting.iter().position(|waiter| waiter.session == session) else { return false };
        let waiter = self.waiting.remove(place);
        self.close(session);
        if waiter.asked != index {
            tell(Told::Answer(waiter.asked, Response::Over { session }));
        }
        true
    }

    fn release(&mut self, index: u64, session: SessionId, tell: Tell<'_>) {
        let holder = self.holder.map(|grant| grant.session);
        match holder {
            Some(held) if held == session || self.flaw == Some(Flaw::ReleaseByAnyone) => {
                tell(Told::Note(ServiceNote::Released { session: held, by: session, index }));
                self.hand_on(index, tell);
            }
            _ if self.withdraw(index, session, tell) => {
                tell(Told::Note(ServiceNote::Withdrawn { session, index }));
            }
            _ => {
                tell(Told::Note(ServiceNote::ReleaseRefused { session, holder, index }));
                // A question for the lock that is still on its way came too late.
                self.close(session);
            }
        }
        tell(Told::Answer(index, Response::Over { session }));
    }

    fn expire(&mut self, index: u64, session: SessionId, tell: Tell<'_>) {
        if self.holder.is_some_and(|grant| grant.session == session) {
            tell(Told::Note(ServiceNote::Expired { session, held: true, index }));
            self.hand_on(index, tell);
        } else if self.withdraw(index, session, tell) {
            tell(Told::Note(ServiceNote::Expired { session, held: false, index }));
        }
    }
}

impl StateMachine for LockService {
    type Ask = Ask;
    type Response = Response;
    type Note = ServiceNote;
    type Duties = Leases;

    fn word(ask: &Ask) -> &'static str {
        match ask {
            Ask::Acquire { .. } => "acquire",
            Ask::KeepAlive { .. } => "keep-alive",
            Ask::Release { .. } => "release",
            Ask::Expire { .. } => "expiry",
        }
    }

    /// Sessions know their own copies.
    fn number(_: &Ask) -> Option<u32> {
        None
    }

    fn is_read(ask: &Ask) -> bool {
        matches!(ask, Ask::KeepAlive { .. })
    }

    fn apply(&mut self, index: u64, command: &Command<Self>, tell: Tell<'_>) {
        if self.flaw == Some(Flaw::ExpiryAtApply)
            && let Some(grant) = self.holder.filter(|grant| grant.ends < self.clock)
        {
            self.expire(index, grant.session, tell);
        }
        match command.ask {
            Ask::Acquire { session, terms } => self.acquire(index, session, terms, tell),
            Ask::Release { session } => self.release(index, session, tell),
            Ask::Expire { session } => self.expire(index, session, tell),
            Ask::KeepAlive { .. } => unreachable!("a keep-alive is no command"),
        }
    }

    /// A session that has not begun is not over: a keep-alive may overtake the question for the lock.
    fn answer(&self, ask: &Ask) -> Response {
        let session = ask.session();
        if !self.has(session) && self.is_closed(session) {
            Response::Over { session }
        } else {
            Response::NotRenewed { session }
        }
    }

    fn look_at_clocks(&mut self, at: Clocks) {
        if self.flaw == Some(Flaw::ExpiryAtApply) {
            self.clock = at.monotonic;
        }
    }
}

//! The leader measures leases: the *duties* of a lock service's replica.
//!
//! The ends of leases are in the leader's memory, by its own clock, and in no log. A new leader does not know which keep-alives
//! the last one answered. It therefore grants every session a whole lease anew, before it lets any of them end (Gray & Cheriton
//! 1989, §2; Chubby does the same after a fail-over: Burrows 2006, §2.9).

use serde::Serialize;

use super::flaw::Flaw;
use super::service::{Ask, LockService, Response, SessionId, Terms};
use crate::node::{Clocks, Delay, Kind, Micros};
use crate::store::duties::{Agenda, Duties};
use crate::store::state_machine::StateMachine;

/// An expiry that was proposed and not carried out is proposed again after this time.
const AGAIN: Micros = Micros::from_ms(300);

/// Reminds the leader of the lease that ends first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Expiry;

impl Kind for Expiry {
    fn kind(&self) -> &'static str {
        "Expiry"
    }
}

/// When a lease ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum End {
    /// By the monotonic clock.
    After(Micros),
    /// By the wall clock.
    AtTime(Micros),
    /// It has ended, and the leader has proposed that. By the monotonic clock: when it proposes that once more.
    Proposed(Micros),
}

impl End {
    fn of(terms: Terms, at: Clocks) -> Self {
        match terms.until {
            None => Self::After(at.monotonic + terms.length),
            Some(until) => Self::AtTime(until),
        }
    }

    /// How long until then.
    fn left(self, at: Clocks) -> Micros {
        match self {
            Self::After(end) | Self::Proposed(end) => end.since(at.monotonic),
            Self::AtTime(end) => end.since(at.wall),
        }
    }
}

/// What a replica knows of the ends of leases.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Leases {
    leads: bool,
    ends: Vec<(SessionId, End)>,
    /// By the monotonic clock: when its timer runs out.
    wakes: Option<Micros>,
}

impl Leases {
    /// How long, by the leader's clocks, until the session's lease ends; none if it does not measure that.
    pub fn left(&self, session: SessionId, at: Clocks) -> Option<Micros> {
        let end = self.ends.iter().find(|(open, _)| *open == session);
        end.filter(|_| self.leads).map(|(_, end)| end.left(at))
    }

    /// Notes what sessions there are, and when their leases end.
    fn compare(&mut self, service: &LockService, leads: bool, at: Clocks) {
        let begins = leads && !self.leads;
        if begins && service.flaw() != Some(Flaw::NoRenewal) {
            self.ends.clear();
        }
        self.leads = leads;
        self.ends.retain(|(session, _)| service.has(*session));
        for (session, terms) in service.sessions() {
            if self.ends.iter().any(|(known, _)| *known == session) {
                continue;
            }
            let end = match terms.until {
                // What the last leader agreed to is not known: it may have been a whole lease a moment ago.
                Some(until) if begins => End::AtTime(until.max(at.wall + terms.length)),
                _ => End::of(terms, at),
            };
            self.ends.push((session, end));
        }
    }
}

impl Duties<LockService> for Leases {
    type Timer = Expiry;

    fn attend(&mut self, service: &LockService, leads: bool, at: Clocks) -> Agenda<Ask, Expiry> {
        if !leads && service.flaw() != Some(Flaw::NoRenewal) {
            *self = Self::default();
            return Agenda::IDLE;
        }
        self.compare(service, leads, at);
        if !leads {
            self.wakes = None;
            return Agenda::IDLE;
        }
        let mut propose = Vec::new();
        for (session, end) in &mut self.ends {
            if end.left(at) == Micros::ZERO {
                *end = End::Proposed(at.monotonic + AGAIN);
                propose.push(Ask::Expire { session: *session });
            }
        }
        let next = self.ends.iter().map(|(_, end)| end.left(at)).min();
        let wakes = next.map(|left| at.monotonic + left);
        let changed = wakes != self.wakes;
        self.wakes = wakes;
        Agenda { propose, wake: next.filter(|_| changed).map(|left| (Expiry, Delay::fixed(left))) }
    }

    /// Renews a lease, unless it has ended.
    fn answer(&mut self, service: &LockService, leads: bool, ask: &Ask, at: Clocks) -> Response {
        let Ask::KeepAlive { session, terms } = ask else { return service.answer(ask) };
        // An end that an earlier leader proposed may have been carried out just now, and is not looked at before.
        let is_open = leads && service.has(*session);
        let known = self.ends.iter_mut().find(|(open, _)| is_open && open == session);
        match known {
            Some((_, end)) if !matches!(end, End::Proposed(_)) && end.left(at) > Micros::ZERO => {
                let renewed = End::of(*terms, at);
                if renewed.left(at) > end.left(at) {
                    *end = renewed;
                }
                Response::Renewed { session: *session }
            }
            _ => service.answer(ask),
        }
    }
}

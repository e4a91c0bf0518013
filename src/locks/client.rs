//! A client: it takes the lock, updates the file, and gives the lock back.
//!
//! It believes that it holds the lock until its own clock says that its lease is over, less a margin. It counts a lease from the moment
//! at which it *asked* for what was granted, so that the way of a message only shortens what it believes in. It renews three times
//! in a lease.
//!
//! Before it reads the file it looks at its clock. Then it works, and writes. It can't look again at the moment of the write: there is
//! always some time between the look and the arrival of the write, in which a program may stand still and a message may be held up.
//!
//! A crash takes all that it knows but the number of its starts: sessions and updates of an earlier start are never taken for new ones.

use serde::Serialize;

use super::participant::{Delta, Participant};
use super::redlock;
use super::service::{Ask, Response as Answered, SessionId, Terms};
use super::storage::{File, UpdateId};
use crate::node::{Answer, Clocks, Delay, Effects, Kind, Micros, NodeId, NodeSet, RequestId};
use crate::store::service::{AnswerOf, ServiceMessage};

mod job;
mod note;
mod votes;

pub use job::{Request, Response};
pub use note::ClientNote;

/// How many requests may wait in line.
const IN_LINE: usize = 3;
/// How long it waits for an answer before it asks another server.
const RETRY: Micros = Micros::from_ms(400);
/// How long it waits after a refusal.
const AFTER_REFUSAL: Micros = Micros::from_ms(80);
/// How many questions without an answer it remembers.
const OPEN: usize = 8;
/// Bits of a number that one start may use up; those above count the starts.
const BITS: u32 = 20;

/// How it comes by the lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Access {
    /// From a lock service that any of the servers leads to.
    Service,
    /// From a majority of independent servers.
    Majority,
}

/// What a client is told before it starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// This client.
    pub id: NodeId,
    /// The lock servers.
    pub servers: NodeSet,
    /// Where the file is.
    pub storage: NodeId,
    /// How it comes by the lock.
    pub access: Access,
    /// How long a lease lasts.
    pub lease: Micros,
    /// Leases end at a time of day, instead of after a time.
    pub deadline: bool,
    /// So much of a lease it does not rely on.
    pub margin: Micros,
    /// How long it works between its read and its write.
    pub work: Micros,
}

/// A timer of a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum ClientTimer {
    /// It asks again what was not answered.
    Retry,
    /// It asks for another lease.
    Renew,
    /// Its lease is over, as far as it relies on it.
    LeaseEnd,
    /// Its work is done.
    Work,
}

impl Kind for ClientTimer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Renew => "Renew",
            Self::LeaseEnd => "LeaseEnd",
            Self::Work => "Work",
        }
    }
}

/// A question that is not answered yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Open {
    number: u32,
    /// When the lease ends that it asks for, by whichever clock measures it.
    end: Micros,
}

/// A lease, as far as it was confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lease {
    /// By the clock that measures it.
    pub end: Micros,
    /// The number of the question that was answered with it; with a majority of servers, of the round.
    pub confirmed_by: u32,
}

/// A session as its client sees it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Stay {
    id: SessionId,
    /// The first question for the lock: later ones begin no lease.
    first: Open,
    lease: Option<Lease>,
    /// It was granted with this token, when no lease was confirmed any more.
    granted: Option<u64>,
    /// Of a majority of servers: the round at hand.
    round: votes::Round,
}

/// What a holder does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Work {
    /// Nothing yet, or nothing any more.
    Rests,
    Reads(UpdateId),
    Works(UpdateId, File),
    Writes(UpdateId, File),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Phase {
    Idle,
    Acquires(Stay),
    Holds { stay: Stay, token: Option<u64>, work: Work },
    Releases(SessionId),
}

/// What a client believes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Belief {
    /// It holds the lock in this session.
    pub session: SessionId,
    /// With this token, if there is one.
    pub token: Option<u64>,
    /// For this time.
    pub lease: Lease,
}

/// A client.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Client {
    config: Config,
    starts: u32,
    /// Questions, sessions and updates of this start.
    asked: u32,
    sessions: u32,
    updates: u32,
    /// The server that it asks.
    server: NodeId,
    /// How many questions it has not answered since its last answer.
    unheard: u32,
    open: Vec<Open>,
    phase: Phase,
    job: Option<(RequestId, job::Job)>,
    in_line: Vec<(RequestId, job::Job)>,
    /// A write whose answer it gave up, and what it was for.
    given_up: Option<job::GivenUp>,
}

type Out = Effects<Participant>;

impl Client {
    /// A client that has not started.
    pub fn new(config: Config) -> Self {
        let first = config.servers.iter().nth(usize::from(config.id.0) % config.servers.len());
        Self {
            config,
            starts: 0,
            asked: 0,
            sessions: 0,
            updates: 0,
            server: first.expect("there is a server"),
            unheard: 0,
            open: Vec::new(),
            phase: Phase::Idle,
            job: None,
            in_line: Vec::new(),
            given_up: None,
        }
    }

    /// What it is set up with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What it believes of the lock: a function of its state, whatever its clock may show.
    pub fn belief(&self) -> Option<Belief> {
        let Phase::Holds { stay, token, .. } = &self.phase else { return None };
        Some(Belief { session: stay.id, token: *token, lease: stay.lease.expect("who holds has a lease") })
    }

    /// Whether it waits for the lock.
    pub fn waits(&self) -> Option<SessionId> {
        if let Phase::Acquires(stay) = &self.phase { Some(stay.id) } else { None }
    }

    /// Whether it has nothing to do.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Idle && self.job.is_none()
    }

    /// The update at which it works, between its read and its write.
    pub fn works_at(&self) -> Option<UpdateId> {
        match &self.phase {
            Phase::Holds { work: Work::Works(update, _), .. } => Some(*update),
            _ => None,
        }
    }

    /// What the clock that measures leases shows.
    fn clock(&self, at: Clocks) -> Micros {
        if self.config.deadline { at.wall } else { at.monotonic }
    }

    fn terms(&self, at: Clocks) -> Terms {
        let length = self.config.lease;
        Terms { length, until: self.config.deadline.then_some(at.wall + length) }
    }

    /// A number that no earlier start has used.
    fn number(&self, nth: u32) -> u32 {
        self.starts << BITS | nth
    }

    pub(super) fn on_restart(&mut self, starts: u32, out: &mut Out) {
        *self = Self { starts: starts + 1, ..Self::new(self.config) };
        out.write(Delta::Started);
    }

    fn next_server(&mut self) {
        let after = self.config.servers.iter().find(|server| *server > self.server);
        self.server = after.or(self.config.servers.iter().next()).expect("there is a server");
        self.unheard = 0;
    }

    /// Asks the lock service; what it asks for would last until the end that is returned.
    fn ask(&mut self, ask: Ask, at: Clocks, out: &mut Out) -> Open {
        let open = Open { number: self.number(self.asked), end: self.clock(at) + self.config.lease };
        self.asked += 1;
        self.unheard += 1;
        if self.open.len() == OPEN {
            self.open.remove(0);
        }
        self.open.push(open);
        out.send_after_sync(self.server, ServiceMessage::Ask { number: open.number, attempt: 0, ask }.into());
        open
    }

    /// Begins a session.
    fn acquire(&mut self, at: Clocks, out: &mut Out) {
        let id = SessionId { client: self.config.id, number: self.number(self.sessions) };
        self.sessions += 1;
        self.open.clear();
        let first = match self.config.access {
            Access::Service => {
                out.note(ClientNote::Asks { session: id, server: self.server });
                out.set_timer(ClientTimer::Retry.into(), Delay::fixed(RETRY));
                out.set_timer(ClientTimer::Renew.into(), Delay::fixed(self.renewal()));
                self.ask(Ask::Acquire { session: id, terms: self.terms(at) }, at, out)
            }
            Access::Majority => Open { number: 0, end: self.clock(at) + self.config.lease },
        };
        let round = votes::Round::default();
        self.phase = Phase::Acquires(Stay { id, first, lease: None, granted: None, round });
        if self.config.access == Access::Majority {
            self.poll(at, out);
        }
    }

    fn renewal(&self) -> Micros {
        Micros(self.config.lease.0 / 3)
    }

    /// An answer of the lock service.
    pub(super) fn on_answer(
        &mut self,
        number: u32,
        answer: &AnswerOf<super::service::LockService>,
        at: Clocks,
        out: &mut Out,
    ) {
        let Some(place) = self.open.iter().position(|open| open.number == number) else { return };
        let open = self.open.remove(place);
        self.unheard = 0;
        match *answer {
            Answer::Done(Answered::Granted { session, token }) => self.on_granted(session, token, at, out),
            Answer::Done(Answered::Renewed { session }) => self.on_renewed(session, open, at, out),
            Answer::Done(Answered::Over { session }) => self.on_over(session, at, out),
            Answer::Done(Answered::NotRenewed { .. } | Answered::AskedAgain { .. }) => {}
            Answer::Refused(_) | Answer::Unknown => {
                self.next_server();
                let timer = match self.phase {
                    Phase::Holds { .. } => ClientTimer::Renew,
                    Phase::Acquires(_) | Phase::Releases(_) => ClientTimer::Retry,
                    Phase::Idle => return,
                };
                out.set_timer(timer.into(), Delay::fixed(AFTER_REFUSAL));
            }
        }
    }

    fn on_granted(&mut self, session: SessionId, token: u64, at: Clocks, out: &mut Out) {
        let Phase::Acquires(stay) = &mut self.phase else { return };
        if stay.id != session {
            return;
        }
        stay.granted = Some(token);
        stay.confirm(stay.first);
        self.hold(at, out);
    }

    fn on_renewed(&mut self, session: SessionId, open: Open, at: Clocks, out: &mut Out) {
        match &mut self.phase {
            Phase::Acquires(stay) if stay.id == session => {
                stay.confirm(open);
                if stay.granted.is_some() {
                    self.hold(at, out);
                }
            }
            Phase::Holds { stay, .. } if stay.id == session => {
                stay.confirm(open);
                self.mind_the_end(at, out);
                self.go_on(at, out);
            }
            _ => {}
        }
    }

    /// The service says that the session is over.
    fn on_over(&mut self, session: SessionId, at: Clocks, out: &mut Out) {
        match &self.phase {
            Phase::Acquires(stay) if stay.id == session => {
                out.note(ClientNote::ToldOver { session, held: false });
                self.acquire(at, out);
            }
            Phase::Holds { stay, .. } if stay.id == session => {
                out.note(ClientNote::ToldOver { session, held: true });
                self.lose(at, out);
            }
            Phase::Releases(id) if *id == session => self.rest(at, out),
            _ => {}
        }
    }

    /// What is left of the lease, less the margin.
    fn left(&self, stay: &Stay, at: Clocks) -> Micros {
        let lease = stay.lease.map_or(Micros::ZERO, |lease| lease.end);
        lease.since(self.clock(at) + self.config.margin)
    }

    /// It was granted the lock. It believes so if enough of a lease is left.
    fn hold(&mut self, at: Clocks, out: &mut Out) {
        let Phase::Acquires(stay) = &self.phase else { unreachable!("only who asks is granted") };
        let (left, stay) = (self.left(stay, at), stay.clone());
        if left == Micros::ZERO {
            return;
        }
        let token = stay.granted;
        out.note(ClientNote::Holds { session: stay.id, token, left });
        out.cancel_timer(ClientTimer::Retry.into());
        if self.config.access == Access::Majority {
            out.set_timer(ClientTimer::Renew.into(), Delay::fixed(self.renewal()));
        }
        self.phase = Phase::Holds { stay, token, work: Work::Rests };
        self.mind_the_end(at, out);
        self.begin_job(at, out);
    }

    fn mind_the_end(&self, at: Clocks, out: &mut Out) {
        if let Phase::Holds { stay, .. } = &self.phase {
            out.set_timer(ClientTimer::LeaseEnd.into(), Delay::fixed(self.left(stay, at)));
        }
    }

    /// It relies on its lease no more.
    pub(super) fn on_lease_end(&mut self, at: Clocks, out: &mut Out) {
        let Phase::Holds { stay, .. } = &self.phase else { return };
        if self.left(stay, at) > Micros::ZERO {
            // The wall clock was set back.
            return self.mind_the_end(at, out);
        }
        out.note(ClientNote::LeaseEnds { session: stay.id, margin: self.config.margin });
        self.lose(at, out);
    }

    pub(super) fn on_renew(&mut self, at: Clocks, out: &mut Out) {
        let (Phase::Acquires(stay) | Phase::Holds { stay, .. }) = &self.phase else { return };
        let session = stay.id;
        match self.config.access {
            Access::Service => {
                // Its last question was not answered: another server may know better. Who waits asks more than one at a time.
                let waits = matches!(self.phase, Phase::Acquires(_));
                if self.unheard > u32::from(waits) {
                    self.next_server();
                }
                self.ask(Ask::KeepAlive { session, terms: self.terms(at) }, at, out);
                out.set_timer(ClientTimer::Renew.into(), Delay::fixed(self.renewal()));
            }
            Access::Majority if matches!(self.phase, Phase::Holds { .. }) => {
                self.poll(at, out);
                out.set_timer(ClientTimer::Renew.into(), Delay::fixed(self.renewal()));
            }
            Access::Majority => {}
        }
    }

    pub(super) fn on_retry(&mut self, at: Clocks, out: &mut Out) {
        match &self.phase {
            Phase::Acquires(_) if self.config.access == Access::Majority => self.poll_again(at, out),
            Phase::Acquires(stay) => {
                let session = stay.id;
                if self.unheard > 1 {
                    self.next_server();
                }
                out.set_timer(ClientTimer::Retry.into(), Delay::fixed(RETRY));
                self.ask(Ask::Acquire { session, terms: self.terms(at) }, at, out);
            }
            Phase::Releases(session) => {
                let session = *session;
                self.next_server();
                self.release(session, at, out);
            }
            Phase::Holds { .. } => self.ask_storage_again(at, out),
            Phase::Idle => {}
        }
    }

    /// Gives the session back.
    fn release(&mut self, session: SessionId, at: Clocks, out: &mut Out) {
        for timer in [ClientTimer::Renew, ClientTimer::LeaseEnd, ClientTimer::Work] {
            out.cancel_timer(timer.into());
        }
        match self.config.access {
            Access::Service => {
                self.phase = Phase::Releases(session);
                self.ask(Ask::Release { session }, at, out);
                out.set_timer(ClientTimer::Retry.into(), Delay::fixed(RETRY));
            }
            Access::Majority => {
                for server in self.config.servers.iter() {
                    out.send_after_sync(server, redlock::Message::Unlock { session }.into());
                }
                self.rest(at, out);
            }
        }
    }

    /// The session is behind it.
    fn rest(&mut self, at: Clocks, out: &mut Out) {
        out.cancel_timer(ClientTimer::Retry.into());
        self.phase = Phase::Idle;
        if !self.in_line.is_empty() {
            self.job = Some(self.in_line.remove(0));
            self.acquire(at, out);
        }
    }
}

impl Stay {
    /// The lease that this question asked for was granted.
    fn confirm(&mut self, Open { number, end }: Open) {
        if self.lease.is_none_or(|lease| lease.end < end) {
            self.lease = Some(Lease { end, confirmed_by: number });
        }
    }
}

//! What a client is asked to do with the lock, and how it does that.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::Serialize;

use super::{Client, ClientNote, ClientTimer, IN_LINE, Out, Phase, RETRY, Work};
use crate::locks::storage::{File, Message, UpdateId};
use crate::node::{Answer, Clocks, Delay, RequestId};
use crate::store::service::{AdminDone, Refusal};

/// What a client is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Request {
    /// Take the lock, update the file, give the lock back.
    Update,
    /// Take the lock and keep it.
    Acquire,
    /// Give it back.
    Release,
}

impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Update => "update",
            Self::Acquire => "acquire",
            Self::Release => "release",
        })
    }
}

impl FromStr for Request {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        match line {
            "update" => Ok(Self::Update),
            "acquire" => Ok(Self::Acquire),
            "release" => Ok(Self::Release),
            _ => Err(format!("no client can “{line}”: it can update, acquire and release")),
        }
    }
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Response {
    /// The storage has the update.
    Updated {
        /// Which.
        update: UpdateId,
        /// By this right, if there are tokens.
        token: Option<u64>,
        /// What was in the file as it was read.
        read: File,
    },
    /// The storage refused it.
    Fenced {
        /// Which.
        update: UpdateId,
        /// Its token.
        token: Option<u64>,
        /// The greatest that the storage has seen.
        newest: u64,
    },
    /// The lease ended before anything was written, or while the lock was held.
    Lost,
    /// The client holds the lock.
    Acquired {
        /// With this token, if there is one.
        token: Option<u64>,
    },
    /// It gave the lock back.
    Released,
    /// There was nothing to give back.
    NotHeld,
    /// No client's: an operator's.
    AdminDone,
}

impl From<AdminDone> for Response {
    fn from(AdminDone: AdminDone) -> Self {
        Self::AdminDone
    }
}

/// What it needs the lock for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Job {
    Update,
    Hold,
}

/// A write whose answer may still come.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct GivenUp {
    request: RequestId,
    update: UpdateId,
    token: Option<u64>,
    read: File,
}

impl Client {
    pub(in crate::locks) fn on_request(&mut self, id: RequestId, request: Request, at: Clocks, out: &mut Out) {
        let job = match request {
            Request::Update => Job::Update,
            Request::Acquire => Job::Hold,
            Request::Release => return self.give_back(id, at, out),
        };
        if self.in_line.len() == IN_LINE {
            out.note(ClientNote::WasBusy);
            return out.reply(id, Answer::Refused(Refusal::Busy));
        }
        if self.phase == Phase::Idle && self.job.is_none() {
            self.job = Some((id, job));
            self.acquire(at, out);
        } else {
            self.in_line.push((id, job));
        }
    }

    /// A person wants the lock back from it.
    fn give_back(&mut self, id: RequestId, at: Clocks, out: &mut Out) {
        let session = match &self.phase {
            Phase::Holds { stay, work: Work::Rests, .. } | Phase::Acquires(stay) => Some(stay.id),
            _ => None,
        };
        let is_update = matches!(self.job, Some((_, Job::Update)));
        let Some(session) = session.filter(|_| !is_update) else {
            return out.reply(id, Answer::Done(Response::NotHeld));
        };
        self.end_job(Answer::Done(Response::Lost), out);
        out.note(ClientNote::Releases { session });
        out.reply(id, Answer::Done(Response::Released));
        self.release(session, at, out);
    }

    fn end_job(&mut self, answer: Answer<Response, Refusal>, out: &mut Out) {
        if let Some((request, _)) = self.job.take() {
            out.reply(request, answer);
        }
    }

    /// It holds the lock now.
    pub(super) fn begin_job(&mut self, at: Clocks, out: &mut Out) {
        let Phase::Holds { token, .. } = self.phase else { return };
        match self.job {
            Some((_, Job::Update)) => self.go_on(at, out),
            // It stays with the lock: the request is over, and its session goes on.
            Some((_, Job::Hold)) => self.end_job(Answer::Done(Response::Acquired { token }), out),
            None => {}
        }
    }

    /// Begins the update if it is to do one and has not.
    pub(super) fn go_on(&mut self, at: Clocks, out: &mut Out) {
        let id = UpdateId { client: self.config.id, number: self.number(self.updates) };
        let Some((_, Job::Update)) = self.job else { return };
        let Phase::Holds { stay, token, work: Work::Rests } = &self.phase else { return };
        if self.left(stay, at).0 == 0 {
            return;
        }
        let token = *token;
        self.updates += 1;
        out.note(ClientNote::Reads { update: id });
        self.set_work(Work::Reads(id));
        out.send_after_sync(self.config.storage, Message::Read { update: id, token }.into());
        out.set_timer(ClientTimer::Retry.into(), Delay::fixed(RETRY));
    }

    fn set_work(&mut self, next: Work) {
        let Phase::Holds { work, .. } = &mut self.phase else { unreachable!("only a holder works") };
        *work = next;
    }

    pub(in crate::locks) fn on_storage(&mut self, message: Message, at: Clocks, out: &mut Out) {
        match message {
            Message::Contents { update, file } => self.on_contents(update, file, out),
            Message::Written { update } => self.on_written(update, at, out),
            Message::Stale { update, newest } => self.on_stale(update, newest, at, out),
            Message::Read { .. } | Message::Write { .. } => unreachable!("questions go to the storage"),
        }
    }

    fn on_contents(&mut self, update: UpdateId, file: File, out: &mut Out) {
        if !matches!(&self.phase, Phase::Holds { work: Work::Reads(read), .. } if *read == update) {
            return;
        }
        let time = self.config.work;
        out.note(ClientNote::Works { update, time });
        self.set_work(Work::Works(update, file));
        out.cancel_timer(ClientTimer::Retry.into());
        out.set_timer(ClientTimer::Work.into(), Delay::fixed(time));
    }

    /// The work is done: it writes. It looked at its clock before it read.
    pub(in crate::locks) fn on_work_done(&mut self, at: Clocks, out: &mut Out) {
        let Phase::Holds { token, work: Work::Works(update, read), .. } = &self.phase else { return };
        let (token, update, read) = (*token, *update, read.clone());
        out.note(ClientNote::Writes { update, token });
        self.set_work(Work::Writes(update, read));
        self.write(at, out);
    }

    fn write(&self, at: Clocks, out: &mut Out) {
        let Phase::Holds { token, work: Work::Writes(update, read), .. } = &self.phase else { return };
        let file: File = read.iter().copied().chain([*update]).collect();
        let message = Message::Write { update: *update, token: *token, written: at.wall, file };
        out.send_after_sync(self.config.storage, message.into());
        out.set_timer(ClientTimer::Retry.into(), Delay::fixed(RETRY));
    }

    /// The storage did not answer.
    pub(super) fn ask_storage_again(&mut self, at: Clocks, out: &mut Out) {
        match &self.phase {
            Phase::Holds { token, work: Work::Reads(update), .. } => {
                out.send_after_sync(self.config.storage, Message::Read { update: *update, token: *token }.into());
                out.set_timer(ClientTimer::Retry.into(), Delay::fixed(RETRY));
            }
            Phase::Holds { work: Work::Writes(..), .. } => self.write(at, out),
            _ => {}
        }
    }

    fn on_written(&mut self, update: UpdateId, at: Clocks, out: &mut Out) {
        match &self.phase {
            Phase::Holds { stay, token, work: Work::Writes(written, read) } if *written == update => {
                let (session, token, read) = (stay.id, *token, read.clone());
                out.note(ClientNote::Updated { update });
                self.end_job(Answer::Done(Response::Updated { update, token, read }), out);
                out.note(ClientNote::Releases { session });
                self.release(session, at, out);
            }
            _ => {
                if let Some(GivenUp { request, token, read, .. }) =
                    self.given_up.take_if(|given| given.update == update)
                {
                    out.note(ClientNote::Updated { update });
                    out.reply(request, Answer::Done(Response::Updated { update, token, read }));
                }
            }
        }
    }

    fn on_stale(&mut self, update: UpdateId, newest: u64, at: Clocks, out: &mut Out) {
        match &self.phase {
            Phase::Holds { stay, token, work: Work::Reads(asked) | Work::Writes(asked, _) } if *asked == update => {
                let (session, token) = (stay.id, *token);
                out.note(ClientNote::Fenced { update, token: token.unwrap_or(0), newest });
                self.end_job(Answer::Done(Response::Fenced { update, token, newest }), out);
                self.release(session, at, out);
            }
            _ => {
                if let Some(GivenUp { request, token, .. }) = self.given_up.take_if(|given| given.update == update) {
                    out.note(ClientNote::Fenced { update, token: token.unwrap_or(0), newest });
                    out.reply(request, Answer::Done(Response::Fenced { update, token, newest }));
                }
            }
        }
    }

    /// It believes no more that it holds the lock.
    pub(super) fn lose(&mut self, at: Clocks, out: &mut Out) {
        let Phase::Holds { stay, token, work } = &self.phase else { unreachable!("only a holder loses the lock") };
        let (session, token) = (stay.id, *token);
        if let Work::Writes(update, read) = work {
            let (update, read) = (*update, read.clone());
            out.note(ClientNote::GivesUp { wrote: true });
            if let Some((request, _)) = self.job {
                self.given_up = Some(GivenUp { request, update, token, read });
            }
            self.end_job(Answer::Unknown, out);
        } else if self.job.is_some() {
            out.note(ClientNote::GivesUp { wrote: false });
            self.end_job(Answer::Done(Response::Lost), out);
        }
        self.release(session, at, out);
    }
}

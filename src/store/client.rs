//! A person's phone: asks its replica, waits, and gives up after a while.
//!
//! One question at a time: what its person asks for meanwhile waits in line. What it gave up may still have happened: if word
//! comes later, the phone passes it on.
//!
//! With retries it asks again, each time at the next replica, as long as it has no definite answer and its patience lasts. It
//! can say *refused* only if each attempt was.

use serde::{Serialize, Serializer};

use super::feed::{Ask, Deed, FeedAnswer, Post, PostId, Request, Response};
use super::objects::{AskedChange, Context};
use super::participant::Participant;
use super::service::{Refusal, ServiceMessage};
use crate::node::{Answer, Clocks, Delay, Effects, Kind, Micros, NodeId, RequestId};

/// How many given-up questions a phone remembers, to recognise late answers.
const REMEMBERED: usize = 16;

/// How many questions may wait in line.
const IN_LINE: usize = 3;

/// A rule that fired or refused at a phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PhoneNote {
    /// A phone asked its replica for something.
    Asked {
        /// The replica.
        replica: NodeId,
        /// What.
        deed: Deed,
    },
    /// A phone got no answer in time.
    GaveUp {
        /// The replica that it had asked.
        replica: NodeId,
        /// How long it waited.
        waited: Micros,
        /// What.
        deed: Deed,
    },
    /// A phone heard after all what came of something that it had given up.
    HeardLate {
        /// It did take effect.
        done: bool,
        /// What.
        deed: Deed,
    },
    /// A phone moved to another replica.
    Attached {
        /// From here.
        from: NodeId,
        /// To there.
        to: NodeId,
    },
    /// A phone was asked for more than it keeps in line.
    WasBusy,
    /// A phone asks the same once more.
    Retried {
        /// The replica that it asks now.
        replica: NodeId,
        /// How many times it asked before.
        attempt: u8,
        /// What.
        deed: Deed,
    },
    /// Every attempt was refused until a phone's patience ended.
    RefusedEachTime {
        /// How many attempts.
        attempts: u8,
        /// What.
        deed: Deed,
    },
}

/// A timer of a phone. Numbered as run files have it, beside the stores' timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PhoneTimer {
    /// It gives up waiting for an answer.
    Answer = 3,
    /// It asks the same once more.
    Retry = 4,
}

/// By its number, which no store has.
impl Serialize for PhoneTimer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(*self as u32)
    }
}

impl Kind for PhoneTimer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Answer => "Answer",
            Self::Retry => "Retry",
        }
    }
}

/// What a phone waits for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Waiting {
    number: u32,
    request: RequestId,
    ask: Ask,
    replica: NodeId,
    since: Micros,
    /// How many times it asked.
    attempts: u8,
    /// Which attempts were refused, one bit each.
    refused: u32,
    /// The latest refusal.
    refusal: Option<Refusal>,
}

impl Waiting {
    fn deed(&self) -> Deed {
        self.ask.deed()
    }

    /// A refusal of one attempt. True if by now each of them was refused: then it never took effect.
    fn refuse(&mut self, attempt: u8, refusal: Refusal) -> bool {
        self.refused |= 1 << attempt;
        self.refusal = Some(refusal);
        self.refused.count_ones() == u32::from(self.attempts)
    }
}

/// How a phone asks again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Retries {
    /// How many replicas there are to ask, counted from 0.
    pub servers: u8,
    /// How long it waits for an answer before it asks the next one; the patience is at most 20 times as long.
    pub every: Micros,
    /// How long it waits after a refusal.
    pub after_refusal: Micros,
}

/// A phone.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Client {
    id: NodeId,
    replica: NodeId,
    timeout: Micros,
    retries: Option<Retries>,
    asked: u32,
    written: u32,
    /// What its person has seen of what others wrote, and when.
    seen: Context,
    waiting: Option<Waiting>,
    /// Asked for while it waits, oldest first.
    in_line: Vec<(RequestId, Ask)>,
    given_up: Vec<Waiting>,
}

impl Client {
    /// A phone that talks to `replica` and waits `timeout` (by its own clock) for each answer.
    pub fn new(id: NodeId, replica: NodeId, timeout: Micros, retries: Option<Retries>) -> Self {
        assert!(
            retries.is_none_or(|retries| timeout.0 < 20 * retries.every.0.min(retries.after_refusal.0)),
            "too many attempts"
        );
        Self {
            id,
            replica,
            timeout,
            retries,
            asked: 0,
            written: 0,
            seen: Context::default(),
            waiting: None,
            in_line: Vec::new(),
            given_up: Vec::new(),
        }
    }

    /// This phone.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The replica that it talks to.
    pub fn replica(&self) -> NodeId {
        self.replica
    }

    /// What it waits for.
    pub fn waiting(&self) -> Option<RequestId> {
        self.waiting.as_ref().map(|waiting| waiting.request)
    }

    /// Whether it waits for the answer to this, or has it in line.
    pub fn has_open(&self, request: RequestId) -> bool {
        self.waiting() == Some(request) || self.in_line.iter().any(|(other, _)| *other == request)
    }

    /// How many posts and changes it took from its person.
    pub fn written(&self) -> u32 {
        self.written
    }

    /// The name of the next one.
    fn name(&mut self) -> PostId {
        let id = PostId { author: self.id, number: self.written };
        self.written += 1;
        id
    }

    pub(super) fn on_restart(&mut self) {
        assert!(self.waiting.is_none() && self.asked == 0, "phones do not crash");
    }

    pub(super) fn on_request(&mut self, id: RequestId, request: Request, at: Clocks, out: &mut Effects<Participant>) {
        let ask = match request {
            Request::Attach(to) => {
                out.note(PhoneNote::Attached { from: self.replica, to });
                self.replica = to;
                return out.reply(id, Answer::Done(Response::Attached));
            }
            _ if self.in_line.len() == IN_LINE => {
                out.note(PhoneNote::WasBusy);
                return out.reply(id, Answer::Refused(Refusal::Busy));
            }
            Request::Admin(_) => panic!("replicas are operated, not phones"),
            Request::Read => Ask::Read,
            Request::Post(text) => Ask::Post(Post { id: self.name(), text, written: at.wall }),
            Request::Change(change) => {
                let (id, mut context) = (self.name(), self.seen.clone());
                // One person's writes follow each other.
                context.writes.insert_below(id.author, id.number);
                Ask::Change(Box::new(AskedChange { id, change, context }))
            }
        };
        if self.waiting.is_some() {
            self.in_line.push((id, ask));
        } else {
            self.ask(id, ask, at, out);
        }
    }

    fn ask(&mut self, id: RequestId, ask: Ask, at: Clocks, out: &mut Effects<Participant>) {
        let number = self.asked;
        self.asked += 1;
        let (replica, deed) = (self.replica, ask.deed());
        out.note(PhoneNote::Asked { replica, deed });
        out.send(replica, ServiceMessage::Ask { number, attempt: 0, ask: ask.clone() }.into());
        out.set_timer(PhoneTimer::Answer.into(), Delay::fixed(self.timeout));
        if let Some(retries) = self.retries {
            out.set_timer(PhoneTimer::Retry.into(), Delay::fixed(retries.every));
        }
        let since = at.monotonic;
        self.waiting =
            Some(Waiting { number, request: id, ask, replica, since, attempts: 1, refused: 0, refusal: None });
    }

    /// No definite answer yet: the next replica is asked.
    pub(super) fn on_retry(&mut self, out: &mut Effects<Participant>) {
        let retries = self.retries.expect("the timer runs only with retries");
        let waiting = self.waiting.as_mut().expect("the timer runs only while it waits");
        let attempt = waiting.attempts;
        waiting.attempts += 1;
        waiting.replica = NodeId((waiting.replica.0 + 1) % retries.servers);
        out.note(PhoneNote::Retried { replica: waiting.replica, attempt, deed: waiting.deed() });
        let again = ServiceMessage::Ask { number: waiting.number, attempt, ask: waiting.ask.clone() };
        out.send(waiting.replica, again.into());
        out.set_timer(PhoneTimer::Retry.into(), Delay::fixed(retries.every));
    }

    fn stop_timers(&self, out: &mut Effects<Participant>) {
        out.cancel_timer(PhoneTimer::Answer.into());
        if self.retries.is_some() {
            out.cancel_timer(PhoneTimer::Retry.into());
        }
    }

    /// The last question is over: the next in line is asked.
    fn ask_next(&mut self, at: Clocks, out: &mut Effects<Participant>) {
        if !self.in_line.is_empty() {
            let (id, ask) = self.in_line.remove(0);
            self.ask(id, ask, at, out);
        }
    }

    /// Its person has seen this.
    fn see(&mut self, response: &Response) {
        match response {
            Response::Posted(_, hybrid) => self.seen.hybrid = self.seen.hybrid.seen(*hybrid),
            Response::Changed(context) => self.seen.join(context),
            Response::Posts { beside: Some(beside), .. } => self.seen.join(&beside.context),
            Response::Posts { beside: None, .. } | Response::Attached | Response::AdminDone => {}
        }
    }

    pub(super) fn on_answer(
        &mut self,
        number: u32,
        attempt: u8,
        answer: FeedAnswer,
        at: Clocks,
        out: &mut Effects<Participant>,
    ) {
        if let Answer::Done(response) = &answer {
            self.see(response);
        }
        if let Some(waiting) = self.waiting.as_mut().filter(|waiting| waiting.number == number) {
            if let (Some(retries), false) = (self.retries, matches!(answer, Answer::Done(_))) {
                if let Answer::Refused(refusal) = answer {
                    waiting.refuse(attempt, refusal);
                }
                return out.set_timer(PhoneTimer::Retry.into(), Delay::fixed(retries.after_refusal));
            }
            self.stop_timers(out);
            let waiting = self.waiting.take().expect("just seen");
            out.reply(waiting.request, answer.clone());
            if answer == Answer::Unknown {
                self.remember(waiting);
            }
            self.ask_next(at, out);
        } else if let Some(position) = self.given_up.iter().position(|waiting| waiting.number == number) {
            let waiting = &mut self.given_up[position];
            let definite = match &answer {
                Answer::Done(_) => true,
                Answer::Refused(refusal) => waiting.refuse(attempt, *refusal),
                Answer::Unknown => false,
            };
            if definite {
                let waiting = self.given_up.remove(position);
                let (done, deed) = (matches!(answer, Answer::Done(_)), waiting.deed());
                out.note(PhoneNote::HeardLate { done, deed });
                out.reply(waiting.request, answer);
            }
        }
    }

    pub(super) fn on_timeout(&mut self, at: Clocks, out: &mut Effects<Participant>) {
        self.stop_timers(out);
        let waiting = self.waiting.take().expect("the timer runs only while it waits");
        let (attempts, deed) = (waiting.attempts, waiting.deed());
        match waiting.refusal.filter(|_| waiting.refused.count_ones() == u32::from(attempts)) {
            Some(refusal) => {
                out.note(PhoneNote::RefusedEachTime { attempts, deed });
                out.reply(waiting.request, Answer::Refused(refusal));
            }
            None => {
                let waited = at.monotonic.since(waiting.since);
                out.note(PhoneNote::GaveUp { replica: waiting.replica, waited, deed });
                out.reply(waiting.request, Answer::Unknown);
                self.remember(waiting);
            }
        }
        self.ask_next(at, out);
    }

    fn remember(&mut self, waiting: Waiting) {
        if self.given_up.len() == REMEMBERED {
            self.given_up.remove(0);
        }
        self.given_up.push(waiting);
    }
}

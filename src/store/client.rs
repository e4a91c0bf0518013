//! A person's phone: asks its replica, waits, and gives up after a while.
//!
//! One question at a time: what its person asks for meanwhile waits in line. What it gave up may still have happened: if word comes later, the phone passes it on.
//! Left out: retries (a retried post could happen twice without client sessions).

use super::feed::{Ask, FeedAnswer, Post, PostId, Refusal, Request, Response};
use super::participant::{Message, Note, Participant, Timer};
use crate::node::{Answer, Clocks, Delay, Effects, Micros, NodeId, RequestId};

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
        /// A post, else a read.
        post: bool,
    },
    /// A phone got no answer in time.
    GaveUp {
        /// The replica that it had asked.
        replica: NodeId,
        /// How long it waited.
        waited: Micros,
        /// A post, else a read.
        post: bool,
    },
    /// A phone heard after all what came of something that it had given up.
    HeardLate {
        /// It did take effect.
        done: bool,
        /// A post, else a read.
        post: bool,
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
}

/// What a phone waits for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Waiting {
    number: u32,
    request: RequestId,
    post: bool,
    replica: NodeId,
    since: Micros,
}

/// A phone.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Client {
    id: NodeId,
    replica: NodeId,
    timeout: Micros,
    asked: u32,
    posted: u32,
    waiting: Option<Waiting>,
    /// Asked for while it waits, oldest first.
    in_line: Vec<(RequestId, Ask)>,
    given_up: Vec<Waiting>,
}

impl Client {
    /// A phone that talks to `replica` and waits `timeout` (by its own clock) for each answer.
    pub fn new(id: NodeId, replica: NodeId, timeout: Micros) -> Self {
        Self { id, replica, timeout, asked: 0, posted: 0, waiting: None, in_line: Vec::new(), given_up: Vec::new() }
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

    /// How many posts it took from its person.
    pub fn posted(&self) -> u32 {
        self.posted
    }

    pub(super) fn on_restart(&mut self) {
        assert!(self.waiting.is_none() && self.asked == 0, "phones do not crash");
    }

    pub(super) fn on_request(&mut self, id: RequestId, request: Request, at: Clocks, out: &mut Effects<Participant>) {
        let ask = match request {
            Request::Attach(to) => {
                out.note(Note::Phone(PhoneNote::Attached { from: self.replica, to }));
                self.replica = to;
                return out.reply(id, Answer::Done(Response::Attached));
            }
            _ if self.in_line.len() == IN_LINE => {
                out.note(Note::Phone(PhoneNote::WasBusy));
                return out.reply(id, Answer::Refused(Refusal::Busy));
            }
            Request::Operate(_) => panic!("replicas are operated, not phones"),
            Request::Read => Ask::Read,
            Request::Post(text) => {
                let post = PostId { author: self.id, number: self.posted };
                self.posted += 1;
                Ask::Post(Post { id: post, text, written: at.wall })
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
        let post = matches!(ask, Ask::Post(_));
        self.waiting = Some(Waiting { number, request: id, post, replica: self.replica, since: at.monotonic });
        out.note(Note::Phone(PhoneNote::Asked { replica: self.replica, post }));
        out.send(self.replica, Message::Ask { number, ask });
        out.set_timer(Timer::Answer, Delay::fixed(self.timeout));
    }

    /// The last question is over: the next in line is asked.
    fn ask_next(&mut self, at: Clocks, out: &mut Effects<Participant>) {
        if !self.in_line.is_empty() {
            let (id, ask) = self.in_line.remove(0);
            self.ask(id, ask, at, out);
        }
    }

    pub(super) fn on_answer(&mut self, number: u32, answer: FeedAnswer, at: Clocks, out: &mut Effects<Participant>) {
        if let Some(waiting) = self.waiting.take_if(|waiting| waiting.number == number) {
            out.cancel_timer(Timer::Answer);
            out.reply(waiting.request, answer.clone());
            if answer == Answer::Unknown {
                self.remember(waiting);
            }
            self.ask_next(at, out);
        } else if answer != Answer::Unknown
            && let Some(position) = self.given_up.iter().position(|waiting| waiting.number == number)
        {
            let waiting = self.given_up.remove(position);
            out.note(Note::Phone(PhoneNote::HeardLate { done: matches!(answer, Answer::Done(_)), post: waiting.post }));
            out.reply(waiting.request, answer);
        }
    }

    pub(super) fn on_timeout(&mut self, at: Clocks, out: &mut Effects<Participant>) {
        let waiting = self.waiting.take().expect("the timer runs only while it waits");
        let waited = at.monotonic.since(waiting.since);
        out.note(Note::Phone(PhoneNote::GaveUp { replica: waiting.replica, waited, post: waiting.post }));
        out.reply(waiting.request, Answer::Unknown);
        self.remember(waiting);
        self.ask_next(at, out);
    }

    fn remember(&mut self, waiting: Waiting) {
        if self.given_up.len() == REMEMBERED {
            self.given_up.remove(0);
        }
        self.given_up.push(waiting);
    }
}

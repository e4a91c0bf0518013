//! The consistent feed (CP): posts and reads go through a replicated log ([`ReplicatedLog`]: Raft's or Multi-Paxos's), so that all
//! replicas do the same things in the same order. What no majority can agree to is refused, or stays open.
//!
//! A replica that does not lead passes what its phones ask to the leader and the answer back; so a phone reaches as far as
//! its replica does. If the replica knows no leader, nothing was done: it refuses. If it loses the leader that it passed
//! something to, it cannot know: it says so (`Unknown`).
//!
//! A refusal is final, whatever copies of the question the network still has: a replica takes up each question once, and
//! one that may have done so before it crashed says that it does not know.
//!
//! A phone that asks again may reach the log twice. The state machine therefore remembers which of each phone's posts took
//! effect (client sessions, Ongaro's thesis §6.3), and a second copy has none. Without sessions it is posted twice.
//!
//! Reads are log entries, or answered from the state machine once it has carried out what was committed when they were
//! asked, as the log's switches have it.
//!
//! Left out: that a phone's own message, copied and held until its replica has crashed and restarted, is taken up again;
//! sessions that expire.

use super::feed::{AdminCommand, Ask, AskId, Epoch, FeedAnswer, PostId, Refusal, Response};
use super::participant::{Message, Note, Participant};
use super::replicated_log::{Declined, ReplicatedLog, Settled};
pub use super::state_machine::{Command, FeedState};
use crate::node::{Answer, Clocks, Effect, Effects, NodeId, RequestId};
use crate::sorted::SortedMap;

/// A rule that fired or refused at a replica of the consistent feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaNote {
    /// It passed a phone's question to the leader.
    Forwarded {
        /// The phone.
        client: NodeId,
        /// The leader.
        leader: NodeId,
        /// A post, else a read.
        post: bool,
    },
    /// It refused a phone's question because it knows no leader.
    RefusedWithoutLeader {
        /// The phone.
        client: NodeId,
        /// Its own epoch.
        epoch: Epoch,
        /// It stands for election itself.
        candidate: bool,
        /// A post, else a read.
        post: bool,
    },
    /// It ignored a copy of a question, or one that came after a later one from the same phone.
    AskedBefore {
        /// The phone.
        client: NodeId,
        /// A post, else a read.
        post: bool,
    },
    /// It restarted after the question was passed to it, and can't tell whether it had taken it up before.
    ForgotWhetherTaken {
        /// The phone.
        client: NodeId,
        /// The epoch in which it led, or was believed to.
        epoch: Epoch,
        /// A post, else a read.
        post: bool,
    },
    /// It lost the leader to which it had passed a phone's question.
    LostLeader {
        /// The phone.
        client: NodeId,
        /// The leader that it lost.
        leader: NodeId,
    },
    /// Its log entry was replaced: what the phone asked for will not happen.
    Superseded {
        /// The phone.
        client: NodeId,
        /// Where the entry stood.
        index: u64,
    },
    /// It carried out a post that is committed.
    Applied {
        /// Where.
        index: u64,
        /// Which.
        post: PostId,
        /// It was not there before.
        fresh: bool,
        /// It is in the feed once more than before: a second copy has no effect if sessions are on.
        added: bool,
    },
}

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Origin {
    /// To a phone.
    Phone {
        id: AskId,
        /// Through the replica that forwarded; `None` if the phone is attached here.
        via: Option<NodeId>,
    },
    /// To the operator.
    Operator(RequestId),
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConsistentFeed<L> {
    log: L,
    /// Whether a command that comes a second time has no effect.
    sessions: bool,
    /// The last index that was carried out.
    applied: u64,
    /// What carrying them out led to.
    feed: FeedState,
    /// Questions that are in the log, by the name that it knows them by.
    asked: SortedMap<RequestId, Origin>,
    requests: u32,
    /// Reads that wait until this index is carried out.
    reads: Vec<(u64, Origin)>,
    /// Questions passed on, and to whom.
    forwarded: SortedMap<AskId, NodeId>,
    /// By phone: the latest question that it took up, be it to refuse it, and which attempt at it.
    taken: SortedMap<NodeId, (u32, u8)>,
    /// The epoch on its disk when it started: what it took up until then it has forgotten.
    started: Option<Epoch>,
}

type Out = Effects<Participant>;

impl<L: ReplicatedLog> ConsistentFeed<L> {
    /// A replica on a log that has not started. With `sessions` a command that comes a second time has no effect.
    pub fn new(log: L, sessions: bool) -> Self {
        Self {
            log,
            sessions,
            applied: 0,
            feed: FeedState::default(),
            asked: SortedMap::new(),
            requests: 0,
            reads: Vec::new(),
            forwarded: SortedMap::new(),
            taken: SortedMap::new(),
            started: None,
        }
    }

    /// Its consensus module.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// The feed as it knows it to be committed.
    pub fn feed(&self) -> &FeedState {
        &self.feed
    }

    pub(super) fn on_restart(&mut self, disk: &L::Disk, at: Clocks, out: &mut Out) {
        *self = Self { started: Some(L::epoch_on(disk)), ..Self::new(self.log.fresh(), self.sessions) };
        self.drive(out, |log, inner| log.on_restart(disk, at, inner));
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: L::Message, at: Clocks, out: &mut Out) {
        self.drive(out, |log, inner| log.on_message(from, message, at, inner));
    }

    pub(super) fn on_timer(&mut self, timer: L::Timer, at: Clocks, out: &mut Out) {
        self.drive(out, |log, inner| log.on_timer(timer, at, inner));
    }

    pub(super) fn on_ask(&mut self, id: AskId, ask: Ask, at: Clocks, out: &mut Out) {
        self.on_question(id, ask, None, at, out);
    }

    pub(super) fn on_forward(&mut self, from: NodeId, id: AskId, ask: Ask, epoch: Epoch, at: Clocks, out: &mut Out) {
        self.on_question(id, ask, Some((from, epoch)), at, out);
    }

    pub(super) fn on_forwarded(&mut self, id: AskId, answer: FeedAnswer, out: &mut Out) {
        self.forwarded.remove(&id);
        out.send(id.client, Message::Answer { number: id.number, attempt: id.attempt, answer });
    }

    /// Lets the log handle one event, then carries out what that committed and answers whom it can.
    fn drive(&mut self, out: &mut Out, event: impl FnOnce(&mut L, &mut Effects<L>)) {
        let leader_before = self.log.leader();
        let mut inner = Effects::default();
        event(&mut self.log, &mut inner);
        self.carry_out(inner, out);
        if self.log.wants_snapshot() {
            let mut inner = Effects::default();
            self.log.compact(self.applied, self.feed.clone(), &mut inner);
            self.carry_out(inner, out);
        }
        if let Some(leader) = leader_before.filter(|leader| self.log.leader() != Some(*leader)) {
            self.lose_leader(leader, out);
        }
    }

    /// Passes on what the log wants done, and carries out what it has decided.
    fn carry_out(&mut self, mut inner: Effects<L>, out: &mut Out) {
        let mut settled = SortedMap::new();
        for effect in inner.drain() {
            match effect {
                Effect::Send { to, message, after_sync } => {
                    out.push(Effect::Send { to, message: L::message(message), after_sync });
                }
                Effect::SetTimer(timer, delay) => out.set_timer(L::timer(timer), delay),
                Effect::CancelTimer(timer) => out.cancel_timer(L::timer(timer)),
                Effect::Choose(among) => out.choose(among),
                Effect::Write(delta) => out.write(L::delta(delta)),
                Effect::Note(note) => out.note(L::note(note)),
                Effect::Reply(request, Answer::Done(response)) => match L::settled(&response) {
                    Settled::At(index) => {
                        settled.insert(index, request);
                    }
                    Settled::ReadAt(index) => {
                        let origin = self.origin(request);
                        self.reads.push((index, origin));
                    }
                    Settled::AdminDone => {
                        let origin = self.origin(request);
                        self.answer(origin, Answer::Done(Response::AdminDone), out);
                    }
                },
                Effect::Reply(request, Answer::Refused(refusal)) => {
                    let origin = self.origin(request);
                    self.decline(origin, L::declined(&refusal), out);
                }
                Effect::Reply(request, Answer::Unknown) => {
                    let origin = self.origin(request);
                    self.answer(origin, Answer::Unknown, out);
                }
            }
        }
        if let Some((through, state)) = self.log.snapshot().filter(|(through, _)| *through > self.applied) {
            (self.applied, self.feed) = (through, state.clone());
        }
        self.apply_committed(&settled, out);
        // Its place is covered by a snapshot: it took effect, with a result that is not known here.
        for request in settled.values() {
            if let Some(origin) = self.asked.remove(request) {
                self.answer(origin, Answer::Unknown, out);
            }
        }
    }

    fn apply_committed(&mut self, settled: &SortedMap<u64, RequestId>, out: &mut Out) {
        while self.applied < self.log.commit_index() {
            self.applied += 1;
            let index = self.applied;
            let origin = settled.get(&index).and_then(|request| self.asked.remove(request));
            let Some(Command { ask, .. }) = self.log.command(index) else {
                // A change of who takes part.
                if let Some(origin) = origin {
                    self.answer(origin, Answer::Done(Response::AdminDone), out);
                }
                continue;
            };
            let response = match ask {
                Ask::Post(post) => {
                    // Not fresh if the network copied the question.
                    let fresh = self.feed.add(post, self.sessions);
                    let added = fresh || !self.sessions;
                    out.note(Note::Replica(ReplicaNote::Applied { index, post: post.id, fresh, added }));
                    Response::Posted(post.id)
                }
                Ask::Read if origin.is_none() => continue,
                Ask::Read => Response::Posts(self.feed.newest()),
            };
            if let Some(origin) = origin {
                self.answer(origin, Answer::Done(response), out);
            }
        }
        let applied = self.applied;
        let (ready, waiting) = std::mem::take(&mut self.reads).into_iter().partition(|(index, _)| *index <= applied);
        self.reads = waiting;
        let ready: Vec<(u64, Origin)> = ready;
        for (_, origin) in ready {
            self.answer(origin, Answer::Done(Response::Posts(self.feed.newest())), out);
        }
    }

    /// Who asked for what is now answered.
    fn origin(&mut self, request: RequestId) -> Origin {
        self.asked.remove(&request).expect("a log answers what it was asked, once")
    }

    fn decline(&self, origin: Origin, declined: Declined, out: &mut Out) {
        let (replica, epoch) = (self.log.id(), self.log.epoch());
        let refusal = match declined {
            Declined::Superseded(index) => {
                if let Origin::Phone { id, .. } = origin {
                    out.note(Note::Replica(ReplicaNote::Superseded { client: id.client, index }));
                }
                Refusal::Superseded { replica, index }
            }
            Declined::NotLeader => Refusal::NoLeader { replica, epoch },
            Declined::HandingOver => Refusal::HandingOver { replica },
            Declined::AdminRefused => Refusal::AdminRefused,
        };
        self.answer(origin, Answer::Refused(refusal), out);
    }

    fn ask_log(&mut self, origin: Origin, request: L::Request, at: Clocks, out: &mut Out) {
        let id = RequestId(self.requests);
        self.requests += 1;
        self.asked.insert(id, origin);
        self.drive(out, |log, inner| log.on_request(id, request, at, inner));
    }

    pub(super) fn on_admin(&mut self, id: RequestId, command: AdminCommand, at: Clocks, out: &mut Out) {
        match self.log.admin(command) {
            Some(request) => self.ask_log(Origin::Operator(id), request, at, out),
            None => self.decline(Origin::Operator(id), Declined::AdminRefused, out),
        }
    }

    /// The leader is gone, or another one took over: what came of the questions passed to it, this replica cannot know.
    fn lose_leader(&mut self, leader: NodeId, out: &mut Out) {
        let lost: Vec<AskId> = self.forwarded.iter().filter(|(_, to)| **to == leader).map(|(id, _)| *id).collect();
        for id in lost {
            self.forwarded.remove(&id);
            out.note(Note::Replica(ReplicaNote::LostLeader { client: id.client, leader }));
            out.send(id.client, Message::Answer { number: id.number, attempt: id.attempt, answer: Answer::Unknown });
        }
    }

    fn answer(&self, origin: Origin, answer: FeedAnswer, out: &mut Out) {
        match origin {
            Origin::Phone { id, via: Some(replica) } => out.send(replica, Message::Forwarded { id, answer }),
            Origin::Phone { id, via: None } => {
                out.send(id.client, Message::Answer { number: id.number, attempt: id.attempt, answer });
            }
            Origin::Operator(request) => out.reply(request, answer),
        }
    }

    /// A phone's question, from itself or passed on in an epoch. Its phone asks one at a time: what comes after a later one
    /// has been given up.
    fn on_question(&mut self, id: AskId, ask: Ask, passed: Option<(NodeId, Epoch)>, at: Clocks, out: &mut Out) {
        let (client, post) = (id.client, matches!(ask, Ask::Post(_)));
        if self.taken.get(&client).is_some_and(|latest| *latest >= (id.number, id.attempt)) {
            return out.note(Note::Replica(ReplicaNote::AskedBefore { client, post }));
        }
        self.taken.insert(client, (id.number, id.attempt));
        let via = passed.map(|(via, _)| via);
        match passed {
            Some((_, epoch)) if self.started.is_some_and(|started| epoch <= started) => {
                out.note(Note::Replica(ReplicaNote::ForgotWhetherTaken { client, epoch, post }));
                self.answer(Origin::Phone { id, via }, Answer::Unknown, out);
            }
            Some(_) | None => self.take(id, ask, via, at, out),
        }
    }

    fn take(&mut self, id: AskId, ask: Ask, via: Option<NodeId>, at: Clocks, out: &mut Out) {
        let (client, post) = (id.client, matches!(ask, Ask::Post(_)));
        let (replica, epoch) = (self.log.id(), self.log.epoch());
        let origin = Origin::Phone { id, via };
        match self.log.leader() {
            Some(leader) if leader == replica => {
                let read = if post { None } else { self.log.read() };
                let request = read.unwrap_or_else(|| L::propose(Command { client, ask }));
                self.ask_log(origin, request, at, out);
            }
            Some(leader) if via.is_none() => {
                self.forwarded.insert(id, leader);
                out.note(Note::Replica(ReplicaNote::Forwarded { client, leader, post }));
                out.send(leader, Message::Forward { id, ask, epoch });
            }
            // What was forwarded once is not passed round: two replicas could each take the other for the leader.
            Some(_) | None => {
                out.note(Note::Replica(ReplicaNote::RefusedWithoutLeader {
                    client,
                    epoch,
                    candidate: self.log.is_candidate(),
                    post,
                }));
                self.answer(origin, Answer::Refused(Refusal::NoLeader { replica, epoch }), out);
            }
        }
    }
}

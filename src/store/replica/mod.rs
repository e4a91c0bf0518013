//! A replica of a service on a replicated log (CP): commands and reads go through the log, so that all replicas do the same
//! things in the same order. What no majority can agree to is refused, or stays open.
//!
//! A replica that does not lead passes what its clients ask to the leader and the answer back; so a client reaches as far as
//! its replica does. If the replica knows no leader, nothing was done: it refuses. If it loses the leader that it passed
//! something to, it cannot know: it says so (`Unknown`).
//!
//! A refusal is final, whatever copies of the question the network still has: a replica takes up each question once, and
//! one that may have done so before it crashed says that it does not know.
//!
//! A client that asks again may reach the log twice. The replica therefore remembers which of each client's commands took
//! effect ([`Sessions`](super::state_machine::Sessions)), and a second copy has none. Without sessions it is carried out twice.
//!
//! Reads are log entries, or answered from the state machine once it has carried out what was committed when they were
//! asked, as the log's switches have it.
//!
//! What depends on time, a service leaves to whoever leads ([`Duties`]): the leader puts commands of its own into the log.
//!
//! Left out: that a client's own message, copied and held until its replica has crashed and restarted, is taken up again;
//! sessions that expire.

mod note;
#[cfg(test)]
mod tests;

pub use note::ReplicaNote;

use super::duties::{Agenda, Duties};
use super::member::Member;
use super::replicated_log::{Declined, Epoch, ReplicatedLog, Settled};
use super::service::{AdminCommand, AdminDone, AnswerOf, AskId, Refusal, ServiceMessage};
use super::state_machine::{Command, Replicated, Sessions, StateMachine, Told};
use crate::node::{Answer, Clocks, Disk, Effect, Effects, Node, NodeId, RequestId};
use crate::sorted::SortedMap;

/// The participants of a world in which replicas on `L` serve `S`: what such a replica says, sets, writes and notes is part of
/// what they do.
pub trait Participants<L: ReplicatedLog, S: StateMachine>:
    Node<
        Message: From<L::Message> + From<ServiceMessage<S>>,
        Timer: From<L::Timer> + From<<S::Duties as Duties<S>>::Timer>,
        Response: From<AdminDone>,
        Refusal = Refusal,
        Disk: Disk<Delta: From<<L::Disk as Disk>::Delta>>,
        Note: From<L::Note> + From<ReplicaNote> + From<S::Note>,
    >
{
}

impl<N, L: ReplicatedLog, S: StateMachine> Participants<L, S> for N where
    N: Node<
            Message: From<L::Message> + From<ServiceMessage<S>>,
            Timer: From<L::Timer> + From<<S::Duties as Duties<S>>::Timer>,
            Response: From<AdminDone>,
            Refusal = Refusal,
            Disk: Disk<Delta: From<<L::Disk as Disk>::Delta>>,
            Note: From<L::Note> + From<ReplicaNote> + From<S::Note>,
        >
{
}

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Origin {
    /// To a client.
    Client {
        id: AskId,
        /// Through the replica that forwarded; `None` if the client is attached here.
        via: Option<NodeId>,
    },
    /// To the operator.
    Operator(RequestId),
    /// To nobody: it is the replica's own proposal.
    Own,
}

/// What was asked of the log, and where the answer goes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Asked<A> {
    origin: Origin,
    /// A read that is no entry of its own.
    read: Option<A>,
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Replica<L, S: StateMachine> {
    log: L,
    /// Whether a command that comes a second time has no effect.
    sessions: bool,
    /// The service before the first command.
    initial: S,
    /// What it does for the service as time passes.
    duties: S::Duties,
    /// The last index that was carried out.
    applied: u64,
    /// What carrying them out led to.
    state: Replicated<S>,
    /// Questions that are in the log, by the name that it knows them by.
    asked: SortedMap<RequestId, Asked<S::Ask>>,
    requests: u32,
    /// Commands that are carried out and whose answer another one brings, by index.
    unanswered: SortedMap<u64, Origin>,
    /// Reads that wait until this index is carried out.
    reads: Vec<(u64, Origin, S::Ask)>,
    /// Questions passed on, and to whom.
    forwarded: SortedMap<AskId, NodeId>,
    /// By client: the latest question that it took up, be it to refuse it, and which attempt at it.
    taken: SortedMap<NodeId, (u32, u8)>,
    /// The epoch on its disk when it started: what it took up until then it has forgotten.
    started: Option<Epoch>,
}

impl<L: ReplicatedLog<Command = Command<S>>, S: StateMachine> Replica<L, S> {
    /// A replica on a log that has not started. With `sessions` a command that comes a second time has no effect.
    pub fn new(log: L, sessions: bool) -> Self {
        Self::serving(log, sessions, S::default())
    }

    /// The same, of a service that is set up in some way of its own.
    pub fn serving(log: L, sessions: bool, service: S) -> Self {
        Self {
            log,
            sessions,
            initial: service.clone(),
            duties: S::Duties::default(),
            applied: 0,
            state: Replicated { service, sessions: Sessions::default() },
            asked: SortedMap::new(),
            requests: 0,
            unanswered: SortedMap::new(),
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

    /// A timer of its duties ran out.
    pub fn on_duty<N: Participants<L, S>>(&mut self, at: Clocks, out: &mut Effects<N>) {
        self.attend(at, out);
    }

    /// What it has carried out led to this.
    pub fn state(&self) -> &Replicated<S> {
        &self.state
    }

    /// The last index that it has carried out.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Whether it leads, as far as it knows.
    pub fn leads(&self) -> bool {
        self.log.leader() == Some(self.log.id())
    }

    /// Lets the log handle one event, then carries out what that committed, answers whom it can, and sees to its duties.
    fn drive<N: Participants<L, S>>(
        &mut self,
        at: Clocks,
        out: &mut Effects<N>,
        event: impl FnOnce(&mut L, &mut Effects<L>),
    ) {
        let leader_before = self.log.leader();
        let mut inner = Effects::default();
        event(&mut self.log, &mut inner);
        self.carry_out(inner, at, out);
        if self.log.wants_snapshot() {
            let mut inner = Effects::default();
            self.log.compact(self.applied, self.state.clone(), &mut inner);
            self.carry_out(inner, at, out);
        }
        if let Some(leader) = leader_before.filter(|leader| self.log.leader() != Some(*leader)) {
            self.lose_leader(leader, out);
        }
        self.attend(at, out);
    }

    /// Does what is due by now.
    fn attend<N: Participants<L, S>>(&mut self, at: Clocks, out: &mut Effects<N>) {
        let Agenda { propose, wake } = self.duties.attend(&self.state.service, self.leads(), at);
        if let Some((timer, delay)) = wake {
            out.set_timer(timer.into(), delay);
        }
        for ask in propose {
            let command = Command { client: self.log.id(), ask };
            self.ask_log(Asked { origin: Origin::Own, read: None }, L::propose(command), at, out);
        }
    }

    /// Passes on what the log wants done, and carries out what it has decided.
    fn carry_out<N: Participants<L, S>>(&mut self, mut inner: Effects<L>, at: Clocks, out: &mut Effects<N>) {
        let mut settled = SortedMap::new();
        for effect in inner.drain() {
            match effect {
                Effect::Send { to, message, after_sync } => {
                    out.push(Effect::Send { to, message: message.into(), after_sync });
                }
                Effect::SetTimer(timer, delay) => out.set_timer(timer.into(), delay),
                Effect::CancelTimer(timer) => out.cancel_timer(timer.into()),
                Effect::Choose(among) => out.choose(among),
                Effect::Write(delta) => out.write(delta.into()),
                Effect::Note(note) => out.note(note),
                Effect::Reply(request, Answer::Done(response)) => {
                    let Asked { origin, read } = self.settle(request);
                    match L::settled(&response) {
                        Settled::At(index) => _ = settled.insert(index, origin),
                        Settled::ReadAt(index) => {
                            self.reads.push((index, origin, read.expect("only what asked to read is told where")));
                        }
                        Settled::AdminDone => Self::admin_done(origin, out),
                    }
                }
                Effect::Reply(request, Answer::Refused(refusal)) => {
                    let Asked { origin, .. } = self.settle(request);
                    self.decline(origin, L::declined(&refusal), out);
                }
                Effect::Reply(request, Answer::Unknown) => {
                    let Asked { origin, .. } = self.settle(request);
                    Self::respond(origin, Answer::Unknown, out);
                }
            }
        }
        if let Some(first) = self.log.take_rewound().filter(|first| *first <= self.applied) {
            self.rewind(first - 1, out);
        }
        let snapshot = self.log.snapshot().filter(|(through, _)| *through > self.applied);
        if let Some((through, state)) = snapshot {
            (self.applied, self.state) = (through, state.clone());
            for (index, origin) in std::mem::take(&mut self.unanswered).iter() {
                settled.insert(*index, *origin);
            }
        }
        self.apply_committed(&mut settled, at, out);
        // A snapshot covers its place: what it was answered, if it was, is not known here.
        for origin in settled.values() {
            Self::respond(*origin, Answer::Unknown, out);
        }
    }

    /// The log gave up what it had decided after `through`: the state is computed anew. Such a log is never compacted.
    fn rewind<N: Participants<L, S>>(&mut self, through: u64, out: &mut Effects<N>) {
        let lost: Vec<u64> = self.unanswered.keys().filter(|index| **index > through).copied().collect();
        for index in lost {
            let origin = self.unanswered.remove(&index).expect("just seen");
            Self::respond(origin, Answer::Unknown, out);
        }
        (self.applied, self.state) = (through, Replicated::default());
        let Replicated { service, sessions } = &mut self.state;
        for (index, command) in (1..=through).filter_map(|index| Some((index, self.log.command(index)?))) {
            if S::is_read(&command.ask) {
                continue;
            }
            let fresh = S::number(&command.ask).is_none_or(|number| sessions.insert(command.client, number));
            if fresh || !self.sessions {
                // Who waited for it was answered before, or is told when somebody answers it.
                service.apply(index, command, &mut |_| {});
            }
        }
    }

    fn apply_committed<N: Participants<L, S>>(
        &mut self,
        settled: &mut SortedMap<u64, Origin>,
        at: Clocks,
        out: &mut Effects<N>,
    ) {
        while self.applied < self.log.commit_index() {
            self.applied += 1;
            let (index, origin) = (self.applied, settled.remove(&self.applied));
            let leads = self.leads();
            let Some(command) = self.log.command(index) else {
                // A change of who takes part.
                if let Some(origin) = origin {
                    Self::admin_done(origin, out);
                }
                continue;
            };
            let Replicated { service, sessions } = &mut self.state;
            if S::is_read(&command.ask) {
                if let Some(origin) = origin {
                    let response = self.duties.answer(service, leads, &command.ask, at);
                    Self::respond(origin, Answer::Done(response), out);
                }
                continue;
            }
            // Not fresh if the network copied the question, or the client asked again.
            let number = S::number(&command.ask);
            let fresh = number.is_none_or(|number| sessions.insert(command.client, number));
            let effective = fresh || !self.sessions;
            if let Some(number) = number {
                let (client, asked) = (command.client, S::word(&command.ask));
                out.note(ReplicaNote::Applied { index, client, number, asked, fresh, effective });
            }
            if let Some(origin) = origin {
                self.unanswered.insert(index, origin);
            }
            let unanswered = &mut self.unanswered;
            let mut tell = |told| match told {
                Told::Note(note) => out.note(note),
                Told::Answer(index, response) => {
                    if let Some(origin) = unanswered.remove(&index) {
                        Self::respond(origin, Answer::Done(response), out);
                    }
                }
            };
            if effective {
                service.look_at_clocks(at);
                service.apply(index, command, &mut tell);
            } else {
                tell(Told::Answer(index, service.answer(&command.ask)));
            }
        }
        self.answer_reads(at, out);
    }

    fn answer_reads<N: Participants<L, S>>(&mut self, at: Clocks, out: &mut Effects<N>) {
        let (applied, leads) = (self.applied, self.leads());
        let ready = |(index, ..): &(u64, Origin, S::Ask)| *index <= applied;
        let (ready, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.reads).into_iter().partition(ready);
        self.reads = waiting;
        for (_, origin, ask) in ready {
            let response = self.duties.answer(&self.state.service, leads, &ask, at);
            Self::respond(origin, Answer::Done(response), out);
        }
    }

    /// Sends an answer where it belongs.
    fn respond<N: Participants<L, S>>(origin: Origin, answer: AnswerOf<S>, out: &mut Effects<N>) {
        match origin {
            Origin::Client { id, via: Some(replica) } => {
                out.send(replica, ServiceMessage::Forwarded { id, answer }.into());
            }
            Origin::Client { id, via: None } => out.send(id.client, ServiceMessage::answer(id, answer).into()),
            Origin::Operator(request) => {
                let answer = match answer {
                    Answer::Done(_) => unreachable!("an operator asks for no command"),
                    Answer::Refused(refusal) => Answer::Refused(refusal),
                    Answer::Unknown => Answer::Unknown,
                };
                out.reply(request, answer);
            }
            Origin::Own => {}
        }
    }

    /// What the operator asked for is done.
    fn admin_done<N: Participants<L, S>>(origin: Origin, out: &mut Effects<N>) {
        let Origin::Operator(request) = origin else { unreachable!("clients ask for commands and reads") };
        out.reply(request, Answer::Done(AdminDone.into()));
    }

    /// Who asked for what is now answered.
    fn settle(&mut self, request: RequestId) -> Asked<S::Ask> {
        self.asked.remove(&request).expect("a log answers what it was asked, once")
    }

    fn decline<N: Participants<L, S>>(&self, origin: Origin, declined: Declined, out: &mut Effects<N>) {
        let (replica, epoch) = (self.log.id(), self.log.epoch());
        let refusal = match declined {
            Declined::Superseded(index) => {
                if let Origin::Client { id, .. } = origin {
                    out.note(ReplicaNote::Superseded { client: id.client, index });
                }
                Refusal::Superseded { replica, index }
            }
            Declined::NotLeader => Refusal::NoLeader { replica, epoch },
            Declined::HandingOver => Refusal::HandingOver { replica },
            Declined::AdminRefused => Refusal::AdminRefused,
        };
        Self::respond(origin, Answer::Refused(refusal), out);
    }

    fn ask_log<N: Participants<L, S>>(
        &mut self,
        asked: Asked<S::Ask>,
        request: L::Request,
        at: Clocks,
        out: &mut Effects<N>,
    ) {
        let id = RequestId(self.requests);
        self.requests += 1;
        self.asked.insert(id, asked);
        self.drive(at, out, |log, inner| log.on_request(id, request, at, inner));
    }

    /// The leader is gone, or another one took over: what came of the questions passed to it, this replica cannot know.
    fn lose_leader<N: Participants<L, S>>(&mut self, leader: NodeId, out: &mut Effects<N>) {
        let lost: Vec<AskId> = self.forwarded.iter().filter(|(_, to)| **to == leader).map(|(id, _)| *id).collect();
        for id in lost {
            self.forwarded.remove(&id);
            out.note(ReplicaNote::LostLeader { client: id.client, leader });
            out.send(id.client, ServiceMessage::answer(id, Answer::Unknown).into());
        }
    }

    /// A client's question, from itself or passed on in an epoch. Its client asks one at a time: what comes after a later one
    /// has been given up.
    fn on_question<N: Participants<L, S>>(
        &mut self,
        id: AskId,
        ask: S::Ask,
        passed: Option<(NodeId, Epoch)>,
        at: Clocks,
        out: &mut Effects<N>,
    ) {
        let (client, asked) = (id.client, S::word(&ask));
        if self.taken.get(&client).is_some_and(|latest| *latest >= (id.number, id.attempt)) {
            return out.note(ReplicaNote::AskedBefore { client, asked });
        }
        self.taken.insert(client, (id.number, id.attempt));
        let via = passed.map(|(via, _)| via);
        match passed {
            Some((_, epoch)) if self.started.is_some_and(|started| epoch <= started) => {
                out.note(ReplicaNote::ForgotWhetherTaken { client, epoch, asked });
                Self::respond(Origin::Client { id, via }, Answer::Unknown, out);
            }
            Some(_) | None => self.take(id, ask, via, at, out),
        }
    }

    fn take<N: Participants<L, S>>(
        &mut self,
        id: AskId,
        ask: S::Ask,
        via: Option<NodeId>,
        at: Clocks,
        out: &mut Effects<N>,
    ) {
        let (client, asked) = (id.client, S::word(&ask));
        let (replica, epoch) = (self.log.id(), self.log.epoch());
        let origin = Origin::Client { id, via };
        match self.log.leader() {
            Some(leader) if leader == replica => {
                let read = if S::is_read(&ask) { self.log.read() } else { None };
                let (read, request) = match read {
                    Some(request) => (Some(ask), request),
                    None => (None, L::propose(Command { client, ask })),
                };
                self.ask_log(Asked { origin, read }, request, at, out);
            }
            Some(leader) if via.is_none() => {
                self.forwarded.insert(id, leader);
                out.note(ReplicaNote::Forwarded { client, leader, asked });
                out.send(leader, ServiceMessage::Forward { id, ask, epoch }.into());
            }
            // What was forwarded once is not passed round: two replicas could each take the other for the leader.
            Some(_) | None => {
                let candidate = self.log.is_candidate();
                out.note(ReplicaNote::RefusedWithoutLeader { client, epoch, candidate, asked });
                Self::respond(origin, Answer::Refused(Refusal::NoLeader { replica, epoch }), out);
            }
        }
    }
}

impl<N, L, S> Member<N> for Replica<L, S>
where
    N: Participants<L, S>,
    L: ReplicatedLog<Command = Command<S>>,
    S: StateMachine,
{
    type Service = S;
    type Message = L::Message;
    type Timer = L::Timer;
    type Disk = L::Disk;

    fn on_restart(&mut self, disk: &L::Disk, at: Clocks, out: &mut Effects<N>) {
        *self = Self {
            started: Some(L::epoch_on(disk)),
            ..Self::serving(self.log.fresh(), self.sessions, self.initial.clone())
        };
        self.drive(at, out, |log, inner| log.on_restart(disk, at, inner));
    }

    fn on_message(&mut self, from: NodeId, message: L::Message, at: Clocks, out: &mut Effects<N>) {
        self.drive(at, out, |log, inner| log.on_message(from, message, at, inner));
    }

    fn on_service(&mut self, from: NodeId, message: ServiceMessage<S>, at: Clocks, out: &mut Effects<N>) {
        match message {
            ServiceMessage::Ask { number, attempt, ask } => {
                self.on_question(AskId { client: from, number, attempt }, ask, None, at, out);
            }
            ServiceMessage::Forward { id, ask, epoch } => self.on_question(id, ask, Some((from, epoch)), at, out),
            ServiceMessage::Forwarded { id, answer } => {
                self.forwarded.remove(&id);
                out.send(id.client, ServiceMessage::answer(id, answer).into());
            }
            ServiceMessage::Answer { .. } => unreachable!("answers go to clients"),
        }
    }

    fn on_timer(&mut self, timer: L::Timer, at: Clocks, out: &mut Effects<N>) {
        self.drive(at, out, |log, inner| log.on_timer(timer, at, inner));
    }

    fn on_admin(&mut self, id: RequestId, command: AdminCommand, at: Clocks, out: &mut Effects<N>) {
        let origin = Origin::Operator(id);
        match self.log.admin(command) {
            Some(request) => self.ask_log(Asked { origin, read: None }, request, at, out),
            None => self.decline(origin, Declined::AdminRefused, out),
        }
    }
}

//! A replica carries a service that is no feed: its state machine lets clients wait for one another.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use super::{Replica, ReplicaNote};
use crate::node::{Answer, Clocks, Effect, Effects, Kind, Micros, Node, NodeId, NodeSet, RequestId};
use crate::raft::{self, EntryId, Index, PersistentState, Raft, Round, Snapshot, Term};
use crate::store::member::Member;
use crate::store::service::{AdminDone, AskId, Refusal, ServiceMessage};
use crate::store::state_machine::{Command, Replicated, StateMachine, Told};

/// Who comes waits until somebody opens.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, serde::Serialize)]
struct Gate {
    /// Where in the log those stand who wait.
    waiting: Vec<u64>,
    opened: u32,
}

/// What is asked, by its number.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
enum Ask {
    Come(u32),
    Open(u32),
    HowOften,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
enum Response {
    Passed,
    Opened,
    Times(u32),
    Admin(AdminDone),
}

impl From<AdminDone> for Response {
    fn from(done: AdminDone) -> Self {
        Self::Admin(done)
    }
}

impl StateMachine for Gate {
    type Ask = Ask;
    type Response = Response;
    type Note = Infallible;
    type Duties = ();

    fn word(ask: &Ask) -> &'static str {
        match ask {
            Ask::Come(_) => "way through",
            Ask::Open(_) => "opening",
            Ask::HowOften => "count",
        }
    }

    fn number(ask: &Ask) -> Option<u32> {
        match ask {
            Ask::Come(number) | Ask::Open(number) => Some(*number),
            Ask::HowOften => None,
        }
    }

    fn apply(&mut self, index: u64, command: &Command<Self>, tell: &mut dyn FnMut(Told<Self>)) {
        if let Ask::Come(_) = command.ask {
            return self.waiting.push(index);
        }
        self.opened += 1;
        tell(Told::Answer(index, Response::Opened));
        self.waiting.drain(..).for_each(|waiting| tell(Told::Answer(waiting, Response::Passed)));
    }

    fn answer(&self, ask: &Ask) -> Response {
        match ask {
            Ask::Come(_) => Response::Passed,
            Ask::Open(_) => Response::Opened,
            Ask::HowOften => Response::Times(self.opened),
        }
    }
}

type Log = Raft<Command<Gate>>;

#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
enum Message {
    Log(raft::Message<Command<Gate>>),
    Service(ServiceMessage<Gate>),
}

impl From<raft::Message<Command<Gate>>> for Message {
    fn from(message: raft::Message<Command<Gate>>) -> Self {
        Self::Log(message)
    }
}

impl From<ServiceMessage<Gate>> for Message {
    fn from(message: ServiceMessage<Gate>) -> Self {
        Self::Service(message)
    }
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Self::Log(message) => message.kind(),
            Self::Service(message) => message.kind(),
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
enum Note {
    Log(raft::Note),
    Replica(ReplicaNote),
}

impl From<raft::Note> for Note {
    fn from(note: raft::Note) -> Self {
        Self::Log(note)
    }
}

impl From<ReplicaNote> for Note {
    fn from(note: ReplicaNote) -> Self {
        Self::Replica(note)
    }
}

impl From<Infallible> for Note {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<Infallible> for raft::Timer {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The only server of its cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Server(Replica<Log, Gate>);

impl Node for Server {
    type Message = Message;
    type Timer = raft::Timer;
    type Request = ();
    type Response = Response;
    type Refusal = Refusal;
    type Disk = PersistentState<Command<Gate>>;
    type Note = Note;

    fn on_restart(&mut self, disk: &Self::Disk, at: Clocks, out: &mut Effects<Self>) {
        self.0.on_restart(disk, at, out);
    }

    fn on_message(&mut self, from: NodeId, message: Message, at: Clocks, out: &mut Effects<Self>) {
        match message {
            Message::Log(message) => self.0.on_message(from, message, at, out),
            Message::Service(message) => self.0.on_service(from, message, at, out),
        }
    }

    fn on_timer(&mut self, timer: raft::Timer, at: Clocks, out: &mut Effects<Self>) {
        self.0.on_timer(timer, at, out);
    }

    fn on_request(&mut self, _: RequestId, (): (), _: Clocks, _: &mut Effects<Self>) {
        unreachable!("clients send messages");
    }
}

const SERVER: NodeId = NodeId(0);
const AT: Clocks = Clocks { monotonic: Micros::ZERO, wall: Micros::ZERO };

/// A leader, and what it answered since one last looked.
struct Leader {
    server: Server,
    answers: Vec<(AskId, Answer<Response, Refusal>)>,
}

impl Leader {
    fn new(sessions: bool) -> Self {
        let log = Raft::new(raft::Config::new(SERVER, NodeSet::first(1)));
        let mut leader = Self { server: Server(Replica::new(log, sessions)), answers: Vec::new() };
        leader.event(|server, out| server.on_restart(&PersistentState::default(), AT, out));
        leader.event(|server, out| server.on_timer(raft::Timer::Election, AT, out));
        assert!(leader.server.0.log().is_leader());
        leader
    }

    /// Lets one event happen, and all that follows from it. Whatever is written is durable at once.
    fn event(&mut self, event: impl FnOnce(&mut Server, &mut Effects<Server>)) {
        let mut out = Effects::default();
        event(&mut self.server, &mut out);
        let mut to_itself = VecDeque::new();
        loop {
            for effect in out.drain() {
                match effect {
                    Effect::Send { to: SERVER, message, .. } => to_itself.push_back(message),
                    Effect::Send { to: client, message: Message::Service(answer), .. } => {
                        let ServiceMessage::Answer { number, attempt, answer } = answer else { panic!("{answer:?}") };
                        self.answers.push((AskId { client, number, attempt }, answer));
                    }
                    _ => {}
                }
            }
            let Some(message) = to_itself.pop_front() else { return };
            self.server.on_message(SERVER, message, AT, &mut out);
        }
    }

    /// What another leader says that its log led to by entry 10 takes the place of this one's.
    fn hears_of_a_snapshot(&mut self) {
        let (term, membership) = (Term(9), *self.server.0.log().membership());
        let last = EntryId { index: Index(10), term };
        let snapshot = Arc::new(Snapshot { last, membership, state: Replicated::default() });
        let message = Message::Log(raft::Message::InstallSnapshot { term, snapshot, round: Round(0) });
        self.event(|server, out| server.on_message(NodeId(1), message, AT, out));
    }

    fn ask(&mut self, id: AskId, ask: Ask) -> Vec<(AskId, Response)> {
        let AskId { client, number, attempt } = id;
        let message = Message::Service(ServiceMessage::Ask { number, attempt, ask });
        self.event(|server, out| server.on_message(client, message, AT, out));
        let done = |(id, answer)| match answer {
            Answer::Done(response) => (id, response),
            other => panic!("{id:?}: {other:?}"),
        };
        self.answers.drain(..).map(done).collect()
    }
}

fn id(client: u8, number: u32, attempt: u8) -> AskId {
    AskId { client: NodeId(client), number, attempt }
}

#[test]
fn a_command_is_answered_when_another_one_says_so() {
    let mut leader = Leader::new(true);
    let (first, second, third) = (id(1, 0, 0), id(2, 0, 0), id(3, 0, 0));
    assert_eq!(leader.ask(first, Ask::Come(0)), []);
    assert_eq!(leader.ask(second, Ask::Come(0)), []);
    let all = [(third, Response::Opened), (first, Response::Passed), (second, Response::Passed)];
    assert_eq!(leader.ask(third, Ask::Open(0)), all);
    assert_eq!(leader.ask(id(3, 1, 0), Ask::Open(1)), [(id(3, 1, 0), Response::Opened)], "nobody waits any more");
}

/// The entry that answers it may be one of those that the snapshot covers.
#[test]
fn who_waits_when_a_snapshot_comes_is_told_that_nobody_knows() {
    let mut leader = Leader::new(true);
    let waiting = id(1, 0, 0);
    assert_eq!(leader.ask(waiting, Ask::Come(0)), []);
    leader.hears_of_a_snapshot();
    assert_eq!(leader.server.0.state(), &Replicated::default());
    assert_eq!(leader.answers, [(waiting, Answer::Unknown)]);
}

#[test]
fn a_second_copy_takes_effect_only_without_sessions() {
    for (sessions, times) in [(true, 1), (false, 2)] {
        let mut leader = Leader::new(sessions);
        for attempt in 0..2 {
            let asked = id(1, 0, attempt);
            assert_eq!(leader.ask(asked, Ask::Open(0)), [(asked, Response::Opened)], "attempt {attempt}");
        }
        let read = id(1, 1, 0);
        assert_eq!(leader.ask(read, Ask::HowOften), [(read, Response::Times(times))], "sessions: {sessions}");
    }
}

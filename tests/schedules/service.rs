//! A server with the smallest service on top: one that makes a snapshot whenever Raft wants one.

use cap_lab::node::{Clocks, Command, Effect, Effects, Node, NodeId, RequestId};
use cap_lab::raft::{Config, Index, Message, Note, Payload, PersistentState, Raft, Refusal, Request, Response, Timer};

/// A command that stands for itself. What a log of them leads to is the last one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Number(pub(crate) u32);

impl Command for Number {
    type Snapshot = Option<Number>;
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Server(Raft<Number>);

impl Server {
    pub(crate) fn new(config: Config) -> Self {
        Self(Raft::new(config))
    }

    pub(crate) fn raft(&self) -> &Raft<Number> {
        &self.0
    }

    /// Lets Raft handle one event, and makes a snapshot if it wants one.
    fn drive(&mut self, out: &mut Effects<Self>, event: impl FnOnce(&mut Raft<Number>, &mut Effects<Raft<Number>>)) {
        let mut inner = Effects::default();
        event(&mut self.0, &mut inner);
        if self.0.wants_snapshot() {
            let through = self.0.commit_index();
            let committed = self.0.log().iter_from(Index(1)).take_while(|(index, _)| *index <= through);
            let newest = committed.filter_map(|(_, entry)| match &entry.payload {
                Payload::Command(number) => Some(number.clone()),
                Payload::Noop | Payload::Config(_) => None,
            });
            let state = newest.last().or_else(|| self.0.snapshot().and_then(|before| before.state.clone()));
            self.0.compact(through, state, &mut inner);
        }
        for effect in inner.drain() {
            out.push(match effect {
                Effect::Send { to, message, after_sync } => Effect::Send { to, message, after_sync },
                Effect::SetTimer(timer, delay) => Effect::SetTimer(timer, delay),
                Effect::CancelTimer(timer) => Effect::CancelTimer(timer),
                Effect::Choose(among) => Effect::Choose(among),
                Effect::Write(delta) => Effect::Write(delta),
                Effect::Reply(request, answer) => Effect::Reply(request, answer),
                Effect::Note(note) => Effect::Note(note),
            });
        }
    }
}

impl Node for Server {
    type Message = Message<Number>;
    type Timer = Timer;
    type Request = Request<Number>;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = PersistentState<Number>;
    type Note = Note;

    fn on_restart(&mut self, disk: &Self::Disk, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |raft, inner| raft.on_restart(disk, at, inner));
    }

    fn on_message(&mut self, from: NodeId, message: Self::Message, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |raft, inner| raft.on_message(from, message, at, inner));
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |raft, inner| raft.on_timer(timer, at, inner));
    }

    fn on_request(&mut self, id: RequestId, request: Self::Request, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |raft, inner| raft.on_request(id, request, at, inner));
    }
}

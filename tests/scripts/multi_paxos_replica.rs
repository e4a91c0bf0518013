//! A server of Multi-Paxos and the simplest state machine: it remembers every command. It takes a snapshot when one is due.

use cap_lab::multi_paxos::{
    Config, Durable, Message, MultiPaxos, Note, Refusal, Request, Response, Slot, Snapshot, Timer,
};
use cap_lab::node::{Clocks, Command, Effect, Effects, Node, NodeId, RequestId};
use cap_lab::shared_vec::SharedVec;

/// All commands, in order.
pub(crate) type Commands<C> = SharedVec<C>;

/// A server with its state machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Replica<C: Command<Snapshot = Commands<C>>> {
    pub(crate) paxos: MultiPaxos<C>,
    applied: Slot,
    /// What was carried out.
    pub(crate) state: Commands<C>,
}

impl<C: Command<Snapshot = Commands<C>>> Replica<C> {
    pub(crate) fn new(config: Config) -> Self {
        Self { paxos: MultiPaxos::new(config), applied: Slot::ZERO, state: Commands::default() }
    }

    /// Lets the server handle one event, carries out what that decided, and compacts if that is due.
    fn drive(&mut self, out: &mut Effects<Self>, event: impl FnOnce(&mut MultiPaxos<C>, &mut Effects<MultiPaxos<C>>)) {
        let mut inner = Effects::default();
        event(&mut self.paxos, &mut inner);
        if let Some(Snapshot { through, state }) = self.paxos.snapshot().filter(|one| one.through > self.applied) {
            (self.applied, self.state) = (*through, state.clone());
        }
        while self.applied < self.paxos.commit_index() {
            self.applied = self.applied.next();
            if let Some(command) = self.paxos.command(self.applied) {
                self.state.push(command.clone());
            }
        }
        if self.paxos.wants_snapshot() {
            self.paxos.compact(self.applied, self.state.clone(), &mut inner);
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

impl<C: Command<Snapshot = Commands<C>>> Node for Replica<C> {
    type Message = Message<C>;
    type Timer = Timer;
    type Request = Request<C>;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = Durable<C>;
    type Note = Note;

    fn on_restart(&mut self, disk: &Durable<C>, at: Clocks, out: &mut Effects<Self>) {
        *self = Self::new(*self.paxos.config());
        self.drive(out, |paxos, inner| paxos.on_restart(disk, at, inner));
    }

    fn on_message(&mut self, from: NodeId, message: Message<C>, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |paxos, inner| paxos.on_message(from, message, at, inner));
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |paxos, inner| paxos.on_timer(timer, at, inner));
    }

    fn on_request(&mut self, id: RequestId, request: Request<C>, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |paxos, inner| paxos.on_request(id, request, at, inner));
    }
}

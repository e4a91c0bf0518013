//! A server of Raft and the simplest state machine: it remembers every command. It takes a snapshot when one is due.

use cap_lab::node::{Clocks, Command, Delay, Effect, Effects, Micros, Node, NodeId, RequestId};
use cap_lab::raft::{Config, Index, Message, Note, Payload, PersistentState, Raft, Refusal, Request, Response, Timer};
use cap_lab::shared_vec::SharedVec;

/// All commands, in order.
pub(crate) type Commands<C> = SharedVec<C>;

/// A server with its state machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Replica<C: Command<Snapshot = Commands<C>>> {
    pub(crate) raft: Raft<C>,
    applied: Index,
    /// What was carried out.
    state: Commands<C>,
    /// Its timers do not run out by themselves, only when somebody says so.
    pub(crate) told_when: bool,
}

/// Longer than any run.
const NEVER: Delay = Delay::fixed(Micros::from_ms(24 * 3_600_000));

impl<C: Command<Snapshot = Commands<C>>> Replica<C> {
    pub(crate) fn new(config: Config) -> Self {
        Self { raft: Raft::new(config), applied: Index::ZERO, state: Commands::default(), told_when: false }
    }

    /// Lets the server handle one event, carries out what that committed, and compacts if that is due.
    fn drive(&mut self, out: &mut Effects<Self>, event: impl FnOnce(&mut Raft<C>, &mut Effects<Raft<C>>)) {
        let mut inner = Effects::default();
        event(&mut self.raft, &mut inner);
        if let Some(snapshot) = self.raft.snapshot().filter(|snapshot| snapshot.last.index > self.applied) {
            (self.applied, self.state) = (snapshot.last.index, snapshot.state.clone());
        }
        while self.applied < self.raft.commit_index() {
            self.applied = self.applied.next();
            let entry = self.raft.entry(self.applied).expect("committed and not compacted");
            if let Payload::Command(command) = &entry.payload {
                self.state.push(command.clone());
            }
        }
        if self.raft.wants_snapshot() {
            self.raft.compact(self.applied, self.state.clone(), &mut inner);
        }
        for effect in inner.drain() {
            out.push(match effect {
                Effect::Send { to, message, after_sync } => Effect::Send { to, message, after_sync },
                Effect::SetTimer(timer, _) if self.told_when => Effect::SetTimer(timer, NEVER),
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
    type Disk = PersistentState<C>;
    type Note = Note;

    fn on_restart(&mut self, disk: &PersistentState<C>, at: Clocks, out: &mut Effects<Self>) {
        *self = Self { told_when: self.told_when, ..Self::new(*self.raft.config()) };
        self.drive(out, |raft, inner| raft.on_restart(disk, at, inner));
    }

    fn on_message(&mut self, from: NodeId, message: Message<C>, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |raft, inner| raft.on_message(from, message, at, inner));
    }

    fn on_timer(&mut self, timer: Timer, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |raft, inner| raft.on_timer(timer, at, inner));
    }

    fn on_request(&mut self, id: RequestId, request: Request<C>, at: Clocks, out: &mut Effects<Self>) {
        self.drive(out, |raft, inner| raft.on_request(id, request, at, inner));
    }
}

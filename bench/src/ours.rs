//! CAP Lab's Raft as a [`Cluster`].

use std::collections::VecDeque;

use bytes::Bytes;
use cap_lab::node::{Clocks, Command, Effect, Effects, Node, NodeId, NodeSet, RequestId};
use cap_lab::raft::{Config, Index, Message, Note, Payload, Raft, Request, Switches, Timer};

use crate::cluster::{Cluster, Machine, Mode};

/// A command that nobody looks into.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
pub(crate) struct Blob(pub(crate) Bytes);

impl Command for Blob {
    type Snapshot = ();
}

/// What becomes of notes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notes {
    /// Nobody wants them.
    Off,
    /// All are kept.
    On,
}

pub(crate) struct Ours {
    servers: Vec<Raft<Blob>>,
    inboxes: Vec<VecDeque<(NodeId, Message<Blob>)>>,
    machines: Vec<Machine>,
    /// Up to where each machine has carried out the log.
    applied: Vec<Index>,
    by_message: bool,
    out: Effects<Raft<Blob>>,
    /// What a server said to itself, to be delivered when its disk is done.
    durable: Vec<Message<Blob>>,
    notes: Option<Vec<Note>>,
    proposed: u32,
    answered: u32,
}

const LEADER: NodeId = NodeId(0);

impl Ours {
    /// `count` servers that the first one leads.
    pub(crate) fn new(count: usize, mode: Mode, notes: Notes) -> Self {
        let members = NodeSet::first(count);
        // Entries that come while a message is under way share the next one.
        let window = (mode == Mode::Batched).then_some(1);
        let servers = members.iter().map(|id| {
            let switches = Switches { window, ..Switches::default() };
            Raft::new(Config { switches, ..Config::new(id, members) })
        });
        let mut cluster = Self {
            servers: servers.collect(),
            inboxes: vec![VecDeque::new(); count],
            machines: vec![Machine::default(); count],
            applied: vec![Index::ZERO; count],
            by_message: mode == Mode::OneByOne,
            out: if notes == Notes::On { Effects::default() } else { Effects::without_notes() },
            durable: Vec::new(),
            notes: (notes == Notes::On).then(Vec::new),
            proposed: 0,
            answered: 0,
        };
        for id in members.iter() {
            cluster.servers[id.index()].on_restart(&Default::default(), Clocks::default(), &mut cluster.out);
            cluster.carry_out(id);
        }
        cluster.timer(Timer::Election);
        assert!(cluster.servers[LEADER.index()].is_leader(), "nobody stood in its way");
        cluster
    }

    /// The servers, to look at their state.
    pub(crate) fn servers(&self) -> &[Raft<Blob>] {
        &self.servers
    }

    fn timer(&mut self, timer: Timer) {
        self.servers[LEADER.index()].on_timer(timer, Clocks::default(), &mut self.out);
        self.settle();
    }

    /// Does what server `id` wants done: its disk is done at once.
    fn carry_out(&mut self, id: NodeId) {
        loop {
            for effect in self.out.drain() {
                match effect {
                    Effect::Send { to, message, .. } if to == id => self.durable.push(message),
                    Effect::Send { to, message, .. } => self.inboxes[to.index()].push_back((id, message)),
                    Effect::Note(note) => {
                        if let Some(notes) = &mut self.notes {
                            notes.push(note);
                        }
                    }
                    Effect::Reply(..) => self.answered += 1,
                    // The log in memory is the one that is kept; time stands still.
                    Effect::Write(_) | Effect::SetTimer(..) | Effect::CancelTimer(_) | Effect::Choose(_) => {}
                }
            }
            if self.durable.is_empty() {
                break;
            }
            let server = &mut self.servers[id.index()];
            for message in self.durable.drain(..) {
                server.on_message(id, message, Clocks::default(), &mut self.out);
            }
        }
        self.apply(id);
    }

    fn apply(&mut self, id: NodeId) {
        let (server, applied) = (&self.servers[id.index()], &mut self.applied[id.index()]);
        let commit = server.commit_index();
        if commit == *applied {
            return;
        }
        for (_, entry) in server.log().iter_from(applied.next()).take((commit.0 - applied.0) as usize) {
            if let Payload::Command(command) = &entry.payload {
                self.machines[id.index()].apply(&command.0);
            }
        }
        *applied = commit;
    }
}

impl Cluster for Ours {
    fn propose(&mut self, command: Bytes) {
        let request = Request::Propose(Blob(command));
        let server = &mut self.servers[LEADER.index()];
        server.on_request(RequestId(self.proposed), request, Clocks::default(), &mut self.out);
        self.proposed += 1;
    }

    fn settle(&mut self) {
        self.carry_out(LEADER);
        loop {
            let mut idle = true;
            for index in 0..self.servers.len() {
                let id = NodeId(index as u8);
                while let Some((from, message)) = self.inboxes[index].pop_front() {
                    idle = false;
                    self.servers[index].on_message(from, message, Clocks::default(), &mut self.out);
                    if self.by_message {
                        self.carry_out(id);
                    }
                }
                if !self.by_message {
                    self.carry_out(id);
                }
            }
            if idle {
                break;
            }
        }
    }

    fn heartbeat(&mut self) {
        self.timer(Timer::Heartbeat);
        assert_eq!(self.answered, self.proposed, "a client waits");
    }

    fn machines(&self) -> &[Machine] {
        &self.machines
    }
}

/// One proposal to a leader, whose wishes are dropped.
pub(crate) fn propose_to(leader: &mut Raft<Blob>, command: Bytes) {
    let request = Request::Propose(Blob(command));
    leader.on_request(RequestId(u32::MAX), request, Clocks::default(), &mut Effects::default());
}

//! Crate `raft` as a [`Cluster`], driven the way its own test harness does: the state machine itself, without the
//! bookkeeping of `RawNode`, on its `MemStorage`.

use std::collections::VecDeque;

use bytes::Bytes;
use raft::eraftpb::{Entry, EntryType, Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, Raft, StateRole};

use crate::cluster::{Cluster, Machine, Mode};

pub(crate) struct Theirs {
    servers: Vec<Raft<MemStorage>>,
    inboxes: Vec<VecDeque<Message>>,
    machines: Vec<Machine>,
    by_message: bool,
}

const LEADER: usize = 0;

impl Theirs {
    /// `count` servers that the first one leads.
    pub(crate) fn new(count: usize, mode: Mode) -> Self {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let voters: Vec<u64> = (1..=count as u64).collect();
        let servers = voters.iter().map(|id| {
            let config = Config {
                max_size_per_msg: u64::MAX,
                max_inflight_msgs: 256,
                // As ours: followers learn of a commit with the next append.
                skip_bcast_commit: true,
                batch_append: mode == Mode::Batched,
                ..Config::new(*id)
            };
            let storage = MemStorage::new_with_conf_state((voters.clone(), vec![]));
            Raft::new(&config, storage, &logger).expect("a valid configuration")
        });
        let mut cluster = Self {
            servers: servers.collect(),
            inboxes: vec![VecDeque::new(); count],
            machines: vec![Machine::default(); count],
            by_message: mode == Mode::OneByOne,
        };
        let stand = Message { msg_type: MessageType::MsgHup, from: 1, to: 1, ..Message::default() };
        cluster.servers[LEADER].step(stand).expect("it may stand");
        cluster.settle();
        assert_eq!(cluster.servers[LEADER].state, StateRole::Leader, "nobody stood in its way");
        cluster
    }

    /// Makes durable, sends and applies: the disk is done at once.
    fn carry_out(&mut self, index: usize) {
        let server = &mut self.servers[index];
        let unstable = server.raft_log.unstable_entries().to_vec();
        if let Some(Entry { index, term, .. }) = unstable.last() {
            server.mut_store().wl().append(&unstable).expect("no gap");
            server.raft_log.stable_entries(*index, *term);
            server.on_persist_entries(*index, *term);
        }
        for message in server.msgs.drain(..) {
            self.inboxes[message.to as usize - 1].push_back(message);
        }
        let Some(committed) = server.raft_log.next_entries(None) else { return };
        for entry in &committed {
            // The entry that begins a term is empty.
            if entry.entry_type == EntryType::EntryNormal && !entry.data.is_empty() {
                self.machines[index].apply(&entry.data);
            }
        }
        if let Some(last) = committed.last() {
            server.commit_apply(last.index);
        }
    }
}

impl Cluster for Theirs {
    fn propose(&mut self, command: Bytes) {
        let entry = Entry { data: command, ..Entry::default() };
        let entries = vec![entry].into();
        let message = Message { msg_type: MessageType::MsgPropose, from: 1, to: 1, entries, ..Message::default() };
        self.servers[LEADER].step(message).expect("the leader takes it");
    }

    fn settle(&mut self) {
        self.carry_out(LEADER);
        loop {
            let mut idle = true;
            for index in 0..self.servers.len() {
                while let Some(message) = self.inboxes[index].pop_front() {
                    idle = false;
                    self.servers[index].step(message).expect("a message of this cluster");
                    if self.by_message {
                        self.carry_out(index);
                    }
                }
                if !self.by_message {
                    self.carry_out(index);
                }
            }
            if idle {
                break;
            }
        }
    }

    fn heartbeat(&mut self) {
        self.servers[LEADER].ping();
    }

    fn machines(&self) -> &[Machine] {
        &self.machines
    }
}

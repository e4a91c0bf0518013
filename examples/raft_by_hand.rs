//! Raft without a simulator: three servers, a network that is a list, and a person who decides what arrives.
//!
//! A server is a value. It is told what happened, and what it wants done comes back as data. Here a disk is done at once.
//!
//! ```sh
//! cargo run --no-default-features --example raft_by_hand
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::collections::VecDeque;

use cap_lab::node::{Answer, Clocks, Command, Effect, Effects, Kind, Node, NodeId, NodeSet, RequestId};
use cap_lab::raft::{Config, Message, Raft, Request, Timer};

/// What the log carries.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize)]
struct Word(&'static str);

impl Command for Word {
    type Snapshot = ();
}

struct Cluster {
    servers: Vec<Raft<Word>>,
    /// From, to, what; oldest first.
    network: VecDeque<(NodeId, NodeId, Message<Word>)>,
    /// Requests that were carried out.
    done: Vec<RequestId>,
}

impl Cluster {
    fn new() -> Self {
        let members = NodeSet::first(3);
        let servers = members.iter().map(|id| Raft::new(Config::new(id, members))).collect();
        let mut cluster = Self { servers, network: VecDeque::new(), done: Vec::new() };
        for id in members.iter() {
            cluster.happens(id, |server, out| server.on_restart(&Default::default(), Clocks::default(), out));
        }
        cluster
    }

    /// Tells a server what happened, and does what it wants done.
    fn happens(&mut self, id: NodeId, event: impl FnOnce(&mut Raft<Word>, &mut Effects<Raft<Word>>)) {
        let server = &mut self.servers[id.index()];
        let mut out = Effects::default();
        event(server, &mut out);
        loop {
            let mut durable = Vec::new();
            for effect in out.drain() {
                match effect {
                    Effect::Send { to, message, .. } if to == id => durable.push(message),
                    Effect::Send { to, message, .. } => self.network.push_back((id, to, message)),
                    Effect::Reply(request, Answer::Done(_)) => self.done.push(request),
                    Effect::Reply(request, answer) => println!("  {id} to request {}: {answer:?}", request.0),
                    // Timers run out when somebody says so, and nobody reads the disk: there is no crash.
                    _ => {}
                }
            }
            if durable.is_empty() {
                break;
            }
            // What it has written is durable: it hears so from itself.
            for message in durable {
                server.on_message(id, message, Clocks::default(), &mut out);
            }
        }
    }

    fn timer(&mut self, id: NodeId, timer: Timer) {
        self.happens(id, |server, out| server.on_timer(timer, Clocks::default(), out));
    }

    fn ask(&mut self, id: NodeId, request: u32, word: &'static str) {
        let ask = Request::Propose(Word(word));
        self.happens(id, |server, out| server.on_request(RequestId(request), ask, Clocks::default(), out));
    }

    /// Delivers what is on its way and what comes of it, but nothing to or from `cut`.
    fn deliver(&mut self, cut: Option<NodeId>) {
        while let Some((from, to, message)) = self.network.pop_front() {
            if cut == Some(from) || cut == Some(to) {
                println!("  {from} to {to}: {} is lost", message.kind());
                continue;
            }
            println!("  {from} to {to}: {}", message.kind());
            self.happens(to, |server, out| server.on_message(from, message, Clocks::default(), out));
        }
    }

    fn tell(&self) {
        for server in &self.servers {
            let role = if server.is_leader() { "leader" } else { "no leader" };
            println!(
                "  {} is {role} in term {}, committed up to {}",
                server.id(),
                server.term(),
                server.commit_index()
            );
        }
    }
}

pub(crate) fn main() {
    let [n1, n2, _] = [NodeId(0), NodeId(1), NodeId(2)];
    let mut cluster = Cluster::new();
    println!("The election timer of {n1} runs out:");
    cluster.timer(n1, Timer::Election);
    cluster.deliver(None);
    cluster.tell();
    assert!(cluster.servers[0].is_leader());

    println!("\n{n1} is cut off and asked for something:");
    cluster.ask(n1, 1, "lost");
    cluster.deliver(Some(n1));
    assert!(cluster.done.is_empty(), "one of three is no majority");

    println!("\nThe others elect {n2}, which is asked for something:");
    cluster.timer(n2, Timer::Election);
    cluster.deliver(Some(n1));
    cluster.ask(n2, 2, "kept");
    cluster.deliver(Some(n1));
    cluster.tell();
    assert_eq!(cluster.done, [RequestId(2)]);

    println!("\nThe partition is over, and {n2} sends its heartbeats:");
    cluster.timer(n2, Timer::Heartbeat);
    cluster.deliver(None);
    cluster.timer(n2, Timer::Heartbeat);
    cluster.deliver(None);
    cluster.tell();
    assert!(!cluster.servers[0].is_leader(), "a higher term ends its own");
    assert_eq!(cluster.servers[0].log().last_index(), cluster.servers[1].log().last_index());
}

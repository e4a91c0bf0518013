//! Our Raft as an implementation of raft.tla's core ([`super::abstract_raft`]): what each of our states stands for there, and
//! which of its actions each of our steps is.
//!
//! A server stands for what it has in memory. Everything there is on its disk as well but for what a leader has appended
//! lately, for only states between steps count: a follower or candidate whose disk is not done yet is in the midst of one.
//! A no-op is a request of a client for nothing. A Mismatch and a StaleTerm are an answer without success. What
//! waits for a leader's disk was sent already: raft.tla may lose it, as a crash does. The commit index that
//! an AppendEntries carries counts up to its last entry, beyond which no follower believes it.

use cap_lab::explore::State;
use cap_lab::node::{NodeId, NodeSet};
use cap_lab::raft::{AppendResult, Entry, Index, Log, Message, Payload, Request, Role, Timer};
use cap_lab::sim::model::{Host, Step};
use cap_lab::sim::network::Envelope;

use super::abstract_raft::{self as spec, Action, What};
use super::cluster::{Cluster, Server, Word};

/// The value of a no-op.
const NOTHING: u8 = u8::MAX;

/// What our states and messages stand for. A value, so that a test can put a wrong one in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mapping {
    pub(crate) server: fn(&Host<Server>) -> spec::Server,
    pub(crate) message: fn(&Envelope<Message<Word>>) -> spec::Message,
}

impl Mapping {
    /// The right one.
    pub(crate) const OURS: Self = Self { server, message };

    /// Whether what `node` did between two states, by `step` and perhaps a crash right after it, is a sequence of actions of
    /// raft.tla, or nothing at all.
    pub(crate) fn explains(
        &self,
        (before, after): (&State<Cluster>, &State<Cluster>),
        node: NodeId,
        step: &Step<Server>,
        crashed: bool,
    ) -> bool {
        let stood = |state: &State<Cluster>, id| (self.server)(state.model.host(id));
        let mut others = before.model.hosts().map(|(id, _)| id).filter(|id| *id != node);
        // What arrived was put back under a new name, and what waited was sent already as far as raft.tla is concerned.
        let known = said(before, node);
        let fresh = said(after, node).into_iter().filter(|envelope| !known.contains(envelope));
        let goal = Goal { server: stood(after, node), sent: fresh.map(|envelope| (self.message)(&envelope)).collect() };
        others.all(|id| stood(before, id) == stood(after, id))
            && goal.is_reached_from(stood(before, node), Vec::new(), &self.actions(before, step, crashed))
    }

    /// What the step may consist of, in this order; each may also be left out.
    fn actions(&self, before: &State<Cluster>, step: &Step<Server>, crashed: bool) -> Vec<Action> {
        let longest = before.model.hosts().map(|(_, host)| host.node.log().last_index().0 as usize).max().unwrap_or(0);
        let mut actions = Vec::new();
        match step {
            Step::Deliver(id) => {
                let envelope = before.model.flights().get(*id).expect("on its way");
                let message = (self.message)(envelope);
                let receipts = match &message.what {
                    // To concede, to remove what conflicts and to append entry by entry, and to answer.
                    What::AppendEntries { entries, .. } => 2 + longest + entries.len(),
                    _ => 1,
                };
                actions.push(Action::UpdateTerm(message.clone()));
                actions.extend(std::iter::repeat_n(Action::Receive(message), receipts));
                actions.extend([Action::BecomeLeader, Action::ClientRequest(NOTHING)]);
            }
            Step::Timer(_, Timer::Election) => actions.extend([Action::Timeout, Action::VoteForItself]),
            Step::Request(_, _, Request::Propose(Word(value))) => actions.push(Action::ClientRequest(*value)),
            Step::Timer(_, Timer::Heartbeat) | Step::Sync(_) | Step::Crash(..) => {}
            other => unreachable!("no search does {other:?}"),
        }
        actions.extend([Action::OwnDisk, Action::AdvanceCommitIndex]);
        if crashed {
            actions.extend((0..=longest + 1).map(Action::Restart));
        }
        actions
    }
}

/// What `node` has sent to others, or will when its disk is done: a crash before that is the network losing it.
fn said(state: &State<Cluster>, node: NodeId) -> Vec<Envelope<Message<Word>>> {
    let sent =
        state.model.flights().iter().map(|(_, envelope)| envelope).filter(|envelope| envelope.from == node).cloned();
    let waiting = state.model.host(node).after_sync.iter().filter(|(to, _)| *to != node);
    let waiting = waiting.map(|(to, message)| Envelope { from: node, to: *to, message: message.clone() });
    sent.chain(waiting).collect()
}

/// What a server shall have become, and what it shall have sent.
struct Goal {
    server: spec::Server,
    sent: Vec<spec::Message>,
}

impl Goal {
    /// What was sent beyond the goal is dropped; the network may do that.
    fn is_reached_from(&self, server: spec::Server, mut sent: Vec<spec::Message>, actions: &[Action]) -> bool {
        for message in &self.sent {
            if !sent.contains(message) && server.may_send(message) {
                sent.push(message.clone());
            }
        }
        if server == self.server && self.sent.iter().all(|message| sent.contains(message)) {
            return true;
        }
        let Some((first, rest)) = actions.split_first() else { return false };
        if let Some((next, answer)) = server.after(first)
            && (next != server || answer.as_ref().is_some_and(|answer| !sent.contains(answer)))
        {
            let sent = sent.iter().cloned().chain(answer).collect();
            if self.is_reached_from(next, sent, rest) {
                return true;
            }
        }
        self.is_reached_from(server, sent, rest)
    }
}

fn entry(entry: &Entry<Word>) -> spec::Entry {
    let value = match entry.payload {
        Payload::Noop => NOTHING,
        Payload::Command(Word(value)) => value,
        Payload::Config(_) => unreachable!("nobody changes the members"),
    };
    spec::Entry { term: entry.term.0, value }
}

fn entries(log: &Log<Word>) -> Vec<spec::Entry> {
    log.iter_from(Index(1)).map(|(_, held)| entry(held)).collect()
}

pub(crate) fn server(host: &Host<Server>) -> spec::Server {
    let node = &host.node;
    let (mut votes, mut matched) = (NodeSet::EMPTY, [0; spec::SERVERS]);
    let role = match node.role() {
        Role::Follower { .. } => spec::Role::Follower,
        Role::Candidate { votes: granted } => {
            votes = *granted;
            spec::Role::Candidate
        }
        Role::Leader { durable, followers, .. } => {
            for (follower, progress) in followers.iter() {
                matched[follower.index()] = progress.matched.0 as usize;
            }
            matched[node.id().index()] = durable.0 as usize;
            spec::Role::Leader
        }
        Role::PreCandidate { .. } => unreachable!("without pre-vote"),
    };
    spec::Server {
        id: node.id(),
        term: node.term().0,
        role,
        voted_for: node.vote(),
        log: entries(node.log()),
        commit: node.commit_index().0 as usize,
        votes,
        matched,
    }
}

pub(crate) fn message(envelope: &Envelope<Message<Word>>) -> spec::Message {
    let what = match &envelope.message {
        Message::RequestVote { last, .. } => {
            What::RequestVote { last_term: last.term.0, last_index: last.index.0 as usize }
        }
        Message::Vote { granted, .. } => What::Vote { granted: *granted },
        Message::AppendEntries { previous, entries, commit, .. } => {
            let index = previous.index.0 as usize;
            What::AppendEntries {
                previous: (index, previous.term.0),
                entries: entries.iter().map(entry).collect(),
                commit: (commit.0 as usize).min(index + entries.len()),
            }
        }
        Message::AppendReply { result: AppendResult::Matched { up_to }, .. } => What::Appended(Some(up_to.0 as usize)),
        Message::AppendReply { .. } => What::Appended(None),
        other => unreachable!("{other:?} needs a switch"),
    };
    spec::Message { from: envelope.from, to: envelope.to, term: envelope.message.term().0, what }
}

//! The consistent feed (CP): posts and reads go through Raft's replicated log, so that all replicas do the same things in
//! the same order. What no majority can agree to is refused, or stays open.
//!
//! A replica that does not lead passes what its phones ask to the leader and the answer back; so a phone reaches as far as
//! its replica does. If the replica knows no leader, nothing was done: it refuses. If it loses the leader that it passed
//! something to, it cannot know: it says so (`Unknown`).
//!
//! A refusal is final, whatever copies of the question the network still has: a replica takes up each question once, and
//! one that may have done so before it crashed says that it does not know.
//!
//! Left out: client sessions and retries; reads without a log entry; that a phone's own message, copied and held until its
//! replica has crashed and restarted, is taken up again.

use crate::sorted::SortedMap;

use super::feed::{
    Ask, AskId, FeedAnswer, Message, Note, Numbers, Participant, Post, PostId, READ_LENGTH, Refusal, Replica,
};
use super::feed::{Response, Timer};
use crate::node::{self, Answer, Clocks, Effect, Effects, Kind, Node, NodeId, RequestId};
use crate::raft::{self, Index, Payload, PersistentState, Raft, Term};
use crate::shared_vec::SharedVec;

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Command {
    /// The phone that wants it.
    pub client: NodeId,
    /// What it wants.
    pub ask: Ask,
}

impl node::Command for Command {
    type Snapshot = FeedState;
}

/// What the replicas of the consistent feed say to each other.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Peer {
    /// Raft's own messages.
    Raft(raft::Message<Command>),
    /// From a replica to the one that it believes to lead: do this for my phone.
    Forward {
        /// Whose question.
        id: AskId,
        /// What is asked.
        ask: Ask,
        /// The term that the receiver leads, as far as the sender knows: what the receiver did in it, it has forgotten if it
        /// restarted since.
        term: Term,
    },
    /// From the leader back to the replica that forwarded.
    Forwarded {
        /// Whose question.
        id: AskId,
        /// What came of it.
        answer: FeedAnswer,
    },
}

impl Kind for Peer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Raft(message) => message.kind(),
            Self::Forward { .. } => "Forward",
            Self::Forwarded { .. } => "Forwarded",
        }
    }
}

/// A rule that fired or refused at a replica of the consistent feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplicaNote {
    /// One of Raft's.
    Raft(raft::Note),
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
        /// Its own term.
        term: u64,
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
        /// The term in which it led, or was believed to.
        term: u64,
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
        /// Its first copy; a second one has no effect.
        fresh: bool,
    },
}

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Origin {
    id: AskId,
    /// The replica that forwarded; `None` if the phone is attached here.
    via: Option<NodeId>,
}

/// The state machine: what carrying out the log leads to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FeedState {
    /// All posts, by log order.
    posts: SharedVec<Post>,
    /// By author: the posts in the feed.
    known: SortedMap<NodeId, Numbers>,
}

/// One replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ConsistentFeed {
    raft: Raft<Command>,
    /// The last entry that was carried out.
    applied: Index,
    /// What carrying them out led to.
    feed: FeedState,
    /// Questions that are in the log, by the name Raft knows them by.
    asked: SortedMap<RequestId, Origin>,
    requests: u32,
    /// Questions passed on, and to whom.
    forwarded: SortedMap<AskId, NodeId>,
    /// By phone: the number of the latest question that it took up, be it to refuse it.
    taken: SortedMap<NodeId, u32>,
    /// The term on its disk when it started: what it took up until then it has forgotten.
    started: Term,
}

type Out = Effects<Participant<ConsistentFeed>>;

impl ConsistentFeed {
    /// A replica that has not started.
    pub fn new(config: raft::Config) -> Self {
        Self {
            raft: Raft::new(config),
            applied: Index::ZERO,
            feed: FeedState::default(),
            asked: SortedMap::new(),
            requests: 0,
            forwarded: SortedMap::new(),
            taken: SortedMap::new(),
            started: Term(0),
        }
    }

    /// Its consensus module.
    pub fn raft(&self) -> &Raft<Command> {
        &self.raft
    }

    /// The feed as it knows it to be committed.
    pub fn posts(&self) -> &SharedVec<Post> {
        &self.feed.posts
    }

    /// Whether that post is in the feed as it knows it to be committed.
    pub fn has(&self, post: PostId) -> bool {
        self.feed.known.get(&post.author).is_some_and(|numbers| numbers.contains(post.number))
    }

    /// Lets Raft handle one event, then carries out what that committed and answers whom it can.
    fn drive(&mut self, out: &mut Out, event: impl FnOnce(&mut Raft<Command>, &mut Effects<Raft<Command>>)) {
        let leader_before = self.raft.leader_hint();
        let mut inner = Effects::default();
        event(&mut self.raft, &mut inner);
        let mut settled = SortedMap::new();
        for effect in inner.drain() {
            match effect {
                Effect::Send { to, message, after_sync } => {
                    out.push(Effect::Send { to, message: Message::Peer(Peer::Raft(message)), after_sync });
                }
                Effect::SetTimer(timer, delay) => out.set_timer(Timer::Replica(timer), delay),
                Effect::CancelTimer(timer) => out.cancel_timer(Timer::Replica(timer)),
                Effect::Choose(among) => out.choose(among),
                Effect::Write(delta) => out.write(delta),
                Effect::Note(note) => out.note(Note::Replica(ReplicaNote::Raft(note))),
                Effect::Reply(request, Answer::Done(raft::Response::Committed { index, .. })) => {
                    settled.insert(index, request);
                }
                Effect::Reply(request, answer) => self.give_up(request, &answer, out),
            }
        }
        self.apply_committed(&settled, out);
        if let Some(leader) = leader_before.filter(|leader| self.raft.leader_hint() != Some(*leader)) {
            self.lose_leader(leader, out);
        }
    }

    fn apply_committed(&mut self, settled: &SortedMap<Index, RequestId>, out: &mut Out) {
        while self.applied < self.raft.commit_index() {
            let index = self.applied.next();
            self.applied = index;
            let entry = self.raft.entry(index).expect("committed entries are in the log");
            let Payload::Command(Command { ask, .. }) = &entry.payload else { continue };
            let origin = settled.get(&index).and_then(|request| self.asked.remove(request));
            let response = match ask {
                Ask::Post(post) => {
                    let (post, id) = (post.clone(), post.id);
                    // Not fresh if the network copied the question.
                    let fresh = self.feed.known.or_default(id.author).insert(id.number);
                    if fresh {
                        self.feed.posts.push(post);
                    }
                    let applied = ReplicaNote::Applied { index: index.0, post: id, fresh };
                    out.note(Note::Replica(applied));
                    Response::Posted(id)
                }
                Ask::Read if origin.is_none() => continue,
                Ask::Read => Response::Posts(self.newest()),
            };
            if let Some(origin) = origin {
                self.answer(origin, Answer::Done(response), out);
            }
        }
    }

    /// The newest posts, as a read returns them.
    fn newest(&self) -> std::sync::Arc<[Post]> {
        self.feed.posts.iter_from(self.feed.posts.len().saturating_sub(READ_LENGTH)).cloned().collect()
    }

    fn give_up(&mut self, request: RequestId, answer: &Answer<raft::Response, raft::Refusal>, out: &mut Out) {
        let origin = self.asked.remove(&request).expect("Raft answers what it was asked, once");
        let replica = self.raft.id();
        let refusal = match answer {
            Answer::Refused(raft::Refusal::Superseded { index }) => {
                let note = ReplicaNote::Superseded { client: origin.id.client, index: index.0 };
                out.note(Note::Replica(note));
                Refusal::Superseded { replica, index: index.0 }
            }
            Answer::Refused(_) | Answer::Unknown | Answer::Done(_) => {
                unreachable!("asked only as a leader, and done is handled where it is applied")
            }
        };
        self.answer(origin, Answer::Refused(refusal), out);
    }

    /// The leader is gone, or another one took over: what came of the questions passed to it, this replica cannot know.
    fn lose_leader(&mut self, leader: NodeId, out: &mut Out) {
        let lost: Vec<AskId> = self.forwarded.iter().filter(|(_, to)| **to == leader).map(|(id, _)| *id).collect();
        for id in lost {
            self.forwarded.remove(&id);
            out.note(Note::Replica(ReplicaNote::LostLeader { client: id.client, leader }));
            out.send(id.client, Message::Answer { number: id.number, answer: Answer::Unknown });
        }
    }

    fn answer(&self, Origin { id, via }: Origin, answer: FeedAnswer, out: &mut Out) {
        match via {
            Some(replica) => out.send(replica, Message::Peer(Peer::Forwarded { id, answer })),
            None => out.send(id.client, Message::Answer { number: id.number, answer }),
        }
    }

    /// A phone's question, from itself or passed on in `term`. Its phone asks one at a time: what comes after a later one
    /// has been given up.
    fn on_question(&mut self, id: AskId, ask: Ask, passed: Option<(NodeId, Term)>, at: Clocks, out: &mut Out) {
        let (client, post) = (id.client, matches!(ask, Ask::Post(_)));
        if self.taken.get(&client).is_some_and(|latest| *latest >= id.number) {
            return out.note(Note::Replica(ReplicaNote::AskedBefore { client, post }));
        }
        self.taken.insert(client, id.number);
        let via = passed.map(|(via, _)| via);
        match passed {
            Some((_, term)) if term <= self.started => {
                out.note(Note::Replica(ReplicaNote::ForgotWhetherTaken { client, term: term.0, post }));
                self.answer(Origin { id, via }, Answer::Unknown, out);
            }
            Some(_) | None => self.take(id, ask, via, at, out),
        }
    }

    fn take(&mut self, id: AskId, ask: Ask, via: Option<NodeId>, at: Clocks, out: &mut Out) {
        let post = matches!(ask, Ask::Post(_));
        let origin = Origin { id, via };
        match self.raft.leader_hint() {
            Some(leader) if leader == self.raft.id() => {
                let request = RequestId(self.requests);
                self.requests += 1;
                self.asked.insert(request, origin);
                let command = Command { client: id.client, ask };
                self.drive(out, |raft, inner| raft.on_request(request, raft::Request::Propose(command), at, inner));
            }
            Some(leader) if via.is_none() => {
                self.forwarded.insert(id, leader);
                out.note(Note::Replica(ReplicaNote::Forwarded { client: id.client, leader, post }));
                let term = self.raft.term();
                out.send(leader, Message::Peer(Peer::Forward { id, ask, term }));
            }
            // What was forwarded once is not passed round: two replicas could each take the other for the leader.
            Some(_) | None => {
                let term = self.raft.term().0;
                let candidate = matches!(self.raft.role(), raft::Role::Candidate { .. });
                let note = ReplicaNote::RefusedWithoutLeader { client: id.client, term, candidate, post };
                out.note(Note::Replica(note));
                let refusal = Refusal::NoLeader { replica: self.raft.id(), term };
                self.answer(origin, Answer::Refused(refusal), out);
            }
        }
    }
}

impl Replica for ConsistentFeed {
    type Peer = Peer;
    type Timer = raft::Timer;
    type Disk = PersistentState<Command>;
    type Note = ReplicaNote;

    fn on_restart(&mut self, disk: &Self::Disk, at: Clocks, out: &mut Out) {
        *self = Self { started: disk.term, ..Self::new(*self.raft.config()) };
        self.drive(out, |raft, inner| raft.on_restart(disk, at, inner));
    }

    fn on_ask(&mut self, id: AskId, ask: Ask, at: Clocks, out: &mut Out) {
        self.on_question(id, ask, None, at, out);
    }

    fn on_peer(&mut self, from: NodeId, message: Peer, at: Clocks, out: &mut Out) {
        match message {
            Peer::Raft(message) => self.drive(out, |raft, inner| raft.on_message(from, message, at, inner)),
            Peer::Forward { id, ask, term } => self.on_question(id, ask, Some((from, term)), at, out),
            Peer::Forwarded { id, answer } => {
                self.forwarded.remove(&id);
                out.send(id.client, Message::Answer { number: id.number, answer });
            }
        }
    }

    fn on_timer(&mut self, timer: raft::Timer, at: Clocks, out: &mut Out) {
        self.drive(out, |raft, inner| raft.on_timer(timer, at, inner));
    }
}

//! A small social feed.
//!
//! **Specification.** The feed is a sequence of posts, empty at first. `Post` adds one at its end. `Read` returns the
//! newest [`READ_LENGTH`] posts, oldest first. A feed is linearizable if every operation appears to do this at one moment
//! between its invocation and its return (Herlihy & Wing 1990). The consistent feed promises that; the available one
//! promises only that replicas which hear from each other again end up with the same posts in the same order.

use crate::sorted::SortedSet;
use std::fmt::{self, Debug, Display};
use std::hash::Hash;
use std::str::FromStr;
use std::sync::Arc;

use super::client::Client;
use crate::node::{Answer, Clocks, Disk, Effects, Kind, Micros, Node, NodeId, RequestId};

/// How many posts a read returns at most.
pub const READ_LENGTH: usize = 20;

/// Names a post: its author's phone and how many posts that phone sent before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PostId {
    /// The phone.
    pub author: NodeId,
    /// Counted from 0.
    pub number: u32,
}

/// A set of numbers that mostly come in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Numbers {
    /// All below this are in.
    next: u32,
    /// So are these, above it.
    later: SortedSet<u32>,
}

impl Numbers {
    /// Adds `number`; true if it was not there.
    pub fn insert(&mut self, number: u32) -> bool {
        if self.contains(number) {
            return false;
        }
        self.later.insert(number);
        while self.later.remove(&self.next) {
            self.next += 1;
        }
        true
    }

    /// Whether `number` is there.
    pub fn contains(&self, number: u32) -> bool {
        number < self.next || self.later.contains(&number)
    }
}

/// One post.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Post {
    /// Its name.
    pub id: PostId,
    /// What it says.
    pub text: Arc<str>,
    /// The time of day on the author's phone when it was written.
    pub written: Micros,
}

/// What a person does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Request {
    /// Posts.
    Post(Arc<str>),
    /// Reads the newest posts.
    Read,
    /// Talks to another replica from now on.
    Attach(NodeId),
}

/// Shown as a script has it: `post Lunch in Lisbon?`.
impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(text) => write!(f, "post {text}"),
            Self::Read => f.write_str("read"),
            Self::Attach(to) => write!(f, "attach {to}"),
        }
    }
}

impl FromStr for Request {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("post", text) => Ok(Self::Post(text.into())),
            ("read", "") => Ok(Self::Read),
            ("attach", to) => Ok(Self::Attach(to.parse()?)),
            _ => Err(format!("a phone can't “{line}”")),
        }
    }
}

/// What a person gets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// The post is in the feed.
    Posted(PostId),
    /// The newest posts, oldest first.
    Posts(Arc<[Post]>),
    /// Attached.
    Attached,
}

/// Why something did not happen and never will.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// The replica knows no leader that could take it.
    NoLeader {
        /// The replica that refused.
        replica: NodeId,
        /// Its term.
        term: u64,
    },
    /// The leader's log took it, but another entry was committed in its place.
    Superseded {
        /// The leader that had taken it.
        replica: NodeId,
        /// Where it stood.
        index: u64,
    },
    /// The phone still waits for its last answer, and too much is in line already.
    Busy,
}

/// What a phone asks of a replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    /// Add this post.
    Post(Post),
    /// Return the newest posts.
    Read,
}

/// An answer from a replica.
pub type FeedAnswer = Answer<Response, Refusal>;

/// Names what a phone asked: the phone, and how many things it asked before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AskId {
    /// The phone.
    pub client: NodeId,
    /// Counted from 0.
    pub number: u32,
}

/// A message of the feed: between phone and replica, or between replicas.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Message<P> {
    /// From a phone to its replica.
    Ask {
        /// How many things the phone asked before.
        number: u32,
        /// What.
        ask: Ask,
    },
    /// From a replica to the phone that asked.
    Answer {
        /// Which question.
        number: u32,
        /// What came of it; `Unknown` if the replica cannot tell either.
        answer: FeedAnswer,
    },
    /// From replica to replica.
    Peer(P),
}

impl<P: Kind> Kind for Message<P> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Ask { .. } => "Ask",
            Self::Answer { .. } => "Answer",
            Self::Peer(message) => message.kind(),
        }
    }
}

/// A timer of the feed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer<T> {
    /// A replica's.
    Replica(T),
    /// A phone's: it gives up waiting for an answer.
    Answer,
}

/// A rule of the feed that fired or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note<T> {
    /// In the replicas' protocol.
    Replica(T),
    /// A phone asked its replica for something.
    Asked {
        /// The replica.
        replica: NodeId,
        /// A post, else a read.
        post: bool,
    },
    /// A phone got no answer in time.
    GaveUp {
        /// The replica that it had asked.
        replica: NodeId,
        /// How long it waited.
        waited: Micros,
        /// A post, else a read.
        post: bool,
    },
    /// A phone heard after all what came of something that it had given up.
    HeardLate {
        /// It did take effect.
        done: bool,
        /// A post, else a read.
        post: bool,
    },
    /// A phone moved to another replica.
    Attached {
        /// From here.
        from: NodeId,
        /// To there.
        to: NodeId,
    },
    /// A phone was asked for more than it keeps in line.
    WasBusy,
}

/// One replica of a feed, whatever it runs on.
pub trait Replica: Clone + Eq + Hash + Debug {
    /// What replicas say to each other.
    type Peer: Clone + Eq + Hash + Debug + Kind;
    /// Their timers.
    type Timer: Copy + Ord + Hash + Debug;
    /// What survives a crash.
    type Disk: Disk;
    /// Rules that fired or refused.
    type Note: Clone + PartialEq + Debug;

    /// See [`Node::on_restart`].
    fn on_restart(&mut self, disk: &Self::Disk, at: Clocks, out: &mut Effects<Participant<Self>>);
    /// A phone asks.
    fn on_ask(&mut self, id: AskId, ask: Ask, at: Clocks, out: &mut Effects<Participant<Self>>);
    /// See [`Node::on_message`].
    fn on_peer(&mut self, from: NodeId, message: Self::Peer, at: Clocks, out: &mut Effects<Participant<Self>>);
    /// See [`Node::on_timer`].
    fn on_timer(&mut self, timer: Self::Timer, at: Clocks, out: &mut Effects<Participant<Self>>);
    /// See [`Node::on_choice`].
    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Effects<Participant<Self>>) {
        let _ = (at, out);
        unreachable!("{picked} was picked for a replica that offered no choice");
    }
}

/// A replica or a phone: the participants of a feed's run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Participant<S> {
    /// Serves.
    Replica(S),
    /// Asks.
    Client(Client),
}

impl<S> Participant<S> {
    /// The replica, if it is one.
    pub fn replica(&self) -> Option<&S> {
        match self {
            Self::Replica(replica) => Some(replica),
            Self::Client(_) => None,
        }
    }

    /// The phone, if it is one.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Self::Replica(_) => None,
            Self::Client(client) => Some(client),
        }
    }
}

impl<S: Replica> Node for Participant<S> {
    type Message = Message<S::Peer>;
    type Timer = Timer<S::Timer>;
    type Request = Request;
    type Response = Response;
    type Refusal = Refusal;
    type Disk = S::Disk;
    type Note = Note<S::Note>;

    fn on_restart(&mut self, disk: &S::Disk, at: Clocks, out: &mut Effects<Self>) {
        match self {
            Self::Replica(replica) => replica.on_restart(disk, at, out),
            Self::Client(client) => client.on_restart(),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Self::Message, at: Clocks, out: &mut Effects<Self>) {
        match (self, message) {
            (Self::Replica(replica), Message::Ask { number, ask }) => {
                replica.on_ask(AskId { client: from, number }, ask, at, out);
            }
            (Self::Replica(replica), Message::Peer(message)) => replica.on_peer(from, message, at, out),
            (Self::Client(client), Message::Answer { number, answer }) => client.on_answer(number, answer, at, out),
            (Self::Replica(_), Message::Answer { .. }) => unreachable!("replicas ask nothing"),
            (Self::Client(_), Message::Ask { .. } | Message::Peer(_)) => unreachable!("phones serve nothing"),
        }
    }

    fn on_timer(&mut self, timer: Self::Timer, at: Clocks, out: &mut Effects<Self>) {
        match (self, timer) {
            (Self::Replica(replica), Timer::Replica(timer)) => replica.on_timer(timer, at, out),
            (Self::Client(client), Timer::Answer) => client.on_timeout(at, out),
            (Self::Replica(_), Timer::Answer) | (Self::Client(_), Timer::Replica(_)) => {
                unreachable!("a timer that was never set")
            }
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request, at: Clocks, out: &mut Effects<Self>) {
        match self {
            Self::Replica(_) => panic!("only phones are asked by people"),
            Self::Client(client) => client.on_request(id, request, at, out),
        }
    }

    fn on_choice(&mut self, picked: NodeId, at: Clocks, out: &mut Effects<Self>) {
        match self {
            Self::Replica(replica) => replica.on_choice(picked, at, out),
            Self::Client(_) => unreachable!("phones choose nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_a_set_whatever_their_order() {
        let mut numbers = Numbers::default();
        for (number, fresh) in
            [(1, true), (0, true), (1, false), (4, true), (0, false), (2, true), (3, true), (4, false)]
        {
            assert_eq!(numbers.insert(number), fresh, "{number}");
        }
        assert_eq!(numbers, Numbers { next: 5, later: SortedSet::default() });
        assert!(!numbers.contains(5));
    }
}

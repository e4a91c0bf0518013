//! A small social feed.
//!
//! **Specification.** The feed is a sequence of posts, empty at first. `Post` adds one at its end. `Read` returns the
//! newest [`READ_LENGTH`] posts, oldest first. A feed is linearizable if every operation appears to do this at one moment
//! between its invocation and its return (Herlihy & Wing 1990). The consistent feed promises that; the available one
//! promises only that replicas which hear from each other again end up with the same posts in the same order.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::sync::Arc;

use crate::multi_paxos::Ballot;
use crate::node::{Answer, Micros, NodeId, NodeSet};
use crate::raft::Term;
use crate::sorted::SortedSet;

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

    /// How many are there.
    pub fn len(&self) -> u32 {
        self.next + self.later.iter().len() as u32
    }

    /// Whether none is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
    /// Not a person's: an operator asks a replica for something.
    Admin(AdminCommand),
}

/// What an operator asks a replica of the consistent feed for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AdminCommand {
    /// Hand leadership over to this replica.
    Transfer(NodeId),
    /// Let this replica receive the log without a vote.
    Learner(NodeId),
    /// Give this replica a vote.
    Add(NodeId),
    /// Take this replica out.
    Remove(NodeId),
    /// Let these be the voters, and nobody a learner.
    Voters(NodeSet),
}

impl AdminCommand {
    /// Who is spoken of.
    pub fn about(self) -> NodeSet {
        match self {
            Self::Transfer(node) | Self::Learner(node) | Self::Add(node) | Self::Remove(node) => {
                NodeSet::EMPTY.with(node)
            }
            Self::Voters(nodes) => nodes,
        }
    }
}

/// Shown as a script has it: `transfer n3`.
impl Display for AdminCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer(to) => write!(f, "transfer {to}"),
            Self::Learner(node) => write!(f, "learner {node}"),
            Self::Add(node) => write!(f, "add {node}"),
            Self::Remove(node) => write!(f, "remove {node}"),
            Self::Voters(nodes) => {
                f.write_str("voters")?;
                nodes.iter().try_for_each(|node| write!(f, " {node}"))
            }
        }
    }
}

/// Shown as a script has it: `post Lunch in Lisbon?`.
impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(text) => write!(f, "post {text}"),
            Self::Read => f.write_str("read"),
            Self::Attach(to) => write!(f, "attach {to}"),
            Self::Admin(command) => command.fmt(f),
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
            ("transfer", to) => Ok(Self::Admin(AdminCommand::Transfer(to.parse()?))),
            ("learner", node) => Ok(Self::Admin(AdminCommand::Learner(node.parse()?))),
            ("add", node) => Ok(Self::Admin(AdminCommand::Add(node.parse()?))),
            ("remove", node) => Ok(Self::Admin(AdminCommand::Remove(node.parse()?))),
            ("voters", nodes) => {
                let nodes = nodes.split(' ').map(str::parse).collect::<Result<NodeSet, String>>()?;
                Ok(Self::Admin(AdminCommand::Voters(nodes)))
            }
            _ => Err(format!("nobody can “{line}”")),
        }
    }
}

/// What changes with every leader: the logical clock of the protocol below a consistent feed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Epoch {
    /// Raft's.
    Term(Term),
    /// Multi-Paxos's.
    Ballot(Ballot),
}

/// Shown in the protocol's words: `term 4`, `ballot 2.n3`.
impl Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => write!(f, "term {term}"),
            Self::Ballot(ballot) => write!(f, "ballot {ballot}"),
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
    /// What the operator asked for is done.
    AdminDone,
}

/// Why something did not happen and never will.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// The replica knows no leader that could take it.
    NoLeader {
        /// The replica that refused.
        replica: NodeId,
        /// Its epoch.
        epoch: Epoch,
    },
    /// The leader's log took it, but another entry was committed in its place.
    Superseded {
        /// The leader that had taken it.
        replica: NodeId,
        /// Where it stood.
        index: u64,
    },
    /// The leader hands over its office, and takes nothing meanwhile.
    HandingOver {
        /// The leader.
        replica: NodeId,
    },
    /// The phone still waits for its last answer, and too much is in line already.
    Busy,
    /// The replica can't do what the operator asked for; a note says why.
    AdminRefused,
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
    /// How many times it asked just this before.
    pub attempt: u8,
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

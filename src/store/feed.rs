//! A small social feed.
//!
//! **Specification.** The feed is a sequence of posts, empty at first. `Post` adds one at its end. `Read` returns the
//! newest [`READ_LENGTH`] posts, oldest first. A feed is linearizable if every operation appears to do this at one moment
//! between its invocation and its return (Herlihy & Wing 1990). The consistent feed promises that; the available one
//! promises only that replicas which hear from each other again end up with the same posts in the same order.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::sync::Arc;

use super::service::{AdminCommand, AdminDone, AnswerOf};
use super::state_machine::{Command, Replicated, StateMachine};
use crate::node::{Micros, NodeId};
use crate::shared_vec::SharedVec;

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
            _ => match AdminCommand::read(line) {
                Some(command) => command.map(Self::Admin),
                None => Err(format!("nobody can “{line}”")),
            },
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

impl From<AdminDone> for Response {
    fn from(AdminDone: AdminDone) -> Self {
        Self::AdminDone
    }
}

/// What a phone asks of a replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    /// Add this post.
    Post(Post),
    /// Return the newest posts.
    Read,
}

impl Ask {
    /// Whether it is to add this post.
    pub fn is_post(&self, id: PostId) -> bool {
        matches!(self, Self::Post(post) if post.id == id)
    }
}

/// An answer from a replica.
pub type FeedAnswer = AnswerOf<Feed>;

/// The feed as a state machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Feed {
    /// All posts, by log order.
    posts: SharedVec<Post>,
}

impl Feed {
    /// All posts, oldest first.
    pub fn posts(&self) -> &SharedVec<Post> {
        &self.posts
    }
}

impl StateMachine for Feed {
    type Ask = Ask;
    type Response = Response;

    fn number(ask: &Ask) -> Option<u32> {
        match ask {
            Ask::Post(post) => Some(post.id.number),
            Ask::Read => None,
        }
    }

    fn apply(&mut self, index: u64, command: &Command<Self>, answer: &mut dyn FnMut(u64, Response)) {
        if let Ask::Post(post) = &command.ask {
            self.posts.push(post.clone());
        }
        answer(index, self.answer(&command.ask));
    }

    fn answer(&self, ask: &Ask) -> Response {
        match ask {
            Ask::Post(post) => Response::Posted(post.id),
            Ask::Read => {
                let newest = self.posts.iter_from(self.posts.len().saturating_sub(READ_LENGTH));
                Response::Posts(newest.cloned().collect())
            }
        }
    }
}

impl Replicated<Feed> {
    /// Whether that post is there.
    pub fn has(&self, post: PostId) -> bool {
        self.sessions.contains(post.author, post.number)
    }
}

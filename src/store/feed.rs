//! A small social feed.
//!
//! Posts are specified here. Likes, statuses and deletions are objects of their own: see [`super::objects`].
//!
//! **Specification.** The feed is a sequence of posts, empty at first, in the order of their places ([`Place`]). `Post` adds
//! one. `Read` returns the newest [`READ_LENGTH`] posts: those with the highest places, oldest first.
//!
//! The consistent feed adds every post at the end. It is linearizable: every operation appears to take effect at one moment
//! between its invocation and its return (Herlihy & Wing 1990).
//!
//! The feed on quorums gives each post a place by its tag. Two posts at once take theirs in either order, so one may enter before
//! another that was read already. It is linearizable as such a feed, if its quorums are set up for that (see `crate::quorum`): a
//! feed in which every post goes to the end would solve consensus.
//!
//! The available feed orders posts by a logical clock (Lamport 1978), which real time does not bind. It promises that
//! replicas which hear from each other again end up with the same posts in the same order. A partition's two sides count on
//! by themselves, and the busier side counts further. After it heals, the posts of the quieter side enter in the middle, and
//! some are never among the newest. They are not lost, and a read without them is not out of date.
//!
//! **Stale reads.** A read must know of every post that was confirmed before the read began. It may know of others, too. So
//! an answer is fresh if it holds the newest [`READ_LENGTH`] of some set of posts that includes all those confirmed ones.
//! Any other answer is stale: it lacks a confirmed post that comes after the answer's oldest post, or it lacks one although
//! it is not full.
//!
//! **Convergence.** The feed has converged after a partition once no read is stale any more by a post that was confirmed
//! before the partition healed.

use std::convert::Infallible;
use std::fmt::{self, Display};
use std::hash::Hash;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::conflict::Hybrid;
use super::objects::{AskedChange, Beside, Change, Context, Objects};
use super::service::{AdminCommand, AdminDone, AnswerOf};
use super::state_machine::{Command, Replicated, StateMachine, Told};
use crate::known::Name;
use crate::node::{Micros, NodeId};
use crate::shared_vec::SharedVec;

/// How many posts a read returns at most.
pub const READ_LENGTH: usize = 20;

/// Names a post, or whatever else a phone wrote: the phone, and how many things it wrote before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PostId {
    /// The phone.
    pub author: NodeId,
    /// Counted from 0.
    pub number: u32,
}

/// Shown as a script has it, counted from one: `n6#2`.
impl Display for PostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.author, u64::from(self.number) + 1)
    }
}

impl FromStr for PostId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” names no post: n6#2 is the second one that n6 wrote");
        let (author, number) = text.split_once('#').ok_or_else(wrong)?;
        let number = number.parse::<u32>().ok().and_then(|number| number.checked_sub(1)).ok_or_else(wrong)?;
        Ok(Self { author: author.parse()?, number })
    }
}

impl From<PostId> for Name {
    fn from(PostId { author: origin, number }: PostId) -> Self {
        Self { origin, number }
    }
}

impl From<Name> for PostId {
    fn from(Name { origin: author, number }: Name) -> Self {
        Self { author, number }
    }
}

/// Where a post stands: the feed is in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    /// In the consistent feed: how many posts come before it. In the available one: its logical time, which it may share
    /// with others.
    pub rank: u64,
    /// Which post; decides between equal ranks.
    pub post: PostId,
}

/// One post.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Post {
    /// Its name.
    pub id: PostId,
    /// What it says.
    pub text: Arc<str>,
    /// The time of day on the author's phone when it was written.
    pub written: Micros,
}

/// What a person does. Digests fold the places of the variants: another one comes last.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Request {
    /// Posts.
    Post(Arc<str>),
    /// Reads the newest posts, and what is shown beside them.
    Read,
    /// Talks to another replica from now on.
    Attach(NodeId),
    /// Not a person's: an operator asks a replica for something.
    Admin(AdminCommand),
    /// Likes, deletes, or writes a status.
    Change(Change),
}

impl Request {
    /// What it asks the feed for, in a word. None for a move, and for what an operator wants.
    pub fn deed(&self) -> Option<Deed> {
        match self {
            Self::Post(_) => Some(Deed::Post),
            Self::Read => Some(Deed::Read),
            Self::Change(change) => Some(change.into()),
            Self::Attach(_) | Self::Admin(_) => None,
        }
    }

    /// Whether it writes something: its phone numbers it.
    pub fn is_write(&self) -> bool {
        matches!(self, Self::Post(_) | Self::Change(_))
    }
}

/// Shown as a script has it: `post Lunch in Lisbon?`.
impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(text) => write!(f, "post {text}"),
            Self::Read => f.write_str("read"),
            Self::Change(change) => change.fmt(f),
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
            ("like", post) => Ok(Self::Change(Change::Like(post.parse()?))),
            ("delete", post) => Ok(Self::Change(Change::Delete(post.parse()?))),
            ("status-of", rest) => {
                let (of, text) = rest.split_once(' ').unwrap_or((rest, ""));
                Ok(Self::Change(Change::Status { of: of.parse()?, text: text.into() }))
            }
            ("attach", to) => Ok(Self::Attach(to.parse()?)),
            _ => match AdminCommand::read(line) {
                Some(command) => command.map(Self::Admin),
                None => Err(format!("nobody can “{line}”")),
            },
        }
    }
}

/// What a person does, in a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Deed {
    /// Reads.
    Read,
    /// Posts.
    Post,
    /// Likes.
    Like,
    /// Writes a status.
    Status,
    /// Deletes.
    Deletion,
}

impl Deed {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Post => "post",
            Self::Like => "like",
            Self::Status => "status",
            Self::Deletion => "deletion",
        }
    }
}

impl From<&Change> for Deed {
    fn from(change: &Change) -> Self {
        match change {
            Change::Like(_) => Self::Like,
            Change::Status { .. } => Self::Status,
            Change::Delete(_) => Self::Deletion,
        }
    }
}

/// Shown as the word.
impl Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a person gets. Digests fold the places of the variants: another one comes last.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Response {
    /// The post is in the feed, at this place.
    Posted(
        #[serde(serialize_with = "without_rank")] Place,
        /// When its replica took it in, if that keeps such a clock.
        #[serde(skip)]
        Hybrid,
    ),
    /// The newest posts.
    Posts {
        /// Oldest first, at most [`READ_LENGTH`].
        posts: Arc<[Post]>,
        /// The place of the oldest of them if the answer is full: what comes before it is left out.
        #[serde(skip)]
        from: Option<Place>,
        /// What is shown beside them, once anything was ever changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        beside: Option<Arc<Beside>>,
    },
    /// Attached.
    Attached,
    /// What the operator asked for is done.
    AdminDone,
    /// The change took effect; what has been seen by that.
    Changed(Context),
}

/// Ranks came later than the first run files, and follow from the run: digests leave them out.
fn without_rank<S: Serializer>(place: &Place, serializer: S) -> Result<S::Ok, S::Error> {
    place.post.serialize(serializer)
}

impl Response {
    /// The answer to a read: these posts, of which the first has this rank, and what is shown beside them.
    pub fn newest(posts: Arc<[Post]>, rank: u64, objects: &Objects) -> Self {
        let oldest = posts.first().filter(|_| posts.len() >= READ_LENGTH);
        let from = oldest.map(|post| Place { rank, post: post.id });
        let beside = objects.beside(&posts);
        Self::Posts { posts, from, beside }
    }
}

impl From<AdminDone> for Response {
    fn from(AdminDone: AdminDone) -> Self {
        Self::AdminDone
    }
}

/// What a phone asks of a replica.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Ask {
    /// Add this post.
    Post(Post),
    /// Return the newest posts, and what is shown beside them.
    Read,
    /// Change another object.
    Change(Box<AskedChange>),
}

impl Ask {
    /// What it asks for, in a word.
    pub fn deed(&self) -> Deed {
        match self {
            Self::Post(_) => Deed::Post,
            Self::Read => Deed::Read,
            Self::Change(asked) => (&asked.change).into(),
        }
    }

    /// What it writes, if anything.
    pub fn writes(&self) -> Option<PostId> {
        match self {
            Self::Post(post) => Some(post.id),
            Self::Read => None,
            Self::Change(asked) => Some(asked.id),
        }
    }
}

/// An answer from a replica.
pub type FeedAnswer = AnswerOf<Feed>;

/// The feed as a state machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Feed {
    /// All posts, by log order.
    posts: SharedVec<Post>,
    /// What was changed beside them. Shared, as messages with snapshots hold it too.
    #[serde(skip_serializing_if = "is_new")]
    objects: Arc<Objects>,
}

/// Runs without changes are digested as before there were any.
fn is_new(objects: &Objects) -> bool {
    objects.are_new()
}

impl Feed {
    /// All posts, oldest first.
    pub fn posts(&self) -> &SharedVec<Post> {
        &self.posts
    }

    /// The other objects.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }
}

impl StateMachine for Feed {
    type Ask = Ask;
    type Response = Response;
    type Note = Infallible;
    type Duties = ();

    fn word(ask: &Ask) -> &'static str {
        ask.deed().name()
    }

    fn number(ask: &Ask) -> Option<u32> {
        match ask {
            Ask::Post(post) => Some(post.id.number),
            Ask::Change(asked) => Some(asked.id.number),
            Ask::Read => None,
        }
    }

    fn apply(&mut self, index: u64, command: &Command<Self>, tell: &mut dyn FnMut(Told<Self>)) {
        match &command.ask {
            Ask::Post(post) => self.posts.push(post.clone()),
            Ask::Change(asked) => Arc::make_mut(&mut self.objects).carry_out(index, asked),
            Ask::Read => {}
        }
        tell(Told::Answer(index, self.answer(&command.ask)));
    }

    fn answer(&self, ask: &Ask) -> Response {
        match ask {
            Ask::Post(post) => {
                let rank = self.posts.iter().rposition(|other| other.id == post.id).expect("it was added") as u64;
                Response::Posted(Place { rank, post: post.id }, Hybrid::default())
            }
            Ask::Change(_) => Response::Changed(Context::default()),
            Ask::Read => {
                let from = self.posts.len().saturating_sub(READ_LENGTH);
                Response::newest(self.posts.iter_from(from).cloned().collect(), from as u64, &self.objects)
            }
        }
    }
}

impl Replicated<Feed> {
    /// Whether that post, or whatever else was written under that name, is there.
    pub fn has(&self, post: PostId) -> bool {
        self.sessions.contains(post.author, post.number)
    }
}

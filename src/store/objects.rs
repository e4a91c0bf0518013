//! What people write beside posts: likes, status lines, deletions. Each post and each person is an object of its own.
//!
//! **Specification.** Three kinds of objects, each with operations of its own:
//!
//! - the *likes* of a post: a counter, 0 at first. `Like` adds one.
//! - the *status* of a person: a register, empty at first. `Status` writes it.
//! - the *deletion* of a post: a register, *there* at first. `Delete` writes *deleted*, for good.
//!
//! A read of the feed shows, beside its posts, the likes and the deletion of each post that it returns, and every status. Each of
//! these counts as a read of that object, within the same interval. Nothing is promised across objects. So a history is judged
//! object by object, and it is linearizable if each of them is (Herlihy & Wing 1990, §3.1: linearizability is local).
//!
//! A deleted post keeps its place in the feed: only its text goes. So the feed itself is what [`super::feed`] specifies.
//!
//! On a log each write follows all before it, and there is nothing to decide. Elsewhere a [`Policy`] decides.

use std::fmt::{self, Display};
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::conflict::{Hybrid, Note, Object, Policy, Register, Stamp, Times, Value, Version};
use super::feed::{Place, Post, PostId, Response};
use crate::known::{Known, Name};
use crate::node::{Clocks, NodeId};
use crate::sorted::SortedMap;

/// What a person changes beside posting.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Change {
    /// Likes a post.
    Like(PostId),
    /// Writes a status line: the person's own, or that of somebody who shares it.
    Status {
        /// Whose.
        of: NodeId,
        /// What it says.
        text: Arc<str>,
    },
    /// Deletes a post of one's own.
    Delete(PostId),
}

impl Change {
    /// What it writes.
    pub fn object(&self) -> Object {
        match self {
            Self::Like(post) => Object::Likes(*post),
            Self::Status { of, .. } => Object::Status(*of),
            Self::Delete(post) => Object::Deletion(*post),
        }
    }
}

/// Shown as a script has it: `like n6#2`, `status-of n6 Back at my desk`, `delete n6#2`.
impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Like(post) => write!(f, "like {post}"),
            Self::Status { of, text } => write!(f, "status-of {of} {text}"),
            Self::Delete(post) => write!(f, "delete {post}"),
        }
    }
}

/// What a person's phone has seen of all writes: what its next write follows.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Context {
    /// Which writes.
    pub writes: Known,
    /// The highest hybrid time of them.
    pub hybrid: Hybrid,
}

impl Context {
    /// Adds what another one has seen.
    pub fn join(&mut self, other: &Self) {
        self.writes.join(&other.writes);
        self.hybrid = self.hybrid.seen(other.hybrid);
    }
}

/// A change, as its phone asks for it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct AskedChange {
    /// The write's name: its phone, and how many things that phone wrote before.
    pub id: PostId,
    /// What.
    pub change: Change,
    /// What it follows.
    pub context: Context,
}

/// A change, as replicas keep it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Changed {
    /// The write's name.
    pub name: Name,
    /// What.
    pub change: Change,
    /// When its replica took it in.
    pub times: Times,
    /// What it follows.
    pub follows: Known,
    /// Of a like: how many its replica counted, with this one.
    pub counted: u32,
}

/// A write, as replicas without a log keep it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Written {
    /// A post, and when its replica took it in.
    Post(Post, Times),
    /// A change of another object.
    Change(Box<Changed>),
}

impl Written {
    /// The post, if it is one.
    pub fn post(&self) -> Option<&Post> {
        match self {
            Self::Post(post, _) => Some(post),
            Self::Change(_) => None,
        }
    }

    /// The write's name.
    pub fn name(&self) -> Name {
        match self {
            Self::Post(post, _) => post.id.into(),
            Self::Change(changed) => changed.name,
        }
    }

    /// When its replica took it in.
    pub fn times(&self) -> Times {
        match self {
            Self::Post(_, times) => *times,
            Self::Change(changed) => changed.times,
        }
    }

    /// What its client is told once it is confirmed at this place in the store's order.
    pub fn confirmed(&self, rank: u64) -> Response {
        match self {
            Self::Post(post, times) => Response::Posted(Place { rank, post: post.id }, times.hybrid),
            Self::Change(changed) => {
                let mut writes = changed.follows.clone();
                writes.insert(changed.name);
                Response::Changed(Context { writes, hybrid: changed.times.hybrid })
            }
        }
    }
}

/// Posts came first: run files digest nothing else of them.
impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Post(post, _) => post.serialize(serializer),
            Self::Change(changed) => {
                let Changed { name, change, times, follows, counted } = &**changed;
                let mut fields = serializer.serialize_struct("Changed", 5)?;
                fields.serialize_field("name", name)?;
                fields.serialize_field("change", change)?;
                fields.serialize_field("times", times)?;
                fields.serialize_field("follows", follows)?;
                fields.serialize_field("counted", counted)?;
                fields.end()
            }
        }
    }
}

/// What an answer shows of the objects: only what is no longer as at first.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Values {
    /// By person: the status, or the siblings.
    pub statuses: Vec<(NodeId, Vec<Arc<str>>)>,
    /// By post: how many like it, or the siblings.
    pub likes: Vec<(PostId, Vec<u32>)>,
    /// The deleted posts.
    pub deleted: Vec<PostId>,
}

impl Values {
    /// A person's status, or the siblings.
    pub fn status(&self, of: NodeId) -> &[Arc<str>] {
        self.statuses.iter().find(|(person, _)| *person == of).map_or(&[], |(_, values)| values)
    }

    /// Whether there are several values of anything.
    pub fn has_siblings(&self) -> bool {
        self.statuses.iter().any(|(_, values)| values.len() > 1)
            || self.likes.iter().any(|(_, counts)| counts.len() > 1)
    }

    /// How many like a post, or the siblings.
    pub fn likes(&self, post: PostId) -> &[u32] {
        self.likes.iter().find(|(liked, _)| *liked == post).map_or(&[], |(_, counts)| counts)
    }
}

/// What a read shows beside the posts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub struct Beside {
    /// The objects.
    pub values: Values,
    /// What they come from: what the reader's next write follows.
    pub context: Context,
}

/// The likes of a post.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
enum Likes {
    /// So many, each by itself.
    Each(u32),
    /// The number that was written last, or the siblings.
    Written(Register),
}

/// A deletion, and the post's own stamp where it is known.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
struct Deletion {
    latest: Version,
    born: Option<(Name, Stamp)>,
}

/// A write, and its place in the store's own order.
pub type Placed<'a> = (u64, &'a Written);

/// All objects, as a set of writes makes them by a policy.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Objects {
    policy: Policy,
    statuses: SortedMap<NodeId, Register>,
    likes: SortedMap<PostId, Likes>,
    deletions: SortedMap<PostId, Deletion>,
    /// Without a log: the writes that they were made of, posts too.
    taken: Known,
    /// Those, and all that they follow: a set that is closed under *follows*.
    seen: Known,
    /// How many of those taken in are changes.
    changes: u32,
    /// The highest hybrid time of them.
    hybrid: Hybrid,
}

/// Those of a log.
impl Default for Objects {
    fn default() -> Self {
        Self::new(Policy::ByPlace)
    }
}

impl Objects {
    /// As they are at first.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            statuses: SortedMap::new(),
            likes: SortedMap::new(),
            deletions: SortedMap::new(),
            taken: Known::default(),
            seen: Known::default(),
            changes: 0,
            hybrid: Hybrid::default(),
        }
    }

    /// What these writes make of them, posts among them.
    pub fn of<'a>(policy: Policy, writes: &(impl Iterator<Item = Placed<'a>> + Clone)) -> Self {
        let mut objects = Self::new(policy);
        writes.clone().for_each(|write| objects.take_in(write, &mut writes.clone(), &mut |_| {}));
        objects
    }

    /// What decides where writes conflict.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Whether nothing was ever changed.
    pub fn are_new(&self) -> bool {
        self.statuses.is_empty() && self.likes.is_empty() && self.deletions.is_empty()
    }

    /// Takes in a write; a second copy of one changes nothing. A deletion looks for its post among `others`.
    pub fn take_in<'a>(
        &mut self,
        (rank, write): Placed<'_>,
        mut others: &mut dyn Iterator<Item = Placed<'a>>,
        tell: &mut dyn FnMut(Note),
    ) {
        let (name, stamp) = (write.name(), Stamp { rank, times: write.times() });
        if !self.taken.insert(name) {
            return;
        }
        self.seen.insert(name);
        self.hybrid = self.hybrid.seen(stamp.times.hybrid);
        match write {
            Written::Post(post, _) => {
                if let Some(deletion) = self.deletions.get_mut(&post.id) {
                    deletion.born = Some((name, stamp));
                    self.settle(post.id, tell);
                }
            }
            Written::Change(changed) => {
                self.changes += 1;
                self.seen.join(&changed.follows);
                if let Change::Delete(post) = changed.change {
                    let born =
                        Iterator::find(&mut others, |(_, other)| other.post().is_some_and(|other| other.id == post));
                    let born = born.map(|(rank, born)| (born.name(), Stamp { rank, times: born.times() }));
                    self.delete(post, changed.version(rank, Value::Deleted), born, tell);
                } else {
                    self.change(changed, rank, tell);
                }
            }
        }
    }

    /// Carries out a change that follows all before it: the entry of a log at this index.
    pub fn carry_out(&mut self, index: u64, AskedChange { id, change, .. }: &AskedChange) {
        let (times, follows) = (Times::default(), Known::default());
        let changed = Changed { name: (*id).into(), change: change.clone(), times, follows, counted: 0 };
        match change {
            Change::Delete(post) => self.delete(*post, changed.version(index, Value::Deleted), None, &mut |_| {}),
            Change::Like(_) | Change::Status { .. } => self.change(&changed, index, &mut |_| {}),
        }
    }

    /// Without a log: how many changes were taken in.
    pub fn changes(&self) -> u32 {
        self.changes
    }

    /// Without a log: whether this write was taken in.
    pub fn has(&self, write: Name) -> bool {
        self.taken.contains(write)
    }

    fn change(&mut self, changed: &Changed, rank: u64, tell: &mut dyn FnMut(Note)) {
        let (object, policy) = (changed.change.object(), self.policy);
        match &changed.change {
            Change::Status { of, text } => {
                self.statuses.or_default(*of).write(
                    object,
                    changed.version(rank, Value::Text(text.clone())),
                    policy,
                    tell,
                );
            }
            Change::Like(post) => {
                let usual = if policy.counts_each() { Likes::Each(0) } else { Likes::Written(Register::default()) };
                if !self.likes.contains_key(post) {
                    self.likes.insert(*post, usual);
                }
                match self.likes.get_mut(post).expect("just made") {
                    Likes::Each(count) => *count += 1,
                    Likes::Written(register) => {
                        register.write(object, changed.version(rank, Value::Count(changed.counted)), policy, tell);
                    }
                }
            }
            Change::Delete(_) => unreachable!("the caller's"),
        }
    }

    fn delete(&mut self, post: PostId, version: Version, born: Option<(Name, Stamp)>, tell: &mut dyn FnMut(Note)) {
        match self.deletions.get_mut(&post) {
            // All deletions say the same: the one that is hardest to beat stands for them.
            Some(deletion) => {
                let Version { name, stamp, .. } = &deletion.latest;
                if version.stamp.beats(version.name, stamp, *name, self.policy) {
                    deletion.latest = version;
                }
            }
            None => _ = self.deletions.insert(post, Deletion { latest: version, born }),
        }
        self.settle(post, tell);
    }

    /// Tells if a post outlives its deletion.
    fn settle(&self, post: PostId, tell: &mut dyn FnMut(Note)) {
        let Deletion { latest, born } = &self.deletions[&post];
        if let Some((winner, won)) = born.filter(|_| !self.is_deleted(post)) {
            let (loser, lost, policy) = (latest.name, latest.stamp, self.policy);
            tell(Note::Overwrites { object: Object::Deletion(post), loser, lost, winner, won, policy, newer: true });
        }
    }

    /// Whether a post is deleted. It follows its post, so that only a time can say otherwise.
    pub fn is_deleted(&self, post: PostId) -> bool {
        self.deletions.get(&post).is_some_and(|Deletion { latest, born }| {
            let is_beaten = |(name, stamp): (Name, Stamp)| stamp.beats(name, &latest.stamp, latest.name, self.policy);
            !self.policy.is_by_time() || !born.is_some_and(is_beaten)
        })
    }

    /// How many like a post, or the siblings; none if nobody ever did.
    pub fn likes(&self, post: PostId) -> Vec<u32> {
        match self.likes.get(&post) {
            None => Vec::new(),
            Some(Likes::Each(count)) => vec![*count],
            Some(Likes::Written(register)) => {
                let count =
                    |version: &Version| if let Value::Count(count) = version.value { Some(count) } else { None };
                register.versions().iter().filter_map(count).collect()
            }
        }
    }

    /// A person's status, or the siblings; none if there never was one.
    pub fn status(&self, of: NodeId) -> Vec<Arc<str>> {
        let versions = self.statuses.get(&of).map_or(&[][..], Register::versions);
        let text =
            |version: &Version| if let Value::Text(text) = &version.value { Some(Arc::clone(text)) } else { None };
        versions.iter().filter_map(text).collect()
    }

    /// What can be seen of one object, as text.
    pub fn show(&self, object: Object) -> String {
        match object {
            Object::Status(of) => match &self.status(of)[..] {
                [] => "none".to_owned(),
                values => values.iter().map(|text| format!("“{text}”")).collect::<Vec<_>>().join(" | "),
            },
            Object::Likes(post) => match &self.likes(post)[..] {
                [] => "0".to_owned(),
                counts => counts.iter().map(u32::to_string).collect::<Vec<_>>().join(" | "),
            },
            Object::Deletion(post) => if self.is_deleted(post) { "deleted" } else { "there" }.to_owned(),
        }
    }

    /// Whether something that can be seen of this object follows that write: then its writer has seen it.
    pub fn has_successor(&self, object: Object, write: Name) -> bool {
        match object {
            Object::Status(of) => {
                let register = self.statuses.get(&of);
                register.is_some_and(|register| register.versions().iter().any(|one| one.follows.contains(write)))
            }
            Object::Likes(post) => match self.likes.get(&post) {
                Some(Likes::Written(register)) => register.versions().iter().any(|one| one.follows.contains(write)),
                Some(Likes::Each(_)) | None => false,
            },
            Object::Deletion(_) => false,
        }
    }

    /// What can be seen of them where these posts are shown.
    pub fn values(&self, posts: &[PostId]) -> Values {
        let liked = posts.iter().map(|post| (*post, self.likes(*post))).filter(|(_, counts)| !counts.is_empty());
        Values {
            statuses: self.statuses.keys().map(|of| (*of, self.status(*of))).collect(),
            likes: liked.collect(),
            deleted: posts.iter().copied().filter(|post| self.is_deleted(*post)).collect(),
        }
    }

    /// What a write that is taken in now follows.
    pub fn context(&self) -> Context {
        Context { writes: self.seen.clone(), hybrid: self.hybrid }
    }

    /// What a read shows beside these posts; nothing if nothing was ever changed.
    pub fn beside(&self, posts: &[Post]) -> Option<Arc<Beside>> {
        let ids = || posts.iter().map(|post| post.id).collect::<Vec<_>>();
        (!self.are_new()).then(|| Arc::new(Beside { values: self.values(&ids()), context: self.context() }))
    }

    /// A change as this replica takes it in, by its clocks.
    pub fn stamped(&self, asked: &AskedChange, at: Clocks) -> Changed {
        let mut follows = asked.context.writes.clone();
        let mut counted = 0;
        match asked.change {
            // The replica looks up for the person how many there are.
            Change::Like(post) => {
                follows.join(&self.seen);
                counted = self.likes(post).into_iter().max().unwrap_or(0) + 1;
            }
            Change::Delete(post) => _ = follows.insert(post.into()),
            Change::Status { .. } => {}
        }
        let hybrid = self.hybrid.seen(asked.context.hybrid).next(at.wall);
        let times = Times { wall: at.wall, hybrid };
        Changed { name: asked.id.into(), change: asked.change.clone(), times, follows, counted }
    }

    /// When a post is taken in, by the same clocks.
    pub fn times(&self, at: Clocks) -> Times {
        Times { wall: at.wall, hybrid: self.hybrid.next(at.wall) }
    }
}

impl Changed {
    fn version(&self, rank: u64, value: Value) -> Version {
        Version { name: self.name, stamp: Stamp { rank, times: self.times }, follows: self.follows.clone(), value }
    }
}

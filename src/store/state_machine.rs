//! The consistent feed as a state machine: what the log carries, and what carrying it out leads to.

use std::sync::Arc;

use super::feed::{Ask, Numbers, Place, Post, PostId, READ_LENGTH, Response};
use crate::node::{self, NodeId};
use crate::shared_vec::SharedVec;
use crate::sorted::SortedMap;

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

/// The state machine: what carrying out the log leads to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FeedState {
    /// All posts, by log order.
    posts: SharedVec<Post>,
    /// By author, which of its posts took effect: a client's session (T §6.3). A set instead of the last one's number, because
    /// a phone goes on after giving something up.
    known: SortedMap<NodeId, Numbers>,
}

impl FeedState {
    /// All posts, oldest first.
    pub fn posts(&self) -> &SharedVec<Post> {
        &self.posts
    }

    /// Whether that post is there.
    pub fn has(&self, post: PostId) -> bool {
        self.known.get(&post.author).is_some_and(|numbers| numbers.contains(post.number))
    }

    /// By phone: how many of its posts took effect.
    pub fn sessions(&self) -> impl Iterator<Item = (NodeId, u32)> {
        self.known.iter().map(|(phone, numbers)| (*phone, numbers.len()))
    }

    /// Adds a post, and tells its place; false if it was there. A second copy is added only where nobody remembers the first.
    pub(super) fn add(&mut self, post: &Post, sessions: bool) -> (Place, bool) {
        let fresh = self.known.or_default(post.id.author).insert(post.id.number);
        if fresh || !sessions {
            self.posts.push(post.clone());
        }
        let rank = self.posts.iter().rposition(|other| other.id == post.id).expect("it is there") as u64;
        (Place { rank, post: post.id }, fresh)
    }

    /// The newest posts, as a read returns them.
    pub(super) fn newest(&self) -> Response {
        let from = self.posts.len().saturating_sub(READ_LENGTH);
        let posts: Arc<[Post]> = self.posts.iter_from(from).cloned().collect();
        Response::newest(posts, from as u64)
    }
}

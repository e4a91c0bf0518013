//! The feed, as [`crate::store::feed`] specifies it.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::{Sight, Spec};
use crate::store::feed::{PostId, READ_LENGTH};

/// What is done to a feed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum FeedAction {
    /// Adds this post at the end.
    Post(PostId),
    /// Returned these, oldest first.
    Read(Arc<[PostId]>),
}

/// A post's name for people: its author, and which of the author's posts it is, counted from 1.
pub fn name(post: PostId) -> String {
    format!("post {} of {}", post.number + 1, post.author)
}

impl Display for FeedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(id) => f.write_str(&name(*id)),
            Self::Read(posts) => write!(f, "read of {} posts", posts.len()),
        }
    }
}

/// A sequence of posts, of which a read returns the newest [`READ_LENGTH`].
#[derive(Clone, Default, Debug)]
pub struct Feed {
    /// The newest posts before the first action, oldest first; [`READ_LENGTH`] at most.
    pub initial: Arc<[PostId]>,
}

impl Spec for Feed {
    /// The newest posts, oldest first: what came before them is never read again.
    type State = Arc<[PostId]>;
    type Action = FeedAction;

    fn initial(&self) -> Self::State {
        Arc::clone(&self.initial)
    }

    fn step(&self, state: &Self::State, action: &FeedAction) -> Option<Self::State> {
        match action {
            FeedAction::Post(id) => {
                let crowded_out = (state.len() + 1).saturating_sub(READ_LENGTH);
                Some(state[crowded_out..].iter().chain([id]).copied().collect())
            }
            FeedAction::Read(posts) => (posts == state).then(|| state.clone()),
        }
    }

    fn is_read(&self, action: &FeedAction) -> bool {
        matches!(action, FeedAction::Read(_))
    }

    fn sight(&self, reader: &FeedAction, writer: &FeedAction) -> Sight {
        match (reader, writer) {
            (FeedAction::Read(posts), FeedAction::Post(id)) if posts.contains(id) => Sight::Value,
            _ => Sight::Nothing,
        }
    }

    const LOOKS_AHEAD: bool = true;

    fn leads_to(&self, state: &Self::State, read: &FeedAction) -> bool {
        let FeedAction::Read(posts) = read else { return true };
        if posts.len() < READ_LENGTH {
            return posts.starts_with(state);
        }
        // What is there already can't be posted again: it is the beginning of the answer, or no part of it.
        match state.iter().position(|post| *post == posts[0]) {
            Some(start) => posts.starts_with(&state[start..]),
            None => !state.iter().any(|post| posts.contains(post)),
        }
    }

    fn weight(&self, state: &Self::State) -> usize {
        size_of_val(&**state)
    }

    fn show(&self, state: &Self::State) -> String {
        match state.last() {
            Some(latest) => format!("the newest post is {}", name(*latest)),
            None => "the feed is empty".to_owned(),
        }
    }
}

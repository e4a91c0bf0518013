//! The feed, as [`crate::store::feed`] specifies it.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::{Sight, Spec};
use crate::sorted::SortedMap;
use crate::store::feed::{Place, PostId, READ_LENGTH};

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
    /// The newest posts before the first action; at the end of each is where the next goes: oldest first, [`READ_LENGTH`] at most.
    pub initial: Arc<[PostId]>,
    /// Where a post goes.
    pub order: Order,
}

/// Where a post goes.
#[derive(Clone, Default, Debug)]
pub enum Order {
    /// To the end. Who stands first is decided once and for all: that takes consensus (Herlihy 1991).
    #[default]
    AtTheEnd,
    /// To a place of its own, also before posts that were read already. Of these posts the rank is known: of those that were
    /// answered, and of the oldest one that a full read returned.
    ByPlace(Arc<SortedMap<PostId, u64>>),
}

impl Order {
    /// What of these posts comes first, if that is known.
    fn place(&self, post: PostId) -> Option<Place> {
        match self {
            Self::AtTheEnd => None,
            Self::ByPlace(ranks) => ranks.get(&post).map(|rank| Place { rank: *rank, post }),
        }
    }

    /// Whether a read that returned these may leave out a post that is there: it is full of later ones. What has no known place may
    /// come before them.
    fn may_leave_out(&self, post: PostId, read: &[PostId]) -> bool {
        read.len() >= READ_LENGTH && self.place(post).is_none_or(|place| self.place(read[0]) > Some(place))
    }

    /// Whether posts stand as their known places have it.
    fn ascends(&self, read: &[PostId]) -> bool {
        let mut places = read.iter().filter_map(|post| self.place(*post));
        let mut last = places.next();
        places.all(|place| last.replace(place) < Some(place))
    }
}

impl Spec for Feed {
    /// What can still be read. At the end: the newest posts, oldest first. By place: what the last read returned and what was posted
    /// since, by name, as a read that left something out is followed by none that has it.
    type State = Arc<[PostId]>;
    type Action = FeedAction;

    fn initial(&self) -> Self::State {
        match self.order {
            Order::AtTheEnd => Arc::clone(&self.initial),
            Order::ByPlace(_) => by_name(self.initial.iter().copied()),
        }
    }

    fn step(&self, state: &Self::State, action: &FeedAction) -> Option<Self::State> {
        match (action, &self.order) {
            (FeedAction::Post(id), Order::AtTheEnd) => {
                let crowded_out = (state.len() + 1).saturating_sub(READ_LENGTH);
                Some(state[crowded_out..].iter().chain([id]).copied().collect())
            }
            (FeedAction::Read(posts), Order::AtTheEnd) => (posts == state).then(|| state.clone()),
            (FeedAction::Post(id), Order::ByPlace(_)) => Some(by_name(state.iter().chain([id]).copied())),
            (FeedAction::Read(posts), Order::ByPlace(_)) => {
                let is_there = posts.iter().all(|post| state.binary_search(post).is_ok());
                let fits = is_there && self.order.ascends(posts) && self.leads_to(state, action);
                fits.then(|| by_name(posts.iter().copied()))
            }
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
        if let Order::ByPlace(_) = self.order {
            return state.iter().all(|post| posts.contains(post) || self.order.may_leave_out(*post, posts));
        }
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

/// These posts, by name: equal sets are equal states.
fn by_name(posts: impl Iterator<Item = PostId>) -> Arc<[PostId]> {
    let mut posts: Vec<PostId> = posts.collect();
    posts.sort_unstable();
    posts.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeId;

    fn post(number: u32) -> PostId {
        PostId { author: NodeId(9), number }
    }

    fn after(feed: &Feed, actions: &[FeedAction]) -> bool {
        let step = |state: Option<_>, action| feed.step(&state?, action);
        actions.iter().fold(Some(feed.initial()), step).is_some()
    }

    fn read(numbers: impl IntoIterator<Item = u32>) -> FeedAction {
        FeedAction::Read(numbers.into_iter().map(post).collect())
    }

    #[test]
    fn a_post_may_come_in_before_one_that_was_read_only_if_the_feed_is_ordered_by_place() {
        let ranks = [(post(0), 2), (post(1), 1)].into_iter().collect();
        let by_place = Feed { order: Order::ByPlace(Arc::new(ranks)), ..Feed::default() };
        let late = [FeedAction::Post(post(0)), read([0]), FeedAction::Post(post(1)), read([1, 0])];
        assert!(after(&by_place, &late));
        assert!(!after(&Feed::default(), &late), "it goes to the end");
        for wrong in [read([0, 1]), read([1]), read([0])] {
            let actions = [FeedAction::Post(post(0)), FeedAction::Post(post(1)), wrong.clone()];
            assert!(!after(&by_place, &actions), "{wrong}");
        }
        assert!(!after(&by_place, &[read([0])]), "nobody posted it");
    }

    #[test]
    fn a_full_read_leaves_out_what_comes_before_its_oldest_post() {
        let all = READ_LENGTH as u32 + 1;
        let ranks = (0..all).map(|number| (post(number), u64::from(number))).collect();
        let feed = Feed { order: Order::ByPlace(Arc::new(ranks)), ..Feed::default() };
        let posts: Vec<FeedAction> = (0..all).map(|number| FeedAction::Post(post(number))).collect();
        let then = |reads: &[FeedAction]| after(&feed, &[&posts[..], reads].concat());
        assert!(then(&[read(1..all), read(1..all)]));
        assert!(!then(&[read(0..all - 1)]), "the newest is missing");
        assert!(!then(&[read(2..all)]), "there is room for one more");
        assert!(!then(&[read(1..all), read(0..all - 1)]), "what was left out never comes back");
    }
}

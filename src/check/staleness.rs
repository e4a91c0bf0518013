//! Stale reads of the feed.
//!
//! A read is stale if a post was confirmed before the read began and the read should have contained it but does not. It
//! should contain it unless [`READ_LENGTH`] newer posts crowd it out: a full answer may leave out a post if every post in
//! it may come later in the feed, that is, if none of them was confirmed before the missing one was even begun. Every read
//! reported here breaks linearizability (Herlihy & Wing 1990); not every break is a stale read.

use crate::sorted::SortedMap;

use crate::node::{Micros, NodeId, RequestId};
use crate::shared_vec::SharedVec;
use crate::store::feed::{Post, PostId, READ_LENGTH};

/// A post that its author's phone knows to be in the feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Confirmed {
    post: PostId,
    invoked: Micros,
    at: Micros,
}

impl Confirmed {
    /// Whether a read that began at `invoked` should show it, if its answer excuses what was confirmed by then.
    fn is_due(&self, invoked: Micros, excused_until: Option<Micros>) -> bool {
        self.at < invoked && excused_until.is_none_or(|earliest| earliest < self.invoked)
    }
}

/// A read that missed confirmed posts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StaleRead {
    /// The read.
    pub read: RequestId,
    /// How many posts it missed; at least 1.
    pub missed: u32,
    /// The one that had been confirmed for the longest.
    pub oldest: PostId,
    /// For how long that one had been confirmed when the read began.
    pub behind: Micros,
}

/// Judges reads as they return. Operations must be reported in the order of their returns.
#[derive(Clone, Debug, Default)]
pub struct StalenessJudge {
    /// By the time of confirmation.
    confirmed: SharedVec<Confirmed>,
    /// By author and number: when that post was confirmed, if it was.
    times: SortedMap<NodeId, SharedVec<Option<Micros>>>,
    stale: SharedVec<StaleRead>,
}

impl StalenessJudge {
    /// A post was confirmed at `at`.
    pub fn on_posted(&mut self, post: PostId, invoked: Micros, at: Micros) {
        assert!(self.confirmed.last().is_none_or(|last| last.at <= at), "returns come in order");
        self.confirmed.push(Confirmed { post, invoked, at });
        let times = self.times.or_default(post.author);
        while times.len() <= post.number as usize {
            times.push(None);
        }
        *times.get_mut(post.number as usize).expect("just made room") = Some(at);
    }

    /// A read that was invoked at `invoked` returned these posts.
    pub fn on_read(&mut self, read: RequestId, invoked: Micros, posts: &[Post]) -> Option<StaleRead> {
        let posts: Vec<PostId> = posts.iter().map(|post| post.id).collect();
        let excused_until = self.excused_until(&posts);
        let mut missed: Option<StaleRead> = None;
        for confirmed in self.confirmed.iter().rev() {
            if excused_until.is_some_and(|earliest| confirmed.at <= earliest) {
                break;
            }
            if confirmed.is_due(invoked, excused_until) && !posts.contains(&confirmed.post) {
                let behind = invoked.since(confirmed.at);
                let before = missed.map_or(0, |stale| stale.missed);
                missed = Some(StaleRead { read, missed: before + 1, oldest: confirmed.post, behind });
            }
        }
        if let Some(stale) = missed {
            self.stale.push(stale);
        }
        missed
    }

    /// A missing post is excused if it was confirmed no later than this: it may come before all that a full answer holds.
    fn excused_until(&self, posts: &[PostId]) -> Option<Micros> {
        let earliest = || posts.iter().filter_map(|post| self.confirmed_at(*post)).min();
        (posts.len() >= READ_LENGTH).then(|| earliest().unwrap_or(Micros(u64::MAX)))
    }

    /// Of each post that was confirmed less than `longest` before a read began at `invoked`, and of which its answer tells
    /// something: how long before, and whether it is missing. The latest come first.
    pub fn seen(&self, invoked: Micros, posts: &[PostId], longest: Micros) -> impl Iterator<Item = (Micros, bool)> {
        let excused_until = self.excused_until(posts);
        let before = self.confirmed.iter().rev().skip_while(move |confirmed| confirmed.at >= invoked);
        let recent = before.take_while(move |confirmed| invoked.since(confirmed.at) < longest);
        recent.filter_map(move |confirmed| {
            let is_there = posts.contains(&confirmed.post);
            let tells = is_there || confirmed.is_due(invoked, excused_until);
            tells.then(|| (invoked.since(confirmed.at), !is_there))
        })
    }

    fn confirmed_at(&self, post: PostId) -> Option<Micros> {
        *self.times.get(&post.author)?.get(post.number as usize)?
    }

    /// All stale reads, by return.
    pub fn stale(&self) -> &SharedVec<StaleRead> {
        &self.stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(number: u32) -> Post {
        Post { id: PostId { author: NodeId(9), number }, text: "".into(), written: Micros::ZERO }
    }

    /// Posts 0..n, each invoked at 10 * i and confirmed at 10 * i + 5.
    fn confirmed(count: u32) -> StalenessJudge {
        let mut staleness = StalenessJudge::default();
        for number in 0..count {
            let invoked = Micros(10 * u64::from(number));
            staleness.on_posted(post(number).id, invoked, invoked + Micros(5));
        }
        staleness
    }

    fn read(staleness: &mut StalenessJudge, at: u64, posts: impl IntoIterator<Item = u32>) -> Option<StaleRead> {
        let posts: Vec<Post> = posts.into_iter().map(post).collect();
        staleness.on_read(RequestId(0), Micros(at), &posts)
    }

    #[test]
    fn a_read_misses_what_was_confirmed_before_it_began() {
        let missed = read(&mut confirmed(3), 100, [0]).expect("posts 1 and 2 are missing");
        assert_eq!((missed.missed, missed.oldest.number, missed.behind), (2, 1, Micros(85)));
        assert_eq!(read(&mut confirmed(3), 100, [0, 1, 2]), None);
    }

    #[test]
    fn what_was_confirmed_during_the_read_may_be_missing() {
        assert_eq!(read(&mut confirmed(3), 20, [0, 1]), None, "post 2 was confirmed at 25");
        assert_eq!(read(&mut confirmed(3), 25, [0, 1]), None, "at the same moment: neither came first");
        assert!(read(&mut confirmed(3), 26, [0, 1]).is_some());
    }

    #[test]
    fn a_full_answer_may_leave_out_what_is_older_than_all_of_it() {
        let newest = 30 - READ_LENGTH as u32;
        assert_eq!(read(&mut confirmed(30), 1_000, newest..30), None);
        let missed = read(&mut confirmed(30), 1_000, newest - 1..29).expect("post 29 is missing");
        assert_eq!((missed.missed, missed.oldest.number), (1, 29));
    }

    #[test]
    fn a_full_answer_that_is_long_out_of_date_misses_all_that_came_since() {
        let missed = read(&mut confirmed(5_000), 100_000, 0..READ_LENGTH as u32).expect("all newer ones are missing");
        assert_eq!(missed.missed, 5_000 - READ_LENGTH as u32);
        assert_eq!(missed.oldest.number, READ_LENGTH as u32);
    }

    #[test]
    fn an_unconfirmed_post_proves_nothing_about_the_order() {
        let mut staleness = confirmed(1);
        let unconfirmed = 100..100 + READ_LENGTH as u32;
        assert_eq!(read(&mut staleness, 50, unconfirmed), None, "all twenty may come after post 0");
    }
}

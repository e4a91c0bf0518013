//! Stale reads of the feed, as [`crate::store::feed`] specifies them.
//!
//! A read is stale if a post was confirmed before the read began, and belongs into its answer, but is missing there. A full
//! answer may lack what comes before its oldest post in the feed's order; any other answer may lack nothing.
//!
//! In the consistent feed a stale read breaks linearizability (Herlihy & Wing 1990). In the available one the order of the
//! feed is not that of real time, so neither follows from the other.

use super::feed::Shown;
use crate::node::{Micros, RequestId};
use crate::shared_vec::SharedVec;
use crate::store::feed::{Place, PostId};

/// A post that its author's phone knows to be in the feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Confirmed {
    place: Place,
    at: Micros,
    /// The highest place of all that were confirmed until now, so that a search for later posts knows where to stop.
    highest: Place,
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
    stale: SharedVec<StaleRead>,
}

impl StalenessJudge {
    /// A post was confirmed at `at`.
    pub fn on_posted(&mut self, place: Place, at: Micros) {
        let last = self.confirmed.last();
        assert!(last.is_none_or(|last| last.at <= at), "returns come in order");
        let highest = last.map_or(place, |last| last.highest.max(place));
        self.confirmed.push(Confirmed { place, at, highest });
    }

    /// A read that was invoked at `invoked` returned this.
    pub fn on_read(&mut self, read: RequestId, invoked: Micros, shown: &Shown) -> Option<StaleRead> {
        let mut missed: Option<StaleRead> = None;
        for Confirmed { place, at, highest } in self.confirmed.iter().rev() {
            if shown.from.is_some_and(|from| *highest < from) {
                break;
            }
            if *at < invoked && shown.misses(*place) {
                let before = missed.map_or(0, |stale| stale.missed);
                missed = Some(StaleRead { read, missed: before + 1, oldest: place.post, behind: invoked.since(*at) });
            }
        }
        if let Some(stale) = missed {
            self.stale.push(stale);
        }
        missed
    }

    /// Of each post that was confirmed less than `longest` before a read began at `invoked`, and of which its answer tells
    /// something: how long before, and whether it is missing. The latest come first.
    pub fn seen(&self, invoked: Micros, shown: &Shown, longest: Micros) -> impl Iterator<Item = (Micros, bool)> {
        let before = self.confirmed.iter().rev().skip_while(move |confirmed| confirmed.at >= invoked);
        let recent = before.take_while(move |confirmed| invoked.since(confirmed.at) < longest);
        recent.filter_map(move |Confirmed { place, at, .. }| {
            let (is_there, is_missing) = (shown.posts.contains(&place.post), shown.misses(*place));
            (is_there || is_missing).then(|| (invoked.since(*at), is_missing))
        })
    }

    /// The posts that were confirmed, and when; the latest come first.
    pub fn confirmed(&self) -> impl Iterator<Item = (PostId, Micros)> {
        self.confirmed.iter().rev().map(|confirmed| (confirmed.place.post, confirmed.at))
    }

    /// All stale reads, by return.
    pub fn stale(&self) -> &SharedVec<StaleRead> {
        &self.stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeId;
    use crate::store::feed::READ_LENGTH;

    fn place(number: u32) -> Place {
        Place { rank: number.into(), post: PostId { author: NodeId(9), number } }
    }

    /// Posts 0..n in this order, confirmed at 10 * i + 5.
    fn confirmed(count: u32) -> StalenessJudge {
        let mut staleness = StalenessJudge::default();
        for number in 0..count {
            staleness.on_posted(place(number), Micros(10 * u64::from(number) + 5));
        }
        staleness
    }

    fn shown(posts: impl IntoIterator<Item = u32>) -> Shown {
        let posts: Vec<Place> = posts.into_iter().map(place).collect();
        let from = posts.first().filter(|_| posts.len() >= READ_LENGTH).copied();
        Shown { posts: posts.iter().map(|place| place.post).collect(), from, values: None }
    }

    fn read(staleness: &mut StalenessJudge, at: u64, posts: impl IntoIterator<Item = u32>) -> Option<StaleRead> {
        staleness.on_read(RequestId(0), Micros(at), &shown(posts))
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
    fn a_full_answer_may_leave_out_what_comes_before_all_of_it() {
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

    /// What a partition's quieter side posts is confirmed late and stands early.
    #[test]
    fn a_late_post_with_an_early_place_is_crowded_out() {
        let mut staleness = confirmed(30);
        let late = Place { rank: 4, post: PostId { author: NodeId(8), number: 0 } };
        staleness.on_posted(late, Micros(500));
        let newest = 30 - READ_LENGTH as u32;
        assert_eq!(read(&mut staleness, 1_000, newest..30), None, "twenty posts come after it");
        let missed = read(&mut staleness, 1_000, 0..30 - newest).expect("it stands before the post of rank 5");
        assert_eq!(
            (missed.missed, missed.oldest.author),
            (11, NodeId(9)),
            "and ten more at the end: the first of them is older"
        );
    }

    #[test]
    fn an_answer_that_is_not_full_leaves_nothing_out() {
        let mut staleness = StalenessJudge::default();
        staleness.on_posted(place(0), Micros(5));
        let others: Vec<u32> = (1..READ_LENGTH as u32).collect();
        assert!(read(&mut staleness, 50, others.clone()).is_some(), "there is room for one more");
        assert_eq!(read(&mut staleness, 50, others.into_iter().chain([READ_LENGTH as u32])), None);
    }
}

//! The latest linearization of one world, and how much of it a check of what happened since can build on.
//!
//! A check of a longer history need not start over. Let *L* be a linearization of the history as of a moment *g*, and *P* any
//! first part of it. If what is not in *P* as of a later moment has a linearization *Q* that starts in the state to which *P*
//! leads, then *P* and *Q* together are a linearization of the whole: the results are explained step by step, and the order of
//! time is kept, for whatever is not in *P* returned after all of *P* had begun. If it is in *L*, because *L* kept that order;
//! if not, because it returned after *g*, or not at all. Two things happen to operations later that could spoil *P*: one of
//! unknown fate may turn out not to have happened, so *P* ends before the first of these ([`Linearization::kept`]); and a
//! future may be left for another one, in which a read has no answer yet: it leaves *L*, and no state changes.
//!
//! The converse does not hold: that there is no *Q* may be *P*'s fault, which placed what no read had told apart. So this
//! never says no. The shorter *P* is, the less it presumes, and an empty one presumes nothing.

use std::sync::Arc;

use super::record::Record;
use crate::check::spec::feed::FeedAction;
use crate::node::{Micros, RequestId};
use crate::store::feed::{PostId, READ_LENGTH};

/// Of what has no place in the order.
const NOWHERE: u32 = u32::MAX;

/// An order of operations, each with a moment at which it may have taken effect. The moments ascend.
#[derive(Default)]
pub(super) struct Linearization {
    order: Vec<(u32, Micros)>,
    /// By operation: its position in the order.
    positions: Vec<u32>,
    /// As far as nothing in it was refused.
    intact: usize,
    /// From where on the page does not know it.
    untold: Option<usize>,
}

impl Linearization {
    fn position(&self, place: u32) -> Option<usize> {
        self.positions.get(place as usize).filter(|&&position| position != NOWHERE).map(|&position| position as usize)
    }

    /// An operation turned out not to have happened.
    pub(super) fn refuse(&mut self, place: u32) {
        self.intact = self.position(place).map_or(self.intact, |position| self.intact.min(position));
    }

    /// Whether nothing in it was refused.
    pub(super) fn is_intact(&self) -> bool {
        self.intact == self.order.len()
    }

    /// How many of its operations took effect before `moment`, without one among them that was refused.
    pub(super) fn kept(&self, moment: Micros) -> usize {
        self.order.partition_point(|(_, at)| *at < moment).min(self.intact)
    }

    /// The newest posts after its first `kept` operations.
    pub(super) fn newest(&self, record: &Record, kept: usize) -> Arc<[PostId]> {
        let post = |&(place, at): &(u32, Micros)| match record.call(place, at)?.action {
            FeedAction::Post(post) => Some(post),
            FeedAction::Read(_) => None,
        };
        let mut newest: Vec<PostId> = self.order[..kept].iter().rev().filter_map(post).take(READ_LENGTH).collect();
        newest.reverse();
        newest.into()
    }

    /// The posts that can still be read after its first `kept` operations, where each has a place of its own: what the last read
    /// returned, and what was posted since.
    pub(super) fn readable(&self, record: &Record, kept: usize) -> Arc<[PostId]> {
        let mut posts = Vec::new();
        for &(place, _) in self.order[..kept].iter().rev() {
            // It took effect then, and its answer came later.
            match record.call(place, Micros(u64::MAX)).map(|call| call.action) {
                Some(FeedAction::Post(post)) => posts.push(post),
                Some(FeedAction::Read(shown)) => {
                    posts.extend(shown.iter().filter(|post| !posts.contains(post)).copied().collect::<Vec<_>>());
                    break;
                }
                None => {}
            }
        }
        posts.into()
    }

    /// The moment of the last of its first `kept` operations.
    pub(super) fn moment(&self, kept: usize) -> Micros {
        kept.checked_sub(1).map_or(Micros::ZERO, |last| self.order[last].1)
    }

    /// What has to be placed after its first `kept` operations, as of `until`, by invocation. It is a linearization as of
    /// `good`; if nothing of it is kept, that does not matter. Of the posts of unknown fate, these are the ones that somebody
    /// saw: another one need not have happened.
    pub(super) fn rest(&self, record: &Record, kept: usize, good: Option<Micros>, until: Micros) -> Vec<u32> {
        let is_kept = |place: u32| self.position(place).is_some_and(|position| position < kept);
        let after = self.order[kept..].iter().map(|(place, _)| *place);
        let answered = record.answered(good.filter(|_| kept > 0), until);
        let mut rest: Vec<u32> = after.chain(answered).filter(|place| !is_kept(*place)).collect();
        let mut seen = Vec::new();
        for &place in &rest {
            if let Some(FeedAction::Read(posts)) = record.call(place, until).map(|call| call.action) {
                seen.extend(posts.iter().filter_map(|post| record.post(*post)).filter(|place| !is_kept(*place)));
            }
        }
        rest.append(&mut seen);
        rest.sort_unstable();
        rest.dedup();
        rest.retain(|place| record.call(*place, until).is_some());
        rest
    }

    /// Another one was found, which has the first `kept` in common.
    pub(super) fn replace(&mut self, record: &Record, kept: usize, rest: &[(u32, Micros)]) {
        let same = self.order[kept..].iter().zip(rest).take_while(|(before, after)| before == after).count();
        self.untold = Some(self.untold.unwrap_or(usize::MAX).min(kept + same));
        for (place, _) in self.order.drain(kept..) {
            self.positions[place as usize] = NOWHERE;
        }
        self.positions.resize(record.entries().len(), NOWHERE);
        for (position, (place, _)) in (kept as u32..).zip(rest) {
            self.positions[*place as usize] = position;
        }
        self.order.extend(rest);
        let refused = rest.iter().position(|(place, _)| record.is_refused(*place));
        self.intact = kept + refused.unwrap_or(rest.len());
    }

    /// What happened at `now` or later did not happen, as `record` knows already. What of it took effect before still explains
    /// what was seen before. The page may have passed over the latest answers, which were of the other future: it is told all
    /// again.
    pub(super) fn forget_from(&mut self, record: &Record, now: Micros) {
        let mut order = std::mem::take(self).order;
        order.retain(|(place, at)| *at < now && record.is_known(*place));
        self.replace(record, 0, &order);
        self.untold = Some(0);
    }

    /// What the page does not know: so many of the one told before stay, and these follow.
    pub(super) fn tell(&mut self, record: &Record) -> Option<(u32, Vec<(RequestId, Micros)>)> {
        let kept = self.untold.take()?;
        Some((kept as u32, self.order[kept..].iter().map(|&(place, at)| (record.id(place), at)).collect()))
    }
}

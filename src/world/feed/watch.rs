//! What is remembered of a feed's run: counts, phones, stale answers, and what broke.

use crate::check::feed::{FeedOperation, Shown, numbered};
use crate::check::staleness::{StaleRead, StalenessJudge};
use crate::history::Outcome;
use crate::node::{Answer, Micros, NodeId, NodeSet, RequestId, Violation};
use crate::shared_vec::SharedVec;
use crate::sim::model::{Host, Step};
use crate::sim::run::Seen;
use crate::sorted::{SortedMap, SortedSet};
use crate::store::Store;
use crate::store::conflict::{self, Object, Policy, Stamp};
use crate::store::feed::{Deed, PostId, Request, Response};
use crate::store::participant::Participant;
use crate::store::service::Refusal;
use crate::store::table::Ghost;
use crate::world::watch::{Events, MarkKind, Newest};

/// How many of its own posts a phone shows after those that it read.
const OWN_POSTS_SHOWN: usize = 6;

/// Counts over the operations that ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Meters {
    /// Answered.
    pub done: u32,
    /// Refused.
    pub refused: u32,
    /// No answer in time.
    pub unknown: u32,
    /// Reads that were stale.
    pub stale: u32,
    /// By latency in ms, answered operations.
    latency: SharedVec<u32>,
}

impl Meters {
    /// Operations that ended.
    pub fn ended(&self) -> u32 {
        self.done + self.refused + self.unknown
    }

    fn count_latency(&mut self, latency: Micros) {
        let bucket = latency.as_ms() as usize;
        while self.latency.len() <= bucket {
            self.latency.push(0);
        }
        *self.latency.get_mut(bucket).expect("just made room") += 1;
    }

    /// The latency, rounded down to whole ms, that so many percent of the answered operations stayed within.
    pub fn percentile(&self, percent: u32) -> Option<Micros> {
        let rank = (u64::from(self.done) * u64::from(percent)).div_ceil(100).max(1);
        let mut sum = 0;
        let bucket = self.latency.iter().position(|count| {
            sum += u64::from(*count);
            sum >= rank
        });
        bucket.filter(|_| self.done > 0).map(|ms| Micros::from_ms(ms as u64))
    }
}

/// What only an observer of all clients and replicas can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Observation {
    /// A read missed posts that were confirmed.
    Stale {
        /// What it missed.
        stale: StaleRead,
        /// The replica that answered.
        replica: NodeId,
        /// The replicas that had the oldest post that it missed.
        holders: NodeSet,
    },
    /// A post that its phone had given up is in the feed for good.
    AfterAll {
        /// The post.
        post: PostId,
        /// When the phone had given it up.
        gave_up: Micros,
    },
    /// A write that was confirmed is at no replica any more.
    Lost(LostPost),
    /// A write that was confirmed was dropped for another one, by somebody who had not seen it.
    Overwritten(Overwritten),
}

/// A confirmed write that a policy dropped, though nothing that can be seen follows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overwritten {
    /// What was written.
    pub object: Object,
    /// Which write.
    pub loser: PostId,
    /// Its stamp.
    pub lost: Stamp,
    /// What stays.
    pub winner: PostId,
    /// Its stamp.
    pub won: Stamp,
    /// By which rule.
    pub policy: Policy,
    /// The loser follows the winner: it is the newer one.
    pub newer: bool,
    /// The first replica that decided so,
    pub replica: NodeId,
    /// and when.
    pub at: Micros,
    /// What the loser's phone asked, and when it heard that it was done.
    pub confirmed: (RequestId, Micros),
}

/// A confirmed write that no replica has any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LostPost {
    /// Which.
    pub post: PostId,
    /// What it was.
    pub deed: Deed,
    /// What its author's phone asked.
    pub request: RequestId,
    /// When the phone heard that it was in the feed.
    pub confirmed: Micros,
    /// When the last replica that had it discarded it.
    pub discarded: Micros,
    /// That replica.
    pub replica: NodeId,
}

/// An observation, its moment, and the phone that it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Observed {
    /// When.
    pub at: Micros,
    /// Whose.
    pub phone: NodeId,
    /// What.
    pub what: Observation,
}

/// What one phone shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Phone {
    /// Its latest operation but for moves and what it was too busy for.
    pub latest: Option<RequestId>,
    /// Its latest answered read.
    pub read: Option<RequestId>,
    /// The posts that it sent since that read was invoked, oldest first.
    pub own: Vec<RequestId>,
    /// A post of which nothing was known when the phone gave up, and which turned out to be in the feed since, and when.
    pub announced: Option<(Micros, RequestId)>,
}

/// All that is remembered of a feed's run.
#[derive(Clone, Debug, Default)]
pub struct FeedWatch {
    /// Marks, troubles, deaths, notes.
    pub events: Events<Participant>,
    /// The protocol's invariants, once anything happened.
    pub(super) ghost: Option<Ghost>,
    /// What broke first, if anything did.
    pub broken: Option<(Micros, Violation)>,
    /// Counts.
    pub meters: Meters,
    /// Stale reads.
    pub staleness: StalenessJudge,
    /// What nobody in the run can tell.
    pub observed: Newest<Observed>,
    /// By phone.
    pub phones: SortedMap<NodeId, Phone>,
    /// Confirmed changes, and when their phones heard so.
    pub changed: SharedVec<(PostId, Micros)>,
    /// Confirmed writes that were dropped for others, in the order in which that came out.
    pub overwritten: SharedVec<Overwritten>,
    /// Writes that were dropped, by name, before their phones heard that they were confirmed.
    dropped: SortedMap<PostId, (NodeId, Micros, conflict::Note)>,
    /// Confirmed writes that no replica has any more, in the order in which that came out. A late copy of its question may bring one
    /// back.
    pub lost: SharedVec<LostPost>,
    /// Posts that some replica discarded and another one may still have.
    endangered: SortedSet<PostId>,
    /// Posts that the last replica that had them discarded, which one and when; a phone may yet hear that they were confirmed.
    gone: SortedMap<PostId, (NodeId, Micros)>,
    /// Posts whose fate their phones do not know.
    open: SortedMap<PostId, RequestId>,
}

impl FeedWatch {
    /// The first invariant that does not hold.
    pub(super) fn on_broken(&mut self, at: Micros, violation: Violation) {
        self.broken = Some((at, violation));
        self.events.mark(at, MarkKind::Broken);
    }

    pub(super) fn on_request(&mut self, phone: NodeId, id: RequestId, request: &Request, seen: &Seen<'_, Participant>) {
        // An operator asks replicas.
        let Some(state) = seen.after.host(phone).node.client() else { return };
        // Too busy, or a move.
        if !state.has_open(id) {
            return;
        }
        let entry = self.phones.or_default(phone);
        entry.latest = Some(id);
        if request.is_write() {
            if entry.own.len() == OWN_POSTS_SHOWN {
                entry.own.remove(0);
            }
            entry.own.push(id);
            self.open.insert(PostId { author: phone, number: state.written() - 1 }, id);
        }
    }

    pub(super) fn on_reply(&mut self, operation: &FeedOperation, seen: &Seen<'_, Participant>) {
        let at = seen.at;
        let (id, phone) = (operation.id, operation.client);
        match &operation.outcome {
            Outcome::Pending => unreachable!("just answered"),
            _ if matches!(operation.request, Request::Attach(_) | Request::Admin(_)) => {}
            Outcome::Refused { refusal: Refusal::Busy, .. } => {}
            Outcome::Done { response, .. } => {
                self.meters.done += 1;
                self.meters.count_latency(at.since(operation.invoked));
                self.on_done(operation, response, seen);
            }
            Outcome::Refused { .. } => {
                self.meters.refused += 1;
                self.events.mark_once(at, MarkKind::Refused(phone));
                self.open.retain(|_, open| *open != id);
            }
            Outcome::Unknown { later: None, .. } => {
                self.meters.unknown += 1;
                self.events.mark_once(at, MarkKind::Unknown(phone));
            }
            Outcome::Unknown { later: Some((_, Answer::Done(response))), .. } if operation.request.is_write() => {
                self.on_confirmed(operation, response, seen);
            }
            Outcome::Unknown { later: Some(_), .. } => self.open.retain(|_, open| *open != id),
        }
    }

    /// A phone heard that what it wrote is done.
    fn on_confirmed(&mut self, operation: &FeedOperation, response: &Response, seen: &Seen<'_, Participant>) {
        let (id, at) = (operation.id, seen.at);
        if let Response::Posted(place, _) = response {
            self.staleness.on_posted(*place, at);
        }
        let name = self.open.iter().find(|(_, open)| **open == id).map(|(name, _)| *name);
        // What turned out to be there before its phone knew is open no more.
        let Some(post) = name.or_else(|| named(seen, id)) else { return };
        self.open.remove(&post);
        if let Response::Changed(_) = response {
            self.changed.push((post, at));
        }
        if let Some((replica, discarded)) = self.gone.get(&post).copied() {
            let deed = operation.request.deed().expect("it wrote something");
            self.on_lost(at, LostPost { post, deed, request: id, confirmed: at, discarded, replica });
        }
        if let Some((replica, dropped, note)) = self.dropped.remove(&post) {
            self.on_overwritten(&note, (replica, dropped), (id, at), seen);
        }
    }

    /// A replica dropped a write for another one that does not follow it.
    pub(super) fn on_dropped(&mut self, note: &conflict::Note, seen: &Seen<'_, Participant>) {
        let conflict::Note::Overwrites { loser, .. } = note else { return };
        let post = PostId::from(*loser);
        if self.dropped.contains_key(&post) || self.overwritten.iter().any(|other| other.loser == post) {
            return;
        }
        let (replica, operation) = (seen.outcome.node.expect("a note has a node"), written(seen, post));
        match operation.map(|operation| (operation.id, &operation.outcome)) {
            Some((id, Outcome::Done { at, .. } | Outcome::Unknown { later: Some((at, Answer::Done(_))), .. })) => {
                self.on_overwritten(note, (replica, seen.at), (id, *at), seen);
            }
            _ => _ = self.dropped.insert(post, (replica, seen.at, note.clone())),
        }
    }

    fn on_overwritten(
        &mut self,
        note: &conflict::Note,
        (replica, at): (NodeId, Micros),
        confirmed: (RequestId, Micros),
        seen: &Seen<'_, Participant>,
    ) {
        let conflict::Note::Overwrites { object, loser, lost, winner, won, policy, newer } = *note else { return };
        let knows = |host: &Host<Participant>| host.node.objects().is_some_and(|all| all.has_successor(object, loser));
        if seen.after.hosts().any(|(_, host)| knows(host)) {
            return;
        }
        let (loser, winner) = (loser.into(), PostId::from(winner));
        let overwritten = Overwritten { object, loser, lost, winner, won, policy, newer, replica, at, confirmed };
        self.overwritten.push(overwritten);
        self.events.mark_once(seen.at, MarkKind::Lost(overwritten.loser.author));
        let what = Observation::Overwritten(overwritten);
        self.observed.push(Observed { at: seen.at, phone: overwritten.loser.author, what });
    }

    fn on_lost(&mut self, at: Micros, lost: LostPost) {
        self.lost.push(lost);
        self.events.mark_once(at, MarkKind::Lost(lost.post.author));
        self.observed.push(Observed { at, phone: lost.post.author, what: Observation::Lost(lost) });
    }

    /// A replica discarded posts, or started again without what was not durable: some may be nowhere any more.
    pub(super) fn on_discarded(&mut self, store: Store, seen: &Seen<'_, Participant>) {
        let posts = store.discarded(seen);
        let restarted = matches!(seen.step, Step::Restart(_)) && self.endangered.iter().len() > 0;
        if posts.is_empty() && !restarted {
            return;
        }
        posts.into_iter().for_each(|post| _ = self.endangered.insert(post));
        let replica = seen.outcome.node.expect("a replica's step");
        let nowhere = |post: &&PostId| !seen.after.hosts().any(|(_, host)| store.keeps(host, **post));
        for post in self.endangered.iter().filter(nowhere).copied().collect::<Vec<_>>() {
            self.endangered.remove(&post);
            self.gone.insert(post, (replica, seen.at));
            let operation = written(seen, post).expect("it was written");
            let confirmed = match &operation.outcome {
                Outcome::Done { at, .. } | Outcome::Unknown { later: Some((at, Answer::Done(_))), .. } => *at,
                _ => continue,
            };
            let (deed, request) = (operation.request.deed().expect("it wrote something"), operation.id);
            self.on_lost(seen.at, LostPost { post, deed, request, confirmed, discarded: seen.at, replica });
        }
    }

    fn on_done(&mut self, operation: &FeedOperation, response: &Response, seen: &Seen<'_, Participant>) {
        let at = seen.at;
        let phone = self.phones.or_default(operation.client);
        match response {
            Response::Posted(..) | Response::Changed(_) => self.on_confirmed(operation, response, seen),
            Response::Posts { posts, from, beside } => {
                phone.read = Some(operation.id);
                phone.own.retain(|own| *own > operation.id);
                if let Some(stale) = self.staleness.on_read(
                    operation.id,
                    operation.invoked,
                    &Shown::new(posts, *from, beside.as_deref()),
                ) {
                    self.meters.stale += 1;
                    self.events.mark_once(at, MarkKind::Stale(operation.client));
                    let hosts = seen.after.hosts();
                    let holders = hosts.filter(|(_, host)| host.node.has(stale.oldest)).map(|(id, _)| id).collect();
                    let replica = seen.after.host(operation.client).node.client().expect("a phone read").replica();
                    let what = Observation::Stale { stale, replica, holders };
                    self.observed.push(Observed { at, phone: operation.client, what });
                }
            }
            Response::Attached | Response::AdminDone => unreachable!("filtered by the caller"),
        }
    }

    /// A post is in the feed for good: if its phone had given it up, that is news.
    pub(super) fn on_committed(&mut self, post: PostId, seen: &Seen<'_, Participant>) {
        if self.gone.remove(&post).is_some() {
            self.lost = self.lost.iter().filter(|lost| lost.post != post).copied().collect();
        }
        let Some(id) = self.open.get(&post) else { return };
        let operation = seen.history.get(*id).expect("it was asked");
        if let Outcome::Unknown { at: gave_up, .. } = operation.outcome {
            let what = Observation::AfterAll { post, gave_up };
            self.observed.push(Observed { at: seen.at, phone: post.author, what });
            self.phones.or_default(post.author).announced = Some((seen.at, *id));
            self.open.remove(&post);
        }
    }
}

/// The operation that wrote this.
fn written<'run>(seen: &Seen<'run, Participant>, name: PostId) -> Option<&'run FeedOperation> {
    let all = seen.history.iter().filter(|operation| operation.client == name.author);
    numbered(all).find(|(written, _)| *written == Some(name)).map(|(_, operation)| operation)
}

/// What an operation wrote.
fn named(seen: &Seen<'_, Participant>, id: RequestId) -> Option<PostId> {
    numbered(seen.history.iter()).find(|(_, operation)| operation.id == id)?.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of n answers the p-th percentile is the ⌈n·p/100⌉-th fastest (the nearest-rank method).
    #[test]
    fn a_percentile_is_the_latency_that_so_many_stayed_within() {
        let mut meters = Meters::default();
        assert_eq!(meters.percentile(50), None, "nobody was answered");
        for micros in [40_900, 10_000, 20_000, 10_999, 30_000] {
            meters.done += 1;
            meters.count_latency(Micros(micros));
        }
        let percentiles =
            [0, 20, 40, 41, 60, 61, 80, 81, 100].map(|percent| meters.percentile(percent).map(Micros::as_ms));
        assert_eq!(percentiles, [10, 10, 10, 20, 20, 30, 30, 40, 40].map(Some));
    }
}

//! One world of a run, and what is known of its history.
//!
//! A history that is linearizable was so at every earlier moment, and one that is not stays so (Herlihy & Wing 1990, §3.1:
//! linearizability is prefix-closed). So two moments say it all: until when the history is known to be linearizable, and from
//! when on it is known not to be. Scrubbing between moments that were looked at computes nothing.
//!
//! While the history grows, a check builds on the latest linearization but for its last second, and looks for an order of what
//! follows ([`super::linearization`] says why that is enough). If there is none, four seconds are taken back, and so on, until
//! nothing is left to build on: only a check of the whole history says no. So what an operation costs does not depend on how
//! many came before.
//!
//! A stale read is not waited for: it alone, with what it saw and missed, is a history of some twenty operations that is
//! impossible already.
//!
//! Left out: proving "no" from a part of the history. It is said once in a history, so its price does not add up.

use std::sync::Arc;

use super::linearization::Linearization;
use super::record::Record;
use super::{Brief, Proof, Ruling, Staleness, words};
use crate::check::call::Call;
use crate::check::evidence::Evidence;
use crate::check::feed::{Fate, Shown, known};
use crate::check::linearizability::{Checker, Decision, Verdict};
use crate::check::measures::{Visibility, converged};
use crate::check::moments::moments;
use crate::check::spec::feed::{Feed, FeedAction, Order};
use crate::node::{Micros, RequestId};
use crate::sorted::SortedMap;
use crate::store::feed::{Place, PostId};
use crate::world::feed::FeedSetup;

/// How many configurations a step looks at: about a millisecond's work.
const PER_STEP: u64 = 1_000;
/// How many a whole check may look at before the answer is that nobody knows.
const BUDGET: u64 = 400_000;
/// The same of one that builds on an order: a shorter part of that order may make it easier.
const BUDGET_AFTER: u64 = 20_000;
/// After so many more, the page is told how far the check is.
const PER_REPORT: u64 = 20_000;
/// How much of the latest linearization is taken back at first; and how many times as much after each failure.
const TAKEN_BACK: Micros = Micros::from_ms(1_000);
const MORE: u64 = 4;
/// How much of a history that was told at once is looked at at once.
const SLICE: Micros = Micros::from_ms(10_000);

/// Of what a check is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All but the first so many operations of the latest linearization.
    After(usize),
    /// One stale read only, with what it saw and missed.
    Read,
}

/// A check under way.
struct Check {
    /// Of the history as of then.
    until: Micros,
    /// The operations.
    places: Vec<u32>,
    checker: Checker<Feed>,
    scope: Scope,
}

/// One world.
pub(super) struct LiveCheck {
    setup: FeedSetup,
    by_place: bool,
    fork: u32,
    record: Record,
    head: Micros,
    good: Option<Micros>,
    proof: Option<Proof>,
    unknown: Option<(Micros, u64)>,
    /// A stale read that was not looked at yet.
    accused: Option<(RequestId, PostId)>,
    under_way: Option<Check>,
    /// The linearization as of the moment until which it is good.
    latest: Linearization,
    taken_back: Micros,
    work: u64,
    /// How stale reads were, of all that returned by then.
    visibility: (Option<Micros>, Visibility),
    /// The next answer, and whether there is something in it.
    answer: Ruling,
    is_news: bool,
}

impl LiveCheck {
    pub(super) fn new(setup: FeedSetup) -> Self {
        Self {
            setup,
            by_place: false,
            fork: 0,
            record: Record::default(),
            head: Micros::ZERO,
            good: None,
            proof: None,
            unknown: None,
            accused: None,
            under_way: None,
            latest: Linearization::default(),
            taken_back: TAKEN_BACK,
            work: 0,
            visibility: (None, Visibility::default()),
            answer: Ruling::default(),
            is_news: false,
        }
    }

    pub(super) fn hear(&mut self, brief: Brief) {
        let Brief { setup, by_place, fork, forget, began, ended, head, accused, healed, measures, .. } = brief;
        (self.setup, self.by_place) = (setup, by_place);
        if let Some(forget) = forget {
            self.forget_from(forget);
        }
        self.fork = fork;
        began.into_iter().for_each(|entry| self.record.begin(entry));
        for (id, end) in ended {
            let place = self.record.place(id).expect("it began before it ended");
            if end.1 == Fate::Refused {
                self.latest.refuse(place);
            }
            self.record.end(place, end);
        }
        self.head = head;
        self.accused = accused.or(self.accused);
        if let Some(healed) = healed {
            let since = converged(self.record.entries(), head, healed);
            self.answer.converged = since.map(|since| (healed, since));
            self.is_news = true;
        }
        if measures {
            self.measure();
        }
    }

    /// How stale reads were as of the play head.
    fn measure(&mut self) {
        let (mut until, mut seen) = std::mem::take(&mut self.visibility);
        if until.is_some_and(|until| until > self.head) {
            (until, seen) = (None, Visibility::default());
        }
        for place in self.record.answered(until, self.head) {
            let entry = &self.record.entries()[place as usize];
            match entry.ended.as_ref().expect("it was answered") {
                (at, Fate::Posted(place)) => seen.on_posted(*place, *at),
                (_, Fate::Read(shown)) => seen.on_read(entry.invoked, shown),
                (_, Fate::Refused | Fate::Changed) => {}
            }
        }
        self.answer.staleness = Some(Staleness { reads: seen.reads, delays: seen.delays.to_vec() });
        (self.visibility, self.is_news) = ((Some(self.head), seen), true);
    }

    fn forget_from(&mut self, now: Micros) {
        let before = Micros(now.0.saturating_sub(1));
        self.record.forget_from(now);
        self.latest.forget_from(&self.record, now);
        self.good = self.good.map(|until| until.min(before));
        self.proof.take_if(|proof| proof.by >= now);
        self.unknown.take_if(|(at, _)| *at >= now);
        (self.under_way, self.accused, self.answer) =
            (None, None, Ruling { proof: self.proof.clone(), ..Ruling::default() });
        if self.visibility.0.is_some_and(|until| until >= now) {
            self.visibility = (None, Visibility::default());
        }
        (self.taken_back, self.is_news) = (TAKEN_BACK, true);
    }

    /// Whether the verdict as of the play head is known, as far as it can be.
    fn is_settled(&self) -> bool {
        let is_hopeless = |(at, _): (Micros, u64)| {
            // Once more of the same will not help; a quarter more may.
            at <= self.head && self.head.0 < at.0 + at.0 / 4
        };
        self.proof.as_ref().is_some_and(|proof| proof.by <= self.head)
            || self.good.is_some_and(|until| until >= self.head)
            || self.unknown.is_some_and(is_hopeless)
    }

    /// Goes on a little; false if there is nothing left to do.
    pub(super) fn advance(&mut self) -> bool {
        if let Some(accused) = self.accused.take() {
            self.under_way = self.accuse(accused).or(self.under_way.take());
        }
        if self.under_way.is_none() {
            self.extend();
            if self.is_settled() {
                return false;
            }
            let check = self.next_check();
            self.work += check.places.len() as u64;
            self.under_way = Some(check);
        }
        let Some(mut check) = self.under_way.take() else { return false };
        let before = check.checker.explored();
        let is_part = matches!(check.scope, Scope::After(kept) if kept > 0);
        let is_possible = if is_part { check.checker.decide(PER_STEP) } else { Some(Decision::Linearizable) };
        let found = if is_possible == Some(Decision::Linearizable) { check.checker.step(PER_STEP) } else { None };
        self.work += check.checker.explored() - before;
        match found {
            None if is_part
                && (is_possible == Some(Decision::NotLinearizable) || check.checker.explored() >= BUDGET_AFTER) =>
            {
                // Perhaps that is the order's fault, so less of it is kept.
                self.taken_back.0 = self.taken_back.0.saturating_mul(MORE);
            }
            None if check.checker.explored() < BUDGET => {
                self.is_news |= before / PER_REPORT < check.checker.explored() / PER_REPORT;
                self.under_way = Some(check);
            }
            None | Some(Verdict::Unknown { .. }) => {
                self.unknown = Some((check.until, check.checker.explored()));
                self.is_news = true;
            }
            Some(Verdict::Linearizable(order)) => self.is_linearizable(&check, &order),
            Some(Verdict::NotLinearizable(evidence)) => self.is_not_linearizable(&check, &evidence),
        }
        true
    }

    /// How many operations and configurations were looked at so far.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// What only began since can't make a history impossible, nor what turned out not to have happened if nobody saw it.
    fn extend(&mut self) {
        let Some(good) = self.good.filter(|good| *good < self.head) else { return };
        if self.latest.is_intact() && self.record.answered(Some(good), self.head).next().is_none() {
            self.good = Some(self.head);
            self.is_news = true;
        }
    }

    /// A check as of the play head, or on the way there.
    fn next_check(&self) -> Check {
        let slice_end = self.good.unwrap_or(Micros::ZERO) + SLICE;
        let until = if self.unknown.is_some() { self.head } else { self.head.min(slice_end) };
        let kept = self.good.map_or(0, |good| {
            // What ended since may have its place anywhere from where it began.
            let answered = self.record.answered(Some(good), until);
            let begun = answered.map(|place| self.record.entries()[place as usize].invoked).min();
            let from = begun.map_or(good, |begun| begun.min(good));
            self.latest.kept(Micros(from.0.saturating_sub(self.taken_back.0)))
        });
        let places = self.latest.rest(&self.record, kept, self.good, until);
        let initial = if self.by_place {
            self.latest.readable(&self.record, kept)
        } else {
            self.latest.newest(&self.record, kept)
        };
        self.check(until, places, initial, Scope::After(kept))
    }

    /// What is known of where posts stand, of those that a check of these operations is about.
    fn order(&self, places: &[u32], initial: &[PostId]) -> Order {
        if !self.by_place {
            return Order::AtTheEnd;
        }
        let before = initial.iter().filter_map(|post| self.record.post(*post));
        let mut ranks = SortedMap::new();
        for place in before.chain(places.iter().copied()) {
            match self.record.entries()[place as usize].ended.as_ref().map(|(_, fate)| fate) {
                Some(Fate::Posted(Place { rank, post })) => _ = ranks.insert(*post, *rank),
                Some(Fate::Read(Shown { from: Some(Place { rank, post }), .. })) => _ = ranks.insert(*post, *rank),
                _ => {}
            }
        }
        Order::ByPlace(Arc::new(ranks))
    }

    fn check(&self, until: Micros, places: Vec<u32>, initial: Arc<[PostId]>, scope: Scope) -> Check {
        let order = self.order(&places, &initial);
        let spec = Feed { initial, order };
        let call = |&place: &u32| self.record.call(place, until).expect("it says something");
        let calls: Vec<Call<FeedAction>> = places.iter().map(call).collect();
        Check { until, places, checker: Checker::new(spec, calls), scope }
    }

    fn is_linearizable(&mut self, check: &Check, order: &[u32]) {
        let Scope::After(kept) = check.scope else { return };
        if self.good.is_some_and(|until| until >= check.until) {
            return;
        }
        (self.good, self.unknown, self.taken_back, self.is_news) = (Some(check.until), None, TAKEN_BACK, true);
        let at = moments(check.checker.calls(), order, self.latest.moment(kept).0, check.until.0);
        let places = order.iter().map(|&position| check.places[position as usize]);
        let rest: Vec<(u32, Micros)> = places.zip(at.into_iter().map(Micros)).collect();
        self.latest.replace(&self.record, kept, &rest);
    }

    fn is_not_linearizable(&mut self, check: &Check, evidence: &Evidence) {
        let calls = check.checker.calls();
        let last = evidence.operations.iter().filter_map(|&one| calls[one as usize].returned).max();
        let by = Micros(last.unwrap_or(evidence.by));
        if self.proof.as_ref().is_none_or(|proof| by < proof.by) {
            let names = words::Names { setup: self.setup, entries: self.record.entries() };
            let whole = known(self.record.entries(), self.head.max(by));
            let ids: Vec<RequestId> = check.places.iter().map(|&place| self.record.id(place)).collect();
            let proof = words::proof(names, &whole, calls, &ids, evidence, by);
            self.answer.proof = Some(proof.clone());
            (self.proof, self.is_news) = (Some(proof), true);
        }
    }

    /// A check of a stale read, what it saw, and what it missed: whatever else was done, these can't be ordered.
    fn accuse(&self, (read, missed): (RequestId, PostId)) -> Option<Check> {
        let read = self.record.place(read)?;
        let until = self.record.entries()[read as usize].ended.as_ref()?.0;
        let FeedAction::Read(seen) = self.record.call(read, until)?.action else { return None };
        let posts = seen.iter().chain([&missed]).filter_map(|post| self.record.post(*post));
        let mut places: Vec<u32> =
            posts.filter(|&post| self.record.call(post, until).is_some()).chain([read]).collect();
        places.sort_unstable();
        places.dedup();
        Some(self.check(until, places, Arc::default(), Scope::Read))
    }

    /// What is known now, if that is news.
    pub(super) fn ruling(&mut self) -> Option<Ruling> {
        if !std::mem::take(&mut self.is_news) {
            return None;
        }
        let order = self.latest.tell(&self.record);
        let checking = self.under_way.as_ref().map(|check| (check.until, check.checker.explored()));
        let answer = std::mem::take(&mut self.answer);
        Some(Ruling { fork: self.fork, good: self.good, unknown: self.unknown, checking, order, ..answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::feed::{Entry, Question};
    use crate::node::NodeId;

    const WRITER: NodeId = NodeId(5);
    const READER: NodeId = NodeId(6);

    fn brief(began: Vec<Entry>, ended: Vec<(RequestId, (Micros, Fate))>, head: u64) -> Brief {
        let setup = FeedSetup::at_one_site(5, 3);
        let (case, world, by_place, fork) = (1, 0, false, 0);
        let (forget, accused, healed, measures) = (None, None, None, false);
        Brief {
            case,
            world,
            fork,
            setup,
            by_place,
            forget,
            began,
            ended,
            head: Micros(head),
            accused,
            healed,
            measures,
        }
    }

    fn post(id: u32, invoked: u64) -> Entry {
        Entry {
            id: RequestId(id),
            client: WRITER,
            invoked: Micros(invoked),
            asked: Question::Post("".into()),
            ended: None,
        }
    }

    fn read(id: u32, invoked: u64, returned: u64, numbers: impl IntoIterator<Item = u32>) -> Entry {
        let posts = numbers.into_iter().map(|number| PostId { author: WRITER, number }).collect();
        let ended = Some((Micros(returned), Fate::Read(Shown { posts, ..Shown::default() })));
        Entry { id: RequestId(id), client: READER, invoked: Micros(invoked), asked: Question::Read, ended }
    }

    fn hear(check: &mut LiveCheck, brief: Brief) -> Ruling {
        check.hear(brief);
        while check.advance() {}
        check.ruling().expect("there is news")
    }

    #[test]
    fn a_post_that_was_seen_and_then_refused_is_impossible() {
        let mut check = LiveCheck::new(FeedSetup::at_one_site(5, 3));
        let seen = hear(&mut check, brief(vec![post(0, 10), read(1, 20, 30, [0])], Vec::new(), 40));
        assert_eq!((seen.good, seen.proof), (Some(Micros(40)), None), "its fate is unknown: it may have happened");
        let refused = vec![(RequestId(0), (Micros(50), Fate::Refused))];
        let ruling = hear(&mut check, brief(Vec::new(), refused, 60));
        assert_eq!(ruling.good, Some(Micros(40)));
        let proof = ruling.proof.expect("nobody posted what was read");
        assert_eq!(proof.ids().collect::<Vec<_>>(), [RequestId(1)]);
    }

    #[test]
    fn a_post_that_nobody_saw_may_be_refused_without_another_check() {
        let mut check = LiveCheck::new(FeedSetup::at_one_site(5, 3));
        hear(&mut check, brief(vec![post(0, 10), read(1, 20, 30, [])], Vec::new(), 40));
        let work = check.work();
        let refused = vec![(RequestId(0), (Micros(50), Fate::Refused))];
        assert_eq!(hear(&mut check, brief(Vec::new(), refused, 60)).good, Some(Micros(60)));
        assert_eq!(check.work(), work);
    }

    /// Two posts at once, which the first order places somehow; long after, a read tells how it was.
    #[test]
    fn what_the_latest_order_placed_at_will_is_taken_back() {
        for first in [0, 1] {
            let mut check = LiveCheck::new(FeedSetup::at_one_site(5, 3));
            let both = vec![post(0, 10), post(1, 10)];
            let place = |number: u32| Place { rank: number.into(), post: PostId { author: WRITER, number } };
            let posted = [0, 1].map(|id| (RequestId(id), (Micros(20), Fate::Posted(place(id))))).to_vec();
            hear(&mut check, brief(both, Vec::new(), 15));
            assert_eq!(hear(&mut check, brief(Vec::new(), posted, 30)).good, Some(Micros(30)));
            let later = 60_000_000;
            let ruling =
                hear(&mut check, brief(vec![read(2, later, later + 10, [first, 1 - first])], Vec::new(), later + 20));
            assert_eq!((ruling.good, ruling.proof), (Some(Micros(later + 20)), None));
            let (kept, order) = ruling.order.expect("at least the read is new");
            assert!(kept <= 2 && order.last().is_some_and(|(id, _)| *id == RequestId(2)), "{kept}: {order:?}");
        }
    }
}

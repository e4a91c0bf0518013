//! One world of a run, and what is known of its history.
//!
//! A history that is linearizable was so at every earlier moment, and one that is not stays so (Herlihy & Wing 1990, §3.1:
//! linearizability is prefix-closed). So two moments say it all: until when the history is known to be linearizable, and from
//! when on it is known not to be. Scrubbing between moments that were looked at computes nothing.
//!
//! A stale read is not waited for: it alone, with what it saw and missed, is a history of some twenty operations that is
//! impossible already.

use super::{Brief, Proof, Ruling, words};
use crate::check::call::Call;
use crate::check::evidence::Evidence;
use crate::check::feed::{Entry, FeedCalls, known};
use crate::check::linearizability::{Checker, Verdict};
use crate::check::measures::converged;
use crate::check::moments::moments;
use crate::check::spec::feed::{Feed, FeedAction};
use crate::node::{Micros, RequestId};
use crate::store::feed::PostId;
use crate::world::feed::FeedSetup;

/// How many configurations a step looks at: about a millisecond's work.
const PER_STEP: u64 = 1_000;
/// How many a whole check may look at before the answer is that nobody knows.
const BUDGET: u64 = 400_000;
/// After so many more, the page is told how far the check is.
const PER_REPORT: u64 = 20_000;

/// A check under way.
struct Check {
    /// Of the history as of then.
    until: Micros,
    ids: Vec<RequestId>,
    checker: Checker<Feed>,
    /// Of one stale read only, with what it saw and missed.
    of_read: bool,
}

/// One world.
pub(super) struct Game {
    setup: FeedSetup,
    fork: u32,
    /// By invocation.
    entries: Vec<Entry>,
    head: Micros,
    good: Option<Micros>,
    proof: Option<Proof>,
    unknown: Option<(Micros, u64)>,
    /// A stale read that was not looked at yet.
    accused: Option<(RequestId, PostId)>,
    under_way: Option<Check>,
    /// The latest linearization, and from where on the page does not know it.
    order: Vec<(RequestId, Micros)>,
    order_untold: Option<usize>,
    /// The next answer, and whether there is something in it.
    answer: Ruling,
    is_news: bool,
}

impl Game {
    pub(super) fn new(setup: FeedSetup) -> Self {
        Self {
            setup,
            fork: 0,
            entries: Vec::new(),
            head: Micros::ZERO,
            good: None,
            proof: None,
            unknown: None,
            accused: None,
            under_way: None,
            order: Vec::new(),
            order_untold: None,
            answer: Ruling::default(),
            is_news: false,
        }
    }

    pub(super) fn hear(&mut self, brief: Brief) {
        let Brief { setup, fork, forget, began, ended, head, accused, healed, .. } = brief;
        self.setup = setup;
        if let Some(forget) = forget {
            self.forget_from(forget);
        }
        self.fork = fork;
        for entry in began {
            assert!(self.entries.last().is_none_or(|last| last.id < entry.id), "told twice");
            self.entries.push(entry);
        }
        for (id, end) in ended {
            let position = self.entries.binary_search_by_key(&id, |entry| entry.id).expect("it began before it ended");
            self.entries[position].ended = Some(end);
        }
        self.head = head;
        self.accused = accused.or(self.accused);
        if let Some(healed) = healed {
            let since = converged(&known(&self.entries, head).calls, healed);
            self.answer.converged = since.map(|since| (healed, since));
            self.is_news = true;
        }
    }

    fn forget_from(&mut self, now: Micros) {
        let before = Micros(now.0.saturating_sub(1));
        self.entries.retain(|entry| entry.invoked < now);
        for entry in &mut self.entries {
            entry.ended.take_if(|(at, _)| *at >= now);
        }
        self.good = self.good.map(|until| until.min(before));
        self.proof.take_if(|proof| proof.by >= now);
        self.unknown.take_if(|(at, _)| *at >= now);
        (self.under_way, self.accused, self.answer) =
            (None, None, Ruling { proof: self.proof.clone(), ..Ruling::default() });
        // What of it took effect before still explains what was seen before. The page may have passed over the latest answers,
        // which were of the other future: it is told all again.
        self.order.truncate(self.order.partition_point(|(_, at)| *at < now));
        (self.order_untold, self.is_news) = (Some(0), true);
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
            let FeedCalls { calls, ids } = known(&self.entries, self.head);
            self.under_way = Some(Check { until: self.head, ids, checker: Checker::new(Feed, calls), of_read: false });
        }
        let Some(mut check) = self.under_way.take() else { return false };
        let before = check.checker.explored();
        match check.checker.step(PER_STEP) {
            None if check.checker.explored() < BUDGET => {
                self.is_news |= before / PER_REPORT < check.checker.explored() / PER_REPORT;
                self.under_way = Some(check);
            }
            None | Some(Verdict::Unknown { .. }) => {
                self.unknown = Some((check.until, check.checker.explored()));
                self.is_news = true;
            }
            Some(Verdict::Linearizable(order)) if !check.of_read => self.is_linearizable(&check, &order),
            Some(Verdict::Linearizable(_)) => {}
            Some(Verdict::NotLinearizable(evidence)) => self.is_not_linearizable(&check, &evidence),
        }
        true
    }

    /// What only began since can't make a history impossible.
    fn extend(&mut self) {
        let Some(good) = self.good.filter(|good| *good < self.head) else { return };
        let ended_since = |(at, _): &(Micros, _)| *at > good && *at <= self.head;
        if !self.entries.iter().any(|entry| entry.ended.as_ref().is_some_and(ended_since)) {
            self.good = Some(self.head);
            self.is_news = true;
        }
    }

    fn is_linearizable(&mut self, check: &Check, order: &[u32]) {
        if self.good.is_some_and(|until| until >= check.until) {
            return;
        }
        (self.good, self.unknown, self.is_news) = (Some(check.until), None, true);
        let at = moments(check.checker.calls(), order, check.until.0);
        let order: Vec<(RequestId, Micros)> =
            order.iter().map(|&position| check.ids[position as usize]).zip(at.into_iter().map(Micros)).collect();
        let same = |(before, after): &(&(RequestId, Micros), &(RequestId, Micros))| before == after;
        let kept = self.order.iter().zip(&order).take_while(same).count();
        self.order_untold = Some(self.order_untold.map_or(kept, |before| before.min(kept)));
        self.order = order;
    }

    fn is_not_linearizable(&mut self, check: &Check, evidence: &Evidence) {
        let calls = check.checker.calls();
        let last = evidence.operations.iter().filter_map(|&one| calls[one as usize].returned).max();
        let by = Micros(last.unwrap_or(evidence.by));
        if self.proof.as_ref().is_none_or(|proof| by < proof.by) {
            let names = words::Names { setup: self.setup, entries: &self.entries };
            let whole = known(&self.entries, self.head.max(by));
            let proof = words::proof(names, &whole, calls, &check.ids, evidence, by);
            self.answer.proof = Some(proof.clone());
            (self.proof, self.is_news) = (Some(proof), true);
        }
    }

    /// A check of a stale read, what it saw, and what it missed: whatever else was done, these can't be ordered.
    fn accuse(&self, (read, missed): (RequestId, PostId)) -> Option<Check> {
        let entry = &self.entries[self.entries.binary_search_by_key(&read, |entry| entry.id).ok()?];
        let until = entry.ended.as_ref()?.0;
        let whole = known(&self.entries, until);
        let place = whole.ids.iter().position(|id| *id == read)?;
        let FeedAction::Read(seen) = whole.calls[place].action.clone() else { return None };
        let belongs = |position: usize, call: &Call<FeedAction>| match &call.action {
            FeedAction::Post(post) => *post == missed || seen.contains(post),
            FeedAction::Read(_) => position == place,
        };
        let (mut calls, mut ids) = (Vec::new(), Vec::new());
        for (position, (call, id)) in whole.calls.into_iter().zip(whole.ids).enumerate() {
            if belongs(position, &call) {
                calls.push(call);
                ids.push(id);
            }
        }
        Some(Check { until, ids, checker: Checker::new(Feed, calls), of_read: true })
    }

    /// What is known now, if that is news.
    pub(super) fn ruling(&mut self) -> Option<Ruling> {
        if !std::mem::take(&mut self.is_news) {
            return None;
        }
        let order = self.order_untold.take().map(|kept| (kept as u32, self.order[kept..].to_vec()));
        let checking = self.under_way.as_ref().map(|check| (check.until, check.checker.explored()));
        let answer = std::mem::take(&mut self.answer);
        Some(Ruling { fork: self.fork, good: self.good, unknown: self.unknown, checking, order, ..answer })
    }
}

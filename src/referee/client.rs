//! The page's side of the referee: what it was told of one world, so that a brief holds only what is new, and what it ruled.
//!
//! A ruling holds for every moment, not only for the one it was asked about (see [`super::live_check`]), so scrubbing over what
//! is known asks nothing.

use std::rc::Rc;

use super::{Brief, Proof, Ruling, Staleness};
use crate::check::feed::{Entry, Fate, FeedOperation, ended, entry};
use crate::node::{Micros, RequestId};
use crate::world::feed::FeedRun;

/// So many operations are told even if nobody waits for a verdict, so that no brief is long.
const WAIT_MAX: usize = 64;

/// What the referee was told, and what waits to be told.
#[derive(Default)]
struct Told {
    /// The run's number.
    case: u32,
    /// So many operations of the history were looked at,
    begun: usize,
    /// and of these the end is not known: their places.
    open: Vec<usize>,
    /// As of this moment.
    until: Option<Micros>,
    /// When the last of what ended did.
    latest_end: Micros,
    /// What began, and what ended of that which had begun before, that was not told yet.
    began: Vec<Entry>,
    ends: Vec<(RequestId, (Micros, Fate))>,
    head: Option<Micros>,
    accused: Option<RequestId>,
    /// The latest healing, and how many operations had ended when it was asked about.
    healed: Option<(Micros, u32)>,
    /// As of when it was asked how stale reads were.
    measured: Option<Micros>,
}

/// What is known of a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerdictState {
    /// Nothing yet.
    Checking,
    /// Linearizable so far.
    Linearizable,
    /// Not linearizable, and so for ever.
    NotLinearizable,
    /// Nobody knows, after looking at so many configurations.
    Unknown(u64),
    /// Nobody looks: the browser does not let the page have its checker.
    Off,
}

/// What is known of one world's history.
#[derive(Default)]
pub struct Client {
    told: Told,
    fork: u32,
    /// It is another history from then on, and the referee does not know yet.
    forget: Option<Micros>,
    /// Linearizable as of then.
    good: Option<Micros>,
    order: Rc<Vec<(RequestId, Micros)>>,
    proof: Option<Rc<Proof>>,
    /// As of then nobody knows, after so many configurations.
    unknown: Option<(Micros, u64)>,
    checking: Option<(Micros, u64)>,
    converged: Option<(Micros, Micros)>,
    staleness: Option<Rc<Staleness>>,
}

impl Client {
    /// What happens at `now` or later may be different from here on.
    pub fn forget_from(&mut self, now: Micros) {
        self.fork += 1;
        self.forget = Some(self.forget.map_or(now, |before| before.min(now)));
        let before = Micros(now.0.saturating_sub(1));
        self.good = self.good.map(|until| until.min(before));
        self.proof.take_if(|proof| proof.by >= now);
        self.unknown.take_if(|(at, _)| *at >= now);
        (self.checking, self.converged) = (None, None);
        // What of it took effect before still explains what was seen before.
        let kept = self.order.partition_point(|(_, at)| *at < now);
        Rc::make_mut(&mut self.order).truncate(kept);
    }

    /// The proof, if there is one as of `now`.
    pub fn proof(&self, now: Micros) -> Option<&Rc<Proof>> {
        self.proof.as_ref().filter(|proof| proof.by <= now)
    }

    /// The latest linearization found on this branch, each operation with a moment at which it may have taken effect; the
    /// moments ascend. What of it lies before an earlier moment explains the history as of then: whatever had returned by then
    /// took effect by then.
    pub fn order(&self) -> &Rc<Vec<(RequestId, Micros)>> {
        &self.order
    }

    /// How the history as of `now` is known to be; until when it is known to be linearizable; and whether it is being checked, so
    /// that there will be more to tell.
    pub fn look(&self, now: Micros) -> (VerdictState, Micros, bool) {
        let good = self.good_until(now);
        let (state, busy) = match (self.proof(now), self.unknown) {
            (Some(_), _) => (VerdictState::NotLinearizable, false),
            _ if good >= now => (VerdictState::Linearizable, false),
            (None, Some((at, explored))) if at <= now => (VerdictState::Unknown(explored), self.checking.is_some()),
            _ if good > Micros::ZERO => (VerdictState::Linearizable, true),
            _ => (VerdictState::Checking, true),
        };
        (state, good, busy)
    }

    /// Until when the history is known to be linearizable, `now` at most.
    fn good_until(&self, now: Micros) -> Micros {
        let Some(good) = self.good else { return Micros::ZERO };
        // What only began since can't make a history impossible.
        let idle = self.told.until.is_some_and(|until| until >= now) && self.told.latest_end <= good;
        if idle { now } else { good.min(now) }
    }

    /// The latest healing, and since when nobody missed an older post, if that was before `now`.
    pub fn recovered(&self, now: Micros) -> Option<(Micros, Micros)> {
        let asked = self.told.healed.map(|(asked, _)| asked);
        self.converged.filter(|(healed, since)| asked == Some(*healed) && *since <= now)
    }

    /// How stale reads were, if that was asked and answered.
    pub fn staleness(&self) -> Option<&Rc<Staleness>> {
        self.staleness.as_ref()
    }

    /// What to tell the referee about the run `case` as of `now`, and what to ask: `opened` is the world whose sheet is open,
    /// and whether that is this one. None if there is nothing of use to say now.
    pub fn brief(&mut self, run: &FeedRun, now: Micros, case: u32, opened: Option<bool>) -> Option<Brief> {
        if self.told.case != case {
            (self.told, self.forget) = (Told { case, ..Told::default() }, None);
        }
        let forget = self.forget.take().map(|at| at.min(now + Micros(1)));
        if let Some(at) = forget {
            self.forget_from(at);
            self.forget = None;
            self.told.forget_from(run, at);
        }
        self.told.collect(run, now);
        let healed = if opened == Some(true) { self.told.healing_to_ask(run, now) } else { None };
        let measures = opened.is_some() && self.told.measured != Some(now);
        if measures {
            self.told.measured = Some(now);
        }
        let stale = run.watch().staleness.stale().iter().next().filter(|stale| self.told.accused != Some(stale.read));
        let is_settled = self.proof(now).is_some() || self.good_until(now) >= now;
        let waiting = self.told.began.len() + self.told.ends.len();
        let is_wanted = !is_settled && (waiting > 0 || self.told.head != Some(now));
        if !is_wanted && forget.is_none() && healed.is_none() && !measures && waiting < WAIT_MAX {
            return None;
        }
        let accused = stale.map(|stale| (stale.read, stale.oldest));
        self.told.accused = accused.map(|(read, _)| read).or(self.told.accused);
        self.told.head = Some(now);
        let (began, ended) = (std::mem::take(&mut self.told.began), std::mem::take(&mut self.told.ends));
        let setup = run.world().setup;
        Some(Brief {
            case,
            world: 0,
            fork: self.fork,
            setup,
            by_place: run.world().store.by_place(),
            forget,
            began,
            ended,
            head: now,
            accused,
            healed,
            measures,
        })
    }

    /// Takes in a ruling about this world; false if it is about a future that was left.
    pub fn hear(&mut self, ruling: Ruling) -> bool {
        if ruling.case != self.told.case || ruling.fork != self.fork {
            return false;
        }
        self.good = self.good.max(ruling.good);
        if let Some((kept, order)) = ruling.order {
            let mine = Rc::make_mut(&mut self.order);
            mine.truncate(kept as usize);
            mine.extend(order);
        }
        if let Some(proof) = ruling.proof {
            self.proof = Some(Rc::new(proof));
        }
        (self.unknown, self.checking) = (ruling.unknown, ruling.checking);
        self.converged = ruling.converged.or(self.converged);
        self.staleness = ruling.staleness.map(Rc::new).or(self.staleness.take());
        true
    }
}

impl Told {
    /// What happened at `at` or later did not happen: `run` has another history from there on.
    fn forget_from(&mut self, run: &FeedRun, at: Micros) {
        let before = |operation: &&FeedOperation| operation.invoked < at;
        // What was not looked at yet is gathered later.
        let earlier = run.history().iter().take(self.begun).take_while(before);
        (self.begun, self.latest_end) = (earlier.clone().count(), Micros::ZERO);
        self.open.clear();
        for (place, entry) in earlier.enumerate().filter_map(|(place, operation)| Some((place, entry(operation)?))) {
            match entry.ended {
                Some((end, _)) if end < at && self.until.is_some_and(|until| end <= until) => {
                    self.latest_end = self.latest_end.max(end);
                }
                _ => self.open.push(place),
            }
        }
        self.until = self.until.map(|until| until.min(Micros(at.0.saturating_sub(1))));
        self.began.retain(|entry| entry.invoked < at);
        for entry in &mut self.began {
            entry.ended.take_if(|(end, _)| *end >= at);
        }
        self.ends.retain(|(_, (end, _))| *end < at);
        (self.head, self.accused, self.healed, self.measured) = (None, None, None, None);
    }

    /// Gathers what began or ended since the last time.
    fn collect(&mut self, run: &FeedRun, now: Micros) {
        if self.until.is_some_and(|until| until >= now) {
            return;
        }
        self.until = Some(now);
        let (ends, latest_end) = (&mut self.ends, &mut self.latest_end);
        self.open.retain(|&place| {
            let operation = run.history().iter_from(place).next().expect("it began");
            let Some(end) = ended(&operation.outcome) else { return true };
            *latest_end = end.0.max(*latest_end);
            ends.push((operation.id, end));
            false
        });
        for (place, operation) in (self.begun..).zip(run.history().iter_from(self.begun)) {
            let Some(entry) = entry(operation) else { continue };
            match &entry.ended {
                Some((at, _)) => self.latest_end = self.latest_end.max(*at),
                None => self.open.push(place),
            }
            self.began.push(entry);
        }
        self.begun = run.history().len();
    }

    /// The latest healing, if the recovery from it is to be asked about: nothing is out of order now, and something was answered
    /// since the last time.
    fn healing_to_ask(&mut self, run: &FeedRun, now: Micros) -> Option<Micros> {
        let troubles = || run.watch().events.troubles.iter();
        if troubles().any(|one| one.until.is_none_or(|until| until > now)) {
            self.healed = None;
            return None;
        }
        let healed = troubles().filter_map(|one| one.until).max()?;
        let ask = Some((healed, run.watch().meters.ended()));
        (std::mem::replace(&mut self.healed, ask) != ask).then_some(healed)
    }
}

//! The verdict on a feed's history as of the play head: linearizable so far, not, or being checked.
//!
//! A history that is linearizable was so at every earlier moment, and one that is not stays so (Herlihy & Wing 1990, §3.1:
//! linearizability is prefix-closed). So two moments say it all: until when the history is known to be linearizable, and from
//! when on it is known not to be. Scrubbing between moments that were looked at computes nothing.
//!
//! Checks advance a little with every frame. A whole history is taken in anew for each of them, so the longer it is, the longer
//! the page waits before the next one. A stale read is not waited for: it alone, with what it saw and missed, is a history of
//! some twenty operations that is impossible already.

use std::rc::Rc;

use cap_lab::check::call::Call;
use cap_lab::check::evidence::Evidence;
use cap_lab::check::feed::{FeedCalls, calls};
use cap_lab::check::linearizability::{Checker, Verdict};
use cap_lab::check::moments::moments;
use cap_lab::check::spec::feed::{Feed, FeedAction};
use cap_lab::check::staleness::StaleRead;
use cap_lab::node::{Micros, RequestId};
use cap_lab::world::feed::FeedRun;

use super::panel;
use crate::ui::lab::{VerdictSheet, VerdictState, VerdictView};

/// How many configurations a frame looks at: far below a millisecond's work.
const PER_FRAME: u64 = 300;
/// How many a whole check may look at before the answer is that nobody knows.
const BUDGET: u64 = 200_000;
/// So many operations cost a frame of waiting before the next check.
const CALLS_PER_FRAME: usize = 32;

/// A proof that a history is not linearizable.
pub(super) struct Broken {
    /// It is impossible from here on.
    pub(super) by: Micros,
    /// What was checked.
    pub(super) known: FeedCalls,
    /// What of it is impossible.
    pub(super) evidence: Evidence,
}

impl Broken {
    /// The run's names of the operations that prove it.
    pub(super) fn ids(&self) -> impl Iterator<Item = RequestId> + '_ {
        self.evidence.operations.iter().map(|&position| self.known.ids[position as usize])
    }
}

/// A check under way.
struct Check {
    /// Of the history as of then.
    until: Micros,
    /// How many operations had ended.
    ended: u32,
    ids: Vec<RequestId>,
    checker: Checker<Feed>,
    /// Of this stale read only.
    accused: Option<RequestId>,
}

impl Check {
    fn moments(&self, order: &[u32]) -> Rc<[(RequestId, Micros)]> {
        let ids = order.iter().map(|&position| self.ids[position as usize]);
        ids.zip(moments(self.checker.calls(), order, self.until.0)).map(|(id, at)| (id, Micros(at))).collect()
    }
}

/// An order that explains a history as of a moment.
pub(super) struct Order {
    until: Micros,
    /// The run's names of the operations, in that order, each with a moment at which it may have taken effect.
    pub(super) moments: Rc<[(RequestId, Micros)]>,
}

/// What is known of one world's history.
#[derive(Default)]
pub(super) struct Verdicts {
    /// Linearizable as of then, when so many operations had ended.
    good: Option<(Micros, u32)>,
    order: Option<Order>,
    broken: Option<Rc<Broken>>,
    /// As of then nobody knows, after so many configurations.
    unknown: Option<(Micros, u64)>,
    under_way: Option<Check>,
    accused: Option<RequestId>,
    /// Frames to wait before the next check.
    rest: usize,
    panel: Option<(panel::Stamp, VerdictSheet)>,
}

impl Verdicts {
    /// What happens at `now` or later may be different from here on.
    pub(super) fn forget_from(&mut self, now: Micros) {
        let before = Micros(now.0.saturating_sub(1));
        self.good = self.good.map(|(until, ended)| if until < now { (until, ended) } else { (before, u32::MAX) });
        self.order.take_if(|order| order.until >= now);
        self.broken.take_if(|broken| broken.by >= now);
        self.unknown.take_if(|(at, _)| *at >= now);
        (self.under_way, self.accused, self.panel) = (None, None, None);
    }

    /// The proof, if there is one as of `now`.
    pub(super) fn broken(&self, now: Micros) -> Option<&Rc<Broken>> {
        self.broken.as_ref().filter(|broken| broken.by <= now)
    }

    /// The latest order found on this branch. As of an earlier moment than its own, what lies before that moment explains the
    /// history: whatever had returned by then took effect by then.
    pub(super) fn order(&self) -> Option<&Order> {
        self.order.as_ref()
    }

    /// Goes on a little, and tells how the history as of `now`, where `run` stands, is known to be.
    pub(super) fn look(&mut self, run: &FeedRun, now: Micros) -> VerdictView {
        let ended = run.watch().meters.ended();
        // What only began since can't make a history impossible.
        if let Some((until, then)) = &mut self.good
            && *then == ended
            && *until < now
        {
            *until = now;
        }
        let is_settled = self.broken(now).is_some() || self.good.is_some_and(|(until, _)| until >= now);
        if !is_settled {
            self.advance(run, now, ended);
        }
        let good = self.good.map_or(Micros::ZERO, |(until, _)| until.min(now));
        let (state, busy) = match (self.broken(now), self.unknown) {
            (Some(_), _) => (VerdictState::NotLinearizable, false),
            _ if good >= now => (VerdictState::Linearizable, false),
            (None, Some((at, explored))) if at <= now => (VerdictState::Unknown(explored), self.under_way.is_some()),
            _ if good > Micros::ZERO => (VerdictState::Linearizable, true),
            _ => (VerdictState::Checking, true),
        };
        VerdictView { state, until: good, busy }
    }

    fn advance(&mut self, run: &FeedRun, now: Micros, ended: u32) {
        if let Some(stale) = run.watch().staleness.stale().iter().next()
            && self.accused != Some(stale.read)
        {
            self.accused = Some(stale.read);
            self.under_way = accuse(run, *stale);
        }
        if self.under_way.is_none() {
            if self.rest > 0 {
                self.rest -= 1;
                return;
            }
            let FeedCalls { calls, ids } = calls(run.history(), now);
            self.rest = calls.len() / CALLS_PER_FRAME;
            let checker = Checker::new(Feed, calls);
            self.under_way = Some(Check { until: now, ended, ids, checker, accused: None });
        }
        let Some(check) = &mut self.under_way else { return };
        match check.checker.step(PER_FRAME) {
            None if check.checker.explored() < BUDGET => {}
            None | Some(Verdict::Unknown { .. }) => {
                self.unknown = Some((check.until, check.checker.explored()));
                self.rest = 600;
                self.under_way = None;
            }
            Some(Verdict::Linearizable(order)) => {
                if check.accused.is_none() && self.good.is_none_or(|(until, _)| until < check.until) {
                    self.good = Some((check.until, check.ended));
                    self.order = Some(Order { until: check.until, moments: check.moments(&order) });
                    self.unknown = None;
                }
                self.under_way = None;
            }
            Some(Verdict::NotLinearizable(evidence)) => {
                let known = FeedCalls { calls: check.checker.calls().to_vec(), ids: std::mem::take(&mut check.ids) };
                let last = evidence.operations.iter().filter_map(|&one| known.calls[one as usize].returned).max();
                let by = Micros(last.unwrap_or(evidence.by));
                if self.broken.as_ref().is_none_or(|broken| by < broken.by) {
                    self.broken = Some(Rc::new(Broken { by, known, evidence }));
                }
                self.under_way = None;
            }
        }
    }

    /// What there is to say about the verdict as of `now`.
    pub(super) fn sheet(&mut self, run: &FeedRun, now: Micros) -> VerdictSheet {
        let view = self.look(run, now);
        let broken = self.broken(now).cloned();
        let stamp = (run.history().len(), run.watch().meters.ended(), view.state, broken.as_ref().map(|one| one.by));
        match &self.panel {
            Some((made_from, sheet)) if *made_from == stamp => sheet.clone(),
            _ => {
                let sheet = panel::sheet(run, now, view.state, broken.as_deref());
                self.panel = Some((stamp, sheet.clone()));
                sheet
            }
        }
    }
}

/// A stale read, what it saw, and what it missed: whatever else was done, these can't be ordered.
fn accuse(run: &FeedRun, stale: StaleRead) -> Option<Check> {
    let until = run.history().get(stale.read)?.ended()?;
    let whole = calls(run.history(), until);
    let read = whole.ids.iter().position(|id| *id == stale.read)?;
    let FeedAction::Read(seen) = whole.calls[read].action.clone() else { return None };
    let belongs = |position: usize, call: &Call<FeedAction>| match &call.action {
        FeedAction::Post(post) => *post == stale.oldest || seen.contains(post),
        FeedAction::Read(_) => position == read,
    };
    let (mut calls, mut ids) = (Vec::new(), Vec::new());
    for (position, (call, id)) in whole.calls.into_iter().zip(whole.ids).enumerate() {
        if belongs(position, &call) {
            calls.push(call);
            ids.push(id);
        }
    }
    Some(Check { until, ended: 0, ids, checker: Checker::new(Feed, calls), accused: Some(stale.read) })
}

#[cfg(test)]
mod tests {
    use cap_lab::node::{Micros, NodeId};

    use crate::ui::lab::{Act, Lab, Page, VerdictState, VerdictView};

    const CP: usize = 0;
    const AP: usize = 1;

    fn cut_two_from_three() -> Act {
        let pairs = [0, 1].into_iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(a), NodeId(b))));
        Act::Cut(pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect())
    }

    /// As the page does: frame by frame, until there is nothing left to check.
    fn settled(lab: &dyn Lab, world: usize) -> VerdictView {
        for _ in 0..10_000 {
            let verdict = lab.world(world).verdict.expect("feeds have a history");
            if !verdict.busy {
                return verdict;
            }
        }
        panic!("still busy");
    }

    fn state(lab: &dyn Lab, world: usize) -> VerdictState {
        settled(lab, world).state
    }

    /// A run whose links were cut for three seconds.
    fn after_a_cut() -> (Box<dyn Lab>, Micros) {
        let mut lab = super::super::open(Page::Feed, None).expect("a new run");
        let cut = lab.now();
        assert_eq!(state(&*lab, AP), VerdictState::Linearizable, "nothing was wrong before the cut");
        lab.act(cut_two_from_three()).expect("all links work");
        lab.play(cut + Micros::from_ms(3_000));
        (lab, cut)
    }

    #[test]
    fn a_cut_breaks_ap_by_a_stale_read_and_cp_stays_linearizable() {
        let (lab, cut) = after_a_cut();
        assert_eq!(state(&*lab, CP), VerdictState::Linearizable);
        assert_eq!(state(&*lab, AP), VerdictState::NotLinearizable);
        let sheet = lab.verdict_sheet(AP).expect("feeds have a history");
        assert!(sheet.sentence.contains("began after"), "{}", sheet.sentence);
        assert!(sheet.operations.iter().any(|line| line.contains(" reads, ") && line.contains("misses ")), "{sheet:?}");
        assert!(sheet.operations.iter().any(|line| line.contains(" posts “")), "{sheet:?}");
        assert_eq!(sheet.faults.len(), 1, "{sheet:?}");
        assert!(sheet.before.is_some_and(|before| before > cut));
        let rung = |name| sheet.ladder.iter().find(|rung| rung.name == name).expect("a rung").kept;
        assert_eq!((rung("Linearizable"), rung("Read your writes")), (Some(false), Some(true)));
        let marked = lab
            .history(AP, Micros::ZERO, lab.now())
            .rows
            .iter()
            .flat_map(|row| row.bars.clone())
            .filter(|bar| bar.evidence)
            .count();
        assert_eq!(marked, sheet.operations.len(), "the evidence is marked in the history");
        let kept = lab.verdict_sheet(CP).expect("feeds have a history").ladder;
        assert!(kept.len() == 7 && kept.iter().all(|rung| rung.kept == Some(true)));
    }

    #[test]
    fn the_verdict_is_as_of_the_play_head() {
        let (mut lab, _) = after_a_cut();
        assert_eq!(state(&*lab, AP), VerdictState::NotLinearizable);
        let before = lab.verdict_sheet(AP).and_then(|sheet| sheet.before).expect("it broke at some time");
        lab.seek(before);
        assert_eq!(state(&*lab, AP), VerdictState::Linearizable, "just before it was not yet so");
        lab.seek(before + Micros(1));
        let verdict = lab.world(AP).verdict.expect("feeds have a history");
        assert_eq!((verdict.state, verdict.busy), (VerdictState::NotLinearizable, false), "it is remembered");
    }

    #[test]
    fn another_future_is_judged_anew() {
        let (mut lab, cut) = after_a_cut();
        assert_eq!(state(&*lab, AP), VerdictState::NotLinearizable);
        lab.seek(cut + Micros(2));
        lab.act(Act::HealAll).expect("links are cut");
        assert_eq!(state(&*lab, AP), VerdictState::Linearizable);
        lab.switch_branch(0);
        lab.play(cut + Micros::from_ms(3_000));
        assert_eq!(state(&*lab, AP), VerdictState::NotLinearizable);
    }
}

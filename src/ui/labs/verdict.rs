//! The verdict on a feed's history as of the play head: linearizable so far, not, or being checked.
//!
//! The referee finds it, elsewhere. Here is what it was told of one world, so that a brief holds only what is new, and what it
//! ruled. A ruling holds for every moment, not only for the one it was asked about (see [`cap_lab::referee::check`]), so
//! scrubbing over what is known asks nothing.

use std::rc::Rc;

use cap_lab::check::feed::{Entry, Fate, FeedOperation, ended, entry};
use cap_lab::check::ladder::{GUARANTEES, Guarantee};
use cap_lab::node::{Micros, RequestId};
use cap_lab::referee::words::{seconds, title};
use cap_lab::referee::{Brief, Proof, Ruling, Staleness};
use cap_lab::world::feed::FeedRun;

use crate::ui::verdict::view::{Rung, VerdictSheet, VerdictState, VerdictView};

/// So many operations are told even if nobody waits for a verdict, so that no brief is long.
const WAIT_MAX: usize = 64;

/// What the referee was told, and what waits to be told.
#[derive(Default)]
struct Heard {
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

/// What is known of one world's history.
#[derive(Default)]
pub(super) struct Verdicts {
    told: Heard,
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

impl Verdicts {
    /// What happens at `now` or later may be different from here on.
    pub(super) fn forget_from(&mut self, now: Micros) {
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
    pub(super) fn proof(&self, now: Micros) -> Option<&Rc<Proof>> {
        self.proof.as_ref().filter(|proof| proof.by <= now)
    }

    /// The latest linearization found on this branch, each operation with a moment at which it may have taken effect; the
    /// moments ascend. What of it lies before an earlier moment explains the history as of then: whatever had returned by then
    /// took effect by then.
    pub(super) fn order(&self) -> &Rc<Vec<(RequestId, Micros)>> {
        &self.order
    }

    /// How the history as of `now` is known to be.
    pub(super) fn look(&self, now: Micros) -> VerdictView {
        let good = self.good_until(now);
        let (state, busy) = match (self.proof(now), self.unknown) {
            (Some(_), _) => (VerdictState::NotLinearizable, false),
            _ if good >= now => (VerdictState::Linearizable, false),
            (None, Some((at, explored))) if at <= now => (VerdictState::Unknown(explored), self.checking.is_some()),
            _ if good > Micros::ZERO => (VerdictState::Linearizable, true),
            _ => (VerdictState::Checking, true),
        };
        VerdictView { state, until: good, busy }
    }

    /// Until when the history is known to be linearizable, `now` at most.
    fn good_until(&self, now: Micros) -> Micros {
        let Some(good) = self.good else { return Micros::ZERO };
        // What only began since can't make a history impossible.
        let idle = self.told.until.is_some_and(|until| until >= now) && self.told.latest_end <= good;
        if idle { now } else { good.min(now) }
    }

    /// How stale reads were, if that was asked and answered.
    pub(super) fn staleness(&self) -> Option<&Rc<Staleness>> {
        self.staleness.as_ref()
    }

    /// What to tell the referee about the run `case` as of `now`, and what to ask: `opened` is the world whose sheet is open,
    /// and whether that is this one. None if there is nothing of use to say now.
    pub(super) fn brief(&mut self, run: &FeedRun, now: Micros, case: u32, opened: Option<bool>) -> Option<Brief> {
        if self.told.case != case {
            (self.told, self.forget) = (Heard { case, ..Heard::default() }, None);
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
    pub(super) fn hear(&mut self, ruling: Ruling) -> bool {
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

    /// What there is to say about the verdict as of `now`.
    pub(super) fn sheet(&self, run: &FeedRun, now: Micros) -> VerdictSheet {
        let recovered =
            self.converged.filter(|(healed, _)| self.told.healed.is_some_and(|(asked, _)| asked == *healed));
        let recovered = recovered.filter(|(_, since)| *since <= now).map(|(healed, since)| {
            format!("Nobody missed an older post from {} s after healing on", seconds(since.0 - healed.0))
        });
        let meaning = match self.look(now).state {
            VerdictState::Linearizable => {
                "One order of all operations explains every answer and keeps the order of time."
            }
            VerdictState::Unknown(_) => "Neither an order nor a proof against one was found within the budget.",
            VerdictState::Checking | VerdictState::Off => "An order of all operations is being looked for.",
            VerdictState::NotLinearizable => "",
        };
        let rung = |(&guarantee, (kept, why)): (&Guarantee, (Option<bool>, String))| Rung {
            name: title(guarantee),
            kept,
            why,
        };
        let Some(proof) = self.proof(now) else {
            let all_kept = (self.look(now).state == VerdictState::Linearizable).then(|| {
                let kept = |_| (Some(true), String::new());
                GUARANTEES.iter().zip(GUARANTEES.iter().map(kept)).map(rung).collect()
            });
            let ladder = all_kept.unwrap_or_default();
            return VerdictSheet { sentence: meaning.to_owned(), recovered, ladder, ..VerdictSheet::default() };
        };
        let (decisive, seen): (Vec<_>, Vec<_>) =
            proof.operations.iter().partition(|(id, _)| proof.decisive.contains(id));
        let words = |list: &[&(RequestId, String)]| list.iter().map(|(_, words)| words.clone()).collect();
        let ladder = proof.ladder.iter().map(|rung| (rung.kept, rung.why.clone()));
        VerdictSheet {
            sentence: proof.sentence.clone(),
            before: Some(Micros(proof.by.0.saturating_sub(1))),
            operations: words(&decisive),
            seen: words(&seen),
            faults: faults(run, proof.from, proof.by),
            recovered,
            ladder: GUARANTEES.iter().zip(ladder).map(rung).collect(),
            ..VerdictSheet::default()
        }
    }
}

impl Heard {
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

/// The faults that were active between two moments.
fn faults(run: &FeedRun, from: Micros, to: Micros) -> Vec<String> {
    let troubles = run.watch().events.troubles.iter();
    let active = troubles.filter(|one| one.from <= to && one.until.is_none_or(|until| until >= from));
    active
        .map(|one| {
            let what = one.node.map_or("links cut".to_owned(), |node| format!("{node} down"));
            let since = seconds(one.from.0);
            let until = one.until.map_or("now".to_owned(), |until| format!("{} s", seconds(until.0)));
            format!("{what}, {since} s to {until}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use cap_lab::node::{Micros, NodeId};
    use cap_lab::referee::Referee;

    use crate::ui::act::{Act, heal_all};
    use crate::ui::lab::Lab;
    use crate::ui::verdict::view::{VerdictState, VerdictView};

    const CP: usize = 0;
    const AP: usize = 1;

    fn cut_two_from_three() -> Act {
        let pairs = [0, 1].into_iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(a), NodeId(b))));
        Act::Cut(pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect())
    }

    /// As the page does, until there is nothing left to tell and to check.
    fn settle(lab: &dyn Lab, referee: &mut Referee) {
        let tell = |referee: &mut Referee| {
            let briefs = lab.briefs(1, Some(AP));
            briefs.iter().for_each(|brief| referee.hear(brief).expect("a brief"));
            !briefs.is_empty()
        };
        while tell(referee) {
            while referee.advance() {}
            referee.answers().iter().for_each(|answer| assert!(lab.hear(answer)));
        }
    }

    fn verdict(lab: &dyn Lab, world: usize) -> VerdictView {
        lab.world(world).verdict.expect("feeds have a history")
    }

    fn state(lab: &dyn Lab, referee: &mut Referee, world: usize) -> VerdictState {
        settle(lab, referee);
        verdict(lab, world).state
    }

    /// A run whose links were cut for three seconds.
    fn after_a_cut() -> (Box<dyn Lab>, Referee, Micros) {
        let mut referee = Referee::default();
        let mut lab = super::super::first_side_by_side();
        let cut = lab.now();
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::Linearizable, "nothing was wrong before the cut");
        lab.act(cut_two_from_three()).expect("all links work");
        lab.play(cut + Micros::from_ms(3_000));
        (lab, referee, cut)
    }

    #[test]
    fn a_cut_breaks_ap_by_a_stale_read_and_cp_stays_linearizable() {
        let (lab, mut referee, cut) = after_a_cut();
        assert_eq!(state(&*lab, &mut referee, CP), VerdictState::Linearizable);
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
        let sheet = lab.verdict_sheet(AP).expect("feeds have a history");
        assert!(sheet.sentence.contains("began after"), "{}", sheet.sentence);
        assert!(sheet.operations.iter().any(|line| line.contains(" reads, ") && line.contains("misses ")), "{sheet:?}");
        assert!(sheet.operations.iter().any(|line| line.contains(" posts “")), "{sheet:?}");
        assert_eq!(sheet.operations.len(), 2, "a stale read and what it misses: {sheet:?}");
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
        assert_eq!(marked, sheet.operations.len() + sheet.seen.len(), "the evidence is marked in the history");
        let kept = lab.verdict_sheet(CP).expect("feeds have a history").ladder;
        assert!(kept.len() == 7 && kept.iter().all(|rung| rung.kept == Some(true)));
    }

    #[test]
    fn an_opened_verdict_tells_how_stale_reads_are_on_either_side() {
        let (mut lab, mut referee, cut) = after_a_cut();
        let mut staleness = |lab: &dyn Lab| {
            settle(lab, &mut referee);
            let all = lab.verdict_sheet(AP).expect("feeds have a history").staleness;
            assert_eq!(all.iter().map(|(side, _)| &**side).collect::<Vec<_>>(), ["CP", "AP"]);
            [CP, AP].map(|world| {
                let stale: u32 = all[world].1.delays.iter().map(|delay| delay.stale).sum();
                (all[world].1.reads, stale)
            })
        };
        let [(cp, cp_stale), (ap, ap_stale)] = staleness(&*lab);
        assert!(cp > 10 && ap > 10 && cp_stale == 0 && ap_stale > 10, "{cp_stale} of {cp}, {ap_stale} of {ap}");
        lab.seek(cut);
        let [_, (before, none)] = staleness(&*lab);
        assert!(before > 3 && before < ap && none == 0, "{none} of {before} before the cut");
    }

    #[test]
    fn the_verdict_is_as_of_the_play_head() {
        let (mut lab, mut referee, _) = after_a_cut();
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
        let before = lab.verdict_sheet(AP).and_then(|sheet| sheet.before).expect("it broke at some time");
        lab.seek(before);
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::Linearizable, "just before it was not yet so");
        lab.seek(before + Micros(1));
        let verdict = verdict(&*lab, AP);
        assert_eq!((verdict.state, verdict.busy), (VerdictState::NotLinearizable, false), "it is remembered");
    }

    #[test]
    fn another_future_is_judged_anew() {
        let (mut lab, mut referee, cut) = after_a_cut();
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
        lab.seek(cut + Micros(2));
        lab.act(heal_all(&lab.world(AP).cut)).expect("links are cut");
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::Linearizable);
        lab.switch_branch(0);
        lab.play(cut + Micros::from_ms(3_000));
        assert_eq!(state(&*lab, &mut referee, AP), VerdictState::NotLinearizable);
    }
}

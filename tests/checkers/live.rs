//! The verdict on a run that goes on: what the referee says of a growing history, of one that is scrubbed, and of one whose
//! future is another one, held against a check of the whole; and that it keeps up.

use cap_lab::check::feed::{Entry, Fate, entry, known};
use cap_lab::check::linearizability::{Verdict, check, is_linearization};
use cap_lab::check::measures::Visibility;
use cap_lab::check::spec::feed::Feed;
use cap_lab::experiment::FeedExperiment;
use cap_lab::node::{Micros, NodeId, RequestId};
use cap_lab::referee::wire::{read, write};
use cap_lab::referee::{Answer, Brief, Proof, Query, Referee, Staleness};
use cap_lab::sim::fault::{Intervention, Link};
use cap_lab::store::feed::Request;
use cap_lab::timeline::Timeline;
use cap_lab::world::feed::{FeedRun, FeedSetup};

use crate::brute::Dice;
use crate::rounds;

const BUDGET: u64 = 1_000_000;

/// What the page knows of one world.
#[derive(Default)]
struct Page {
    told: Vec<Entry>,
    until: Option<Micros>,
    fork: u32,
    forget: Option<Micros>,
    accused: Option<RequestId>,
    good: Option<Micros>,
    order: Vec<(RequestId, Micros)>,
    proof: Option<Proof>,
    staleness: Staleness,
}

impl Page {
    fn forget_from(&mut self, now: Micros) {
        self.fork += 1;
        self.forget = Some(self.forget.map_or(now, |before| before.min(now)));
        let before = Micros(now.0.saturating_sub(1));
        self.told.retain(|entry| entry.invoked < now);
        for entry in &mut self.told {
            entry.ended.take_if(|(at, _)| *at >= now);
        }
        (self.until, self.accused) = (self.until.map(|until| until.min(before)), None);
        self.good = self.good.map(|good| good.min(before));
        self.proof.take_if(|proof| proof.by >= now);
    }

    /// What is new as of `now`, as the page tells it.
    fn brief(&mut self, world: u8, run: &FeedRun, now: Micros) -> Brief {
        let (mut began, mut ended) = (Vec::new(), Vec::new());
        if self.until.is_none_or(|until| until < now) {
            self.until = Some(now);
            for (place, entry) in run.history().iter().filter_map(entry).enumerate() {
                match self.told.get_mut(place) {
                    Some(told) if told.ended == entry.ended => {}
                    Some(told) => {
                        told.ended.clone_from(&entry.ended);
                        ended.push((entry.id, entry.ended.expect("what ended stays so")));
                    }
                    None => {
                        self.told.push(entry.clone());
                        began.push(entry);
                    }
                }
            }
        }
        let stale = run.watch().staleness.stale().iter().next().filter(|stale| self.accused != Some(stale.read));
        let accused = stale.map(|stale| (stale.read, stale.oldest));
        self.accused = accused.map(|(read, _)| read).or(self.accused);
        let (setup, fork, forget) = (run.world().setup, self.fork, self.forget.take());
        let by_place = run.world().store.by_place();
        let (healed, measures) = (None, true);
        Brief { case: 1, world, fork, setup, by_place, forget, began, ended, head: now, accused, healed, measures }
    }
}

/// A page with two worlds, and its referee.
struct Live {
    timeline: Timeline<FeedExperiment>,
    pages: [Page; 2],
    referee: Referee,
}

impl Live {
    fn new(seed: u64, setup: FeedSetup) -> Self {
        let timeline = Timeline::new(FeedExperiment::side_by_side(setup, 100), seed);
        Self { timeline, pages: Default::default(), referee: Referee::default() }
    }

    fn tell(&mut self) {
        let now = self.timeline.now();
        for ((world, page), run) in (0..).zip(&mut self.pages).zip(self.timeline.track().worlds()) {
            let brief = page.brief(world, run, now);
            self.referee.hear(&write(&Query::Run(brief))).expect("a brief");
        }
    }

    fn act(&mut self, act: Intervention<Request>) {
        if self.timeline.act(act) {
            self.pages.iter_mut().for_each(|page| page.forget_from(self.timeline.now()));
        }
    }

    fn hear(&mut self) {
        for answer in self.referee.answers() {
            let Some(Answer::Run(ruling)) = read(&answer) else { panic!("an answer about a run") };
            let page = &mut self.pages[usize::from(ruling.world)];
            if ruling.fork != page.fork {
                continue;
            }
            page.good = page.good.max(ruling.good);
            if let Some((kept, order)) = ruling.order {
                page.order.truncate(kept as usize);
                page.order.extend(order);
            }
            page.proof = ruling.proof.or(page.proof.take());
            page.staleness = ruling.staleness.unwrap_or_else(|| std::mem::take(&mut page.staleness));
        }
    }
}

/// The links between the first two replicas and the others.
fn down_the_middle() -> Vec<Link> {
    let pairs = [0, 1].into_iter().flat_map(|a| [2, 3, 4].map(|b| (NodeId(a), NodeId(b))));
    pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect()
}

/// Some minutes of both feeds, with a cut of half a minute every two; what it costs to judge each minute, and that the verdict
/// on the consistent one is known as of the play head soon after each question of the page, which asks four times a second.
#[test]
fn the_verdict_keeps_up_however_long_the_history_is() {
    const STEPS_PER_QUESTION: usize = 8;
    let minutes = rounds(4, 10);
    let mut live = Live::new(1, FeedSetup::at_one_site(5, 3));
    let (mut work, mut before) = (Vec::new(), 0);
    for quarter in 1..=minutes * 240 {
        match quarter % 480 {
            300 => live.act(Intervention::Cut(down_the_middle())),
            420 => live.act(Intervention::Heal(down_the_middle())),
            _ => {}
        }
        let now = Micros::from_ms(quarter * 250);
        live.timeline.play(now);
        live.tell();
        for _ in 0..STEPS_PER_QUESTION {
            live.referee.advance();
        }
        live.hear();
        let good = live.pages[0].good;
        assert_eq!(good, Some(now), "asked at {now:?}");
        if quarter % 240 == 0 {
            work.push(live.referee.work() - before);
            before = live.referee.work();
        }
    }
    eprintln!("work by minute: {work:?}");
    let (early, late) = (work[0] + work[1], work[work.len() - 2] + work[work.len() - 1]);
    assert!(early > 2_000, "{work:?}: too little to prove anything");
    assert!(late * 2 <= early * 3, "what is new costs more the longer the history is: {work:?}");
}

/// Whether the history as of `until` is linearizable, found from the first operation on.
fn fresh(page: &Page, until: Micros) -> bool {
    match check(Feed::default(), known(&page.told, until).calls, BUDGET, &mut || false) {
        Verdict::Linearizable(_) => true,
        Verdict::NotLinearizable(_) => false,
        Verdict::Unknown { explored, .. } => panic!("{explored} were too few"),
    }
}

/// How stale the reads that had returned by `until` were, counted from the first one on.
fn staleness(page: &Page, until: Micros) -> Staleness {
    let ended = page.told.iter().filter_map(|entry| Some((entry.invoked, entry.ended.as_ref()?)));
    let mut ended: Vec<_> = ended.filter(|(_, (at, _))| *at <= until).collect();
    ended.sort_by_key(|(_, (at, _))| *at);
    let mut seen = Visibility::default();
    for (invoked, (at, fate)) in ended {
        match fate {
            Fate::Posted(place) => seen.on_posted(*place, *at),
            Fate::Read(shown) => seen.on_read(invoked, shown),
            Fate::Refused | Fate::Changed => {}
        }
    }
    Staleness { reads: seen.reads, delays: seen.delays.to_vec() }
}

/// What the page was told is true as of its play head; if the referee is done, it says all there is to say.
fn assert_true(page: &Page, head: Micros, is_done: bool, what: &str) {
    let is_good = page.good.is_some_and(|good| good >= head);
    let is_bad = page.proof.as_ref().is_some_and(|proof| proof.by <= head);
    assert!(!is_good || !is_bad, "{what}: both");
    assert!(is_good || is_bad || !is_done, "{what}: neither");
    if is_good || is_bad {
        assert_eq!(is_good, fresh(page, head), "{what}");
    }
    assert_eq!(page.staleness, staleness(page, head), "{what}");
    let Some(good) = page.good else { return };
    let whole = known(&page.told, good);
    let position = |id| whole.ids.binary_search(id).expect("it was told") as u32;
    let order: Vec<u32> = page.order.iter().map(|(id, _)| position(id)).collect();
    assert!(is_linearization(&Feed::default(), &whole.calls, &order), "{what}: no linearization as of {good:?}");
    assert!(page.order.is_sorted_by_key(|(_, at)| *at), "{what}");
    for (call, (_, at)) in order.iter().map(|&one| &whole.calls[one as usize]).zip(&page.order) {
        assert!(
            call.invoked <= at.0 && call.returned.is_none_or(|returned| at.0 <= returned),
            "{what}: {call:?} at {at:?}"
        );
    }
}

/// Somebody plays, breaks and repairs, scrubs, and chooses other futures, while a referee of changing speed looks on.
fn play_around(seed: u64) -> [u32; 2] {
    let mut dice = Dice::new(seed);
    let setup = FeedSetup::at_one_site(5, 2 + dice.below(4) as u8);
    let mut live = Live::new(seed, setup);
    let mut seen = [0, 0];
    for round in 0..60 {
        let node = NodeId(dice.below(5) as u8);
        match dice.below(16) {
            0 | 1 => live.act(Intervention::Cut(down_the_middle())),
            2 | 3 => live.act(Intervention::Heal(down_the_middle())),
            4 => live.act(Intervention::Crash { node, keep: dice.below(2) as u32 }),
            5 => live.act(Intervention::Restart(node)),
            6 => live.act(Intervention::Pause(node)),
            7 => live.act(Intervention::Resume(node)),
            8..11 => live.timeline.seek(Micros(dice.below(live.timeline.end().0 + 1))),
            11 => live.timeline.seek(live.timeline.end()),
            _ => {}
        }
        let longest = if dice.below(10) == 0 { 15_000 } else { 900 };
        let now = live.timeline.now() + Micros::from_ms(dice.below(longest));
        live.timeline.play(now);
        live.tell();
        let steps = if dice.below(3) == 0 { dice.below(4) } else { 100_000 };
        let is_done = !(0..steps).all(|_| live.referee.advance());
        live.hear();
        for (world, page) in live.pages.iter().enumerate() {
            assert_true(page, now, is_done, &format!("seed {seed}, round {round}, world {world}, {now:?}"));
            seen[0] += u32::from(page.good >= Some(now));
            seen[1] += u32::from(page.proof.is_some());
        }
    }
    seen
}

#[test]
fn the_verdict_on_a_growing_history_is_that_of_a_fresh_check() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..rounds(6, 500) {
        let [more_good, more_bad] = play_around(seed);
        (good, bad) = (good + more_good, bad + more_bad);
    }
    eprintln!("{good} times linearizable, {bad} times not");
    assert!(good > 250 && bad > 100, "{good} and {bad}: too few of one of them");
}

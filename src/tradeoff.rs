//! What a store's consistency costs in latency and availability, and what its answers cost in staleness: the figures of one run, and
//! batches of runs by seed. The page and `cap-lab sweep` show the same figures.
//!
//! Figures rest on the clients' history and on what the world's observer found stale or lost. All are whole numbers: the same on every
//! machine.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::check::measures::{Availability, availability};
use crate::experiment::FeedExperiment;
use crate::history::Outcome;
use crate::node::Micros;
use crate::sim::fault::Scripted;
use crate::store::feed::Request;
use crate::timeline::file::check_intervention;
use crate::timeline::{ACTS_MAX, Experiment, LENGTH_MAX, STEPS_MAX};
use crate::world::feed::{FeedRun, FeedWorld};

/// How long answered operations took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Latency {
    /// How many were answered.
    pub count: u32,
    /// So long at most took half of them; none if there were none.
    pub p50: Option<Micros>,
    /// So long at most took 99 in 100.
    pub p99: Option<Micros>,
}

impl Latency {
    fn of(mut taken: Vec<Micros>) -> Self {
        taken.sort_unstable();
        Self { count: taken.len() as u32, p50: percentile(&taken, 50), p99: percentile(&taken, 99) }
    }
}

/// By nearest rank: the ⌈n·p/100⌉th of `sorted`.
pub fn percentile(sorted: &[Micros], percent: usize) -> Option<Micros> {
    sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied()
}

/// The figures of one store in one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Operations that were answered with a result.
    pub answered: u32,
    /// Refused.
    pub refused: u32,
    /// Given up by their clients: nobody told them what came of it in time.
    pub unknown: u32,
    /// Of answered reads.
    pub reads: Latency,
    /// Of confirmed posts.
    pub writes: Latency,
    /// Answered reads that missed a post which was confirmed before they began.
    pub stale: u32,
    /// For how long the oldest post that a stale read missed had been confirmed: half of the stale reads were so far behind at most.
    pub behind_p50: Option<Micros>,
    /// The same of the stale read that was furthest behind.
    pub behind_max: Option<Micros>,
    /// Confirmed posts that no replica has any more.
    pub lost: u32,
}

impl Figures {
    /// Those of a run until now.
    pub fn of(run: &FeedRun) -> Self {
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for operation in run.history().iter() {
            let Outcome::Done { at, .. } = &operation.outcome else { continue };
            match operation.request {
                Request::Read => reads.push(at.since(operation.invoked)),
                Request::Post(_) | Request::Change(_) => writes.push(at.since(operation.invoked)),
                Request::Attach(_) | Request::Admin(_) => {}
            }
        }
        let Availability { done, refused, unknown } = availability(run.history(), run.now());
        let watch = run.watch();
        let mut behind: Vec<Micros> = watch.staleness.stale().iter().map(|stale| stale.behind).collect();
        behind.sort_unstable();
        Self {
            answered: done,
            refused,
            unknown,
            reads: Latency::of(reads),
            writes: Latency::of(writes),
            stale: behind.len() as u32,
            behind_p50: percentile(&behind, 50),
            behind_max: behind.last().copied(),
            lost: watch.lost.len() as u32,
        }
    }

    /// Operations that ended, whatever came of them.
    pub fn asked(&self) -> u32 {
        self.answered + self.refused + self.unknown
    }

    /// Of what was asked, how much was answered, in thousandths rounded down; none if nothing was asked.
    pub fn availability_per_mille(&self) -> Option<u32> {
        Availability { done: self.answered, refused: self.refused, unknown: self.unknown }.per_mille()
    }

    /// Of the answered reads, how many were stale, in thousandths rounded down; none if none was answered.
    pub fn stale_per_mille(&self) -> Option<u32> {
        (self.reads.count > 0).then(|| self.stale * 1_000 / self.reads.count)
    }
}

/// The same setup and script under many seeds. Its stores never meet, so that each is run by itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Batch {
    /// Who takes part, and on what stores.
    pub experiment: FeedExperiment,
    /// What is done to each run, by time.
    pub script: Arc<[Scripted<Request>]>,
    /// How long each run is.
    pub length: Micros,
    /// The first seed; the others follow it.
    pub first_seed: u64,
    /// How many seeds, from 1.
    pub seeds: u32,
}

impl Batch {
    /// The most seeds.
    pub const SEEDS_MAX: u32 = 1_000_000;

    /// What is wrong with it, if anything.
    pub fn check(&self) -> Result<(), String> {
        self.experiment.check()?;
        if !(1..=Self::SEEDS_MAX).contains(&self.seeds) {
            return Err(format!("{} runs: 1 to {} are possible", self.seeds, Self::SEEDS_MAX));
        }
        if self.length == Micros::ZERO || self.length > LENGTH_MAX {
            let most = LENGTH_MAX.0 / 1_000_000;
            return Err(format!("runs of {} ms: up to {most} s are possible", self.length.as_ms()));
        }
        if self.first_seed.checked_add(self.seeds.into()).is_none() {
            return Err(format!("there are no {} seeds from {} on", self.seeds, self.first_seed));
        }
        if self.script.len() > ACTS_MAX {
            return Err(format!("{} acts: up to {ACTS_MAX} are possible", self.script.len()));
        }
        if !self.script.is_sorted_by_key(|scripted| scripted.at) {
            return Err("its acts are not in the order of time".to_owned());
        }
        let FeedExperiment { feed, stores, .. } = &self.experiment;
        let counts = (usize::from(feed.replicas + feed.people), stores.len());
        self.script.iter().try_for_each(|scripted| check_intervention(&self.experiment, counts, &scripted.act))
    }

    /// All its runs: seed by seed, and for each seed the stores from left to right.
    pub fn runs(&self) -> impl Iterator<Item = (u64, usize)> + Clone + use<> {
        let (first, stores) = (self.first_seed, self.experiment.stores.len());
        (0..u64::from(self.seeds)).flat_map(move |nth| (0..stores).map(move |store| (first + nth, store)))
    }

    /// How many those are.
    pub fn len(&self) -> usize {
        self.seeds as usize * self.experiment.stores.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them, not begun.
    pub fn start(&self, seed: u64, store: usize) -> Going {
        let FeedExperiment { feed, traffic, stores } = &self.experiment;
        let run = FeedRun::new(FeedWorld::new(*feed, stores[store]), store as u8, seed, *traffic);
        Going { run, script: Arc::clone(&self.script), done: 0, length: self.length }
    }

    /// What one of them comes to.
    pub fn figures(&self, seed: u64, store: usize) -> Figures {
        let mut going = self.start(seed, store);
        while going.advance(u64::MAX) {}
        going.figures()
    }
}

/// What one run came to: its seed, the place of its store from 0, and its figures.
pub type Told = (u64, usize, Figures);

/// A batch under way, run after run, for whoever has other things to do between two slices.
#[derive(Debug)]
pub struct Sweep {
    batch: Batch,
    /// How many runs were begun.
    begun: usize,
    going: Option<(u64, usize, Going)>,
    told: Vec<Told>,
}

impl Sweep {
    /// Steps that are done before its owner may look at the clock.
    const SLICE: u64 = 256;

    /// None of it is done.
    pub fn new(batch: Batch) -> Self {
        Self { batch, begun: 0, going: None, told: Vec::new() }
    }

    /// Goes on a little; false once all runs are at their ends.
    pub fn advance(&mut self) -> bool {
        let Some((seed, store, going)) = &mut self.going else {
            let Some((seed, store)) = self.batch.runs().nth(self.begun) else { return false };
            self.begun += 1;
            self.going = Some((seed, store, self.batch.start(seed, store)));
            return true;
        };
        if !going.advance(Self::SLICE) {
            self.told.push((*seed, *store, going.figures()));
            self.going = None;
        }
        true
    }

    /// What came out since the last time.
    pub fn news(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }
}

/// A run of a batch under way.
#[derive(Clone, Debug)]
pub struct Going {
    run: FeedRun,
    script: Arc<[Scripted<Request>]>,
    /// How many acts of the script are done.
    done: usize,
    length: Micros,
}

impl Going {
    /// Goes on for at most so many steps; false once it is at its end, or has as many steps as a run may come to.
    pub fn advance(&mut self, most: u64) -> bool {
        for _ in 0..most {
            let act = self.script.get(self.done).filter(|act| act.at <= self.length);
            let until = act.map_or(self.length, |act| act.at);
            if self.run.steps() >= STEPS_MAX {
                return false;
            }
            if self.run.step(until) {
                continue;
            }
            let Some(Scripted { at, act }) = act else { return false };
            self.run.intervene(*at, act);
            self.done += 1;
        }
        true
    }

    /// What it comes to so far.
    pub fn figures(&self) -> Figures {
        Figures::of(&self.run)
    }

    /// The run itself.
    pub fn run(&self) -> &FeedRun {
        &self.run
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fault::Intervention;
    use crate::timeline::Timeline;

    fn batch(seeds: u32) -> Batch {
        let experiment = "replicas=5 people=3 traffic=100 stores=raft/gossip".parse().expect("a setup");
        let mut timeline = Timeline::<FeedExperiment>::new(experiment, 1);
        timeline.play(Micros::from_ms(2_000));
        timeline.command(&"split n1 n2".parse().expect("a command")).expect("nothing is cut yet");
        let (experiment, script) = (timeline.experiment().clone(), timeline.script().into());
        Batch { experiment, script, length: Micros::from_ms(5_000), first_seed: 7, seeds }
    }

    #[test]
    fn a_run_of_a_batch_is_that_of_the_timeline() {
        let batch = batch(2);
        assert_eq!(batch.check(), Ok(()));
        assert_eq!(batch.runs().collect::<Vec<_>>(), [(7, 0), (7, 1), (8, 0), (8, 1)]);
        for (seed, store) in batch.runs() {
            let mut timeline = Timeline::scripted(batch.experiment.clone(), seed, batch.script.to_vec(), batch.length);
            while !timeline.fill(u64::MAX).expect("nothing to compare with") {}
            let mut going = batch.start(seed, store);
            while going.advance(100) {}
            let run = &timeline.frontier().worlds()[store];
            assert_eq!((going.run.steps(), going.run.digest()), (run.steps(), run.digest()), "seed {seed}");
            assert_eq!(going.figures(), Figures::of(run));
        }
        assert_ne!(batch.figures(7, 0), batch.figures(8, 0), "another seed is another run");
    }

    /// Under the cut Raft refuses its minority and Gossip answers it from old data: Gilbert & Lynch's choice, in numbers.
    #[test]
    fn figures_tell_what_each_store_gave_up() {
        let batch = batch(1);
        let (raft, gossip) = (batch.figures(7, 0), batch.figures(7, 1));
        assert!(raft.availability_per_mille() < Some(900) && raft.stale == 0, "{raft:?}");
        assert_eq!(gossip.availability_per_mille(), Some(1_000));
        assert!(gossip.stale_per_mille() > Some(100) && gossip.behind_max > Some(Micros::from_ms(500)), "{gossip:?}");
        assert!(gossip.reads.p50 < raft.reads.p50 && raft.reads.p50 <= raft.reads.p99);
        assert_eq!(gossip.reads.count + gossip.writes.count, gossip.answered);
    }

    #[test]
    fn a_sweep_comes_in_slices_to_what_its_runs_come_to() {
        let batch = batch(2);
        let mut sweep = Sweep::new(batch.clone());
        let mut told = Vec::new();
        let mut slices = 0;
        while sweep.advance() {
            slices += 1;
            told.extend(sweep.news());
        }
        assert!(slices > 20, "{slices} slices: its owner may look up between them");
        let expected = batch.runs().map(|(seed, store)| (seed, store, batch.figures(seed, store)));
        assert_eq!(told, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_percentile_is_by_nearest_rank() {
        let sorted: Vec<Micros> = (1..=200).map(Micros).collect();
        let of = |percent| percentile(&sorted, percent);
        assert_eq!([of(50), of(99), of(100)], [100, 198, 200].map(|us| Some(Micros(us))));
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&sorted[..1], 99), Some(Micros(1)));
    }

    #[test]
    fn what_is_wrong_with_a_batch_is_said() {
        let of = |change: fn(&mut Batch)| {
            let mut batch = batch(1);
            change(&mut batch);
            batch.check().expect_err("something is wrong")
        };
        assert!(of(|batch| batch.seeds = 0).contains("0 runs: 1 to"));
        assert!(of(|batch| batch.length = Micros::ZERO).contains("runs of 0 ms"));
        assert!(of(|batch| batch.length = LENGTH_MAX + Micros(1)).contains("up to 7200 s"));
        assert!(of(|batch| batch.first_seed = u64::MAX).contains("no 1 seeds"));
        assert!(of(|batch| batch.experiment.traffic = 10_000).contains("traffic"));
        let far = |batch: &mut Batch| {
            let act = Intervention::Request { node: crate::node::NodeId(1), request: Request::Read };
            batch.script = [Scripted { at: Micros::ZERO, act }].into();
        };
        assert!(of(far).contains("nobody's phone"));
    }
}

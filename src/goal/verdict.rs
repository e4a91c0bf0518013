//! What the checker of linearizability says of a feed's history. It is asked by a goal that speaks of it, and then once.

use std::sync::OnceLock;

use super::What;
use super::ledger::Happening;
use crate::check::feed::{FeedHistory, calls, ended, order};
use crate::check::linearizability::{Checker, Decision, Limits};
use crate::check::spec::feed::{Feed, Order};
use crate::node::Micros;
use crate::world::feed::FeedRun;

/// The most configurations that one check looks at. A history that needs more stays unjudged.
const CONFIGURATIONS_MAX: u64 = 200_000;
/// The most memory that one check takes, in bytes.
const MEMORY_MAX: usize = 64 << 20;

/// What the clients of a world saw, and what is said of it.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    world: usize,
    /// The store gives each post a place of its own.
    by_place: bool,
    history: FeedHistory,
    /// How far the run goes.
    end: Micros,
    /// None if it can't be known within the limits.
    verdict: OnceLock<Option<Happening>>,
}

impl Judged {
    /// Of a world until now.
    pub(super) fn new(world: usize, run: &FeedRun) -> Self {
        let (by_place, history) = (run.world().store.by_place(), run.history().clone());
        Self { world, by_place, history, end: run.now(), verdict: OnceLock::new() }
    }

    /// That the history is linearizable, or the first moment at which it no longer is; none if that can't be known.
    pub(super) fn verdict(&self) -> Option<&Happening> {
        let told = || {
            let happens = |at, linearizable| {
                Some(Happening { at, world: Some(self.world), who: None, what: What::Verdict { linearizable } })
            };
            match self.decide(self.end) {
                Decision::Linearizable => happens(self.end, true),
                Decision::NotLinearizable => happens(self.broken_at(), false),
                Decision::Unknown => None,
            }
        };
        self.verdict.get_or_init(told).as_ref()
    }

    /// Places of posts are taken as they are known in the end.
    fn decide(&self, until: Micros) -> Decision {
        decide(&self.history, order(&self.history, self.by_place), until)
    }

    /// The first moment at which what was known has no order. Once there is none there never will be: what is known only grows.
    fn broken_at(&self) -> Micros {
        let answers = self.history.iter().filter_map(|operation| ended(&operation.outcome));
        let mut moments: Vec<Micros> = answers.map(|(at, _)| at).filter(|at| *at <= self.end).collect();
        moments.sort_unstable();
        let first = moments.partition_point(|at| self.decide(*at) != Decision::NotLinearizable);
        moments.get(first).copied().unwrap_or(self.end)
    }
}

/// Whether what was known of a history at `until` is linearizable, as far as that can be known within the limits.
pub(crate) fn decide(history: &FeedHistory, order: Order, until: Micros) -> Decision {
    let spec = Feed { order, ..Feed::default() };
    let limits = Limits { configurations: CONFIGURATIONS_MAX, memory_bytes: MEMORY_MAX };
    let mut checker = Checker::new(spec, calls(history, until).calls).within(limits);
    checker.decide(CONFIGURATIONS_MAX).unwrap_or(Decision::Unknown)
}

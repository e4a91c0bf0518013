//! The design exercise: a platform has parts that need different things, and each is given a store. What that costs is measured in a
//! batch of runs, the same for everybody who chose the same.
//!
//! Until the feed knows likes and names, each part is a feed with a workload of its own: so many writes, then so many reads, over and
//! over. What a part *needs* is judged in each run from what its clients saw.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::check::feed::{FeedHistory, calls, order};
use crate::check::ladder::{Guarantee, Standing, judge_weaker};
use crate::check::linearizability::Decision;
use crate::check::spec::feed::Order;
use crate::experiment::FeedExperiment;
use crate::goal::verdict::decide;
use crate::history::Outcome;
use crate::node::{Micros, NodeId};
use crate::sim::fault::{Intervention, Scripted};
use crate::store::feed::Request;
use crate::store::service::Refusal;
use crate::tradeoff::{Batch, Figures, Going, percentile};
use crate::world::feed::{FeedRun, FeedSetup, Geography};

/// Who takes part in each run.
const REPLICAS: u8 = 5;
const PEOPLE: u8 = 3;
/// In three regions a message takes up to this much longer than usual, in ms.
const JITTER_MS: u16 = 10;
/// So many runs of each part.
pub const RUNS: u32 = 6;
/// How long each is.
const LENGTH: Micros = Micros::from_ms(12_000);
/// When people begin, and how long it takes until everybody has asked once. A person who still waits then asks nothing.
const BEGIN: Micros = Micros::from_ms(1_000);
const ROUND: Micros = Micros::from_ms(600);
/// When the outage begins, and the longest, in seconds.
const OUTAGE: Micros = Micros::from_ms(4_000);
pub(super) const OUTAGE_MAX: u8 = 6;
/// Whom it cuts off from all other replicas: with it the person whose phone talks to it.
const CUT_OFF: NodeId = NodeId(2);
/// The most configurations that one check of sessions looks at; they need none.
const CONFIGURATIONS_MAX: u64 = 10_000;

/// What a part can run on: the word of a setup, and what people call it.
pub const STORES: [(&str, &str); 6] = [
    ("raft", "Raft"),
    ("multi-paxos", "Multi-Paxos"),
    ("quorum.strict.tags.write-back", "Strict quorums with write-back (ABD)"),
    ("quorum", "Sloppy quorums (Dynamo)"),
    ("primary-backup", "Primary and backup"),
    ("gossip", "Gossip"),
];

/// The platform that is to be designed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Design {
    /// Its parts, from two to six.
    pub parts: Vec<Part>,
}

/// A part of a platform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// Each person writes so often, 1 to 9 times, and then reads so often, over and over.
    pub writes: u8,
    /// 1 to 9.
    pub reads: u8,
    /// What it needs.
    pub needs: Vec<Need>,
}

impl Design {
    /// What a plan comes to. It has to be [one for this platform](Plan::is_of).
    pub fn measure(&self, plan: &Plan) -> Designed {
        let parts = self.parts.iter().zip(&plan.stores);
        Designed { plan: plan.clone(), measured: parts.map(|(part, store)| measured(part, store, plan)).collect() }
    }
}

impl Part {
    /// As a lesson has it, for a teacher.
    pub fn words(&self) -> String {
        let needs: Vec<&str> = self.needs.iter().map(|need| need.says()).collect();
        format!("{}: {} writes, then {} reads; needs: {}", self.name, self.writes, self.reads, needs.join(", "))
    }
}

/// Shown as it is read: `Likes :: 3 writes, 1 read :: kept, available`.
impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "a part is written so: “part: Likes :: 3 writes, 1 read :: kept, available”";
        let mut fields = text.split(" :: ").map(str::trim);
        let (Some(name), Some(load), Some(needs), None) = (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(expected.to_owned());
        };
        let (writes, reads) = load.split_once(',').ok_or(expected)?;
        let count = |text: &str| match text.trim().split(' ').next().and_then(|count| count.parse().ok()) {
            Some(count @ 1..=9) => Ok(count),
            _ => Err(format!("“{}”: 1 to 9 writes and 1 to 9 reads are possible", text.trim())),
        };
        let need = |word: &str| {
            let known = Need::WORDS.iter().find(|(known, ..)| *known == word.trim());
            known.map(|(_, need, _)| *need).ok_or_else(|| {
                let all = Need::WORDS.map(|(word, ..)| word).join(", ");
                format!("nothing that a part needs is called “{}”; these are: {all}", word.trim())
            })
        };
        let needs = needs.split(',').map(need).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { name: name.to_owned(), writes: count(writes)?, reads: count(reads)?, needs })
    }
}

/// What a part may need.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Need {
    /// No read misses what was confirmed before it began.
    Fresh,
    /// One order of all operations explains every answer, and keeps the order of time (Herlihy & Wing 1990).
    Linearizable,
    /// The same, and who was first stays first: a write goes to the end of the list. That takes consensus (Herlihy 1991).
    Unique,
    /// Nothing confirmed is lost.
    Kept,
    /// A person finds what that person wrote and saw before (Terry et al. 1994: read your writes, monotonic reads).
    Own,
    /// Of what is asked, 99 in 100 are answered.
    Available,
}

impl Need {
    /// What a lesson calls each, and what it says to a learner.
    pub const WORDS: [(&str, Self, &str); 6] = [
        ("fresh", Self::Fresh, "no read is stale"),
        ("linearizable", Self::Linearizable, "linearizable"),
        ("unique", Self::Unique, "linearizable, and the first stays first"),
        ("kept", Self::Kept, "nothing confirmed is lost"),
        ("own", Self::Own, "one finds what one wrote and saw"),
        ("available", Self::Available, "99 of 100 are answered"),
    ];

    /// To a learner.
    pub fn says(self) -> &'static str {
        Self::WORDS.iter().find(|(_, need, _)| *need == self).expect("each has words").2
    }

    fn is_met(self, run: &FeedRun, figures: &Figures) -> bool {
        let linearizable = |order: Order| decide(run.history(), order, run.now()) == Decision::Linearizable;
        match self {
            Self::Fresh => figures.stale == 0,
            Self::Kept => figures.lost == 0,
            Self::Available => figures.availability_per_mille().is_none_or(|share| share >= 990),
            Self::Linearizable => linearizable(order(run.history(), run.world().store.by_place())),
            Self::Unique => linearizable(Order::AtTheEnd),
            Self::Own => {
                let told = judge_weaker(&calls(run.history(), run.now()).calls, CONFIGURATIONS_MAX);
                let own = |guarantee| matches!(guarantee, Guarantee::ReadYourWrites | Guarantee::MonotonicReads);
                told.iter().filter(|(guarantee, _)| own(*guarantee)).all(|(_, standing)| *standing == Standing::Kept)
            }
        }
    }
}

/// What a learner chooses.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What each part runs on, by the first words of [`STORES`].
    pub stores: Vec<String>,
    /// Replicas and people are in three regions, not at one site.
    pub regions: bool,
    /// How long the third replica is cut off from the others, in seconds: 0 to 6.
    pub outage_s: u8,
}

impl Plan {
    /// The one that the learner finds: everything on Raft at one site, and nothing happens.
    pub fn first(design: &Design) -> Self {
        Self { stores: vec![STORES[0].0.to_owned(); design.parts.len()], regions: false, outage_s: 0 }
    }

    /// Whether it is one for this platform.
    pub fn is_of(&self, design: &Design) -> bool {
        let known = |word: &String| STORES.iter().any(|(store, _)| store == word);
        self.stores.len() == design.parts.len() && self.stores.iter().all(known) && self.outage_s <= OUTAGE_MAX
    }
}

/// What a part came to in all its runs.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Requests that ended, in all runs together.
    pub asked: u32,
    /// Of these, answered.
    pub answered: u32,
    /// Answered reads.
    pub reads: u32,
    /// Of these, stale.
    pub stale: u32,
    /// How far behind the worst of them was: for so long the oldest post that it missed had been confirmed.
    pub behind_max: Option<Micros>,
    /// Confirmed writes that were lost.
    pub lost: u32,
    /// Half of the reads took so long at most: the median of the runs.
    pub read_p50: Option<Micros>,
    /// The same of the writes.
    pub write_p50: Option<Micros>,
    /// By need of the part: in how many of the [`RUNS`] it was met.
    pub met: Vec<u32>,
}

impl Measured {
    /// Of what was asked, how much was answered, in thousandths rounded down; none if nothing was asked.
    pub fn availability_per_mille(&self) -> Option<u32> {
        (self.asked > 0).then(|| self.answered * 1_000 / self.asked)
    }

    /// In a clause, with the needs of its part that were not met in every run.
    pub fn words(&self, part: &Part) -> String {
        let percent = |part: u32, whole: u32| (part * 100).checked_div(whole).unwrap_or(0);
        let ms = |time: Option<Micros>| time.map_or_else(|| "–".to_owned(), |time| format!("{} ms", time.as_ms()));
        let mut text = format!(
            "{} % answered, a read takes {} and a write {}, {} % of the reads stale, {} lost",
            percent(self.answered, self.asked),
            ms(self.read_p50),
            ms(self.write_p50),
            percent(self.stale, self.reads),
            self.lost
        );
        for (need, met) in part.needs.iter().zip(&self.met).filter(|(_, met)| **met < RUNS) {
            text += &format!("; “{}” in {met} of {RUNS} runs", need.says());
        }
        text
    }
}

/// A plan, and what its parts came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Designed {
    /// What was chosen.
    pub plan: Plan,
    /// By part.
    pub measured: Vec<Measured>,
}

impl Designed {
    /// In clauses, part by part.
    pub fn words(&self, Design { parts }: &Design) -> String {
        let Plan { stores, regions, outage_s } = &self.plan;
        let site = if *regions { "three regions" } else { "one site" };
        let all = parts.iter().zip(stores).zip(&self.measured);
        let each = all.map(|((part, store), measured)| format!("{} on {store}: {}", part.name, measured.words(part)));
        format!("{site}, {outage_s} s of outage. {}", each.collect::<Vec<_>>().join(". "))
    }
}

/// The runs of a part under way, for whoever has other things to do between two slices.
#[derive(Debug)]
pub struct Trial {
    part: Part,
    batch: Batch,
    /// How many runs are over.
    done: u32,
    going: Option<Going>,
    told: Measured,
    read_p50: Vec<Micros>,
    write_p50: Vec<Micros>,
}

impl Trial {
    /// Steps that are done before its owner may look at the clock.
    const SLICE: u64 = 256;

    /// Nothing is run yet. The plan has to be [one for the part's platform](Plan::is_of).
    pub fn new(part: &Part, store: &str, plan: &Plan) -> Self {
        let geography = match plan.regions {
            true => Geography::ThreeRegions { jitter_ms: JITTER_MS },
            false => Geography::OneSite,
        };
        let feed = FeedSetup { replicas: REPLICAS, people: PEOPLE, geography };
        let stores = vec![store.parse().expect("it was looked at before")];
        let experiment = FeedExperiment { feed, traffic: 0, stores };
        let script = script(part, &feed, plan.outage_s);
        let batch = Batch { experiment, script, length: LENGTH, first_seed: 1, seeds: RUNS };
        debug_assert_eq!(batch.check(), Ok(()));
        let told = Measured { met: vec![0; part.needs.len()], ..Measured::default() };
        let (read_p50, write_p50) = (Vec::new(), Vec::new());
        Self { part: part.clone(), batch, done: 0, going: None, told, read_p50, write_p50 }
    }

    /// Goes on a little; what all runs came to once they are over.
    pub fn advance(&mut self) -> Option<Measured> {
        if self.done == RUNS {
            return Some(self.summed());
        }
        let seed = self.batch.first_seed + u64::from(self.done);
        let mut going = self.going.take().unwrap_or_else(|| self.batch.start(seed, 0));
        if going.advance(Self::SLICE) {
            self.going = Some(going);
        } else {
            self.take(going.run());
            self.done += 1;
        }
        None
    }

    /// How many of its runs are over.
    pub fn done(&self) -> u32 {
        self.done
    }

    fn take(&mut self, run: &FeedRun) {
        let mut figures = Figures::of(run);
        // A phone that still waits asks nobody: that is none of the store's refusals.
        figures.refused -= busy(run.history());
        self.told.asked += figures.asked();
        self.told.answered += figures.answered;
        self.told.reads += figures.reads.count;
        self.told.stale += figures.stale;
        self.told.behind_max = self.told.behind_max.max(figures.behind_max);
        self.told.lost += figures.lost;
        self.read_p50.extend(figures.reads.p50);
        self.write_p50.extend(figures.writes.p50);
        for (met, need) in self.told.met.iter_mut().zip(&self.part.needs) {
            *met += u32::from(need.is_met(run, &figures));
        }
    }

    fn summed(&mut self) -> Measured {
        let median = |all: &mut Vec<Micros>| {
            all.sort_unstable();
            percentile(all, 50)
        };
        let (read_p50, write_p50) = (median(&mut self.read_p50), median(&mut self.write_p50));
        Measured { read_p50, write_p50, ..self.told.clone() }
    }
}

/// What a part comes to on this store: the same whenever it is run.
pub fn measured(part: &Part, store: &str, plan: &Plan) -> Measured {
    let mut trial = Trial::new(part, store, plan);
    loop {
        if let Some(measured) = trial.advance() {
            return measured;
        }
    }
}

fn busy(history: &FeedHistory) -> u32 {
    history.iter().filter(|one| matches!(one.outcome, Outcome::Refused { refusal: Refusal::Busy, .. })).count() as u32
}

/// What people ask, and the outage, by time: the same under every seed.
fn script(part: &Part, feed: &FeedSetup, outage_s: u8) -> Arc<[Scripted<Request>]> {
    let mut script: Vec<Scripted<Request>> = Vec::new();
    let round = u64::from(part.writes) + u64::from(part.reads);
    let rounds = LENGTH.since(BEGIN).0 / ROUND.0;
    for nth in 0..rounds {
        for (place, phone) in (0..).zip(feed.phones()) {
            let at = BEGIN + Micros(nth * ROUND.0 + place * ROUND.0 / u64::from(PEOPLE));
            // Not all write at the same time.
            let request = match (nth + place) % round < u64::from(part.writes) {
                true => Request::Post(format!("{} {}", part.name, nth + 1).into()),
                false => Request::Read,
            };
            script.push(Scripted { at, act: Intervention::Request { node: phone, request } });
        }
    }
    if outage_s > 0 {
        let others = feed.servers().iter().filter(|other| *other != CUT_OFF);
        let links: Vec<_> = others.flat_map(|other| [(CUT_OFF, other), (other, CUT_OFF)]).collect();
        script.push(Scripted { at: OUTAGE, act: Intervention::Cut(links.clone()) });
        script.push(Scripted {
            at: OUTAGE + Micros::from_ms(u64::from(outage_s) * 1_000),
            act: Intervention::Heal(links),
        });
    }
    script.sort_by_key(|scripted| scripted.at);
    script.into()
}

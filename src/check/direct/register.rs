//! A plain register whose written values are all different.
//!
//! Then every read names its write, and a history is linearizable exactly if the following holds (Gibbons & Korach 1997,
//! "Testing shared memories", §4; the log-linear form as in Lee & Mathur 2024, arXiv 2410.04581, §4). A write and the reads of
//! its value make a *cluster*. Let `f` be the first return in it and `s` the last invocation. No read may return before its
//! write begins, and for no two clusters may both `f1 < s2` and `f2 < s1`: each would have to come before the other.

use std::collections::HashMap;

use super::{Conflict, first_failure};
use crate::check::call::Call;
use crate::check::fast_hash::FastState;
use crate::check::sorting::sort_by;
use crate::check::spec::{Access, Spec, Value};

/// Moves per cluster after which sorting them by moves is given up.
const MOVES_MAX: usize = 64;

/// What was written once, and who saw it. Moments are counted from 1: 0 is before all of them.
struct Cluster {
    /// Position of the write; nobody's for the initial value, written before the first moment, and as long as only reads of
    /// the value came.
    write: u32,
    /// How many reads saw it.
    reads: u32,
    /// When its write began.
    begun: u64,
    first_return: u64,
    last_invocation: u64,
}

/// Instead of a write's position.
const NOBODY: u32 = u32::MAX;

impl Cluster {
    /// Of a value of which nothing is known yet.
    const NEW: Self = Self { write: NOBODY, reads: 0, begun: u64::MAX, first_return: u64::MAX, last_invocation: 0 };
    /// Of the initial value.
    const INITIAL: Self = Self { begun: 0, first_return: 0, ..Self::NEW };

    fn add(&mut self, invoked: u64, returned: u64) {
        self.first_return = self.first_return.min(returned);
        self.last_invocation = self.last_invocation.max(invoked);
    }

    /// Whether it takes a stretch of time for itself: one of it returned before another one of it began. If not, all of it
    /// shares a moment.
    fn is_stretch(&self) -> bool {
        self.first_return < self.last_invocation
    }

    /// From where it may stand.
    fn start(&self) -> u64 {
        self.first_return.min(self.last_invocation)
    }

    /// Whether one of these returned before one of the others began.
    fn precedes(&self, other: &Self) -> bool {
        self.first_return < other.last_invocation
    }

    /// What nobody saw and nobody confirmed need not have happened.
    fn counts(&self) -> bool {
        self.reads > 0 || self.first_return < u64::MAX
    }

    /// Whether a read of it returned before its write began, or nobody ever wrote it.
    fn is_seen_too_early(&self) -> bool {
        self.first_return < self.begun
    }
}

/// The last moment of all is "never".
fn moment(time: u64) -> u64 {
    time.saturating_add(1).min(u64::MAX - 1)
}

/// What this path finds.
pub(in crate::check) enum Decided {
    /// An order.
    Order(Vec<u32>),
    /// A few operations that are impossible together.
    Conflict(Vec<u32>),
}

/// An order, or a few operations that are impossible together; and how much work it was: one for every one of `count` operations,
/// and one for every move to bring the clusters in order.
pub(in crate::check) fn decide<A>(calls: &[Call<A>], gathered: &Gathered, count: usize) -> (Decided, u64) {
    let Gathered { clusters, of_reads } = gathered;
    let mut work = count as u64;
    if let Some(early) = clusters.iter().position(Cluster::is_seen_too_early) {
        return (Decided::Conflict(first_to_return(calls, clusters, of_reads, early as u32)), work);
    }
    let mut sorted: Vec<u32> = Vec::with_capacity(clusters.len());
    sorted.extend((0..).zip(clusters.iter()).filter(|(_, cluster)| cluster.counts()).map(|(index, _)| index));
    work += sort(clusters, &mut sorted);
    if let Some([one, other]) = find_conflict(clusters, &sorted) {
        let mut conflict = first_to_return(calls, clusters, of_reads, one);
        for cluster in [one, other] {
            conflict.extend(last_to_begin(calls, clusters, of_reads, cluster));
        }
        conflict.extend(first_to_return(calls, clusters, of_reads, other));
        return (Decided::Conflict(conflict), work);
    }
    (Decided::Order(order(clusters, &sorted, of_reads, count)), work)
}

/// Each cluster as a block, in this order: whoever stands later did not return before one that stands earlier began.
fn order(clusters: &[Cluster], sorted: &[u32], of_reads: &[(u32, u32)], count: usize) -> Vec<u32> {
    let mut order = Vec::with_capacity(count);
    let mut places = vec![0; clusters.len()];
    for &index in sorted {
        let cluster = &clusters[index as usize];
        if cluster.write != NOBODY {
            order.push(cluster.write);
        }
        places[index as usize] = order.len() as u32;
        order.resize(order.len() + cluster.reads as usize, 0);
    }
    for &(read, cluster) in of_reads {
        let place = &mut places[cluster as usize];
        order[*place as usize] = read;
        *place += 1;
    }
    order
}

/// Sorts what is nearly sorted, and returns how many moves that took. A write stands off its place by the writes that began
/// while it was open: no more than there are clients, but for those that never returned.
fn sort(clusters: &[Cluster], indices: &mut [u32]) -> u64 {
    let key = |index: u32| {
        let cluster = &clusters[index as usize];
        (cluster.start(), cluster.is_stretch(), index)
    };
    let most = indices.len() * MOVES_MAX;
    let mut moves = 0;
    for sorted in 1..indices.len() {
        let (next, mut place) = (indices[sorted], sorted);
        while place > 0 && key(indices[place - 1]) > key(next) {
            indices[place] = indices[place - 1];
            place -= 1;
        }
        indices[place] = next;
        moves += sorted - place;
        if moves > most {
            indices.sort_unstable_by_key(|index| key(*index));
            return (moves + indices.len() * indices.len().ilog2() as usize) as u64;
        }
    }
    moves as u64
}

/// Which cluster each value has. Small whole numbers have a table in which those that were written one after the other lie side
/// by side: of a long history, where its parts lie in memory decides what it costs.
struct Positions<'calls> {
    /// By number: one more than its cluster, or 0.
    numbers: Vec<u32>,
    /// Numbers below this are small.
    limit: usize,
    others: HashMap<&'calls Value, u32, FastState>,
}

impl<'calls> Positions<'calls> {
    /// The cluster of `value`: `new` if it has none yet.
    fn of(&mut self, value: &'calls Value, new: u32) -> u32 {
        if let Value::Int(number) = value
            && let Some(number) = usize::try_from(*number).ok().filter(|number| *number < self.limit)
        {
            if number >= self.numbers.len() {
                self.numbers.resize(number + 1, 0);
            }
            let position = &mut self.numbers[number];
            if *position == 0 {
                *position = new + 1;
            }
            return *position - 1;
        }
        *self.others.entry(value).or_insert(new)
    }
}

/// The reads that saw something, by invocation, each with its cluster.
type OfReads = Vec<(u32, u32)>;

/// All clusters, and who read what.
pub(in crate::check) struct Gathered {
    clusters: Vec<Cluster>,
    of_reads: OfReads,
}

/// Operations are gathered into clusters in one pass, for they are the largest part of what is looked at.
pub(in crate::check) struct Gathering<'calls> {
    positions: Positions<'calls>,
    clusters: Vec<Cluster>,
    of_reads: OfReads,
    /// When the latest read began, and whether all came by invocation.
    latest: u64,
    is_sorted: bool,
}

impl<'calls> Gathering<'calls> {
    /// Of `count` operations at most, on a register that holds `initial` at first.
    pub(in crate::check) fn new(initial: &'calls Value, count: usize) -> Self {
        let mut positions = Positions { numbers: Vec::new(), limit: 4 * count, others: HashMap::default() };
        positions.of(initial, 0);
        let mut clusters = Vec::with_capacity(count / 2);
        clusters.push(Cluster::INITIAL);
        Self { positions, clusters, of_reads: Vec::with_capacity(count), latest: 0, is_sorted: true }
    }

    /// Adds an operation as of `until`. False if this path can't tell any more: it is neither a read nor a write, or a value was
    /// written twice.
    #[inline]
    pub(in crate::check) fn add<S: Spec>(
        &mut self,
        spec: &S,
        member: u32,
        call: &'calls Call<S::Action>,
        until: u64,
    ) -> bool {
        let Call { action, invoked, returned, .. } = call;
        let returned = returned.filter(|&returned| returned <= until);
        let (value, is_write) = match spec.access(action) {
            None => return false,
            _ if *invoked > until => return true,
            Some(Access::Write(value)) => (value, true),
            Some(Access::Read(value)) if returned.is_some() => (value, false),
            Some(Access::Read(_)) => return true,
        };
        let position = self.positions.of(value, self.clusters.len() as u32);
        if position as usize == self.clusters.len() {
            self.clusters.push(Cluster::NEW);
        }
        let cluster = &mut self.clusters[position as usize];
        if is_write {
            if cluster.begun != u64::MAX {
                return false;
            }
            (cluster.write, cluster.begun) = (member, moment(*invoked));
        } else {
            cluster.reads += 1;
            self.of_reads.push((member, position));
            self.is_sorted &= self.latest <= *invoked;
            self.latest = *invoked;
        }
        cluster.add(moment(*invoked), returned.map_or(u64::MAX, moment));
        true
    }

    /// All of them were added.
    pub(in crate::check) fn finish<A>(self, calls: &[Call<A>]) -> Gathered {
        let Self { clusters, mut of_reads, is_sorted, .. } = self;
        if !is_sorted {
            sort_by(&mut of_reads, |(read, _)| [calls[*read as usize].invoked, 0, 0]);
        }
        Gathered { clusters, of_reads }
    }
}

/// The clusters of these operations as of `until`, if this path can tell.
pub(in crate::check) fn gather<S: Spec>(
    spec: &S,
    calls: &[Call<S::Action>],
    members: &[u32],
    until: u64,
) -> Option<Gathered> {
    let initial = spec.initial_value();
    let mut gathering = Gathering::new(&initial, members.len());
    let all = members.iter().all(|&member| gathering.add(spec, member, &calls[member as usize], until));
    all.then(|| gathering.finish(calls))
}

/// The operation of a cluster that returned first, and its write.
fn first_to_return<A>(calls: &[Call<A>], clusters: &[Cluster], of_reads: &[(u32, u32)], cluster: u32) -> Vec<u32> {
    let returned = |&one: &u32| calls[one as usize].returned.unwrap_or(u64::MAX);
    let first = members(clusters, of_reads, cluster).min_by_key(returned);
    first.into_iter().chain(write(clusters, cluster)).collect()
}

/// The operation of a cluster that began last.
fn last_to_begin<A>(calls: &[Call<A>], clusters: &[Cluster], of_reads: &[(u32, u32)], cluster: u32) -> Option<u32> {
    members(clusters, of_reads, cluster).max_by_key(|&one| calls[one as usize].invoked)
}

fn members<'all>(
    clusters: &'all [Cluster],
    of_reads: &'all [(u32, u32)],
    cluster: u32,
) -> impl Iterator<Item = u32> + 'all {
    let reads = of_reads.iter().filter(move |(_, of)| *of == cluster).map(|(read, _)| *read);
    write(clusters, cluster).into_iter().chain(reads)
}

fn write(clusters: &[Cluster], cluster: u32) -> Option<u32> {
    Some(clusters[cluster as usize].write).filter(|&write| write != NOBODY)
}

/// Two clusters of which each would have to come before the other, if there are such. They come by where they start.
fn find_conflict(clusters: &[Cluster], sorted: &[u32]) -> Option<[u32; 2]> {
    // Stretches that were found free of conflicts follow each other: only the latest can reach what comes next.
    let mut latest: Option<u32> = None;
    for &index in sorted {
        let cluster = &clusters[index as usize];
        if let Some(latest) = latest {
            let before = &clusters[latest as usize];
            if before.precedes(cluster) && cluster.precedes(before) {
                return Some([latest, index]);
            }
        }
        if cluster.is_stretch() {
            latest = Some(index);
        }
    }
    None
}

/// Of an impossible history: a few operations that are impossible together, as early as there are such; and an order of all
/// that returned before.
pub(in crate::check) fn failure<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> Conflict {
    first_failure(calls, members, |until| {
        let gathered = gather(spec, calls, members, until).expect("this path can tell of the whole history");
        match decide(calls, &gathered, members.len()).0 {
            Decided::Order(order) => Ok(order),
            Decided::Conflict(core) => Err((core, Vec::new())),
        }
    })
}

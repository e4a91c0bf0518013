//! The fast path: a plain register whose written values are all different.
//!
//! Then every read names its write, and a history is linearizable exactly if the following holds (Gibbons & Korach 1997,
//! "Testing shared memories", §4; the log-linear form as in Lee & Mathur 2024, arXiv 2410.04581, §4). A write and the reads of
//! its value make a *cluster*. Let `f` be the first return in it and `s` the last invocation. No read may return before its
//! write begins, and for no two clusters may both `f1 < s2` and `f2 < s1`: each would have to come before the other.

use std::collections::HashMap;

use super::call::Call;
use super::fast_hash::FastState;
use super::search::DeadEnd;
use super::spec::{Access, Spec, Value};

/// What was written once, and who saw it. Moments are counted from 1: 0 is before all of them.
struct Cluster {
    /// Position of the write; `None` for the initial value, written before the first moment.
    write: Option<u32>,
    /// When its write began.
    begun: u64,
    /// How many reads saw it.
    reads: u32,
    first_return: u64,
    last_invocation: u64,
    /// Who returned first, and who began last.
    ends: [Option<u32>; 2],
}

impl Cluster {
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

    fn add_read(&mut self, read: u32, invoked: u64, returned: u64) {
        self.reads += 1;
        if returned < self.first_return {
            (self.first_return, self.ends[0]) = (returned, Some(read));
        }
        if invoked > self.last_invocation {
            (self.last_invocation, self.ends[1]) = (invoked, Some(read));
        }
    }
}

fn moment(time: u64) -> u64 {
    time.saturating_add(1)
}

/// What this path finds.
pub(super) enum Decided {
    /// An order.
    Order(Vec<u32>),
    /// A few operations that are impossible together.
    Conflict(Vec<u32>),
    /// A value was written twice: this path can't tell.
    Ambiguous,
}

/// Whether nothing was done but reading and writing: if no value was written twice, this path decides.
pub(super) fn is_plain<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> bool {
    members.iter().all(|&member| spec.access(&calls[member as usize].action).is_some())
}

/// An order, or a few operations that are impossible together, of a history in which [`is_plain`] holds.
pub(super) fn decide<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> Decided {
    let Some((clusters, of_reads)) = clusters(spec, calls, members) else { return Decided::Ambiguous };
    let (clusters, of_reads) = match of_reads {
        Ok(of_reads) => (clusters, of_reads),
        Err(impossible) => return Decided::Conflict(impossible),
    };
    let mut sorted: Vec<(u64, bool, u32)> = Vec::with_capacity(clusters.len());
    for (index, cluster) in clusters.iter().enumerate().filter(|(_, cluster)| cluster.counts()) {
        sorted.push((cluster.start(), cluster.is_stretch(), index as u32));
    }
    sorted.sort_unstable();
    if let Some(conflict) = find_conflict(sorted.iter().map(|(.., index)| &clusters[*index as usize])) {
        return Decided::Conflict(conflict);
    }
    // Each as a block, in this order: whoever stands later did not return before one that stands earlier began.
    let mut order = Vec::with_capacity(members.len());
    let mut places = vec![0; clusters.len()];
    for (.., index) in sorted {
        let cluster = &clusters[index as usize];
        order.extend(cluster.write);
        places[index as usize] = order.len();
        order.resize(order.len() + cluster.reads as usize, 0);
    }
    for (read, cluster) in of_reads {
        let place = &mut places[cluster as usize];
        order[*place] = read;
        *place += 1;
    }
    Decided::Order(order)
}

/// The reads that saw something, by invocation, each with its cluster; or a few operations that are impossible together.
type OfReads = Result<Vec<(u32, u32)>, Vec<u32>>;

/// All clusters; nothing if a value was written twice.
fn clusters<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> Option<(Vec<Cluster>, OfReads)> {
    let initial = spec.initial_value();
    let access = |member: u32| spec.access(&calls[member as usize].action).expect("asked before");
    let (mut reads, mut writes) = (Vec::with_capacity(members.len()), Vec::new());
    for &member in members {
        match access(member) {
            Access::Write(value) => writes.push((member, value)),
            Access::Read(_) => reads.push(member),
        }
    }
    let mut positions: HashMap<&Value, u32, FastState> =
        HashMap::with_capacity_and_hasher(writes.len() + 1, FastState::default());
    positions.insert(&initial, 0);
    let mut clusters = Vec::with_capacity(writes.len() + 1);
    clusters.push(Cluster { write: None, begun: 0, reads: 0, first_return: 0, last_invocation: 0, ends: [None; 2] });
    for (member, value) in writes {
        if positions.insert(value, clusters.len() as u32).is_some() {
            return None;
        }
        let Call { invoked, returned, .. } = calls[member as usize];
        let begun = moment(invoked);
        clusters.push(Cluster {
            write: Some(member),
            begun,
            reads: 0,
            first_return: returned.map_or(u64::MAX, moment),
            last_invocation: begun,
            ends: [Some(member); 2],
        });
    }
    let invoked = |read: &u32| calls[*read as usize].invoked;
    if !reads.is_sorted_by_key(invoked) {
        reads.sort_by_key(invoked);
    }
    let mut of_reads = Vec::with_capacity(reads.len());
    for read in reads {
        let Call { invoked, returned, .. } = calls[read as usize];
        let (Access::Read(value), Some(returned)) = (access(read), returned) else { continue };
        let Some(&position) = positions.get(value) else { return Some((clusters, Err(vec![read]))) };
        let cluster = &mut clusters[position as usize];
        if let Some(write) = cluster.write
            && moment(returned) < cluster.begun
        {
            return Some((clusters, Err(vec![read, write])));
        }
        cluster.add_read(read, moment(invoked), moment(returned));
        of_reads.push((read, position));
    }
    Some((clusters, Ok(of_reads)))
}

/// Two clusters of which each would have to come before the other, if there are such. They come by where they start.
fn find_conflict<'all>(clusters: impl Iterator<Item = &'all Cluster>) -> Option<Vec<u32>> {
    // Stretches that were found free of conflicts follow each other: only the latest can reach what comes next.
    let mut latest: Option<&Cluster> = None;
    for cluster in clusters {
        if let Some(before) = latest
            && before.precedes(cluster)
            && cluster.precedes(before)
        {
            let of = |one: &Cluster| one.write.into_iter().chain(one.ends.into_iter().flatten());
            return Some(of(before).chain(of(cluster)).collect());
        }
        if cluster.is_stretch() {
            latest = Some(cluster);
        }
    }
    None
}

/// Of an impossible history: a few operations that are impossible together, as early as there are such; and an order of all
/// that returned before.
pub(super) fn first_failure<S: Spec>(spec: &S, calls: &[Call<S::Action>], members: &[u32]) -> (Vec<u32>, DeadEnd) {
    let mut returns: Vec<u64> = members.iter().filter_map(|&member| calls[member as usize].returned).collect();
    returns.sort_unstable();
    let as_of = |moment: u64| {
        let (mut then, mut places) = (Vec::new(), Vec::new());
        for &member in members.iter().filter(|&&member| calls[member as usize].invoked <= moment) {
            let mut call = calls[member as usize].clone();
            call.returned = call.returned.filter(|&returned| returned <= moment);
            then.push(call);
            places.push(member);
        }
        let all: Vec<u32> = (0..then.len() as u32).collect();
        let named = |found: Vec<u32>| found.into_iter().map(|position| places[position as usize]).collect::<Vec<u32>>();
        match decide(spec, &then, &all) {
            Decided::Order(order) => Ok(named(order)),
            Decided::Conflict(core) => Err(named(core)),
            Decided::Ambiguous => unreachable!("nothing was written twice in the whole history"),
        }
    };
    // A history that is impossible stays so, whatever comes later.
    let fails = returns.partition_point(|&moment| as_of(moment).is_ok());
    let by = returns[fails];
    let longest = if fails == 0 { Vec::new() } else { as_of(returns[fails - 1]).expect("it was possible until then") };
    let mut core = as_of(by).expect_err("it is impossible since then");
    core.sort_unstable();
    core.dedup();
    (core, DeadEnd { by, longest })
}
